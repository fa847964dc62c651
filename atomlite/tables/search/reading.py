"""Running searches: pages, counts and facets, all from one instant of the data.

A `Reader` belongs to one thread and one block:

>>> table = session.read_pandas(pd.DataFrame({"a": [3, 1, 2]}), table_name="T")
>>> with table.reading() as reader:
...     page = reader.page(Search(limit=2), count="exact", form="values")
>>> page.rows, page.total, page.more
([(3,), (1,)], 3, True)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pyarrow as pa

from atomlite.data_types.storage import from_storage
from atomlite.engine.cursors import TimeLimit
from atomlite.errors import DeadlineExceeded, InvalidSearch, ResultTooLarge
from atomlite.tables.search import keysets
from atomlite.tables.search.bindings import digest
from atomlite.tables.search.forms import is_direct, rows_of_table, with_integers
from atomlite.tables.search.narrowing import Kept, narrowed, sufficient
from atomlite.tables.search.planning import Plan, plan
from atomlite.tables.search.values import MOST_ROWS, Count, Search
from atomlite.types import EVERYTHING, Version, View

if TYPE_CHECKING:
    from atomlite.engine.cache import ResultCache
    from atomlite.engine.cursors import Row
    from atomlite.engine.snapshots import Snapshot
    from atomlite.expressions.columns import Column
    from atomlite.sql import Statement
    from atomlite.tables.catalogs import Catalog

_Found: TypeAlias = "list[Row] | pa.Table"

__all__ = ["FacetValues", "Page", "Reader", "Search"]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows of a search.

    Args:
        rows: Tuples of Python values, or an Arrow table, as asked for.
        total: Number of rows that match, whatever offset, limit and after; ``None`` when not
            counted; when there are more than were to be counted, that number.
        more_than: Whether there are more than ``total``.
        more: Whether a row follows the last one.
        last: Values of all sort keys of the last row, as text, for `Search.after`; ``None`` when
            not asked for, and for a page without rows. Among them may be values that the reader's
            view hides: they are not to be shown.
    """

    rows: list[tuple[object, ...]] | pa.Table
    total: int | None
    more_than: bool
    more: bool
    last: tuple[str | None, ...] | None


@dataclass(frozen=True, slots=True)
class FacetValues:
    """The values of a column and how often they come.

    Args:
        values: Value and number of rows, the most frequent first, ties in the order of the values;
            null is a value, and comes last among equals.
        more: Whether there are other values.
    """

    values: list[tuple[object, int]]
    more: bool


@dataclass(frozen=True, slots=True)
class _Prepared:
    """What is left to be done for a page.

    Args:
        statement: Finds its rows.
        total: How many rows match, as far as counted; ``None`` when not.
        counted: Whether each row of the page has the count at its end.
    """

    statement: Statement
    total: int | None
    counted: bool


