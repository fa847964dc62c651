"""Conditions taken apart: what they are about, and which parts can be left out. Pure."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa  # noqa: F401 -- for the example

from atomlite.expressions.conditions import And, Condition, Not, Or
from atomlite.expressions.rendering import references_of
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand
from atomlite.measures.nodes import (
    LevelValue,
    MeasureComparison,
    MeasureExpression,
    MeasureIsIn,
    MeasureIsNull,
)

MEASURE_CONDITIONS = (MeasureComparison, MeasureIsIn, MeasureIsNull)


def conjuncts(condition: Condition | None) -> tuple[Condition, ...]:
    """Return the conditions that must all hold, each as small as can be.

    >>> city = LevelOperand(LevelKey("Shops", "Place", "City"), pa.string())
    >>> conjuncts((city == "Paris") & (city.isnull() | (city > "A")))
    (City == "Paris", City.isnull() | (City > "A"))
    """
    if condition is None:
        return ()
    if isinstance(condition, And):
        return tuple(part for each in condition.conditions for part in conjuncts(each))
    return (condition,)


def parts(condition: Condition) -> Iterator[Condition]:
    """Return the conditions without ``&``, ``|`` and ``~`` that one is made of."""
    if isinstance(condition, And | Or):
        for each in condition.conditions:
            yield from parts(each)
    elif isinstance(condition, Not):
        yield from parts(condition.condition)
    else:
        yield condition


def measures_in(condition: Condition) -> tuple[MeasureExpression, ...]:
    """Return the measures that a condition compares."""
    found: list[MeasureExpression] = []
    for part in parts(condition):
        if isinstance(part, MeasureComparison):
            found += [part.left, part.right]
        elif isinstance(part, MeasureIsIn | MeasureIsNull):
            found.append(part.measure)
    return tuple(found)


def levels_in(condition: Condition) -> tuple[LevelKey, ...]:
    """Return the levels that the parts of a condition without measures are about."""
    keys: dict[LevelKey, None] = {}
    for part in parts(condition):
        if not isinstance(part, MEASURE_CONDITIONS):
            for reference in references_of(part):
                if isinstance(reference, LevelOperand):
                    keys[reference.key] = None
    return tuple(keys)


def levels_compared(condition: Condition) -> tuple[LevelKey, ...]:
    """Return the levels that a condition about cells compares, itself or with measures."""
    compared = [node.level.key for node in measures_in(condition) if isinstance(node, LevelValue)]
    return (*levels_in(condition), *compared)


def hierarchies_in(condition: Condition) -> frozenset[HierarchyKey]:
    """Return the hierarchies that a condition about levels is about."""
    return frozenset(level.owner for level in levels_in(condition))


def has_measures(condition: Condition) -> bool:
    """Return whether a condition compares measures, and so is about cells."""
    return any(isinstance(part, MEASURE_CONDITIONS) for part in parts(condition))
