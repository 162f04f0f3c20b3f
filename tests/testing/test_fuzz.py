"""The fuzzer: nothing differs on drawn cases, and what is planted is seen."""

from collections import Counter
from types import ModuleType

import pytest

from suandian.maths.blocks import deferrable, generation
from suandian.testing.fuzz import campaign
from suandian.testing.fuzz.draw import drawn

SEEDS = range(1, 151)
PARTS = 10


@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_differs(part: int) -> None:
    asked: Counter[str] = Counter()
    seeds = SEEDS[part::PARTS]
    found = [difference for seed in seeds for difference in campaign.tried(seed, asked)]
    assert not found
    # a check that refuses all that is drawn would leave nothing to ask
    assert asked["bound = second program"] >= 0.8 * len(seeds)


def test_every_feature_is_drawn() -> None:
    cases = [drawn(seed) for seed in SEEDS]
    for feature in ("lines", "links", "storage", "sites", "services", "workloads", "routes"):
        assert sum(bool(getattr(case, feature)) for case in cases) >= 10, feature
    units = [unit for case in cases for unit in case.generators.values()]
    sites = [site for case in cases for site in case.sites.values()]
    works = [work for case in cases for work in case.workloads.values()]
    assert any("ramp" in unit for unit in units)
    assert any(str(unit.get("cost", "")).startswith("-") for unit in units)
    assert any("direct" in site for site in sites) and any("battery" in site for site in sites)
    assert any("suspend" in work for work in works)
    assert any("reserve" in case.goal for case in cases)
    assert {case.network for case in cases} == {"copper", "transport", "dc", "ptdf"}
    assert {case.step_h for case in cases} == {1.0, 0.25}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        (deferrable, "_add_catch_up"),
        (generation, "_add_ramps"),
    ],
    ids=["late work may not run", "no ramps"],
)
def test_what_is_planted_is_seen(
    monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    # a case with negative prices, late work and a slow unit
    assert not list(campaign.tried(3, Counter()))
    monkeypatch.setattr(module, name, lambda *_: None)
    found = {difference.relation for difference in campaign.tried(3, Counter())}
    assert "bound = second program" in found
