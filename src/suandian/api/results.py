"""What is done with finished runs: open, compare, report, settle, verify."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from suandian import verify as checking
from suandian.ledger.ledger import Ledger
from suandian.model.issues import RecordError
from suandian.reading import load_text
from suandian.record import read
from suandian.record.folder import RunFolder
from suandian.record.read import Run
from suandian.report.compare import Comparison
from suandian.report.compare import compare as compare_group
from suandian.report.experiment import CaseRun, groups, open_all
from suandian.report.page import write_comparison, write_report
from suandian.report.table import Line, lines
from suandian.settle.statement import StatementLine, statement, write
from suandian.verify import Verification as Verification

AnyRun = Run | str | Path


def open_run(path: str | Path) -> Run:
    """Return the run in a folder; its tables are polars frames that load when first asked for.

    Raises
    ------
    RecordError
        There is no run, or it is of another schema version.
    """
    return read.open_run(Path(path))


@dataclass(frozen=True, eq=False)
class ComparedCase:
    """The comparison of the runs of one case; `values` are what it set, but for the policy."""

    values: dict[str, str]
    comparison: Comparison

    @property
    def lines(self) -> list[Line]:
        """The table of the comparison as text: a line per figure, a cell per run."""
        return list(lines(self.comparison))


@dataclass(frozen=True, eq=False)
class Comparisons:
    """Runs side by side, one comparison per case, the case with most policies first.

    `runs` are all that were compared.
    """

    cases: tuple[ComparedCase, ...]
    runs: tuple[CaseRun, ...]

    @property
    def first(self) -> Comparison:
        """The comparison of the case with most runs: rows, bound, value of flexibility, reasons."""
        return self.cases[0].comparison

    @cached_property
    def table(self) -> pl.DataFrame:
        """One row per run: the values of its case, then the columns of `ComparedRun`."""
        rows = [
            {**case.values, **asdict(row)} for case in self.cases for row in case.comparison.rows
        ]
        return pl.DataFrame(rows, infer_schema_length=None)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as `suandian compare --json` prints them."""
        listed = [{"case": case.values, **case.comparison.as_dict()} for case in self.cases]
        return {"comparisons": listed}

    def write(self, out: str | Path) -> Path:
        """Write the comparison as one self-contained HTML page; returns its path."""
        path = Path(out)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_comparison(list(self.runs), path)
        return path


def compare(runs: Iterable[AnyRun]) -> Comparisons:
    """Compare runs of one scenario: cost, carbon, curtailment, lateness, distance to the bound.

    `runs` are opened runs, run folders, or experiment folders with all their cases.

    Raises
    ------
    InputError
        No runs, or runs whose inputs, horizon or completed work differ.
    RecordError
        A folder is neither a run nor an experiment.
    """
    # an experiment folder stands for all its cases
    opened: list[CaseRun] = []
    for run in runs:
        opened += [CaseRun(run)] if isinstance(run, Run) else open_all([Path(run)])
    compared = [
        ComparedCase(dict(group[0].place), compare_group([case.run for case in group]))
        for group in groups(opened)
    ] or [ComparedCase({}, compare_group([]))]  # no runs at all: refused there, in its words
    # the case with most policies says most; it comes first
    compared.sort(key=lambda case: -len(case.comparison.rows))
    return Comparisons(tuple(compared), tuple(opened))


def report(run: AnyRun, against: Sequence[AnyRun] = (), out: str | Path | None = None) -> Path:
    """Write the page of a run: figures, KPIs against baselines, reasons, warnings, evidence.

    Without `against` it is compared with the reference runs that it names; `out` is report.html in
    the run's folder unless given. Returns the page's path.

    Raises
    ------
    InputError
        A run of `against` cannot be compared with `run`.
    RecordError
        A folder is incomplete or damaged.
    """
    # an opened run keeps its tables: no file is read twice
    opened = _opened(run)
    target = opened.path / "report.html" if out is None else Path(out)
    others = [_opened(other) for other in against]
    target.parent.mkdir(parents=True, exist_ok=True)
    write_report(opened, others, target)
    return target


@dataclass(frozen=True, eq=False)
class Settlement:
    """What each party of a run owes to the market, in whole cents."""

    currency: str
    lines: tuple[StatementLine, ...]

    @cached_property
    def table(self) -> pl.DataFrame:
        """The statement line by line; amounts are exact decimals, `quantity` and `price` text."""
        frame = pl.DataFrame([asdict(line) for line in self.lines])
        return frame.with_columns(pl.col("amount").str.to_decimal(scale=2))

    @cached_property
    def totals(self) -> dict[str, Decimal]:
        """Amount by party [currency], in the order of the statement; their sum is zero."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            # decimals, not floats: a sum of cents must be a number of cents
            sums[line.party] = sums.get(line.party, Decimal(0)) + Decimal(line.amount)
        return sums

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as `suandian settle --json` prints them."""
        totals = {party: float(amount) for party, amount in self.totals.items()}
        rows = [asdict(line) for line in self.lines]
        return {"currency": self.currency, "totals": totals, "rows": rows}


def settle(run: AnyRun) -> Settlement:
    """Settle a finished run again from its ledger; rewrites its statement.csv.

    Raises
    ------
    RecordError
        The folder is no finished run, or its scenario or inputs are not those of the run.
    """
    folder = _path(run)
    # paths in a run's scenario are relative to the folder that it was read from
    record = RunFolder(folder).read()
    text = (folder / "scenario.toml").read_text(encoding="utf-8")
    scenario = load_text(text, folder / record.get("source", "."))
    # another wind file would settle another run: the hash covers the inputs
    if scenario.hash != record["scenario_hash"]:
        raise RecordError(
            f"{folder}/scenario.toml or its inputs are not those of the run (hash "
            f"{scenario.hash[:12]})"
        )
    with Ledger(folder / "ledger.db", scenario.hash) as ledger:
        owed = statement(scenario, ledger)
    write(owed, folder / "statement.csv")
    return Settlement(scenario.currency, tuple(owed))


def verify(run: AnyRun, head: str | None = None) -> Verification:
    """Re-read every file of a run and check ledger, balances, limits, jobs and figures.

    `head` is a ledger head that was kept elsewhere. The answer `holds` or not, and lists its
    `findings`; nothing that wrote the run takes part.

    Raises
    ------
    RecordError
        There is no run.
    """
    return checking.verify(_path(run), head)


def _path(run: AnyRun) -> Path:
    return run.path if isinstance(run, Run) else Path(run)


def _opened(run: AnyRun) -> Run:
    return run if isinstance(run, Run) else open_run(run)
