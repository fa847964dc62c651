"""Aggregates of a measure's values in several cells, as SQL. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.cubes.planning.leaves import leaf_of
from atomlite.expressions.columns import Reference
from atomlite.measures.nodes import Aggregation

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.cubes.planning.compiler import Compiler
    from atomlite.measures.nodes import ScopedAggregation


class _Values(Reference):
    """The values of a measure in cells, in the place of those of a column."""

    __slots__ = ("data_type",)

    def __init__(self, data_type: pa.DataType) -> None:
        self.data_type = data_type


def aggregate(
    compiler: Compiler, node: ScopedAggregation, value: str, over: str | None = None
) -> str:
    """Return an aggregate of values; it is null where all of them are, counts too.

    Args:
        compiler: What the query is planned with.
        node: Which aggregate.
        value: The name of the column with the values.
        over: The inside of ``OVER (...)`` for a window, ``None`` for a group.
    """
    operand = _Values(compiler.type_of(node.measure))
    plain = Aggregation(node.function, operand, options=node.options)
    leaf = leaf_of(plain, compiler.type_of(node), compiler.binder.bind)
    columns = [compiler.binder.rendered(each, lambda _: value) for each in leaf.operands]
    parts = []
    for make in leaf.aggregates:
        text, passes = make(*(f"({column})" for column in columns))
        filtered = f" FILTER (WHERE {passes})" if passes else ""
        parts.append(f"{text}{filtered}" + (f" OVER ({over})" if over is not None else ""))
    result = leaf.result(*parts)
    return f"NULLIF({result}, 0)" if leaf.counts else result
