"""Scenarios that come with the package, and their copies."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from suandian.model.issues import InputError, Issue
from suandian.reading.text.suggest import suggest


def names() -> dict[str, str]:
    """Return the templates by name with the first comment line of each."""
    root = files("suandian") / "templates"
    found = {}
    for folder in sorted(root.iterdir(), key=lambda f: f.name):
        scenario = folder / "scenario.toml"
        if scenario.is_file():
            found[folder.name] = scenario.read_text("utf-8").split("\n", 1)[0].lstrip("# ")
    return found


def folder(name: str) -> Path:
    """Return the folder of a template.

    Raises
    ------
    InputError
        There is none of that name; suggests the nearest.
    """
    known = names()
    if name not in known:
        raise InputError(
            [
                Issue(
                    "templates",
                    "TEMPLATE",
                    name,
                    "no such template",
                    ", ".join(known),
                    suggest(name, known),
                )
            ]
        )
    return Path(str(files("suandian") / "templates" / name))


def copy(name: str, target: Path) -> list[Path]:
    """Copy a template into `target` and return the files written; nothing is overwritten.

    Raises
    ------
    InputError
        Unknown template, or `target` exists and is not an empty folder.
    """
    source = folder(name)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        allowed = "a new or an empty folder"
        raise InputError(
            [Issue(str(target), "DIR", None, "exists already", allowed, "choose another folder")]
        )
    try:
        target.mkdir(parents=True, exist_ok=True)
        written = []
        for file in sorted(source.iterdir()):
            if file.is_file():
                (target / file.name).write_bytes(file.read_bytes())
                written.append(target / file.name)
    except OSError as error:
        raise InputError(
            [Issue(str(target), "DIR", None, f"cannot be written ({error.strerror})")]
        ) from error
    return written
