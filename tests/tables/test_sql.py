from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import QueryFailed, QueryRefused, TransactionMisused


@pytest.fixture
def table(session: al.Session) -> al.Table:
    """Give a table with three rows."""
    return session.read_pandas(pd.DataFrame({"a": [1, 2, 3]}), table_name="T")


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM T",
        "INSERT INTO T VALUES (1)",
        "UPDATE T SET a = 1",
        "DROP VIEW T",
        "CREATE TEMP TABLE z AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT * FROM T; DROP VIEW T",
        "SET threads = 1",
        "ATTACH ':memory:' AS other",
        "COPY T TO 'out.csv'",
        "EXPORT DATABASE 'out'",
        "PRAGMA version",
        "CALL pragma_version()",
        "LOAD json",
        "INSTALL httpfs",
        "PREPARE p AS SELECT 1",
        "BEGIN",
        "COMMIT",
        "CHECKPOINT",
        "",
        "-- nothing",
    ],
)
def test_what_is_not_one_select_is_refused(
    session: al.Session, table: al.Table, query: str
) -> None:
    """And nothing has changed."""
    with pytest.raises(QueryRefused):
        session.sql(query)
    assert len(table.query()) == 3


@pytest.mark.parametrize(
    "query",
    [
        'WITH x AS (DELETE FROM _atomlite_rows."T" RETURNING *) SELECT * FROM x',
        "SELECT * FROM read_csv('{path}')",
        "SELECT * FROM read_text('{path}')",
        "SELECT * FROM '{path}'",
        "SELECT * FROM glob('{path}')",
        "SELECT * FROM frame",
        "SELECT ?",
        "nonsense",
        "SELECT * FROM enable_logging()",
    ],
)
def test_a_select_changes_nothing_and_reads_no_file(
    session: al.Session, table: al.Table, tmp_path: Path, query: str
) -> None:
    """Neither files nor variables of Python can be read."""
    frame = pd.DataFrame({"a": [1]})
    path = tmp_path / "x.csv"
    frame.to_csv(path)
    with pytest.raises((QueryFailed, QueryRefused)) as caught:
        session.sql(query.replace("{path}", str(path)))
    assert str(caught.value)
    assert len(table.query()) == 3


def test_a_select_returns_a_frame(session: al.Session, table: al.Table) -> None:
    """Large sums keep their digits; the hidden row number is not shown."""
    assert session.sql("SELECT * FROM T ORDER BY a").to_dict("list") == {"a": [1, 2, 3]}
    total = session.sql("SELECT sum(a::HUGEINT * 10000000000000000000) AS total FROM T")
    assert total["total"][0] == Decimal(6 * 10**19)
    assert session.sql("FROM T").shape == (3, 1)
    assert session.sql("SELECT 1 AS a WHERE false").shape == (0, 1)
    assert table.columns == ("a",)


def test_sql_inside_of_a_transaction_is_refused(session: al.Session, table: al.Table) -> None:
    """It would not see what the transaction has done."""
    with session.tables.data_transaction():
        table += (4,)
        with pytest.raises(TransactionMisused, match=r"table\.query"):
            session.sql("SELECT 1")
    assert session.sql("SELECT count(*) AS n FROM T")["n"][0] == 4


@pytest.mark.parametrize("query", [5, None, "SELECT '\ud800'"])
def test_what_is_no_text_is_refused(session: al.Session, query: str) -> None:
    """A number, nothing, or half a character never reaches the engine."""
    with pytest.raises(QueryRefused, match="is no text"):
        session.sql(query)
