"""The figures of merit of a run, from its files and its ledger only.

Definitions: docs/concepts.md. A figure that does not apply, or needs a run that is not there, is
absent. `carbon_system_t`, the direct CO2 of all supply, stands beside the cost because system_cost
prices it and a cheaper plan may raise it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from suandian.report.books import Books
from suandian.report.facts import Facts
from suandian.report.merit.against import against
from suandian.report.merit.carbon import carbon
from suandian.report.merit.costs import costs
from suandian.report.merit.energy import energy
from suandian.report.merit.grid import grid
from suandian.report.merit.supply import supply
from suandian.report.merit.work import work

if TYPE_CHECKING:
    from suandian.record.read import Run

# In the order of kpis.json and of every table made of it: what it cost comes first.
PARTS = (costs, carbon, energy, supply, work, grid)


def kpis(run: Run) -> dict[str, dict[str, Any]]:
    """Return name → {value, unit, method, status} for every figure that applies to `run`.

    `status` is `final`, or `provisional` where the run is not done; it says how many solves a time
    limit ended.

    Raises
    ------
    RecordError
        The folder has no readable ledger.
    """
    facts = Facts(run)
    books = Books.of(run.path)
    status = _status(facts.record)
    figures: dict[str, dict[str, Any]] = {}
    for part in PARTS:
        for name, value, unit, method in part(facts, books):
            # counts stay whole; the rest may be numpy's, which JSON does not know
            number = value if isinstance(value, int) else float(value)
            figures[name] = {"value": number, "unit": unit, "method": method, "status": status}
    # last, for they need this run's own cost
    own = figures["system_cost"]["value"]
    for name, value, unit, method in against(facts, own):
        figures[name] = {"value": value, "unit": unit, "method": method, "status": status}
    return figures


def _status(record: dict[str, Any]) -> str:
    """Return what a figure of the run is worth: it stands beside every number."""
    status = "provisional" if record.get("state") == "failed" else "final"
    states = [str(solve.get("status", "")) for solve in record.get("solves", [])]
    # A time limit makes plans depend on the machine: the number may be another elsewhere.
    limited = sum(state.startswith("time limit") for state in states)
    return f"{status}; {limited} solves ended by a time limit" if limited else status
