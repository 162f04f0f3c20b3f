"""Options of a plug-in: a typed table that appears in the schema, in `check` and in the docs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict


class PluginOptions(BaseModel):
    """Base of the options of a plug-in: unknown keys and wrong types are errors.

    Give each field its range and its meaning: `Field(default=1.0, ge=0, le=1, description="…")`.
    A plug-in without options uses this class as it is.

    Examples
    --------
    >>> class Night(PluginOptions):
    ...     begins: Whole = 22
    >>> Night.model_validate({"begins": 23.0}).begins
    23
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    @classmethod
    def among(cls, written: Mapping[str, Any]) -> Self:
        """Return the options of this plug-in among those written in a scenario.

        Options of others may stand beside them, so that an experiment can vary the name.

        Raises
        ------
        pydantic.ValidationError
            One is not of its type, or out of its range (`suandian check` says where).
        """
        own = {key: value for key, value in written.items() if key in cls.model_fields}
        return cls.model_validate(own)


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
