"""suandian: computing-electricity synergy (算电协同) in one model.

Examples
--------
>>> import suandian
>>> suandian.check("no-such-folder")[0].message
'no such file'
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suandian.reading import check, load

__all__ = ["check", "load"]


def __getattr__(name: str) -> Any:
    """Import `load` and `check` when first asked for, so that `import suandian` costs nothing."""
    if name in __all__:
        import importlib

        return getattr(importlib.import_module("suandian.reading"), name)
    raise AttributeError(f"module 'suandian' has no attribute {name!r}")
