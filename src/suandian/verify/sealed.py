"""Is the folder the one that was sealed: every file, and all that run.json says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from suandian.record import seal
from suandian.record.folder import RunFolder
from suandian.record.read import Run
from suandian.record.schemas import KPIS
from suandian.verify.book import BookedLedger
from suandian.verify.finding import Finding, first

# what an experiment adds to a run that was sealed before
AFTERWARDS = {f"{seal.FILE}{KPIS}", f"{seal.KEY}reference_runs"}


def check_seal(run: Run, book: BookedLedger) -> Iterator[Finding]:
    """Yield the finding about the seal: a finished run has one, and nothing was changed after it.

    What run.json says of its own state switches nothing off: a ledger that was sealed is that of a
    finished run.
    """
    seals = [entry for entry in book.entries if entry.book == seal.BOOK]
    done = run.record["state"] == "done"
    if not seals:
        wrong = ["the run is done, and its ledger has no seal"] if done else []
        if not done and run.has(KPIS):
            wrong.append(f"the run is not done, and has {KPIS}")
        yield Finding("seal", not wrong, 0, first(wrong) or "none: the run is not done")
        return
    last = seals[-1]
    wrong = []
    if not done:
        wrong.append(f"the ledger is sealed, run.json says {run.record['state']}")
    if last is not book.entries[-1]:
        wrong.append(f"entry {book.entries[-1].seq} was booked after the seal")
    if run.record.get("seal") != book.rows[-1].hash:
        wrong.append("run.json names another seal")
    for earlier, later in pairwise(seals):
        # what is compared with other runs comes when those are done, and nothing else does
        more = {*earlier.memo.items()} ^ {*later.memo.items()}
        names = sorted({name for name, _ in more} - AFTERWARDS)
        wrong += [f"{name.partition(':')[2]} was changed between two seals" for name in names]
    hashes = RunFolder(run.path).hashes()
    if run.record.get("files") != hashes:
        wrong.append("run.json lists other hashes of files")
    present = seal.contents(hashes, run.record)
    wrong += _changed(last.memo, present)
    detail = first(wrong, len(wrong)) or "files and keys of run.json, as sealed"
    yield Finding("seal", not wrong, len(last.memo), detail)


def _changed(sealed: Mapping[str, Any], present: Mapping[str, str]) -> list[str]:
    """Return what differs between the seal and the folder, in words."""
    wrong = []
    for name in sorted({*sealed, *present}):
        kind, _, what = name.partition(":")
        where = f"{what} of run.json" if f"{kind}:" == seal.KEY else what
        if name not in present:
            wrong.append(f"{where} is missing")
        elif name not in sealed:
            wrong.append(f"{where} was added")
        elif sealed[name] != present[name]:
            wrong.append(f"{where} was changed")
    return wrong
