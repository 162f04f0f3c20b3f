"""The computing side as columns: sites, routes, services and jobs (names as in Slurm,
SWF, Kueue).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Bools, Floats, Ints, Names


@dataclass(frozen=True, eq=False)
class Sites:
    """Sites: a data centre behind one grid connection, with one cluster.

    `bus` is a bus position; `limit_mw` the connection's import limit [MW], `export_mw` its export
    limit [MW]; `cluster_mw` IT capacity [MW], `idle_mw` IT power drawn without work [MW], `pue`
    site power / IT power [1]: of all steps, or where it follows a series, what the site is built
    for.
    """

    id: Names
    bus: Ints
    party: Names
    jurisdiction: Names
    zone: Names
    currency: Names
    tariff: Names
    limit_mw: Floats
    export_mw: Floats
    cluster_mw: Floats
    idle_mw: Floats
    pue: Floats

    def __len__(self) -> int:
        return len(self.id)

    def pue_at(self, values: Floats, columns: Names) -> Floats:
        """Return PUE by step and site (T, sites) [1]: of `columns` (k,), named by site, the
        `values` (T, k); of all others the constant.

        Examples
        --------
        >>> from dataclasses import replace
        >>> two = replace(no_sites(), id=np.array(["a", "b"]), pue=np.array([1.1, 1.3]))
        >>> two.pue_at(np.array([[1.2], [0.0]]), np.array(["b"])).tolist()
        [[1.1, 1.2], [1.1, 1.3]]
        """
        pue = np.tile(self.pue, (len(values), 1))
        place = {name: i for i, name in enumerate(self.id.tolist())}
        for k, name in enumerate(columns.tolist()):
            # a forecaster that knows nothing says zero: no site uses less than its computers do
            known = values[:, k] >= 1.0
            pue[known, place[name]] = values[known, k]
        return pue

    def room_mw(self, pue: Floats, own_mw: Floats | float = 0.0) -> Floats:
        """Return the IT power that work may draw at each site [MW]: the cluster's, or what the
        connection and `own_mw` (sites,) of supply behind the meter carry at the `pue` (sites,) of
        the step, less what the cluster draws without work.
        """
        # both carry cooling as well: work may draw their power over PUE
        carried = np.minimum(self.cluster_mw, (self.limit_mw + own_mw) / pue)
        return np.maximum(carried - self.idle_mw, 0.0)

    @property
    def full_mw(self) -> Floats:
        """What each site draws when all its load is there [MW]: PUE × cluster, or what the
        connection carries.
        """
        # what a connection cannot carry is never drawn, whatever stands behind it
        return np.minimum(self.limit_mw, self.pue * self.cluster_mw)


@dataclass(frozen=True, eq=False)
class Routes:
    """Routes between origins and sites as matrices (origins, sites).

    `rtt_ms` round-trip time, `price_per_gb` [currency/GB], `mbit_per_s` bandwidth (infinite where
    not limited). Origins are named; an origin with the name of a site stands at that site.
    """

    origin: Names
    rtt_ms: Floats
    price_per_gb: Floats
    mbit_per_s: Floats

    def local_site(self, sites: Sites) -> Ints:
        """Return the site with each origin's name, -1 where there is none, shape (origins,)."""
        # an origin is a place of people, and most of them have no data centre
        index = {name: i for i, name in enumerate(sites.id.tolist())}
        return np.array([index.get(name, -1) for name in self.origin.tolist()], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Services:
    """Services: IT power that must be served now, somewhere within the latency bound.

    `feed` is the column of the feed `service` [MW of IT power]; `allowed` (services, sites) says
    which sites meet the latency bound and the residency; `home` is the site that serves it under
    `asap`; `move_per_mwh` (services, sites) is the resource cost of serving there [currency/MWh].
    """

    id: Names
    origin: Ints
    home: Ints
    feed: Ints
    allowed: Bools
    move_per_mwh: Floats
    rtt_limit_ms: Floats

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, eq=False)
class JobClasses:
    """Workloads of kind `jobs`: what all jobs of a class share.

    `allowed` (classes, sites) residency; `home` the site at the origin (-1 none); `gb_per_mwh` data
    to move [GB/MWh of IT work]; `move_per_mwh` (classes, sites) resource cost of moving the data of
    1 MWh there [currency/MWh]; `overhead_h` extra run time after each suspension [h];
    `suspendable`; `whole`: each job has all of its width or does not run.
    """

    id: Names
    origin: Ints
    home: Ints
    allowed: Bools
    gb_per_mwh: Floats
    move_per_mwh: Floats
    overhead_h: Floats
    suspendable: Bools
    whole: Bools

    def __len__(self) -> int:
        return len(self.id)

    @property
    def start_site(self) -> Ints:
        """Where jobs of each class run if nobody plans them, shape (classes,): at home, or at the
        first site that is allowed where they have none there; -1 where none is allowed.

        Examples
        --------
        >>> none, allowed = np.zeros(3), np.array([[1, 1], [0, 1], [0, 0]], dtype=bool)
        >>> home, ids = np.array([0, -1, -1]), np.array(["a", "b", "c"])
        >>> JobClasses(ids, home, home, allowed, *[none] * 3, *[none > 0] * 2).start_site.tolist()
        [0, 1, -1]
        """
        # no sites at all: argmax would have nothing to look at
        if not self.allowed.shape[1]:
            return np.full(len(self), -1, dtype=np.int64)
        first = np.where(self.allowed.any(axis=1), self.allowed.argmax(axis=1), -1)
        at_home = np.take_along_axis(self.allowed, np.maximum(self.home, 0)[:, None], 1)[:, 0]
        return np.where(at_home & (self.home >= 0), self.home, first)


@dataclass(frozen=True, eq=False)
class Jobs:
    """Jobs, one row per bundle of `count` identical jobs, sorted by submission.

    `work_wh` IT energy of the whole bundle [Wh], `width_mw` its power while all its jobs run [MW];
    `submit_s` and `due_s` [UTC s]; `release_s` is the first edge of a step from submission on, and
    `deadline_s` when work is late: when it is due, or the first end that its release allows.
    """

    id: Names
    kind: Ints
    count: Ints
    submit_s: Ints
    due_s: Ints
    release_s: Ints
    deadline_s: Ints
    work_wh: Ints
    width_mw: Floats

    def __len__(self) -> int:
        return len(self.id)

    def submitted(self, as_of_s: int) -> Ints:
        """Return the rows of the jobs that were submitted by `as_of_s` [UTC s]."""
        # a job that comes at the very moment is known
        return np.flatnonzero(self.submit_s <= as_of_s)

    def rows(self, mask: Bools | Ints) -> Jobs:
        """Return the chosen rows."""
        # every column, by its declaration: one that is added later cannot be forgotten here
        return Jobs(**{name: getattr(self, name)[mask] for name in self.__dataclass_fields__})


def no_sites() -> Sites:
    """Return a table of zero sites."""
    text = np.zeros(0, np.str_)
    real = np.zeros(0)
    whole = np.zeros(0, np.int64)
    return Sites(text, whole, text, text, text, text, text, real, real, real, real, real)


def no_services(sites: int = 0) -> Services:
    """Return a table of zero services over `sites` sites."""
    text = np.zeros(0, np.str_)
    real = np.zeros(0)
    whole = np.zeros(0, np.int64)
    return Services(
        text, whole, whole, whole, np.zeros((0, sites), np.bool_), np.zeros((0, sites)), real
    )
