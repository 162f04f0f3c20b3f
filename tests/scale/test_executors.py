"""Executors: this process, processes, a Dask cluster that the test starts; the same
plan on each.
"""

import json
import sys

import pytest

from suandian.cli.main import main
from suandian.model.issues import InputError
from suandian.reading import templates
from suandian.scale.executors import executor


def plan(monkeypatch, capsys, *more: str) -> dict:
    path = str(templates.folder("two-sites"))
    monkeypatch.setattr(
        sys, "argv", ["suandian", "plan", path, "--whole", "--window", "24", "--json", *more]
    )
    with pytest.raises(SystemExit) as stopped:
        main()
    shown = capsys.readouterr()
    assert stopped.value.code in (0, None), shown.err
    told = json.loads(shown.out)
    told.pop("solver_cpu_s")
    return told


def test_processes_and_a_cluster_give_the_plan_of_one_process(
    monkeypatch, capsys, tmp_path
) -> None:
    distributed = pytest.importorskip("distributed")
    alone = plan(monkeypatch, capsys, "--workers", "1", "--out", str(tmp_path / "a"))
    assert alone["bound"] <= alone["cost"] <= alone["cost_without_shifting"]
    assert plan(monkeypatch, capsys, "--workers", "2", "--out", str(tmp_path / "b")) == alone
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        address = cluster.scheduler_address
        assert (
            plan(monkeypatch, capsys, "--cluster", address, "--out", str(tmp_path / "c")) == alone
        )
    tables = {(tmp_path / k / "whole.parquet").read_bytes() for k in "abc"}
    assert len(tables) == 1


def test_nobody_at_the_address_is_said_so() -> None:
    pytest.importorskip("distributed")
    with (
        pytest.raises(InputError, match="no cluster answers there"),
        executor(cluster="nonsense://x"),
    ):
        pass
