from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomlite.data_types.names import parse_data_type
from atomlite.tables.conversions import convert, convert_objects

_TYPES = [
    parse_data_type(name)
    for name in [
        "bool",
        "int8",
        "int64",
        "uint8",
        "uint64",
        "float",
        "double",
        "decimal(10,2)",
        "decimal(38,10)",
        "string",
        "binary",
        "date",
        "time",
        "time64[ns]",
        "time32[s]",
        "timestamp",
        "timestamp[s]",
        "timestamp[ns]",
        "timestamptz",
        "timestamp[ns,UTC]",
        "duration",
        "duration[s]",
        "duration[ns]",
        "list<int64>",
        "list<date>",
        "struct<x:int8,y:string>",
        "map<string,int64>",
    ]
]
_ZONE = dt.timezone(dt.timedelta(hours=2))
_SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.dates(),
    st.datetimes(),
    st.datetimes(timezones=st.just(_ZONE)),
    st.times(),
    st.times(timezones=st.just(_ZONE)),
    st.timedeltas(),
    st.builds(pd.Timestamp, st.integers(-(2**62), 2**62)),
    st.builds(pd.Timedelta, st.integers(-(2**62), 2**62)),
    st.builds(np.float32, st.floats(width=32, allow_nan=False)),
    st.builds(np.int8, st.integers(-128, 127)),
)
_VALUES = st.one_of(
    _SCALARS,
    st.lists(_SCALARS, max_size=3),
    st.dictionaries(st.sampled_from(["x", "y", "z"]), _SCALARS, max_size=2),
)


