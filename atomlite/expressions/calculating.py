"""The SQL of calculations and comparisons, of columns and of measures alike. Pure text.

Every function here takes texts and their types and gives a text. It repeats a text only when that
is short (a column, a bound value), so that nesting never makes a statement explode.

>>> arithmetic_sql("/", "a", "b", pa.int64(), pa.int64())
'CAST(a AS DOUBLE) / NULLIF(CAST(b AS DOUBLE), 0)'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from atomlite.data_types.numbers import is_number
from atomlite.data_types.storage import MAX_PRECISION, is_nested, sql_type
from atomlite.errors import WrongType
from atomlite.expressions.arithmetic import ArithmeticOperator, digits, result_type
from atomlite.expressions.conditions import Operator

__all__ = [
    "arithmetic_sql",
    "as_type",
    "choice_sql",
    "common_type",
    "comparison_sql",
    "has_common_number",
    "once",
    "same_kind",
]

OPERATORS: dict[Operator, str] = {
    "==": "=",
    "!=": "<>",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
}
"""How SQL writes comparisons."""

_NAME = r'(?:"(?:[^"]|"")*"|[\w$\x00]+)'
_ATOM = rf"{_NAME}(?:\.{_NAME})*"
_SIMPLE = re.compile(rf"{_ATOM}|CAST\({_ATOM} AS \w+(?:\(\d+, ?\d+\))?\)")
_FINEST = ("ns", "us", "ms", "s")
_SHIFT = 2**63
_FUNCTIONS = {"//": ("fdiv", "NULLIF({}, 0)"), "%": ("fmod", "NULLIF({}, 0)"), "**": ("pow", "{}")}


def once(arguments: Sequence[str], body: Callable[..., str]) -> str:
    """Return SQL whose body may repeat its arguments, while the text holds long ones once.

    Args:
        arguments: SQL of values.
        body: Gives the SQL of the result from the SQL of the arguments.

    >>> once(["a"], lambda a: f"{a} + {a}")
    'a + a'
    >>> once(["f(a)"], lambda a: f"{a} + {a}")
    "list_transform([{'_0': f(a)}], lambda _given_: _given_._0 + _given_._0)[1]"
    """
    if all(_SIMPLE.fullmatch(argument) for argument in arguments):
        return body(*arguments)
    given = ", ".join(f"'_{number}': {text}" for number, text in enumerate(arguments))
    inner = body(*(f"_given_._{number}" for number in range(len(arguments))))
    return f"list_transform([{{{given}}}], lambda _given_: {inner})[1]"


def as_type(text: str, found: pa.DataType, wanted: pa.DataType) -> str:
    """Return SQL of one type as another, without a cast that changes nothing.

    >>> as_type("a", pa.int8(), pa.int64()), as_type("a", pa.int8(), pa.int8())
    ('CAST(a AS BIGINT)', 'a')
    """
    return text if found == wanted else f"CAST({text} AS {sql_type(wanted)})"


def common_type(types: Sequence[pa.DataType]) -> pa.DataType | None:
    """Return the type that holds values of all types without loss, ``None`` where there is none.

    Integers give 64-bit integers, integers and decimals decimals, anything with a float doubles.
    The type of null is passed over.

    >>> str(common_type([pa.int8(), pa.decimal128(4, 1), pa.null()]))
    'decimal128(4, 1)'
    """
    kinds = list(dict.fromkeys(kind for kind in types if not pa.types.is_null(kind)))
    timestamps = [kind for kind in kinds if isinstance(kind, pa.TimestampType)]
    lists = [kind for kind in kinds if isinstance(kind, pa.ListType)]
    if len(kinds) <= 1:
        return kinds[0] if kinds else pa.null()
    if all(map(is_number, kinds)):
        return _common_number(kinds)
    if len(timestamps) == len(kinds):
        return _common_timestamp(timestamps)
    element = common_type([kind.value_type for kind in lists]) if len(lists) == len(kinds) else None
    return None if element is None else pa.list_(element)


def _common_number(kinds: Sequence[pa.DataType]) -> pa.DataType | None:
    if any(map(pa.types.is_floating, kinds)):
        return pa.float64()
    if all(map(pa.types.is_integer, kinds)):
        return pa.int64()
    whole = max(digits(kind)[0] for kind in kinds)
    scale = max(digits(kind)[1] for kind in kinds)
    return pa.decimal128(whole + scale, scale) if whole + scale <= MAX_PRECISION else None


def _common_timestamp(kinds: Sequence[pa.TimestampType[Any, Any]]) -> pa.DataType | None:
    """Return the type with the finest unit, in their zone if they have the same one."""
    zones = {kind.tz for kind in kinds}
    if len({zone is None for zone in zones}) > 1:
        return None
    finest = min(kinds, key=lambda kind: _FINEST.index(kind.unit))
    return finest if len(zones) == 1 else pa.timestamp(finest.unit, "UTC")


def arithmetic_sql(
    operator: ArithmeticOperator,
    left: str,
    right: str,
    left_type: pa.DataType,
    right_type: pa.DataType,
) -> str:
    """Return the SQL of ``left operator right``, of the type that `result_type` says.

    Division by zero is null, as is any calculation with null. Integers and decimals are exact, and
    beyond their type an error.

    Args:
        operator: One of ``+ - * / // % **``.
        left: SQL that needs no parentheses around it.
        right: The same.
        left_type: Logical type of the left side, a number.
        right_type: Logical type of the right side, a number.

    Raises:
        WrongType: Two decimals have no such exact result.
    """
    data_type = result_type(operator, left_type, right_type)
    if data_type is None:
        raise WrongType(
            f"`{operator}` of {left_type} and {right_type} has no exact result.",
            hint="Add 0.0 to one side to calculate with floats.",
        )
    if pa.types.is_decimal(data_type):
        return _exact_decimal(operator, left, right, (left_type, right_type), data_type)
    left = as_type(left, left_type, data_type)
    right = as_type(right, right_type, data_type)
    if not pa.types.is_floating(data_type) and operator in {"//", "%"}:
        return once([left, right], lambda a, b: _integer_division(operator, a, b))
    match operator:
        case "/":
            return f"{left} / NULLIF({right}, 0)"
        case "//" | "%" | "**":
            function, divisor = _FUNCTIONS[operator]
            return f"{function}({left}, {divisor.format(right)})"
    return f"{left} {operator} {right}"


def _integer_division(operator: ArithmeticOperator, left: str, right: str) -> str:
    """Divide as Python does; ``right`` is used twice."""
    # The engine rounds towards zero. A dividend moved by the divisor times 2**63 has the divisor's
    # sign, and then rounding towards zero is rounding down.
    moved = f"CAST({left} AS HUGEINT) + CAST({right} AS HUGEINT) * {_SHIFT}"
    divided = f"({moved}) {operator} NULLIF({right}, 0)"
    back = f" - {_SHIFT}" if operator == "//" else ""
    return f"CAST({divided}{back} AS BIGINT)"


def _exact_decimal(
    operator: ArithmeticOperator,
    left: str,
    right: str,
    types: tuple[pa.DataType, pa.DataType],
    data_type: pa.DataType,
) -> str:
    left_type = right_type = data_type
    if (
        operator == "*"
    ):  # wide enough on the left is wide enough: the product has the digits of both
        left_type = pa.decimal128(sum(digits(data_type)), digits(types[0])[1])
        right_type = types[1]
    sides = as_type(left, types[0], left_type), as_type(right, types[1], right_type)
    return f"CAST({sides[0]} {operator} {sides[1]} AS {sql_type(data_type)})"


def comparison_sql(
    operator: Operator, left: str, right: str, left_type: pa.DataType, right_type: pa.DataType
) -> str:
    """Return the SQL of a comparison of two values of the same kind; null with null.

    Integers and decimals compare exactly; with a float among them, both are made doubles.

    >>> comparison_sql("!=", "a", "b", pa.int64(), pa.float64())
    'CAST(a AS DOUBLE) <> b'
    """
    common = comparison_type(left_type, right_type)
    if common is not None:
        left, right = as_type(left, left_type, common), as_type(right, right_type, common)
    return f"{left} {OPERATORS[operator]} {right}"


def comparison_type(left: pa.DataType, right: pa.DataType) -> pa.DataType | None:
    """Return the type to compare as, ``None`` where the engine finds it without rounding."""
    if is_number(left) and any(pa.types.is_floating(kind) for kind in (left, right)):
        return pa.float64()
    if pa.types.is_time(left) and pa.time64("ns") in (left, right):
        return pa.time64("ns")
    return None


def same_kind(left: pa.DataType, right: pa.DataType) -> bool:
    """Return whether values of two types compare; lists, structs and maps never do.

    >>> same_kind(pa.int8(), pa.float64()), same_kind(pa.string(), pa.int64())
    (True, False)
    """
    kinds = _kind(left), _kind(right)
    return kinds[0] is not None and kinds[0] == kinds[1]


def _kind(data_type: pa.DataType) -> object:
    """Return what two types must share to be compared, ``None`` for those that never are."""
    if is_number(data_type):
        return "number"
    if isinstance(data_type, pa.TimestampType):
        return "timestamp without zone" if data_type.tz is None else "timestamp with zone"
    if pa.types.is_time(data_type):
        return "time"
    return None if is_nested(data_type) else data_type


def has_common_number(left: pa.DataType, right: pa.DataType) -> bool:
    """Return whether two types of one kind compare without needing too many digits.

    >>> has_common_number(pa.decimal128(38, 37), pa.int64())
    False
    """
    if not is_number(left):
        return True
    if pa.types.is_floating(left) or pa.types.is_floating(right):
        return True
    (left_whole, left_scale), (right_whole, right_scale) = digits(left), digits(right)
    return max(left_whole, right_whole) + max(left_scale, right_scale) <= MAX_PRECISION


def choice_sql(cases: Sequence[tuple[str, str]], otherwise: str) -> str:
    """Return the SQL of the first value whose condition is true, else of another one.

    >>> choice_sql([("a > 1", "b")], "NULL")
    'CASE WHEN a > 1 THEN b ELSE NULL END'
    """
    whens = " ".join(f"WHEN {condition} THEN {value}" for condition, value in cases)
    return f"CASE {whens} ELSE {otherwise} END"
