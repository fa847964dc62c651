"""Arrow data: tables, batches, readers, and whatever speaks the Arrow C stream interface."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import pyarrow as pa

from atomlite.errors import UnsupportedData
from atomlite.tables.sources.names import checked_names
from atomlite.tables.sources.source import Source, from_batches, from_table


@runtime_checkable
class ArrowStream(Protocol):
    """Data of polars, DuckDB, pyarrow and others; see the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a PyCapsule with an ArrowArrayStream."""


def arrow_source(data: object) -> Source:
    """Return a source over Arrow data.

    Raises:
        UnsupportedData: It is none, or its column names cannot be used.
    """
    if isinstance(data, pa.RecordBatch):
        data = pa.Table.from_batches([data])
    if isinstance(data, pa.Table):
        return from_table(data.rename_columns(checked_names(data.column_names)), "Arrow table")
    if isinstance(data, ArrowStream):
        try:
            reader = pa.RecordBatchReader.from_stream(data)
        except (TypeError, pa.ArrowInvalid) as error:
            raise _not_a_stream(data) from error
        checked_names(reader.schema.names)
        return from_batches(reader.schema, reader, f"{type(data).__name__} stream")
    raise _not_a_stream(data)


def _not_a_stream(data: object) -> UnsupportedData:
    return UnsupportedData(
        f"{type(data).__name__} is not Arrow data.",
        hint="Pass a pyarrow, polars or DuckDB table, or use read_pandas, read_csv, "
        "read_parquet or read_sql.",
    )
