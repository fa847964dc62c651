"""Random queries of a cube, from its own levels, members and measures. Pure but for the members."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.query import Query
from atomlite.data_types.values import is_null

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel, HierarchyModel, LevelModel
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.coordinates import LevelKey

_MOST_LEVELS = 3
_MOST_MEASURES = 3
_FILTERED = 0.6
_WITH_TOTALS = 0.75


@dataclass(frozen=True, slots=True)
class Choices:
    """What queries are drawn from.

    Args:
        model: The cube.
        measures: Names of the measures to draw.
        members: Gives some members of a level.
    """

    model: CubeModel
    measures: Sequence[str]
    members: Callable[[LevelModel], Sequence[object]]

    def query(self, chance: random.Random) -> Query:
        """Return a query."""
        hierarchies = [
            each
            for each in self.model.hierarchies.values()
            if all(is_checkable(level.data_type) for level in each.levels)
        ]
        axis = self._levels(hierarchies, chance)
        count = chance.randint(1, min(_MOST_MEASURES, len(self.measures)))
        return Query(
            tuple(chance.sample(list(self.measures), count)),
            axis,
            self._filter(hierarchies, chance),
            include_totals=chance.random() < _WITH_TOTALS,
            ordered=False,
        )

    @staticmethod
    def _levels(
        hierarchies: Sequence[HierarchyModel], chance: random.Random
    ) -> tuple[LevelKey, ...]:
        count = chance.randint(0, min(_MOST_LEVELS, len(hierarchies)))
        chosen = chance.sample(list(hierarchies), count)
        return tuple(chance.choice(hierarchy.levels).key for hierarchy in chosen)

    def _filter(
        self, hierarchies: Sequence[HierarchyModel], chance: random.Random
    ) -> Condition | None:
        if not hierarchies or chance.random() > _FILTERED:
            return None
        condition = self._condition(chance.choice(hierarchies), chance)
        if condition is not None and chance.random() < _FILTERED / 2:
            other = self._condition(chance.choice(hierarchies), chance)
            condition = condition if other is None else condition & other
        return condition

    def _condition(self, hierarchy: HierarchyModel, chance: random.Random) -> Condition | None:
        level = chance.choice(hierarchy.levels)
        members = list(self.members(level))
        if not members:
            return None
        chosen = chance.sample(members, chance.randint(1, len(members)))
        condition = level.reference.isin(chosen)
        there = [member for member in chosen if not is_null(member)]
        kind = chance.random()
        if kind < 0.2:  # noqa: PLR2004 -- a fifth
            return ~condition
        ordered = not pa.types.is_boolean(level.data_type)
        if kind < 0.4 and there and ordered:  # noqa: PLR2004 -- another fifth
            return level.reference >= there[0]
        return condition


def is_checkable(data_type: pa.DataType) -> bool:
    """Return whether Python has all values of this type, so that members can be compared."""
    kinds = (pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating, pa.types.is_string)
    if any(holds(data_type) for holds in (*kinds, pa.types.is_date, pa.types.is_decimal)):
        return True
    if not isinstance(data_type, pa.TimestampType):
        return False
    return data_type.tz is None and data_type.unit != "ns"
