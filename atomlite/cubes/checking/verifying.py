"""A cube's numbers computed twice, in two ways that share nothing, and compared."""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from atomlite.cubes.checking.along import HANDLERS as ALONG
from atomlite.cubes.checking.comparing import plain, same
from atomlite.cubes.checking.drawing import Choices
from atomlite.cubes.checking.elsewhere import HANDLERS as ELSEWHERE
from atomlite.cubes.checking.evaluating import Evaluator
from atomlite.cubes.checking.facts import Facts
from atomlite.cubes.checking.places import Path, Place, conjuncts
from atomlite.cubes.checking.signals import NotChecked, OutOfTime, Undecided
from atomlite.cubes.model import DEPTH
from atomlite.data_types.listing import python_values
from atomlite.errors import (
    DeadlineExceeded,
    InvalidArgument,
    InvalidMeasure,
    InvalidModel,
    InvalidQuery,
    MeasureFailed,
    QueryFailed,
    ResultTooLarge,
    TooManyCells,
)
from atomlite.measures.nodes import Applied, Named, inputs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from atomlite.cubes.cube import Cube
    from atomlite.cubes.model import CubeModel, LevelModel
    from atomlite.cubes.query import Query
    from atomlite.cubes.running import Answer
    from atomlite.engine.cursors import Row
    from atomlite.measures.coordinates import HierarchyKey
    from atomlite.measures.nodes import MeasureExpression
    from atomlite.sql import Statement

CELLS = "(cells)"
"""Stands for a measure where it is about which cells there are."""

_WHOLE = pa.decimal128(38, 0)
_REFUSALS = (
    DeadlineExceeded,
    InvalidMeasure,
    InvalidModel,
    InvalidQuery,
    MeasureFailed,
    ResultTooLarge,
    TooManyCells,
)
"""What a query may end in, by definition or because of its size."""

_CELLS = 12
"""Cells of one query that are compared; totals among them."""
_MEMBERS = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that the two ways do not agree about.

    Args:
        query: What was asked.
        measure: Name of the measure; ``"(cells)"`` where a cell is missing or should not be.
        cell: The members of the cell by level; levels not named are totalled.
        cube: What the cube answered.
        second: What the second way found.
    """

    query: str
    measure: str
    cell: str
    cube: object
    second: object


@dataclass(frozen=True, slots=True)
class Verification:
    """What `Cube.verify` found.

    Attributes:
        found: The differences; none means that all that was compared agrees.
        queries: Number of queries that were drawn and compared.
        cells: Number of values that were compared.
        undecided: Number of values that hang on the last digit of a float, and so were not.
        not_checked: Why there is no second way, by measure.
        asked: Number of queries that were asked for; there are fewer when the time was up.
        seed: Give it to `Cube.verify` to draw the same queries again.
    """

    found: tuple[Difference, ...]
    queries: int
    cells: int
    undecided: int
    asked: int
    seed: int
    not_checked: dict[str, str] = field(default_factory=dict)

    @property
    def differences(self) -> pd.DataFrame:
        """The differences, one a row: query, measure, cell, the cube's value, the second one."""
        import pandas as pd  # noqa: PLC0415 -- where frames leave

        names = ("query", "measure", "cell", "cube", "second")
        rows = [[getattr(each, name) for name in names] for each in self.found]
        return pd.DataFrame(rows, columns=list(names), dtype=object)

    def __len__(self) -> int:
        """Return the number of differences."""
        return len(self.found)

    def __repr__(self) -> str:
        """Return what was compared, and what differs."""
        found = "all agree" if not self.found else f"{len(self.found):,} differ"
        queries = "1 query" if self.queries == 1 else f"{self.queries:,} queries"
        lines = [f"{self.cells:,} values of {queries} compared: {found}. Seed {self.seed}."]
        if self.queries < self.asked:
            lines.append(f"The time was up after {self.queries:,} of {self.asked:,} queries.")
        if self.undecided:
            lines.append(f"{self.undecided:,} hang on the last digit of a float: not compared.")
        lines += [f'"{name}" was not checked: {why}.' for name, why in self.not_checked.items()]
        if self.found:
            lines.append(self.differences.to_string())
        return "\n".join(lines)


