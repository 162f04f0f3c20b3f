"""The figures of a run as data, HTML, SVG and PDF: the same that its page shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import plotly.graph_objects as go

from suandian.api.browser import draw
from suandian.api.results import AnyRun, open_run
from suandian.model.issues import InputError, Issue
from suandian.record.read import Run
from suandian.report.page import panels

# size of a drawn figure unless asked otherwise [px]
PAGE_W = 900
PAGE_H = 450


@dataclass(frozen=True, eq=False)
class RunFigure:
    """A figure of a run: its `title`, the sentence under it, and plotly's description of it."""

    title: str
    caption: str
    figure: go.Figure

    def data(self) -> dict[str, Any]:
        """Return the figure as plain values: `data` (the traces with their numbers), `layout`."""
        plain: dict[str, Any] = json.loads(self.figure.to_json())
        return plain

    def html(self) -> str:
        """Return a page of its own that needs no network."""
        text: str = self.figure.to_html(include_plotlyjs=True, full_html=True)
        return text

    def svg(self, width: int = PAGE_W, height: int = PAGE_H) -> bytes:
        """Return the figure drawn as SVG of so many pixels; needs the extra `figures`.

        Raises
        ------
        InputError
            The extra is not installed.
        """
        return draw(self.figure, "svg", width, height)

    def pdf(self, width: int = PAGE_W, height: int = PAGE_H) -> bytes:
        """Return the figure drawn as PDF of so many points; needs the extra `figures`.

        Raises
        ------
        InputError
            The extra is not installed.
        """
        return draw(self.figure, "pdf", width, height)

    def write(self, path: str | Path) -> Path:
        """Write the figure in the format that the ending of `path` names; returns the path.

        Raises
        ------
        InputError
            The ending is none of .json, .html, .svg, .pdf, or the extra `figures` is missing.
        """
        target = Path(path)
        # chosen by the ending, as everybody who writes files expects
        writers: dict[str, Callable[[], bytes]] = {
            ".json": lambda: json.dumps(self.data(), allow_nan=False).encode(),
            ".html": lambda: self.html().encode(),
            ".svg": self.svg,
            ".pdf": self.pdf,
        }
        if target.suffix not in writers:
            allowed = ", ".join(writers)
            raise InputError([Issue("figure", "path", str(path), "is of no known kind", allowed)])
        target.write_bytes(writers[target.suffix]())
        return target


def figures(run: AnyRun, against: Sequence[AnyRun] = ()) -> dict[str, RunFigure]:
    """Return the figures of a run's page by title, compared as `report` compares it.

    Raises
    ------
    InputError
        A run of `against` cannot be compared with `run`.
    RecordError
        A folder is incomplete or damaged.
    """
    # what is compared changes the figures: the same choice as for the page
    opened, *others = (r if isinstance(r, Run) else open_run(r) for r in (run, *against))
    shown = panels(opened, others)
    return {panel.title: RunFigure(panel.title, panel.caption, panel.figure) for panel in shown}
