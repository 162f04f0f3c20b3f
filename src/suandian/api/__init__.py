"""The verbs as functions: what a notebook, the command line and a server call.

`SURFACE` is the public API: each name with the module that holds it. Names are imported when they
are first asked for, so that `import suandian` costs nothing; a test compares names and signatures
with tests/api/surface.txt, and docs/api.md is made from the docstrings by `python -m
suandian.api.document`.
"""

from __future__ import annotations

import importlib
from typing import Any

_MODULES = {
    "scenarios": ("load", "check", "schema", "schema_page", "templates", "template", "new"),
    "planning": ("plan", "FirstPlan"),
    "wholes": ("plan_whole", "WholePlan"),
    "simulating": ("simulate", "cases", "experiment", "Experiment"),
    "results": (
        "open_run",
        "compare",
        "Comparisons",
        "ComparedCase",
        "report",
        "settle",
        "Settlement",
        "verify",
    ),
    "drawing": ("figures", "RunFigure"),
    "power": ("opf", "PowerFlow"),
    "tracing": ("trace", "TraceFile"),
    "exporting": ("export", "ExportedProblem"),
    "extending": ("plugins", "new_plugin", "check_plugin"),
    "benchmarks": ("benches", "bench", "BenchResult"),
}
SURFACE = {
    name: f"suandian.api.{module}" for module, names in _MODULES.items() for name in names
} | {
    "Scenario": "suandian.model.scenario",
    "Run": "suandian.record.read",
    "Comparison": "suandian.report.compare",
    "Verification": "suandian.verify",
    "ContractError": "suandian.testing",
    "Issue": "suandian.model.issues",
    "SuandianError": "suandian.model.issues",
    "InputError": "suandian.model.issues",
    "SolveError": "suandian.model.issues",
    "InfeasibleError": "suandian.model.issues",
    "SolveLimitError": "suandian.model.issues",
    "RecordError": "suandian.model.issues",
}


def __getattr__(name: str) -> Any:
    """Import a name of the surface when it is first asked for."""
    if name in SURFACE:
        return getattr(importlib.import_module(SURFACE[name]), name)
    raise AttributeError(f"module 'suandian.api' has no attribute {name!r}")
