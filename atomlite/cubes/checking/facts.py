"""The facts of one cell, asked for one at a time with the plainest SQL there is.

This is the second way to a number, for `verify` and for the facts of a cell: it shares nothing with
`atomlite.cubes.planning` but the text of conditions, groups nothing, and joins everything that a
condition or operand names.
"""

# ruff: noqa: S608 -- names come quoted, values as parameters

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from atomlite.cubes.checking.signals import NotChecked
from atomlite.cubes.joins import join_tree
from atomlite.data_types.storage import sql_type
from atomlite.data_types.values import parameter, placeholder
from atomlite.expressions.columns import Column, Operand, Reference
from atomlite.expressions.comparing import compare_operands
from atomlite.expressions.rendering import references_of, render
from atomlite.measures.coordinates import LevelOperand
from atomlite.sql import Statement, quote
from atomlite.tables.definitions import rows_of
from atomlite.tables.schemas import ROW_NUMBER

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel, LevelModel
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.coordinates import LevelKey
    from atomlite.tables.catalogs import Catalog

Ask: TypeAlias = "Callable[[Statement], list[tuple[object, ...]]]"
"""Runs a statement and returns its rows."""

Sql: TypeAlias = tuple[str, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Member:
    """A condition on facts: a level has this member, null included.

    Args:
        level: Which level.
        value: The member.
    """

    level: LevelKey
    value: object


FactCondition: TypeAlias = "Condition | Member"


class Facts:
    """The facts of a cube.

    Args:
        model: The cube.
        catalog: The tables.
        ask: Runs statements, all at one instant.
    """

    def __init__(self, model: CubeModel, catalog: Catalog, ask: Ask) -> None:
        self._model = model
        self._catalog = catalog
        self.ask = ask
        self._tree = join_tree(model.fact, catalog)
        self._alias = {table: f"t{index}" for index, table in enumerate(self._tree.tables)}

    def paths(
        self, levels: Sequence[LevelModel], conditions: Iterable[FactCondition]
    ) -> list[tuple[object, ...]]:
        """Return the different members of some levels, together, among facts with conditions."""
        if not levels:
            return [()] if self.count(conditions) else []
        wanted = [self._sql(level.operand) for level in levels]
        text, values, _ = self._rows(conditions, [level.operand for level in levels])
        head = ", ".join(text for text, _ in wanted)
        bound = tuple(value for _, values in wanted for value in values)
        return self.ask(Statement(f"SELECT DISTINCT {head} {text}", bound + values))

    def count(self, conditions: Iterable[FactCondition]) -> int:
        """Return the number of facts with conditions, each once."""
        text, values, distinct = self._rows(conditions, [])
        identity = self._identity(self._model.fact)
        rows = f"SELECT {distinct}{identity} {text}"
        return int(str(self.ask(Statement(f"SELECT count(*) FROM ({rows})", values))[0][0]))

    def source(
        self,
        operands: Sequence[Operand],
        conditions: Iterable[FactCondition],
        partner: str | None = None,
    ) -> Sql:
        """Return a query with a row for each fact, or row of a partner table, with conditions.

        Its columns are ``x0``, ``x1``...: the operands, after ``i0``, ...: what tells rows apart.

        Args:
            operands: What the columns hold.
            conditions: About levels.
            partner: The joined table whose rows count, each once; ``None`` for the facts.
        """
        text, values, distinct = self._rows(conditions, operands)
        table = self._model.fact if partner is None else partner
        identity = self._identity(table)
        wanted = [self._sql(operand) for operand in operands]
        columns = ", ".join(f"{text} AS x{index}" for index, (text, _) in enumerate(wanted))
        bound = tuple(value for _, values in wanted for value in values)
        there = "" if partner is None else f" AND {identity.split(' AS i0')[0]} IS NOT NULL"
        if partner is not None:
            distinct = "DISTINCT "
        rows = f"SELECT {distinct}{identity}{', ' if columns else ''}{columns} {text}{there}"
        return f"({rows})", bound + values

    def listed(
        self, operands: Sequence[Operand], conditions: Iterable[FactCondition], limit: int | None
    ) -> Statement:
        """Return the query for the operands of each fact with conditions, always the same ones.

        Args:
            operands: What the columns hold.
            conditions: About levels.
            limit: Most rows; ``None`` for all.
        """
        text, values = self.source(operands, conditions)
        keys = self._catalog.table(self._model.fact).schema.keys or (ROW_NUMBER,)
        columns = ", ".join(f"x{index}" for index in range(len(operands)))
        order = ", ".join(f"i{index}" for index in range(len(keys)))
        most = "" if limit is None else f" LIMIT {int(limit)}"
        rows = f"SELECT {columns} FROM {text} ORDER BY {order}{most}"
        return Statement(rows, values, table=self._model.fact)

    def smallest(self, level: LevelModel, column: Column) -> dict[object, object]:
        """Return the smallest value of a column for each member of a level, over its table."""
        table = rows_of(column.table)
        alias = self._alias[column.table]
        member, bound = self._sql(level.operand)
        text = f"SELECT {member}, min({alias}.{quote(column.name)}) FROM {table} AS {alias}"
        return {row[0]: row[1] for row in self.ask(Statement(f"{text} GROUP BY ALL", bound))}

    def looked_up(self, column: Column, keys: Mapping[str, object]) -> object:
        """Return a column of the row of any table with these keys; ``None`` where there is none."""
        schema = self._catalog.table(column.table).schema
        conditions = [f"{quote(n)} = {placeholder(schema.column(n).data_type)}" for n in keys]
        text = f"SELECT {quote(column.name)} FROM {rows_of(column.table)}"
        statement = Statement(f"{text} WHERE {' AND '.join(conditions)}", tuple(keys.values()))
        found = self.ask(statement)
        return found[0][0] if found else None

    def holds(self, condition: Condition, member: Callable[[LevelOperand], object]) -> bool | None:
        """Return whether a condition about levels holds for these members."""
        columns: list[str] = []
        bound: list[object] = []

        def named(reference: Reference) -> str:
            if not isinstance(reference, LevelOperand):
                raise NotChecked("a condition about other things than levels and measures")
            columns.append(f"CAST(? AS {sql_type(reference.data_type)}) AS l{len(columns)}")
            bound.append(parameter(member(reference), reference.data_type))
            return f"l{len(columns) - 1}"

        text, values = render(condition, named)
        rows = f"SELECT {text} FROM (SELECT {', '.join(columns) or 'TRUE'})"
        found = self.ask(Statement(rows, (*values, *bound)))[0][0]
        return None if found is None else bool(found)

    def _identity(self, table: str) -> str:
        keys = self._catalog.table(table).schema.keys or (ROW_NUMBER,)
        alias = self._alias[table]
        return ", ".join(f"{alias}.{quote(key)} AS i{index}" for index, key in enumerate(keys))

    def _sql(self, expression: Condition | Operand) -> Sql:
        bound: list[object] = []

        def named(reference: Reference) -> str:
            if isinstance(reference, LevelOperand):
                text, values = self._sql(self._model.level(reference.key).operand)
                bound.extend(values)
                return f"({text})"
            if not isinstance(reference, Column):
                raise NotChecked("a condition about other things than columns and levels")
            return f"{self._alias[reference.table]}.{quote(reference.name)}"

        text, values = render(expression, named)
        if bound:
            raise NotChecked("a condition about a level that is calculated with constants")
        return text, values

    def _rows(
        self, conditions: Iterable[FactCondition], operands: Sequence[Operand]
    ) -> tuple[str, tuple[object, ...], str]:
        """Return rows of facts with all that is joined, their values, and what makes them single.

        That is ``DISTINCT``, or nothing where a fact has one partner at most in each table.
        """
        parts: list[Sql] = []
        expressions: list[Condition | Operand] = list(operands)
        if self._model.filter is not None:
            parts.append(self._sql(self._model.filter))
            expressions.append(self._model.filter)
        for condition in conditions:
            if isinstance(condition, Member):
                level = self._model.level(condition.level)
                text, values = self._sql(level.operand)
                mark = placeholder(level.data_type)
                value = parameter(condition.value, level.data_type)
                parts.append((f"({text}) IS NOT DISTINCT FROM {mark}", (*values, value)))
                expressions.append(level.operand)
            else:
                parts.append(self._sql(condition))
                expressions.append(condition)
        tables = self._tables(expressions)
        joins = self._joins(tables)
        distinct = "DISTINCT " if any(map(self._tree.is_many, tables)) else ""
        where = " AND ".join(f"({text})" for text, _ in parts) or "TRUE"
        bound = tuple(value for _, values in parts for value in values)
        return f"{joins} WHERE {where}", bound, distinct

    def _tables(self, expressions: Iterable[Condition | Operand]) -> set[str]:
        found: set[str] = set()
        for expression in expressions:
            for reference in references_of(expression):
                if isinstance(reference, LevelOperand):
                    found |= self._tables([self._model.level(reference.key).operand])
                elif isinstance(reference, Column):
                    found.add(reference.table)
        return found

    def _joins(self, tables: set[str]) -> str:
        needed = {side.table for table in tables for side in self._tree.path(table)}
        texts = [f"FROM {rows_of(self._model.fact)} AS {self._alias[self._model.fact]}"]
        for side in self._tree.sides:
            if side.table in needed:
                source = self._catalog.table(side.parent).schema
                target = self._catalog.table(side.table).schema
                equal = [
                    compare_operands(
                        Column(side.parent, ours, source.column(ours).data_type),
                        "==",
                        Column(side.table, theirs, target.column(theirs).data_type),
                    )
                    for ours, theirs in side.link.pairs
                ]
                on = " AND ".join(self._sql(condition)[0] for condition in equal)
                texts.append(
                    f"LEFT JOIN {rows_of(side.table)} AS {self._alias[side.table]} ON {on}"
                )
        return " ".join(texts)
