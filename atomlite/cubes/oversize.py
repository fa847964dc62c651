"""What to say of a query with too many cells: how many, where they come from, and what would fit.

Counting is bounded in time, too: what was not counted in time is not told.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING

from atomlite.cubes.planning.conditions import conjuncts, has_measures
from atomlite.cubes.planning.plan import Plan, plan
from atomlite.engine.cursors import TimeLimit
from atomlite.errors import AtomliteError, DeadlineExceeded, OperationCancelled, TooManyCells
from atomlite.expressions.conditions import Condition

if TYPE_CHECKING:
    from atomlite.cubes.query import Query
    from atomlite.engine.snapshots import Snapshot
    from atomlite.measures.coordinates import LevelKey
    from atomlite.tables.catalogs import Catalog
    from atomlite.types import View

_SECONDS = 5.0
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
    query: Query, planned: Plan, snapshot: Snapshot[Catalog], view: View, most: int
) -> TooManyCells:
    """Return the error for a query that has more cells than the session allows.

    Args:
        query: What was asked.
        planned: Its plan.
        snapshot: The instant of the data.
        view: What the reader may see.
        most: Most cells.
    """
    counting = _Counting(planned, snapshot, view)
    found = None if snapshot.writes else counting.cells(query)
    members = {
        level.key.name: count
        for level in planned.axis
        if (count := counting.cells(_members(query, level.key))) is not None
    }
    advice = _advice(query, planned, counting, most)
    cells = f"more than {most:,}" if found is None else f"{found:,}"
    listed = ", ".join(f'"{name}" {count:,}' for name, count in members.items())
    return TooManyCells(
        f"The result has {cells} cells, and the limit is {most:,}."
        + (f" Members: {listed}." if listed else ""),
        hint=f"{advice or 'Ask for fewer levels or filter them'}, or raise `limits.cube_cells`.",
        details={"cells": found, "limit": most, "members": members},
    )


class _Counting:
    """Counts the cells of queries until the time is over.

    A failed count would undo a data transaction, so that nothing is counted in one.
    """

    def __init__(self, planned: Plan, snapshot: Snapshot[Catalog], view: View) -> None:
        self._model = planned.model
        self._snapshot = snapshot
        self._view = view
        self._end = monotonic() + _SECONDS
        self._over = snapshot.writes

    def cells(self, query: Query) -> int | None:
        """Return the number of rows of a query's result; ``None`` where it cannot be told."""
        left = self._end - monotonic()
        if self._over or left <= 0:
            return None
        bare = replace(query, measures=(), order_by=(), limit=None, ordered=False)
        try:
            statement = plan(bare, self._model, self._snapshot.state, self._view).statement
            counted = replace(statement, text=f"SELECT count(*) FROM (\n{statement.text}\n)")  # noqa: S608 -- a plan's text
            limit = TimeLimit(left, "Counting cells", "limits.cube_seconds")
            return int(str(self._snapshot.rows(counted, limit)[0][0]))
        except OperationCancelled:
            raise
        except DeadlineExceeded:
            self._over = True  # the snapshot is of no use after a query that was stopped
            return None
        except AtomliteError:  # a smaller query may lack a level that a condition is about
            return None


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
