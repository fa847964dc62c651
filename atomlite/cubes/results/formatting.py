"""Values of measures as people read them.

A formatter is a format specification of Python, or one of three patterns in brackets:

>>> formatted(1234.5, ",.1f"), formatted(1234.5, "DOUBLE[#,##0.00]"), formatted(1234, "INT[#,###]")
('1,234.5', '1,234.50', '1,234')
>>> formatted(0.256, "DOUBLE[0.0%]"), formatted(dt.date(2026, 1, 31), "DATE[dd/MM/yyyy]")
('25.6%', '31/01/2026')

Without one, numbers have separators between thousands, doubles two digits after the point:

>>> formatted(1234567, None), formatted(0.126, None), formatted(None, None)
('1,234,567', '0.13', '')

Those of a column have as many digits as the smallest of them needs:

>>> [formatted(value, None, digits_after_point([2.0, 0.0034])) for value in (2.0, 0.0034)]
['2.0000', '0.0034']
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import lru_cache
from typing import TypeAlias

Formatter: TypeAlias = Callable[[object], str]
"""Makes text of a value that is not null."""

_PATTERN = re.compile(r"(?P<kind>DOUBLE|INT|DATE)\[(?P<pattern>.*)\]", re.DOTALL)
_NUMBER = re.compile(
    r"(?P<before>[^#0,.]*)(?P<whole>[#0,]*)(?:\.(?P<fraction>0*#*))?(?P<after>[^#0,.]*)"
)
_MOMENT = re.compile(r"y+|M+|d+|H+|m+|s+|E+|'[^']*'|[^A-Za-z']+")
_MOMENTS = {
    "yyyy": "%Y",
    "yy": "%y",
    "MMMM": "%B",
    "MMM": "%b",
    "MM": "%m",
    "dd": "%d",
    "HH": "%H",
    "mm": "%M",
    "ss": "%S",
    "EEEE": "%A",
    "EEE": "%a",
}
_ALONE: dict[str, Callable[[dt.datetime], int]] = {
    "M": lambda moment: moment.month,
    "d": lambda moment: moment.day,
    "H": lambda moment: moment.hour,
    "m": lambda moment: moment.minute,
    "s": lambda moment: moment.second,
}
_DIGITS = re.compile(r"[0-9]+")
_MOST_WIDTH = 100
_EXAMPLES = (1.5, 1, "text", dt.datetime(2026, 1, 31, tzinfo=dt.UTC))
_EXACT = Context(prec=1_000)
"""Holds all digits of any double."""
_TINY, _SMALL, _LARGE = 1e-5, 0.01, 1e15
"""Doubles between the last two are shown with two digits after the point; those between the first
two make their column have more, and those below are written with a power of ten."""


def check_formatter(text: str) -> None:
    """Raise `ValueError`, which says why, when a text is no formatter.

    >>> check_formatter("DOUBLE[#,##0.00]")
    >>> check_formatter("DATE[yyyy-QQ]")
    Traceback (most recent call last):
    ...
    ValueError: "QQ" means nothing in a date; known: yyyy, yy, MMMM, MMM, MM, dd, HH, mm, ss, ...
    """
    match = _PATTERN.fullmatch(text)
    if match is None:
        _check_specification(text)
    elif match["kind"] == "DATE":
        _date_parts(match["pattern"])
    else:
        _number_pattern(match["pattern"], whole=match["kind"] == "INT")


def digits_after_point(values: Iterable[object]) -> int:
    """Return how many digits after the point the doubles of a column need, so that all have them.

    >>> digits_after_point([1.5, None, 12.0]), digits_after_point([0.5, -0.00048, 1.1e-17])
    (2, 5)
    """
    sizes = [abs(value) for value in values if isinstance(value, float)]
    smallest = min((size for size in sizes if _TINY <= size < _SMALL), default=1.0)
    return max(2, 1 - math.floor(math.log10(smallest)))


def formatted(value: object, formatter: str | None, digits: int = 2) -> str:
    """Return a value as text; null is empty.

    A value that a formatter does not fit, such as text for ``",.2f"``, is shown as without one.

    Args:
        value: A Python value, as Arrow gives it.
        formatter: See above.
        digits: Of a double, after the point, where there is no formatter.
    """
    if value is None:
        return ""
    if formatter is None:
        return _plain(value, digits)
    return _made(formatter)(value)


@lru_cache(maxsize=256)
def _made(text: str) -> Formatter:
    match = _PATTERN.fullmatch(text)
    if match is None:
        return lambda value: _by_specification(value, text)
    if match["kind"] == "DATE":
        parts = _date_parts(match["pattern"])
        return lambda value: _moment(value, parts)
    return _number_pattern(match["pattern"], whole=match["kind"] == "INT")


def _plain(value: object, digits: int = 2) -> str:
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _plain_number(value, digits)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, list):
        return f"[{', '.join('None' if each is None else _plain(each) for each in value)}]"
    return str(value)


def _plain_number(value: float | Decimal, digits: int) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value:,f}"
    size = abs(value)
    least = _SMALL if digits == 2 else _TINY  # noqa: PLR2004 -- as for a value alone
    if size == 0 or least <= size < _LARGE or not math.isfinite(value):
        return f"{value + 0.0:,.{digits}f}"  # 0 has no sign
    return f"{value:.2g}" if size < _SMALL else f"{value:.6g}"


# ---- format specifications -----------------------------------------------------------------------


def _check_specification(text: str) -> None:
    if any(int(digits) > _MOST_WIDTH for digits in _DIGITS.findall(text)):
        raise ValueError(f"a width or precision above {_MOST_WIDTH}")
    if "%" in text and not text.endswith("%"):
        raise ValueError("a pattern of strftime; write DATE[yyyy-MM-dd]")
    if not any(_fits(value, text) for value in _EXAMPLES[:3]):
        raise ValueError(
            'neither a format specification of Python, such as ",.2f", nor DOUBLE[...], INT[...] '
            "or DATE[...]"
        )


def _fits(value: object, text: str) -> bool:
    try:
        format(value, text)
    except (ValueError, TypeError):
        return False
    return True


def _by_specification(value: object, text: str) -> str:
    if isinstance(value, bool | dt.date | dt.time | dt.timedelta) or not _fits(value, text):
        return _plain(value)
    return format(value, text)


# ---- DOUBLE[...] and INT[...] --------------------------------------------------------------------


def _number_pattern(pattern: str, *, whole: bool) -> Formatter:
    """Return what writes numbers by a pattern; after a semicolon, one for negative numbers.

    ``0`` is a digit that is always there, ``#`` one that may be, ``,`` separates thousands, ``%``
    multiplies by 100; whatever else stands before or after is kept.
    """
    positive, semicolon, negative = pattern.partition(";")
    of_positive = _number_parts(positive, whole=whole)
    of_negative = _number_parts(negative, whole=whole) if semicolon else None

    def write(value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return _plain(value)
        if not math.isfinite(value):
            return str(value)
        exact = value if isinstance(value, Decimal) else Decimal(repr(value))
        if exact < 0 and of_negative is not None:
            return of_negative(-exact)
        text = of_positive(abs(exact))
        return f"-{text}" if exact < 0 and any(digit in text for digit in "123456789") else text

    return write


def _number_parts(pattern: str, *, whole: bool) -> Callable[[Decimal], str]:
    match = _NUMBER.fullmatch(pattern)
    if match is None or not (match["whole"] or match["fraction"]):
        raise ValueError(f'"{pattern}" is no pattern of digits, such as #,##0.00')
    fraction = match["fraction"] or ""
    if whole and fraction:
        raise ValueError(f'"{pattern}" has digits after the point; write DOUBLE[{pattern}]')
    if len(pattern) > _MOST_WIDTH:
        raise ValueError(f"a pattern of more than {_MOST_WIDTH} characters")
    before, after = match["before"], match["after"]
    least, most = fraction.count("0"), len(fraction)
    least_whole = match["whole"].count("0")
    separator = "," if "," in match["whole"] else ""
    factor = 100 if "%" in before + after else 1

    def write(value: Decimal) -> str:
        unit = Decimal(1).scaleb(-most)
        number = (value * factor).quantize(unit, ROUND_HALF_UP, _EXACT)
        digits, _, decimals = f"{number:{separator}f}".partition(".")
        kept = decimals[:least] + decimals[least:].rstrip("0")
        if least_whole == 0 and digits == "0" and kept:
            digits = ""
        digits = digits.rjust(least_whole, "0")
        return f"{before}{digits}{'.' if kept else ''}{kept}{after}"

    return write


# ---- DATE[...] -----------------------------------------------------------------------------------


def _date_parts(pattern: str) -> tuple[str, ...]:
    if not pattern or len(pattern) > _MOST_WIDTH:
        raise ValueError(f"a pattern for dates of 1 to {_MOST_WIDTH} characters is needed")
    parts = tuple(_MOMENT.findall(pattern))
    if "".join(parts) != pattern:
        unknown = re.search(r"[A-Za-z']+", _MOMENT.sub("", pattern) or pattern)
        raise ValueError(_meaningless(unknown[0] if unknown else pattern))
    for part in parts:
        if part[0].isalpha() and part not in _MOMENTS and part not in _ALONE:
            raise ValueError(_meaningless(part))
    return parts


def _meaningless(part: str) -> str:
    known = ", ".join([*_MOMENTS, *_ALONE])
    return f'"{part}" means nothing in a date; known: {known}, and text in single quotes'


def _moment(value: object, parts: tuple[str, ...]) -> str:
    if not isinstance(value, dt.date):
        return _plain(value)
    moment = (
        value
        if isinstance(value, dt.datetime)
        else dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    )
    return "".join(_moment_part(moment, part) for part in parts)


def _moment_part(moment: dt.datetime, part: str) -> str:
    if part in _ALONE:
        return str(_ALONE[part](moment))
    if part == "yyyy":
        return f"{moment.year:04}"  # `%Y` has no zeros before short years on some machines
    if part in _MOMENTS:
        return moment.strftime(_MOMENTS[part])
    return part[1:-1] if part[0] == "'" else part
