"""A progress bar on a terminal, nothing on a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tick = Callable[[int, int, str], None]


def _silent(_done: int, _of: int, _label: str) -> None:
    """Show nothing."""


@contextmanager
def bar(title: str) -> Iterator[Tick]:
    """Show progress on stderr while the block runs; call the yielded function with (done, total,
    label).
    """
    # a pipe gets nothing: logs and other programs must not have to filter a moving bar
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as shown:
        task = shown.add_task(title, total=None)

        def tick(done: int, of: int, label: str) -> None:
            shown.update(task, completed=done, total=of, description=f"{title} {label}".strip())

        yield tick
