"""Benchmarks register themselves, take options of their own, and their stored rows make the tables
of the docs.
"""

import json
import pkgutil
from pathlib import Path

import pytest

import suandian.bench as room
from suandian.bench import registry
from suandian.bench.document import main, page, stored, table
from suandian.bench.machine import machine
from suandian.bench.registry import Bench, Option
from suandian.bench.rows import KEYS, in_turns, paired, row
from suandian.model.issues import InputError

ROOT = Path(__file__).parents[2]


def test_every_benchmark_is_found_by_the_name_of_its_module_and_its_options_fit_its_function() -> (
    None
):
    import inspect

    found = registry.benches()
    assert (
        {"replan", "weeks"} <= set(found) <= {m.name for m in pkgutil.iter_modules(room.__path__)}
    )
    for name, bench in found.items():
        assert registry.find(name) is bench and bench.description
        wanted = set(inspect.signature(bench.rows).parameters)
        assert {o.name for o in bench.options} <= wanted
    with pytest.raises(InputError, match="weeks"):
        registry.find("week")


def test_options_are_read_by_the_type_of_their_default_and_all_that_is_wrong_is_told() -> None:
    def rows(count: int, share: float, where: Path, tick: object) -> list[dict]:
        return [row("x", count, f"{where}", [share], "1")]

    options = (
        Option("count", 3, "how many"),
        Option("share", 0.5, "s"),
        Option("where", Path("a"), "w"),
    )
    bench = Bench("x", "x", rows, options)
    made = bench.run(bench.parse(["--count", "7", "--share=0.25"]))
    assert (made[0]["size"], made[0]["value"], made[0]["figure"]) == (7, 0.25, "a")
    with pytest.raises(InputError) as caught:
        bench.parse(["--cuont", "7", "--where"])
    assert [i.message for i in caught.value.issues] == ["no such option", "has no value"]
    assert "count" in str(caught.value.issues[0])
    with pytest.raises(InputError, match="another type"):
        bench.parse(["--count", "many"])


def test_pairs_are_measured_in_turns_and_the_ratio_is_that_of_the_pairs() -> None:
    order: list[str] = []
    clock = iter(range(1, 100))

    def side(name: str, factor: float):
        def measure() -> tuple[float, float]:
            order.append(name)
            return factor * next(clock), 10.0

        return measure

    samples = in_turns({"ours": side("ours", 1.0), "theirs": side("theirs", 4.0)}, 2)
    assert order == ["ours", "theirs"] * 3 and samples == {
        "ours": [(3.0, 10.0), (5.0, 10.0)],
        "theirs": [(16.0, 10.0), (24.0, 10.0)],
    }
    made = paired("n", 1, "f", samples["ours"], "peer", samples["theirs"])
    assert tuple(made) == KEYS and made["same_answer"] is True
    assert made["ratio"] == pytest.approx((16 / 3 + 24 / 5) / 2) and made[
        "ratio_high"
    ] == pytest.approx(16 / 3)
    off = paired("n", 1, "f", samples["ours"], "peer", [(16.0, 10.0), (24.0, 10.1)])
    assert off["same_answer"] is False


def test_tables_come_from_stored_results_and_a_stale_page_is_told(
    tmp_path: Path, monkeypatch
) -> None:
    made = [paired("x", 12, "time", [(0.5, 1.0)], "peer", [(2.0, 1.0)])]
    (tmp_path / "x.json").write_text(
        json.dumps(stored("x", {"where": Path("a")}, made, "2026-11-24", machine()))
    )
    monkeypatch.chdir(tmp_path)
    text = "before\n<!-- bench: x.json -->\nold\n<!-- end -->\nafter\n"
    new = page(text)
    assert "| 12 | time | 0.500 s |  | peer | 2.00 s | 4.00 | yes |" in new and "old" not in new
    assert "suandian bench x --where a" in new and "2026-11-24, " in new
    (tmp_path / "p.md").write_text(text)
    assert main(["--check", "p.md"]) == 1 and main(["p.md"]) == 0 and main(["--check", "p.md"]) == 0
    assert (tmp_path / "p.md").read_text() == new == page(new)


def test_the_tables_of_the_performance_page_are_those_of_the_stored_results() -> None:
    text = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert page(text, ROOT) == text
    for path in (ROOT / "docs" / "benchmarks").glob("*.json"):
        assert table(json.loads(path.read_text(encoding="utf-8")))
