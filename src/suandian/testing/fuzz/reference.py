"""The least cost of a drawn case, by a linear program of its own: scipy and the documents only.

Nothing of the house is imported but the case itself. Equations are those of docs/mathematics.md for
a bound: perfect foresight, work in groups, no reserve, no restart cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.optimize import linprog

from suandian.testing.fuzz.draw import DrawnCase, Table

# prices of what is not done, where a scenario says nothing [USD/MWh]
UNSERVED_LOAD = 10_000.0
UNSERVED_SERVICE = 5_000.0
LATE_WORK = 1_000.0
# work is grouped by the hours that it runs
BINS_H = (1.0, 3.0, 6.0, 12.0, 24.0)

Term = tuple[int, float]


def number(text: Any) -> float:
    """Return the number of a quantity."""
    return float(str(text).split()[0])


@dataclass
class Program:
    """A linear program in the making: columns, and rows of terms."""

    cost: list[float] = field(default_factory=list)
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    equal: list[tuple[list[Term], float]] = field(default_factory=list)
    below: list[tuple[list[Term], float]] = field(default_factory=list)

    def column(self, cost: float = 0.0, low: float = 0.0, high: float = np.inf) -> int:
        """Add a variable; return its position."""
        self.cost.append(cost)
        self.low.append(low)
        self.high.append(high)
        return len(self.cost) - 1

    def least(self) -> float:
        """Return the optimum."""
        if not self.cost:
            return 0.0
        bounds = list(zip(self.low, self.high, strict=True))
        below, most = self._matrix(self.below)
        equal, given = self._matrix(self.equal)
        found: Any = linprog(self.cost, below, most, equal, given, bounds, method="highs")
        if found.status != 0:
            raise ArithmeticError(found.message)
        return float(found.fun)

    def _matrix(self, rows: list[tuple[list[Term], float]]) -> tuple[Any, Any]:
        if not rows:
            return None, None
        place = [i for i, (terms, _) in enumerate(rows) for _ in terms]
        column = [c for terms, _ in rows for c, _ in terms]
        value = [v for terms, _ in rows for _, v in terms]
        shape = (len(rows), len(self.cost))
        matrix = sp.coo_array((value, (place, column)), shape=shape).tocsr()
        return matrix, [limit for _, limit in rows]


@dataclass
class Job:
    """A job in seconds from the start, its work in MWh."""

    kind: str
    work: float
    width: float
    release: float
    deadline: float

    def arrived(self, second: float) -> float:
        """Return the work that may be done by then."""
        return min(self.work, self.width * max(0.0, second - self.release) / 3600.0)

    def due(self, second: float) -> float:
        """Return the work that must be done by then."""
        rest = self.width * max(0.0, self.deadline - second) / 3600.0
        return min(self.arrived(second), max(0.0, self.work - rest))


def least_cost(case: DrawnCase) -> float:
    """Return the lower bound of `case` [currency]."""
    return _Study(case).least()


class _Study:
    def __init__(self, case: DrawnCase) -> None:
        self.case = case
        self.h = case.step_h
        self.program = Program()
        self.n = case.steps + self._drain()
        self.jobs = self._jobs()
        # terms of each bus and step, and of the IT power of each site and step
        self.at_bus: dict[tuple[str, int], list[Term]] = {}
        self.wanted: dict[tuple[str, int], float] = {}
        self.at_site: dict[tuple[str, int], list[Term]] = {}
        self.work: dict[tuple[str, int], list[Term]] = {}
        for t in range(self.n):
            self.at_bus |= {(bus, t): [] for bus in case.buses}
            self.at_site |= {(site, t): [] for site in case.sites}
            self.work |= {(site, t): [] for site in case.sites}

    def least(self) -> float:
        """Return the optimum of all parts together."""
        self._supply()
        self._stores()
        self._services()
        self._queues()
        self._sites()
        self._loads()
        self._grid()
        return self.program.least()

    def _drain(self) -> int:
        works = self.case.workloads
        if not works:
            return 0
        slack = max(number(work["slack"]) for work in works.values())
        longest = max(row[2] for rows in self.case.jobs.values() for row in rows)
        return math.ceil((slack + longest) / self.h - 1e-9)

    def _jobs(self) -> list[Job]:
        step = self.h * 3600.0
        jobs = []
        for kind, rows in self.case.jobs.items():
            slack = number(self.case.workloads[kind]["slack"])
            for submit_h, width, length_h, due_h in rows:
                submit = submit_h * 3600.0
                length = math.ceil(length_h * 3600.0 - 1e-6)
                wait = (due_h - length_h if not math.isnan(due_h) else slack) * 3600.0
                release = math.ceil(submit / step - 1e-9) * step
                due = round(submit + length + round(wait))
                deadline = min(max(due, release + length), self.n * step)
                jobs.append(Job(kind, width * length_h, width, release, deadline))
        return jobs

    def _value(self, series: Table, t: int) -> float:
        name = series["file"].removesuffix(".csv")
        return self.case.series[name][self.case.first + t]

    def _supply(self) -> None:
        price = number(self.case.goal["carbon_price"])
        for unit in self.case.generators.values():
            cost = number(unit.get("cost", 0)) + price * number(unit.get("emission", 0)) / 1000.0
            fed = unit.get("series")
            before: int | None = None
            ramp = number(unit["ramp"]) * self.h if "ramp" in unit else math.inf
            slow = ramp < number(unit["power"])
            for t in range(self.n):
                part = self._value(fed, t) if fed else 1.0
                most = number(unit["power"]) * part
                power = self.program.column(cost * self.h, 0.0, most)
                bus = self.at_bus[unit["bus"], t]
                bus.append((power, 1.0))
                if not slow:
                    continue
                dump = self.program.column(UNSERVED_LOAD * self.h)
                bus.append((dump, -1.0))
                self.program.below.append(([(dump, 1.0), (power, -1.0)], 0.0))
                if before is not None:
                    for sign in (1.0, -1.0):
                        change = [(power, sign), (before, -sign)]
                        self.program.below.append((change, ramp))
                before = power

    def _stores(self) -> None:
        for store in self.case.storage.values():
            at = [self.at_bus[store["bus"], t] for t in range(self.n)]
            self._store(store, store["initial"], number(store["wear"]), at)
        for name, site in self.case.sites.items():
            if "battery" in site:
                at = [self.at_site[name, t] for t in range(self.n)]
                self._store(site["battery"], 0.5, 0.0, at)

    def _store(self, store: Table, filling: float, wear: float, at: list[list[Term]]) -> None:
        one_way = math.sqrt(store["efficiency"])
        power, energy = number(store["power"]), number(store["energy"])
        held = filling * energy
        before: int | None = None
        for t in range(self.n):
            charge = self.program.column(0.0, 0.0, power)
            discharge = self.program.column(wear * self.h, 0.0, power)
            at[t] += [(charge, -1.0), (discharge, 1.0)]
            level = self.program.column(0.0, 0.0, energy)
            row = [(level, 1.0), (charge, -self.h * one_way), (discharge, self.h / one_way)]
            if before is not None:
                row.append((before, -1.0))
            self.program.equal.append((row, held if before is None else 0.0))
            before = level
        if before is None:
            return
        # what is off the level that it began with is paid for
        short = self.program.column(UNSERVED_LOAD)
        over = self.program.column(UNSERVED_LOAD)
        self.program.equal.append(([(before, 1.0), (short, 1.0), (over, -1.0)], held))

    def _services(self) -> None:
        for service in self.case.services.values():
            within = number(service["latency"]["rtt"])
            way = {site: self._route(service["origin"], site) for site in self.case.sites}
            open_to = [site for site in way if way[site]["rtt_ms"] <= within]
            for t in range(self.n):
                terms = [(self.program.column(UNSERVED_SERVICE * self.h), 1.0)]
                for site in open_to:
                    serve = self.program.column()
                    self.work[site, t].append((serve, 1.0))
                    terms.append((serve, 1.0))
                self.program.equal.append((terms, number(service["power"]["mean"])))

    def _route(self, origin: str, site: str) -> Table:
        if origin == site:
            return {"rtt_ms": 0.0, "price_per_gb": 0.0}
        ways = self.case.routes
        return next(way for way in ways if (way["origin"], way["site"]) == (origin, site))

    def _queues(self) -> None:
        groups: dict[tuple[str, int], list[Job]] = {}
        for job in self.jobs:
            length = int(np.searchsorted(BINS_H, job.work / job.width, side="right"))
            groups.setdefault((job.kind, length), []).append(job)
        late: list[list[Term]] = [[] for _ in range(self.n)]
        for (kind, _), jobs in groups.items():
            self._queue(self.case.workloads[kind], jobs, late)
        self._catch_up(late)

    def _queue(self, work: Table, jobs: list[Job], late: list[list[Term]]) -> None:
        gb = number(work["data"])
        before: int | None = None
        came = 0.0
        for t in range(self.n):
            end = (t + 1) * self.h * 3600.0
            arrived = sum(job.arrived(end) for job in jobs)
            due = sum(job.due(end) for job in jobs)
            queue = self.program.column(0.0, 0.0, max(arrived - due, 0.0))
            missed = self.program.column(LATE_WORK * self.h)
            late[t].append((missed, self.h))
            terms = [(queue, 1.0), (missed, self.h)]
            for site in self.case.sites:
                move = gb * self._route(work["origin"], site)["price_per_gb"]
                run = self.program.column(move * self.h)
                self.work[site, t].append((run, 1.0))
                terms.append((run, self.h))
            if before is not None:
                terms.append((before, -1.0))
            self.program.equal.append((terms, arrived - came))
            before, came = queue, arrived

    def _catch_up(self, late: list[list[Term]]) -> None:
        """Late work may still run, and restarts may repeat some."""
        before: int | None = None
        for t in range(self.n):
            end = (t + 1) * self.h * 3600.0
            again = self.program.column(0.0, 0.0, self._again(end))
            overdue = self.program.column()
            terms = [(overdue, 1.0), (again, -1.0)]
            terms += [(column, -weight) for column, weight in late[t]]
            for site in self.case.sites:
                run = self.program.column()
                self.work[site, t].append((run, 1.0))
                terms.append((run, self.h))
            if before is not None:
                terms.append((before, -1.0))
            self.program.equal.append((terms, 0.0))
            before = overdue

    def _again(self, end: float) -> float:
        total = 0.0
        for job in self.jobs:
            suspend = self.case.workloads[job.kind].get("suspend")
            if suspend and job.release < end:
                total += job.width * number(suspend["overhead"]) / 60.0
        return total

    def _sites(self) -> None:
        for name, site in self.case.sites.items():
            cluster = site["cluster"]
            most = number(cluster["power"])
            idle = most * cluster["idle"]
            pue = cluster["pue"]["value"]
            connection = site["connection"]
            for t in range(self.n):
                terms = self.at_site[name, t]
                given = number(connection.get("export", 0))
                taken = self.program.column(0.0, -given, number(connection["limit"]))
                self.at_bus[site["bus"], t].append((taken, -1.0))
                terms.append((taken, 1.0))
                for own in site.get("direct", {}).values():
                    part = self._value(own["series"], t)
                    column = self.program.column(0.0, 0.0, number(own["capacity"]) * part)
                    terms.append((column, 1.0))
                cut = self.program.column(UNSERVED_LOAD * self.h, 0.0, idle)
                terms.append((cut, pue))
                terms += [(column, -pue * weight) for column, weight in self.work[name, t]]
                self.program.equal.append((terms, pue * idle))
                self.program.below.append((self.work[name, t], most - idle))

    def _loads(self) -> None:
        for name, bus in self.case.buses.items():
            given = [load["series"] for load in self.case.loads.values() if load["bus"] == name]
            for t in range(self.n):
                value = number(bus.get("load", 0))
                value += sum(self._value(one, t) for one in given)
                shed = self.program.column(UNSERVED_LOAD * self.h, 0.0, value)
                self.at_bus[name, t].append((shed, 1.0))
                self.wanted[name, t] = value

    def _grid(self) -> None:
        for t in range(self.n):
            if self.case.network == "copper":
                every = [term for bus in self.case.buses for term in self.at_bus[bus, t]]
                total = sum(self.wanted[bus, t] for bus in self.case.buses)
                self.program.equal.append((every, total))
                continue
            self._flows(t)
            for bus in self.case.buses:
                self.program.equal.append((self.at_bus[bus, t], self.wanted[bus, t]))

    def _flows(self, t: int) -> None:
        angle = {bus: self.program.column(0.0, -np.inf) for bus in self.case.buses}
        for branches, limit in ((self.case.lines, "rating"), (self.case.links, "capacity")):
            for branch in branches.values():
                most = number(branch[limit])
                flow = self.program.column(0.0, -most, most)
                self.at_bus[branch["from"], t].append((flow, -1.0))
                self.at_bus[branch["to"], t].append((flow, 1.0))
                if limit == "rating" and self.case.network in ("dc", "ptdf"):
                    # the unit of the angle is free: only ratios of reactances count
                    law = [(flow, branch["x"]), (angle[branch["from"]], -1.0)]
                    self.program.equal.append(([*law, (angle[branch["to"]], 1.0)], 0.0))
