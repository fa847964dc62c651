"""The tables of one cube for one reader, and what their columns and levels are called in SQL. Pure.

A reader's `View` is applied here: a hidden column does not exist, a hidden fact is not there, and a
row of a joined table that is hidden is no partner.
"""

# ruff: noqa: S608 -- names come quoted

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atomlite.cubes.joins import JoinedSide, join_tree
from atomlite.data_types.positions import Position
from atomlite.data_types.values import position
from atomlite.errors import InvalidModel
from atomlite.expressions.columns import Column, Reference
from atomlite.expressions.comparing import compare_operands
from atomlite.expressions.rendering import Expression, references_of
from atomlite.measures.coordinates import LevelOperand
from atomlite.sql import quote
from atomlite.tables.definitions import rows_of
from atomlite.tables.schemas import ROW_NUMBER
from atomlite.types import EVERYTHING, View

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel
    from atomlite.cubes.planning.binding import Binder
    from atomlite.tables.catalogs import Catalog
    from atomlite.tables.links import Link
    from atomlite.tables.schemas import TableSchema


@dataclass(frozen=True, slots=True)
class KnownLinks:
    """What is known about the rows that joins find.

    Args:
        matched: Links for which every row of the source finds its partner.
        ranges: For links of one pair of integers that reach one row: the smallest and the greatest
            key of the target, where every row of the source with a key from the one to the other
            finds its partner.
    """

    matched: Collection[Link] = ()
    ranges: Mapping[Link, tuple[int, int]] = field(default_factory=dict)


