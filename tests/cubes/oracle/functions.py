"""Functions of values, and the parts of dates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from tests.cubes.oracle.values import Value, order

_DATE_PARTS: dict[str, Callable[[date], Value]] = {
    "y": lambda day: day.year,
    "yyyy": lambda day: f"{day.year:04}",
    "Q": lambda day: (day.month + 2) // 3,
    "QQQ": lambda day: f"Q{(day.month + 2) // 3}",
    "M": lambda day: day.month,
    "MM": lambda day: f"{day.month:02}",
    "w": lambda day: day.isocalendar().week,
    "d": lambda day: day.day,
    "dd": lambda day: f"{day.day:02}",
}


def part_of(day: date | None, pattern: str) -> Value:
    """Return a part of a date."""
    return None if day is None else _DATE_PARTS[pattern](day)


def _whole(value: Value, rounding: str) -> Value:
    if isinstance(value, float):
        if not math.isfinite(value):
            return value
        return float(math.ceil(value) if rounding == ROUND_CEILING else math.floor(value))
    return Decimal(value).to_integral_value(rounding) if isinstance(value, Decimal) else value


def _root(value: Value) -> float | None:
    number = float(value)
    if math.isnan(number):
        return number
    return math.sqrt(number) if number >= 0 else None


def _added_up(values: Sequence[Value]) -> Value:
    present = [value for value in values if value is not None]
    return sum(present[1:], present[0]) if present else None


_FUNCTIONS: dict[str, Callable[..., Value]] = {
    "math.abs": abs,
    "math.ceil": lambda value: _whole(value, ROUND_CEILING),
    "math.floor": lambda value: _whole(value, ROUND_FLOOR),
    "math.sqrt": _root,
    "math.isnan": lambda value: math.isnan(float(value)),
    "math.min": lambda *values: min(values, key=order),
    "math.max": lambda *values: max(values, key=order),
    "date_diff:days": lambda start, end: (end - start).days,
    "array.len": len,
    "array.sum": _added_up,
    "array.max": lambda values: max(values, key=order, default=None),
}


def called(name: str, arguments: Sequence[Value]) -> Value:
    """Return what a function gives; null with null."""
    if any(argument is None for argument in arguments):
        return None
    return _FUNCTIONS[name](*arguments)
