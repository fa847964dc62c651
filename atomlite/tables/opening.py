"""The tables of a database that was just opened."""

from __future__ import annotations

import contextlib
import secrets
from typing import TYPE_CHECKING

from atomlite.engine.snapshots import Store
from atomlite.errors import DatabaseUnreadable, InvalidConfiguration
from atomlite.sql import Statement
from atomlite.tables import definitions
from atomlite.tables.catalogs import Catalog, TableState
from atomlite.types import Version

if TYPE_CHECKING:
    from atomlite.engine.cursors import Cursor
    from atomlite.engine.database import Database


def open_store(database: Database) -> Store[Catalog]:
    """Return the store of a database: new and empty, or with the tables that its file keeps.

    Raises:
        DatabaseUnreadable: The file was written by a version with another layout.
        InvalidConfiguration: The file is named like a schema of its own.
    """
    if database.name.lower() in definitions.SCHEMAS:
        expected = "a file of another name; the engine would take it for one of its own schemas"
        raise InvalidConfiguration("database", str(database.path), expected)
    with contextlib.closing(database.cursor()) as cursor:
        cursor.command("BEGIN TRANSACTION")
        for text in definitions.SETUP:
            cursor.command(text)
        rows = cursor.rows(definitions.READ_SESSION)
        catalog = _restored(database, cursor, rows[0]) if rows else _new(cursor)
        cursor.command("COMMIT")
    return Store(database, catalog)


def _new(cursor: Cursor) -> Catalog:
    epoch = secrets.token_hex(4)
    text = "INSERT INTO _atomlite.session VALUES (?, ?, 0)"
    cursor.changed(Statement(text, (definitions.FORMAT, epoch), "INSERT", "session"))
    return Catalog(Version(epoch, 0))


def _restored(database: Database, cursor: Cursor, row: tuple[object, ...]) -> Catalog:
    layout, epoch, number = row
    if layout != definitions.FORMAT:
        raise DatabaseUnreadable(
            str(database.path), f"its layout is {layout}, this version reads {definitions.FORMAT}."
        )
    version = Version(str(epoch), _integer(number))
    catalog = Catalog(version)
    for (definition,) in cursor.rows(definitions.READ_DEFINITIONS):
        schema = definitions.read_definition(_bytes(definition))
        count, next_row = cursor.rows(definitions.read_counts(schema))[0]
        state = TableState(
            schema, _integer(count), _integer(next_row), version.number, restored=True
        )
        catalog = catalog.with_table(state)
    for link in cursor.rows(definitions.READ_LINKS):
        catalog = catalog.with_link(definitions.read_link(link))
    return catalog


def _integer(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError(value)
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(value)
    return value
