"""The data types of calculations.

Integers give 64-bit integers, whatever their width; a result beyond them is an error of the query,
never a wrap. ``/`` and ``**`` give doubles, and so does anything with a float in it. Sums,
differences and products of decimals are exact.

>>> str(result_type("*", pa.decimal128(10, 2), pa.int8()))
'decimal128(13, 2)'
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeAlias

import pyarrow as pa

from atomlite.data_types.storage import MAX_PRECISION

ArithmeticOperator: TypeAlias = Literal["+", "-", "*", "/", "//", "%", "**"]
"""How two numbers are calculated with."""

_INTEGER_DIGITS: dict[pa.DataType, int] = {
    pa.int8(): 3,
    pa.int16(): 5,
    pa.int32(): 10,
    pa.int64(): 19,
    pa.uint8(): 3,
    pa.uint16(): 5,
    pa.uint32(): 10,
    pa.uint64(): 20,
}
_LARGEST_INTEGER = 2**63


def digits(data_type: pa.DataType) -> tuple[int, int]:
    """Return the most digits before and after the point that an integer or decimal has.

    >>> digits(pa.decimal128(10, 2)), digits(pa.int64())
    ((8, 2), (19, 0))
    """
    if isinstance(data_type, pa.Decimal128Type):
        return data_type.precision - data_type.scale, data_type.scale
    return _INTEGER_DIGITS[data_type], 0


def result_type(
    operator: ArithmeticOperator, left: pa.DataType, right: pa.DataType
) -> pa.DataType | None:
    """Return the type of ``left operator right``, or ``None`` when two decimals have none.

    Decimals have no ``//`` and no ``%``, and no product with more than 38 digits after the point.
    """
    if operator in {"/", "**"} or pa.types.is_floating(left) or pa.types.is_floating(right):
        return pa.float64()
    if pa.types.is_integer(left) and pa.types.is_integer(right):
        return pa.int64()
    (left_whole, left_scale), (right_whole, right_scale) = digits(left), digits(right)
    if operator in {"+", "-"}:
        scale = max(left_scale, right_scale)
        whole = max(left_whole, right_whole) + 1
    elif operator == "*":
        scale = left_scale + right_scale
        whole = left_whole + right_whole
    else:
        return None
    return (
        pa.decimal128(min(MAX_PRECISION, whole + scale), scale) if scale <= MAX_PRECISION else None
    )


def literal_type(value: object) -> pa.DataType | None:
    """Return the type of a constant in a calculation, ``None`` when it is no number that fits.

    >>> str(literal_type(2)), str(literal_type(Decimal("1.25")))
    ('int64', 'decimal128(3, 2)')
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return pa.int64() if -_LARGEST_INTEGER <= value < _LARGEST_INTEGER else None
    if isinstance(value, float):
        return pa.float64()
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    _, figures, exponent = value.as_tuple()
    scale = max(0, -int(exponent))
    precision = max(len(figures) + max(0, int(exponent)), scale, 1)
    return pa.decimal128(precision, scale) if precision <= MAX_PRECISION else None
