"""A run folder as files: run.json replaced atomically, the list of files and their hashes."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from suandian.model.issues import RecordError
from suandian.record.schemas import RUN, SCHEMA_VERSION, SEALED, STATES

_NEEDED = {"state": str, "schema_version": int, "scenario_hash": str, "ledger_head": str}
_TYPES: dict[str, type | tuple[type, ...]] = {
    "name": str,
    "policy": str,
    "currency": str,
    "source": str,
    "inputs": dict,
    "packages": dict,
    "files": dict,
    "reference_runs": dict,
    "notes": list,
    "warnings": list,
    "solves": list,
    "carbon_price": (int, float),
    "main_end_s": (int, float),
}
"""Of what else may stand in run.json; a key that is not there is asked for where it is needed."""


@dataclass(frozen=True)
class RunFolder:
    """The folder of one run."""

    path: Path

    def exists(self) -> bool:
        """Whether there is a run.json."""
        return (self.path / RUN).is_file()

    def read(self) -> dict[str, Any]:
        """Return run.json.

        Raises
        ------
        RecordError
            It is missing, damaged, or of another schema version.
        """
        # run.json makes a folder a run
        file = self.path / RUN
        try:
            record: Any = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise RecordError(f"{self.path} is not a run folder: it has no {RUN}") from None
        except (OSError, ValueError) as error:
            raise RecordError(f"{file} is damaged: {error}") from error
        return _required(record, file)

    def write(self, record: Mapping[str, Any]) -> None:
        """Replace run.json: a reader sees the old or the new one, never a part. Infinite and NaN
        become null.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        # while it runs it is written after each plan, and longer each time: the encoder of one
        # line is ten times as fast as that of an indented text
        indent = None if record["state"] == "running" else 1
        text = json.dumps(_plain(record), indent=indent, allow_nan=False, ensure_ascii=False)
        # written beside and renamed: a reader never sees half of it, also after a power cut
        temporary = self.path / f".{RUN}.{os.getpid()}"
        try:
            with temporary.open("w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(self.path / RUN)
        finally:
            temporary.unlink(missing_ok=True)

    def files(self) -> list[str]:
        """Return the names of all files, relative, with forward slashes, sorted."""
        return sorted(
            p.relative_to(self.path).as_posix() for p in self.path.rglob("*") if p.is_file()
        )

    def hashes(self) -> dict[str, str]:
        """Return the sha256 of each result file that is there.

        Left out: run.json holds the hashes, ledger.db has its own chain, report.html is made from
        the others.
        """
        return {name: sha256(self.path / name) for name in SEALED if (self.path / name).is_file()}


def sha256(path: Path) -> str:
    """Return the sha256 of a file in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _required(record: object, file: Path) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise RecordError(f"{file} is damaged: not an object")
    for key, kind in _NEEDED.items():
        if not isinstance(record.get(key), kind):
            raise RecordError(f"{file} is damaged: no {key}")
    for key, allowed in _TYPES.items():
        if key in record and not isinstance(record[key], allowed):
            raise RecordError(f"{file} is damaged: {key} is a {type(record[key]).__name__}")
    # before anything else is looked at: what other keys mean depends on the version
    if record["schema_version"] != SCHEMA_VERSION:
        raise RecordError(
            f"{file} has schema version {record['schema_version']}, this program reads "
            f"{SCHEMA_VERSION}: simulate its scenario again, or read it with the version of "
            "suandian that wrote it"
        )
    if record["state"] not in STATES:
        raise RecordError(f"{file}: state {record['state']!r} is not one of {', '.join(STATES)}")
    return record


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    # JSON knows no NaN and no numpy
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
