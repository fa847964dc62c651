"""The rows of a query: which cells there are, which of them stay, and in what order."""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atomlite.cubes.planning.cell_conditions import condition_value
from atomlite.cubes.planning.contexts import Context
from atomlite.cubes.planning.frames import Value
from atomlite.cubes.planning.shapes import Shape
from atomlite.data_types.storage import sql_type
from atomlite.measures.coordinates import LevelKey

if TYPE_CHECKING:
    from atomlite.cubes.planning.compiler import Compiler
    from atomlite.cubes.planning.frames import Frame
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.nodes import Aggregation, MeasureExpression


@dataclass(frozen=True, slots=True)
class MadeCells:
    """Cells that are not made of facts, but given as a relation.

    Args:
        compiler: What the query is planned with.
        name: Begins the names of the columns.
        columns: Name of each level's column.
        numbers: Number of each shape.
        select: The relation: the number, and the members.
    """

    compiler: Compiler
    name: str
    columns: dict[LevelKey, str]
    numbers: dict[Shape, int]
    select: str

    @property
    def set_column(self) -> str:
        """The name of the column with the number of a cell's shape."""
        return f"{self.name}g"

    def number(self, shape: Shape) -> int:
        """Return the number of a shape."""
        return self.numbers[shape]

    def key(self, level: LevelKey) -> str:
        """Return the name of the column with the members of a level."""
        return self.columns[level]

    def leaf(self, node: Aggregation, among: Sequence[Condition]) -> tuple[str, bool]:
        """Fail: frames of such cells look measures up beside them."""
        raise AssertionError(node, among)

    def rows(self, shapes: Sequence[Shape]) -> str:
        """Return the cells; a frame of them has all their shapes."""
        assert set(shapes) == set(self.numbers)  # noqa: S101 -- nothing asks for some of them
        return self.select


def crossed(main: Frame, axis: Sequence[LevelKey]) -> Frame:
    """Return the cells of all combinations of members, with the values of those that have facts.

    Args:
        main: The cells that have facts.
        axis: The levels of the index.
    """
    compiler, name = main.compiler, main.compiler.fresh("e")
    columns = {level: f"{name}k{number}" for number, level in enumerate(axis)}
    numbers = {shape: number for number, shape in enumerate(main.shapes)}
    texts = []
    for shape, number in numbers.items():
        found: dict[LevelKey, str] = {}
        sources = []
        for hierarchy, depth in shape.depths:
            conditions = main.context.only(hierarchy).conditions
            members = compiler.members(hierarchy, depth, conditions)
            levels = [level.key for level in compiler.hierarchy(hierarchy).levels[:depth]]
            own = {level: compiler.fresh("j") for level in levels}
            read = zip(members.columns, own.values(), strict=True)
            renamed = ", ".join(f"{column} AS {column_name}" for column, column_name in read)
            sources.append(f"(SELECT {renamed} FROM {members.relation})")
            found |= own
        selected = _selected(compiler, name, number, columns, found)
        texts.append(selected + (f" FROM {' CROSS JOIN '.join(sources)}" if sources else ""))
    cells = MadeCells(compiler, name, columns, numbers, " UNION ALL ".join(texts))
    frame = compiler.framed(main.context, main.shapes, cells)
    frame.beside = main
    return frame


def _selected(
    compiler: Compiler,
    name: str,
    number: int,
    columns: dict[LevelKey, str],
    found: dict[LevelKey, str],
) -> str:
    texts = [f"{number} AS {name}g"]
    for level, column in columns.items():
        null = f"CAST(NULL AS {sql_type(compiler.level(level).data_type)})"
        texts.append(f"{found.get(level, null)} AS {column}")
    return f"SELECT {', '.join(texts)}"


