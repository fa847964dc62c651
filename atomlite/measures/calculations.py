"""Measures that are calculated from others of the same cell, and comparisons of them. Pure.

>>> revenue, cost = Named("Revenue"), Named("Cost")
>>> (revenue - cost) / revenue
(m["Revenue"] - m["Cost"]) / m["Revenue"]
>>> (revenue > 100) & ~cost.isnull()
(m["Revenue"] > 100) & ~m["Cost"].isnull()
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NoReturn, cast

from atomlite.data_types.values import described, is_null, plain
from atomlite.errors import ConditionMisused, InvalidArgument, InvalidMeasure
from atomlite.expressions.columns import Calculation, Operand, ValueOfCells
from atomlite.expressions.columns import Constant as RowConstant
from atomlite.expressions.conditions import Condition, Operator, checked_depth, text_of
from atomlite.expressions.functions import call_text
from atomlite.expressions.misuse import Expressive
from atomlite.measures.coordinates import Home, LevelOperand

if TYPE_CHECKING:
    from atomlite.expressions.arithmetic import ArithmeticOperator

MAX_SIZE = 10_000
"""Expressions that one measure may be made of; each name of another measure is one."""

_IN_CELLS = "has a value in each cell; it is neither true nor false."
_CHOOSE = (
    "Write `(a) & (b)`, `(a) | (b)`, `~(a)` instead of `and`, `or`, `not`, `measure.isin(...)` "
    "instead of `measure in [...]`, `al.where(condition, a, b)` instead of `a if condition "
    "else b`, and `al.math.max(a, b)` or `al.math.min(a, b)` instead of `max(a, b)` or `min(a, b)`."
)


class MeasureExpression(Expressive, ValueOfCells):
    """A number, text or other value in each cell; operators make others.

    Division by zero gives null; a calculation with null gives null. Comparing gives a condition
    about cells.
    """

    __slots__ = ("_extent",)

    _extent: tuple[int, int]

    def __post_init__(self) -> None:
        """Refuse an expression that is too deep or too large for the engine."""
        checked_depth(self.depth)
        if self.size > MAX_SIZE:
            expected = f"at most {MAX_SIZE:,}; name parts of it as measures of their own"
            raise InvalidArgument("the number of parts of the expression", self.size, expected)

    @property
    def depth(self) -> int:
        """Levels of expressions inside of this one, itself included."""
        return self._measured()[0]

    @property
    def size(self) -> int:
        """Expressions inside of this one, itself included, each as often as it is written."""
        return self._measured()[1]

    def _measured(self) -> tuple[int, int]:
        """Return depth and size, kept, so that a chain of n operators takes n steps to make."""
        try:
            return self._extent
        except AttributeError:
            depth = 1 + max((part.depth for part in _parts(_values(self))), default=0)
            extent = depth, 1 + sum(each.size for each in inputs(self))
            object.__setattr__(self, "_extent", extent)
            return extent

    @property
    def grouped(self) -> str:
        """Its text, in parentheses where a calculation needs them."""
        return str(self)

    def __eq__(self, other: object) -> Condition:  # type: ignore[override] # builds
        """Return the cells in which both are equal; null equals nothing."""
        return _compared(self, "==", other)

    def __ne__(self, other: object) -> Condition:  # type: ignore[override] # builds
        """Return the cells in which the two differ; null differs from nothing."""
        return _compared(self, "!=", other)

    def __lt__(self, other: object) -> Condition:
        """Return the cells in which this is less."""
        return _compared(self, "<", other)

    def __le__(self, other: object) -> Condition:
        """Return the cells in which this is less or equal."""
        return _compared(self, "<=", other)

    def __gt__(self, other: object) -> Condition:
        """Return the cells in which this is greater."""
        return _compared(self, ">", other)

    def __ge__(self, other: object) -> Condition:
        """Return the cells in which this is greater or equal."""
        return _compared(self, ">=", other)

    def __hash__(self) -> int:
        """Return a hash by identity."""
        return id(self)

    def __bool__(self) -> NoReturn:
        """Refuse: a measure has a value in each cell, and no truth of its own."""
        raise ConditionMisused(f"The measure `{self}`", _IN_CELLS, hint=_CHOOSE)

    def isnull(self) -> Condition:
        """Return the cells in which this has no value."""
        return MeasureIsNull(self)

    def isin(self, *values: object) -> Condition:
        """Return the cells in which this is one of some constants.

        Args:
            values: Constants, or one iterable of them. ``None`` among them also means the cells
                without a value.

        >>> Named("Revenue").isin([0, None])
        m["Revenue"].isin(0, None)
        """
        given = values[0] if len(values) == 1 and is_many(values[0]) else values
        return MeasureIsIn(self, tuple(plain(value) for value in cast("Iterable[object]", given)))

    def __abs__(self) -> MeasureExpression:
        """Return the absolute value, as `al.math.abs` does."""
        return Call("math.abs", (self,))

    def __round__(self, digits: int = 0) -> MeasureExpression:
        """Return the number rounded as `al.math.round` does: halves go away from zero."""
        from atomlite.measures import math  # noqa: PLC0415 -- it knows this module

        return math.round(self, digits)

    def __neg__(self) -> MeasureExpression:
        """Return the opposite number."""
        return _calculated(0, "-", self)

    def __add__(self, other: object) -> MeasureExpression:
        """Return the sum."""
        return _calculated(self, "+", other)

    def __radd__(self, other: object) -> MeasureExpression:
        """Return the sum."""
        return _calculated(other, "+", self)

    def __sub__(self, other: object) -> MeasureExpression:
        """Return the difference."""
        return _calculated(self, "-", other)

    def __rsub__(self, other: object) -> MeasureExpression:
        """Return the difference."""
        return _calculated(other, "-", self)

    def __mul__(self, other: object) -> MeasureExpression:
        """Return the product."""
        return _calculated(self, "*", other)

    def __rmul__(self, other: object) -> MeasureExpression:
        """Return the product."""
        return _calculated(other, "*", self)

    def __truediv__(self, other: object) -> MeasureExpression:
        """Return the quotient as a double; by zero it is null."""
        return _calculated(self, "/", other)

    def __rtruediv__(self, other: object) -> MeasureExpression:
        """Return the quotient as a double; by zero it is null."""
        return _calculated(other, "/", self)

    def __floordiv__(self, other: object) -> MeasureExpression:
        """Return the quotient rounded down, as in Python; by zero it is null."""
        return _calculated(self, "//", other)

    def __rfloordiv__(self, other: object) -> MeasureExpression:
        """Return the quotient rounded down, as in Python; by zero it is null."""
        return _calculated(other, "//", self)

    def __mod__(self, other: object) -> MeasureExpression:
        """Return the remainder, with the sign of the divisor as in Python; by zero it is null."""
        return _calculated(self, "%", other)

    def __rmod__(self, other: object) -> MeasureExpression:
        """Return the remainder, with the sign of the divisor as in Python; by zero it is null."""
        return _calculated(other, "%", self)

    def __pow__(self, other: object) -> MeasureExpression:
        """Return the power as a double."""
        return _calculated(self, "**", other)

    def __rpow__(self, other: object) -> MeasureExpression:
        """Return the power as a double."""
        return _calculated(other, "**", self)

    def __getitem__(self, index: object) -> MeasureExpression:
        """Return one element of a list: by position from 0, or by a measure of positions.

        Negative positions count from the end; where there is no such element, it is null.
        """
        return Call("element", (self, _position(index)))

    def __iter__(self) -> NoReturn:
        """Refuse: Python would otherwise ask for elements without end."""
        raise ConditionMisused(
            f"The measure `{self}`",
            "has a value in each cell; it is no list of them.",
            hint="Query it for its values: `cube.query(measure, levels=[...])`.",
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Named(MeasureExpression):
    """Another measure of the cube, by its name: what it is now, also after it was redefined."""

    name: str

    @property
    def home(self) -> Home | None:
        """The cube that it was taken from; ``None`` for a name of any cube."""
        return None

    def __repr__(self) -> str:
        """Return how it is asked for."""
        return f"m[{text_of(self.name)}]"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Constant(MeasureExpression):
    """The same value in all cells."""

    value: object

    def __repr__(self) -> str:
        """Return the value as it is written."""
        return text_of(self.value)

    @property
    def grouped(self) -> str:
        """Its text, a negative number in parentheses."""
        text = str(self)
        return f"({text})" if text.startswith("-") else text


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LevelValue(MeasureExpression):
    """The member of a level that the cell lies at; null where the level is not expressed."""

    level: LevelOperand

    def __repr__(self) -> str:
        """Return how it is asked for."""
        return f"l[{text_of(self.level.key.name)}]"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Arithmetic(MeasureExpression):
    """Two values of the same cell calculated into one."""

    left: MeasureExpression
    operator: ArithmeticOperator
    right: MeasureExpression

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
class Call(MeasureExpression):
    """A function of values of the same cell: ``math.*``, ``array.*``, ``date_diff``, ``element``.

    Args:
        function: Its name, with fixed options after colons: ``"math.sqrt"``, ``"date_diff:days"``.
        arguments: Measures; constants among them are `Constant`.
    """

    function: str
    arguments: tuple[MeasureExpression, ...]

    def __repr__(self) -> str:
        """Return the call as it was written."""
        if self.function == "element":
            return f"{self.arguments[0].grouped}[{self.arguments[1]}]"
        return call_text(self.function, self.arguments)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MeasureComparison(Condition):
    """Two values of the same cell compared; with null it is neither true nor false."""

    left: MeasureExpression
    operator: Operator
    right: MeasureExpression

    @property
    def depth(self) -> int:
        """Levels of expressions inside of this one, itself included."""
        return 1 + max(self.left.depth, self.right.depth)

    def __bool__(self) -> NoReturn:
        """Refuse: it holds in some cells and not in others."""
        raise ConditionMisused(f"The condition `{self!r}`", _IN_CELLS, hint=_CHOOSE)

    def __repr__(self) -> str:
        """Return the comparison as it was written."""
        return f"{self.left} {self.operator} {self.right}"

    @property
    def grouped(self) -> str:
        """Its text in parentheses."""
        return f"({self!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MeasureIsNull(Condition):
    """A measure without a value in the cell."""

    measure: MeasureExpression

    @property
    def depth(self) -> int:
        """Levels of expressions inside of this one, itself included."""
        return 1 + self.measure.depth

    def __repr__(self) -> str:
        """Return the call as it was written."""
        return f"{self.measure.grouped}.isnull()"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MeasureIsIn(Condition):
    """A measure equal to one of some constants; ``None`` among them means no value."""

    measure: MeasureExpression
    values: tuple[object, ...]

    @property
    def depth(self) -> int:
        """Levels of expressions inside of this one, itself included."""
        return 1 + self.measure.depth

    def __repr__(self) -> str:
        """Return the call as it was written, shortened above ten values."""
        shown = [text_of(value) for value in self.values[:10]]
        if len(self.values) > len(shown):
            shown.append(f"... {len(self.values) - len(shown)} more")
        return f"{self.measure.grouped}.isin({', '.join(shown)})"


def expression(value: object) -> MeasureExpression:
    """Return a value as a measure: itself, the member of a level, or a constant.

    Raises:
        InvalidMeasure: It is a column, which has no value in a cell before it is aggregated; a
            condition; or no single value.

    >>> expression(2), expression(None)
    (2, None)
    """
    if isinstance(value, MeasureExpression):
        return value
    if isinstance(value, LevelOperand):
        return LevelValue(value)
    if isinstance(value, Calculation):
        return _calculated(value.left, value.operator, value.right)
    if isinstance(value, RowConstant):
        return Constant(value.value)
    if isinstance(value, Operand):
        raise InvalidMeasure(
            f"`{value}` has a value in each row, not in each cell.",
            hint=f"Aggregate it, as in `al.agg.sum({value})`.",
        )
    if isinstance(value, Condition):
        raise InvalidMeasure(
            f"The condition `{value!r}` is no value.",
            hint="Choose values by it, as in `al.where(condition, 1, 0)`.",
        )
    if callable(value) or is_many(value) or isinstance(value, Mapping):
        raise InvalidMeasure(
            f"{described(value)} is no value of a cell.",
            hint='Give a measure such as `m["Revenue"]`, a level, or one constant.',
        )
    return Constant(None if is_null(value) else plain(value))


def is_many(value: object) -> bool:
    """Return whether a value is an iterable of others rather than one value.

    >>> is_many([1]), is_many("text")
    (True, False)
    """
    single = isinstance(value, str | bytes | bytearray | MeasureExpression | Operand)
    return not single and isinstance(value, Iterable)


def inputs(node: MeasureExpression) -> Iterator[MeasureExpression]:
    """Return the expressions directly inside of one, also those in its conditions."""
    return _expressions_in(_values(node))


def expressions_in(condition: Condition) -> Iterator[MeasureExpression]:
    """Return the measures that a condition compares.

    >>> list(expressions_in((Named("a") > 1) | ~(Named("b") < Named("c"))))
    [m["a"], 1, m["b"], m["c"]]
    """
    return _expressions_in(condition)


def _values(node: MeasureExpression) -> tuple[object, ...]:
    """Return the values of the fields of a node."""
    return tuple(
        getattr(node, field.name)
        for field in fields(node)  # type: ignore[arg-type] # every node is a dataclass
    )


def _parts(value: object) -> Iterator[MeasureExpression | Condition]:
    """Return the expressions and conditions that are the fields of a node, or in them."""
    if isinstance(value, tuple):
        for each in value:
            yield from _parts(each)
    elif isinstance(value, Condition | MeasureExpression):
        yield value


def _expressions_in(value: object) -> Iterator[MeasureExpression]:
    if isinstance(value, MeasureExpression):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _expressions_in(each)
    elif isinstance(value, Condition):
        for name in ("left", "right", "measure", "lower", "upper", "condition", "conditions"):
            yield from _expressions_in(getattr(value, name, None))


def _compared(left: MeasureExpression, operator: Operator, right: object) -> Condition:
    other = expression(right)
    if isinstance(other, Constant) and other.value is None:
        raise InvalidMeasure(
            f"`{left} {operator} None` holds in no cell: nothing equals null.",
            hint="Use `isnull()`.",
        )
    return MeasureComparison(left, operator, other)


def _calculated(left: object, operator: ArithmeticOperator, right: object) -> MeasureExpression:
    return Arithmetic(expression(left), operator, expression(right))


def _position(index: object) -> MeasureExpression:
    place = expression(index)
    if isinstance(place, Constant) and (
        isinstance(place.value, bool) or not isinstance(place.value, int)
    ):
        raise InvalidArgument("index", index, "an integer, or a measure of integers")
    return place
