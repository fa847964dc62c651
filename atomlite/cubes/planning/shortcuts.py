"""Ways to make cells from fewer rows than the facts have. Pure.

One reads aggregate tables, the other aggregates facts by what they are joined by before they are
joined. Both read rows that stand for several facts each, so they only serve aggregates that can be
made of aggregates.
"""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from atomlite.cubes.planning.conditions import levels_in
from atomlite.cubes.planning.grains import Cells, Scan
from atomlite.cubes.planning.needs import Needs, restrictions
from atomlite.cubes.planning.partials import AggregateTable, aggregate_table, partials_of
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand
from atomlite.sql import quote
from atomlite.tables.definitions import rows_of

if TYPE_CHECKING:
    from atomlite.cubes.planning.compiler import Compiler
    from atomlite.cubes.planning.contexts import Context
    from atomlite.expressions.columns import Reference

MANY_FACTS = 100_000
"""Rows of a fact table from which on it pays to look at its joins more closely."""
_TIMES_MORE = 10


def shorter(
    compiler: Compiler,
    context: Context,
    unexpressed: tuple[HierarchyKey, ...],
    needs: Needs,
    cells: Cells,
) -> tuple[Scan, Cells] | None:
    """Return what to read in the place of the facts, and how; ``None`` where there is no better.

    Args:
        compiler: What the query is planned with.
        context: The conditions in force.
        unexpressed: The slicing hierarchies that stay at their first member.
        needs: The aggregates, of facts.
        cells: The cells to make.
    """
    if any(name not in cells.again for name in cells.aggregates):
        return None
    for aggregate in compiler.aggregates:
        table = aggregate_table(aggregate, compiler.model)
        columns = _columns(compiler, table, needs)
        levels = [*cells.used, *_levels_about(context, needs)]
        levels += [compiler.hierarchy(key).levels[0].key for key in unexpressed]
        if context.visible:
            levels += compiler.seen(context.visible).levels
        if columns is not None and all(level in table.levels for level in levels):
            compiler.sources[aggregate.name] = None
            compiler.scope.read_aggregate(aggregate.name)
            return _of_table(compiler, context, unexpressed, needs, cells, table, columns)
    if not unexpressed and not context.visible:
        return _joined_late(compiler, context, needs, cells)
    return None


def _levels_about(context: Context, needs: Needs) -> list[LevelKey]:
    conditions = [*context.conditions, *(each for _, each in needs.conditions.values())]
    return [level for condition in conditions for level in levels_in(condition)]


# ---- aggregate tables --------------------------------------------------------------------------


def _columns(compiler: Compiler, table: AggregateTable, needs: Needs) -> dict[str, str] | None:
    """Return the column that holds the parts of each aggregate; ``None`` if one is not held."""
    found = {}
    for name, (node, number, _) in needs.made_of.items():
        partials = partials_of(node, compiler.model)
        column = partials and table.partials.get(partials[number].key(compiler.model))
        if not column:
            return None
        found[name] = column
    return found


def _of_table(
    compiler: Compiler,
    context: Context,
    unexpressed: Iterable[HierarchyKey],
    needs: Needs,
    cells: Cells,
    table: AggregateTable,
    columns: dict[str, str],
) -> tuple[Scan, Cells]:
    """Return how to read an aggregate table."""

    def named(reference: Reference) -> str:
        assert isinstance(reference, LevelOperand)  # noqa: S101 -- of conditions about levels
        return table.levels[reference.key]

    def level_sql(level: LevelKey) -> str:
        return table.levels[level]

    rendered = compiler.binder.rendered
    texts = [f"({rendered(condition, named)})" for condition in context.conditions]
    texts += restrictions(compiler, context, unexpressed, level_sql).texts
    read = {cells.keys[level]: table.levels[level] for level in cells.used}
    read |= {column: column for column in columns.values()}
    read |= {name: rendered(each, named) for name, each in needs.conditions.values()}
    aggregates = {}
    for name, (_, _, passes) in needs.made_of.items():
        filtered = f" FILTER (WHERE {passes})" if passes else ""
        aggregates[name] = f"{cells.again[name]}({columns[name]}){filtered}"
    return Scan(table.source, tuple(texts), read), replace(cells, aggregates=aggregates)


# ---- facts aggregated before they are joined ----------------------------------------------------


def _joined_late(
    compiler: Compiler, context: Context, needs: Needs, cells: Cells
) -> tuple[Scan, Cells] | None:
    """Return facts aggregated by the columns of one join, if all levels are behind it.

    A left join of all facts takes the engine several times as long; where every fact has a partner,
    an inner join is faster still.
    """
    scope = compiler.scope
    fact = scope.tree.fact
    levels = [compiler.level(level).operand for level in cells.used]
    tables = scope.tables_of(levels)
    sides = scope.with_parents(tables)
    direct = [side for side in sides if side.parent == fact]
    if fact in tables or len(direct) != 1 or all(map(scope.matches, sides)):
        return None
    if scope.completed(direct[0]) is not None:
        return None
    rows = scope.row_count(fact)
    if scope.is_many(tables) or rows < max(
        MANY_FACTS, _TIMES_MORE * scope.row_count(direct[0].table)
    ):
        return None
    inside = [each for _, each in (*needs.operands.values(), *needs.conditions.values())]
    conditions = [*scope.fact_conditions(), *context.conditions]
    of_facts = [each for each in conditions if scope.tables_of([each]) <= {fact}]
    others = [each for each in conditions if not scope.tables_of([each]) <= {fact}]
    behind = scope.tables_of(others)
    if not scope.tables_of(inside) <= {fact} or fact in behind:
        return None
    if not {side.table for side in scope.with_parents(behind)} <= {side.table for side in sides}:
        return None
    keys = [quote(ours) for ours, _ in direct[0].link.pairs]
    read = {key: f"t0.{key}" for key in keys}
    read |= {name: sql for sql, (name, _) in needs.operands.items()}
    read |= {name: sql for sql, (name, _) in needs.conditions.items()}
    where = tuple(f"({scope.sql(condition)})" for condition in of_facts)
    facts = Scan(f"{rows_of(fact)} AS t0", where, read).rows(with_identity=False)
    made = "".join(f", {sql} AS {name}" for name, sql in cells.aggregates.items())
    grouped = ", ".join(dict.fromkeys(keys))
    source = scope.from_clause(
        tables, f"(SELECT {grouped}{made} FROM ({facts}) GROUP BY {grouped})"
    )
    columns = {cells.keys[level]: scope.sql(compiler.level(level).operand) for level in cells.used}
    columns |= {name: f"t0.{name}" for name in cells.aggregates}
    late = tuple(f"({scope.sql(condition)})" for condition in others)
    again = {name: f"{cells.again[name]}({name})" for name in cells.aggregates}
    return Scan(source, late, columns), replace(cells, aggregates=again)
