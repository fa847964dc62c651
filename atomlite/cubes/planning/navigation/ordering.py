"""The order of the members of a level, as SQL. Pure.

Where the values of the members are in order themselves (numbers, dates), windows and ``ORDER BY``
take them. Elsewhere the distinct members, which are few, get a position each.

Text is in natural order: a run of the digits 0 to 9 counts as a number, all else by code point, and
texts that are equal so far ("7" and "07") in plain order.
"""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from atomlite.cubes.model import ColumnOrder, CustomOrder, LevelModel
from atomlite.data_types.storage import sql_type
from atomlite.data_types.values import is_null, located
from atomlite.expressions.columns import Column
from atomlite.expressions.rendering import columns_of
from atomlite.sql import quote

if TYPE_CHECKING:
    from atomlite.cubes.planning.compiler import Compiler
    from atomlite.cubes.planning.frames import Frame
    from atomlite.expressions.columns import Reference
    from atomlite.measures.coordinates import HierarchyKey, LevelKey

Bind: TypeAlias = Callable[[object], str]
"""Keeps a value of a statement and returns the placeholder for it."""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What to order the cells of a frame by.

    Args:
        terms: Terms of an ``ORDER BY``, the most important first.
        layer: The lowest layer of the frame that has all they need.
        over: The lowest layer over which a window that needs them can be added.
    """

    terms: tuple[str, ...]
    layer: int
    over: int = 0


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of members that the cube's facts have, and their order.

    Args:
        relation: A relation with a row for each path.
        columns: Its columns with the members, from the top level down.
        terms: What to order its rows by.
    """

    relation: str
    columns: tuple[str, ...]
    terms: tuple[str, ...]


_SHORT = 10  # runs of fewer digits need one digit for their length


def order_terms(frame: Frame, level: LevelKey) -> Ordered:
    """Return what to order cells by so that they are in the order of a level; null is last."""
    model = frame.compiler.level(level)
    member = frame.key(level)
    if is_plain(model):
        return Ordered((plain_term(model, member),), 0)
    known = frame.orders.get(level)
    if known is None:
        source = f"(SELECT {member} AS m FROM {frame.relation(0)})"
        place = frame.compiler.fresh("j")
        select, on = _places(frame.compiler, model, source, member, place)
        layer = frame.join_places(select, on)
        known = frame.orders[level] = Ordered((f"{place} NULLS LAST",), layer)
    return known


def paths(compiler: Compiler, hierarchy: HierarchyKey, depth: int) -> Paths:
    """Return the paths of the first levels of a hierarchy, for all facts of the cube."""
    members = compiler.members(hierarchy, depth)
    relation, terms = members.relation, []
    for level, column in zip(
        compiler.hierarchy(hierarchy).levels[:depth], members.columns, strict=True
    ):
        if is_plain(level):
            terms.append(plain_term(level, column))
            continue
        source = f"(SELECT {column} AS m FROM {members.relation})"
        place = compiler.fresh("j")
        select, on = _places(compiler, level, source, column, place)
        relation = f"{relation} LEFT JOIN {select} ON {on}"
        terms.append(f"{place} NULLS LAST")
    return Paths(relation, members.columns, tuple(terms))


def _places(
    compiler: Compiler, level: LevelModel, source: str, member: str, place: str
) -> tuple[str, str]:
    """Return a relation with the position of each member, and how it is joined."""
    ordered_by = _values_beside(compiler, level)
    relation = compiler.define(
        positions(level, source, compiler.binder.bind, ordered_by=ordered_by)
    )
    found = compiler.fresh("j")
    select = f"(SELECT m AS {found}, p AS {place} FROM {relation})"
    return select, f"{found} = {member}"


def _values_beside(compiler: Compiler, level: LevelModel) -> str | None:
    """Return the values of the column that orders a level, beside its members."""
    order = level.order
    if not isinstance(order, ColumnOrder):
        return None
    member = compiler.binder.rendered(level.operand, _name)
    (table,) = {column.table for column in columns_of(level.operand)}
    rows = compiler.table_rows(table)
    return f"(SELECT {member} AS m, {quote(order.column.name)} AS v FROM {rows})"


def _name(reference: Reference) -> str:
    assert isinstance(reference, Column)  # noqa: S101 -- levels are made of columns
    return quote(reference.name)


