from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from atomlite.errors import InvalidArgument
from atomlite.expressions.columns import Column
from atomlite.tables.links import Link
from atomlite.tables.search.values import MOST_ROWS, Aggregate, JoinedTable, Search

_LINK = Link("T", "U", (("a", "b"),))
_COLUMN = Column("T", "a", pa.int64())


@pytest.mark.parametrize("number", [-1, 2**63, 1.5, "1", None])
def test_offset_and_limit_are_whole_numbers_from_0(number: object) -> None:
    """The engine would answer some of these with an error of its own."""
    with pytest.raises(InvalidArgument, match="offset"):
        Search(offset=number)  # type: ignore[arg-type] # the mistake under test
    if number is not None:
        with pytest.raises(InvalidArgument, match="limit"):
            Search(limit=number)  # type: ignore[arg-type] # the mistake under test


def test_numbers_of_numpy_become_pythons() -> None:
    """They are bound to placeholders later."""
    search = Search(offset=np.int8(3), limit=np.uint64(MOST_ROWS))  # type: ignore[arg-type] # integers
    assert (type(search.offset), type(search.limit)) == (int, int)
    assert (search.offset, search.limit) == (3, MOST_ROWS)


def test_groups_give_the_columns() -> None:
    """So none can be asked for beside them."""
    with pytest.raises(InvalidArgument, match="group_by and aggregates"):
        Search(columns=(_COLUMN,), group_by=(_COLUMN,))
    assert Search(aggregates=(Aggregate("n", "count"),)).grouped
    assert not Search(columns=(_COLUMN,)).grouped


def test_names_are_given_once() -> None:
    """Two relationships or results of one name could not be told apart."""
    with pytest.raises(InvalidArgument, match="joins"):
        Search(joins=(JoinedTable("u", _LINK), JoinedTable("u", _LINK)))
    with pytest.raises(InvalidArgument, match="aggregates"):
        Search(aggregates=(Aggregate("n", "count"), Aggregate("n", "count")))


def test_rows_are_sorted_where_that_can_be_seen() -> None:
    """A page without an order would be another one each time."""
    assert not Search().sorted
    assert all(
        search.sorted
        for search in (
            Search(offset=1),
            Search(limit=0),
            Search(after=()),
            Search(ordered=True),
            Search(order_by=(_COLUMN.asc(),)),
        )
    )
