"""Local wall time ↔ UTC seconds: which times do not exist, which occur twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from suandian.model.grid import Bools, Ints
from suandian.model.issues import Issue
from suandian.reading.text.suggest import suggest

_QUANTUM_S = 900  # offsets change on quarter hours in every zone since 1972


def zone_of(name: str, file: str, place: str) -> tuple[ZoneInfo | None, list[Issue]]:
    """Return the IANA zone, or an issue with a suggestion."""
    try:
        return ZoneInfo(name), []
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = suggest(name, available_timezones())
        return None, [
            Issue(
                file, place, name, "no such time zone", "an IANA name such as Asia/Shanghai", hint
            )
        ]


def to_utc(local: Ints, zone: ZoneInfo) -> tuple[Ints, Bools, Bools]:
    """Return UTC seconds of wall times (given as seconds as if they were UTC), and which are
    missing or double.

    Times that occur twice get their first meaning.

    Examples
    --------
    >>> import numpy as np
    >>> noon = np.array([12 * 3600])
    >>> [v.tolist() for v in to_utc(noon, ZoneInfo("Asia/Kathmandu"))]
    [[23400], [False], [False]]
    """
    # an offset is constant within a quarter of an hour: ask zoneinfo once for each, not once a
    # value
    cells, index = np.unique(local // _QUANTUM_S, return_inverse=True)
    first = np.empty(len(cells), np.int64)
    second = np.empty(len(cells), np.int64)
    for i, cell in enumerate(cells.tolist()):
        naive = datetime(1970, 1, 1) + timedelta(seconds=cell * _QUANTUM_S)
        # the two readings of a wall time differ only where clocks change: forward (it is missing,
        # the later offset is the larger) or back (it occurs twice)
        first[i] = _offset_s(naive.replace(tzinfo=zone, fold=0))
        second[i] = _offset_s(naive.replace(tzinfo=zone, fold=1))
    return local - first[index], (first < second)[index], (first > second)[index]


def _offset_s(moment: datetime) -> int:
    offset = moment.utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def instant(moment: datetime, zone: ZoneInfo, file: str, place: str) -> tuple[int, list[Issue]]:
    """Return UTC seconds of one TOML date-time in `zone`; an offset must be one that the zone has
    then.
    """
    shown = moment.isoformat()
    if moment.microsecond:
        return 0, [Issue(file, place, shown, "has fractions of a second", "whole seconds")]
    if moment.tzinfo is not None:
        inside = moment.astimezone(zone)
        # a wrong offset moves the study by an hour without anybody noticing
        if inside.utcoffset() != moment.utcoffset():
            message = f"the offset is not that of {zone.key} at this time"
            return 0, [
                Issue(file, place, shown, message, inside.isoformat(), "leave the offset out")
            ]
        return int(moment.timestamp()), []
    seconds = int(moment.replace(tzinfo=UTC).timestamp())
    utc, missing, double = to_utc(np.array([seconds]), zone)
    if missing[0]:
        return int(utc[0]), [
            Issue(
                file,
                place,
                shown,
                f"does not exist in {zone.key}: clocks go forward then",
                "a wall time that exists",
                "choose an hour earlier or later",
            )
        ]
    if double[0]:
        both = " or ".join(moment.replace(tzinfo=zone, fold=f).isoformat() for f in (0, 1))
        return int(utc[0]), [
            Issue(file, place, shown, f"occurs twice in {zone.key}", both, "write the offset")
        ]
    return int(utc[0]), []


def noon_before(starts_s: Ints, zone: ZoneInfo) -> Ints:
    """Return for each instant 12:00 local of the day before, in UTC seconds (when day-ahead values
    are known).
    """
    days, index = np.unique(_local_day(starts_s, zone), return_inverse=True)
    # clocks change at night: noon is neither missing nor double
    noon, _, _ = to_utc((days - 1) * 86400 + 43200, zone)
    return noon[index]


def _local_day(starts_s: Ints, zone: ZoneInfo) -> Ints:
    cells, index = np.unique(starts_s // _QUANTUM_S, return_inverse=True)
    offsets = [
        _offset_s(datetime.fromtimestamp(cell * _QUANTUM_S, UTC).astimezone(zone))
        for cell in cells.tolist()
    ]
    return (starts_s + np.array(offsets, dtype=np.int64)[index]) // 86400
