"""The contract of the solver port: what every solver must do, run on the four of HiGHS and on a
small foreign one.
"""

from importlib import metadata

import numpy as np
import pytest
from scipy.optimize import linprog

from run.scenes import lively
from suandian.maths.compile import compile_window
from suandian.maths.prepared import Prepared
from suandian.model.issues import InfeasibleError, SolveError, SolveLimitError
from suandian.model.state import State
from suandian.model.view import View
from suandian.policy.outlook import expected
from suandian.solve import highs, port
from suandian.solve.certificate import certify
from suandian.solve.port import Answer, solve
from suandian.solve.problem import Builder, Problem

METHODS = ("auto", "simplex", "simplex-unperturbed", "ipx", "hipo", "pdlp", "tiny")
RAN = {"auto": "highs-simplex", "pdlp": "highs-pdlp+simplex", "tiny": "tiny"}


def tiny(problem: Problem, time_limit_s: float) -> Answer:
    """scipy's linprog as a third party's solver."""
    if time_limit_s <= 0:
        return Answer("time limit")
    matrix = problem.matrix.toarray()
    low, high = np.isfinite(problem.row_lower), np.isfinite(problem.row_upper)
    made = linprog(
        problem.cost,
        np.vstack([matrix[high], -matrix[low]]),
        np.concatenate([problem.row_upper[high], -problem.row_lower[low]]),
        bounds=np.column_stack([problem.lower, problem.upper]),
    )
    if made.status:
        return Answer({1: "time limit", 2: "infeasible"}.get(made.status, made.message))
    dual = np.zeros(len(low))
    dual[high] += made.ineqlin.marginals[: high.sum()]
    dual[low] -= made.ineqlin.marginals[high.sum() :]
    return Answer("optimal", made.x, dual, made.nit)


def wrong(problem: Problem, _: float) -> Answer:
    """Says that zeros are optimal."""
    return Answer("optimal", np.zeros(problem.shape[1]), np.zeros(problem.shape[0]))


def zeros_in_time(problem: Problem, _: float) -> Answer:
    """Returns zeros at its limit."""
    return Answer("time limit", np.zeros(problem.shape[1]), np.zeros(problem.shape[0]), 5)


def liar(*_: object) -> Answer:
    """Says that nothing is feasible."""
    return Answer("infeasible")


def short(*_: object) -> Answer:
    """Returns arrays of another problem."""
    return Answer("optimal", np.zeros(1), np.zeros(1))


@pytest.fixture(autouse=True)
def _registered(monkeypatch) -> None:
    real = metadata.entry_points

    def entry_points(**asked):
        if asked != {"group": port.GROUP}:
            return real(**asked)
        names = ("tiny", "wrong", "zeros_in_time", "liar", "short")
        return [metadata.EntryPoint(name, f"{__name__}:{name}", port.GROUP) for name in names]

    monkeypatch.setattr(port.metadata, "entry_points", entry_points)


def sources(need: float = 5.0) -> Problem:
    """Need 5 from x0 ≤ 4 at 1 and x1 ≤ 9 at 2: 4 + 2 = 6; one more costs 2."""
    b = Builder()
    x = b.add_columns("x", (2,), 0.0, [4.0, 9.0], [1.0, 2.0])
    b.add_entries(b.add_rows("need", (1,), lower=need), x, 1.0)
    return b.build()


def joint() -> Problem:
    """The first joint window of the lively small scenario."""
    scenario = lively(steps=18)
    window = expected(View.at(scenario, State.initial(scenario)), 18).window
    return compile_window(Prepared.of(scenario), window).problem


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("case", [sources, joint])
def test_the_optimum_is_found_audited_and_named(method, case) -> None:
    problem = case()
    answer, right = solve(problem, method), highs.solve(problem)
    assert answer.status == "optimal"
    presolved = case is sources and method in ("ipx", "hipo", "pdlp")  # it leaves nothing to solve
    assert answer.solver == ("highs-presolve" if presolved else RAN.get(method, f"highs-{method}"))
    assert answer.certificate.holds
    assert answer.objective == pytest.approx(right.objective, rel=1e-6)
    assert (
        certify(problem, answer.x, answer.row_dual) == answer.certificate
    )  # ours, of what is returned
    assert answer.iterations > 0 or case is sources


@pytest.mark.parametrize("method", METHODS)
def test_the_same_problem_gives_the_same_bytes(method) -> None:
    a, b = solve(joint(), method), solve(joint(), method)
    assert (a.x.tobytes(), a.row_dual.tobytes()) == (b.x.tobytes(), b.row_dual.tobytes())


