"""Where moments lie in the calendar of a meter's zone: periods that are billed, windows of time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from suandian.model.grid import Ints


def local_s(moments_s: Ints, zone: str) -> Ints:
    """Return the local wall time of UTC seconds, in seconds on the same scale.

    Examples
    --------
    >>> local_s(np.array([0]), "Asia/Shanghai").tolist()
    [28800]
    """
    place = ZoneInfo(zone)
    offsets = [_offset_s(int(moment), place) for moment in moments_s]
    return np.asarray(moments_s + np.array(offsets, dtype=np.int64))


def _offset_s(moment_s: int, zone: ZoneInfo) -> int:
    offset = datetime.fromtimestamp(moment_s, zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


def winter_offset_s(zone: str) -> int:
    """Return the offset of a zone's standard time from UTC [s]: the smaller of January and July."""
    place = ZoneInfo(zone)
    # either half of the globe has summer time in one of the two
    moments = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 7, 1, tzinfo=UTC))
    return min(_offset_s(int(moment.timestamp()), place) for moment in moments)


def months(wall_s: Ints) -> Ints:
    """Return the number of each wall time's month, counted from January of year 0.

    Examples
    --------
    >>> months(np.array([0, 31 * 86400])).tolist()
    [23640, 23641]
    """
    since_1970 = wall_s.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
    return np.asarray(since_1970 + 1970 * 12)


def years(wall_s: Ints) -> Ints:
    """Return the year of each wall time."""
    return np.asarray(months(wall_s) // 12)


def month_name(number: int) -> str:
    """Return a month's number as text.

    Examples
    --------
    >>> month_name(23640)
    '1970-01'
    """
    return f"{number // 12:04d}-{number % 12 + 1:02d}"
