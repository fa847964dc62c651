from __future__ import annotations

import dataclasses
import json
import traceback
from collections import OrderedDict, deque, namedtuple
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum, IntEnum
from types import MappingProxyType
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomlite.errors import AnswerNotSerializable, InvalidJson
from atomlite.http.json_text import _plain, json_bytes, parse_json


class Colour(Enum):
    """Values that need a conversion of their own."""

    RED = Decimal("1.50")


class Level(IntEnum):
    """Members that are numbers."""

    HIGH = 3


@dataclasses.dataclass
class Point:
    """Fields that need conversions, and one that is private."""

    x: int
    y: object
    _hidden: int = 0


Pair = namedtuple("Pair", ["left", "right"])  # noqa: PYI024 -- the untyped kind is what users write


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (2**64, "18446744073709551616"),
        (-(2**63) - 1, "-9223372036854775809"),
        (2**53 + 1, "9007199254740993"),
        (float("nan"), "null"),
        (float("-inf"), "null"),
        (Decimal("0E-10"), '"0.0000000000"'),
        (Decimal("1.10"), '"1.10"'),
        (Decimal("NaN"), "null"),
        (date(2024, 2, 29), '"2024-02-29"'),
        (time(1, 2, 3), '"01:02:03"'),
        (time(1, 2, tzinfo=UTC), '"01:02:00+00:00"'),
        (datetime(2024, 1, 1, 12, 30, 0, 5), '"2024-01-01T12:30:00.000005"'),  # noqa: DTZ001
        (
            datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=5.5))),
            '"2024-01-01T00:00:00+05:30"',
        ),
        (timedelta(days=-1), '"-P1DT0H0M0S"'),
        (timedelta(microseconds=1500), '"P0DT0H0M0.0015S"'),
        (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
        (Colour.RED, '"1.50"'),
        (Level.HIGH, "3"),
        (Point(1, Decimal(2)), '{"x":1,"y":"2"}'),
        (Pair(1, "b"), '[1,"b"]'),
        (deque([1, 2]), "[1,2]"),
        ({7}, "[7]"),
        (range(3), "[0,1,2]"),
        ({"a": 1}.keys(), '["a"]'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
        (OrderedDict(a=1), '{"a":1}'),
        ({2019: 1, None: 2, True: 3, 1.5: 4}, '{"2019":1,"null":2,"true":3,"1.5":4}'),
        ({date(2024, 1, 1): 1, UUID(int=0): 2}, None),
        ("\ud800", '"\\ud800"'),
        ("æ", '"æ"'),
    ],
)
def test_python_values_have_one_form(value: object, text: str | None) -> None:
    """Each kind of value has the form that the module documents."""
    encoded = json_bytes(value).decode()
    assert json.loads(encoded) is not None or encoded == "null"
    assert text is None or encoded == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(7), "7"),
        (np.uint64(2**64 - 1), "18446744073709551615"),
        (np.float64("nan"), "null"),
        (np.float32(0.5), "0.5"),
        (np.longdouble(0.5), "0.5"),
        (np.bool_(True), "true"),
        (np.str_("a"), '"a"'),
        (np.datetime64("NaT"), "null"),
        (np.datetime64("2024-01-01T00:00:00.123456789"), '"2024-01-01T00:00:00.123456789"'),
        (np.datetime64("2024-01-01"), '"2024-01-01"'),
        (np.timedelta64(90, "s"), '"P0DT0H1M30S"'),
        (np.timedelta64("NaT"), "null"),
        (np.array([[1, 2], [3, 4]])[:, ::2], "[[1],[3]]"),
        (np.array([1.5, np.nan]), "[1.5,null]"),
        (np.array(["a", "b"]), '["a","b"]'),
        (np.array([1, None, "a"], dtype=object), '[1,null,"a"]'),
        (np.array(["2024-01-01", "NaT"], dtype="datetime64[ns]"), None),
        (np.array([1, "NaT"], dtype="timedelta64[ns]"), '["P0DT0H0M0.000000001S",null]'),
        (np.array([0.5], dtype=np.longdouble), "[0.5]"),
        (np.array([]), "[]"),
        (pd.NA, "null"),
        (pd.NaT, "null"),
        (pd.Timestamp("2024-01-01T00:00:00.000000001"), '"2024-01-01T00:00:00.000000001"'),
        (pd.Timestamp("2024-01-01", tz="Asia/Tokyo"), '"2024-01-01T00:00:00+09:00"'),
        (pd.Timedelta(1, "ns"), '"P0DT0H0M0.000000001S"'),
        (pd.Series([1, None], dtype="Int64"), "[1,null]"),
        (pd.Series([1.5, None]), "[1.5,null]"),
        (pd.Index(["a", "b"]), '["a","b"]'),
        (pd.Categorical(["a", None]), '["a",null]'),
        (pd.DataFrame({"a": [1, 2]}), '[{"a":1},{"a":2}]'),
        (pa.scalar(7), "7"),
        (pa.array([1, None]), "[1,null]"),
        (pa.chunked_array([[1], [2]]), "[1,2]"),
        (pa.table({"a": [1]}), '[{"a":1}]'),
        (pa.record_batch({"a": [1]}), '[{"a":1}]'),
        (pl.DataFrame({"a": [1]}), '[{"a":1}]'),
    ],
)
def test_values_of_data_libraries_have_one_form(value: object, text: str | None) -> None:
    """What numpy, pandas, polars and pyarrow hold has the form of the same Python value."""
    for nested in (value, {"a": [value]}):
        encoded = json_bytes(nested).decode()
        expected = text if nested is value else f'{{"a":[{text}]}}'
        assert text is None or encoded == expected
    assert json.loads(json_bytes([value, 2**70]))[0] == json.loads(json_bytes(value))


