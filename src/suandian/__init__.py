"""suandian: computing-electricity synergy (算电协同) in one model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from suandian.load import check, load

__all__ = ["check", "load"]


def __getattr__(name: str) -> Any:
    """Import `load` and `check` when first asked for, so that `import suandian` costs nothing."""
    if name in __all__:
        import importlib

        return getattr(importlib.import_module("suandian.load"), name)
    raise AttributeError(f"module 'suandian' has no attribute {name!r}")