def verify(
    cube: Cube, n: int = 20, *, seed: int | None = None, seconds: float = 60.0
) -> Verification:
    """Return what comes of computing random queries twice; see `Cube.verify`."""
    if n < 1:
        raise InvalidArgument("n", n, "a number of queries, 1 or more")
    drawn = random.SystemRandom().randrange(10**6) if seed is None else seed
    return _Verifying(cube, n, drawn, time.monotonic() + seconds).run()


class _Verifying:
    """One run of `verify`."""

    def __init__(self, cube: Cube, n: int, seed: int, deadline: float) -> None:
        self._cube = cube
        self._model = cube.model
        self._n = n
        self._seed = seed
        self._chance = random.Random(seed)  # noqa: S311 -- draws examples, no secrets
        self._deadline = deadline
        self._found: list[Difference] = []
        self._cells = self._undecided = self._queries = 0
        self._not_checked = _without_second_way(self._model)

    def run(self) -> Verification:
        measures = [name for name in self._model.measures if name not in self._not_checked]
        tracing = self._cube._tracing  # noqa: SLF001 -- a cube and its part
        with tracing.span("Cube.verify"), contextlib.suppress(OutOfTime):
            while measures and self._queries < self._n:
                self._queries += self._compared(measures)
        return Verification(
            tuple(self._found),
            self._queries,
            self._cells,
            self._undecided,
            self._n,
            self._seed,
            self._not_checked,
        )

    def _compared(self, measures: list[str]) -> bool:
        """Compare one query; return whether the data stood still for it."""
        store = self._cube._store  # noqa: SLF001 -- a cube and its part
        with store.read() as snapshot:

            def ask(statement: Statement) -> list[Row]:
                if time.monotonic() > self._deadline:
                    raise OutOfTime
                return _rows(snapshot.arrow(statement))

            facts = Facts(self._model, snapshot.state, ask)
            evaluator = Evaluator(self._model, facts, {**ELSEWHERE, **ALONG})
            drawn = Choices(self._model, measures, lambda level: _members(facts, level))
            query = drawn.query(self._chance)
            answer = self._answer(query)
            if answer is None:
                return True
            if answer.catalog.version != snapshot.state.version:
                return False
            self._compare(query, answer.table, evaluator)
        return True

    def _answer(self, query: Query) -> Answer | None:
        """Return what the cube answers; ``None`` where it refuses, or fails."""
        try:
            return self._cube._runner.answer(query, self._model)  # noqa: SLF001 -- a cube's part
        except _REFUSALS as error:
            for name in query.measures:
                if len(query.measures) > 1:  # which of them is it?
                    self._answer(replace(query, measures=(name,)))
                else:
                    reason = error.message.rstrip(".")
                    self._not_checked.setdefault(name, f"a query of it is refused: {reason}")
        except QueryFailed as error:  # no query of a model that was accepted may end there
            self._found.append(Difference(_written(query), CELLS, "(query)", error.message, None))
        return None

    def _compare(self, query: Query, table: pa.Table, evaluator: Evaluator) -> None:
        axis = [level for key in query.levels for level in self._model.path(key)]
        names = table.column_names[: len(axis)]
        rows: dict[int, list[tuple[tuple[object, ...], dict[str, Any]]]] = {}
        columns = map(python_values, table.columns)
        for values in zip(*columns, strict=True):
            row = dict(zip(table.column_names, values, strict=True))
            members = tuple(row[name] for name in names[: row[DEPTH]])
            rows.setdefault(row[DEPTH], []).append((members, row))
        for depth in self._depths(query, axis):
            there = [members for members, _ in rows.get(depth, [])]
            self._compare_cells(query, axis[:depth], there, evaluator)
        totals = [each for depth, found in rows.items() if depth < len(axis) for each in found]
        for cells in (totals, rows.get(len(axis), [])):
            for members, row in self._chance.sample(cells, min(_CELLS // 2, len(cells))):
                place = _place(axis, members, query)
                for measure in query.measures:
                    self._compare_value(query, place, measure, row[measure], evaluator)

    def _depths(self, query: Query, axis: list[LevelModel]) -> list[int]:
        """Return how many levels of the axis the cells of each set express."""
        slicing = {each.key for each in self._model.hierarchies.values() if each.slicing}
        wanted = slicing & {level.key.owner for level in axis}
        shorter = range(len(axis)) if query.include_totals else range(0)
        kept = [d for d in shorter if wanted <= {level.key.owner for level in axis[:d]}]
        return [*kept, len(axis)]

    def _compare_cells(
        self,
        query: Query,
        levels: list[LevelModel],
        there: list[tuple[object, ...]],
        evaluator: Evaluator,
    ) -> None:
        """Compare which cells there are."""
        if not levels:
            expected: set[tuple[object, ...]] = {()}
        else:
            place = Place((), tuple(conjuncts(query.filter)))
            owners = frozenset(level.key.owner for level in levels)
            conditions = evaluator.conditions(place, owners)
            expected = {plain(path) for path in evaluator.facts.paths(levels, conditions)}
        found = {plain(members) for members in there}
        self._cells += len(expected)
        for members in sorted(expected ^ found, key=repr):
            cell = _shown(levels, members)
            values = members in found, members in expected
            self._found.append(Difference(_written(query), CELLS, cell, *values))
        if len(there) != len(found):
            cell = f"{len(there) - len(found)} cells come twice"
            self._found.append(Difference(_written(query), CELLS, cell, len(there), len(found)))

    def _compare_value(
        self, query: Query, place: Place, measure: str, value: object, evaluator: Evaluator
    ) -> None:
        evaluator.greatest = 0.0
        try:
            second = evaluator.value(Named(measure), place)
        except NotChecked as reason:
            self._not_checked.setdefault(measure, f"there is no second way for {reason}")
            return
        except Undecided:
            self._undecided += 1
            return
        self._cells += 1
        if not same(value, second, evaluator.greatest):
            cell = ", ".join(f"{key.name} {path!r}" for key, path in place.paths) or "grand total"
            self._found.append(Difference(_written(query), measure, cell, value, second))


def _place(axis: list[LevelModel], members: tuple[object, ...], query: Query) -> Place:
    paths: dict[HierarchyKey, Path] = {}
    for level, member in zip(axis, members, strict=False):
        paths[level.key.owner] = (*paths.get(level.key.owner, ()), member)
    return Place(tuple(sorted(paths.items())), tuple(conjuncts(query.filter)))


def _shown(levels: list[LevelModel], members: tuple[object, ...]) -> str:
    named = zip(levels, members, strict=False)
    return ", ".join(f"{level.key.name}: {member!r}" for level, member in named) or "grand total"


def _written(query: Query) -> str:
    filtered = "" if query.filter is None else f", filter={query.filter!r}"
    totals = ", include_totals=True" if query.include_totals else ""
    levels = f", levels={[key.name for key in query.levels]}" if query.levels else ""
    return f"query({', '.join(map(repr, query.measures))}{levels}{filtered}{totals})"


def _rows(table: pa.Table) -> list[Row]:
    """Return rows of the engine; its own way to make them needs a library for instants.

    Whole numbers of 128 bits, such as sums, come as decimals.
    """
    columns = []
    for column in table.columns:
        values = python_values(column)
        if column.type == _WHOLE:
            values = [None if value is None else int(str(value)) for value in values]
        columns.append(values)
    return list(zip(*columns, strict=True))


def _members(facts: Facts, level: LevelModel) -> list[object]:
    """Return some members of a level, always the same ones."""
    found = [path[0] for path in facts.paths([level], [])]
    return sorted(found, key=lambda member: (member is None, repr(member)))[:_MEMBERS]


def _without_second_way(model: CubeModel) -> dict[str, str]:
    """Return the measures that hang on a Python function, which sees all cells at once."""
    why = "a Python function sees all cells at once"
    return {
        name: why
        for name, measure in model.measures.items()
        if any(isinstance(node, Applied) for node in _nodes(measure.expression, model))
    }


def _nodes(node: MeasureExpression, model: CubeModel) -> Iterator[MeasureExpression]:
    yield node
    if isinstance(node, Named):
        yield from _nodes(model.measures[node.name].expression, model)
    for each in inputs(node):
        yield from _nodes(each, model)
