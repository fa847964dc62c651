"""Rows as Python values, as JSON is written from them. Pure.

>>> rows_of_table(pa.table({"a": [1, None], "b": ["x", "y"]}).columns)
[(1, 'x'), (None, 'y')]
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import pyarrow as pa

from atomlite.data_types.listing import python_values

_DIRECT = frozenset(
    {
        pa.bool_(),
        pa.int8(),
        pa.int16(),
        pa.int32(),
        pa.int64(),
        pa.uint8(),
        pa.uint16(),
        pa.uint32(),
        pa.uint64(),
        pa.float32(),
        pa.float64(),
        pa.string(),
        pa.binary(),
        pa.date32(),
        pa.time32("s"),
        pa.time32("ms"),
        pa.time64("us"),
        pa.timestamp("s"),
        pa.timestamp("ms"),
        pa.timestamp("us"),
    }
)


@cache
def is_direct(data_type: pa.DataType) -> bool:
    """Return whether the engine's own Python values are what JSON is to be written from.

    The others go through Arrow: timestamps with a zone, nanoseconds, durations and nested values.
    """
    return data_type in _DIRECT or isinstance(data_type, pa.Decimal128Type)


def rows_of_table(columns: Iterable[pa.ChunkedArray[Any]]) -> list[tuple[object, ...]]:
    """Return columns as rows; what Python has not is text."""
    return list(zip(*map(python_values, columns), strict=True))


def with_integers(
    rows: Iterable[tuple[object, ...]], positions: Sequence[int]
) -> list[tuple[object, ...]]:
    """Return rows in which the decimals at some positions, all whole, are integers."""
    changed = []
    for row in rows:
        cells = list(row)
        for position in positions:
            cell = cells[position]
            cells[position] = None if cell is None else int(str(cell))
        changed.append(tuple(cells))
    return changed
