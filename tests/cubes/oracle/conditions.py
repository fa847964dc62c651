"""Conditions in three-valued logic, for whoever can say what an operand is worth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from atomlite.expressions.columns import Operand
from atomlite.expressions.conditions import (
    And,
    Between,
    Comparison,
    Condition,
    HasText,
    IsIn,
    IsNull,
    Like,
    Not,
    Nothing,
    OperandComparison,
    Or,
)
from atomlite.measures.nodes import (
    MeasureComparison,
    MeasureExpression,
    MeasureIsIn,
    MeasureIsNull,
)
from tests.cubes.oracle.values import Value, compared

Worth = Callable[[Operand | MeasureExpression], Value]


def conjuncts(condition: Condition | None) -> tuple[Condition, ...]:
    """Return the parts that must all hold."""
    if condition is None:
        return ()
    if isinstance(condition, And):
        return tuple(part for each in condition.conditions for part in conjuncts(each))
    return (condition,)


def holds(  # noqa: C901, PLR0911 -- one case for each kind of condition
    condition: Condition, worth: Worth
) -> bool | None:
    """Return whether a condition is true, false, or null.

    Args:
        condition: It.
        worth: Gives the value of an operand or of a measure.
    """
    match condition:
        case And(conditions=parts):
            return _all([holds(part, worth) for part in parts])
        case Or(conditions=parts):
            return _negated(_all([_negated(holds(part, worth)) for part in parts]))
        case Not(condition=inner):
            return _negated(holds(inner, worth))
        case Between(lower=lower, upper=upper):
            return _all([holds(lower, worth), holds(upper, worth)])
        case Comparison(operand=operand, operator=operator, value=value):
            return compared(worth(operand), operator, value)
        case OperandComparison() | MeasureComparison():
            left, right = worth(condition.left), worth(condition.right)
            return compared(left, condition.operator, right)
        case IsNull(operand=operand):
            return worth(operand) is None
        case MeasureIsNull(measure=measure):
            return worth(measure) is None
        case IsIn(operand=operand, values=values, with_null=with_null):
            return _is_in(worth(operand), values, with_null=with_null)
        case MeasureIsIn(measure=measure, values=values):
            known = tuple(value for value in values if value is not None)
            return _is_in(worth(measure), known, with_null=len(known) < len(values))
        case Like() | HasText():
            return _text(condition, worth(condition.operand))
    assert isinstance(condition, Nothing), condition
    return False


def _all(parts: list[bool | None]) -> bool | None:
    if False in parts:
        return False
    return None if None in parts else True


def _negated(value: bool | None) -> bool | None:
    return None if value is None else not value


def _is_in(value: Value, members: tuple[Value, ...], *, with_null: bool) -> bool | None:
    if value is None:
        return True if with_null else (None if members else False)
    return any(compared(value, "==", member) for member in members)


def _text(condition: Like | HasText, value: Value) -> bool | None:
    if value is None:
        return None
    text = value if condition.case else value.lower()
    if isinstance(condition, HasText):
        part = condition.text if condition.case else condition.text.lower()
        return text.startswith(part) if condition.at_start else part in text
    pattern = condition.pattern if condition.case else condition.pattern.lower()
    parts = re.findall(r"\\(.)|([%_])|(.)", pattern, re.DOTALL)
    regex = "".join(
        {"%": ".*", "_": "."}.get(wild, re.escape(escaped or plain))
        for escaped, wild, plain in parts
    )
    return re.fullmatch(regex, text, re.DOTALL) is not None


def operands_in(condition: Condition) -> Iterator[Operand | MeasureExpression]:
    """Iterate over what a condition looks at, from left to right."""
    match condition:
        case And(conditions=parts) | Or(conditions=parts):
            for part in parts:
                yield from operands_in(part)
        case Not(condition=inner):
            yield from operands_in(inner)
        case Between(lower=lower, upper=upper):
            yield from operands_in(lower)
            yield from operands_in(upper)
        case OperandComparison() | MeasureComparison():
            yield condition.left
            yield condition.right
        case MeasureIsNull() | MeasureIsIn():
            yield condition.measure
        case Comparison() | IsNull() | IsIn() | Like() | HasText():
            yield condition.operand
