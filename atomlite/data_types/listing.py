"""Arrow values as Python's own, with text for dates and times that Python has not.

Python's dates end with the years 1 and 9999, its times with microseconds; the engine's do not.

>>> python_values(pa.chunked_array([pa.array([0, 10_000_000, None], pa.int32()).cast(pa.date32())]))
[datetime.date(1970, 1, 1), '29349-01-26', None]
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pyarrow as pa

from atomlite.data_types.storage import fields_of

_BEYOND = (OverflowError, ValueError)
_FINE_TIME = pa.time64("ns")


def python_values(column: pa.ChunkedArray[Any] | pa.Array[Any]) -> list[object]:
    """Return the values of a column, as `to_pylist` does where it can.

    A date or an instant that Python has not, be it only in the zone of the column, is text as in
    ISO 8601; an instant is in UTC then. Times with nanoseconds are text.
    """
    if not _has_fine_times(column.type):
        try:
            values: list[object] = column.to_pylist()
        except _BEYOND:
            pass
        else:
            return values
    return [_python_value(scalar) for scalar in column]


@cache
def _has_fine_times(kind: pa.DataType) -> bool:
    """Return whether there are times with nanoseconds in it, which Python would cut."""
    return kind == _FINE_TIME or any(_has_fine_times(field.type) for field in fields_of(kind))


def _python_value(scalar: Any) -> object:  # noqa: ANN401 -- a scalar of any type
    if scalar.is_valid and pa.types.is_nested(scalar.type):
        return _parts(scalar)
    if scalar.is_valid and scalar.type == _FINE_TIME:
        return str(scalar.cast(pa.string()))
    try:
        value: object = scalar.as_py()
    except _BEYOND:
        return _text(scalar)
    return value


def _parts(scalar: Any) -> object:  # noqa: ANN401 -- a scalar of a list, a map or a struct
    if pa.types.is_struct(scalar.type):
        return {name: _python_value(scalar[name]) for name in scalar}
    if pa.types.is_map(scalar.type):
        return list(zip(*map(python_values, scalar.values.flatten()), strict=True))
    return python_values(scalar.values)


def _text(scalar: Any) -> str:  # noqa: ANN401 -- a scalar of a date or an instant
    import numpy as np  # noqa: PLC0415 -- for the rare value that Python has not

    zone = "+00:00" if getattr(scalar.type, "tz", None) else ""
    return f"{np.datetime64(scalar.value, getattr(scalar.type, 'unit', 'D'))}{zone}"
