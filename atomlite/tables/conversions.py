"""Arrow values of one type into another, keeping every value exactly or saying which cannot.

What converts: numbers into numbers when no digit is lost (into a floating type, to its nearest
value); text into anything that it writes out (``"12"``, ``"2026-11-21"``, ``"true"``); dates into
timestamps, and midnights into dates; instants into another zone or unit. What never converts: a
number into text or a truth value, a timestamp without zone into one with a zone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pyarrow as pa
from pyarrow import compute as pc

from atomlite.data_types.storage import storable

_PARTS = 16
_ArrowError = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError, OverflowError)

Converted = tuple[pa.ChunkedArray, list[int]]
"""The converted values, and the positions of those that do not convert (null there)."""


def kind(data_type: pa.DataType) -> str:
    """Return the family of a logical type: what decides which conversions make sense.

    >>> kind(pa.uint8()), kind(pa.timestamp("ms", "UTC"))
    ('integer', 'instant')
    """
    tests: list[tuple[str, Callable[[pa.DataType], bool]]] = [
        ("boolean", pa.types.is_boolean),
        ("integer", pa.types.is_integer),
        ("float", pa.types.is_floating),
        ("decimal", pa.types.is_decimal),
        ("text", pa.types.is_string),
        ("date", pa.types.is_date),
        ("time", pa.types.is_time),
        ("duration", pa.types.is_duration),
    ]
    if pa.types.is_timestamp(data_type):
        return "instant" if data_type.tz else "timestamp"
    return next((name for name, test in tests if test(data_type)), str(data_type.id))


_NUMBERS = frozenset({"integer", "float", "decimal"})
_CONVERTIBLE: dict[str, frozenset[str]] = {
    "boolean": frozenset(),
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


def convert(values: pa.ChunkedArray, target: pa.DataType) -> Converted:
    """Return ``values`` as ``target``, with nulls where a value does not convert.

    >>> converted, misfits = convert(pa.chunked_array([["1", "n/a", None]]), pa.int64())
    >>> converted.to_pylist(), misfits
    ([1, None, None], [1])
    """
    if values.type == target:
        return values, []
    if pa.types.is_null(values.type):
        return pa.chunked_array([pa.nulls(len(values), target)]), []
    source = storable(values.type)
    plain = values if values.type == source else values.cast(source)
    if source == target:
        return plain, []
    from_kind, to_kind = kind(source), kind(target)
    nested = from_kind == to_kind and from_kind not in _CONVERTIBLE
    if not nested and to_kind not in _CONVERTIBLE.get(from_kind, frozenset()):
        misfits = [i for i, valid in enumerate(plain.is_valid().to_pylist()) if valid]
        return pa.chunked_array([pa.nulls(len(plain), target)]), misfits
    return _convert_chunks(plain, target, lambda array: _cast(array, target))


def convert_objects(values: Sequence[object], target: pa.DataType) -> Converted:
    """Return Python objects as ``target``, with nulls where one does not convert."""
    pieces, misfits = _bisect(list(values), 0, lambda part: _from_objects(part, target), target)
    return pa.chunked_array(pieces, target), misfits


def _convert_chunks(
    values: pa.ChunkedArray, target: pa.DataType, cast: Callable[[pa.Array], pa.Array]
) -> Converted:
    pieces: list[pa.Array] = []
    misfits: list[int] = []
    offset = 0
    for chunk in values.chunks:
        converted, bad = _bisect(chunk, offset, cast, target)
        pieces += converted
        misfits += bad
        offset += len(chunk)
    return pa.chunked_array(pieces, target), misfits


def _bisect(
    values: pa.Array | list[object],
    offset: int,
    cast: Callable[..., pa.Array],
    target: pa.DataType,
) -> tuple[list[pa.Array], list[int]]:
    """Cast all at once; where that fails, cast ever smaller parts until the misfits stand alone."""
    try:
        return [cast(values)], []
    except _ArrowError:
        if len(values) == 1:
            return [pa.nulls(1, target)], [offset]
    step = -(-len(values) // _PARTS)
    pieces: list[pa.Array] = []
    misfits: list[int] = []
    for start in range(0, len(values), step):
        part = values[start : start + step]
        converted, bad = _bisect(part, offset + start, cast, target)
        pieces += converted
        misfits += bad
    return pieces, misfits


def _from_objects(values: list[object], target: pa.DataType) -> pa.Array:
    try:
        array = pa.array(values, from_pandas=True)
    except _ArrowError:
        if len(values) > 1:
            raise
        return pa.array(values, target, from_pandas=True)
    converted, misfits = convert(pa.chunked_array([array]), target)
    if misfits:
        message = f"{len(misfits)} values do not convert"
        raise pa.ArrowInvalid(message)
    return converted.combine_chunks()


def _cast(array: pa.Array, target: pa.DataType) -> pa.Array:
    """Cast, or raise when a value would change."""
    if pa.types.is_floating(array.type) and pa.types.is_decimal(target):
        return _exactly_back(array, target)
    if pa.types.is_timestamp(array.type) and pa.types.is_date(target):
        return _exactly_back(array, target)
    if pa.types.is_floating(target) and not pa.types.is_string(array.type):
        converted = pc.cast(array, target, safe=False)
        if pc.any(pc.and_(pc.is_inf(converted), pc.invert(_is_infinite(array)))).as_py():
            message = f"a value is too large for {target}"
            raise pa.ArrowInvalid(message)
        return converted
    return pc.cast(array, target)


def _is_infinite(array: pa.Array) -> pa.Array:
    if pa.types.is_floating(array.type):
        return pc.is_inf(array)
    return pc.equal(pc.is_valid(array), False)  # noqa: FBT003 -- an Arrow scalar, not a flag


def _exactly_back(array: pa.Array, target: pa.DataType) -> pa.Array:
    converted = pc.cast(array, target, safe=False)
    back = pc.cast(converted, array.type, safe=False)
    if not pc.all(pc.equal(back, array), min_count=0).as_py():
        message = f"a value would change as {target}"
        raise pa.ArrowInvalid(message)
    return converted
