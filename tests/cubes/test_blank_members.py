"""A member that is empty text, beside the blanks that totals have below them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

import atomlite as al
from atomlite.cubes.results.indexes import index_of
from atomlite.cubes.results.totals import BLANK, TOTAL


def test_a_blank_member_stands_once_among_the_labels(session: al.Session) -> None:
    """The empty cell of a total looks like it, so that both are one label."""
    frame = pd.DataFrame({"a": ["p", "p"], "b": ["", "z"], "units": [1, 2]})
    cube = session.create_cube(session.read_pandas(frame, table_name="Sales"))

    index = cube.query("units.SUM", levels=["a", "b"], include_totals=True).index

    assert index.tolist() == [(TOTAL, BLANK), ("p", TOTAL), ("p", ""), ("p", "z")]
    assert isinstance(index, pd.MultiIndex)
    assert all(level.is_unique for level in index.levels)


def test_blanks_stand_once_without_such_a_member_too() -> None:
    """Then they are the label of totals alone."""
    columns = [
        pa.chunked_array([pa.array([None, "p", "p"])]),
        pa.chunked_array([pa.array([None, None, "z"])]),
    ]

    index = index_of(columns, ["a", "b"], np.array([0, 1, 2], np.int64))

    assert index.tolist() == [(TOTAL, BLANK), ("p", TOTAL), ("p", "z")]
    assert isinstance(index, pd.MultiIndex)
    assert all(level.is_unique for level in index.levels)
