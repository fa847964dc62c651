"""Cells as relations: layers of columns over the cells of some shapes.

A `Frame` is a list of relations, each with the columns of the one before and some more. Its first
layer has the members and the aggregates of facts; calculations within a row need no layer of their
own, windows and look-ups in other cells make the next one. A layer only reads lower layers, of any
frame, so that all of them can be put in one order.
"""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from atomlite.data_types.storage import sql_type
from atomlite.measures.nodes import Aggregation, MeasureExpression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atomlite.cubes.planning.compiler import Compiler
    from atomlite.cubes.planning.contexts import Context
    from atomlite.cubes.planning.navigation.ordering import Ordered
    from atomlite.cubes.planning.shapes import Shape
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.coordinates import LevelKey


@dataclass(frozen=True, slots=True)
class Value:
    """What a measure is in the cells of a frame.

    Args:
        sql: An expression over the columns of the frame's layer ``layer`` and those above.
        layer: The lowest layer that has all it needs.
        strict: Whether it is null where there are no facts, by itself.
    """

    sql: str
    layer: int
    strict: bool = True


class Origin(Protocol):
    """What the first layer of a frame is made of."""

    @property
    def set_column(self) -> str:
        """The name of the column with the number of a cell's shape."""

    def number(self, shape: Shape) -> int:
        """Return the number of a shape."""

    def key(self, level: LevelKey) -> str:
        """Return the name of the column with the members of a level."""

    def leaf(self, node: Aggregation, among: Sequence[Condition]) -> tuple[str, bool]:
        """Return the SQL of an aggregate of facts, and whether it is null without facts."""

    def rows(self, shapes: Sequence[Shape]) -> str:
        """Return the cells of some shapes, as a SELECT."""


@dataclass(slots=True)
class _Layer:
    """What one layer adds to the one below."""

    columns: dict[str, str] = field(default_factory=dict)
    joins: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)


