"""The page: self-contained, escaped, complete; and its figures."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from report.fake import make_run, opened
from suandian.model.issues import InputError
from suandian.report.experiment import CaseRun, groups, open_all
from suandian.report.figures import computing, cost, grid_map, moves, queue, storage, supply, vary
from suandian.report.measures import Measures
from suandian.report.page import write_comparison, write_report


class Reader(HTMLParser):
    """Collects tags with their attributes, and text outside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self._inside = tag

    def handle_endtag(self, tag):
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data):
        if not self._inside:
            self.text.append(data)


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Reader:
    folder = tmp_path_factory.mktemp("runs")
    make_run(folder / "asap")
    make_run(folder / "separate", "separate")
    make_run(folder / "oracle", "oracle", moved=True, bound=100_000.0)
    refs = {name: [f"../{name}", f"head-of-{name}"] for name in ("asap", "separate", "oracle")}
    write_report(
        opened(folder / "joint", "joint", moved=True, reference_runs=refs),
        [],
        folder / "report.html",
    )
    return read(folder / "report.html")


def test_nothing_is_loaded_from_elsewhere(page: Reader) -> None:
    outside = [
        (tag, name, value)
        for tag, attrs in page.tags
        for name, value in attrs.items()
        if name in ("src", "href", "data", "action", "poster", "srcset")
        and not (value or "").startswith("#")
    ]
    assert outside == []
    policy = next(
        a["content"]
        for t, a in page.tags
        if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None and policy.startswith("default-src 'none'")


def test_plotly_is_inlined_once(page: Reader) -> None:
    assert sum(tag == "script" and "src" not in attrs for tag, attrs in page.tags) >= 8
    assert sum("plotly-graph-div" in (attrs.get("class") or "") for _, attrs in page.tags) == 10


def test_sections_and_numbers_are_there_without_javascript(page: Reader) -> None:
    text = " ".join(" ".join(page.text).split())
    for wanted in (
        "算电协同",
        "153.5 k USD",
        "−4.3 % against separate",
        "running all work where and when it was submitted",
        "joint against separate",
        "120 MWh net go to west",
        "system_cost",
        "carbon_system_t",
        "curve of coal repaired",
        "pai-quantiles",
        "head-of-oracle",
        "fake-joint",
        "highs simplex",
        "suandian 0.1.0",
        "gap to the bound",
    ):
        assert wanted in text, wanted
    assert "nan" not in text.lower().split() and "None" not in text.replace("None.", "")


def test_names_from_the_scenario_are_escaped(tmp_path: Path) -> None:
    evil = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    run = opened(tmp_path / "run", notes=[evil], name=evil, packages={evil: "1"})
    toml = run.path / "scenario.toml"
    toml.write_text(
        toml.read_text().replace(
            "[workloads.web-east]", f'[workloads."{evil}"]\nkind = "jobs"\n[workloads.web-east]'
        )
    )
    write_report(run, [], tmp_path / "r.html")
    found = read(tmp_path / "r.html")
    assert not any(tag == "img" for tag, _ in found.tags)
    plain = opened(tmp_path / "plain")
    write_report(plain, [], tmp_path / "p.html")
    scripts = [sum(tag == "script" for tag, _ in read(tmp_path / f"{n}.html").tags) for n in "rp"]
    assert scripts[0] == scripts[1]
    assert evil in "".join(found.text)


def test_a_hostile_site_name_does_not_leave_its_script(tmp_path: Path) -> None:
    import polars as pl

    run = opened(tmp_path / "run")
    bad = "</script><script>alert(1)</script>"
    for name, columns in (
        ("nodes", ["node"]),
        ("flows", ["from_node", "to_node"]),
        ("prices", ["node"]),
        ("jobs", ["site"]),
    ):
        table = pl.read_parquet(run.path / f"{name}.parquet")
        table.with_columns(
            pl.col(c).str.replace("east", bad, literal=True) for c in columns
        ).write_parquet(run.path / f"{name}.parquet")
    write_report(type(run)(run.path, run.record), [], tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text()
    assert "<script>alert(1)" not in text


def test_a_run_alone_has_a_page(tmp_path: Path) -> None:
    write_report(opened(tmp_path / "asap"), [], tmp_path / "r.html")
    text = " ".join(read(tmp_path / "r.html").text)
    assert "Reasons" in text and "against separate" not in text


def test_report_against_another_scenario_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="inputs"):
        write_report(
            opened(tmp_path / "a"),
            [opened(tmp_path / "b", "joint", inputs={})],
            tmp_path / "r.html",
        )
    assert not (tmp_path / "r.html").exists()


def experiment(folder: Path) -> Path:
    cases = []
    for price in (0, 30):
        for policy, moved in (("asap", False), ("joint", True)):
            name = f"{price}-{policy}"
            make_run(folder / name, policy, moved, carbon_price=float(price))
            values = {
                "policy.name": policy,
                "sites.west.bus": "w",
                "goal.carbon_price": f"{price} USD/t",
            }
            cases.append({"label": name, "values": values, "path": name})
    (folder / "experiment.json").write_text(json.dumps({"cases": cases}))
    return folder


def test_an_experiment_is_compared_case_by_case(tmp_path: Path) -> None:
    cases = open_all([experiment(tmp_path)])
    assert [len(group) for group in groups(cases)] == [2, 2]
    write_comparison(cases, tmp_path / "c.html")
    text = " ".join(read(tmp_path / "c.html").text)
    assert "goal.carbon_price = 30 USD/t" in text
    assert re.search(
        r"At carbon price 0 USD/t: joint instead of asap at bus w saves 6,960 USD \(4\.3 %\)", text
    )


def test_command_line_prints_table_and_json(tmp_path: Path, capsys) -> None:
    from suandian.cli.compare import compare

    make_run(tmp_path / "a")
    make_run(tmp_path / "b", "joint", moved=True)
    compare([tmp_path / "a", tmp_path / "b"], as_json=True, out=tmp_path / "x" / "c.html")
    rows = json.loads(capsys.readouterr().out)["comparisons"][0]["rows"]
    assert [row["policy"] for row in rows] == ["asap", "joint"]
    assert (tmp_path / "x" / "c.html").exists()
    compare([experiment(tmp_path)])
    assert "joint" in capsys.readouterr().out


def test_figures_hold_the_numbers(tmp_path: Path) -> None:
    m = Measures(opened(tmp_path / "joint", "joint", moved=True), "joint")
    base = Measures(opened(tmp_path / "asap"), "asap")
    traces = {t.name: t for t in supply.figure(m).data}
    assert list(traces) == [
        "coal",
        "gas",
        "wind",
        "solar",
        "storage discharge",
        "curtailed",
        "load without computing",
        "load + computing",
    ]
    assert sum(traces["curtailed"].y[:-1]) == pytest.approx(552)
    assert traces["load without computing"].y[0] == 170
    where = moves.where_figure(m)
    assert [list(row) for row in where.data[0].z] == [
        [0.4, 0.0, 0.6],
        [0.0, 1.0, 0.0],
        [0.0, 0.0, 1.0],
    ]
    change = {t.name: t for t in moves.when_figure(m, base).data if t.type == "bar"}
    assert list(change["east"].y[:13]) == [-10.0] * 12 + [0.0]
    hand = queue.figure(m, base).data
    assert max(next(t for t in hand if t.name == "joint" and t.type == "scatter").y) == 20
    rated = grid_map.edges(m)
    assert dict(rated.select("line", "loading").iter_rows())["line:we"] == pytest.approx(1)
    assert max(storage.figure(m).data[0].y) == pytest.approx(14.5)
    assert len([t for t in computing.figure(m, base).data if t.showlegend]) == 5


def test_experiment_figure_has_two_bars_per_case(tmp_path: Path) -> None:
    cases = [
        vary.VariedRun(case.values, Measures(case.run, case.run.record["policy"]))
        for case in open_all([experiment(tmp_path)])
    ]
    fig = vary.figure(cases)
    assert [trace.name for trace in fig.data] == ["asap", "asap", "joint", "joint"]
    assert fig.data[2].text[0] == "153.5<br>−4.3 %"


def test_places_without_positions_lie_on_a_circle(tmp_path: Path) -> None:
    import polars as pl

    run = opened(tmp_path / "a")
    run.nodes.with_columns(lat=pl.lit(None, pl.Float64)).write_parquet(run.path / "nodes.parquet")
    at = grid_map.places(Measures(type(run)(run.path, run.record), "a"))
    assert len({(round(x, 6), round(y, 6)) for x, y in at.values()}) == 3
    assert all(x * x + y * y == pytest.approx(1) for x, y in at.values())


def test_cost_figure_needs_no_bound(tmp_path: Path) -> None:
    from suandian.report.compare import compare

    c = compare([CaseRun(opened(tmp_path / "a")).run, opened(tmp_path / "b", "joint", moved=True)])
    assert "bound" not in cost.caption(c)
    assert len(cost.figure(c).data) >= 3
