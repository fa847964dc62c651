"""What a table keeps of a data type, and what the engine's column is.

Three steps, each losing nothing: the type that data arrives in, the *logical* type that the table
shows (`storable`), and the *storage* type that the engine keeps (`storage_type`, `sql_type`). The
logical type remembers what the engine cannot: the name of a time zone, the unit of a time or
duration.

>>> logical = storable(pa.dictionary(pa.int8(), pa.large_string()))
>>> str(logical), sql_type(logical)
('string', 'VARCHAR')
>>> paris = pa.timestamp("ns", "Europe/Paris")
>>> str(storage_type(paris)), sql_type(paris)
('timestamp[ns, tz=UTC]', 'TIMESTAMPTZ_NS')
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pyarrow as pa
from pyarrow import compute

from atomlite.errors import UnknownDataType, UnsupportedData
from atomlite.sql import quote

MAX_PRECISION = 38
"""Most digits of a decimal that the engine keeps."""

_SAME: dict[pa.DataType, str] = {
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int16(): "SMALLINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.uint8(): "UTINYINT",
    pa.uint16(): "USMALLINT",
    pa.uint32(): "UINTEGER",
    pa.uint64(): "UBIGINT",
    pa.float32(): "FLOAT",
    pa.float64(): "DOUBLE",
    pa.string(): "VARCHAR",
    pa.binary(): "BLOB",
    pa.date32(): "DATE",
    pa.time64("us"): "TIME",
    pa.time64("ns"): "TIME_NS",
    pa.timestamp("s"): "TIMESTAMP_S",
    pa.timestamp("ms"): "TIMESTAMP_MS",
    pa.timestamp("us"): "TIMESTAMP",
    pa.timestamp("ns"): "TIMESTAMP_NS",
    pa.timestamp("us", "UTC"): "TIMESTAMPTZ",
    pa.timestamp("ns", "UTC"): "TIMESTAMPTZ_NS",
}
"""The storage types that are not nested, with the engine's names; they pass through bit for bit."""

_PLAIN: dict[pa.DataType, pa.DataType] = {
    pa.null(): pa.string(),
    pa.float16(): pa.float32(),
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.binary_view(): pa.binary(),
    pa.date64(): pa.date32(),
}

_DECIMALS = (pa.Decimal32Type, pa.Decimal64Type, pa.Decimal128Type, pa.Decimal256Type)

_LISTS = (pa.ListType, pa.LargeListType, pa.FixedSizeListType)
_LIST_VIEWS = (pa.ListViewType, pa.LargeListViewType)

_EXTENSIONS: dict[str, pa.DataType] = {
    "arrow.bool8": pa.bool_(),
    "arrow.json": pa.string(),
    "arrow.uuid": pa.binary(),
}


def is_nested(data_type: pa.DataType) -> bool:
    """Return whether values of this type are lists, structs or maps, which have no order.

    >>> is_nested(pa.list_(pa.int64()))
    True
    """
    return bool(pa.types.is_nested(data_type))


def is_fixed(data_type: pa.DataType) -> bool:
    """Return whether all values of this type take the same room: no text, bytes or nested values.

    >>> is_fixed(pa.int64()), is_fixed(pa.string())
    (True, False)
    """
    wide = pa.types.is_string(data_type) or pa.types.is_binary(data_type)
    return not wide and not is_nested(data_type)


def fields_of(data_type: pa.DataType) -> Iterator[pa.Field[Any]]:
    """Iterate over the fields of a struct, or what else has fields.

    >>> [field.name for field in fields_of(pa.struct({"a": pa.int8()}))]
    ['a']
    """
    return (data_type.field(position) for position in range(data_type.num_fields))


@cache
def _logical(data_type: pa.DataType) -> pa.DataType:
    """Return the logical type, without the encodings that only whole columns can shed."""
    if pa.types.is_dictionary(data_type) or pa.types.is_run_end_encoded(data_type):
        return _logical(data_type.value_type)
    if isinstance(data_type, _LIST_VIEWS):
        return pa.list_(_inner(data_type.value_type))
    return _inner(data_type)


