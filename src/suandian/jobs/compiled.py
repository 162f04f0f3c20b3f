"""Compiled kernels whose cache on disk knows all of their sources.

numba keeps machine code on disk by the file of the function alone: a change in a function that it
calls, in a constant or a record of another file, leaves the old code in force. After `git pull` an
editable install would run it, or fail on a class that has another name. So the folder of the cache
is named by a hash of every source that goes into a kernel, and old folders are cleared away.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numba

PACKAGE = Path(__file__).parent.parent
# what kernels call, and the constants that are compiled into them; a test holds that it is all
HASHED = ("jobs", "bench/gaia_queue.py", "model/units.py")
KEPT = 4  # folders of other sources: several checkouts may share a cache
PREFIX = "suandian-kernels-"

Inline = Literal["never", "always"]
# numba makes the attributes of this module at import, so that no type checker knows them
CONFIG: Any = numba.config


def kernel(function: Any = None, /, *, inline: Inline = "never") -> Any:
    """Compile a function by numba, without Python objects, and keep the code on disk.

    `inline="always"` writes it into its callers: for small functions of inner loops.
    """
    if function is None:
        return lambda inner: _compiled(inner, inline)
    return _compiled(function, inline)


def digest(folder: Path = PACKAGE, sources: Sequence[str] = HASHED) -> str:
    """Return a hash over names and contents of the sources of kernels in a folder."""
    found = hashlib.sha256()
    for source in sources:
        path = folder / source
        files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        for file in files:
            found.update(file.relative_to(folder).as_posix().encode() + b"\0")
            found.update(file.read_bytes() + b"\0")
    return found.hexdigest()[:20]


def cache_folder(parents: Sequence[Path], name: str) -> Path | None:
    """Return the folder `name` below the first of `parents` that can be written, made if need be;
    None, with a warning, where none can.

    Folders of other sources beside it are cleared, but for the KEPT newest.
    """
    for parent in parents:
        folder = parent / name
        # a package that a system installed belongs to somebody else
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
            _clear(parent, folder)
            return folder
    tried = ", ".join(map(str, parents))
    warnings.warn(
        f"kernels are compiled anew at each start: none of {tried} can be written "
        "(set NUMBA_CACHE_DIR to a folder that can)",
        stacklevel=2,
    )
    return None


def _clear(parent: Path, current: Path) -> None:
    others = [path for path in parent.glob(f"{PREFIX}*") if path != current]
    # another process may clear at the same time: what is gone is gone
    with suppress(OSError):
        for old in sorted(others, key=lambda path: path.stat().st_mtime)[:-KEPT]:
            shutil.rmtree(old, ignore_errors=True)


@cache
def _folder() -> Path | None:
    """Return the folder of this process: sources do not change under it."""
    chosen = CONFIG.CACHE_DIR
    # what the user says goes
    parents = [Path(chosen)] if chosen else _parents()
    return cache_folder(parents, f"{PREFIX}{digest()}")


def _parents() -> list[Path]:
    """Return where compiled kernels may be kept, best first."""
    user = str(os.getuid()) if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    own = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return [
        Path(__file__).parent / "__pycache__",
        (Path(own) if own else Path.home() / ".cache") / "suandian",
        # a home that cannot be written: services and containers
        Path(tempfile.gettempdir()) / f"suandian-{user}",
    ]


@contextmanager
def _cached_in(folder: Path) -> Iterator[None]:
    """Let numba take `folder` for the functions that are decorated meanwhile."""
    before = CONFIG.CACHE_DIR
    CONFIG.CACHE_DIR = str(folder)
    try:
        yield
    finally:
        CONFIG.CACHE_DIR = before


def _compiled(function: Any, inline: Inline) -> Any:
    folder = _folder()
    if folder is None:
        return numba.njit(inline=inline)(function)
    with _cached_in(folder):
        return numba.njit(cache=True, inline=inline)(function)
