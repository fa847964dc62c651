"""Which columns a search may use, and what they are called in SQL. Pure.

A reader's `View` is applied here: a hidden column does not exist, and the errors do not name it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from atomlite.errors import ColumnNotFound, InvalidArgument, InvalidJoin, names_listed
from atomlite.expressions.columns import Column
from atomlite.expressions.comparing import compare_operands
from atomlite.expressions.rendering import Expression, columns_of, render
from atomlite.sql import quote
from atomlite.tables.catalogs import Catalog
from atomlite.tables.definitions import rows_of
from atomlite.tables.schemas import TableSchema
from atomlite.tables.search.values import JoinedTable, Search
from atomlite.types import EVERYTHING, View

if TYPE_CHECKING:
    import pyarrow as pa

_JOINS = {"left": "LEFT JOIN", "inner": "INNER JOIN"}

Sql = tuple[str, tuple[object, ...]]
"""SQL text, and the values for its placeholders in order."""


@dataclass(frozen=True)
class Side:
    """One table of a search.

    Args:
        name: What columns call it: the table's name, or the relationship's.
        alias: What SQL calls it; empty where nothing is joined.
        schema: The table.
        view: What the reader may see of it.
        joined: How it is joined; ``None`` for the searched table itself.
    """

    name: str
    alias: str
    schema: TableSchema
    view: View
    joined: JoinedTable | None = None

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """The names of the columns that exist for the reader."""
        return tuple(n for n in self.schema.names if n not in self.view.hidden_columns)

    def sql(self, name: str) -> str:
        """Return the SQL of a column, also of the hidden row number."""
        return f"{self.alias}.{quote(name)}" if self.alias else quote(name)

    @property
    def row_id(self) -> str:
        """The SQL of the engine's id of a row, the same within one instant."""
        return f"{self.alias}.rowid" if self.alias else "rowid"

    def column(self, name: str) -> Column:
        """Return a column, visible or not."""
        return Column(self.name, name, self.schema.column(name).data_type)


