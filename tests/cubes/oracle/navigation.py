"""Measures at other coordinates than those of the cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.nodes import At, DateShift, ParentValue, Rank, Shift, Total
from tests.cubes.oracle.dates import shifted
from tests.cubes.oracle.values import Value, order

if TYPE_CHECKING:
    from atomlite.measures.coordinates import HierarchyKey
    from tests.cubes.oracle.cells import Cell, Context, Evaluator


def total(evaluator: Evaluator, node: Total, cell: Cell, context: Context) -> Value:
    """Without these hierarchies and what is said about them."""
    for key in node.hierarchies:
        slicing = evaluator.model.hierarchies[key].slicing
        cell = cell.at(key, cell.path(key)[:1] if slicing else ())
    return evaluator.value(node.measure, cell, context.without(node.hierarchies))


def parent_value(evaluator: Evaluator, node: ParentValue, cell: Cell, context: Context) -> Value:
    """Some levels up."""
    above = cell
    for key, degrees in node.degrees:
        depth = len(cell.path(key))
        top = 1 if evaluator.model.hierarchies[key].slicing else 0
        if depth == 0 or depth - degrees < top:
            if node.total_value is None:
                return None
            return evaluator.value(node.total_value, cell, context)
        above = above.at(key, cell.path(key)[: depth - degrees])
    if not node.apply_filters:
        context = context.without(key for key, _ in node.degrees)
    return evaluator.value(node.measure, above, context)


def at(evaluator: Evaluator, node: At, cell: Cell, context: Context) -> Value:
    """At other members."""
    keys = [level.key.owner for level, _ in node.coordinates]
    conditions = []
    elsewhere = cell
    for level, place in node.coordinates:
        if isinstance(place, LevelOperand):
            index = evaluator.depth_of(place.key)
            if len(cell.path(place.key.owner)) < index:
                return None
            member = evaluator.coordinate(cell, place)
        else:
            member = place.value
        conditions.append(level.isnull() if member is None else level == member)
        elsewhere = elsewhere.at(level.key.owner, ())
    return evaluator.value(
        node.measure, elsewhere, context.without(keys).with_conditions(conditions)
    )


def along(evaluator: Evaluator, key: HierarchyKey, cell: Cell, context: Context) -> list[Cell]:
    """Return the cells with facts of the same depth in a hierarchy, in order."""
    depth = len(cell.path(key))
    found = evaluator.inner(cell.at(key, ()), context, {key: depth}, free=frozenset({key}))
    return evaluator.ordered(found, key)


def shift(evaluator: Evaluator, node: Shift, cell: Cell, context: Context) -> Value:
    """At the member that many places further."""
    key = node.hierarchy
    path = cell.path(key)
    if not path:
        return None
    within = 0 if node.partitioning is None else evaluator.depth_of(node.partitioning)
    inside = context.without([key])
    if node.mode == "hierarchy":
        hierarchy = evaluator.model.hierarchies[key]
        paths = {
            evaluator.path_of(assignment, hierarchy, len(path))
            for fact in evaluator.facts
            for assignment in fact
        }
        sequence = evaluator.ordered((cell.at(key, each) for each in paths), key)
    else:
        sequence = [
            each
            for each in along(evaluator, key, cell, inside)
            if evaluator.value(node.measure, each, inside) is not None
        ]
    sequence = [each for each in sequence if each.path(key)[:within] == path[:within]]
    if cell not in sequence:
        return None
    index = sequence.index(cell) + node.offset
    if not 0 <= index < len(sequence):
        return None
    return evaluator.value(node.measure, sequence[index], inside)


def date_shift(evaluator: Evaluator, node: DateShift, cell: Cell, context: Context) -> Value:
    """At another date."""
    key = node.hierarchy
    path = cell.path(key)
    if len(path) < len(evaluator.model.hierarchies[key].levels) or path[-1] is None:
        return None
    inside = context.without([key])
    wanted = shifted(path[-1], node.offset)
    values = {
        each.path(key)[-1]: evaluator.value(node.measure, each, inside)
        for each in along(evaluator, key, cell, inside)
        if each.path(key)[-1] is not None
    }
    values = {day: value for day, value in values.items() if value is not None}
    if wanted in values:
        exact = values[wanted]
        return float(exact) if node.fallback == "interpolated" else exact
    before = max((day for day in values if day < wanted), default=None)
    after = min((day for day in values if day > wanted), default=None)
    if node.fallback == "past":
        return None if before is None else values[before]
    if node.fallback == "future":
        return None if after is None else values[after]
    if node.fallback is None or before is None or after is None:
        return None
    part = _seconds(before, wanted) / _seconds(before, after)
    return float(values[before]) + part * (float(values[after]) - float(values[before]))


def _seconds(start: Value, end: Value) -> float:
    return float((end - start).total_seconds())


def rank(evaluator: Evaluator, node: Rank, cell: Cell, context: Context) -> Value:
    """Its place among its siblings."""
    key = node.hierarchy
    path = cell.path(key)
    inside = context if node.apply_filters else context.without([key])
    own = evaluator.value(node.measure, cell, inside)
    if own is None:
        return None
    if not path:
        return 1
    place = 1
    before = True
    for each in along(evaluator, key, cell, inside):
        if each.path(key)[:-1] != path[:-1]:
            continue
        if each == cell:
            before = False
            continue
        other = evaluator.value(node.measure, each, inside)
        if other is None:
            continue
        mine, theirs = order(own), order(other)
        better = theirs < mine if node.ascending else theirs > mine
        place += better or (theirs == mine and before)
    return place
