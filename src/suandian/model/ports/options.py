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

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

__all__ = ["Field", "InputFolder", "InputPath", "PluginOptions", "ZonedTime"]


class PluginOptions(BaseModel):
    """Base of the options of a plug-in: unknown keys and wrong types are errors.

    Give each field its range and its meaning: `Field(default=1.0, ge=0, le=1, description="…")`.
    A plug-in without options uses this class as it is.
    """

    # strict: "3" is no number and 1 is no truth, as everywhere in a scenario
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True)
class InputMark:
    """Marks a field as a path, of a file or of a `folder`, whose content is an input of a run."""

    folder: bool = False


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
