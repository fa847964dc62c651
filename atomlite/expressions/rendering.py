"""Expressions to SQL text with a ``?`` for each value.

The text names columns only through the caller's function, and holds none of the user's values, so
it can be logged and traced.

>>> from atomlite.expressions.columns import Column
>>> month = Column("Sales", "Month", pa.int8())
>>> render((month > 2.5) & ~month.isnull(), lambda column: quote(column.name))
('("Month" > CAST(? AS TINYINT)) AND (NOT ("Month" IS NULL))', (2,))
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias, cast

import pyarrow as pa  # noqa: TC002 -- the example uses it

from atomlite.data_types.positions import ABOVE, BELOW
from atomlite.data_types.storage import sql_type
from atomlite.data_types.values import located, parameter, placeholder
from atomlite.errors import InvalidArgument
from atomlite.expressions.calculating import (
    OPERATORS,
    arithmetic_sql,
    as_type,
    choice_sql,
    comparison_sql,
)
from atomlite.expressions.columns import (
    Calculation,
    Column,
    Constant,
    Operand,
    Ordering,
    Reference,
)
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
from atomlite.expressions.derived import Choice, DatePart, Function
from atomlite.expressions.functions import function_sql
from atomlite.expressions.time_functions import part_sql
from atomlite.sql import quote  # noqa: F401 -- for the examples

__all__ = ["Expression", "columns_of", "references_of", "render"]

Expression: TypeAlias = Condition | Operand | Ordering
"""What can be rendered."""

_ColumnSql: TypeAlias = Callable[[Any], str]
_Sql: TypeAlias = tuple[str, tuple[object, ...]]

_SPECIAL = frozenset("%_\0")
_FEW_MEMBERS = 16  # of 10,000 as placeholders, planning takes 780 ms; as one list, 20 (1M rows)


def render(
    expression: Expression, column_sql: Callable[[Any], str]
) -> tuple[str, tuple[object, ...]]:
    """Return the SQL of an expression, and the values for its placeholders in order.

    Args:
        expression: A condition, an operand or an ordering.
        column_sql: Gives the SQL of a `Reference`, of a kind that the caller knows the expression
            to have: for a column a quoted name, with the alias of its table where one is needed.

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

    Raises:
        InvalidArgument: It is about a level of a cube.

    >>> from atomlite.expressions.columns import Column
    >>> price = Column("Sales", "Price", pa.float64())
    >>> columns_of((price > 1) & (price < 3))
    (Sales["Price"]: double,)
    """
    found = references_of(expression)
    for reference in found:
        if not isinstance(reference, Column):
            raise InvalidArgument("expression", reference, "made with columns of tables")
    return cast("tuple[Column, ...]", found)


def references_of(expression: Expression) -> tuple[Reference, ...]:
    """Return the columns and levels that an expression reads, each once, in order of first use.

    Columns count as one when table and name are the same, others when they hash the same. What a
    condition about measures reads is not looked at.
    """
    operand = expression.operand if isinstance(expression, Ordering) else expression
    if isinstance(operand, Reference):  # nearly always, and many times in a search
        return (operand,)
    found: dict[object, Reference] = {}
    for reference in _references(expression):
        key = (
            (reference.table, reference.name) if isinstance(reference, Column) else hash(reference)
        )
        found.setdefault(key, reference)
    return tuple(found.values())


def _references(expression: Expression) -> Iterator[Reference]:
    match expression:
        case Reference():
            yield expression
        case Choice(cases=cases, otherwise=otherwise):
            for condition, value in cases:
                yield from _references(condition)
                yield from _references(value)
            yield from _references(otherwise)
        case _:
            for part in _parts(expression):
                yield from _references(part)


def _parts(expression: Expression) -> tuple[Expression, ...]:
    """Return the expressions directly inside of one."""
    match expression:
        case Calculation(left=left, right=right) | OperandComparison(left=left, right=right):
            return (left, right)
        case Between(lower=lower, upper=upper):
            return (lower, upper)
        case And(conditions=parts) | Or(conditions=parts) | Function(arguments=parts):
            return parts
        case Not(condition=condition):
            return (condition,)
        case Comparison() | HasText() | IsIn() | IsNull() | Like() | Ordering() | DatePart():
            return (expression.operand,)
    return ()


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
    return f"{text} {OPERATORS[operator]} {placeholder(operand.data_type)}", (*values, found.value)


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
    left, right = condition.left, condition.right
    return _combined(
        (left, right),
        lambda texts: comparison_sql(
            condition.operator, texts[0], texts[1], left.data_type, right.data_type
        ),
        column_sql,
    )


# ---- operands ----------------------------------------------------------------------------------


def _operand(operand: Operand, column_sql: _ColumnSql) -> _Sql:
    match operand:
        case Reference():
            return column_sql(operand), ()
        case Constant(value=None):
            return "NULL", ()
        case Constant(value=value, data_type=data_type):
            return placeholder(data_type), (parameter(value, data_type),)
        case Choice():
            return _choice(operand, column_sql)
    return _compound(operand, column_sql)


def _compound(operand: Operand, column_sql: _ColumnSql) -> _Sql:
    match operand:
        case Calculation(left=left, right=right):
            return _combined(
                (left, right),
                lambda texts: arithmetic_sql(
                    operand.operator, texts[0], texts[1], left.data_type, right.data_type
                ),
                column_sql,
            )
        case Function(name=name, arguments=arguments):
            types = [argument.data_type for argument in arguments]
            return _combined(arguments, lambda texts: function_sql(name, texts, types), column_sql)
        case DatePart(operand=inner, pattern=pattern):
            return _combined(
                (inner,), lambda texts: part_sql(pattern, texts[0], inner.data_type), column_sql
            )
    raise InvalidArgument("expression", operand, "a column, or made with columns")


def _grouped(operand: Operand, column_sql: _ColumnSql) -> _Sql:
    text, values = _operand(operand, column_sql)
    return (f"({text})" if _is_compound(operand) else text), values


def _is_compound(operand: Operand) -> bool:
    return isinstance(operand, Calculation | Function | DatePart)


def _choice(choice: Choice, column_sql: _ColumnSql) -> _Sql:
    cases: list[tuple[str, str]] = []
    values: list[object] = []
    for condition, value in choice.cases:
        (when, when_values), (then, then_values) = (
            _condition(condition, column_sql),
            _typed(value, choice.data_type, column_sql),
        )
        cases.append((when, then))
        values += [*when_values, *then_values]
    otherwise, last = _typed(choice.otherwise, choice.data_type, column_sql)
    return choice_sql(cases, otherwise), (*values, *last)


def _typed(operand: Operand, data_type: pa.DataType, column_sql: _ColumnSql) -> _Sql:
    text, values = _operand(operand, column_sql)
    return as_type(text, operand.data_type, data_type), values


def _combined(
    operands: Sequence[Operand], combine: Callable[[list[str]], str], column_sql: _ColumnSql
) -> _Sql:
    """Return text made of the texts of operands, and the values for it as often as it needs them.

    ``combine`` may use each text in any order and number: it is given marks, which stand for them.
    """
    parts = [_operand(operand, column_sql) for operand in operands]
    marks = [
        f"(\0{number}\0)" if _is_compound(operand) else f"\0{number}\0"
        for number, operand in enumerate(operands)
    ]
    pieces = combine(marks).split("\0")
    texts: list[str] = []
    values: list[object] = []
    for position, piece in enumerate(pieces):
        if position % 2:
            text, bound = parts[int(piece)]
            texts.append(text)
            values += bound
        else:
            texts.append(piece)
    return "".join(texts), tuple(values)
