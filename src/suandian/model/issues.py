"""Issues: what is wrong with an input, where, and how to mend it; and the exceptions that carry
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Issue:
    """One finding about an input.

    Examples
    --------
    >>> print(Issue("scenario.toml", "sites.west.pue", 0.9, "is below 1", "1 or more", "see docs"))
    scenario.toml: sites.west.pue = 0.9: is below 1 (allowed: 1 or more; remedy: see docs)
    """

    file: str
    place: str
    value: object
    message: str
    allowed: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        # file, place, value, what is wrong, what would be right: in the order one mends it
        shown = "" if self.value is None else f" = {_short(self.value)}"
        hints = [
            f"{name}: {text}"
            for name, text in (("allowed", self.allowed), ("remedy", self.remedy))
            if text
        ]
        return f"{self.file}: {self.place}{shown}: {self.message}" + (
            f" ({'; '.join(hints)})" if hints else ""
        )

    def as_dict(self) -> dict[str, object]:
        """Return the issue as plain values for `--json`."""
        return {
            "file": self.file,
            "place": self.place,
            "value": None if self.value is None else _short(self.value),
            "message": self.message,
            "allowed": self.allowed,
            "remedy": self.remedy,
        }


def _short(value: object, limit: int = 80) -> str:
    # a value may be a whole table: a message is one line
    text = repr(value) if not isinstance(value, str) else value
    return text if len(text) <= limit else text[: limit - 1] + "…"


class SuandianError(Exception):
    """Base of every error that suandian raises on purpose.

    ::

        SuandianError
        ├── InputError        the input is wrong: carries all issues (exit 2)
        ├── SolveError        no usable solution (exit 1)
        │   ├── InfeasibleError   proven infeasible: carries the explanation
        │   └── SolveLimitError   a limit came before a point that may be used: carries how far it
        got ├── NotYetKnownError  a value was asked for before it was known └── RecordError       a
        run folder is damaged or of another kind
    """


class InputError(SuandianError):
    """The input cannot be used; `issues` holds every finding."""

    def __init__(self, issues: Iterable[Issue]) -> None:
        self.issues: tuple[Issue, ...] = tuple(issues)
        super().__init__("\n".join(str(issue) for issue in self.issues))


class SolveError(SuandianError):
    """The solver returned nothing that may be used as a plan."""


class InfeasibleError(SolveError):
    """No point satisfies every row; `relaxations` says what would have to give, and by how much."""

    def __init__(self, message: str, relaxations: Iterable[tuple[str, float, str]] = ()) -> None:
        # data and not a sentence: the command line, JSON and a report word it differently
        self.relaxations = tuple(relaxations)
        super().__init__(message)


class SolveLimitError(SolveError):
    """A limit ended the search before a point was found that satisfies every row.

    `solver` that ran; `limit_s` [s]; `iterations` done; `bound` on the optimum that its duals
    prove, -inf where none.
    """

    def __init__(self, solver: str, limit_s: float, iterations: int, bound: float) -> None:
        self.solver, self.limit_s, self.iterations, self.bound = solver, limit_s, iterations, bound
        super().__init__(
            f"{solver} met its time limit of {limit_s:g} s after {iterations} iterations without "
            "a point to be used"
        )


class NotYetKnownError(SuandianError):
    """A value was asked for before its known time."""


class RecordError(SuandianError):
    """A run folder is incomplete, damaged or of another schema."""
