"""Is the ledger the one that was written: chain, order, balance of books, details, head."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from suandian.ledger.ledger import Entry, chain, origin
from suandian.model.issues import RecordError
from suandian.record import seal
from suandian.record.details import CarbonDetail, CashDetail, EnergyDetail, PlanDetail
from suandian.verify.book import BookedLedger, BookedRow
from suandian.verify.finding import Finding, first

# in the order in which a step is booked
PLAN_BOOK = PlanDetail.BOOK
SEAL_BOOK = seal.BOOK
STEP_BOOKS = (EnergyDetail.BOOK, CarbonDetail.BOOK, CashDetail.BOOK)


def check_chain(
    book: BookedLedger, record: dict[str, Any], head: str | None = None
) -> Iterator[Finding]:
    """Yield the findings about the ledger; `head` is one that was kept elsewhere."""
    breaks = _breaks(book.rows, origin(record["scenario_hash"]))
    yield Finding(
        "ledger chain",
        not breaks,
        len(book.rows),
        first(breaks) or "entries, each chained to the one before",
    )
    yield _head(book, record)
    # Only a head that the forger could not reach tells of a chain that was forged as a whole.
    if head is not None:
        yield _given(book, head)
    yield _columns(book)
    yield _balance(book.entries)
    yield _steps(book.entries)
    yield _details(book)


def _given(book: BookedLedger, head: str) -> Finding:
    """The ledger ends at the head that was kept: that of its seal, or that of its books."""
    ends = book.rows[-1].hash if book.rows else ""
    books = [row.hash for row in book.rows if row.book != SEAL_BOOK]
    if head == ends:
        detail = "is the head given"
    elif books and head == books[-1]:
        detail = f"the head given is that of the books; the seal, {ends[:16]}, holds files too"
    else:
        detail = f"the ledger ends at {ends[:16]}, given was {head[:16]}"
        return Finding("ledger head given", False, None, detail)
    return Finding("ledger head given", True, None, detail)


def _breaks(rows: tuple[BookedRow, ...], previous: str) -> list[str]:
    """Return where the chain breaks; after a break it goes on from the hash that is written."""
    found = []
    missing = 0
    for position, row in enumerate(rows):
        # counted on from the gap, so that one missing entry is one break and not one for each after
        if row.seq != position + missing:
            found.append(f"entry {position + missing} is missing")
            missing = row.seq - position
        if row.hash != chain(previous, row.body):
            found.append(f"entry {row.seq} is not what was chained after the one before it")
        previous = row.hash
    return found


def _head(book: BookedLedger, record: dict[str, Any]) -> Finding:
    """A finished run ends at the head in run.json; an unfinished one has passed it."""
    kept = record["ledger_head"]
    # seals stand after the books, which end at this head
    hashes = [row.hash for row in book.rows if row.book != SEAL_BOOK]
    done = record["state"] == "done"
    # run.json is written after the ledger: while a run goes on, its head lags behind
    ok = bool(hashes) and hashes[-1] == kept if done else not kept or kept in hashes
    where = (
        "is that of run.json" if done else f"that of run.json was passed (state {record['state']})"
    )
    detail = (
        where
        if ok
        else f"run.json says {kept[:16]}, the ledger ends at {(hashes or [''])[-1][:16]}: the "
        "tail was cut"
    )
    return Finding("ledger head", ok, None, detail)


def _columns(book: BookedLedger) -> Finding:
    wrong = [
        f"entry {row.seq}: columns say {row.seq}, {row.step}, {row.book}; the body {e.seq}, "
        f"{e.step}, {e.book}"
        for row, e in zip(book.rows, book.entries, strict=True)
        if (row.seq, row.step, row.book) != (e.seq, e.step, e.book)
    ]
    return Finding(
        "ledger order",
        not wrong,
        len(wrong),
        first(wrong) or "entries stand where they were booked",
    )


def _balance(entries: tuple[Entry, ...]) -> Finding:
    wrong = []
    for e in entries:
        values = list(e.accounts.values())
        # Python takes True for 1, and a sum of fractions is never quite zero.
        if not all(isinstance(v, int) and not isinstance(v, bool) for v in values):
            wrong.append(f"entry {e.seq}: an amount is not an integer")
        elif sum(values):
            wrong.append(f"entry {e.seq} ({e.book}, step {e.step}) sums to {sum(values)}")
    return Finding(
        "books balance", not wrong, len(wrong), first(wrong) or "every entry sums to zero exactly"
    )


def _steps(entries: tuple[Entry, ...]) -> Finding:
    """Every step is booked once in each book, in order, and under a plan that was booked before.

    The books of the house come first; others may follow, the same in every step.
    """
    booked = [e for e in entries if e.book not in (PLAN_BOOK, SEAL_BOOK)]
    every = _books_of_a_step(booked)
    wrong: list[str] = []
    planned = -1
    after = 0
    for e in entries:
        # a seal is no step: where it stands is another check's concern
        if e.book == SEAL_BOOK:
            continue
        # what is due follows from how many entries there were, not from what they say
        step, place = divmod(after, len(every))
        if e.book == PLAN_BOOK:
            planned = e.step
            # between two steps, never within one: a plan is booked before its first step
            if (e.step, 0) != (step, place):
                wrong.append(f"entry {e.seq}: a plan for step {e.step} is booked after step {step}")
            continue
        if (e.step, e.book) != (step, every[place]):
            wrong.append(
                f"entry {e.seq} is {e.book} of step {e.step}, due was {every[place]} of step {step}"
            )
        if planned < 0:
            wrong.append(f"entry {e.seq}: step {e.step} is booked before any plan")
        after += 1
    if after % len(every):
        wrong.append(f"step {after // len(every)} is booked in part")
    return Finding(
        "ledger steps",
        not wrong,
        after // len(every),
        first(wrong) or "steps, each in every book, after its plan",
    )


def _books_of_a_step(booked: list[Entry]) -> tuple[str, ...]:
    """Return the books that every step must have: those of the house, then the others of the first
    step.
    """
    names = [e.book for e in booked if e.step == booked[0].step]
    return (*STEP_BOOKS, *(name for name in dict.fromkeys(names) if name not in STEP_BOOKS))


def _details(book: BookedLedger) -> Finding:
    named = [e.detail for e in book.entries if e.detail]
    wrong = []
    # equal columns of several steps are stored once
    for sha in dict.fromkeys(named):
        try:
            book.detail(sha)
        except RecordError as error:
            wrong.append(str(error))
    # the chain hashes names of details only: what nobody names was put there later
    spare = set(book.stored) - set(named)
    if spare:
        wrong.append(f"{len(spare)} stored details are named by no entry")
    return Finding(
        "ledger details",
        not wrong,
        len(set(named)),
        first(wrong) or "details, each with the hash that was booked",
    )
