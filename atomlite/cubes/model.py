"""What a cube is: hierarchies with their levels, and measures. Immutable values.

A change of a cube makes a new `CubeModel` and publishes it at once; a query reads one of them from
its start to its end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

import pyarrow as pa  # noqa: TC002 -- Sphinx reads annotations at run time

from atomlite.measures.coordinates import HierarchyKey, Home, LevelKey, LevelOperand

if TYPE_CHECKING:
    from atomlite.expressions.columns import Column, Operand
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.additivity import Additivity
    from atomlite.measures.nodes import MeasureExpression

ROW_COUNT = "contributors.COUNT"
"""The measure that every cube has: the number of facts of a cell."""

DEPTH = "_depth"
"""The column of raw results that says how many levels of the index a row expresses: all of them in
a cell of the deepest level, 0 in the grand total."""


@dataclass(frozen=True, slots=True)
class NaturalOrder:
    """Members by their value; in text, digits count as numbers: "Item 2" before "Item 10".

    Args:
        ascending: Whether the smallest comes first.
    """

    ascending: bool = True


@dataclass(frozen=True, slots=True)
class CustomOrder:
    """Some members first, in this order; the others follow in natural order.

    Args:
        first_elements: The members that come first.
    """

    first_elements: Sequence[object]

    def __post_init__(self) -> None:
        """Make a list a tuple, which nobody changes."""
        if isinstance(self.first_elements, list):
            object.__setattr__(self, "first_elements", tuple(self.first_elements))


@dataclass(frozen=True, slots=True)
class ColumnOrder:
    """Members by the smallest value that another column has for them; ties in natural order.

    Args:
        column: A column of the table that the level is of.
        ascending: Whether the smallest comes first.
    """

    column: Column
    ascending: bool = True


LevelOrder: TypeAlias = NaturalOrder | CustomOrder | ColumnOrder
"""How the members of a level follow each other; null is last in each of them."""


@dataclass(frozen=True, slots=True)
class LevelModel:
    """One level.

    Args:
        key: Its full name.
        operand: What its members are: a `Column` of the fact table or of a joined one, or a part
            of a date column.
        data_type: The type of its members.
        order: How they follow each other.
        description: Text for readers.
    """

    key: LevelKey
    operand: Operand
    data_type: pa.DataType
    order: LevelOrder = NaturalOrder()
    description: str | None = None

    @property
    def reference(self) -> LevelOperand:
        """Return what conditions call it."""
        return LevelOperand(self.key, self.data_type)


@dataclass(frozen=True, slots=True)
class HierarchyModel:
    """One hierarchy.

    Args:
        key: Its full name.
        levels: From the top down, one or more.
        slicing: Whether its members do not add up, so that there is no total over them.
        visible: Whether tools show it.
        description: Text for readers.
    """

    key: HierarchyKey
    levels: tuple[LevelModel, ...]
    slicing: bool = False
    visible: bool = True
    description: str | None = None


@dataclass(frozen=True, slots=True)
class MeasureModel:
    """One measure.

    Args:
        name: Unique in its cube.
        expression: What it is.
        data_type: The type of its values.
        additivity: Whether its cells add up; see `Additivity`.
        description: Text for readers.
        folder: Where tools show it.
        formatter: How a value is shown: a format specification of Python such as ``",.2f"``, or
            ``"DOUBLE[#,##0.00]"``, ``"INT[#,###]"``, ``"DATE[yyyy-MM-dd]"``; ``None`` chooses.
        visible: Whether tools show it.
        additivity_given: Whether a person said what ``additivity`` is; else it is inferred.
    """

    name: str
    expression: MeasureExpression
    data_type: pa.DataType
    additivity: Additivity
    description: str | None = None
    folder: str | None = None
    formatter: str | None = None
    visible: bool = True
    additivity_given: bool = False


@dataclass(frozen=True, slots=True)
class AggregateModel:
    """A declared aggregate table.

    Args:
        name: Its name in the engine's schema of aggregates.
        levels: The levels that it is grouped by, ancestors included.
        measures: The measures that it was declared for.
    """

    name: str
    levels: tuple[LevelKey, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CubeModel:
    """One cube at one instant.

    Args:
        name: Unique in its session.
        fact: Name of the fact table.
        filter: Facts for which it holds are in the cube; ``None`` takes all.
        hierarchies: By key, in the order of their creation.
        measures: By name, in the order of their creation.
        aggregates: The aggregate tables, in the order of their declaration.
        revision: Grows with each change; no two models of a cube share one.
        mode: How it was created.
        description: Text for readers.
        home: What the handles of the cube have, and those of others have not.
    """

    name: str
    fact: str
    filter: Condition | None = None
    hierarchies: Mapping[HierarchyKey, HierarchyModel] = field(default_factory=dict)
    measures: Mapping[str, MeasureModel] = field(default_factory=dict)
    aggregates: tuple[AggregateModel, ...] = ()
    revision: int = 0
    mode: Literal["auto", "no_measures", "manual"] = "auto"
    description: str | None = None
    home: Home | None = field(default=None, compare=False, repr=False)

    def level(self, key: LevelKey) -> LevelModel:
        """Return a level that is known to be there."""
        return next(level for level in self.hierarchies[key.owner].levels if level.key == key)

    def path(self, key: LevelKey) -> tuple[LevelModel, ...]:
        """Return a level with its ancestors, from the top down."""
        levels = self.hierarchies[key.owner].levels
        return levels[: [level.key for level in levels].index(key) + 1]
