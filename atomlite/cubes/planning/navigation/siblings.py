"""Measures of the cells with the same parent: ranks, and aggregates of siblings. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.cubes.planning.frames import Frame, Value
from atomlite.cubes.planning.navigation.aggregating import aggregate
from atomlite.cubes.planning.navigation.sequences import (
    beside,
    brought,
    expressing,
    masked,
    named,
    order_along,
    others,
    parents,
    window,
)

if TYPE_CHECKING:
    from atomlite.measures.nodes import Rank, ScopedAggregation, SiblingsScope


def rank(frame: Frame, node: Rank) -> Value:
    """Return the place of a cell among its siblings, from 1; null where the measure is."""
    left_out = () if node.apply_filters else (node.hierarchy,)
    source = beside(frame, frame.shapes, *left_out)
    value = named(source, source.value(node.measure))
    shapes = expressing(source, node.hierarchy)
    place = "1"
    layer = value.layer
    if shapes:
        along = order_along(source, node.hierarchy)
        layer = max(layer, along.over)
        direction = "ASC" if node.ascending else "DESC"
        common = [*others(source, node.hierarchy), *parents(source, node.hierarchy)]
        over = window(common, [f"{value.sql} {direction} NULLS LAST", *along.terms])
        place = masked(source, f"row_number() OVER ({over})", shapes, "1")
    sql = f"CASE WHEN {value.sql} IS NOT NULL THEN {place} END"
    ranked = source.add(sql, layer, strict=value.strict)
    return brought(frame, source, ranked, frame.shapes)


def among_siblings(frame: Frame, node: ScopedAggregation, scope: SiblingsScope) -> Value:
    """Return an aggregate of the cells with the same parent, alone where there are none beside."""
    value = named(frame, frame.value(node.measure))
    rows = "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING"
    rows += " EXCLUDE CURRENT ROW" if scope.exclude_self else ""
    common = [*others(frame, scope.hierarchy), *parents(frame, scope.hierarchy)]
    over = window(common, [], rows if scope.exclude_self else "")
    sql = aggregate(frame.compiler, node, value.sql, over)
    return frame.add(sql, value.layer, strict=value.strict)
