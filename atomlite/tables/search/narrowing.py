"""Finding a page while counting: one pass over the rows that match, then one over a few. Pure.

To sort by a name and a text key, the engine reads both of every row that matches. The pass that
counts them can keep, at almost no cost, the rows with the smallest names: a few more than the page
needs. Where the names tell that no other row can belong to the page, only these are read again.
Measured with one million rows, 40,000 of them matching: 44 ms in the place of 67.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from atomlite.data_types.storage import is_fixed, is_nested
from atomlite.tables.search.ordering import SortKey
from atomlite.tables.search.planning import Plan

_MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class Kept:
    """How many rows to keep while counting.

    Args:
        wanted: Rows up to the end of the page.
        number: The same and some more, so that the page rarely ends within equal values.
    """

    wanted: int
    number: int


def narrowed(planned: Plan, fetch: int | None) -> Kept | None:
    """Return how many of the first rows to keep while counting, ``None`` where it does not pay.

    Args:
        planned: The search.
        fetch: Rows of the page; ``None`` for all.
    """
    search, scope, keys = planned.search, planned.scope, planned.keys
    wanted = 0 if fetch is None else search.offset + fetch
    if not 0 < wanted <= _MOST_ROWS or not planned.is_large or not scope.has_ids:
        return None
    if search.grouped or search.after is not None or is_nested(keys[0].data_type):
        return None
    if planned.in_place or all(is_fixed(key.data_type) for key in keys[1:]):
        return None
    return Kept(wanted, wanted + wanted // 2 + 16)


def sufficient(key: SortKey, counts: tuple[int, int], first: Sequence[str], kept: Kept) -> bool:
    """Return whether the rows that were kept hold the whole page.

    Args:
        key: The first sort key.
        counts: Number of rows that match, and of those with a value of the key.
        first: Values of the key of the rows that were kept, as text, in the order of the page.
        kept: How many were to be kept.
    """
    total, present = counts
    if total > present and (key.nulls == "first" or present < kept.wanted):
        return False  # rows without a value belong to the page
    if present <= kept.number:
        return True
    # With a step between two values after the page, all rows before the step were kept.
    steps = zip(first[kept.wanted - 1 :], first[kept.wanted :], strict=False)
    return any(not _equal(left, right, key.data_type) for left, right in steps)


def _equal(left: str, right: str, data_type: pa.DataType) -> bool:
    """Return whether the engine takes two values for the same: also 0 and -0."""
    return left == right or (pa.types.is_floating(data_type) and float(left) == float(right))
