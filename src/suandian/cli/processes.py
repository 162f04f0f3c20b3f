"""Processes for independent cases: the executor that verbs hand down."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor


def processes(workers: int) -> ProcessPoolExecutor:
    """Return an executor of `workers` fresh processes (a forked one would inherit the solver's threads)."""
    from multiprocessing import get_context

    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
