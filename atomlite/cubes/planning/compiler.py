"""One query on its way from measures to SQL: what is shared by all of its frames. Pure."""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from atomlite.cubes.planning.bases import Base
from atomlite.cubes.planning.contexts import Context
from atomlite.cubes.planning.frames import Frame, Value
from atomlite.cubes.planning.relations import ordered, with_parameters
from atomlite.cubes.planning.shapes import Shape, shape_of
from atomlite.errors import InvalidMeasure, InvalidModel, MeasureNotFound
from atomlite.measures.data_types import data_type_of
from atomlite.measures.nodes import Aggregation, Applied, MeasureExpression
from atomlite.sql import Statement
from atomlite.tables.definitions import rows_of

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.cubes.model import (
        AggregateModel,
        CubeModel,
        HierarchyModel,
        LevelModel,
        MeasureModel,
    )
    from atomlite.cubes.planning.binding import Binder
    from atomlite.cubes.planning.frames import Origin
    from atomlite.cubes.planning.navigation.ordering import Ordered
    from atomlite.cubes.planning.scopes import Scope
    from atomlite.expressions.columns import Operand
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.coordinates import HierarchyKey, LevelKey

Handler: TypeAlias = Callable[[Frame, Any], Value]
"""Compiles the nodes of one class that look at other cells."""

LocalHandler: TypeAlias = "Callable[[Frame, Any, tuple[Condition, ...]], Value]"
"""Compiles the nodes of one class that are calculated within a cell."""


@dataclass(frozen=True, slots=True)
class Members:
    """The paths of members that facts have.

    Args:
        relation: The name of a relation with one row for each.
        columns: Its columns, one for each level from the top.
    """

    relation: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """The cells that are visible: facts in others do not count.

    Args:
        relation: The name of a relation with one row for each cell.
        levels: Its levels.
    """

    relation: str
    levels: tuple[LevelKey, ...]

    def column(self, number: int) -> str:
        """Return the name of the column with the members of a level."""
        return f"{self.relation}v{number}"

    def condition(self, members: Sequence[str]) -> str:
        """Return the SQL of whether a row lies in one of the cells.

        Args:
            members: SQL of the row's member of each level.
        """
        equal = " AND ".join(
            f"{self.column(number)} IS NOT DISTINCT FROM {member}"
            for number, member in enumerate(members)
        )
        where = f" WHERE {equal}" if equal else ""
        return f"EXISTS (SELECT 1 FROM {self.relation}{where})"


@dataclass(frozen=True, slots=True)
class Stage:
    """A Python function of cells, to be run before the statement that reads what it returns.

    Args:
        measure: The name of the measure, for messages.
        name: What to register its result as: the key columns of its cells, and the value.
        statement: Gives the cells: the number of the set, the members, the arguments. There is one
            call for each set.
        keys: Indexes of the columns that go into the result as they are.
        arguments: Indexes of the columns that the function takes.
        function: The function.
        data_type: The type of what it returns.
        column: The name of the value's column in the result.
    """

    measure: str
    name: str
    statement: Statement
    keys: tuple[int, ...]
    arguments: tuple[int, ...]
    function: Callable[..., object]
    data_type: pa.DataType
    column: str


