"""Comparisons: what is refused, what the rows say, and the sentences."""

from pathlib import Path

import polars as pl
import pytest

from report.fake import opened
from suandian.model.issues import InputError
from suandian.record.read import Run
from suandian.report.compare import compare
from suandian.report.reasons import chapters
from suandian.report.table import lines


@pytest.fixture
def four(tmp_path: Path) -> list[Run]:
    return [
        opened(
            tmp_path / "joint", "joint", moved=True, reference_runs={"oracle": ["../oracle", ""]}
        ),
        opened(tmp_path / "oracle", "oracle", moved=True, bound=100_000.0),
        opened(tmp_path / "asap"),
        opened(tmp_path / "separate", "separate"),
    ]


def test_rows_are_ordered_and_measured(four: list[Run]) -> None:
    c = compare(four)
    assert [row.policy for row in c.rows] == ["asap", "separate", "joint", "oracle"]
    asap, separate, joint, oracle = c.rows
    assert c.bound == 100_000 and c.flexibility_value == pytest.approx(asap.system_cost - 100_000)
    assert joint.versus_separate == pytest.approx(joint.system_cost - separate.system_cost)
    assert joint.moved_gwh == pytest.approx(0.12) and joint.moved_tb == pytest.approx(24)
    assert joint.regret == pytest.approx(joint.system_cost - 100_000)
    assert joint.closed_oracle == pytest.approx(1.0) == oracle.closed_oracle
    way = (separate.system_cost - joint.system_cost) / (separate.system_cost - 100_000)
    assert joint.closed_bound == pytest.approx(way)
    assert asap.closed_bound is None


def test_rows_are_plain_data(four: list[Run]) -> None:
    import json

    assert (
        json.loads(json.dumps(compare(four).as_dict(), allow_nan=False))["rows"][2]["policy"]
        == "joint"
    )


def refused(*runs: Run) -> str:
    with pytest.raises(InputError) as caught:
        compare(runs)
    return str(caught.value)


def test_other_completed_work_is_refused(tmp_path: Path) -> None:
    one, other = opened(tmp_path / "a"), opened(tmp_path / "b", "joint")
    other.jobs.with_columns(
        end=pl.when(pl.col("job") == "west-3").then(None).otherwise("end")
    ).write_parquet(other.path / "jobs.parquet")
    assert "other completed work" in refused(one, Run(other.path, other.record))


def test_other_inputs_are_refused(tmp_path: Path) -> None:
    assert "other input files" in refused(
        opened(tmp_path / "a"), opened(tmp_path / "b", "joint", inputs={"wind.csv": "cd"})
    )


def test_other_scenario_is_refused_and_the_place_named(tmp_path: Path) -> None:
    one, other = opened(tmp_path / "a"), opened(tmp_path / "b", "joint")
    file = other.path / "scenario.toml"
    file.write_text(file.read_text().replace('bus = "w"', 'bus = "n"'))
    message = refused(one, other)
    assert "sites.west.bus" in message and "'w'" in message


def test_other_horizon_is_refused(tmp_path: Path) -> None:
    one, other = opened(tmp_path / "a"), opened(tmp_path / "b", "joint")
    last = other.steps["start"].max()
    other.steps.filter(pl.col("start") < last).write_parquet(other.path / "steps.parquet")
    assert "another horizon" in refused(one, Run(other.path, other.record))


def test_unfinished_run_is_refused(tmp_path: Path) -> None:
    assert "not done" in refused(
        opened(tmp_path / "a"), opened(tmp_path / "b", "joint", state="failed")
    )


def test_every_difference_is_reported_at_once(tmp_path: Path) -> None:
    other = opened(tmp_path / "b", "joint", inputs={}, state="running")
    message = refused(opened(tmp_path / "a"), other)
    assert "not done" in message and "other input files" in message


def test_no_runs_is_refused() -> None:
    assert "no run given" in refused()


def test_sentences_name_cost_place_time_curtailment(four: list[Run]) -> None:
    told = dict(chapters(compare(four).runs, 100_000.0))
    against = " ".join(told["joint against asap"])
    assert (
        "6,960 USD (4.3 %) less than asap: fuel −6,000 USD, carbon −1,440 USD, transfer +480 USD"
        in against
    )
    assert "20 % of job energy away from its origin (asap: 0.0 %)" in against
    assert (
        "120 MWh net go to west (mean price 10.0 USD/MWh), most of it from east (mean price 50.0 "
        "USD/MWh)" in against
    )
    assert "jobs pay 20.0 USD per MWh of IT, the schedule of asap would pay 31.2" in against
    assert "Curtailment falls from 672 MWh to 552 MWh (18 %), mostly wind" in against
    assert "gas −120 MWh" in against and "wind +120 MWh" in against
    assert "CO2 falls by 48 t (2.2 %)" in against


def test_cheaper_but_dirtier_is_said(tmp_path: Path) -> None:
    from report.fake import dirtier

    clean = opened(tmp_path / "asap", carbon_price=0.0)
    cheap = dirtier(opened(tmp_path / "joint", "joint", carbon_price=0.0))
    told = " ".join(compare([clean, cheap]).reasons)
    assert "Cheaper is not cleaner here: cost falls, but CO2 rises by 50 t" in told
    assert "coal +90 t with +100 MWh; gas −40 t with −100 MWh" in told
    assert "at a carbon price of 0 USD/t nothing in the goal weighs against it" in told


def test_table_marks_the_best_that_cannot_see_the_future(four: list[Run]) -> None:
    c = compare(four)
    cost = next(line for line in lines(c) if line.name == "system cost")
    assert cost.best == (False, False, True, False)
    assert cost.cells[0] == "160,498"


def test_two_runs_of_one_policy_are_told_apart(tmp_path: Path) -> None:
    c = compare([opened(tmp_path / "one"), opened(tmp_path / "two")])
    assert [row.label for row in c.rows] == ["asap (one)", "asap (two)"]