def _inner(data_type: pa.DataType) -> pa.DataType:  # noqa: PLR0911 -- one line for each kind
    """Return the logical type of values, also of those inside of lists, structs and maps."""
    if data_type in _SAME or pa.types.is_duration(data_type) or pa.types.is_time(data_type):
        return data_type
    if data_type in _PLAIN:
        return _PLAIN[data_type]
    if isinstance(data_type, pa.TimestampType):  # of any zone
        return data_type
    if isinstance(data_type, _DECIMALS):
        return _logical_decimal(data_type, data_type.precision, data_type.scale)
    if pa.types.is_fixed_size_binary(data_type):
        return pa.binary()
    if isinstance(data_type, pa.BaseExtensionType):
        return _logical_extension(data_type)
    if isinstance(data_type, pa.DictionaryType) and not is_nested(data_type.value_type):
        return _inner(data_type.value_type)
    return _logical_nested(data_type)


def _logical_nested(data_type: pa.DataType) -> pa.DataType:
    """Return the logical type of a list, struct or map; what else is left cannot be kept."""
    if isinstance(data_type, pa.MapType):
        return pa.map_(_inner(data_type.key_type), _inner(data_type.item_type))
    if isinstance(data_type, pa.StructType):
        return _logical_struct(data_type)
    if isinstance(data_type, _LISTS):
        return pa.list_(_inner(data_type.value_type))
    hint = "Convert it first, for example to text, a number, a timestamp or a list."
    raise UnknownDataType(data_type, hint)


def _logical_decimal(data_type: pa.DataType, precision: int, scale: int) -> pa.DataType:
    if scale < 0:  # 12E+2 needs the digits of 1200
        precision, scale = precision - scale, 0
    precision = max(precision, scale)
    if precision > MAX_PRECISION:
        raise UnknownDataType(
            data_type, f"A decimal can have at most {MAX_PRECISION} digits; round it, or use text."
        )
    return pa.decimal128(precision, scale)


def _logical_extension(data_type: pa.BaseExtensionType) -> pa.DataType:
    name = data_type.extension_name
    if name in _EXTENSIONS:
        return _EXTENSIONS[name]
    if name in {"arrow.fixed_shape_tensor", "pandas.interval"}:
        return _inner(data_type.storage_type)
    if name == "pandas.period":
        hint = "Convert periods with `.dt.to_timestamp()` or `.astype(str)`."
    else:
        hint = f"Convert it first; its storage is {data_type.storage_type}."
    raise UnknownDataType(name, hint)


def _logical_struct(data_type: pa.StructType) -> pa.DataType:
    fields = list(fields_of(data_type))
    names = [field.name.lower() for field in fields]
    if not fields or "" in names or len(set(names)) < len(names):
        raise UnknownDataType(
            data_type,
            "A struct needs one field or more, with names that differ not only in case.",
        )
    return pa.struct([pa.field(field.name, _inner(field.type)) for field in fields])


def storable(data_type: pa.DataType, *, column: str | None = None) -> pa.DataType:
    """Return the type that a table shows for data of type ``data_type``; values do not change.

    Encodings (dictionary, run-end), sizes (large, view, fixed) and 16-bit floats go; a column of
    nulls alone is text. The name of a time zone and the unit of a time, timestamp or duration stay.

    Args:
        data_type: Any Arrow type.
        column: Name of the column, for the message.

    Raises:
        UnknownDataType: No column can keep such values: unions, calendar intervals, decimals above
            38 digits, pandas periods and unknown extensions, also inside lists, structs and maps.

    >>> str(storable(pa.large_list(pa.float16())))
    'list<item: float>'
    """
    try:
        return _logical(data_type)
    except UnknownDataType as error:
        if column is None:
            raise
        inner = error.details["data_type"]
        raise UnknownDataType(inner, error.hint, column=column) from None


@cache
def storage_type(data_type: pa.DataType) -> pa.DataType:  # noqa: PLR0911 -- as above
    """Return the Arrow type that the engine keeps for a logical type, and gives back.

    Durations are integers in their own unit. Times below microseconds are microseconds. Timestamps
    with a zone are instants in UTC; answers show them in the zone of the engine's session.

    >>> str(storage_type(pa.duration("ms"))), str(storage_type(pa.time32("s")))
    ('int64', 'time64[us]')
    """
    if pa.types.is_duration(data_type):
        return pa.int64()
    if pa.types.is_time32(data_type):
        return pa.time64("us")
    if pa.types.is_timestamp(data_type) and data_type.tz is not None:
        return pa.timestamp("ns" if data_type.unit == "ns" else "us", "UTC")
    if pa.types.is_map(data_type):
        return pa.map_(storage_type(data_type.key_type), storage_type(data_type.item_type))
    if pa.types.is_list(data_type):
        return pa.list_(storage_type(data_type.value_type))
    if pa.types.is_struct(data_type):
        return pa.struct(
            [pa.field(field.name, storage_type(field.type)) for field in fields_of(data_type)]
        )
    return data_type