@dataclass(slots=True)
class Rows:
    """The rows of an answer.

    Args:
        frame: Their cells.
        values: What each measure is in them.
        keep: The cells of the deepest level that stay; ``None`` keeps all.
        made: Whether the cells are not made of facts.
    """

    frame: Frame
    values: list[Value]
    keep: Value | None = None
    made: bool = False

    @property
    def full(self) -> Shape:
        """The shape of the deepest cells."""
        return self.frame.shapes[0]

    def is_full(self) -> str:
        """Return the SQL of whether a row is a cell of the deepest level."""
        return f"{self.frame.set_column} = {self.frame.number(self.full)}"

    def keep_where(self, condition: Condition) -> None:
        """Let only those deepest cells stay for which a condition holds."""
        value = condition_value(self.frame, condition)
        self._also(f"({value.sql}) IS TRUE", value.layer)

    def keep_first(self, limit: int, terms: Sequence[Term]) -> None:
        """Let only so many deepest cells stay, the first in an order."""
        layer = max((term.layer for term in terms), default=0)
        partition = [self.is_full()]
        if self.keep is not None:
            layer = max(layer, self.keep.layer)
            partition.append(self.keep.sql)
        order = f" ORDER BY {', '.join(term.sql for term in terms)}" if terms else ""
        window = f"row_number() OVER (PARTITION BY {', '.join(partition)}{order})"
        place = self.frame.add(window, layer)
        self._also(f"{place.sql} <= {limit}", place.layer)

    def _also(self, sql: str, layer: int) -> None:
        if self.keep is not None:
            sql, layer = f"{self.keep.sql} AND {sql}", max(layer, self.keep.layer)
        self.keep = self.frame.add(sql, layer)


def visible(rows: Rows, nodes: Sequence[MeasureExpression], axis: Sequence[LevelKey]) -> Rows:
    """Return the cells that stay, with totals of their facts alone."""
    frame, compiler = rows.frame, rows.frame.compiler
    assert rows.keep is not None  # noqa: S101 -- else all totals are visible
    seen, name = compiler.see(compiler.fresh("v"), tuple(axis)), compiler.fresh("e")
    kept = [f"{frame.key(level)} AS {seen.column(n)}" for n, level in enumerate(axis)]
    compiler.named(
        seen.relation,
        f"SELECT {', '.join(kept)} FROM {frame.relation(rows.keep.layer)} "
        f"WHERE {rows.is_full()} AND {rows.keep.sql}",
    )
    context = Context(frame.context.conditions, seen.relation)
    totals = compiler.frame(context, frame.shapes[1:])
    columns = {level: f"{name}k{number}" for number, level in enumerate(axis)}
    numbers = {shape: number for number, shape in enumerate(frame.shapes)}
    texts = []
    for shape, number in numbers.items():
        expressed = compiler.levels_of(shape)
        found = {level: seen.column(n) for n, level in enumerate(axis) if level in expressed}
        selected = _selected(compiler, name, number, columns, found)
        texts.append(f"{selected} FROM {seen.relation} GROUP BY ALL" if found else selected)
    cells = MadeCells(compiler, name, columns, numbers, " UNION ALL ".join(texts))
    made = compiler.framed(context, frame.shapes, cells)
    values = []
    for node, value in zip(nodes, rows.values, strict=True):
        own = made.lookup(frame, value, {rows.full: rows.full})
        above = made.lookup(totals, totals.value(node), {each: each for each in totals.shapes})
        is_full = f"{made.set_column} = {made.number(rows.full)}"
        sql = f"CASE WHEN {is_full} THEN {own.sql} ELSE {above.sql} END"
        values.append(Value(sql, max(own.layer, above.layer)))
    return Rows(made, values, made=True)


@dataclass(frozen=True, slots=True)
class Term:
    """One term of an order; null is last.

    Args:
        value: What is ordered by.
        layer: The lowest layer that has it.
        descending: Whether the greatest comes first.
    """

    value: str
    layer: int
    descending: bool = False

    @property
    def sql(self) -> str:
        """The term, as it follows ``ORDER BY``."""
        return f"{self.value} {'DESC' if self.descending else 'ASC'} NULLS LAST"


def level_terms(frame: Frame, level: LevelKey, *, descending: bool = False) -> list[Term]:
    """Return the order of a level's members, or its reverse but for null."""
    order = frame.compiler.order(frame, level)
    terms = []
    for text in order.terms:
        value = text.removesuffix(" NULLS LAST")
        down = value.endswith(" DESC")
        value = value.removesuffix(" DESC").removesuffix(" ASC")
        terms.append(Term(value, order.layer, down != descending))
    return terms
