"""Rules over the inline grid tables: references, self-loops, sizes, alternatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suandian.model.issues import Issue
from suandian.reading.spec.scenario import INLINE, ScenarioSpec
from suandian.reading.text.suggest import suggest

Raw = Mapping[str, Any]


def rules(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:
    """Return the issues of every rule on the inline tables."""
    if "grid" not in raw:
        return []  # that is reported already, and the plug-in is a stand-in
    if spec.grid.plugin != "inline":
        return stray_tables(spec, raw, file)
    every = (options, buses, references, self_loops, generator_limits, load_kinds)
    return [issue for rule in every for issue in rule(spec, raw, file)]


def stray_tables(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:
    """Inline tables are read by the plug-in `inline` only."""
    message = f"is not read by the grid plug-in {spec.grid.plugin}"
    return [
        Issue(file, key, None, message, 'grid.plugin = "inline"', "remove it")
        for key in INLINE
        if raw.get(key)
    ]


def options(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:  # noqa: ARG001 - one signature for all rules
    """`[grid]` has no further keys with the plug-in `inline`."""
    allowed = "network, plugin"
    return [
        Issue(
            file, f"grid.{key}", None, "unknown key", allowed, suggest(key, ("network", "plugin"))
        )
        for key in spec.grid.options()
    ]


def buses(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:  # noqa: ARG001
    """There is at least one bus."""
    return (
        []
        if raw.get("buses")
        else [Issue(file, "buses", None, "the inline grid has no buses", "[buses.NAME]")]
    )


def references(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:
    """Everything stands at a bus that exists."""
    table = raw.get("buses")
    known = list(table) if isinstance(table, Mapping) else []
    asked = [
        (f"lines.{n}.{k}", b)
        for n, ln in spec.lines.items()
        for k, b in (("from", ln.from_), ("to", ln.to))
    ]
    asked += [
        (f"links.{n}.{k}", b)
        for n, ln in spec.links.items()
        for k, b in (("from", ln.from_), ("to", ln.to))
    ]
    for key, rows in (
        ("generators", spec.generators),
        ("storage", spec.storage),
        ("loads", spec.loads),
    ):
        asked += [(f"{key}.{n}.bus", row.bus) for n, row in rows.items()]
    allowed = ", ".join(known[:20])
    names = set(known)
    return [
        Issue(file, place, bus, "no such bus", allowed, suggest(bus, known))
        for place, bus in asked
        if bus not in names
    ]


def self_loops(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:  # noqa: ARG001
    """Lines and links connect two different buses."""
    return [
        Issue(file, f"{key}.{name}", row.from_, "ends where it starts", "two different buses")
        for key, rows in (("lines", spec.lines), ("links", spec.links))
        for name, row in rows.items()
        if row.from_ == row.to
    ]


def generator_limits(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:  # noqa: ARG001
    """The smallest output is at most the largest; what follows a series has none."""
    issues = []
    for name, unit in spec.generators.items():
        if unit.min > unit.power:
            allowed = f"{unit.power:g} MW or less"
            issues.append(
                Issue(
                    file,
                    f"generators.{name}.min",
                    f"{unit.min:g} MW",
                    "is above the largest output",
                    allowed,
                )
            )
        if unit.series is not None and unit.min > 0:
            message = "a generator that follows a series has no smallest output"
            issues.append(
                Issue(file, f"generators.{name}.min", f"{unit.min:g} MW", message, "0 MW")
            )
    return issues


def load_kinds(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:
    """A load has either a constant power or a series."""
    table = raw.get("loads")
    written = table if isinstance(table, Mapping) else {}
    return [
        Issue(
            file,
            f"loads.{name}",
            None,
            "has neither or both of power and series",
            "exactly one of the two",
        )
        for name, load in spec.loads.items()
        if (load.power is None) == (load.series is None)
        and ("power" in written[name]) == ("series" in written[name])
    ]
