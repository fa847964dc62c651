"""What a measure is made of: other measures, levels, hierarchies, columns.

>>> from atomlite.measures.nodes import Named
>>> sorted(measures_of(Named("Revenue") - Named("Cost")))
['Cost', 'Revenue']
"""

from __future__ import annotations

from collections.abc import Iterator

from atomlite.expressions.columns import Reference
from atomlite.expressions.rendering import references_of
from atomlite.measures.aggregations import Aggregation, BestMember, ScopedAggregation
from atomlite.measures.calculations import LevelValue, MeasureExpression, Named, inputs
from atomlite.measures.choices import Where
from atomlite.measures.coordinates import LevelKey, LevelOperand
from atomlite.measures.navigating import (
    At,
    Filtered,
    Lookup,
    Shift,
)
from atomlite.measures.scopes import CumulativeScope, OriginScope, Scope


def walk(node: MeasureExpression) -> Iterator[MeasureExpression]:
    """Iterate over a measure and all expressions inside of it, also those in its conditions.

    What the names of other measures stand for is not looked at.
    """
    yield node
    for each in inputs(node):
        yield from walk(each)


def measures_of(node: MeasureExpression) -> frozenset[str]:
    """Return the names of the measures that one names itself."""
    return frozenset(each.name for each in walk(node) if isinstance(each, Named))


def levels_of(node: MeasureExpression) -> frozenset[LevelKey]:
    """Return the levels that a measure names itself."""
    return frozenset(level for each in walk(node) for level in _levels(each))


def _references(node: MeasureExpression) -> Iterator[Reference]:
    """Iterate over the columns and levels of rows, and of conditions, that one node reads."""
    match node:
        case Aggregation(operand=operand, other=other):
            for each in (operand, other):
                yield from () if each is None else references_of(each)
        case Filtered(condition=condition):
            yield from references_of(condition)
        case Where(cases=cases):
            for condition, _ in cases:
                yield from references_of(condition)
        case Lookup(column=column):
            yield column


def _levels(node: MeasureExpression) -> Iterator[LevelKey]:
    for reference in _references(node):
        if isinstance(reference, LevelOperand):
            yield reference.key
    match node:
        case LevelValue(level=level) | BestMember(level=level):
            yield level.key
        case ScopedAggregation(scope=scope):
            yield from _levels_of_scope(scope)
        case Shift(partitioning=LevelKey() as within):
            yield within
        case At(coordinates=coordinates):
            for level, place in coordinates:
                yield level.key
                if isinstance(place, LevelOperand):
                    yield place.key


def _levels_of_scope(scope: Scope) -> Iterator[LevelKey]:
    match scope:
        case OriginScope(levels=levels):
            yield from levels
        case CumulativeScope(level=level, partitioning=within):
            yield level
            if within is not None:
                yield within
