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
    from suandian.load import check, load

__all__ = ["check", "load"]


def __getattr__(name: str) -> Any:
    """Import `load` and `check` when first asked for, so that `import suandian` costs nothing."""
    if name in __all__:
        import importlib

        room = importlib.import_module("suandian.load")
        return room if name == "load" else getattr(room, name)  # the room is callable and stands for its function
    raise AttributeError(f"module 'suandian' has no attribute {name!r}")
