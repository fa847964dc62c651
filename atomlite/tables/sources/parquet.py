"""Parquet files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
from pyarrow import parquet

from atomlite.errors import UnreadableSource, names_listed
from atomlite.tables.sources.names import checked_names
from atomlite.tables.sources.paths import Paths, found_files, shown
from atomlite.tables.sources.source import Source, from_batches

_BATCH_ROWS = 131_072


def parquet_source(paths: Paths) -> Source:
    """Return a source over one file or several, read one after the other in the order of names.

    The files must have the same columns; where types differ, the wider one holds.

    Raises:
        SourceNotFound: No file is there.
        UnreadableSource: A file is no Parquet, or its columns differ from those of the first.
    """
    files = found_files(paths)
    schemas = [_read(parquet.read_schema, file) for file in files]
    for file, schema in zip(files, schemas, strict=True):
        differing = set(schema.names) ^ set(schemas[0].names)
        if differing:
            raise UnreadableSource(
                f'"{file}"',
                f"its columns differ from those of the first file: {names_listed(differing)}.",
                hint="Load the files one by one.",
            )
    try:
        plain = [schema.remove_metadata() for schema in schemas]
        unified = pa.unify_schemas(plain, promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise UnreadableSource(shown(files), f"column types do not go together: {error}") from error
    checked_names(unified.names)
    rows = sum(_read(parquet.read_metadata, file).num_rows for file in files)
    return from_batches(unified, _batches(files, unified), shown(files), rows)


def _batches(files: Sequence[str], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    for file in files:
        with _read(parquet.ParquetFile, file) as opened:
            batches = opened.iter_batches(_BATCH_ROWS, columns=schema.names)
            while True:
                try:
                    batch = next(batches)
                except StopIteration:
                    break
                except (pa.ArrowInvalid, OSError) as error:
                    raise UnreadableSource(f'"{file}"', str(error)) from error
                yield batch.select(schema.names).cast(schema)


def _read(reader, file):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 -- any pyarrow reader
    try:
        return reader(file)
    except (pa.ArrowInvalid, OSError) as error:
        raise UnreadableSource(
            f'"{file}"', str(error), hint="Check that it is a Parquet file."
        ) from error
