"""Rows of another database, over any DB-API 2.0 or ADBC connection."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Protocol

import pyarrow as pa

from atomlite.errors import UnreadableSource, UnsupportedData
from atomlite.tables.sources.names import checked_names
from atomlite.tables.sources.source import Source, from_batches, from_table

_FETCH_ROWS = 50_000


class DatabaseCursor(Protocol):
    """What PEP 249 asks of a cursor, as far as it is needed."""

    @property
    def description(self) -> Sequence[Sequence[object]] | None:
        """One sequence per column, its name first."""

    def execute(self, operation: str, parameters: object = ..., /) -> object:
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
    cursor = connection.cursor()
    try:
        if parameters is None:
            cursor.execute(query)
        else:
            cursor.execute(query, parameters)
    except Exception as error:  # drivers have error classes of their own
        cursor.close()
        raise UnreadableSource("the query", str(error), hint="Check it in that database.") from error
    fetch_reader = getattr(cursor, "fetch_record_batch", None)
    if fetch_reader is not None:
        reader: pa.RecordBatchReader = fetch_reader()
        checked_names(reader.schema.names)
        return from_batches(reader.schema, reader, "query")
    with contextlib.closing(cursor):
        if cursor.description is None:
            raise UnreadableSource("the query", "it returns no rows.", hint="Write a SELECT.")
        names = checked_names([str(column[0]) for column in cursor.description])
        return from_table(_gathered(cursor, names), "query")


def _gathered(cursor: DatabaseCursor, names: list[str]) -> pa.Table:
    parts = []
    while rows := cursor.fetchmany(_FETCH_ROWS):
        columns = zip(*rows, strict=True)
        arrays = [_column(name, values) for name, values in zip(names, columns, strict=True)]
        parts.append(pa.Table.from_arrays(arrays, names=names))
    if not parts:
        return pa.Table.from_arrays([pa.nulls(0) for _ in names], names=names)
    try:
        return pa.concat_tables(parts, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise _mixed(str(error)) from error


def _column(name: str, values: Sequence[object]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise _mixed(f'"{name}": {error}') from error


def _mixed(reason: str) -> UnsupportedData:
    return UnsupportedData(
        f"The query's values have no one data type: {reason.rstrip('.')}.",
        hint="Cast the column in the query.",
    )
