"""N-1 through the loop: the Twin keeps it, what it costs is booked, and verify recounts it from
files.
"""

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from run.scenes import lively
from suandian.ledger.ledger import Ledger
from suandian.model.scenario import Scenario, Security
from suandian.record.folder import RunFolder
from suandian.record.read import open_run
from suandian.report.secure import section
from suandian.run.loop import Turn, simulate
from suandian.run.study import run_study
from suandian.verify.security import count_violations
from suandian.verify.tables import Tables

KINDS = ("line", "link", "generator", "site-loss", "site-return")
TEXT = """
[grid]
network = "{network}"
security = "n-1"
[grid.outages]
kinds = ["line", "link", "generator", "site-loss", "site-return"]
emergency_factor = {factor}
"""


def scene(price: float, factor: float = 1.3, network: str = "ptdf") -> Scenario:
    scenario = lively("joint", network, 12, 20)
    text = TEXT.format(network=network, factor=factor)
    security = Security(KINDS, factor, price)
    return replace(scenario, security=security, text=text, hash=f"n1-{price}-{factor}-{network}")


def figures(path: Path) -> dict[str, float]:
    return {name: item["value"] for name, item in open_run(path).kpis.items()}


@pytest.mark.parametrize("network", ["ptdf", "dc"])
def test_the_twin_keeps_n1_at_a_price_and_verify_recounts(tmp_path: Path, network: str) -> None:
    paths = [
        run_study(scene(price, network=network), tmp_path / str(price)) for price in (0.01, 5000.0)
    ]
    cheap, dear = map(figures, paths)
    assert cheap["n1_violations"] > dear["n1_violations"]
    assert cheap["n1_violations_unsecured"] > 0
    for path, kpis in zip(paths, (cheap, dear), strict=True):
        assert count_violations(Tables(open_run(path))) == kpis["n1_violations"]
    assert dear["system_cost"] > cheap["system_cost"]


def test_violations_that_stay_are_listed_and_paid(tmp_path: Path) -> None:
    path = run_study(scene(7.0), tmp_path / "run")
    run = open_run(path)
    found = run.table("security").filter(pl.col("phase") == "realised")
    over = float((found["flow_mw"].abs() - found["limit_mw"]).sum())
    assert set(run.table("security")["kind"].unique()) <= set(KINDS) and over > 0
    cost = run.kpis["system_cost"]["method"]
    paid = float(cost.partition("n1 violation ")[2].split(" ")[0].replace(",", "").rstrip(";"))
    assert paid == pytest.approx(7.0 * over, rel=1e-3)  # hours of one hour
    (part,) = section(run)
    assert f"{len(found):,} do as it was dispatched" in part.sentences[0] and part.rows


def test_every_kind_of_loss_is_recounted(tmp_path: Path) -> None:
    # limits so low that each kind of loss exceeds some
    path = run_study(scene(0.01, factor=0.4), tmp_path / "run")
    run = open_run(path)
    listed = run.table("security").filter(pl.col("phase") == "realised")
    asked = Tables(run).settings["grid"]["outages"]["kinds"]
    assert set(listed["kind"].unique()) == set(asked) == set(KINDS)
    for kind in KINDS:
        text = run.scenario.replace(str(list(KINDS)).replace("'", '"'), f'["{kind}"]')
        (path / "scenario.toml").write_text(text)
        recount = count_violations(Tables(open_run(path)))
        assert recount == len(listed.filter(pl.col("kind") == kind)), kind


def test_a_changed_flow_changes_the_recount(tmp_path: Path) -> None:
    path = run_study(scene(5000.0), tmp_path / "run")
    before = count_violations(Tables(open_run(path)))
    network = pl.read_parquet(path / "network.parquet")
    network.with_columns(rating_mw=pl.col("rating_mw") / 2).write_parquet(path / "network.parquet")
    assert count_violations(Tables(open_run(path))) > before


def test_without_security_nothing_is_written(tmp_path: Path) -> None:
    path = run_study(lively("asap", "ptdf", 6, 10), tmp_path / "run")
    names = RunFolder(path).files()
    assert "security.parquet" not in names and "ac_check.parquet" not in names
    assert not any(name.startswith(("n1_", "ac_")) for name in figures(path))
    assert count_violations(Tables(open_run(path))) is None
    assert section(open_run(path)) == []


def test_a_run_that_was_cut_off_goes_on_to_the_same_head(tmp_path: Path) -> None:
    """The limits that have rows after a loss are booked with the plan, as the lines are."""
    scenario, heads = scene(5000.0), []

    class Cut(Exception):
        pass

    def stop(turn: Turn) -> None:
        if turn.step == 7 and not turn.solves:
            raise Cut

    for name, watch in (("whole", None), ("cut", stop)):
        with Ledger(tmp_path / f"{name}.db", scenario.hash) as ledger:
            if watch is not None:
                with pytest.raises(Cut):
                    simulate(scenario, ledger, watch)
            simulate(scenario, ledger)
            entry = ledger.last("plan")
            assert entry is not None
            monitored = ledger.detail(entry.detail)["memory_joint_monitored"]
            heads.append(ledger.head)
    assert monitored.max() >= len(scenario.grid.lines)  # a limit after a loss
    assert heads[0] == heads[1]
