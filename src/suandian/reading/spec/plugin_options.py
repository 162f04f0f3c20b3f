"""Which tables of a scenario take options of a plug-in, and what their models say to a reader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from suandian.model.issues import InputError
from suandian.model.ports.options import PluginOptions
from suandian.reading.registry import Plugin

Installed = Callable[[str], Mapping[str, Plugin]]
Named = Iterator[tuple[str, type[PluginOptions]]]


@dataclass(frozen=True)
class OptionPlace:
    """Where the options of a kind of plug-in stand.

    In the table whose model is `model`, the value of `key` names the plug-in of `kind`; its options
    stand beside that key, or in the table `below` it. `title` is the table's name for a reader.
    """

    kind: str
    model: str
    key: str
    below: str
    title: str


PLACES = (
    OptionPlace("grid", "GridSpec", "plugin", "", "[grid]"),
    OptionPlace("tariff", "TariffSpec", "kind", "", "[tariffs.NAME]"),
    OptionPlace("trace", "JobsSpec", "trace", "trace_options", "[workloads.NAME.trace_options]"),
)


def option_models(place: OptionPlace, installed: Installed) -> Named:
    """Yield name and model of the installed plug-ins of a kind that take options, in order."""
    for name, plugin in sorted(installed(place.kind).items()):
        try:
            model: type[PluginOptions] = plugin.load().Options
        except InputError:
            # a schema must be printable although one plug-in's package is broken; `check` and
            # `plugins` say what is wrong with it
            continue
        if model.model_fields:
            yield name, model


def add_options(definitions: dict[str, Any], installed: Installed) -> None:
    """Let the models' JSON schemas in `definitions` say which options follow from which plug-in."""
    for place in PLACES:
        table = definitions[place.model]
        own_keys = list(table["properties"])
        rules = []
        for name, model in option_models(place, installed):
            options = model.model_json_schema(by_alias=True)
            definitions.update(options.pop("$defs", {}))
            definitions[model.__name__] = options
            then: dict[str, Any] = {
                "properties": {place.below: {"$ref": f"#/$defs/{model.__name__}"}}
            }
            if not place.below:
                # beside the table's own keys nothing but the options of this plug-in
                then = {"properties": options["properties"]}
                then["required"] = options.get("required", [])
                then["propertyNames"] = {"enum": sorted([*own_keys, *options["properties"]])}
            condition = {"properties": {place.key: {"const": name}}, "required": [place.key]}
            rules.append({"if": condition, "then": then})
        if rules:
            table["allOf"] = rules
