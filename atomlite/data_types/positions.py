"""Where a value lies among those that a column can hold.

>>> among_integers(Decimal("2.5"), 0, 255)
Position(value=2, exact=False)
>>> among_integers(300, 0, 255) is ABOVE
True
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final


@dataclass(frozen=True, slots=True)
class Position:
    """Where a value lies among the values of a column.

    Args:
        value: The largest value of the column's type that is not above, ready to be bound.
        exact: Whether it is the value itself.
    """

    value: object
    exact: bool = True


BELOW: Final = Position(None, exact=False)
"""The value is below all that the column can hold."""

ABOVE: Final = Position(math.inf, exact=False)
"""The value is above all that the column can hold."""


def among_integers(value: int | Decimal | Fraction, low: int, high: int) -> Position:
    """Return where a number lies among the integers from ``low`` to ``high``."""
    if value < low:
        return BELOW
    if value >= high + 1:
        return ABOVE
    floor = math.floor(value)
    return Position(floor, exact=floor == value)
