"""Run in PyPSA's own environment: solve exported networks, print the optimum and times of each as a
line of JSON.
"""

import json
import logging
import sys
import time
import warnings

import pypsa

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


def solve(folder: str) -> dict[str, object]:
    """Read and solve one network."""
    began = time.perf_counter()
    network = pypsa.Network(folder)
    read = time.perf_counter()
    options = {"output_flag": False, "threads": 1}
    status = network.optimize(solver_name="highs", io_api="direct", solver_options=options)
    return {
        "folder": folder,
        "status": list(status),
        "read_s": read - began,
        "optimize_s": time.perf_counter() - read,
        "objective": float(network.objective)
        + float(getattr(network, "objective_constant", 0.0) or 0.0),
        "version": pypsa.__version__,
    }


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(json.dumps(solve(name)), flush=True)
