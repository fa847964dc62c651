"""The rows of a query's answer."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from atomlite.cubes.model import CubeModel, LevelModel
from atomlite.cubes.query import Query
from atomlite.expressions.conditions import Condition
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand
from tests.cubes.oracle.cells import Cell, Context, Evaluator, owners
from tests.cubes.oracle.conditions import conjuncts, operands_in
from tests.cubes.oracle.ordering import _Reversed
from tests.cubes.oracle.rows import World
from tests.cubes.oracle.values import Value, order


@dataclass(frozen=True)
class Line:
    """One row of an answer.

    Args:
        members: One for each level of the axis; ``None`` where it is not expressed.
        depth: How many levels of the axis are expressed.
        values: One for each measure.
    """

    members: tuple[Value, ...]
    depth: int
    values: tuple[Value, ...]


def axis_of(query: Query, model: CubeModel) -> tuple[LevelModel, ...]:
    """Return the asked levels, each behind its ancestors, each once."""
    found: dict[LevelKey, LevelModel] = {}
    for key in query.levels:
        for level in model.path(key):
            found.setdefault(level.key, level)
    return tuple(found.values())


def answer(query: Query, model: CubeModel, world: World) -> list[Line]:
    """Return the rows of a query's answer, in order."""
    return _Answer(query, Evaluator(model, world)).lines()


class _Answer:
    def __init__(self, query: Query, evaluator: Evaluator) -> None:
        self.query = query
        self.evaluator = evaluator
        self.model = evaluator.model
        self.axis = axis_of(query, self.model)
        parts = conjuncts(query.filter)
        self.about_facts = Context(tuple(part for part in parts if _about_levels(part)))
        self.about_cells = [part for part in parts if not _about_levels(part)]

    def lines(self) -> list[Line]:
        deepest = self._limited(
            [
                cell
                for cell in self._cells(len(self.axis))
                if all(
                    self.evaluator.holds(condition, cell, self.about_facts)
                    for condition in self.about_cells
                )
            ]
        )
        found = [(len(self.axis), cell, self.about_facts) for cell in deepest]
        if self.query.include_totals:
            above = self.about_facts
            if self.query.totals == "visible":
                above = Context(above.conditions, tuple(deepest))
            for depth in range(len(self.axis)):
                found += [(depth, cell, above) for cell in self._cells(depth, above)]
        lines = [self._line(*each) for each in found]
        if self.query.order_by:
            totals = [line for line in lines if line.depth < len(self.axis)]
            cells = lines[: len(deepest)]
            return sorted(totals, key=lambda line: (line.depth, self._place(line))) + cells
        return sorted(lines, key=self._place)

    def _cells(self, depth: int, context: Context | None = None) -> list[Cell]:
        axis = self.axis[:depth]
        expressed = {level.key.owner for level in axis}
        asked = {level.key.owner for level in self.axis}
        if any(self.model.hierarchies[key].slicing for key in asked - expressed):
            return []
        if not axis:
            return [Cell()]
        depths = {level.key.owner: self.evaluator.depth_of(level.key) for level in axis}
        if self.query.include_empty_rows:
            return self._crossed(depths)
        return self.evaluator.inner(Cell(), context or self.about_facts, depths, frozenset(depths))

    def _crossed(self, depths: dict[HierarchyKey, int]) -> list[Cell]:
        sides = []
        for key, depth in depths.items():
            about = [each for each in self.about_facts.conditions if owners(each) == {key}]
            paths = {
                self.evaluator.path_of(assignment, self.model.hierarchies[key], depth)
                for fact in self.evaluator.facts
                for assignment in fact
                if self.evaluator.passes(assignment, about)
            }
            sides.append([(key, path) for path in paths])
        return [Cell(frozenset(paths)) for paths in product(*sides)]

    def _limited(self, cells: list[Cell]) -> list[Cell]:
        lines = [(self._line(len(self.axis), cell, self.about_facts), cell) for cell in cells]
        lines.sort(key=lambda pair: self._place(pair[0]))
        for ordering in reversed(self.query.order_by):

            def key(
                pair: tuple[Line, Cell], by: str | LevelKey = ordering.by
            ) -> tuple[object, ...]:
                line, _ = pair
                if isinstance(by, LevelKey):
                    index = [level.key for level in self.axis].index(by)
                    place = self.evaluator.positions.of(self.axis[index], line.members[index])
                    null = line.members[index] is None
                else:
                    value = line.values[self.query.measures.index(by)]
                    null = value is None
                    place = (0,) if null else order(value)
                return (null, _Reversed(place) if ordering.descending else place)  # noqa: B023

            lines.sort(key=key)
        return [cell for _, cell in lines][: self.query.limit]

    def _line(self, depth: int, cell: Cell, context: Context) -> Line:
        members = tuple(self.evaluator.coordinate(cell, level.reference) for level in self.axis)
        values = tuple(
            self.evaluator.value(self.model.measures[name].expression, cell, context)
            for name in self.query.measures
        )
        return Line(members, depth, values)

    def _place(self, line: Line) -> tuple[object, ...]:
        """Return what puts totals before their children, and members in order."""
        return tuple(
            (1, self.evaluator.positions.of(level, line.members[index]))
            if index < line.depth
            else (0, ())
            for index, level in enumerate(self.axis)
        )


def _about_levels(condition: Condition) -> bool:
    return all(isinstance(each, LevelOperand) for each in operands_in(condition))
