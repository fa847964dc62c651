"""Values made into one, in plain Python: for measures over cells, and behind single facts' SQL.

>>> aggregated("sum", [1, 2], AggregateOptions()), aggregated("mean", [1, 2], AggregateOptions())
(3, 1.5)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from atomlite.cubes.checking.orders import value_key
from atomlite.measures.nodes import AggregateName, AggregateOptions


def aggregated(function: AggregateName, values: Sequence[Any], options: AggregateOptions) -> object:
    """Return one value for one or more values that are not null.

    Args:
        function: How.
        values: Numbers, or other values where the function takes them.
        options: For ``quantile``, ``std`` and ``var``.

    >>> aggregated("quantile", [1, 2, 4], AggregateOptions(q=0.75))
    3.0
    """
    if function == "quantile":
        return quantile(len(values), sorted(values, key=value_key).__getitem__, options)
    if function in {"std", "var"}:
        return spread(function, values, sample=options.sample)
    return _SIMPLE[function](values)


def quantile(count: int, at: Callable[[int], Any], options: AggregateOptions) -> float:
    """Return a quantile of sorted values.

    Args:
        count: How many there are, 1 or more.
        at: Gives the value at an index from 0.
        options: Which quantile.
    """
    q = options.q
    place = {
        "simple": q * count,
        "centered": q * count + 0.5,
        "exc": q * (count + 1),
        "inc": q * (count - 1) + 1,
    }[options.mode]
    place = min(max(place, 1), count)
    below, above = math.floor(place), math.ceil(place)
    part = place - below
    if options.interpolation == "nearest":
        return float(at(round(place) - 1))  # Python rounds halves to even numbers
    low, high = float(at(below - 1)), float(at(above - 1))
    part = {"lower": 0.0, "higher": 1.0 if above > below else 0.0, "midpoint": 0.5}.get(
        options.interpolation, part
    )
    return low if low == high else low + (high - low) * part


def spread(function: AggregateName, values: Sequence[Any], *, sample: bool) -> float | None:
    """Return variance or standard deviation; ``None`` where a sample has one value."""
    numbers = [float(value) for value in values]
    divisor = len(numbers) - 1 if sample else len(numbers)
    if divisor == 0:
        return None
    mean = math.fsum(numbers) / len(numbers)
    variance = math.fsum((number - mean) ** 2 for number in numbers) / divisor
    return math.sqrt(variance) if function == "std" else variance


def _sum(values: Sequence[Any]) -> Any:  # noqa: ANN401 -- of the values' own type
    return math.fsum(values) if isinstance(values[0], float) else sum(values[1:], values[0])


def _part(values: Sequence[Any], sign: int) -> Any:  # noqa: ANN401 -- of the values' own type
    kept = [value for value in values if value * sign > 0]
    return _sum(kept) if kept else values[0] * 0


def _single(values: Sequence[Any]) -> object:
    return values[0] if all(value == values[0] for value in values) else None


_SIMPLE: dict[str, Callable[[Sequence[Any]], object]] = {
    "sum": _sum,
    "mean": lambda values: math.fsum(map(float, values)) / len(values),
    "min": lambda values: min(values, key=value_key),
    "max": lambda values: max(values, key=value_key),
    "median": lambda values: quantile(
        len(values), sorted(values, key=value_key).__getitem__, AggregateOptions()
    ),
    "prod": lambda values: math.prod(map(float, values)),
    "count": len,
    "count_distinct": lambda values: len(set(values)),
    "distinct": lambda values: sorted(set(values), key=value_key),
    "long": lambda values: _part(values, 1),
    "short": lambda values: _part(values, -1),
    "single_value": _single,
    "square_sum": lambda values: _sum([value * value for value in values]),
}
