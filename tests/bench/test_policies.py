"""`bench policies` on a few jobs: every policy does them all, the guided one costs least of those
in time.
"""

import os
from pathlib import Path

import numpy as np
import pytest

from suandian.bench import policies
from suandian.model.issues import InputError

DATA = Path(os.environ.get("SUANDIAN_DATA", Path(__file__).parents[3] / "shared" / "data"))
needs_data = pytest.mark.skipif(not (DATA / "workloads").exists(), reason="SUANDIAN_DATA is absent")


@needs_data
def test_rows_of_all_policies() -> None:
    made = policies.rows(DATA, "60", "DE-LU,AU-NSW", "2023-03-01", 1500, 1, "")
    found = {(r["name"], r["figure"]): r["value"] for r in made}
    names = {name for name, _ in found}
    assert names == set(policies.POLICIES)
    assert len({found[name, "rejected or never done"] for name in names}) == 1
    guided = found["guided", "cost"]
    for name in names:
        assert found[name, "above the fluid bound"] > 0 or found[name, "late jobs"] > 0
        if found[name, "late jobs"] <= found["guided", "late jobs"] and name != "guided":
            assert guided < found[name, "cost"]


@needs_data
def test_prices_that_end_too_soon_are_refused() -> None:
    with pytest.raises(InputError, match="an earlier day"):
        policies.ground(DATA, ["DE-LU"], "2023-12-28", 0.5, 5000, 1)
    with pytest.raises(InputError, match="are not in the data"):
        policies.ground(DATA, ["DE-LU", "XX"], "2023-03-01", 0.5, 500, 1)
    g = policies.ground(DATA, ["DE-LU"], "2023-03-01", 0.5, 500, 1)
    made = policies.POLICIES["run-now"](g)
    short = policies.Ground(g.batch, g.places, g.cost[:5], g.price[:5], g.carbon[:5])
    with pytest.raises(InputError, match="after the prices end"):
        policies.cost_of(made, short)
    assert np.isfinite(policies.cost_of(made, g))
