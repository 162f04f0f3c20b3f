"""MATPOWER case files (`.m`, `.m.gz`) as a Grid; conventions of the PGLib DC optimum.

Susceptance x/(r²+x²); tap ratios and phase shifts count in AC checks only; shunt conductance Gs
counts as load; out-of-service elements are left out; a rating of zero means unlimited; angle limits
of 0 or ±360 degrees mean unlimited. Shut-down costs are paid with the start-up (both count only
where units are committed). Format: MATPOWER manual, appendix B (case format version 2).
"""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Buses, Floats, Generators, Grid, Lines, Links, StorageUnits, table
from suandian.model.issues import InputError, Issue
from suandian.model.ports import GridKind
from suandian.model.ports.options import Field, InputPath, PluginOptions
from suandian.model.time import TimeAxis

MAX_BYTES = 64 * 2**20
_MATRIX = re.compile(r"mpc\.(\w+)\s*=\s*\[(.*?)\]", re.S)
_WIDTHS = {"bus": 13, "gen": 10, "branch": 11, "gencost": 4}


def read(path: Path) -> Grid:
    """Read a MATPOWER case.

    Raises
    ------
    InputError
        With every finding: unreadable file, missing table, text in numbers, unknown bus, doubled
        bus, bad values.
    """
    tables, base = _tables(path)
    issues = _check(path, tables)
    if issues:
        raise InputError(issues)
    bus = tables["bus"]
    gen = tables["gen"]
    branch = tables["branch"]
    cost = tables["gencost"]
    position = {int(b): i for i, b in enumerate(bus[:, 0])}
    # units and branches that are out of service are left out
    on = gen[:, 7] > 0
    return Grid(
        name=path.name.split(".")[0],
        base_mva=base,
        buses=_buses(bus),
        lines=_lines(branch[branch[:, 10] > 0], position, base),
        links=table(Links, 0),
        generators=_generators(gen[on], cost[: len(gen)][on], position),
        storage=table(StorageUnits, 0),
    )


def _text(path: Path) -> str:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            # one byte more than allowed: a small archive may unpack to gigabytes
            data = stream.read(MAX_BYTES + 1)
    except (OSError, EOFError) as error:
        raise InputError(
            [
                Issue(
                    path.name,
                    "file",
                    None,
                    f"cannot be read ({error})",
                    ".m or .m.gz",
                )
            ]
        ) from error
    if len(data) > MAX_BYTES:
        raise InputError(
            [
                Issue(
                    path.name,
                    "file",
                    None,
                    "too large when unpacked",
                    f"{MAX_BYTES} bytes",
                )
            ]
        )
    # comments may hold anything, brackets too
    return re.sub(r"%[^\n]*", "", data.decode("utf-8-sig", errors="replace"))


def _tables(path: Path) -> tuple[dict[str, Floats], float]:
    text = _text(path)
    issues = []
    tables = {}
    for name, body in _MATRIX.findall(text):
        if name not in _WIDTHS:
            continue
        rows = [row.split() for row in re.split(r"[;\n]", body.replace(",", " ")) if row.strip()]
        width = max((len(row) for row in rows), default=0)
        try:
            tables[name] = np.array(
                [[float(v) for v in row] + [0.0] * (width - len(row)) for row in rows]
            )
        except ValueError as error:
            issues.append(
                Issue(
                    path.name,
                    f"mpc.{name}",
                    None,
                    f"text where a number is expected: {error}",
                )
            )
            continue
        if width < _WIDTHS[name]:
            issues.append(
                Issue(
                    path.name, f"mpc.{name}", width, "too few columns", f"{_WIDTHS[name]} or more"
                )
            )
    for name in _WIDTHS:
        if name not in tables and not any(name in issue.place for issue in issues):
            issues.append(
                Issue(
                    path.name, f"mpc.{name}", None, "table is missing", remedy="use a complete case"
                )
            )
    base = re.search(r"mpc\.baseMVA\s*=\s*([0-9.eE+-]+)", text)
    if base is None:
        issues.append(
            Issue(
                path.name,
                "mpc.baseMVA",
                None,
                "is missing",
                "a positive number",
            )
        )
    if issues:
        raise InputError(issues)
    assert base is not None
    return tables, float(base.group(1))


