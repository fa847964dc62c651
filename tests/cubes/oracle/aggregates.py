"""Many values made into one, as the definitions of the aggregates say it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal

from atomlite.measures.nodes import AggregateOptions
from tests.cubes.oracle.values import NAN, Value, calculated, order


def aggregated(
    function: str, pairs: Sequence[tuple[Value, Value]], options: AggregateOptions
) -> Value:
    """Return the aggregate of the values of at least one row.

    Args:
        function: Its name.
        pairs: Value and second value of each row; nulls are passed over here.
        options: As the measure has them.
    """
    if function in {"first", "last"}:
        return _at_an_end(pairs, last=function == "last")
    if function == "sum_product":
        pairs = [(calculated(x, "*", y), None) for x, y in pairs if x is not None and y is not None]
        return _sum([x for x, _ in pairs]) if pairs else None
    values = [value for value, _ in pairs if value is not None]
    if function == "count":
        return len(values)
    if function == "count_distinct":
        return len(set(values))
    if not values:
        return None
    made = _by_position if isinstance(values[0], list) else _of_some
    return made(function, values, options)


def _by_position(function: str, lists: list[Value], options: AggregateOptions) -> Value:
    found = []
    for place in range(max(map(len, lists))):
        there = [(each[place], None) for each in lists if place < len(each)]
        found.append(aggregated(function, there, options))
    return found or None


def _of_some(  # noqa: C901, PLR0911 -- one case for each function
    function: str, values: list[Value], options: AggregateOptions
) -> Value:
    match function:
        case "sum":
            return _sum(values)
        case "square_sum":
            return _sum([value * value for value in values])
        case "long":
            return _sum(
                [value for value in values if order(value) > (0, 0)] or [type(values[0])(0)]
            )
        case "short":
            return _sum(
                [value for value in values if order(value) < (0, 0)] or [type(values[0])(0)]
            )
        case "min":
            return min(values, key=order)
        case "max":
            return max(values, key=order)
        case "distinct":
            return sorted(set(values), key=order)
        case "single_value":
            return values[0] if len(set(values)) == 1 else None
        case "mean":
            return _mean(values)
        case "prod":
            return math.prod(float(value) for value in values)
        case "median":
            return _quantile(values, AggregateOptions(q=0.5))
        case "quantile":
            return _quantile(values, options)
    assert function in {"std", "var"}, function
    return _spread(values, sample=options.sample, root=function == "std")


def _sum(values: list[Value]) -> Value:
    if not isinstance(values[0], float):
        return sum(values[1:], values[0])
    if all(map(math.isfinite, values)):
        return math.fsum(values)
    return sum(values)


def _mean(values: list[Value]) -> float:
    total = _sum(values)
    if isinstance(total, int | Decimal):
        return float(Decimal(total) / len(values))
    return float(total / len(values))


def _spread(values: list[Value], *, sample: bool, root: bool) -> float | None:
    numbers = [float(value) for value in values]
    divisor = len(numbers) - 1 if sample else len(numbers)
    if divisor == 0:
        return None
    middle = math.fsum(numbers) / len(numbers)
    variance = math.fsum((number - middle) ** 2 for number in numbers) / divisor
    return math.sqrt(variance) if root else variance


def _quantile(values: list[Value], options: AggregateOptions) -> float:
    numbers = sorted((float(value) for value in values), key=order)
    count, q = len(numbers), options.q
    position = {
        "simple": q * count,
        "centered": q * count + 0.5,
        "exc": q * (count + 1),
        "inc": q * (count - 1) + 1,
    }[options.mode]
    position = min(max(position, 1.0), float(count))
    below = math.floor(position)
    lower, upper = numbers[below - 1], numbers[math.ceil(position) - 1]
    part = position - below
    if math.isnan(upper):  # it is above all numbers
        upper = NAN
    match options.interpolation:
        case "lower":
            return lower
        case "higher":
            return upper
        case "midpoint":
            return (lower + upper) / 2
        case "nearest":
            to_the_lower = part < 0.5 or (part == 0.5 and below % 2 == 0)
            return lower if to_the_lower else upper
    return lower if part == 0 else lower + (upper - lower) * part


def _at_an_end(pairs: Sequence[tuple[Value, Value]], *, last: bool) -> Value:
    known = [(x, by) for x, by in pairs if x is not None and by is not None]
    if not known:
        return None
    keyed = [((order(by), order(x)), x) for x, by in known]
    chosen = max(keyed, key=lambda pair: pair[0]) if last else min(keyed, key=lambda pair: pair[0])
    return chosen[1]
