"""Measures that are calculated within a cell, as expressions over the columns of a frame.

Each function takes the frame, the node and the conditions that facts must pass besides; a condition
of a `Filtered` measure becomes the ``FILTER`` of the aggregates inside of it, so that it costs no
scan of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import pyarrow as pa

from atomlite.cubes.planning.cell_conditions import condition_value
from atomlite.cubes.planning.conditions import hierarchies_in
from atomlite.cubes.planning.frames import Frame, Value
from atomlite.expressions.calculating import arithmetic_sql, as_type, choice_sql
from atomlite.expressions.conditions import Condition
from atomlite.expressions.functions import function_sql
from atomlite.measures.nodes import (
    Aggregation,
    Arithmetic,
    Call,
    Constant,
    Filtered,
    LevelValue,
    MeasureExpression,
    Named,
    Where,
    inputs,
)

Among: TypeAlias = tuple[Condition, ...]

_SIMPLE = re.compile(r"\w+|\$\d+|(?:CAST|NULLIF|nullif|abs)\([^()]*\)")
_LONG = 400


def grouped(sql: str) -> str:
    """Return SQL that can be part of a larger expression."""
    return sql if _SIMPLE.fullmatch(sql) else f"({sql})"


def shortened(frame: Frame, value: Value) -> Value:
    """Return a value whose text is short, so that using it many times does not explode."""
    if len(value.sql) <= _LONG:
        return value
    return frame.add(value.sql, value.layer, strict=value.strict)


def _named(frame: Frame, node: Named, among: Among) -> Value:
    compiler = frame.compiler
    with compiler.inside(node.name):
        return shortened(frame, frame.value(compiler.measure(node.name).expression, among))


def _constant(frame: Frame, node: Constant, _among: Among) -> Value:
    data_type = frame.compiler.type_of(node)
    if node.value is None or pa.types.is_null(data_type):
        return Value("NULL", 0)
    return Value(frame.compiler.bind(node.value, data_type), 0, strict=False)


def _level_value(frame: Frame, node: LevelValue, among: Among) -> Value:
    return Value(frame.member(node.level.key), 0, strict=not among)


def _arithmetic(frame: Frame, node: Arithmetic, among: Among) -> Value:
    left, right = (frame.value(side, among) for side in (node.left, node.right))
    types = [frame.compiler.type_of(side) for side in (node.left, node.right)]
    kinds = [pa.int64() if pa.types.is_null(kind) else kind for kind in types]
    sql = arithmetic_sql(node.operator, grouped(left.sql), grouped(right.sql), *kinds)
    made = Value(sql, max(left.layer, right.layer), strict=left.strict or right.strict)
    return shortened(frame, made)


def _call(frame: Frame, node: Call, among: Among) -> Value:
    values = [frame.value(each, among) for each in node.arguments]
    types = [frame.compiler.type_of(each) for each in node.arguments]
    sql = function_sql(node.function, [grouped(value.sql) for value in values], types)
    return shortened(frame, Value(sql, max(value.layer for value in values), strict=False))


def _aggregation(frame: Frame, node: Aggregation, among: Among) -> Value:
    return frame.leaf(node, among)


def _where(frame: Frame, node: Where, among: Among) -> Value:
    compiler = frame.compiler
    wanted = compiler.type_of(node)
    layers = [0]

    def branch(measure: MeasureExpression) -> str:
        value, found = frame.value(measure, among), compiler.type_of(measure)
        layers.append(value.layer)
        if pa.types.is_null(found) or pa.types.is_null(wanted):
            return "NULL"
        return as_type(grouped(value.sql), found, wanted)

    cases = []
    for condition, measure in node.cases:
        holds = condition_value(frame, condition, among)
        layers.append(holds.layer)
        cases.append((holds.sql, branch(measure)))
    sql = choice_sql(cases, branch(node.otherwise))
    return shortened(frame, Value(sql, max(layers), strict=False))


def _filtered(frame: Frame, node: Filtered, among: Among) -> Value:
    compiler = frame.compiler
    conditions = (*among, node.condition)
    about = hierarchies_in(node.condition)
    moves = any(not shape.depth(key) for shape in frame.shapes for key in about & compiler.sliced)
    if is_local(frame, node.measure) and not moves:
        return frame.guarded(frame.value(node.measure, conditions), conditions)
    context = frame.context
    for condition in conditions:
        context = context.also(condition)
    source = compiler.frame(context, frame.shapes)
    same = {shape: shape for shape in frame.shapes}
    return frame.lookup(source, source.value(node.measure), same)


LOCAL: Mapping[type[MeasureExpression], Callable[[Frame, Any, Among], Value]] = {
    Aggregation: _aggregation,
    Arithmetic: _arithmetic,
    Call: _call,
    Constant: _constant,
    Filtered: _filtered,
    LevelValue: _level_value,
    Named: _named,
    Where: _where,
}
"""How to compile each class of measures that needs no other cell."""


def is_local(frame: Frame, node: MeasureExpression) -> bool:
    """Return whether a measure is calculated within a cell, and from its facts alone."""
    if isinstance(node, Named):
        return is_local(frame, frame.compiler.measure(node.name).expression)
    if isinstance(node, Filtered) and hierarchies_in(node.condition) & frame.compiler.sliced:
        return False
    if not isinstance(node, tuple(LOCAL)):
        return False
    return all(is_local(frame, each) for each in inputs(node))
