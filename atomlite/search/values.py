"""Values of JSON as those of a column, by its type alone.

>>> import pyarrow as pa
>>> kind = kind_of(pa.date32())
>>> kind.read("2026-01-31")
datetime.date(2026, 1, 31)
>>> kind.read("Jan 31 2026")
Traceback (most recent call last):
...
ValueError: value should be a date such as "2026-01-31"
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa

from atomlite.search.body import integer_in_json
from atomlite.types import JsonValue

_INTEGER = re.compile(r"[+-]?[0-9]{1,100}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,100}(\.[0-9]{1,100})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_MOST_DIGITS = 100
"""Most characters of a number as text; a longer one is none that a column could hold."""
_TIMESTAMP = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})[T ](?P<time>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)"
    r"(\.(?P<fraction>[0-9]{1,9}))?(?P<zone>Z|[+-][0-9]{2}:[0-9]{2})?"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """What the columns of some types have in common for a search.

    Args:
        name: For documentation.
        read: Turns a value of JSON into one that compares with the column; raises ValueError,
            which says what it should be.
        compares: Whether rows can be found by their values at all, besides null.
        schema: The JSON Schema of a value that `read` takes.
    """

    name: str
    read: Callable[[object], object]
    compares: bool
    schema: dict[str, JsonValue]

    def read_text(self, text: str) -> object:
        """Return the value that a piece of a path or of a query stands for.

        Numbers may have an exponent, booleans may be 1 and 0. Raises ValueError as `read`.
        """
        given: object = text
        is_number = len(text) <= _MOST_DIGITS and _NUMBER.fullmatch(text) is not None
        if self.name == "boolean":
            given = _BOOLEANS.get(text, text)
        elif self.name == "float" and is_number:
            given = float(text)
        elif self.name == "decimal" and is_number:
            given = format(Decimal(text), "f")  # plain digits are what `read` reads
        return self.read(given)


class _Moment(dt.datetime):
    """A timestamp that also has nanoseconds, as one of pandas has."""

    nanosecond = 0

    def __repr__(self) -> str:
        """Return all of it: what two conditions are told apart by."""
        return f"{super().__repr__()} + {self.nanosecond} ns"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("value should be a string")  # noqa: TRY004 -- one class for all misfits
    if "\x00" in value:
        raise ValueError("value should be a string without the character NUL")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("value should be a string without half characters (surrogates)") from None
    return value


def _integer(value: object) -> int:
    number = integer_in_json(value)
    if number is not None:
        return number
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    raise ValueError("value should be an integer")


def _float(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and _is_finite(value):
        return value
    raise ValueError("value should be an integer or float")


def _is_finite(value: float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def _decimal(value: object) -> Decimal | int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return Decimal(repr(value))
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError("value should be a number, or a decimal number as text")


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("value should be true or false")  # noqa: TRY004 -- as above
    return value


def _date(value: object) -> dt.date:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise ValueError(f'value should be a date; there is no "{value}"') from None
    raise ValueError('value should be a date such as "2026-01-31"')


def _time(value: object) -> dt.time:
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return dt.time.fromisoformat(value)
        except ValueError:
            raise ValueError(f'value should be a time of day; there is no "{value}"') from None
    raise ValueError('value should be a time of day such as "12:30:00"')


def _instant(value: object) -> dt.datetime:
    return _moment(value, zoned=True)


def _clock(value: object) -> dt.datetime:
    return _moment(value, zoned=False)


def _moment(value: object, *, zoned: bool) -> dt.datetime:
    zone = "with a time zone" if zoned else "without a time zone"
    example = "2026-01-31T12:30:00Z" if zoned else "2026-01-31T12:30:00"
    match = _TIMESTAMP.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'value should be a timestamp {zone}, such as "{example}"')
    if zoned != (match["zone"] is not None):
        found = (
            "missing timezone information" if zoned else "of a time zone, which the column lacks"
        )
        raise ValueError(f'date is {found}; value should be a timestamp such as "{example}"')
    fraction = (match["fraction"] or "").ljust(9, "0")
    try:
        moment = _Moment.fromisoformat(
            f"{match['day']}T{match['time']}{'' if match[3] else ':00'}.{fraction[:6]}"
            f"{match['zone'] or ''}"
        )
    except ValueError:
        raise ValueError(f'value should be a timestamp; there is no "{value}"') from None
    moment.nanosecond = int(fraction[6:])
    return moment


def _nothing(_value: object) -> object:
    raise ValueError("value cannot be compared")


_YEAR = "(?!0000)[0-9]{4}"
_LEAP = "(?:(?:[02468][48]|[2468]0|[13579][26])00|[0-9]{2}(?:0[48]|[2468][048]|[13579][26]))"
DAY = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|{_LEAP}-02-29)"
)
"""A day of the calendar, as a pattern of ECMAScript."""
_MINUTE = "(?:[01][0-9]|2[0-3]):[0-5][0-9]"
TIME = f"{_MINUTE}(?::[0-5][0-9](?:\\.[0-9]{{1,6}})?)?"
"""A time of day."""
_LONG_TIME = f"{_MINUTE}(?::[0-5][0-9](?:\\.[0-9]{{1,9}})?)?"
CLOCK = f"{DAY}[T ]{_LONG_TIME}"
"""A timestamp without zone."""
INSTANT = f"{CLOCK}(?:Z|[+-]{_MINUTE})"
"""A timestamp with a zone."""


def _matching(pattern: str, description: str) -> dict[str, JsonValue]:
    return {"type": "string", "pattern": f"^{pattern}$", "description": description}


_DIGITS = _matching(_INTEGER.pattern, "The same as text.")
_NUMBER_TEXT = _matching(_DECIMAL.pattern, "An exact number.")
TEXT = Kind("text", _text, compares=True, schema=_matching("[^\\u0000]*", "Text."))
OPAQUE = Kind("opaque", _nothing, compares=False, schema={})
_INTEGERS = Kind(
    "integer", _integer, compares=True, schema={"anyOf": [{"type": "integer"}, _DIGITS]}
)
_DECIMALS = Kind(
    "decimal", _decimal, compares=True, schema={"anyOf": [{"type": "number"}, _NUMBER_TEXT]}
)
_DATES = Kind("date", _date, compares=True, schema=_matching(DAY, "A date in ISO 8601."))
_TIMES = Kind("time", _time, compares=True, schema=_matching(TIME, "A time in ISO 8601."))
_INSTANTS = Kind(
    "instant", _instant, compares=True, schema=_matching(INSTANT, "ISO 8601 with a time zone.")
)
_CLOCKS = Kind("clock", _clock, compares=True, schema=_matching(CLOCK, "ISO 8601 without zone."))
_KINDS: tuple[tuple[Callable[[pa.DataType], bool], Kind], ...] = (
    (pa.types.is_string, TEXT),
    (pa.types.is_integer, _INTEGERS),
    (pa.types.is_floating, Kind("float", _float, compares=True, schema={"type": "number"})),
    (pa.types.is_decimal, _DECIMALS),
    (pa.types.is_boolean, Kind("boolean", _boolean, compares=True, schema={"type": "boolean"})),
    (pa.types.is_date, _DATES),
    (pa.types.is_time, _TIMES),
)


def kind_of(data_type: pa.DataType) -> Kind:
    """Return how values of a type are read.

    >>> kind_of(pa.timestamp("us", tz="UTC")).name, kind_of(pa.list_(pa.int8())).name
    ('instant', 'opaque')
    """
    if isinstance(data_type, pa.TimestampType):
        return _CLOCKS if data_type.tz is None else _INSTANTS
    return next((kind for matches, kind in _KINDS if matches(data_type)), OPAQUE)
