"""Aggregates of facts as SQL, for each of the functions. Pure.

A `Leaf` is planned in two steps: aggregates over columns of rows, then a calculation with what
they gave, which costs no more than one for each cell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.data_types.storage import sql_type

if TYPE_CHECKING:
    from atomlite.expressions.columns import Operand
    from atomlite.measures.nodes import AggregateName, AggregateOptions, Aggregation


@dataclass(frozen=True, slots=True)
class Leaf:
    """How an aggregate is calculated.

    Args:
        operands: What is to be there for each row.
        aggregates: Each takes the names of the operands' columns to an aggregate, without its
            ``FILTER``, and the condition of it, ``""`` for none.
        result: Takes the names of the aggregates' columns to the value.
        counts: Whether it is 0, and not null, where there are no rows.
        again: For each of the aggregates, the function that makes several of them one; none where
            there is none.
    """

    operands: tuple[Operand, ...]
    aggregates: tuple[Callable[..., tuple[str, str]], ...]
    result: Callable[..., str]
    counts: bool = False
    again: tuple[str, ...] = ()


def leaf_of(  # noqa: PLR0911 -- one line for each
    node: Aggregation, data_type: pa.DataType, bind: Callable[[object], str]
) -> Leaf:
    """Return how an aggregation is calculated.

    Args:
        node: The aggregation; one of lists is calculated at each position.
        data_type: The type of its values.
        bind: Gives the SQL of a constant.
    """
    operand, other = node.operand, node.other
    data_type = _element(data_type)
    if operand is None:
        return Leaf((), (lambda: ("count(*)", ""),), _counted, counts=True, again=("sum",))
    if other is not None:
        return _of_two(node.function, operand, other, data_type)
    match node.function:
        case "sum":
            return _sum(operand, data_type)
        case "square_sum":
            return _sum(operand * operand, data_type)
        case "long":
            return _one_sided(operand, ">", data_type)
        case "short":
            return _one_sided(operand, "<", data_type)
        case "quantile":
            return _quantile(operand, node.options, bind)
        case "std" | "var":
            return _deviation(operand, node.function, sample=node.options.sample)
    return _SPECIAL[node.function](operand) if node.function in _SPECIAL else _simple(node, operand)


def _element(data_type: pa.DataType) -> pa.DataType:
    """Return the type of the elements of lists, which are aggregated like values of rows."""
    return data_type.value_type if isinstance(data_type, pa.ListType) else data_type


def _of_two(
    function: AggregateName, operand: Operand, other: Operand, data_type: pa.DataType
) -> Leaf:
    if function == "sum_product":
        return _sum(operand * other, data_type)
    return Leaf((operand, other), (_first if function == "first" else _last,), _itself)


def _each(template: str) -> Callable[..., tuple[str, str]]:
    return lambda x: (template.format(x), "")


def _mean(operand: Operand) -> Leaf:
    """Take the mean from exact sums, where the engine can add the values up exactly."""
    kind = _element(operand.data_type)
    wide = pa.types.is_decimal(kind) and kind.precision > _MOST_DIGITS
    total = _each("sum(CAST({} AS DOUBLE))" if wide else "sum({})")
    result = "CAST({0} AS DOUBLE) / NULLIF({1}, 0)".format
    return Leaf((operand,), (total, _each("count({})")), result, again=("sum", "sum"))


_MOST_DIGITS = 19


def _itself(column: str) -> str:
    return column


def _counted(column: str) -> str:
    """Return a count, which is wider where it was added up from others."""
    return f"CAST({column} AS BIGINT)"


def _first(x: str, by: str) -> tuple[str, str]:
    return f"arg_min({x}, row({by}, {x}))", f"{x} IS NOT NULL AND {by} IS NOT NULL"


def _last(x: str, by: str) -> tuple[str, str]:
    return f"arg_max({x}, row({by}, {x}))", f"{x} IS NOT NULL AND {by} IS NOT NULL"


def _values(x: str) -> tuple[str, str]:
    return f"list(DISTINCT {x})", f"{x} IS NOT NULL"


_SIMPLE = {
    "min": "min({})",
    "max": "max({})",
    "count": "count({})",
    "count_distinct": "count(DISTINCT {})",
    "median": "median({})",
    "prod": "product({})",
}


def _single(operand: Operand) -> Leaf:
    aggregates = (_each("min({})"), _each("max({})"))
    result = "CASE WHEN {0} = {1} THEN {0} END".format
    return Leaf((operand,), aggregates, result, again=("min", "max"))


def _distinct(operand: Operand) -> Leaf:
    return Leaf((operand,), (_values,), "list_sort({0})".format)


_SPECIAL: dict[str, Callable[[Operand], Leaf]] = {
    "mean": _mean,
    "single_value": _single,
    "distinct": _distinct,
}


def _simple(node: Aggregation, operand: Operand) -> Leaf:
    function = node.function
    template = _SIMPLE[function]
    # The engine rounds medians to the operand's type.
    inner = "CAST({} AS DOUBLE)" if function in {"median", "prod"} else "{}"
    again = {"min": "min", "max": "max", "count": "sum", "prod": "product"}
    return Leaf(
        (operand,),
        (_each(template.format(inner)),),
        _counted if function == "count" else _itself,
        counts=function.startswith("count"),
        again=(again[function],) if function in again else (),
    )


def _sum(operand: Operand, data_type: pa.DataType) -> Leaf:
    """Sum exactly: the engine's own sums of integers have 128 bits, and the cast is checked."""
    floating = pa.types.is_floating(data_type)
    result = "{0}" if floating else f"CAST({{0}} AS {sql_type(data_type)})"
    return Leaf((operand,), (_each("sum({})"),), result.format, again=("sum",))


