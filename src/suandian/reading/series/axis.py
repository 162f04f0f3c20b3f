"""`[time]` → the axis of the main window in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from suandian.model.issues import Issue
from suandian.reading.spec.time import TimeSpec
from suandian.reading.text.local_time import instant, zone_of

MAX_YEARS = 5


@dataclass(frozen=True)
class StudySpan:
    """The main window: start [UTC s], step [s] and number of steps, and its zone."""

    start_s: int
    step_s: int
    n: int
    zone: ZoneInfo

    @property
    def end_s(self) -> int:
        """End [UTC s]."""
        return self.start_s + self.n * self.step_s

    @property
    def hours(self) -> float:
        """Length [h]."""
        return self.n * self.step_s / 3600


def window(spec: TimeSpec, file: str) -> tuple[StudySpan | None, list[Issue]]:
    """Return the main window, or all that is wrong with it."""
    zone, issues = zone_of(spec.zone, file, "time.zone")
    step_s = round(spec.step * 3600)
    # steps that divide the hour keep the hours of tariffs, forecasts and day-ahead data on their
    # edges
    if abs(step_s - spec.step * 3600) > 1e-6 or 3600 % step_s or step_s % 60:
        steps = ", ".join(str(m) for m in range(1, 61) if 60 % m == 0)
        issues.append(
            Issue(
                file,
                "time.step",
                f"{spec.step * 60:g} min",
                "does not divide the hour",
                f"{steps} min",
            )
        )
    if (spec.duration is None) == (spec.end is None):
        what = (
            "neither duration nor end is given"
            if spec.end is None
            else "both duration and end are given"
        )
        issues.append(
            Issue(file, "time", None, what, "exactly one of the two", 'e.g. duration = "7 d"')
        )
    if zone is None:
        return None, issues
    start_s, found = instant(spec.start, zone, file, "time.start")
    issues += found
    if issues:
        return None, issues
    if spec.duration is not None:
        place = "time.duration"
        end_s = start_s + round(spec.duration * 3600)
    else:
        assert spec.end is not None
        place = "time.end"
        end_s, found = instant(spec.end, zone, file, place)
        issues += found
    issues += _length(start_s, end_s, step_s, file, place)
    # time zone data begin in 1901, and nobody knows the rules after 2100
    if not 1901 <= spec.start.year <= 2100:
        issues.append(
            Issue(
                file, "time.start", spec.start.isoformat(), "is not a year to plan", "1901 to 2100"
            )
        )
    return (
        None if issues else StudySpan(start_s, step_s, (end_s - start_s) // step_s, zone)
    ), issues


def _length(start_s: int, end_s: int, step_s: int, file: str, place: str) -> list[Issue]:
    shown = f"{(end_s - start_s) / 3600:g} h after the start"
    if end_s <= start_s:
        return [Issue(file, place, shown, "the end is not after the start", "one step or more")]
    if (end_s - start_s) % step_s:
        return [
            Issue(
                file,
                place,
                shown,
                "is not a whole number of steps",
                f"a multiple of {step_s / 60:g} min",
            )
        ]
    if end_s - start_s > MAX_YEARS * 366 * 86400:
        return [
            Issue(
                file, place, shown, "is too long", f"{MAX_YEARS} years or less", "split the study"
            )
        ]
    return []
