"""Rows of another database, over any DB-API 2.0 or ADBC connection."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from atomlite.errors import UnreadableSource, UnsupportedData
from atomlite.tables.objects import MISFIT, exact_array
from atomlite.tables.sources.names import checked_names
from atomlite.tables.sources.source import Source, from_batches, from_table

_T = TypeVar("_T")
_FETCH_ROWS = 50_000


class DatabaseCursor(Protocol):
    """What PEP 249 asks of a cursor, as far as it is needed."""

    @property
    def description(self) -> Sequence[Sequence[object]] | None:
        """One sequence per column, its name first."""

    def execute(self, operation: str, parameters: Any = ..., /) -> object:  # noqa: ANN401 -- each driver has its own
        """Run a query."""

    def fetchmany(self, size: int = ..., /) -> Sequence[Sequence[object]]:
        """Return the next rows."""

    def close(self) -> object:
        """Give the cursor back."""


class DatabaseConnection(Protocol):
    """What PEP 249 asks of a connection, as far as it is needed."""

    def cursor(self) -> DatabaseCursor:
        """Return a new cursor."""


def query_source(
    query: str, connection: DatabaseConnection, parameters: Sequence[object] | None = None
) -> Source:
    """Return a source over the rows of a query.

    ADBC connections stream Arrow batches. Rows of a DB-API connection are gathered in memory, and a
    column has the type that holds all of its values.

    Args:
        query: SQL of the other database.
        connection: Open connection; it stays open and its transaction is not ended.
        parameters: Values to bind, in the placeholder style of its driver.

    Raises:
        UnreadableSource: The database refused the query, or the query returns no rows.
        UnsupportedData: A column mixes values that have no one type.
    """
    if not hasattr(connection, "cursor"):
        raise UnsupportedData(
            f"{type(connection).__name__} is no database connection.",
            hint="Pass an open DB-API 2.0 or ADBC connection.",
        )
    with contextlib.ExitStack() as failed:
        cursor = connection.cursor()
        failed.callback(cursor.close)
        bound = () if parameters is None else (parameters,)
        _asked(lambda: cursor.execute(query, *bound))
        fetch_reader = getattr(cursor, "fetch_record_batch", None)
        if fetch_reader is None:
            return from_table(_gathered(cursor), "query")
        reader: pa.RecordBatchReader = _asked(fetch_reader)
        checked_names(reader.schema.names)
        failed.pop_all()
    source = from_batches(reader.schema, _read(reader), "query")
    source.close = cursor.close
    return source


def _asked(ask: Callable[[], _T]) -> _T:
    """Return the answer of the other database; its driver has error classes of its own."""
    try:
        return ask()
    except Exception as error:
        raise UnreadableSource(
            "the query", f"{str(error).rstrip('.')}.", hint="Check it in that database."
        ) from error


def _read(reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    while (batch := _asked(lambda: next(reader, None))) is not None:
        yield batch


def _gathered(cursor: DatabaseCursor) -> pa.Table:
    if cursor.description is None:
        raise UnreadableSource("the query", "it returns no rows.", hint="Write a SELECT.")
    names = checked_names([str(column[0]) for column in cursor.description])
    parts = []
    while rows := _asked(lambda: cursor.fetchmany(_FETCH_ROWS)):
        columns = zip(*rows, strict=True)
        arrays = [_column(name, values) for name, values in zip(names, columns, strict=True)]
        parts.append(pa.Table.from_arrays(arrays, names=names))
    if not parts:
        return pa.Table.from_arrays([pa.nulls(0) for _ in names], names=names)
    try:
        return pa.concat_tables(parts, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise _mixed(str(error)) from error


def _column(name: str, values: Sequence[object]) -> pa.Array[Any]:
    try:
        return exact_array(values)
    except MISFIT as error:
        raise _mixed(f'"{name}": {error}') from error


def _mixed(reason: str) -> UnsupportedData:
    return UnsupportedData(
        f"The query's values have no one data type: {reason.rstrip('.')}.",
        hint="Cast the column in the query.",
    )
