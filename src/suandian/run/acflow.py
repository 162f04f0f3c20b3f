"""AC power flow of a dispatch by pandapower: voltages, loadings and losses that the DC model does
not see.

pandapower's Newton-Raphson works on its internal arrays here (pandapower 3.1 cannot write its
tables with pandas 3, and nothing else of it is needed). It is imported inside functions: the extra
`grid` is optional, and pandas comes with it.

Every bus with a running unit that has reactive power holds its voltage set point within the
reactive power of the units that run there; where that does not do, it stays at the limit and the
voltage gives way. Losses are carried by all running firm units in proportion to capacity
(distributed slack by repetition, to 1 kW). Links feed in what they carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import spsolve

from suandian.maths.topology import Topology
from suandian.model.grid import Bools, Floats, Grid, Ints, balancing_mw
from suandian.model.issues import InputError, Issue

OVER = 1e-6
TOLERANCE_MVA = 1e-6
ITERATIONS = 30
ROUNDS = 40


@dataclass(frozen=True, eq=False)
class AcResult:
    """One AC power flow: `voltage_pu`, `angle` [rad] (buses,), `apparent_mva` (lines,) at the
    heavier end, `losses_mw`, `output_mw` (units,) with the losses on the firm ones, `reactive_mvar`
    (buses,) that units give, and `limited` (buses,): the reactive power of the units there was not
    enough to hold the voltage.
    """

    voltage_pu: Floats
    angle: Floats
    apparent_mva: Floats
    losses_mw: float
    output_mw: Floats
    reactive_mvar: Floats
    limited: Bools


@dataclass(frozen=True, eq=False)
class AcGrid:
    """A grid as pandapower's Newton-Raphson wants it."""

    grid: Grid

    def __post_init__(self) -> None:
        try:
            import pandapower  # noqa: F401
        except ImportError as error:
            remedy = 'pip install "suandian[grid]"'
            raise InputError(
                [Issue("grid", "ac_check", True, "needs pandapower", remedy=remedy)]
            ) from error

    @cached_property
    def _bus(self) -> Floats:
        from pandapower.pypower import idx_bus as b

        buses = self.grid.buses
        columns = np.zeros((len(buses), b.bus_cols))
        columns[:, b.BUS_I] = np.arange(len(buses))
        columns[:, b.GS] = buses.shunt_mw
        columns[:, b.BS] = buses.shunt_mvar
        columns[:, b.VM] = 1.0
        # results are in per unit: any voltage does where the nominal one is not known
        columns[:, b.BASE_KV] = np.where(buses.base_kv > 0, buses.base_kv, 1.0)
        return columns

    @cached_property
    def _branch(self) -> Floats:
        from pandapower.pypower import idx_brch as r

        lines = self.grid.lines
        columns = np.zeros((len(lines), r.branch_cols))
        columns[:, r.F_BUS] = lines.from_bus
        columns[:, r.T_BUS] = lines.to_bus
        columns[:, r.BR_R] = lines.r_pu
        columns[:, r.BR_X] = lines.x_pu
        columns[:, r.BR_B] = lines.charging_pu
        columns[:, r.TAP] = lines.tap
        columns[:, r.SHIFT] = np.rad2deg(lines.shift)
        columns[:, r.BR_STATUS] = 1.0
        return columns

    @cached_property
    def _admittance(self) -> tuple[Any, Any, Any]:
        from pandapower.pypower.makeYbus import makeYbus

        ybus, from_end, to_end = makeYbus(self.grid.base_mva, self._bus, self._branch)
        return ybus, from_end, to_end

    @cached_property
    def _island(self) -> Ints:
        return Topology.of(self.grid).island

    def solve(
        self, output_mw: Floats, other_mw: Floats, load_mvar: Floats, on: Bools
    ) -> AcResult | None:
        """Return the power flow of unit output (units,), further injections less load (buses,)
        [MW], reactive load (buses,) [Mvar] and which units run; None where Newton-Raphson finds no
        solution.
        """
        units = self.grid.generators
        n = len(self.grid.buses)
        on = on & (units.node < n)
        holds = on & (units.q_max_mvar > units.q_min_mvar)
        q_low, q_high = (
            np.bincount(units.node[holds], v[holds], n).astype(np.float64)
            for v in (units.q_min_mvar, units.q_max_mvar)
        )
        voltage = np.ones(n)
        voltage[units.node[holds]] = units.voltage_pu[holds]
        regulated = np.isin(np.arange(n), units.node[holds])
        if not regulated.any():
            return None
        firm = np.where(on, balancing_mw(self.grid), 0.0)
        share = firm / firm.sum() if firm.sum() > 0 else on / max(on.sum(), 1)
        slack = self._slacks(
            regulated, np.bincount(units.node[on], units.p_max_mw[on], n).astype(np.float64)
        )
        losses = 0.0
        held = regulated.copy()
        reactive = -load_mvar
        power_dc = other_mw + np.bincount(units.node[on], output_mw[on], n)
        state = voltage * np.exp(1j * self._angles(power_dc, slack))
        for _ in range(ROUNDS):
            output = output_mw + share * losses
            active = other_mw + np.bincount(units.node[on], output[on], n)
            powers = self._newton(active, reactive, state, slack, np.flatnonzero(held & ~slack))
            if powers is None:
                return None
            state, power = powers
            supplied = power.imag + load_mvar
            missing = float((power.real - active)[slack].sum())
            # a bus asked for more reactive power than its units have stays at that limit, and its
            # voltage gives way
            low = held & (supplied < q_low - OVER)
            high = held & (supplied > q_high + OVER)
            out = (low | high) & ~slack
            if not out.any() and abs(missing) < 1e-3:
                return self._result(
                    state, output, supplied, held, slack, (q_low, q_high), regulated
                )
            reactive = np.where(out, np.where(low, q_low, q_high) - load_mvar, reactive)
            held &= ~out
            # the slack bus made up for the losses: next time all firm units share them
            losses += missing
        return None

    def _angles(self, active: Floats, slack: Bools) -> Floats:
        """Return the angles of a DC power flow [rad], to start from."""
        lines = self.grid.lines
        free = np.flatnonzero(~slack)
        ends = sp.coo_array(
            (
                np.repeat([1.0, -1.0], len(lines)),
                (np.tile(np.arange(len(lines)), 2), np.r_[lines.from_bus, lines.to_bus]),
            ),
            shape=(len(lines), len(active)),
        ).tocsc()[:, free]
        b = self.grid.base_mva / np.where(lines.x_pu != 0, lines.x_pu, 1e-3)
        angle = np.zeros(len(active))
        nodal = (ends.T @ sp.diags_array(b) @ ends).tocsc()
        angle[free] = spsolve(nodal, active[free] + ends.T @ (b * lines.shift))
        return angle

    def _slacks(self, regulated: Bools, capacity: Floats) -> Bools:
        """Return one bus per island, the one with the largest running capacity that holds its
        voltage.
        """
        slack = np.zeros(len(capacity), dtype=np.bool_)
        for island in np.unique(self._island):
            mine = np.flatnonzero((self._island == island) & regulated)
            if len(mine):
                slack[mine[np.argmax(capacity[mine])]] = True
        return slack

    def _newton(self, active: Floats, reactive: Floats, start: Any, slack: Bools, pv: Ints) -> Any:
        from pandapower.pypower.newtonpf import newtonpf

        base = self.grid.base_mva
        n = len(active)
        ref = np.flatnonzero(slack)
        pq = np.setdiff1d(np.arange(n), np.concatenate([ref, pv]))
        sbus = (active + 1j * reactive) / base
        ppci = {
            "baseMVA": base,
            "bus": self._bus.copy(),
            "branch": self._branch,
            "internal": {},
            **_facts(),
        }
        ybus = self._admittance[0]
        with np.errstate(all="ignore"):
            voltage, converged, *_ = newtonpf(ybus, sbus, start.copy(), ref, pv, pq, ppci, _OPTIONS)
        if not converged or not np.isfinite(voltage).all():
            return None
        return voltage, voltage * np.conj(ybus @ voltage) * base

    def _result(
        self,
        state: Any,
        output: Floats,
        supplied: Floats,
        held: Bools,
        slack: Bools,
        reach: tuple[Floats, Floats],
        regulated: Bools,
    ) -> AcResult:
        lines = self.grid.lines
        base = self.grid.base_mva
        _, from_end, to_end = self._admittance
        ends = [
            state[at] * np.conj(y @ state) * base
            for at, y in ((lines.from_bus, from_end), (lines.to_bus, to_end))
        ]
        beyond = slack & ((supplied < reach[0] - OVER) | (supplied > reach[1] + OVER))
        losses = float((ends[0] + ends[1]).real.sum()) + float(
            (self.grid.buses.shunt_mw * (np.abs(state) ** 2 - 1.0)).sum()
        )
        return AcResult(
            voltage_pu=np.abs(state),
            angle=np.angle(state),
            apparent_mva=np.maximum(np.abs(ends[0]), np.abs(ends[1])),
            losses_mw=losses,
            output_mw=output,
            reactive_mvar=np.where(regulated, supplied, 0.0),
            limited=(regulated & ~held) | beyond,
        )


_OPTIONS = {
    "tolerance_mva": TOLERANCE_MVA / 100.0,
    "max_iteration": ITERATIONS,
    "numba": False,
    "algorithm": "nr",
    "voltage_depend_loads": False,
    "distributed_slack": False,
    "v_debug": False,
    "use_umfpack": False,
    "permc_spec": None,
    "tdpf": False,
}


def _facts() -> dict[str, Floats]:
    """Return pandapower's tables of devices that no grid here has: empty."""
    from pandapower.pypower import (
        idx_brch_dc,
        idx_bus_dc,
        idx_gen,
        idx_ssc,
        idx_svc,
        idx_tcsc,
        idx_vsc,
    )

    columns = {
        "gen": idx_gen.gen_cols,
        "svc": idx_svc.svc_cols,
        "tcsc": idx_tcsc.tcsc_cols,
        "ssc": idx_ssc.ssc_cols,
        "vsc": idx_vsc.vsc_cols,
        "bus_dc": idx_bus_dc.dc_bus_cols,
        "branch_dc": idx_brch_dc.branch_dc_cols,
    }
    return {name: np.zeros((0, width)) for name, width in columns.items()}
