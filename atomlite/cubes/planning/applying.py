"""Python functions as measures: what is computed before the statement that needs it. Pure."""

# ruff: noqa: S608 -- names are made here

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from atomlite.cubes.planning.frames import Frame, Value
from atomlite.measures.nodes import Applied, MeasureExpression


def _applied(frame: Frame, node: Applied) -> Value:
    """Plan a stage that calls the function, and look its results up."""
    compiler = frame.compiler
    given = [frame.guarded(frame.value(each)) for each in node.arguments]
    layer = max((value.layer for value in given), default=0)
    name, column, number = compiler.fresh("s"), compiler.fresh("j"), compiler.fresh("j")
    keys = {frame.key(level): compiler.fresh("j") for level in frame.levels}
    selected = [f"{frame.set_column} AS {number}"]
    selected += [f"{key} AS {renamed}" for key, renamed in keys.items()]
    selected += [f"{value.sql} AS {compiler.fresh('j')}" for value in given]
    compiler.stage(
        f"SELECT {', '.join(selected)} FROM {frame.relation(layer)}",
        name=name,
        column=column,
        keys=tuple(range(len(keys) + 1)),
        arguments=tuple(range(len(keys) + 1, len(selected))),
        node=node,
    )
    on = [f"{number} = {frame.set_column}"]
    on += [f"{renamed} IS NOT DISTINCT FROM {key}" for key, renamed in keys.items()]
    return Value(column, frame.join(name, " AND ".join(on), layer), strict=False)


APPLYING: Mapping[type[MeasureExpression], Callable[[Frame, Any], Value]] = {Applied: _applied}
"""How to compile Python functions."""
