"""The tariffs of a scenario's sites: their terms for a problem, and their bills."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from suandian.model.grid import Floats, Ints
from suandian.model.issues import InputError, Issue
from suandian.model.ports.tariff import CHARGE_KINDS, Meters, Peak, Tariff, TariffKind, Terms
from suandian.model.scenario import TariffPart
from suandian.model.system import Sites
from suandian.model.time import TimeAxis
from suandian.model.units import WH_PER_MWH
from suandian.reading.registry import find
from suandian.tariffs.lines import BillLines, lines_of


@dataclass(frozen=True, eq=False)
class BilledPart:
    """A part of a tariff, and the positions of the `sites` that it bills."""

    contract: str
    tariff: Tariff
    sites: Ints


@dataclass(frozen=True, eq=False)
class Bill:
    """The lines of each contract, whose meters are sites, and what `lasting` is after them."""

    lines: tuple[tuple[str, BillLines], ...]
    lasting: Ints

    def by_kind(self, sites: int) -> Ints:
        """Return what each site owes by kind of charge (kinds, sites) [1/10000 currency unit]."""
        owed = np.zeros((len(CHARGE_KINDS), sites), np.int64)
        for _, lines in self.lines:
            np.add.at(owed[CHARGE_KINDS.index(lines.kind)], lines.meter, lines.amount)
        return owed


@dataclass(frozen=True, eq=False)
class SiteTariffs:
    """What each site pays: the parts of its tariff add up.

    What lasts of all parts together is one array of integers, as it is booked: of each part the
    number of its columns, then their values; empty at the beginning of a study, and where no part
    remembers anything.
    """

    sites: int
    parts: tuple[BilledPart, ...]

    @classmethod
    def of(
        cls, sites: Sites, tariffs: Mapping[str, Sequence[TariffPart]], currency: str
    ) -> SiteTariffs:
        """Return the tariffs of `sites`, by the names that they give.

        Raises
        ------
        InputError
            A kind is not installed, or a site names a tariff that is not there.
        """
        known = sorted(tariffs)
        issues = [
            Issue(
                "scenario",
                f"sites.{site}.connection.tariff",
                name,
                "no such tariff",
                str(known),
            )
            for site, name in zip(sites.id.tolist(), sites.tariff.tolist(), strict=True)
            if name not in tariffs
        ]
        if issues:
            # a site without a tariff would be billed nothing
            raise InputError(issues)
        parts = []
        for name, pieces in tariffs.items():
            mine = np.flatnonzero(sites.tariff == name)
            if not len(mine):
                continue
            meters = Meters(sites.id[mine], sites.zone[mine], currency)
            for piece in pieces:
                kind: TariffKind = find("tariff", piece.kind, "scenario", f"tariffs.{name}").load()
                contract = f"{name}.{piece.name}" if piece.name else name
                options = kind.Options() if piece.options is None else piece.options
                parts.append(BilledPart(contract, kind.make(meters, options), mine))
        return cls(len(sites), tuple(parts))

    def terms(self, axis: TimeAxis, price: Floats, lasting: Ints) -> Terms:
        """Return what all sites are charged over the steps of `axis`; the meters are the sites.

        `price` (T, sites) [currency/MWh] is the market's at each site.
        """
        buy = np.zeros((axis.n, self.sites))
        sell = np.zeros((axis.n, self.sites))
        peaks: list[Peak] = []
        for part, own in self._each(lasting):
            terms = part.tariff.terms(axis, price[:, part.sites], own)
            buy[:, part.sites] += terms.buy
            sell[:, part.sites] += terms.sell
            peaks += [self._at_sites(peak, part.sites) for peak in terms.peaks]
        return Terms(buy, sell, tuple(peaks))

    def bill(self, axis: TimeAxis, energy_wh: Ints, price: Floats, lasting: Ints) -> Bill:
        """Return the bill for the net energy that the sites drew, (T, sites) [Wh].

        `price` (T, sites) [currency/MWh] is what the market settled at.
        """
        lines: list[tuple[str, BillLines]] = []
        ends: list[Ints] = []
        for part, own in self._each(lasting):
            drawn_wh = energy_wh[:, part.sites]
            terms = part.tariff.terms(axis, price[:, part.sites], own)
            for some in lines_of(terms, drawn_wh):
                lines.append((part.contract, replace(some, meter=part.sites[some.meter])))
            ends.append(part.tariff.after(axis, drawn_wh / WH_PER_MWH, own))
        return Bill(tuple(lines), _flat(ends))

    def _each(self, lasting: Ints) -> Iterator[tuple[BilledPart, Ints]]:
        """Yield each part with what lasts of it (its sites, columns)."""
        place = 0
        for part in self.parts:
            # at the beginning nothing lasts
            columns = int(lasting[place]) if len(lasting) else 0
            size = columns * len(part.sites)
            own = lasting[place + 1 : place + 1 + size]
            place += 1 + size
            yield part, own.reshape(len(part.sites), columns)

    def _at_sites(self, peak: Peak, sites: Ints) -> Peak:
        """Return a peak whose meters are all sites; those that it does not bill have no price."""

        def spread(values: Floats) -> Floats:
            wide = np.zeros((len(values), self.sites))
            wide[:, sites] = values
            return wide

        return replace(
            peak,
            price=spread(peak.price),
            least=spread(peak.least),
            billed=spread(peak.billed),
            offset=spread(peak.offset),
        )


def _flat(ends: Sequence[Ints]) -> Ints:
    if not any(end.shape[1] for end in ends):
        return np.zeros(0, np.int64)
    pieces = [np.concatenate([[end.shape[1]], end.ravel()]) for end in ends]
    return np.concatenate(pieces).astype(np.int64)
