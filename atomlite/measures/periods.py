"""Periods of time as ISO 8601 writes them: ``P1Y``, ``-P3M``, ``P2W``, ``P1DT12H``.

>>> parse_period("-P1Y2M")
Period(months=-14, days=0, microseconds=0)
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from atomlite.errors import InvalidArgument

_PERIOD = re.compile(
    r"(?P<sign>[+-]?)P(?=\d|T\d)"
    r"(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,5})M)?"
    r"(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,7})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,8})H)?(?:(?P<minutes>\d{1,10})M)?"
    r"(?:(?P<seconds>\d{1,11})(?:\.(?P<fraction>\d{1,6}))?S)?)?"
)
_SECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time, positive or negative; its parts have the same sign.

    Args:
        months: Calendar months; at the end of a month, adding them gives the last day of another.
        days: Calendar days.
        microseconds: Elapsed time besides.
    """

    months: int
    days: int
    microseconds: int

    @property
    def sign(self) -> int:
        """1 for a period ahead, -1 for one back, 0 for none."""
        parts = (self.months, self.days, self.microseconds)
        return (max(parts) > 0) - (min(parts) < 0)


def parse_period(text: object, name: str = "offset") -> Period:
    """Return the period that a text says.

    Args:
        text: ``P``, then years, months, weeks and days, then ``T`` and hours, minutes, seconds;
            each is a whole number and may be left out. A minus in front turns the whole around.
        name: Name of the argument, for the message.

    Raises:
        InvalidArgument: It says no period.

    >>> parse_period("P2WT0.5S")
    Period(months=0, days=14, microseconds=500000)
    """
    found = _PERIOD.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        expected = 'a period such as "P1M", "-P1Y", "P2W" or "PT12H" (ISO 8601)'
        raise InvalidArgument(name, text, expected)
    part = {key: int(value or 0) for key, value in found.groupdict("0").items() if key != "sign"}
    sign = -1 if found["sign"] == "-" else 1
    seconds = (part["hours"] * 60 + part["minutes"]) * 60 + part["seconds"]
    fraction = int((found["fraction"] or "").ljust(6, "0"))
    return Period(
        sign * (12 * part["years"] + part["months"]),
        sign * (7 * part["weeks"] + part["days"]),
        sign * (seconds * _SECOND + fraction),
    )
