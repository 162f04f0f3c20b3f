"""security.parquet: flows that would exceed an emergency limit after a loss, as dispatched and
without N-1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from suandian.ledger.ledger import Ledger
from suandian.maths.contingency import Contingencies, excess
from suandian.maths.prepared import Prepared
from suandian.model.grid import Floats
from suandian.model.scenario import Scenario
from suandian.record.history import History
from suandian.record.schemas import TABLES, chosen, frame, utc

VIOLATION_MW = 1e-3  # energies are whole Wh
UNSECURED = "unsecured"
REALISED = "realised"
PHASES = (UNSECURED, REALISED)


def write_security(out: Path, scenario: Scenario, ledger: Ledger) -> list[str]:
    """Write security.parquet from the booked steps; returns the losses that split the grid and are
    not studied.
    """
    losses = Prepared.of(scenario).contingencies
    violations(History.of(scenario, ledger), losses).write_parquet(out / "security.parquet")
    return list(losses.splitting)


def violations(history: History, losses: Contingencies) -> pl.DataFrame:
    """Return the table of all violations, before and after."""
    parts = [part for phase in PHASES for part in _phase(history, losses, phase)]
    return pl.concat(parts) if parts else pl.DataFrame(schema=TABLES["security"])


def _phase(history: History, losses: Contingencies, phase: str) -> Iterator[pl.DataFrame]:
    line, link, output, imported = _powers(history, phase)
    size = losses.size_mw(line, link, output, imported)
    edges = history.axis.edges_s
    lines = history.scenario.grid.lines.id
    for steps, over in excess(losses, line, size):
        # most limits hold: only what exceeds one becomes a row
        step, at, case = np.nonzero(over > VIOLATION_MW)
        if not len(step):
            continue
        whole = step + steps.start
        # what the lost element carried moves to the others, by the share that each takes up
        after = line[whole, at] + losses.factor[at, case] * size[whole, case]
        columns = {
            "phase": pl.repeat(phase, len(step), dtype=pl.String, eager=True),
            "start": utc(edges[whole]),
            "kind": chosen(losses.kind, case),
            "contingency": chosen(losses.element, case),
            "line": chosen(lines, at),
            "flow_mw": after,
            "limit_mw": losses.limit_mw[at],
        }
        yield frame("security", columns)


def _powers(history: History, phase: str) -> tuple[Floats, Floats, Floats, Floats]:
    """Return flows of lines and links, output and import (n, members) [MW], as booked in a phase.

    Raises
    ------
    RecordError
        The run was losses without N-1.
    """
    booked = history.energy
    wh = booked.line_wh, booked.link_wh, booked.output_wh, booked.import_wh
    if phase == UNSECURED:
        wh = booked.without_n1()
    line, link, output, imported = (history.mw(values) for values in wh)
    return line, link, output, imported
