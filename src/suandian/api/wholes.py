"""`plan_whole`: the whole study planned at once in windows, with its cost, its bound, their gap."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from suandian.horizon import whole
from suandian.maths.blocks.direct_supply import reached
from suandian.maths.prepared import Prepared
from suandian.model.scenario import Scenario
from suandian.record.schemas import utc
from suandian.scale.executors import executor

Tick = Callable[[int, int, str], None]


@dataclass(frozen=True, eq=False)
class WholePlan:
    """A whole study planned with perfect foresight, and the same study without shifting any work.

    `plan` and `inflexible` hold cost and proven bound [currency] and the arrays of the plan.
    """

    scenario: Scenario
    plan: whole.Whole
    inflexible: whole.Whole

    @property
    def cost(self) -> float:
        """Cost of the plan [currency]."""
        return self.plan.cost

    @property
    def bound(self) -> float:
        """Proven lower bound on the cost of any plan [currency]."""
        return self.plan.bound

    @property
    def flexibility_value(self) -> float:
        """What shifting is worth at most [currency]: cost without any shifting − bound."""
        return self.inflexible.cost - self.bound

    @cached_property
    def table(self) -> pl.DataFrame:
        """The plan by step: `start` (UTC), `work_mw:SITE` of IT power, `price_per_mwh:SITE`,
        `level_mwh:STORE`.
        """
        result = self.plan.result
        sites = self.scenario.sites
        work = result.column("work")
        price = result.price()[:, sites.bus]
        columns: dict[str, Any] = {"start": utc(self.scenario.axis.edges_s[:-1])}
        for d, name in enumerate(sites.id.tolist()):
            columns |= {f"work_mw:{name}": work[:, d], f"price_per_mwh:{name}": price[:, d]}
        for s, name in enumerate(self.scenario.grid.storage.id.tolist()):
            columns[f"level_mwh:{name}"] = result.column("level")[:, s]
        return pl.DataFrame(columns)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as `suandian plan --whole --json` prints them."""
        gap = self.cost - self.bound
        worth = self.flexibility_value
        compiled = self.plan.result.compiled
        return {
            "name": self.scenario.name,
            "currency": self.scenario.currency,
            "scenario_hash": self.scenario.hash,
            "steps": compiled.window.n,
            "columns": compiled.problem.shape[1],
            "windows": len(self.plan.windows),
            "cost": self.cost,
            "bound": self.bound,
            "gap": gap,
            "gap_of_cost": _share(gap, abs(self.bound)),
            "cost_without_shifting": self.inflexible.cost,
            "flexibility_value": worth,
            "gap_of_flexibility_value": gap / worth if worth > 0 else None,
            "solver_cpu_s": self.plan.seconds,
            "certificate": self.plan.certificate.as_dict(),
            "ratios": self._ratios(),
        }

    def _ratios(self) -> list[dict[str, Any]]:
        """Return what each limited site asks for and reaches [1]."""
        totals = self.scenario.totals
        shares = reached(self.plan.result)
        if totals is None:
            return []
        asked = (
            ("self_use", totals.self_use, shares.self_use),
            ("green_share", totals.green_share, shares.green_share),
            ("export", totals.export, shares.export),
        )
        return [
            {
                "site": str(self.scenario.sites.id[d]),
                "ratio": name,
                "limit": float(limit[d]),
                "reached": float(share[i]),
            }
            for i, d in enumerate(shares.site.tolist())
            for name, limit, share in asked
            if limit[d] == limit[d]  # nan: this site has no such limit
        ]

    def write(self, out: str | Path) -> Path:
        """Write whole.json, scenario.toml and the plan by step as whole.parquet; returns the
        folder.
        """
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        self.table.write_parquet(folder / "whole.parquet")
        text = json.dumps(self.as_dict(), indent=1, allow_nan=False)
        for name, content in (("scenario.toml", self.scenario.text), ("whole.json", text)):
            (folder / name).write_text(content, encoding="utf-8", newline="\n")
        return folder


def _share(part: float, whole: float) -> float | None:
    """Return part / whole; None where that is no number."""
    if part == 0.0:
        return 0.0
    return part / whole if whole else None


def plan_whole(
    scenario: Scenario,
    window_h: float = 96.0,
    overlap_h: float = 24.0,
    workers: int = 1,
    cluster: str = "",
    progress: Tick | None = None,
) -> WholePlan:
    """Plan the whole study with perfect foresight, in windows, with a proven bound.

    A window is `window_h` [h] long and sees `overlap_h` [h] before and after it. `workers` are
    processes here, `cluster` the address of a Dask scheduler instead; `progress(done, total,
    label)` is called on the way.

    Raises
    ------
    InputError
        Dask is not installed, or nobody answers at `cluster`.
    SolveError
        A window has no usable solution.
    """
    # both studies share what does not change, and the same cut: their difference is shifting
    prepared = Prepared.of(scenario)
    # what may not shift cannot reach ratios either: the baseline is free of them
    unlimited = replace(prepared, totals=None)
    cut = whole.Cut(window_h, overlap_h)
    with executor(workers, cluster) as pool:
        shifted = whole.plan_whole(prepared, whole.whole_window(scenario), cut, pool, progress)
        fixed_window = whole.inflexible_window(scenario)
        fixed = whole.plan_whole(unlimited, fixed_window, cut, pool, progress)
    return WholePlan(scenario, shifted, fixed)
