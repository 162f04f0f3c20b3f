"""The ports: what plug-ins and rooms above must offer. Structural types only, one file a port."""

from __future__ import annotations

from suandian.model.ports.connector import Connector, ConnectorKind
from suandian.model.ports.sources import GridInput, GridKind, SeriesKind, Trace, TraceKind
from suandian.model.ports.world import World

__all__ = [
    "Connector",
    "ConnectorKind",
    "GridInput",
    "GridKind",
    "SeriesKind",
    "Trace",
    "TraceKind",
    "World",
]