class Reader:
    """Reads a table, and tables joined to it, as they are at one instant.

    Made by `Table.reading`, for one thread and one block. Whatever it is asked, it answers for one
    view: hidden rows and columns do not exist.

    Attributes:
        catalog: All tables at that instant.
        moved: Whether a facet passed its limit and the data had changed since the instant: what is
            read after it is newer than what was read before.
    """

    def __init__(
        self, table: str, snapshot: Snapshot[Catalog], cache: ResultCache, view: View = EVERYTHING
    ) -> None:
        self._table = table
        self._snapshot = snapshot
        self._cache = cache
        self._view = view
        self._planned: tuple[Search, Catalog, Plan] | None = None
        self.moved = False

    @property
    def catalog(self) -> Catalog:
        """All tables at the instant that is read."""
        return self._snapshot.state

    @property
    def version(self) -> Version:
        """The version of the session's data at the instant that is read."""
        return self.catalog.version

    def page(
        self,
        search: Search,
        *,
        count: Count = None,
        form: Literal["values", "arrow"] = "arrow",
        with_last: bool = False,
    ) -> Page:
        """Return the rows of a search.

        Args:
            search: What is wanted.
            count: ``"exact"`` counts all rows that match; a number counts up to it; ``None`` none.
            form: ``"values"`` gives tuples of what JSON is written from; ``"arrow"`` a table in the
                types of the columns.
            with_last: Whether `Page.last` is wanted.

        Raises:
            ColumnNotFound: A column that is not there, or hidden.
            InvalidArgument: A column of another table, and the like.
            InvalidSearch: The order cannot be paged by the last row; a sum is larger than its type
                can hold.
            InvalidCursor: ``after`` does not fit the order.
            InvalidJoin: A link that starts elsewhere, or can reach several rows.
            WrongType: A function that does not fit its column.
        """
        planned = self._plan(search)
        self._check_after(planned)
        prepared = self._prepared(planned, count, with_last=with_last)
        found = self._found(planned, prepared.statement, form)
        size = len(found)
        shown = size if search.limit is None else min(size, search.limit)
        width, last, total = len(planned.columns), None, prepared.total
        if with_last and shown:
            texts = _beside(found, shown - 1, width)[: len(planned.keys)]
            last = tuple(None if text is None else str(text) for text in texts)
        if prepared.counted:
            if size:
                total = int(str(_beside(found, 0, width)[-1]))
            else:
                total = self._count(planned) if search.offset else 0
        most = count if isinstance(count, int) else None
        more_than = most is not None and total is not None and total > most
        rows = (
            _named(planned, found.slice(0, shown))
            if isinstance(found, pa.Table)
            else _shown(planned, found, shown)
        )
        return Page(rows, most if more_than else total, more_than, shown < size, last)

    def table(self, search: Search) -> pa.Table:
        """Return the rows of a search as an Arrow table; raises as `page`."""
        planned = self._plan(search)
        self._check_after(planned)
        found = self._found(planned, planned.page(), "arrow")
        assert isinstance(found, pa.Table)  # noqa: S101 -- the form that was asked for
        return _named(planned, found)

    def facet(self, search: Search, column: Column, *, limit: int, seconds: float) -> FacetValues:
        """Return the most frequent values of a column among the rows that match.

        Args:
            search: Its filter and joins say which rows.
            column: A column of the table or of a joined one.
            limit: Most values to return.
            seconds: Time limit of this one query.

        Raises:
            DeadlineExceeded: It took longer. The reader goes on, at a newer instant if the data
                has changed (see `moved`); inside a data transaction, all of that is undone.
            WrongType: A column of lists, structs or maps.
        """
        statement = self._plan(search).facet(column, limit=limit + 1)
        before = self.version
        limits = TimeLimit(seconds, f'The facet of "{column.name}"', "facet_seconds")
        try:
            found = self._values(statement, (column.data_type, pa.int64()), limits)
        except DeadlineExceeded:
            self._snapshot.renew()
            self.moved |= self.version != before
            raise
        values = [(value, int(str(count))) for value, count in found]
        return FacetValues(values[:limit], more=len(values) > limit)

    def key(self, search: Search) -> tuple[object, ...]:
        """Return what says all about the result of a search but the form: text, values, versions.

        It is hashable and short, whatever the values. Inside a data transaction no two keys are
        equal.
        """
        planned = self._plan(search)
        statement = planned.page()
        asked = digest(statement.text, statement.parameters, planned.scope.views_beside())
        fresh = object() if self._snapshot.writes else None
        return (asked, planned.tables, self.versions(search), fresh)

    def versions(self, search: Search) -> str:
        """Return the versions of the tables that a search may read, as text.

        It changes when one of these tables does, and only then.
        """
        tables = [self.catalog.table(name) for name in self._plan(search).tables]
        return ".".join([self.version.epoch, *(str(table.version) for table in tables)])

    @property
    def caches(self) -> bool:
        """Whether results are kept at all, so that a key is of use to `cached`."""
        return self._cache.bound > 0

    def cached(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """Return a result from the cache, or make it and keep it there.

        Args:
            key: Holds `Reader.key` and whatever else the bytes depend on.
            make: Makes the bytes.
        """
        found = self._cache.get(key)
        if found is None:
            found = make()
            if not self.moved:
                self._cache.put(key, found)
        return found

    def _plan(self, search: Search) -> Plan:
        """Return the plan of a search; a key and the page after it share one."""
        catalog, last = self.catalog, self._planned
        if last is not None and last[0] is search and last[1] is catalog:
            return last[2]
        planned = plan(search, self._table, catalog, self._view)
        self._planned = search, catalog, planned
        return planned

    def _found(self, planned: Plan, statement: Statement, form: str) -> _Found:
        """Return the rows of a page in a form, or blame the sums that are too large."""
        try:
            if form == "arrow":
                return self._snapshot.arrow(statement)
            return self._values(statement, [column.data_type for column in planned.columns])
        except ResultTooLarge as error:
            if not planned.large_sums:
                raise
            raise _too_large(planned) from error

    def _prepared(self, planned: Plan, count: Count, *, with_last: bool) -> _Prepared:
        """Count as far as that is done before the page, and choose the statement for the page."""
        search = planned.search
        fetch = None if search.limit is None else min(search.limit + 1, MOST_ROWS)
        total = None if count is None else planned.known_count()
        counted, candidates = False, None
        if count is not None and total is None:
            exact = count == "exact"
            kept = narrowed(planned, fetch) if exact else None
            counted = exact and (
                planned.counts_beside or (kept is None and planned.counts_kept(fetch))
            )
            if kept is not None:
                total, candidates = self._narrow(planned, kept)
            elif not counted:
                total = self._count(planned, None if count == "exact" else count + 1)
        statement = planned.page(
            fetch=fetch, with_last=with_last, counted=counted, candidates=candidates
        )
        return _Prepared(statement, total, counted)

    def _count(self, planned: Plan, most: int | None = None) -> int:
        """Count the rows that match, no further than to ``most``."""
        return int(str(self._snapshot.rows(planned.count(most))[0][0]))

    def _narrow(self, planned: Plan, kept: Kept) -> tuple[int, list[int] | None]:
        """Count, and return the ids of rows that hold the page, ``None`` where that is not sure."""
        ((total, present, first, ids),) = self._snapshot.rows(planned.smallest(kept.number))
        assert isinstance(total, int)  # noqa: S101 -- as all counts
        assert isinstance(present, int)  # noqa: S101 -- as all counts
        values, rows = list(first or ()), list(ids or ())  # type: ignore[call-overload] # lists
        return total, rows if sufficient(planned.keys[0], (total, present), values, kept) else None

    def _check_after(self, planned: Plan) -> None:
        check = planned.check_after()
        if check is not None:
            (fits,) = self._snapshot.rows(check)
            if False in fits:
                raise keysets.foreign(fits.index(False) + 1)

    def _values(
        self,
        statement: Statement,
        data_types: Sequence[pa.DataType],
        limit: TimeLimit | None = None,
    ) -> list[tuple[object, ...]]:
        """Return rows as Python values: columns of these types, then any columns of text."""
        if all(is_direct(data_type) for data_type in data_types):
            return self._snapshot.rows(statement, limit)
        found = self._snapshot.arrow(statement, limit)
        columns = [*_typed(found, data_types), *found.columns[len(data_types) :]]
        return rows_of_table(columns)


def _too_large(planned: Plan) -> InvalidSearch:
    """Return the error for sums that passed the largest number of their type."""
    aggregates = planned.search.aggregates
    sums = [
        f'entry #{place + 1} of the aggregates, the sum of "{column.name}" ({column.data_type})'
        for place in planned.large_sums
        if (column := aggregates[place].column) is not None
    ]
    return InvalidSearch(
        f"Too large to be held exactly: {' or '.join(sums)}.",
        hint="Ask for the mean, or for the sum of fewer rows.",
    )


def _named(planned: Plan, found: pa.Table) -> pa.Table:
    """Return what the engine found, with the names and types of the plan."""
    types = [column.data_type for column in planned.columns]
    names = [column.name for column in planned.columns]
    return pa.Table.from_arrays(_typed(found, types), names=names)


def _typed(found: pa.Table, data_types: Sequence[pa.DataType]) -> list[pa.ChunkedArray[Any]]:
    """Return the first columns of what the engine found, in the types of the table."""
    return [from_storage(c, t) for c, t in zip(found.columns, data_types, strict=False)]


def _beside(found: _Found, number: int, width: int) -> tuple[object, ...]:
    """Return what one row has after the columns that were asked for."""
    if isinstance(found, pa.Table):
        return tuple(column[number].as_py() for column in found.columns[width:])
    return found[number][width:]


def _shown(planned: Plan, found: list[Row], number: int) -> list[Row]:
    """Return the first rows with the columns that were asked for."""
    width = len(planned.columns)
    rows = found[:number]
    if rows and len(rows[0]) > width:
        rows = [row[:width] for row in rows]
    whole = [n for n, column in enumerate(planned.columns) if column.whole]
    return with_integers(rows, whole) if whole else rows
