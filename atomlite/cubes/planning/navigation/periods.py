"""Dates some time before or after others, as SQL. Pure.

>>> shifted("d", parse_period("-P1M"), pa.date32())
'TRY(CAST(CAST(d AS TIMESTAMP) + (to_months(-1) + to_days(0) + to_microseconds(0)) AS DATE))'
"""

from __future__ import annotations

import pyarrow as pa

from atomlite.data_types.storage import sql_type
from atomlite.measures.periods import Period, parse_period

_DAY = 86_400_000_000
_THOUSAND = 1000


def shifted(moment: str, period: Period, data_type: pa.DataType) -> str:
    """Return a date or timestamp moved by a period; null where there is no such date.

    Months come first, then days, then time; the end of a month stays in its month. In a zone, days
    are those of its clocks, and time is what has passed.

    Args:
        moment: SQL of the value; a name, since it is repeated.
        period: How far.
        data_type: The logical type of the value.
    """
    period = _fitting(period, data_type)
    zone = data_type.tz if isinstance(data_type, pa.TimestampType) else None
    if zone is None:
        moved = f"{clock(moment, data_type)} + {_interval(period)}"
    else:
        days = f"{clock(moment, data_type)} + {_interval(Period(period.months, period.days, 0))}"
        moved = f"timezone({_text(zone)}, {days}) + to_microseconds({period.microseconds})"
    if isinstance(data_type, pa.TimestampType) and data_type.unit == "ns":
        rest = f"CAST(epoch_ns({moment}) % {_THOUSAND} AS BIGINT)"
        moved = f"make_timestamp_ns(epoch_ns({moved}) + {rest})"
        return f"TRY({moved})" if zone is None else f"TRY(timezone('UTC', {moved}))"
    return f"TRY(CAST({moved} AS {sql_type(data_type)}))"


def clock(moment: str, data_type: pa.DataType) -> str:
    """Return a date or timestamp as a timestamp without zone, of microseconds, rounded down."""
    if isinstance(data_type, pa.TimestampType):
        if data_type.unit == "ns":
            whole = f"epoch_ns({moment}) - epoch_ns({moment}) % {_THOUSAND}"
            moment = f"make_timestamp(({whole}) // {_THOUSAND})"
        if data_type.tz is not None:
            return f"timezone({_text(data_type.tz)}, CAST({moment} AS TIMESTAMPTZ))"
    return f"CAST({moment} AS TIMESTAMP)"


def is_elapsed(period: str | None) -> bool:
    """Return whether a period, or no period, is a time that passes, without days of a calendar.

    >>> is_elapsed("PT12H"), is_elapsed("P1D")
    (True, False)
    """
    given = Period(0, 0, 0) if period is None else parse_period(period, "window")
    return given.months == given.days == 0


def bound(period: str | None, side: str, data_type: pa.DataType) -> str:
    """Return one end of a window over clock times.

    Args:
        period: How far from the row's own time, in ISO 8601; ``None`` sets no bound.
        side: ``"PRECEDING"`` for the start, ``"FOLLOWING"`` for the end.
        data_type: The logical type of the dates or timestamps.
    """
    if period is None:
        return f"UNBOUNDED {side}"
    given = _fitting(parse_period(period, "window"), data_type)
    sign = -1 if side == "PRECEDING" else 1
    turned = Period(sign * given.months, sign * given.days, sign * given.microseconds)
    return f"{_interval(turned)} {side}"


def _fitting(period: Period, data_type: pa.DataType) -> Period:
    """Return a period in whole days for dates, as Python adds it."""
    if not pa.types.is_date(data_type):
        return period
    return Period(period.months, period.days + period.microseconds // _DAY, 0)


def _interval(period: Period) -> str:
    return (
        f"(to_months({period.months}) + to_days({period.days})"
        f" + to_microseconds({period.microseconds}))"
    )


def _text(zone: str) -> str:
    return "'" + zone.replace("'", "''") + "'"
