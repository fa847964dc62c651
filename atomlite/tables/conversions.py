"""Columns of one type into another: value by value, exactly, with those set aside that cannot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import pyarrow as pa
from pyarrow import compute as pc

from atomlite.data_types.storage import from_storage, is_nested, storable
from atomlite.tables.casts import cast, convertible, nulls
from atomlite.tables.objects import MISFIT, exact_array

_PARTS = 16

Converted: TypeAlias = "tuple[pa.ChunkedArray[Any], list[int]]"
"""The converted values, and the positions of those that do not convert (null there)."""


def convert(values: pa.ChunkedArray[Any], target: pa.DataType) -> Converted:
    """Return ``values`` as ``target``, with nulls where a value does not convert; see `casts`.

    >>> converted, misfits = convert(pa.chunked_array([["1", "n/a", None]]), pa.int64())
    >>> converted.to_pylist(), misfits
    ([1, None, None], [1])
    """
    if values.type == target:
        return values, []
    if pa.types.is_null(values.type):
        return _chunked([nulls(len(values), target)], target), []
    source = storable(values.type)
    decoded = _decoded(values, source)
    if source == target:
        return decoded, []
    if not convertible(source, target):
        misfits = [i for i, valid in enumerate(decoded.is_valid().to_pylist()) if valid]
        return _chunked([nulls(len(decoded), target)], target), misfits
    pieces: list[pa.Array[Any]] = []
    misfits, offset = [], 0
    for chunk in decoded.chunks:
        converted, bad = _convert_chunk(chunk, target)
        pieces += converted
        misfits += [offset + position for position in bad]
        offset += len(chunk)
    return _chunked(pieces, target), misfits


def convert_objects(values: Sequence[object], target: pa.DataType) -> Converted:
    """Return Python objects as ``target``, with nulls where one does not convert.

    >>> converted, misfits = convert_objects([1, "2", "x"], pa.int64())
    >>> converted.to_pylist(), misfits
    ([1, 2, None], [2])
    """
    pieces, misfits = _bisect(list(values), 0, lambda part: _from_objects(part, target), target)
    return _chunked(pieces, target), misfits


def _chunked(pieces: list[pa.Array[Any]], target: Any) -> pa.ChunkedArray[Any]:  # noqa: ANN401 -- as Arrow says it
    columns: pa.ChunkedArray[Any] = pa.chunked_array(pieces, target)
    return columns


def _decoded(values: pa.ChunkedArray[Any], source: pa.DataType) -> pa.ChunkedArray[Any]:
    """Return values in their logical type."""
    if isinstance(values.type, pa.DictionaryType):
        kept = storable(values.type.value_type)
        return _chunked([_without_dictionary(chunk, kept) for chunk in values.chunks], kept)
    return from_storage(values, source)  # it knows the encodings that `cast` does not


def _without_dictionary(chunk: Any, kept: pa.DataType) -> pa.Array[Any]:  # noqa: ANN401 -- in the stubs, no class has all of it
    """Decode after the words have the type to keep: Arrow cannot decode all types of words."""
    words: Any = from_storage(pa.chunked_array([chunk.dictionary]), kept).chunk(0)
    decoded: pa.Array[Any] = pa.DictionaryArray.from_arrays(
        chunk.indices, words
    ).dictionary_decode()
    return decoded


def _convert_chunk(
    chunk: pa.Array[Any], target: pa.DataType
) -> tuple[list[pa.Array[Any]], list[int]]:
    try:
        return [cast(chunk, target)], []
    except MISFIT:
        if is_nested(target):
            return _bisect(chunk, 0, lambda part: cast(part, target), target)
    encoded: Any = chunk.dictionary_encode()  # misfits are often one word, many times: "n/a"
    pieces, bad = _bisect(encoded.dictionary, 0, lambda part: cast(part, target), target)
    misfits = pc.is_in(encoded.indices, value_set=pa.array(bad, encoded.indices.type))
    converted = pa.concat_arrays(pieces).take(encoded.indices)
    return [converted], [int(position) for position in pc.indices_nonzero(misfits).to_numpy()]


def _bisect(
    values: Any,  # noqa: ANN401 -- an array or a list
    offset: int,
    make: Callable[[Any], pa.Array[Any]],
    target: pa.DataType,
) -> tuple[list[pa.Array[Any]], list[int]]:
    """Convert all at once; where that fails, ever smaller parts until the misfits stand alone."""
    try:
        return [make(values)], []
    except MISFIT:
        if len(values) == 1:
            return [nulls(1, target)], [offset]
    step = -(-len(values) // _PARTS)
    pieces: list[pa.Array[Any]] = []
    misfits: list[int] = []
    for start in range(0, len(values), step):
        converted, bad = _bisect(values[start : start + step], offset + start, make, target)
        pieces += converted
        misfits += bad
    return pieces, misfits


def _from_objects(values: list[object], target: pa.DataType) -> pa.Array[Any]:
    try:
        return exact_array(values, target)
    except MISFIT:
        converted, misfits = convert(pa.chunked_array([exact_array(values)]), target)
    if misfits:
        message = f"{len(misfits)} values do not convert"
        raise pa.ArrowInvalid(message)
    return pa.concat_arrays(converted.chunks)
