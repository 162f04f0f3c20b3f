"""Tables of the grid: columns that broadcast, neutral values, one table below another."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suandian.model.grid import Buses, Generators, Lines, Links, StorageUnits, joined, table


@pytest.mark.parametrize("kind", [Buses, Lines, Links, Generators, StorageUnits])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_table_has_n_rows_in_every_column(kind, n) -> None:
    made = table(kind, n)
    assert len(made) == n
    for name in made.__dataclass_fields__:
        column = getattr(made, name)
        assert len(column) == n
        assert not column.flags.writeable


def test_what_is_left_out_is_neutral() -> None:
    unit, line = table(Generators, 1), table(Lines, 1)
    store, bus = table(StorageUnits, 1), table(Buses, 1)
    assert (unit.feed.tolist(), unit.ramp_mw_per_h.tolist(), unit.no_load.tolist()) == (
        [-1],
        [np.inf],
        [0],
    )
    assert (line.angle_min.tolist(), line.angle_max.tolist(), line.rating_mw.tolist()) == (
        [-np.inf],
        [np.inf],
        [0],
    )
    assert line.emergency_mw.tolist() == [np.inf]
    assert (store.charge_efficiency.tolist(), store.inflow_feed.tolist()) == ([1], [-1])
    assert (bus.load_feed.tolist(), np.isnan(bus.lat).all(), bus.area.tolist()) == (
        [-1],
        True,
        [""],
    )


def test_columns_broadcast_and_keep_their_kind() -> None:
    made = table(Buses, 3, id=["a", "b", "c"], load_mw=[1, 2, 3], area="north", load_feed=2)
    assert made.load_mw.tolist() == [1.0, 2.0, 3.0]
    assert made.load_mw.dtype == np.float64
    assert made.load_feed.tolist() == [2, 2, 2]
    assert made.load_feed.dtype == np.int64
    assert made.area.tolist() == ["north"] * 3


def test_segments_are_a_matrix() -> None:
    one = table(Generators, 2, segment_mw=7.0)
    assert one.segment_mw.tolist() == [[7.0], [7.0]]
    two = table(Generators, 2, segment_mw=[[1, 2], [3, 0]], segment_cost=[[5, 6], [7, 0]])
    assert two.segment_mw.shape == two.segment_cost.shape == (2, 2)


def test_unknown_columns_and_wrong_lengths_are_refused() -> None:
    with pytest.raises(TypeError, match="Buses has no column colour, load"):
        table(Buses, 1, load=3, colour="red")
    with pytest.raises(ValueError, match="broadcast"):
        table(Buses, 3, load_mw=[1.0, 2.0])


def test_tables_are_joined_one_below_the_other() -> None:
    a = table(Generators, 1, id=["a"], segment_mw=[[10]], segment_cost=[[1]], feed=4)
    b = table(
        Generators,
        2,
        id=["long name", "c"],
        segment_mw=[[1, 2], [3, 4]],
        segment_cost=[[5, 6], [7, 8]],
    )
    made = joined(a, b)
    assert made.id.tolist() == [
        "a",
        "long name",
        "c",
    ]  # names are not cut to the first table's width
    assert made.segment_mw.tolist() == [[10, 0], [1, 2], [3, 4]]
    assert made.segment_cost.tolist() == [[1, 0], [5, 6], [7, 8]]
    assert made.feed.tolist() == [4, -1, -1]
    assert joined(b, a).segment_mw.tolist() == [[1, 2], [3, 4], [10, 0]]


@given(n=st.integers(0, 4), m=st.integers(0, 4))
@settings(deadline=None, max_examples=15)
def test_joined_lengths_add_up(n, m) -> None:
    for kind in (Buses, Lines, Links, Generators, StorageUnits):
        assert len(joined(table(kind, n), table(kind, m))) == n + m


def test_a_table_cannot_be_changed_and_its_maker_keeps_its_own() -> None:
    mine = np.array([1.0, 2.0])
    links = table(Links, 2, capacity_mw=mine)
    with pytest.raises(ValueError, match="read-only"):
        links.capacity_mw[0] = 9.0
    with pytest.raises(ValueError, match="read-only"):
        replace(links, capacity_mw=mine).capacity_mw[0] = 9.0
    mine[0] = 5.0
    assert links.capacity_mw.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("kind", [Buses, Lines, Links, Generators, StorageUnits])
def test_a_column_has_the_type_that_its_class_declares(kind) -> None:
    made = table(kind, 2)
    for name, annotation in kind.__annotations__.items():
        scalar = {"Floats": np.float64, "Ints": np.int64, "Names": np.str_}[annotation]
        assert np.issubdtype(getattr(made, name).dtype, scalar), name
