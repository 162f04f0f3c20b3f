"""A demand charge: the highest mean power of any window of time in a month or a year.

    bill of a period = price · max over its windows of  energy drawn in the window / its length

Windows that end after the last step of a study are not complete and not charged. A step longer than
the window counts by its own mean: what happened inside it was not metered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from suandian.model.grid import Bools, Floats, Ints
from suandian.model.ports.options import DurationOption, PluginOptions, PowerPriceOption
from suandian.model.ports.tariff import Meters, Peak, TariffKind, Terms
from suandian.model.time import TimeAxis
from suandian.model.units import WH_PER_MWH
from suandian.tariffs.calendar import local_s, months, winter_offset_s, years

# peaks last in thousandths of a watt: finer than the ledger's money at any price
MILLIWATT_PER_MW = 10**9
SECONDS_PER_HOUR = 3600


class DemandOptions(PluginOptions):
    """What power costs, and how it is measured."""

    price: PowerPriceOption = Field(ge=0, description="price of the period's highest power")
    window: DurationOption = Field(
        default=0.25, gt=0, le=1, description="time that power is the mean of"
    )
    period: Literal["month", "year"] = Field(
        default="month", description="time after which the highest power is forgotten"
    )


@dataclass(frozen=True, eq=False)
class Windows:
    """The steps of an axis by window and by period.

    `row` (T,) the window of each step; by window: `number` in the count of all windows, `seconds`
    of its steps on this axis, `complete` whether it ends on it, `period` the position of its
    period; by period: `period_number`, `first` and `last` the steps [first, last) in it.
    """

    row: Ints
    number: Ints
    seconds: Ints
    complete: Bools
    period: Ints
    period_number: Ints
    first: Ints
    last: Ints


def windows(axis: TimeAxis, zone: str, options: DemandOptions) -> Windows:
    """Return the windows and periods that the steps of `axis` lie in."""
    start_s = axis.edges_s[:-1]
    end_s = axis.edges_s[1:]
    window_s = round(options.window * SECONDS_PER_HOUR)
    # counted on winter time all year: at the end of summer time an hour of the wall clock comes
    # twice, and would be taken for one
    shift_s = winter_offset_s(zone)
    number, first_step, row = np.unique(
        (start_s + shift_s) // window_s, return_index=True, return_inverse=True
    )
    last_step = np.append(first_step[1:], axis.n) - 1
    complete = end_s[last_step] + shift_s >= (number + 1) * window_s
    wall_s = local_s(start_s, zone)
    of_step = months(wall_s) if options.period == "month" else years(wall_s)
    period_number, first, period_of_step = np.unique(
        of_step, return_index=True, return_inverse=True
    )
    return Windows(
        row=row,
        number=number,
        seconds=np.bincount(row, end_s - start_s).astype(np.int64),
        complete=complete,
        period=period_of_step[first_step],
        period_number=period_number,
        first=first,
        last=np.append(first[1:], axis.n),
    )


@dataclass(frozen=True, eq=False)
class Lasting:
    """What lasts, by meter: the `period` and its highest power so far `peak_milliwatt` [mW], the
    `window` that is open, energy drawn [Wh] and time passed [s] in it.
    """

    period: Ints
    peak_milliwatt: Ints
    window: Ints
    open_wh: Ints
    open_s: Ints

    @classmethod
    def of(cls, columns: Ints) -> Lasting:
        """Return what lasts from its columns (meters, 5), or the beginning of a study from none."""
        if columns.shape[1]:
            return cls(*columns.T)
        nothing = np.zeros(len(columns), np.int64)
        return cls(nothing - 1, nothing, nothing - 1, nothing, nothing)

    def columns(self) -> Ints:
        """Return (meters, 5), to be booked."""
        return np.stack(
            [self.period, self.peak_milliwatt, self.window, self.open_wh, self.open_s], axis=1
        )


@dataclass(frozen=True, eq=False)
class Demand:
    """A price for the highest power of each period."""

    meters: Meters
    options: DemandOptions

    @classmethod
    def of(cls, meters: Meters, options: DemandOptions) -> Demand:
        """Return the tariff of some meters."""
        return cls(meters, options)

    def terms(self, axis: TimeAxis, price: Floats, lasting: Ints) -> Terms:
        """Return that power is charged, and energy is not."""
        before = Lasting.of(lasting)
        zones = sorted(set(self.meters.zone.tolist()))
        peaks = tuple(self._peak(windows(axis, z, self.options), z, before) for z in zones)
        return Terms(np.zeros_like(price), np.zeros_like(price), peaks)

    def after(self, axis: TimeAxis, energy_mwh: Floats, lasting: Ints) -> Ints:
        """Return the highest power so far and what is in the open window, by meter (meters, 5)."""
        before = Lasting.of(lasting)
        after = np.zeros((len(self.meters), 5), np.int64)
        for zone in set(self.meters.zone.tolist()):
            mine = self.meters.zone == zone
            cut = windows(axis, zone, self.options)
            reached_mw = self._peak(cut, zone, before).reached(energy_mwh)[-1]
            drawn_wh = np.rint(energy_mwh[cut.row == cut.row[-1]].sum(axis=0) * WH_PER_MWH)
            # the last window may have been open before this axis began
            goes_on = before.window == cut.number[-1]
            is_open = not cut.complete[-1]
            ends = Lasting(
                period=np.full_like(before.period, cut.period_number[-1]),
                peak_milliwatt=np.rint(reached_mw * MILLIWATT_PER_MW).astype(np.int64),
                window=np.full_like(before.window, cut.number[-1]),
                open_wh=is_open * (drawn_wh.astype(np.int64) + goes_on * before.open_wh),
                open_s=is_open * (cut.seconds[-1] + goes_on * before.open_s),
            )
            after[mine] = ends.columns()[mine]
        return after

    def _peak(self, cut: Windows, zone: str, before: Lasting) -> Peak:
        """Return the charge on the meters of a zone; others have no price in it."""
        count = len(self.meters)
        shape = (len(cut.period_number), count)
        least = np.zeros(shape)
        same = cut.period_number[0] == before.period
        # what was paid for this period's highest power so far is not paid again
        least[0] = np.where(same, before.peak_milliwatt / MILLIWATT_PER_MW, 0.0)
        goes_on = before.window == cut.number[0]
        # meters of one zone have the same windows: what has passed of one has passed of all
        seconds = cut.seconds.copy()
        seconds[0] += int((goes_on * before.open_s)[self.meters.zone == zone].max())
        hours = np.maximum(seconds / SECONDS_PER_HOUR, self.options.window)
        offset = np.zeros((len(cut.number), count))
        offset[0] = goes_on * before.open_wh / WH_PER_MWH / hours[0]
        kept = np.flatnonzero(cut.complete)
        position = np.full(len(cut.number), -1)
        position[kept] = np.arange(len(kept))
        return Peak(
            kind="demand",
            item=f"highest power of the {self.options.period}",
            unit="MW",
            rule=f"demand: price × highest mean of {self.options.window * 60:g} min",
            price=np.where(self.meters.zone == zone, self.options.price, 0.0) * np.ones(shape),
            least=least,
            billed=least,
            row=position[cut.row],
            scale=1.0 / hours[kept],
            quantity=cut.period[kept],
            offset=offset[kept],
            first=cut.first,
            last=cut.last,
        )


KIND = TariffKind(
    name="demand",
    summary="the highest power of a month or a year",
    make=Demand.of,
    Options=DemandOptions,
    example={"price": "118 USD/kW"},
)
