"""Where a measure is evaluated: a cell, and the facts that count there. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from atomlite.cubes.checking.facts import FactCondition, Member
from atomlite.cubes.checking.signals import NotChecked
from atomlite.expressions.conditions import And, Condition, Not, Or
from atomlite.expressions.rendering import references_of
from atomlite.measures.coordinates import HierarchyKey, LevelOperand
from atomlite.measures.nodes import MeasureComparison, MeasureIsIn, MeasureIsNull

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel

Path = tuple[object, ...]
"""Members of a hierarchy's levels, from the top."""


@dataclass(frozen=True, slots=True)
class Place:
    """A cell with its filters.

    Args:
        paths: The members of each hierarchy that is expressed, sorted by hierarchy.
        conditions: What holds for its facts besides.
    """

    paths: tuple[tuple[HierarchyKey, Path], ...] = ()
    conditions: tuple[FactCondition, ...] = ()

    def path(self, hierarchy: HierarchyKey) -> Path:
        """Return the members of a hierarchy; none where it is not expressed."""
        return dict(self.paths).get(hierarchy, ())

    def at(self, hierarchy: HierarchyKey, path: Path) -> Place:
        """Return the cell with other members of a hierarchy; with none, it is not expressed."""
        others = [each for each in self.paths if each[0] != hierarchy]
        paths = [*others, (hierarchy, path)] if path else others
        return replace(self, paths=tuple(sorted(paths, key=lambda each: each[0])))

    def without_filters(self, hierarchies: Iterable[HierarchyKey]) -> Place:
        """Return the cell without the conditions about levels of some hierarchies."""
        gone = set(hierarchies)
        kept = []
        for condition in self.conditions:
            owners = owners_of(condition)
            if not owners & gone:
                kept.append(condition)
            elif not owners <= gone:
                raise NotChecked("a filter that mixes hierarchies, one of which is left out")
        return replace(self, conditions=tuple(kept))

    def also(self, *conditions: FactCondition) -> Place:
        """Return the cell with more conditions."""
        return replace(self, conditions=(*self.conditions, *conditions))

    def fact_conditions(self, model: CubeModel) -> tuple[FactCondition, ...]:
        """Return all that holds for its facts."""
        members = [
            Member(level.key, member)
            for hierarchy, path in self.paths
            for level, member in zip(model.hierarchies[hierarchy].levels, path, strict=False)
        ]
        return (*self.conditions, *members)


def conjuncts(condition: Condition | None) -> Iterator[Condition]:
    """Return the parts of a condition that must all hold."""
    if isinstance(condition, And):
        for each in condition.conditions:
            yield from conjuncts(each)
    elif condition is not None:
        yield condition


def is_about_levels(condition: Condition) -> bool:
    """Return whether a condition has no measure in it, and so is about facts."""
    match condition:
        case And(conditions=conditions) | Or(conditions=conditions):
            return all(map(is_about_levels, conditions))
        case Not(condition=inner):
            return is_about_levels(inner)
    return not isinstance(condition, MeasureComparison | MeasureIsIn | MeasureIsNull)


def owners_of(condition: FactCondition) -> set[HierarchyKey]:
    """Return the hierarchies that a condition is about."""
    if isinstance(condition, Member):
        return {condition.level.owner}
    references = references_of(condition)
    return {each.key.owner for each in references if isinstance(each, LevelOperand)}
