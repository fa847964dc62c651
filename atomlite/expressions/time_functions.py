"""Types and SQL of dates and times: differences, and the parts that make levels.

Calendar units of timestamps with a zone are those of the clock in that zone.

>>> part_sql("QQQ", "a", pa.date32())
"'Q' || quarter(a)"
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import pyarrow as pa

from atomlite.errors import InvalidArgument, WrongType
from atomlite.expressions.calculating import once
from atomlite.expressions.signatures import Given, Signature

DatePattern: TypeAlias = Literal[
    "y", "yyyy", "M", "MM", "d", "dd", "w", "Q", "QQQ", "H", "HH", "m", "mm", "s", "ss"
]
"""One letter gives an integer, more of it text: ``M`` is 1, ``MM`` is "01", ``QQQ`` is "Q1"."""

DateUnit: TypeAlias = Literal[
    "years", "quarters", "months", "weeks", "days", "hours", "minutes", "seconds"
]
"""What differences of dates are counted in."""

_PARTS = {
    "y": "year",
    "M": "month",
    "d": "day",
    "w": "weekofyear",
    "Q": "quarter",
    "H": "hour",
    "m": "minute",
    "s": "second",
}
_OF_TIMES = frozenset("Hms")
_CALENDAR = {"years": "year", "quarters": "quarter", "months": "month"}
_DAY = 86_400_000_000
_MICROSECONDS = {
    "weeks": 7 * _DAY,
    "days": _DAY,
    "hours": _DAY // 24,
    "minutes": 60_000_000,
    "seconds": 1_000_000,
}


def part_type(pattern: object, found: pa.DataType, label: str) -> pa.DataType:
    """Return the type of a part of a date.

    Args:
        pattern: One of `DatePattern`.
        found: The type that the part is taken of.
        label: What it is taken of, for messages.

    Raises:
        InvalidArgument: There is no such pattern.
        WrongType: The values are no dates, or have no time of day.
    """
    if pattern not in get_args(DatePattern):
        expected = f"one of {', '.join(get_args(DatePattern))}"
        raise InvalidArgument("pattern", pattern, expected)
    if not _is_time(found):
        message = f'"{label}" is {found}; `{pattern}` is a part of dates and timestamps.'
        raise WrongType(message, hint="Take a column of dates.")
    if str(pattern)[0] in _OF_TIMES and not pa.types.is_timestamp(found):
        message = f'"{label}" is {found}, which has no time of day for `{pattern}`.'
        raise WrongType(message, hint="Take a column of timestamps.")
    return pa.int32() if len(str(pattern)) == 1 else pa.string()


def part_sql(pattern: str, text: str, found: pa.DataType) -> str:
    """Return the SQL of a part of a date whose `part_type` is known."""
    part = f"{_PARTS[pattern[0]]}({_clock(text, found)})"
    if len(pattern) == 1:
        return f"CAST({part} AS INTEGER)"
    if pattern == "QQQ":
        return f"'Q' || {part}"
    width = len(pattern)
    return once([part], lambda number: _padded(number, width))


def _padded(number: str, width: int) -> str:
    """Return a number as text with leading zeros; one with more digits keeps all of them."""
    return f"printf('%0{width}d', {number})"


def _is_time(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_date(data_type) or pa.types.is_timestamp(data_type))


def _clock(text: str, found: pa.DataType) -> str:
    """Return a date as it is, and a timestamp as what the clock of its zone shows."""
    if not isinstance(found, pa.TimestampType):
        return text
    if found.unit == "ns":
        text = once([text], _microseconds)
        zoned = f"timezone('UTC', make_timestamptz({text}))"
        shown = f"make_timestamp({text})"
    else:
        zoned, shown = text, f"CAST({text} AS TIMESTAMP)"
    if found.tz is None:
        return shown
    if found.unit == "ns":
        zoned = f"timezone('UTC', make_timestamp({text}))"
    if found.tz[0] in "+-":
        hours, minutes = found.tz[1:].split(":")
        shift = f"INTERVAL {int(hours) * 60 + int(minutes)} MINUTE"
        return f"(timezone('UTC', {zoned}) {found.tz[0]} {shift})"
    zone = found.tz.replace("'", "''")
    return f"timezone('{zone}', {zoned})"


def _microseconds(text: str) -> str:
    """Return the count of whole microseconds of nanoseconds, rounded down, also before 1970."""
    return f"(epoch_ns({text}) - (epoch_ns({text}) % 1000 + 1000) % 1000) // 1000"


def _difference(given: Given) -> pa.DataType | None:
    if len(given.types) != 2 or not all(map(_is_time, given.types)):  # noqa: PLR2004 -- a pair
        return None
    zoned = {getattr(found, "tz", None) is None for found in given.types if not _is_date(found)}
    mixed = any(map(_is_date, given.types)) and False in zoned
    return None if len(zoned) > 1 or mixed else pa.int64()


def _is_date(data_type: pa.DataType) -> bool:
    return bool(pa.types.is_date(data_type))


def _difference_sql(given: Given) -> str:
    unit = given.options[0]
    dates = all(map(_is_date, given.types))
    pairs = list(zip(given.texts, given.types, strict=True))
    if unit in {"hours", "minutes", "seconds"}:
        start, end = (f"epoch_us({_instant(text, found)})" for text, found in pairs)
        return f"({end} - {start}) // {_MICROSECONDS[unit]}"
    zone = given.types[0]
    start, end = (
        _clock(text, found if found.unit == "ns" else zone)
        if isinstance(found, pa.TimestampType) and isinstance(zone, pa.TimestampType)
        else _clock(text, found)
        for text, found in pairs
    )
    if unit in _CALENDAR:
        return f"date_sub('{_CALENDAR[unit]}', {start}, {end})"
    if dates:
        days = f"({end} - {start})"
        return days if unit == "days" else f"{days} // 7"
    return f"(epoch_us({end}) - epoch_us({start})) // {_MICROSECONDS[unit]}"


def _instant(text: str, found: pa.DataType) -> str:
    """Return a point in time that `epoch_us` takes."""
    if isinstance(found, pa.TimestampType) and found.tz is not None:
        return text
    return f"CAST({text} AS TIMESTAMP)"


FUNCTIONS: dict[str, Signature] = {
    "date_diff": Signature(
        _difference, _difference_sql, "two dates or timestamps, both with a zone or both without"
    )
}
"""Every function of dates by its name."""
