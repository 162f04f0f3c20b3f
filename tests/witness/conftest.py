"""The witness environment: PyPSA with its own lock, made once, called as a process."""

import fcntl
import os
import subprocess
from pathlib import Path

import pytest

# these run in the witness environment only
collect_ignore = ["pypsa_solve.py", "pypsa_security.py", "pypsa_commitment.py", "glop_solve.py"]
ROOT = Path(__file__).parents[2]
UNREACHABLE = (
    "connection",
    "timed out",
    "name resolution",
    "no matching distribution",
)  # what pip says without a registry


@pytest.fixture(scope="session")
def witness() -> Path:
    """Return the python of the witness environment; skip with the reason where no registry can be
    reached.
    """
    making = _make()
    if making.returncode == 0:
        return ROOT / ".venv-witness" / "bin" / "python"
    reason = f"the witness environment (PyPSA) cannot be made: {making.stderr.strip()[-500:]}"
    offline = any(text in making.stderr.lower() for text in UNREACHABLE)
    if os.environ.get("SUANDIAN_NO_SKIP") or not offline:
        pytest.fail(reason)
    pytest.skip(reason)


def _make() -> subprocess.CompletedProcess[str]:
    """Make the environment, one process at a time: tests run side by side."""
    command = ["make", "-s", "witness"]
    with (ROOT / ".venv-witness.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
