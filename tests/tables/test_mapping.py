from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import (
    InvalidArgument,
    InvalidName,
    LoadWarning,
    RowsRejected,
    TableExists,
    TableNotFound,
    TransactionMisused,
)

_ODD_NAMES = [
    "a.b", 'a"b', "a b", "😀", "select", "main", "_atomlite", "_atomlite_rows", "temp", "memory",
    "information_schema", "sqlite_master", "duckdb_tables", "rowid", "_atomlite_staged", "a\nb",
    "x" * 300, "'; DROP TABLE x; --", "%s", "é",
]  # fmt: skip


@pytest.fixture
def table(session: al.Session) -> al.Table:
    """Give a table with one row."""
    return session.read_pandas(pd.DataFrame({"k": [1]}), keys={"k"}, table_name="T")


def test_tables_are_a_mapping_in_the_order_of_creation(session: al.Session) -> None:
    """With the methods of any mapping."""
    for name in ("B", "A"):
        session.create_table(name, data_types={"x": "int64"})
    tables = session.tables
    assert list(tables) == ["B", "A"] == tables._ipython_key_completions_()
    assert len(tables) == 2
    assert "A" in tables
    assert "a" not in tables
    assert tables.pop("A").name == "A"
    assert tables.get("A") is None
    with pytest.raises(TableNotFound):
        del tables["A"]
    tables.clear()
    assert not tables


def test_tables_show_as_text_and_html(session: al.Session, table: al.Table) -> None:
    """One line per table; `describe` has the same for programs."""
    session.create_table("<U>", data_types={"x": "int64"})
    assert repr(session.tables).splitlines() == [
        "2 tables",
        "  table  rows  columns  keys",
        "  T      1     1        k",
        "  <U>    0     1",
    ]
    assert "&lt;U&gt;" in session.tables._repr_html_()
    assert (
        session.tables.describe()[0]
        == session.tables.describe_one("T")
        == {
            "name": "T",
            "row_count": 1,
            "keys": ["k"],
            "columns": [{"name": "k", "data_type": "int64", "nullable": False}],
            "version": table.version,
        }
    )


@pytest.mark.parametrize("name", _ODD_NAMES)
def test_any_text_is_a_name(session: al.Session, name: str) -> None:
    """Of tables, columns and keys, through every path that writes SQL."""
    frame = pd.DataFrame({name: ["y", "x", "y"], "v": [1, 2, 3]})
    with pytest.warns(LoadWarning, match="same key"):
        table = session.read_pandas(frame, table_name=name, keys={name})
    assert table.head()["v"].to_dict() == {"x": 2, "y": 3}
    table.load(pd.DataFrame({name: ["x", "z"], "v": [5, 6]}))
    table += ("w", 0)
    assert table.query("v", filter=table[name] > "x", order_by=name)["v"].tolist() == [3, 6]
    assert table.drop(table[name].like("w")) == 1
    other = session.read_pandas(pd.DataFrame({name: ["y"], "u": [1]}), table_name="other")
    other.join(table)
    assert table.row_count == 3
    quoted = name.replace('"', '""')
    assert session.sql(f'SELECT count(*) AS n FROM "{quoted}"')["n"][0] == 3  # noqa: S608
    del session.tables[name]
    assert list(session.tables) == ["other"]


def test_names_of_tables_that_differ_only_in_case_are_refused(
    session: al.Session, table: al.Table
) -> None:
    """The engine cannot tell them apart."""
    with pytest.raises(InvalidName, match="only case"):
        session.create_table("t", data_types={"x": "int64"})
    assert table.row_count == 1


def test_a_table_that_exists_is_replaced_or_kept(session: al.Session, table: al.Table) -> None:
    """Cells are run again, so replacing is what happens unless something else is asked for."""
    with pytest.raises(TableExists, match="1 rows"):
        session.create_table("T", data_types={"x": "int64"}, if_exists="fail")
    with pytest.raises(InvalidArgument, match="if_exists"):
        session.create_table("T", data_types={"x": "int64"}, if_exists="keep")  # type: ignore[arg-type]
    session.read_pandas(pd.DataFrame({"a": [1, 2]}), table_name="T")
    assert (table.columns, table.keys, table.row_count) == (("a",), (), 2)


def test_a_first_load_that_fails_leaves_the_older_table(
    session: al.Session, table: al.Table
) -> None:
    """A table appears with its rows, or not at all."""
    with pytest.raises(RowsRejected):
        session.read_pandas(pd.DataFrame({"k": [None, 1]}), keys={"k"}, table_name="T")
    assert table.to_arrow().to_pylist() == [{"k": 1}]
    with pytest.raises(RowsRejected):
        session.read_pandas(pd.DataFrame({"k": [None, 1]}), keys={"k"}, table_name="U")
    assert list(session.tables) == ["T"]


