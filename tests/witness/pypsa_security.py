"""Run in PyPSA's own environment: security-constrained optimum of an exported network, losses of
all lines, as JSON.
"""

import json
import logging
import sys
import warnings

import pypsa

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")

network = pypsa.Network(sys.argv[1])
options = {"output_flag": False, "threads": 1}
status = network.optimize.optimize_security_constrained(
    branch_outages=network.lines.index, solver_name="highs", solver_options=options
)
constant = float(getattr(network, "objective_constant", 0.0) or 0.0)
print(json.dumps({"status": list(status), "secure": float(network.objective) + constant}))
