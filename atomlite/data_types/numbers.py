"""Where a number lies among those that a column of numbers can hold.

Every comparison here is exact, of integers of any size, decimals of any digits and floats alike.

>>> number_position(0.1, pa.decimal128(4, 2)), number_position(2**53 + 1, pa.float64())
(Position(value=Decimal('0.10'), exact=True), Position(value=9007199254740992.0, exact=False))
"""

from __future__ import annotations

import math
import struct
from decimal import ROUND_FLOOR, Context, Decimal

import pyarrow as pa

from atomlite.data_types.positions import ABOVE, BELOW, Position, among_integers

_EXACT = Context(prec=1000)
_MAX_FLOAT32 = (2 - 2**-23) * 2.0**127


def is_number(data_type: pa.DataType) -> bool:
    """Return whether a type is an integer, a float or a decimal.

    >>> is_number(pa.bool_())
    False
    """
    kinds = pa.types
    return bool(
        kinds.is_integer(data_type) or kinds.is_floating(data_type) or kinds.is_decimal(data_type)
    )


def number_position(value: object, data_type: pa.DataType) -> Position | None:
    """Return where ``value`` lies among the numbers of a type, or ``None`` when it is no number.

    NaN lies above all; columns of floats hold it.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        value = float(value)
    if pa.types.is_floating(data_type):
        if data_type == pa.float32():
            return _float32(value)
        return Position(value) if isinstance(value, float) else _float64(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            return BELOW if value < 0 else ABOVE
        whole = value.is_integer() and not pa.types.is_decimal(data_type)
        value = int(value) if whole else Decimal(repr(value))
    if pa.types.is_decimal(data_type):
        return _decimal(Decimal(value), data_type.precision, data_type.scale)
    signed = pa.types.is_signed_integer(data_type)
    bits = data_type.bit_width
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    return among_integers(value, low, high)


def _decimal(value: Decimal, precision: int, scale: int) -> Position:
    limit = Decimal(10) ** (precision - scale)
    if value >= limit:
        return ABOVE
    if value <= -limit:
        return BELOW
    floor = value.quantize(Decimal((0, (1,), -scale)), ROUND_FLOOR, _EXACT)
    return Position(floor, exact=floor == value) if floor > -limit else BELOW


def _float64(value: int | Decimal) -> Position:
    nearest = _nearest_float64(value)
    shown = Decimal(nearest) if isinstance(value, int) else Decimal(repr(nearest))
    if shown > value:
        return Position(math.nextafter(nearest, -math.inf), exact=False)
    return Position(nearest, exact=shown == value)


def _nearest_float64(value: float | Decimal) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _float32(value: float | Decimal) -> Position:
    nearest = _nearest_float32(_nearest_float64(value))
    if math.isinf(nearest) and not (isinstance(value, float) and math.isinf(value)):
        return Position(nearest if nearest < 0 else _MAX_FLOAT32, exact=False)
    if not isinstance(value, int) or nearest == value:
        return Position(nearest)
    return Position(nearest if nearest < value else _below_float32(nearest), exact=False)


def _nearest_float32(value: float) -> float:
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def _below_float32(value: float) -> float:
    (bits,) = struct.unpack("<i", struct.pack("<f", value))
    return float(struct.unpack("<f", struct.pack("<i", bits - 1 if value > 0 else bits + 1))[0])
