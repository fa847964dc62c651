"""One number of a result: what it is made of, and the facts behind it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import compute

from atomlite.cubes.checking.places import conjuncts, is_about_levels
from atomlite.cubes.model import DEPTH
from atomlite.cubes.names import level_named, measure_named
from atomlite.cubes.query import Query
from atomlite.cubes.references import names_in
from atomlite.cubes.results.behind import Behind, rows_behind
from atomlite.data_types.values import is_null, located
from atomlite.errors import CellNotFound, InvalidArgument, InvalidQuery, names_listed
from atomlite.expressions.conditions import text_of

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.cubes.model import CubeModel, LevelModel
    from atomlite.cubes.running import Answer
    from atomlite.measures.coordinates import LevelKey

_MOST_LISTED = 10


@dataclass(frozen=True, slots=True, eq=False)
class Cell:
    """One number of a result. Made by `CubeResult.cell`.

    Attributes:
        measure: Name of the measure.
        coordinates: The member of each level that it expresses, ancestors included.
        value: The number, or text; ``None`` is null.
    """

    measure: str
    coordinates: dict[LevelKey, object]
    value: Any
    _behind: Behind

    def explain(self) -> CellExplanation:
        """Return how it comes about: formula, filters, coordinates, SQL, number of facts."""
        behind = self._behind
        model = behind.answer.model
        return CellExplanation(
            self.measure,
            self.value,
            {key.name: member for key, member in self.coordinates.items()},
            formulas(self.measure, model),
            tuple(map(repr, behind.filters)),
            behind.answer.plan.statement.text,
            behind.count(),
        )

    def rows(self, limit: int | None = 1000) -> pd.DataFrame:
        """Return the facts of the cell, and add all of them up again.

        The columns are those of the fact table, and those of joined tables that the measure and
        the levels use, as ``table.column``. What `al.filter` leaves out of the whole measure is
        left out here. ``attrs["check"]`` says what adding up gave; where that is not the value of
        the cell, it comes as a warning too. A measure that looks at other cells, such as a shift,
        or takes the facts of one day, such as a closing stock, is not made of just these facts: a
        `RowsLeftOutWarning` says so. Facts that changed since the result was made come as they are
        now, with a `DataMovedWarning`.

        Args:
            limit: Most rows; ``None`` for all. Where the cell has more, a `RowsLeftOutWarning` says
                how many; all of them are added up.

        Raises:
            InvalidArgument: ``limit`` is no such number.
            InvalidQuery: The cell is a total of ``totals="visible"``, which facts do not show.
        """
        whole = isinstance(limit, int) and not isinstance(limit, bool)
        if limit is not None and not (whole and limit >= 1):
            raise InvalidArgument("limit", limit, "a number of rows, 1 or more, or None for all")
        return rows_behind(self._behind, self.value, limit)

    def __repr__(self) -> str:
        """Return measure, coordinates and value."""
        return f"{self.measure} at {_at(self.coordinates)}: {text_of(self.value)}"


@dataclass(frozen=True, slots=True)
class CellExplanation:
    """How a number of a result comes about.

    Attributes:
        measure: Name of the measure.
        value: The number.
        coordinates: Member by name of level.
        formulas: The measure, and the measures that it is made of, as they were written.
        filters: The conditions about levels that hold for its facts besides: those of the query,
            and those of `al.filter` that hold for the whole measure.
        statement: The SQL that gave the result.
        facts: Number of facts of the cell at the moment; ``None`` for a total of
            ``totals="visible"``, which is not counted.
    """

    measure: str
    value: object
    coordinates: dict[str, object]
    formulas: dict[str, str]
    filters: tuple[str, ...]
    statement: str
    facts: int | None

    def __repr__(self) -> str:
        """Return all of it, one line each."""
        at = ", ".join(f"{name} {text_of(member)}" for name, member in self.coordinates.items())
        facts = "not counted" if self.facts is None else f"{self.facts:,}"
        lines = [
            f"{self.measure} at {at or 'the grand total'}: {text_of(self.value)}",
            *(f"  {name} = {formula}" for name, formula in self.formulas.items()),
            f"  filters: {' & '.join(self.filters) or 'none'}",
            f"  facts: {facts}",
            "  SQL of the whole query:",
            textwrap.indent(self.statement, "    "),
        ]
        return "\n".join(lines)


def cell(answer: Answer, measure: object, coordinates: Mapping[Any, object]) -> Cell:
    """Return one cell of a result, or of the same query with other levels.

    Args:
        answer: The result, and what it came from.
        measure: A measure of the cube.
        coordinates: The member of each level; of levels left out, the total. Ancestors may be left
            out where the member has one parent only.

    Raises:
        CellNotFound: There is no such cell, because no facts lie there, or because the query left
            it out.
        InvalidQuery: Several members of that name have different parents.
        WrongType: A member is of another type than the level.
    """
    model = answer.model
    name = measure_named(measure, model).name
    if not isinstance(coordinates, Mapping):
        raise InvalidArgument("coordinates", coordinates, "a mapping from levels to members")
    given = {level_named(each, model).key: member for each, member in coordinates.items()}
    wanted = _deepest(given, model)
    found = answer
    if not _has(answer, name, wanted):
        found = answer.ask(_query_for(answer.query, name, wanted))
    members, value = _only(found, name, given, wanted)
    return Cell(name, members, value, Behind(found, name, members))


def formulas(name: str, model: CubeModel) -> dict[str, str]:
    """Return the formula of a measure, and of each measure that it is made of."""
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        each = waiting.pop(0)
        if each not in found:
            expression = model.measures[each].expression
            found[each] = str(expression)
            waiting += sorted(names_in(expression))
    return found


def _deepest(given: Mapping[LevelKey, object], model: CubeModel) -> tuple[LevelKey, ...]:
    """Return all levels of a cell: those given, with their ancestors."""
    owners = dict.fromkeys(key.owner for key in given)
    levels: list[LevelKey] = []
    for owner in owners:
        depth = max(len(model.path(key)) for key in given if key.owner == owner)
        levels += [level.key for level in model.hierarchies[owner].levels[:depth]]
    return tuple(levels)


def _has(answer: Answer, measure: str, levels: tuple[LevelKey, ...]) -> bool:
    """Return whether a result has a measure in cells of some levels."""
    axis = [level.key for level in answer.plan.axis]
    count = len(levels)
    total = count < len(axis)
    there = set(axis[:count]) == set(levels) and (answer.query.include_totals or not total)
    return measure in answer.query.measures and there


def _query_for(query: Query, measure: str, levels: tuple[LevelKey, ...]) -> Query:
    """Return the query that has a cell which a result has not."""
    if query.totals == "visible":
        raise CellNotFound(
            "The result has no such cell, and its totals are of the visible cells alone.",
            hint="Ask the query again with these levels and `include_totals=True`.",
        )
    filters = [each for each in conjuncts(query.filter) if is_about_levels(each)]
    condition = None
    for each in filters:
        condition = each if condition is None else condition & each
    return Query((measure,), levels, condition)


def _only(
    answer: Answer, measure: str, given: Mapping[LevelKey, object], wanted: tuple[LevelKey, ...]
) -> tuple[dict[LevelKey, object], Any]:
    """Return members and value of the one row that has the given members."""
    axis = answer.plan.axis
    names = {
        level.key: column.name for level, column in zip(axis, answer.plan.columns, strict=False)
    }
    kept = answer.table.filter(
        compute.equal(answer.table[DEPTH], pa.scalar(len(wanted), answer.table[DEPTH].type))
    )
    for level in axis[: len(wanted)]:
        if level.key in given:
            kept = kept.filter(_is_member(kept[names[level.key]], given[level.key], level))
    shown = _at(given)
    if not kept.num_rows:
        raise CellNotFound(
            f"The result has no cell at {shown}.",
            hint="No fact that passes the filters lies there, or a condition about measures or the "
            "limit left the cell out.",
        )
    rows = kept.slice(0, _MOST_LISTED).to_pylist()
    if kept.num_rows > 1:
        paths = [" > ".join(text_of(row[names[key]]) for key in wanted) for row in rows]
        raise InvalidQuery(
            f"{kept.num_rows} cells are at {shown}: {names_listed(paths)}.",
            hint="Give the members of the levels above, too.",
        )
    return {key: rows[0][names[key]] for key in wanted}, rows[0][measure]


def _is_member(column: pa.ChunkedArray[Any], member: object, level: LevelModel) -> Any:  # noqa: ANN401 -- an Arrow array
    """Return which values of a column are a member."""
    if is_null(member):
        return compute.is_null(column)
    place = located(member, level.data_type, column=level.key.name)
    if not place.exact:
        return pa.array([False] * len(column))
    if isinstance(member, float) and member != member:  # noqa: PLR0124 -- NaN alone differs
        return compute.is_nan(column)
    return compute.equal(column, pa.scalar(member, column.type))


def _at(coordinates: Mapping[LevelKey, object]) -> str:
    texts = [f"{key.name} {text_of(member)}" for key, member in coordinates.items()]
    return ", ".join(texts) or "the grand total"
