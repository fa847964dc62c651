"""The order of a search's rows: what was asked for, then what tells rows apart. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from atomlite.data_types.storage import is_nested
from atomlite.errors import InvalidArgument, InvalidSearch
from atomlite.expressions.columns import Column, Nulls
from atomlite.tables.schemas import ROW_NUMBER
from atomlite.tables.search.grouping import aggregate_sql
from atomlite.tables.search.scopes import Scope, Sql
from atomlite.tables.search.values import Search


@dataclass(frozen=True, slots=True)
class SortKey:
    """One thing that rows are sorted by.

    Args:
        sql: The expression.
        values: Values for its placeholders.
        data_type: The logical type.
        descending: Whether the greatest value comes first.
        nulls: Where nulls come.
        nullable: Whether there can be nulls.
        column: The own column that it is; ``None`` for others.
    """

    sql: str
    values: tuple[object, ...]
    data_type: pa.DataType
    descending: bool = False
    nulls: Nulls = "last"
    nullable: bool = True
    column: str | None = None

    @property
    def direction(self) -> str:
        """What follows the expression in ``ORDER BY``."""
        down = "DESC " if self.descending else ""
        return f"{down}NULLS {self.nulls.upper()}"


def sort_keys(search: Search, scope: Scope) -> tuple[SortKey, ...]:
    """Return what the rows are sorted by; all keys together are different in any two rows."""
    return _group_keys(search, scope) if search.grouped else _row_keys(search, scope)


def order_by(keys: tuple[SortKey, ...]) -> Sql:
    """Return the clause, empty without keys."""
    if not keys:
        return "", ()
    text = ", ".join(f"{key.sql} {key.direction}" for key in keys)
    return f" ORDER BY {text}", tuple(value for key in keys for value in key.values)


def check_resumable(keys: tuple[SortKey, ...]) -> None:
    """Refuse orders that a later page cannot go on with: by lists, structs and maps."""
    for key in keys:
        if is_nested(key.data_type):
            raise InvalidSearch(
                f"Rows sorted by a value of {key.data_type} cannot be paged by their last row.",
                hint="Sort by other columns, or page by offset.",
            )


def _row_keys(search: Search, scope: Scope) -> tuple[SortKey, ...]:
    keys: list[SortKey] = []
    seen: set[tuple[str, str]] = set()
    own = scope.own
    for ordering in search.order_by:
        operand, column = ordering.operand, None
        nullable = True
        if isinstance(operand, Column):
            side = scope.side(operand)
            if (side.name, operand.name) in seen:
                continue
            seen.add((side.name, operand.name))
            if side is own:
                column = operand.name
                nullable = own.schema.column(operand.name).nullable
        text, values = scope.render(operand)
        keys.append(
            SortKey(
                text if isinstance(operand, Column) else f"({text})",
                values,
                operand.data_type,
                ordering.descending,
                ordering.nulls,
                nullable,
                column,
            )
        )
    for name in own.schema.ordering:
        if (own.name, name) not in seen:
            data_type = pa.int64() if name == ROW_NUMBER else own.schema.column(name).data_type
            keys.append(SortKey(own.sql(name), (), data_type, nullable=False, column=name))
    return tuple(keys)


def _group_keys(search: Search, scope: Scope) -> tuple[SortKey, ...]:
    keys: dict[str, SortKey] = {}
    groups = {scope.render(column)[0]: column for column in search.group_by}
    aggregates = {aggregate.name: aggregate for aggregate in search.aggregates}
    for ordering in search.order_by:
        operand = ordering.operand
        if not isinstance(operand, Column):
            raise InvalidArgument("order_by", ordering, "by columns of `group_by` or aggregates")
        if operand.table == "" and operand.name in aggregates:
            text, data_type = aggregate_sql(aggregates[operand.name], scope)
        else:
            scope.side(operand)
            text, data_type = scope.render(operand)[0], operand.data_type
            if text not in groups:
                raise InvalidArgument("order_by", ordering, "by a column of `group_by`")
        key = SortKey(text, (), data_type, ordering.descending, ordering.nulls)
        keys.setdefault(text, key)
    for text, column in groups.items():
        keys.setdefault(text, SortKey(text, (), column.data_type))
    return tuple(keys.values())
