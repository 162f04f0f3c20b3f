"""Block `tariff`: what the sites pay for what they draw, where computing answers to prices."""

from __future__ import annotations

import numpy as np

from suandian.maths.block import Block, Draft, with_power
from suandian.model.grid import Ints
from suandian.model.ports.tariff import Peak, Terms


def add(draft: Draft) -> None:
    """Add costs of `import`, columns `given` [MW] where giving pays less than drawing costs, and
    for each peak columns `peak 0`, … with their rows.
    """
    terms = draft.window.power
    if not isinstance(terms, Terms) or not len(draft.prepared.sites):
        return
    drawn = draft.columns("import")
    hours = draft.window.hours[:, None]
    draft.builder.add_cost(drawn, terms.buy * hours)
    _add_given(draft, terms, drawn)
    for i, peak in enumerate(terms.peaks):
        _add_peak(draft, f"peak {i}", peak, drawn)


def _add_given(draft: Draft, terms: Terms, drawn: Ints) -> None:
    """Charge the difference on what is given: drawing is priced at `buy` in both directions."""
    margin = terms.buy - terms.sell
    # equal prices need no column: one line through both directions
    cheaper = np.flatnonzero((margin > 0).any(axis=0))
    if not len(cheaper):
        return
    builder = draft.builder
    cost = margin[:, cheaper] * draft.window.hours[:, None]
    given = builder.add_columns("given", cost.shape, 0.0, np.inf, cost)
    rows = builder.add_rows("given", cost.shape, 0.0, np.inf)
    builder.add_entries(rows, given, 1.0)
    builder.add_entries(rows, drawn[:, cheaper], 1.0)


def _add_peak(draft: Draft, name: str, peak: Peak, drawn: Ints) -> None:
    """Add a column for each quantity that costs, above every sum of energy that it is the greatest
    of.
    """
    builder = draft.builder
    height = builder.add_columns(name, peak.price.shape, peak.least, np.inf, peak.price)
    shape = peak.offset.shape
    if not shape[0]:
        return
    rows = builder.add_rows(name, shape, peak.offset, np.inf)
    builder.add_entries(rows, height[peak.quantity], 1.0)
    inside = np.flatnonzero(peak.row >= 0)
    row = peak.row[inside]
    # a step's energy is its power times its length
    weight = peak.scale[row] * draft.window.hours[inside]
    builder.add_entries(rows[row], drawn[inside], -weight[:, None])


BLOCK = Block(
    "tariff",
    "Where computing answers to prices, sites pay by their tariffs: for energy by the step, and "
    "for quantities that are the greatest of several sums, such as the highest power of a month.",
    (
        "cost = Σ h[t]·(buy[d,t]·import[d,t] + (buy - sell)[d,t]·given[d,t]) + Σ price[p,d]·y[p,d]",
        "given[d,t] ≥ -import[d,t],   given[d,t] ≥ 0",
        "y[p,d] ≥ scale[w]·Σ_{t in w} h[t]·import[d,t] + offset[w,d]   for each w of p,   "
        "y[p,d] ≥ least[p,d]",
    ),
    add,
    needs=("site",),
    when=lambda draft: not with_power(draft),
)
