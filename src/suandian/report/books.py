"""What the ledger of a run says: totals by account and by remark, read without changing
the file.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from suandian.ledger.ledger import Entry, entry
from suandian.model.issues import RecordError
from suandian.model.units import LEDGER_PER_CURRENCY

PARTS = (
    "fuel",
    "start",
    "carbon",
    "wear",
    "end_level",
    "transfer",
    "unserved_load",
    "spilled",
    "unserved_service",
    "late",
    "n1_violation",
)


@dataclass(frozen=True)
class Books:
    """Totals over all steps: `accounts[book][account]` and `memo[book][remark]`, both in the
    ledger's integers.
    """

    accounts: dict[str, dict[str, int]] = field(default_factory=dict)
    memo: dict[str, dict[str, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path) -> Books:
        """Add up the ledger of a run folder.

        Raises
        ------
        RecordError
            There is no readable ledger.
        """
        books = cls()
        # one pass over the ledger: a year of it need not be in memory
        for item in _entries(folder / "ledger.db"):
            accounts = books.accounts.setdefault(item.book, {})
            for name, value in item.accounts.items():
                accounts[name] = accounts.get(name, 0) + value
            memo = books.memo.setdefault(item.book, {})
            for name, note in item.memo.items():
                # numbers in a memo are amounts; texts and floats are remarks
                if isinstance(note, int):
                    memo[name] = memo.get(name, 0) + note
        return books

    def group(self, book: str, kind: str) -> int:
        """Return the sum of a book's accounts `kind:…`."""
        return sum(
            value
            for name, value in self.accounts.get(book, {}).items()
            if name.partition(":")[0] == kind
        )

    def cost_parts(self) -> dict[str, float]:
        """Return the parts of system_cost [currency]."""
        memo = self.memo.get("cash", {})
        # the known parts in the order of a page, then those that other books added
        names = [*PARTS, *sorted(set(memo) - set(PARTS))]
        return {name: memo[name] / LEDGER_PER_CURRENCY for name in names if name in memo}


def _entries(file: Path) -> Iterator[Entry]:
    if not file.exists():
        raise RecordError(f"{file}: the run has no ledger")
    # without a write-ahead log nobody is writing: the file may be opened as immutable, also where
    # it is read-only
    still = not file.with_name(file.name + "-wal").exists()
    with closing(
        sqlite3.connect(
            f"{file.resolve().as_uri()}?mode=ro{'&immutable=1' if still else ''}", uri=True
        )
    ) as db:
        try:
            for body, head in db.execute(
                "SELECT body, hash FROM entries WHERE book <> 'plan' ORDER BY seq"
            ):
                yield entry(body, head)
        except sqlite3.DatabaseError as error:
            raise RecordError(f"{file}: {error}") from error
