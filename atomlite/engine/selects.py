"""SQL that a person typed: one SELECT, nothing else, and nothing it could change.

Four locks, since none is enough alone: exactly one statement, of type SELECT, in a read-only
transaction, on a database whose configuration is locked and which opens no files.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from atomlite.errors import QueryRefused
from atomlite.sql import Statement, without_literals

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.engine.database import Database


def select(database: Database, query: str) -> pa.Table:
    """Return the rows of a query.

    Raises:
        QueryRefused: It is not text, or not exactly one SELECT.
        QueryFailed: The engine cannot run it.
    """
    try:
        query.encode()
    except (AttributeError, UnicodeEncodeError) as error:
        raise QueryRefused(f"{query!r} is no text.", hint="Pass one SELECT as text.") from error
    with contextlib.closing(database.cursor()) as cursor:
        kinds = cursor.statement_kinds(query)
        if kinds != ["SELECT"]:
            found = f"{len(kinds)} statements" if len(kinds) != 1 else f"a {kinds[0]} statement"
            raise QueryRefused(
                f"`sql` runs exactly one SELECT; this is {found}.",
                hint="Change data with `table.load`, `table.drop` and `session.tables`.",
            )
        cursor.command("BEGIN TRANSACTION READ ONLY")
        rows = cursor.arrow(Statement(query, shown=without_literals(query)))
        cursor.command("COMMIT")
        return rows
