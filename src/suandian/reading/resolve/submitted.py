"""Jobs of `[workloads]`: traces with power attached, their energy exact to the Wh, their times on
the step edges.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from suandian.model.grid import Floats, Ints
from suandian.model.issues import InputError, Issue
from suandian.model.ports import Trace, TraceKind
from suandian.model.system import Jobs
from suandian.model.units import W_PER_MW, WH_PER_MWH
from suandian.plugins.traces.recorded import utc
from suandian.reading.options import read_options
from suandian.reading.series.axis import StudySpan
from suandian.reading.series.series import Sources
from suandian.reading.spec.work import JobsSpec

PAST_DAYS = 21
WIDEST_BUNDLE = 0.1  # of the largest cluster
REJECTED_SHOWN = 20
MOST_WHOLE = 1_000_000  # jobs that run whole: each is a row of its own


@dataclass(frozen=True, eq=False)
class Submitted:
    """Jobs of the main window and of the weeks before."""

    main: Jobs
    past: Jobs
    longest_h: float


@dataclass(frozen=True, eq=False)
class Widest:
    """How wide a row of jobs may be [MW]: a bundle, where it can be split, and by workload (works,)
    a job that runs whole.
    """

    bundle_mw: float
    whole_mw: Floats

    @classmethod
    def of(cls, cluster_mw: Floats, rooms_mw: Floats) -> Widest:
        """Return the widths for clusters (sites,) and for the room that each workload has at each
        site (works, sites), 0 where it may not run.
        """
        largest = float(cluster_mw.max(initial=0.0))
        return cls(WIDEST_BUNDLE * largest, rooms_mw.max(axis=1, initial=0.0))


def submitted(
    works: Mapping[str, JobsSpec], window: StudySpan, seed: int, widest: Widest, sources: Sources
) -> Submitted:
    """Return all jobs; bundles are split so that none is wider than `widest` says, where they can
    be, and into single jobs where these run whole.

    Raises
    ------
    InputError
        With every finding of every trace.
    """
    main: list[Jobs] = []
    past: list[Jobs] = []
    issues: list[Issue] = []
    longest = 0.0
    for kind, (name, work) in enumerate(works.items()):
        try:
            trace, jobs, before = _workload(kind, name, work, window, seed, widest, sources)
        except InputError as error:
            issues += error.issues
            continue
        main.append(jobs)
        past.append(before)
        longest = max(longest, float(trace.length_h.max(initial=0.0)))
    if issues:
        raise InputError(issues)
    return Submitted(_sorted(main), _sorted(past), longest)


def _workload(
    kind: int,
    name: str,
    work: JobsSpec,
    window: StudySpan,
    seed: int,
    widest: Widest,
    sources: Sources,
) -> tuple[Trace, Jobs, Jobs]:
    """Return the trace of a workload as it is used, its jobs, and those of the weeks before."""
    trace, before = _traces(name, work, window, seed, sources)
    # what is left out takes its energy along: the others keep their power
    asked_h = float(_core_h(trace).sum())
    trace, before = (_feasible(t, work.slack) for t in (_noted(trace, name, sources), before))
    found = _trace_issues(trace, name, sources.file)
    if work.whole and trace.count.sum() > MOST_WHOLE:
        found.append(_too_many(name, int(trace.count.sum()), sources.file))
    if found:
        raise InputError(found)
    watts = _watts_per_core(work, asked_h, window.hours)
    # a bundle as wide as a cluster would leave the placer all or nothing
    bundle_mw = 0.0 if work.whole else widest.bundle_mw
    trace, before = (_split(t, watts, bundle_mw) for t in (trace, before))
    if work.whole:
        trace = _narrow(trace, name, watts, float(widest.whole_mw[kind]), sources)
    wanted_wh = _core_h(trace) * watts
    left_out_wh = round(asked_h * watts - float(wanted_wh.sum()))
    total_wh = _total_wh(work, asked_h * watts, window.hours) - left_out_wh
    # a job that runs whole must not be wider than its nodes: it has no part of a Wh more
    work_wh = _floor(wanted_wh) if work.whole else _exact(wanted_wh, total_wh)
    # the past only feeds a forecast: it need not add up to the Wh
    past_wh = np.maximum(np.rint(_core_h(before) * watts), 1).astype(np.int64)
    core_h = float(_core_h(trace).sum())
    energy = f"{work_wh.sum() / WH_PER_MWH:.6f} MWh of IT energy: {watts:.6g} W per core"
    _note_scaled(trace, name, f"{core_h:.6g} core-hours, scaled to {energy}", seed, sources)
    return (
        trace,
        _jobs(name, kind, trace, watts, work_wh, window),
        _jobs(f"{name}-past", kind, before, watts, past_wh, window),
    )


def _narrow(trace: Trace, name: str, watts: float, most_mw: float, sources: Sources) -> Trace:
    """Return the jobs that some site can run whole; note the others.

    Raises
    ------
    InputError
        There is none.
    """
    fits = trace.cores * watts / W_PER_MW <= most_mw
    if not fits.any():
        raise InputError([_too_wide(name, sources.file)])
    _note_wide(trace.rows(~fits), name, watts, sources)
    return trace.rows(fits)


def _total_wh(work: JobsSpec, traced_wh: float, hours: float) -> int:
    """Return the IT energy of all submitted jobs [Wh]: as the trace has it, or as is asked."""
    if work.power_per_core:
        return round(traced_wh)
    mean_mw = work.mean or 0.0
    return round((work.energy or mean_mw * hours) * WH_PER_MWH)


def _note_scaled(trace: Trace, name: str, scaled: str, seed: int, sources: Sources) -> None:
    """Note where the jobs of a workload come from and what they were scaled to."""
    for line in trace.provenance:
        sources.note(f"{name}: {line}")
    count = int(trace.count.sum())
    rows = len(trace.count)
    sources.note(f"{name}: {count} jobs in {rows} rows, {scaled}; seed {_seed(seed, name)}")


def _noted(trace: Trace, name: str, sources: Sources) -> Trace:
    """Return the trace; note the jobs that no schedule can do, which are left out."""
    if trace.slack_h is not None and (bad := np.flatnonzero(trace.slack_h < 0)).size:
        each = [
            f"submitted {utc(trace.submit_s[i])}, {trace.length_h[i]:.4g} h long, "
            f"{trace.length_h[i] + trace.slack_h[i]:.4g} h until due"
            for i in bad[:REJECTED_SHOWN]
        ]
        more = [f"and {len(bad) - REJECTED_SHOWN} more"] if len(bad) > REJECTED_SHOWN else []
        count = int(trace.count[bad].sum())
        sources.warn(
            f"{name}: {count} jobs are longer than their window and are rejected: "
            f"{'; '.join(each + more)}"
        )
    return trace


def _note_wide(wide: Trace, name: str, watts: float, sources: Sources) -> None:
    """Note the jobs that no site can run whole, which are left out."""
    if not len(wide.count):
        return
    each = [
        f"submitted {utc(wide.submit_s[i])}, {wide.cores[i] * watts / W_PER_MW:.4g} MW wide"
        for i in range(min(len(wide.count), REJECTED_SHOWN))
    ]
    count = int(wide.count.sum())
    more = [f"and {count - REJECTED_SHOWN} more"] if count > REJECTED_SHOWN else []
    sources.warn(
        f"{name}: {count} jobs run whole, are wider than every site where they may run, and are "
        f"rejected: {'; '.join(each + more)}"
    )


def _too_wide(name: str, file: str) -> Issue:
    what = "every job is wider than every site where it may run whole"
    remedy = f"set workloads.{name}.whole = false, or give a larger cluster"
    return Issue(file, f"workloads.{name}.whole", "true", what, remedy=remedy)


def _too_many(name: str, count: int, file: str) -> Issue:
    what = f"the trace has {count:,} jobs, each a row of its own where jobs run whole"
    remedy = "set whole = false, or take a shorter window or a trace of fewer jobs"
    allowed = f"up to {MOST_WHOLE:,} jobs"
    return Issue(file, f"workloads.{name}.whole", "true", what, allowed, remedy)


def _feasible(trace: Trace, slack_h: float) -> Trace:
    """Return the jobs that can be done in time, each with its slack: its own or that of the
    workload.
    """
    own = np.full(len(trace.count), np.nan) if trace.slack_h is None else trace.slack_h
    filled = replace(trace, slack_h=np.where(np.isnan(own), slack_h, own))
    return filled if trace.slack_h is None else filled.rows(~(own < 0))


def _core_h(trace: Trace) -> Floats:
    return trace.cores * trace.length_h * trace.count


def _seed(seed: int, name: str) -> int:
    """Return the seed of one workload: it does not depend on the other workloads or their order."""
    # 31 bits: a seed that every generator takes, signed or not
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:4]) // 2


def _traces(
    name: str, work: JobsSpec, window: StudySpan, seed: int, sources: Sources
) -> tuple[Trace, Trace]:
    """Return the trace of the main window and of the weeks before, with the workload's copies."""
    place = f"workloads.{name}"
    source: TraceKind = sources.plugin("trace", work.trace, f"{place}.trace")
    options = read_options(
        source.Options,
        work.trace_options,
        sources.file,
        f"{place}.trace_options",
        sources.option_path,
    )
    # one seed for both: what was submitted before the start belongs to the same draw, of other
    # weeks
    own = _seed(seed, name)
    trace = source.jobs(options, window.start_s, window.end_s, own)
    try:
        before = source.jobs(options, window.start_s - PAST_DAYS * 86400, window.start_s, own)
    except InputError:
        sources.note(
            f"{name}: the trace has no jobs before the start, arrivals cannot be forecast from it"
        )
        none = np.zeros(0, dtype=np.int64)
        nothing = np.zeros(0)
        before = Trace(none, nothing, nothing, none)
    return replace(trace, count=trace.count * work.copies), replace(
        before, count=before.count * work.copies
    )


