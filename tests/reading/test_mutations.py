"""Whatever is done to a sound scenario, the answer is a Scenario or issues: never another
exception.
"""

import copy
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suandian.model.issues import InputError
from suandian.reading import templates
from suandian.reading.resolve.scenario import scenario
from suandian.reading.text.toml import parse_text

FOLDER = templates.folder("two-sites")
SOUND = parse_text((FOLDER / "scenario.toml").read_bytes(), "scenario.toml")
EXTRA = {
    "battery": {"power": "2 MW", "energy": "4 MWh"},
    "direct": {"roof": {"capacity": "5 MW", "series": {"file": "wind.csv", "unit": "1"}}},
    "links": {"l": {"from": "a", "to": "b", "capacity": "5 MW"}},
    "storage": {"s": {"bus": "a", "power": "5 MW", "energy": "9 MWh"}},
    "loads": {"l": {"bus": "a", "series": {"file": "wind.csv"}}},
    "origins": {"town": {"bus": "a"}},
    "vary": {"seed": [1, 2]},
}


def rich():
    raw = copy.deepcopy(SOUND)
    raw["sites"]["city"] |= {key: EXTRA[key] for key in ("battery", "direct")}
    raw |= {key: EXTRA[key] for key in ("links", "storage", "loads", "origins", "vary")}
    return copy.deepcopy(raw)


def paths(node, path=()):
    found = [path] if path else []
    for key in node if isinstance(node, dict) else ():
        found += paths(node[key], (*path, key))
    return found


ODD_NUMBERS = (None, True, 0, -1, 3, 1e300, float("nan"), float("inf"))
ODD_TEXTS = (
    "",
    " ",
    "a",
    "city",
    "x y",
    "NA",
    "0 MW",
    "-5 MW",
    "1e9 GW",
    "nan MW",
    "1,5 MW",
    "5 USD/MWh",
    "0 h",
    "1e9 h",
    "${SUANDIAN_DATA}/x",
    "../x",
    "constant",
    "rts-gmlc:x",
    "=1",
    "\0",
    "pai-quantiles",
)
ODD_TABLES = (
    [],
    [1],
    ["a"],
    [{}],
    {},
    {"a": 1},
    {"file": "wind.csv"},
    {"file": ""},
    {"": {}},
    {"kind": "jobs"},
)
ODD = st.sampled_from([*ODD_NUMBERS, *ODD_TEXTS, *ODD_TABLES])


def test_the_rich_scenario_is_sound():
    assert scenario(rich(), FOLDER, "scenario.toml").name == "two-sites"


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(paths(rich())), ODD), min_size=1, max_size=3))
def test_mutations(changes):
    raw = rich()
    for path, value in changes:
        table = raw
        for key in path[:-1]:
            table = table.get(key) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            continue
        if value is None:
            table.pop(path[-1], None)
        else:
            table[path[-1]] = copy.deepcopy(value)
    before = copy.deepcopy(raw)
    try:
        scenario(raw, Path(FOLDER), "scenario.toml")
    except InputError as error:
        assert error.issues
        assert all(str(issue) for issue in error.issues)
    assert repr(raw) == repr(before), "the input was changed"
