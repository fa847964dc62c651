"""New tables, empty or from data; each appears with its rows, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, TypedDict, Unpack

from atomlite.data_types.names import parse_data_type
from atomlite.data_types.storage import storable
from atomlite.errors import ColumnNotFound, UnsupportedData
from atomlite.tables.schemas import table_schema
from atomlite.tables.sources.csv import csv_source
from atomlite.tables.sources.databases import query_source
from atomlite.tables.sources.frames import frame_source, is_frame
from atomlite.tables.sources.parquet import parquet_source
from atomlite.tables.sources.paths import found_files
from atomlite.tables.sources.streams import arrow_source

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from atomlite.engine.files import CsvOptions
    from atomlite.tables.mapping import Tables
    from atomlite.tables.sources.databases import DatabaseConnection
    from atomlite.tables.sources.paths import Paths
    from atomlite.tables.sources.source import Source
    from atomlite.tables.table import Table
    from atomlite.tables.writing import IfExists, Writer
    from atomlite.telemetry.tracing import Tracing
    from atomlite.types import ErrorHandling

Known: TypeAlias = "Mapping[str, pa.DataType]"


class TableOptions(TypedDict):
    """What is asked for a table that is made from data; see `TableReaders.read_pandas`."""

    keys: Collection[str]
    data_types: Mapping[str, object] | None
    default_values: Mapping[str, object] | None
    error_handling: ErrorHandling
    if_exists: IfExists


class Creation:
    """Makes tables."""

    def __init__(self, writer: Writer, tables: Tables, tracing: Tracing) -> None:
        self._writer = writer
        self._tables = tables
        self._tracing = tracing

    def empty(
        self,
        name: str,
        data_types: Mapping[str, object],
        *,
        keys: Collection[str],
        default_values: Mapping[str, object] | None,
        if_exists: IfExists,
    ) -> Table:
        """Make an empty table."""
        with self._tracing.span("Session.create_table", {"atomlite.table": str(name)}):
            schema = table_schema(name, data_types, keys=keys, default_values=default_values)
            with self._writer.transaction():
                self._writer.create(schema, if_exists)
                return self._tables[name]  # once it is committed, nothing may fail any more

    def from_source(
        self,
        what: str,
        name: str,
        open_source: Callable[[Known], Source],
        **options: Unpack[TableOptions],
    ) -> Table:
        """Make a table and load a source into it, as one change.

        Args:
            what: The method of `Session`, for the span.
            name: Name of the table.
            open_source: Opens the source, given the types that were asked for.
            options: What is asked for.
        """
        with self._tracing.span(f"Session.{what}", {"atomlite.table": str(name)}):
            asked = {
                column: parse_data_type(data_type, column=column)
                for column, data_type in (options["data_types"] or {}).items()
            }
            self._writer.store.check()  # before any file is read
            with closing(open_source(asked)) as source:
                for column in asked:
                    if column not in source.data_types:
                        known = list(source.data_types)
                        raise ColumnNotFound(column, table=source.name, known=known)
                types = {
                    column: asked.get(column) or storable(found, column=column)
                    for column, found in source.data_types.items()
                }
                schema = table_schema(
                    name, types, keys=options["keys"], default_values=options["default_values"]
                )
                with self._writer.transaction():
                    self._writer.create(schema, options["if_exists"])
                    self._writer.load(name, source, options["error_handling"], first=True)
                    return self._tables[name]

    def from_pandas(self, frame: pd.DataFrame, name: str, **options: Unpack[TableOptions]) -> Table:
        """Make a table from a DataFrame."""
        if not is_frame(frame):
            raise UnsupportedData(
                f"{type(frame).__name__} is not a pandas DataFrame.",
                hint="Use read_arrow for Arrow data, read_csv and read_parquet for files.",
            )
        return self.from_source(
            "read_pandas", name, lambda known: frame_source(frame, known=known), **options
        )

    def from_arrow(self, data: object, name: str, **options: Unpack[TableOptions]) -> Table:
        """Make a table from Arrow data."""
        if is_frame(data):
            return self.from_pandas(data, name, **options)
        return self.from_source("read_arrow", name, lambda _known: arrow_source(data), **options)

    def from_csv(
        self,
        paths: Paths,
        name: str | None,
        csv_options: CsvOptions,
        **options: Unpack[TableOptions],
    ) -> Table:
        """Make a table from CSV files."""
        files = found_files(paths)
        return self.from_source(
            "read_csv",
            name_of_file(files[0]) if name is None else name,
            lambda known: csv_source(files, csv_options, known=known),
            **options,
        )

    def from_parquet(
        self, paths: Paths, name: str | None, **options: Unpack[TableOptions]
    ) -> Table:
        """Make a table from Parquet files."""
        files = found_files(paths)
        return self.from_source(
            "read_parquet",
            name_of_file(files[0]) if name is None else name,
            lambda _known: parquet_source(files),
            **options,
        )

    def from_query(
        self,
        query: str,
        connection: DatabaseConnection,
        name: str,
        parameters: Sequence[object] | None,
        **options: Unpack[TableOptions],
    ) -> Table:
        """Make a table from a query to another database."""
        return self.from_source(
            "read_sql",
            name,
            lambda _known: query_source(query, connection, parameters),
            **options,
        )


def name_of_file(file: str) -> str:
    """Return the name that a table gets from its first file.

    >>> name_of_file("data/flights.csv.gz")
    'flights'
    """
    return Path(file).name.partition(".")[0]
