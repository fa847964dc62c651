from __future__ import annotations

import datetime as dt
import gc
import sqlite3
import warnings
from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import UnreadableSource, UnsupportedData
from atomlite.tables.sources import databases


@pytest.fixture
def other() -> Iterator[sqlite3.Connection]:
    """Give a database of another kind, with three rows."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE x (a, b)")
    connection.executemany("INSERT INTO x VALUES (?, ?)", [(1, "x"), (2, None), (3, "z")])
    yield connection
    connection.close()


def _read(
    session: al.Session, query: str, connection: databases.DatabaseConnection
) -> list[object]:
    return list(session.read_sql(query, connection, table_name="T").to_arrow().to_pylist())


@pytest.mark.parametrize("rows", [1, 50_000])
def test_rows_of_any_database_load(
    session: al.Session, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    """A column has the type that holds all its values, in however many parts they come."""
    monkeypatch.setattr(databases, "_FETCH_ROWS", rows)
    assert _read(session, "SELECT * FROM x", other) == [
        {"a": 1, "b": "x"},
        {"a": 2, "b": None},
        {"a": 3, "b": "z"},
    ]
    assert _read(session, "SELECT NULL AS a UNION ALL SELECT 5", other) == [{"a": None}, {"a": 5}]
    assert _read(session, "SELECT 1 AS a UNION ALL SELECT 0.5", other) == [{"a": 1}, {"a": 0.5}]


@pytest.mark.parametrize("rows", [1, 50_000])
@pytest.mark.parametrize("mixed", ["'x'", "9007199254740993 AS b UNION ALL SELECT 0.5"])
def test_values_without_one_type_are_refused(
    session: al.Session,
    other: sqlite3.Connection,
    monkeypatch: pytest.MonkeyPatch,
    rows: int,
    mixed: str,
) -> None:
    """None of them is changed to fit the others."""
    monkeypatch.setattr(databases, "_FETCH_ROWS", rows)
    with pytest.raises(UnsupportedData, match="no one data type"):
        _read(session, f"SELECT 1 AS a UNION ALL SELECT {mixed}", other)


def test_an_empty_result_is_a_table_without_rows(
    session: al.Session, other: sqlite3.Connection
) -> None:
    """Its columns are text unless a type is asked for."""
    table = session.read_sql(
        "SELECT * FROM x WHERE 0", other, table_name="T", data_types={"a": "int64"}
    )
    assert table.row_count == 0
    assert table.data_types == {"a": pa.int64(), "b": pa.string()}


def test_parameters_are_bound(session: al.Session, other: sqlite3.Connection) -> None:
    """In the style of the driver."""
    table = session.read_sql(
        "SELECT a FROM x WHERE a > ?", other, parameters=[2], table_name="T", keys={"a"}
    )
    assert table.to_arrow().to_pylist() == [{"a": 3}]


def test_what_is_no_query_is_refused(session: al.Session, other: sqlite3.Connection) -> None:
    """A change returns no rows, and what is no SQL is told in the words of that database."""
    with pytest.raises(UnreadableSource, match="returns no rows"):
        _read(session, "UPDATE x SET a = a", other)
    with pytest.raises(UnreadableSource, match="syntax error"):
        _read(session, "SELEC", other)
    with pytest.raises(UnsupportedData, match="Two columns"):
        _read(session, "SELECT 1 AS a, 2 AS a", other)
    with pytest.raises(UnsupportedData, match="no database connection"):
        _read(session, "SELECT 1", "x.db")  # type: ignore[arg-type]


def test_an_embedded_engine_streams(session: al.Session) -> None:
    """Its cursor gives Arrow batches, with nested values."""
    connection = duckdb.connect()
    assert _read(session, "SELECT 1 AS a, [1, 2] AS b", connection) == [{"a": 1, "b": [1, 2]}]
    connection.close()


def test_adbc_connections_stream_and_their_cursors_are_closed(session: al.Session) -> None:
    """Whether the load works out or not."""
    dbapi = pytest.importorskip("adbc_driver_sqlite.dbapi")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with dbapi.connect(":memory:") as connection:
            assert _read(session, "SELECT 1 AS a UNION ALL SELECT 2", connection) == [
                {"a": 1},
                {"a": 2},
            ]
            with pytest.raises(UnreadableSource):
                _read(session, "SELEC", connection)
            with pytest.raises(UnsupportedData, match="Two columns"):
                _read(session, "SELECT 1 AS a, 2 AS a", connection)
            with pytest.raises(al.errors.InvalidName):
                _read(session, 'SELECT 1 AS a, 2 AS "A"', connection)
            gc.collect()


class _LostCursor:
    """A cursor whose server goes away."""

    description = (("a",),)

    def __init__(self) -> None:
        self.closed = False

    def execute(self, operation: str, parameters: object = None, /) -> object:
        """Work."""

    def fetchmany(self, _size: int = 1, /) -> Sequence[Sequence[object]]:
        """Fail, as drivers do, with an error of their own."""
        raise RuntimeError("connection lost")

    def close(self) -> None:
        """Remember."""
        self.closed = True


class _Lost:
    def __init__(self) -> None:
        self.last = _LostCursor()

    def cursor(self) -> _LostCursor:
        return self.last


def test_a_connection_that_is_lost_is_a_named_error(session: al.Session) -> None:
    """And its cursor is given back."""
    connection = _Lost()
    with pytest.raises(UnreadableSource, match="connection lost"):
        _read(session, "SELECT 1", connection)
    assert connection.last.closed


class _Moments(_LostCursor):
    """A cursor that mixes moments with and without a zone."""

    def fetchmany(self, _size: int = 1, /) -> Sequence[Sequence[object]]:
        return [(dt.datetime(2026, 1, 1),), (dt.datetime(2026, 1, 1, tzinfo=dt.UTC),)]  # noqa: DTZ001


def test_moments_with_and_without_zone_are_not_mixed(session: al.Session) -> None:
    """Arrow alone would take them all for moments in UTC."""
    connection = _Lost()
    connection.last = _Moments()
    with pytest.raises(UnsupportedData, match="would change"):
        _read(session, "SELECT 1", connection)
