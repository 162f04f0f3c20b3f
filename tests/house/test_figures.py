"""Figures in pages are what the commands above them print. README's demo: test_demo.py."""

from pathlib import Path

import pytest

import density
import figures

ROOT = density.HERE

PAGE = """# A page

<!-- run: suandian new two-sites s -->
<!-- printed by: COMMAND -->
```
$ suandian plugins
a row, USD   1,234   −5.0
…
```

<!-- numbers of: COMMAND -->
It costs 1,234 USD, in 12 steps.
"""


class Told(figures.Shell):
    """A shell that prints what it was told."""

    def output(self, command: str) -> str:
        return self.outputs.get(command, "")


def shell(output: str) -> Told:
    told = Told(Path())
    told.outputs["COMMAND"] = output
    return told


def test_a_page_that_is_true_stays_as_it_is() -> None:
    assert figures.reprint(PAGE, shell("a row, USD   1,234   −5.0\n")) == (PAGE, [])


def test_a_figure_that_differs_is_told_and_reprinted() -> None:
    page, issues = figures.reprint(PAGE, shell("x 7\na row, USD   1,240   −5.0\n"))
    assert "a row, USD   1,240   −5.0" in page
    assert len(issues) == 2
    assert "1,234" in issues[0] and "1,240" in issues[0]
    assert issues[1].endswith("has no 1,234")


def test_a_line_that_is_printed_no_more_is_told() -> None:
    _, issues = figures.reprint(PAGE, shell("another row, USD   1,234   −5.0\n"))
    assert issues == ["COMMAND: does not print: a row, USD   1,234   −5.0"]


@pytest.mark.parametrize("name", ["docs/tutorial.md", "docs/concepts.md", "docs/jobs.md"])
def test_figures_of_pages_are_printed_by_their_commands(name: str, tmp_path: Path) -> None:
    page = (ROOT / name).read_text(encoding="utf-8")
    _, issues = figures.reprint(page, figures.Shell(tmp_path))
    assert not issues, "\n".join(issues)
