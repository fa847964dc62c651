"""What a cube is asked for: one pure value, made by `Cube.query` and from JSON alike."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.coordinates import Home, LevelKey

__all__ = ["Query", "QueryOrdering", "Totals"]

Totals: TypeAlias = Literal["all", "visible"]
"""What totals are of; see `Query`."""


@dataclass(frozen=True, slots=True)
class QueryOrdering:
    """One key that cells are ordered by; null is last.

    Args:
        by: A level of the query, or the name of a measure of the query.
        descending: Whether the greatest comes first.
        home: The cube of the measure that it was made of, if it was.
    """

    by: LevelKey | str
    descending: bool = False
    home: Home | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a cube.

    Args:
        measures: Names of measures, in the order of the columns; may be empty.
        levels: The levels whose members make the cells, in the order of the index; the ancestors
            of each come with it. None gives one cell, the grand total.
        filter: A condition about levels, measures or both; see `Cube.query`.
        include_totals: Whether there are totals over each trailing part of the index.
        totals: ``"all"``: of all facts that the conditions about levels let pass. ``"visible"``: of
            the facts of those cells that the conditions about measures and the limit leave.
        include_empty_rows: Whether there is a row for each combination of members, also where there
            are no facts.
        order_by: Orders the cells of the deepest level, before the order of their members.
        limit: Most cells of the deepest level; ``None`` for all.
        ordered: Whether rows are to come in order; `pretty` results and JSON are, raw ones not
            unless ``order_by`` or ``limit`` asks for it.
    """

    measures: tuple[str, ...]
    levels: tuple[LevelKey, ...] = ()
    filter: Condition | None = None
    include_totals: bool = False
    totals: Totals = "all"
    include_empty_rows: bool = False
    order_by: tuple[QueryOrdering, ...] = ()
    limit: int | None = None
    ordered: bool = True
