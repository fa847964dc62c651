"""The names that data types go by.

A table's data types are Arrow types. People write them as Arrow prints them (``timestamp[us,
tz=UTC]``), as SQL does (``VARCHAR``, ``DECIMAL(10, 2)``, ``INT[]``), as other analytics tools do
(``LocalDate``, ``double[]``), or as Python and pandas do (``str``, ``Int64``). All of these are
understood wherever a data type is asked for, in upper or lower case.

>>> str(parse_data_type("LocalDate")), str(parse_data_type("INT[]")), str(parse_data_type(float))
('date32[day]', 'list<item: int32>', 'double')
"""

from __future__ import annotations

import datetime as dt
import decimal
import difflib
import re
from typing import Literal

import pyarrow as pa

from atomlite.data_types.storage import storable
from atomlite.errors import UnknownDataType

_TYPES: dict[pa.DataType, str] = {
    pa.null(): "null",
    pa.bool_(): "bool, boolean, logical, bool_",
    pa.int8(): "int8, tinyint, byte",
    pa.int16(): "int16, smallint, short",
    pa.int32(): "int32, int, integer",
    pa.int64(): "int64, bigint, long",
    pa.uint8(): "uint8, utinyint",
    pa.uint16(): "uint16, usmallint",
    pa.uint32(): "uint32, uinteger",
    pa.uint64(): "uint64, ubigint",
    pa.float16(): "float16, halffloat",
    pa.float32(): "float32, float, real",
    pa.float64(): "float64, double",
    pa.decimal128(18, 3): "decimal, numeric",
    pa.decimal128(38, 0): "hugeint",
    pa.string(): "string, str, str_, varchar, text, char, utf8, large_string, category",
    pa.binary(): "binary, blob, bytea, bytes, varbinary, large_binary, binary_view",
    pa.date32(): "date, date32, date32[day], date64, date64[ms], localdate",
    pa.time32("s"): "time32[s]",
    pa.time32("ms"): "time32[ms]",
    pa.time64("us"): "time, time64[us], localtime",
    pa.time64("ns"): "time64[ns], time_ns",
    pa.timestamp(
        "us"
    ): "timestamp, datetime, datetime64, localdatetime, timestamp without time zone",
    pa.timestamp("s"): "timestamp_s",
    pa.timestamp("ms"): "timestamp_ms",
    pa.timestamp("ns"): "timestamp_ns",
    pa.timestamp("us", "UTC"): "timestamptz, zoneddatetime, timestamp with time zone",
    pa.timestamp("ns", "UTC"): "timestamptz_ns",
    pa.duration("us"): "duration, timedelta, timedelta64, interval",
}

_BY_NAME: dict[str, pa.DataType] = {
    name: data_type for data_type, names in _TYPES.items() for name in names.split(", ")
}

_BY_CLASS: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    str: pa.string(),
    bytes: pa.binary(),
    dt.date: pa.date32(),
    dt.datetime: pa.timestamp("us"),
    dt.time: pa.time64("us"),
    dt.timedelta: pa.duration("us"),
    decimal.Decimal: pa.decimal128(38, 10),
}

_UNITS: dict[str, Literal["s", "ms", "us", "ns"]] = {"s": "s", "ms": "ms", "us": "us", "ns": "ns"}

_DECIMAL = re.compile(r"(?:decimal\d*|numeric) ?\( ?(\d+) ?(?:, ?(-?\d+) ?)?\)", re.IGNORECASE)
_TIMESTAMP = re.compile(
    r"(?:timestamp|datetime64) ?\[ ?(s|ms|us|ns) ?(?:, ?(?:tz ?= ?)?([^\]=]+?) ?)?\]", re.IGNORECASE
)
_DURATION = re.compile(r"(?:duration|timedelta64) ?\[ ?(s|ms|us|ns) ?\]", re.IGNORECASE)
_TEXT_WIDTH = re.compile(r"(?:varchar|char|text|string) ?\( ?\d+ ?\)", re.IGNORECASE)
_BYTES_WIDTH = re.compile(r"fixed_size_binary ?\[ ?\d+ ?\]", re.IGNORECASE)
_SIZED = re.compile(r"\[\d*\]$")
_BRACKETED = re.compile(r"([a-z_]+) ?([<(])(.*)[>)]", re.IGNORECASE | re.DOTALL)
_FIELD_NAME = re.compile(r'"((?:[^"]|"")+)"|([^\s:"]+)')

_ARROW_DIGITS = 76
_LISTS = {"list", "large_list", "fixed_size_list", "list_view", "large_list_view", "array"}


class _Unreadable(Exception):
    """The text is not the name of a type."""