class Frame:
    """The cells of some shapes in one context.

    Args:
        compiler: What the query is planned with.
        context: The conditions in force.
        shapes: Which cells; in the order in which they were asked for.
        origin: What the first layer is made of.
        name: Begins the names of its relations and columns.

    Attributes:
        beside: Where the values of measures are looked up, for cells that are not made of facts.
        orders: What `navigation.ordering` has found for its levels.
    """

    def __init__(
        self,
        compiler: Compiler,
        context: Context,
        shapes: tuple[Shape, ...],
        origin: Origin,
        name: str,
    ) -> None:
        self.compiler = compiler
        self.context = context
        self.shapes = shapes
        self.name = name
        self.beside: Frame | None = None
        self.orders: dict[LevelKey, Ordered] = {}
        self._origin = origin
        self._numbers = {shape: origin.number(shape) for shape in shapes}
        levels = (level for shape in shapes for level in compiler.levels_of(shape))
        self._keys = {level: origin.key(level) for level in levels}
        self._layers: list[_Layer] = [_Layer()]
        self._values: dict[tuple[int, tuple[int, ...]], tuple[object, Value]] = {}
        self._columns: dict[tuple[str, int], Value] = {}

    @property
    def levels(self) -> tuple[LevelKey, ...]:
        """All levels of any of its shapes."""
        return tuple(self._keys)

    @property
    def set_column(self) -> str:
        """The name of the column with the number of a row's shape."""
        return self._origin.set_column

    @property
    def has_whole(self) -> bool:
        """Whether one of its shapes has no levels, and so may have a row without facts."""
        return any(not self.levels_of(shape) for shape in self.shapes)

    def number(self, shape: Shape) -> int:
        """Return the number that rows of a shape have."""
        return self._numbers[shape]

    def key(self, level: LevelKey) -> str:
        """Return the name of the column with the member of a level.

        It is null in rows whose shape has not the level.
        """
        return self._keys[level]

    def member(self, level: LevelKey) -> str:
        """Return the SQL of the member of a level that a cell is at; null where it is at none.

        A level that is expressed without its ancestors is not one that a measure sees.
        """
        seen = [shape for shape in self.shapes if level in self.compiler.paths_of(shape)]
        if not seen:
            return f"CAST(NULL AS {sql_type(self.compiler.level(level).data_type)})"
        if all(level not in shape.loose for shape in self.shapes):
            return self.key(level)
        numbers = ", ".join(str(self.number(shape)) for shape in seen)
        return f"CASE WHEN {self.set_column} IN ({numbers}) THEN {self.key(level)} END"

    def levels_of(self, shape: Shape) -> tuple[LevelKey, ...]:
        """Return the levels that a shape expresses, each after its ancestors."""
        return self.compiler.levels_of(shape)

    def value(self, node: MeasureExpression, among: tuple[Condition, ...] = ()) -> Value:
        """Return what a measure is in these cells.

        Args:
            node: The measure.
            among: Conditions about levels that facts must pass besides those of the context; only
                for measures that are calculated within a cell.
        """
        key = id(node), tuple(map(id, among))
        known = self._values.get(key)
        if known is None:
            if self.beside is None:
                made = self.compiler.compiled(self, node, among)
            else:
                same = {shape: shape for shape in self.shapes}
                made = self.lookup(self.beside, self.beside.value(node, among), same)
            known = self._values[key] = (node, among), made
        return known[1]

    def leaf(self, node: Aggregation, among: tuple[Condition, ...]) -> Value:
        """Return an aggregate of the facts of these cells."""
        sql, strict = self._origin.leaf(node, among)
        return self.guarded(Value(sql, 0, strict), among)

    def guarded(self, value: Value, among: tuple[Condition, ...] = ()) -> Value:
        """Return a value that is null where there are no facts."""
        if value.strict or not (among or self.has_whole):
            return value
        facts, _ = self._origin.leaf(self.compiler.fact_count, among)
        return Value(f"CASE WHEN {facts} > 0 THEN {value.sql} END", value.layer)

    def add(self, sql: str, layer: int, *, strict: bool = False) -> Value:
        """Return a new column, such as a window.

        Args:
            sql: Over the columns of ``layer``.
            layer: The highest layer of the values in it.
            strict: Whether it is null where there are no facts.
        """
        known = self._columns.get((sql, layer))
        if known is None:
            name = self.compiler.fresh(f"{self.name}c")
            self._layer(layer + 1).columns[name] = sql
            known = self._columns[sql, layer] = Value(name, layer + 1, strict)
        return known

    def join(self, select: str, on: str, layer: int, *, kind: str = "LEFT JOIN") -> int:
        """Join a relation to the rows of a layer; return the layer from where its columns are.

        Args:
            select: A SELECT in parentheses, or a relation's name. The names of its columns must be
                new; see `Compiler.fresh`.
            on: Over the columns of both; at most one row may match.
            layer: Not below any layer that is read.
            kind: The words for the join.
        """
        alias = self.compiler.fresh("j")
        self._layer(layer + 1).joins.append(f"{kind} {select} AS {alias} ON {on}")
        return layer + 1

    def join_places(self, select: str, on: str) -> int:
        """Join the places of members to the cells; return the layer from where their columns are.

        What is added over the lowest layer may use them already.

        Args:
            select: As for `join`; it may read the lowest layer.
            on: As for `join`.
        """
        self._layer(1).places.append(f"LEFT JOIN {select} AS {self.compiler.fresh('j')} ON {on}")
        return 1

    def _layer(self, number: int) -> _Layer:
        while len(self._layers) <= number:
            self._layers.append(_Layer())
        return self._layers[number]

    def relation(self, layer: int) -> str:
        """Return the name of the relation with the columns of a layer and those below."""
        return f"{self.name}_{layer}"

    def lookup(
        self,
        source: Frame,
        value: Value,
        to: Mapping[Shape, Shape | None],
        keys: Mapping[LevelKey, Value] | None = None,
    ) -> Value:
        """Return the value of other cells; null where there is none.

        Args:
            source: Which cells; this frame itself is fine.
            value: What of them.
            to: For each shape, that of the cell to look in; ``None`` gives null.
            keys: The members to look for, for levels where they are not those of the cell itself.
        """
        keys = keys or {}
        if source is self and not keys and all(shape == to.get(shape) for shape in self.shapes):
            return value
        value = source.guarded(value) if source.beside is None else value
        layer = max([value.layer, *(key.layer for key in keys.values())])
        fresh = self.compiler.fresh
        numbered, found = fresh("j"), fresh("j")
        columns = [f"{source.set_column} AS {numbered}", f"{value.sql} AS {found}"]
        conditions = [f"{numbered} = {self._target_number(source, to)}"]
        for level in source.levels:
            given = keys[level].sql if level in keys else self._target_member(level, to)
            if given:
                name = fresh("j")
                columns.append(f"{source.key(level)} AS {name}")
                conditions.append(f"{name} IS NOT DISTINCT FROM {given}")
        select = f"(SELECT {', '.join(columns)} FROM {source.relation(value.layer)})"
        return Value(found, self.join(select, " AND ".join(conditions), layer), strict=False)

    def _target_number(self, source: Frame, to: Mapping[Shape, Shape | None]) -> str:
        numbers = {
            self.number(shape): source.number(target)
            for shape, target in to.items()
            if target is not None
        }
        if len(self.shapes) == len(numbers) and len(set(numbers.values())) == 1:
            return str(next(iter(numbers.values())))
        if not numbers:
            return "NULL"
        cases = " ".join(f"WHEN {own} THEN {other}" for own, other in numbers.items())
        return f"CASE {self.set_column} {cases} END"

    def _target_member(self, level: LevelKey, to: Mapping[Shape, Shape | None]) -> str:
        """Return the SQL of the member to look for; none where the shape's number decides."""
        pairs = [(shape, target) for shape, target in to.items() if target is not None]
        wanted = [shape for shape, target in pairs if level in self.levels_of(target)]
        shared = [shape for shape in wanted if level in self._keys]
        if not shared:
            return ""
        others = [shape for shape, _ in pairs if shape not in wanted]
        if all(level not in self.levels_of(shape) for shape in others):
            return self._keys[level]
        numbers = ", ".join(str(self.number(shape)) for shape in shared)
        return f"CASE WHEN {self.set_column} IN ({numbers}) THEN {self._keys[level]} END"

    def relations(self) -> dict[str, str]:
        """Return the SELECT of each of its relations, by name."""
        found = {self.relation(0): self._origin.rows(self.shapes)}
        windowed = False
        for number, layer in enumerate(self._layers[1:], 1):
            windows = any(" OVER (" in sql for sql in layer.columns.values())
            first = [self._all_shapes()] if windows and not windowed else []
            windowed = windowed or windows
            rows = " ".join([self.relation(number - 1), *first, *layer.places])
            columns = "".join(f", {sql} AS {name}" for name, sql in layer.columns.items())
            select = f"SELECT *{columns} FROM {f'(SELECT * FROM {rows})' if columns else rows}"
            if layer.joins:  # after the windows, which are the faster the less they carry
                joins = " ".join(layer.joins)
                select = f"SELECT * FROM {f'({select})' if columns else rows} {joins}"
            found[self.relation(number)] = select
        return found

    def _all_shapes(self) -> str:
        """Return a join that keeps every row.

        The engine expects some hundred times the cells that a grouping makes, and cuts a window
        into as many parts as would suit them; after a semi join it expects fewer, and windows take
        a third of the time.
        """
        numbers = ", ".join(map(str, self._numbers.values()))
        column = f"{self.name}s"
        return f"SEMI JOIN (SELECT unnest([{numbers}]) AS {column}) ON {column} = {self.set_column}"
