"""Conditions in the cells of a frame, as SQL that is true, false or null. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.cubes.planning.frames import Frame, Value
from atomlite.expressions.calculating import comparison_sql
from atomlite.expressions.columns import Reference
from atomlite.expressions.comparing import compare, is_in
from atomlite.expressions.conditions import And, Condition, Not, Or
from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.nodes import Constant, MeasureComparison, MeasureIsIn, MeasureIsNull

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.measures.nodes import MeasureExpression


class CellText(Reference):
    """A value of a cell, whose SQL is known.

    Args:
        sql: The SQL.
        data_type: Its type.
        label: What messages call it.
    """

    __slots__ = ("_label", "data_type", "sql")

    def __init__(self, sql: str, data_type: pa.DataType, label: str) -> None:
        self.sql = sql
        self.data_type = data_type
        self._label = label

    def __str__(self) -> str:
        """Return what messages call it."""
        return self._label


def condition_value(frame: Frame, condition: Condition, among: tuple[Condition, ...] = ()) -> Value:
    """Return a condition in the cells of a frame; levels that are not expressed are null.

    Args:
        frame: The cells.
        condition: About levels, measures or both.
        among: Conditions about levels that facts must pass, for the measures in it.
    """
    match condition:
        case And(conditions=parts) | Or(conditions=parts):
            made = [condition_value(frame, part, among) for part in parts]
            word = " AND " if isinstance(condition, And) else " OR "
            sql = word.join(f"({value.sql})" for value in made)
            return Value(sql, max(value.layer for value in made), strict=False)
        case Not(condition=inner):
            value = condition_value(frame, inner, among)
            return Value(f"NOT ({value.sql})", value.layer, strict=False)
        case MeasureComparison():
            return _comparison(frame, condition, among)
        case MeasureIsNull(measure=measure):
            value = frame.value(measure, among)
            return Value(f"({value.sql}) IS NULL", value.layer, strict=False)
        case MeasureIsIn(measure=measure, values=values):
            value, operand = _operand(frame, measure, among)
            return _rendered(frame, is_in(operand, values), value.layer)
    return _rendered(frame, condition, 0)


def _operand(
    frame: Frame, measure: MeasureExpression, among: tuple[Condition, ...]
) -> tuple[Value, CellText]:
    value = frame.value(measure, among)
    return value, CellText(f"({value.sql})", frame.compiler.type_of(measure), str(measure))


def _comparison(frame: Frame, condition: MeasureComparison, among: tuple[Condition, ...]) -> Value:
    left, right = condition.left, condition.right
    value, operand = _operand(frame, left, among)
    if isinstance(right, Constant):
        return _rendered(frame, compare(operand, condition.operator, right.value), value.layer)
    other, second = _operand(frame, right, among)
    types = operand.data_type, second.data_type
    sql = comparison_sql(condition.operator, operand.sql, second.sql, *types)
    return Value(sql, max(value.layer, other.layer), strict=False)


def _rendered(frame: Frame, condition: Condition, layer: int) -> Value:
    def named(reference: Reference) -> str:
        if isinstance(reference, CellText):
            return reference.sql
        assert isinstance(reference, LevelOperand)  # noqa: S101 -- cells have no columns
        return frame.member(reference.key)

    return Value(frame.compiler.binder.rendered(condition, named), layer, strict=False)
