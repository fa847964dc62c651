"""Measures of the members before and after: by places in a level, and by time. Pure."""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.planning.frames import Frame, Value
from atomlite.cubes.planning.navigation.ordering import paths
from atomlite.cubes.planning.navigation.periods import shifted
from atomlite.cubes.planning.navigation.sequences import (
    beside,
    brought,
    expressing,
    is_of,
    masked,
    named,
    null_of,
    order_along,
    others,
    window,
)
from atomlite.expressions.rendering import columns_of
from atomlite.measures.periods import parse_period

if TYPE_CHECKING:
    from collections.abc import Collection

    from atomlite.cubes.planning.shapes import Shape
    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.measures.nodes import DateShift, Shift

_FARTHEST = 2**62  # more places than there are rows


def shift(frame: Frame, node: Shift) -> Value:
    """Return a measure some members further along a hierarchy."""
    shapes = expressing(frame, node.hierarchy)
    if not shapes:
        return null_of(frame, node)
    source = beside(frame, shapes, node.hierarchy)
    value = named(source, source.value(node.measure))
    if node.mode == "hierarchy":
        return _among_all(frame, source, value, node)
    within = _partition(source, node.partitioning)
    along = order_along(source, node.hierarchy, below=len(within))
    over = window([*others(source, node.hierarchy), *within], along.terms or ["1"])
    sql = f"{_lead(value.sql, node.offset, ' IGNORE NULLS')} OVER ({over})"
    sql = f"CASE WHEN {value.sql} IS NOT NULL THEN {sql} END"
    moved = source.add(sql, max(value.layer, along.over))
    return brought(frame, source, moved, shapes)


def _lead(value: str, offset: int, nulls: str = "") -> str:
    function = "lead" if offset >= 0 else "lag"
    return f"{function}({value}, {min(abs(offset), _FARTHEST)}{nulls})"


def _partition(frame: Frame, level: LevelKey | None) -> list[str]:
    """Return what cells within one member of a level have in common along its hierarchy."""
    if level is None:
        return []
    path = [each.key for each in frame.compiler.model.path(level)]
    return [frame.key(each) for each in path if each in frame.levels]


def _among_all(frame: Frame, source: Frame, value: Value, node: Shift) -> Value:
    """Return the value at the member so many places further among all that the facts have."""
    compiler, hierarchy = frame.compiler, node.hierarchy
    within = 0 if node.partitioning is None else len(compiler.model.path(node.partitioning))
    keys: dict[LevelKey, list[tuple[Collection[Shape], str]]] = {}
    there: list[str] = []
    layer = 0
    for depth in sorted({shape.depth(hierarchy) for shape in source.shapes}):
        shapes = [shape for shape in source.shapes if shape.depth(hierarchy) == depth]
        levels = [level.key for level in compiler.hierarchy(hierarchy).levels[:depth]]
        along = paths(compiler, hierarchy, depth)
        over = window(along.columns[:within], along.terms)
        found = compiler.fresh("j")
        columns = [f"{_lead('TRUE', node.offset)} OVER ({over}) AS {found}"]
        on = [is_of(frame, shapes)]
        for level, column in zip(levels, along.columns, strict=True):
            own, moved = compiler.fresh("j"), compiler.fresh("j")
            columns += [
                f"{column} AS {own}",
                f"{_lead(column, node.offset)} OVER ({over}) AS {moved}",
            ]
            on.append(f"{own} IS NOT DISTINCT FROM {frame.key(level)}")
            keys.setdefault(level, []).append((shapes, moved))
        select = f"(SELECT {', '.join(columns)} FROM {along.relation})"
        layer = max(layer, frame.join(select, " AND ".join(on), 0))
        there.append(found)
    members = {level: Value(_one_of(frame, cases), layer) for level, cases in keys.items()}
    to = {shape: shape if shape in source.shapes else None for shape in frame.shapes}
    looked_up = frame.lookup(source, value, to, members)
    sql = f"CASE WHEN coalesce({', '.join(there)}) THEN {looked_up.sql} END"
    return Value(sql, looked_up.layer)


def _one_of(frame: Frame, cases: list[tuple[Collection[Shape], str]]) -> str:
    """Return the column that belongs to a cell's shape."""
    if len(cases) == 1:
        return cases[0][1]
    whens = " ".join(f"WHEN {is_of(frame, shapes)} THEN {sql}" for shapes, sql in cases)
    return f"CASE {whens} END"


