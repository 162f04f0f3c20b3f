"""`bench events`: its rows say what was measured; the simulation does the work it is timed for."""

import numpy as np

from suandian.bench import events


def test_rows_tell_preparing_simulating_and_costing_apart() -> None:
    made = events.rows("300", "1,2", 2, 1)
    figures = {(r["name"], r["size"], r["figure"]): r for r in made}
    for name in ("at home, EASY backfill", "placed where cheapest"):
        parts = [
            figures[name, "300 jobs, 2 sites", f]["value"]
            for f in ("preparing", "simulating", "costing")
        ]
        assert min(parts) >= 0
        assert figures[name, "300 jobs, 2 sites", "rate, all three"]["unit"] == "million jobs/s"
    assert len(made) == 1 + 2 * (2 * 5 + 1)


def test_the_scene_needs_seven_tenths_of_its_sites() -> None:
    batch, places, price, carbon = events.scene(20_000, 6, 1)
    need = (batch.length * batch.width).sum() / events.WEEK_S
    assert (
        need / places.capacity.sum() == np.float64(events.USED)
        or abs(need / places.capacity.sum() - 0.7) < 1e-9
    )
    assert price.value.min() > 0
    assert carbon.value.min() > 0
