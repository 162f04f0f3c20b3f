"""Time axes: consecutive half-open steps in UTC seconds."""

import numpy as np
import pytest

from suandian.model.time import TimeAxis


def test_a_regular_axis() -> None:
    axis = TimeAxis.regular(7200, 900, 4)
    assert axis.edges_s.tolist() == [7200, 8100, 9000, 9900, 10800]
    assert (axis.n, axis.start_s, axis.end_s) == (4, 7200, 10800)
    assert axis.hours.tolist() == [0.25] * 4
    assert axis.edges_s.dtype == np.int64


def test_an_uneven_axis_and_its_windows() -> None:
    axis = TimeAxis(np.array([0, 3600, 5400, 12600]))
    assert axis.hours.tolist() == [1.0, 0.5, 2.0]
    assert axis.window(1, 3).edges_s.tolist() == [3600, 5400, 12600]
    assert axis.window(2, 3).n == 1
    assert axis.window(0, 99).n == 3  # cut at the end


@pytest.mark.parametrize("edges", [[], [0], [0, 0], [0, 5, 3], [5, 4]])
def test_edges_rise(edges) -> None:
    with pytest.raises(ValueError, match="rising order"):
        TimeAxis(np.array(edges, dtype=np.int64))


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ValueError, match="two edges"):
        TimeAxis.regular(0, 60, 5).window(3, 3)
