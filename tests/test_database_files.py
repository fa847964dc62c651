"""Sessions whose data outlives them, in a file."""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import DatabaseHeld, DatabaseUnreadable
from tests.programs import run, start


def _open(path: Path) -> al.Session:
    return al.Session.start(al.SessionConfig(database=path))


def test_tables_return_as_they_were(tmp_path: Path) -> None:
    """Rows, order, types, keys, defaults, links and versions are those of the session before."""
    path = tmp_path / "data.db"
    with _open(path) as session:
        shops = session.create_table(
            "Shops",
            data_types={"id": "int32", "city": "string"},
            keys={"id"},
            default_values={"city": "unknown"},
        )
        shops.load(pd.DataFrame({"id": [2, 1], "city": [None, "Rome"]}))
        sales = session.read_pandas(pd.DataFrame({"shop": [2, 1, 2]}), table_name="Sales")
        sales.join(shops, {"shop": "id"})
        sales += (1,)
        kept = {
            name: (t.columns, t.keys, t.data_types, t.default_values, t.row_count, t.to_arrow())
            for name, t in session.tables.items()
        }
        diagram = str(session.tables.schema)
        version = session.version

    with _open(path) as session:
        again = {
            name: (t.columns, t.keys, t.data_types, t.default_values, t.row_count, t.to_arrow())
            for name, t in session.tables.items()
        }
        assert list(again) == list(kept)
        assert again == kept
        assert str(session.tables.schema) == diagram
        assert session.version == version
        session.tables["Sales"].load(pd.DataFrame({"shop": [7]}))
        assert session.tables["Sales"].to_arrow()["shop"].to_pylist() == [2, 1, 2, 1, 7]
        assert session.version.epoch == version.epoch
        assert session.version.number == version.number + 1


def test_changes_of_definitions_are_kept(tmp_path: Path) -> None:
    """Tables that were deleted stay away, and one that was replaced is the new one."""
    path = tmp_path / "data.db"
    with _open(path) as session:
        session.create_table("gone", data_types={"a": "int64"})
        session.create_table("new", data_types={"a": "int64"})
        session.create_table("last", data_types={"a": "int64"})
        session.create_table("new", data_types={"b": "string"}, keys={"b"})
        del session.tables["gone"]
        version = session.version

    with _open(path) as session:
        assert list(session.tables) == ["last", "new"]
        assert session.tables["new"].columns == ("b",)
        assert session.version == version


def test_a_rolled_back_transaction_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    """Neither tables nor rows nor versions of a failed transaction come back."""
    path = tmp_path / "data.db"
    with _open(path) as session:
        table = session.create_table("T", data_types={"a": "int64"})
        version = session.version
        with pytest.raises(ZeroDivisionError), session.tables.data_transaction():  # noqa: PT012
            table += (1,)
            session.create_table("U", data_types={"a": "int64"})
            raise ZeroDivisionError
        assert session.version == version

    with _open(path) as session:
        assert list(session.tables) == ["T"]
        assert session.tables["T"].row_count == 0
        assert session.version == version


