"""Cells beside each other: which ones, and in which order. Pure.

Everything here is said once for all shapes of a frame, so that one window serves the totals too.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from atomlite.cubes.planning.frames import Frame, Value
from atomlite.cubes.planning.navigation.ordering import Ordered, order_terms
from atomlite.cubes.planning.shapes import Shape
from atomlite.data_types.storage import sql_type

if TYPE_CHECKING:
    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.measures.nodes import MeasureExpression

_SHORT = re.compile(r"\w+|CAST\(\w+ AS \w+\)")


def expressing(frame: Frame, hierarchy: HierarchyKey) -> tuple[Shape, ...]:
    """Return the shapes of a frame that express a hierarchy."""
    return tuple(shape for shape in frame.shapes if shape.depth(hierarchy))


def beside(frame: Frame, shapes: Iterable[Shape], *hierarchies: HierarchyKey) -> Frame:
    """Return cells of some shapes, without the conditions about some hierarchies.

    It is the frame itself where that has them all, so that a window needs no look-up.
    """
    wanted = tuple(dict.fromkeys(shapes))
    context = frame.context.without(*hierarchies)
    if context.key == frame.context.key and set(wanted) <= set(frame.shapes):
        return frame
    return frame.compiler.frame(context, wanted)


def brought(frame: Frame, source: Frame, value: Value, shapes: Collection[Shape]) -> Value:
    """Return the value of the same cell in another context, null in cells of other shapes."""
    if source is not frame:
        return frame.lookup(
            source, value, {shape: shape if shape in shapes else None for shape in frame.shapes}
        )
    return Value(masked(frame, value.sql, shapes), value.layer, value.strict)


def masked(frame: Frame, sql: str, shapes: Collection[Shape], otherwise: str = "NULL") -> str:
    """Return SQL that is something else in cells of other shapes than some."""
    if set(frame.shapes) <= set(shapes):
        return sql
    return f"CASE WHEN {is_of(frame, shapes)} THEN {sql} ELSE {otherwise} END"


def is_of(frame: Frame, shapes: Collection[Shape]) -> str:
    """Return the condition that a cell has one of some shapes, which are not none."""
    numbers = sorted(frame.number(shape) for shape in shapes)
    return f"{frame.set_column} IN ({', '.join(map(str, numbers))})"


def named(frame: Frame, value: Value) -> Value:
    """Return a value as a column, where it is not nearly one already; windows repeat it."""
    if _SHORT.fullmatch(value.sql):
        return value
    return frame.add(value.sql, value.layer, strict=value.strict)


def null_of(frame: Frame, node: MeasureExpression) -> Value:
    """Return the null of a measure's type."""
    return Value(f"CAST(NULL AS {sql_type(frame.compiler.type_of(node))})", 0)


def others(frame: Frame, hierarchy: HierarchyKey) -> list[str]:
    """Return what cells that differ along one hierarchy alone have in common."""
    common = [frame.set_column] if len(frame.shapes) > 1 else []
    common += [frame.key(level) for level in frame.levels if level.owner != hierarchy]
    loose: dict[LevelKey, list[Shape]] = {}
    for shape in expressing(frame, hierarchy):
        for level in shape.loose:
            if level.owner == hierarchy:
                loose.setdefault(level, []).append(shape)
    return common + [masked(frame, frame.key(level), shapes) for level, shapes in loose.items()]


def parents(frame: Frame, hierarchy: HierarchyKey) -> list[str]:
    """Return what siblings along a hierarchy have in common besides: the levels above theirs."""
    shapes = expressing(frame, hierarchy)
    found = []
    for place, level in enumerate(levels_along(frame, hierarchy), 1):
        below = [shape for shape in shapes if shape.depth(hierarchy) > place]
        if len(below) == len(shapes):
            found.append(frame.key(level))
        elif below:
            found.append(masked(frame, frame.key(level), below))
    return found


def levels_along(frame: Frame, hierarchy: HierarchyKey) -> tuple[LevelKey, ...]:
    """Return the levels of a hierarchy that some shape of a frame expresses."""
    depth = max((shape.depth(hierarchy) for shape in frame.shapes), default=0)
    return tuple(level.key for level in frame.compiler.hierarchy(hierarchy).levels[:depth])


def order_along(frame: Frame, hierarchy: HierarchyKey, *, below: int = 0) -> Ordered:
    """Return the order of cells along a hierarchy, from the top level down.

    Args:
        frame: The cells.
        hierarchy: Along which.
        below: Leave out so many levels from the top.
    """
    given = [order_terms(frame, level) for level in levels_along(frame, hierarchy)[below:]]
    terms = tuple(term for each in given for term in each.terms)
    layer = max((each.layer for each in given), default=0)
    return Ordered(terms, layer, max((each.over for each in given), default=0))


def window(partition: Iterable[str], terms: Iterable[str], rows: str = "") -> str:
    """Return the inside of ``OVER (...)``."""
    by, order = ", ".join(partition), ", ".join(terms)
    parts = [f"PARTITION BY {by}" if by else "", f"ORDER BY {order}" if order else "", rows]
    return " ".join(filter(None, parts))
