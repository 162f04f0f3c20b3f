"""References to series (`constant`, `plugin:key`, a CSV file) as Feeds on any axis; Feeds put side
by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from suandian.model.feed import Feed
from suandian.model.grid import Floats
from suandian.model.issues import InputError, Issue
from suandian.model.ports import SeriesKind
from suandian.model.time import TimeAxis
from suandian.reading.registry import KINDS, find
from suandian.reading.series import series_file
from suandian.reading.spec.grid import SeriesFile
from suandian.reading.text.local_time import noon_before, zone_of
from suandian.reading.text.paths import inside, sha256, sha256_of_folder

ALWAYS_S = -(2**62)


@dataclass
class Sources:
    """What a scenario reads besides its own text: remembers each file and the hash of what was
    used.
    """

    folder: Path
    file: str
    zone: ZoneInfo
    hashes: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    _read: dict[SeriesFile, series_file.FileSeries | InputError] = field(default_factory=dict)

    def path(self, text: str, place: str) -> Path:
        """Return the file that `text` names inside the scenario folder and remember its hash."""
        path = inside(self.folder, text, self.file, place)
        if text not in self.hashes:
            self.hashes[text] = sha256(path)
        return path

    def option_path(self, text: str, place: str, folder: bool) -> Path:
        """Return the file or folder that an option of a plug-in names, and remember its hash."""
        if not folder:
            return self.path(text, place)
        path = inside(self.folder, text, self.file, place, want_folder=True)
        if text not in self.hashes:
            self.hashes[text] = sha256_of_folder(path)
        return path

    def note(self, text: str) -> None:
        """Remember a remark for the reader of the results, once."""
        if text not in self.notes:
            self.notes.append(text)

    def warn(self, text: str) -> None:
        """Remember, once, what was left out or changed: whoever starts a study should see it."""
        if text not in self.warnings:
            self.warnings.append(text)

    def plugin(self, kind: str, name: str, place: str) -> Any:
        """Return a plug-in's object and remember its version."""
        plugin = find(kind, name, self.file, place)
        port = plugin.load()
        # a plug-in's data come with its distribution: its version stands for their hash
        self.hashes[f"{KINDS[kind].plural}:{name}"] = plugin.version()
        return port

    def feed(self, ref: str | SeriesFile, axis: TimeAxis, place: str) -> Feed:
        """Return the referenced series on `axis` as a Feed of one column.

        Raises
        ------
        InputError
            Unknown plug-in or key, a bad file, a time that is not covered, a resolution that needs
            `resample`.
        """
        if isinstance(ref, SeriesFile):
            return self._from_file(ref, axis, place)
        name, _, key = ref.partition(":")
        if name == "constant":
            return constant(axis)
        source: SeriesKind = self.plugin("series", name, place)
        return source.series(key, axis)

    def nameplate(self, ref: str | SeriesFile, feed: Feed) -> float:
        """Return the value that means full output: 1 for per-unit series, the plug-in's own, else
        the maximum.
        """
        if feed.unit in ("1", "p.u.", "pu"):
            return 1.0
        if isinstance(ref, str) and ref != "constant":
            name, _, key = ref.partition(":")
            source: SeriesKind = self.plugin("series", name, "")
            if source.nameplate is not None:
                return float(source.nameplate(key))
        # nobody says what full output is: the largest value is a guess, so the report says it
        largest = float(feed.actual.max(initial=0.0))
        shown = ref if isinstance(ref, str) else ref.file
        self.note(f"series {shown}: its largest value {largest:g} is taken as nameplate")
        return largest

    def _from_file(self, ref: SeriesFile, axis: TimeAxis, place: str) -> Feed:
        data = self.file_series(ref, place)
        rows = _cells(data, ref, axis, f"{place}.resample", self.file)
        return Feed(
            name=ref.file,
            unit=ref.unit,
            columns=np.array([ref.column]),
            axis=axis,
            actual=_resampled(data.values, rows)[:, None],
            actual_known_s=axis.edges_s[1:].copy(),
            ahead=None if data.ahead is None else _resampled(data.ahead, rows)[:, None],
            ahead_known_s=None if data.ahead is None else noon_before(axis.edges_s[:-1], self.zone),
        )

    def file_series(self, ref: SeriesFile, place: str) -> series_file.FileSeries:
        """Return the content of a series file, read once.

        Raises
        ------
        InputError
            With every finding about the file.
        """
        # also a failure is remembered: a file used at three places is read, and complained of, once
        if ref not in self._read:
            try:
                self._read[ref] = self._parse(ref, place)
            except InputError as error:
                self._read[ref] = error
        data = self._read[ref]
        if isinstance(data, InputError):
            raise data
        return data

    def _parse(self, ref: SeriesFile, place: str) -> series_file.FileSeries:
        path = self.path(ref.file, f"{place}.file")
        zone, issues = (
            zone_of(ref.zone, self.file, f"{place}.zone") if ref.zone else (self.zone, [])
        )
        if zone is None:
            raise InputError(issues)
        return series_file.read(path, ref, zone)


