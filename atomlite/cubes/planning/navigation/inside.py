"""Measures of the cells inside of a cell: aggregates of them, and the best member. Pure."""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.cubes.planning.frames import Frame, Value
from atomlite.cubes.planning.navigation.aggregating import aggregate
from atomlite.cubes.planning.navigation.ordering import Ordered, order_terms
from atomlite.cubes.planning.navigation.sequences import beside, named
from atomlite.cubes.planning.shapes import Shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.measures.nodes import BestMember, EndValue, OriginScope, ScopedAggregation


def above_origin(frame: Frame, node: ScopedAggregation, scope: OriginScope) -> Value:
    """Return an aggregate of the cells with more levels inside of each cell."""
    depths: dict[HierarchyKey, int] = {}
    for level in scope.levels:
        depth = len(frame.compiler.model.path(level))
        depths[level.owner] = max(depth, depths.get(level.owner, 0))
    to = {shape: deeper(shape, depths) for shape in frame.shapes}
    source = beside(frame, to.values())
    value = named(source, source.value(node.measure))
    made = aggregate(frame.compiler, node, value.sql)
    return gathered(frame, source, to, made, value.layer, strict=value.strict)


def best_member(frame: Frame, node: BestMember) -> Value:
    """Return the member within each cell where a measure is greatest or smallest."""
    level = node.level.key
    source, to = _members_inside(frame, level)
    value, along = source.value(node.measure), _along(source, level)
    terms = [f"{value.sql} {'DESC' if node.greatest else 'ASC'}", *along.terms]
    made = (
        f"first({source.key(level)} ORDER BY {', '.join(terms)})"
        f" FILTER (WHERE {value.sql} IS NOT NULL)"
    )
    return gathered(frame, source, to, made, max(value.layer, along.layer))


def end_value(frame: Frame, node: EndValue) -> Value:
    """Return what a measure is at the first or last member of a level within each cell."""
    level = node.level.key
    source, to = _members_inside(frame, level)
    value, along = source.value(node.measure), _along(source, level)
    made = (
        f"{'last' if node.last else 'first'}({value.sql} ORDER BY {', '.join(along.terms)})"
        f" FILTER (WHERE {value.sql} IS NOT NULL AND {source.key(level)} IS NOT NULL)"
    )
    return gathered(frame, source, to, made, max(value.layer, along.layer))


def _members_inside(frame: Frame, level: LevelKey) -> tuple[Frame, dict[Shape, Shape]]:
    """Return the cells at the members of a level inside of each cell; see `gathered`."""
    depth = len(frame.compiler.model.path(level))
    to = {shape: deeper(shape, {level.owner: depth}) for shape in frame.shapes}
    return beside(frame, to.values()), to


def _along(source: Frame, level: LevelKey) -> Ordered:
    """Return the order of the members of a level, each after those of its ancestors."""
    orders = [order_terms(source, each.key) for each in source.compiler.model.path(level)]
    terms = tuple(term for each in orders for term in each.terms)
    return Ordered(terms, max(each.layer for each in orders))


def deeper(shape: Shape, depths: Mapping[HierarchyKey, int]) -> Shape:
    """Return the shape with hierarchies expressed so deep at least; what was loose stays loose."""
    target = shape
    for hierarchy, depth in depths.items():
        target = target.at(hierarchy, max(depth, shape.depth(hierarchy)))
    return Shape(target.depths, shape.loose)


def gathered(
    frame: Frame,
    source: Frame,
    to: Mapping[Shape, Shape],
    made: str,
    layer: int,
    *,
    strict: bool = True,
) -> Value:
    """Return an aggregate of the cells of a source that lie in each cell.

    Args:
        frame: The cells.
        source: The cells inside of them.
        to: For each shape, that of the cells inside.
        made: The aggregate.
        layer: The layer of the source that has all that the aggregate needs.
        strict: Whether the aggregate is null where there are no facts.
    """
    compiler = frame.compiler
    number, found = compiler.fresh("j"), compiler.fresh("j")
    levels = tuple(dict.fromkeys(level for shape in to for level in frame.levels_of(shape)))
    names = {level: compiler.fresh("j") for level in levels}
    selects = []
    for outer, inner in to.items():
        common = frame.levels_of(outer)
        columns = [f"{frame.number(outer)} AS {number}"]
        columns += [
            f"{source.key(level) if level in common else 'NULL'} AS {name}"
            for level, name in names.items()
        ]
        conditions = [f"{source.set_column} = {source.number(inner)}"]
        conditions += _restrictions(frame, source, outer, inner)
        groups = ", ".join(source.key(level) for level in common)
        selects.append(
            f"SELECT {', '.join(columns)}, {made} AS {found} FROM {source.relation(layer)}"
            f" WHERE {' AND '.join(conditions)}" + (f" GROUP BY {groups}" if groups else "")
        )
    on = [f"{number} = {frame.set_column}"]
    on += [f"{name} IS NOT DISTINCT FROM {frame.key(level)}" for level, name in names.items()]
    select = f"({' UNION ALL '.join(selects)})"
    return Value(found, frame.join(select, " AND ".join(on), layer), strict)


def _restrictions(frame: Frame, source: Frame, outer: Shape, inner: Shape) -> list[str]:
    """Return the conditions that cells inside lie at the first members of slicing hierarchies."""
    compiler = frame.compiler
    loose = {level.owner for level in outer.loose}
    found = []
    for hierarchy in compiler.slicing:
        if inner.depth(hierarchy) and not outer.depth(hierarchy) and hierarchy not in loose:
            top = compiler.hierarchy(hierarchy).levels[0].key
            first = compiler.first_member(top, frame.context)
            found.append(f"{source.key(top)} IS NOT DISTINCT FROM {first}")
    return found
