"""Jobs against the ledger, by hand: two half hours, one hall, one job of 3 Wh that was stopped."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from suandian.model.issues import RecordError
from suandian.record.schemas import TABLES
from suandian.verify.jobs import check_jobs
from verify import by_hand as hand

# 3 Wh of work and 1 Wh to stop: 2 Wh in each half hour at 4 W, done a minute before the end
JOB = {
    "job": "j0",
    "workload": "batch",
    "count": 1,
    "origin": "hall",
    "site": "hall",
    "submit": hand.EDGES[0],
    "start": hand.EDGES[0],
    "end": hand.EDGES[2],
    "due": hand.EDGES[2],
    "deadline": hand.EDGES[2],
    "work_wh": 3,
    "width_mw": 4e-6,
    "energy_wh": 4,
    "suspensions": 1,
    "late_s": 0,
}


@dataclass
class Booked:
    """What the ledger says of a step."""

    job: list[int]
    job_energy_wh: list[int]
    step: int = 0
    job_overhead_wh: list[int] = field(default_factory=lambda: [0])
    job_suspended: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        self.job_site = [0] * len(self.job)


class Book:
    """A ledger of these steps."""

    def __init__(self, *steps: Booked) -> None:
        self._steps = steps

    def of(self, book: str) -> list[Booked]:
        return list(self._steps)

    def steps(self, kind: type) -> list[Any]:
        return [_arrays(step) for step in self._steps]


def _arrays(step: Booked) -> Any:
    lists = {name: values for name, values in vars(step).items() if name != "step"}
    return SimpleNamespace(**{name: np.array(v, np.int64) for name, v in lists.items()})


def stopped(second_wh: int = 2, overhead_wh: int = 1) -> Book:
    first = Booked([0], [2], 0, [overhead_wh], [1])
    return Book(first, Booked([0], [second_wh], 1))


def failed(book: Book, flowed_wh: tuple[int, int] = (2, 2), **job: Any) -> set[str]:
    known = {"cluster:hall": {}, "work:batch": {}}
    rows = [(step, "cluster:hall", "work:batch", wh) for step, wh in enumerate(flowed_wh)]
    tables = hand.tables(
        flows=hand.flows(rows),
        nodes=hand.nodes(known),
        jobs=hand.frame("jobs", [dict.fromkeys(TABLES["jobs"]) | JOB | job]),
    )
    return {finding.check for finding in check_jobs(tables, book) if not finding.ok}


def test_the_job_holds() -> None:
    assert failed(stopped()) == set()


def test_work_is_done_to_the_wh() -> None:
    # a completed job has neither more nor less behind it than its work and what stopping cost
    for overhead_wh in (0, 2):
        assert failed(stopped(overhead_wh=overhead_wh)) == {"job work"}
    # one that did not end has something left; nothing left, and it would have ended
    open_job = {"end": None, "late_s": 0}
    assert failed(stopped(), **open_job) == {"job work"}
    assert failed(stopped(), **open_job, work_wh=4) == set()


def test_a_job_without_work_may_never_run() -> None:
    nothing = {"work_wh": 0, "energy_wh": 0, "suspensions": 0, "start": None, "site": None}
    book = Book(Booked([], [], 0, [], []), Booked([], [], 1, [], []))
    # something must flow in every interval: here it is another's
    assert failed(book, (2, 2), **nothing, end=None) == {"job flows"}


def test_power_is_energy_over_the_length_of_the_step() -> None:
    # 2 Wh in half an hour are 4 W; the rounding of a step is a Wh
    assert failed(stopped(), width_mw=1.9e-6) == {"job power"}
    assert failed(stopped(), width_mw=2.1e-6) == set()


@pytest.mark.parametrize(
    "job",
    [
        {"submit": hand.EDGES[1]},
        {"start": hand.EDGES[1]},
        {"start": None},
        {"site": None},
        {"end": hand.EDGES[1].replace(minute=29)},
        {"end": hand.EDGES[3]},
    ],
    ids=["before submission", "another start", "no start", "nowhere", "early end", "late end"],
)
def test_a_job_runs_in_the_steps_that_are_stated(job: dict[str, Any]) -> None:
    assert "job times" in failed(stopped(), **job)


def test_a_job_that_no_table_has_is_no_job() -> None:
    with pytest.raises(RecordError, match=r"books jobs that jobs\.parquet \(with 1\) lacks"):
        failed(Book(Booked([1], [2])))


def test_flows_are_what_jobs_draw() -> None:
    assert failed(stopped(), (2, 3)) == {"job flows"}
    assert failed(stopped(), (4, 0)) >= {"job flows"}