def _check(path: Path, tables: dict[str, Floats]) -> list[Issue]:
    """Return what is wrong inside and between the tables of a case."""
    add = _Adder(path.name, [])
    for name, values in tables.items():
        odd = np.asarray(~np.isfinite(values).all(axis=1))
        add(
            name,
            odd,
            np.arange(1, len(values) + 1),
            "a value is not finite",
            "numbers",
        )
    _check_network(tables["bus"], tables["branch"], add)
    _check_units(
        tables["bus"],
        tables["gen"],
        tables["gencost"],
        add,
    )
    return add.issues


@dataclass(frozen=True)
class _Adder:
    """Adds an issue for each bad row of a table, up to twenty."""

    file: str
    issues: list[Issue]

    def __call__(
        self, table: str, bad: np.ndarray, values: np.ndarray, message: str, allowed: str
    ) -> None:
        for i in np.flatnonzero(bad)[:20]:
            place = f"mpc.{table} row {i + 1}"
            self.issues.append(Issue(self.file, place, values[i], message, allowed))


def _check_network(bus: Floats, branch: Floats, add: _Adder) -> None:
    number = bus[:, 0]
    first = np.unique(number, return_index=True)[1]
    again = ~np.isin(np.arange(len(bus)), first)
    add(
        "bus",
        again,
        number,
        "bus number is used twice",
        "one row per bus",
    )
    for column in (0, 1):
        end = branch[:, column]
        add(
            "branch",
            ~np.isin(end, number),
            end,
            "no such bus",
            "a number of mpc.bus",
        )
    loop = branch[:, 0] == branch[:, 1]
    add(
        "branch",
        loop,
        branch[:, 0],
        "branch ends where it starts",
        "two different buses",
    )
    # a branch that is out of service carries nothing, whatever its impedance
    impedance = branch[:, 2] ** 2 + branch[:, 3] ** 2
    short = (impedance == 0) & (branch[:, 10] > 0)
    add(
        "branch",
        short,
        impedance,
        "resistance and reactance are zero",
        "x ≠ 0",
    )


def _check_units(bus: Floats, gen: Floats, cost: Floats, add: _Adder) -> None:
    at = gen[:, 0]
    add(
        "gen",
        ~np.isin(at, bus[:, 0]),
        at,
        "no such bus",
        "a bus number of mpc.bus",
    )
    add(
        "gen",
        gen[:, 9] > gen[:, 8],
        gen[:, 9],
        "Pmin above Pmax",
        "Pmin ≤ Pmax",
    )
    if len(cost) < len(gen):
        what = "fewer rows than mpc.gen"
        add.issues.append(
            Issue(
                add.file,
                "mpc.gencost",
                len(cost),
                what,
                str(len(gen)),
            )
        )
    model = cost[:, 0]
    points = cost[:, 3]
    known = "1 (piecewise) or 2 (polynomial)"
    add(
        "gencost",
        ~np.isin(model, (1, 2)),
        model,
        "unknown cost model",
        known,
    )
    # a cubic cost is not convex in general
    steep = (model == 2) & (points > 3)
    add(
        "gencost",
        steep,
        points,
        "polynomial above degree 2",
        "n ≤ 3",
    )
    few = (model == 1) & (points < 2)
    add(
        "gencost",
        few,
        points,
        "fewer than two points",
        "n ≥ 2",
    )


def _buses(bus: Floats) -> Buses:
    return table(
        Buses,
        len(bus),
        id=bus[:, 0].astype(np.int64).astype(np.str_),
        load_mw=bus[:, 2],
        shunt_mw=bus[:, 4],
        area=bus[:, 6].astype(np.int64).astype(np.str_),
        base_kv=bus[:, 9],
        load_mvar=bus[:, 3],
        shunt_mvar=bus[:, 5],
        v_min_pu=bus[:, 12],
        v_max_pu=bus[:, 11],
    )


