"""Data types are understood by all their usual names."""

from __future__ import annotations

import datetime as dt
import decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from atomlite.data_types.names import parse_data_type
from atomlite.errors import UnknownDataType
from tests.data_types.test_storage import KEPT


@pytest.mark.parametrize("data_type", [data_type for data_type, _ in KEPT], ids=str)
def test_what_arrow_prints_is_read_back(data_type: pa.DataType) -> None:
    """The name of each logical type leads back to it, in lower and upper case."""
    if 'q"' not in str(data_type):  # Arrow does not quote names
        assert parse_data_type(str(data_type)) == data_type
    assert parse_data_type(data_type) == data_type
    if not pa.types.is_nested(data_type) and "tz" not in str(data_type):
        assert parse_data_type(str(data_type).upper()) == data_type


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("INT", pa.int32()),
        ("Integer", pa.int32()),
        ("BIGINT", pa.int64()),
        ("long", pa.int64()),
        ("smallint", pa.int16()),
        ("HUGEINT", pa.decimal128(38, 0)),
        ("FLOAT", pa.float32()),
        ("REAL", pa.float32()),
        ("DOUBLE", pa.float64()),
        ("halffloat", pa.float32()),
        ("DECIMAL", pa.decimal128(18, 3)),
        ("DECIMAL(10)", pa.decimal128(10, 0)),
        ("Numeric( 10 , 2 )", pa.decimal128(10, 2)),
        ("decimal256(30, 2)", pa.decimal128(30, 2)),
        ("decimal128(4, -2)", pa.decimal128(6, 0)),
        ("VARCHAR(20)", pa.string()),
        ("String", pa.string()),
        ("large_string", pa.string()),
        ("null", pa.string()),
        ("BLOB", pa.binary()),
        ("fixed_size_binary[16]", pa.binary()),
        ("boolean", pa.bool_()),
        ("LocalDate", pa.date32()),
        ("LocalTime", pa.time64("us")),
        ("LocalDateTime", pa.timestamp("us")),
        ("ZonedDateTime", pa.timestamp("us", "UTC")),
        ("TIMESTAMP  WITH TIME ZONE", pa.timestamp("us", "UTC")),
        ("timestamp without time zone", pa.timestamp("us")),
        ("TIMESTAMPTZ", pa.timestamp("us", "UTC")),
        ("TIMESTAMP_NS", pa.timestamp("ns")),
        ("timestamp[us,tz=+02:00]", pa.timestamp("us", "+02:00")),
        ("datetime64[ns, Europe/Paris]", pa.timestamp("ns", "Europe/Paris")),
        ("timedelta64[ns]", pa.duration("ns")),
        ("INT[]", pa.list_(pa.int32())),
        ("double[][3]", pa.list_(pa.list_(pa.float64()))),
        ("list<int64>", pa.list_(pa.int64())),
        ("list<x: int64 not null>", pa.list_(pa.int64())),
        ("large_list<item: struct<a: int8>>", pa.list_(pa.struct([("a", pa.int8())]))),
        ("fixed_size_list<item: float>[3]", pa.list_(pa.float32())),
        ("list<map<string, int64>>", pa.list_(pa.map_(pa.string(), pa.int64()))),
        (
            'STRUCT(a INT, "b, ""c" DECIMAL(4, 2)[])',
            pa.struct([("a", pa.int32()), ('b, "c', pa.list_(pa.decimal128(4, 2)))]),
        ),
        ("MAP(VARCHAR, DECIMAL(4,1))", pa.map_(pa.string(), pa.decimal128(4, 1))),
        ("dictionary<values=int64, indices=int8, ordered=0>", pa.int64()),
        ("Int64", pa.int64()),
        ("int64[pyarrow]", pa.int64()),
        ("category", pa.string()),
        (bool, pa.bool_()),
        (int, pa.int64()),
        (float, pa.float64()),
        (str, pa.string()),
        (bytes, pa.binary()),
        (dt.date, pa.date32()),
        (dt.datetime, pa.timestamp("us")),
        (dt.time, pa.time64("us")),
        (dt.timedelta, pa.duration("us")),
        (decimal.Decimal, pa.decimal128(38, 10)),
        (np.int32, pa.int32()),
        (np.bool_, pa.bool_()),
        (np.str_, pa.string()),
        (np.dtype("<U4"), pa.string()),
        (np.dtype("datetime64[ns]"), pa.timestamp("ns")),
        (np.dtype("float64"), pa.float64()),
        (pd.Int64Dtype(), pa.int64()),
        (pd.StringDtype(), pa.string()),
        (pd.CategoricalDtype(), pa.string()),
        (pd.DatetimeTZDtype("ns", "UTC"), pa.timestamp("ns", "UTC")),
        (pd.ArrowDtype(pa.float16()), pa.float32()),
        (pa.large_string(), pa.string()),
    ],
    ids=str,
)
def test_usual_names_are_understood(name: object, expected: pa.DataType) -> None:
    """SQL's, Python's, pandas' and other tools' names mean what their readers expect."""
    assert parse_data_type(name) == expected


@pytest.mark.parametrize(
    "name",
    [
        *("", "list<>", "list<foo>", "list<int8, int8>", "map<int8>", "foo(1)", "decimal(0)"),
        *("decimal(3, 80)", "timestamp[us, tz=]", "timestamp[h]", "struct<: int8>", "int32]", "[]"),
        *("struct<>", "STRUCT(=)", 5, object),
    ],
    ids=str,
)
def test_other_names_are_refused(name: object) -> None:
    """What is no name of a type names the column and lists the kinds of names."""
    with pytest.raises(
        UnknownDataType, match=r'^Column "c": data type .*cannot be stored'
    ) as caught:
        parse_data_type(name, column="c")
    assert caught.value.hint


def test_a_slip_of_the_pen_gets_a_suggestion() -> None:
    """The nearest name is offered, and `object` is asked what it holds."""
    with pytest.raises(UnknownDataType, match='Did you mean "varchar"'):
        parse_data_type("varhcar")
    with pytest.raises(UnknownDataType, match="Say what the objects are"):
        parse_data_type(np.dtype(object))
    with pytest.raises(UnknownDataType, match="at most 38 digits"):
        parse_data_type("decimal(50, 2)")
