"""Options of plug-ins: in `check` with place and remedy, in the schema, and as inputs of a run."""

import json

import pytest

from suandian.model.issues import InputError
from suandian.model.ports.options import Field, InputFolder, InputPath, PluginOptions
from suandian.reading import check
from suandian.reading.options import read_options
from suandian.reading.spec import reference
from suandian.reading.templates import folder

TRACE = "workloads.training.trace_options"


class Wave(PluginOptions):
    """Options of these tests."""

    peak_h: int = Field(ge=0, le=23, description="hour of the peak [h]")
    file: InputPath | None = Field(default=None, description="a file")
    path: InputFolder | None = Field(default=None, description="a folder")


def issues_of(given):
    with pytest.raises(InputError) as caught:
        read_options(Wave, given, "scenario.toml", "grid")
    return [(i.file, i.place, i.message, i.remedy) for i in caught.value.issues]


def test_every_finding_has_its_place_and_a_remedy():
    file = "scenario.toml"
    assert issues_of({"peek_h": 3}) == [
        (file, "grid.peak_h", "is missing", "add it"),
        (file, "grid.peek_h", "unknown option", "did you mean peak_h?"),
    ]
    assert issues_of({"peak_h": 24}) == [
        (file, "grid.peak_h", "is out of range", "check the value")
    ]
    assert issues_of({"peak_h": "3"})[0][2] == "is not a whole number"
    assert issues_of({"peak_h": 3, "file": 7})[0][2] == "is not a path"


def test_paths_are_made_absolute_and_remembered(tmp_path):
    asked = []

    def path_of(text, place, folder):
        asked.append((text, place, folder))
        return tmp_path / text

    given = {"peak_h": 3, "file": "a.csv", "path": "data"}
    options = read_options(Wave, given, "scenario.toml", "grid", path_of)
    assert (options.file, options.path) == (tmp_path / "a.csv", tmp_path / "data")
    assert asked == [("a.csv", "grid.file", False), ("data", "grid.path", True)]


def test_check_names_the_option_of_a_trace():
    found = check(folder("two-sites"), [f"{TRACE}.bundles_per_wek=2000"])
    assert [(i.place, i.remedy) for i in found] == [
        (f"{TRACE}.bundles_per_wek", "did you mean bundles_per_week?")
    ]


def test_check_names_the_option_of_a_grid(tmp_path):
    case = '[grid]\nplugin = "matpower"\nfil = "case.m"\n'
    text = (folder("two-sites") / "scenario.toml").read_text()
    first, last = text.index("[grid]"), text.index("[sites.city]")
    (tmp_path / "scenario.toml").write_text(text[:first] + case + text[last:])
    found = {i.place: (i.message, i.remedy) for i in check(tmp_path)}
    assert found["grid.fil"] == ("unknown option", "did you mean file?")
    assert found["grid.file"] == ("is missing", "add it")


def test_the_schema_says_which_options_follow_from_which_plugin():
    schema = reference.schema()
    rules = schema["$defs"]["GridSpec"]["allOf"]
    by_name = {rule["if"]["properties"]["plugin"]["const"]: rule["then"] for rule in rules}
    assert by_name["matpower"]["required"] == ["file"]
    assert "areas" in by_name["rts-gmlc"]["propertyNames"]["enum"]
    assert "areas" not in by_name["matpower"]["propertyNames"]["enum"]
    jobs = {
        rule["if"]["properties"]["trace"]["const"]: rule["then"]["properties"]["trace_options"]
        for rule in schema["$defs"]["JobsSpec"]["allOf"]
    }
    assert jobs["sacct"] == {"$ref": "#/$defs/SacctOptions"}
    assert "zone" in schema["$defs"]["SacctOptions"]["properties"]
    json.dumps(schema)


def test_a_grid_can_be_read_from_a_folder_of_the_scenario(tmp_path):
    # the folder is hashed by names and contents: a changed file is another scenario
    from suandian.reading.text.paths import sha256_of_folder

    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("1")
    first = sha256_of_folder(tmp_path / "data")
    (tmp_path / "data" / "a.csv").write_text("2")
    assert sha256_of_folder(tmp_path / "data") != first
