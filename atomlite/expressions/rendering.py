"""Expressions to SQL text with a ``?`` for each value.

The text names columns only through the caller's function, and holds none of the user's values, so
it can be logged and traced.

>>> from atomlite.expressions.columns import Column
>>> month = Column("Sales", "Month", pa.int8())
>>> render((month > 2.5) & ~month.isnull(), lambda column: quote(column.name))
('("Month" > CAST(? AS TINYINT)) AND (NOT ("Month" IS NULL))', (2,))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

import pyarrow as pa

from atomlite.data_types.numbers import is_number
from atomlite.data_types.positions import ABOVE, BELOW
from atomlite.data_types.storage import sql_type
from atomlite.data_types.values import located, parameter, placeholder
from atomlite.errors import InvalidArgument
from atomlite.expressions.arithmetic import digits
from atomlite.expressions.columns import Calculation, Column, Constant, Operand, Ordering
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
    Operator,
    Or,
)
from atomlite.sql import quote  # noqa: F401 -- for the examples

__all__ = ["Expression", "columns_of", "render"]

Expression: TypeAlias = Condition | Operand | Ordering
"""What can be rendered."""

_ColumnSql: TypeAlias = Callable[[Column], str]
_Sql: TypeAlias = tuple[str, tuple[object, ...]]

_OPERATORS: dict[Operator, str] = {
    "==": "=",
    "!=": "<>",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
_FUNCTIONS = {"//": ("fdiv", "NULLIF({}, 0)"), "%": ("fmod", "NULLIF({}, 0)"), "**": ("pow", "{}")}
_SHIFT = 2**63
_SPECIAL = frozenset("%_\0")
_FEW_MEMBERS = 16  # of 10,000 as placeholders, planning takes 780 ms; as one list, 20 (1M rows)


def render(
    expression: Expression, column_sql: Callable[[Column], str]
) -> tuple[str, tuple[object, ...]]:
    """Return the SQL of an expression, and the values for its placeholders in order.

    Args:
        expression: A condition, an operand or an ordering.
        column_sql: Gives the SQL of a column: a quoted name, with the alias of its table where one
            is needed.

    Returns:
        Text without parentheses around it, and values.
    """
    if isinstance(expression, Condition):
        return _condition(expression, column_sql)
    if isinstance(expression, Operand):
        return _operand(expression, column_sql)
    text, values = _grouped(expression.operand, column_sql)
    return (
        f"{text} {'DESC' if expression.descending else 'ASC'} NULLS {expression.nulls.upper()}",
        values,
    )


def columns_of(expression: Expression) -> tuple[Column, ...]:
    """Return the columns that an expression reads, each once, in the order of their first use.

    >>> from atomlite.expressions.columns import Column
    >>> price = Column("Sales", "Price", pa.float64())
    >>> columns_of((price > 1) & (price < 3))
    (Sales["Price"]: double,)
    """
    operand = expression.operand if isinstance(expression, Ordering) else expression
    if isinstance(operand, Column):  # nearly always, and many times in a search
        return (operand,)
    found: dict[tuple[str, str], Column] = {}
    for column in _columns(expression):
        found.setdefault((column.table, column.name), column)
    return tuple(found.values())


def _columns(expression: Expression) -> Iterator[Column]:
    match expression:
        case Column():
            yield expression
        case Calculation(left=left, right=right) | OperandComparison(left=left, right=right):
            yield from _columns(left)
            yield from _columns(right)
        case Between(lower=lower, upper=upper):
            yield from _columns(lower)
            yield from _columns(upper)
        case And(conditions=conditions) | Or(conditions=conditions):
            for condition in conditions:
                yield from _columns(condition)
        case Not(condition=condition):
            yield from _columns(condition)
        case Comparison() | HasText() | IsIn() | IsNull() | Like() | Ordering():
            yield from _columns(expression.operand)


# ---- conditions --------------------------------------------------------------------------------


def _condition(condition: Condition, column_sql: _ColumnSql) -> _Sql:
    match condition:
        case And(conditions=conditions):
            return _chain(" AND ", conditions, column_sql)
        case Or(conditions=conditions):
            return _chain(" OR ", conditions, column_sql)
        case Not():
            text, values = _condition(condition.condition, column_sql)
            return f"NOT ({text})", values
        case Between(lower=lower, upper=upper):
            return _chain(" AND ", (lower, upper), column_sql)
        case OperandComparison():
            return _operand_comparison(condition, column_sql)
    return _about_one_at_most(condition, column_sql)


def _about_one_at_most(condition: Condition, column_sql: _ColumnSql) -> _Sql:
    match condition:
        case Comparison(operand=operand, operator=operator, value=value):
            return _comparison(operand, operator, value, column_sql)
        case IsIn():
            return _is_in(condition, column_sql)
        case IsNull(operand=operand):
            text, values = _grouped(operand, column_sql)
            return f"{text} IS NULL", values
        case Like(operand=operand, pattern=pattern, case=case):
            text, values = _grouped(operand, column_sql)
            return f"{text} {'' if case else 'I'}LIKE ? ESCAPE '\\'", (*values, pattern)
        case HasText():
            return _has_text(condition, column_sql)
        case Nothing():
            return "FALSE", ()
    raise InvalidArgument("expression", condition, "a condition made with columns")


def _has_text(condition: HasText, column_sql: _ColumnSql) -> _Sql:
    text, values = _grouped(condition.operand, column_sql)
    part, at_start = condition.text, condition.at_start
    # A pattern takes two thirds of the time, but not with other letters than those of ASCII: where
    # the engine knows a column to hold ASCII alone, the Kelvin sign does not find a "k" there.
    if not condition.case and part.isascii() and not _SPECIAL & set(part):
        return f"{text} ILIKE ?", (*values, f"{'' if at_start else '%'}{part}%")
    sides = (text, "?") if condition.case else (f"lower({text})", "lower(?)")
    function = "starts_with" if at_start else "contains"
    return f"{function}({', '.join(sides)})", (*values, part)


def _chain(word: str, conditions: Iterable[Condition], column_sql: _ColumnSql) -> _Sql:
    parts = [_condition(condition, column_sql) for condition in conditions]
    return word.join(f"({text})" for text, _ in parts), tuple(
        value for _, values in parts for value in values
    )


def _comparison(
    operand: Operand, operator: Operator, value: object, column_sql: _ColumnSql
) -> _Sql:
    """Compare exactly, also with a constant that the column cannot hold."""
    found = located(value, operand.data_type, column=operand.label)
    if not found.exact:
        if found is BELOW or found is ABOVE or operator in {"==", "!="}:
            true = (
                operator == "!="
                or (operator[0] == "<" and found is ABOVE)
                or (operator[0] == ">" and found is BELOW)
            )
            return _constant(operand, column_sql, true=true)
        operator = (
            "<=" if operator in {"<", "<="} else ">"
        )  # nothing lies between the value found and the constant
    text, values = _grouped(operand, column_sql)
    return f"{text} {_OPERATORS[operator]} {placeholder(operand.data_type)}", (*values, found.value)


def _constant(operand: Operand, column_sql: _ColumnSql, *, true: bool) -> _Sql:
    """Return a condition that is the same for all values, and null for null."""
    text, values = _grouped(operand, column_sql)
    return f"{text} {'=' if true else '<>'} {text}", values * 2


def _is_in(condition: IsIn, column_sql: _ColumnSql) -> _Sql:
    if not condition.values and not condition.with_null:
        return "FALSE", ()
    text, values = _grouped(condition.operand, column_sql)
    data_type = condition.operand.data_type
    found = [located(value, data_type) for value in condition.values]
    members = tuple(place.value for place in found if place.exact)
    if len(members) > _FEW_MEMBERS:
        bound = f"CAST(? AS {sql_type(data_type)}[])"
        sql: _Sql = f"{text} IN (SELECT unnest({bound}))", (*values, list(members))
    elif members:
        marks = ", ".join([placeholder(data_type)] * len(members))
        sql = f"{text} IN ({marks})", (*values, *members)
    elif condition.values:
        sql = _constant(condition.operand, column_sql, true=False)
    else:
        return f"{text} IS NULL", values
    return (f"({sql[0]}) OR ({text} IS NULL)", (*sql[1], *values)) if condition.with_null else sql


def _operand_comparison(condition: OperandComparison, column_sql: _ColumnSql) -> _Sql:
    types = [condition.left.data_type, condition.right.data_type]
    common = _common(types)
    sides = [
        _grouped(side, column_sql) if common is None else _cast(side, common, column_sql)
        for side in (condition.left, condition.right)
    ]
    (left, left_values), (right, right_values) = sides
    return f"{left} {_OPERATORS[condition.operator]} {right}", (*left_values, *right_values)


def _common(data_types: list[pa.DataType]) -> pa.DataType | None:
    """Return the type to compare as, ``None`` where the engine finds it without rounding."""
    if is_number(data_types[0]) and any(pa.types.is_floating(kind) for kind in data_types):
        return pa.float64()
    if pa.types.is_time(data_types[0]) and pa.time64("ns") in data_types:
        return pa.time64("ns")
    return None


# ---- operands ----------------------------------------------------------------------------------


def _operand(operand: Operand, column_sql: _ColumnSql) -> _Sql:
    match operand:
        case Column():
            return column_sql(operand), ()
        case Constant(value=value, data_type=data_type):
            return placeholder(data_type), (parameter(value, data_type),)
        case Calculation():
            return _calculation(operand, column_sql)
    raise InvalidArgument("expression", operand, "a column, or made with columns")


def _grouped(operand: Operand, column_sql: _ColumnSql) -> _Sql:
    text, values = _operand(operand, column_sql)
    return (f"({text})" if isinstance(operand, Calculation) else text), values


def _cast(operand: Operand, data_type: pa.DataType, column_sql: _ColumnSql) -> _Sql:
    """Return an operand as a type, without a cast that changes nothing."""
    if operand.data_type == data_type:
        return _grouped(operand, column_sql)
    text, values = _operand(operand, column_sql)
    return f"CAST({text} AS {sql_type(data_type)})", values


def _calculation(calculation: Calculation, column_sql: _ColumnSql) -> _Sql:
    data_type = calculation.data_type
    if pa.types.is_decimal(data_type):
        return _exact_decimal(calculation, column_sql)
    left, left_values = _cast(calculation.left, data_type, column_sql)
    right, right_values = _cast(calculation.right, data_type, column_sql)
    values = (*left_values, *right_values)
    if not pa.types.is_floating(data_type) and calculation.operator in {"//", "%"}:
        return _integer_division(calculation, left, right), (*values, *right_values)
    match calculation.operator:
        case "/":
            return f"{left} / NULLIF({right}, 0)", values
        case "//" | "%" | "**":
            function, divisor = _FUNCTIONS[calculation.operator]
            return f"{function}({left}, {divisor.format(right)})", values
    return f"{left} {calculation.operator} {right}", values


def _integer_division(calculation: Calculation, left: str, right: str) -> str:
    """Divide as Python does; ``right`` is used twice."""
    # The engine rounds towards zero. A dividend moved by the divisor times 2**63 has the divisor's
    # sign, and then rounding towards zero is rounding down.
    moved = f"CAST({left} AS HUGEINT) + CAST({right} AS HUGEINT) * {_SHIFT}"
    divided = f"({moved}) {calculation.operator} NULLIF({right}, 0)"
    back = f" - {_SHIFT}" if calculation.operator == "//" else ""
    return f"CAST({divided}{back} AS BIGINT)"


def _exact_decimal(calculation: Calculation, column_sql: _ColumnSql) -> _Sql:
    data_type = calculation.data_type
    left_type = right_type = data_type
    if (
        calculation.operator == "*"
    ):  # wide enough on the left is wide enough: the product has the digits of both
        left_scale = digits(calculation.left.data_type)[1]
        left_type = pa.decimal128(sum(digits(data_type)), left_scale)
        right_type = calculation.right.data_type
    left, left_values = _cast(calculation.left, left_type, column_sql)
    right, right_values = _cast(calculation.right, right_type, column_sql)
    return f"CAST({left} {calculation.operator} {right} AS {sql_type(data_type)})", (
        *left_values,
        *right_values,
    )