def _split(trace: Trace, watts: float, widest_mw: float) -> Trace:
    """Return the trace with bundles split into rows of at most `widest_mw`, as far as single jobs
    allow.

    All jobs of a bundle are identical, so a split changes nothing but how finely they can be
    placed.
    """
    width = trace.count * trace.cores * watts / W_PER_MW
    # as many parts as there are jobs where nothing is narrow enough
    wanted = np.ceil(width / widest_mw) if widest_mw > 0 else trace.count
    parts = np.clip(wanted, 1, trace.count).astype(np.int64)
    row = np.repeat(np.arange(len(parts)), parts)
    # number of each part within its own bundle: the first ones take the remainder of the division
    serial = np.arange(len(row)) - np.repeat(np.cumsum(parts) - parts, parts)
    count = trace.count[row] // parts[row] + (serial < trace.count[row] % parts[row])
    return replace(trace.rows(row), count=count)


def _trace_issues(trace: Trace, name: str, file: str) -> list[Issue]:
    place = f"workloads.{name}.trace"
    if not len(trace.submit_s):
        return [
            Issue(
                file,
                place,
                None,
                "the trace has no jobs in the main window",
                "one job or more",
                "change [time]",
            )
        ]
    issues = []
    for column, least in (("length_h", "above 0"), ("cores", "above 0"), ("count", "1 or more")):
        values = getattr(trace, column)
        bad = np.flatnonzero(~(np.isfinite(values) & (values > 0)))
        if len(bad):
            shown = f"job {int(bad[0]) + 1}: {values[bad[0]]}"
            issues.append(
                Issue(file, place, shown, f"{len(bad)} jobs have an unusable {column}", least)
            )
    return issues


