"""The cache of compiled kernels: it knows all sources, is cleared, and falls back aloud."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import suandian
from suandian.jobs.compiled import HASHED, KEPT, PREFIX, cache_folder, digest

PACKAGE = Path(suandian.__file__).parent

PLAIN = "from numba import njit\n\n@njit(cache=True)\n"
OURS = "from suandian.jobs.compiled import kernel\n\n@kernel\n"
CALLER = "from callee import VALUE, inner\n{head}def outer(x):\n    return inner(x) + VALUE\n"
CALLEE = "{head}def inner(x):\n    return x * {factor}\n\nVALUE = 0\n"
# the stand-in for the house: two files of its own are the sources that the hash is taken over
RUN = """
import sys
from pathlib import Path
sys.path.insert(0, {folder!r})
from suandian.jobs import compiled
compiled.PACKAGE, compiled.HASHED = Path({folder!r}), ("caller.py", "callee.py")
compiled.digest.__defaults__ = (compiled.PACKAGE, compiled.HASHED)
from caller import outer
print(outer(10))
"""


def outcome(folder: Path, head: str, factor: int) -> int:
    """Return what a new process computes with both files as they are written now."""
    for name, text in (("caller.py", CALLER), ("callee.py", CALLEE)):
        (folder / name).write_text(text.format(head=head, factor=factor))
        # two writes within a second, as a fast machine makes them
        os.utime(folder / name, (1e9, 1e9 + factor / 100))
    shown = subprocess.run(
        [sys.executable, "-c", RUN.format(folder=str(folder))],
        capture_output=True,
        text=True,
        check=True,
        env={
            "NUMBA_CACHE_DIR": str(folder / "cache"),
            "PATH": "",
            "HOME": str(folder),
            # Python knows its own bytecode by the second and the size alone
            "PYTHONDONTWRITEBYTECODE": "1",
        },
    )
    return int(shown.stdout)


@pytest.mark.parametrize(("head", "after"), [(PLAIN, 20), (OURS, 30)], ids=["numba", "kernel"])
def test_a_change_in_another_file_is_seen(tmp_path: Path, head: str, after: int) -> None:
    # numba's own cache goes on with the old callee: the fault that `kernel` is there for
    assert outcome(tmp_path, head, factor=2) == 20
    assert outcome(tmp_path, head, factor=3) == after


def test_a_hash_is_of_names_and_contents(tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "a.py").write_text("x = 1")
    before = digest(tmp_path, ("jobs",))
    assert before == digest(tmp_path, ("jobs",))
    (tmp_path / "jobs" / "a.py").write_text("x = 2")
    changed = digest(tmp_path, ("jobs",))
    (tmp_path / "jobs" / "a.py").rename(tmp_path / "jobs" / "b.py")
    assert len({before, changed, digest(tmp_path, ("jobs",))}) == 3


def test_folders_of_old_sources_are_cleared(tmp_path: Path) -> None:
    for i in range(KEPT + 3):
        cache_folder([tmp_path], f"{PREFIX}{i}")
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == KEPT + 1 and f"{PREFIX}{KEPT + 2}" in kept


def test_a_folder_that_cannot_be_written_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    closed = tmp_path / "file" / "below"  # below a file nothing can be made, not even by root
    assert cache_folder([closed, tmp_path], f"{PREFIX}a") == tmp_path / f"{PREFIX}a"
    with pytest.warns(UserWarning, match="compiled anew at each start.*NUMBA_CACHE_DIR"):
        assert cache_folder([closed], f"{PREFIX}a") is None


def kernels() -> list[tuple[Path, ast.Module]]:
    files = [path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "compiled.py"]
    trees = [(path, ast.parse(path.read_text(encoding="utf-8"))) for path in files]
    return [(path, tree) for path, tree in trees if any(map(_is_kernel, ast.walk(tree)))]


def _is_kernel(node: ast.AST) -> bool:
    marks = [ast.unparse(mark) for mark in getattr(node, "decorator_list", [])]
    return any(mark.split("(")[0] in ("kernel", "njit", "numba.njit") for mark in marks)


def _is_hashed(path: str) -> bool:
    return any(path == source or path.startswith(f"{source}/") for source in HASHED)


def test_every_source_of_a_kernel_is_hashed() -> None:
    found = kernels()
    assert len(found) >= 11
    for path, tree in found:
        assert _is_hashed(path.relative_to(PACKAGE).as_posix()), path
        assert "njit(" not in path.read_text(encoding="utf-8"), path
        inside = [node for node in ast.walk(tree) if _is_kernel(node)]
        names = {n.id for kernel in inside for n in ast.walk(kernel) if isinstance(n, ast.Name)}
        for node in tree.body:
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(
                "suandian"
            ):
                continue
            # a type of an annotation is no source: kernels are compiled for what they are given
            used = names & {alias.asname or alias.name for alias in node.names} - {"Ints", "Floats"}
            source = (node.module or "").removeprefix("suandian.").replace(".", "/") + ".py"
            assert not used or _is_hashed(source), f"{path}: {used} of {source}"
