"""Parquet files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import TypeVar

import pyarrow as pa
from pyarrow import parquet

from atomlite.data_types.storage import storable
from atomlite.errors import UnreadableSource, names_listed
from atomlite.tables.conversions import convert
from atomlite.tables.sources.names import checked_names
from atomlite.tables.sources.paths import Paths, found_files, shown
from atomlite.tables.sources.source import Source, from_batches, refuse_intervals

_T = TypeVar("_T")
_BATCH_ROWS = 131_072


def parquet_source(paths: Paths) -> Source:
    """Return a source over one file or several, read one after the other in the order of names.

    The files must have the same columns; where types differ, the wider one holds.

    Raises:
        SourceNotFound: No file is there.
        UnreadableSource: A file is no Parquet, or its columns differ from those of the first.
        UnknownDataType: A column of a type that no table can have.
    """
    files = found_files(paths)
    schemas = [_logical(_read(parquet.read_schema, file)) for file in files]
    for file, schema in zip(files, schemas, strict=True):
        differing = set(schema.names) ^ set(schemas[0].names)
        if differing:
            raise UnreadableSource(
                f'"{file}"',
                f"its columns differ from those of the first file: {names_listed(differing)}.",
                hint="Load the files one by one.",
            )
    try:
        unified = pa.unify_schemas(schemas, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise UnreadableSource(
            shown(files),
            f"column types do not go together: {str(error).rstrip('.')}.",
            hint="Load the files one by one.",
        ) from error
    rows = sum(_read(parquet.read_metadata, file).num_rows for file in files)
    return from_batches(unified, _batches(files, unified), shown(files), rows)


def _logical(schema: pa.Schema) -> pa.Schema:
    """Return a schema of the types that tables have, so that encodings need not be the same."""
    names = checked_names(schema.names)
    return pa.schema([(name, _kept(schema.field(name))) for name in names])


def _kept(field: pa.Field[pa.DataType]) -> pa.DataType:
    refuse_intervals(field.name, field.type)
    return field.type if pa.types.is_null(field.type) else storable(field.type, column=field.name)


def _batches(files: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for file in files:
        with _read(parquet.ParquetFile, file) as opened:
            batches = opened.iter_batches(_BATCH_ROWS)
            while batch := _read(partial(_next, batches), file):
                yield _unified(batch[0], schema, file)


def _next(batches: Iterator[pa.RecordBatch], _file: str) -> list[pa.RecordBatch]:
    """Return the next batch, or an empty list after the last."""
    return list(islice(batches, 1))


def _unified(batch: pa.RecordBatch, schema: pa.Schema, file: str) -> pa.RecordBatch:
    columns = []
    for field in schema:
        values, misfits = convert(pa.chunked_array([batch.column(field.name)]), field.type)
        if misfits:
            found = f'"{field.name}" holds {batch.column(field.name)[misfits[0]]}'
            raise UnreadableSource(
                f'"{file}"',
                f"{found}, and with the other files the column is {field.type}.",
                hint="Load the files one by one.",
            )
        columns.append(values.combine_chunks())
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _read(read: Callable[[str], _T], file: str) -> _T:
    try:
        return read(file)
    except (pa.ArrowException, OSError) as error:
        if file.lower().endswith(".gz"):
            reason = "Parquet files pack their own columns, and are not read from gzip."
            raise UnreadableSource(f'"{file}"', reason, hint="Unpack it first.") from error
        raise UnreadableSource(
            f'"{file}"', f"{str(error).rstrip('.')}.", hint="Check that it is a Parquet file."
        ) from error
