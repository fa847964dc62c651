"""Arrow data: tables, batches, readers, and whatever speaks the Arrow C stream interface."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol, runtime_checkable

import pyarrow as pa

from atomlite.errors import UnreadableSource, UnsupportedData, names_listed
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
        _refuse_objects(data)
        try:
            reader = pa.RecordBatchReader.from_stream(data)
        except (TypeError, pa.ArrowException) as error:
            raise _not_a_stream(data, f" ({error})") from error
        checked_names(reader.schema.names)
        name = f"{type(data).__name__} stream"
        return from_batches(reader.schema, _batches(reader, name), name)
    raise _not_a_stream(data)


def _refuse_objects(data: object) -> None:
    """Refuse columns of Python objects in polars: their stream holds addresses, not values."""
    schema = getattr(data, "schema", None)
    if type(data).__module__.partition(".")[0] == "polars" and isinstance(schema, Mapping):
        objects = [str(name) for name, data_type in schema.items() if str(data_type) == "Object"]
        if objects:
            raise UnsupportedData(
                f"The polars columns {names_listed(objects)} hold Python objects.",
                hint="Cast them to a data type of polars.",
            )


def _batches(reader: pa.RecordBatchReader, name: str) -> Iterator[pa.RecordBatch]:
    while True:
        try:
            batch = next(reader, None)
        except (pa.ArrowException, OSError) as error:
            raise UnreadableSource(f"the {name}", str(error).split("\n")[0]) from error
        if batch is None:
            return
        yield batch


def _not_a_stream(data: object, reason: str = "") -> UnsupportedData:
    return UnsupportedData(
        f"{type(data).__name__} is not Arrow data{reason}.",
        hint="Pass a pyarrow, polars or DuckDB table, or use read_pandas, read_csv, "
        "read_parquet or read_sql.",
    )