def test_a_file_held_by_another_process_names_it(tmp_path: Path) -> None:
    """The error tells the file and the process, and the file opens once that has ended."""
    path = tmp_path / "data.db"
    holder = start(
        f"session = al.Session.start(al.SessionConfig(database={str(path)!r}))",
        "print('held', flush=True)",
        "sys.stdin.readline()",
        "session.close()",
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"

    with pytest.raises(DatabaseHeld) as raised:
        _open(path)
    assert str(path) in str(raised.value)
    assert f"process {holder.pid}" in str(raised.value)

    assert holder.communicate("\n", timeout=20) == ("", "")
    with _open(path) as session:
        assert list(session.tables) == []


def test_a_file_held_by_a_session_of_this_process_says_so(tmp_path: Path) -> None:
    """Two sessions cannot share a file, by whatever name they know it."""
    path = tmp_path / "data.db"
    (tmp_path / "link.db").symlink_to(path)
    with _open(path) as session:
        for other in (path, tmp_path / "link.db", tmp_path / ".." / tmp_path.name / "data.db"):
            with pytest.raises(DatabaseHeld, match="another session of this process"):
                _open(other)
        session.create_table("T", data_types={"a": "int64"})

    with _open(path) as session:
        assert list(session.tables) == ["T"]


def test_a_relative_path_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is relative to the working directory at the start."""
    monkeypatch.chdir(tmp_path)
    with al.Session.start(al.SessionConfig(database="data.db")) as session:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        session.create_table("T", data_types={"a": "int64"})

    with _open(tmp_path / "data.db") as session:
        assert list(session.tables) == ["T"]


@pytest.mark.parametrize("name", ["sqlite:data.db", "md:data", "s3:bucket"])
def test_a_path_is_a_file_whatever_it_looks_like(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No prefix of a path makes the engine load an extension or call a network."""
    monkeypatch.chdir(tmp_path)
    with al.Session.start(al.SessionConfig(database=name)) as session:
        session.create_table("T", data_types={"a": "int64"})

    assert (tmp_path / name).is_file()


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    """The error names the file, and its bytes stay."""
    path = tmp_path / "notes.txt"
    path.write_text("some notes " * 1000)

    with pytest.raises(DatabaseUnreadable, match=r"notes\.txt"):
        _open(path)

    assert path.read_text() == "some notes " * 1000


@pytest.mark.parametrize("kind", ["csv", "json", "parquet", "sqlite"])
def test_data_of_another_kind_is_no_database(tmp_path: Path, kind: str) -> None:
    """The engine would open such a file to read from it, and keep nothing of what is loaded."""
    path = tmp_path / f"y.{kind}"
    frame = pd.DataFrame({"a": [1, 2]})
    if kind == "sqlite":
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE y (a INT)")
    else:
        getattr(frame, f"to_{kind}")(path)
    before = path.read_bytes()

    with pytest.raises(DatabaseUnreadable, match=rf"y\.{kind}"):
        _open(path)

    assert path.read_bytes() == before


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    """The file is created when it is missing, its directory is not."""
    with pytest.raises(DatabaseUnreadable, match="missing"):
        _open(tmp_path / "missing" / "data.db")


def test_a_directory_is_no_database(tmp_path: Path) -> None:
    """A directory in the place of the file is refused."""
    with pytest.raises(DatabaseUnreadable):
        _open(tmp_path)


def test_a_file_that_cannot_be_written_is_refused() -> None:
    """A session needs to write; a read-only file is an error at the start.

    Root may write everything, so the program becomes another user; pytest's own temporary folder is
    closed to that one.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.db"
        Path(folder).chmod(0o755)
        lines = run(
            f"""
            al.Session.start(al.SessionConfig(database={str(path)!r})).close()
            os.chmod({str(path)!r}, 0o444)
            if os.geteuid() == 0:
                os.seteuid(65534)
            try:
                al.Session.start(al.SessionConfig(database={str(path)!r}))
            except al.AtomliteError as error:
                print(error.code, {str(path)!r} in str(error))
            """,
        )

    assert lines == ["database_unreadable True"]


def test_a_database_made_by_others_opens_with_its_tables(tmp_path: Path) -> None:
    """Tables of a plain DuckDB file can be read with `sql`; they are none of the session's."""
    path = tmp_path / "plain.db"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE theirs AS SELECT 7 AS a")

    with _open(path) as session:
        assert list(session.tables) == []
        assert session.sql("SELECT a FROM theirs")["a"].tolist() == [7]
        session.create_table("ours", data_types={"a": "int64"})

    with duckdb.connect(str(path)) as connection:
        assert connection.execute("SELECT a FROM theirs").fetchall() == [(7,)]
        assert connection.execute("SELECT count(*) FROM ours").fetchall() == [(0,)]


def test_a_file_of_a_later_layout_is_refused_whole(tmp_path: Path) -> None:
    """What this version cannot read, it does not touch; the file is free again at once."""
    path = tmp_path / "data.db"
    _open(path).close()
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE _atomlite.session SET format = 99")

    for _ in range(2):
        with pytest.raises(DatabaseUnreadable, match="99"):
            _open(path)


def test_wide_types_return_exactly(tmp_path: Path) -> None:
    """Values that only exact types hold are the same after a restart."""
    path = tmp_path / "data.db"
    data = pa.table(
        {
            "u": pa.array([2**64 - 1], pa.uint64()),
            "t": pa.array([1], pa.timestamp("us", "Europe/Rome")),
            "l": pa.array([["a", None]], pa.list_(pa.string())),
        }
    )
    with _open(path) as session:
        before = session.read_arrow(data, table_name="T").to_arrow()

    with _open(path) as session:
        assert session.tables["T"].to_arrow() == before