def _worth(value: object) -> object:  # noqa: PLR0911 -- one line for each kind
    """Return a value in a form in which equal means unchanged."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, pd.Timestamp):
        return ("moment", value.tz is not None, value.value)
    if isinstance(value, dt.datetime):
        aware = value.tzinfo is not None
        epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC if aware else None)
        return ("moment", aware, (value - epoch) // dt.timedelta(microseconds=1) * 1000)
    if isinstance(value, dt.date):
        return ("moment", False, (value - dt.date(1970, 1, 1)).days * 86_400 * 10**9)
    if isinstance(value, dt.timedelta):
        return ("span", value // dt.timedelta(microseconds=1), getattr(value, "nanoseconds", 0))
    if isinstance(value, list | tuple):
        return [_worth(item) for item in value]
    return value


def _equal(found: object, given: object) -> bool:
    if isinstance(given, dict):
        pairs = dict(found) if isinstance(found, list) else found
        return (
            isinstance(pairs, dict)
            and all(
                _equal(value, given[name]) if name in given else value is None
                for name, value in pairs.items()
            )
            and given.keys() <= pairs.keys()
        )
    if isinstance(given, list) and isinstance(found, list):
        return len(found) == len(given) and all(map(_equal, found, given))
    if isinstance(given, str) and not isinstance(found, str):
        return True  # text is read; what it may be is tested by examples
    if isinstance(found, float) and not isinstance(given, bool):
        return math.isclose(found, float(given), rel_tol=1e-7, abs_tol=1e-44)  # type: ignore[arg-type]
    if isinstance(found, Decimal) and isinstance(given, float | np.floating):
        return type(given)(found) == given  # it goes back to the same float, of the same width
    return bool(_worth(found) == _worth(given))


@given(st.lists(_VALUES, min_size=1, max_size=4), st.sampled_from(_TYPES))
def test_an_object_arrives_exactly_or_is_rejected(
    values: list[object], target: pa.DataType
) -> None:
    """Nothing is cut, rounded or moved; floating types take their nearest value."""
    converted, misfits = convert_objects(values, target)
    assert converted.type == target
    assert len(converted) == len(values)
    for position, (found, value) in enumerate(zip(converted.to_pylist(), values, strict=True)):
        if position in misfits:
            assert found is None
        else:
            assert _equal(found, value), (found, value)


@given(st.lists(_SCALARS, min_size=1, max_size=3), st.sampled_from(_TYPES))
def test_an_arrow_value_arrives_exactly_or_is_rejected(
    values: list[object], target: pa.DataType
) -> None:
    """The same holds for values that have an Arrow type already."""
    for value in values:
        try:
            plain: pa.Array[Any] = pa.array([value])
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            continue
        # As Python's, a float of 32 bits would be one of 64.
        given_value = value if isinstance(value, np.floating) else plain[0].as_py()
        converted, misfits = convert(pa.chunked_array([plain]), target)
        if not misfits:
            assert _equal(converted[0].as_py(), given_value)


@pytest.mark.parametrize(
    ("target", "value", "expected"),
    [
        ("int64", "12", 12),
        ("int64", np.float64(3.0), 3),
        ("double", "1e3", 1000.0),
        ("double", "inf", math.inf),
        ("decimal(10,2)", 5, Decimal("5.00")),
        ("decimal(38,30)", 2**60 // 10**12, Decimal(2**60 // 10**12)),
        ("decimal(10,2)", 0.1, Decimal("0.10")),
        ("decimal(38,0)", 2**70, Decimal(2**70)),
        ("bool", "true", True),
        ("date", "2026-11-21", dt.date(2026, 11, 21)),
        ("date", pd.Timestamp("2026-11-21"), dt.date(2026, 11, 21)),
        ("time", "12:30", dt.time(12, 30)),
        ("time", "12:30:00.25", dt.time(12, 30, 0, 250_000)),
        ("timestamp", dt.date(2026, 1, 1), dt.datetime(2026, 1, 1)),  # noqa: DTZ001
        ("timestamp[ns]", pd.Timestamp(1), pd.Timestamp(1)),
        ("timestamp[ns]", np.datetime64(1, "ns"), pd.Timestamp(1)),
        ("timestamptz", "2026-01-01T02:00+02:00", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ("duration[ns]", pd.Timedelta(1), pd.Timedelta(1)),
        ("binary", UUID(int=1), UUID(int=1).bytes),
        ("list<int64>", np.array([1, 2]), [1, 2]),
        ("list<int64>", (1, None), [1, None]),
        ("list<int64>", ["1"], [1]),
        ("list<float>", [0.5], [0.5]),
        ("list<list<int64>>", [[1], [], None], [[1], [], None]),
        ("struct<x: int64, y: string>", {"x": 1}, {"x": 1, "y": None}),
        ("struct<x: date>", {"x": "2026-01-01"}, {"x": dt.date(2026, 1, 1)}),
        ("map<string,string>", {"a": "b"}, [("a", "b")]),
        ("map<string,int64>", [("a", 1)], [("a", 1)]),
        ("struct<x: map<string,int64>>", {"x": {"a": 1}}, {"x": [("a", 1)]}),
        ("string", float("nan"), None),
        ("int64", pd.NA, None),
        ("timestamp", pd.NaT, None),
    ],
)
def test_an_object_converts(target: str, value: object, expected: object) -> None:
    """What a column can hold exactly goes in, whatever it is written as."""
    converted, misfits = convert_objects([value], parse_data_type(target))
    assert misfits == []
    assert converted.to_pylist() == [expected]


@pytest.mark.parametrize(
    ("target", "value"),
    [
        ("int64", 2.5),
        ("int64", True),
        ("int8", "300"),
        ("int64", " 12"),
        ("double", True),
        ("float", "1e40"),
        ("double", "1e400"),
        ("float", 1e40),
        ("decimal(10,2)", "1.234"),
        ("decimal(10,2)", 0.123),
        ("decimal(4,2)", 500),
        ("bool", 1),
        ("string", 5),
        ("string", b"x"),
        ("string", "\ud800"),
        ("binary", "x"),
        ("date", dt.datetime(2026, 1, 1, 5)),  # noqa: DTZ001
        ("date", "2026-02-30"),
        ("time", dt.time(1, tzinfo=dt.UTC)),
        ("time", "12"),
        ("time", "25:00"),
        ("time", "12:30:00.0000001"),
        ("timestamp", pd.Timestamp(1)),
        ("timestamp", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ("timestamptz", dt.datetime(2026, 1, 1)),  # noqa: DTZ001
        ("timestamptz", "2026-01-01"),
        ("duration", pd.Timedelta(1)),
        ("list<int64>", [1.0, 2.5]),
        ("list<int64>", 1),
        ("list<int64>", b""),
        ("list<string>", [1]),
        ("list<date>", [dt.datetime(2026, 1, 1, 5)]),  # noqa: DTZ001
        ("list<decimal(10,2)>", [0.123]),
        ("list<timestamp>", [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]),
        ("list<float>", [1e40]),
        ("struct<x: int64>", {"x": 1, "z": 2}),
        ("struct<x: int64>", [1]),
        ("map<string,int64>", {"a": "b"}),
        ("int64", object()),
    ],
)
def test_an_object_that_would_change_is_rejected(target: str, value: object) -> None:
    """Each of these was once cut or turned into something else, or could be."""
    converted, misfits = convert_objects([value], parse_data_type(target))
    assert (converted.to_pylist(), misfits) == ([None], [0])


def test_misfits_among_many_stand_alone() -> None:
    """Also in several chunks, among nulls, and when one word comes many times."""
    texts = [None if i % 7 == 0 else "n/a" if i % 10 == 0 else str(i) for i in range(1000)]
    values = pa.chunked_array([texts[:300], texts[300:]])
    converted, misfits = convert(values, pa.int64())
    assert misfits == [i for i in range(1000) if i % 10 == 0 and i % 7]
    assert converted[999].as_py() == 999
    assert converted.null_count == len(misfits) + texts.count(None)


def test_nested_misfits_stand_alone() -> None:
    """Lists and maps are looked into, in slices too."""
    lists = pa.chunked_array([[[0.5], [1.0], None, [2.5, 3.0]] * 10]).slice(1)
    converted, misfits = convert(lists, pa.list_(pa.int64()))
    assert converted.to_pylist()[:3] == [[1], None, None]
    assert misfits == [i for i in range(39) if i % 4 in {2, 3}]
    kind = pa.map_(pa.string(), pa.float64())
    maps = pa.chunked_array([pa.array([[("a", 1.0)], None, [("b", 0.5)], []], kind)]).slice(1)
    converted, misfits = convert(maps, pa.map_(pa.string(), pa.int64()))
    assert (converted.to_pylist(), misfits) == ([None, None, []], [1])
    structs = pa.chunked_array([pa.array([{"x": 1.0}, None, {"x": None}])])
    converted, misfits = convert(structs, pa.struct([("y", pa.string()), ("x", pa.int8())]))
    assert converted.to_pylist() == [{"y": None, "x": 1}, None, {"y": None, "x": None}]
    assert misfits == []


def test_kinds_that_never_convert_are_misfits_but_for_null() -> None:
    """A number is no text."""
    converted, misfits = convert(pa.chunked_array([[1, None]]), pa.string())
    assert (converted.to_pylist(), misfits) == ([None, None], [0])


@pytest.mark.parametrize(
    "values",
    [
        pa.chunked_array([pa.nulls(2)]),
        pa.chunked_array([pa.array(["1", None]).dictionary_encode()]),
        pa.chunked_array(
            [
                pa.DictionaryArray.from_arrays(
                    pa.array([0, None], pa.int8()), pa.array(["1"], pa.string_view())
                )
            ]
        ),
        pa.chunked_array(
            [pa.RunEndEncodedArray.from_arrays(pa.array([1, 2]), pa.array(["1", None]))]
        ),
        pa.chunked_array([pa.array(["1", None], pa.large_string())]),
    ],
)
def test_encodings_do_not_matter(values: pa.ChunkedArray) -> None:  # type: ignore[type-arg]
    """Dictionaries, runs and views hold the same values as plain arrays."""
    converted, misfits = convert(values, pa.int64())
    assert misfits == []
    assert converted.to_pylist()[1] is None
    assert converted.to_pylist()[0] in {None, 1}


def test_list_views_are_lists() -> None:
    """Arrow's own cast of them gives arrays that are not valid."""
    values = pa.chunked_array([pa.array([[1], None, [2, 3]], pa.list_view(pa.int64()))])
    converted, _ = convert(values, pa.list_(pa.int8()))
    assert converted.to_pylist() == [[1], None, [2, 3]]
