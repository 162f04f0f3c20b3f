"""AC check: against pandapower's own conversion and solver, against the AC equations written out,
and its findings.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from run.scenes import lively
from small import make_grid
from suandian.ledger.ledger import Ledger
from suandian.maths.opf import solve_opf
from suandian.model.grid import Grid
from suandian.plugins.grids import matpower
from suandian.record.history import History
from suandian.record.read import open_run
from suandian.report.secure import section
from suandian.run import accheck
from suandian.run.study import run_study

pandapower = pytest.importorskip("pandapower", reason="needs suandian[grid]")


def two_buses(x: float = 0.1, charging: float = 0.0) -> Grid:
    grid = make_grid(2, [(0, 1, 100.0)], [(0, 200, 10, 0)])
    lines = replace(grid.lines, x_pu=np.array([x]), charging_pu=np.array([charging]))
    return replace(grid, lines=lines)


def point(load: float, mvar: float = 0.0) -> accheck.Dispatch:
    return accheck.Dispatch(
        np.array([[load]]),
        np.array([[0.0, -load]]),
        np.array([[0.0, mvar]]),
        np.ones((1, 1), dtype=np.bool_),
    )


def test_two_buses_by_hand() -> None:
    # V1 = 1, x = 0.1, P = 1 pu at unity power factor: sin δ = 0.1/V2, V2 = cos δ, so V2² = (1 + √(1
    # - 4·0.01))/2
    (result,) = accheck.checks(two_buses(), point(100.0))
    assert result is not None
    v2 = np.sqrt((1 + np.sqrt(1 - 0.04)) / 2)
    assert result.voltage_pu == pytest.approx([1.0, v2], abs=1e-8)
    assert result.losses_mw == pytest.approx(0.0, abs=1e-6)
    assert result.apparent_mva[0] == pytest.approx(
        100 / v2, rel=1e-6
    )  # x·I² of reactive power comes on top


def test_beyond_the_nose_there_is_no_solution_and_it_is_said() -> None:
    # the most that x = 0.1 carries at unity power factor is 1/(2x) = 5 pu
    results = list(accheck.checks(two_buses(), point(501.0)))
    assert results == [None]
    found = accheck.table(two_buses(), results, np.zeros(1, np.int64))
    assert found["converged"].to_list() == [False] and found["losses_mw"].null_count() == 1
    assert "0 of 1 steps converge" in accheck.summary(found)


def test_reactive_limits_let_the_voltage_give_way() -> None:
    grid = make_grid(2, [(0, 1, 200.0)], [(0, 200, 10, 0), (1, 50, 20, 0)])
    grid = replace(grid, lines=replace(grid.lines, x_pu=np.array([0.2])))
    units = replace(
        grid.generators, q_min_mvar=np.array([-900.0, 0.0]), q_max_mvar=np.array([900.0, 5.0])
    )
    dispatch = accheck.Dispatch(
        np.array([[60.0, 40.0]]),
        np.array([[0.0, -100.0]]),
        np.array([[0.0, 50.0]]),
        np.ones((1, 2), dtype=np.bool_),
    )
    (free,) = accheck.checks(grid, dispatch)
    (tight,) = accheck.checks(replace(grid, generators=units), dispatch)
    assert free is not None and tight is not None
    assert free.voltage_pu[1] == pytest.approx(1.0) and not free.limited.any()
    assert tight.limited.tolist() == [False, True] and tight.voltage_pu[1] < 0.95
    assert tight.reactive_mvar[1] == pytest.approx(5.0, abs=1e-6)


CASE = (
    "mpc.baseMVA = {base};\nmpc.bus = [{bus}];\nmpc.gen = [{gen}];\nmpc.branch = "
    "[{branch}];\nmpc.gencost = [{cost}];\n"
)


def theirs(net: object, path: Path) -> tuple[np.ndarray, float]:
    """Solve by the steps of `runpp` (which itself cannot write its tables with pandas 3), and write
    the case that was solved as a MATPOWER file; returns voltages and losses [MW].
    """
    from pandapower.auxiliary import _init_runpp_options
    from pandapower.pd2ppc import _pd2ppc
    from pandapower.powerflow import _run_pf_algorithm

    net.trafo["pfe_kw"] = net.line["g_us_per_km"] = (
        0.0  # MATPOWER files have no place for conductance to earth
    )
    _init_runpp_options(
        net,
        algorithm="nr",
        calculate_voltage_angles="auto",
        init="auto",
        max_iteration="auto",
        tolerance_mva=1e-8,
        trafo_model="pi",
        trafo_loading="current",
        enforce_q_lims=False,
        check_connectivity=True,
        voltage_depend_loads=True,
        numba=False,
    )
    _, ppci = _pd2ppc(net)
    done = _run_pf_algorithm(ppci, net["_options"])
    assert done["success"]
    bus, gen, branch = (done[k].real.copy() for k in ("bus", "gen", "branch"))
    bus[:, 0], gen[:, 0] = bus[:, 0] + 1, gen[:, 0] + 1
    branch[:, :2] += 1
    gen[:, 3], gen[:, 4] = 9999.0, -9999.0
    gen[:, 8], gen[:, 9] = np.maximum(gen[:, 1], 0.0), np.minimum(gen[:, 1], 0.0)

    def rows(values: np.ndarray) -> str:
        return ";\n".join(" ".join(f"{v:.17g}" for v in row) for row in np.nan_to_num(values))

    text = CASE.format(
        base=done["baseMVA"],
        bus=rows(bus[:, :13]),
        gen=rows(gen[:, :10]),
        branch=rows(branch[:, :13]),
        cost=rows(np.tile([2.0, 0, 0, 3, 0, 1, 0], (len(gen), 1))),
    )
    path.write_text(text)
    return bus[:, 7], float((branch[:, 13] + branch[:, 15]).sum())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", ["case24_ieee_rts", "case118"])
def test_pandapower_finds_the_same_voltages_and_losses(case: str, tmp_path: Path) -> None:
    from pandapower import networks

    voltage, losses = theirs(getattr(networks, case)(), tmp_path / "case.m")
    grid = matpower.read(tmp_path / "case.m")
    output = grid.generators.p_max_mw + grid.generators.p_min_mw
    dispatch = accheck.Dispatch(
        output[None, :],
        -grid.buses.load_mw[None, :],
        grid.buses.load_mvar[None, :],
        np.ones((1, len(output)), dtype=np.bool_),
    )
    (result,) = accheck.checks(grid, dispatch)
    assert result is not None
    # their output holds the losses at the slack already: nothing is left to share
    np.testing.assert_allclose(result.voltage_pu, voltage, atol=1e-6)
    assert result.losses_mw == pytest.approx(losses, abs=1e-2)


def test_the_answer_satisfies_the_equations_written_out() -> None:
    grid = make_grid(
        3, [(0, 2, 100.0), (0, 1, 100.0), (1, 2, 100.0)], [(0, 200, 10, 0), (2, 100, 30, 0)]
    )
    lines = replace(
        grid.lines,
        r_pu=np.full(3, 0.02),
        x_pu=np.full(3, 0.1),
        charging_pu=np.full(3, 0.05),
        tap=np.array([1.0, 0.97, 1.0]),
        shift=np.array([0.0, 0.05, 0.0]),
    )
    grid = replace(
        grid, lines=lines, buses=replace(grid.buses, shunt_mvar=np.array([0.0, 20.0, 0.0]))
    )
    load, mvar = np.array([0.0, 50.0, 80.0]), np.array([0.0, 20.0, 10.0])
    output = np.array([[90.0, 40.0]])
    (r,) = accheck.checks(
        grid, accheck.Dispatch(output, -load[None], mvar[None], np.ones((1, 2), dtype=np.bool_))
    )
    assert r is not None
    v = r.voltage_pu * np.exp(1j * r.angle)
    injected = np.zeros(3, dtype=complex)
    for f, t, tap, shift in zip(lines.from_bus, lines.to_bus, lines.tap, lines.shift, strict=True):
        ratio, y = tap * np.exp(1j * shift), 1 / (0.02 + 0.1j)
        here = v[f] / ratio  # behind the ideal transformer
        injected[f] += here * np.conj((here - v[t]) * y + here * 0.025j)
        injected[t] += v[t] * np.conj((v[t] - here) * y + v[t] * 0.025j)
    injected[1] -= 1j * 0.2 * r.voltage_pu[1] ** 2
    wanted = np.bincount([0, 2], r.output_mw, 3) - load
    assert injected.real * 100 == pytest.approx(wanted, abs=2e-3)
    assert injected.imag[1] * 100 == pytest.approx(-20.0, abs=1e-5)
    assert r.output_mw.sum() - load.sum() == pytest.approx(r.losses_mw, abs=2e-3)
    assert (r.output_mw - output[0]).tolist() == pytest.approx(
        [r.losses_mw * 2 / 3, r.losses_mw / 3], abs=2e-3
    )


def test_opf_dispatch_with_units_always_on_balances() -> None:
    grid = two_buses()
    buses = replace(grid.buses, load_mw=np.array([0.0, 80.0]), load_mvar=np.array([0.0, 10.0]))
    units = replace(grid.generators, p_min_mw=np.array([50.0]), segment_mw=np.array([[150.0]]))
    done = solve_opf(replace(grid, buses=buses, generators=units))
    dispatch = accheck.Dispatch.of_result(done.result)
    assert dispatch.output_mw.tolist() == [[pytest.approx(80.0)]]
    assert dispatch.other_mw.tolist() == [[0.0, pytest.approx(-80.0)]]
    assert dispatch.load_mvar.tolist() == [[0.0, pytest.approx(10.0)]]


def test_every_executed_step_is_checked(tmp_path: Path) -> None:
    scenario = lively("asap", "ptdf", 6, 10)
    lines = replace(scenario.grid.lines, x_pu=np.full(3, 0.05), r_pu=np.full(3, 0.005))
    scenario = replace(scenario, ac_check=True, grid=replace(scenario.grid, lines=lines), hash="ac")
    run = open_run(run_study(scenario, tmp_path / "run"))
    both = run.table("ac_check")
    plans, found = (both.filter(both["phase"] == phase) for phase in ("planned", "realised"))
    assert (
        plans["start"].to_list() == found["start"].to_list()
    )  # each step once: by the plan in force
    assert (
        len(found) == scenario.axis.n and both["converged"].all() and "ac_plans" not in run.record
    )
    assert run.kpis["ac_plans_not_converged"]["value"] == 0
    assert run.kpis["ac_not_converged"]["value"] == 0
    assert run.kpis["ac_losses_mw"]["value"] == pytest.approx(
        float(found["losses_mw"].to_numpy().mean())
    )
    assert 0 < run.kpis["ac_losses_mw"]["value"] < 5
    (part,) = section(run)
    assert (
        part.title == "AC power flow"
        and f"executed steps: {len(found)} of {len(found)} converge" in part.sentences[1]
    )
    with Ledger(tmp_path / "run" / "ledger.db", scenario.hash) as ledger:
        history = History.of(scenario, ledger)
    dispatch = accheck.Dispatch.of_history(history)
    behind = scenario.grid.generators.node >= 3
    fed = dispatch.output_mw[:, ~behind].sum(axis=1) + dispatch.other_mw.sum(axis=1)
    assert np.abs(fed).max() < 1e-4  # all that is put in is taken out, but for losses and roundings
    assert history.energy.import_wh.max() > 0
