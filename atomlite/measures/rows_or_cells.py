"""Whether a function is about the rows of a table or the cells of a cube."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa  # noqa: F401 -- for the example

from atomlite.expressions import derived
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.rendering import references_of
from atomlite.measures.calculations import Call, MeasureExpression, expression


def of_rows(values: Iterable[object]) -> bool:
    """Return whether columns are among some values, and no measures and levels.

    >>> of_rows([Column("Sales", "Units", pa.int64()), 2]), of_rows([2])
    (True, False)
    """
    given = list(values)
    if any(isinstance(value, MeasureExpression) for value in given):
        return False
    operands = [value for value in given if isinstance(value, Operand)]
    references = [each for operand in operands for each in references_of(operand)]
    return any(isinstance(each, Column) for each in references)


def called(name: str, arguments: Iterable[object]) -> Operand | MeasureExpression:
    """Return a function of columns, or of measures, levels and constants."""
    given = list(arguments)
    if of_rows(given):
        return derived.function(name, given)
    return Call(name, tuple(map(expression, given)))
