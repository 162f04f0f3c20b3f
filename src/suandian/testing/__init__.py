"""Contract suites: what every plug-in of a kind must do. Run them on your own in your own tests.

Each `check_<kind>` returns the rules that the plug-in keeps, and raises `ContractError` (an
AssertionError) with all that it breaks. Our own plug-ins pass the same suites.

Examples
--------
>>> from suandian.plugins.traces.pai_quantiles import TRACE
>>> from suandian.testing import check_trace
>>> "the same seed gives the same jobs" in check_trace(TRACE)
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from suandian.testing.connector import check_connector
from suandian.testing.contract import ContractError
from suandian.testing.forecaster import check_forecaster
from suandian.testing.grid import check_grid
from suandian.testing.policy import check_policy
from suandian.testing.series import check_series
from suandian.testing.solver import check_solver
from suandian.testing.tariff import check_tariff
from suandian.testing.trace import check_trace

__all__ = [
    "ContractError",
    "check",
    "check_connector",
    "check_forecaster",
    "check_grid",
    "check_policy",
    "check_series",
    "check_solver",
    "check_tariff",
    "check_trace",
]


def check(kind: str, plugin: Any, options: Mapping[str, Any] | None = None) -> list[str]:
    """Run the suite of a kind (`grid`, `series`, …) with the plug-in's own example, or `options`.

    Raises
    ------
    ContractError
        With every rule that the plug-in breaks.
    KeyError
        There is no such kind.
    """
    # a series has no options: the key after the colon is all that a scenario can write
    if kind == "series":
        key = None if options is None else str(options.get("key", ""))
        return check_series(plugin, key)
    if kind == "solver":
        return check_solver(plugin)
    suites: dict[str, Callable[..., list[str]]] = {
        "grid": check_grid,
        "trace": check_trace,
        "connector": check_connector,
        "policy": check_policy,
        "forecaster": check_forecaster,
        "tariff": check_tariff,
    }
    return suites[kind](plugin, options)