def is_plain(level: LevelModel) -> bool:
    """Return whether the members themselves are in the level's order, but for its direction.

    >>> from atomlite.measures.coordinates import LevelKey
    >>> from atomlite.expressions.columns import Column
    >>> year = Column("Days", "Year", pa.int16())
    >>> is_plain(LevelModel(LevelKey("Days", "Year", "Year"), year, year.data_type))
    True
    """
    order = level.order
    if isinstance(order, CustomOrder | ColumnOrder):
        return False
    return not pa.types.is_string(level.data_type)


def plain_term(level: LevelModel, member: str) -> str:
    """Return what to order by where `is_plain`.

    Args:
        level: The level.
        member: SQL of its member.
    """
    return f"{member} {_direction(level)} NULLS LAST"


def positions(level: LevelModel, members: str, bind: Bind, *, ordered_by: str | None = None) -> str:
    """Return the SELECT of a relation with a row for each member that is not null.

    Its columns are ``m``, the member, and ``p``, its position from 1.

    Args:
        level: The level.
        members: SQL of a relation with a column ``m``: members of the level, repeated or not.
        bind: Keeps values.
        ordered_by: For an order by another column: SQL of a relation with the columns ``m`` and
            ``v``, the values of that column beside the members.
    """
    source = f"SELECT DISTINCT m FROM {members} WHERE m IS NOT NULL"
    order = level.order
    terms = natural_terms("m", level.data_type)
    if isinstance(order, CustomOrder):
        source, terms = _listed(level, source, bind), ["q NULLS LAST", *terms]
    elif isinstance(order, ColumnOrder):
        values = f"SELECT m AS n, min(v) AS v FROM {ordered_by} GROUP BY ALL"
        source = f"SELECT * FROM ({source}) LEFT JOIN ({values}) ON n = m"
        terms = [f"v {_direction(level)} NULLS LAST", *terms]
    else:
        terms = [f"{term} {_direction(level)}" for term in terms]
    numbered = f"CAST(row_number() OVER (ORDER BY {', '.join(terms)}) AS INTEGER)"
    return f"SELECT m, {numbered} AS p FROM ({source})"


def natural_terms(member: str, data_type: pa.DataType) -> list[str]:
    """Return what to order by for the natural order, the smallest first; null is left out.

    Args:
        member: SQL of the member, a name: it is repeated.
        data_type: Its type.
    """
    if not pa.types.is_string(data_type):
        return [member]
    runs = f"list_transform(regexp_extract_all({member}, '[0-9]+|[^0-9]+'), lambda r: {_run('r')})"
    found = f"regexp_matches({member}, '[0-9]')"
    return [f"CASE WHEN {found} THEN array_to_string({runs}, '') ELSE {member} END", member]


def _run(run: str) -> str:
    """Return SQL that puts the number of digits before a run of digits, so that text compares.

    The length of a number is written after a "0", where any digit would be in the text; a length
    of two or more digits after a ":" and the length of the length.
    """
    digits = f"ltrim({run}, '0')"
    length = f"length({digits})"
    return (
        f"CASE WHEN {run} >= ':' OR {run} < '0' THEN {run}"
        f" WHEN {length} < {_SHORT} THEN '0' || {length} || {digits}"
        f" ELSE '0:' || length(CAST({length} AS VARCHAR)) || {length} || {digits} END"
    )


def _listed(level: LevelModel, source: str, bind: Bind) -> str:
    """Return a relation of members with their place in the custom order, null for the others."""
    order = level.order
    given = order.first_elements if isinstance(order, CustomOrder) else ()
    places = [
        located(element, level.data_type, column=level.key.name)
        for element in given
        if not is_null(element)
    ]
    elements = [place.value for place in places if place.exact]
    array = f"CAST({bind(elements)} AS {sql_type(level.data_type)}[])"
    listed = f"SELECT unnest({array}) AS n, unnest(range(len({array}))) AS q"
    once = f"SELECT n, min(q) AS q FROM ({listed}) GROUP BY n"
    return f"SELECT m, q FROM ({source}) LEFT JOIN ({once}) ON n = m"


def _direction(level: LevelModel) -> str:
    return "ASC" if getattr(level.order, "ascending", True) else "DESC"
