"""TOML: overrides, merging, the writer; reading back what was written."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.model.issues import InputError
from suandian.reading.spec.written import write
from suandian.reading.text.toml import assign, merged, parse_override, read, split_key
from suandian.reading.text.vary import expand

keys = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
leaves = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
    | st.datetimes().map(lambda moment: moment.replace(microsecond=0))
)
lists = st.lists(leaves, max_size=3) | st.lists(
    st.dictionaries(keys, leaves, max_size=2), max_size=2
)
tables = st.recursive(
    st.dictionaries(keys, leaves | lists, max_size=4),
    lambda inner: st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(tables)
def test_what_is_written_reads_back(table):
    text = write(table)
    assert tomllib.loads(text) == table
    assert write(tomllib.loads(text)) == text


def quoted(part):
    return write({part: 1}).removesuffix(" = 1\n")


@settings(deadline=None)
@given(st.lists(keys, min_size=1, max_size=4), leaves)
def test_set_takes_any_key_and_any_toml_value(parts, value):
    key = ".".join(quoted(part) for part in parts)
    assert split_key(key) == parts
    text = write({"v": value}).removeprefix("v = ").removesuffix("\n")
    found_key, found = parse_override(f"{key}={text}")
    assert split_key(found_key) == parts
    assert found == value and type(found) is type(value)
    raw = {}
    assign(raw, found_key, found)
    for part in parts:
        raw = raw[part]
    assert raw == value


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "Zs"]), min_size=1, max_size=12))
def test_what_is_not_toml_is_a_string(text):
    key, value = parse_override(f"name={text}")
    assert key == "name"
    try:
        expected = tomllib.loads(f"v = {text.strip()}")["v"]
    except tomllib.TOMLDecodeError:
        expected = text.strip()
    assert value == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a=80 USD/t", "80 USD/t"),
        ("a=x=y", "x=y"),
        ("a=", ""),
        ("a=[1, 2]", [1, 2]),
        ('a="3"', "3"),
        ("a=1\nb=2", "1\nb=2"),
    ],
)
def test_set_values(text, value):
    assert parse_override(text) == ("a", value)


@pytest.mark.parametrize("text", ["", "=3", "novalue", "a b=1", "a..b=1", "a\nb=1"])
def test_bad_overrides_are_issues(tmp_path, text):
    (tmp_path / "s.toml").write_text("version = 1\n")
    with pytest.raises(InputError) as caught:
        read(tmp_path / "s.toml", [text, "version.x=1"])
    assert [issue.file for issue in caught.value.issues] == ["--set", "--set"]


def test_a_set_does_not_reach_into_what_it_extends(tmp_path):
    (tmp_path / "base.toml").write_text("[a]\nx = 1\ny = [1, 2]\n")
    (tmp_path / "s.toml").write_text('extends = "base.toml"\n[a]\ny = [3]\n')
    assert read(tmp_path / "s.toml", ["a.z=2"]) == {"a": {"x": 1, "y": [3], "z": 2}}


@settings(deadline=None)
@given(tables, tables)
def test_merging_keeps_the_upper_table(base, top):
    both = merged(base, top)
    assert set(both) == set(base) | set(top)
    assert all(
        both[k] == v
        for k, v in top.items()
        if not isinstance(v, dict) or not isinstance(base.get(k), dict)
    )
    assert merged(both, top) == both


def test_vary_is_a_product_times_tied_rows():
    vary = {
        "seed": [1, 2],
        "policy.name": ["asap", "joint", "oracle"],
        "cases": [{"a.b": 1, "c": "x"}, {"a.b": 2}],
    }
    cases = expand(vary)
    assert len(cases) == 12
    assert dict(cases[0].labels) == {"seed": "1", "policy.name": "asap", "a.b": "1", "c": "x"}
    assert cases[0].sets == (("seed", 1), ("policy.name", "asap"), ("a.b", 1), ("c", "x"))


@pytest.mark.parametrize(
    "vary",
    [
        {"seed": 3},
        {"seed": []},
        {"a b": [1]},
        {"cases": []},
        {"cases": {"x": 1}},
        {"vary.x": [1]},
        {"x": [1] * 101, "y": [1] * 100},
    ],
)
def test_vary_refuses(vary):
    with pytest.raises(InputError):
        expand(vary)
