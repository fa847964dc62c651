"""Values bound one by one come back as they were given, or are refused."""

# ruff: noqa: DTZ001, DTZ901 -- timestamps without zone are a type of their own

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomlite.data_types.storage import from_storage, sql_type
from atomlite.data_types.values import parameter, placeholder, position
from atomlite.errors import WrongType
from tests.data_types.test_storage import KEPT, ZONE

MOMENT = dt.datetime(2026, 1, 31, 12, 30, 1, 5, tzinfo=dt.UTC)


def bound(values: Sequence[object], data_type: pa.DataType) -> list[object]:
    """Insert values as parameters, one row each, and read them back."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.execute(f"CREATE TABLE kept (value {sql_type(data_type)})")
        for value in values:
            connection.execute(
                f"INSERT INTO kept VALUES ({placeholder(data_type)})",  # noqa: S608 -- under test
                [parameter(value, data_type)],
            )
        answer = connection.sql("SELECT value FROM kept ORDER BY rowid").to_arrow_table()["value"]
    found: list[object] = from_storage(answer, data_type).to_pylist()
    return found


@pytest.mark.parametrize("data_type", [data_type for data_type, _ in KEPT], ids=str)
def test_null_can_be_bound_to_every_type(data_type: pa.DataType) -> None:
    """All words for null are null."""
    assert bound([None, pd.NA, pd.NaT], data_type) == [None, None, None]


@pytest.mark.parametrize(
    ("data_type", "values"),
    [
        (pa.bool_(), [True]),
        (pa.int8(), [-128, 127]),
        (pa.int64(), [-(2**63), 2**63 - 1]),
        (pa.uint64(), [2**64 - 1]),
        (pa.float32(), [0.5, float("inf")]),
        (pa.float64(), [0.1, 5e-324, float("-inf")]),
        (pa.decimal128(38, 10), [Decimal("9999999999999999999999999999.9999999999")]),
        (pa.string(), ["", "a\0b", "😀"]),
        (pa.binary(), [b"\0\xff"]),
        (pa.date32(), [dt.date.min, dt.date.max]),
        (pa.time32("s"), [dt.time(23, 59, 59)]),
        (pa.time64("us"), [dt.time.max]),
        (pa.timestamp("s"), [dt.datetime(2026, 1, 31)]),
        (pa.timestamp("us"), [dt.datetime.min, dt.datetime.max]),
        (pa.timestamp("us", ZONE), [MOMENT]),
        (pa.timestamp("ns"), [pd.Timestamp("2026-01-31 12:00:00.123456789")]),
        (pa.timestamp("ns", ZONE), [pd.Timestamp("2026-01-31 12:00:00.123456789", tz=ZONE)]),
        (pa.duration("us"), [dt.timedelta(microseconds=-1)]),
        (pa.duration("ns"), [pd.Timedelta("1 ns")]),
        (pa.list_(pa.int64()), [[], [1, None]]),
        (pa.list_(pa.timestamp("ns")), [[pd.Timestamp("2026-01-31 12:00:00.123456789")]]),
        (pa.struct([("a", pa.int8()), ("b", pa.date32())]), [{"a": 1, "b": dt.date(2026, 1, 31)}]),
        (pa.list_(pa.struct([("a", pa.duration("s"))])), [[{"a": dt.timedelta(seconds=1)}, None]]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bound_value_comes_back(data_type: pa.DataType, values: Sequence[object]) -> None:
    """Extremes, nanoseconds and nested values are kept exactly."""
    assert bound(values, data_type) == values


def test_maps_structs_and_arrays_are_read_generously() -> None:
    """A dict gives a map; a missing field is null; any sequence is a list."""
    assert bound([{"a": 1, "b": None}, {}], pa.map_(pa.string(), pa.int64())) == [
        [("a", 1), ("b", None)],
        [],
    ]
    assert bound([{"b": 1}], pa.struct([("a", pa.int8()), ("b", pa.int8())])) == [
        {"a": None, "b": 1}
    ]
    assert bound([np.array([1, 2]), (3,)], pa.list_(pa.int64())) == [[1, 2], [3]]


@pytest.mark.parametrize(("data_type", "power"), [(pa.int64(), 62), (pa.uint64(), 63)], ids=str)
def test_a_whole_float_is_the_integer_that_it_holds(data_type: pa.DataType, power: int) -> None:
    """Not the one that its shortest form writes: that of 2**63 ends with 6000, not with 5808."""
    assert parameter(2.0**power, data_type) == 2**power


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        (pa.int8(), 128),
        (pa.int8(), 2.5),
        (pa.int8(), float("nan")),
        (pa.uint8(), -1),
        (pa.uint8(), "1"),
        (pa.float64(), 2**53 + 1),
        (pa.float32(), 2**24 + 1),
        (pa.float32(), 1e300),
        (pa.decimal128(4, 2), Decimal("1.234")),
        (pa.decimal128(4, 2), 100),
        (pa.time32("s"), dt.time(1, 2, 3, 4)),
        (pa.timestamp("s", ZONE), MOMENT),
        (pa.timestamp("ns"), dt.datetime(1600, 1, 1)),
        (pa.duration("s"), dt.timedelta(milliseconds=1)),
        (pa.list_(pa.int8()), "ab"),
        (pa.list_(pa.int8()), 1),
        (pa.list_(pa.int8()), [1, 128]),
        (pa.struct([("a", pa.int8())]), {"b": 1}),
        (pa.struct([("a", pa.int8())]), [1]),
        (pa.map_(pa.string(), pa.int8()), [("a", 1)]),
    ],
    ids=str,
)
def test_a_value_that_would_change_is_refused(data_type: pa.DataType, value: object) -> None:
    """Nothing is rounded, cut or wrapped on its way into a column."""
    with pytest.raises(WrongType, match=r'^"c" is ') as caught:
        parameter(value, data_type, column="c")
    assert caught.value.hint


def test_nothing_lies_among_lists() -> None:
    """Nested values have no order."""
    assert position([1], pa.list_(pa.int64())) is None


def test_long_values_are_cut_in_messages() -> None:
    """A message stays readable, whatever was given."""
    with pytest.raises(WrongType) as caught:
        parameter("word " * 1000, pa.int8())
    assert str(caught.value).startswith('The column is int8, got text "word word')
    assert len(str(caught.value)) < 150


@settings(max_examples=40, deadline=None)
@given(value=st.datetimes(timezones=st.timezones()))
def test_an_instant_is_the_same_in_every_zone(value: dt.datetime) -> None:
    """Zones of any offset, also at the ends of the calendar, name the same instant."""
    text = parameter(value, pa.timestamp("us", "UTC"))
    with duckdb.connect() as connection:
        (found,) = connection.execute("SELECT epoch_us(CAST(? AS TIMESTAMPTZ))", [text]).fetchall()[
            0
        ]
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    assert found == (value - epoch) // dt.timedelta(microseconds=1)
