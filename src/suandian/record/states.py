"""The state, read back from the ledger: what was booked of each step, folded one after the other.

Nothing that the loop remembers goes in. So a run that was killed, or is read years later, has the
very states of the run that went through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from suandian.ledger.ledger import Ledger
from suandian.model.issues import RecordError
from suandian.model.scenario import Scenario
from suandian.model.state import State
from suandian.record.details import CarbonDetail, CashDetail, Columns, EnergyDetail

FOLDED = (EnergyDetail.BOOK, CarbonDetail.BOOK, CashDetail.BOOK)
"""Books that a state is folded from."""


def after(state: State, details: Mapping[str, Columns]) -> State:
    """Return the state after a step whose booked columns are `details`, by book.

    Raises
    ------
    RecordError
        A book, or a column of it, is missing.
    """
    energy = EnergyDetail.of(_of(details, EnergyDetail.BOOK))
    carbon = CarbonDetail.of(_of(details, CarbonDetail.BOOK))
    cash = CashDetail.of(_of(details, CashDetail.BOOK))
    remaining = state.remaining_wh.copy()
    site = state.site.copy()
    last = np.zeros_like(state.last_wh)
    # a suspended job owes its restart as well
    remaining[energy.job] += energy.job_overhead_wh - energy.job_energy_wh
    site[energy.job] = energy.job_site
    last[energy.job] = energy.job_energy_wh
    return State(
        step=state.step + 1,
        remaining_wh=remaining,
        site=site,
        last_wh=last,
        level_wh=energy.level_wh.copy(),
        level_g=carbon.level_g.copy(),
        # ramps start from what a unit made, taken or not
        output_wh=np.array(energy.gross_wh()),
        on_s=state.on_s if energy.on_s is None else energy.on_s.copy(),
        lasting=state.lasting if cash.lasting is None else cash.lasting.copy(),
    )


def states(scenario: Scenario, ledger: Ledger) -> Iterator[State]:
    """Return the states that the ledger's entries lead through, the initial one first."""
    state = State.initial(scenario)
    yield state
    # step by step through all of them at once: a long run does not fit into memory whole
    books = [ledger.entries(book) for book in FOLDED]
    for entries in zip(*books, strict=True):
        state = after(state, {entry.book: ledger.detail(entry.detail) for entry in entries})
        yield state


def last_details(ledger: Ledger) -> dict[str, Columns]:
    """Return the columns of the last booked step that a state is folded from, by book.

    Raises
    ------
    RecordError
        No step is booked.
    """
    details: dict[str, Columns] = {}
    for book in FOLDED:
        entry = ledger.last(book)
        if entry is None:
            raise RecordError(f"the ledger holds no entry of book {book}")
        details[book] = ledger.detail(entry.detail)
    return details


def _of(details: Mapping[str, Columns], book: str) -> Columns:
    if book not in details:
        raise RecordError(f"a state is folded from book {book}, which was not booked")
    return details[book]
