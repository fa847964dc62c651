"""Measures that look along the members of a hierarchy, in one cell, in plain Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from atomlite.cubes.checking.calculating import ensure_apart, shifted
from atomlite.cubes.checking.orders import value_key
from atomlite.cubes.checking.places import Path, Place
from atomlite.cubes.checking.signals import NotChecked
from atomlite.measures.nodes import (
    BestMember,
    CumulativeScope,
    DateShift,
    EndValue,
    OriginScope,
    Rank,
    ScopedAggregation,
    Shift,
    SiblingsScope,
)
from atomlite.measures.periods import parse_period

if TYPE_CHECKING:
    from atomlite.cubes.checking.evaluating import Evaluator, Handlers
    from atomlite.measures.coordinates import HierarchyKey

_NOWHERE = Place()


def _shift(evaluator: Evaluator, node: Shift, place: Place) -> object:
    key, path = node.hierarchy, place.path(node.hierarchy)
    if not path:
        return None
    elsewhere = place.at(key, ()).without_filters([key])
    if node.mode == "hierarchy":
        sequence = evaluator.paths(_NOWHERE, key, len(path))
    else:
        sequence = [
            each
            for each in evaluator.paths(elsewhere, key, len(path))
            if evaluator.value(node.measure, elsewhere.at(key, each)) is not None
        ]
    if node.partitioning is not None:
        depth = evaluator.depth(node.partitioning)
        sequence = [each for each in sequence if each[:depth] == path[:depth]]
    if path not in sequence:
        return None
    index = sequence.index(path) + node.offset
    if not 0 <= index < len(sequence):
        return None
    return evaluator.value(node.measure, elsewhere.at(key, sequence[index]))


def _date_shift(evaluator: Evaluator, node: DateShift, place: Place) -> object:
    key, path = node.hierarchy, place.path(node.hierarchy)
    depth = len(evaluator.model.hierarchies[key].levels)
    if len(path) < depth or path[-1] is None:
        return None
    elsewhere = place.at(key, ()).without_filters([key])
    target = _moved(path[-1], node.offset)
    values: dict[Any, Any] = {
        each[-1]: evaluator.value(node.measure, elsewhere.at(key, each))
        for each in evaluator.paths(elsewhere, key, depth)
        if each[-1] is not None
    }
    values = {day: value for day, value in values.items() if value is not None}
    if node.fallback is None or target in values:
        return values.get(target)
    past = max((day for day in values if day < target), default=None)
    future = min((day for day in values if day > target), default=None)
    if node.fallback != "interpolated":
        day = past if node.fallback == "past" else future
        return None if day is None else values[day]
    if past is None or future is None:
        return None
    share = (target - past) / (future - past)
    return float(values[past]) + (float(values[future]) - float(values[past])) * share


def _rank(evaluator: Evaluator, node: Rank, place: Place) -> object:
    key, path = node.hierarchy, place.path(node.hierarchy)
    if evaluator.value(node.measure, place) is None:
        return None
    if not path:
        return 1
    among = place if node.apply_filters else place.without_filters([key])
    own = evaluator.value(node.measure, among.at(key, path))
    before = 1
    for each in evaluator.paths(among.at(key, path[:-1]), key, len(path)):
        value = evaluator.value(node.measure, among.at(key, each))
        if value is None or each == path:
            continue
        ensure_apart(value, own)
        if value == own:
            before += evaluator.key(key, each) < evaluator.key(key, path)
        else:
            before += (value_key(value) < value_key(own)) == node.ascending
    return before


def _scoped(evaluator: Evaluator, node: ScopedAggregation, place: Place) -> object:
    match node.scope:
        case OriginScope():
            cells = [place]
            for level in node.scope.levels:
                cells = [
                    inner
                    for cell in cells
                    for inner in _inside(evaluator, cell, level.owner, evaluator.depth(level))
                ]
            return evaluator.aggregate(node, [evaluator.value(node.measure, c) for c in cells])
        case SiblingsScope(hierarchy=key, exclude_self=exclude_self):
            path = place.path(key)
            cells = [place]
            if path:
                paths = evaluator.paths(place.at(key, path[:-1]), key, len(path))
                cells = [place.at(key, each) for each in paths]
            if exclude_self:
                cells = [cell for cell in cells if cell.path(key) != path]
            return evaluator.aggregate(node, [evaluator.value(node.measure, c) for c in cells])
        case CumulativeScope():
            return _cumulated(evaluator, node, node.scope, place)
    raise NotChecked(f"`{type(node.scope).__name__}`")


def _inside(evaluator: Evaluator, cell: Place, key: HierarchyKey, depth: int) -> list[Place]:
    if len(cell.path(key)) >= depth:
        return [cell]
    return [cell.at(key, each) for each in evaluator.paths(cell, key, depth, inside=True)]


def _cumulated(
    evaluator: Evaluator, node: ScopedAggregation, scope: CumulativeScope, place: Place
) -> object:
    key, depth = scope.level.owner, evaluator.depth(scope.level)
    path = place.path(key)
    if len(path) > depth:
        return None
    if len(path) < depth:
        inner = evaluator.paths(place, key, depth, inside=True)
        if not inner:
            return None
        path = inner[-1]
    row = place.at(key, ())
    paths = evaluator.paths(_NOWHERE if scope.dense else row, key, depth)
    if scope.partitioning is not None:
        same = evaluator.depth(scope.partitioning)
        paths = [each for each in paths if each[:same] == path[:same]]
    if path not in paths:
        return None
    window = _window(scope, paths, path)
    values = [evaluator.value(node.measure, row.at(key, each)) for each in window]
    return evaluator.aggregate(node, values)


def _window(scope: CumulativeScope, paths: Sequence[Path], path: Path) -> list[Path]:
    index = paths.index(path)
    match scope.window:
        case None:
            return list(paths[: index + 1])
        case (int(before), int(after)):
            return list(paths[max(0, index + before) : index + after + 1])
        case (before, after):
            day: Any = path[-1]
            if day is None:
                raise NotChecked("a window of time at a null date")
            first = None if before is None else _moved(day, str(before))
            last = None if after is None else _moved(day, str(after))
            return [
                each
                for each in paths
                if each[-1] is not None
                and (first is None or first <= each[-1])
                and (last is None or each[-1] <= last)
            ]


def _moved(day: Any, period: str) -> Any:  # noqa: ANN401 -- a date or a timestamp
    parsed = parse_period(period)
    if parsed.microseconds and not isinstance(day, dt.datetime):
        raise NotChecked("a period of hours among dates")
    try:
        return shifted(day, parsed)
    except (OverflowError, ValueError):
        raise NotChecked("a date beyond the calendar of Python") from None


def _best(evaluator: Evaluator, node: BestMember, place: Place) -> object:
    key, depth = node.level.key.owner, evaluator.depth(node.level.key)
    best: tuple[object, object] | None = None
    for cell in _inside(evaluator, place, key, depth):
        value = evaluator.value(node.measure, cell)
        if value is None:
            continue
        if best is not None:
            ensure_apart(value, best[0])
            ours, theirs = value_key(value), value_key(best[0])
            if (ours <= theirs) if node.greatest else (ours >= theirs):
                continue
        best = value, evaluator.member(node.level, cell)
    return None if best is None else best[1]


def _end(evaluator: Evaluator, node: EndValue, place: Place) -> object:
    key, depth = node.level.key.owner, evaluator.depth(node.level.key)
    cells = _inside(evaluator, place, key, depth)
    for cell in reversed(cells) if node.last else cells:
        value = evaluator.value(node.measure, cell)
        if value is not None and evaluator.member(node.level, cell) is not None:
            return value
    return None


HANDLERS: Handlers = {
    Shift: _shift,
    DateShift: _date_shift,
    Rank: _rank,
    ScopedAggregation: _scoped,
    BestMember: _best,
    EndValue: _end,
}
"""How each of these kinds of measures is evaluated."""
