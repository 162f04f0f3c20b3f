"""The fluid plan of a price taker: how much work runs where in each step, at prices that it cannot
change.

    minimise    Σ_t,s c[t,s]·h[t]·x[t,s] + Σ_t,g late·z[t,g] + leftover·Σ_g q[T,g]
    subject to  q[t,g] = q[t-1,g] + ΔA[t,g] - h[t]·r[t,g] - z[t,g],   0 ≤ q ≤ A - D     (block
    `deferrable`)
                Σ_g r[t,g] = Σ_s x[t,s],   0 ≤ x ≤ most

x [capacity] at sites, r by groups of work, A and D cumulative work that has come and is due
(`jobs.curves`). Work is divisible here and jobs of a group stand in for each other, so with all
jobs known the optimum is a lower bound on what any schedule of them costs (z is zero where they can
be done in time).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from suandian.model.grid import Floats
from suandian.solve.port import solve
from suandian.solve.problem import Builder


@dataclass(frozen=True, eq=False)
class Fluid:
    """A plan: `power` (steps, sites) in the unit of capacity, its cost with a proven lower bound,
    work left late.
    """

    power: Floats
    cost: float
    bound: float
    late: float


def fluid(
    arrived: Floats,
    due: Floats,
    cost: Floats,
    most: Floats,
    hours: Floats,
    late: float,
    leftover: float = 0.0,
) -> Fluid:
    """Return the cheapest plan of work that may run anywhere.

    `arrived`, `due` (steps, groups) cumulative [capacity · h]; `cost` (steps, sites) [per capacity
    · h]; `most` (steps, sites) capacity; `hours` (steps,) [h]; `late` the price of work that is not
    done when due, `leftover` that of work left at the end [per capacity · h].

    Raises
    ------
    SolveError
        The solver gives no optimum.

    Examples
    --------
    Three hours, two units of work due in two: one site, cheap in the second hour.

    >>> column = lambda *values: np.array(values, dtype=float)[:, None]
    >>> arrived, due = column(2, 2, 2), column(0, 2, 2)
    >>> cost, most = column(9, 1, 5), column(1, 1, 1)
    >>> plan = fluid(arrived, due, cost, most, np.ones(3), 1e3)
    >>> plan.power[:, 0].tolist(), plan.cost
    ([1.0, 1.0, 0.0], 10.0)
    """
    builder = Builder()
    shape = arrived.shape
    sites = cost.shape[1]
    wide = hours[:, None]
    end = np.zeros(shape)
    end[-1] = leftover
    power = builder.add_columns("power", (len(hours), sites), 0.0, most, cost * wide, unit="1")
    run = builder.add_columns("run", shape, 0.0, np.inf, unit="1")
    queue = builder.add_columns("queue", shape, 0.0, np.maximum(arrived - due, 0.0), end, unit="h")
    missed = builder.add_columns("late", shape, 0.0, np.inf, late, unit="h")
    arrivals = np.diff(arrived, axis=0, prepend=0.0)
    rows = builder.add_rows("queue", shape, arrivals, arrivals, unit="h")
    builder.add_entries(rows, queue, 1.0)
    builder.add_entries(rows[1:], queue[:-1], -1.0)
    builder.add_entries(rows, run, wide)
    builder.add_entries(rows, missed, 1.0)
    balance = builder.add_rows("balance", (len(hours),), 0.0, 0.0, unit="1")
    builder.add_entries(balance[:, None], run, 1.0)
    builder.add_entries(balance[:, None], power, -1.0)
    solution = solve(builder.build())
    return Fluid(
        solution.x[power],
        solution.objective,
        solution.certificate.proven,
        float(solution.x[missed].sum()),
    )