class Scope:
    """The fact table of a cube and the tables joined to it.

    Args:
        model: The cube.
        catalog: All tables.
        view: What the reader may see of the fact table, and of those joined to it.
        known: What is known about the rows that joins find.
        binder: Numbers the values.

    Attributes:
        read: The tables that what was planned so far reads.
        joined: Those of them that are joined to the facts.

    Raises:
        TableNotFound: The fact table has gone.
        InvalidModel: The joins lead to a table in two ways.
    """

    def __init__(
        self,
        model: CubeModel,
        catalog: Catalog,
        view: View,
        known: KnownLinks,
        binder: Binder,
    ) -> None:
        self.model = model
        self.tree = join_tree(model.fact, catalog)
        self._catalog = catalog
        self._view = view
        self._known = known
        self._binder = binder
        self._aliases = {table: f"t{number}" for number, table in enumerate(self.tree.tables)}
        self._sides = {side.table: side for side in self.tree.sides}
        self.read = {self.tree.fact}
        self.joined: set[str] = set()
        self._tables_of: dict[int, tuple[object, frozenset[str]]] = {}

    def is_many(self, tables: Iterable[str]) -> bool:
        """Return whether a fact may have several partners in one of some tables."""
        return any(table in self._sides and self._sides[table].many for table in tables)

    def matches(self, side: JoinedSide) -> bool:
        """Return whether every row that a link starts from has a partner that the reader sees."""
        return side.link in self._known.matched and self.view_of(side.table).condition is None

    def completed(self, side: JoinedSide) -> tuple[int, int] | None:
        """Return the range of keys in which every row finds its partner, if that is known."""
        found = self._known.ranges.get(side.link)
        if found is None or self.view_of(side.table).condition is not None:
            return None
        ((_, theirs),) = side.link.pairs
        data_type = self.schema(side.table).column(theirs).data_type
        return found if position(found[0] - 1, data_type) == Position(found[0] - 1) else None

    def read_aggregate(self, name: str) -> None:
        """Remember that an aggregate table is read: in truth, the tables that it was made from."""
        self.read.update(table for table, _ in self._catalog.derived[name].versions)

    def view_of(self, table: str) -> View:
        """Return what the reader may see of a table."""
        return self._view if table == self.tree.fact else self._view.joined.get(table, EVERYTHING)

    def schema(self, table: str) -> TableSchema:
        """Return the columns of a table of the cube."""
        return self._catalog.table(table).schema

    def row_count(self, table: str) -> int:
        """Return the number of rows of a table of the cube."""
        return self._catalog.table(table).row_count

    def tables_of(self, expressions: Iterable[Expression]) -> frozenset[str]:
        """Return the tables that some expressions read.

        Raises:
            InvalidModel: A column or its table has gone, or is not for this reader.
        """
        found: frozenset[str] = frozenset()
        for expression in expressions:
            known = self._tables_of.get(id(expression))
            if known is None:
                tables = frozenset().union(*map(self._checked, references_of(expression)))
                known = self._tables_of[id(expression)] = (expression, tables)
            found |= known[1]
        return found

    def _checked(self, reference: Reference) -> frozenset[str]:
        if isinstance(reference, LevelOperand):
            try:
                level = self.model.level(reference.key)
            except (KeyError, StopIteration):
                raise InvalidModel(
                    f'The cube "{self.model.name}" has no level {reference.key} any more.',
                    hint="Write the expression again with a level that it has.",
                ) from None
            return self.tables_of([level.operand])
        assert isinstance(reference, Column)  # noqa: S101 -- there are no other references
        table = reference.table
        if table not in self._aliases:
            raise InvalidModel(
                f'The cube "{self.model.name}" uses the column "{reference.name}" of "{table}", '
                f'to which nothing joins "{self.tree.fact}" any more.',
                hint=f'Join "{table}" again, or define the level or measure anew.',
            )
        schema, hidden = self.schema(table), self.view_of(table).hidden_columns
        column = schema.by_name.get(reference.name)
        if column is None or reference.name in hidden:
            raise InvalidModel(
                f'The cube "{self.model.name}" uses the column "{reference.name}" of "{table}", '
                "which is not there.",
                hint="Define the level or measure anew with a column that is there.",
            )
        if column.data_type != reference.data_type:
            raise InvalidModel(
                f'The cube "{self.model.name}" was made with "{table}"."{reference.name}" as '
                f"{reference.data_type}; now it is {column.data_type}.",
                hint="Define the level or measure anew.",
            )
        return frozenset({table})

    def sql(self, expression: Expression) -> str:
        """Return the SQL of an expression of columns and levels, over a `from_clause`."""
        self.tables_of([expression])
        return self._binder.rendered(expression, self._named)

    def _named(self, reference: Reference) -> str:
        if isinstance(reference, LevelOperand):
            operand = self.model.level(reference.key).operand
            text = self._binder.rendered(operand, self._named)
            return text if isinstance(operand, Column) else f"({text})"
        assert isinstance(reference, Column)  # noqa: S101 -- there are no other references
        return f"{self._aliases[reference.table]}.{quote(reference.name)}"

    def identity(self, table: str) -> tuple[str, ...]:
        """Return the SQL of columns that tell the rows of a table apart."""
        schema, alias = self.schema(table), self._aliases[table]
        if all(name.lower() != "rowid" for name in schema.names):  # the engine's own, not a column
            return (f"{alias}.rowid",)
        return tuple(f"{alias}.{quote(name)}" for name in (schema.keys or (ROW_NUMBER,)))

    def with_parents(self, tables: Iterable[str]) -> tuple[JoinedSide, ...]:
        """Return the joins that lead to some tables, parents before children."""
        wanted = {side.table for table in tables for side in self.tree.path(table)}
        return tuple(side for side in self.tree.sides if side.table in wanted)

    def from_clause(
        self, tables: Iterable[str], rows: str = "", told_apart: Collection[str] = ()
    ) -> str:
        """Return the facts joined to some tables, as they follow ``FROM``.

        Args:
            tables: Joined tables; those on the way to them come too.
            rows: What to read in the place of the fact table's rows.
            told_apart: Those whose rows must keep their identity.
        """
        fact = self.tree.fact
        texts = [f"{rows or rows_of(fact)} AS {self._aliases[fact]}"]
        for side in self.with_parents(tables):
            self.read.add(side.table)
            self.joined.add(side.table)
            completed = None if side.table in told_apart else self.completed(side)
            if completed is not None and not self.matches(side):
                texts.append(self._complete_join(side, *completed))
                continue
            kind = "JOIN" if self.matches(side) else "LEFT JOIN"
            on = [self._link_sql(side)]
            if (condition := self.view_of(side.table).condition) is not None:
                on.append(f"({self._binder.rendered(condition, self._named)})")
            alias = self._aliases[side.table]
            texts.append(f"{kind} {rows_of(side.table)} AS {alias} ON {' AND '.join(on)}")
        return " ".join(texts)

    def _complete_join(self, side: JoinedSide, low: int, high: int) -> str:
        """Join rows without a partner to one of nulls, so that an inner join finds all of them.

        The engine is several times as fast at that as at a left join.
        """
        ((ours, theirs),) = side.link.pairs
        key, alias = f"{self._aliases[side.parent]}.{quote(ours)}", self._aliases[side.table]
        nobody = f"SELECT {low - 1} AS {quote(theirs)}"
        rows = f"(SELECT * FROM {rows_of(side.table)} UNION ALL BY NAME {nobody}) AS {alias}"
        own = f"CASE WHEN {key} BETWEEN {low} AND {high} THEN {key} ELSE {low - 1} END"
        return f"JOIN {rows} ON {own} = {alias}.{quote(theirs)}"

    def _link_sql(self, side: JoinedSide) -> str:
        source, target = self.schema(side.parent), self.schema(side.table)
        return " AND ".join(
            self._binder.rendered(
                compare_operands(
                    Column(side.parent, ours, source.column(ours).data_type),
                    "==",
                    Column(side.table, theirs, target.column(theirs).data_type),
                ),
                self._named,
            )
            for ours, theirs in side.link.pairs
        )

    def fact_conditions(self) -> tuple[Expression, ...]:
        """Return what makes a fact one of the cube, for this reader."""
        given = (self.model.filter, self._view.condition)
        return tuple(condition for condition in given if condition is not None)
