"""One statement at a time: run it, trace it, be ready to stop it.

A result is always read to its end before the cursor is used again: an open result would block it.
The engine looks for signals in every call from the main thread, and makes errors of its own of
Ctrl-C; so each call goes through `interrupts`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import duckdb

from atomlite.engine.cancellation import current_operation, insist
from atomlite.engine.faults import of_reader, translate
from atomlite.engine.interrupts import interruptible, uninterrupted
from atomlite.errors import (
    DeadlineExceeded,
    OperationCancelled,
    SessionClosed,
    TransactionMisused,
)

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.engine.database import Database
    from atomlite.sql import Statement

_BATCH_ROWS = 100_000
_T = TypeVar("_T")
Row = tuple[object, ...]


class Cursor:
    """A connection of its own to the database, with its own transaction."""

    __slots__ = ("_database", "_lock", "_raw", "_stops")

    def __init__(self, database: Database, raw: duckdb.DuckDBPyConnection) -> None:
        self._database = database
        self._raw: duckdb.DuckDBPyConnection | None = raw
        self._lock = threading.Lock()
        self._stops = False

    def rows(self, statement: Statement, limit: TimeLimit | None = None) -> list[Row]:
        """Run a statement and return its rows; for a change, one row with the number of rows."""
        return self._traced(
            statement,
            lambda raw: raw.execute(
                self._database.parsed(statement.text, raw), list(statement.parameters)
            ).fetchall(),
            limit,
        )

    def arrow(
        self, statement: Statement, limit: TimeLimit | None = None, *, most: int | None = None
    ) -> pa.Table:
        """Run a query and return its rows as an Arrow table.

        Args:
            statement: The query.
            limit: A time limit of its own.
            most: Stop soon after this many rows; a longer table says that there are more. A
                ``LIMIT`` in the text would do the same, but the engine can hang on one above a
                relation that is joined to itself.
        """

        def read(raw: duckdb.DuckDBPyConnection) -> pa.Table:
            # No names: what a thread that hangs at the end of the process holds, the engine calls
            # a leak, on the terminal.
            if most is None:
                table: pa.Table = relation(raw).to_arrow_table()
                return table
            return _first_rows(relation(raw).to_arrow_reader(_BATCH_ROWS), most)

        def relation(raw: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
            parsed = self._database.parsed(statement.text, raw)
            return raw.sql(parsed, params=list(statement.parameters))

        return self._traced(statement, read, limit)

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
            with self._busy() as raw:
                statements = uninterrupted(lambda: raw.extract_statements(text))
                return [statement.type.name for statement in statements]
        except duckdb.Error as error:
            raise translate(error) from error

    def command(self, text: str) -> None:
        """Run a fixed command, such as ``COMMIT``, that is never stopped half way nor traced."""
        try:
            with self._busy() as raw:
                parsed = self._database.parsed
                uninterrupted(lambda: raw.execute(parsed(text, raw)).fetchall())
        except duckdb.Error as error:
            raise translate(error) from error

    def register(self, name: str, data: pa.Table) -> None:
        """Let statements of this cursor read an Arrow table by name."""
        with self._busy() as raw:
            uninterrupted(lambda: raw.register(name, data))

    def unregister(self, name: str) -> None:
        """Take a registered name back; of a closed cursor, it is gone already."""
        with self._lock:
            raw = self._raw
            if raw is not None:
                uninterrupted(lambda: raw.unregister(name))

    def close(self) -> None:
        """Close; an open transaction is rolled back. Idempotent; nothing in a forked child."""
        if not self._database.forked:
            with self._lock:
                self._shut()
            self._database.forget(self)

    def stop(self) -> bool:
        """Close an idle cursor, from any thread; else interrupt its query and return False."""
        if self._lock.acquire(blocking=False):
            try:
                self._shut()
            finally:
                self._lock.release()
            return True
        raw = self._raw
        if self._stops and raw is not None:
            with contextlib.suppress(duckdb.ConnectionException):  # closed at this moment
                raw.interrupt()
        return False

    def _shut(self) -> None:
        # Let go of it, too: a thread that hangs may keep this object until the process ends, and
        # the engine complains of what is left of it then.
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.close()

    @contextlib.contextmanager
    def _busy(self) -> Iterator[duckdb.DuckDBPyConnection]:
        # The check comes under the lock: `Database.close` marks itself and then takes the lock, so
        # that nothing begins once it has seen this cursor idle.
        with self._lock:
            self._database.check()
            if self._raw is None:
                raise TransactionMisused(
                    "The transaction that this belongs to has ended.",
                    hint="Await what a transaction starts before its block ends.",
                )
            yield self._raw

    def _traced(
        self,
        statement: Statement,
        call: Callable[[duckdb.DuckDBPyConnection], _T],
        limit: TimeLimit | None,
    ) -> _T:
        with self._database.tracing.query(statement, database=self._database.name):
            return self._stoppable(call, limit)

    def _stoppable(
        self, call: Callable[[duckdb.DuckDBPyConnection], _T], own_limit: TimeLimit | None
    ) -> _T:
        operation = current_operation()
        general = TimeLimit(self._database.query_seconds, "The query", "limits.query_seconds")
        limit = _Watch(general if own_limit is None else min(general, own_limit))
        try:
            with self._busy() as raw, operation.interruptible(raw.interrupt), limit.over(raw):
                self._stops = True
                try:
                    return interruptible(lambda: call(raw), raw.interrupt)
                finally:
                    self._stops = False
        except duckdb.Error as error:
            fault = translate(error)
            if isinstance(fault, OperationCancelled):
                operation.check()
                limit.check()
                if self._database.closed:
                    fault = SessionClosed()
            raise fault from error


def _first_rows(reader: pa.RecordBatchReader, most: int) -> pa.Table:
    """Return the rows of a result, and no more than a batch beyond ``most``."""
    import pyarrow as pa  # noqa: PLC0415 -- sessions start sooner without

    batches, number = [], 0
    with reader:
        try:
            for batch in reader:
                batches.append(batch)
                number += batch.num_rows
                if number > most:
                    break
        except (OSError, pa.ArrowException) as error:
            raise of_reader(error) from error
        return pa.Table.from_batches(batches, reader.schema)


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """How long a query may take.

    Args:
        seconds: The limit; ``None`` for none.
        what: What it is about, for the message.
        setting: What to raise to allow more.
    """

    seconds: float | None
    what: str
    setting: str

    def __lt__(self, other: TimeLimit) -> bool:
        """Return whether this is the shorter one."""
        return self.seconds is not None and (other.seconds is None or self.seconds < other.seconds)


class _Watch:
    """Stops a query that runs longer than its limit."""

    __slots__ = ("_expired", "_limit", "_lock", "_running")

    def __init__(self, limit: TimeLimit) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._running: duckdb.DuckDBPyConnection | None = None
        self._expired = False

    @contextlib.contextmanager
    def over(self, raw: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """Hold for what a connection does in the block."""
        if self._limit.seconds is None:
            yield
            return
        self._running = raw
        timer = threading.Timer(self._limit.seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            with self._lock:  # what the connection does next is never interrupted
                self._running = None
            timer.cancel()

    def _expire(self) -> None:
        self._expired = True
        insist(self._interrupt)

    def _interrupt(self) -> bool:
        with self._lock:
            if self._running is not None:
                self._running.interrupt()
            return self._running is None

    def check(self) -> None:
        limit = self._limit
        if self._expired and limit.seconds is not None:
            raise DeadlineExceeded(limit.what, limit.seconds, limit.setting)
