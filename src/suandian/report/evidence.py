"""What the page says about where a run's numbers come from: workloads, warnings, hashes, solves,
versions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from suandian.report.measures import Measures


def notes(m: Measures) -> tuple[list[str], list[str]]:
    """Return the scenario's notes: those about a workload, and the others."""
    # each note once, in the order in which they came up
    every = dict.fromkeys(str(note) for note in m.facts.record.get("notes", []))
    names = tuple(f"{name}: " for name in m.facts.scenario.get("workloads", {}))
    work = [note for note in every if note.startswith(names)] if names else []
    return _merged(work), [note for note in every if note not in work]


def _merged(noted: list[str]) -> list[str]:
    """Return notes `workload: text` with the workloads that share a text named together."""
    # what is true of several workloads is said once
    by_text: dict[str, list[str]] = {}
    for note in noted:
        name, _, text = note.partition(": ")
        by_text.setdefault(text, []).append(name)
    return [f"{', '.join(names)}: {text}" for text, names in by_text.items()]


def workloads(m: Measures) -> list[dict[str, str]]:
    """Return the workloads as the scenario states them, with the energy that ran."""
    # energy that ran, not energy that was asked for
    ran = dict(m.facts.computing.group_by("workload").agg(pl.col("mwh").sum()).iter_rows())
    return [
        {
            "name": name,
            "kind": str(work.get("kind", "")),
            "origin": str(work.get("origin", "")),
            "source": _source(work),
            "rule": _rule(work),
            "energy": f"{ran.get(name, 0.0):,.1f}",
        }
        for name, work in m.facts.scenario.get("workloads", {}).items()
    ]


def _source(work: Mapping[str, Any]) -> str:
    power = work.get("power", {})
    parts = [
        str(
            work.get("trace") or (power.get("shape") if isinstance(power, Mapping) else power) or ""
        )
    ]
    parts += [
        f"mean {mean}"
        for mean in (work.get("mean"), power.get("mean") if isinstance(power, Mapping) else None)
        if mean
    ]
    parts += [f"{key} {value}" for key, value in (work.get("trace_options") or {}).items()]
    return ", ".join(part for part in parts if part)


def _rule(work: Mapping[str, Any]) -> str:
    # what a scheduler may do with the work, in the words of the scenario
    parts = [f"slack {_quantity(work['slack'])}"] if work.get("slack") else []
    latency = work.get("latency") or {}
    suspend = work.get("suspend") or {}
    parts += [f"{kind} ≤ {_quantity(value)}" for kind, value in latency.items()]
    if suspend.get("allowed"):
        parts.append(f"may be suspended (overhead {_quantity(suspend.get('overhead', '0 min'))})")
    if work.get("whole"):
        parts.append("runs whole")
    if work.get("data") and not _quantity(work["data"]).startswith("0 "):
        parts.append(f"data {_quantity(work['data'])}")
    if work.get("residency"):
        parts.append(f"only in {', '.join(work['residency'])}")
    return ", ".join(parts)


def _quantity(text: object) -> str:
    """Return a quantity as people write it.

    Examples
    --------
    >>> [_quantity(t) for t in ("24.0 h", "0.08333333333333333 h", "200.0 GB/MWh")]
    ['24 h', '5 min', '200 GB/MWh']
    """
    value, _, unit = str(text).partition(" ")
    try:
        number = float(value)
    except ValueError:
        return str(text)
    # nobody says 0.0833 h
    if unit == "h" and 0 < number < 1:
        number, unit = number * 60, "min"
    return f"{number:.6g} {unit}"


def warnings(m: Measures) -> list[str]:
    """Return what a reader should know before using the numbers."""
    # what was left out of the study comes first
    found = [*map(str, m.facts.record.get("warnings", [])), *notes(m)[1]]
    # whoever reads the page must not take half a run for a whole one
    if m.facts.record["state"] != "done":
        found.append(
            f"The run is not done (state {m.facts.record['state']}): figures cover what was "
            "executed."
        )
    undone = int(m.value("jobs_total")) - int(m.value("jobs_completed"))
    for count, text in (
        (undone, f"{undone:,} jobs were not completed."),
        (int(m.value("jobs_late")), f"{int(m.value('jobs_late')):,} jobs were late."),
        (
            m.value("unserved_mwh"),
            f"{m.value('unserved_mwh'):,.3f} MWh were not served ({_method(m, 'unserved_mwh')}).",
        ),
        (
            int(m.value("line_overloads")),
            f"{int(m.value('line_overloads')):,} line overloads in the realised flows.",
        ),
    ):
        if count > 0:
            found.append(text)
    odd = [
        s for s in m.facts.record.get("solves", []) if str(s.get("status", "")).lower() != "optimal"
    ]
    if odd:
        found.append(
            f"{len(odd)} solves did not end optimal: "
            f"{', '.join(sorted({str(s.get('status')) for s in odd}))}."
        )
    return found


def _method(m: Measures, name: str) -> str:
    return str(m.kpis[name]["method"]).partition(": ")[2] or "see method"


def solves(m: Measures) -> list[dict[str, str]]:
    """Return one row per kind of solve: how many, by which solver, how they ended, largest gap,
    size, CPU time.
    """
    # a run has hundreds of solves of a few kinds: a line each kind
    by_name: dict[str, list[Mapping[str, Any]]] = {}
    for solve in m.facts.record.get("solves", []):
        by_name.setdefault(str(solve.get("name", "")), []).append(solve)
    return [
        {
            "name": name,
            "count": f"{len(rows):,}",
            "solver": ", ".join(sorted({str(r.get("solver", "")) for r in rows})),
            "status": ", ".join(sorted({str(r.get("status", "")) for r in rows})),
            "gap": _gap(rows),
            "size": f"{_most(rows, 'rows'):,} × {_most(rows, 'columns'):,}",
            "iterations": f"{sum(int(r.get('iterations') or 0) for r in rows):,}",
            "cpu": f"{sum(float(r.get('cpu_s') or 0.0) for r in rows):,.2f} s",
        }
        for name, rows in by_name.items()
    ]


def _most(rows: list[Mapping[str, Any]], key: str) -> int:
    return max(int(row.get(key) or 0) for row in rows)


def _gap(rows: list[Mapping[str, Any]]) -> str:
    # the worst of them: a page must not show the best
    found = [abs(float(row["gap"])) for row in rows if row.get("gap") is not None]
    return f"{max(found):.1e}" if found else "not stated"


def hashes(m: Measures) -> Iterator[tuple[str, str]]:
    """Yield what identifies the run: scenario, inputs, ledger head, files, reference runs."""
    record = m.facts.record
    yield "scenario", str(record.get("scenario_hash", ""))
    yield "ledger head", str(record.get("ledger_head", ""))
    for name, value in record.get("inputs", {}).items():
        yield f"input {name}", str(value)
    for name, value in record.get("files", {}).items():
        yield f"file {name}", str(value)
    for name, value in record.get("reference_runs", {}).items():
        yield f"reference {name}, ledger head", str(value[1] if isinstance(value, list) else value)


def versions(m: Measures) -> list[tuple[str, str]]:
    """Return the versions of the programs that made the run."""
    record = m.facts.record
    packages = [(str(name), str(version)) for name, version in record.get("packages", {}).items()]
    return [
        *packages,
        ("Python", str(record.get("python", ""))),
        ("seed", str(record.get("seed", ""))),
    ]
