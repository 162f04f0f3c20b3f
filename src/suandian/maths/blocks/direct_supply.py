"""Block `direct_supply`: ratios of a site's own supply (绿电直连) over a whole study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.maths.ordered_sums import product
from suandian.model.grid import Floats, Ints

if TYPE_CHECKING:
    from suandian.maths.result import Result

RATIOS = ("self_use", "green_share", "export_ratio")


def add(draft: Draft) -> None:
    """Add columns `export` [MW] (T, limited sites), rows `export`, `own` (T, limited sites) and the
    ratios' rows.

    Only where the window is a whole study: no ratio binds a part of it.
    """
    totals = draft.prepared.totals
    if totals is None or not draft.window.whole or not len(totals.sites):
        return
    own = _Own.of(draft, totals.sites)
    shape = (draft.window.n, len(totals.sites))
    sites = draft.prepared.sites
    builder = draft.builder
    # export ≥ -import, and no more than the site's own supply less what it charges
    export = builder.add_columns("export", shape, 0.0, sites.export_mw[totals.sites])
    rows = builder.add_rows("export", shape, 0.0)
    builder.add_entries(rows, export, 1.0)
    builder.add_entries(rows, draft.columns("import")[:, totals.sites], 1.0)
    rows = builder.add_rows("own", shape, 0.0)
    builder.add_entries(rows, export, -1.0)
    for columns, at in ((own.supply, own.supplied), (own.charge, own.stored)):
        sign = 1.0 if columns is own.supply else -1.0
        builder.add_entries(rows[:, at], columns, sign)
    _add_ratios(draft, own, export)


def _add_ratios(draft: Draft, own: _Own, export: Ints) -> None:
    """Add one row for each ratio of each site, in MWh over the study."""
    totals = draft.prepared.totals
    builder = draft.builder
    hours = draft.window.hours[:, None]
    assert totals is not None
    grid_import = draft.columns("import")[:, totals.sites]
    for name, limit in zip(
        RATIOS, (totals.self_use, totals.green_share, totals.export), strict=True
    ):
        asked = limit[totals.sites]
        # a ratio that is not asked for is NaN
        mine = np.flatnonzero(np.isfinite(asked))
        if not len(mine):
            continue
        share = asked[mine]
        if name == "export_ratio":
            rows = builder.add_total_rows(
                name, len(mine), upper=share * own.available_mwh[mine], unit="MWh"
            )
            builder.add_entries(
                np.broadcast_to(rows, export[:, mine].shape), export[:, mine], hours
            )
            continue
        of_load = name == "green_share"
        rows = builder.add_total_rows(
            name, len(mine), 0.0 if of_load else share * own.available_mwh[mine], unit="MWh"
        )
        kept = (
            1.0 - asked if of_load else np.ones(len(asked))
        )  # of a MWh of self-use: load is self-use + bought
        row_of = np.full(len(asked), -1)
        row_of[mine] = rows
        for columns, at, sign in (
            (own.supply, own.supplied, 1.0),
            (own.charge, own.stored, -1.0),
            (own.discharge, own.stored, 1.0),
            (export, np.arange(len(asked)), -1.0),
        ):
            used = np.flatnonzero(row_of[at] >= 0)
            spot = np.broadcast_to(row_of[at[used]], (len(hours), len(used)))
            builder.add_entries(spot, columns[:, used], sign * hours * kept[at[used]])
        if of_load:
            spot = np.broadcast_to(rows, (len(hours), len(mine)))
            builder.add_entries(spot, grid_import[:, mine], -hours * share)
            builder.add_entries(spot, export[:, mine], -hours * share)


@dataclass(frozen=True, eq=False)
class _Own:
    """What stands behind the meters of the limited sites: columns, and the position of their site
    among these.
    """

    supply: Ints
    supplied: Ints
    charge: Ints
    discharge: Ints
    stored: Ints
    available_mwh: Floats

    @classmethod
    def of(cls, draft: Draft, limited: Ints) -> _Own:
        prepared = draft.prepared
        window = draft.window
        # from a place behind a meter to the position among the limited sites
        at = np.full(prepared.buses + len(prepared.sites), -1)
        at[prepared.buses + limited] = np.arange(len(limited))
        units = prepared.units
        segment = np.flatnonzero(at[units.node[prepared.curves.unit]] >= 0)
        store = np.flatnonzero(at[prepared.stores.node] >= 0)
        none = np.zeros((window.n, 0), np.int64)
        supply = draft.columns("segment")[:, segment]
        mine = np.flatnonzero((at[units.node] >= 0) & (units.feed >= 0))
        # what sun and wind offered, taken or not: the denominator of self-use
        could = np.zeros(len(limited))
        available_mwh = product(window.hours, window.available_mw[:, units.feed[mine]])
        np.add.at(could, at[units.node[mine]], available_mwh)
        return cls(
            supply,
            at[units.node[prepared.curves.unit[segment]]],
            draft.columns("charge")[:, store] if len(store) else none,
            draft.columns("discharge")[:, store] if len(store) else none,
            at[prepared.stores.node[store]],
            could,
        )


@dataclass(frozen=True, eq=False)
class Reached:
    """What a plan of a whole study reaches, by site with a ratio (sites,); NaN where it has nothing
    to share.

    `site` position of the site; `self_use` of what its own supply could give, `green_share` of its
    load, `export` of what its own supply could give.
    """

    site: Ints
    self_use: Floats
    green_share: Floats
    export: Floats


def reached(result: Result) -> Reached:
    """Return the ratios of a solved window from powers alone: export is what the connection carries
    to the bus.
    """
    prepared = result.compiled.prepared
    window = result.compiled.window
    site = np.zeros(0, np.int64) if prepared.totals is None else prepared.totals.sites
    node = prepared.buses + site
    hours = window.hours
    units = prepared.units

    def total(values: Floats, at: Ints) -> Floats:
        """Return Σ h·values (T, members) by limited site."""
        made = np.zeros(prepared.buses + len(prepared.sites))
        np.add.at(made, at, product(hours, values))
        return made[node]

    fed = np.flatnonzero(units.feed >= 0)
    could = total(window.available_mw[:, units.feed[fed]], units.node[fed])
    net = result.column("import")[:, site]
    sold = product(hours, np.maximum(-net, 0.0))
    bought = product(hours, np.maximum(net, 0.0))
    stored = total(result.column("discharge") - result.column("charge"), prepared.stores.node)
    # own supply that reached the site's load: what was made, less what was sold, plus what came out
    # of store
    used = total(result.output_mw(), units.node) - sold + stored
    with np.errstate(invalid="ignore", divide="ignore"):
        return Reached(site, used / could, used / (used + bought), sold / could)


BLOCK = Block(
    "direct_supply",
    "Over a whole study, a site's own supply keeps its ratios: enough of it is used by the site, "
    "enough of the site's "
    "load is covered, not too much is exported. What is exported or charged comes from the "
    "site's own supply in the "
    "same step, so all that the battery gives is green; losses of the battery do not count as "
    "used.",
    (
        "export[d,t] ≥ -import[d,t],   export[d,t] + Σ charge[d,t] ≤ supply[d,t]",
        "self[d] = Σ_t h[t]·(supply[d,t] - export[d,t] - charge[d,t] + discharge[d,t])",
        "self[d] ≥ ρ1[d]·Σ_t h[t]·available[d,t]",
        "self[d] ≥ ρ2[d]·(self[d] + Σ_t h[t]·(import[d,t] + export[d,t]))   (self + bought = load)",
        "Σ_t h[t]·export[d,t] ≤ ρ3[d]·Σ_t h[t]·available[d,t]",
    ),
    add,
    needs=(
        "generation",
        "storage",
        "site",
    ),
    when=with_power,
)
