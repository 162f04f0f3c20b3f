"""Paths in a scenario: files stay inside its folder, or inside the folder that `SUANDIAN_DATA`
names.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from suandian.model.issues import InputError, Issue

VARIABLE = "${SUANDIAN_DATA}"


def inside(folder: Path, text: str, file: str, place: str, want_folder: bool = False) -> Path:
    """Return the file (or folder) that `text` names, refusing whatever leaves `folder` (or
    `${SUANDIAN_DATA}`).

    Raises
    ------
    InputError
        Absolute path, `..` out of the folder, symbolic link, missing file, unset SUANDIAN_DATA.
    """
    allowed = "a file inside the scenario folder"
    if text.startswith(VARIABLE):
        folder, text = data_folder(file, place, text), text[len(VARIABLE) :].lstrip("/")
        allowed = "a file inside the folder SUANDIAN_DATA"
    # the operating system cuts a name at NUL; any other variable would make the scenario depend on
    # who runs it
    if "\0" in text or "$" in text or not text:
        raise InputError(
            [Issue(file, place, text, "is not a path", allowed, f"only {VARIABLE} is expanded")]
        )
    path = folder / text
    if Path(text).is_absolute() or ".." in Path(text).parts:
        raise InputError(
            [Issue(file, place, text, "the path leaves the folder", allowed, "copy the file there")]
        )
    # part by part: a link in the middle of the path leads out of the folder as well as one at its
    # end
    step = folder
    for part in Path(text).parts:
        step = step / part
        if step.is_symlink():
            raise InputError(
                [
                    Issue(
                        file,
                        place,
                        text,
                        "the path goes through a link",
                        allowed,
                        "copy the file there",
                    )
                ]
            )
    if not (path.is_dir() if want_folder else path.is_file()):
        near = _near(path)
        raise InputError(
            [
                Issue(
                    file,
                    place,
                    text,
                    "no such folder" if want_folder else "no such file",
                    allowed,
                    f"did you mean {near}?" if near else "",
                )
            ]
        )
    return path


def data_folder(file: str, place: str, text: str) -> Path:
    """Return the folder named by the environment variable SUANDIAN_DATA.

    Raises
    ------
    InputError
        The variable is not set or names no folder.
    """
    named = os.environ.get("SUANDIAN_DATA", "")
    if not named or not Path(named).is_dir():
        what = "SUANDIAN_DATA is not set" if not named else "SUANDIAN_DATA names no folder"
        remedy = (
            "set it to the folder with the data, or use a generated trace (plug-in pai-quantiles)"
        )
        raise InputError([Issue(file, place, text, what, "an existing folder", remedy)])
    return Path(named)


def sha256(path: Path) -> str:
    """Return the sha256 of a file's content."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sha256_of_folder(path: Path) -> str:
    """Return one sha256 of the names and contents of all files in a folder, in order of names."""
    digest = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()} {sha256(file)}\n".encode())
    return digest.hexdigest()


def _near(path: Path) -> str:
    import difflib

    if not path.parent.is_dir():
        return ""
    # a folder of a million files is not worth a suggestion
    names = sorted(p.name for p in path.parent.iterdir())[:10_000]
    return next(iter(difflib.get_close_matches(path.name, names, n=1)), "")
