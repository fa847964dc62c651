r"""What the parameters ``sort``, ``match``, ``limit`` and ``offset`` of a grid say.

Each function returns what its text says, or raises `ValueError` with the text for the client.

``match`` is ``field:value`` pairs with ``|`` between them. A value reaches to the next ``|`` that
begins a pair, that is, one followed by the name of a field and ``:``. Any other ``|`` belongs to
the value of a text column; behind a value of another type, at the end, before another ``|``, or
before what reads like a field, it is a mistake. In a value, ``\|`` is ``|`` and ``\\`` is ``\``
whatever follows; before any other character a backslash is itself. A whole value ``\N`` means
null; ``\\N`` is the text ``\N``.

>>> from atomlite.search.grid_fields import grid_fields
>>> from atomlite.tables.schemas import table_schema
>>> fields = grid_fields(table_schema("T", {"name": "string", "age": "int64"}), None, camel=False)
>>> read_match(r"name:a|b:c|age:\N", fields)
({'name': 'a|b:c', 'age': None}, {'name': 'a|b:c', 'age': None})
"""

from __future__ import annotations

import re

import pyarrow as pa

from atomlite.search.grid_fields import GridFields

GREATEST_OFFSET = 2**63 - 1
NULL = r"\N"

_SEGMENT = re.compile(r"(?:[^\\|]|\\.?)*", re.DOTALL)
_ESCAPED = re.compile(r"\\([\\|])")
_DIRECTIONS = {"": "asc", "asc": "asc", "desc": "desc"}
_DIGITS_OF_ANY_COUNT = 19
"""Digits that fit what a position is counted in."""


def whole_number(text: str) -> int:
    """Return a number of ASCII digits; -1 for other digits; huge ones stay above all limits.

    Raises:
        ValueError: It has something else than digits.
    """
    if text.isascii() and text.isdigit():
        digits = text.lstrip("0")
        return int(digits or "0") if len(digits) <= _DIGITS_OF_ANY_COUNT else GREATEST_OFFSET + 1
    if text.isnumeric():
        return -1
    raise ValueError("only digits allowed")


def read_offset(number: int) -> int:
    """Return a checked offset."""
    if number < 0:
        raise ValueError("invalid offset value")
    if number > GREATEST_OFFSET:
        raise ValueError(f"offset exceeds maximum of {GREATEST_OFFSET}")
    return number


def read_limit(number: int, maximum: int) -> int:
    """Return a checked limit."""
    if number < 1:
        raise ValueError("invalid limit value")
    if number > maximum:
        raise ValueError(f"limit exceeds maximum of {maximum}")
    return number


def read_sort(text: str, fields: GridFields) -> dict[str, str]:
    """Return the direction by column, in order."""
    sorts: dict[str, str] = {}
    for part in text.split(","):
        name, _, rest = part.partition(":")
        name = name.strip()
        column = fields.columns.get(name)
        if column is None:
            raise ValueError(f"invalid sort field name: {name}")
        order = rest.partition(":")[0].strip()
        direction = _DIRECTIONS.get(order.lower())
        if direction is None or (not order and ":" in part):
            raise ValueError(f"invalid sort order: {order}")
        if column in sorts:
            raise ValueError(f"repeated sort field name: {name}")
        sorts[column] = direction
    return sorts


def read_match(text: str, fields: GridFields) -> tuple[dict[str, str | None], dict[str, object]]:
    """Return the text and the typed value by column; ``None`` for null."""
    texts: dict[str, str | None] = {}
    values: dict[str, object] = {}
    for column, value in _written(text, fields).items():
        if value == NULL:
            texts[column] = values[column] = None
            continue
        plain = _ESCAPED.sub(r"\1", value) if "\\" in value else value
        texts[column] = plain
        reader = fields.readers[column]
        if reader is None:
            raise ValueError(_only_null(column, fields))
        try:
            values[column] = reader(plain)
        except ValueError as error:
            name = fields.names[column]
            raise ValueError(f"invalid value for field {name}: {error}") from None
    return texts, values


def _written(text: str, fields: GridFields) -> dict[str, str]:
    """Return what stands for the value of each column, escapes and all."""
    columns = fields.columns
    written: dict[str, str] = {}
    tails: dict[str, list[str]] = {}
    last = ""
    for part in text.split("|") if "\\" not in text else _segments(text):
        name, colon, value = part.partition(":")
        column = columns.get(name) if colon else None
        if column is not None:
            if column in written:
                raise ValueError(f"repeated field name: {name}")
            written[column] = value
            last = column
        elif _belongs_to_value(part, name, last, fields):
            tails.setdefault(last, []).append(part)
        elif not colon:
            raise ValueError("invalid field match expression")
        else:
            raise ValueError(f"invalid field name: {name}")
    for column, parts in tails.items():
        written[column] = "|".join((written[column], *parts))
    return written


def _belongs_to_value(part: str, name: str, last: str, fields: GridFields) -> bool:
    """Return whether what follows a ``|`` and names no field is more of the value before it."""
    return (
        bool(part)
        and bool(last)
        and pa.types.is_string(fields.by_column[last].data_type)
        and not fields.is_like_a_field(name)
    )


def _segments(text: str) -> list[str]:
    r"""Split at each ``|`` that no ``\`` escapes."""
    segments, position = [], 0
    while position <= len(text):
        found = _SEGMENT.match(text, position)
        assert found is not None, "The pattern matches the empty text."  # noqa: S101 -- for the type checker
        segments.append(found.group())
        position = found.end() + 1
    return segments


def _only_null(column: str, fields: GridFields) -> str:
    name, data_type = fields.names[column], fields.by_column[column].data_type
    return f"field {name} is {data_type}; only {name}:{NULL} can be matched"
