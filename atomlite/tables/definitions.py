"""Tables in the engine: where their rows lie, and how their definitions outlive the session.

Rows lie in the schema ``_atomlite_rows``; for each table a view of the same name in the main schema
shows its columns without the hidden row number, for `Session.sql` and for other programs that open
the file. Definitions lie in ``_atomlite``, as Arrow bytes: names, exact types, keys and defaults.
Everything here is pure: it makes statements, and reads rows back into values.
"""

# ruff: noqa: S608 -- names come quoted, values as parameters

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import pyarrow as pa

from atomlite.data_types.storage import sql_type
from atomlite.sql import Statement, quote, quote_all
from atomlite.tables.links import Link
from atomlite.tables.schemas import ROW_NUMBER, ColumnSchema, TableSchema

SCHEMAS = frozenset({"_atomlite", "_atomlite_aggregates", "_atomlite_rows"})
"""Names of the engine's schemas that are no table's."""

SETUP = (
    "CREATE SCHEMA IF NOT EXISTS _atomlite",
    "CREATE SCHEMA IF NOT EXISTS _atomlite_rows",
    "CREATE TABLE IF NOT EXISTS _atomlite.session (format INTEGER, epoch VARCHAR, number BIGINT)",
    "CREATE TABLE IF NOT EXISTS _atomlite.definitions (name VARCHAR, definition BLOB)",
    "CREATE TABLE IF NOT EXISTS _atomlite.links (source VARCHAR, target VARCHAR, pairs VARCHAR)",
    "DROP SCHEMA IF EXISTS _atomlite_aggregates CASCADE",
    "CREATE SCHEMA _atomlite_aggregates",
)
"""What every session database has; aggregates are those of cubes, which code makes anew."""

FORMAT = 1
"""Version of this layout, kept in the file."""


def rows_of(name: str) -> str:
    """Return the SQL name of the stored rows of a table.

    >>> rows_of("Sales")
    '_atomlite_rows."Sales"'
    """
    return f"_atomlite_rows.{quote(name)}"


def aggregate_of(name: str) -> str:
    """Return the SQL name of a table of aggregates.

    >>> aggregate_of("Sales.by month")
    '_atomlite_aggregates."Sales.by month"'
    """
    return f"_atomlite_aggregates.{quote(name)}"


def create_aggregate(name: str, rows: Statement) -> Statement:
    """Return the statement that makes a table of aggregates from the rows of a query."""
    text = f"CREATE TABLE {aggregate_of(name)} AS {rows.text}"
    return Statement(text, rows.parameters, "CREATE TABLE", name)


def drop_aggregate(name: str) -> Statement:
    """Return the statement that removes a table of aggregates."""
    return Statement(f"DROP TABLE {aggregate_of(name)}", (), "DROP TABLE", name)


def stored_columns(schema: TableSchema) -> tuple[str, ...]:
    """Return the names of the engine's columns: the table's, and the row number without keys."""
    return schema.names if schema.keys else (*schema.names, ROW_NUMBER)


def create(schema: TableSchema) -> list[Statement]:
    """Return the statements that create an empty table and write down its definition."""
    columns = [f"{quote(c.name)} {sql_type(c.data_type)}" for c in schema.columns]
    if not schema.keys:
        columns.append(f"{ROW_NUMBER} BIGINT")
    view = f"CREATE VIEW {quote(schema.name)} AS SELECT {quote_all(schema.names)}"
    return [
        Statement(
            f"CREATE TABLE {rows_of(schema.name)} ({', '.join(columns)})",
            operation="CREATE TABLE",
            table=schema.name,
        ),
        Statement(
            f"{view} FROM {rows_of(schema.name)}", operation="CREATE VIEW", table=schema.name
        ),
        Statement(
            "INSERT INTO _atomlite.definitions VALUES (?, ?)",
            (schema.name, _to_bytes(schema)),
            "INSERT",
            "definitions",
        ),
    ]


def drop(name: str) -> list[Statement]:
    """Return the statements that remove a table and its definition; its links are not touched."""
    return [
        Statement(f"DROP VIEW {quote(name)}", operation="DROP VIEW", table=name),
        Statement(f"DROP TABLE {rows_of(name)}", operation="DROP TABLE", table=name),
        Statement(
            "DELETE FROM _atomlite.definitions WHERE name = ?", (name,), "DELETE", "definitions"
        ),
    ]


def write_links(links: Iterable[Link]) -> list[Statement]:
    """Return the statements that write all links in the place of those before."""
    statements = [Statement("DELETE FROM _atomlite.links", (), "DELETE", "links")]
    statements += [
        Statement(
            "INSERT INTO _atomlite.links VALUES (?, ?, ?)",
            (link.source, link.target, json.dumps(link.pairs)),
            "INSERT",
            "links",
        )
        for link in links
    ]
    return statements


def write_version(number: int) -> Statement:
    """Return the statement that keeps the data version."""
    return Statement("UPDATE _atomlite.session SET number = ?", (number,), "UPDATE", "session")


READ_SESSION = Statement("SELECT format, epoch, number FROM _atomlite.session", table="session")
READ_DEFINITIONS = Statement(
    "SELECT definition FROM _atomlite.definitions ORDER BY rowid", table="definitions"
)
READ_LINKS = Statement("SELECT source, target, pairs FROM _atomlite.links", table="links")


def read_counts(schema: TableSchema) -> Statement:
    """Return the query for the number of rows and the next row number of a table."""
    next_row = "0" if schema.keys else f"coalesce(max({ROW_NUMBER}) + 1, 0)"
    text = f"SELECT count(*), {next_row} FROM {rows_of(schema.name)}"
    return Statement(text, table=schema.name)


def _to_bytes(schema: TableSchema) -> bytes:
    """Return a one-row Arrow stream: its schema is the table's, its row holds the defaults."""
    metadata: dict[bytes | str, bytes | str] = {
        "name": schema.name,
        "keys": json.dumps(schema.keys),
    }
    arrow_schema = pa.schema(
        [pa.field(c.name, c.data_type) for c in schema.columns], metadata=metadata
    )
    defaults = [pa.array([c.default], c.data_type) for c in schema.columns]
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, arrow_schema) as writer:
        writer.write_table(pa.Table.from_arrays(defaults, schema=arrow_schema))
    return bytes(sink.getvalue().to_pybytes())


def read_definition(definition: bytes) -> TableSchema:
    """Return the schema that `create` wrote down."""
    table = pa.ipc.open_stream(definition).read_all()
    metadata = table.schema.metadata
    keys = tuple(json.loads(metadata[b"keys"]))
    columns = tuple(
        ColumnSchema(
            field.name,
            field.type,
            table.column(field.name)[0].as_py(),
            nullable=field.name not in keys,
        )
        for field in table.schema
    )
    return TableSchema(metadata[b"name"].decode(), columns, keys)


def read_link(row: Sequence[object]) -> Link:
    """Return the link that `write_links` wrote."""
    source, target, pairs = (str(value) for value in row)
    return Link(source, target, tuple((ours, theirs) for ours, theirs in json.loads(pairs)))
