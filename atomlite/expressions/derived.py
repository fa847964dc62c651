"""Operands made from others: functions, choices, parts of dates, constants beside columns.

>>> from atomlite.expressions.columns import Column
>>> price = Column("Sales", "Price", pa.float64())
>>> choice([(price > 10, "dear")], "cheap")
where(Price > 10, "dear", "cheap")
>>> function("math.round:0", [price])
math.round(Price, 0)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from atomlite.data_types.values import described, is_null, parameter, plain
from atomlite.errors import WrongType
from atomlite.expressions.arithmetic import literal_type
from atomlite.expressions.calculating import common_type
from atomlite.expressions.columns import Constant, Operand
from atomlite.expressions.conditions import Condition, checked_depth, text_of
from atomlite.expressions.functions import call_text, function_type
from atomlite.expressions.time_functions import part_type

_TYPES: dict[type, pa.DataType] = {
    bool: pa.bool_(),
    str: pa.string(),
    bytes: pa.binary(),
    dt.date: pa.date32(),
    dt.time: pa.time64("us"),
    dt.timedelta: pa.duration("us"),
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Function(Operand):
    """A function of other operands of the same row; see `atomlite.expressions.functions`."""

    name: str
    arguments: tuple[Operand, ...]
    data_type: pa.DataType
    depth: int

    def __repr__(self) -> str:
        """Return the call as it was written."""
        return call_text(self.name, self.arguments)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Choice(Operand):
    """The first value whose condition holds in the row, else the last one.

    Args:
        cases: Condition and value; a condition that is null does not hold.
        otherwise: The value where none holds.
        data_type: What all values are made.
        depth: Levels of expressions inside of this one, itself included.
    """

    cases: tuple[tuple[Condition, Operand], ...]
    otherwise: Operand
    data_type: pa.DataType
    depth: int

    def __repr__(self) -> str:
        """Return the call as it was written."""
        if len(self.cases) == 1:
            ((condition, value),) = self.cases
            return f"where({condition!r}, {value}, {self.otherwise})"
        cases = ", ".join(f"{condition!r}: {value}" for condition, value in self.cases)
        return f"where({{{cases}}}, default={self.otherwise})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DatePart(Operand):
    """A part of a date: its year, month, week; see `atomlite.expressions.time_functions`."""

    operand: Operand
    pattern: str
    data_type: pa.DataType
    depth: int

    def __repr__(self) -> str:
        """Return the part as date hierarchies name it."""
        return f"{self.operand.grouped}[{text_of(self.pattern)}]"


def function(name: str, arguments: Iterable[object]) -> Function:
    """Return a function of operands and constants.

    Raises:
        WrongType: It takes no such arguments.
    """
    operands = tuple(map(operand_of, arguments))
    data_type = function_type(name, [operand.data_type for operand in operands])
    depth = checked_depth(1 + max(operand.depth for operand in operands))
    return Function(name, operands, data_type, depth)


def choice(cases: Sequence[tuple[Condition, object]], otherwise: object) -> Choice:
    """Return the choice between values that are of one kind.

    Raises:
        WrongType: They are not, or all of them are null.
    """
    values = [operand_of(value) for value in [*(value for _, value in cases), otherwise]]
    data_type = common_type([value.data_type for value in values])
    if data_type is None or pa.types.is_null(data_type):
        shown = " and ".join(dict.fromkeys(str(value.data_type) for value in values))
        raise WrongType(f"`where` got values of {shown}.", hint="Give values of one kind.")
    conditions = [condition for condition, _ in cases]
    depth = max(*(value.depth for value in values), *(each.depth for each in conditions))
    pairs = tuple(zip(conditions, values[:-1], strict=True))
    return Choice(pairs, values[-1], data_type, checked_depth(1 + depth))


def date_part(operand: Operand, pattern: str) -> DatePart:
    """Return a part of a date or timestamp.

    Args:
        operand: What it is a part of.
        pattern: One of ``y yyyy M MM d dd w Q QQQ H HH m mm s ss``.

    Raises:
        InvalidArgument: There is no such pattern.
        WrongType: The operand is no date, or has no time of day.

    >>> from atomlite.expressions.columns import Column
    >>> date_part(Column("Sales", "Day", pa.date32()), "MM")
    Day["MM"]
    """
    data_type = part_type(pattern, operand.data_type, operand.label)
    return DatePart(operand, pattern, data_type, checked_depth(1 + operand.depth))


def operand_of(value: object) -> Operand:
    """Return a value as an operand: itself, or a constant.

    Raises:
        WrongType: A constant of no type that a column could have.
    """
    if isinstance(value, Operand):
        return value
    value = plain(value)
    return Constant(None if is_null(value) else value, constant_type(value))


def constant_type(value: object) -> pa.DataType:
    """Return the type of a constant; null has that of null.

    Raises:
        WrongType: It is of no type that a column could have.

    >>> str(constant_type("text")), str(constant_type(True))
    ('string', 'bool')
    """
    if is_null(value):
        return pa.null()
    found = literal_type(value) or _other_type(value)
    if found is None:
        raise WrongType(
            f"A calculation got {described(value)}.",
            hint="Give an integer of 64 bits, a float, a decimal of at most 38 digits, text, a "
            "boolean, a date or a time.",
        )
    parameter(value, found)  # refuses text that is no Unicode, times of day with a zone
    return found


def _other_type(value: object) -> pa.DataType | None:
    """Return the type of a constant that is no number."""
    if isinstance(value, dt.datetime):
        return pa.timestamp("us", None if value.tzinfo is None else "UTC")
    return next((found for kind, found in _TYPES.items() if isinstance(value, kind)), None)
