"""Conditions: pure values that say which rows are meant.

Nothing runs here. Columns make conditions (``sales["Price"] > 10``), ``&``, ``|`` and ``~`` combine
them, and `atomlite.expressions.rendering` turns them into SQL. A condition reads like what was
written:

>>> from atomlite.expressions.columns import Column
>>> price = Column("Sales", "Price", pa.float64())
>>> (price > 10) & ~price.isin(11, 12)
(Price > 10) & ~Price.isin(11, 12)

Null follows SQL's three-valued logic: a comparison with a null is neither true nor false, ``~`` of
it neither, and only rows for which the whole condition is true are meant. `isnull`, and ``None``
inside `isin`, ask for nulls.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn, TypeAlias

import pyarrow as pa  # noqa: F401 -- for the example above

from atomlite.errors import ConditionMisused, InvalidArgument
from atomlite.expressions.misuse import unjoined

if TYPE_CHECKING:
    from atomlite.expressions.columns import Operand

__all__ = ["Condition", "Operator", "nothing"]

Operator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
"""How two values are compared."""

MAX_DEPTH = 100
"""Levels that expressions may be nested; a chain of one ``&`` or ``|`` is one level."""


def text_of(value: object) -> str:
    """Return a value as it is written in a condition.

    >>> text_of("ten"), text_of(10)
    ('"ten"', '10')
    """
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def checked_depth(depth: int) -> int:
    """Return ``depth``, or raise `InvalidArgument` when it is too much for the engine."""
    if depth > MAX_DEPTH:
        expected = f"at most {MAX_DEPTH} levels; use `isin`, or one chain of `&` or `|`"
        raise InvalidArgument("depth of the expression", depth, expected)
    return depth


class Condition:
    """Which rows of a table are meant.

    Combine conditions with ``&``, ``|`` and ``~``, each side in parentheses. Conditions are
    compared by identity.
    """

    __slots__ = ()

    @property
    def depth(self) -> int:
        """Levels of conditions inside of this one, itself included."""
        return 1

    @property
    def grouped(self) -> str:
        """Its text inside of another one, in parentheses where Python needs them."""
        return repr(self)

    def __and__(self, other: Condition) -> Condition:
        """Return the rows for which both hold."""
        return _joined(And, self, other)

    def __or__(self, other: Condition) -> Condition:
        """Return the rows for which one or both hold."""
        return _joined(Or, self, other)

    def __rand__(self, other: object) -> NoReturn:
        """Refuse: only conditions can be joined."""
        raise unjoined(other, "&", self)

    def __ror__(self, other: object) -> NoReturn:
        """Refuse: only conditions can be joined."""
        raise unjoined(other, "|", self)

    def __invert__(self) -> Condition:
        """Return the rows for which this one is false; where it is null, so is the opposite."""
        return self.condition if isinstance(self, Not) else Not(self, checked_depth(self.depth + 1))

    def __bool__(self) -> NoReturn:
        """Refuse: a condition is about rows, and has no truth of its own."""
        raise ConditionMisused(f"The condition `{self!r}`")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Comparison(Condition):
    """An operand compared with a constant that fits its type."""

    operand: Operand
    operator: Operator
    value: object

    def __repr__(self) -> str:
        """Return the comparison as it was written."""
        return f"{self.operand} {self.operator} {text_of(self.value)}"

    @property
    def grouped(self) -> str:
        """Its text in parentheses."""
        return f"({self!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OperandComparison(Condition):
    """Two operands of the same row compared."""

    left: Operand
    operator: Operator
    right: Operand

    def __repr__(self) -> str:
        """Return the comparison as it was written."""
        return f"{self.left} {self.operator} {self.right}"

    @property
    def grouped(self) -> str:
        """Its text in parentheses."""
        return f"({self!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Between(Condition):
    """An operand from ``low`` to ``high``, both included; these two conditions say so."""

    lower: Comparison | OperandComparison
    upper: Comparison | OperandComparison

    def __repr__(self) -> str:
        """Return the call as it was written."""
        bounds = [
            text_of(bound.value) if isinstance(bound, Comparison) else str(bound.right)
            for bound in (self.lower, self.upper)
        ]
        operand = self.lower.operand if isinstance(self.lower, Comparison) else self.lower.left
        return f"{operand.grouped}.between({', '.join(bounds)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IsIn(Condition):
    """An operand equal to one of some constants.

    Args:
        operand: What is compared.
        values: The constants, without null.
        with_null: Whether null is among them, and so matches.
    """

    operand: Operand
    values: tuple[object, ...]
    with_null: bool

    def __repr__(self) -> str:
        """Return the call as it was written, shortened above ten values."""
        texts = [text_of(value) for value in self.values[:10]]
        if len(self.values) > len(texts):
            texts.append(f"... {len(self.values) - len(texts)} more")
        if self.with_null:
            texts.append("None")
        return f"{self.operand.grouped}.isin({', '.join(texts)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IsNull(Condition):
    """An operand without a value."""

    operand: Operand

    def __repr__(self) -> str:
        """Return the call as it was written."""
        return f"{self.operand.grouped}.isnull()"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Like(Condition):
    """Text of a pattern in which ``%`` is any text and ``_`` any character.

    Args:
        operand: What is looked at.
        pattern: The pattern.
        case: Whether upper and lower case differ.
    """

    operand: Operand
    pattern: str
    case: bool = True

    def __repr__(self) -> str:
        """Return the call as it was written."""
        method = "like" if self.case else "ilike"
        return f"{self.operand.grouped}.{method}({text_of(self.pattern)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HasText(Condition):
    """Text that has another one in it; in that one, no character has a meaning of its own.

    Args:
        operand: What is looked at.
        text: What it must have.
        case: Whether upper and lower case differ.
        at_start: Whether it must begin with it.
    """

    operand: Operand
    text: str
    case: bool
    at_start: bool

    def __repr__(self) -> str:
        """Return the call as it was written."""
        method = "starts_with" if self.at_start else "contains"
        case = "" if self.case else ", case=False"
        return f"{self.operand.grouped}.{method}({text_of(self.text)}{case})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Nothing(Condition):
    """No row; not even those with a null somewhere are undecided."""

    def __repr__(self) -> str:
        """Return the call as it was written."""
        return "nothing()"


def nothing() -> Condition:
    """Return the condition that holds for no row.

    >>> nothing(), ~nothing()
    (nothing(), ~nothing())
    """
    return Nothing()


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class And(Condition):
    """Rows for which all of two or more conditions hold."""

    conditions: tuple[Condition, ...]
    depth: int

    def __repr__(self) -> str:
        """Return the chain as it was written."""
        return " & ".join(condition.grouped for condition in self.conditions)

    @property
    def grouped(self) -> str:
        """Its text in parentheses."""
        return f"({self!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Or(Condition):
    """Rows for which one or more of two or more conditions hold."""

    conditions: tuple[Condition, ...]
    depth: int

    def __repr__(self) -> str:
        """Return the chain as it was written."""
        return " | ".join(condition.grouped for condition in self.conditions)

    @property
    def grouped(self) -> str:
        """Its text in parentheses."""
        return f"({self!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Not(Condition):
    """Rows for which a condition is false."""

    condition: Condition
    depth: int

    def __repr__(self) -> str:
        """Return the negation as it was written."""
        return f"~{self.condition.grouped}"


def _joined(kind: type[And | Or], left: Condition, right: object) -> Condition:
    """Join two conditions; a chain of one kind stays one level, so that long ones are not deep."""
    if not isinstance(right, Condition):
        raise unjoined(left, "&" if kind is And else "|", right)
    conditions = tuple(
        inner
        for condition in (left, right)
        for inner in (condition.conditions if isinstance(condition, kind) else (condition,))
    )
    return kind(conditions, checked_depth(1 + max(condition.depth for condition in conditions)))
