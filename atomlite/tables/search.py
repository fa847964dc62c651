"""Which rows and columns of a table are wanted, and the statement that finds them. Pure.

`Search` is the one value behind `Table.query` and every search over HTTP; `plan` is the one place
that turns it into SQL, with the reader's `View` applied.

>>> from atomlite.tables.schemas import table_schema
>>> schema = table_schema("Sales", {"Day": "date", "Quantity": "int64"}, keys={"Day"})
>>> plan(Search(("Quantity",), limit=2), schema, EVERYTHING).text
'SELECT "Quantity" FROM _atomlite_rows."Sales" ORDER BY "Day" NULLS LAST LIMIT ?'
"""

# ruff: noqa: S608 -- names come quoted, values as parameters

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import SupportsIndex

from atomlite.errors import ColumnNotFound, InvalidArgument
from atomlite.expressions.columns import Column, Ordering
from atomlite.expressions.conditions import Condition
from atomlite.expressions.rendering import columns_of, render
from atomlite.sql import Statement, quote, quote_all
from atomlite.tables.definitions import rows_of
from atomlite.tables.schemas import TableSchema
from atomlite.types import EVERYTHING, View

__all__ = ["EVERYTHING", "Search", "plan", "plan_drop"]

_MOST_ROWS = 2**63


@dataclass(frozen=True, slots=True)
class Search:
    """Some rows and columns of one table.

    Args:
        columns: Names of the columns, in order.
        filter: Rows for which it holds; ``None`` for all.
        order_by: What to sort by, first things first. Ties follow the keys, or the order in which
            the rows were loaded.
        offset: Rows to leave out at the start.
        limit: Most rows to return; ``None`` for all.
        ordered: Whether to sort at all when nothing is asked for; always with offset or limit.
    """

    columns: tuple[str, ...]
    filter: Condition | None = None
    order_by: tuple[Ordering, ...] = ()
    offset: int = 0
    limit: int | None = None
    ordered: bool = False

    def __post_init__(self) -> None:
        """Refuse numbers out of range."""
        object.__setattr__(self, "offset", whole("offset", self.offset, "0 or more"))
        if self.limit is not None:
            limit = whole("limit", self.limit, "0 or more, or None for all rows")
            object.__setattr__(self, "limit", limit)


def whole(name: str, value: object, expected: str) -> int:
    """Return a number of rows as a plain integer, also one of NumPy."""
    number = operator.index(value) if isinstance(value, SupportsIndex) else -1
    if not 0 <= number < _MOST_ROWS:
        raise InvalidArgument(name, value, expected)
    return number


def plan(search: Search, schema: TableSchema, view: View) -> Statement:
    """Return the statement for a search.

    Args:
        search: What is wanted.
        schema: The table.
        view: What the reader may see: rows outside of it do not exist, nor do hidden columns.

    Raises:
        ColumnNotFound: A column that the table lacks, or that is hidden.
        InvalidArgument: A column of another table.
    """
    visible = [name for name in schema.names if name not in view.hidden_columns]
    for name in search.columns:
        _check_visible(name, schema, visible)
    for expression in (search.filter, *search.order_by):
        if expression is not None:
            for column in columns_of(expression):
                _check_column(column, schema, visible)
    where, parameters = _where((search.filter, view.condition))
    text = f"SELECT {quote_all(search.columns)} FROM {rows_of(schema.name)}{where}"
    if search.ordered or search.order_by or search.offset or search.limit is not None:
        order, values = _order(search.order_by, schema)
        text += f" ORDER BY {order}"
        parameters += values
    if search.limit is not None:
        text += " LIMIT ?"
        parameters += (search.limit,)
    if search.offset:
        text += " OFFSET ?"
        parameters += (search.offset,)
    return Statement(text, parameters, "SELECT", schema.name)


def plan_drop(condition: Condition | None, schema: TableSchema) -> Statement:
    """Return the statement that deletes the rows for which a condition holds; ``None`` for all."""
    if condition is not None:
        for column in columns_of(condition):
            _check_column(column, schema, schema.names)
    where, parameters = _where((condition,))
    text = f"DELETE FROM {rows_of(schema.name)}{where}"
    return Statement(text, parameters, "DELETE", schema.name)


def _where(conditions: Iterable[Condition | None]) -> tuple[str, tuple[object, ...]]:
    parts: list[str] = []
    parameters: tuple[object, ...] = ()
    for condition in conditions:
        if condition is not None:
            part, values = render(condition, _column_sql)
            parts.append(f"({part})")
            parameters += values
    return (f" WHERE {' AND '.join(parts)}" if parts else ""), parameters


def _order(order_by: tuple[Ordering, ...], schema: TableSchema) -> tuple[str, tuple[object, ...]]:
    parts: list[str] = []
    parameters: tuple[object, ...] = ()
    for ordering in order_by:
        part, values = render(ordering, _column_sql)
        parts.append(part)
        parameters += values
    sorted_by = {o.operand.name for o in order_by if isinstance(o.operand, Column)}
    parts += [f"{quote(name)} NULLS LAST" for name in schema.ordering if name not in sorted_by]
    return ", ".join(parts), parameters


def _column_sql(column: Column) -> str:
    return quote(column.name)


def _check_visible(name: str, schema: TableSchema, visible: Sequence[str]) -> None:
    if name not in visible:
        raise ColumnNotFound(name, table=schema.name, known=visible)


def _check_column(column: Column, schema: TableSchema, visible: Sequence[str]) -> None:
    """Refuse a column of another table, or of an older one of the same name."""
    if column.table != schema.name:
        expected = f'about columns of "{schema.name}"'
        raise InvalidArgument("the condition or order", repr(column), expected)
    _check_visible(column.name, schema, visible)
    data_type = schema.column(column.name).data_type
    if column.data_type != data_type:
        expected = f'made with the column as it is now, {data_type}: table["{column.name}"]'
        raise InvalidArgument("the condition or order", repr(column), expected)