def date_shift(frame: Frame, node: DateShift) -> Value:
    """Return a measure at a date some time before or after that of the cell."""
    levels = frame.compiler.hierarchy(node.hierarchy).levels
    deepest = levels[-1]
    shapes = [shape for shape in frame.shapes if shape.depth(node.hierarchy) == len(levels)]
    if not shapes:
        return null_of(frame, node)
    source = beside(frame, shapes, node.hierarchy)
    dated = _Dated(frame, source, named(source, source.value(node.measure)), node.hierarchy)
    kind = deepest.data_type
    moved = shifted(frame.key(deepest.key), parse_period(node.offset), kind)
    wanted = frame.add(masked(frame, moved, shapes), 0)
    if node.fallback is None:
        found, _, layer = dated.found(wanted, "=", shapes, exact=True)
        return Value(found, layer)
    if node.fallback != "interpolated":
        operator = "<=" if node.fallback == "past" else ">="
        found, _, layer = dated.found(wanted, operator, shapes)
        return Value(found, layer)
    before, past, low = dated.found(wanted, "<=", shapes)
    after, future, high = dated.found(wanted, ">=", shapes)
    before, after = f"CAST({before} AS DOUBLE)", f"CAST({after} AS DOUBLE)"
    passed, whole = (_elapsed(past, end, kind) for end in (wanted.sql, future))
    between = f"{before} + {passed} / {whole} * ({after} - {before})"
    return Value(
        f"CASE WHEN {past} = {wanted.sql} THEN {before} ELSE {between} END", max(low, high)
    )


def _elapsed(start: str, end: str, data_type: pa.DataType) -> str:
    if pa.types.is_date(data_type):
        return f"CAST({end} - {start} AS DOUBLE)"
    return f"CAST(epoch_ns({end}) - epoch_ns({start}) AS DOUBLE)"


class _Dated:
    """The values of the cells of a source by date, for the cells of a frame to look for.

    Args:
        frame: The cells that look.
        source: The cells that are looked for.
        value: What of them, a column.
        hierarchy: Its deepest level has the dates.
    """

    def __init__(self, frame: Frame, source: Frame, value: Value, hierarchy: HierarchyKey) -> None:
        self._frame, self._source, self._hierarchy = frame, source, hierarchy
        self._value = value
        levels = frame.compiler.hierarchy(hierarchy).levels
        self._date = source.key(levels[-1].key)
        columns = [columns_of(level.operand) for level in levels]
        self._unique = all(
            each.table == columns[-1][0].table and each.name == columns[-1][0].name
            for given in columns
            for each in given
        )

    def found(
        self, wanted: Value, operator: str, shapes: Collection[Shape], *, exact: bool = False
    ) -> tuple[str, str, int]:
        """Join the nearest cell; return the names of its value and date, and the layer.

        Args:
            wanted: The date to look for, of the frame.
            operator: How the date of the cell is to compare with it.
            shapes: Which cells have dates.
            exact: Whether there is only one such date; else cells without a value do not count.
        """
        frame, source, value, fresh = (
            self._frame,
            self._source,
            self._value,
            self._frame.compiler.fresh,
        )
        number, date, found = fresh("j"), fresh("j"), fresh("j")
        layer = value.layer
        given = [(self._number(shapes), number)]
        on = [f"{number} = {frame.set_column}"]
        for level in source.levels:
            if level.owner == self._hierarchy and all(
                level not in shape.loose for shape in source.shapes
            ):
                continue
            name = fresh("j")
            given.append((source.key(level), name))
            on.append(f"{name} IS NOT DISTINCT FROM {frame.key(level)}")
        given.append((self._date, date))
        on.append(f"{date} {operator} {wanted.sql}")
        columns = [f"{sql} AS {name}" for sql, name in given]
        where = [is_of(source, shapes), f"{self._date} IS NOT NULL"]
        if self._unique:
            last, groups = value.sql, ""
            where += [] if exact else [f"{value.sql} IS NOT NULL"]
        else:  # of several paths with one date, the last
            along = order_along(source, self._hierarchy)
            place = source.add(
                f"row_number() OVER ({window([source.set_column], along.terms)})",
                along.over,
            )
            layer = max(layer, place.layer)
            last = f"arg_max_null({value.sql}, {place.sql})"
            groups = f" GROUP BY {', '.join(sql for sql, _ in given)}"
            groups += "" if exact else f" HAVING {last} IS NOT NULL"
        relation = f"{source.relation(layer)} WHERE {' AND '.join(where)}{groups}"
        select = f"(SELECT {', '.join(columns)}, {last} AS {found} FROM {relation})"
        kind = "LEFT JOIN" if exact else "ASOF LEFT JOIN"
        layer = max(layer, wanted.layer)
        return found, date, frame.join(select, " AND ".join(on), layer, kind=kind)

    def _number(self, shapes: Collection[Shape]) -> str:
        """Return the number that the frame has for the shape of a cell of the source."""
        frame, source = self._frame, self._source
        pairs = [(source.number(shape), frame.number(shape)) for shape in shapes]
        if all(theirs == ours for theirs, ours in pairs):
            return source.set_column
        cases = " ".join(f"WHEN {theirs} THEN {ours}" for theirs, ours in pairs)
        return f"CASE {source.set_column} {cases} END"
