"""Rows on their way into a table, in slices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from atomlite.errors import UnsupportedData
from atomlite.tables.fitting import Slice
from atomlite.tables.reports import RejectedRow

SLICE_ROWS = 1_000_000
"""Rows that are loaded in one step: progress shows and Ctrl-C works between steps."""

SLICE_BYTES = 256 * 1024 * 1024
"""Bytes after which a slice of streamed batches ends earlier."""


@dataclass(slots=True)
class Source:
    """Some data that a table can load once.

    Args:
        name: What it is, for messages and progress: ``DataFrame``, ``"flights.csv"``.
        data_types: Arrow type by column name, in order, as found in the data.
        slices: Makes the iterator over slices and their numbers of rows.
        row_count: Number of rows when known before reading, for progress.
        unsplit: Lines of a file that could not be split into columns.
        mixed: Columns of Python objects that have no one type; each value is converted by itself.
        close: Gives back what the source holds open.
    """

    name: str
    data_types: Mapping[str, pa.DataType]
    slices: Callable[[], Iterator[tuple[Slice, int]]]
    row_count: int | None = None
    unsplit: list[RejectedRow] = field(default_factory=list)
    mixed: frozenset[str] = frozenset()
    close: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        """Refuse data that no table would keep whole."""
        for name, data_type in self.data_types.items():
            refuse_intervals(name, data_type)


def from_table(table: pa.Table, name: str) -> Source:
    """Return a source over an Arrow table; nothing is copied."""

    def slices() -> Iterator[tuple[Slice, int]]:
        for start in range(0, table.num_rows, SLICE_ROWS):
            part = table.slice(start, SLICE_ROWS)
            yield columns_of(part), part.num_rows

    return Source(name, types_of(table.schema), slices, table.num_rows)


def from_batches(
    schema: pa.Schema, batches: Iterable[pa.RecordBatch], name: str, row_count: int | None = None
) -> Source:
    """Return a source over a stream of batches, gathered into slices of good size."""

    def slices() -> Iterator[tuple[Slice, int]]:
        gathered: list[pa.RecordBatch] = []
        rows = size = 0
        for batch in batches:
            gathered.append(batch)
            rows += batch.num_rows
            size += batch.nbytes
            if rows >= SLICE_ROWS or size >= SLICE_BYTES:
                yield columns_of(pa.Table.from_batches(gathered, schema)), rows
                gathered, rows, size = [], 0, 0
        if rows:
            yield columns_of(pa.Table.from_batches(gathered, schema)), rows

    return Source(name, types_of(schema), slices, row_count)


def refuse_intervals(name: str, data_type: pa.DataType) -> None:
    """Refuse intervals of pandas: which of their ends they include is told nowhere in the values.

    Raises:
        UnsupportedData: They are such, or categories that are.
    """
    if isinstance(data_type, pa.DictionaryType):
        data_type = data_type.value_type
    if getattr(data_type, "extension_name", None) == "pandas.interval":
        raise UnsupportedData(
            f'Column "{name}" holds intervals, and a table has no type that keeps which of their '
            "ends are closed.",
            hint="Load their ends as two columns, `.array.left` and `.array.right`, or their text, "
            f'`frame["{name}"].astype(str)`.',
            details={"column": name},
        )


def types_of(schema: pa.Schema) -> dict[str, pa.DataType]:
    """Return the Arrow types by column name."""
    return dict(zip(schema.names, schema.types, strict=True))


def columns_of(table: pa.Table) -> dict[str, pa.ChunkedArray[Any]]:
    """Return the columns by name."""
    return dict(zip(table.column_names, table.columns, strict=True))
