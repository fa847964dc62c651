"""pandas DataFrames.

Named index levels become columns before the others; an index without a name is left out. Column
names that are not text are written out, and the levels of a column MultiIndex are joined with
``_``. NaN, NaT and None are null.
"""

from __future__ import annotations

import sys
from collections.abc import Hashable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

import pyarrow as pa

from atomlite.errors import UnsupportedData
from atomlite.tables.fitting import Slice, Values
from atomlite.tables.objects import MISFIT, exact_array
from atomlite.tables.sources.names import checked_names
from atomlite.tables.sources.source import SLICE_ROWS, Source, columns_of, types_of

if TYPE_CHECKING:
    import pandas as pd

_ONE_BY_ONE = frozenset({"object", "category"})
"""Classes of columns whose values may each be of another kind."""


def is_frame(data: object) -> TypeGuard[pd.DataFrame]:
    """Return whether data is a pandas DataFrame; without pandas, nothing is."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(data, pandas.DataFrame)


def frame_source(frame: pd.DataFrame, *, known: Mapping[str, pa.DataType] | None = None) -> Source:
    """Return a source over a DataFrame.

    Args:
        frame: The data; not changed.
        known: Types of columns that a table already has, or was asked to have. A column of mixed
            objects is accepted only there, and each of its values is converted by itself.

    Raises:
        UnsupportedData: It has no columns, two of one name, or a column of mixed objects.
    """
    flat = _flattened(frame)
    names = checked_names([str(name) for name in flat.columns])
    prepared = {
        name: _objects(name, flat[name], known or {})
        for name, dtype in zip(names, flat.dtypes, strict=True)
        if str(dtype) in _ONE_BY_ONE
    }
    plain = flat.drop(columns=list(prepared)) if prepared else flat
    found = types_of(_arrow(plain.iloc[:1]).schema)
    data_types: dict[str, pa.DataType] = {}
    for name in names:
        values = prepared.get(name)
        if values is None:
            data_types[name] = found[name]
        else:
            data_types[name] = (known or {})[name] if isinstance(values, list) else values.type

    def slices() -> Iterator[tuple[Slice, int]]:
        for start in range(0, len(flat), SLICE_ROWS):
            part = plain.iloc[start : start + SLICE_ROWS]
            columns: dict[str, Values] = {**columns_of(_arrow(part))} if len(part.columns) else {}
            for name, values in prepared.items():
                columns[name] = values[start : start + SLICE_ROWS]
            yield columns, min(SLICE_ROWS, len(flat) - start)

    mixed = frozenset(name for name, values in prepared.items() if isinstance(values, list))
    return Source("DataFrame", data_types, slices, len(flat), mixed=mixed)


def _arrow(frame: pd.DataFrame) -> pa.Table:
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except MISFIT as error:
        raise UnsupportedData(
            f"The DataFrame cannot be read: {' '.join(str(part) for part in error.args)}.",
            hint="Convert that column, for example with `.astype(str)`.",
        ) from error


def _flattened(frame: pd.DataFrame) -> pd.DataFrame:
    flat = frame.copy(deep=False)
    flat.columns = [_column_name(name) for name in frame.columns]
    for position, name in enumerate(frame.index.names):
        if name is not None:
            values = frame.index.get_level_values(position)
            flat.insert(position, _column_name(name), values, allow_duplicates=True)
    return flat.reset_index(drop=True)


def _column_name(name: Hashable) -> str:
    if isinstance(name, tuple):
        return "_".join(str(part) for part in name if str(part))
    return str(name)


def _objects(name: str, series: pd.Series, known: Mapping[str, pa.DataType]) -> Values:
    """Return a column of Python objects as Arrow values, or as they are when they are mixed."""
    try:
        if str(series.dtype) == "category":
            if str(series.cat.categories.dtype) == "object":
                exact_array(list(series.cat.categories))
            array: Any = pa.array(series, from_pandas=True)
        else:
            array = exact_array(series.to_numpy())
    except MISFIT as error:
        if name in known:
            return list(series)
        raise UnsupportedData(
            f'Column "{name}" mixes values that have no one data type: {str(error).rstrip(".")}.',
            hint=f'Convert it, for example `frame["{name}"].astype(str)`, or name its type in '
            "`data_types`.",
            details={"column": name},
        ) from error
    if isinstance(array, pa.ChunkedArray):  # of text beyond 2 GB
        return array
    whole: pa.ChunkedArray[Any] = pa.chunked_array([array])
    return whole
