"""Any measure in one cell, computed a second way: in plain Python, from one-cell questions.

It follows the definitions of the guide word for word, one cell after the other, and is slow. What
looks at other cells is in `elsewhere` and `along`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from atomlite.cubes.checking.aggregating import aggregated
from atomlite.cubes.checking.calculating import arithmetic, called, compared, ensure_apart
from atomlite.cubes.checking.facts import FactCondition, Member
from atomlite.cubes.checking.leaves import leaf
from atomlite.cubes.checking.orders import Key, key_of
from atomlite.cubes.checking.places import Path, Place, owners_of
from atomlite.cubes.checking.signals import NotChecked
from atomlite.cubes.model import ColumnOrder
from atomlite.expressions.conditions import And, Condition, Not, Or
from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.nodes import (
    Aggregation,
    Arithmetic,
    Call,
    Constant,
    LevelValue,
    MeasureComparison,
    MeasureExpression,
    MeasureIsIn,
    MeasureIsNull,
    Named,
    Where,
)

if TYPE_CHECKING:
    from atomlite.cubes.checking.facts import Facts
    from atomlite.cubes.model import CubeModel, HierarchyModel
    from atomlite.measures.coordinates import HierarchyKey, LevelKey


Handlers: TypeAlias = "Mapping[type, Callable[[Evaluator, Any, Place], object]]"
"""Evaluates a measure of a kind in a cell."""


class Evaluator:
    """Values of measures, each in one cell.

    Args:
        model: The cube.
        facts: Answers questions about its facts.
        others: How measures are evaluated that look at other cells, by kind.

    Attributes:
        greatest: The greatest number met so far, without its sign; how exact a float can be.
    """

    def __init__(self, model: CubeModel, facts: Facts, others: Handlers) -> None:
        self.model = model
        self._others = others
        self.facts = facts
        self.greatest = 0.0
        self._known: dict[tuple[int, Place], object] = {}
        self._paths: dict[tuple[HierarchyKey, int, Place, bool], list[Path]] = {}
        self._keys: dict[LevelKey, Callable[[object], Key]] = {}

    def value(self, node: MeasureExpression, place: Place) -> Any:  # noqa: ANN401 -- of any type
        """Return the value of a measure in a cell; ``None`` is null.

        Raises:
            NotChecked: There is no second way to it.
            Undecided: It hangs on the last digit of a float.
        """
        if isinstance(node, Named):
            return self.value(self.model.measures[node.name].expression, place)
        key = (id(node), place)  # the model keeps its nodes alive, so no other has this id
        if key not in self._known:
            found = self._known[key] = self._value(node, place)
            for each in found if isinstance(found, list) else [found]:
                if isinstance(each, int | float) and abs(each) > self.greatest:
                    self.greatest = abs(each)
        return self._known[key]

    def _value(self, node: MeasureExpression, place: Place) -> object:  # noqa: PLR0911 -- one for each kind
        match node:
            case Constant(value=value):
                return value
            case LevelValue(level=level):
                return self.member(level, place)
            case Arithmetic(left=left, operator=sign, right=right):
                return arithmetic(self.value(left, place), sign, self.value(right, place))
            case Call(function=function, arguments=arguments):
                return called(function, [self.value(each, place) for each in arguments])
            case Aggregation():
                return self.leaf(node, place)
            case Where(cases=cases, otherwise=otherwise):
                for condition, value in cases:
                    if self.holds(condition, place):
                        return self.value(value, place)
                return self.value(otherwise, place)
        return self._elsewhere(node, place)

    def leaf(self, node: Aggregation, place: Place) -> object:
        """Return an aggregate of the facts of a cell."""
        return leaf(node, self.facts, self.model, self.conditions(place))

    def _elsewhere(self, node: MeasureExpression, place: Place) -> object:
        handlers = [self._others[kind] for kind in self._others if isinstance(node, kind)]
        if not handlers:
            raise NotChecked(f"`{type(node).__name__}`")
        return handlers[0](self, node, place)

    # ---- cells and their members ---------------------------------------------------------------

    def member(self, level: LevelOperand, place: Place) -> object:
        """Return the member of a level in a cell; ``None`` where it is not expressed."""
        path = place.path(level.key.owner)
        depth = self.depth(level.key)
        return path[depth - 1] if len(path) >= depth else None

    def depth(self, level: LevelKey) -> int:
        """Return how many levels of its hierarchy a level needs, itself included."""
        return len(self.model.path(level))

    def paths(
        self, place: Place, hierarchy: HierarchyKey, depth: int, *, inside: bool = False
    ) -> list[Path]:
        """Return the members down to a depth that the facts of a cell have, in order.

        Args:
            place: The cell; where it expresses the hierarchy, only what lies inside of it.
            hierarchy: Whose members.
            depth: Number of levels.
            inside: Whether a slicing hierarchy that the cell does not express stays at its first
                member, as it does for all that is inside of the cell.
        """
        key = (hierarchy, depth, place, inside)
        if key not in self._paths:
            levels = self.model.hierarchies[hierarchy].levels[:depth]
            expressed = frozenset() if inside else frozenset({hierarchy})
            found = self.facts.paths(levels, self.conditions(place, expressed))
            self._paths[key] = sorted(found, key=lambda path: self.key(hierarchy, path))
        return self._paths[key]

    def key(self, hierarchy: HierarchyKey, path: Path) -> tuple[Key, ...]:
        """Return what cells of a hierarchy are sorted by."""
        levels = self.model.hierarchies[hierarchy].levels
        for level in levels[: len(path)]:
            if level.key not in self._keys:
                order = level.order
                values = {}
                if isinstance(order, ColumnOrder):
                    values = self.facts.smallest(level, order.column)
                self._keys[level.key] = key_of(level, values)
        return tuple(
            self._keys[level.key](member) for level, member in zip(levels, path, strict=False)
        )

    def has_facts(self, place: Place) -> bool:
        """Return whether any fact lies in a cell."""
        return self.facts.count(self.conditions(place)) > 0

    def conditions(
        self, place: Place, expressed: frozenset[HierarchyKey] = frozenset()
    ) -> tuple[FactCondition, ...]:
        """Return all that holds for the facts of a cell, with the defaults of slicing ones.

        Args:
            place: The cell.
            expressed: Hierarchies that have no default here, although the cell does not say.
        """
        conditions = place.fact_conditions(self.model)
        for hierarchy in self.model.hierarchies.values():
            away = not place.path(hierarchy.key) and hierarchy.key not in expressed
            if hierarchy.slicing and away:
                conditions = (*conditions, *self._first(hierarchy, place))
        return conditions

    def _first(self, hierarchy: HierarchyModel, place: Place) -> tuple[Member, ...]:
        key = hierarchy.key
        kept = [each for each in place.conditions if owners_of(each) == {key}]
        level = hierarchy.levels[0]
        found = self.facts.paths([level], kept)
        if not found:
            return ()
        first = min(found, key=lambda path: self.key(key, path))
        return (Member(level.key, first[0]),)

    # ---- conditions ----------------------------------------------------------------------------

    def holds(self, condition: Condition, place: Place) -> bool | None:
        """Return whether a condition holds in a cell; ``None`` where null decides nothing."""
        match condition:
            case And(conditions=conditions) | Or(conditions=conditions):
                decides = isinstance(condition, Or)
                found = [self.holds(each, place) for each in conditions]
                undecided = None if None in found else not decides
                return decides if decides in found else undecided
            case Not(condition=inner):
                inside = self.holds(inner, place)
                return inside if inside is None else not inside
            case MeasureComparison(left=left, operator=sign, right=right):
                return compared(self.value(left, place), sign, self.value(right, place))
            case MeasureIsNull(measure=measure):
                return self.value(measure, place) is None
            case MeasureIsIn():
                return self._is_in(condition, place)
        return self.facts.holds(condition, lambda level: self.member(level, place))

    def _is_in(self, condition: MeasureIsIn, place: Place) -> bool | None:
        value = self.value(condition.measure, place)
        if value is None:
            return True if None in condition.values else None
        for each in condition.values:
            if each is not None:
                ensure_apart(value, each)
        return value in condition.values

    def aggregate(self, node: Any, values: Sequence[object]) -> object:  # noqa: ANN401 -- scoped
        """Return values of several cells made into one; null where none has a value."""
        kept = [value for value in values if value is not None]
        return aggregated(node.function, kept, node.options) if kept else None
