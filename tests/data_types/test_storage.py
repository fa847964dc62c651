"""Values come back from the engine as they went in, whatever Arrow type they arrived in."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Literal

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import compute

from atomlite.data_types.storage import from_storage, sql_type, storable, to_storage
from atomlite.errors import UnknownDataType, UnsupportedData

FIRST, LAST = -(2**63), 2**63 - 1
ZONE = "Europe/Paris"
Unit = Literal["s", "ms", "us", "ns"]
UNITS: tuple[Unit, ...] = ("s", "ms", "us", "ns")


def through_the_engine(values: pa.ChunkedArray[Any], logical: pa.DataType) -> pa.ChunkedArray[Any]:
    """Store values in a table as a session does, and read them back."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.execute(f"CREATE TABLE kept (value {sql_type(logical)})")
        connection.register(
            "incoming", pa.Table.from_arrays([to_storage(values, logical)], ["value"])
        )
        connection.execute("INSERT INTO kept SELECT * FROM incoming")
        connection.execute("CHECKPOINT")
        answer = connection.sql("SELECT value FROM kept ORDER BY rowid").to_arrow_table()["value"]
    return from_storage(answer, logical)


def timestamps(unit: Unit, zone: str | None = None) -> tuple[pa.DataType, Sequence[object]]:
    """Return a type with its extremes; with a zone they are bounded by microseconds."""
    bound = {"s": 2**43, "ms": 2**53}.get(unit, LAST) if zone else LAST
    return pa.timestamp(unit, zone), [0, 1, -1, bound, -bound]


KEPT: list[tuple[pa.DataType, Sequence[object]]] = [
    (pa.bool_(), [True, False]),
    *((pa.int8(), [-128, 127]), (pa.int16(), [-(2**15), 2**15 - 1])),
    *((pa.int32(), [-(2**31), 2**31 - 1]), (pa.int64(), [FIRST, LAST])),
    *((pa.uint8(), [0, 255]), (pa.uint16(), [2**16 - 1]), (pa.uint32(), [2**32 - 1])),
    (pa.uint64(), [0, 2**64 - 1]),
    (pa.float32(), [0.5, -0.0, float("inf"), 2.0**-149]),
    (pa.float64(), [0.1, -0.0, float("-inf"), 5e-324]),
    (pa.decimal128(4, 2), [Decimal("99.99"), Decimal("-99.99")]),
    (pa.decimal128(18, 0), [Decimal(10**18 - 1)]),
    (pa.decimal128(38, 10), [Decimal((0, (9,) * 38, -10))]),
    (pa.decimal128(38, 38), [Decimal((1, (9,) * 38, -38))]),
    (pa.string(), ["", "a", "é", "e\u0301", "😀", "a\0b", " a ", "N/A"]),
    (pa.binary(), [b"", b"\0\xff"]),
    (pa.date32(), [0, -1, 2**31 - 2, -(2**31) + 2]),
    *((pa.time32("s"), [0, 86_399]), (pa.time32("ms"), [0, 86_399_999])),
    *((pa.time64("us"), [1, 86_400 * 10**6 - 1]), (pa.time64("ns"), [1, 86_400 * 10**9 - 1])),
    *(timestamps(unit) for unit in UNITS),
    *(timestamps(unit, ZONE) for unit in UNITS),
    (pa.timestamp("us", "+05:30"), [0]),
    *((pa.duration(unit), [0, FIRST, LAST]) for unit in UNITS),
    (pa.list_(pa.int64()), [[], [1, None], [FIRST]]),
    (pa.list_(pa.list_(pa.string())), [[["a"], None, []]]),
    (pa.list_(pa.duration("ns")), [[1, None]]),
    (pa.list_(pa.timestamp("ns", ZONE)), [[1, None]]),
    (pa.struct([("a b", pa.int8()), ('q"', pa.time32("s"))]), [{"a b": 1, 'q"': None}]),
    (pa.map_(pa.string(), pa.duration("s")), [[("a", 1), ("b", None)], []]),
    (pa.list_(pa.struct([("when", pa.timestamp("s", ZONE))])), [[{"when": 5}, None]]),
]


@pytest.mark.parametrize(("data_type", "values"), KEPT, ids=lambda value: str(value)[:40])
def test_a_logical_type_keeps_every_value(data_type: pa.DataType, values: Sequence[object]) -> None:
    """The type is its own logical type, and its extremes and nulls come back bit for bit."""
    assert storable(data_type) == data_type
    data = pa.chunked_array([pa.array([*values, None], data_type), pa.array([], data_type)])
    answer = through_the_engine(data, data_type)
    assert answer.type == data_type
    assert answer.equals(data)


