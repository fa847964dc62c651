"""Arrow tables as DataFrames, with every value kept.

Whole numbers and truth values with nulls have pandas' nullable types, not floats or objects;
decimals, dates and times are Python's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    import pandas as pd

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

    columns = {
        name: _series(column) for name, column in zip(table.column_names, table.columns, strict=True)
    }
    frame = pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))
    return frame.set_index(list(index)) if index else frame


def _series(column: pa.ChunkedArray) -> pd.Series:
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    if column.null_count and column.type in _NULLABLE:
        return column.to_pandas(types_mapper=lambda kind: pd.api.types.pandas_dtype(_NULLABLE[kind]))
    if column.type == pa.time64("ns"):  # Python's times end at microseconds
        return column.to_pandas(types_mapper=pd.ArrowDtype)
    return column.to_pandas()
