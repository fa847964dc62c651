"""The queries of the cube benchmarks by hand, on the bare engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import duckdb

if TYPE_CHECKING:
    import pyarrow as pa

_LEVELS = "country, city, category"

TOTALS = f"""
SELECT {_LEVELS}, 3 - GROUPING(country) - GROUPING(city) - GROUPING(category) AS _depth,
       sum(quantity) AS quantity, sum(price) AS price, sum(quantity * price) AS revenue,
       avg(price) AS "mean price", max(price) AS "highest price"
FROM sales GROUP BY ROLLUP ({_LEVELS})
"""
"""As one writes it first."""

LEAF_FIRST = f"""
WITH leaf AS MATERIALIZED (
    SELECT {_LEVELS}, sum(quantity) AS quantity, sum(price) AS price,
           sum(quantity * price) AS revenue, count(price) AS prices, max(price) AS highest
    FROM sales GROUP BY {_LEVELS}
)
SELECT {_LEVELS}, 3 AS _depth, quantity, price, revenue, price / prices AS "mean price",
       highest AS "highest price"
FROM leaf
UNION ALL
SELECT country, city, NULL, 2 - GROUPING(country) - GROUPING(city), sum(quantity), sum(price),
       sum(revenue), sum(price) / sum(prices), max(highest)
FROM leaf GROUP BY GROUPING SETS ((country, city), (country), ())
"""
"""The fastest of seven ways that were tried: totals are added up from the cells."""


class Bare:
    """A database of its own, with the engine's default settings."""

    def __init__(self) -> None:
        self._connection = duckdb.connect()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the database."""
        self._connection.close()

    def load(self, name: str, rows: pa.Table) -> None:
        """Store rows as a table, compressed as a session does it."""
        self._connection.register("came", rows)
        self._connection.execute(f'CREATE TABLE "{name}" AS SELECT * FROM came')
        self._connection.unregister("came")
        self._connection.execute("CHECKPOINT")

    def arrow(self, text: str) -> pa.Table:
        """Return the rows of a query."""
        rows: pa.Table = self._connection.sql(text).to_arrow_table()
        return rows
