"""Values of one cell calculated in plain Python; ``None`` is null. Pure.

>>> arithmetic(7, "//", -2), arithmetic(1, "/", 0), compared(1, "<", None)
(-4, None, None)
"""

from __future__ import annotations

import datetime as dt
import math
import operator
from calendar import monthrange
from collections.abc import Callable
from decimal import Decimal, localcontext
from typing import Any

from atomlite.cubes.checking.orders import value_key
from atomlite.cubes.checking.signals import NotChecked, Undecided
from atomlite.measures.periods import Period

_NEAR = 1e-9
_EXACT = 2**53

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_EXACT_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
}


def _sum(values: list[Any]) -> object:
    return sum(values) if values else None


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "math.abs": abs,
    "math.exp": math.exp,
    "math.sin": math.sin,
    "math.cos": math.cos,
    "math.tan": math.tan,
    "math.erf": math.erf,
    "math.sqrt": lambda x: None if x < 0 else math.sqrt(x),
    "math.log": lambda x: None if x <= 0 else math.log(x),
    "math.log10": lambda x: None if x <= 0 else math.log10(x),
    "array.sum": lambda values: _sum([value for value in values if value is not None]),
    "array.len": len,
    "date_diff:days": lambda start, end: (end - start).days,
}


def arithmetic(left: Any, sign: str, right: Any) -> object:  # noqa: ANN401 -- numbers
    """Return two numbers calculated into one; null in gives null, and so does division by zero."""
    if left is None or right is None or (sign in {"/", "//", "%"} and right == 0):
        return None
    floats = isinstance(left, float) or isinstance(right, float)
    if sign in {"/", "**"} or floats:
        return _of_floats(float(left), sign, float(right))
    if isinstance(left, Decimal) or isinstance(right, Decimal):
        return _of_decimals(Decimal(left), sign, Decimal(right))
    return left % right if sign == "%" else _EXACT_OPERATIONS[sign](left, right)


def _of_decimals(left: Decimal, sign: str, right: Decimal) -> Decimal:
    if sign in {"//", "%"}:  # Python's own round towards zero here, unlike those of integers
        raise NotChecked(f"`{sign}` of decimals")
    with localcontext(prec=80):
        return Decimal(_EXACT_OPERATIONS[sign](left, right))


def _of_floats(left: float, sign: str, right: float) -> float:
    try:
        match sign:
            case "/":
                return left / right
            case "**":
                return math.pow(left, right)
            case "//":
                return float(math.floor(left / right))
            case "%":
                return left - right * math.floor(left / right)
        return float(_EXACT_OPERATIONS[sign](left, right))
    except (OverflowError, ValueError, ZeroDivisionError) as error:
        raise NotChecked(f"`{sign}` with infinite or impossible results") from error


def called(function: str, arguments: list[Any]) -> object:
    """Return a function of values; null in gives null.

    Raises:
        NotChecked: The second way does not know the function.
    """
    if function not in _FUNCTIONS:
        raise NotChecked(f"the function `{function}`")
    if any(value is None for value in arguments):
        return None
    try:
        found = _FUNCTIONS[function](*arguments)
    except (OverflowError, ValueError) as error:
        raise NotChecked(f"`{function}` with infinite or impossible results") from error
    return found


def compared(left: object, sign: str, right: object) -> bool | None:
    """Return whether a comparison holds, ``None`` with null; NaN is above all numbers."""
    if left is None or right is None:
        return None
    if isinstance(left, float) or isinstance(right, float):
        ensure_apart(left, right)
    return _COMPARISONS[sign](value_key(left), value_key(right))


def ensure_apart(left: Any, right: Any) -> None:  # noqa: ANN401 -- numbers
    """Refuse to compare floats that the rounding of a sum may have brought together or apart.

    Raises:
        Undecided: They are near, and not both whole numbers.
    """
    if not (isinstance(left, float) or isinstance(right, float)):
        return
    left, right = float(left), float(right)
    whole = all(x.is_integer() and abs(x) < _EXACT for x in (left, right))
    if not whole and math.isclose(left, right, rel_tol=_NEAR, abs_tol=_NEAR):
        raise Undecided


def shifted(day: Any, period: Period) -> Any:  # noqa: ANN401 -- a date or a timestamp
    """Return a date some time later; months end at the last day of a month.

    >>> from atomlite.measures.periods import parse_period
    >>> shifted(dt.date(2024, 3, 31), parse_period("-P1M"))
    datetime.date(2024, 2, 29)
    """
    months = day.year * 12 + day.month - 1 + period.months
    year, month = months // 12, months % 12 + 1
    last = monthrange(year, month)[1]
    moved = day.replace(year=year, month=month, day=min(day.day, last))
    return moved + dt.timedelta(days=period.days, microseconds=period.microseconds)
