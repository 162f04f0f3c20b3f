"""Executors that verbs hand down: this process, processes of this machine, a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any

from suandian.model.issues import InputError, Issue


def processes(workers: int) -> ProcessPoolExecutor:
    """Return an executor of `workers` fresh processes (a forked one would inherit the solver's
    threads).
    """
    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))


@contextmanager
def executor(workers: int = 1, cluster: str = "") -> Iterator[Executor | None]:
    """Yield the executor asked for: None for this process, else processes, or the Dask cluster at
    address `cluster`.

    Raises
    ------
    InputError
        Dask is not installed, or nobody answers at `cluster`.
    """
    if cluster:
        with _client(cluster) as client:
            yield client.get_executor()
    # one worker needs no process: errors and profiles then are those of this one
    elif workers == 1:
        yield None
    else:
        with processes(workers) as pool:
            yield pool


@contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        from distributed import Client
    except ImportError as error:
        remedy = "pip install suandian[dist]"
        raise InputError(
            [Issue("--cluster", "dask", address, "Dask is not installed", remedy=remedy)]
        ) from error
    try:
        connect: Any = Client
        # ten seconds tell a wrong address from a busy scheduler; the client is for this block and
        # must not become everybody's default
        client = connect(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        remedy = "start one: dask scheduler, dask worker ADDRESS"
        message = f"no cluster answers there: {error}"
        raise InputError(
            [Issue("--cluster", "address", address, message, "tcp://HOST:PORT", remedy)]
        ) from error
    with client:
        yield client
