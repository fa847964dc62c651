"""Functions of numbers, of columns and of measures alike: ``al.math.sqrt`` and so on.

Integers and decimals stay exact where the result is of their kind. Null gives null.

>>> sales = session.read_pandas(pd.DataFrame({"Price": [9.0]}), table_name="Sales")
>>> al.math.sqrt(sales["Price"])
math.sqrt(Price)
>>> al.math.max(al.agg.sum(sales["Price"]), 0)
math.max(agg.sum(Price), 0)
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

from atomlite.errors import InvalidArgument
from atomlite.expressions.columns import Operand
from atomlite.measures.arguments import whole
from atomlite.measures.calculations import MeasureExpression
from atomlite.measures.handles import checked_value
from atomlite.measures.rows_or_cells import called

__all__ = [
    "abs",
    "ceil",
    "cos",
    "erf",
    "exp",
    "floor",
    "isnan",
    "log",
    "log10",
    "max",
    "min",
    "round",
    "sin",
    "sqrt",
    "tan",
]


def __dir__() -> list[str]:
    return __all__


Value = TypeVar("Value", Operand, MeasureExpression)

_MOST_DIGITS = 38


def abs(value: Value, /) -> Value:
    """Return the absolute value of a number."""
    return _of("abs", value)


def ceil(value: Value, /) -> Value:
    """Return a number rounded up to a whole one."""
    return _of("ceil", value)


def floor(value: Value, /) -> Value:
    """Return a number rounded down to a whole one."""
    return _of("floor", value)


def exp(value: Value, /) -> Value:
    """Return e to the power of a number, as a double."""
    return _of("exp", value)


def log(value: Value, /) -> Value:
    """Return the natural logarithm of a number, as a double; of 0 and less it is null."""
    return _of("log", value)


def log10(value: Value, /) -> Value:
    """Return the logarithm of a number to base 10, as a double; of 0 and less it is null."""
    return _of("log10", value)


def sqrt(value: Value, /) -> Value:
    """Return the square root of a number, as a double; of negative numbers it is null."""
    return _of("sqrt", value)


def sin(value: Value, /) -> Value:
    """Return the sine of an angle in radians, as a double; of infinities it is null."""
    return _of("sin", value)


def cos(value: Value, /) -> Value:
    """Return the cosine of an angle in radians, as a double; of infinities it is null."""
    return _of("cos", value)


def tan(value: Value, /) -> Value:
    """Return the tangent of an angle in radians, as a double; of infinities it is null."""
    return _of("tan", value)


def erf(value: Value, /) -> Value:
    """Return the error function of a number, as a double."""
    return _of("erf", value)


def isnan(value: Value, /) -> Value:
    """Return whether a number is NaN, as a boolean."""
    return _of("isnan", value)


def round(value: Value, /, digits: int = 0) -> Value:
    """Return a number rounded to some digits after the point.

    Halves go away from zero: 2.5 gives 3, and -2.5 gives -3.

    Args:
        value: A column or measure. Decimals keep as many digits as they are rounded to.
        digits: Negative ones are before the point: -2 rounds to hundreds.
    """
    places = whole("digits", digits, least=-_MOST_DIGITS, most=_MOST_DIGITS)
    return _of(f"round:{places}", value)


def min(*values: object) -> Any:  # noqa: ANN401 -- an operand or a measure
    """Return the smallest of two or more values of the same row or cell; null if one is null.

    Args:
        values: Columns or measures, and constants, of one kind.
    """
    return _extreme("min", values)


def max(*values: object) -> Any:  # noqa: ANN401 -- an operand or a measure
    """Return the greatest of two or more values of the same row or cell; null if one is null.

    Args:
        values: Columns or measures, and constants, of one kind.
    """
    return _extreme("max", values)


def _of(function: str, value: Value) -> Value:
    given = checked_value(value, f"math.{function.split(':', maxsplit=1)[0]}")
    return cast("Value", called(f"math.{function}", [given]))


def _extreme(function: str, values: tuple[object, ...]) -> Operand | MeasureExpression:
    if len(values) < 2:  # noqa: PLR2004 -- a pair
        raise InvalidArgument("values", values, f"two or more; for many rows, see `agg.{function}`")
    if not any(isinstance(value, Operand | MeasureExpression) for value in values):
        checked_value(values[0], f"math.{function}")
    return called(f"math.{function}", values)
