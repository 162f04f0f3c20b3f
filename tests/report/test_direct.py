"""Ratios of direct supply in a report, against the flows counted by hand."""

from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from suandian.cli.main import app
from suandian.reading.templates import folder
from suandian.record.read import open_run
from suandian.report.kpis import kpis


def test_the_ratios_of_a_run_are_those_of_its_flows(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    for file in Path(folder("two-sites")).iterdir():
        (tmp_path / "s" / file.name).write_bytes(file.read_bytes())
    wind = (
        '{ capacity = "50 MW", series = { file = "wind.csv", unit = "1", ahead = "ahead" }, '
        'carrier = "wind" }'
    )
    sets = [
        "policy.name=joint",
        f"sites.plain.direct.wind={wind}",
        'sites.plain.connection={ limit = "60 MW", export = "20 MW" }',
    ]
    words = ["simulate", str(tmp_path / "s"), "--out", str(tmp_path / "run")]
    done = CliRunner().invoke(app, [*words, *(w for s in sets for w in ("--set", s))])
    assert done.exit_code == 0, done.output
    run = open_run(tmp_path / "run")
    found = kpis(run)
    flows = run.table("flows").with_columns(mwh=pl.col("energy_wh") / 1e6)

    def sums(sender: str, to: str, carrier: str = "electricity") -> dict[object, float]:
        keep = pl.col("from_node").str.starts_with(sender) & pl.col("to_node").str.starts_with(to)
        kept = (
            flows.filter(keep & (pl.col("carrier") == carrier))
            .group_by("start")
            .agg(pl.col("mwh").sum())
        )
        return dict(kept.iter_rows())

    own, lost = (
        sums("generator:plain.wind", "site:plain"),
        sums("generator:plain.wind", "", "potential"),
    )
    load = {
        t: e - sums("site:plain", "bus:").get(t, 0.0) for t, e in sums("site:plain", "").items()
    }
    used = sum(min(e, load.get(t, 0.0)) for t, e in own.items())
    could = sum(own.values()) + sum(lost.values())
    assert could > 100 and sum(sums("site:plain", "bus:").values()) > 1
    assert found["self_use_generation_ratio"]["value"] == pytest.approx(used / could)
    assert found["self_use_load_ratio"]["value"] == pytest.approx(used / sum(load.values()))
    assert found["export_ratio"]["value"] == pytest.approx(
        sum(sums("site:plain", "bus:").values()) / could
    )
