"""Options of plug-ins: one typed model each, which `check` validates, `suandian schema` prints and
the reference page lists.

A plug-in derives its model from `PluginOptions` and describes every field; whoever writes a
scenario sees the descriptions, and a typing error is an issue with its place and a suggestion.

Examples
--------
>>> class WaveOptions(PluginOptions):
...     peak_h: int = Field(default=15, ge=0, le=23, description="hour of the peak [h UTC]")
>>> WaveOptions(peak_h=8).peak_h
8
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

__all__ = [
    "DurationOption",
    "EnergyPriceOption",
    "Field",
    "InputFolder",
    "InputPath",
    "PluginOptions",
    "PowerPriceOption",
    "Switch",
    "UnitMark",
    "Whole",
    "ZonedTime",
]


class PluginOptions(BaseModel):
    """Base of the options of a plug-in: unknown keys and wrong types are errors.

    Give each field its range and its meaning: `Field(default=1.0, ge=0, le=1, description="…")`.
    A plug-in without options uses this class as it is.
    """

    # strict: "3" is no number and 1 is no truth, as everywhere in a scenario
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def among(cls, written: Mapping[str, Any]) -> Self:
        """Return the options of this plug-in among those written in a scenario.

        Options of others may stand beside them, so that an experiment can vary the name.

        Raises
        ------
        pydantic.ValidationError
            One is not of its type, or out of its range (`suandian check` says where).
        """
        # what is left out here was checked already, when the scenario was read
        own = {key: value for key, value in written.items() if key in cls.model_fields}
        return cls.model_validate(own)


@dataclass(frozen=True)
class InputMark:
    """Marks a field as a path, of a file or of a `folder`, whose content is an input of a run."""

    folder: bool = False


@dataclass(frozen=True)
class UnitMark:
    """Marks a number that a scenario writes as a text with its unit: `"118 EUR/kW"`.

    The plug-in is handed the number in `unit`, where `currency` stands for the scenario's. Python
    code that makes the options itself gives the number.
    """

    unit: str

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> dict[str, Any]:
        del core, handler
        return {"type": "string", "x-unit": self.unit}


EnergyPriceOption = Annotated[float, UnitMark("currency/MWh")]
"""A price of energy: `"0.35 CNY/kWh"` in a scenario, currency/MWh in the plug-in."""

PowerPriceOption = Annotated[float, UnitMark("currency/MW")]
"""A price of power: `"118 EUR/kW"` in a scenario, currency/MW in the plug-in."""

DurationOption = Annotated[float, UnitMark("h")]
"""A length of time: `"15 min"` in a scenario, hours in the plug-in."""

InputPath = Annotated[Path, Field(strict=False), InputMark()]
"""A file that a plug-in reads.

In a scenario it is relative to the scenario's folder and stays inside it; the plug-in is handed an
absolute path, and the hash of what was read is kept among the inputs of the run.
"""

InputFolder = Annotated[Path, Field(strict=False), InputMark(folder=True)]
"""A folder that a plug-in reads, as `InputPath`; its hash covers names and contents of files."""


def _text_or_time(value: Any) -> Any:
    # pydantic would take 1577836800 for a moment; a bare number in a scenario has no unit
    if not isinstance(value, str | datetime):
        raise ValueError("is not a time with offset")
    return value


ZonedTime = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_text_or_time)]
"""A moment with its offset: a TOML time, or the same as text."""


def _whole(value: Any) -> Any:
    """Return a number without a fraction as an int: `--set` and `[vary]` may write 3 as 3.0."""
    is_whole = isinstance(value, float) and value.is_integer()
    return int(value) if is_whole else value


def _switch(value: Any) -> Any:
    """Return 0 and 1 as false and true."""
    is_number = isinstance(value, int | float) and value in (0, 1)
    return bool(value) if is_number else value


Whole = Annotated[int, BeforeValidator(_whole)]
Switch = Annotated[bool, BeforeValidator(_switch)]
