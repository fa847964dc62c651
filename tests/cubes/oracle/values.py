"""Single values: which are the same, which comes first, and calculating with them."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Any, TypeAlias

Value: TypeAlias = Any
"""What a cell or a row holds, as Python has it; ``None`` is null."""

NAN = math.nan
"""The only NaN here, so that members are found again by identity."""


def clean(value: Value) -> Value:
    """Return a value of a row with one NaN and one zero, so that equal members are equal."""
    if isinstance(value, list):
        return [clean(each) for each in value]
    if isinstance(value, float):
        return NAN if math.isnan(value) else value + 0.0
    return value


def order(value: Value) -> tuple[int, Value]:
    """Return what values that are not null sort by; NaN is above all numbers."""
    if value is NAN or (isinstance(value, float) and math.isnan(value)):
        return (1, 0)
    return (0, value)


def compared(  # noqa: PLR0911 -- one line for each kind
    left: Value, operator: str, right: Value
) -> bool | None:
    """Compare in three-valued logic."""
    if left is None or right is None:
        return None
    mine, other = order(left), order(right)
    match operator:
        case "==":
            return mine == other
        case "!=":
            return mine != other
        case "<":
            return mine < other
        case "<=":
            return mine <= other
        case ">":
            return mine > other
    return mine >= other


def calculated(  # noqa: PLR0911 -- one line for each kind
    left: Value, operator: str, right: Value
) -> Value:
    """Calculate as the measures do: null with null, null by zero, integers and decimals exact."""
    if left is None or right is None:
        return None
    if operator in {"/", "**"} or isinstance(left, float) or isinstance(right, float):
        return _double(float(left), operator, float(right))
    if operator in {"//", "%"} and right == 0:
        return None
    with localcontext(prec=100):
        match operator:
            case "+":
                return left + right
            case "-":
                return left - right
            case "*":
                return left * right
            case "//":
                return left // right
        return left % right


def _double(  # noqa: PLR0911 -- one line for each kind
    left: float, operator: str, right: float
) -> float | None:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "**":
            return _power(left, right)
    if right == 0:
        return None
    quotient = left / right
    if operator == "/":
        return quotient
    if not math.isfinite(quotient):
        return quotient if operator == "//" else math.nan
    return math.floor(quotient) + 0.0 if operator == "//" else left - right * math.floor(quotient)


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except ValueError:
        return math.inf if left == 0 else math.nan
    except OverflowError:
        return math.inf


def alike(ours: Value, theirs: Value) -> bool:
    """Return whether two values of cells are the same; doubles up to rounding."""
    if ours is None or theirs is None:
        return ours is None and theirs is None
    if isinstance(ours, list | tuple):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    if isinstance(ours, float) or isinstance(theirs, float):
        if math.isnan(ours) or math.isnan(theirs):
            return math.isnan(ours) and math.isnan(theirs)
        return math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(ours, Decimal) or isinstance(theirs, Decimal):
        return bool(Decimal(ours) == Decimal(theirs))
    return bool(ours == theirs)
