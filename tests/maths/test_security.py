"""N-1: distribution factors by hand and by brute force, losses of units and sites by hand, lazy
rows = all rows.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from small import make_grid, make_services, make_sites
from suandian.maths.compile import compile_window
from suandian.maths.contingency import contingencies, excess
from suandian.maths.exceeded import operating_point
from suandian.maths.limits import every_limit
from suandian.maths.opf import solve_opf
from suandian.maths.solving import solve_window
from suandian.maths.topology import Topology
from suandian.model.grid import Buses, Generators, Grid, Lines, Links, StorageUnits, table
from suandian.model.scenario import LOSSES, Security
from suandian.model.system import no_sites
from suandian.solve.highs import solve

TRIANGLE = [(0, 2, 100.0), (0, 1, 100.0), (1, 2, 100.0)]


def meshed(seed: int, buses: int = 7, extra: int = 6) -> Grid:
    """A random connected grid, parallel lines allowed, with a firm unit at every second bus."""
    rng = np.random.default_rng(seed)
    tree = [(int(rng.integers(0, i)), i) for i in range(1, buses)]
    ends = tree + [tuple(rng.choice(buses, 2, replace=False).tolist()) for _ in range(extra)]
    units = range(0, buses, 2)
    return Grid(
        "random",
        100.0,
        table(Buses, buses, id=[f"b{i}" for i in range(buses)], area="1"),
        table(
            Lines,
            len(ends),
            id=[f"l{i}" for i in range(len(ends))],
            from_bus=[a for a, _ in ends],
            to_bus=[b for _, b in ends],
            susceptance_mw=rng.uniform(200, 3000, len(ends)),
            rating_mw=60.0,
        ),
        table(Links, 0),
        table(
            Generators,
            len(units),
            id=[f"g{i}" for i in units],
            node=list(units),
            p_max_mw=120.0,
            segment_mw=120.0,
            segment_cost=rng.uniform(10, 60, (len(units), 1)),
        ),
        table(StorageUnits, 0),
    )


def test_lodf_of_a_triangle_by_hand() -> None:
    # equal lines a: 0-2, b: 0-1, c: 1-2. PTDF of 0→2: a 2/3, b and c 1/3. Losing a: its flow goes
    # over b and c, whole.
    made = contingencies(Topology.of(make_grid(3, TRIANGLE)), no_sites(), Security(("line",)))
    assert made.factor.tolist() == [
        pytest.approx(row) for row in ([-1, 1, 1], [1, -1, -1], [1, -1, -1])
    ]
    assert made.splitting == ()


def test_radial_lines_are_named_and_not_divided_by_zero() -> None:
    made = contingencies(
        Topology.of(make_grid(4, [*TRIANGLE, (2, 3, 50.0)])), no_sites(), Security(("line",))
    )
    assert made.splitting == ("line l3",) and made.element.tolist() == ["l0", "l1", "l2"]
    assert np.isfinite(made.factor).all()


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_lodf_is_what_the_grid_without_the_line_does(seed: int) -> None:
    grid = meshed(seed)
    topology = Topology.of(grid)
    made = contingencies(topology, no_sites(), Security(("line",)))
    rng = np.random.default_rng(seed)
    inject = rng.normal(0, 50, (3, len(grid.buses)))
    inject[:, 0] -= inject.sum(axis=1)
    flow = topology.flows_mw(inject)
    none = np.zeros((3, 0))
    after = made.after_mw(flow, made.size_mw(flow, none, none, none))
    cut = {int(name[6:]) for name in made.splitting}
    for c, k in enumerate(made.member.tolist()):
        keep = np.arange(len(grid.lines)) != k
        less = replace(
            grid,
            lines=Lines(**{n: getattr(grid.lines, n)[keep] for n in Lines.__dataclass_fields__}),
        )
        without = Topology.of(less)
        assert without.islands == 1
        np.testing.assert_allclose(after[:, keep, c], without.flows_mw(inject), atol=1e-6)
        assert np.abs(after[:, k, c]).max() < 1e-9
    for k in cut:  # those named as radial are: the grid falls apart
        keep = np.arange(len(grid.lines)) != k
        less = replace(
            grid,
            lines=Lines(**{n: getattr(grid.lines, n)[keep] for n in Lines.__dataclass_fields__}),
        )
        assert Topology.of(less).islands == 2


def test_loss_of_a_unit_by_hand(system, window) -> None:
    # 90 MW at b2. g0 (b0, 10) is cheap, g1 (b2, 30) dear, both 200 MW. If g0 trips g1 takes over:
    # all flows zero. If g1 trips, g0 gives all of the 90: line 0-2 carries 2/3·90 = 60, above its
    # 50.
    grid = make_grid(
        3, [(0, 2, 50.0), (0, 1, 90.0), (1, 2, 90.0)], [(0, 200, 10, 0), (2, 200, 30, 0)]
    )
    p = system(grid, network="ptdf")
    free = solve_window(p, window(p, [[0.0, 0.0, 90.0]]))
    assert free.output_mw()[0].tolist() == pytest.approx([75, 15])  # 2/3·75 = 50
    kept = replace(p, security=Security(("generator",), price=1e6))
    r = solve_window(kept, window(p, [[0.0, 0.0, 90.0]]))
    # nothing that runs may help: whoever gives, b0 gives 90 after the loss of g1. Only shed load
    # would do: 15 MW less, 75 in all; shedding at 10,000 is cheaper than an overload at 1e6
    assert r.column("shed").sum() == pytest.approx(15)
    soft = solve_window(
        replace(p, security=Security(("generator",), price=100.0)), window(p, [[0.0, 0.0, 90.0]])
    )
    assert soft.column("shed").sum() == pytest.approx(0)
    assert (soft.column("n1_over") + soft.column("n1_under")).sum() == pytest.approx(10)


def test_loss_and_return_of_a_site_by_hand(system, window) -> None:
    # Site at b0 draws 60 (50 IT · 1.2), load 60 at b2; g0 at b2 alone is firm (300 MW), so it
    # balances everything. All of the site's power comes from b2: line 0-2 carries -40, the path
    # over b1 -20. Its loss takes all flow away; its return, from 60 to 60, changes nothing. With
    # only 30 drawn, the return brings the flows of 60.
    grid = make_grid(3, [(0, 2, 35.0), (0, 1, 90.0), (1, 2, 90.0)], [(2, 300, 10, 0)])
    sites = make_sites([0])
    p = system(grid, sites, make_services([[1]]), network="ptdf")
    made = contingencies(
        p.topology, sites, Security(("site-loss", "site-return"), emergency_factor=2.0)
    )
    assert made.factor[:, 0].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 3])
    assert made.full_mw.tolist() == [60.0]
    flow = np.array([[-20.0, -10.0, -10.0]])  # at 30 MW
    size = made.size_mw(flow, np.zeros((1, 0)), np.zeros((1, 1)), np.array([[30.0]]))
    after = made.after_mw(flow, size)[0]
    assert after[:, 0].tolist() == pytest.approx([0, 0, 0])  # lost
    assert after[:, 1].tolist() == pytest.approx([-40, -20, -20])  # all of it back
    # 35 MW of line, emergency 35: a full return would bring 40, whatever the site draws now: 5 MW
    # of overload
    kept = replace(p, security=Security(("site-return",), price=7.0))
    r = solve_window(kept, window(p, [[0.0, 0.0, 60.0]], service_mw=np.array([[25.0]])))
    assert (r.column("n1_over") + r.column("n1_under")).sum() == pytest.approx(5)


def test_nothing_to_balance_a_loss_is_named() -> None:
    grid = make_grid(3, TRIANGLE, [(0, 100, 10, 0)])
    made = contingencies(Topology.of(grid), no_sites(), Security(("generator",)))
    assert len(made) == 0 and made.splitting == ("generator g0",)


def test_loss_of_a_link_balances_each_island() -> None:
    grid = make_grid(
        4, [(0, 1, 50.0), (2, 3, 50.0)], [(0, 100, 10, 0), (2, 100, 20, 0), (3, 300, 20, 0)]
    )
    grid = replace(grid, links=table(Links, 1, id=["k"], from_bus=[1], to_bus=[3], capacity_mw=40))
    made = contingencies(Topology.of(grid), no_sites(), Security(("link",)))
    # b1 gets 1 MW more than wanted: g0 gives 1 less, 0→1 falls by 1. b3 lacks 1: g1 gives 1/4 over
    # 2→3
    assert made.factor[:, 0].tolist() == pytest.approx([-1.0, 0.25])


def secure(prepared, network: str, **options):
    return replace(prepared, network=network, security=Security(**options))


@pytest.fixture
def congested(system, window):
    """A random grid, one site, 4 hours: N-1 binds."""
    grid = meshed(11)
    p = system(grid, make_sites([5], limit_mw=60.0), make_services([[1]]), network="ptdf")
    load = np.random.default_rng(5).uniform(5, 30, (4, len(grid.buses)))
    return p, window(p, load.tolist(), service_mw=np.full((4, 1), 30.0))


def test_dc_and_ptdf_agree_and_security_costs(congested) -> None:
    p, w = congested
    free = solve_window(p, w).solution.objective
    results = {n: solve_window(secure(p, n, emergency_factor=1.1), w) for n in ("dc", "ptdf")}
    dc, ptdf = results["dc"], results["ptdf"]
    assert ptdf.solution.objective == pytest.approx(dc.solution.objective, rel=1e-9)
    assert ptdf.solution.objective > free * (1 + 1e-6)
    assert "security" in ptdf.compiled.problem.rows and "security" in dc.compiled.problem.rows


@pytest.mark.parametrize("network", ["dc", "ptdf"])
def test_prices_hold_what_security_adds(congested, network) -> None:
    p, w = congested
    s = secure(p, network, emergency_factor=1.1)
    base = solve_window(s, w)
    dual = base.compiled.problem.rows["security"].of(base.solution.row_dual)
    step = int(np.abs(dual).sum(axis=1).argmax())
    assert np.abs(dual[step]).max() > 1.0
    for bus in range(p.buses):
        load = w.load_mw.copy()
        load[step, bus] += 1e-4
        rise = (
            solve_window(s, replace(w, load_mw=load)).solution.objective - base.solution.objective
        ) / 1e-4
        assert rise == pytest.approx(base.price()[step, bus], rel=1e-3, abs=1e-3)


def test_output_below_the_first_segment_is_lost_with_the_unit() -> None:
    # g0 must give at least 40 of the 90 at b2, and so much more that the loss of g1 (cheap, at b2)
    # leaves line 0-2 at 2/3·90 = 60 whatever is done; the loss of g0, balanced by g1, leaves
    # nothing: the limit of 50 is missed by 10
    grid = make_grid(
        3, [(0, 2, 50.0), (0, 1, 90.0), (1, 2, 90.0)], [(0, 200, 30, 0), (2, 200, 10, 0)]
    )
    load = np.array([0.0, 0.0, 90.0])
    units = replace(grid.generators, p_min_mw=np.full(2, 40.0), segment_mw=np.full((2, 1), 160.0))
    grid = replace(grid, generators=units, buses=replace(grid.buses, load_mw=load))
    done = solve_opf(grid, "ptdf", Security(("generator",), price=1.0))
    assert done.output_mw.tolist() == pytest.approx([40, 50])
    assert (done.result.column("n1_over") + done.result.column("n1_under")).sum() == pytest.approx(
        10
    )


def test_lazy_rows_find_the_optimum_of_all_rows(congested) -> None:
    p, w = congested
    s = secure(p, "ptdf", emergency_factor=1.1)
    lazy = solve_window(s, w)
    every = np.concatenate([np.arange(len(p.grid.lines)), every_limit(s)])
    whole = solve(compile_window(s, w, every).problem)
    assert lazy.solution.objective == pytest.approx(whole.objective, rel=1e-9)
    assert lazy.compiled.problem.shape[0] * 5 < len(whole.row_dual)


def test_no_overload_after_any_loss_that_is_not_paid(congested) -> None:
    p, w = congested
    result = solve_window(secure(p, "ptdf", emergency_factor=1.1, kinds=LOSSES), w)
    made = result.compiled.prepared.contingencies
    flow, size = operating_point(result)
    over = np.maximum(np.concatenate([o for _, o in excess(made, flow, size)]), 0.0)
    paid = (result.column("n1_over") + result.column("n1_under")).sum()
    assert over.sum() == pytest.approx(paid, abs=1e-3)


def test_a_saved_basis_gives_the_same_optimum(congested) -> None:
    p, w = congested
    s = secure(p, "ptdf", emergency_factor=1.1)
    first = solve_window(s, w)
    later = replace(w, load_mw=w.load_mw * 1.01)
    warm, cold = solve_window(s, later, first.memory), solve_window(s, later)
    assert warm.solution.objective == pytest.approx(cold.solution.objective, rel=1e-9)
