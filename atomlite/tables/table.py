"""A table: what it looks like, what it holds, and how that changes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Self, TypeVar

import pyarrow as pa

from atomlite.display.grids import Grid
from atomlite.errors import InvalidArgument, InvalidJoin, SessionClosed, UnsupportedData, WrongType
from atomlite.expressions.columns import Column, Operand, Ordering
from atomlite.expressions.conditions import Condition
from atomlite.tables.frames import to_frame
from atomlite.tables.search.reading import Reader
from atomlite.tables.search.values import Search, whole
from atomlite.tables.sources.frames import frame_source, is_frame
from atomlite.tables.sources.rows import row_source
from atomlite.tables.sources.streams import ArrowStream, arrow_source
from atomlite.types import EVERYTHING, View

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.tables.catalogs import TableState
    from atomlite.tables.links import Link
    from atomlite.tables.reports import LoadReport
    from atomlite.tables.schemas import TableSchema
    from atomlite.tables.sources.source import Source
    from atomlite.tables.writing import Writer
    from atomlite.telemetry.tracing import Tracing
    from atomlite.types import ErrorHandling

_T = TypeVar("_T")
_DEFAULT_HEAD = 5


class Table:
    """A table of a session, by its name: after a cell that creates it again, still the table.

    Made by `Session.read_pandas` and its siblings and by `Session.create_table`; found in
    `Session.tables`. Safe from any thread.
    """

    def __init__(self, name: str, writer: Writer, tracing: Tracing) -> None:
        self._name = name
        self._writer = writer
        self._tracing = tracing

    @property
    def _state(self) -> TableState:
        return self._writer.store.visible_state.table(self._name)

    @property
    def name(self) -> str:
        """The name of the table."""
        return self._name

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return self._state.schema.names

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the key columns, in the order in which rows sort; empty without keys."""
        return self._state.schema.keys

    @property
    def data_types(self) -> dict[str, pa.DataType]:
        """The Arrow type of each column, in order."""
        return dict(self._state.schema.data_types)

    @property
    def default_values(self) -> dict[str, object]:
        """The values that replace null in a load, of the columns that have one."""
        columns = self._state.schema.columns
        return {c.name: c.default for c in columns if c.default is not None}

    @property
    def schema(self) -> TableSchema:
        """What the table looks like now."""
        return self._state.schema

    @property
    def links(self) -> tuple[Link, ...]:
        """The joins that start from this table, in the order of their creation."""
        links = self._writer.store.visible_state.links
        return tuple(link for link in links if link.source == self._name)

    def joined(self, link: Link) -> Table:
        """Return the table that one of the `links` leads to.

        Raises:
            TableNotFound: It was deleted meanwhile.
        """
        self._writer.store.visible_state.table(link.target)
        return Table(link.target, self._writer, self._tracing)

    @property
    def version(self) -> int:
        """Number of the session's data version in which this table last changed."""
        return self._state.version

    @property
    def last_load(self) -> LoadReport | None:
        """What became of the last load, also of the one that made the table; ``None`` before.

        >>> frame = pd.DataFrame({"a": ["1", "n/a"]})
        >>> table = session.read_pandas(
        ...     frame, data_types={"a": "int64"}, error_handling="skip", table_name="T"
        ... )
        >>> print(table.last_load.samples[0])
        Row 1: "a" is int64, got "n/a".
        """
        return self._state.last_load

    @property
    def row_count(self) -> int:
        """The number of rows; known without a query.

        >>> session.read_pandas(pd.DataFrame({"a": [1, 2]}), table_name="T").row_count
        2
        """
        with self._tracing.span("Table.row_count", {"atomlite.table": self._name}):
            return self._state.row_count

    def __getitem__(self, name: str) -> Column:
        """Return a column, for conditions and queries.

        Raises:
            ColumnNotFound: There is none of this name.
            InvalidArgument: A condition, or several names.
        """
        given: object = name
        if isinstance(given, Condition | list | tuple):
            raise _no_name(given, f"`{self._name}.query(filter=condition)`")
        column = self._state.schema.column(name)
        return Column(self._name, column.name, column.data_type)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the columns, in order."""
        return iter(self.columns)

    def __len__(self) -> int:
        """Return the number of columns, as for the mapping that a table is."""
        return len(self.columns)

    def __bool__(self) -> bool:
        """Return True: a table without rows is a table."""
        return True

    def __contains__(self, name: object) -> bool:
        """Return whether a column has this name."""
        return name in self._state.schema.by_name

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.columns)

    def head(self, n: int = _DEFAULT_HEAD) -> pd.DataFrame:
        """Return the first rows.

        Args:
            n: Most rows to return, 0 or more.

        Returns:
            DataFrame indexed by the keys and ordered by them; without keys, in the order in which
            the rows were loaded, with a plain index.

        >>> table = session.read_pandas(
        ...     pd.DataFrame({"day": [2, 1], "sold": [5, 7]}), keys={"day"}, table_name="T"
        ... )
        >>> table.head(1)
             sold
        day
        1       7
        """
        with self._tracing.span("Table.head", {"atomlite.table": self._name}):
            search = Search(limit=whole("n", n, "0 or more"))
            with self.reading() as reader:
                keys = reader.catalog.table(self._name).schema.keys
                return to_frame(reader.table(search), index=keys)

    def query(
        self,
        *columns: Column | str,
        filter: Condition | None = None,  # noqa: A002 -- the word that users know
        order_by: Column | Ordering | str | Sequence[Column | Ordering | str] = (),
        offset: int = 0,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Return some rows and columns.

        Args:
            columns: Columns, or their names; none for all.
            filter: Rows for which it holds; a comparison with null does not.
            order_by: Columns, or ``column.desc()``; ties follow the keys, or the order of loading.
                Without it, offset and limit, rows come in no promised order. Nulls are last.
            offset: Rows to leave out at the start, 0 or more.
            limit: Most rows to return, 0 or more; ``None`` for all.

        Returns:
            DataFrame with a plain index, one column per column asked for, in that order.

        Raises:
            ColumnNotFound: A name that the table lacks.
            InvalidArgument: A condition about another table; numbers out of range.

        >>> table = session.read_pandas(pd.DataFrame({"a": [3, 1, 2]}), table_name="T")
        >>> table.query(table["a"], filter=table["a"] > 1, order_by=table["a"])
           a
        0  2
        1  3
        """
        with self._tracing.span("Table.query", {"atomlite.table": self._name}):
            search = Search(
                tuple(self._column(column) for column in columns),
                _checked_filter(filter),
                self._orderings(order_by),
                offset,
                limit,
            )
            with self.reading() as reader:
                return to_frame(reader.table(search))

    def to_arrow(self) -> pa.Table:
        """Return all rows, ordered by the keys or as they were loaded, as an Arrow table.

        >>> session.read_pandas(pd.DataFrame({"a": [1, 2]}), table_name="T").to_arrow().num_rows
        2
        """
        span = self._tracing.span("Table.to_arrow", {"atomlite.table": self._name})
        with span, self.reading() as reader:
            return reader.table(Search(ordered=True))

    @contextlib.contextmanager
    def reading(self, view: View = EVERYTHING) -> Iterator[Reader]:
        """Read the table, and tables joined to it, as they are at one instant.

        For one thread and one block; pages, counts and facets of a block belong together.

        Args:
            view: What may be seen of them.

        >>> table = session.read_pandas(pd.DataFrame({"a": [1, 2]}), table_name="T")
        >>> with table.reading() as reader:
        ...     reader.catalog.table("T").row_count
        2
        """
        store = self._writer.store
        with store.read() as snapshot:
            yield Reader(self._name, snapshot, store.cache, view)

    def at_one_instant(self, make: Callable[[Reader], _T], view: View = EVERYTHING) -> _T:
        """Return what a function makes of a reader: as `reading`, but cheap if it reads no rows.

        When the data changes between the start and the first page, count or facet, the function is
        called once more, with the newer data; all that it returns belongs to one instant.

        >>> table = session.read_pandas(pd.DataFrame({"a": [1, 2]}), table_name="T")
        >>> table.at_one_instant(lambda reader: reader.catalog.table("T").row_count)
        2
        """
        store = self._writer.store
        return store.at_one_instant(
            lambda snapshot: make(Reader(self._name, snapshot, store.cache, view))
        )

    def load(self, data: object, *, error_handling: ErrorHandling = "fail") -> LoadReport:
        """Load rows: all of them or none.

        A row whose key exists replaces the whole old row; of two rows with one key, the last wins.
        Columns are matched by name. Text is read as the type of its column (``"2026-11-21"``),
        other values must keep their value in it.

        Args:
            data: DataFrame, or anything with the Arrow C stream interface.
            error_handling: What to do when a row does not fit: ``"fail"`` leaves the table as it
                was, ``"warn"`` loads the others with a Python warning, ``"skip"`` loads the others.

        Returns:
            A report: what was inserted, updated and rejected, and why.

        Raises:
            RowsRejected: A row does not fit, and ``error_handling`` is ``"fail"``.
            UnexpectedColumns: A key column is missing, or there are columns that the table lacks.
            UnsupportedData: Data of a kind that cannot be loaded.

        >>> table = session.create_table("T", data_types={"a": "int64"})
        >>> table.load(pd.DataFrame({"a": ["1", "n/a"]}), error_handling="skip").rejected
        1
        """
        with self._tracing.span("Table.load", {"atomlite.table": self._name}):
            return self._writer.load(self._name, self._source(data), error_handling)

    def __iadd__(self, row: Mapping[str, object] | Sequence[object]) -> Self:
        """Load one row: a tuple in the order of the columns, or a mapping from their names.

        >>> table = session.create_table("T", data_types={"a": "int64"})
        >>> table += (1,)
        >>> table.row_count
        1
        """
        with self._tracing.span("Table.load", {"atomlite.table": self._name}):
            self._writer.load(self._name, row_source(row, self._state.schema), "fail")
        return self

    def drop(self, condition: Condition | None = None) -> int:
        """Delete the rows for which a condition holds; without one, all rows.

        Returns:
            The number of rows deleted.

        >>> table = session.read_pandas(pd.DataFrame({"a": [1, 2, 3]}), table_name="T")
        >>> table.drop(table["a"] < 3)
        2
        """
        with self._tracing.span("Table.drop", {"atomlite.table": self._name}):
            return self._writer.drop_rows(self._name, _checked_filter(condition))

    def join(self, target: Table, mapping: Condition | Mapping[str, str] | None = None) -> None:
        """Link this table to another: its rows find their partners there.

        A link between the same two tables is replaced.

        Args:
            target: The table with the partners.
            mapping: ``a["x"] == b["y"]``, several joined with ``&``; or the target's column by this
                table's column; ``None`` for the target's keys under the same names.

        Raises:
            InvalidJoin: The mapping does not fit the two tables.

        >>> sales = session.read_pandas(pd.DataFrame({"shop": [1]}), table_name="Sales")
        >>> shops = session.read_pandas(pd.DataFrame({"id": [1]}), keys={"id"}, table_name="Shops")
        >>> sales.join(shops, sales["shop"] == shops["id"])
        """
        with self._tracing.span("Table.join", {"atomlite.table": self._name}):
            given: object = target
            if not isinstance(given, Table) or given._writer is not self._writer:  # noqa: SLF001 -- of its own class
                raise InvalidJoin(
                    f"The target is {target!r}.", hint="Give a table of this session."
                )
            self._writer.join(self._name, target.name, mapping)

    def __repr__(self) -> str:
        """Return name, size and columns."""
        return self._overview().text()

    def _repr_html_(self) -> str:
        return self._overview().html()

    def _overview(self) -> Grid:
        try:
            state = self._writer.store.visible_state.tables.get(self._name)
        except SessionClosed:
            return Grid(f"{self._name}: session closed", (), [])
        if state is None:
            return Grid(f"{self._name}: deleted", (), [])
        keys = state.schema.keys
        rows = [
            (c.name, str(c.data_type), "key" if c.name in keys else "")
            for c in state.schema.columns
        ]
        count = "1 row" if state.row_count == 1 else f"{state.row_count:,} rows"
        return Grid(f"{self._name}: {count}", ("column", "type", ""), rows)

    def _source(self, data: object) -> Source:
        if is_frame(data):
            return frame_source(data, known=self._state.schema.data_types)
        if isinstance(data, ArrowStream | pa.RecordBatch):
            return arrow_source(data)
        raise UnsupportedData(
            f'{type(data).__name__} cannot be loaded into "{self._name}".',
            hint="Pass a DataFrame or Arrow data; use `table += row` for one row.",
        )

    def _column(self, column: Column | str) -> Column:
        if isinstance(column, Column):
            if column.table != self._name:
                raise InvalidArgument("column", repr(column), f'a column of "{self._name}"')
            return self[column.name]
        given: object = column
        if isinstance(given, Condition | list | tuple):
            raise _no_name(given, "`filter=`")
        return self[column]

    def _orderings(
        self, order_by: Column | Ordering | str | Sequence[Column | Ordering | str]
    ) -> tuple[Ordering, ...]:
        given = [order_by] if isinstance(order_by, Operand | Ordering | str) else order_by
        if not isinstance(given, Sequence):
            raise InvalidArgument("order_by", order_by, "a column, its name, or several of them")
        return tuple(
            item if isinstance(item, Ordering) else self._operand(item).asc() for item in given
        )

    def _operand(self, item: Operand | str) -> Operand:
        return item if isinstance(item, Operand) else self[item]


def _no_name(given: object, filtering: str) -> InvalidArgument:
    """Return the error for what was given in the place of the name of a column."""
    if isinstance(given, Condition):
        return InvalidArgument("column", given, f"a name; pass conditions as {filtering}")
    return InvalidArgument("column", given, 'one name; give names one by one: query("a", "b")')


def _checked_filter(condition: object) -> Condition | None:
    if condition is None or isinstance(condition, Condition):
        return condition
    raise WrongType(
        f"The condition is {condition!r}.", hint='Write one with columns: table["a"] > 1.'
    )
