"""The ledger's rows as they stand in the file, read without changing it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from numpy.typing import NDArray

from suandian.ledger.ledger import Entry, entry
from suandian.ledger.packing import digest, expanded, unpack
from suandian.model.issues import RecordError
from suandian.record.details import BookedDetail

Kind = TypeVar("Kind", bound=BookedDetail)


@dataclass(frozen=True)
class BookedRow:
    """A row of `entries`: what the columns say, and the body that was hashed."""

    seq: int
    step: int
    book: str
    body: str
    hash: str


@dataclass(frozen=True, eq=False)
class BookedLedger:
    """All rows of a ledger in order of `seq`, and its details as stored."""

    rows: tuple[BookedRow, ...]
    stored: Mapping[str, bytes]

    @classmethod
    def open(cls, path: Path) -> BookedLedger:
        """Read a ledger.

        Raises
        ------
        RecordError
            The file is not a ledger.
        """
        # SQLite may write to a file that it opens, even to read: a check must not. Where a log is
        # beside it, its rows count too, and the file cannot be taken as unchangeable.
        still = not path.with_name(path.name + "-wal").exists()
        uri = f"{path.resolve().as_uri()}?mode=ro{'&immutable=1' if still else ''}"
        try:
            with closing(sqlite3.connect(uri, uri=True)) as db:
                rows = db.execute(
                    "SELECT seq, step, book, body, hash FROM entries ORDER BY seq"
                ).fetchall()
                stored = dict(db.execute("SELECT sha, data FROM details").fetchall())
        except sqlite3.DatabaseError as error:
            raise RecordError(f"{path} is not a readable ledger: {error}") from error
        return cls(tuple(BookedRow(*row) for row in rows), stored)

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """The entries; raises RecordError where a body is damaged."""
        # from the bodies, for they were hashed; the columns beside them are compared with these
        return tuple(entry(row.body, row.hash) for row in self.rows)

    def of(self, book: str) -> list[Entry]:
        """Return the entries of one book."""
        return [e for e in self.entries if e.book == book]

    def steps(self, kind: type[Kind]) -> list[Kind]:
        """Return what a book booked of each step, such as EnergyDetail; raises RecordError where a
        column is missing.
        """
        return [kind.of(self.detail(e.detail)) for e in self.of(kind.BOOK)]

    def detail(self, sha: str) -> dict[str, NDArray[Any]]:
        """Return the columns stored under `sha`; raises RecordError where they are not what was
        booked.
        """
        if sha not in self.stored:
            raise RecordError(f"detail {sha[:12]} is missing")
        # the hash is of the plain bytes: how they were compressed does not matter
        data = expanded(self.stored[sha])
        if digest(data) != sha:
            raise RecordError(f"detail {sha[:12]} was changed")
        return unpack(data)
