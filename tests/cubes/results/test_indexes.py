from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from atomlite.cubes.results.indexes import index_of
from atomlite.cubes.results.totals import BLANK, TOTAL


def column(values: list[object], data_type: pa.DataType) -> pa.ChunkedArray[Any]:
    """Return members as a result has them."""
    return pa.chunked_array([pa.array(values, data_type)])


def index(
    columns: list[tuple[list[object], pa.DataType]], depths: list[int] | None = None
) -> pd.Index[Any]:
    """Return the index of rows with some members and depths."""
    rows = len(columns[0][0]) if columns else 1
    given = depths if depths is not None else [len(columns)] * rows
    names = "abcdef"[: len(columns)]
    return index_of([column(*each) for each in columns], names, np.array(given, np.int64))


TEXT, DAY = pa.string(), pa.date32()


def test_without_levels_there_is_a_plain_index() -> None:
    """One cell, and nothing to call it by."""
    assert index([]).tolist() == [0]


def test_members_keep_their_types() -> None:
    """Numbers stay numbers, dates become what pandas slices by text."""
    assert index([([1, 2], pa.int8())]).dtype == np.int8
    assert str(index([([1, None], pa.int64())]).dtype) == "Int64"
    days = index([([0, 1], DAY)])
    assert isinstance(days, pd.DatetimeIndex)
    assert days[0] == pd.Timestamp("1970-01-01")


def test_a_total_a_null_member_and_a_member_called_total_differ() -> None:
    """In one level each of them is found by itself."""
    found = index([([None, "Total", None], TEXT)], [0, 1, 1])

    assert found.tolist() == [TOTAL, "Total", None]
    assert [found.get_loc(label) for label in (TOTAL, "Total", None)] == [0, 1, 2]


def test_the_label_of_totals_stands_once_and_is_followed_by_blanks() -> None:
    """The grand total, the total of a, and its cells."""
    found = index([([None, "x", "x", "x"], TEXT), ([None, None, "", "Total"], TEXT)], [0, 1, 2, 2])

    assert found.tolist() == [(TOTAL, BLANK), ("x", TOTAL), ("x", ""), ("x", "Total")]


def test_totals_of_dates_and_numbers_are_told_from_their_members() -> None:
    """A level that holds no text takes the label too."""
    found = index([([None, 0], DAY), ([None, 7], pa.int64())], [0, 2])

    assert found.tolist() == [(TOTAL, BLANK), (pd.Timestamp(0), 7)]


def test_null_members_stay_missing_below_totals() -> None:
    """A null member is none of the labels."""
    found = index([([None, None, "x"], TEXT), ([None, "y", None], TEXT)], [0, 2, 2])

    assert found[0] == (TOTAL, BLANK)
    assert pd.isna(found[1][0])
    assert found[1][1] == "y"
    assert found[2][0] == "x"
    assert pd.isna(found[2][1])


def test_an_index_in_level_order_can_be_sliced() -> None:
    """Members that come in an order of their own, under each parent, are sorted for pandas."""
    months: list[object] = ["Feb", "Apr", "Jan", "Feb", "Mar", "Apr"]
    found = index([(["x", "x", "y", "y", "y", "y"], TEXT), (months, TEXT)])
    frame = pd.DataFrame({"n": range(6)}, index=found)

    assert frame.loc[("y", "Jan") : ("y", "Mar")]["n"].tolist() == [2, 3, 4]


def test_rows_ordered_by_a_measure_keep_their_order() -> None:
    """Where no order of the members explains the rows, they stay as they came."""
    rows = [("x", "a"), ("x", "b"), ("y", "b"), ("y", "a")]
    found = index([([a for a, _ in rows], TEXT), ([b for _, b in rows], TEXT)])

    assert found.tolist() == rows


def test_whole_numbers_stay_whole_beside_nulls() -> None:
    """In an index of several levels, too."""
    found = index([([2026, None], pa.int64()), ([1, 2], pa.int64())])

    assert [str(label) for label in found.get_level_values(0)] == ["2026", "<NA>"]


def test_an_empty_result_keeps_types_and_names() -> None:
    """No row, but the levels."""
    found = index([([], TEXT), ([], pa.int64())])

    assert len(found) == 0
    assert list(found.names) == ["a", "b"]
    assert found.get_level_values("b").dtype == np.int64


def test_there_is_one_label_of_totals() -> None:
    """Also after copies and pickles."""
    pickled = pickle.loads(pickle.dumps(TOTAL))  # noqa: S301 -- of our own

    assert [copy.copy(TOTAL) is TOTAL, copy.deepcopy(TOTAL) is TOTAL, pickled is TOTAL] == [
        True
    ] * 3
    assert {TOTAL, "Total"} == {"Total", TOTAL}
    assert len({TOTAL, "Total"}) == 2