class Compiler:
    """What the frames of one query share.

    Args:
        model: The cube.
        scope: Its tables.
        binder: Numbers the values.
        local: How to compile measures that are calculated within a cell.
        navigating: How to compile those that look at other cells.
        order: Gives the order of a level's members.
        aggregates: The aggregate tables that can be read in the place of facts, the best first.

    Attributes:
        sources: The names of those that what was planned so far reads.
    """

    fact_count = Aggregation("count")

    def __init__(
        self,
        model: CubeModel,
        scope: Scope,
        binder: Binder,
        *,
        local: Mapping[type[MeasureExpression], LocalHandler],
        navigating: Mapping[type[MeasureExpression], Handler],
        order: Callable[[Frame, LevelKey], Ordered],
        aggregates: Sequence[AggregateModel] = (),
    ) -> None:
        self.model = model
        self.scope = scope
        self.binder = binder
        self.order = order
        self.aggregates = tuple(aggregates)
        self.sources: dict[str, None] = {}
        self._stages: list[Callable[[Mapping[str, str]], Stage]] = []
        self.slicing = tuple(key for key, each in model.hierarchies.items() if each.slicing)
        self.sliced = frozenset(self.slicing)
        self.naming = [""]
        self._local = local
        self._navigating = navigating
        self._bases: dict[object, Base] = {}
        self._frames: dict[object, Frame] = {}
        self._defined: dict[str, str] = {}
        self._names: Counter[str] = Counter()
        self._types: dict[int, tuple[object, pa.DataType]] = {}
        self._levels_of: dict[Shape, tuple[LevelKey, ...]] = {}
        self._seen: dict[str, Seen] = {}

    # ---- names and values ----------------------------------------------------------------------

    def fresh(self, prefix: str) -> str:
        """Return a name that nothing else has."""
        prefix = prefix if prefix.startswith("_") else f"_{prefix}"
        self._names[prefix] += 1
        return f"{prefix}{self._names[prefix]}"

    def bind(self, value: object, data_type: pa.DataType) -> str:
        """Return the SQL of a value of a type; raises `WrongType` where it does not fit."""
        return self.binder.typed(value, data_type)

    def type_of(self, node: MeasureExpression) -> pa.DataType:
        """Return the type of a measure's values."""
        known = self._types.get(id(node))
        if known is None:
            known = self._types[id(node)] = node, data_type_of(node, self.model.measures)
        return known[1]

    def table_rows(self, name: str) -> str:
        """Return the SQL name of the stored rows of any table, which the statement will read."""
        self.scope.read.add(name)
        return rows_of(name)

    # ---- the model -----------------------------------------------------------------------------

    def hierarchy(self, key: HierarchyKey) -> HierarchyModel:
        """Return a hierarchy.

        Raises:
            InvalidModel: The cube has it no more.
        """
        found = self.model.hierarchies.get(key)
        if found is None:
            raise InvalidModel(
                f'The cube "{self.model.name}" has no hierarchy {key} any more.',
                hint="Write the expression again with a hierarchy that it has.",
            )
        return found

    def level(self, key: LevelKey) -> LevelModel:
        """Return a level; raises as `hierarchy`."""
        for level in self.hierarchy(key.owner).levels:
            if level.key == key:
                return level
        raise InvalidModel(
            f'The cube "{self.model.name}" has no level {key} any more.',
            hint="Write the expression again with a level that it has.",
        )

    def is_slicing(self, key: HierarchyKey) -> bool:
        """Return whether a hierarchy that is not expressed stays at its first member."""
        return self.hierarchy(key).slicing

    def levels_of(self, shape: Shape) -> tuple[LevelKey, ...]:
        """Return the levels that a shape expresses, each after its ancestors."""
        known = self._levels_of.get(shape)
        if known is None:
            paths = self.paths_of(shape)
            loose = (level for level in shape.loose if level not in paths)
            known = self._levels_of[shape] = (*paths, *loose)
        return known

    def paths_of(self, shape: Shape) -> tuple[LevelKey, ...]:
        """Return the levels that a shape expresses with their ancestors."""
        levels = (self.hierarchy(key).levels[:depth] for key, depth in shape.depths)
        return tuple(level.key for path in levels for level in path)

    def operands(self, levels: Iterable[LevelKey]) -> list[Operand]:
        """Return what the members of some levels are."""
        return [self.level(key).operand for key in levels]

    # ---- cells ---------------------------------------------------------------------------------

    def base(self, context: Context, *, sliced: bool = True) -> Base:
        """Return the one scan of the facts in a context."""
        key = context.key, sliced
        if key not in self._bases:
            self._bases[key] = Base(self, context, self.fresh("b"), sliced=sliced)
        return self._bases[key]

    def frame(self, context: Context, shapes: Iterable[Shape], *, sliced: bool = True) -> Frame:
        """Return the cells of some shapes in a context."""
        wanted = tuple(dict.fromkeys(shapes))
        key = context.key, wanted, sliced
        if key not in self._frames:
            origin = self.base(context, sliced=sliced)
            self._frames[key] = Frame(self, context, wanted, origin, self.fresh("f"))
        return self._frames[key]

    def framed(self, context: Context, shapes: tuple[Shape, ...], origin: Origin) -> Frame:
        """Return cells that something else than facts makes."""
        frame = Frame(self, context, shapes, origin, self.fresh("f"))
        self._frames[frame.name] = frame
        return frame

    def compiled(
        self, frame: Frame, node: MeasureExpression, among: tuple[Condition, ...]
    ) -> Value:
        """Return what a measure is in the cells of a frame; `Frame.value` keeps it."""
        for kind in type(node).__mro__:
            if kind in self._local:
                return self._local[kind](frame, node, among)
            if kind in self._navigating:
                return self._navigating[kind](frame, node)
        raise InvalidMeasure(
            f"`{node}` cannot be part of a measure.", hint="Write it with the functions of `al`."
        )

    @contextmanager
    def inside(self, name: str) -> Iterator[None]:
        """Remember which measure is compiled, for messages."""
        self.naming.append(name)
        yield
        self.naming.pop()

    def measure(self, name: str) -> MeasureModel:
        """Return a measure of the cube.

        Raises:
            MeasureNotFound: There is none of this name.
        """
        found = self.model.measures.get(name)
        if found is None:
            raise MeasureNotFound(name, cube=self.model.name, known=list(self.model.measures))
        return found

    def first_member(self, level: LevelKey, context: Context) -> str:
        """Return the SQL of a level's first member among facts that pass what is about it."""
        shape = shape_of({level.owner: 1})
        frame = self.frame(context.only(level.owner), (shape,), sliced=False)
        order = self.order(frame, level)
        terms = ", ".join(order.terms)
        rows = frame.relation(order.layer)
        return f"(SELECT {frame.key(level)} FROM {rows} ORDER BY {terms} LIMIT 1)"

    def members(
        self, hierarchy: HierarchyKey, depth: int, conditions: Iterable[Condition] = ()
    ) -> Members:
        """Return the paths of a hierarchy that the facts of the cube have.

        Args:
            hierarchy: Which.
            depth: How many levels.
            conditions: Conditions about levels that the facts must pass.
        """
        shape = shape_of({hierarchy: depth})
        frame = self.frame(Context(tuple(conditions)), (shape,), sliced=False)
        columns = tuple(frame.key(level) for level in frame.levels)
        return Members(frame.relation(0), columns)

    def see(self, relation: str, levels: tuple[LevelKey, ...]) -> Seen:
        """Let contexts be restricted to the cells of a relation, and return it."""
        self._seen[relation] = Seen(relation, levels)
        return self._seen[relation]

    def seen(self, relation: str) -> Seen:
        """Return the cells that a context is restricted to."""
        return self._seen[relation]

    # ---- SQL -----------------------------------------------------------------------------------

    def define(self, select: str) -> str:
        """Return the name of a relation; the same text gives the same one."""
        known = self._defined.get(select)
        if known is None:
            known = self._defined[select] = self.fresh("r")
        return known

    def named(self, name: str, select: str) -> None:
        """Define a relation under a name that is fresh."""
        self._defined[select] = name

    def _statement(self, select: str, relations: Mapping[str, str]) -> Statement:
        """Return a statement, with all relations that it reads."""
        text = ordered("", {**relations, "": select})
        return Statement(*with_parameters(text, self.binder.values), table=self.model.fact)

    def stage(
        self,
        select: str,
        *,
        name: str,
        column: str,
        keys: tuple[int, ...],
        arguments: tuple[int, ...],
        node: Applied,
    ) -> None:
        """Plan a call of a Python function; see `Stage`."""
        measure = self.naming[-1]

        def made(relations: Mapping[str, str]) -> Stage:
            return Stage(
                measure,
                name,
                self._statement(select, relations),
                keys,
                arguments,
                node.function,
                node.data_type,
                column,
            )

        self._stages.append(made)

    def finished(self, select: str) -> tuple[Statement, tuple[Stage, ...]]:
        """Return the statement of a query, and the stages to run before it."""
        relations = self._relations()
        stages = tuple(made(relations) for made in self._stages)
        return self._statement(select, relations), stages

    def _relations(self) -> dict[str, str]:
        """Return the SELECT of each relation, by name."""
        found: dict[str, str] = {}
        while True:  # what a base is made of can ask for frames that are new
            frames = len(self._frames)
            for base in list(self._bases.values()):
                if base.numbers:
                    found[base.name] = base.sql()
            for frame in list(self._frames.values()):
                found |= frame.relations()
            if len(self._frames) == frames:
                return found | {name: text for text, name in self._defined.items()}
