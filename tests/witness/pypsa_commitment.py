"""Run in PyPSA's own environment: solve small commitment cases given as JSON, print each optimum as
a line of JSON.
"""

import json
import logging
import sys
import warnings

import pandas as pd
import pypsa

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def solve(case: dict) -> dict[str, object]:
    """Build and solve one case: one bus, units with one price, hourly steps, load that
    may be shed.
    """
    network = pypsa.Network()
    steps = len(case["load"])
    network.set_snapshots(pd.RangeIndex(steps))
    network.add("Bus", "b")
    network.add("Load", "load", bus="b", p_set=pd.Series(case["load"], network.snapshots))
    network.add("Generator", "shed", bus="b", p_nom=1e4, marginal_cost=case["unserved"])
    # output that nobody takes
    network.add(
        "Generator",
        "dump",
        bus="b",
        p_nom=1e4,
        p_min_pu=-1.0,
        p_max_pu=0.0,
        marginal_cost=-case["unserved"],
    )
    for i, unit in enumerate(case["units"]):
        before = unit.pop("before")
        network.add(
            "Generator",
            f"g{i}",
            bus="b",
            committable=True,
            up_time_before=max(before, 0),
            down_time_before=max(-before, 0),
            **unit,
        )
    options = {"output_flag": False, "threads": 1, "mip_rel_gap": 0.0, "mip_abs_gap": 0.0}
    status = network.optimize(solver_name="highs", solver_options=options)
    on = network.generators_t.status.round().astype(int)
    return {
        "status": list(status),
        "objective": float(network.objective),
        "version": pypsa.__version__,
        "on": [on[f"g{i}"].tolist() for i in range(len(case["units"]))],
    }


if __name__ == "__main__":
    for case in json.loads(sys.stdin.read()):
        print(json.dumps(solve(case)), flush=True)
