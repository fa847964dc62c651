"""Columns, what is calculated from them, and how rows are ordered by them.

>>> sales = "Sales"
>>> price, quantity = Column(sales, "Price", pa.float64()), Column(sales, "Unit count", pa.int32())
>>> price * quantity >= 100
Price * "Unit count" >= 100
>>> (price * quantity).desc()
(Price * "Unit count").desc()

``==`` makes a condition, so a column is compared with another one by ``is``, and ``column in
some_list`` raises unless the list holds that very object. Columns can be keys of a dict: their hash
is that of table and name, but looking one up by another object of the same name raises
`ConditionMisused`. Use ``column.name`` for such things.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, NoReturn, TypeAlias

import pyarrow as pa  # noqa: TC002 -- the examples use it

from atomlite.data_types.numbers import is_number
from atomlite.data_types.values import described, plain
from atomlite.errors import ConditionMisused, WrongType
from atomlite.expressions.arithmetic import ArithmeticOperator, literal_type, result_type
from atomlite.expressions.comparing import compare, compare_operands, has_text, is_in, like
from atomlite.expressions.conditions import (
    Between,
    Comparison,
    Condition,
    IsNull,
    OperandComparison,
    Operator,
    checked_depth,
    text_of,
)
from atomlite.expressions.misuse import Expressive

__all__ = ["Column", "Operand", "Ordering"]

Nulls: TypeAlias = Literal["first", "last"]
"""Where rows without a value come in an order."""


class ValueOfCells:
    """Something with a value in each cell of a cube; operators beside an operand are its own."""

    __slots__ = ()


class Operand(Expressive):
    """Something with a value in each row: a column, or a calculation.

    Comparing gives a `Condition`, calculating another operand. Types are checked at once.
    """

    __slots__ = ()

    data_type: pa.DataType

    @property
    def depth(self) -> int:
        """Levels of calculations inside of this one, itself included."""
        return 1

    @property
    def label(self) -> str:
        """What messages call it."""
        return str(self)

    @property
    def grouped(self) -> str:
        """Its text, in parentheses where a method call or a calculation needs them."""
        return str(self)

    def __eq__(self, other: object) -> Condition:  # type: ignore[override] # builds
        """Return the rows in which both are equal; null equals nothing."""
        return self._compared("==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override] # builds
        """Return the rows in which the two differ; null differs from nothing."""
        return self._compared("!=", other)

    def __lt__(self, other: object) -> Condition:
        """Return the rows in which this is less; NaN is above all numbers."""
        return self._compared("<", other)

    def __le__(self, other: object) -> Condition:
        """Return the rows in which this is less or equal."""
        return self._compared("<=", other)

    def __gt__(self, other: object) -> Condition:
        """Return the rows in which this is greater; NaN is above all numbers."""
        return self._compared(">", other)

    def __ge__(self, other: object) -> Condition:
        """Return the rows in which this is greater or equal."""
        return self._compared(">=", other)

    def __hash__(self) -> int:
        """Return a hash by identity."""
        return id(self)

    def __bool__(self) -> NoReturn:
        """Refuse: a column has no truth of its own."""
        raise ConditionMisused(f"The column `{self}`")

    def isin(self, *values: object) -> Condition:
        """Return the rows whose value is one of ``values``; of none, no row.

        Args:
            values: Constants, or one iterable of them. ``None`` among them also means the rows
                without a value; that is unlike SQL's ``IN``, in which it means nothing.

        >>> Column("Sales", "Shop", pa.string()).isin(["a", None])
        Shop.isin("a", None)
        """
        if (
            len(values) == 1
            and isinstance(values[0], Iterable)
            and not isinstance(values[0], str | bytes | bytearray)
        ):
            return is_in(self, values[0])
        return is_in(self, values)

    def isnull(self) -> Condition:
        """Return the rows without a value; NaN is a value."""
        return IsNull(self)

    def between(self, low: object, high: object) -> Condition:
        """Return the rows from ``low`` to ``high``, both included."""
        if isinstance(low, ValueOfCells) or isinstance(high, ValueOfCells):
            found = low if isinstance(low, ValueOfCells) else high
            raise WrongType(
                f"`{self}.between` needs values of rows, got the measure `{found}`.",
                hint="Write two comparisons with `&` between them.",
            )
        return Between(self._compared(">=", low), self._compared("<=", high))

    def like(self, pattern: str) -> Condition:
        r"""Return the rows whose text has a pattern, in the same upper and lower case.

        Args:
            pattern: ``%`` stands for any text, ``_`` for any one character; ``\%`` and ``\_`` for
                themselves.
        """
        return like(self, pattern)

    def ilike(self, pattern: str) -> Condition:
        """Return the rows whose text has a pattern, whatever the upper and lower case.

        Both sides are compared in lower case, character by character: ``"É"`` matches ``"é"``, and
        ``"ß"`` does not match ``"SS"``.

        Args:
            pattern: As for `like`.
        """
        return like(self, pattern, case=False)

    def contains(self, text: str, *, case: bool = True) -> Condition:
        """Return the rows whose text has another one in it; every text has the empty one.

        Args:
            text: Taken as it is: ``%`` and ``_`` mean themselves.
            case: Whether upper and lower case differ; if not, see `ilike`.

        >>> Column("Sales", "Shop", pa.string()).contains("50%", case=False)
        Shop.contains("50%", case=False)
        """
        return has_text(self, text, case=case, at_start=False)

    def starts_with(self, text: str, *, case: bool = True) -> Condition:
        """Return the rows whose text begins with another one.

        Args:
            text: As for `contains`.
            case: As for `contains`.
        """
        return has_text(self, text, case=case, at_start=True)

    def asc(self, *, nulls: Nulls = "last") -> Ordering:
        """Return the order from the smallest value up."""
        return Ordering(self, descending=False, nulls=nulls)

    def desc(self, *, nulls: Nulls = "last") -> Ordering:
        """Return the order from the greatest value down."""
        return Ordering(self, descending=True, nulls=nulls)

    def __neg__(self) -> Operand:
        """Return the opposite number."""
        return _calculated("-", 0, self)

    def __abs__(self) -> Operand:
        """Return the absolute value, as `al.math.abs` does."""
        from atomlite.expressions.derived import function  # noqa: PLC0415 -- it knows columns

        return function("math.abs", [self])

    def __round__(self, digits: int = 0) -> Operand:
        """Return the number rounded as `al.math.round` does: halves go away from zero."""
        from atomlite.expressions.derived import function  # noqa: PLC0415 -- it knows columns

        return function(f"math.round:{int(digits)}", [self])

    def __add__(self, other: object) -> Operand:
        """Return the sum."""
        return _calculated("+", self, other)

    def __radd__(self, other: object) -> Operand:
        """Return the sum."""
        return _calculated("+", other, self)

    def __sub__(self, other: object) -> Operand:
        """Return the difference."""
        return _calculated("-", self, other)

    def __rsub__(self, other: object) -> Operand:
        """Return the difference."""
        return _calculated("-", other, self)

    def __mul__(self, other: object) -> Operand:
        """Return the product."""
        return _calculated("*", self, other)

    def __rmul__(self, other: object) -> Operand:
        """Return the product."""
        return _calculated("*", other, self)

    def __truediv__(self, other: object) -> Operand:
        """Return the quotient as a double; by zero it is null."""
        return _calculated("/", self, other)

    def __rtruediv__(self, other: object) -> Operand:
        """Return the quotient as a double; by zero it is null."""
        return _calculated("/", other, self)

    def __floordiv__(self, other: object) -> Operand:
        """Return the quotient rounded down, as in Python; by zero it is null.

        For floats the quotient is rounded to a double first: ``1 // 0.1`` is 10.
        """
        return _calculated("//", self, other)

    def __rfloordiv__(self, other: object) -> Operand:
        """Return the quotient rounded down, as in Python; by zero it is null."""
        return _calculated("//", other, self)

    def __mod__(self, other: object) -> Operand:
        """Return the remainder, with the sign of the divisor as in Python; by zero it is null.

        For floats it is ``a - b * (a // b)``, with the rounding of doubles.
        """
        return _calculated("%", self, other)

    def __rmod__(self, other: object) -> Operand:
        """Return the remainder, with the sign of the divisor as in Python; by zero it is null."""
        return _calculated("%", other, self)

    def __pow__(self, other: object) -> Operand:
        """Return the power as a double; zero to a negative power is infinite."""
        return _calculated("**", self, other)

    def __rpow__(self, other: object) -> Operand:
        """Return the power as a double."""
        return _calculated("**", other, self)

    def _compared(self, operator: Operator, other: object) -> Comparison | OperandComparison:
        if isinstance(other, ValueOfCells):
            refusal: Comparison = NotImplemented  # Python then asks the other side
            return refusal
        if isinstance(other, Operand):
            return compare_operands(self, operator, other)
        return compare(self, operator, other)


class Reference(Operand):
    """An operand that only the caller of `rendering.render` can name in SQL: a column, a level."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Column(Reference):
    """A column of a table.

    Args:
        table: Name of the table.
        name: Name of the column.
        data_type: The logical type, as the table shows it.
    """

    table: str
    name: str
    data_type: pa.DataType

    @property
    def label(self) -> str:
        """The bare name."""
        return self.name

    def __hash__(self) -> int:
        """Return the hash of table and name."""
        return hash((self.table, self.name))

    def __str__(self) -> str:
        """Return the name as conditions show it: in quotes unless it could be a Python name."""
        return self.name if self.name.isidentifier() else text_of(self.name)

    def __repr__(self) -> str:
        """Return how a column is asked for, and its type."""
        return f"{self.table}[{text_of(self.name)}]: {self.data_type}"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constant(Operand):
    """A value inside of a calculation or choice; a number, or of another type."""

    value: object
    data_type: pa.DataType

    def __str__(self) -> str:
        """Return the value as it is written."""
        return str(self.value) if is_number(self.data_type) else text_of(self.value)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Calculation(Operand):
    """Two operands calculated into one."""

    left: Operand
    operator: ArithmeticOperator
    right: Operand
    data_type: pa.DataType
    depth: int

    def __repr__(self) -> str:
        """Return the calculation as it was written."""
        if self.operator == "-" and isinstance(self.left, Constant) and self.left.value == 0:
            return f"-{self.right.grouped}"
        return f"{self.left.grouped} {self.operator} {self.right.grouped}"

    @property
    def grouped(self) -> str:
        """Its text in parentheses."""
        return f"({self})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Ordering:
    """An order of rows by one operand.

    Args:
        operand: What is ordered by.
        descending: Whether the greatest value comes first.
        nulls: Where rows without a value come, whichever the direction.
    """

    operand: Operand
    descending: bool
    nulls: Nulls

    def __repr__(self) -> str:
        """Return the order as it was written."""
        nulls = "" if self.nulls == "last" else 'nulls="first"'
        return f"{self.operand.grouped}.{'desc' if self.descending else 'asc'}({nulls})"


def _calculated(operator: ArithmeticOperator, left: object, right: object) -> Operand:
    if isinstance(right, ValueOfCells):
        refusal: Operand = NotImplemented  # Python then asks the other side
        return refusal
    sides = _number(left, operator, right), _number(right, operator, left)
    data_type = result_type(operator, sides[0].data_type, sides[1].data_type)
    if data_type is None:
        text = f"{left} {operator} {right}"
        raise WrongType(
            f"Calculation `{text}` of {sides[0].data_type} and {sides[1].data_type} "
            "has no exact result.",
            hint="Add 0.0 to one side to calculate with floats.",
        )
    return Calculation(
        sides[0],
        operator,
        sides[1],
        data_type,
        checked_depth(1 + max(side.depth for side in sides)),
    )


def _number(side: object, operator: ArithmeticOperator, other: object) -> Operand:
    """Return a side of a calculation as an operand that is a number."""
    text = f"{side} {operator} {other}"
    if isinstance(side, Operand):
        if is_number(side.data_type):
            return side
        raise WrongType(
            f'Calculation with `{operator}`: "{side}" is {side.data_type}.',
            hint="Only numbers can be calculated with.",
        )
    value = plain(side)
    data_type = literal_type(value)
    if data_type is None or not isinstance(value, int | float | Decimal):
        raise WrongType(
            f"Calculation `{text}` got {described(side)}.",
            hint="Give an integer of 64 bits, a float, or a decimal of at most 38 digits.",
        )
    return Constant(value, data_type)
