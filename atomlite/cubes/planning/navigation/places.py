"""Measures of one other cell: a total, a parent, a place that is named, a row of a table. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.cubes.planning.frames import Frame, Value
from atomlite.cubes.planning.navigation.sequences import beside, is_of, null_of
from atomlite.expressions.calculating import as_type, comparison_sql
from atomlite.measures.coordinates import LevelOperand
from atomlite.sql import quote

if TYPE_CHECKING:
    from atomlite.cubes.planning.compiler import Compiler
    from atomlite.cubes.planning.shapes import Shape
    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.measures.nodes import At, Lookup, ParentValue, Total


def total(frame: Frame, node: Total) -> Value:
    """Return a measure over all members of hierarchies; slicing ones keep their first level."""
    to = {}
    for shape in frame.shapes:
        target = shape
        for hierarchy in node.hierarchies:
            stays = min(shape.depth(hierarchy), _top(frame.compiler, hierarchy))
            target = target.at(hierarchy, stays)
        to[shape] = target
    source = beside(frame, to.values(), *node.hierarchies)
    return frame.lookup(source, source.value(node.measure), to)


def parent_value(frame: Frame, node: ParentValue) -> Value:
    """Return a measure some levels up, above the top what is to be there."""
    compiler = frame.compiler
    to = {shape: _above(compiler, shape, node) for shape in frame.shapes}
    value = null_of(frame, node)
    if any(to.values()):
        left_out = () if node.apply_filters else tuple(key for key, _ in node.degrees)
        source = beside(frame, filter(None, to.values()), *left_out)
        value = frame.lookup(source, source.value(node.measure), to)
    nowhere = [shape for shape, target in to.items() if target is None]
    if node.total_value is None or not nowhere:
        return value
    wanted = compiler.type_of(node)
    other = frame.value(node.total_value)
    found = as_type(value.sql, compiler.type_of(node.measure), wanted)
    instead = as_type(other.sql, compiler.type_of(node.total_value), wanted)
    sql = f"CASE WHEN {is_of(frame, nowhere)} THEN {instead} ELSE {found} END"
    return Value(sql, max(value.layer, other.layer), strict=other.strict)


def _above(compiler: Compiler, shape: Shape, node: ParentValue) -> Shape | None:
    """Return the shape of the parent, ``None`` where there is none."""
    target = shape
    for hierarchy, degrees in node.degrees:
        depth = shape.depth(hierarchy)
        if depth == 0 or depth - degrees < _top(compiler, hierarchy):
            return None
        target = target.at(hierarchy, depth - degrees)
    return target


def _top(compiler: Compiler, hierarchy: HierarchyKey) -> int:
    """Return the least depth that a cell which expresses a hierarchy can go up to."""
    return 1 if compiler.is_slicing(hierarchy) else 0


def at(frame: Frame, node: At) -> Value:
    """Return a measure at other members: constants are conditions, other levels are looked up."""
    compiler = frame.compiler
    context = frame.context.without(*(level.key.owner for level, _ in node.coordinates))
    keys: dict[LevelKey, LevelKey] = {}
    to: dict[Shape, Shape | None] = dict.fromkeys(frame.shapes)
    for level, place in node.coordinates:
        if isinstance(place, LevelOperand):
            keys[level.key] = place.key
        else:
            no_member = place.value is None
            context = context.also(level.isnull() if no_member else level == place.value)
    for shape in frame.shapes:
        if all(_expresses(compiler, shape, place) for place in keys.values()):
            target = shape
            for level, _ in node.coordinates:
                target = target.at(level.key.owner, 0)
            for key in keys:
                target = target.with_loose(key)
            to[shape] = target
    if not any(to.values()):
        return null_of(frame, node)
    source = compiler.frame(context, tuple(dict.fromkeys(filter(None, to.values()))))
    members = {level: Value(frame.key(place), 0) for level, place in keys.items()}
    return frame.lookup(source, source.value(node.measure), to, members)


def _expresses(compiler: Compiler, shape: Shape, level: LevelKey) -> bool:
    """Return whether cells of a shape have a member of a level."""
    return shape.depth(level.owner) >= len(compiler.model.path(level))


def lookup(frame: Frame, node: Lookup) -> Value:
    """Return a column of the row of a table that has these keys."""
    compiler = frame.compiler
    found = compiler.fresh("j")
    columns, conditions = [f"{quote(node.column.name)} AS {found}"], []
    values = [frame.value(each) for _, each in node.keys]
    schema = compiler.scope.schema(node.column.table)
    for (name, key), value in zip(node.keys, values, strict=True):
        column = compiler.fresh("j")
        columns.append(f"{quote(name)} AS {column}")
        kind = compiler.type_of(key)
        conditions.append(
            comparison_sql("==", column, value.sql, schema.column(name).data_type, kind)
        )
    rows = compiler.table_rows(node.column.table)
    select = f"(SELECT {', '.join(columns)} FROM {rows})"  # noqa: S608 -- names come quoted
    layer = frame.join(select, " AND ".join(conditions), max(value.layer for value in values))
    return Value(found, layer, strict=any(value.strict for value in values))
