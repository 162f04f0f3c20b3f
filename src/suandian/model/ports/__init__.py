"""The ports: what plug-ins and rooms above must offer. Structural types only, one file a port."""

from __future__ import annotations

from suandian.model.ports.clock import Clock
from suandian.model.ports.connector import Connector, ConnectorKind
from suandian.model.ports.forecaster import Forecaster, ForecasterKind
from suandian.model.ports.options import PluginOptions, Switch, Whole
from suandian.model.ports.policy import ROLES, Measure, Policy, PolicyKind, Role
from suandian.model.ports.sources import GridInput, GridKind, SeriesKind, Trace, TraceKind
from suandian.model.ports.tariff import Meters, Peak, Tariff, TariffKind, Terms
from suandian.model.ports.world import World

__all__ = [
    "ROLES",
    "Clock",
    "Connector",
    "ConnectorKind",
    "Forecaster",
    "ForecasterKind",
    "GridInput",
    "GridKind",
    "Measure",
    "Meters",
    "Peak",
    "PluginOptions",
    "Policy",
    "PolicyKind",
    "Role",
    "SeriesKind",
    "Switch",
    "Tariff",
    "TariffKind",
    "Terms",
    "Trace",
    "TraceKind",
    "Whole",
    "World",
]
