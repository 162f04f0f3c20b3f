"""The witness environment: PyPSA with its own lock, made once, called as a process."""

import os
import subprocess
from pathlib import Path

import pytest

collect_ignore = ["pypsa_solve.py"]  # runs in the witness environment only
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def witness() -> Path:
    """Return the python of the witness environment; skip with the reason where it cannot be made."""
    python = ROOT / ".venv-witness" / "bin" / "python"
    made = subprocess.run(["make", "-s", "witness"], cwd=ROOT, capture_output=True, text=True)
    if made.returncode == 0:
        return python
    reason = f"the witness environment (PyPSA) cannot be made: {made.stderr.strip().splitlines()[-1:]}"
    if os.environ.get("SUANDIAN_NO_SKIP"):
        pytest.fail(reason)
    pytest.skip(reason)
