"""What a measurement was made on."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("suandian", "numpy", "scipy", "highspy", "numba", "polars")


def machine() -> dict[str, object]:
    """Return cores that this process may use, processor model, Python and package versions."""
    # cores that this process may use, not those that the machine has
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    versions = {name: found for name in PACKAGES if (found := _version(name))}
    return {
        "cores": cores,
        "model": _model(),
        "python": platform.python_version(),
        "versions": versions,
    }


def _model() -> str:
    """Return the processor's name as the system tells it."""
    path = Path("/proc/cpuinfo")
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
