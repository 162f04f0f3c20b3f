"""The ports: what plug-ins and rooms above must offer. Structural types only, one file a port."""

from __future__ import annotations

from suandian.model.ports.forecaster import Forecaster, ForecasterKind
from suandian.model.ports.options import PluginOptions, Switch, Whole
from suandian.model.ports.policy import ROLES, Measure, Policy, PolicyKind, Role
from suandian.model.ports.sources import GridInput, GridSource, SeriesSource, Trace, TraceSource
from suandian.model.ports.world import World

__all__ = [
    "ROLES",
    "Forecaster",
    "ForecasterKind",
    "GridInput",
    "GridSource",
    "Measure",
    "PluginOptions",
    "Policy",
    "PolicyKind",
    "Role",
    "SeriesSource",
    "Switch",
    "Trace",
    "TraceSource",
    "Whole",
    "World",
]
