"""Measures aggregated over several cells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from atomlite.measures.nodes import (
    BestMember,
    CumulativeScope,
    EndValue,
    OriginScope,
    ScopedAggregation,
    SiblingsScope,
)
from tests.cubes.oracle.aggregates import aggregated
from tests.cubes.oracle.dates import shifted
from tests.cubes.oracle.navigation import along
from tests.cubes.oracle.values import Value, order

if TYPE_CHECKING:
    from atomlite.measures.coordinates import HierarchyKey
    from tests.cubes.oracle.cells import Cell, Context, Evaluator, Path


def _over(
    evaluator: Evaluator, node: ScopedAggregation, cells: Sequence[Cell], context: Context
) -> Value:
    values = [evaluator.value(node.measure, each, context) for each in cells]
    pairs = [(value, None) for value in values if value is not None]
    return aggregated(node.function, pairs, node.options) if pairs else None


def origin(evaluator: Evaluator, node: ScopedAggregation, cell: Cell, context: Context) -> Value:
    """Over the cells with more levels inside of this one."""
    assert isinstance(node.scope, OriginScope)
    depths: dict[HierarchyKey, int] = {}
    for key in node.scope.levels:
        depths[key.owner] = max(depths.get(key.owner, 0), evaluator.depth_of(key))
    return _over(evaluator, node, evaluator.inner(cell, context, depths), context)


def best_member(evaluator: Evaluator, node: BestMember, cell: Cell, context: Context) -> Value:
    """Return the member where a measure is greatest or smallest."""
    key = node.level.key
    inner = evaluator.inner(cell, context, {key.owner: evaluator.depth_of(key)})
    best: Cell | None = None
    best_value: Value = None
    for each in evaluator.ordered(inner, key.owner):
        value = evaluator.value(node.measure, each, context)
        if value is None:
            continue
        if best is None or (
            order(value) > order(best_value) if node.greatest else order(value) < order(best_value)
        ):
            best, best_value = each, value
    return None if best is None else evaluator.coordinate(best, node.level)


def end_value(evaluator: Evaluator, node: EndValue, cell: Cell, context: Context) -> Value:
    """Return the value at the first or last member that has one; ``None`` is no member."""
    key = node.level.key
    inner = evaluator.inner(cell, context, {key.owner: evaluator.depth_of(key)})
    found = [
        evaluator.value(node.measure, each, context)
        for each in evaluator.ordered(inner, key.owner)
        if evaluator.coordinate(each, node.level) is not None
    ]
    there = [value for value in found if value is not None]
    return there[-1 if node.last else 0] if there else None


def siblings(evaluator: Evaluator, node: ScopedAggregation, cell: Cell, context: Context) -> Value:
    """Over the members with the same parent."""
    assert isinstance(node.scope, SiblingsScope)
    key = node.scope.hierarchy
    path = cell.path(key)
    cells = [cell]
    if path:
        cells = [
            each
            for each in along(evaluator, key, cell, context)
            if each.path(key)[:-1] == path[:-1]
        ]
    if node.scope.exclude_self:
        cells = [each for each in cells if each != cell]
    return _over(evaluator, node, cells, context)


def cumulative(
    evaluator: Evaluator, node: ScopedAggregation, cell: Cell, context: Context
) -> Value:
    """Over the members of a level up to this one, or in a window around it."""
    assert isinstance(node.scope, CumulativeScope)
    key = node.scope.level.owner
    depth = evaluator.depth_of(node.scope.level)
    path = cell.path(key)
    if len(path) > depth:
        return None
    found = evaluator.inner(cell.at(key, ()), context, {key: depth}, free=frozenset({key}))
    known = evaluator.ordered(found, key)
    start = evaluator.with_first_members(cell, context).path(key)
    inside = [each for each in known if each.path(key)[: len(start)] == start]
    if not inside:
        return None
    last = inside[-1]
    window = _window(evaluator, node.scope, last, known)
    return _over(evaluator, node, window, context)


def _window(
    evaluator: Evaluator, scope: CumulativeScope, cell: Cell, known: Sequence[Cell]
) -> list[Cell]:
    key = scope.level.owner
    path = cell.path(key)
    within = 0 if scope.partitioning is None else evaluator.depth_of(scope.partitioning)
    if scope.dense:
        hierarchy = evaluator.model.hierarchies[key]
        paths: set[Path] = {
            evaluator.path_of(assignment, hierarchy, len(path))
            for fact in evaluator.facts
            for assignment in fact
        }
        known = evaluator.ordered((cell.at(key, each) for each in paths), key)
    known = [each for each in known if each.path(key)[:within] == path[:within]]
    index = known.index(cell)
    if scope.window is None:
        return known[: index + 1]
    start, stop = scope.window
    if isinstance(start, int) and isinstance(stop, int):
        return known[max(0, index + start) : index + stop + 1]
    return [each for each in known if _in_time(each.path(key)[-1], path[-1], start, stop)]


def _in_time(member: Value, here: Value, start: object, stop: object) -> bool:
    if member is None or here is None:
        return member is None and here is None
    low = shifted(here, start) if isinstance(start, str) else None
    high = shifted(here, stop) if isinstance(stop, str) else None
    return (low is None or member >= low) and (high is None or member <= high)