@pytest.mark.parametrize("method", METHODS)
def test_duals_are_prices(method) -> None:
    assert solve(sources(), method).row_dual == pytest.approx([2.0], abs=1e-5)
    assert solve(sources(3.0), method).row_dual == pytest.approx([1.0], abs=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_infeasible_is_explained(method) -> None:
    with pytest.raises(InfeasibleError) as caught:
        solve(sources(15.0), method)
    assert caught.value.relaxations == (("need", pytest.approx(2.0), "MW"),)


@pytest.mark.parametrize("method", METHODS)
def test_unbounded_is_an_error(method) -> None:
    b = Builder()
    x = b.add_columns("x", (2,), cost=[-1.0, 0.0])
    b.add_entries(b.add_rows("r", (1,), upper=3.0), x, [1.0, -1.0])
    with pytest.raises(SolveError) as caught:
        solve(b.build(), method)
    assert not isinstance(caught.value, InfeasibleError)


@pytest.mark.parametrize("method", METHODS)
def test_no_time_is_a_limit_not_zeros(method) -> None:
    with pytest.raises(SolveLimitError) as caught:
        solve(joint(), method, time_limit_s=0.0)
    assert caught.value.limit_s == 0.0
    assert caught.value.bound <= solve(joint()).objective


@pytest.mark.parametrize("method", METHODS)
def test_a_number_that_is_none_and_whole_columns_are_refused(method) -> None:
    problem = sources()
    problem.cost[0] = np.nan
    with pytest.raises(SolveError, match="not finite"):
        solve(problem, method)
    b = Builder()
    b.add_entries(
        b.add_rows("r", (1,), lower=0.5), b.add_columns("n", (1,), 0.0, 3.0, 1.0, integer=True), 1.0
    )
    with pytest.raises(SolveError, match="whole"):
        solve(b.build(), method)


@pytest.mark.parametrize("method", METHODS)
def test_a_problem_without_rows(method) -> None:
    b = Builder()
    b.add_columns("x", (3,), -1.0, [1.0, 2.0, 3.0], [1.0, -1.0, 0.0])
    answer = solve(b.build(), method)
    assert answer.objective == pytest.approx(-3.0)


@pytest.mark.parametrize(
    ("name", "kind", "says"),
    [
        ("wrong", SolveError, "fails the audit"),
        ("zeros_in_time", SolveLimitError, "time limit"),
        ("short", SolveError, "shapes"),
        ("absent", SolveError, "no solver 'absent'"),
    ],
)
def test_a_foreign_solver_is_not_believed(name, kind, says) -> None:
    with pytest.raises(kind, match=says):
        solve(sources(), name)


def test_a_claim_of_infeasibility_is_looked_into() -> None:
    with pytest.raises(SolveError, match="a point misses no row"):
        solve(sources(), "liar")


@pytest.mark.parametrize("method", ["ipx", "hipo"])
def test_without_crossover_there_is_no_basis_and_the_certificate_holds(method) -> None:
    answer = solve(joint(), method, crossover=False)
    assert answer.certificate.holds
    assert answer.basis is None
    assert solve(joint(), method).basis is not None


def test_pdlp_alone_is_refused_where_it_fails_the_audit(monkeypatch) -> None:
    problem = joint()
    try:
        raw = solve(problem, "pdlp", crossover=False)
        assert raw.solver == "highs-pdlp"
        assert raw.certificate.holds
    except SolveError as error:
        assert "fails the audit" in str(error)
    good = highs._read

    def off(*args):
        made = good(*args)
        x = made.x + 1e-4
        return highs.replace(made, x=x, certificate=certify(problem, x, made.row_dual))

    monkeypatch.setattr(highs, "_read", off)
    with pytest.raises(SolveError, match="fails the audit"):
        solve(problem, "pdlp", crossover=False)


def test_a_method_that_did_not_run_is_an_error(monkeypatch) -> None:
    good = highs._instance
    monkeypatch.setattr(highs, "_instance", lambda p, method, *rest: good(p, "simplex", *rest))
    for method in ("ipx", "hipo", "pdlp"):
        with pytest.raises(SolveError, match="do not show that it ran"):
            solve(joint(), method)
    monkeypatch.setattr(highs, "_instance", lambda p, method, *rest: good(p, "ipx", *rest))
    for method in ("simplex", "hipo"):
        with pytest.raises(SolveError, match="do not show that it ran"):
            solve(joint(), method)


def test_ipm_is_never_asked_for() -> None:
    with pytest.raises(SolveError, match="no solver 'ipm'"):
        solve(sources(), "ipm")


def test_auto_turns_to_an_interior_point_where_the_simplex_fails_and_says_so(monkeypatch) -> None:
    problem, good = joint(), highs._run
    right = solve(problem)
    assert right.solver == "highs-simplex"

    def run(problem, method, *rest):
        if method == "simplex":
            raise SolveError("it broke down")
        return good(problem, method, *rest)

    monkeypatch.setattr(highs, "_run", run)
    back = solve(problem)
    assert back.solver == "highs-ipx (after highs-simplex: it broke down)"
    assert back.objective == pytest.approx(right.objective)

    def late(problem, method, basis, limit, *rest):
        if method == "simplex":
            assert limit == 10.0  # half of what there is
            raise SolveLimitError("highs-simplex", limit, 3, -np.inf)
        assert 0 < limit <= 20.0
        return good(problem, method, basis, limit, *rest)

    monkeypatch.setattr(highs, "_run", late)
    assert solve(problem, time_limit_s=20.0).solver == "highs-ipx (after highs-simplex: time limit)"
