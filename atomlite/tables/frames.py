"""Arrow tables as DataFrames, with every value kept.

Whole numbers and truth values with nulls have pandas' nullable types, not floats or objects;
decimals, dates and times are Python's. Python has no dates beyond the years 1 to 9999; they
come as timestamps, and instants whose reading in their zone would be beyond them in UTC. It has no
nanoseconds of times; those keep Arrow's type.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

_FIRST_DAY = (dt.date.min - dt.date(1970, 1, 1)).days
_LAST_DAY = (dt.date.max - dt.date(1970, 1, 1)).days
_NULLABLE = {
    pa.bool_(): "boolean",
    pa.int8(): "Int8",
    pa.int16(): "Int16",
    pa.int32(): "Int32",
    pa.int64(): "Int64",
    pa.uint8(): "UInt8",
    pa.uint16(): "UInt16",
    pa.uint32(): "UInt32",
    pa.uint64(): "UInt64",
}


def to_frame(table: pa.Table, *, index: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return a DataFrame.

    Args:
        table: The rows.
        index: Names of the columns that become the index; none for a plain one.
    """
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    columns = [_series(column) for column in table.columns]
    frame = pd.DataFrame(dict(enumerate(columns)), index=pd.RangeIndex(table.num_rows))
    frame.columns = pd.Index(table.column_names)  # not as a mapping: SQL may repeat a name
    return frame.set_index(list(index)) if index else frame


def _series(column: pa.ChunkedArray[Any]) -> pd.Series[Any]:
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    if pa.types.is_nested(column.type):  # pandas' own way turns integers beside a null to floats
        return pd.Series(column.to_pylist(), dtype=object)
    if column.null_count and column.type in _NULLABLE:
        nullable: Any = pd.api.types.pandas_dtype(_NULLABLE[column.type])
        return column.to_pandas(types_mapper=lambda _: nullable)
    if column.type == pa.time64("ns"):
        return column.to_pandas(types_mapper=pd.ArrowDtype)
    if pa.types.is_date(column.type) and _beyond_python(column):
        return column.cast(pa.timestamp("s")).to_pandas()
    if pa.types.is_timestamp(column.type) and column.type.tz and _beyond_python(column):
        return column.cast(pa.timestamp(column.type.unit, "UTC")).to_pandas()
    return column.to_pandas()


def _beyond_python(column: pa.ChunkedArray[Any]) -> bool:
    """Return whether a date has a year that Python has not, or an instant may have in its zone."""
    days = column.cast(pa.date32()).cast(pa.int32()).drop_null().to_numpy()
    farthest = 0 if pa.types.is_date(column.type) else 1
    return bool(((days < _FIRST_DAY + farthest) | (days > _LAST_DAY - farthest)).any())
