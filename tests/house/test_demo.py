"""The demo of README, run once: its tables are what it prints (some minutes of CPU)."""

from pathlib import Path

import density
import figures


def test_readme_prints_what_the_demo_prints(tmp_path: Path) -> None:
    page = (density.HERE / "README.md").read_text(encoding="utf-8")
    _, issues = figures.reprint(page, figures.Shell(tmp_path))
    assert not issues, "\n".join(issues)
