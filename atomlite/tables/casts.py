"""One Arrow array as another type: every value kept, or an error for the array as a whole.

What converts: numbers into numbers when no digit is lost (into a floating type, to its nearest
value); text into anything that it writes out (``"12"``, ``"2026-11-21"``, ``"true"``); dates into
timestamps, and midnights into dates; instants into another zone or unit; lists, structs and maps
when what is inside converts. What never converts: a number into text or a truth value, a timestamp
without zone into one with a zone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa
from pyarrow import compute as pc

from atomlite.data_types.storage import fields_of, is_nested

_INTEGER_DIGITS = 20
_CLOCK = r"^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$"
_INFINITY = r"(?i)^[-+]?inf(inity)?$"
_NUMBERS = frozenset({"integer", "float", "decimal"})
_CONVERTIBLE: dict[str, frozenset[str]] = {
    "integer": _NUMBERS,
    "float": _NUMBERS,
    "decimal": _NUMBERS,
    "text": _NUMBERS | {"boolean", "date", "time", "timestamp", "instant"},
    "date": frozenset({"timestamp"}),
    "timestamp": frozenset({"date", "timestamp"}),
    "instant": frozenset({"instant"}),
    "time": frozenset({"time"}),
    "duration": frozenset({"duration"}),
}
_KINDS: dict[str, Callable[[pa.DataType], bool]] = {
    "boolean": pa.types.is_boolean,
    "integer": pa.types.is_integer,
    "float": pa.types.is_floating,
    "decimal": pa.types.is_decimal,
    "text": pa.types.is_string,
    "date": pa.types.is_date,
    "time": pa.types.is_time,
    "duration": pa.types.is_duration,
}


def kind(data_type: pa.DataType) -> str | None:
    """Return the family of a logical type that is not nested; ``None`` for those without one.

    >>> kind(pa.uint8()), kind(pa.timestamp("ms", "UTC")), kind(pa.binary())
    ('integer', 'instant', None)
    """
    if isinstance(data_type, pa.TimestampType):
        return "timestamp" if data_type.tz is None else "instant"
    return next((name for name, is_kind in _KINDS.items() if is_kind(data_type)), None)


def convertible(source: pa.DataType, target: pa.DataType) -> bool:
    """Return whether values of a logical type can make sense as another.

    >>> convertible(pa.string(), pa.date32()), convertible(pa.int8(), pa.string())
    (True, False)
    """
    if source == target:
        return True
    if isinstance(source, pa.ListType) and isinstance(target, pa.ListType):
        return convertible(source.value_type, target.value_type)
    if isinstance(source, pa.MapType) and isinstance(target, pa.MapType):
        keys = convertible(source.key_type, target.key_type)
        return keys and convertible(source.item_type, target.item_type)
    if isinstance(source, pa.StructType) and isinstance(target, pa.StructType):
        types = {field.name: field.type for field in fields_of(target)}
        return all(
            field.name in types and convertible(field.type, types[field.name])
            for field in fields_of(source)
        )
    return kind(target) in _CONVERTIBLE.get(kind(source) or "", frozenset())


def cast(array: pa.Array[Any], target: pa.DataType) -> pa.Array[Any]:
    """Return an array as a type that its own is `convertible` to.

    Raises:
        pyarrow.ArrowException: A value would change.

    >>> cast(pa.array([[1, 2], None]), pa.list_(pa.float32())).to_pylist()
    [[1.0, 2.0], None]
    """
    if array.type == target:
        return array
    if is_nested(target):
        return _cast_nested(array, target)
    kinds = kind(array.type), kind(target)
    if kinds == ("integer", "decimal"):
        # Straight away, Arrow wants room for all digits that the integers could have.
        return array.cast(pa.decimal128(_INTEGER_DIGITS, 0)).cast(target)
    if kinds in {("float", "decimal"), ("timestamp", "date")}:
        return _exactly_back(array, target)
    if kinds == ("text", "time"):
        return _clock(array, target)
    return _finite(array, target) if kinds[1] == "float" else array.cast(target)


def _cast_nested(array: Any, target: Any) -> pa.Array[Any]:  # noqa: ANN401 -- of three classes
    missing = array.is_null()
    if isinstance(target, pa.StructType):
        found = {field.name: array.type.get_field_index(field.name) for field in fields_of(target)}
        parts = array.flatten()
        children = [
            cast(parts[found[field.name]], field.type)
            if found[field.name] >= 0
            else nulls(len(array), field.type)
            for field in fields_of(target)
        ]
        return pa.StructArray.from_arrays(children, fields=list(fields_of(target)), mask=missing)
    whole = array.take(pa.array(range(len(array)), pa.int64()))  # a slice keeps what it left out
    if isinstance(target, pa.MapType):
        keys, items = cast(whole.keys, target.key_type), cast(whole.items, target.item_type)
        return pa.MapArray.from_arrays(whole.offsets, keys, items, mask=missing).cast(target)
    items = cast(whole.values, target.value_type)
    return pa.ListArray.from_arrays(whole.offsets, items, type=target, mask=missing)


def nulls(count: int, data_type: Any) -> pa.Array[Any]:  # noqa: ANN401 -- any Arrow type
    """Return an array of nulls."""
    missing: pa.Array[Any] = pa.nulls(count, data_type)
    return missing


def _exactly_back(array: pa.Array[Any], target: pa.DataType) -> pa.Array[Any]:
    converted = array.cast(target, safe=False)
    back = converted.cast(array.type, safe=False)
    _refuse(pc.not_equal(back, array), target)
    return converted


def _clock(array: pa.Array[Any], target: Any) -> pa.Array[Any]:  # noqa: ANN401 -- of two classes
    """Read times of day as times of a day, which Arrow can."""
    _refuse(pc.invert(pc.match_substring_regex(array, _CLOCK)), target)
    moments = pc.call_function("binary_join_element_wise", ["1970-01-01T", array, ""])
    times: pa.Array[Any] = moments.cast(pa.timestamp(target.unit)).cast(target)
    return times


def _finite(array: pa.Array[Any], target: pa.DataType) -> pa.Array[Any]:
    """Cast to a floating type, and refuse what becomes infinite on the way."""
    converted = array.cast(target, safe=pa.types.is_string(array.type))
    if pa.types.is_string(array.type):
        infinite = pc.match_substring_regex(array, _INFINITY)
    elif pa.types.is_floating(array.type):
        infinite = pc.is_inf(array)
    else:  # the largest integer or decimal is far below
        return converted
    _refuse(pc.and_not(pc.is_inf(converted), infinite), target)
    return converted


def _refuse(misfits: pa.Array[Any], target: pa.DataType) -> None:
    if pc.any(misfits).as_py():
        message = f"a value would change as {target}"
        raise pa.ArrowInvalid(message)