def _lines(branch: Floats, position: dict[int, int], base: float) -> Lines:
    r = branch[:, 2]
    x = branch[:, 3]
    # older files have no angle limits; zero and zero, or a full turn, mean none
    limit = np.zeros((2, len(branch))) + np.array([[-np.inf], [np.inf]])
    if branch.shape[1] >= 13:
        low = branch[:, 11]
        high = branch[:, 12]
        free = ((low == 0) & (high == 0)) | ((low <= -360) & (high >= 360))
        limit = np.where(free, limit, np.deg2rad(np.array([low, high])))
    return Lines(
        id=np.array([f"L{i + 1}" for i in range(len(branch))], dtype=np.str_),
        from_bus=np.array([position[int(b)] for b in branch[:, 0]], dtype=np.int64),
        to_bus=np.array([position[int(b)] for b in branch[:, 1]], dtype=np.int64),
        r_pu=r.copy(),
        x_pu=x.copy(),
        susceptance_mw=base * x / (r**2 + x**2),
        rating_mw=np.where(branch[:, 5] > 0, branch[:, 5], np.inf),
        emergency_mw=np.where(branch[:, 7] > 0, branch[:, 7], np.inf),
        angle_min=limit[0],
        angle_max=limit[1],
        charging_pu=branch[:, 4].copy(),
        tap=np.where(branch[:, 8] > 0, branch[:, 8], 1.0),
        shift=np.deg2rad(branch[:, 9]),
    )


def _generators(gen: Floats, cost: Floats, position: dict[int, int]) -> Generators:
    n = len(gen)
    p_min = gen[:, 9].copy()
    p_max = gen[:, 8].copy()
    # tables are as wide as the curve with most pieces
    pieces = max(1, int((cost[:, 3] - 1)[cost[:, 0] == 1].max(initial=1)))
    no_load = np.zeros(n)
    quadratic = np.zeros(n)
    width = np.zeros((n, pieces))
    price = np.zeros((n, pieces))
    for i in range(n):  # one pass over a static table, not over steps
        count = int(cost[i, 3])
        values = cost[i, 4:]
        if cost[i, 0] == 2:
            c2, c1, c0 = np.concatenate([np.zeros(3 - count), values[:count]])
            # cost at p_min belongs to the no-load term; the quadratic part stays on the total
            # output
            no_load[i], quadratic[i] = c0 + c1 * p_min[i], c2
            width[i, 0], price[i, 0] = p_max[i] - p_min[i], c1
        else:
            points = values[: 2 * count].reshape(count, 2)
            no_load[i] = np.interp(p_min[i], points[:, 0], points[:, 1])
            knots = np.clip(points[:, 0], p_min[i], p_max[i])
            knots[-1] = p_max[i]
            knots[0] = p_min[i]
            width[i, : count - 1] = np.diff(knots)
            price[i, : count - 1] = np.diff(points[:, 1]) / np.diff(points[:, 0])
    return table(
        Generators,
        n,
        id=np.array([f"G{i + 1}" for i in range(n)], dtype=np.str_),
        node=np.array([position[int(b)] for b in gen[:, 0]], dtype=np.int64),
        carrier="unknown",
        p_min_mw=p_min,
        p_max_mw=p_max,
        no_load=no_load,
        segment_mw=width,
        segment_cost=price,
        quadratic=quadratic,
        start_cost=cost[:, 1] + cost[:, 2],
        voltage_pu=gen[:, 5],
        q_min_mvar=gen[:, 4],
        q_max_mvar=gen[:, 3],
    )


@dataclass(frozen=True, eq=False)
class MatpowerGrid:
    """A case as grid input: everything is constant."""

    grid: Grid

    def feeds(self, axis: TimeAxis) -> dict[str, Feed]:  # noqa: ARG002 - the port's signature
        """Return no feeds: loads and limits of a case do not change."""
        return {}


class MatpowerOptions(PluginOptions):
    """Options of the grid plug-in `matpower`."""

    file: InputPath = Field(description="MATPOWER case, .m or .m.gz")


def load(options: MatpowerOptions) -> MatpowerGrid:
    """Read the case that `options` name.

    Raises
    ------
    InputError
        With every finding about the file.
    """
    return MatpowerGrid(read(options.file))


GRID = GridKind(load, MatpowerOptions)
