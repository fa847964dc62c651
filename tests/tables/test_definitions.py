from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import DatabaseUnreadable, TableReplacedWarning


@pytest.fixture
def start(tmp_path: Path) -> Callable[[], al.Session]:
    """Give a function that opens one and the same file."""
    return lambda: al.Session.start(al.SessionConfig(database=str(tmp_path / "data.duckdb")))


def test_definitions_return_with_the_file(start: Callable[[], al.Session]) -> None:
    """Exact types, keys in their order, defaults, joins, order of creation, version and epoch."""
    types = {
        "b": "timestamp[ns, tz=Europe/Paris]",
        "a": "duration[ms]",
        "d": "decimal(10,2)",
        "l": "list<struct<x: date>>",
        "t": "time32[s]",
    }
    defaults = {"d": Decimal("1.50"), "l": [{"x": dt.date(2026, 1, 1)}]}
    with start() as session:
        session.create_table("Z", data_types={"b": "int64", "a": "int64"}, keys=["a", "b"])
        table = session.create_table("A", data_types=types, default_values=defaults)
        table += {"a": dt.timedelta(1)}
        session.tables["Z"].join(
            session.create_table("Y", data_types={"k": "int8"}, keys={"k"}), {"a": "k"}
        )
        kept = str(session.version), str(session.tables.schema), dict(table.data_types)
        rows = table.to_arrow()
    with start() as session:
        table = session.tables["A"]
        assert list(session.tables) == ["Z", "A", "Y"]
        assert (str(session.version), str(session.tables.schema), dict(table.data_types)) == kept
        assert session.tables["Z"].keys == ("a", "b")
        assert table.default_values == defaults
        assert table.to_arrow().equals(rows)
        table += {"a": dt.timedelta(2)}
        assert table.to_arrow().column("a").to_pylist() == [dt.timedelta(1), dt.timedelta(2)]


def test_versions_go_on_after_a_restart(start: Callable[[], al.Session]) -> None:
    """The epoch is that of the file."""
    with start() as session:
        session.read_pandas(pd.DataFrame({"a": [1]}), table_name="T")
        before = session.version
    with start() as session:
        session.tables["T"] += (2,)
        assert session.version.epoch == before.epoch
        assert session.version.number == before.number + 1


def test_replacing_a_table_of_the_file_warns_once(start: Callable[[], al.Session]) -> None:
    """Rows that a former session loaded are gone then; those of this session go silently."""
    frame = pd.DataFrame({"a": [1, 2]})
    with start() as session:
        session.read_pandas(frame, table_name="T")
    with start() as session:
        with pytest.warns(TableReplacedWarning, match="2 rows"):
            session.read_pandas(frame, table_name="T")
        session.read_pandas(frame, table_name="T")
        del session.tables["T"]
    with start() as session:
        assert list(session.tables) == []


def test_a_file_of_another_layout_is_refused(
    start: Callable[[], al.Session], tmp_path: Path
) -> None:
    """A later version may have written it."""
    start().close()
    with duckdb.connect(str(tmp_path / "data.duckdb")) as connection:
        connection.execute("UPDATE _atomlite.session SET format = 99")
    with pytest.raises(DatabaseUnreadable, match="layout is 99"):
        start()


_ROUND_TRIPS: dict[str, pa.Array[Any]] = {
    "decimal": pa.array([Decimal("1.50"), None], pa.decimal128(38, 10)),
    "date": pa.array([-719_162, None], pa.date32()),
    "time32": pa.array([1, None], pa.time32("s")),
    "time": pa.array([1, None], pa.time64("us")),
    "time_ns": pa.array([1, None], pa.time64("ns")),
    "seconds": pa.array([10**11, None], pa.timestamp("s")),
    "millis": pa.array([-1, None], pa.timestamp("ms")),
    "micros": pa.array([1, None], pa.timestamp("us")),
    "nanos": pa.array([1, None], pa.timestamp("ns")),
    "utc": pa.array([1, None], pa.timestamp("us", "UTC")),
    "paris": pa.array([1, None], pa.timestamp("ns", "Europe/Paris")),
    "span": pa.array([-1, None], pa.duration("ns")),
    "list": pa.array([[1, None], None], pa.list_(pa.int64())),
    "empty": pa.array([[], None], pa.list_(pa.timestamp("ns"))),
    "struct": pa.array([{"x": 1, "y": ["a"]}, None]),
    "map": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "uint64": pa.array([2**64 - 1, None], pa.uint64()),
    "bool": pa.array([True, None]),
    "binary": pa.array([b"\x00\xff", None]),
    "text": pa.array(["\x00é😀", None]),
    "double": pa.array([float("inf"), None]),
    "float": pa.array([0.1, None], pa.float32()),
}


def test_every_type_keeps_its_values(start: Callable[[], al.Session]) -> None:
    """Through a first load, an upsert, a query, a head and a restart."""
    keys = pa.array([1, 2])
    columns: dict[str, pa.Array[Any]] = {"k": keys, **_ROUND_TRIPS}
    data = pa.table(columns)
    with start() as session:
        types = dict(zip(data.column_names, data.schema.types, strict=True))
        table = session.create_table("T", data_types=types, keys={"k"})
        table.load(data)
        assert table.to_arrow().equals(data)
        table.load(data)
        assert table.to_arrow().equals(data)
        found = table.query(order_by="k")
        for name in data.column_names:
            assert found[name].isna().tolist() == [False, name != "k"]
        again = session.read_pandas(found, table_name="U", data_types=types)
        assert again.to_arrow().equals(data)
        assert table.head().shape == (2, len(_ROUND_TRIPS))
        assert session.sql("SELECT * FROM T").shape == (2, len(_ROUND_TRIPS) + 1)
    with start() as session:
        assert session.tables["T"].to_arrow().equals(data)
