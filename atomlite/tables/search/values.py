"""What is wanted of a table: one value behind `Table.query` and every search over HTTP. Pure.

>>> shop = Column("Sales", "Shop", pa.string())
>>> total = Aggregate("Total", "sum", Column("Sales", "Quantity", pa.int64()))
>>> Search(group_by=(shop,), aggregates=(total,), limit=10).grouped
True
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import Literal, SupportsIndex, TypeAlias

import pyarrow as pa  # noqa: F401 -- the example uses it

from atomlite.errors import InvalidArgument
from atomlite.expressions.columns import Column, Ordering
from atomlite.expressions.conditions import Condition
from atomlite.tables.links import Link

__all__ = ["Aggregate", "AggregateFunction", "Count", "JoinedTable", "Search", "whole"]

AggregateFunction: TypeAlias = Literal["count", "count_distinct", "sum", "mean", "min", "max"]
"""How the values of a group become one; all but ``count`` without a column pass over nulls."""

Count: TypeAlias = Literal["exact"] | int | None
"""How many matching rows to count: all of them, no more than a number, or none."""

MOST_ROWS = 2**63 - 1
"""The greatest offset and limit."""


@dataclass(frozen=True, slots=True)
class JoinedTable:
    """A table whose columns stand beside each row.

    Args:
        name: The relationship; the columns are ``Column(table=name, ...)``.
        link: Leads from the searched table to one row at most of the joined one.
        kind: ``"left"`` keeps rows without a partner, with nulls beside them; ``"inner"`` does not.
    """

    name: str
    link: Link
    kind: Literal["left", "inner"] = "left"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One value for each group of rows.

    Args:
        name: Name of the result's column.
        function: How; ``mean`` is a double. Sums of integers and decimals are exact; one of
            decimals or durations that its type cannot hold is refused when it is read. A sum of
            doubles can be infinite, and JSON writes infinities as it writes NaN and no value at
            all, as null: two groups or facet values that differ only so look alike there.
        column: Of what; ``None`` for ``count`` alone, which then counts rows.
    """

    name: str
    function: AggregateFunction
    column: Column | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Some rows and columns of a table and of those joined to it, or groups of its rows.

    Args:
        columns: The columns, in order: own ones with the table's name as ``table``, joined ones
            with the relationship's. None for all own columns.
        filter: Rows for which it holds; ``None`` for all.
        order_by: What to sort by, first things first. Ties follow the keys, or the order in which
            the rows were loaded.
        offset: Rows to leave out at the start.
        limit: Most rows to return; ``None`` for all.
        ordered: Whether to sort at all when nothing is asked for; always with offset or limit.
        joins: Tables whose columns may be used.
        after: `Page.last` of the page before: only rows that come after it, in the same order.
        group_by: Columns that tell groups apart; null is a group of its own. The rows are then the
            groups: these columns, then the aggregates, and ``columns`` is empty.
        aggregates: Values of each group; without ``group_by``, of all rows as one group. Orders
            name them as ``Column(table="", name=aggregate.name)``. Ties follow ``group_by``.

    Raises:
        InvalidArgument: Numbers out of range; columns beside groups; two names that are the same.
    """

    columns: tuple[Column, ...] = ()
    filter: Condition | None = None
    order_by: tuple[Ordering, ...] = ()
    offset: int = 0
    limit: int | None = None
    ordered: bool = False
    joins: tuple[JoinedTable, ...] = ()
    after: tuple[str | None, ...] | None = None
    group_by: tuple[Column, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        object.__setattr__(self, "offset", whole("offset", self.offset, "0 or more"))
        if self.limit is not None:
            limit = whole("limit", self.limit, "0 or more, or None for all rows")
            object.__setattr__(self, "limit", limit)
        if self.grouped and self.columns:
            expected = "empty beside group_by and aggregates, which give the columns"
            raise InvalidArgument("columns", self.columns, expected)
        for argument, names in (
            ("joins", [joined.name for joined in self.joins]),
            ("aggregates", [aggregate.name for aggregate in self.aggregates]),
        ):
            if len(set(names)) < len(names):
                raise InvalidArgument(argument, names, "under names that differ")

    @property
    def grouped(self) -> bool:
        """Whether the rows are groups."""
        return bool(self.group_by or self.aggregates)

    @property
    def sorted(self) -> bool:
        """Whether the rows come in an order."""
        cut = self.offset or self.limit is not None or self.after is not None
        return bool(self.ordered or self.order_by or cut)


def whole(name: str, value: object, expected: str) -> int:
    """Return a number of rows as a plain integer, also one of NumPy."""
    if type(value) is int:  # spares nearly all a slow question about protocols
        number = value
    else:
        number = operator.index(value) if isinstance(value, SupportsIndex) else -1
    if not 0 <= number <= MOST_ROWS:
        raise InvalidArgument(name, value, expected)
    return number
