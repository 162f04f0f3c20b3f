"""Start times of jobs that do not meet: each is placed by itself on a signal (carbon, price),
whatever others do.

What policies of the literature choose among, for a job submitted at s, of length n, that may wait
w:

    run-now         s
    lowest slot     the first tick in s … s + w at which the signal is least
    lowest window   min over offsets k = 0, e, 2e … ≤ w of  C(k) = ∫ signal over [s + k, s + k + n')
    Carbon-Time     max over the same offsets of (C(0) - C(k)) / (k + n')          (GAIA, Hanafy et
    al. 2024) Wait-Awhile     the n ticks of least signal in [s, s + n + w), in pieces
    (Wiesner et al. 2021) threshold       run while the signal is below a quantile of the next day,
    or no wait is left    (Souza et al. 2023)

n' is the length that the policy believes in. Windows that reach beyond the signal are not chosen.
Of equals the soonest is chosen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from suandian.jobs.compiled import kernel
from suandian.jobs.prefix import Prefix, between
from suandian.model.grid import Floats, Ints

TIE = 1e-12  # relative: integrals of equal windows differ by their rounding


class Pieces(NamedTuple):
    """Runs of jobs, one after the other: job j has the pieces `first[j]` to `first[j + 1] - 1`.

    `begin`, `length` (pieces,) in ticks.
    """

    first: Ints
    begin: Ints
    length: Ints

    @property
    def job(self) -> Ints:
        """The job of each piece (pieces,)."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))


def whole(start: Ints, length: Ints) -> Pieces:
    """Return jobs that run in one piece."""
    return Pieces(np.arange(len(start) + 1), start, length)


