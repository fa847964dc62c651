"""The embedded database: open, lock down, hand out cursors, close.

Everything that reaches the engine goes through a `Cursor` of a `Database`. The database is locked
when it is open: no file, network or extension access, no change of configuration, no names taken
from Python's variables.

Thread rules: a `Database` is safe from any thread; a `Cursor` runs one statement at a time.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from atomlite.engine import lockfile
from atomlite.engine.cache import ResultCache
from atomlite.engine.cursors import Cursor
from atomlite.errors import (
    AtomliteError,
    DatabaseUnreadable,
    InvalidConfiguration,
    SessionClosed,
    SessionForked,
)

if TYPE_CHECKING:
    from atomlite.telemetry.tracing import Tracing

_LOCK_DOWN = (
    "SET python_enable_replacements = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_OPENED = "SELECT path IS NOT NULL AND type = 'duckdb' FROM duckdb_databases() WHERE NOT internal"
"""Whether the engine stores in the file: of a CSV file, say, it makes a view, and forgets."""

_STOP_POLL_SECONDS = 0.005
_MOST_PARSED = 500
_LONGEST_PARSED = 5_000


class Database:
    """One open database.

    Args:
        path: The file, created when missing; ``None`` for a database in memory.
        memory_limit: As in `SessionConfig`.
        threads: As in `SessionConfig`.
        query_seconds: As in `Limits`.
        cache_bytes: As in `Limits`.
        tracing: Records every statement.

    Raises:
        DatabaseHeld: Another process, or another session of this one, has the file open.
        DatabaseUnreadable: The file is no database, or written by a newer version.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        tracing: Tracing,
        memory_limit: str | None = None,
        threads: int | None = None,
        query_seconds: float | None = None,
        cache_bytes: int = 0,
    ) -> None:
        # Absolute, since the engine takes "md:..." or "sqlite:..." for another kind of database.
        self.path = path.absolute() if path else None
        self.name = path.stem if path else "memory"
        self.tracing = tracing
        self.query_seconds = query_seconds
        self.cache = ResultCache(cache_bytes)
        self._parsed: dict[str, duckdb.Statement] = {}
        self._cursors: set[Cursor] = set()
        self._closed = threading.Event()
        self._forked_from: int | None = None
        self._spill = Path(tempfile.mkdtemp(prefix="atomlite-"))
        try:
            self._connection: duckdb.DuckDBPyConnection | None = self._open(memory_limit, threads)
        except BaseException:
            shutil.rmtree(self._spill, ignore_errors=True)
            raise

    def _open(self, memory_limit: str | None, threads: int | None) -> duckdb.DuckDBPyConnection:
        config: dict[str, str | bool | int | float | list[str]] = {
            "temp_directory": str(self._spill),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        if memory_limit is not None:
            config["memory_limit"] = memory_limit.replace(" ", "")
        if threads is not None:
            config["threads"] = threads
        try:
            connection = duckdb.connect(str(self.path or ":memory:"), config=config)
        except duckdb.Error as error:
            raise self._opening_error(error) from error
        # Not by the file's first bytes: to close a file here would end the lock that another
        # session of this process holds on it.
        if self.path is not None and connection.execute(_OPENED).fetchall() != [(True,)]:
            connection.close()
            raise DatabaseUnreadable(str(self.path), "it holds data of another kind.")
        for setting in _LOCK_DOWN:
            connection.execute(setting)
        return connection

    def _opening_error(self, error: duckdb.Error) -> Exception:
        if self.path is None or isinstance(error, duckdb.InvalidInputException):
            return InvalidConfiguration("memory_limit or threads", str(error), "a value it accepts")
        held = lockfile.held_error(self.path, str(error))
        return held or DatabaseUnreadable(str(self.path), str(error).split("\n")[0])

    def cursor(self) -> Cursor:
        """Return a new cursor; the caller closes it.

        Raises:
            SessionClosed: After `close`.
        """
        self.check()
        connection = self._connection
        if connection is None:
            raise SessionClosed
        try:
            cursor = Cursor(self, connection.cursor())
        except duckdb.ConnectionException as error:
            raise SessionClosed from error
        self._cursors.add(cursor)
        return cursor

    def parsed(self, text: str, raw: duckdb.DuckDBPyConnection) -> duckdb.Statement | str:
        """Return a statement for a connection to run, parsed where it has run before.

        Of a short query, a third of the time is parsing. A parsed one knows no tables: each run
        looks them up. The engine copies it, so many threads may run it.

        Args:
            text: The SQL.
            raw: The connection; the database may be closed meanwhile.
        """
        found = self._parsed.get(text)
        if found is not None:
            return found
        if len(text) > _LONGEST_PARSED:
            return text
        statements = raw.extract_statements(text)
        if len(statements) != 1:
            return text
        if len(self._parsed) >= _MOST_PARSED:
            self._parsed.clear()
        self._parsed[text] = statements[0]
        return statements[0]

    def forget(self, cursor: Cursor) -> None:
        """Let go of a cursor that was closed."""
        self._cursors.discard(cursor)

    def check(self) -> None:
        """Raise when the database cannot be used.

        Raises:
            SessionClosed: It was closed.
            SessionForked: This is a forked child of the process that opened it.
        """
        if self._forked_from is not None:
            raise SessionForked(self._forked_from)
        if self._closed.is_set():
            raise SessionClosed

    @property
    def forked(self) -> bool:
        """Whether this is a forked child's copy, which must not touch the engine."""
        return self._forked_from is not None

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed.is_set()

    def checkpoint(self) -> bool:
        """Compress what was written, and return whether that worked.

        Call it with no write transaction open. Readers may go on. It never raises, since what was
        committed is safe without: where an old reader holds it up, or the session was closed, a
        later one does its work; an engine that is broken says so at the next statement.
        """
        try:
            with contextlib.closing(self.cursor()) as cursor:
                cursor.command("CHECKPOINT")
        except AtomliteError:
            return False
        return True

    def abandon(self, parent_pid: int) -> None:
        """In a forked child: let nothing there touch the parent's engine, not even a destructor."""
        self._forked_from = parent_pid
        _kept_for_ever.append((self._connection, self._cursors))

    def close(self, *, seconds: float = 1.0) -> None:
        """Interrupt what runs, wait for it for at most ``seconds``, and close. Idempotent.

        Transactions that are open are rolled back.
        """
        if self._closed.is_set() or self._forked_from is not None:
            return
        self._closed.set()
        deadline = time.monotonic() + seconds
        while self._stop_cursors() and time.monotonic() < deadline:
            time.sleep(_STOP_POLL_SECONDS)
        connection, self._connection = self._connection, None
        if self._stop_cursors():  # a statement that ignores interrupts: to close could crash
            _kept_for_ever.append((connection, self._cursors))
        elif connection is not None:
            connection.close()
        self.cache.clear()
        self._parsed.clear()
        shutil.rmtree(self._spill, ignore_errors=True)

    def _stop_cursors(self) -> list[Cursor]:
        """Close the cursors that are idle, interrupt the others, and return those."""
        return [cursor for cursor in list(self._cursors) if not cursor.stop()]


_kept_for_ever: list[tuple[duckdb.DuckDBPyConnection | None, set[Cursor]]] = []
"""Connections whose destructor must not run."""
