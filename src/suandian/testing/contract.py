"""A contract: rules by name, all of them tried, the broken ones told together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from suandian.model.issues import InputError
from suandian.model.ports.options import PluginOptions
from suandian.reading.options import read_options


class ContractError(AssertionError):
    """A plug-in breaks rules of its kind; `broken` holds them with what was seen."""

    def __init__(self, kind: str, broken: Mapping[str, str]) -> None:
        self.broken = dict(broken)
        told = [f"- {rule}: {seen}" if seen else f"- {rule}" for rule, seen in broken.items()]
        super().__init__("\n".join([f"this {kind} breaks {len(told)} rules:", *told]))


@dataclass
class Contract:
    """Collects what a plug-in of `kind` keeps and what it breaks.

    Examples
    --------
    >>> contract = Contract("grid")
    >>> contract.rule("ids are unique", True)
    >>> contract.kept
    ['ids are unique']
    """

    kind: str
    kept: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)

    def rule(self, text: str, holds: bool, seen: object = "") -> None:
        """Note whether a rule holds, and what was seen where it does not."""
        if holds:
            self.kept.append(text)
        else:
            self.broken[text] = str(seen)

    @contextmanager
    def trying(self, text: str) -> Iterator[None]:
        """Note a rule as broken where the block raises what a plug-in may not raise here."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever a stranger's code raises is a finding
            self.broken[text] = f"{type(error).__name__}: {error}"

    def refuses(self, text: str, call: Callable[[], Any]) -> None:
        """Note whether `call` raises InputError with issues that name a place."""
        try:
            call()
        except InputError as error:
            unplaced = [issue for issue in error.issues if not issue.place or not issue.message]
            self.rule(text, bool(error.issues) and not unplaced, "an issue without a place")
        except Exception as error:  # noqa: BLE001 - as above
            self.broken[text] = f"raises {type(error).__name__} instead of InputError: {error}"
        else:
            self.broken[text] = "nothing was raised"

    def result(self) -> list[str]:
        """Return the rules that were kept.

        Raises
        ------
        ContractError
            One or more are broken.
        """
        if self.broken:
            raise ContractError(self.kind, self.broken)
        return self.kept

    def options(self, model: type[PluginOptions], given: Mapping[str, Any]) -> Any:
        """Return options as a scenario would give them, and check the model's own rules.

        Raises
        ------
        InputError
            `given` does not fit the model.
        """
        described = [name for name, field in model.model_fields.items() if not field.description]
        self.rule("every option has a description", not described, ", ".join(described))
        unknown = {**given, "no_such_option": 1}
        self.refuses(
            "an unknown option is refused",
            lambda: read_options(model, unknown, "plug-in", "options"),
        )
        return read_options(model, given, "plug-in", "options")
