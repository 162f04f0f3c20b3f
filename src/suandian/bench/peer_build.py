"""PyPSA's side of `bench build`: a script for the witness environment, where suandian is not
installed.

usage: python peer_build.py FOLDER build|solve

It reads the exported network, builds its linear model and the arrays for a solver (matrix, costs,
bounds, right sides), twice, and prints `ROW {...}` with seconds, sizes, memory and, for `solve`,
the optimum.
"""

import json
import logging
import sys
import time
import warnings
from pathlib import Path
from typing import Any


def peak_mb(now: bool = False) -> float:
    """Return the largest memory that this process has held (`now`: that it holds) [MB], from /proc
    (Linux).
    """
    key = "VmRSS:" if now else "VmHWM:"
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024.0
    raise SystemExit("no memory figures in /proc/self/status")


def built(network: Any) -> dict[str, float]:
    """Build the model and its arrays; returns seconds and sizes."""
    began = time.perf_counter()
    model = network.optimize.create_model()
    modelled = time.perf_counter()
    matrices = model.matrices
    columns = len(matrices.c)
    entries = int(matrices.A.nnz)
    done = time.perf_counter()
    # they are made when they are asked for: unasked they would cost nothing
    assert len(matrices.lb) == len(matrices.ub) == columns
    return {
        "model_s": modelled - began,
        "build_s": done - began,
        "rows": len(matrices.b),
        "columns": columns,
        "entries": entries,
    }


def main() -> None:
    """Build or solve one network."""
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    import pypsa

    folder, what = sys.argv[1:3]
    network = pypsa.Network(folder)
    # reading the network is not building the problem
    held = peak_mb(now=True)
    made = dict[str, Any]()
    if what == "build":
        made = {**built(network), "peak_mb": peak_mb(), "added_mb": peak_mb() - held}
        # what it takes once the process has its memory
        made["again_s"] = built(network)["build_s"]
    else:
        status = network.optimize(
            solver_name="highs",
            io_api="direct",
            solver_options={"output_flag": False, "threads": 1},
        )
        if tuple(status) != ("ok", "optimal"):
            raise SystemExit(f"PyPSA: {status}")
        made["objective"] = float(network.model.objective.value) + float(
            network.objective_constant or 0.0
        )
    print("ROW " + json.dumps(made), flush=True)


if __name__ == "__main__":
    main()
