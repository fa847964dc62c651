"""Answers of two sides: the same cells, then timed in turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tests.benchmarks.pairs import Measurement, alternate, seconds

ROUNDS = 7
Answer = Callable[[], pa.Table]


def same(ours: pa.Table, theirs: pa.Table, levels: Sequence[str], others: Sequence[str]) -> None:
    """Raise unless both have the same cells with the same values, up to the rounding of doubles.

    Args:
        ours: One answer.
        theirs: The other.
        levels: Our columns that say which cell a row is; the depth, if both have it, is another.
        others: Theirs, in the same order.
    """
    both = [
        name for name in ours.column_names if name not in levels and name in theirs.column_names
    ]
    if len(ours) != len(theirs) or not both:
        raise RuntimeError(f"The answers differ: {len(ours)} rows, and {len(theirs)}")
    sorted_by = ["_depth"] if "_depth" in both else []
    mine = _sorted(ours.rename_columns(dict(zip(levels, others, strict=True))), sorted_by, others)
    other = _sorted(theirs, sorted_by, others)
    for name in others:
        if mine[name].to_pylist() != other[name].to_pylist():
            raise RuntimeError(f"The answers have other members of {name}")
    for name in both:
        if not np.allclose(_numbers(mine, name), _numbers(other, name), 1e-9, 0, equal_nan=True):
            raise RuntimeError(f"The answers have other values of {name}")


def _sorted(rows: pa.Table, first: Sequence[str], levels: Sequence[str]) -> pa.Table:
    keys = [*first, *levels]
    return rows.sort_by([(name, "ascending") for name in keys]) if keys else rows


def _numbers(rows: pa.Table, name: str) -> npt.NDArray[np.float64]:
    return np.asarray(rows[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def timed(
    what: str,
    against: str,
    ours: Answer,
    theirs: Answer,
    bound: float | None,
    *,
    rounds: int = ROUNDS,
) -> Measurement:
    """Return a line of milliseconds, both sides in turns, after one answer of each."""
    ours()
    theirs()
    found = alternate(lambda: seconds(ours), lambda: seconds(theirs), rounds)
    return Measurement(what, against, found[0] * 1e3, found[1] * 1e3, "ms", bound)


def millions(rows: int) -> str:
    """Return a number of rows in words."""
    return f"{rows / 1e6:g}M"
