"""Rules over the inline grid tables: references, self-loops, sizes, alternatives."""

from __future__ import annotations

from collections.abc import Mapping

from suandian.model.issues import Issue
from suandian.reading.checks.checked import Checked, Raw
from suandian.reading.spec.scenario import INLINE, ScenarioSpec
from suandian.reading.text.suggest import suggest


def rules(spec: ScenarioSpec, raw: Raw, file: str) -> list[Issue]:
    """Return the issues of every rule on the inline tables."""
    if "grid" not in raw:
        return []  # that is reported already, and the plug-in is a stand-in
    if spec.grid.plugin != "inline":
        return stray_tables(Checked(spec, raw, file))
    every = (options, buses, references, self_loops, generator_limits, load_kinds)
    return [issue for rule in every for issue in rule(Checked(spec, raw, file))]


def stray_tables(checked: Checked) -> list[Issue]:
    """Inline tables are read by the plug-in `inline` only."""
    message = f"is not read by the grid plug-in {checked.spec.grid.plugin}"
    return [
        Issue(checked.file, key, None, message, 'grid.plugin = "inline"', "remove it")
        for key in INLINE
        if checked.raw.get(key)
    ]


def options(checked: Checked) -> list[Issue]:
    """`[grid]` has no further keys with the plug-in `inline`."""
    allowed = "network, plugin"
    return [
        Issue(
            checked.file,
            f"grid.{key}",
            None,
            "unknown key",
            allowed,
            suggest(key, ("network", "plugin")),
        )
        for key in checked.spec.grid.options()
    ]


def buses(checked: Checked) -> list[Issue]:
    """There is at least one bus."""
    return (
        []
        if checked.raw.get("buses")
        else [Issue(checked.file, "buses", None, "the inline grid has no buses", "[buses.NAME]")]
    )


def references(checked: Checked) -> list[Issue]:
    """Everything stands at a bus that exists."""
    table = checked.raw.get("buses")
    known = list(table) if isinstance(table, Mapping) else []
    asked = [
        (f"lines.{n}.{k}", b)
        for n, ln in checked.spec.lines.items()
        for k, b in (("from", ln.from_), ("to", ln.to))
    ]
    asked += [
        (f"links.{n}.{k}", b)
        for n, ln in checked.spec.links.items()
        for k, b in (("from", ln.from_), ("to", ln.to))
    ]
    for key, rows in (
        ("generators", checked.spec.generators),
        ("storage", checked.spec.storage),
        ("loads", checked.spec.loads),
    ):
        asked += [(f"{key}.{n}.bus", row.bus) for n, row in rows.items()]
    allowed = ", ".join(known[:20])
    names = set(known)
    return [
        Issue(checked.file, place, bus, "no such bus", allowed, suggest(bus, known))
        for place, bus in asked
        if bus not in names
    ]


def self_loops(checked: Checked) -> list[Issue]:
    """Lines and links connect two different buses."""
    return [
        Issue(
            checked.file, f"{key}.{name}", row.from_, "ends where it starts", "two different buses"
        )
        for key, rows in (("lines", checked.spec.lines), ("links", checked.spec.links))
        for name, row in rows.items()
        if row.from_ == row.to
    ]


def generator_limits(checked: Checked) -> list[Issue]:
    """The smallest output is at most the largest; what follows a series has none."""
    issues = []
    for name, unit in checked.spec.generators.items():
        if unit.min > unit.power:
            allowed = f"{unit.power:g} MW or less"
            issues.append(
                Issue(
                    checked.file,
                    f"generators.{name}.min",
                    f"{unit.min:g} MW",
                    "is above the largest output",
                    allowed,
                )
            )
        if unit.series is not None and unit.min > 0:
            message = "a generator that follows a series has no smallest output"
            issues.append(
                Issue(checked.file, f"generators.{name}.min", f"{unit.min:g} MW", message, "0 MW")
            )
    return issues


def load_kinds(checked: Checked) -> list[Issue]:
    """A load has either a constant power or a series."""
    table = checked.raw.get("loads")
    written = table if isinstance(table, Mapping) else {}
    return [
        Issue(
            checked.file,
            f"loads.{name}",
            None,
            "has neither or both of power and series",
            "exactly one of the two",
        )
        for name, load in checked.spec.loads.items()
        if (load.power is None) == (load.series is None)
        and ("power" in written[name]) == ("series" in written[name])
    ]
