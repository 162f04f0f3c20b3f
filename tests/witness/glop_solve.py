"""Run in the witness environment: solve linear problems (npz) with OR-Tools' GLOP, print status and
optimum of each.
"""

import json
import sys

import numpy as np
import ortools
import scipy.sparse as sp
from ortools.linear_solver.python import model_builder


def solve(arrays: dict[str, np.ndarray]) -> dict[str, object]:
    """Build one model and solve it."""
    shape = (len(arrays["row_lower"]), len(arrays["cost"]))
    matrix = sp.csc_matrix(
        (arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape
    ).tocsr()
    model = model_builder.Model()
    model.helper.fill_model_from_sparse_data(
        arrays["lower"],
        arrays["upper"],
        arrays["cost"],
        arrays["row_lower"],
        arrays["row_upper"],
        matrix,
    )
    solver = model_builder.Solver("GLOP")
    status = solver.solve(model)
    optimal = status == model_builder.SolveStatus.OPTIMAL
    offset = float(arrays["offset"])
    return {
        "status": status.name,
        "objective": solver.objective_value + offset if optimal else None,
    }


if __name__ == "__main__":
    with np.load(sys.argv[1]) as stored:
        for i in range(int(stored["count"])):
            names = [name for name in stored.files if name.startswith(f"{i}_")]
            print(
                json.dumps(solve({name.partition("_")[2]: stored[name] for name in names})),
                flush=True,
            )
    print(json.dumps({"version": ortools.__version__}))
