"""Incoming rows made to fit a table: columns matched, values converted, misfits set aside. Pure."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from pyarrow import compute as pc

from atomlite.data_types.storage import to_storage
from atomlite.errors import UnexpectedColumns, did_you_mean, names_listed
from atomlite.tables.conversions import convert, convert_objects
from atomlite.tables.reports import RejectedRow
from atomlite.tables.schemas import ColumnSchema, TableSchema
from atomlite.types import ErrorHandling

Values: TypeAlias = "pa.ChunkedArray[Any] | list[object]"
"""A column of a slice: Arrow values, or Python objects that have no one Arrow type."""

Slice: TypeAlias = Mapping[str, Values]
"""Some rows: columns of equal length by name."""

_SHOWN = 60


@dataclass(slots=True)
class Misfits:
    """The rows set aside so far.

    Args:
        keep: How many of them are kept as samples.
    """

    keep: int
    rows: array[int] = field(default_factory=lambda: array("q"))
    samples: list[RejectedRow] = field(default_factory=list)
    unsplit: int = 0

    @property
    def count(self) -> int:
        """Number of rows set aside."""
        return len(self.rows) + self.unsplit

    def add_unsplit(self, rows: Sequence[RejectedRow]) -> None:
        """Add lines of a file that could not be split into columns."""
        self.unsplit += len(rows)
        self.samples += rows[: max(0, self.keep - len(self.samples))]


@dataclass(frozen=True, slots=True)
class Matching:
    """Which columns of the data go where.

    Args:
        new: Columns of the data that the table lacks.
        missing: Columns of the table that the data lacks.
    """

    new: tuple[str, ...]
    missing: tuple[str, ...]


def match_columns(
    schema: TableSchema, found: Sequence[str], error_handling: ErrorHandling
) -> Matching:
    """Compare the columns of the data with those of the table.

    Raises:
        UnexpectedColumns: A key is missing; none of the columns is known; or there are new columns
            and the load is to fail then.
    """
    new = tuple(name for name in found if name not in schema.by_name)
    missing = tuple(name for name in schema.names if name not in found)
    keys = [name for name in missing if name in schema.keys]
    if keys:
        what = "key" if len(keys) == 1 else "keys"
        raise UnexpectedColumns(
            f'The data lacks {names_listed(keys)}, {what} of "{schema.name}"; nothing was loaded. '
            f"Its columns: {names_listed(found)}.",
            hint=f"Rename or add the column{'s' if len(keys) > 1 else ''}. "
            f"{_suggested(keys, found)}",
            details={"table": schema.name, "missing_columns": list(keys), "found": list(found)},
        )
    if len(missing) == len(schema.columns) or (new and error_handling == "fail"):
        them = "it" if len(new) == 1 else "them"
        skip = ', or pass error_handling="skip" to load the other columns'
        can_skip = len(missing) < len(schema.columns)
        raise unknown_columns(schema, new, hint=f"Drop or rename {them}{skip if can_skip else ''}.")
    return Matching(new, missing)


def unknown_columns(
    schema: TableSchema, new: Sequence[str], *, hint: str = ""
) -> UnexpectedColumns:
    """Return the error for names that no column of the table has."""
    what = "column" if len(new) == 1 else "columns"
    return UnexpectedColumns(
        f'"{schema.name}" has no {what} named {names_listed(new)}; nothing was loaded. '
        f"Its columns: {names_listed(schema.names)}.",
        hint=f"{_suggested(new, schema.names)} {hint}".strip(),
        details={
            "table": schema.name,
            "new_columns": list(new),
            "columns": list(schema.names),
        },
    )


def _suggested(names: Sequence[str], known: Sequence[str]) -> str:
    """Return the question after the first name that is like a known one; empty when none is."""
    return next(filter(None, (did_you_mean(name, known) for name in names)), "")


def fit(rows: Slice, count: int, schema: TableSchema, first: int, misfits: Misfits) -> pa.Table:
    """Return the rows that fit, in storage types, and set the others aside.

    Args:
        rows: Columns by name; those that the table lacks are not looked at.
        count: Number of rows.
        schema: The table.
        first: Position of the first row in the whole of the data.
        misfits: Takes what does not fit.
    """
    bad: dict[int, tuple[ColumnSchema, bool]] = {}
    columns = []
    for column in schema.columns:
        values, positions, nulls = _fit_column(rows.get(column.name), count, column)
        for position in positions:
            bad.setdefault(position, (column, False))
        for position in nulls:
            bad.setdefault(position, (column, True))
        columns.append(to_storage(values, column.data_type))
    table = pa.Table.from_arrays(columns, names=list(schema.names))
    if not bad:
        return table
    positions = sorted(bad)
    misfits.rows.extend(first + position for position in positions)
    room = max(0, misfits.keep - len(misfits.samples))
    for position in positions[:room]:
        column, is_null = bad[position]
        value = None if is_null else rows[column.name][position]
        misfits.samples.append(_rejected(first + position, column, value))
    keep = np.ones(count, dtype=bool)
    keep[positions] = False
    return table.filter(pa.array(keep))


def _fit_column(
    values: Values | None, count: int, column: ColumnSchema
) -> tuple[pa.ChunkedArray[Any], list[int], list[int]]:
    """Return the values, the positions of those that do not convert, and of nulls in a key."""
    if values is None:
        values = pa.chunked_array([pa.nulls(count)])
    if isinstance(values, list):
        converted, positions = convert_objects(values, column.data_type)
    else:
        converted, positions = convert(values, column.data_type)
    nulls: list[int] = []
    if not column.nullable and converted.null_count > len(positions):
        missing = pc.indices_nonzero(converted.is_null()).to_numpy()
        nulls = sorted({int(position) for position in missing}.difference(positions))
    if column.default is not None and converted.null_count:
        converted = converted.fill_null(pa.scalar(column.default, column.data_type))
    return converted, positions, nulls


def _rejected(row: int, column: ColumnSchema, value: object) -> RejectedRow:
    """Return what is told of a row that has a value of no fitting type, or null in a key."""
    if value is None:
        return RejectedRow(row, column.name, f'"{column.name}" is a key and null.')
    far = isinstance(value, pa.Scalar) and pa.types.is_temporal(value.type)
    if isinstance(value, pa.Scalar):
        # Python has no dates and times of far years; their text there is.
        value = str(value.cast(pa.string())) if far else value.as_py()
    text = str(value).encode("utf-8", "backslashreplace").decode()
    text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    shown = f'"{text}"' if isinstance(value, str) and not far else text
    return RejectedRow(
        row, column.name, f'"{column.name}" is {column.data_type}, got {shown}.', text
    )
