"""Levels and aggregates whose columns changed their type: the same, of the new type. Pure."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from atomlite.cubes.building import can_be_level
from atomlite.cubes.model import LevelModel, NaturalOrder
from atomlite.errors import AtomliteError
from atomlite.expressions.columns import Calculation, Column, Constant, Operand
from atomlite.measures.nodes import Aggregation, MeasureExpression

if TYPE_CHECKING:
    from atomlite.expressions.arithmetic import ArithmeticOperator
    from atomlite.tables.catalogs import Catalog

_OPERATORS: dict[ArithmeticOperator, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


def rebound_level(level: LevelModel, catalog: Catalog) -> LevelModel:
    """Return a level as its column is now; as it was, where its order or the column has no such."""
    if not isinstance(level.order, NaturalOrder):
        return level
    now = _column(level.operand, catalog) if isinstance(level.operand, Column) else None
    if now is None or now.data_type == level.data_type or not can_be_level(now.data_type):
        return level
    return replace(level, operand=now, data_type=now.data_type)


def rebound(expression: MeasureExpression, catalog: Catalog) -> MeasureExpression:
    """Return an aggregate of columns as they are now; any other expression as it is."""
    if not isinstance(expression, Aggregation) or expression.operand is None:
        return expression
    try:
        operand = _operand(expression.operand, catalog)
        other = None if expression.other is None else _operand(expression.other, catalog)
    except AtomliteError:
        return expression
    if operand is expression.operand and other is expression.other:
        return expression
    return replace(expression, operand=operand, other=other)


def _operand(operand: Operand, catalog: Catalog) -> Operand:
    """Return an operand as its columns are now; the same object where nothing changed."""
    match operand:
        case Column():
            now = _column(operand, catalog)
            return operand if now is None else now
        case Calculation(left=left, operator=sign, right=right):
            sides = _operand(left, catalog), _operand(right, catalog)
            if sides[0] is left and sides[1] is right:
                return operand
            made: Operand = _OPERATORS[sign](*map(_plain, sides))
            return made
        case _:
            return operand


def _column(column: Column, catalog: Catalog) -> Column | None:
    """Return a column as it is now, the same object if it is the same; ``None`` if it is gone."""
    state = catalog.tables.get(column.table)
    found = None if state is None else state.schema.by_name.get(column.name)
    if found is None:
        return None
    if found.data_type == column.data_type:
        return column
    return Column(column.table, column.name, found.data_type)


def _plain(operand: Operand) -> object:
    return operand.value if isinstance(operand, Constant) else operand
