"""The index of a result: members in level order, totals told from members.

A level of dates gives timestamps, so that an index of dates can be plotted and sliced by text.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from atomlite.cubes.results.totals import BLANK, TOTAL
from atomlite.tables.frames import to_frame

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    _Codes = NDArray[np.int64]

_MOST_PAIRS = 200_000
"""Neighbours of one level that are compared; the members of a level with more stay as they came."""


def index_of(
    columns: Sequence[pa.ChunkedArray[Any]], names: Sequence[str], depths: _Codes
) -> pd.Index[Any]:
    """Return the index of a result.

    Args:
        columns: The members of each level, one per row; null where a row does not express it.
        names: The names of the levels.
        depths: How many levels each row expresses.

    Returns:
        A plain index without levels, an `Index` for one level, else a `MultiIndex`.
    """
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    if not columns:
        return pd.RangeIndex(len(depths))
    if len(columns) == 1:
        return _flat(columns[0], names[0], depths)
    encoded = [_encoded(column, depths, place) for place, column in enumerate(columns)]
    codes = [each[0] for each in encoded]
    members = [each[1] for each in encoded]
    for place, labels in enumerate(members):
        order = _order(codes, place, len(labels))
        members[place] = labels.take(order)
        renumbered = np.empty(len(labels) + 1, np.int64)
        renumbered[order] = np.arange(len(labels))
        renumbered[-1] = -1
        codes[place] = renumbered[codes[place]]
    return pd.MultiIndex(
        levels=members,  # type: ignore[arg-type] # the stubs know sequences of labels
        codes=codes,  # type: ignore[arg-type] # and of numbers
        names=list(names),
        verify_integrity=False,
    )


def _flat(column: pa.ChunkedArray[Any], name: str, depths: _Codes) -> pd.Index[Any]:
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    totals = depths < 1
    if not totals.any() and not (column.null_count and pa.types.is_string(column.type)):
        found: pd.Index[Any] = _labels(column).rename(name)
        return found
    members = zip(_objects(column), totals.tolist(), strict=True)
    labels = [TOTAL if total else member for member, total in members]
    return pd.Index(labels, dtype=object, name=name)


def _objects(column: pa.ChunkedArray[Any]) -> list[object]:
    """Return members one by one; null is ``None``, a date or time what pandas has for it."""
    if not pa.types.is_temporal(column.type):
        return column.to_pylist()
    valid = column.is_valid().to_pylist()
    labels = _labels(column).astype(object)
    return [label if there else None for label, there in zip(labels, valid, strict=True)]


def _labels(column: pa.ChunkedArray[Any]) -> pd.Index[Any]:
    """Return members as an index of their type."""
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    if pa.types.is_date(column.type):
        return pd.DatetimeIndex(column.cast(pa.timestamp("s")).to_pandas())
    frame = to_frame(pa.Table.from_arrays([column], names=["labels"]))
    labels: pd.Index[Any] = pd.Index(frame["labels"], name=None)
    return labels


def _encoded(
    column: pa.ChunkedArray[Any], depths: _Codes, place: int
) -> tuple[_Codes, pd.Index[Any]]:
    """Return the label of each row as a number, -1 for null, and the labels."""
    import pandas as pd  # noqa: PLC0415 -- where frames leave

    whole = column.combine_chunks().dictionary_encode()
    members = whole.dictionary
    indices: pa.Array[Any] = whole.indices
    codes = np.asarray(indices.fill_null(-1)).astype(np.int64)
    labels = _labels(pa.chunked_array([members]))
    if column.null_count and pa.types.is_integer(column.type):  # or pandas makes floats of them
        labels = labels.astype("Int64")
    here, before = depths == place, depths < place
    if not (here | before).any():
        return codes, labels
    listed = _objects(pa.chunked_array([members]))
    known = {label: number for number, label in enumerate(listed) if label == BLANK}
    extra: list[object] = [TOTAL]
    if before.any() and not known:
        extra.append(BLANK)
    codes = np.where(codes >= 0, codes + len(extra), codes)
    codes[here] = 0
    codes[before] = known[BLANK] + len(extra) if known else 1
    return codes, pd.Index([*extra, *listed], dtype=object)


def _order(codes: Sequence[_Codes], place: int, size: int) -> _Codes:
    """Return an order of a level's labels in which those under each parent follow as rows do.

    With it the index is sorted, in the eyes of pandas: it can be sliced.
    """
    as_they_came = np.arange(size)
    own = codes[place]
    together = np.ones(max(len(own) - 1, 0), bool)
    for outer in codes[:place]:
        together &= outer[1:] == outer[:-1]
    first, second = own[:-1][together], own[1:][together]
    apart = (first != second) & (first >= 0) & (second >= 0)
    pairs = np.unique(first[apart] * size + second[apart])
    if len(pairs) > _MOST_PAIRS:
        return as_they_came
    sorter: TopologicalSorter[int] = TopologicalSorter(dict.fromkeys(range(size), ()))
    for pair in pairs.tolist():
        sorter.add(pair % size, pair // size)
    try:
        return np.fromiter(sorter.static_order(), np.int64, size)
    except CycleError:  # rows that are ordered by a measure
        return as_they_came
