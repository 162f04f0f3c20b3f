"""The ledger: one chained entry per step and book, and one per plan; nothing is ever changed.

    hash[n] = sha256(hash[n-1] ‖ canonical JSON of entry n),   hash[-1] = sha256 of the scenario
    hash

An entry holds the totals by account (integers, sum zero) and the sha256 of the step's columnar
detail. Any book may be kept: those of the house are `energy` [Wh], `carbon` [g CO2], `cash`
[1/10000 currency unit] and `plan` (no accounts: the plan in force, booked before it is executed).
No wall clock, path or host is booked.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from suandian.ledger.packing import compressed, digest, expanded, pack, unpack
from suandian.model.issues import RecordError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
  seq INTEGER PRIMARY KEY, step INTEGER NOT NULL, book TEXT NOT NULL, body TEXT NOT NULL,
  hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS details (sha TEXT PRIMARY KEY, data BLOB NOT NULL);
CREATE TRIGGER IF NOT EXISTS entries_stay BEFORE UPDATE ON entries
  BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER IF NOT EXISTS entries_last BEFORE DELETE ON entries
  BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""


@dataclass(frozen=True)
class Posting:
    """What is to be booked: `accounts` sum to zero; `memo` is plain data; `detail` columns are
    stored once by hash.
    """

    step: int
    book: str
    accounts: Mapping[str, int]
    memo: Mapping[str, int | float | str] = field(default_factory=dict)
    detail: Mapping[str, NDArray[np.generic]] | None = None


@dataclass(frozen=True)
class Entry:
    """A booked posting: its place in the chain, and the sha256 of its detail ('' for none)."""

    seq: int
    step: int
    book: str
    accounts: dict[str, int]
    memo: dict[str, int | float | str]
    detail: str
    hash: str


class Ledger:
    """A run's ledger in one SQLite file. Postings appended together are written in one
    transaction.
    """

    def __init__(self, path: Path, seed: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        # readers (verify, a report) go on while a run books
        self._db.execute("PRAGMA journal_mode=WAL")
        # a booked step must survive a power cut: the next plan builds on it
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._seed = seed
        last = self._db.execute(
            "SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        # a run that goes on chains to what is there; a new one to its scenario
        self._next, self._head = (
            (0, origin(seed)) if last is None else (int(last[0]) + 1, str(last[1]))
        )

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the write-ahead log is folded in."""
        self._db.close()

    @property
    def head(self) -> str:
        """Hash of the last entry."""
        return self._head

    def append(self, postings: Sequence[Posting]) -> str:
        """Book `postings` together, or none of them; returns the new head.

        Raises
        ------
        RecordError
            A posting does not balance, holds a value that is not an integer, or names no book.
        """
        # everything is computed before the first row is written: a posting that is refused leaves
        # nothing behind
        rows = []
        details = []
        head = self._head
        for seq, posting in enumerate(postings, start=self._next):
            _require_balance(posting)
            sha = ""
            if posting.detail is not None:
                data = pack(posting.detail)
                sha = digest(data)
                details.append((sha, compressed(data)))
            body = canonical(posting, seq, sha)
            head = chain(head, body)
            rows.append((seq, posting.step, posting.book, body, head))
        # a step in part would be a state that never was (decision 0007)
        self._db.execute("BEGIN IMMEDIATE")
        try:
            self._db.executemany("INSERT OR IGNORE INTO details VALUES (?, ?)", details)
            self._db.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?)", rows)
        # an interrupt too must leave no half step behind
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        self._next, self._head = self._next + len(rows), head
        return head

    def entries(self, book: str | None = None) -> Iterator[Entry]:
        """Return all entries in order, or those of one book."""
        query = (
            "SELECT seq, body, hash FROM entries"
            + ("" if book is None else " WHERE book = ?")
            + " ORDER BY seq"
        )
        for _, body, head in self._db.execute(query, () if book is None else (book,)):
            yield entry(body, head)

    def last(self, book: str) -> Entry | None:
        """Return the last entry of `book`."""
        row = self._db.execute(
            "SELECT body, hash FROM entries WHERE book = ? ORDER BY seq DESC LIMIT 1", (book,)
        ).fetchone()
        return None if row is None else entry(*row)

    def detail(self, sha: str) -> dict[str, NDArray[np.generic]]:
        """Return the columns stored under `sha`.

        Raises
        ------
        RecordError
            They are missing, damaged, or not those that were booked.
        """
        row = self._db.execute("SELECT data FROM details WHERE sha = ?", (sha,)).fetchone()
        if row is None:
            raise RecordError(f"ledger detail {sha[:12]} is missing")
        data = expanded(row[0])
        # the chain holds the hash of the columns only: they are checked where they are read
        if digest(data) != sha:
            raise RecordError(f"ledger detail {sha[:12]} was changed")
        return unpack(data)


def origin(seed: str) -> str:
    """Return the hash that the first entry is chained to."""
    return hashlib.sha256(f"suandian ledger 1 {seed}".encode()).hexdigest()


def chain(previous: str, body: str) -> str:
    """Return the hash of an entry with canonical `body` after an entry with hash `previous`."""
    return hashlib.sha256((previous + body).encode()).hexdigest()


def canonical(posting: Posting, seq: int, sha: str) -> str:
    """Return the entry as canonical JSON: sorted keys, no blanks, integers exact, no NaN."""
    body = {
        "seq": seq,
        "step": posting.step,
        "book": posting.book,
        # an account that does not move says nothing: left out, so that a body has one form
        "accounts": {k: int(v) for k, v in posting.accounts.items() if v},
        "memo": dict(posting.memo),
        "detail": sha,
    }
    return json.dumps(
        # one text for one body, else equal bookings would have other hashes
        body,
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
        ensure_ascii=False,
    )


def entry(body: str, head: str) -> Entry:
    """Return the entry of a canonical `body`.

    Raises
    ------
    RecordError
        The body is not an entry.
    """
    try:
        data = json.loads(body)
        return Entry(
            data["seq"],
            data["step"],
            data["book"],
            data["accounts"],
            data["memo"],
            data["detail"],
            head,
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError(f"a ledger entry is damaged: {error}") from error


def _require_balance(posting: Posting) -> None:
    if not posting.book.strip():
        raise RecordError(f"a posting of step {posting.step} names no book")
    wrong = [
        name for name, value in posting.accounts.items() if not isinstance(value, int | np.integer)
    ]
    if wrong:
        raise RecordError(f"{posting.book} step {posting.step}: {wrong[0]} is not an integer")
    # Python integers: they do not overflow as those of an array would
    total = sum(int(v) for v in posting.accounts.values())
    if total:
        raise RecordError(
            f"{posting.book} step {posting.step}: the accounts sum to {total}, not zero"
        )
