"""Packages to start from: one folder of files per kind of plug-in, with names filled in.

The files are `src/suandian/scaffolds/<kind>/`; the guides of docs/extend show the same text.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

from suandian.model.issues import InputError, Issue

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
# the two files that all kinds share stand beside the kinds
SHARED = ("pyproject.toml", "README.md")


def kinds() -> list[str]:
    """Return the kinds of plug-ins that there is a package for."""
    root = files("suandian") / "scaffolds"
    return sorted(folder.name for folder in root.iterdir() if folder.is_dir())


def require_name(name: str) -> None:
    """Refuse what is no name of a plug-in and of a package.

    Raises
    ------
    InputError
        With what is allowed, and a name that would do.
    """
    if NAME.fullmatch(name):
        return
    # what was meant can usually be told: My_Wave is my-wave
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789")
    allowed = "small letters, digits and hyphens between them, a letter first"
    remedy = f"write {plain}" if NAME.fullmatch(plain) else "for example night-shift"
    message = "is not usable as a name"
    raise InputError([Issue("plugins new", "NAME", name, message, allowed, remedy)])


def texts(kind: str, name: str) -> dict[str, str]:
    """Return the files of a package by their path in it, with the names filled in.

    Raises
    ------
    InputError
        There is no package for this kind.
    """
    if kind not in kinds():
        allowed = ", ".join(kinds())
        message = "there is no package to start from"
        raise InputError([Issue("plugins new", "KIND", kind, message, allowed)])
    root = files("suandian") / "scaffolds"
    module = f"suandian_{name.replace('-', '_')}"
    from suandian.reading.registry import KINDS

    words = {
        "@name@": name,
        "@module@": module,
        "@kind@": kind,
        "@group@": KINDS[kind].group,
        "@object@": kind.upper(),
    }
    sources = {file: root / f"{file}.in" for file in SHARED}
    sources[f"{module}.py"] = root / kind / "plugin.py.in"
    sources[f"tests/test_{module}.py"] = root / kind / "test_plugin.py.in"
    return {path: _filled(source.read_text("utf-8"), words) for path, source in sources.items()}


def write(kind: str, name: str, target: Path) -> list[Path]:
    """Write the package into a new folder and return the files.

    Raises
    ------
    InputError
        The folder exists, or cannot be written.
    """
    content = texts(kind, name)
    if target.exists():
        allowed = "a new folder"
        remedy = "choose another NAME, or remove the folder"
        raise InputError([Issue(str(target), "NAME", None, "exists already", allowed, remedy)])
    # nothing is overwritten, not even an empty folder: it may be somebody's checkout
    written = []
    for path, text in content.items():
        file = target / path
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            message = f"cannot be written ({error.strerror})"
            raise InputError([Issue(str(file), "file", None, message)]) from error
        written.append(file)
    return written


def _filled(text: str, words: dict[str, str]) -> str:
    # marks are no Python: a forgotten one fails at once in the package's own test
    for mark, word in words.items():
        text = text.replace(mark, word)
    return text
