"""Values of many facts, or of many cells, made into one. Pure.

>>> Aggregation("count")
agg.count()
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import pyarrow as pa

from atomlite.expressions.conditions import text_of
from atomlite.measures.calculations import MeasureExpression
from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.scopes import Scope

if TYPE_CHECKING:
    from atomlite.expressions.columns import Operand

AggregateName: TypeAlias = Literal[
    "sum",
    "mean",
    "min",
    "max",
    "median",
    "prod",
    "count",
    "count_distinct",
    "distinct",
    "long",
    "short",
    "quantile",
    "single_value",
    "square_sum",
    "sum_product",
    "std",
    "var",
    "first",
    "last",
]
"""How many values become one; ``count`` without an operand counts rows."""

INSENSITIVE: frozenset[AggregateName] = frozenset(
    {"min", "max", "count_distinct", "distinct", "single_value"}
)
"""Functions for which it does not matter how often a value comes."""

QuantileMode: TypeAlias = Literal["simple", "centered", "inc", "exc"]
Interpolation: TypeAlias = Literal["linear", "higher", "lower", "nearest", "midpoint"]


@dataclass(frozen=True, slots=True)
class AggregateOptions:
    """What some aggregates need besides their operand.

    Args:
        sample: For ``std`` and ``var``: divide by n - 1 (True) or by n.
        q: For ``quantile``: from 0 to 1.
        mode: For ``quantile``: where the quantile lies between values.
        interpolation: For ``quantile``: what to take between two values.
    """

    sample: bool = True
    q: float = 0.5
    mode: QuantileMode = "inc"
    interpolation: Interpolation = "linear"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Aggregation(MeasureExpression):
    """Values of the facts of a cell made into one.

    Args:
        function: How.
        operand: A column, a calculation with columns, a level; ``None`` for the number of facts.
        other: The second operand of ``sum_product``; what ``first`` and ``last`` order by.
        per: ``"fact"``: one value per row of the fact table. ``"partner"``: one value per row of
            the joined table that the operand is of, however many facts it belongs to. ``None``
            where only one of the two can be meant.
        options: The rest.
    """

    function: AggregateName
    operand: Operand | None = None
    other: Operand | None = None
    per: Literal["fact", "partner"] | None = None
    options: AggregateOptions = AggregateOptions()

    @property
    def by_position(self) -> bool:
        """Whether it is of lists, position by position, and so a list itself."""
        operand = self.operand
        listed = operand is not None and isinstance(operand.data_type, pa.ListType)
        return listed and self.function != "count"

    def __repr__(self) -> str:
        """Return the call as it was written."""
        given = [] if self.operand is None else [str(self.operand)]
        if self.other is not None:
            named = "by=" if self.function in {"first", "last"} else ""
            given.append(f"{named}{self.other}")
        given += _options_text(self.function, self.options)
        given += [] if self.per is None else [f"per={text_of(self.per)}"]
        return f"agg.{self.function}({', '.join(given)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ScopedAggregation(MeasureExpression):
    """Values of a measure in several cells made into one; nulls are passed over."""

    function: AggregateName
    measure: MeasureExpression
    scope: Scope
    options: AggregateOptions = AggregateOptions()

    def __repr__(self) -> str:
        """Return the call as it was written."""
        options = "".join(f", {text}" for text in _options_text(self.function, self.options))
        return f"agg.{self.function}({self.measure}{options}, scope={self.scope})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class BestMember(MeasureExpression):
    """The member of a level, within the cell, where a measure is greatest or smallest.

    Of several, the first in the order of the level.
    """

    measure: MeasureExpression
    level: LevelOperand
    greatest: bool

    def __repr__(self) -> str:
        """Return the call as it was written."""
        name = "max_member" if self.greatest else "min_member"
        return f"agg.{name}({self.measure}, l[{text_of(self.level.key.name)}])"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EndValue(MeasureExpression):
    """What a measure is at the first or last member of a level, within the cell.

    Members where it is null are passed over, and the member ``None``.
    """

    measure: MeasureExpression
    level: LevelOperand
    last: bool

    def __repr__(self) -> str:
        """Return the call as it was written."""
        name = "last" if self.last else "first"
        return f"agg.{name}({self.measure}, by=l[{text_of(self.level.key.name)}])"


def _options_text(function: AggregateName, options: AggregateOptions) -> list[str]:
    """Return the options of a function as its call names them, without those left out."""
    if function == "quantile":
        named = [name for name in ("mode", "interpolation") if _differs(name, options)]
        return [
            f"q={options.q!r}",
            *(f"{name}={text_of(getattr(options, name))}" for name in named),
        ]
    return [] if options.sample else ['mode="population"']


def _differs(name: str, options: AggregateOptions) -> bool:
    return bool(getattr(options, name) != getattr(AggregateOptions(), name))
