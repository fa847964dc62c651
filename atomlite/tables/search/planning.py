"""From a search to the statements that answer it, with the reader's `View` applied. Pure.

>>> from atomlite.tables.catalogs import TableState
>>> from atomlite.tables.schemas import table_schema
>>> schema = table_schema("Sales", {"Day": "date", "Quantity": "int64"}, keys={"Day"})
>>> catalog = Catalog(Version("e", 0), {"Sales": TableState(schema)})
>>> quantity = Column("Sales", "Quantity", pa.int64())
>>> plan(Search((quantity,), limit=2), "Sales", catalog, EVERYTHING).page().text
'SELECT "Quantity" FROM _atomlite_rows."Sales" ORDER BY "Day" NULLS LAST LIMIT ?'
"""

# ruff: noqa: S608 -- names come quoted, values as parameters

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from atomlite.data_types.storage import is_fixed
from atomlite.expressions.columns import Column
from atomlite.expressions.conditions import Condition
from atomlite.expressions.rendering import Expression, columns_of
from atomlite.sql import Statement
from atomlite.tables.catalogs import Catalog
from atomlite.tables.search import keysets
from atomlite.tables.search.grouping import (
    aggregate_sql,
    can_pass,
    check_groupable,
    check_groups,
)
from atomlite.tables.search.ordering import SortKey, check_resumable, order_by, sort_keys
from atomlite.tables.search.scopes import Scope, Side, Sql
from atomlite.tables.search.values import MOST_ROWS, Search
from atomlite.types import EVERYTHING, Version, View  # noqa: F401 -- for the example

__all__ = ["Plan", "plan", "plan_drop"]

