"""The statements that put staged rows into a table. Pure.

Keys have no index: uniqueness is kept by replacing, under the session's one writer lock. Staged
rows carry their position in the data, so that of two rows with one key the last wins.
"""

# ruff: noqa: S608 -- names come quoted, values as parameters

from __future__ import annotations

from atomlite.sql import Statement, quote, quote_all
from atomlite.tables.definitions import rows_of, stored_columns
from atomlite.tables.schemas import ROW_NUMBER, TableSchema

STAGED = "_atomlite_staged"
"""Name of the rows that wait: a registered Arrow table, or a temporary table."""

STAGED_ALL = f"{STAGED}_all"
"""Name of the rows of a load that comes in several slices."""

POSITION = ROW_NUMBER
"""Column of staged rows with their position in the data; no column of a table has its name."""


def append(schema: TableSchema) -> Statement:
    """Return the statement that adds all staged rows, whatever their keys."""
    columns = quote_all(stored_columns(schema))
    text = f"INSERT INTO {rows_of(schema.name)} ({columns}) SELECT {columns} FROM {STAGED}"
    return Statement(text, (), "INSERT", schema.name)


def stage() -> Statement:
    """Return the statement that makes room for the rows of a load that comes in several slices."""
    return Statement(
        f"CREATE TEMP TABLE {STAGED_ALL} AS SELECT * FROM {STAGED}", (), "CREATE TABLE", STAGED
    )


def stage_more() -> Statement:
    """Return the statement that adds a slice to the room made by `stage`."""
    return Statement(f"INSERT INTO {STAGED_ALL} SELECT * FROM {STAGED}", (), "INSERT", STAGED)


def unstage() -> Statement:
    """Return the statement that gives the room back."""
    return Statement(f"DROP TABLE {STAGED_ALL}", (), "DROP TABLE", STAGED)


def count_distinct(schema: TableSchema, relation: str) -> Statement:
    """Return the query for the number of different keys in a relation."""
    keys = quote_all(schema.keys)
    text = f"SELECT count(*) FROM (SELECT DISTINCT {keys} FROM {relation})"
    return Statement(text, (), "SELECT", schema.name)


def delete_matching(schema: TableSchema, relation: str) -> Statement:
    """Return the statement that deletes the rows whose keys are among those of a relation."""
    same = " AND ".join(f"kept.{quote(key)} = came.{quote(key)}" for key in schema.keys)
    text = f"DELETE FROM {rows_of(schema.name)} AS kept USING {relation} AS came WHERE {same}"
    return Statement(text, (), "DELETE", schema.name)


def insert_last(schema: TableSchema, relation: str, *, repeated: bool) -> Statement:
    """Return the statement that adds the rows of a relation; of equal keys, the last one only."""
    columns = quote_all(schema.names)
    text = f"INSERT INTO {rows_of(schema.name)} ({columns}) SELECT {columns} FROM {relation}"
    if repeated:
        keys = quote_all(schema.keys)
        last = f"SELECT max({POSITION}) FROM {relation} GROUP BY {keys}"
        text += f" WHERE {POSITION} IN ({last})"
    return Statement(text, (), "INSERT", schema.name)


def can_keep_last(schema: TableSchema) -> bool:
    """Return whether no column hides the engine's own row numbers, which `keep_last` needs."""
    return all(name.lower() != "rowid" for name in schema.names)


def keep_last(schema: TableSchema) -> Statement:
    """Return the statement that, of rows with one key, keeps the one that was appended last."""
    last = f"SELECT max(rowid) FROM {rows_of(schema.name)} GROUP BY {quote_all(schema.keys)}"
    text = f"DELETE FROM {rows_of(schema.name)} WHERE rowid NOT IN ({last})"
    return Statement(text, (), "DELETE", schema.name)
