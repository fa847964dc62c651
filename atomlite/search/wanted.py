"""What one request asks of a table, after all of it was checked and before any data is touched."""

from __future__ import annotations

from dataclasses import dataclass

from atomlite.expressions.columns import Ordering
from atomlite.expressions.conditions import Condition
from atomlite.search.fields import Field
from atomlite.search.options import Groups
from atomlite.tables.search.values import Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request that was understood.

    Args:
        limit: Most rows of the page.
        filter: What rows must meet; ``None`` for all.
        order_by: What to sort by; ties follow the keys of the table.
        start: Rows before the page.
        by_cursor: Whether pages follow by cursor.
        cursor: The cursor of the page before; ``None`` for the first page.
        count: How exactly matching rows are counted.
        facets: Columns whose values are counted.
        groups: Groups in place of rows; ``None`` for rows.
        whole_pagination: Whether `pagination` has its keys also when nothing matches. In the
            contract it is empty then, as the conformance cases str-11 and authz-03 observed; the
            cases str-26, str-30, nest-06, nest-07 and nest-09 have its keys: where a condition is
            about a column that can be null (as every joined one), or lists no values. A request
            for more than the contract has them always.
        ignored: What was said and means nothing, for a header.
    """

    limit: int
    filter: Condition | None = None
    order_by: tuple[Ordering, ...] = ()
    start: int = 0
    by_cursor: bool = False
    cursor: str | None = None
    count: Count = "exact"
    facets: tuple[Field, ...] = ()
    groups: Groups | None = None
    whole_pagination: bool = False
    ignored: tuple[str, ...] = ()
