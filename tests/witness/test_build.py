"""`bench build` runs both sides in processes of their own, and the optima of a short
study agree.
"""

from pathlib import Path

import pytest

from suandian.bench import build
from suandian.bench.rows import KEYS
from suandian.scale.executors import processes


def test_both_sides_are_built_and_have_one_optimum(
    witness: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "SAME", (24,))
    rows = build.rows(2, 2, 24, 1, 0, witness, processes)
    assert all(tuple(row) == KEYS for row in rows)
    by_figure = {row["figure"]: row for row in rows}
    assert by_figure["optimum"]["same_answer"] is True
    times = by_figure["build to the solver's arrays"]
    assert (
        times["ratio"] == pytest.approx(times["peer_value"] / times["value"]) and times["ratio"] > 1
    )
    assert by_figure["largest memory of the process"]["peer_value"] > 100
