"""A small study to try policies and forecasters on: `two-sites`, loaded from its template."""

from __future__ import annotations

from functools import cache

from suandian.model.scenario import Scenario
from suandian.reading import load
from suandian.reading.templates import folder


@cache
def study() -> Scenario:
    """Return a day of two sites, three buses, a service and jobs, with four weeks of history."""
    return load(folder("two-sites"))
