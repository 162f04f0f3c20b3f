"""The loop, for every policy on every network, audited from the ledger's rows alone."""

import numpy as np
import pytest

from run.scenes import CARBON, FUEL, KG_PER_MWH, MOVE, NETWORKS, POLICIES, Finished, finished

CASES = pytest.mark.parametrize(("policy", "network"), [(p, n) for p in POLICIES for n in NETWORKS])
MAIN, DRAIN = 18, 12
UNIT = 10_000


def _energy(run: Finished) -> list[dict[str, np.ndarray]]:
    return [dict(detail) for _, detail in run.book("energy")]


@CASES
def test_all_work_is_done_within_its_width_and_not_before_it_is_known(policy, network) -> None:
    run = finished(policy, network)
    jobs, edges = run.scenario.jobs, run.scenario.axis.edges_s
    assert len(_energy(run)) == run.states[-1].step == MAIN + DRAIN
    assert run.states[-1].remaining_wh.tolist() == [0] * len(jobs)
    done, overhead = np.zeros(len(jobs), np.int64), np.zeros(len(jobs), np.int64)
    for step, d in enumerate(_energy(run)):
        assert (jobs.release_s[d["job"]] <= edges[step]).all()
        assert (d["job_energy_wh"] <= np.ceil(jobs.width_mw[d["job"]] * 1e6)).all()
        done[d["job"]] += d["job_energy_wh"]
        overhead[d["job"]] += d["job_overhead_wh"]
    assert (done == jobs.work_wh + overhead).all()


@CASES
def test_no_job_ends_late_and_nothing_is_unserved(policy, network) -> None:
    run = finished(policy, network)
    totals = {
        name: sum(int(entry.memo[name]) for entry, _ in run.book("cash"))
        for name in run.book("cash")[0][0].memo
    }
    assert totals["late"] == totals["unserved_load"] == totals["unserved_service"] == 0
    for step, d in enumerate(_energy(run)):
        served = d["serve_wh"].sum() + d["unserved_service_wh"].sum()
        feed = run.scenario.feeds["service"]
        row = feed.position(int(run.scenario.axis.edges_s[step]))
        assert served == round(feed.actual[row, 0] * 1e6)


@CASES
def test_the_bound_of_perfect_foresight_is_below_every_run(policy, network) -> None:
    bound = finished("oracle", network).solves[0]["bound"]
    rounding = (
        (MAIN + DRAIN) * 8 * 0.5 / UNIT
    )  # every booked term is rounded to 1/10000: 3 fuel, 3 levy, 2 wear
    assert bound <= finished(policy, network).cost + rounding


@CASES
def test_books_sum_to_zero_and_carbon_is_what_units_burnt(policy, network) -> None:
    run = finished(policy, network)
    assert {e.book for e in run.entries} == {"plan", "energy", "carbon", "cash"}
    assert all(sum(entry.accounts.values()) == 0 for entry in run.entries)
    for (_, energy), (entry, carbon) in zip(run.book("energy"), run.book("carbon"), strict=True):
        grams = energy["output_wh"] * np.array(KG_PER_MWH) / 1e3
        assert carbon["emission_g"] == pytest.approx(grams, abs=0.51)
        assert [-entry.accounts.get(f"generator:g{i}", 0) for i in range(3)] == carbon[
            "emission_g"
        ].tolist()
        assert (
            abs(entry.accounts.get("rounding", 0)) < 20
        )  # grams: half a gram for each of what is rounded


@CASES
def test_every_plan_is_booked_before_its_first_step(policy, network) -> None:
    run = finished(policy, network)
    plan, done, issued = None, 0, []
    for entry in run.entries:
        if entry.book == "plan":
            assert entry.step == entry.memo["issued"] == done
            plan, issued = entry, [*issued, entry.step]
        elif entry.book == "energy":
            assert plan is not None
            assert plan.step <= entry.step == done < plan.step + plan.memo["steps"]
            done += 1
    assert issued == [0, 6, 12, 18, 24]


@CASES
def test_every_junction_balances_to_the_wh(policy, network) -> None:
    run = finished(policy, network)
    grid, sites, buses = run.scenario.grid, run.scenario.sites, 3
    for d in _energy(run):
        bus, meter = d["shed_wh"] - d["load_wh"], d["import_wh"] - d["idle_wh"] - d["cooling_wh"]
        for values, node in (
            (d["output_wh"], grid.generators.node),
            (d["discharge_wh"] - d["charge_wh"], [2, 4]),
        ):
            for value, at in zip(values.tolist(), node, strict=True):
                (bus if at < buses else meter)[at % buses] += value
        jobs = np.zeros(2, np.int64)
        np.add.at(
            jobs, d["job_site"][d["job_energy_wh"] > 0], d["job_energy_wh"][d["job_energy_wh"] > 0]
        )
        meter -= d["serve_wh"].sum(axis=0) + jobs
        assert meter.tolist() == [0, 0]
        np.subtract.at(bus, sites.bus, d["import_wh"])
        bus += np.array([0, -1, 1]) * d["link_wh"]
        for line, (a, b) in enumerate([(0, 2), (0, 1), (1, 2)]):
            bus[a] -= d["line_wh"][line]
            bus[b] += d["line_wh"][line]
        if network == "copper":
            assert bus.tolist() == d["plate_wh"].tolist()
        else:
            assert bus.tolist() == [
                d["rounding_wh"][0],
                0,
                0,
            ]  # one root, and all of the residual on it
            assert (np.abs(d["line_wh"]) <= grid.lines.rating_mw * 1e6 + 10).all()
        assert abs(bus.sum()) <= 10
        assert abs(int(d["cooling_wh"].sum()) - 0.2 * (d["serve_wh"].sum() + jobs.sum() + 2e6)) <= 1


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("network", ["dc", "ptdf"])
def test_flows_obey_kirchhoff_round_the_triangle(policy, network) -> None:
    # equal susceptances: the angle differences, so the flows, of 0→1, 1→2 and 2→0 add up to nothing
    for d in _energy(finished(policy, network)):
        assert abs(d["line_wh"][1] + d["line_wh"][2] - d["line_wh"][0]) <= 10


