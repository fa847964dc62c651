"""All tables of a session, by name."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING

from atomlite.display.diagrams import Diagram, table_diagram
from atomlite.display.grids import Grid
from atomlite.errors import InvalidArgument
from atomlite.tables.table import Table

if TYPE_CHECKING:
    from atomlite.tables.catalogs import TableState
    from atomlite.tables.writing import Writer
    from atomlite.telemetry.tracing import Tracing
    from atomlite.types import JsonValue


class Tables(MutableMapping[str, Table]):
    """The tables of a session, in the order of their creation.

    ``del session.tables["Sales"]`` removes one with its rows and its links.
    ``session.tables["Sales"] += row`` loads a row. Safe from any thread.
    """

    def __init__(self, writer: Writer, tracing: Tracing) -> None:
        self._writer = writer
        self._tracing = tracing

    def __getitem__(self, name: str) -> Table:
        """Return the table of this name.

        Raises:
            TableNotFound: There is none.
        """
        self._writer.store.visible_state.table(name)
        return Table(name, self._writer, self._tracing)

    def __setitem__(self, name: str, table: Table) -> None:
        """Accept what ``session.tables[name] += row`` hands back: the table itself.

        Raises:
            InvalidArgument: Anything else; tables are created by `Session.create_table`.
        """
        given: object = table
        ours = isinstance(given, Table) and given.name == name and given._writer is self._writer  # noqa: SLF001 -- a class and its collection
        if not ours:
            expected = f'the table "{name}" itself; create tables with `session.create_table`'
            raise InvalidArgument("table", table, expected)

    def __delitem__(self, name: str) -> None:
        """Remove a table, its rows and its links.

        Raises:
            TableNotFound: There is none.
        """
        with self._tracing.span("Tables.delete", {"atomlite.table": name}):
            self._writer.delete(name)

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in the order of creation."""
        return iter(self._writer.store.visible_state.tables)

    def __len__(self) -> int:
        """Return the number of tables."""
        return len(self._writer.store.visible_state.tables)

    def __contains__(self, name: object) -> bool:
        """Return whether a table has this name."""
        return name in self._writer.store.visible_state.tables

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def describe(self) -> list[JsonValue]:
        """Return what there is to know of each table: what ``/api/tables`` answers."""
        return [_described(state) for state in self._writer.store.visible_state.tables.values()]

    def describe_one(self, name: str) -> JsonValue:
        """Return the same of one table.

        Raises:
            TableNotFound: There is none of this name.
        """
        return _described(self._writer.store.visible_state.table(name))

    @contextlib.contextmanager
    def data_transaction(self) -> Iterator[None]:
        """Make the loads, drops and definitions of a block one change.

        Readers see the tables as before until the block ends; the block itself sees what it has
        done. An exception that leaves the block undoes all of it. Blocks inside of blocks are part
        of the outer one. Other writers wait.

        Raises:
            TransactionMisused: A part failed after it had begun to write, its exception was
                swallowed, and so everything was undone.

        >>> table = session.create_table("T", data_types={"a": "int64"})
        >>> with session.tables.data_transaction():
        ...     table += (1,)
        ...     table += (2,)
        >>> table.row_count
        2
        """
        with (
            self._tracing.span("Tables.data_transaction"),
            self._writer.transaction(),
        ):
            yield

    @property
    def schema(self) -> Diagram:
        """The tables and their links as a diagram, drawn in the notebook."""
        catalog = self._writer.store.visible_state
        tables = [
            (
                name,
                [
                    (c.name, str(c.data_type), c.name in state.schema.keys)
                    for c in state.schema.columns
                ],
            )
            for name, state in catalog.tables.items()
        ]
        links = [
            (
                link.source,
                link.target,
                link.pairs,
                link.reaches_one_row(catalog.table(link.target).schema),
            )
            for link in catalog.links
        ]
        return table_diagram(tables, links)

    def __repr__(self) -> str:
        """Return one line per table."""
        return self._overview().text()

    def _repr_html_(self) -> str:
        return self._overview().html()

    def _overview(self) -> Grid:
        states = self._writer.store.visible_state.tables.values()
        rows = [
            (
                state.schema.name,
                f"{state.row_count:,}",
                str(len(state.schema.columns)),
                ", ".join(state.schema.keys),
            )
            for state in states
        ]
        count = "1 table" if len(rows) == 1 else f"{len(rows)} tables"
        return Grid(count, ("table", "rows", "columns", "keys"), rows)


def _described(state: TableState) -> JsonValue:
    schema = state.schema
    return {
        "name": schema.name,
        "row_count": state.row_count,
        "keys": list(schema.keys),
        "columns": [
            {"name": column.name, "data_type": str(column.data_type), "nullable": column.nullable}
            for column in schema.columns
        ],
        "version": state.version,
    }
