from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomlite.cubes.digests import whole
from atomlite.expressions.columns import Column
from atomlite.search.values import kind_of

TYPES: dict[str, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int32(),
    "float": pa.float64(),
    "decimal": pa.decimal128(10, 2),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "instant": pa.timestamp("us", tz="UTC"),
    "clock": pa.timestamp("us"),
}


@pytest.mark.parametrize(
    ("kind", "given_value", "expected"),
    [
        ("text", "Ada", "Ada"),
        ("text", "", ""),
        ("integer", -3, -3),
        ("integer", "-03", -3),
        ("integer", 3.0, 3),
        ("integer", 1e20, 10**20),
        ("integer", 10**40, 10**40),
        ("float", 2, 2),
        ("float", 2.5, 2.5),
        ("decimal", 0.1, Decimal("0.1")),
        ("decimal", "10.20", Decimal("10.20")),
        ("decimal", 7, 7),
        ("boolean", False, False),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
        ("time", "12:30", dt.time(12, 30)),
        ("time", "12:30:01.5", dt.time(12, 30, 1, 500_000)),
        ("instant", "2024-01-01T00:00:00Z", dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        ("instant", "2024-01-01 01:00+01:00", dt.datetime(2024, 1, 1, tzinfo=dt.UTC)),
        ("clock", "2024-01-01T00:00:00.25", dt.datetime.fromisoformat("2024-01-01T00:00:00.25")),
    ],
)
def test_a_value_is_read_by_the_type_of_its_column(
    kind: str, given_value: object, expected: object
) -> None:
    """The type of the column decides, and nothing is rounded."""
    assert kind_of(TYPES[kind]).name == kind
    assert kind_of(TYPES[kind]).read(given_value) == expected


@pytest.mark.parametrize(
    ("kind", "given_value", "reason"),
    [
        *((kind, None, "should be") for kind in TYPES),
        *((kind, [], "should be") for kind in TYPES),
        *((kind, {}, "should be") for kind in TYPES),
        ("text", 5, "a string"),
        ("text", "a\x00b", "NUL"),
        ("text", "\ud800", "half characters"),
        ("integer", 3.5, "an integer"),
        ("integer", float("inf"), "an integer"),
        ("integer", True, "an integer"),
        ("integer", "3.0", "an integer"),
        ("integer", "٣", "an integer"),
        ("integer", "1" * 101, "an integer"),
        ("float", "2.5", "integer or float"),
        ("float", True, "integer or float"),
        ("float", float("nan"), "integer or float"),
        ("decimal", "1e5", "a number"),
        ("decimal", float("inf"), "a number"),
        ("decimal", False, "a number"),
        ("boolean", 1, "true or false"),
        ("boolean", "true", "true or false"),
        ("date", "2023-02-29", "there is no"),
        ("date", "20230228", "such as"),
        ("date", "2024-12-14T00:00:00Z", "such as"),
        ("date", "Jan 1 2016", "such as"),
        ("time", "24:00", "there is no"),
        ("time", "12:30Z", "such as"),
        ("instant", "2024-01-01T00:00:00", "timezone"),
        ("instant", "2024-01-01", "such as"),
        ("instant", "2024-13-01T00:00:00Z", "there is no"),
        ("clock", "2024-01-01T00:00:00Z", "zone"),
        ("clock", 1_700_000_000, "such as"),
    ],
)
def test_a_value_that_does_not_fit_says_what_should_be(
    kind: str, given_value: object, reason: str
) -> None:
    """Nothing is cut, guessed or converted on the quiet."""
    with pytest.raises(ValueError, match=reason):
        kind_of(TYPES[kind]).read(given_value)


def test_conditions_that_differ_in_nanoseconds_are_told_apart() -> None:
    """Else one would be answered with what was kept for the other."""
    read = kind_of(pa.timestamp("ns")).read
    at = Column("T", "at", pa.timestamp("ns"))
    texts = [f"1970-01-01T00:00:00.00000000{digit}" for digit in (0, 1, 2)]

    assert len({whole(at == read(text)) for text in texts}) == 3


def test_nanoseconds_are_kept() -> None:
    """Python's own timestamps end at microseconds."""
    found: Any = kind_of(pa.timestamp("ns")).read("2024-01-01T00:00:00.123456789")

    assert (found.microsecond, found.nanosecond) == (123_456, 789)


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("text", "a b", "a b"),
        ("integer", "12", 12),
        ("float", "-2.5", -2.5),
        ("float", "1e0", 1.0),
        ("decimal", "1.5e1", Decimal(15)),
        ("boolean", "true", True),
        ("boolean", "0", False),
        ("date", "2024-02-29", dt.date(2024, 2, 29)),
    ],
)
def test_a_piece_of_a_path_is_read_too(kind: str, text: str, expected: object) -> None:
    """A path holds text alone."""
    assert kind_of(TYPES[kind]).read_text(text) == expected


@pytest.mark.parametrize(
    ("kind", "text"), [("integer", "abc"), ("float", "nan"), ("boolean", "yes"), ("date", "now")]
)
def test_a_piece_of_a_path_that_is_no_value_is_refused(kind: str, text: str) -> None:
    """No row has such a value."""
    with pytest.raises(ValueError, match="should be"):
        kind_of(TYPES[kind]).read_text(text)


@pytest.mark.parametrize("data_type", [pa.list_(pa.int8()), pa.binary(), pa.duration("s")])
def test_some_columns_have_no_values_to_compare(data_type: pa.DataType) -> None:
    """Of these a search can ask for null alone."""
    kind = kind_of(data_type)

    assert not kind.compares
    with pytest.raises(ValueError, match="cannot be compared"):
        kind.read("x")


@pytest.mark.parametrize("kind", ["text", "date", "time", "instant", "clock"])
@settings(max_examples=max(50, settings().max_examples // 10))
@given(data=st.data())
def test_what_the_documentation_allows_is_read(kind: str, data: st.DataObject) -> None:
    """The pattern in the OpenAPI document is no wider than what is read."""
    found = kind_of(TYPES[kind])
    text = data.draw(st.from_regex(str(found.schema["pattern"]), fullmatch=True))

    found.read(text)
