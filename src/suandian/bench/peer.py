"""PyPSA's side of `bench replan`: a script for the witness environment, where suandian is not
installed.

usage: python peer.py EARLIER NOW    two exported networks, of the plan before and of the plan to be
made

It answers each line on standard input with a line `ROW [seconds, objective]`:

    rebuild   `Network.optimize`: build the model, solve, read out; as its users do
    kept      the solver instance of the plan before is kept with its basis, changed in place to the
    new model (linopy's
              persistent solver), solved, and read out into the network; building the new model is
              not counted
    bare      the same without the read-out into the network: the least that a user of linopy can
    pay
"""

import json
import logging
import sys
import time
import warnings
from typing import Any

# one thread, as ours: what is compared is work, not cores
OPTIONS = {"output_flag": False, "threads": 1}


class Peer:
    """The two networks, and a solver instance that is kept."""

    def __init__(self, earlier: str, now: str) -> None:
        import pypsa
        from linopy.solvers import Solver

        self.earlier, self.now, self.again = (
            _modelled(pypsa.Network(path)) for path in (earlier, now, now)
        )
        model = self.earlier.model
        options = dict(OPTIONS)
        self.solver = Solver.from_name(
            "highs", model=model, io_api="direct", options=options, track_updates=True
        )

    def rebuild(self) -> tuple[float, float]:
        """Return seconds and objective of `optimize`."""
        began = time.perf_counter()
        status = self.again.optimize(
            solver_name="highs", io_api="direct", solver_options=dict(OPTIONS)
        )
        return _told(time.perf_counter() - began, status, self.again)

    def kept(self, read_out: bool = True) -> tuple[float, float]:
        """Return seconds and objective of a solve by the kept instance, just after the
        plan before.
        """
        # Back to the plan before, outside the clock: each turn starts from the same basis.
        self.solver.solve(self.earlier.model, ignore_dims=["snapshot"], assign=True)
        began = time.perf_counter()
        self.solver.solve(self.now.model, ignore_dims=["snapshot"], assign=True)
        if read_out:
            self.now.optimize.assign_solution()
            self.now.optimize.assign_duals()
        model = self.now.model
        return _told(
            time.perf_counter() - began, (model.status, model.termination_condition), self.now
        )

    def bare(self) -> tuple[float, float]:
        """Return seconds and objective of the same, not read out."""
        return self.kept(read_out=False)


def _modelled(network: Any) -> Any:
    network.optimize.create_model()
    # as its own optimize does before it solves
    network.model.constraints.sanitize_zeros()
    network.model.constraints.sanitize_infinities()
    return network


def _told(seconds: float, status: Any, network: Any) -> tuple[float, float]:
    if tuple(status) != ("ok", "optimal"):
        raise SystemExit(f"PyPSA: {status}")
    # the constant is no part of linopy's objective, and is of ours
    return seconds, float(network.model.objective.value) + float(network.objective_constant or 0.0)


def main() -> None:
    """Answer requests until the input ends."""
    # standard output belongs to the rows
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    peer = Peer(*sys.argv[1:3])
    for line in sys.stdin:
        print("ROW " + json.dumps(getattr(peer, line.strip())()), flush=True)


if __name__ == "__main__":
    main()