@cache
def sql_type(data_type: pa.DataType) -> str:
    """Return the SQL name of the engine's column for a logical type.

    >>> sql_type(pa.list_(pa.decimal128(10, 2))), sql_type(pa.duration("ns"))
    ('DECIMAL(10,2)[]', 'BIGINT')
    """
    stored = storage_type(data_type)
    if stored in _SAME:
        return _SAME[stored]
    if pa.types.is_decimal(stored):
        return f"DECIMAL({stored.precision},{stored.scale})"
    if pa.types.is_list(stored):
        return f"{sql_type(stored.value_type)}[]"
    if pa.types.is_map(stored):
        return f"MAP({sql_type(stored.key_type)}, {sql_type(stored.item_type)})"
    if pa.types.is_struct(stored):
        fields = [f"{quote(field.name)} {sql_type(field.type)}" for field in fields_of(stored)]
        return f"STRUCT({', '.join(fields)})"
    raise UnknownDataType(data_type, "Pass it through `storable` first.")


def to_storage(values: pa.ChunkedArray[Any], data_type: pa.DataType) -> pa.ChunkedArray[Any]:
    """Return ``values`` as the engine keeps them.

    Args:
        values: Data of the logical type, or of any type that `storable` turns into it.
        data_type: The logical type.

    Raises:
        UnsupportedData: A value has no form in the engine: a timestamp with zone beyond the year
            290,000, or a ``date64`` with a time of day in it.

    >>> to_storage(
    ...     pa.chunked_array([[1, None]], type=pa.duration("s")), pa.duration("s")
    ... ).to_pylist()
    [1, None]
    """
    stored = storage_type(data_type)
    try:
        if values.type != stored:
            values = _cast(values, data_type)
        return _cast(values, stored)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UnsupportedData(
            f"A value cannot be kept as {data_type}: {error}.",
            hint="Correct the value, or declare another data type for the column.",
        ) from error


def from_storage(values: pa.ChunkedArray[Any], data_type: pa.DataType) -> pa.ChunkedArray[Any]:
    """Return what the engine gave back as the logical type; the inverse of `to_storage`.

    >>> stored = pa.chunked_array([[0]], type=pa.timestamp("us", "UTC"))
    >>> str(from_storage(stored, pa.timestamp("s", "Europe/Paris")).type)
    'timestamp[s, tz=Europe/Paris]'
    """
    return _cast(values, data_type)


def _cast(values: pa.ChunkedArray[Any], data_type: pa.DataType) -> pa.ChunkedArray[Any]:
    """Cast without loss, also from the encodings that Arrow's own cast does not know."""
    encoding = values.type
    decode: Callable[[Any], Any]
    if encoding == data_type:
        return values
    if pa.types.is_run_end_encoded(encoding):
        decode, encoding = _without_runs, encoding.value_type
    elif pa.types.is_dictionary(encoding) and is_nested(encoding.value_type):
        decode, encoding = _without_dictionary, encoding.value_type
    elif isinstance(encoding, _LIST_VIEWS):
        decode, encoding = _without_view, pa.large_list(encoding.value_type)
    else:
        return values.cast(data_type)
    chunks: list[Any] = [decode(chunk) for chunk in values.chunks]
    return _cast(pa.chunked_array(chunks, encoding), data_type)


def _without_runs(chunk: pa.Array[Any]) -> object:
    return compute.call_function("run_end_decode", [chunk])


def _without_dictionary(chunk: Any) -> object:  # noqa: ANN401 -- the stubs know it as an array
    return chunk.dictionary_decode()


def _without_view(chunk: Any) -> pa.Array[Any]:  # noqa: ANN401 -- of two classes
    """Return a list view as a list; Arrow's own cast (26.0) gives offsets that are not valid."""
    lengths = compute.fill_null(compute.list_value_length(chunk), 0).cast(pa.int64())
    starts = compute.subtract(compute.cumulative_sum(lengths), lengths)
    offsets = pa.concat_arrays([starts, pa.array([compute.sum(lengths, min_count=0).as_py()])])
    return pa.LargeListArray.from_arrays(offsets, chunk.flatten(), mask=chunk.is_null())