def _parts(text: str) -> list[str]:
    """Split at the commas that are outside of brackets and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for position, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif not quoted and character in "<([":
            depth += 1
        elif not quoted and character in ">)]":
            depth -= 1
        elif not quoted and character == "," and depth == 0:
            parts.append(text[start:position])
            start = position + 1
    return [part.strip() for part in [*parts, text[start:]]]


def _field(text: str) -> tuple[str, pa.DataType]:
    """Read ``name: type``, as Arrow prints it, or ``name type``, as SQL does."""
    name, found, type_text = text.partition(": ")
    if found and '"' not in name:
        return name.strip(), _parse(type_text)
    match = _FIELD_NAME.match(text)
    if match is None:
        raise _Unreadable
    name = match[1].replace('""', '"') if match[1] else match[2]
    return name, _parse(text[match.end() :].removeprefix(":"))


def _parse(text: str) -> pa.DataType:  # noqa: PLR0911 -- one line for each form
    text = " ".join(text.split()).removesuffix(" not null").removesuffix("[pyarrow]")
    if text.lower() in _BY_NAME:
        return _BY_NAME[text.lower()]
    if match := _DECIMAL.fullmatch(text):
        precision, scale = int(match[1]), int(match[2] or 0)
        if not 1 <= precision <= _ARROW_DIGITS or abs(scale) > _ARROW_DIGITS:
            raise _Unreadable
        return pa.decimal256(precision, scale)
    if match := _TIMESTAMP.fullmatch(text):
        return pa.timestamp(_UNITS[match[1].lower()], match[2])
    if match := _DURATION.fullmatch(text):
        return pa.duration(_UNITS[match[1].lower()])
    if _TEXT_WIDTH.fullmatch(text):
        return pa.string()
    if _BYTES_WIDTH.fullmatch(text):
        return pa.binary()
    if match := _SIZED.search(text):
        return (
            pa.list_(_parse(text[: match.start()])) if text[-2] == "[" else _sized_list(text, match)
        )
    if match := _BRACKETED.fullmatch(text):
        return _parse_bracketed(match[1].lower(), match[3])
    raise _Unreadable


def _sized_list(text: str, size: re.Match[str]) -> pa.DataType:
    """Read ``fixed_size_list<item: T>[n]`` or ``T[n]``; sizes are not kept."""
    head = text[: size.start()]
    return _parse(head) if head.lower().startswith("fixed_size_list<") else pa.list_(_parse(head))


def _parse_bracketed(kind: str, inner: str) -> pa.DataType:
    parts = _parts(inner)
    if kind in _LISTS and len(parts) == 1:
        item = re.sub(r"^[^\s<>()\[\]:]+: ", "", parts[0])
        return pa.list_(_parse(item))
    if kind == "struct":
        return pa.struct([_field(part) for part in parts])
    if kind == "map" and len(parts) == 2:  # noqa: PLR2004 -- a key and a value
        return pa.map_(_parse(parts[0]), _parse(parts[1]))
    if kind == "dictionary":
        values = next((part for part in parts if part.startswith("values=")), "values=string")
        return _parse(values.removeprefix("values="))
    raise _Unreadable


def _hint(text: str) -> str:
    if text.lower() == "object":
        return "Say what the objects are, for example string, decimal128(38, 10) or list<double>."
    matches = difflib.get_close_matches(text.lower(), _BY_NAME, n=1)
    meant = f'Did you mean "{matches[0]}"? ' if matches else ""
    return (
        f"{meant}Names are Arrow's (int64, double, string, date32, timestamp[us, tz=UTC], "
        "decimal128(10, 2), list<int64>), SQL's, Python's or pandas'."
    )


def parse_data_type(data_type: object, *, column: str | None = None) -> pa.DataType:
    """Return the Arrow type that a table keeps for ``data_type``.

    Where names disagree, SQL decides: ``"int"`` has 32 bits and ``"float"`` too. The Python types
    ``int`` and ``float`` have 64 bits, and ``decimal.Decimal`` has 38 digits, 10 of them after the
    point.

    Args:
        data_type: An Arrow type, a name, a Python type, or a NumPy or pandas dtype.
        column: Name of the column, for the message.

    Raises:
        UnknownDataType: Nothing has this name, or no column can keep such values.

    >>> parse_data_type("strng")
    Traceback (most recent call last):
    ...
    atomlite.errors.UnknownDataType: data type strng cannot be stored. Did you mean "string"? ...
    """
    if isinstance(data_type, pa.DataType):
        return storable(data_type, column=column)
    if isinstance(data_type, type) and data_type in _BY_CLASS:
        return _BY_CLASS[data_type]
    arrow_type = getattr(data_type, "pyarrow_dtype", None)
    if isinstance(arrow_type, pa.DataType):
        return storable(arrow_type, column=column)
    text = data_type if isinstance(data_type, str) else _name_of(data_type)
    try:
        found = _parse(text)
    except (_Unreadable, pa.ArrowInvalid):
        raise UnknownDataType(text, _hint(text), column=column) from None
    return storable(found, column=column)


def _name_of(dtype: object) -> str:
    """Return the name of a NumPy or pandas dtype, or of a scalar type of NumPy."""
    if getattr(dtype, "kind", None) in {"U", "T"}:  # NumPy's fixed and variable text
        return "string"
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None)
    return name if isinstance(name, str) else repr(dtype)
