"""Elastic jobs that are scaled to a signal: more width in cheap steps, as long as it pays
(CarbonScaler).

A job of length n at its own width may run at 1, 2, … K times that width with throughput f(1) = 1 <
f(2) < … of falling increments. Increments of all steps until it is due are taken in order of
throughput per cost,

    (f(k) - f(k - 1)) / signal(step),

until the work is done; of the last one only what is needed (Hanafy et al., CarbonScaler, 2023).
"""

from __future__ import annotations

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.jobs.events.batch import Batch, Wish, ranks
from suandian.jobs.prefix import Prefix
from suandian.model.grid import Floats

EPS = 1e-9


def scaled(batch: Batch, throughput: Floats, signal: Prefix, capacity: Floats) -> Wish:
    """Return the wish of each job at its origin: pieces of 1 … K times its width, none in the other
    steps.

    No piece is wider than the `capacity` (sites,) of its site. `throughput` (K,) is that of 1 … K
    times the width. In steps where the signal is not positive, all increments are taken first.

    Raises
    ------
    ValueError
        The throughput does not begin with 1, or its increments rise.

    Examples
    --------
    Two hours of work, one cheap hour of three: at twice the width, 1.8 of the two hours are done in
    it.

    >>> one = lambda value: np.array([value], dtype=np.int64)
    >>> batch = Batch(one(0), one(120), np.ones(1), one(180), one(0), one(0), np.zeros(1))
    >>> from suandian.jobs.prefix import prefix
    >>> signal = prefix(np.array([[90.0], [10.0], [95.0]]), 0, 60)
    >>> wish = scaled(batch, np.array([1.0, 1.8]), signal, np.array([8.0]))
    >>> wish.begin.tolist(), wish.length.tolist(), wish.width.tolist()
    ([0, 60], [12, 60], [1.0, 2.0])
    """
    # what each further width adds: falling, else the greedy choice would not be the best
    gain = np.diff(throughput, prepend=0.0)
    if gain[0] != 1.0 or np.any(np.diff(gain) > 0) or np.any(gain <= 0):
        raise ValueError(
            f"throughput must start with 1 and rise by ever less, not {throughput.tolist()}"
        )
    first, begin, length, width = _scaled(
        batch.submit, batch.length, batch.due, batch.origin, batch.width, gain, signal, capacity
    )
    return Wish(
        batch.origin,
        first,
        begin,
        length,
        width,
        ranks(batch.submit),
    )


@kernel
def _scaled(  # type: ignore[no-untyped-def]
    submit, length, due, site, width, gain, signal, capacity
):
    jobs, most, steps = len(submit), len(gain), signal.value.shape[1]
    room = 0
    for j in range(jobs):
        room += 2 * ((due[j] - submit[j]) // signal.step + 2)
    first = np.zeros(jobs + 1, np.int64)
    begins, lengths, widths = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    n = 0
    for j in range(jobs):
        k0 = (submit[j] - signal.start) // signal.step
        hours = min((due[j] - 1 - signal.start) // signal.step, steps - 1) - k0 + 1
        price = np.empty(hours * most)
        for h in range(hours):
            value = signal.value[site[j], k0 + h]
            for k in range(most):
                price[h * most + k] = value / gain[k] if value > 0 else value * gain[k]
        # CarbonScaler (Hanafy et al. 2023): increments in order of cost per work, over all hours
        order = np.argsort(price, kind="mergesort")
        level = np.zeros(hours, np.int64)
        left, last, excess = float(length[j]), 0, 0.0
        for i in order:
            h = i // most
            # the first width always fits: the job could not run at all else
            if level[h] > 0 and (level[h] + 1) * width[j] > capacity[site[j]]:
                continue
            low, high = _span(signal, k0 + h, submit[j], due[j])
            level[h] += 1
            left -= (high - low) * gain[level[h] - 1]
            if left <= 0:
                last, excess = h, -left
                break
        left = float(length[j])
        for h in range(hours):
            low, high = _span(signal, k0 + h, submit[j], due[j])
            split = high  # of the last increment, only what is needed
            if h == last:
                split -= min(high - low, np.int64((excess + EPS) / gain[level[h] - 1]))
            for k, until in ((level[h], split), (level[h] - 1, high)):
                if k <= 0 or left <= 0 or until <= low:
                    continue
                speed = gain[:k].sum()
                took = min(until - low, np.int64(np.ceil(left / speed - EPS)))
                left -= took * speed
                if (
                    n > first[j]
                    and widths[n - 1] == k * width[j]
                    and begins[n - 1] + lengths[n - 1] == low
                ):
                    lengths[n - 1] += took
                else:
                    begins[n], lengths[n], widths[n] = low, took, k * width[j]
                    n += 1
                low += took
        first[j + 1] = n
    return first, begins[:n].copy(), lengths[:n].copy(), widths[:n].copy()


@kernel
def _span(signal, step, low, high):  # type: ignore[no-untyped-def]
    begin = signal.start + step * signal.step
    return max(begin, low), min(begin + signal.step, high)