class Scope:
    """The tables of one search.

    Args:
        search: What is wanted.
        table: Name of the searched table.
        catalog: All tables.
        view: What the reader may see of the table, and of those joined to it.

    Attributes:
        own: The searched table.
        joined: The joined ones.
        row_count: Number of rows of the searched table.
        has_ids: Whether rows can be found again by the engine's id.

    Raises:
        TableNotFound: The table, or one joined to it, is not there.
        InvalidJoin: A link that starts elsewhere, or can reach several rows.
    """

    def __init__(self, search: Search, table: str, catalog: Catalog, view: View) -> None:
        state = catalog.table(table)
        schema, self.row_count = state.schema, state.row_count
        # The engine's own name for a row, unless a column has taken it.
        self.has_ids = not any(name.lower() == "rowid" for name in schema.names)
        self._named: dict[str, Side] = {}
        self._checked: dict[tuple[str, str], tuple[Side, pa.DataType]] = {}
        self.own = Side(table, "t0" if search.joins else "", schema, view)
        self.joined = tuple(
            _joined_side(joined, position, self.own, catalog)
            for position, joined in enumerate(search.joins, 1)
        )

    @property
    def sides(self) -> tuple[Side, ...]:
        """The searched table, then the joined ones."""
        return (self.own, *self.joined)

    def side(self, column: Column) -> Side:
        """Return the table that a column belongs to.

        Raises:
            InvalidArgument: It belongs to none of the tables, or several could be meant.
            ColumnNotFound: The table lacks it, or it is hidden.
        """
        key = (column.table, column.name)
        found = self._checked.get(key)
        if found is None:
            side = self._table_of(column)
            if column.name not in side.visible:
                raise ColumnNotFound(column.name, table=side.name, known=side.visible)
            found = self._checked[key] = side, side.schema.column(column.name).data_type
        side, data_type = found
        if column.data_type is not data_type and column.data_type != data_type:
            expected = f'made with the column as it is now, {data_type}: table["{column.name}"]'
            raise InvalidArgument("the condition or order", repr(column), expected)
        return side

    def _table_of(self, column: Column) -> Side:
        known = self._named.get(column.table)
        if known is not None:
            return known
        named = [side for side in self.sides if side.name == column.table]
        found = named or [side for side in self.joined if side.schema.name == column.table]
        if len(found) == 1:
            self._named[column.table] = found[0]
            return found[0]
        if found:
            names = names_listed([side.name for side in found])
            expected = f"about one of the relationships {names}: Column(relationship, ...)"
        else:
            expected = f"about columns of {names_listed([side.name for side in self.sides])}"
        raise InvalidArgument("the condition or order", repr(column), expected)

    def check(self, expressions: Iterable[Expression | None]) -> None:
        """Refuse expressions with columns that the reader does not have; raises as `side`."""
        for _ in self._sides_of(expressions):
            pass

    def _sides_of(self, expressions: Iterable[Expression | None]) -> Iterator[Side]:
        for expression in expressions:
            if expression is not None:
                for column in columns_of(expression):
                    yield self.side(column)

    def render(self, expression: Expression) -> Sql:
        """Return the SQL of an expression whose columns were checked."""
        return render(expression, lambda column: self._table_of(column).sql(column.name))

    def needed(self, expressions: Iterable[Expression | None]) -> tuple[Side, ...]:
        """Return the joined tables that decide about rows, or that checked expressions read."""
        if not self.joined:
            return ()
        read = {side.name for side in self._sides_of(expressions)}
        return tuple(
            side
            for side in self.joined
            if side.name in read or (side.joined is not None and side.joined.kind == "inner")
        )

    def from_clause(self, joined: Iterable[Side]) -> Sql:
        """Return the searched table with joined ones, as they follow ``FROM``."""
        rows = rows_of(self.own.schema.name)
        texts = [f"{rows} AS {self.own.alias}" if self.own.alias else rows]
        values: list[object] = []
        for side in joined:
            text, bound = self.join_clause(side)
            texts.append(text)
            values += bound
        return " ".join(texts), tuple(values)

    def join_clause(self, side: Side) -> Sql:
        """Return a joined table with ``JOIN`` before it; null keys match nothing."""
        assert side.joined is not None  # noqa: S101 -- the searched table is joined to nothing
        conditions = [
            compare_operands(self.own.column(ours), "==", side.column(theirs))
            for ours, theirs in side.joined.link.pairs
        ]
        parts = [self.render(condition) for condition in conditions]
        if side.view.condition is not None:
            self.check_own(side)
            part, bound = render(side.view.condition, lambda column: side.sql(column.name))
            parts.append((f"({part})", bound))
        on = " AND ".join(text for text, _ in parts)
        values = tuple(value for _, bound in parts for value in bound)
        rows = f"{rows_of(side.schema.name)} AS {side.alias}"
        return f"{_JOINS[side.joined.kind]} {rows} ON {on}", values

    def views_beside(self) -> tuple[Sql, ...]:
        """Return the joins whose views hide rows, also those that a statement can leave out."""
        restricted = [side for side in self.joined if side.view.condition is not None]
        return tuple(self.join_clause(side) for side in restricted)

    def view_condition(self) -> Sql | None:
        """Return the condition of the reader's view of the searched table."""
        condition = self.own.view.condition
        if condition is None:
            return None
        self.check_own(self.own)
        return render(condition, lambda column: self.own.sql(column.name))

    @staticmethod
    def check_own(side: Side) -> None:
        """Refuse a view's condition about another table, or about columns that are gone.

        The error names no column: the condition may be about one that its reader must not know.
        """
        condition = side.view.condition
        for column in columns_of(condition) if condition is not None else ():
            foreign = column.table not in (side.name, side.schema.name)
            if foreign or column.name not in side.schema.by_name:
                found = "about another table" if foreign else "about a column that is gone"
                expected = f'about columns of "{side.schema.name}" as it is now'
                raise InvalidArgument("the view's condition", found, expected)


def _joined_side(joined: JoinedTable, position: int, own: Side, catalog: Catalog) -> Side:
    link = joined.link
    if link.source != own.name or joined.name == own.name:
        raise InvalidJoin(
            f'"{joined.name}" joins "{link.source}" to "{link.target}".',
            hint=f'It must start from "{own.name}", under a name of its own.',
        )
    target = catalog.table(link.target).schema
    views = own.view.joined
    view = views.get(joined.name, views.get(link.target, EVERYTHING))
    if not link.reaches_one_row(target):
        keys = names_listed(target.keys) or "it has none"
        hidden = not view.hidden_columns.isdisjoint(target.keys)
        raise InvalidJoin(
            f'"{joined.name}" can reach several rows of "{link.target}".',
            hint=f'Map all keys of "{link.target}"{"" if hidden else f": {keys}"}.',
        )
    return Side(joined.name, f"t{position}", target, view, joined)
