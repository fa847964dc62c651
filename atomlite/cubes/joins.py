"""The tables that a cube reads: the fact table, and what its links lead to.

From a table to another there is one way at most, so that a column means one thing and every fact
finds its partners in one way.

>>> from atomlite.tables.catalogs import Catalog, TableState
>>> from atomlite.tables.schemas import table_schema
>>> from atomlite.types import Version
>>> catalog = Catalog(Version("e", 0)).with_table(TableState(table_schema("A", {"a": "int64"})))
>>> join_tree("A", catalog).tables
('A',)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atomlite.errors import InvalidModel
from atomlite.sql import quote

if TYPE_CHECKING:
    from atomlite.expressions.columns import Column
    from atomlite.tables.catalogs import Catalog
    from atomlite.tables.links import Link


@dataclass(frozen=True, slots=True)
class JoinedSide:
    """A table that links lead to from the fact table.

    Args:
        table: Its name.
        link: The link that reaches it.
        parent: The table that the link starts from: the fact table, or an earlier side.
        many: Whether a fact may have several partners in it: this link or one before it does not
            map all keys of its target.
    """

    table: str
    link: Link
    parent: str
    many: bool


@dataclass(frozen=True, slots=True)
class JoinTree:
    """How the facts find their partners.

    Args:
        fact: Name of the fact table.
        sides: The joined tables, parents before children.
    """

    fact: str
    sides: tuple[JoinedSide, ...]

    @property
    def tables(self) -> tuple[str, ...]:
        """The fact table, then the joined ones."""
        return (self.fact, *(side.table for side in self.sides))

    def side(self, table: str) -> JoinedSide | None:
        """Return how a table is joined; ``None`` for the fact table and for tables outside."""
        return next((side for side in self.sides if side.table == table), None)

    def path(self, table: str) -> tuple[JoinedSide, ...]:
        """Return the sides from the fact table to a joined one, both ends' joins included."""
        side = self.side(table)
        return () if side is None else (*self.path(side.parent), side)

    def is_many(self, table: str) -> bool:
        """Return whether a fact may have several partners in a table of the tree."""
        side = self.side(table)
        return side is not None and side.many

    def mapped(self, column: Column) -> bool:
        """Return whether a column is what a link of the tree starts from."""
        return any(
            side.parent == column.table and column.name in {ours for ours, _ in side.link.pairs}
            for side in self.sides
        )


def join_tree(fact: str, catalog: Catalog) -> JoinTree:
    """Return the tables that a cube of ``fact`` reads.

    Args:
        fact: Name of the fact table.
        catalog: The tables and their links.

    Raises:
        TableNotFound: There is no table of this name.
        InvalidModel: A table is reached in two ways, or from itself.
    """
    catalog.table(fact)
    sides: dict[str, JoinedSide] = {}
    waiting = [fact]
    for parent in waiting:
        for link in catalog.links:
            if link.source != parent:
                continue
            if link.target == fact or link.target in sides:
                raise _two_ways(fact, link, sides)
            one = link.reaches_one_row(catalog.table(link.target).schema)
            many = not one or (parent in sides and sides[parent].many)
            sides[link.target] = JoinedSide(link.target, link, parent, many)
            waiting.append(link.target)
    return JoinTree(fact, tuple(sides.values()))


def _two_ways(fact: str, link: Link, sides: dict[str, JoinedSide]) -> InvalidModel:
    second = [*_way(fact, link.source, sides), link.target]
    first = _way(fact, link.target, sides)
    again = " -> ".join(map(quote, second))
    if link.target in second[:-1]:
        message = f'The joins from "{fact}" come back to "{link.target}": {again}.'
        hint = "Delete the table that the last of these joins starts from, or load it again "
        hint += "under another name without that join."
    else:
        message = (
            f'The joins from "{fact}" reach "{link.target}" in two ways: '
            f"{' -> '.join(map(quote, first))} and {again}."
        )
        hint = f'Load "{link.target}" a second time under another name, and join that one in one '
        hint += "of the two ways."
    return InvalidModel(message, hint=hint, details={"table": link.target})


def _way(fact: str, table: str, sides: dict[str, JoinedSide]) -> list[str]:
    return [fact] if table == fact else [*_way(fact, sides[table].parent, sides), table]