@CASES
def test_levels_follow_and_stores_end_where_they_began(policy, network) -> None:
    run = finished(policy, network)
    level = np.array([5_000_000, 1_300_000])
    for d in _energy(run):
        assert d["charge_loss_wh"] == pytest.approx(
            d["charge_wh"] * np.array([0.1, 0.05]), abs=0.51
        )
        assert d["discharge_loss_wh"] == pytest.approx(
            d["discharge_wh"] * (1 / np.array([0.9, 0.95]) - 1), abs=0.51
        )
        level = level + d["charge_wh"] - d["charge_loss_wh"] + d["inflow_wh"] - d["spill_wh"]
        level = level - d["discharge_wh"] - d["discharge_loss_wh"]
        assert level.tolist() == d["level_wh"].tolist()
        assert (level >= 0).all()
        assert (level <= np.array([20_000_000, 4_000_000])).all()
        assert (np.minimum(d["charge_wh"], d["discharge_wh"]) == 0).all()
    assert level == pytest.approx(
        np.array([5e6, 1.3e6]), abs=MAIN + DRAIN
    )  # 1 Wh of rounding a step


@CASES
def test_system_cost_is_fuel_carbon_wear_and_data(policy, network) -> None:
    run = finished(policy, network)
    for (_, energy), (entry, _) in zip(run.book("energy"), run.book("cash"), strict=True):
        mwh = energy["output_wh"] / 1e6
        away = energy["job_energy_wh"][energy["job_site"] == 1].sum() / 1e6
        assert entry.memo["fuel"] / UNIT == pytest.approx(mwh @ FUEL, abs=2e-4)
        assert entry.memo["carbon"] / UNIT == pytest.approx(
            mwh @ KG_PER_MWH / 1000 * CARBON, abs=2e-4
        )
        assert entry.memo["wear"] / UNIT == pytest.approx(
            energy["discharge_wh"] @ [0.5, 1.0] / 1e6, abs=2e-4
        )
        assert entry.memo["transfer"] / UNIT == pytest.approx(away * MOVE, abs=2e-4)


def test_the_scene_is_lively_enough_for_these_tests_to_mean_something() -> None:
    run = finished("joint", "ptdf")
    price = np.array([detail["price"] for _, detail in run.book("cash")])
    flow = np.array([d["line_wh"] for d in _energy(run)])
    moved = np.array([d["discharge_wh"] for d in _energy(run)]).sum(axis=0)
    assert np.ptp(price, axis=1).max() > 10  # congestion
    assert (np.abs(flow) > 0.999 * 1e6 * np.array([40, 60, 45])).any()
    assert np.ptp(price[:, 1]) > 5  # prices change
    assert (moved > 0).all()  # both stores work
    assert max(len(d["job"]) for d in _energy(run)) > 3


def test_dc_by_angles_and_by_ptdf_give_equal_plans() -> None:
    # before the first step both see the same: every solve of every policy has the same optimum
    for policy in POLICIES:
        dc, ptdf = (
            [s for s in finished(policy, n).solves if s["step"] == 0] for n in ("dc", "ptdf")
        )
        for a, b in zip(dc, ptdf, strict=True):
            if (
                policy != "carbon-aware" or a["name"] == "reference"
            ):  # a dispatch may tie, and a tie turn the signal
                assert a["objective"] == pytest.approx(b["objective"], rel=1e-6), (
                    policy,
                    a["name"],
                )


def test_fewer_laws_cost_less() -> None:
    bounds = [finished("oracle", n).solves[0]["bound"] for n in ("copper", "transport", "dc")]
    assert bounds[0] <= bounds[1] + 1e-3
    assert bounds[1] < bounds[2]


@pytest.mark.parametrize("policy", POLICIES)
def test_every_solve_says_what_it_proved(policy) -> None:
    for solve in finished(policy).solves:
        assert solve["status"] == "optimal"
        assert solve["certificate"]["holds"]
        assert abs(solve["gap"]) <= 1e-6
        assert solve["bound"] == pytest.approx(solve["objective"], rel=1e-6)
