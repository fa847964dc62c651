"""Where a cell lies: hierarchies, levels, and what conditions say about their members. Pure.

>>> city = LevelOperand(LevelKey("Shops", "Geography", "City"), pa.string())
>>> (city == "Paris") & ~city.isnull()
(City == "Paris") & ~City.isnull()
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa  # noqa: TC002 -- the example uses it

from atomlite.expressions.columns import Reference
from atomlite.expressions.conditions import text_of


class Home:
    """The cube that a handle was taken from, so that no other cube takes it for its own.

    Args:
        name: The name of the cube.
    """

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


@dataclass(frozen=True, slots=True, order=True)
class HierarchyKey:
    """The full name of a hierarchy.

    Args:
        dimension: The group of hierarchies that it belongs to, such as the name of a table.
        name: Its own name, unique in the dimension.
        home: The cube that it was taken from; ``None`` for a name of any cube. Keys are equal
            whatever their homes.
    """

    dimension: str
    name: str
    home: Home | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        """Return the key as it is written in ``cube.hierarchies[...]``."""
        return f"({text_of(self.dimension)}, {text_of(self.name)})"


@dataclass(frozen=True, slots=True, order=True)
class LevelKey:
    """The full name of a level.

    Args:
        dimension: The dimension of its hierarchy.
        hierarchy: The name of its hierarchy.
        name: Its own name, unique in the hierarchy.
        home: As for `HierarchyKey`.
    """

    dimension: str
    hierarchy: str
    name: str
    home: Home | None = field(default=None, compare=False, repr=False)

    @property
    def owner(self) -> HierarchyKey:
        """The hierarchy that it is a level of."""
        return HierarchyKey(self.dimension, self.hierarchy, self.home)

    def __str__(self) -> str:
        """Return the key as it is written in ``cube.levels[...]``."""
        return f"({', '.join(map(text_of, (self.dimension, self.hierarchy, self.name)))})"


class LevelOperand(Reference):
    """The member of a level, in conditions and calculations.

    Args:
        key: Which level.
        data_type: The type of its members.
    """

    __slots__ = ("data_type", "key")

    def __init__(self, key: LevelKey, data_type: pa.DataType) -> None:
        self.key = key
        self.data_type = data_type

    def __str__(self) -> str:
        """Return its own name, in quotes unless it could be a Python name."""
        return self.key.name if self.key.name.isidentifier() else text_of(self.key.name)

    def __abs__(self) -> Any:  # noqa: ANN401 -- a measure; measures know levels
        """Return the absolute value of the member of the cell, as `al.math.abs` does."""
        from atomlite.measures import math  # noqa: PLC0415 -- it knows levels

        return math.abs(self)

    def __round__(self, digits: int = 0) -> Any:  # noqa: ANN401 -- as above
        """Return the member of the cell rounded as `al.math.round` does."""
        from atomlite.measures import math  # noqa: PLC0415 -- it knows levels

        return math.round(self, digits)

    def __hash__(self) -> int:
        """Return the hash of its key."""
        return hash(self.key)
