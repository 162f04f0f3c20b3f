"""The built wheel, not the checkout, works on every Python that it says it supports.

Interpreters are looked for on PATH and in pyenv; `SUANDIAN_PYTHONS` (a list of paths) names others.
Where one is missing the case is skipped with the reason; under `SUANDIAN_NO_SKIP` (in CI) it fails.
"""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import density

ROOT = density.HERE
VERSIONS = ("3.11", "3.12", "3.13")
CHECK = "import sys, venv, ensurepip; print(sys.version_info[:2])"


def run(words: list[object], folder: Path) -> str:
    surroundings = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    process = subprocess.run(
        [str(word) for word in words], cwd=folder, env=surroundings, capture_output=True, text=True
    )
    assert process.returncode == 0, f"{words}\n{process.stdout[-2000:]}\n{process.stderr[-4000:]}"
    return process.stdout


def interpreter(version: str) -> Path | None:
    """Return a Python of `version` that can make an environment."""
    named = os.environ.get("SUANDIAN_PYTHONS", "").split(os.pathsep)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places = [Path(name) for name in named if name]
    places += sorted(pyenv.glob(f"{version}.*/bin/python{version}"), reverse=True)
    on_path = shutil.which(f"python{version}")
    places += [Path(on_path)] if on_path else []
    wanted = f"({version.replace('.', ', ')})"
    for place in places:
        process = subprocess.run([place, "-c", CHECK], capture_output=True, text=True)
        if process.returncode == 0 and process.stdout.strip() == wanted:
            return place
    return None


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # Built from what belongs to the project, without what lies about in the checkout.
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    ignored = shutil.ignore_patterns("__pycache__", "*.nbi", "*.nbc")
    shutil.copytree(ROOT / "src", folder / "src", ignore=ignored)
    run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder / "dist"], folder)
    return next((folder / "dist").glob("*.whl"))


def test_the_wheel_holds_what_the_program_reads(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for path in (ROOT / "src" / "suandian").rglob("*"):
        if path.suffix in (".py", ".toml", ".csv", ".j2"):
            assert path.relative_to(ROOT / "src").as_posix() in names
    assert not [name for name in names if name.endswith((".pyc", ".nbi", ".nbc"))]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_wheel_installs_and_simulates(version: str, wheel: Path, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        missing = f"no Python {version} with venv here; SUANDIAN_PYTHONS may name one"
        assert not os.environ.get("SUANDIAN_NO_SKIP"), missing
        pytest.skip(missing)
    run([python, "-m", "venv", tmp_path / "env"], tmp_path)
    binary = tmp_path / "env" / "bin"
    run([binary / "python", "-m", "pip", "install", "--quiet", *_pins(tmp_path), wheel], tmp_path)
    place = run([binary / "python", "-c", "import suandian; print(suandian.__file__)"], tmp_path)
    assert str(tmp_path / "env") in place
    run([binary / "suandian", "new", "two-sites", "s"], tmp_path)
    run([binary / "suandian", "simulate", "s", "--out", "run"], tmp_path)
    assert "0 failed" in run([binary / "suandian", "verify", "run"], tmp_path)


def _pins(folder: Path) -> list[object]:
    """Return pip's options for the versions that the lock file names."""
    lock = (ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^[\w.\-\[\]]+==[^\s\\;]+", lock, re.MULTILINE)
    (folder / "pins.txt").write_text("\n".join(re.sub(r"\[.*\]", "", pin) for pin in pins) + "\n")
    return ["-c", folder / "pins.txt"]
