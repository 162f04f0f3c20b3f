"""All checks of a run folder. A file that is missing or damaged is a finding, not a crash."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from suandian.model.issues import RecordError
from suandian.record.read import open_run
from suandian.verify.accounts import check_accounts
from suandian.verify.book import BookedLedger
from suandian.verify.chain import check_chain
from suandian.verify.commitment import check_commitment, check_gaps
from suandian.verify.cooling import check_cooling
from suandian.verify.energy import check_energy
from suandian.verify.evidence import check_certificates, check_files
from suandian.verify.figures import check_figures
from suandian.verify.finding import Finding, Verification
from suandian.verify.jobs import check_jobs
from suandian.verify.law import check_law
from suandian.verify.limits import check_limits
from suandian.verify.sealed import check_seal
from suandian.verify.shape import check_shape
from suandian.verify.signals import check_signals
from suandian.verify.tables import Tables

# What reading a damaged file raises: whatever its bytes happen to look like to a reader.
_DAMAGE = (
    RecordError,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def verify(path: Path | str, head: str | None = None) -> Verification:
    """Check the run in folder `path` from its files alone; `head` is a ledger head that was kept
    elsewhere.

    A run that is not done is checked as far as it is written.

    Raises
    ------
    RecordError
        `path` is not a run folder.
    """
    run = open_run(path)
    tables = Tables(run)
    books = _Once(run.path / "ledger.db")
    # Hashes first: where they fail, the rest says what the change did.
    findings = [
        *_guarded("file hashes", lambda: check_files(run)),
        *_guarded("ledger", lambda: check_chain(books.book, run.record, head)),
        *_guarded("seal", lambda: check_seal(run, books.book)),
        *_guarded("certificates", lambda: check_certificates(run)),
    ]
    # The tables are written at the end: a run that goes on has none, one that is done must.
    if run.has("flows.parquet") or run.record["state"] == "done":
        findings += [
            *_guarded("tables", lambda: check_shape(tables)),
            *_guarded("energy accounts", lambda: check_accounts(tables, books.book)),
            *_guarded("energy", lambda: check_energy(tables)),
            *_guarded("cooling", lambda: check_cooling(tables)),
            *_guarded("limits", lambda: check_limits(tables)),
            *_guarded("commitment", lambda: check_commitment(tables)),
            *_guarded("commitment gaps", lambda: check_gaps(tables)),
            *_guarded("dc power flow", lambda: check_law(tables)),
            *_guarded("jobs", lambda: check_jobs(tables, books.book)),
            *_guarded("signals", lambda: check_signals(tables, books.book)),
            *_guarded("figures", lambda: check_figures(tables, books.book)),
        ]
    return Verification(run.path, tuple(findings))


class _Once:
    """Opens the ledger when it is first needed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._book: BookedLedger | None = None

    @property
    def book(self) -> BookedLedger:
        """The ledger's rows."""
        # Inside the guard of each check: a ledger that cannot be opened is a finding of those that
        # need it, and the others go on.
        if self._book is None:
            self._book = BookedLedger.open(self._path)
        return self._book


def _guarded(name: str, check: Callable[[], Iterator[Finding]]) -> list[Finding]:
    """Return the findings of a check up to where it fails for damaged files; that failure is one
    more.
    """
    findings: list[Finding] = []
    try:
        # one by one: what was found before a failure counts
        for finding in check():
            findings.append(finding)
    except (*_DAMAGE, pl.exceptions.PolarsError) as error:
        findings.append(Finding(name, False, None, f"cannot be checked: {error}"))
    return findings
