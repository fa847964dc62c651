"""One search of the people on the bare engine, written by hand, with JSON by orjson."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import orjson

from tests.benchmarks.pages import PAGE

if TYPE_CHECKING:
    import pyarrow as pa

_COLUMNS = ("id", "name", "level", "score", "age", "company_id")
_WHERE = "level = ? AND score < ?"
_ORDER = f"ORDER BY name, id LIMIT {PAGE}"
_PAGE = f"SELECT {', '.join(_COLUMNS)} FROM people WHERE {_WHERE} {_ORDER}"
_COUNT = f"SELECT count(*) FROM people WHERE {_WHERE}"
_BOUND = f"SELECT count(*), list_last(min(name, {PAGE})) FROM people WHERE {_WHERE}"
_WITHIN = (
    f"WITH found AS MATERIALIZED (SELECT {', '.join(_COLUMNS)} FROM people "
    f"WHERE {_WHERE} AND name <= ?) SELECT * FROM found {_ORDER}"
)


class ByHand:
    """The same people in a database of their own, with the settings of a session."""

    def __init__(self, rows: pa.Table) -> None:
        self._connection = duckdb.connect(config={"allow_community_extensions": False})
        self._connection.register("came", rows)
        self._connection.execute("CREATE TABLE people AS SELECT * FROM came")
        self._connection.unregister("came")
        self._connection.execute("CHECKPOINT")

    def plain(self, level: int, score: float) -> bytes:
        """Answer with the page and the count, as one writes them first."""
        values = [level, score]
        with self._connection.cursor() as cursor:
            rows = cursor.execute(_PAGE, values).fetchall()
            ((total,),) = cursor.execute(_COUNT, values).fetchall()
        return _body(rows, total)

    def narrowed(self, level: int, score: float) -> bytes:
        """Answer with the count and the last name of the page first, then the rows up to it."""
        values: list[object] = [level, score]
        with self._connection.cursor() as cursor:
            ((total, bound),) = cursor.execute(_BOUND, values).fetchall()
            rows = cursor.execute(_WITHIN, [*values, bound]).fetchall()
        return _body(rows, total)

    def close(self) -> None:
        """Close the database."""
        self._connection.close()


def _body(rows: list[tuple[object, ...]], total: int) -> bytes:
    data = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    pagination = {"number_results": total, "limit": PAGE, "next_page": {"start": PAGE}}
    return orjson.dumps(
        {
            "status": "success",
            "error": "",
            "data": data,
            "pagination": pagination,
            "input_errors": {},
        }
    )
