"""The cells of one context: every frame in it reads the facts through the same one scan.

A `Base` collects the shapes and aggregates that frames ask for while a query is planned; its SQL is
made at the end.
"""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from atomlite.cubes.planning.grains import FACT, Cells, Grain, Scan, aggregated, listed
from atomlite.cubes.planning.leaves import Leaf, leaf_of
from atomlite.cubes.planning.needs import Needs, restrictions
from atomlite.cubes.planning.shortcuts import shorter
from atomlite.data_types.storage import sql_type
from atomlite.measures.aggregations import INSENSITIVE
from atomlite.measures.nodes import Aggregation

if TYPE_CHECKING:
    from atomlite.cubes.planning.compiler import Compiler
    from atomlite.cubes.planning.contexts import Context
    from atomlite.cubes.planning.shapes import Shape
    from atomlite.expressions.conditions import Condition
    from atomlite.expressions.rendering import Expression
    from atomlite.measures.coordinates import HierarchyKey, LevelKey


class Base:
    """The cells of one context.

    Args:
        compiler: What the query is planned with.
        context: The conditions in force.
        name: Begins the names of its columns.
        sliced: Whether slicing hierarchies that are not expressed stay at their first member.
    """

    def __init__(self, compiler: Compiler, context: Context, name: str, *, sliced: bool) -> None:
        self.compiler = compiler
        self.context = context
        self.name = name
        self.sliced = sliced
        self.numbers: dict[Shape, int] = {}
        self._keys: dict[LevelKey, str] = {}
        self._needs: dict[Grain, Needs] = {}

    @property
    def set_column(self) -> str:
        """The name of the column with the number of a cell's shape."""
        return f"{self.name}g"

    def number(self, shape: Shape) -> int:
        """Return the number of a shape, a new one for a new shape."""
        for level in self.compiler.levels_of(shape):
            self.key(level)
        return self.numbers.setdefault(shape, len(self.numbers))

    def key(self, level: LevelKey) -> str:
        """Return the name of the column with the members of a level."""
        return self._keys.setdefault(level, f"{self.name}k{len(self._keys)}")

    def leaf(self, node: Aggregation, among: Sequence[Condition]) -> tuple[str, bool]:
        """Return the SQL of an aggregate of the cells, and whether it is null without facts.

        Args:
            node: The aggregate.
            among: Conditions about levels that facts must pass besides.
        """
        compiler = self.compiler
        leaf = leaf_of(node, compiler.type_of(node), compiler.binder.bind)
        if node.by_position:  # cells without elements are cells too
            self._needs.setdefault(FACT, Needs())
        needs = self._needs.setdefault(self._grain(node, leaf), Needs())
        columns = [self._operand(needs, operand) for operand in leaf.operands]
        passes = self._condition(needs, among)
        made = [self._aggregate(needs, *each(*columns), passes) for each in leaf.aggregates]
        needs.again.update(zip(made, leaf.again, strict=False))
        for number, name in enumerate(made):
            needs.made_of.setdefault(name, (node, number, passes))
        if node.by_position:
            return self._list(needs, leaf.result(*made), passes), True
        return leaf.result(*made), not leaf.counts

    def _list(self, needs: Needs, element: str, passes: str) -> str:
        """Return the name of the list of a result at each position that a list has."""
        elements = self._aggregate(needs, "count(*)", "", passes)
        needs.again[elements] = "sum"
        names = [name for each in self._needs.values() for name in each.listed.values()]
        return needs.listed.setdefault((element, f"{elements} > 0"), f"{self.name}l{len(names)}")

    def _operand(self, needs: Needs, operand: Expression) -> str:
        text = self.compiler.scope.sql(operand)
        return needs.operands.setdefault(text, (f"{self.name}x{len(needs.operands)}", operand))[0]

    def _condition(self, needs: Needs, among: Sequence[Condition]) -> str:
        names = []
        for condition in among:
            text = self.compiler.scope.sql(condition)
            name = f"{self.name}p{len(needs.conditions)}"
            names.append(needs.conditions.setdefault(text, (name, condition))[0])
        return " AND ".join(dict.fromkeys(names))

    def _aggregate(self, needs: Needs, text: str, own: str, passes: str) -> str:
        given = " AND ".join(filter(None, (own, passes)))
        sql = f"{text} FILTER (WHERE {given})" if given else text
        number = sum(len(each.aggregates) for each in self._needs.values())
        return needs.aggregates.setdefault(sql, f"{self.name}a{number}")

    def _grain(self, node: Aggregation, leaf: Leaf) -> Grain:
        scope = self.compiler.scope
        tables = scope.tables_of(leaf.operands) - {scope.tree.fact}
        elements = scope.sql(leaf.operands[0]) if node.by_position else ""
        if node.per == "partner":
            return Grain("partner", tables, elements)
        if node.function in INSENSITIVE and scope.is_many(tables):
            return Grain("any", tables, elements)
        return Grain("fact", elements=elements)

    def rows(self, shapes: Sequence[Shape]) -> str:
        """Return the cells of some shapes, as a SELECT."""
        if set(shapes) == set(self.numbers):
            return f"SELECT * FROM {self.name}"
        numbers = ", ".join(str(self.numbers[shape]) for shape in shapes)
        return f"SELECT * FROM {self.name} WHERE {self.set_column} IN ({numbers})"

    # ---- SQL -----------------------------------------------------------------------------------

    def sql(self) -> str:
        """Return the cells of all shapes, as a SELECT."""
        if not self._needs:
            self._needs[FACT] = Needs()
        texts = [self._cells(group) for group in self._groups()]
        if len(texts) == 1:
            return texts[0]
        return " UNION ALL ".join(f"SELECT * FROM ({text})" for text in texts)

    def _groups(self) -> list[list[Shape]]:
        """Return the shapes that can be made together."""
        groups: dict[object, list[Shape]] = {}
        scope = self.compiler.scope
        for shape in self.numbers:
            levels = self.compiler.levels_of(shape)
            many = scope.is_many(scope.tables_of(self.compiler.operands(levels)))
            place = self._unexpressed(shape), many, 0
            while any(self._same_levels(shape, other) for other in groups.get(place, ())):
                place = (*place[:2], place[2] + 1)
            groups.setdefault(place, []).append(shape)
        return list(groups.values())

    def _same_levels(self, shape: Shape, other: Shape) -> bool:
        levels_of = self.compiler.levels_of
        return set(levels_of(shape)) == set(levels_of(other))

    def _unexpressed(self, shape: Shape) -> tuple[HierarchyKey, ...]:
        """Return the slicing hierarchies that stay at their first member."""
        if not self.sliced:
            return ()
        expressed = {key for key, _ in shape.depths} | {level.owner for level in shape.loose}
        return tuple(key for key in self.compiler.slicing if key not in expressed)

    def _cells(self, shapes: list[Shape]) -> str:
        compiler = self.compiler
        levels_of = {shape: compiler.levels_of(shape) for shape in shapes}
        types = {level: sql_type(compiler.level(level).data_type) for level in self._keys}
        numbers = {shape: self.numbers[shape] for shape in shapes}
        made = []
        for grain, needs in self._needs.items():
            aggregates = {name: sql for sql, name in needs.aggregates.items()}
            cells = Cells(
                self.set_column, numbers, levels_of, self._keys, types, aggregates, needs.again
            )
            made.append(self._aggregated(grain, needs, cells))
        first, *others = zip(self._needs.values(), made, strict=True)
        if not others:
            return first[1]
        return self._beside(first[1], others)

    def _aggregated(self, grain: Grain, needs: Needs, cells: Cells) -> str:
        if grain == FACT:
            unexpressed = self._unexpressed(next(iter(cells.numbers)))
            short = shorter(self.compiler, self.context, unexpressed, needs, cells)
            if short is not None:
                return aggregated(*short, few=True)
        scan = self._scan(grain, needs, cells)
        if not grain.elements:
            return aggregated(scan, cells)
        ((values, _),) = needs.operands.values()
        lists = {name: each for each, name in needs.listed.items()}
        return listed(replace(scan, elements=(values, f"{self.name}p")), cells, lists)

    def _beside(self, first: str, others: Sequence[tuple[Needs, str]]) -> str:
        """Return the cells of the first grain with the aggregates of the others; all have all."""
        text = f"SELECT * FROM ({first}) AS s0"
        own = [self.set_column, *self._keys.values()]
        for number, (needs, cells) in enumerate(others, 1):
            alias = f"s{number}"
            columns = [f"{name} AS {alias}{name}" for name in own]
            columns += needs.columns
            on = " AND ".join(f"{alias}{name} IS NOT DISTINCT FROM {name}" for name in own)
            text += f" LEFT JOIN (SELECT {', '.join(columns)} FROM ({cells})) AS {alias} ON {on}"
        names = [*own, *(name for n in self._needs.values() for name in n.columns)]
        return f"SELECT {', '.join(names)} FROM ({text})"

    def _scan(self, grain: Grain, needs: Needs, cells: Cells) -> Scan:
        compiler, scope = self.compiler, self.compiler.scope
        levels = cells.used
        conditions = [*scope.fact_conditions(), *self.context.conditions]
        read: list[Expression] = [*compiler.operands(levels), *conditions]
        read += [each for _, each in (*needs.operands.values(), *needs.conditions.values())]
        restricted = restrictions(
            compiler,
            self.context,
            self._unexpressed(next(iter(cells.numbers))),
            lambda key: scope.sql(compiler.level(key).operand),
        )
        read += compiler.operands(restricted.levels)
        tables = scope.tables_of(read) | grain.tables
        texts = [f"({scope.sql(condition)})" for condition in conditions]
        columns = {self._keys[level]: scope.sql(compiler.level(level).operand) for level in levels}
        columns |= {name: sql for sql, (name, _) in needs.conditions.items()}
        operands = {name: sql for sql, (name, _) in needs.operands.items()}
        identity: tuple[str, ...] = ()
        if grain.kind == "partner":
            identity = tuple(sql for table in sorted(grain.tables) for sql in scope.identity(table))
            there = f"{identity[0]} IS NOT NULL"  # a fact without partner gives no value at all
            operands = {n: f"CASE WHEN {there} THEN {sql} END" for n, sql in operands.items()}
        elif grain.kind == "fact" and scope.is_many(tables):
            identity = scope.identity(scope.tree.fact)
        columns |= operands
        return Scan(
            scope.from_clause(tables, told_apart=grain.tables if grain.kind == "partner" else ()),
            (*texts, *restricted.texts),
            columns,
            identity,
            frozenset(name for name, _ in needs.conditions.values()),
        )
