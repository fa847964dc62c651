"""ISO 8601 periods, added to dates as a calendar does."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import TypeVar

_Date = TypeVar("_Date", bound=date)

_PERIOD = re.compile(
    r"([+-]?)P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?"
    r"(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?\d+)S)?)?"
)


def shifted(start: _Date, period: str) -> _Date:
    """Return a date or a timestamp that long after; the end of a month stays in its month."""
    found = _PERIOD.fullmatch(period)
    assert found is not None, period
    sign = -1 if found[1] == "-" else 1
    years, months, weeks, days, hours, minutes, seconds = (
        sign * int(text or 0) for text in found.groups()[1:]
    )
    month = start.year * 12 + start.month - 1 + years * 12 + months
    year, month = divmod(month, 12)
    last = calendar.monthrange(year, month + 1)[1]
    moved = start.replace(year=year, month=month + 1, day=min(start.day, last))
    return moved + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
