"""suandian: computing-electricity synergy (算电协同) in one model.

The public functions and types are those of `suandian.api` (docs/api.md). Those whose name is not
also a room of this package can be written shorter, `suandian.load` for `suandian.api.load`.

Examples
--------
>>> import suandian
>>> suandian.check("no-such-folder")[0].message
'no such file'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suandian.api.planning import plan
    from suandian.api.power import opf
    from suandian.api.results import compare, open_run
    from suandian.api.scenarios import check, load, new, schema, template, templates
    from suandian.api.simulating import cases, experiment, simulate
    from suandian.api.tracing import trace
    from suandian.api.wholes import plan_whole
    from suandian.model.issues import InputError, SuandianError

__all__ = [
    "InputError",
    "SuandianError",
    "cases",
    "check",
    "compare",
    "experiment",
    "load",
    "new",
    "open_run",
    "opf",
    "plan",
    "plan_whole",
    "schema",
    "simulate",
    "template",
    "templates",
    "trace",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for, so that `import suandian` costs nothing."""
    if name in __all__:
        from suandian import api

        return getattr(api, name)
    raise AttributeError(f"module 'suandian' has no attribute {name!r}")
