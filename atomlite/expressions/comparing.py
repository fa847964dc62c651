"""Making conditions: every check of types happens here, before the engine sees anything.

The columns' own operators and whoever reads conditions from JSON meet in these functions.

>>> from atomlite.expressions.columns import Column
>>> compare(Column("Sales", "Price", pa.float64()), ">=", "ten")
Traceback (most recent call last):
...
atomlite.errors.WrongType: Filter `Price >= "ten"`: "Price" is double, got text "ten". Give a
number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.data_types.storage import MAX_PRECISION, is_nested
from atomlite.data_types.values import is_null, located, plain, wrong_type
from atomlite.errors import InvalidArgument, WrongType
from atomlite.expressions.calculating import has_common_number, same_kind
from atomlite.expressions.conditions import (
    Comparison,
    Condition,
    HasText,
    IsIn,
    Like,
    OperandComparison,
    Operator,
)

if TYPE_CHECKING:
    from atomlite.expressions.columns import Operand

_PATTERN = re.compile(r"(?:[^\\]|\\.)*", re.DOTALL)


def compare(operand: Operand, operator: Operator, value: object) -> Comparison:
    """Return the condition ``operand operator value``.

    Args:
        operand: A column, or a calculation with columns.
        operator: One of ``== != < <= > >=``.
        value: A constant; see `atomlite.data_types.values` for what compares with what.

    Raises:
        WrongType: The value does not compare with the operand, or is null.
    """
    condition = Comparison(operand, operator, plain(value))
    _check(operand, value, condition)
    return condition


def compare_operands(left: Operand, operator: Operator, right: Operand) -> OperandComparison:
    """Return the condition ``left operator right`` for two operands of the same row.

    Numbers compare with numbers (exactly, but for a float beside an integer or decimal, which is
    made a double), timestamps with timestamps of the same kind, and everything else with its own
    type.

    Raises:
        WrongType: The two do not compare.
    """
    condition = OperandComparison(left, operator, right)
    if not same_kind(left.data_type, right.data_type):
        message = (
            f'Filter `{condition!r}`: "{left.label}" is {left.data_type} and '
            f'"{right.label}" is {right.data_type}; these do not compare.'
        )
        raise WrongType(message, hint="Compare columns of one kind.")
    if not has_common_number(left.data_type, right.data_type):
        message = f"Filter `{condition!r}` needs decimals of more than {MAX_PRECISION} digits."
        raise WrongType(message, hint="Add 0.0 to one side to compare as floats.")
    return condition


def is_in(operand: Operand, values: Iterable[object]) -> IsIn:
    """Return the condition that an operand equals one of ``values``; null among them matches null.

    Raises:
        WrongType: One of the values does not compare with the operand.
    """
    all_values = tuple(values)
    constants = tuple(plain(value) for value in all_values if not is_null(value))
    condition = IsIn(operand, constants, with_null=len(constants) < len(all_values))
    for value in constants:
        _check(operand, value, condition)
    return condition


def like(operand: Operand, pattern: str, *, case: bool = True) -> Like:
    r"""Return the condition that text has a pattern.

    In it ``%`` is any text, ``_`` any character; ``\`` before either takes it for itself.

    Raises:
        WrongType: The operand or the pattern is not text.
        InvalidArgument: The pattern ends with a lone backslash.
    """
    condition = Like(operand, pattern, case)
    _check_text(operand, pattern, condition)
    if not _PATTERN.fullmatch(pattern):
        raise InvalidArgument(
            "pattern", pattern, r"a pattern that does not end with one `\`; `\\` stands for itself"
        )
    return condition


def has_text(operand: Operand, text: str, *, case: bool, at_start: bool) -> HasText:
    """Return the condition that text contains another one, or starts with it.

    Raises:
        WrongType: The operand or the other one is not text.
    """
    condition = HasText(operand, text, case, at_start)
    _check_text(operand, text, condition)
    return condition


def _check_text(operand: Operand, text: object, condition: Condition) -> None:
    if not pa.types.is_string(operand.data_type):
        message = f'Filter `{condition!r}`: "{operand.label}" is {operand.data_type}.'
        raise WrongType(message, hint="Only text has patterns and parts.")
    _check(operand, text, condition)


def _check(operand: Operand, value: object, condition: Condition) -> None:
    what = f"Filter `{condition!r}`: "
    if is_nested(operand.data_type):
        message = f'{what}"{operand.label}" is {operand.data_type}, which has no comparisons.'
        raise WrongType(message, hint="Only `isnull()` can be asked of lists, structs and maps.")
    if is_null(value):
        raise wrong_type(
            value,
            operand.data_type,
            column=operand.label,
            what=what,
            hint="Nothing equals null; use `isnull()`.",
        )
    located(value, operand.data_type, column=operand.label, what=what)
