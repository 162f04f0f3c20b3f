"""A meter and a device by two files: any logger appends measurements, any controller reads
set-points.

`measurements` is a CSV file with the columns `time` (ISO 8601 with offset, the meter's own clock),
`point` and `value`; the last row of each point counts. Set-points are appended to the CSV file
`setpoints` with the columns `point`, `value`, `start`, `end`.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from suandian.model.issues import InputError, Issue
from suandian.model.ports.connector import ConnectorKind, DevicePoint, Measurements, SetPoints
from suandian.model.ports.options import Field, InputPath, PluginOptions


class FilesOptions(PluginOptions):
    """Options of the connector `files`."""

    place: str = Field(description="node whose power is measured and set, e.g. site:west")
    measurements: InputPath = Field(description="CSV file: time, point, value")
    setpoints: Path | None = Field(
        default=None, strict=False, description="CSV file that set-points are appended to"
    )
    limit_mw: float = Field(default=0.0, ge=0, description="largest set-point of power [MW]")


@dataclass(frozen=True)
class Files:
    """An open pair of files; the point `power` [MW] is read, and set where a file takes it."""

    options: FilesOptions

    def points(self) -> tuple[DevicePoint, ...]:
        """Return the one point `power`."""
        settable = self.options.setpoints is not None
        limit = self.options.limit_mw
        point = DevicePoint(
            "power", "power", "MW", self.options.place, settable=settable, low=0.0, high=limit
        )
        return (point,)

    def read(self) -> Measurements:
        """Return the last value of each point that is offered.

        Raises
        ------
        InputError
            The file cannot be read, or with every row that has no time, or no number.
        """
        path = self.options.measurements
        offered = {point.name for point in self.points()}
        try:
            rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
        except OSError as error:
            message = f"cannot be read ({error.strerror})"
            raise InputError([Issue(path.name, "file", None, message, "a CSV file")]) from error
        issues: list[Issue] = []
        last: dict[str, tuple[float, int]] = {}
        for line, row in enumerate(rows, start=2):
            try:
                measured_s = int(datetime.fromisoformat(row["time"]).astimezone(UTC).timestamp())
                reading = (float(row["value"]), measured_s)
            except (KeyError, TypeError, ValueError) as error:
                allowed = "time with offset, point, value"
                issues.append(Issue(path.name, f"row {line}", str(error), "is no value", allowed))
                continue
            if row["point"] in offered:
                last[row["point"]] = reading
        if issues:
            raise InputError(issues)
        return Measurements(
            np.array(list(last), dtype=np.str_),
            np.array([value for value, _ in last.values()], dtype=np.float64),
            np.array([time for _, time in last.values()], dtype=np.int64),
        )

    def write(self, told: SetPoints) -> tuple[str, ...]:
        """Append the rows that are in range; returns why the others are not."""
        offered = {point.name: point for point in self.points() if point.settable}
        answers = []
        for name, value, start, end in _rows(told):
            point = offered.get(name)
            if point is None:
                answers.append("no such settable point")
            elif not point.low <= value <= point.high:
                answers.append(f"out of range: {point.low:g} to {point.high:g} {point.unit}")
            elif end <= start:
                answers.append("ends before it starts")
            else:
                self._append([name, f"{value!r}", _iso(start), _iso(end)])
                answers.append("")
        return tuple(answers)

    def _append(self, row: list[str]) -> None:
        assert self.options.setpoints is not None  # no point is settable without the file
        new = not self.options.setpoints.exists()
        with self.options.setpoints.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            if new:
                writer.writerow(["point", "value", "start", "end"])
            writer.writerow(row)

    def close(self) -> None:
        """Do nothing: no file stays open."""


def _rows(told: SetPoints) -> list[tuple[str, float, int, int]]:
    columns = (told.point, told.value, told.start_s, told.end_s)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


CONNECTOR = ConnectorKind(Files, FilesOptions)