INCOMING: list[tuple[pa.Array[Any], pa.DataType]] = [
    (pa.array([0.5, None], pa.float16()), pa.float32()),
    (pa.nulls(2), pa.string()),
    (pa.array(["a", None]).dictionary_encode(), pa.string()),
    (
        pa.DictionaryArray.from_arrays(pa.array([1, 0, None]), pa.array([[1], [2]])),
        pa.list_(pa.int64()),
    ),
    (compute.call_function("run_end_encode", [pa.array([1, 1, None])]), pa.int64()),
    (pa.array(["a", None], pa.large_string()), pa.string()),
    (pa.array(["a", None], pa.string_view()), pa.string()),
    (pa.array([b"a", None], pa.large_binary()), pa.binary()),
    (pa.array([b"a", None], pa.binary_view()), pa.binary()),
    (pa.array([b"ab", None], pa.binary(2)), pa.binary()),
    (pa.array([86_400_000, None], pa.date64()), pa.date32()),
    (pa.array([Decimal("1.5"), None], pa.decimal32(4, 1)), pa.decimal128(4, 1)),
    (pa.array([Decimal("1.5"), None], pa.decimal64(4, 1)), pa.decimal128(4, 1)),
    (pa.array([Decimal("1.5"), None], pa.decimal256(38, 1)), pa.decimal128(38, 1)),
    (pa.array([Decimal(1200), None], pa.decimal128(4, -2)), pa.decimal128(6, 0)),
    (pa.array([[1, 2], None], pa.list_(pa.int64(), 2)), pa.list_(pa.int64())),
    (pa.array([[1], None], pa.large_list(pa.int64())), pa.list_(pa.int64())),
    (pa.array([[1], None, [2, 3]], pa.list_view(pa.int64())), pa.list_(pa.int64())),
    (pa.array([None, [], [2.5]], pa.large_list_view(pa.float16())), pa.list_(pa.float32())),
    (pa.array([], pa.list_view(pa.int64())), pa.list_(pa.int64())),
    (pa.array([["a"]], pa.list_(pa.dictionary(pa.int8(), pa.string()))), pa.list_(pa.string())),
    (pa.array([[None]], pa.list_(pa.null())), pa.list_(pa.string())),
    (
        pa.array([{"a": 0.5}], pa.struct([pa.field("a", pa.float16(), nullable=False)])),
        pa.struct([("a", pa.float32())]),
    ),
    (
        pa.array([[("a", 1)]], pa.map_(pa.large_string(), pa.float16())),
        pa.map_(pa.string(), pa.float32()),
    ),
]


@pytest.mark.parametrize(("array", "logical"), INCOMING, ids=lambda value: str(value)[:40])
def test_an_encoding_goes_and_its_values_stay(array: pa.Array[Any], logical: pa.DataType) -> None:
    """Every other type has a plain one that holds the same values."""
    assert storable(array.type) == logical
    answer = through_the_engine(pa.chunked_array([array]), logical)
    assert answer.type == logical
    assert answer.to_pylist() == array.to_pylist()


def test_known_extensions_are_what_they_stand_for() -> None:
    """JSON is text, a UUID bytes, an 8-bit boolean a boolean, an interval its two ends."""
    json = pa.ExtensionArray.from_storage(pa.json_(), pa.array(["{}", None]))
    assert through_the_engine(pa.chunked_array([json]), storable(json.type)).to_pylist() == [
        "{}",
        None,
    ]
    uuid = pa.ExtensionArray.from_storage(pa.uuid(), pa.array([b"0" * 16], pa.binary(16)))
    assert through_the_engine(pa.chunked_array([uuid]), storable(uuid.type)).to_pylist() == [
        b"0" * 16
    ]
    flag = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([2, 0, None], pa.int8()))
    assert through_the_engine(pa.chunked_array([flag]), storable(flag.type)).to_pylist() == [
        True,
        False,
        None,
    ]
    frame = pd.DataFrame({"i": pd.interval_range(0, 1)})
    interval = pa.Table.from_pandas(frame)["i"]
    assert through_the_engine(interval, storable(interval.type)).to_pylist() == [
        {"left": 0, "right": 1}
    ]


@pytest.mark.parametrize(
    ("data_type", "hint"),
    [
        (pa.month_day_nano_interval(), "Convert it first"),
        (pa.dense_union([pa.field("a", pa.int8())]), "Convert it first"),
        (pa.sparse_union([pa.field("a", pa.int8())]), "Convert it first"),
        (pa.decimal256(39, 2), "at most 38 digits"),
        (pa.decimal128(38, -1), "at most 38 digits"),
        (pa.struct([]), "one field or more"),
        (pa.struct([("a", pa.int8()), ("A", pa.int8())]), "not only in case"),
        (pa.opaque(pa.binary(), "geometry", "elsewhere"), "its storage is binary"),
        (pa.list_(pa.month_day_nano_interval()), "Convert it first"),
        (pa.list_(pa.list_view(pa.int8())), "Convert it first"),
        (pa.list_(pa.run_end_encoded(pa.int32(), pa.int8())), "Convert it first"),
        (
            pa.Table.from_pandas(pd.DataFrame({"p": pd.period_range("2026", periods=1, freq="D")}))[
                "p"
            ].type,
            "periods",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_refused_by_name(data_type: pa.DataType, hint: str) -> None:
    """The error names the column, the innermost type, and a way out."""
    with pytest.raises(UnknownDataType, match=rf'^Column "c": data type .*{hint}'):
        storable(data_type, column="c")
    with pytest.raises(UnknownDataType, match=r"^data type "):
        storable(data_type)


def test_the_engine_has_no_column_for_a_type_that_is_not_logical() -> None:
    """What skipped `storable` is told apart, not guessed."""
    with pytest.raises(UnknownDataType, match="Pass it through `storable` first"):
        sql_type(pa.large_string())


def test_a_value_without_a_form_in_the_engine_is_refused() -> None:
    """Nothing is rounded or moved to fit."""
    far = pa.chunked_array([pa.array([2**62], pa.timestamp("s", ZONE))])
    with pytest.raises(UnsupportedData, match="cannot be kept as"):
        to_storage(far, far.type)
    with pytest.raises(UnsupportedData, match="cannot be kept as date32"):
        to_storage(pa.chunked_array([[1]], type=pa.date64()), pa.date32())


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.one_of(st.none(), st.floats()), max_size=5))
def test_floats_keep_their_bits(values: list[float | None]) -> None:
    """NaN, infinities and negative zero are values; only null is null."""
    data = pa.chunked_array([pa.array(values, pa.float64(), from_pandas=False)])
    answer = through_the_engine(data, pa.float64())
    assert [repr(value) for value in answer.to_pylist()] == [repr(value) for value in values]
