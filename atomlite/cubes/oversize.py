"""What to say of a query with too many cells: how many, where they come from, and what would fit.

Counting is bounded in time, too: what was not counted in time is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from atomlite.cubes.planning.conditions import conjuncts, has_measures
from atomlite.cubes.planning.plan import Plan, Stage, crossing, plan
from atomlite.engine.cursors import TimeLimit
from atomlite.errors import AtomliteError, DeadlineExceeded, OperationCancelled, TooManyCells
from atomlite.expressions.conditions import Condition

if TYPE_CHECKING:
    from atomlite.cubes.query import Query
    from atomlite.engine.snapshots import Snapshot
    from atomlite.measures.coordinates import LevelKey
    from atomlite.sql import Statement
    from atomlite.tables.catalogs import Catalog
    from atomlite.types import View

_MOST_TRIED = 8


@dataclass(frozen=True, slots=True)
class _Change:
    """A smaller query.

    Args:
        advice: What to do to get it.
        query: It.
    """

    advice: str
    query: Query


def too_many_cells(
    planned: Plan,
    snapshot: Snapshot[Catalog],
    view: View,
    *,
    most: int,
    seconds: float,
    found: int | None = None,
    stage: Stage | None = None,
) -> TooManyCells:
    """Return the error for a query that has more cells than the session allows.

    Args:
        planned: Its plan.
        snapshot: The instant of the data.
        view: What the reader may see.
        most: Most cells.
        seconds: How long counting may take.
        found: The number of cells, where it is known.
        stage: The Python measure that would get these cells, where it is one.
    """
    query = planned.query
    counting = _Counting(planned, snapshot, view, seconds)
    if stage is not None:
        found = counting.rows(stage.statement)
        result = counting.cells(query)
        if result is None or result <= most:
            return _too_many_for(stage, found, most)
    elif found is None:
        found = counting.cells(query)
    members = {
        level.key.name: count
        for level in planned.axis
        if (count := counting.cells(_members(query, level.key))) is not None
    }
    advice = _advice(query, planned, counting, most)
    cells = f"more than {most:,}" if found is None else f"{found:,}"
    listed = ", ".join(f'"{name}" {count:,}' for name, count in members.items())
    what = "The result has" if stage is None else f'The Python measure "{stage.measure}" needs'
    return TooManyCells(
        f"{what} {cells} cells, and the limit is {most:,}."
        + (f" Members: {listed}." if listed else ""),
        hint=f"{advice or 'Ask for fewer levels or filter them'}, or raise `limits.cube_cells`.",
        details={"cells": found, "limit": most, "members": members},
    )


def _too_many_for(stage: Stage, found: int | None, most: int) -> TooManyCells:
    """Return the error for a Python measure that looks at more cells than the result has."""
    cells = f"more than {most:,}" if found is None else f"{found:,}"
    return TooManyCells(
        f'The Python measure "{stage.measure}" needs {cells} cells, and the limit is {most:,}: '
        "it is calculated in other cells than those of the result.",
        hint="Filter the levels, give the scope around it fewer levels, or raise "
        "`limits.cube_cells`.",
        details={"cells": found, "limit": most, "measure": stage.measure},
    )


class _Counting:
    """Counts the cells of queries until the time is over.

    A failed count would undo a data transaction, so that nothing is counted in one.
    """

    def __init__(
        self, planned: Plan, snapshot: Snapshot[Catalog], view: View, seconds: float
    ) -> None:
        self._model = planned.model
        self._snapshot = snapshot
        self._view = view
        self._end = monotonic() + seconds
        self._over = snapshot.writes

    def cells(self, query: Query) -> int | None:
        """Return the number of rows of a query's result; ``None`` where it cannot be told."""
        bare = replace(query, measures=(), order_by=(), limit=None, ordered=False)
        state = self._snapshot.state
        try:
            crossed = None
            if bare.include_empty_rows:
                crossed = crossing(bare, self._model, state, self._view)
            if crossed is not None:
                counts = self._first_row(crossed.statement)
                return None if counts is None else crossed.cells(counts)
            return self.rows(plan(bare, self._model, state, self._view).statement)
        except OperationCancelled:
            raise
        except AtomliteError:  # a smaller query may lack a level that a condition is about
            return None

    def rows(self, statement: Statement) -> int | None:
        """Return the number of rows that a statement gives; ``None`` where it cannot be told."""
        counted = replace(statement, text=f"SELECT count(*) FROM (\n{statement.text}\n)")  # noqa: S608 -- a plan's text
        counts = self._first_row(counted)
        return None if counts is None else counts[0]

    def _first_row(self, statement: Statement) -> list[int] | None:
        left = self._end - monotonic()
        if self._over or left <= 0:
            return None
        try:
            limit = TimeLimit(left, "Counting cells", "limits.cube_seconds")
            return [int(str(count)) for count in self._snapshot.rows(statement, limit)[0]]
        except OperationCancelled:
            raise
        except DeadlineExceeded:
            self._over = True  # the snapshot is of no use after a query that was stopped
            return None
        except AtomliteError:  # a number of a condition may be too large
            return None


def cells_crossed(planned: Plan, snapshot: Snapshot[Catalog], view: View, limit: TimeLimit) -> int:
    """Return how many cells a query with empty rows combines, before it makes them.

    Args:
        planned: The plan of the query.
        snapshot: The instant of the data.
        view: What the reader may see.
        limit: How long counting the members may take.
    """
    crossed = crossing(planned.query, planned.model, snapshot.state, view)
    if crossed is None:
        return 0
    counts = snapshot.rows(crossed.statement, limit)[0]
    return crossed.cells([int(str(count)) for count in counts])


def _members(query: Query, level: LevelKey) -> Query:
    """Return the query for the members of one level, with their ancestors."""
    return replace(
        query,
        levels=(level,),
        filter=_about_levels(query.filter),
        include_totals=False,
        include_empty_rows=False,
        totals="all",
    )


def _about_levels(condition: Condition | None) -> Condition | None:
    found: Condition | None = None
    for each in conjuncts(condition):
        if not has_measures(each):
            found = each if found is None else found & each
    return found


def _advice(query: Query, planned: Plan, counting: _Counting, most: int) -> str:
    """Return the change that leaves most of the query and fits."""
    best: tuple[int, str] | None = None
    for number, change in enumerate(_changes(query, planned)):
        count = counting.cells(change.query) if number < _MOST_TRIED else None
        if count is not None and count <= most and (best is None or count > best[0]):
            best = (count, change.advice)
    if best is None:
        return ""
    return f"{best[1]} ({best[0]:,} cells)"


def _changes(query: Query, planned: Plan) -> Iterator[_Change]:
    """Return smaller queries, each one step away."""
    if query.include_empty_rows:
        yield _Change("Leave out the empty rows", replace(query, include_empty_rows=False))
    if query.include_totals:
        yield _Change("Leave out the totals", replace(query, include_totals=False))
    deepest = {level.key.owner: level for level in planned.axis}
    for owner, level in deepest.items():
        path = [each.key for each in planned.axis if each.key.owner == owner]
        others = tuple(key for key in query.levels if key.owner != owner)
        if len(path) > 1:
            place = next(i for i, key in enumerate(query.levels) if key.owner == owner)
            levels = (*others[:place], path[-2], *others[place:])
            advice = f'Ask for "{path[-2].name}" in place of "{level.key.name}"'
            yield _Change(advice, replace(query, levels=levels))
        name = f'"{level.key.name}"' if len(path) == 1 else f'the hierarchy "{owner.name}"'
        yield _Change(f"Leave out {name}", replace(query, levels=others))
