"""Measures aggregated along a level: running totals and moving windows. Pure."""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.planning.frames import Frame, Value
from atomlite.cubes.planning.navigation.aggregating import aggregate
from atomlite.cubes.planning.navigation.inside import deeper, gathered
from atomlite.cubes.planning.navigation.ordering import Ordered, paths
from atomlite.cubes.planning.navigation.periods import bound, clock, is_elapsed
from atomlite.cubes.planning.navigation.sequences import (
    beside,
    is_of,
    named,
    null_of,
    order_along,
    others,
    window,
)

if TYPE_CHECKING:
    from atomlite.cubes.planning.shapes import Shape
    from atomlite.measures.nodes import CumulativeScope, ScopedAggregation

_FARTHEST = 2**62  # more members than there are rows


def along_level(frame: Frame, node: ScopedAggregation, scope: CumulativeScope) -> Value:
    """Return an aggregate over the members of a level up to that of the cell, or around it."""
    hierarchy = scope.level.owner
    depth = len(frame.compiler.model.path(scope.level))
    deep = [shape for shape in frame.shapes if shape.depth(hierarchy) == depth]
    above = {
        shape: deeper(shape, {hierarchy: depth})
        for shape in frame.shapes
        if shape.depth(hierarchy) < depth
    }
    given: list[tuple[list[Shape], Value]] = []
    if deep:
        given.append((deep, _running(frame, node, scope)))
    whole: dict[Shape, Shape] = {}
    if scope.window is None and scope.partitioning is None:  # the last member's is that of all
        whole = {shape: inner for shape, inner in above.items() if not shape.depth(hierarchy)}
    if whole:
        source = beside(frame, whole.values())
        value = named(source, source.value(node.measure))
        made = aggregate(frame.compiler, node, value.sql)
        found = gathered(frame, source, whole, made, value.layer, strict=value.strict)
        given.append((list(whole), found))
    above = {shape: inner for shape, inner in above.items() if shape not in whole}
    inside = {shape: inner for shape, inner in above.items() if inner in deep}
    apart = {shape: inner for shape, inner in above.items() if inner not in deep}
    for to in filter(None, (inside, apart)):
        source = beside(frame, to.values())
        running, place = _running(source, node, scope), _place(source, scope)
        last = f"arg_max_null({running.sql}, {place.sql})"
        layer = max(running.layer, place.layer)
        found = gathered(frame, source, to, last, layer, strict=running.strict)
        given.append((list(to), found))
    if not given:
        return null_of(frame, node)
    cases = " ".join(f"WHEN {is_of(frame, shapes)} THEN {value.sql}" for shapes, value in given)
    strict = all(value.strict for _, value in given)
    return Value(f"CASE {cases} END", max(value.layer for _, value in given), strict)


def _running(source: Frame, node: ScopedAggregation, scope: CumulativeScope) -> Value:
    """Return the aggregate in each cell of the level."""
    value = named(source, source.value(node.measure))
    rows = _rows(source, scope)
    made = aggregate(source.compiler, node, value.sql, rows.terms[0])
    return source.add(made, max(value.layer, rows.over), strict=value.strict)


def _place(source: Frame, scope: CumulativeScope) -> Value:
    """Return the place of each cell along the level."""
    along = order_along(source, scope.level.owner)
    over = window(others(source, scope.level.owner), along.terms)
    return source.add(f"row_number() OVER ({over})", along.over)


def _rows(source: Frame, scope: CumulativeScope) -> Ordered:
    """Return the inside of ``OVER (...)`` of a window, and the layer it needs."""
    model = source.compiler.model
    path = [level.key for level in model.path(scope.level)]
    within = 0 if scope.partitioning is None else len(model.path(scope.partitioning))
    common = [*others(source, scope.level.owner), *(source.key(level) for level in path[:within])]
    match scope.window:
        case (int(before), int(after)):
            reach = (
                f"BETWEEN {min(-before, _FARTHEST)} PRECEDING AND {min(after, _FARTHEST)} FOLLOWING"
            )
            if scope.dense:
                place, layer = _places(source, scope, within)
                return Ordered((window(common, [place], f"RANGE {reach}"),), layer, layer)
            rows = f"ROWS {reach}"
        case (before, after):
            level = model.level(scope.level)
            kind = level.data_type
            if (
                isinstance(kind, pa.TimestampType)
                and kind.tz
                and is_elapsed(before)
                and is_elapsed(after)
            ):
                kind = pa.timestamp(kind.unit, "UTC")
            time = clock(source.key(scope.level), kind)
            ends = [
                bound(before, "PRECEDING", level.data_type),
                bound(after, "FOLLOWING", level.data_type),
            ]
            common.append(f"{source.key(scope.level)} IS NULL")
            rows = f"RANGE BETWEEN {' AND '.join(ends)}"
            return Ordered((window(common, [time], rows),), 0)
        case None:
            rows = "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    along = order_along(source, scope.level.owner, below=within)
    return Ordered((window(common, along.terms, rows),), along.layer, along.over)


def _places(source: Frame, scope: CumulativeScope, within: int) -> tuple[str, int]:
    """Return the place of each cell among all members of the level that the facts have."""
    compiler = source.compiler
    path = compiler.model.path(scope.level)
    along = paths(compiler, scope.level.owner, len(path))
    place = compiler.fresh("j")
    over = window(along.columns[:within], along.terms)
    columns, on = [f"row_number() OVER ({over}) AS {place}"], []
    for level, column in zip(path, along.columns, strict=True):
        name = compiler.fresh("j")
        columns.append(f"{column} AS {name}")
        on.append(f"{name} IS NOT DISTINCT FROM {source.key(level.key)}")
    select = f"(SELECT {', '.join(columns)} FROM {along.relation})"
    return place, source.join(select, " AND ".join(on), 0)