def _one_sided(operand: Operand, sign: str, data_type: pa.DataType) -> Leaf:
    summed = _sum(operand, data_type)

    def aggregate(x: str) -> tuple[str, str]:
        return f"sum(CASE WHEN {x} {sign} 0 THEN {x} WHEN {x} IS NOT NULL THEN 0 END)", ""

    return Leaf((operand,), (aggregate,), summed.result, again=summed.again)


def _deviation(operand: Operand, function: str, *, sample: bool) -> Leaf:
    name = f"{'stddev' if function == 'std' else 'var'}_{'samp' if sample else 'pop'}"
    spread = _each(f"{name}(CAST({{}} AS DOUBLE))")
    if sample:
        return Leaf((operand,), (spread,), _itself)
    # The engine takes a single value for finite, whatever it is.
    aggregates = (spread, _each("count({})"), _each("min({})"))
    result = "CASE WHEN {1} = 1 THEN abs(CAST({2} AS DOUBLE) * 0) ELSE {0} END".format
    return Leaf((operand,), aggregates, result)


_POSITIONS = {
    "simple": "{q} * len({a})",
    "centered": "{q} * len({a}) + 0.5",
    "exc": "{q} * (len({a}) + 1)",
    "inc": "{q} * (len({a}) - 1) + 1",
}


def _quantile(operand: Operand, options: AggregateOptions, bind: Callable[[object], str]) -> Leaf:
    q = f"CAST({bind(float(options.q))} AS DOUBLE)"
    if options.mode == "inc" and options.interpolation == "linear":
        aggregate = _each(f"quantile_cont(CAST({{}} AS DOUBLE), {float(options.q)!r})")
        return Leaf((operand,), (aggregate,), _itself)

    def values(x: str) -> tuple[str, str]:
        return f"list(CAST({x} AS DOUBLE) ORDER BY {x})", f"{x} IS NOT NULL"

    def result(a: str) -> str:
        at = _POSITIONS[options.mode].format(q=q, a=a)
        at = f"greatest(CAST(1 AS DOUBLE), least(CAST(len({a}) AS DOUBLE), {at}))"
        low, high = f"{a}[CAST(floor({at}) AS BIGINT)]", f"{a}[CAST(ceil({at}) AS BIGINT)]"
        match options.interpolation:
            case "lower":
                return low
            case "higher":
                return high
            case "midpoint":
                return f"(({low} + {high}) / 2)"
            case "nearest":
                return f"{a}[CAST(round_even({at}, 0) AS BIGINT)]"
        return f"({low} + ({high} - {low}) * ({at} - floor({at})))"

    return Leaf((operand,), (values,), result)
