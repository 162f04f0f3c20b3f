"""Copies of the checkout, one a process: a fault is put there and never into the checkout."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from itertools import count
from pathlib import Path

# Files that decide what a test does; docs are read by tests that compare pages.
_TEXTS = (".py", ".toml", ".csv", ".m", ".j2", ".md", ".json")


def listed(root: Path) -> list[str]:
    """Return the files of the checkout: tracked ones and new ones that git does not ignore."""
    command = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard"]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split("\n")
    return sorted({name for name in names if name and (root / name).is_file()})


def fingerprint(root: Path) -> str:
    """Return a hash of the source and its tests."""
    hashed = hashlib.sha256()
    for name in listed(root):
        if name.startswith(("src/", "tests/")) and name.endswith(_TEXTS):
            hashed.update(name.encode() + b"\0" + (root / name).read_bytes())
    return hashed.hexdigest()[:16]


class Copy:
    """A copy of the checkout `root` in `folder`, where one file at a time is changed."""

    # Python and numba tell an old compiled file by the time of its source: no time comes twice.
    _times = count(1_000_000_000)

    def __init__(self, root: Path, folder: Path) -> None:
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        wanted = set(listed(root))
        for path in folder.rglob("*.py"):
            if path.relative_to(folder).as_posix() not in wanted:
                path.unlink()
        for name in wanted:
            source, target = root / name, folder / name
            if not target.exists() or target.read_bytes() != source.read_bytes():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)

    def write(self, name: str, source: bytes) -> None:
        """Put `source` into the file `name`, with a time that no version of it had."""
        path = self.folder / name
        path.write_bytes(source)
        seconds = next(self._times) + os.getpid() % 1000 * 1_000_000
        os.utime(path, (seconds, seconds))
