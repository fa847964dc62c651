"""One statement at a time: run it, trace it, be ready to stop it.

A result is always read to its end before the cursor is used again: an open result would block it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import duckdb

from atomlite.engine.cancellation import current_operation, insist
from atomlite.engine.faults import translate
from atomlite.engine.interrupts import interruptible
from atomlite.errors import DeadlineExceeded, OperationCancelled, SessionClosed

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.engine.database import Database
    from atomlite.sql import Statement

_T = TypeVar("_T")
Row = tuple[object, ...]


class Cursor:
    """A connection of its own to the database, with its own transaction."""

    __slots__ = ("_database", "_lock", "_raw")

    def __init__(self, database: Database, raw: duckdb.DuckDBPyConnection) -> None:
        self._database = database
        self._raw = raw
        self._lock = threading.Lock()

    def rows(self, statement: Statement) -> list[Row]:
        """Run a statement and return its rows; for a change, one row with the number of rows."""
        return self._traced(
            statement,
            lambda: self._raw.execute(statement.text, list(statement.parameters)).fetchall(),
        )

    def arrow(self, statement: Statement) -> pa.Table:
        """Run a query and return its rows as an Arrow table."""
        return self._traced(
            statement,
            lambda: self._raw.sql(
                statement.text, params=list(statement.parameters)
            ).to_arrow_table(),
        )

    def changed(self, statement: Statement) -> int:
        """Run a change and return the number of rows it touched."""
        rows = self.rows(statement)
        count = rows[0][0] if rows else 0
        return count if isinstance(count, int) else 0

    def statement_kinds(self, text: str) -> list[str]:
        """Return the kind of each statement of an SQL text: ``SELECT``, ``INSERT``, ...

        Raises:
            QueryFailed: It is no SQL.
        """
        try:
            return [statement.type.name for statement in self._raw.extract_statements(text)]
        except duckdb.Error as error:
            raise translate(error) from error

    def command(self, text: str) -> None:
        """Run a fixed command, such as ``COMMIT``, that is never stopped half way nor traced."""
        try:
            with self._lock, self._database.running(self._raw):
                self._raw.execute(text).fetchall()
        except duckdb.Error as error:
            raise translate(error) from error

    def register(self, name: str, data: pa.Table) -> None:
        """Let statements of this cursor read an Arrow table by name."""
        with self._lock:
            self._raw.register(name, data)

    def unregister(self, name: str) -> None:
        """Take a registered name back."""
        with self._lock:
            self._raw.unregister(name)

    def checkpoint(self) -> bool:
        """Run ``CHECKPOINT`` and return whether it was possible."""
        try:
            with self._lock, self._database.running(self._raw):
                self._raw.execute("CHECKPOINT").fetchall()
        except duckdb.TransactionException:
            return False
        except duckdb.Error as error:
            raise translate(error) from error
        return True

    def close(self) -> None:
        """Close; an open transaction is rolled back. Idempotent."""
        self._raw.close()

    def _traced(self, statement: Statement, call: Callable[[], _T]) -> _T:
        with self._database.tracing.query(statement, database=self._database.name):
            return self._stoppable(call)

    def _stoppable(self, call: Callable[[], _T]) -> _T:
        operation = current_operation()
        limit = _TimeLimit(self._database.query_seconds, self._raw)
        try:
            with (
                self._lock,
                operation.interruptible(self._raw.interrupt),
                self._database.running(self._raw),
                limit,
            ):
                return interruptible(call, self._raw.interrupt)
        except duckdb.Error as error:
            fault = translate(error)
            if isinstance(fault, OperationCancelled):
                operation.check()
                limit.check()
                if self._database.closed:
                    fault = SessionClosed()
            raise fault from error


class _TimeLimit:
    """Stops a query that runs longer than ``limits.query_seconds``."""

    __slots__ = ("_ended", "_expired", "_raw", "_seconds", "_timer")

    def __init__(self, seconds: float | None, raw: duckdb.DuckDBPyConnection) -> None:
        self._seconds = seconds
        self._raw = raw
        self._expired = self._ended = False
        self._timer: threading.Timer | None = None

    def __enter__(self) -> None:
        if self._seconds is not None:
            self._timer = threading.Timer(self._seconds, self._expire)
            self._timer.daemon = True
            self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self) -> None:
        self._expired = True
        insist(self._interrupt)

    def _interrupt(self) -> bool:
        if not self._ended:
            self._raw.interrupt()
        return self._ended

    def check(self) -> None:
        if self._expired and self._seconds is not None:
            raise DeadlineExceeded("The query", self._seconds, "limits.query_seconds")
