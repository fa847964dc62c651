"""All tables of a session at one instant: an immutable value that each commit replaces.

Names, types, row counts and versions are answered from here, without asking the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from atomlite.errors import TableNotFound
from atomlite.tables.links import Link
from atomlite.tables.reports import LoadReport
from atomlite.tables.schemas import TableSchema
from atomlite.types import Version


@dataclass(frozen=True, slots=True)
class TableState:
    """One table at one instant.

    Args:
        schema: Its definition.
        row_count: Number of rows.
        next_row: Row number that the next row gets, in a table without keys.
        version: Version number of the session's data when this table last changed.
        restored: Whether it came with the database file rather than from this session's code.
        last_load: What became of the last load of this session; ``None`` before the first.
    """

    schema: TableSchema
    row_count: int = 0
    next_row: int = 0
    version: int = 0
    restored: bool = False
    last_load: LoadReport | None = None


@dataclass(frozen=True, slots=True)
class Derived:
    """What a table of aggregates was made from; it is right while all of that is the same.

    Args:
        definition: A digest of the query whose rows it holds.
        versions: The tables that the query read, with the version of each.
        row_count: Number of its rows.
    """

    definition: str
    versions: tuple[tuple[str, int], ...]
    row_count: int = 0


@dataclass(frozen=True, slots=True)
class Catalog:
    """All tables at one instant.

    Args:
        version: The data version; grows with every committed write.
        tables: State by name, in order of creation.
        links: The joins between tables, in order of creation.
        derived: The tables of aggregates that the engine holds, by name.
    """

    version: Version
    tables: Mapping[str, TableState] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    derived: Mapping[str, Derived] = field(default_factory=dict)

    def table(self, name: object) -> TableState:
        """Return the state of a table.

        Raises:
            TableNotFound: There is none of this name.
        """
        if isinstance(name, str) and name in self.tables:
            return self.tables[name]
        raise TableNotFound(name, known=list(self.tables))

    def same_name(self, name: str) -> str | None:
        """Return the table whose name equals ``name`` when case is ignored."""
        folded = name.casefold()
        return next((known for known in self.tables if known.casefold() == folded), None)

    def at_version(self, number: int) -> Catalog:
        """Return a catalog with another number as its data version."""
        return replace(self, version=Version(self.version.epoch, number))

    def with_table(self, state: TableState) -> Catalog:
        """Return a catalog in which a table is new, or in the place of the one of its name."""
        return replace(self, tables={**self.tables, state.schema.name: state})

    def without_table(self, name: str) -> Catalog:
        """Return a catalog without a table and without the links from and to it."""
        tables = {known: state for known, state in self.tables.items() if known != name}
        links = tuple(link for link in self.links if name not in (link.source, link.target))
        return replace(self, tables=tables, links=links)

    def with_link(self, link: Link) -> Catalog:
        """Return a catalog with a link, in the place of one between the same two tables."""
        ends = (link.source, link.target)
        others = tuple(known for known in self.links if (known.source, known.target) != ends)
        return replace(self, links=(*others, link))

    def with_derived(self, name: str, derived: Derived | None) -> Catalog:
        """Return a catalog with what a table of aggregates was made from, or without it."""
        others = {known: each for known, each in self.derived.items() if known != name}
        return replace(self, derived=others if derived is None else {**others, name: derived})

    def total_rows(self) -> int:
        """Return the number of rows of all tables."""
        return sum(state.row_count for state in self.tables.values())
