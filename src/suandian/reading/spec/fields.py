"""Field types of the scenario file: a quantity with unit and range, names, and the base of every
table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    StringConstraints,
)
from pydantic_core import PydanticCustomError, core_schema

from suandian.reading.text.currencies import CODES
from suandian.reading.text.quantity import QuantityError, example, parse


class Table(BaseModel):
    """A TOML table: strict types, frozen, unknown keys are errors."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", populate_by_name=True, allow_inf_nan=False
    )


def refuse(message: str, allowed: str = "", remedy: str = "") -> PydanticCustomError:
    """Return an error that `validate` turns into an Issue with all its parts."""
    return PydanticCustomError(
        "suandian", "{message}", {"message": message, "allowed": allowed, "remedy": remedy}
    )


@dataclass(frozen=True)
class Quantity:
    """A number with a unit in the file, a float in `unit` inside; `low` and `high` are inclusive,
    `above` is not.
    """

    unit: str
    low: float | None = None
    above: float | None = None
    high: float | None = None

    def __get_pydantic_core_schema__(
        self, _source: Any, _handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, _schema: core_schema.CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {
            "type": "string",
            "examples": [example(self.unit)],
            "x-unit": self.unit,
            "x-range": self.range(),
        }

    def range(self) -> str:
        """Return the allowed range in words."""
        parts = [
            "" if self.low is None else f"{self.low:g} or more",
            "" if self.above is None else f"above {self.above:g}",
            "" if self.high is None else f"{self.high:g} or less",
        ]
        words = ", ".join(part for part in parts if part)
        return f"{words} [{self.unit}]" if words else ""

    def write(self, value: float, currency: str) -> str:
        """Return the text that reads back as `value`."""
        return f"{value!r} {self.unit.replace('currency', currency)}"

    def _read(self, value: object, info: core_schema.ValidationInfo) -> float:
        currency = (info.context or {}).get("currency", "USD")
        if not isinstance(value, str):
            shown = f'"{value} {example(self.unit, currency).split(" ")[1]}"'
            number = isinstance(value, int | float) and not isinstance(value, bool)
            raise refuse(
                "a quantity is a text with its unit",
                f'"{example(self.unit, currency)}"',
                f"write {shown}" * number,
            )
        try:
            result = parse(value.strip(), self.unit, currency)
        except QuantityError as error:
            raise refuse(str(error), error.allowed, error.remedy) from error
        low = self.low is not None and result < self.low
        if (
            low
            or (self.above is not None and result <= self.above)
            or (self.high is not None and result > self.high)
        ):
            raise refuse("is out of range", self.range(), "check sign and unit")
        return result


def _currency(value: str) -> str:
    if value not in CODES:
        raise refuse(
            "is not a currency code of ISO 4217", "three capital letters such as USD, EUR, CNY"
        )
    return value


Power = Annotated[float, Quantity("MW", low=0)]
Capacity = Annotated[float, Quantity("MW", above=0)]
Energy = Annotated[float, Quantity("MWh", above=0)]
Duration = Annotated[float, Quantity("h", low=0)]
PositiveDuration = Annotated[float, Quantity("h", above=0)]
EnergyPrice = Annotated[float, Quantity("currency/MWh")]
PositivePrice = Annotated[float, Quantity("currency/MWh", low=0)]
CarbonPrice = Annotated[float, Quantity("currency/t", low=0)]
DataPrice = Annotated[float, Quantity("currency/GB", low=0)]
Latency = Annotated[float, Quantity("ms", low=0)]
Data = Annotated[float, Quantity("GB/MWh", low=0)]
Emission = Annotated[float, Quantity("kg/MWh", low=0)]
Money = Annotated[float, Quantity("currency", low=0)]
CarbonMass = Annotated[float, Quantity("t", low=0)]
Mass = Annotated[float, Quantity("kg", low=0)]
HourlyCost = Annotated[float, Quantity("currency/h")]
Ramp = Annotated[float, Quantity("MW/h", above=0)]
CorePower = Annotated[float, Quantity("W", above=0)]
Name = Annotated[str, StringConstraints(pattern=r"^\w[\w .+()-]{0,63}$")]
