"""Frames: telling them from other values, and reading them as rows or as Arrow.

A frame is anything with columns that becomes Arrow, by the Arrow C stream interface or by a method
``to_arrow``: a pandas or polars DataFrame, a pyarrow Table, RecordBatch or RecordBatchReader, a
DuckDB relation, a table of a session. Index levels of a DataFrame that have names come as the first
columns; an index without a name is left out.

Neither pandas nor pyarrow is imported before a frame has come.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol, TypeGuard, runtime_checkable

from atomlite.errors import AnswerNotSerializable

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

ROWS_OF_A_PART = 8_192


@runtime_checkable
class ArrowStream(Protocol):
    """What hands out its rows by the Arrow C stream interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Return a capsule that holds the stream."""


class HasArrow(Protocol):
    """What becomes an Arrow table."""

    def to_arrow(self) -> pa.Table:
        """Return all rows."""


def is_frame(value: object) -> TypeGuard[ArrowStream | HasArrow]:
    """Return whether a value is a table of data, rather than one value or a list of them."""
    kind = type(value)
    return (hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "to_arrow")) and (
        hasattr(kind, "columns") or hasattr(kind, "schema")
    )


def is_read_once(value: object) -> bool:
    """Return whether a frame is read as it goes, and so has no known size."""
    pyarrow = sys.modules.get("pyarrow")
    return pyarrow is not None and isinstance(value, pyarrow.RecordBatchReader)


def batches(frame: object) -> Iterator[list[dict[str, object]]]:
    """Yield the rows of a frame, some thousands at a time, as mappings from name to value."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(frame, pandas.DataFrame):
        flat = _with_index(frame)
        for start in range(0, len(flat), ROWS_OF_A_PART):
            yield _records_of_pandas(flat.iloc[start : start + ROWS_OF_A_PART])
    else:
        for batch in reader(frame):
            yield _records_of_arrow(batch)


def reader(frame: object) -> pa.RecordBatchReader:
    """Return the rows of a frame as Arrow batches, to be read once.

    Raises:
        AnswerNotSerializable: A column of a DataFrame holds values of several types.
    """
    import pyarrow as pa  # noqa: PLC0415 -- where frames leave

    pandas = sys.modules.get("pandas")
    if isinstance(frame, pa.RecordBatchReader):
        return frame
    assert is_frame(frame)  # noqa: S101 -- the caller looked
    try:
        if pandas is not None and isinstance(frame, pandas.DataFrame):
            flat = _with_index(frame)
            flat = flat.set_axis([_column_name(name) for name in flat.columns], axis="columns")
            return pa.Table.from_pandas(flat, preserve_index=False).to_reader(ROWS_OF_A_PART)
        if isinstance(frame, pa.RecordBatch):
            return pa.Table.from_batches([frame]).to_reader(ROWS_OF_A_PART)
        if isinstance(frame, pa.Table):
            return frame.to_reader(ROWS_OF_A_PART)
        if isinstance(frame, ArrowStream):
            return pa.RecordBatchReader.from_stream(frame)
        return frame.to_arrow().to_reader(ROWS_OF_A_PART)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise without_form("Arrow", str(error)) from None


def without_form(form: str, reason: str) -> AnswerNotSerializable:
    """Return the error for a frame that has no such form."""
    return AnswerNotSerializable(
        f"The callback returned a frame without a form as {form}: {reason}",
        hint="Cast the column to one type, leave it out, or ask for another form with `Accept`.",
    )


def _with_index(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame with its named indexes as columns, each column of another name."""
    named = [name for name in frame.index.names if name is not None]
    names = [_column_name(name) for name in (*named, *frame.columns)]
    if len(set(names)) < len(names):
        raise without_form("anything", f"two columns have one name, of {', '.join(names)}.")
    return frame.reset_index(level=named) if named else frame


def _records_of_pandas(frame: pd.DataFrame) -> list[dict[str, object]]:
    names = [_column_name(name) for name in frame.columns]
    columns = [frame.iloc[:, position].tolist() for position in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _column_name(name: object) -> str:
    levels = name if isinstance(name, tuple) else (name,)
    return "_".join(str(level) for level in levels if level != "")


def _records_of_arrow(batch: pa.RecordBatch) -> list[dict[str, object]]:
    from atomlite.data_types.listing import python_values  # noqa: PLC0415 -- it knows pyarrow

    columns = [python_values(column) for column in batch.columns]
    return [dict(zip(batch.schema.names, row, strict=True)) for row in zip(*columns, strict=True)]
