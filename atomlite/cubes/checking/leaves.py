"""One aggregate of the facts of one cell."""

# ruff: noqa: S608 -- names come quoted, values as parameters

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atomlite.cubes.checking.aggregating import quantile
from atomlite.cubes.checking.facts import FactCondition, Facts, Sql
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.rendering import references_of
from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.nodes import AggregateOptions, Aggregation
from atomlite.sql import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atomlite.cubes.model import CubeModel

_SQL = {
    "sum": "sum(x0)",
    "mean": "sum(CAST(x0 AS DOUBLE)) / count(x0)",
    "min": "min(x0)",
    "max": "max(x0)",
    "prod": "product(CAST(x0 AS DOUBLE))",
    "count": "count(x0)",
    "long": "CASE WHEN count(x0) > 0 THEN coalesce(sum(x0) FILTER (WHERE x0 > 0), 0) END",
    "short": "CASE WHEN count(x0) > 0 THEN coalesce(sum(x0) FILTER (WHERE x0 < 0), 0) END",
    "square_sum": "sum(x0)",
    "sum_product": "sum(x0)",
}


def leaf(  # noqa: C901, PLR0911 -- one for each family
    node: Aggregation, facts: Facts, model: CubeModel, conditions: Sequence[FactCondition]
) -> object:
    """Return an aggregate of the facts with some conditions; without facts, ``None``."""
    if not facts.count(conditions):
        return None
    if node.operand is None:
        return facts.count(conditions)
    partner = None
    if node.per == "partner":
        (partner,) = _tables(node.operand, model)
    operands = [node.operand]
    if node.function in {"square_sum", "sum_product"}:
        operands = [node.operand * (node.operand if node.other is None else node.other)]
    elif node.other is not None:
        operands.append(node.other)
    source = facts.source(operands, conditions, partner)
    if node.by_position:
        return _by_position(node, facts, source)
    if node.function in {"quantile", "median"}:
        options = node.options if node.function == "quantile" else AggregateOptions()
        return _quantile(facts, source, options)
    if node.function in {"std", "var"}:
        return _spread(node, facts, source)
    if node.function in {"count_distinct", "distinct", "single_value"}:
        return _different(node, facts, source)
    if node.function in {"first", "last"}:
        return _outermost(node, facts, source)
    return _one(facts, _SQL[node.function], source)


def _tables(operand: Operand, model: CubeModel) -> set[str]:
    found: set[str] = set()
    for reference in references_of(operand):
        if isinstance(reference, LevelOperand):
            found |= _tables(model.level(reference.key).operand, model)
        elif isinstance(reference, Column):
            found.add(reference.table)
    return found


def _one(facts: Facts, wanted: str, source: Sql, *bound: object) -> Any:  # noqa: ANN401 -- a value
    text, values = source
    return facts.ask(Statement(f"SELECT {wanted} FROM {text}", (*bound, *values)))[0][0]


def _by_position(node: Aggregation, facts: Facts, source: Sql) -> list[object] | None:
    longest = _one(facts, "max(len(x0))", source)
    if not longest:
        return None
    wanted = [_SQL[node.function].replace("x0", f"x0[{place}]") for place in range(1, longest + 1)]
    text, values = source
    return list(facts.ask(Statement(f"SELECT {', '.join(wanted)} FROM {text}", values))[0])


def _quantile(facts: Facts, source: Sql, options: AggregateOptions) -> float | None:
    text, values = source
    count = _one(facts, "count(x0)", source)

    def at(index: int) -> object:
        rows = f"SELECT x0 FROM {text} WHERE x0 IS NOT NULL ORDER BY x0 LIMIT 1 OFFSET {index}"
        return facts.ask(Statement(rows, values))[0][0]

    return quantile(count, at, options) if count else None


def _spread(node: Aggregation, facts: Facts, source: Sql) -> float | None:
    count = _one(facts, "count(x0)", source)
    divisor = count - 1 if node.options.sample else count
    if divisor <= 0:
        return None
    mean = _one(facts, "avg(CAST(x0 AS DOUBLE))", source)
    squares = _one(facts, "sum((CAST(x0 AS DOUBLE) - ?) ** 2)", source, mean)
    variance = float(squares) / divisor
    return variance if node.function == "var" else float(variance**0.5)


def _different(node: Aggregation, facts: Facts, source: Sql) -> object:
    text, values = source
    rows = f"SELECT DISTINCT x0 FROM {text} WHERE x0 IS NOT NULL ORDER BY x0"
    found = [row[0] for row in facts.ask(Statement(rows, values))]
    if node.function == "count_distinct":
        return len(found)
    if node.function == "distinct":
        return found or None
    return found[0] if len(found) == 1 else None


def _outermost(node: Aggregation, facts: Facts, source: Sql) -> object:
    text, values = source
    way = "DESC" if node.function == "last" else "ASC"
    there = "x0 IS NOT NULL AND x1 IS NOT NULL"
    order = f"x1 {way}, x0 {way}"
    rows = f"SELECT x0 FROM {text} WHERE {there} ORDER BY {order} LIMIT 1"
    found = facts.ask(Statement(rows, values))
    return found[0][0] if found else None
