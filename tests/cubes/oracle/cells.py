"""What a measure is worth in a cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import pyarrow as pa

from atomlite.cubes.model import CubeModel, HierarchyModel, LevelModel
from atomlite.expressions.conditions import Condition
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand
from atomlite.measures.nodes import (
    Aggregation,
    Applied,
    Arithmetic,
    At,
    BestMember,
    Call,
    Constant,
    CumulativeScope,
    DateShift,
    EndValue,
    Filtered,
    LevelValue,
    Lookup,
    MeasureExpression,
    Named,
    OriginScope,
    ParentValue,
    Rank,
    ScopedAggregation,
    Shift,
    Total,
    Where,
)
from tests.cubes.oracle import navigation, scopes
from tests.cubes.oracle.aggregates import aggregated
from tests.cubes.oracle.conditions import conjuncts, holds, operands_in
from tests.cubes.oracle.functions import called
from tests.cubes.oracle.ordering import Positions
from tests.cubes.oracle.rows import Assignment, World, tables_of, worth
from tests.cubes.oracle.values import Value, calculated, clean

Path: TypeAlias = tuple[Value, ...]


@dataclass(frozen=True)
class Cell:
    """Where a value is asked for.

    Args:
        paths: The path of members of each hierarchy that is expressed; never an empty one.
    """

    paths: frozenset[tuple[HierarchyKey, Path]] = frozenset()

    def path(self, key: HierarchyKey) -> Path:
        """Return the members of a hierarchy, none where it is not expressed."""
        return dict(self.paths).get(key, ())

    def at(self, key: HierarchyKey, path: Path) -> Cell:
        """Return the cell with another path in a hierarchy; an empty one: not expressed."""
        others = {known: old for known, old in self.paths if known != key}
        return Cell(frozenset(({**others, key: path} if path else others).items()))


@dataclass(frozen=True)
class Context:
    """Which facts count, whatever the cell.

    Args:
        conditions: About levels; all of them hold.
        visible: Cells of which the facts must be in one; ``None`` for no such limit.
    """

    conditions: tuple[Condition, ...] = ()
    visible: tuple[Cell, ...] | None = None

    def with_conditions(self, more: Iterable[Condition]) -> Context:
        """Return the context in which more must hold."""
        return replace(self, conditions=(*self.conditions, *more))

    def without(self, keys: Iterable[HierarchyKey]) -> Context:
        """Return the context without what is said about some hierarchies."""
        gone = set(keys)
        kept = []
        for condition in self.conditions:
            about = owners(condition)
            if about & gone:
                assert about <= gone, "This is refused: a condition mixes hierarchies."
            else:
                kept.append(condition)
        return replace(self, conditions=tuple(kept))


def owners(condition: Condition) -> set[HierarchyKey]:
    """Return the hierarchies that a condition about levels is about."""
    return {each.key.owner for each in operands_in(condition) if isinstance(each, LevelOperand)}


class Evaluator:
    """Measures of one cube over tables that do not change.

    Args:
        model: The cube.
        world: The rows.
    """

    def __init__(self, model: CubeModel, world: World) -> None:
        self.model = model
        self.world = world
        self.facts = world.facts(model)
        self.positions = Positions(model, world)
        self._members = {
            id(assignment): {
                level.key: clean(worth(level.operand, assignment, model))
                for hierarchy in model.hierarchies.values()
                for level in hierarchy.levels
            }
            for fact in self.facts
            for assignment in fact
        }
        self._found: dict[tuple[Any, ...], list[list[Assignment]]] = {}
        self._values: dict[tuple[int, Cell, Context], Value] = {}

    # ---- facts -----------------------------------------------------------------------------------

    def member(self, assignment: Assignment, key: LevelKey) -> Value:
        """Return the member of a level that an assignment belongs to."""
        return self._members[id(assignment)][key]

    def path_of(self, assignment: Assignment, hierarchy: HierarchyModel, depth: int) -> Path:
        """Return the members of the first levels of a hierarchy."""
        return tuple(self.member(assignment, each.key) for each in hierarchy.levels[:depth])

    def lies_in(self, assignment: Assignment, cell: Cell) -> bool:
        """Return whether an assignment has the members of a cell."""
        return all(
            self.path_of(assignment, self.model.hierarchies[key], len(path)) == path
            for key, path in cell.paths
        )

    def passes(self, assignment: Assignment, conditions: Iterable[Condition]) -> bool:
        """Return whether conditions about levels are all true for an assignment."""
        return all(
            holds(condition, lambda level: self.member(assignment, level.key)) is True  # type: ignore[union-attr]
            for condition in conditions
        )

    def matching(
        self, cell: Cell, context: Context, free: frozenset[HierarchyKey] = frozenset()
    ) -> list[list[Assignment]]:
        """Return the facts of a cell: for each, the assignments that lie in it and pass.

        Args:
            cell: It.
            context: What must hold besides.
            free: Hierarchies of which all members count, even if they are slicing.
        """
        known = (cell, context, free)
        if known not in self._found:
            whole = self.with_first_members(cell, context, free)
            kept = [
                [
                    assignment
                    for assignment in fact
                    if self.lies_in(assignment, whole)
                    and self.passes(assignment, context.conditions)
                    and (
                        context.visible is None
                        or any(self.lies_in(assignment, each) for each in context.visible)
                    )
                ]
                for fact in self.facts
            ]
            self._found[known] = [fact for fact in kept if fact]
        return self._found[known]

    def with_first_members(
        self, cell: Cell, context: Context, free: frozenset[HierarchyKey] = frozenset()
    ) -> Cell:
        """Return the cell with the first member of each slicing hierarchy that it leaves out."""
        for key, hierarchy in self.model.hierarchies.items():
            if hierarchy.slicing and key not in free and not cell.path(key):
                about = [each for each in context.conditions if owners(each) == {key}]
                members = {
                    self.member(assignment, hierarchy.levels[0].key)
                    for fact in self.facts
                    for assignment in fact
                    if self.passes(assignment, about)
                }
                if members:
                    first = hierarchy.levels[0]
                    cell = cell.at(
                        key,
                        (min(members, key=lambda m: self.positions.of(first, m)),),
                    )
        return cell

    def inner(
        self,
        cell: Cell,
        context: Context,
        depths: Mapping[HierarchyKey, int],
        free: frozenset[HierarchyKey] = frozenset(),
    ) -> list[Cell]:
        """Return the cells with facts inside of a cell, with hierarchies expressed this deep."""
        found: dict[Cell, None] = {}
        for fact in self.matching(cell, context, free):
            for assignment in fact:
                each = cell
                for key, depth in depths.items():
                    hierarchy = self.model.hierarchies[key]
                    deep = max(depth, len(cell.path(key)))
                    each = each.at(key, self.path_of(assignment, hierarchy, deep))
                found[each] = None
        return list(found)

    def ordered(self, cells: Iterable[Cell], key: HierarchyKey) -> list[Cell]:
        """Return cells in the order of the members of a hierarchy."""
        levels = self.model.hierarchies[key].levels
        return sorted(cells, key=lambda cell: self.positions.path(levels, cell.path(key)))

    # ---- values ----------------------------------------------------------------------------------

    def value(self, node: MeasureExpression, cell: Cell, context: Context) -> Value:
        """Return what a measure is worth in a cell; null in a cell without facts."""
        known = (id(node), cell, context)
        if known not in self._values:
            there = bool(self.matching(cell, context))
            self._values[known] = clean(self._value(node, cell, context)) if there else None
        return self._values[known]

    def _value(  # noqa: C901, PLR0911 -- one case for each kind of node
        self, node: MeasureExpression, cell: Cell, context: Context
    ) -> Value:
        match node:
            case Named():
                return self.value(self.model.measures[node.name].expression, cell, context)
            case Constant():
                return node.value
            case LevelValue():
                return self.coordinate(cell, node.level)
            case Arithmetic():
                left, right = (self.value(side, cell, context) for side in (node.left, node.right))
                return calculated(left, node.operator, right)
            case Call():
                return called(node.function, [self.value(x, cell, context) for x in node.arguments])
            case Aggregation():
                return self._aggregation(node, cell, context)
            case Where():
                return self._where(node, cell, context)
            case Applied():
                return self._applied(node, cell, context)
            case Lookup():
                return self._lookup(node, cell, context)
            case Filtered():
                inside = context.with_conditions(conjuncts(node.condition))
                return self.value(node.measure, cell, inside)
        return self._navigated(node, cell, context)

    def _navigated(  # noqa: C901, PLR0911 -- one case for each kind of node
        self, node: MeasureExpression, cell: Cell, context: Context
    ) -> Value:
        match node:
            case At():
                return navigation.at(self, node, cell, context)
            case Total():
                return navigation.total(self, node, cell, context)
            case ParentValue():
                return navigation.parent_value(self, node, cell, context)
            case Shift():
                return navigation.shift(self, node, cell, context)
            case DateShift():
                return navigation.date_shift(self, node, cell, context)
            case Rank():
                return navigation.rank(self, node, cell, context)
            case BestMember():
                return scopes.best_member(self, node, cell, context)
            case EndValue():
                return scopes.end_value(self, node, cell, context)
            case ScopedAggregation(scope=OriginScope()):
                return scopes.origin(self, node, cell, context)
            case ScopedAggregation(scope=CumulativeScope()):
                return scopes.cumulative(self, node, cell, context)
            case ScopedAggregation():
                return scopes.siblings(self, node, cell, context)
        raise AssertionError(f"The oracle does not know {type(node).__name__}.")

    def coordinate(self, cell: Cell, level: LevelOperand) -> Value:
        """Return the member of a level that a cell has, null where it is not expressed."""
        index = self.depth_of(level.key) - 1
        path = cell.path(level.key.owner)
        return path[index] if index < len(path) else None

    def depth_of(self, key: LevelKey) -> int:
        """Return how many levels the path to a level has."""
        return len(self.model.path(key))

    def level_at(self, key: HierarchyKey, depth: int) -> LevelModel:
        """Return the level of a hierarchy that ends paths of a length."""
        return self.model.hierarchies[key].levels[depth - 1]

    def _aggregation(self, node: Aggregation, cell: Cell, context: Context) -> Value:
        facts = self.matching(cell, context)
        if node.operand is None:
            return len(facts)
        operands = [each for each in (node.operand, node.other) if each is not None]
        tables = frozenset[str]().union(*(tables_of(each, self.model) for each in operands))
        if node.per == "partner":
            (table,) = tables
            rows = {assignment.rows[table] for fact in facts for assignment in fact}
            one_each = [
                Assignment({}, {table: self.world.tables[table][row]})
                for row in rows
                if row is not None
            ]
        elif node.per == "fact" or self.model.fact in tables:
            one_each = [fact[0] for fact in facts]
        else:
            one_each = [assignment for fact in facts for assignment in fact]
        pairs = []
        for assignment in one_each:
            both = [clean(worth(each, assignment, self.model)) for each in operands]
            pairs.append((both[0], both[1] if len(both) > 1 else None))
        return aggregated(node.function, pairs, node.options)

    def _where(self, node: Where, cell: Cell, context: Context) -> Value:
        for condition, measure in node.cases:
            if self.holds(condition, cell, context):
                return self.value(measure, cell, context)
        return self.value(node.otherwise, cell, context)

    def holds(self, condition: Condition, cell: Cell, context: Context) -> bool:
        """Return whether a condition is true in a cell."""

        def worth_here(each: object) -> Value:
            if isinstance(each, LevelOperand):
                return self.coordinate(cell, each)
            assert isinstance(each, MeasureExpression)
            return self.value(each, cell, context)

        return holds(condition, worth_here) is True

    def _applied(self, node: Applied, cell: Cell, context: Context) -> Value:
        arrays = [pa.array([self.value(each, cell, context)]) for each in node.arguments]
        answer = node.function(*arrays)
        values = answer.to_pylist() if isinstance(answer, pa.Array) else list(answer)  # type: ignore[call-overload]
        return values[0]

    def _lookup(self, node: Lookup, cell: Cell, context: Context) -> Value:
        keys = {name: self.value(each, cell, context) for name, each in node.keys}
        for row in self.world.tables[node.column.table]:
            if all(value is not None and value == row[name] for name, value in keys.items()):
                return row[node.column.name]
        return None