MANY_ROWS = 20_000  # of fewer, all columns are read in the time that a second statement takes
_ENGINE_LATE_ROWS = 50
_LATE_ROWS = 10_000
_WIDE = 4
_MOST_KEPT = 5_000_000  # ids and sort keys of that many rows fit into memory


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of the result.

    Args:
        name: The column's name; ``relationship.name`` for one of a joined table.
        sql: The expression.
        data_type: The logical type.
        column: The name of the own column that it is; ``None`` for others.
        whole: Whether it is a sum of integers, which is an integer of any size.
    """

    name: str
    sql: str
    data_type: pa.DataType
    column: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked search, ready to be written as statements."""

    search: Search
    scope: Scope
    columns: tuple[ResultColumn, ...]
    keys: tuple[SortKey, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the tables that it may read, each once."""
        return tuple(dict.fromkeys(side.schema.name for side in self.scope.sides))

    def page(
        self,
        *,
        fetch: int | None = None,
        with_last: bool = False,
        counted: bool = False,
        candidates: Sequence[int] | None = None,
    ) -> Statement:
        """Return the query for the rows.

        Args:
            fetch: Most rows to return, in the place of the search's limit.
            with_last: Whether the values of the sort keys follow the columns, as text.
            counted: Whether the number of all rows that match follows in each row.
            candidates: The engine's ids of rows among which the page is; they replace the filter.
        """
        limit = self.search.limit if fetch is None else fetch
        keys = self.keys if self.search.sorted or with_last else ()
        count, kept = "count(*) OVER ()", ("", tuple[object, ...]())
        if candidates is not None:
            text, values = self._among("SELECT unnest(CAST(? AS BIGINT[]))", (list(candidates),))
            cut = self._cut(limit)
        elif self._fetches_late(limit) and (self.is_large or not counted):
            cut = "", ()
            if counted:
                count, kept = "(SELECT count(*) FROM m)", self._kept()
                text, values = self._among(*self._ids_of_kept(limit))
            else:
                text, values = self._among(*self._ids(limit))
        else:
            text, values = self._source(self._page_joins(), after=True)
            cut = self._cut(limit)
        if with_last:
            text, values = self._with_last(keys, (text, values), cut, count if counted else None)
        else:
            columns = [column.sql for column in self.columns] + [count] * counted
            ordered = order_by(keys)
            text = f"SELECT {', '.join(columns)}{text}{ordered[0]}{cut[0]}"
            values = (*values, *ordered[1], *cut[1])
        return Statement(
            kept[0] + text,
            (*kept[1], *values),
            "SELECT",
            self.scope.own.name,
        )

    def _with_last(
        self, keys: tuple[SortKey, ...], source: Sql, cut: Sql, count: str | None
    ) -> Sql:
        """Return the query for the rows and, of those alone, the keys as text."""
        check_resumable(keys)
        inner = [f"{column.sql} AS c{n}" for n, column in enumerate(self.columns)]
        inner += [f"{key.sql} AS k{n}" for n, key in enumerate(keys)]
        outer = [f"c{n}" for n in range(len(self.columns))]
        outer += [f"CAST(k{n} AS VARCHAR)" for n in range(len(keys))]
        if count is not None:
            inner.append(f"{count} AS n")
            outer.append("n")
        order = f" ORDER BY {_named(keys)}" if keys else ""
        bound = (value for key in keys for value in key.values)
        text = f"SELECT {', '.join(inner)}{source[0]}{order}{cut[0]}"
        return f"SELECT {', '.join(outer)} FROM ({text}){order}", (*bound, *source[1], *cut[1])

    def _cut(self, limit: int | None) -> Sql:
        text, values = "", tuple[object, ...]()
        if limit is not None:
            text, values = " LIMIT ?", (min(limit, MOST_ROWS),)
        if self.search.offset:
            text, values = f"{text} OFFSET ?", (*values, self.search.offset)
        return text, values

    def _fetches_late(self, limit: int | None) -> bool:
        """Return whether to find the rows of the page first, and then what is to be shown of them.

        Joined tables that have no say in which rows these are, and wide columns, are then read for
        a page of rows and not for all that match. The engine does so itself, without joins and for
        up to 50 rows.
        """
        if self.search.grouped or limit is None or not self.scope.has_ids or limit > _LATE_ROWS:
            return False
        first = self._deciding()
        if len(self.scope.needed(first)) < len(self._page_joins()):
            return True
        if limit <= _ENGINE_LATE_ROWS or not self.is_large:
            return False
        read = {column.name for part in first if part is not None for column in columns_of(part)}
        names = {key.column for key in self.keys}
        shown = [c.data_type for c in self.columns if c.column not in read | names]
        return _weight(shown) > _weight([key.data_type for key in self.keys])

    def _among(self, ids: str, values: tuple[object, ...]) -> Sql:
        text, bound = self.scope.from_clause(self._page_joins())
        return f" FROM {text} WHERE {self.scope.own.row_id} IN ({ids})", (*bound, *values)

    def _ids(self, limit: int | None) -> Sql:
        """Return the query for the engine's ids of the rows of the page."""
        text, values = self._source(self.scope.needed(self._deciding()), after=True)
        ordered, cut = order_by(self.keys), self._cut(limit)
        return (
            f"SELECT {self.scope.own.row_id}{text}{ordered[0]}{cut[0]}",
            (*values, *ordered[1], *cut[1]),
        )

    def _kept(self) -> Sql:
        """Return the clause that keeps ids and sort keys of all rows that match, to count them."""
        keys = "".join(f", {key.sql} AS k{n}" for n, key in enumerate(self.keys))
        bound = tuple(value for key in self.keys for value in key.values)
        text, values = self._source(self.scope.needed(self._deciding()), after=False)
        ids = f"SELECT {self.scope.own.row_id} AS r{keys}{text}"
        return f"WITH m AS MATERIALIZED ({ids}) ", (*bound, *values)

    def _ids_of_kept(self, limit: int | None) -> Sql:
        """Return the query for the ids of the rows of the page among those kept."""
        cut = self._cut(limit)
        return f"SELECT r FROM m ORDER BY {_named(self.keys)}{cut[0]}", cut[1]

    def _deciding(self) -> list[Expression | None]:
        """Return what decides which rows the page has."""
        return [self.search.filter, *(ordering.operand for ordering in self.search.order_by)]

    def smallest(self, number: int) -> Statement:
        """Return the query for the count, and for those rows that come first by the first key.

        Its one row: how many rows match; how many of them have a value of the key; the first
        ``number`` of these values, as text; the engine's ids of their rows.
        """
        key = self.keys[0]
        joins = self.scope.needed(
            [self.search.filter, *(o.operand for o in self.search.order_by[:1])]
        )
        text, values = self._source(joins, after=False)
        least = "max" if key.descending else "min"
        return Statement(
            f"SELECT count(*), count({key.sql}), "
            f"CAST({least}({key.sql}, {number:d}) AS VARCHAR[]), "
            f"arg_{least}({self.scope.own.row_id}, {key.sql}, {number:d}){text}",
            (*key.values * 3, *values),
            "SELECT",
            self.scope.own.name,
        )

    def count(self, most: int | None = None) -> Statement:
        """Return the query for the number of rows that match, whatever offset, limit and after.

        Args:
            most: Count no further; ``None`` counts all.
        """
        joins = self.scope.needed((self.search.filter,))
        if self.search.grouped:
            text, values = self._source(self._page_joins(), after=False)
            text = f"SELECT 1{text if self.search.group_by else ''}"
            values = values if self.search.group_by else ()
        else:
            text, values = self._source(joins, after=False)
            text = f"SELECT 1{text}"
        if most is not None:
            text, values = f"{text} LIMIT ?", (*values, min(most, MOST_ROWS))
        elif not self.search.grouped:
            text = text.replace("SELECT 1", "SELECT count(*)", 1)
            return Statement(text, values, "SELECT", self.scope.own.name)
        return Statement(f"SELECT count(*) FROM ({text})", values, "SELECT", self.scope.own.name)

    def known_count(self) -> int | None:
        """Return the number of rows that match where it is known without a query."""
        search, scope = self.search, self.scope
        if search.grouped:
            return None if search.group_by else 1
        whole = search.filter is None and scope.own.view.condition is None
        return scope.row_count if whole and not scope.needed(()) else None

    @property
    def large_sums(self) -> tuple[int, ...]:
        """The places of the aggregates whose sum can be larger than its type can hold."""
        aggregates = enumerate(self.search.aggregates)
        return tuple(place for place, each in aggregates if can_pass(each, self.scope))

    @property
    def counts_beside(self) -> bool:
        """Whether the count is at hand in the statement of the page: groups, and small tables."""
        return (self.search.grouped or not self.is_large) and self.search.after is None

    def counts_kept(self, fetch: int | None) -> bool:
        """Whether to count the rows among which that statement finds those of the page."""
        few = self.search.after is None and self.scope.row_count <= _MOST_KEPT
        return few and self.is_large and not self.in_place and self._fetches_late(fetch)

    @property
    def in_place(self) -> bool:
        """Whether rows are sorted about as they lie, so that the engine finds the first at once."""
        return self.keys[0].column == self.scope.own.schema.ordering[0]

    @property
    def is_large(self) -> bool:
        """Whether it pays to read less, if that takes longer statements."""
        return self.scope.row_count >= MANY_ROWS

    def facet(self, column: Column, *, limit: int) -> Statement:
        """Return the query for the most frequent values of a column, each with its number."""
        side = self.scope.side(column)
        check_groupable(column.name, column.data_type)
        text, values = self.rows(self.scope.needed((self.search.filter, column)))
        name = side.sql(column.name)
        text = (
            f"SELECT {name}, count(*){text} GROUP BY {name} "
            f"ORDER BY count(*) DESC, {name} NULLS LAST LIMIT ?"
        )
        bound = (*values, min(limit, MOST_ROWS))
        return Statement(text, bound, "SELECT", self.scope.own.name)

    def check_after(self) -> Statement | None:
        """Return the query for whether the values of ``after`` fit, ``None`` without any."""
        last = self.search.after
        return keysets.check_values(self.keys, last) if last else None

    def _page_joins(self) -> tuple[Side, ...]:
        search = self.search
        read: list[Expression | None] = [search.filter, *search.columns, *search.group_by]
        read += [aggregate.column for aggregate in search.aggregates]
        if not search.grouped:
            read += [ordering.operand for ordering in search.order_by]
        return self.scope.needed(read)

    def rows(self, joins: tuple[Side, ...], *extra: Sql) -> Sql:
        """Return ``FROM`` and ``WHERE``."""
        text, values = self.scope.from_clause(joins)
        conditions = list(extra)
        if self.search.filter is not None:
            conditions.append(self.scope.render(self.search.filter))
        visible = self.scope.view_condition()
        if visible is not None:
            conditions.append(visible)
        where = " AND ".join(f"({part})" for part, _ in conditions)
        bound = (value for _, part in conditions for value in part)
        return f" FROM {text}{f' WHERE {where}' if where else ''}", (*values, *bound)

    def _source(self, joins: tuple[Side, ...], *, after: bool) -> Sql:
        """Return everything between the columns and the order."""
        last = self.search.after if after else None
        later = () if last is None else (keysets.after(self.keys, last),)
        if not self.search.grouped:
            return self.rows(joins, *later)
        text, values = self.rows(joins)
        if self.search.group_by:
            groups = ", ".join(self.scope.render(column)[0] for column in self.search.group_by)
            text = f"{text} GROUP BY {groups}"
        if later:
            text, values = f"{text} HAVING {later[0][0]}", (*values, *later[0][1])
        return text, values


def plan(search: Search, table: str, catalog: Catalog, view: View) -> Plan:
    """Return a checked search.

    Args:
        search: What is wanted.
        table: Name of the table.
        catalog: All tables.
        view: What the reader may see: rows outside of it do not exist, nor do hidden columns.

    Raises:
        TableNotFound: The table, or one that is joined, is not there.
        ColumnNotFound: A column that a table lacks, or that is hidden.
        InvalidArgument: A column of another table; an order by what is no group.
        InvalidCursor: Values of ``after`` that do not fit the order.
        InvalidSearch: ``after`` with an order by lists, structs or maps.
        InvalidJoin: A link that starts elsewhere, or can reach several rows.
        WrongType: A function that does not fit its column.
    """
    scope = Scope(search, table, catalog, view)
    if search.grouped:
        scope.check((search.filter,))
        check_groups(search, scope)
    else:
        scope.check((search.filter, *search.columns, *search.order_by))
    keys = sort_keys(search, scope)
    if search.after is not None:
        keysets.check(keys, search.after)
    return Plan(search, scope, _columns(search, scope), keys)


def plan_drop(condition: Condition | None, table: str, catalog: Catalog, view: View) -> Statement:
    """Return the statement that deletes the rows for which a condition holds; ``None`` for all.

    Args:
        condition: About columns of the table alone.
        table: Name of the table.
        catalog: All tables.
        view: What the one who deletes may see: other rows stay.

    Raises:
        TableNotFound: The table is not there.
        ColumnNotFound: A column that the table lacks, or that is hidden.
        InvalidArgument: A column of another table, or one made before the table changed.
    """
    search = Search(filter=condition)
    scope = Scope(search, table, catalog, view)
    scope.check((condition,))
    text, values = Plan(search, scope, (), ()).rows(())
    return Statement(f"DELETE{text}", values, "DELETE", table)


def _columns(search: Search, scope: Scope) -> tuple[ResultColumn, ...]:
    own = scope.own
    wanted = search.columns or tuple(own.column(name) for name in own.visible)
    columns = []
    for column in search.group_by if search.grouped else wanted:
        side = scope.side(column)
        name = column.name if side is own else f"{side.name}.{column.name}"
        own_name = column.name if side is own else None
        columns.append(ResultColumn(name, side.sql(column.name), column.data_type, own_name))
    for aggregate in search.aggregates:
        text, data_type = aggregate_sql(aggregate, scope)
        integers = aggregate.column is not None and pa.types.is_integer(aggregate.column.data_type)
        whole = integers and aggregate.function == "sum"
        columns.append(ResultColumn(aggregate.name, text, data_type, whole=whole))
    return tuple(columns)


def _named(keys: tuple[SortKey, ...]) -> str:
    """Return an order by keys that a query within has named."""
    return ", ".join(f"k{n} {key.direction}" for n, key in enumerate(keys))


def _weight(data_types: Iterable[pa.DataType]) -> int:
    """Return about how long columns take to read, in columns of numbers."""
    return sum(1 if is_fixed(data_type) else _WIDE for data_type in data_types)
