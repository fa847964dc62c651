"""Facts made into cells: the statement parts that scan rows. Pure.

Each *grain* is a way to count rows. ``fact``: each fact once in each cell. ``partner``: each row of
one joined table once in each cell. ``any``: for functions that do not mind how often a value comes.
Where a fact can have several partners, facts or partners are told apart by their identity before
anything is aggregated, so that nothing is counted twice. Of lists, each element becomes a row, and
its position one more level, whose cells are put together as lists in the end.
"""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from atomlite.cubes.planning.shapes import Shape
from atomlite.measures.coordinates import LevelKey


@dataclass(frozen=True, slots=True)
class Grain:
    """A way to count rows.

    Args:
        kind: ``"fact"``, ``"partner"`` or ``"any"``.
        tables: The partner's table; for ``"any"`` the tables that the operands are of.
        elements: SQL of the lists whose elements are counted; none where rows are.
    """

    kind: str
    tables: frozenset[str] = frozenset()
    elements: str = ""


FACT = Grain("fact")

POSITION = LevelKey("", "", "position")
"""Stands for the positions in lists, as a level of its own."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What is read of rows, to make the cells of some shapes.

    Args:
        source: What follows ``FROM``.
        conditions: SQL conditions on rows.
        columns: SQL of each level and operand, by the name of its column.
        identity: SQL of what tells apart those that count once; none where each row does.
        conditional: Names of the columns that are conditions.
        elements: Name of the column with lists whose elements become rows, and of the one with
            their positions; none where rows stay as they are.
    """

    source: str
    conditions: tuple[str, ...]
    columns: dict[str, str]
    identity: tuple[str, ...] = ()
    conditional: frozenset[str] = frozenset()
    elements: tuple[str, str] | None = None

    def values(self, rows: str) -> str:
        """Return what is aggregated of rows, each counted once: they, or their elements."""
        if self.elements is None:
            return rows
        values, position = self.elements
        element = f"unnest({values}) AS {values}, generate_subscripts({values}, 1) AS {position}"
        return f"SELECT * EXCLUDE ({values}), {element} FROM ({rows})"

    def rows(self, *, with_identity: bool) -> str:
        """Return the rows, as a SELECT."""
        columns = dict(self.columns)
        if with_identity:
            columns |= {f"id{number}": sql for number, sql in enumerate(self.identity)}
        texts = ", ".join(f"{sql} AS {name}" for name, sql in columns.items()) or "1 AS one"
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        return f"SELECT {texts} FROM {self.source}{where}"


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells that a scan is to be made into.

    Args:
        set_column: Name of the column with the number of the shape.
        numbers: The number of each shape.
        levels: The levels of each shape.
        keys: Name of each level's column.
        types: SQL type of each level.
        aggregates: SQL of each aggregate, by the name of its column.
        again: The function that makes several of an aggregate one, by the name of its column.
    """

    set_column: str
    numbers: dict[Shape, int]
    levels: dict[Shape, tuple[LevelKey, ...]]
    keys: dict[LevelKey, str]
    types: dict[LevelKey, str]
    aggregates: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)

    def of(self, shapes: Sequence[Shape]) -> Cells:
        """Return the same for some of the shapes."""
        numbers = {shape: self.numbers[shape] for shape in shapes}
        return replace(self, numbers=numbers)

    @property
    def used(self) -> tuple[LevelKey, ...]:
        """The levels of any of the shapes."""
        wanted = {level for shape in self.numbers for level in self.levels[shape]}
        return tuple(level for level in self.keys if level in wanted)

    def selected(self, number: str, expressed: Sequence[LevelKey]) -> str:
        """Return what is selected: number, members (null where not expressed), aggregates."""
        texts = [f"{number} AS {self.set_column}"]
        texts += [
            name if level in expressed else f"CAST(NULL AS {self.types[level]}) AS {name}"
            for level, name in self.keys.items()
        ]
        texts += [f"{sql} AS {name}" for name, sql in self.aggregates.items()]
        return ", ".join(texts)

    def mask(self, shape: Shape) -> int:
        """Return what ``GROUPING`` of the used levels gives for a shape."""
        expressed = self.levels[shape]
        return int("".join("0" if level in expressed else "1" for level in self.used) or "0", 2)


def aggregated(scan: Scan, cells: Cells, *, few: bool = False) -> str:
    """Return the cells of a scan as a SELECT; a shape without levels always has its one row.

    Shapes that express the same levels, one of them loosely, must not come together.

    Args:
        scan: The rows.
        cells: The cells that they are made into.
        few: Whether there are so few rows that planning two steps takes longer than one.
    """
    if scan.identity:
        return _told_apart(scan, cells)
    rows = scan.values(scan.rows(with_identity=False))
    finest = None if few else _finest(cells)
    if finest is not None:
        return _in_two_steps(scan, cells, finest)
    if len(cells.numbers) == 1:
        ((shape, number),) = cells.numbers.items()
        expressed = cells.levels[shape]
        groups = ", ".join(cells.keys[level] for level in expressed)
        grouping = groups or "GROUPING SETS (())"
        selected = cells.selected(str(number), expressed)
        return f"SELECT {selected} FROM ({rows}) GROUP BY {grouping}"
    sets = ", ".join(f"({', '.join(_names(cells, shape))})" for shape in cells.numbers)
    selected = cells.selected(_number(cells), cells.used)
    return f"SELECT {selected} FROM ({rows}) GROUP BY GROUPING SETS ({sets})"


def listed(scan: Scan, cells: Cells, lists: dict[str, tuple[str, str]]) -> str:
    """Return the cells of the elements of a scan, in lists, as a SELECT.

    Args:
        scan: The rows.
        cells: The cells, with their aggregates of elements.
        lists: SQL of an element, and the condition under which it is there, by the name of the
            column of the list.
    """
    assert scan.elements is not None  # noqa: S101 -- else there is nothing to list
    position = scan.elements[1]
    own = ", ".join([cells.set_column, *cells.keys.values()])
    placed = replace(
        cells,
        keys={**cells.keys, POSITION: position},
        types={**cells.types, POSITION: "BIGINT"},
        levels={shape: (*levels, POSITION) for shape, levels in cells.levels.items()},
    )
    texts = [
        f"list({element} ORDER BY {position}) FILTER (WHERE {there}) AS {name}"
        for name, (element, there) in lists.items()
    ]
    made = aggregated(scan, placed)
    return f"SELECT {own}, {', '.join(texts)} FROM ({made}) GROUP BY {own}"


def _finest(cells: Cells) -> Shape | None:
    """Return the shape whose cells all others can be made of, if there is one."""
    if len(cells.numbers) == 1 or any(name not in cells.again for name in cells.aggregates):
        return None
    most = len(cells.used)
    return next((shape for shape in cells.numbers if len(cells.levels[shape]) == most), None)


def _in_two_steps(scan: Scan, cells: Cells, finest: Shape) -> str:
    """Return the deepest cells, and the others made of them: facts are read once."""
    name = f"{cells.set_column}l"
    again = {column: f"{cells.again[column]}({column})" for column in cells.aggregates}
    coarse = [shape for shape in cells.numbers if shape != finest]
    others = replace(cells.of(coarse), aggregates=again)
    sets = ", ".join(f"({', '.join(_names(cells, shape))})" for shape in coarse)
    number = _number(others) if others.used else str(cells.numbers[coarse[0]])
    return (
        f"WITH {name} AS MATERIALIZED ({aggregated(scan, cells.of([finest]))}) "
        f"SELECT * FROM {name} UNION ALL "
        f"SELECT {others.selected(number, others.used)} FROM {name} GROUP BY GROUPING SETS ({sets})"
    )


def _names(cells: Cells, shape: Shape) -> list[str]:
    return [cells.keys[level] for level in cells.levels[shape]]


def _number(cells: Cells) -> str:
    """Return the SQL of a shape's number among grouping sets."""
    names = ", ".join(cells.keys[level] for level in cells.used)
    cases = " ".join(f"WHEN {cells.mask(shape)} THEN {n}" for shape, n in cells.numbers.items())
    return f"CASE GROUPING({names}) {cases} END"


def _told_apart(scan: Scan, cells: Cells) -> str:
    """Return cells in which each identity counts once."""
    identity = [f"id{number}" for number in range(len(scan.identity))]
    values = [name for name in scan.columns if name not in cells.keys.values()]
    once = ", ".join(
        f"{'bool_or' if name in scan.conditional else 'any_value'}({name}) AS {name}"
        for name in values
    )
    rows = f"SELECT * FROM {cells.set_column}r"
    texts = []
    for shape, number in cells.numbers.items():
        names = _names(cells, shape)
        kept = ", ".join([*identity, *(name for name in names if name in scan.columns)])
        distinct = f"SELECT {kept}{', ' if once else ''}{once} FROM ({rows}) GROUP BY {kept}"
        selected = cells.selected(str(number), cells.levels[shape])
        groups = ", ".join(names) or "GROUPING SETS (())"
        texts.append(f"SELECT {selected} FROM ({scan.values(distinct)}) GROUP BY {groups}")
    given = f"WITH {cells.set_column}r AS MATERIALIZED ({scan.rows(with_identity=True)}) "
    return given + " UNION ALL ".join(texts)
