"""Measures at other cells or among other facts, in one cell, in plain Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from atomlite.cubes.checking.facts import Member
from atomlite.cubes.checking.places import Place, conjuncts
from atomlite.measures.nodes import At, Constant, Filtered, Lookup, ParentValue, Total

if TYPE_CHECKING:
    from atomlite.cubes.checking.evaluating import Evaluator, Handlers
    from atomlite.measures.coordinates import HierarchyKey


def _filtered(evaluator: Evaluator, node: Filtered, place: Place) -> object:
    among = place.also(*conjuncts(node.condition))
    return evaluator.value(node.measure, among) if evaluator.has_facts(among) else None


def _total(evaluator: Evaluator, node: Total, place: Place) -> object:
    return evaluator.value(node.measure, _above(evaluator, place, node.hierarchies))


def _above(evaluator: Evaluator, place: Place, hierarchies: Sequence[HierarchyKey]) -> Place:
    for key in hierarchies:
        slicing = evaluator.model.hierarchies[key].slicing
        place = place.at(key, place.path(key)[:1] if slicing else ())
    return place.without_filters(hierarchies)


def _parent(evaluator: Evaluator, node: ParentValue, place: Place) -> object:
    for key, number in node.degrees:
        path = place.path(key)
        slicing = evaluator.model.hierarchies[key].slicing
        if number > len(path) or not path or (slicing and number >= len(path)):
            above = node.total_value
            return None if above is None else evaluator.value(above, place)
    parent = place
    for key, number in node.degrees:
        path = place.path(key)
        parent = parent.at(key, path[: len(path) - number])
    if not node.apply_filters:
        parent = parent.without_filters([key for key, _ in node.degrees])
    return evaluator.value(node.measure, parent)


def _at(evaluator: Evaluator, node: At, place: Place) -> object:
    found: list[Member] = []
    for level, target in node.coordinates:
        if isinstance(target, Constant):
            found.append(Member(level.key, target.value))
            continue
        if len(place.path(target.key.owner)) < evaluator.depth(target.key):
            return None
        found.append(Member(level.key, evaluator.member(target, place)))
    owners = [level.key.owner for level, _ in node.coordinates]
    moved = place.without_filters(owners)
    for owner in owners:
        moved = moved.at(owner, ())
    return evaluator.value(node.measure, moved.also(*found))


def _lookup(evaluator: Evaluator, node: Lookup, place: Place) -> object:
    values = [(name, evaluator.value(value, place)) for name, value in node.keys]
    if any(value is None for _, value in values):
        return None
    return evaluator.facts.looked_up(node.column, dict(values))


HANDLERS: Handlers = {
    At: _at,
    Filtered: _filtered,
    Lookup: _lookup,
    ParentValue: _parent,
    Total: _total,
}
"""How each of these kinds of measures is evaluated."""
