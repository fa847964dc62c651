"""Whether the cells of a measure add up to its totals.

A claim here holds for any data. Sums and counts add up; so do their multiples, and differences of
two that are null in the same cells. A difference of sums of two columns does not: where one of them
is null, so is the difference, while the total counts the other. Whoever knows that a column has no
nulls can say so by assigning to a measure's ``additivity``.

>>> from atomlite.measures.nodes import Aggregation
>>> count = Aggregation("count")
>>> additivity_of(2 * count, {}, frozenset()).kind, additivity_of(1 / count, {}, frozenset()).kind
('additive', 'non-additive')
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, Protocol, TypeAlias, get_args

from atomlite.errors import InvalidArgument
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.conditions import Condition
from atomlite.expressions.rendering import Expression, render
from atomlite.measures.aggregations import Aggregation, ScopedAggregation
from atomlite.measures.calculations import Arithmetic, Constant, MeasureExpression, Named
from atomlite.measures.coordinates import HierarchyKey
from atomlite.measures.navigating import Filtered
from atomlite.measures.scopes import OriginScope

Kind: TypeAlias = Literal["additive", "semi-additive", "non-additive"]


@dataclass(frozen=True, slots=True)
class Additivity:
    """Whether a measure of a cell is the sum of it over the members below.

    Args:
        kind: ``"additive"`` over all hierarchies; ``"semi-additive"`` over all but some;
            ``"non-additive"`` over none that is known.
        not_over: For ``"semi-additive"``: these.
    """

    kind: Kind
    not_over: tuple[HierarchyKey, ...] = ()

    def __post_init__(self) -> None:
        """Refuse other words."""
        if self.kind not in get_args(Kind):
            raise InvalidArgument("kind", self.kind, f"one of {', '.join(get_args(Kind))}")


NON_ADDITIVE = Additivity("non-additive")


class Defined(Protocol):
    """A measure of a cube, with what is known of it."""

    @property
    def expression(self) -> MeasureExpression:
        """What it is."""

    @property
    def additivity(self) -> Additivity:
        """Whether its cells add up."""


@dataclass(frozen=True, slots=True)
class _Sum:
    """What is known of a measure that adds up.

    Args:
        additivity: Over what.
        present: Differs for measures that can be null in different cells; empty for one that is
            null in no cell with facts.
    """

    additivity: Additivity
    present: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cube:
    """What is known of a cube.

    Args:
        measures: Its measures by name.
        many: Hierarchies whose members do not share out the facts.
        found: What was found of its measures, so that each is looked at once.
    """

    measures: Mapping[str, Defined]
    many: frozenset[HierarchyKey]
    found: dict[str, _Sum | None] = field(default_factory=dict)


_SUMS = frozenset({"sum", "count", "long", "short", "square_sum", "sum_product"})


def additivity_of(
    node: MeasureExpression, measures: Mapping[str, Defined], many: frozenset[HierarchyKey]
) -> Additivity:
    """Return whether the cells of a measure add up, as far as that holds for any data.

    Args:
        node: The measure.
        measures: The measures of its cube by name; what was assigned to their additivity is
            believed.
        many: Hierarchies whose members do not share out the facts: slicing ones, and those over
            links that reach many rows.
    """
    found = _sum(node, _Cube(measures, many))
    return NON_ADDITIVE if found is None else found.additivity


def _sum(node: MeasureExpression, cube: _Cube) -> _Sum | None:
    """Return what is known of a measure that adds up, ``None`` for others."""
    match node:
        case Named():
            return _named_sum(node, cube)
        case Aggregation():
            return _aggregation(node, cube.many)
        case Filtered(measure=measure, condition=condition):
            return _filtered(_sum(measure, cube), condition)
        case ScopedAggregation(function="sum", measure=measure, scope=OriginScope()):
            return _sum(measure, cube)
        case Arithmetic():
            return _arithmetic(node, cube)
    return None


def _named_sum(node: Named, cube: _Cube) -> _Sum | None:
    if node.name not in cube.found:
        cube.found[node.name] = None  # for measures that go round in circles
        cube.found[node.name] = _defined_sum(node, cube)
    return cube.found[node.name]


def _defined_sum(node: Named, cube: _Cube) -> _Sum | None:
    measure = cube.measures.get(node.name)
    if measure is None or measure.additivity.kind == "non-additive":
        return None
    inner = _sum(measure.expression, cube)
    return _Sum(measure.additivity, (repr(node),) if inner is None else inner.present)


def _aggregation(node: Aggregation, many: frozenset[HierarchyKey]) -> _Sum | None:
    if node.function not in _SUMS or node.per == "partner" or node.by_position:
        return None
    additivity = (
        Additivity("semi-additive", tuple(sorted(many))) if many else Additivity("additive")
    )
    if node.function == "count":
        return _Sum(additivity, ())
    operands = [operand for operand in (node.operand, node.other) if operand is not None]
    return _Sum(additivity, tuple(sorted({_exact(operand) for operand in operands})))


def _filtered(inner: _Sum | None, condition: Condition) -> _Sum | None:
    if inner is None:
        return None
    return replace(inner, present=(*inner.present, f"only {_exact(condition)}"))


def _arithmetic(node: Arithmetic, cube: _Cube) -> _Sum | None:
    left, right = _sum(node.left, cube), _sum(node.right, cube)
    if left is not None and right is not None:
        alike = left.present == right.present and node.operator in {"+", "-"}
        return replace(left, additivity=_both(left, right)) if alike else None
    if left is not None and _is_factor(node.right):
        divides = node.operator == "/" and not _is_zero(node.right)
        return left if node.operator == "*" or divides else None
    if right is not None and _is_factor(node.left):
        negates = node.operator == "-" and _is_zero(node.left)
        return right if node.operator == "*" or negates else None
    return None


def _both(left: _Sum, right: _Sum) -> Additivity:
    not_over = {*left.additivity.not_over, *right.additivity.not_over}
    if not not_over:
        return Additivity("additive")
    return Additivity("semi-additive", tuple(sorted(not_over)))


def _is_factor(node: MeasureExpression) -> bool:
    """Return whether a node is a finite number."""
    value = node.value if isinstance(node, Constant) else None
    if isinstance(value, bool):
        return False
    return isinstance(value, int | Decimal) or (isinstance(value, float) and math.isfinite(value))


def _is_zero(node: MeasureExpression) -> bool:
    return isinstance(node, Constant) and node.value == 0


def _exact(expression: Expression) -> str:
    """Return a text that differs for expressions that can mean different rows."""
    return repr(render(expression, _named))


def _named(reference: Operand) -> str:
    if isinstance(reference, Column):
        return repr((reference.table, reference.name))
    return repr(getattr(reference, "key", reference))
