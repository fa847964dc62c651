"""CSV files."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from atomlite.engine.files import CsvOptions, CsvReader
from atomlite.tables.reports import RejectedRow
from atomlite.tables.schemas import checked_columns
from atomlite.tables.sources.names import checked_names
from atomlite.tables.sources.paths import Paths, found_files, shown
from atomlite.tables.sources.source import Source, from_batches


def csv_source(
    paths: Paths, options: CsvOptions, *, known: Mapping[str, pa.DataType] | None = None
) -> Source:
    """Return a source over one CSV file or several; ``.gz`` and ``.zst`` are unpacked.

    The first line has the names. An empty field is null. A type is found from all values of a
    column: whole numbers, numbers, dates, times, timestamps (ISO 8601), ``true`` and ``false``,
    else text; numbers that begin with a zero (postal codes) are text.

    Args:
        paths: What to read; see `Paths`.
        options: How to read it.
        known: Types of columns that a table already has, or was asked to have: their values come as
            text, and each is converted by itself.

    Raises:
        SourceNotFound: No file is there.
        UnreadableSource: A file cannot be read, or the first lines differ.
        InvalidName: A column cannot have its name.
    """
    files = found_files(paths)
    reader = CsvReader(files, options)
    try:
        checked_columns(checked_names(reader.names))
        known = dict(known or {})
        row_count = reader.read()
        found = {name: kind for name, kind in reader.types().items() if name not in known}
        several = len(files) > 1
        unsplit = [_rejected(*told, several=several) for told in reader.rejects()]
    except BaseException:
        reader.close()
        raise

    schema = pa.schema([(name, found.get(name, pa.string())) for name in reader.names])
    return Source(
        shown(files),
        {name: known.get(name) or found[name] for name in reader.names},
        from_batches(schema, reader.batches(found), "").slices,
        row_count,
        unsplit,
        close=reader.close,
    )


def _rejected(file: str, line: int, reason: str, text: str, *, several: bool) -> RejectedRow:
    where = f' in "{file}"' if several else ""
    return RejectedRow(None, None, f"{reason.rstrip('.')}{where}.", text.rstrip("\n"), line)
