from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import InvalidArgument, RowsRejected, UnexpectedColumns


@pytest.fixture
def table(session: al.Session) -> al.Table:
    """Give an empty table with a key."""
    return session.create_table("T", data_types={"k": "int64", "v": "string"}, keys={"k"})


@pytest.mark.parametrize(
    "row", [(1, "x"), [1, "x"], {"k": 1, "v": "x"}, (np.int64(1), np.str_("x"))]
)
def test_a_row_is_a_sequence_or_a_mapping(table: al.Table, row: tuple[object, ...]) -> None:
    """NumPy's scalars are what they stand for."""
    table += row
    assert table.to_arrow().to_pylist() == [{"k": 1, "v": "x"}]


def test_a_row_goes_in_through_the_tables_of_the_session(
    session: al.Session, table: al.Table
) -> None:
    """`session.tables[name] += row` sets the item to what it was."""
    session.tables["T"] += (1, "x")
    session.tables["T"] += {"k": 1}
    assert table.to_arrow().to_pylist() == [{"k": 1, "v": None}]
    with pytest.raises(InvalidArgument, match="create_table"):
        session.tables["T"] = 5  # type: ignore[assignment]
    with pytest.raises(InvalidArgument, match="create_table"):
        session.tables["U"] = table


@pytest.mark.parametrize(
    "row", ["ab", b"ab", 5, None, {1, "x"}, (i for i in (1, "x")), pd.DataFrame({"k": [1]})]
)
def test_other_things_are_no_rows(table: al.Table, row: tuple[object, ...]) -> None:
    """Text has letters, not columns; a set has no order."""
    with pytest.raises(InvalidArgument, match="tuple of values"):
        table += row


def test_a_row_of_another_length_is_refused(table: al.Table) -> None:
    """The error names the columns."""
    with pytest.raises(InvalidArgument, match='2 values: "k", "v"'):
        table += (1,)


def test_an_unknown_name_in_a_row_is_refused(table: al.Table) -> None:
    """A misspelt name would else be a silent null."""
    with pytest.raises(UnexpectedColumns, match='"w"'):
        table += {"k": 1, "w": "x"}
    with pytest.raises(UnexpectedColumns, match='lacks "k"'):
        table += {"v": "x"}


def test_a_row_that_does_not_fit_is_rejected(table: al.Table) -> None:
    """A null key, a number as text, a thing that is no value."""
    for row in ((None, "x"), (1.5, "x"), (1, 5), (1, object())):
        with pytest.raises(RowsRejected):
            table += row
    assert table.row_count == 0


def test_nested_and_exact_values_go_in(session: al.Session) -> None:
    """A row can hold what a column can hold."""
    table = session.create_table(
        "N",
        data_types={
            "l": "list<int64>",
            "s": "struct<x:decimal(10,2)>",
            "m": "map<string,date>",
            "t": "timestamp[ns]",
        },
    )
    moment = pd.Timestamp("2026-01-01 00:00:00.000000001")
    table += ([1, None], {"x": Decimal("1.5")}, {"a": dt.date(2026, 1, 1)}, moment)
    assert table.to_arrow().to_pylist() == [
        {
            "l": [1, None],
            "s": {"x": Decimal("1.50")},
            "m": [("a", dt.date(2026, 1, 1))],
            "t": moment,
        }
    ]
