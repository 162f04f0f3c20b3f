"""What a check found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Finding:
    """One check: whether it holds, its figure, and what the figure is or where it fails."""

    check: str
    ok: bool
    figure: float | int | None
    detail: str


@dataclass(frozen=True)
class Verification:
    """All findings about one run folder."""

    path: Path
    findings: tuple[Finding, ...]

    @property
    def holds(self) -> bool:
        """Whether every check holds."""
        return all(finding.ok for finding in self.findings)

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The checks that do not hold."""
        return tuple(finding for finding in self.findings if not finding.ok)

    def as_dict(self) -> dict[str, object]:
        """Return plain values for `--json`."""
        return {
            "run": str(self.path),
            "holds": self.holds,
            "findings": [asdict(f) for f in self.findings],
        }


def first(items: list[str], total: int | None = None, most: int = 3) -> str:
    """Return the first few of many places as text.

    Examples
    --------
    >>> first(["a", "b", "c", "d"])
    'a; b; c; and 1 more'
    """
    more = (len(items) if total is None else total) - most
    return "; ".join(items[:most]) + (f"; and {more} more" if more > 0 else "")