def test_a_transaction_is_one_change(session: al.Session, table: al.Table) -> None:
    """Loads, drops, definitions and joins; the version grows by one."""
    before = session.version.number
    with session.tables.data_transaction():
        table += (2,)
        table.drop(table["k"] == 1)
        other = session.create_table("U", data_types={"k": "int64"})
        other.join(table)
        assert [row["k"] for row in table.to_arrow().to_pylist()] == [2]
        assert len(session.tables) == 2
    assert session.version.number == before + 1
    assert table.to_arrow().to_pylist() == [{"k": 2}]
    assert "U" in str(session.tables.schema)


def test_an_exception_undoes_the_whole_transaction(session: al.Session, table: al.Table) -> None:
    """Rows, tables, joins, counts and version are as before."""
    before = session.version, str(session.tables.schema)
    with pytest.raises(ZeroDivisionError), session.tables.data_transaction():  # noqa: PT012 -- so is a cell
        table += (2,)
        session.create_table("U", data_types={"k": "int64"}).join(table)
        del session.tables["T"]
        _ = 1 / 0
    assert (session.version, str(session.tables.schema)) == before
    assert table.to_arrow().to_pylist() == [{"k": 1}]


def test_readers_see_the_old_version_until_the_commit(session: al.Session, table: al.Table) -> None:
    """From another thread, rows and counts alike."""
    seen: list[tuple[int, int, int]] = []

    def look() -> None:
        seen.append((table.row_count, len(table.query()), session.version.number))

    with session.tables.data_transaction():
        table += (2,)
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    look()
    assert seen == [(1, 1, 1), (2, 2, 2)]


def test_inner_transactions_are_part_of_the_outer(session: al.Session, table: al.Table) -> None:
    """They commit with it, or not."""
    with session.tables.data_transaction():
        with session.tables.data_transaction():
            table += (2,)
        table += (3,)
    assert table.row_count == 3
    with pytest.raises(KeyError), session.tables.data_transaction():  # noqa: PT012
        with session.tables.data_transaction():
            table += (4,)
        raise KeyError
    assert table.row_count == 3


def test_a_failed_part_cannot_be_swallowed(session: al.Session, table: al.Table) -> None:
    """After it nothing more can be done, and the end of the block says that all was undone."""
    other = session.create_table("U", data_types={"k": "int64"})
    with (  # noqa: PT012
        pytest.raises(TransactionMisused, match="rolled back"),
        session.tables.data_transaction(),
    ):
        table += (2,)
        with pytest.raises(RowsRejected):
            other.load(pd.DataFrame({"k": ["3", "x"]}))
        with pytest.raises(TransactionMisused):
            table += (4,)
    assert table.to_arrow().to_pylist() == [{"k": 1}]


def test_a_part_that_was_refused_before_it_wrote_can_be_swallowed(
    session: al.Session, table: al.Table
) -> None:
    """Nothing happened, so nothing has to be undone."""
    with session.tables.data_transaction():
        table += (2,)
        with pytest.raises(InvalidArgument):
            table += (1, 2, 3)
        with pytest.raises(TableNotFound):
            del session.tables["U"]
    assert table.row_count == 2


def test_a_transaction_without_changes_is_no_version(session: al.Session, table: al.Table) -> None:
    """Readers that wait for news are left alone."""
    before = session.version
    with session.tables.data_transaction():
        assert table.row_count == 1
    assert session.version == before


def test_a_file_may_have_any_name_but_those_of_schemas(tmp_path: Path) -> None:
    """And can be renamed: nothing in it knows its name."""
    for name in ("main", "temp", "system", "memory", "select", "a b", "a.b", 'x"y'):
        path = tmp_path / f"{name}.duckdb"
        with al.Session.start(al.SessionConfig(database=str(path))) as session:
            session.read_pandas(pd.DataFrame({"k": [1]}), table_name=name, keys={"k"})
        renamed = path.rename(tmp_path / f"{name}2.duckdb")
        with al.Session.start(al.SessionConfig(database=str(renamed))) as session:
            assert session.tables[name].head().index.tolist() == [1]
            quoted = name.replace('"', '""')
            assert len(session.sql(f'SELECT * FROM "{quoted}"')) == 1  # noqa: S608
    for name in ("_atomlite", "_ATOMLITE_ROWS"):
        path = tmp_path / f"{name}.duckdb"
        with pytest.raises(al.errors.InvalidConfiguration, match="another name"):
            al.Session.start(al.SessionConfig(database=str(path)))


def test_a_transaction_that_awaits_is_refused_to_others_of_its_thread(
    session: al.Session,
) -> None:
    """A second one on the same event loop would wait for ever; it raises, and the first goes on."""
    table = session.create_table("Awaited", data_types={"a": "int64"})

    async def load(number: int) -> None:
        with session.tables.data_transaction():
            table.load(pd.DataFrame({"a": [number]}))
            await asyncio.sleep(0.2)

    async def both() -> list[BaseException | None]:
        return list(await asyncio.gather(load(1), load(2), return_exceptions=True))

    first, second = asyncio.run(both())

    assert first is None
    assert isinstance(second, TransactionMisused)
    table += (3,)
    assert table.row_count == 2