def _cells(
    data: series_file.FileSeries, ref: SeriesFile, axis: TimeAxis, place: str, file: str
) -> np.ndarray:
    """Return for each step the rows (steps, r) of the file that lie in it."""
    step_s = int(axis.edges_s[1] - axis.edges_s[0])
    # means and repeats change the data, so the scenario must ask for them by name
    need = "none" if data.step_s == step_s else "mean" if data.step_s < step_s else "repeat"
    if need != "none" and ref.resample != need:
        message = f"{data.name} has {data.step_s / 60:g} min and the scenario {step_s / 60:g} min"
        raise InputError(
            [Issue(file, place, ref.resample, message, f'"{need}"', f'write resample = "{need}"')]
        )
    # 20 and 30 min share no edges: any value would be a guess
    if max(step_s, data.step_s) % min(step_s, data.step_s):
        message = f"{data.step_s / 60:g} min and {step_s / 60:g} min do not divide each other"
        raise InputError([Issue(file, place, ref.resample, message)])
    offset = axis.edges_s[:-1] - data.start_s
    last = data.start_s + data.step_s * len(data.values)
    if axis.start_s < data.start_s or axis.end_s > last:
        covered = f"{_utc(data.start_s)} to {_utc(last)}"
        message = f"does not cover {_utc(axis.start_s)} to {_utc(axis.end_s)}"
        raise InputError(
            [Issue(data.name, "column time", None, message, covered, "add rows, or change [time]")]
        )
    # half-hours from :15 on do not fill an hour from :00 on
    if need != "repeat" and np.any(offset % data.step_s):
        raise InputError(
            [
                Issue(
                    data.name,
                    "column time",
                    None,
                    "its intervals do not start with the scenario's steps",
                )
            ]
        )
    first = offset // data.step_s
    return first[:, None] + np.arange(step_s // data.step_s if need == "mean" else 1)


def _utc(time_s: int) -> str:
    return str(np.datetime64(time_s, "s")) + "Z"


def _resampled(values: Floats, rows: np.ndarray) -> Floats:
    return np.asarray(values[rows].mean(axis=1))


def constant(axis: TimeAxis, value: float = 1.0) -> Feed:
    """Return a series that always has one value and is always known ahead."""
    values = np.full((axis.n, 1), value)
    known = np.full(axis.n, ALWAYS_S, dtype=np.int64)
    return Feed(
        "constant", "1", np.array(["value"]), axis, values, axis.edges_s[1:].copy(), values, known
    )


def beside(
    name: str, unit: str, axis: TimeAxis, parts: Sequence[Feed], columns: Sequence[str] = ()
) -> Feed:
    """Return the columns of several feeds as one; a value is known when the last of its row is.

    Where only some have a day-ahead forecast, the others take the value of 48 h earlier as theirs.
    """
    if not parts:
        none = np.zeros((axis.n, 0))
        known = np.full(axis.n, ALWAYS_S, dtype=np.int64)
        return Feed(
            name,
            unit,
            np.array([], dtype=np.str_),
            axis,
            none,
            axis.edges_s[1:].copy(),
            none,
            known,
        )
    ahead = ahead_known = None
    published = [part.ahead_known_s for part in parts if part.ahead_known_s is not None]
    if published:
        ahead = np.hstack([_ahead(part) for part in parts])
        # a row is one piece of knowledge: it is complete when its last column is
        ahead_known = np.max(published, axis=0)
    return Feed(
        name=name,
        unit=unit,
        axis=axis,
        columns=np.array(
            columns or [c for part in parts for c in part.columns.tolist()], dtype=np.str_
        ),
        actual=np.hstack([part.actual for part in parts]),
        actual_known_s=np.max([part.actual_known_s for part in parts], axis=0),
        ahead=ahead,
        ahead_known_s=ahead_known,
    )


def _ahead(part: Feed) -> Floats:
    if part.ahead is not None:
        return part.ahead
    step_s = int(part.axis.edges_s[1] - part.axis.edges_s[0])
    # at noon of the day before, the value of 48 h earlier is the latest that is known for every
    # hour of the day
    back = 48 * 3600 // step_s
    return part.actual[np.maximum(np.arange(part.axis.n) - back, 0)]


def scaled(feed: Feed, factor: float, name: str, unit: str) -> Feed:
    """Return a feed times a factor, renamed."""
    ahead = None if feed.ahead is None else feed.ahead * factor
    return replace(
        feed,
        name=name,
        unit=unit,
        columns=np.array([name]),
        actual=feed.actual * factor,
        ahead=ahead,
    )
