"""The verbs check, schema, plugins, new; plug-ins and the reference page."""

import json
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

from suandian.cli.main import main
from suandian.model.issues import InputError
from suandian.reading import registry
from suandian.reading.spec import reference


def run(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, "argv", ["suandian", *map(str, words)])
    try:
        main()
        code = 0
    except SystemExit as stopped:
        code = stopped.code or 0
    shown = capsys.readouterr()
    return code, shown.out, shown.err


NOTHING: dict = {"issues": [], "warnings": []}


def test_new_then_check(monkeypatch, capsys, tmp_path):
    target = tmp_path / "demo"
    assert run(monkeypatch, capsys, "new", "two-sites", target)[0] == 0
    assert run(monkeypatch, capsys, "check", target)[:2] == (0, f"{target}: no issues\n")
    assert json.loads(run(monkeypatch, capsys, "check", target, "--json")[1]) == NOTHING
    code, out, err = run(
        monkeypatch, capsys, "check", target, "--set", "policy.name=asp", "--set", "x"
    )
    assert (code, out) == (2, "") and "is not KEY=VALUE" in err
    code, out, err = run(monkeypatch, capsys, "check", target, "--set", "policy.name=asp", "--json")
    assert code == 2 and json.loads(out)["issues"][0]["remedy"] == "did you mean asap?"
    assert run(monkeypatch, capsys, "new", "two-sites", target)[0] == 2
    code, out, _ = run(monkeypatch, capsys, "new")
    assert code == 0 and "three-areas-trace" in out


def test_schema(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "schema")
    schema = json.loads(out)
    assert code == 0 and {"time", "grid", "sites", "workloads"} <= set(schema["properties"])
    assert not schema["additionalProperties"]
    assert schema["$defs"]["LineSpec"]["properties"]["from"]


def test_every_key_is_described():
    def walk(node):
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                for key, value in node["properties"].items():
                    assert value.get("description"), key
            for value in node.values():
                walk(value)

    walk(reference.schema())


def test_the_reference_page_is_up_to_date():
    page = Path(__file__).parents[2] / "docs" / "scenario.md"
    assert page.read_text() == reference.markdown(registry.built_in), (
        "run: suandian schema --markdown > docs/scenario.md"
    )


def test_plugins(monkeypatch, capsys):
    code, out, _ = run(monkeypatch, capsys, "plugins", "--json")
    rows = json.loads(out)["plugins"]
    assert code == 0 and {"inline", "matpower", "rts-gmlc"} <= {
        r["name"] for r in rows if r["kind"] == "grid"
    }
    assert "trace      pai-quantiles" in run(monkeypatch, capsys, "plugins")[1]


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_plugin_of_this_package_offers_its_port(kind):
    port = registry.KINDS[kind].port
    for plugin in registry.plugins(kind).values():
        loaded = plugin.load()
        assert isinstance(loaded, port) if port else callable(loaded.solve), plugin


def test_duplicates_are_refused_and_entry_points_found(monkeypatch):
    def entries(value, name):
        return lambda group: (
            [metadata.EntryPoint(name, value, group)] if group == "suandian.grids" else []
        )

    registry.plugins.cache_clear()
    monkeypatch.setattr(registry.metadata, "entry_points", entries("other.module", "matpower"))
    with pytest.raises(
        InputError,
        match=r"the name is used by suandian\.plugins\.grids\.matpower:GRID and by other\.module",
    ):
        registry.plugins("grid")
    monkeypatch.setattr(registry.metadata, "entry_points", entries("no.such.module", "mine"))
    registry.plugins.cache_clear()
    with pytest.raises(InputError, match="cannot be imported"):
        registry.find("grid", "mine", "f", "p").load()
    registry.plugins.cache_clear()


def test_help_is_quick_and_imports_little():
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "suandian", "--help"], capture_output=True, text=True, check=True
    )
    assert time.perf_counter() - began < 1.5  # 0.5 s on an idle machine
    assert "check" in done.stdout
    heavy = "('numpy', 'pydantic', 'pint', 'polars')"
    code = (
        f"import suandian, suandian.cli.main, sys; print([m for m in {heavy} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
