"""Density of the source: targets once reached stay reached, the others only improve."""

import json
from pathlib import Path

import pytest

import density

SOURCE = density.HERE / "src"

DENSE = '''"""A docstring counts for nothing."""
import os

# a comment on a line of its own
def f(x):  # one behind code does not count
    """Neither does this one."""
    return f"{x} of {x + 1}"


class Twice:
    pass
'''


def test_no_figure_slips_back() -> None:
    rooms, twice = density.measure(SOURCE)
    stored = json.loads(density.STORED.read_text(encoding="utf-8"))
    slips = density.slipped(density.figures(rooms["total"], twice), stored)
    assert not slips, f"{slips}; see python tools/density.py"


def test_counts_of_a_file_counted_by_hand() -> None:
    counts = density.of_file(DENSE, "a.py")
    # import os: 2; def f(x): 6; return f"…": 2, an f-string is one; class Twice: 3; pass 1
    assert counts.tokens == 14
    assert counts.code_lines == 5
    assert counts.comments == 1
    assert counts.tokens_per_line == pytest.approx(2.8)
    assert counts.comments_per_100_lines == pytest.approx(20)


def test_what_is_too_wide_or_too_long_is_named_with_its_place() -> None:
    long = "def f():\n" + "    pass\n" * density.FUNCTION_LINES
    counts = density.of_file(long + f"x = '{'算' * 48}'\n" * 400, "a.py")
    assert counts.long_functions == ["a.py:1 f (61)"]
    assert counts.long_files == ["a.py (461)"]
    # 48 wide characters take 96 columns, `x = ''` 6 more
    assert len(counts.wide_lines) == 400
    assert not density.of_file(long.replace("    pass\n", "", 1), "a.py").long_functions


def test_a_class_name_in_two_files_is_found_and_a_private_one_is_not(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text("class _Own: ...\n")
    (tmp_path / "room").mkdir()
    for name in ("a", "b"):
        (tmp_path / "room" / f"{name}.py").write_text(DENSE + "class _Own: ...\n")
    rooms, twice = density.measure(tmp_path)
    assert list(twice) == ["Twice"]
    assert list(rooms) == [".", "room", "total"]
    assert rooms["total"].files == 3


def test_a_worse_figure_is_a_slip_and_a_better_one_tightens() -> None:
    stored = {"tokens_per_line": 9.5, "comments_per_100_lines": 1.0}
    worse = {"tokens_per_line": 9.51, "comments_per_100_lines": 0.9}
    better = {"tokens_per_line": 9.4, "comments_per_100_lines": 1.2}
    assert len(density.slipped(worse, stored)) == 2
    assert not density.slipped(better, stored)
    assert density.tighten(better, stored) == better
    assert density.tighten(worse, stored) == stored
