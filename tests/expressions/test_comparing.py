"""Wrong types are refused when a condition is written, with a message that says what to do."""

# ruff: noqa: DTZ001 -- timestamps without zone are a type of their own

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from atomlite.errors import InvalidArgument, WrongType
from atomlite.expressions.columns import Column
from atomlite.expressions.comparing import compare, is_in, like
from atomlite.expressions.rendering import render
from tests.expressions.engine import TABLE, column_sql

MOMENT = dt.datetime(2026, 1, 31, 12)
NAIVE, AWARE = pa.timestamp("us"), pa.timestamp("us", "Europe/Paris")


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        (pa.int64(), "1"),
        (pa.int64(), True),
        (pa.int64(), MOMENT),
        (pa.float64(), "nan"),
        (pa.float64(), 1j),
        (pa.bool_(), 1),
        (pa.bool_(), "true"),
        (pa.string(), 1),
        (pa.string(), b"a"),
        (pa.string(), "\ud800"),
        (pa.binary(), "a"),
        (pa.date32(), "2026-01-31"),
        (pa.date32(), MOMENT),
        (NAIVE, dt.date(2026, 1, 31)),
        (NAIVE, MOMENT.replace(tzinfo=dt.UTC)),
        (NAIVE, np.timedelta64(1, "ns")),
        (NAIVE, 0),
        (AWARE, MOMENT),
        (AWARE, "2026-01-31T12:00:00Z"),
        (pa.time64("us"), dt.time(1, tzinfo=dt.UTC)),
        (pa.time64("us"), 3600),
        (pa.duration("s"), 1),
        (pa.duration("s"), np.datetime64(1, "ns")),
        (pa.list_(pa.int64()), [1]),
        (pa.struct([("a", pa.int64())]), {"a": 1}),
    ],
)
def test_a_value_of_another_kind_is_refused(data_type: pa.DataType, value: object) -> None:
    """No operator and no list takes it."""
    column = Column(TABLE, "c", data_type)
    attempts: list[Callable[[], object]] = [
        lambda: compare(column, "==", value),
        lambda: column < value,
        lambda: column.between(value, value),
        lambda: is_in(column, [value]),
    ]
    for attempt in attempts:
        with pytest.raises(WrongType, match=r"^Filter `c.*`: \"c\" is .*") as caught:
            attempt()
        assert caught.value.hint


@pytest.mark.parametrize("null", [None, pd.NaT, pd.NA, np.datetime64("NaT")])
def test_nothing_is_compared_with_null(null: object) -> None:
    """The hint names the way to ask for nulls; inside isin null is welcome."""
    column = Column(TABLE, "c", NAIVE)
    with pytest.raises(WrongType, match=r"got null\. Nothing equals null; use `isnull\(\)`\."):
        compare(column, "==", null)
    assert render(column.isin(null), column_sql) == ('"c" IS NULL', ())


@pytest.mark.parametrize(
    ("data_type", "value", "bound"),
    [
        (pa.int64(), np.int8(3), 3),
        (pa.int64(), np.float32(3), 3),
        (pa.float64(), np.int64(3), 3.0),
        (pa.bool_(), np.True_, True),
        (pa.string(), np.str_("a"), "a"),
        (pa.binary(), bytearray(b"a"), b"a"),
        (pa.binary(), np.bytes_(b"a"), b"a"),
        (pa.date32(), np.datetime64("2026-01-31"), dt.date(2026, 1, 31)),
        (pa.decimal128(4, 2), 1, Decimal("1.00")),
        (NAIVE, pd.Timestamp(MOMENT), "2026-01-31 12:00:00.000000000"),
        (NAIVE, np.datetime64("2026-01-31T12", "us"), "2026-01-31 12:00:00.000000000"),
        (
            pa.timestamp("ns"),
            pd.Timestamp("2026-01-31 12:00:00.123456789"),
            "2026-01-31 12:00:00.123456789",
        ),
        (
            pa.timestamp("ns"),
            np.datetime64("2026-01-31T12:00:00.123456789"),
            "2026-01-31 12:00:00.123456789",
        ),
        (
            pa.timestamp("ns", "UTC"),
            pd.Timestamp("2026-01-31 12:00:00.123456789", tz="Europe/Paris"),
            "2026-01-31 11:00:00.123456789+00",
        ),
        (pa.duration("ns"), pd.Timedelta("1 day 1 ns"), 86_400_000_000_001),
        (pa.duration("ns"), np.timedelta64(5, "ns"), 5),
        (pa.duration("s"), np.timedelta64(2, "h"), 7200),
    ],
)
def test_scalars_of_numpy_and_pandas_are_values(
    data_type: pa.DataType, value: object, bound: object
) -> None:
    """They are bound as what they stand for, to the nanosecond."""
    text, values = render(compare(Column(TABLE, "c", data_type), "==", value), column_sql)
    assert text.startswith('"c" = ')
    assert values == (bound,)
    assert type(values[0]) is type(bound)


def test_the_message_has_three_beats() -> None:
    """What was written, what was found, what to do; the same facts for programs."""
    with pytest.raises(WrongType) as caught:
        compare(Column(TABLE, "Unit price", pa.float64()), ">=", "ten")
    assert str(caught.value) == (
        'Filter `"Unit price" >= "ten"`: "Unit price" is double, got text "ten". Give a number.'
    )
    assert caught.value.details == {
        "column": "Unit price",
        "data_type": "double",
        "found": 'text "ten"',
    }


def test_patterns_are_for_text() -> None:
    """Numbers have no pattern, a pattern is text, and one cannot end inside an escape."""
    text = Column(TABLE, "t", pa.string())
    with pytest.raises(WrongType, match="Only text has patterns"):
        like(Column(TABLE, "n", pa.int64()), "1%")
    with pytest.raises(WrongType, match="got integer 1"):
        text.like(1)  # type: ignore[arg-type] # the mistake under test
    for ask in (text.ilike, text.contains, text.starts_with):
        with pytest.raises(WrongType, match="got integer 1"):
            ask(1)  # type: ignore[arg-type] # the mistake under test
    with pytest.raises(WrongType, match="Only text has patterns and parts"):
        Column(TABLE, "n", pa.int64()).contains("1")
    with pytest.raises(WrongType, match="valid Unicode"):
        text.contains("\ud800", case=False)
    with pytest.raises(InvalidArgument, match="pattern"):
        text.ilike("a\\")
    with pytest.raises(InvalidArgument, match="pattern"):
        text.like("a\\")
    with pytest.raises(InvalidArgument, match="pattern"):
        text.like("a\\\\\\")
