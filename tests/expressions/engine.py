"""A bare engine for tests: it keeps rows, and says what a rendered expression is for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import duckdb
import pyarrow as pa

from atomlite.data_types.storage import from_storage, sql_type, to_storage
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.conditions import Condition
from atomlite.expressions.rendering import render
from atomlite.sql import quote

TABLE = "Rows"


def column_sql(column: Column) -> str:
    """Name a column as the tests' only table does."""
    return quote(column.name)


class Engine:
    """One table in a database in memory, in a session zone that is not UTC."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("SET TimeZone = 'Asia/Tokyo'")

    def keep(self, data: Mapping[str, pa.Array[Any]]) -> None:
        """Store columns in the order of their rows."""
        columns = ", ".join(f"{quote(name)} {sql_type(array.type)}" for name, array in data.items())
        self._connection.execute(f'CREATE OR REPLACE TABLE "Rows" ({columns})')
        stored: dict[str, Any] = {
            name: to_storage(pa.chunked_array([array]), array.type) for name, array in data.items()
        }
        self._connection.register("incoming", pa.table(stored))
        self._connection.execute('INSERT INTO "Rows" SELECT * FROM incoming')
        self._connection.unregister("incoming")

    def values(self, expression: Condition | Operand, data_type: pa.DataType) -> list[object]:
        """Return what an expression is for each row, in the order of the rows."""
        text, parameters = render(expression, column_sql)
        query = f'SELECT ({text}) AS "value" FROM "Rows" ORDER BY rowid'  # noqa: S608
        answer = self._connection.sql(query, params=list(parameters)).to_arrow_table()["value"]
        values: list[object] = from_storage(answer, data_type).to_pylist()
        return values

    def truths(self, condition: Condition) -> list[object]:
        """Return True, False or None for each row."""
        return self.values(condition, pa.bool_())

    def chosen(self, condition: Condition) -> list[int]:
        """Return the numbers of the rows that a condition chooses, from 0."""
        text, parameters = render(condition, column_sql)
        query = f'SELECT rowid FROM "Rows" WHERE {text} ORDER BY rowid'  # noqa: S608
        return [row[0] for row in self._connection.execute(query, list(parameters)).fetchall()]

    def kept(self, data_types: Mapping[str, pa.DataType]) -> Mapping[str, Sequence[object]]:
        """Return the columns as they come back."""
        answer = self._connection.sql('SELECT * FROM "Rows" ORDER BY rowid').to_arrow_table()
        return {
            name: from_storage(answer[name], data_type).to_pylist()
            for name, data_type in data_types.items()
        }


@contextmanager
def engine() -> Iterator[Engine]:
    """Open an engine for a block."""
    with duckdb.connect() as connection:
        yield Engine(connection)