def _watts_per_core(work: JobsSpec, core_h: float, hours: float) -> float:
    if work.power_per_core is not None:
        return work.power_per_core
    energy_mwh = work.energy if work.energy is not None else (work.mean or 0.0) * hours
    return energy_mwh * WH_PER_MWH / core_h


def _floor(wanted_wh: Floats) -> Ints:
    # floating point has lost less than this of a whole number
    return np.floor(wanted_wh + 1e-6).astype(np.int64)


def _exact(wanted: Floats, total: int) -> Ints:
    """Return whole numbers within one of `wanted` that add up to `total`: largest remainders, ties
    to the last rows.

    A job of less than half a Wh may be left with none: it is done when it comes.

    Examples
    --------
    >>> _exact(np.array([1.4, 2.4, 5.2]), 9).tolist()
    [1, 3, 5]
    >>> _exact(np.full(4, 0.3), 1).tolist()
    [0, 0, 0, 1]
    """
    whole = np.floor(wanted).astype(np.int64)
    left = total - int(whole.sum())
    # largest remainders first: the sum is exact and no row moves by more than one
    order = np.argsort(wanted - whole, kind="stable")[::-1]
    whole += left // len(whole)
    whole[order[: left % len(whole)]] += 1
    return whole


def _jobs(
    name: str, kind: int, trace: Trace, watts: float, work_wh: Ints, window: StudySpan
) -> Jobs:
    n = len(trace.count)
    step = window.step_s
    start = window.start_s
    length_s = np.ceil(trace.length_h * 3600 - 1e-6).astype(np.int64)
    submit = trace.submit_s.astype(np.int64)
    assert trace.slack_h is not None
    due = submit + length_s + np.rint(trace.slack_h * 3600).astype(np.int64)
    # times on step edges: a job can start at the first edge after its submission …
    release = start - (start - submit) // step * step
    # … so that one which is due sooner than that allows has until it can end
    deadline = np.maximum(due, release + length_s)
    width = np.maximum(
        trace.count * trace.cores * watts / W_PER_MW, work_wh / WH_PER_MWH / trace.length_h
    )
    serial = np.char.zfill(np.arange(n).astype(np.str_), 6) if n else np.array([], dtype=np.str_)
    return Jobs(
        id=np.char.add(f"{name}-", serial),
        kind=np.full(n, kind, dtype=np.int64),
        count=trace.count.astype(np.int64),
        submit_s=submit,
        due_s=due,
        release_s=release,
        deadline_s=deadline,
        work_wh=work_wh,
        width_mw=width,
    )


def _sorted(parts: list[Jobs]) -> Jobs:
    dtypes: dict[str, type] = {"id": np.str_, "width_mw": float}
    columns = {}
    for name in Jobs.__dataclass_fields__:
        empty: np.ndarray = np.zeros(0, dtype=dtypes.get(name, np.int64))
        columns[name] = np.concatenate([getattr(part, name) for part in parts]) if parts else empty
    jobs = Jobs(**columns)
    # sorted by submission, so that what is known by a time is a prefix of the table
    return jobs.rows(np.lexsort((jobs.id, jobs.submit_s)))
