"""`bench security`: the claims it prints, on one day."""

import importlib.util

import numpy as np
import pytest

from suandian.bench import security
from suandian.model.grid import emergency_mw
from suandian.model.time import TimeAxis
from suandian.plugins.grids import rts_gmlc
from test_pglib import DATA

rts = pytest.mark.skipif(
    importlib.util.find_spec("dispatches_data") is None, reason="needs suandian[demo]"
)


def test_lazy_rows_of_case118(monkeypatch: pytest.MonkeyPatch) -> None:
    if not (DATA / "pglib_opf" / security.CASE).exists():
        pytest.skip("SUANDIAN_DATA is absent: the PGLib cases lie there")
    monkeypatch.setenv("SUANDIAN_DATA", str(DATA))
    rows = {row["figure"]: row for row in security.case118()}
    assert rows["N-1 rows"]["same_answer"] and rows["N-1 rows"]["ratio"] >= 10
    assert rows["overload that is paid"]["value"] == pytest.approx(0, abs=1e-6)


@rts
def test_flexible_computing_cuts_curtailment_and_n1_holds() -> None:
    areas, buses = security.SYSTEMS["RTS-24"]
    points = security.day(areas, buses, security.starts(7, 1)[2], (0.0, 0.3, 0.4))
    assert [p.violations_secure for p in points] == [0, 0, 0]
    assert all(p.violations > 0 and p.shed_mwh == pytest.approx(0) for p in points)
    assert points[0].cost_secure > points[1].cost_secure > points[2].cost_secure
    assert all(p.cost_secure >= p.cost for p in points)


@rts
@pytest.mark.parametrize("name", security.SYSTEMS)
def test_sites_stand_where_the_loss_of_a_line_leaves_enough(name: str) -> None:
    areas, buses = security.SYSTEMS[name]
    source = rts_gmlc.load(rts_gmlc.RtsGmlcOptions(areas=tuple(areas)))
    feeds = source.feeds(TimeAxis.regular(security.starts(1, 1)[0], 3600, 24))
    prepared, _ = security.problem(source.grid, {k: f.actual for k, f in feeds.items()}, buses, 0.3)
    lines, limit = source.grid.lines, emergency_mw(source.grid, 1.0)
    for bus, most in zip(prepared.sites.bus, prepared.sites.limit_mw, strict=True):
        mine = np.sort(limit[(lines.from_bus == bus) | (lines.to_bus == bus)])
        assert mine[:-1].sum() >= most
    assert prepared.contingencies.of_kind("line").size > 30
