from __future__ import annotations

import contextlib
import tempfile
import threading
import time
from pathlib import Path

import pytest

from atomlite.engine.database import Database
from atomlite.engine.lockfile import held_error
from atomlite.errors import (
    AtomliteError,
    DeadlineExceeded,
    EngineFailed,
    OutOfMemory,
    QueryFailed,
    SessionClosed,
    TransactionMisused,
)
from atomlite.sql import Statement
from atomlite.telemetry.tracing import Tracing

_ENDLESS = Statement("SELECT count(*) FROM range(100000000) a, range(100000) b")


@pytest.mark.parametrize(
    "text",
    [
        "SET threads = 1",
        "SET enable_external_access = true",
        "ATTACH 'other.db'",
        "COPY (SELECT 1) TO 'out.csv'",
        "SELECT * FROM read_csv('x.csv')",
        "INSTALL json",
        "LOAD httpfs",
        "SELECT * FROM variable",
    ],
)
def test_an_open_database_is_locked(text: str, database: Database) -> None:
    """No statement reaches files, extensions, configuration or variables of the program."""
    variable = [1]
    with contextlib.closing(database.cursor()) as cursor, pytest.raises(AtomliteError):
        cursor.rows(Statement(text))
    assert variable == [1]


@pytest.mark.parametrize(
    ("text", "error", "match"),
    [
        ("SELECT 1 +", QueryFailed, "could not run this: syntax error"),
        ("SELECT * FROM nowhere", QueryFailed, "nowhere"),
        ("SELECT CAST('x' AS INTEGER)", QueryFailed, "Could not convert"),
        ("SELECT 9223372036854775807::BIGINT + 1", QueryFailed, "Overflow"),
    ],
)
def test_errors_of_the_engine_are_told_in_our_words(
    text: str, error: type[AtomliteError], match: str, database: Database
) -> None:
    """No class of the engine leaves it; the message keeps what a reader can act on."""
    with (
        contextlib.closing(database.cursor()) as cursor,
        pytest.raises(error, match=match) as raised,
    ):
        cursor.rows(Statement(text))
    assert "\n" not in str(raised.value)


def test_too_little_memory_is_an_error_and_not_the_end(tracing: Tracing) -> None:
    """A query that does not fit raises, and the next one works."""
    database = Database(None, tracing=tracing, memory_limit="32MiB")
    with contextlib.closing(database.cursor()) as cursor:
        with pytest.raises(OutOfMemory):
            cursor.rows(Statement("SELECT list(range) FROM range(20000000)"))
        assert cursor.rows(Statement("SELECT 1")) == [(1,)]
    database.close()


def test_a_query_over_its_limit_is_stopped_and_the_transaction_with_it(tracing: Tracing) -> None:
    """The limit ends one query; cursors go on."""
    database = Database(None, tracing=tracing, query_seconds=0.1)
    with contextlib.closing(database.cursor()) as cursor:
        for _ in range(3):
            with pytest.raises(DeadlineExceeded, match=r"0\.1 s"):
                cursor.rows(_ENDLESS)
            assert cursor.rows(Statement("SELECT 1")) == [(1,)]
    database.close()


def test_a_query_that_ends_at_its_limit_harms_no_other(tracing: Tracing) -> None:
    """The interrupt of a limit that is just reached never hits the statement that comes next."""
    database = Database(None, tracing=tracing, query_seconds=0.01)
    busy = Statement("SELECT count(*) FROM range(3000000) WHERE hash(range) % 7 = 0")
    with contextlib.closing(database.cursor()) as cursor:
        for _ in range(60):
            with contextlib.suppress(DeadlineExceeded):
                cursor.rows(busy)
            cursor.command("BEGIN TRANSACTION")
            cursor.command("COMMIT")
    database.close()


def test_close_interrupts_and_waits(tracing: Tracing) -> None:
    """What runs raises `SessionClosed`; idle cursors are closed; a second close does nothing."""
    database = Database(None, tracing=tracing)
    idle = database.cursor()
    raised: list[AtomliteError] = []

    def work() -> None:
        with contextlib.closing(database.cursor()) as cursor:
            try:
                cursor.rows(_ENDLESS)
            except AtomliteError as error:
                raised.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    database.close()
    database.close()
    assert time.monotonic() - began < 1
    for thread in threads:
        thread.join(5)

    assert [type(error) for error in raised] == [SessionClosed] * 4
    with pytest.raises(SessionClosed):
        idle.rows(Statement("SELECT 1"))
    with pytest.raises(SessionClosed):
        database.cursor()
    assert not database.checkpoint()


def test_close_while_many_begin_raises_nothing_else(tracing: Tracing) -> None:
    """Statements that begin as the database closes run or raise `SessionClosed`; none crashes."""
    for _ in range(15):
        database = Database(None, tracing=tracing)
        unexpected: list[BaseException] = []

        def work(database: Database = database, seen: list[BaseException] = unexpected) -> None:
            try:
                while True:
                    with contextlib.closing(database.cursor()) as cursor:
                        cursor.rows(Statement("SELECT sum(range) FROM range(2000)"))
            except SessionClosed:
                return
            except BaseException as error:  # noqa: BLE001 -- shown by the assertion
                seen.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.02)
        database.close()
        for thread in threads:
            thread.join(5)
        assert not any(thread.is_alive() for thread in threads)
        assert unexpected == []


def test_a_closed_cursor_says_so(database: Database) -> None:
    """Work that outlives the block of its cursor is told why it fails."""
    cursor = database.cursor()
    cursor.close()
    cursor.close()

    with pytest.raises(TransactionMisused, match="ended"):
        cursor.rows(Statement("SELECT 1"))


def test_the_spill_folder_goes_with_the_database(
    tracing: Tracing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing stays in the folder for temporary files, also when opening fails."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    database = Database(None, tracing=tracing)
    assert len(list(tmp_path.iterdir())) == 1
    database.close()
    assert list(tmp_path.iterdir()) == []

    with pytest.raises(AtomliteError):
        Database(tmp_path / "missing" / "x.db", tracing=tracing)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("message", "holder"),
    [
        ('lock on file "x": Conflicting lock is held in /usr/bin/py (PID 7).', "process 7 (py)"),
        ('Could not set lock on file "x": Resource unavailable', "another process"),
        ("Can't open a connection to same database file with", "another session"),
        ("No such file", None),
    ],
)
def test_who_holds_a_file_is_read_from_the_engines_words(message: str, holder: str | None) -> None:
    """The engine's message tells the process, where it knows it."""
    error = held_error(Path("x"), message)

    assert (error is None) == (holder is None)
    assert error is None or str(holder) in str(error)


def test_a_broken_engine_is_told_as_such(tracing: Tracing, tmp_path: Path) -> None:
    """Pages of the file that are damaged are `EngineFailed`, not an error of the query."""
    path = tmp_path / "data.db"
    database = Database(path, tracing=tracing)
    with contextlib.closing(database.cursor()) as cursor:
        cursor.command("CREATE TABLE t AS SELECT range AS a, hash(range) AS b FROM range(500000)")
    database.close()
    damaged = bytearray(path.read_bytes())
    middle = len(damaged) // 2
    damaged[middle : middle + 400_000] = bytes(400_000)
    path.write_bytes(damaged)

    database = Database(path, tracing=tracing)
    with contextlib.closing(database.cursor()) as cursor, pytest.raises(EngineFailed):
        cursor.rows(Statement("SELECT sum(a), max(b) FROM t"))
    database.close()
