"""Where a timestamp, time or duration lies among those that a column can hold, to the nanosecond.

Timestamps and times are bound as text, the one form that keeps all nine digits on the way to the
engine.

>>> moment = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
>>> timestamp_position(moment, pa.timestamp("ns", "Europe/Paris"))
Position(value='2026-01-31 12:00:00.000000000+00', exact=True)
"""

from __future__ import annotations

import datetime as dt
import operator
from fractions import Fraction
from typing import Any

import pyarrow as pa  # noqa: TC002 -- the example uses it

from atomlite.data_types.positions import ABOVE, BELOW, Position, among_integers

_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001 -- where readings of a clock are counted from
_EPOCH_UTC = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_NANOSECONDS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
_NANOSECONDS_A_DAY = 86_400 * 10**9
_FIRST_NANOSECOND, _LAST_NANOSECOND = -(2**63) + 2, 2**63 - 2  # the engine's infinities are beyond


def _nanoseconds(value: object, dtype: str) -> int | None:
    """Return the count of a NumPy scalar; those of other units have become Python's own classes."""
    if str(getattr(value, "dtype", "")) != dtype:
        return None
    count = operator.methodcaller("item")(value)
    return int(count)


def timestamp_position(value: object, data_type: pa.TimestampType[Any, Any]) -> Position | None:
    """Return where a timestamp lies; ``None`` for others, and if only one of the two has a zone."""
    if isinstance(value, dt.datetime):
        aware = value.utcoffset() is not None
        # A pandas timestamp is a datetime with nanoseconds beside it.
        micros = dt.datetime.combine(value.date(), value.timetz())
        since = micros - _EPOCH_UTC if aware else micros.replace(tzinfo=None) - _EPOCH
        nanos = since // _MICROSECOND * 1000 + int(getattr(value, "nanosecond", 0))
    else:
        aware, found = False, _nanoseconds(value, "datetime64[ns]")
        if found is None:
            return None
        nanos = found
    if aware != (data_type.tz is not None):
        return None
    if data_type.unit == "ns" and not _FIRST_NANOSECOND <= nanos <= _LAST_NANOSECOND:
        return BELOW if nanos < 0 else ABOVE
    unit = _NANOSECONDS[data_type.unit]
    floor = nanos // unit * unit
    return Position(_timestamp_text(floor) + ("+00" if aware else ""), exact=floor == nanos)


def _timestamp_text(nanoseconds: int) -> str:
    days, rest = divmod(nanoseconds, _NANOSECONDS_A_DAY)
    ordinal = _EPOCH.toordinal() + days
    if ordinal < 1:  # an offset moved the first or last day of Python's calendar out of it
        day = "0001-12-31 (BC)"
    elif ordinal > dt.date.max.toordinal():
        day = "10000-01-01"
    else:
        day = dt.date.fromordinal(ordinal).isoformat()
    return f"{day} {_time_text(rest)}"


def time_position(
    value: object, data_type: pa.Time32Type[Any] | pa.Time64Type[Any]
) -> Position | None:
    """Return where ``value`` lies among times of day, or ``None`` when it is none or has a zone."""
    if not isinstance(value, dt.time) or value.tzinfo is not None:
        return None
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    nanos = (seconds * 10**6 + value.microsecond) * 1000
    unit = _NANOSECONDS[data_type.unit]
    floor = nanos // unit * unit
    return Position(_time_text(floor), exact=floor == nanos)


def _time_text(nanoseconds: int) -> str:
    seconds, fraction = divmod(nanoseconds, 10**9)
    minutes, second = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}.{fraction:09}"


def duration_position(value: object, data_type: pa.DurationType[Any]) -> Position | None:
    """Return where ``value`` lies, as a count of the type's units, or ``None`` for no duration."""
    if isinstance(value, dt.timedelta):
        micros = (value.days * 86_400 + value.seconds) * 10**6 + value.microseconds
        nanos: int | None = micros * 1000 + int(getattr(value, "nanoseconds", 0))
    else:
        nanos = _nanoseconds(value, "timedelta64[ns]")
    if nanos is None:
        return None
    exact = Fraction(nanos, _NANOSECONDS[data_type.unit])
    return among_integers(exact, -(2**63), 2**63 - 1)