@kernel
def lowest_slot(submit, wait, site, signal):  # type: ignore[no-untyped-def]
    """Return starts (jobs,): the soonest tick of least signal."""
    start = np.empty(len(submit), np.int64)
    steps = signal.value.shape[1]
    for j in range(len(submit)):
        start[j] = submit[j]
        # the step that it is submitted in counts from now on, later ones from their begin
        k = (submit[j] - signal.start) // signal.step
        least = signal.value[site[j], k] if 0 <= k < steps else np.inf
        last = min((submit[j] + wait[j] - signal.start) // signal.step, steps - 1)
        for h in range(max(k + 1, 0), last + 1):
            if signal.value[site[j], h] < least:
                least = signal.value[site[j], h]
                start[j] = signal.start + h * signal.step
    return start


@kernel
def lowest_window(submit, length, wait, every, site, signal):  # type: ignore[no-untyped-def]
    """Return starts (jobs,): the offset of least integral over `length` (jobs,), which may be what
    one believes.
    """
    start = np.empty(len(submit), np.int64)
    end = signal.start + signal.step * signal.value.shape[1]
    for j in range(len(submit)):
        start[j], least = submit[j], np.inf
        for k in range(submit[j], min(submit[j] + wait[j], end - length[j]) + 1, every):
            sum_ = between(signal, site[j], k, k + length[j])
            if sum_ < least * (1 - TIE):
                start[j], least = k, sum_
    return start


@kernel
def carbon_time(submit, length, wait, every, site, signal):  # type: ignore[no-untyped-def]
    """Return starts (jobs,): the offset of most saving for each tick until completion."""
    start = np.empty(len(submit), np.int64)
    end = signal.start + signal.step * signal.value.shape[1]
    for j in range(len(submit)):
        start[j], most = submit[j], 0.0
        # saving per time to completion (GAIA's Carbon-Time): a small saving soon can beat a large
        # one late
        now = between(
            signal,
            site[j],
            submit[j],
            submit[j] + length[j],
        )
        for k in range(submit[j], min(submit[j] + wait[j], end - length[j]) + 1, every):
            rate = (
                now
                - between(
                    signal,
                    site[j],
                    k,
                    k + length[j],
                )
            ) / (k - submit[j] + length[j])
            if rate > most * (1 + TIE) + TIE * now / length[j]:
                start[j], most = k, rate
    return start


def wait_awhile(submit: Ints, length: Ints, wait: Ints, site: Ints, signal: Prefix) -> Pieces:
    """Return pieces: the ticks of least signal until the wait is over, of equals the soonest."""
    return Pieces(*_pieces(submit, length, wait, site, signal, -1.0, 0))


def below_threshold(
    submit: Ints, length: Ints, wait: Ints, site: Ints, signal: Prefix, quantile: float, over: int
) -> Pieces:
    """Return pieces: run below the `quantile` of the signal over the next `over` ticks, or when no
    wait is left.
    """
    return Pieces(*_pieces(submit, length, wait, site, signal, quantile, over))


def integral(begin: Ints, length: Ints, width: Floats, site: Ints, signal: Prefix) -> Floats:
    """Return width · ∫ signal dt of each run (runs,) [width · signal · tick]."""
    return np.asarray(_integral(begin, length, width, site, signal))


@kernel
def _integral(begin, length, width, site, signal):  # type: ignore[no-untyped-def]
    made = np.empty(len(begin))
    for j in range(len(begin)):
        made[j] = width[j] * between(
            signal,
            site[j],
            begin[j],
            begin[j] + length[j],
        )
    return made


@kernel
def _pieces(submit, length, wait, site, signal, quantile, over):  # type: ignore[no-untyped-def]
    jobs = len(submit)
    step = signal.step
    steps = signal.value.shape[1]
    room = 0
    for j in range(jobs):
        room += (length[j] + wait[j]) // step + 2
    first = np.zeros(jobs + 1, np.int64)
    begin = np.empty(room, np.int64)
    long = np.empty(room, np.int64)
    n = 0
    for j in range(jobs):
        value = signal.value[site[j]]
        end = signal.start + step * steps
        stop = min(submit[j] + length[j] + wait[j], end)
        k0 = (submit[j] - signal.start) // step
        hours = (stop - 1 - signal.start) // step - k0 + 1
        at, take = (
            np.zeros(hours, np.int64),
            np.zeros(hours, np.int64),
        )  # in each step: from where on, how many ticks
        left = length[j]
        spare = wait[j]
        # Wait-Awhile: the cheapest steps, whatever lies between them; else every step below the
        # threshold, in order
        if quantile < 0:
            order = np.argsort(value[k0 : k0 + hours], kind="mergesort")
            limit = np.inf
        else:
            order = np.arange(hours)
            limit = _quantile(
                value, signal.start, step, submit[j], min(submit[j] + over, end), quantile
            )
        for h in order:
            low, high = _clip(
                signal.start + (k0 + h) * step,
                step,
                submit[j],
                stop,
            )
            # pauses are taken from the time to spare: when it is gone the job runs whatever it
            # costs
            pause = min(spare, high - low) if value[k0 + h] >= limit else 0
            spare -= pause
            at[h], take[h] = low + pause, min(left, high - low - pause)
            left -= take[h]
            if left == 0:
                break
        for h in range(hours):
            if take[h] > 0 and n > first[j] and begin[n - 1] + long[n - 1] == at[h]:
                long[n - 1] += take[h]
            elif take[h] > 0:
                begin[n], long[n] = at[h], take[h]
                n += 1
        first[j + 1] = n
    return first, begin[:n].copy(), long[:n].copy()


@kernel
def _clip(begin, step, low, high):  # type: ignore[no-untyped-def]
    return max(begin, low), min(begin + step, high)


@kernel
def _quantile(value, start, step, low, high, q):  # type: ignore[no-untyped-def]
    """Return the quantile (linear between ranks) of the signal's ticks in [low, high)."""
    first = (low - start) // step
    last = (high - 1 - start) // step
    # a quantile over time: the first and last step count by the part that is in the range
    order = np.argsort(value[first : last + 1], kind="mergesort")
    rank = q * (high - low - 1)
    below = int(np.floor(rank))
    seen = 0
    lower = np.nan
    for h in order:
        a, b = _clip(start + (first + h) * step, step, low, high)
        seen += b - a
        if np.isnan(lower) and seen > below:
            lower = value[first + h]
        if seen > below + 1 or seen == high - low:
            upper = value[first + h] if seen > below + 1 else lower
            return lower + (rank - below) * (upper - lower)
    return lower
