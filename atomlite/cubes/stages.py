"""Python functions as measures: called on whole columns, once for each set of cells.

What they return is checked, so that a wrong function is an error that names its measure, and never
a wrong number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import compute

from atomlite.data_types.storage import to_storage
from atomlite.errors import MeasureFailed, OperationCancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from atomlite.cubes.planning.plan import Stage


def called(stage: Stage, cells: pa.Table, check: Callable[[], None]) -> pa.Table:
    """Return the cells of a stage with what its function makes of them.

    Args:
        stage: Which function, and which columns are its arguments.
        cells: Its rows: keys and arguments.
        check: Raises when there is no time left; called after each call of the function.

    Returns:
        Its key columns, and what the function returned, in the engine's types.

    Raises:
        MeasureFailed: The function raised, or returned what does not fit.
    """
    sets = cells.column(0)
    parts: list[pa.ChunkedArray[Any]] = []
    kept: list[pa.Table] = []
    for number in compute.unique(sets):
        rows = cells.filter(compute.equal(sets, number))
        parts.append(_value(stage, rows))
        check()
        kept.append(rows)
    whole = pa.concat_tables(kept) if kept else cells
    chunks = [chunk for part in parts for chunk in part.chunks]
    value = pa.chunked_array([*chunks, pa.array([], stage.data_type)])
    table = whole.select(list(stage.keys))
    return table.append_column(stage.column, to_storage(value, stage.data_type))


def _value(stage: Stage, rows: pa.Table) -> pa.ChunkedArray[Any]:
    arguments = [rows.column(position).combine_chunks() for position in stage.arguments]
    try:
        found = stage.function(*arguments)
    except OperationCancelled:
        raise
    except Exception as error:
        raise _failed(stage, f"raised {type(error).__name__}") from error
    return _checked(stage, found, rows.num_rows)


def _checked(stage: Stage, found: object, length: int) -> pa.ChunkedArray[Any]:
    if isinstance(found, str | bytes) or not hasattr(found, "__len__"):
        raise _failed(stage, f"returned {type(found).__name__}, not an array")
    if len(found) != length:
        raise _failed(stage, f"returned {len(found):,} values for {length:,} cells")
    try:
        if isinstance(found, pa.Array | pa.ChunkedArray):
            array = found.cast(stage.data_type)
        else:
            array = pa.array(found, stage.data_type, from_pandas=True)  # type: ignore[call-overload] # anything of a length
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise _failed(stage, f"returned what is not {stage.data_type}: {error}") from error
    return array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array])


def _failed(stage: Stage, what: str) -> MeasureFailed:
    return MeasureFailed(
        f'The function of the measure "{stage.measure}" {what}.',
        hint="It gets one Arrow array per argument, one value per cell, totals included, and "
        "returns as many values.",
        details={"measure": stage.measure},
    )