@pytest.mark.parametrize(
    ("value", "path", "kind"),
    [
        (b"a", "answer", "bytes"),
        ({"rows": [1, {"x": object()}]}, "answer['rows'][1]['x']", "object"),
        (Point(1, {2: 1j}), "answer.y[2]", "complex"),
        ({"a": {(1, 2): 3}}, "answer['a']", "tuple"),
        ([np.complex64(1)], "answer[0]", "complex64"),
        ([Point], "answer[0]", "type"),
        ({"f": len}, "answer['f']", "builtin_function_or_method"),
    ],
)
def test_what_has_no_form_is_named_with_its_place(value: object, path: str, kind: str) -> None:
    """The error says where in the answer, and of what type, the value is."""
    with pytest.raises(AnswerNotSerializable) as caught:
        json_bytes(value)
    assert caught.value.details == {"path": path, "type": kind}


@pytest.mark.parametrize("value", [{1: b"a"}, [object()], float], ids=["key", "item", "value"])
def test_refusal_has_one_traceback(value: object) -> None:
    """How the encoders went about it is left out."""
    with pytest.raises(AnswerNotSerializable) as raised:
        json_bytes(value)
    text = "".join(traceback.format_exception(raised.value))
    assert text.count("Traceback") == 1


def test_value_that_contains_itself_is_refused() -> None:
    """A cycle is an error and no endless loop; three hundred levels are none."""
    cycle: list[object] = []
    cycle.append(cycle)
    with pytest.raises(AnswerNotSerializable, match="contains itself"):
        json_bytes(cycle)
    deep: object = 1
    for _ in range(300):
        deep = [deep]
    assert json_bytes(deep) == b"[" * 300 + b"1" + b"]" * 300


_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]))
    | st.decimals()
    | st.dates()
    | st.datetimes()
    | st.datetimes(timezones=st.just(UTC))
    | st.times()
    | st.timedeltas()
    | st.uuids(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("ab"), inner),
    max_leaves=10,
)


@given(_values)
def test_both_encoders_agree(value: object) -> None:
    """The fast encoder and the thorough one write the same value."""
    thorough = json.dumps(_plain(value, ""), allow_nan=False)
    assert json.loads(json_bytes(value)) == json.loads(thorough)


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        (b"", 1, 1),
        (b'{"a": }', 1, 7),
        (b"[1,\n\n 2,]", 3, 3),
        (b'["1234567890123456789",\n x]', 2, 2),
        (b"NaN", 1, 1),
        (b"[1234567890123456789, NaN]", 1, 1),
        (b"[1234567890123456789, 1e999]", 1, 1),
        (b"\xff", 1, 1),
        (b'"1234567890123456789\xff"', 1, 1),
    ],
)
def test_broken_json_says_where(text: bytes, line: int, column: int) -> None:
    """The error names line and column where it can."""
    with pytest.raises(InvalidJson) as caught:
        parse_json(text)
    assert caught.value.details == {"line": line, "column": column}


@given(st.recursive(st.integers() | st.text("0123456789a"), st.lists, max_leaves=5))
def test_integers_come_through_exactly(value: object) -> None:
    """Integers of any length, beside text that looks like them, are read as they were written."""
    assert parse_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize("beside", [b"", b", 1234567890123456789012"])
def test_half_a_character_is_refused(beside: bytes) -> None:
    r"""``"\ud800"`` is no text, also where a long number makes another parser read it."""
    with pytest.raises(InvalidJson):
        parse_json(rb'["\ud800"' + beside + b"]")
