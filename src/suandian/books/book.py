"""What a book is: it turns the readings of a step into one posting.

Books are posted in order; a book may read what those before it posted in the same step, in the
integers that will be booked. Its accounts must sum to zero: the ledger refuses others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from suandian.ledger.ledger import Posting
from suandian.model.issues import RecordError
from suandian.model.readings import Readings
from suandian.model.state import State
from suandian.record.details import BookedDetail

Booked = TypeVar("Booked", bound=BookedDetail)


@dataclass(frozen=True)
class Earlier:
    """What has been posted of a step so far, in order."""

    postings: tuple[Posting, ...] = ()

    def of(self, book: str) -> Posting:
        """Return the posting of `book`.

        Raises
        ------
        RecordError
            That book was not posted before.
        """
        for posting in self.postings:
            if posting.book == book:
                return posting
        before = ", ".join(posting.book for posting in self.postings) or "none"
        raise RecordError(f"book {book} is not posted yet; before: {before}")

    def detail(self, kind: type[Booked]) -> Booked:
        """Return the columns that a book of this house posted, such as EnergyDetail."""
        return kind.of(self.of(kind.BOOK).detail or {})


class Book(Protocol):
    """One book of the ledger, such as energy [Wh] or cash [1/10000 currency unit]."""

    @property
    def name(self) -> str:
        """Name of the book in the ledger."""

    def post(self, step: int, readings: Readings, state: State, earlier: Earlier) -> Posting:
        """Return the posting of `step`, from what was measured in it and the state before it."""


def post_all(
    books: Sequence[Book], step: int, readings: Readings, state: State
) -> tuple[Posting, ...]:
    """Return the postings of all `books` for `step`, to be appended together."""
    # each book sees those before it, so that all are computed from the same booked integers
    postings: tuple[Posting, ...] = ()
    for book in books:
        postings = (*postings, book.post(step, readings, state, Earlier(postings)))
    return postings
