"""The order of members in plain Python: what the second way sorts by, apart from any SQL. Pure.

>>> sorted(["Item 10", "Item 2"], key=natural_key)
['Item 2', 'Item 10']
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import total_ordering
from typing import Any, TypeAlias

from atomlite.cubes.model import ColumnOrder, CustomOrder, LevelModel

Key: TypeAlias = tuple[Any, ...]
"""What members are sorted by; keys of one level compare with each other."""

_RUN = re.compile("[0-9]+|[^0-9]")


def natural_key(member: object) -> Key:
    """Return what a member that is not null is sorted by: numbers in text count as numbers.

    >>> natural_key("a7")
    (((97, 0), (48, 7)), 'a7')
    """
    if isinstance(member, str):
        runs = _RUN.findall(member)
        return tuple((48, int(r)) if "0" <= r[0] <= "9" else (ord(r), 0) for r in runs), member
    return value_key(member)


def value_key(value: object) -> Key:
    """Return what a value that is not null is sorted by: text by code point, NaN last."""
    nan = isinstance(value, float) and math.isnan(value)
    return (1, 0.0) if nan else (0, value)


def key_of(level: LevelModel, values: Mapping[object, object]) -> Callable[[object], Key]:
    """Return what gives the sort key of a member of a level; null is last.

    Args:
        level: The level.
        values: For an order by a column: the smallest value of it for each member.
    """
    order = level.order

    def key(member: object) -> Key:
        if member is None:
            return (1,)
        natural = natural_key(member)
        if isinstance(order, CustomOrder):
            listed = [index for index, each in enumerate(order.first_elements) if each == member]
            return (0, *(listed or [len(order.first_elements)])[:1], natural)
        if isinstance(order, ColumnOrder):
            value = values.get(member)
            if value is None:
                return (0, 1, natural)
            found = value_key(value)
            return (0, 0, found if order.ascending else _Reversed(found), natural)
        return (0, natural if order.ascending else _Reversed(natural))

    return key


@total_ordering
class _Reversed:
    """A key that is sorted the other way round."""

    __slots__ = ("key",)

    def __init__(self, key: Key) -> None:
        self.key = key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __lt__(self, other: _Reversed) -> bool:
        return other.key < self.key
