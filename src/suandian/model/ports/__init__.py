"""The ports: what plug-ins and rooms above must offer. Structural types only, one file a port."""

from __future__ import annotations

from suandian.model.ports.clock import Clock
from suandian.model.ports.sources import GridInput, GridSource, SeriesSource, Trace, TraceSource
from suandian.model.ports.world import World

__all__ = ["Clock", "GridInput", "GridSource", "SeriesSource", "Trace", "TraceSource", "World"]
