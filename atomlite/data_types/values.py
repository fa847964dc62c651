"""Python values beside columns: where a value lies among those that a column can hold.

A column of integers holds no 2.5, and one of 64 bits no 10**30, yet both have a place in its order.
`position` finds it, exactly, with no rounding and no overflow; conditions are built on that.
`parameter` asks for more: the value itself, in the form that is bound to a ``?`` of `placeholder`.

>>> position(2.5, pa.int64())
Position(value=2, exact=False)
>>> position(10**30, pa.int64())
Position(value=inf, exact=False)

Numbers compare by value. Floats beside decimals count by their shortest decimal form (0.1 is 0.1),
and floats beside 32-bit columns by their nearest 32-bit value, as in NumPy. NaN is one value, equal
to itself and above all others, as in the engine's order. Text compares by code point. A timestamp
with a zone is an instant, whichever zone it is written in; one without is a reading of a clock, and
the two never compare.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

import pyarrow as pa

from atomlite.data_types.numbers import is_number, number_position
from atomlite.data_types.positions import Position
from atomlite.data_types.storage import fields_of, is_nested, sql_type
from atomlite.data_types.times import duration_position, time_position, timestamp_position
from atomlite.errors import WrongType

_KINDS: dict[type, str] = {
    bool: "boolean",
    int: "integer",
    float: "float",
    Decimal: "decimal",
    dt.date: "date",
    dt.time: "time",
    dt.timedelta: "duration",
}
_PLAIN_PLACEHOLDERS = {"BOOLEAN", "DOUBLE", "VARCHAR", "BLOB", "DATE"}


def is_null(value: object) -> bool:
    """Return whether ``value`` is ``None``, ``NaT`` or ``NA``; NaN is a number.

    >>> is_null(None), is_null(float("nan"))
    (True, False)
    """
    if value is None or type(value).__name__ in {"NaTType", "NAType"}:
        return True
    return type(value).__name__ in {"datetime64", "timedelta64"} and str(value) == "NaT"


def described(value: object) -> str:
    """Return kind and form of a value, for messages.

    >>> described("ten"), described(True)
    ('text "ten"', 'boolean True')
    """
    value = plain(value)
    if is_null(value):
        return "null"
    if isinstance(value, str):
        readable = value.encode("utf-8", "backslashreplace").decode()
        return f'text "{textwrap.shorten(readable, 60, placeholder="...")}"'
    if isinstance(value, dt.datetime):
        zone = "without" if value.tzinfo is None else "with"
        return f"timestamp {value} {zone} zone"
    name = next((name for kind, name in _KINDS.items() if isinstance(value, kind)), None)
    if name is not None:
        return f"{name} {value}"
    return f"{type(value).__name__} {textwrap.shorten(repr(value), 60, placeholder='...')}"


def position(  # noqa: PLR0911 -- one line for each kind of type
    value: object, data_type: pa.DataType
) -> Position | None:
    """Return where ``value`` lies among those of a column; ``None`` when they do not compare.

    Args:
        value: A Python, NumPy or pandas scalar; not null.
        data_type: A logical type (see `storable`).

    >>> position("ten", pa.int64()) is None
    True
    """
    value = plain(value)
    if pa.types.is_boolean(data_type):
        return Position(value) if isinstance(value, bool) else None
    if is_number(data_type):
        return number_position(value, data_type)
    if pa.types.is_string(data_type):
        return _text(value)
    if pa.types.is_binary(data_type):
        return Position(bytes(value)) if isinstance(value, bytes | bytearray | memoryview) else None
    if pa.types.is_date(data_type):
        is_date = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
        return Position(value) if is_date else None
    if isinstance(data_type, pa.TimestampType):
        return timestamp_position(value, data_type)
    if isinstance(data_type, pa.Time32Type | pa.Time64Type):
        return time_position(value, data_type)
    if isinstance(data_type, pa.DurationType):
        return duration_position(value, data_type)
    return None


def located(
    value: object, data_type: pa.DataType, *, column: str | None = None, what: str = ""
) -> Position:
    """Return the `position` of a value that compares with a column, or raise `WrongType`.

    >>> located(2, pa.int8())
    Position(value=2, exact=True)
    """
    found = position(value, data_type)
    if found is None:
        raise wrong_type(value, data_type, column=column, what=what)
    return found


def placeholder(data_type: pa.DataType) -> str:
    """Return the SQL that makes a bound `parameter` a value of the engine's column.

    >>> placeholder(pa.timestamp("ns")), placeholder(pa.string())
    ('CAST(? AS TIMESTAMP_NS)', '?')
    """
    name = sql_type(data_type)
    return "?" if name in _PLAIN_PLACEHOLDERS else f"CAST(? AS {name})"


def parameter(value: object, data_type: pa.DataType, *, column: str | None = None) -> object:
    """Return ``value`` ready to be bound to a `placeholder` of a column; null gives ``None``.

    Args:
        value: A scalar; a sequence for a list, a mapping for a struct or map.
        data_type: The logical type of the column.
        column: Name of the column, for the message.

    Raises:
        WrongType: The column cannot hold exactly this value.

    >>> parameter(Decimal("1.5"), pa.decimal128(4, 2)), parameter(3.0, pa.int8())
    (Decimal('1.50'), 3)
    >>> parameter(2.5, pa.int8(), column="Month")
    Traceback (most recent call last):
    ...
    atomlite.errors.WrongType: "Month" is int8, got float 2.5. ...
    """
    if is_null(value):
        return None
    if is_nested(data_type):
        bound = _nested_parameter(value, data_type, column=column)
        if bound is not None:
            return bound
    else:
        found = located(value, data_type, column=column)
        if found.exact:
            return found.value
        raise wrong_type(value, data_type, column=column, hint="It has no such value.")
    raise wrong_type(value, data_type, column=column)


def wrong_type(
    value: object,
    data_type: pa.DataType,
    *,
    column: str | None = None,
    what: str = "",
    hint: str | None = None,
) -> WrongType:
    """Return the error for a value that does not fit a column; ``what`` starts its message.

    >>> print(wrong_type("ten", pa.float64(), column="Price", what='Filter `Price >= "ten"`: '))
    Filter `Price >= "ten"`: "Price" is double, got text "ten". Give a number.
    """
    subject = f'"{column}"' if column is not None else "The column"
    return WrongType(
        f"{what}{subject} is {data_type}, got {described(value)}.",
        hint=_hint(data_type, value) if hint is None else hint,
        details={"column": column, "data_type": str(data_type), "found": described(value)},
    )


_HINTS: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (is_number, "Give a number."),
    (pa.types.is_boolean, "Give True or False."),
    (pa.types.is_string, "Give text."),
    (pa.types.is_binary, "Give bytes."),
    (pa.types.is_date, "Give a `datetime.date`, such as `datetime.date(2026, 1, 31)`."),
    (pa.types.is_time, "Give a `datetime.time` without zone."),
    (pa.types.is_duration, "Give a `datetime.timedelta`."),
    (pa.types.is_struct, "Give a dict with a value for each field."),
    (pa.types.is_map, "Give a dict."),
    (pa.types.is_list, "Give a list."),
)


def _hint(data_type: pa.DataType, value: object) -> str:
    if pa.types.is_string(data_type) and isinstance(value, str):
        return "Give text of valid Unicode."
    hint = next((hint for matches, hint in _HINTS if matches(data_type)), None)
    if hint is not None:
        return hint
    zoned = isinstance(data_type, pa.TimestampType) and data_type.tz is not None
    zone = "with a zone, such as `datetime.UTC`" if zoned else "without zone"
    return f"Give a `datetime.datetime` {zone}."


def plain(value: object) -> object:
    """Return Python's form of a NumPy scalar, but for nanoseconds: Python has none.

    >>> plain(2.5)
    2.5
    """
    if type(value).__module__ != "numpy" or not hasattr(value, "item"):
        return value
    item = value.item()
    is_temporal = type(value).__name__ in {"datetime64", "timedelta64"}
    return value if is_temporal and isinstance(item, int) else item


def _text(value: object) -> Position | None:
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: no text of the engine equals it
        return None
    return Position(value)


def _nested_parameter(value: object, data_type: pa.DataType, *, column: str | None) -> object:
    if isinstance(data_type, pa.ListType):
        if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
            return None
        return [parameter(item, data_type.value_type, column=column) for item in value]
    if not isinstance(value, Mapping):
        return None
    if isinstance(data_type, pa.MapType):
        return {
            "key": [parameter(key, data_type.key_type, column=column) for key in value],
            "value": [
                parameter(item, data_type.item_type, column=column) for item in value.values()
            ],
        }
    fields = {field.name: field.type for field in fields_of(data_type)}
    if not value.keys() <= fields.keys():
        return None
    return {name: parameter(value.get(name), kind, column=column) for name, kind in fields.items()}
