"""Groups of rows and their values: which functions fit which columns, and their SQL. Pure."""

from __future__ import annotations

from typing import TypeGuard

import pyarrow as pa

from atomlite.data_types.numbers import is_number
from atomlite.data_types.storage import MAX_PRECISION, is_nested
from atomlite.errors import InvalidArgument, WrongType, names_listed
from atomlite.tables.search.scopes import Scope
from atomlite.tables.search.values import Aggregate, AggregateFunction, Search

_FUNCTIONS = {
    "count": "count({})",
    "count_distinct": "count(DISTINCT {})",
    "sum": "sum({})",
    "mean": "avg({})",
    "min": "min({})",
    "max": "max({})",
}
_HALF = 10**19  # halves of 19 digits can be added up exactly, however many rows there are


def check_groups(search: Search, scope: Scope) -> None:
    """Refuse columns that cannot be grouped by, and functions that do not fit their column.

    Raises:
        WrongType: A column of lists, structs or maps; a sum or mean of what is no number.
        InvalidArgument: An unknown function, or one without the column that it needs.
    """
    for column in search.group_by:
        check_groupable(column.name, scope.side(column).schema.column(column.name).data_type)
    for aggregate in search.aggregates:
        aggregate_sql(aggregate, scope)


def check_groupable(name: str, data_type: pa.DataType) -> None:
    """Refuse a column whose values do not compare."""
    if is_nested(data_type):
        raise WrongType(
            f'"{name}" is {data_type}, which has no groups.',
            hint="Group by a column of plain values.",
            details={"column": name, "data_type": str(data_type)},
        )


def aggregate_sql(aggregate: Aggregate, scope: Scope) -> tuple[str, pa.DataType]:
    """Return the SQL of an aggregate and the type of its result; raises as `check_groups`."""
    if aggregate.function not in _FUNCTIONS:
        expected = f"one of {names_listed(list(_FUNCTIONS))}"
        raise InvalidArgument(f'the function of "{aggregate.name}"', aggregate.function, expected)
    column = aggregate.column
    if column is None:
        if aggregate.function != "count":
            expected = f"a column to take the {aggregate.function} of"
            raise InvalidArgument(f'the column of "{aggregate.name}"', None, expected)
        return "count(*)", pa.int64()
    data_type = scope.side(column).schema.column(column.name).data_type
    result = _fitting(aggregate, column.name, data_type)
    operand = scope.render(column)[0]
    text = _FUNCTIONS[aggregate.function].format(operand)
    if aggregate.function == "mean" and _is_wide(data_type, scope):
        text = _mean_of_halves(operand, data_type.scale)
    elif aggregate.function == "sum" and pa.types.is_integer(data_type):
        text = f"CAST({text} AS DECIMAL({MAX_PRECISION},0))"
    elif aggregate.function == "sum" and pa.types.is_duration(data_type):
        text = f"CAST({text} AS BIGINT)"
    return text, result


def can_pass(aggregate: Aggregate, scope: Scope) -> bool:
    """Return whether the sum of a checked aggregate can be larger than its type can hold."""
    if aggregate.function != "sum" or aggregate.column is None:
        return False
    data_type = aggregate.column.data_type
    return pa.types.is_duration(data_type) or _is_wide(data_type, scope)


def _is_wide(data_type: pa.DataType, scope: Scope) -> TypeGuard[pa.Decimal128Type]:
    """Return whether a value for each row, added up, can have more digits than a decimal has."""
    digits = len(str(scope.row_count))
    return isinstance(data_type, pa.Decimal128Type) and data_type.precision + digits > MAX_PRECISION


def _mean_of_halves(operand: str, scale: int) -> str:
    """Return the mean of decimals whose sum the engine cannot hold, from exact sums of halves."""
    number = f"CAST(replace(CAST({operand} AS VARCHAR), '.', '') AS HUGEINT)"
    high, low = (f"CAST(sum({number} {operator} {_HALF}) AS DOUBLE)" for operator in ("//", "%"))
    return f"({high} * {_HALF} + {low}) / count({operand}) / 1e{scale}"


def _fitting(aggregate: Aggregate, name: str, data_type: pa.DataType) -> pa.DataType:
    function = aggregate.function
    result = result_type(function, data_type)
    if result is None:
        numbers = function in {"sum", "mean"}
        raise WrongType(
            f'"{aggregate.name}": "{name}" is {data_type}, which has no {function}.',
            hint="Take it of a column of numbers." if numbers else "Take the count.",
            details={"column": name, "data_type": str(data_type), "function": function},
        )
    return result


def result_type(function: AggregateFunction, data_type: pa.DataType) -> pa.DataType | None:
    """Return the type of a function's result, ``None`` where it does not fit a column of a type.

    >>> result_type("sum", pa.int32()), result_type("sum", pa.string())
    (Decimal128Type(decimal128(38, 0)), None)
    """
    fits = {
        "count": True,
        "count_distinct": not is_nested(data_type),
        "sum": is_number(data_type) or pa.types.is_duration(data_type),
        "mean": is_number(data_type),
        "min": not is_nested(data_type),
        "max": not is_nested(data_type),
    }
    if not fits[function]:
        return None
    if function in {"count", "count_distinct"}:
        return pa.int64()
    if function == "mean":
        return pa.float64()
    return _type_of_sum(data_type) if function == "sum" else data_type


def _type_of_sum(data_type: pa.DataType) -> pa.DataType:
    if pa.types.is_integer(data_type):
        return pa.decimal128(MAX_PRECISION, 0)
    if pa.types.is_decimal(data_type):
        return pa.decimal128(MAX_PRECISION, data_type.scale)
    return pa.float64() if pa.types.is_floating(data_type) else data_type
