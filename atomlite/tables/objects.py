"""Python objects as Arrow values: each exactly, or an error.

Arrow takes one type for all values and drops what has no place in it: the nanoseconds of pandas, a
zone beside values without, the time of day beside dates. So what it made is compared with what was
given, unless all values are of one class to which nothing can happen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from atomlite.data_types.values import is_null, plain

MISFIT = (pa.ArrowException, OverflowError, TypeError, ValueError)
"""What Arrow raises for objects that it cannot take."""

_UNHARMED = frozenset({bool, int, str, bytes, Decimal, dt.date})
_EMPTY = frozenset({"NoneType", "NAType", "NaTType", "float"})
"""Classes of nulls; a float that is a number makes floats of all, or an error."""


def exact_array(values: Iterable[object], data_type: pa.DataType | None = None) -> pa.Array[Any]:
    """Return objects as an Arrow array; NaN, NaT, NA and ``None`` are null.

    Args:
        values: Python, NumPy or pandas scalars, or lists, mappings and arrays of them; a list or
            an array, for they are looked through twice.
        data_type: The type to use; ``None`` takes the one that the values suggest.

    Raises:
        One of `MISFIT`: They have no one type, or a value would change.

    >>> exact_array([dt.date(2026, 1, 1), dt.datetime(2026, 1, 1, 12)])
    Traceback (most recent call last):
    ...
    pyarrow.lib.ArrowInvalid: a value would change as date32[day]
    """
    array: Any = pa.array(values, data_type, from_pandas=True)
    kinds = {kind for kind in map(type, values) if kind.__name__ not in _EMPTY}
    unharmed = data_type is None and len(kinds) <= 1 and kinds <= _UNHARMED
    if not unharmed and not all(map(_same, array.to_pylist(), values)):
        message = f"a value would change as {array.type}"
        raise pa.ArrowInvalid(message)
    exact: pa.Array[Any] = array
    return exact


def _same(found: object, given: object) -> bool:
    """Return whether Arrow's form of an object is worth the object."""
    given = list(given) if isinstance(given, np.ndarray) else plain(given)
    if found is None:
        return is_null(given) or bool(given != given)  # noqa: PLR0124 -- true for NaN alone
    if isinstance(found, Mapping):
        return (
            isinstance(given, Mapping)
            and given.keys() <= found.keys()
            and all(_same(value, given.get(name)) for name, value in found.items())
        )
    if isinstance(found, list | tuple):
        items = list(given.items()) if isinstance(given, Mapping) else given
        return (
            isinstance(items, Sequence)
            and not isinstance(items, str | bytes | bytearray)
            and len(items) == len(found)
            and all(map(_same, found, items))
        )
    return isinstance(found, bool) == isinstance(given, bool) and bool(found == given)
