"""Reading one state, writing the next: snapshots, transactions, and the state they belong to.

The engine keeps rows; the tables' definitions, counts and version live in Python as one immutable
``state``. Both change at one instant: a `Snapshot` pairs the rows it reads with the state they
belong to, and a `Transaction` publishes its state with its ``COMMIT``. One writer at a time: keys
have no index, so nothing but the writer lock keeps them unique.

Thread rules: any thread may read and write; a writer waits for the one before it. Within a block,
`Store.read` sees what that block has written so far.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Generic, TypeVar

from atomlite.engine.cancellation import current_operation
from atomlite.errors import AtomliteError, TransactionMisused

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.engine.cursors import Cursor, Row
    from atomlite.engine.database import Database
    from atomlite.sql import Statement

State = TypeVar("State")

_PIN = "SELECT number FROM _atomlite.session LIMIT 0"
"""Reads nothing, but fixes what the transaction sees; ``BEGIN`` alone does not."""

_LOCK_POLL_SECONDS = 0.05
_CHECKPOINT_ROWS = 100_000
_CHECKPOINT_SHARE = 0.25


class Snapshot(Generic[State]):
    """Rows and state of one instant."""

    __slots__ = ("_cursor", "state")

    def __init__(self, cursor: Cursor, state: State) -> None:
        self._cursor = cursor
        self.state = state

    def rows(self, statement: Statement) -> list[Row]:
        """Return the rows of a query."""
        return self._cursor.rows(statement)

    def arrow(self, statement: Statement) -> pa.Table:
        """Return the rows of a query as an Arrow table."""
        return self._cursor.arrow(statement)


class Transaction(Snapshot[State]):
    """Changes that happen together or not at all.

    Attributes:
        before: The state when it began.
        state: Set it to what holds after the commit; readers see it only then.
        changed_rows: Rows written so far; decides when the engine compresses.
        wrote: Whether any change was sent; after that, a failure undoes the whole transaction.
    """

    __slots__ = ("before", "changed_rows", "failure", "wrote")

    def __init__(self, cursor: Cursor, state: State) -> None:
        super().__init__(cursor, state)
        self.before = state
        self.changed_rows = 0
        self.wrote = False
        self.failure: BaseException | None = None

    def change(self, statement: Statement) -> int:
        """Run a change and return the number of rows it touched."""
        self.wrote = True
        return self._cursor.changed(statement)

    def register(self, name: str, data: pa.Table) -> None:
        """Let statements of this transaction read an Arrow table by name."""
        self._cursor.register(name, data)

    def unregister(self, name: str) -> None:
        """Take a registered name back."""
        self._cursor.unregister(name)


class Store(Generic[State]):
    """The published state, and the way to the next one."""

    def __init__(self, database: Database, state: State) -> None:
        self._database = database
        self.state = state
        self._writer = threading.Lock()
        self._settled = threading.Event()
        self._settled.set()
        self._unchecked_rows = 0
        self._current: ContextVar[Transaction[State] | None] = ContextVar(
            "atomlite_transaction", default=None
        )

    @property
    def transaction(self) -> Transaction[State] | None:
        """The transaction that this code runs in."""
        return self._current.get()

    @property
    def visible_state(self) -> State:
        """The state as this code sees it: that of its transaction, or the published one.

        Raises:
            SessionClosed: The database was closed.
            SessionForked: This is a forked child.
            AtomliteError: The reason why the current operation was cancelled.
        """
        self._database.check()
        current_operation().check()
        transaction = self._current.get()
        return self.state if transaction is None else transaction.state

    @contextlib.contextmanager
    def read(self) -> Iterator[Snapshot[State]]:
        """Read rows and state of one instant; inside a transaction, what it has written too."""
        self._database.check()
        current_operation().check()
        transaction = self._current.get()
        if transaction is not None:
            yield transaction
            return
        with contextlib.closing(self._database.cursor()) as cursor:
            snapshot = Snapshot(cursor, self._pin(cursor))
            yield snapshot
            cursor.command("COMMIT")

    def _pin(self, cursor: Cursor) -> State:
        """Begin a read transaction and return the state that belongs to what it sees."""
        while True:
            self._settled.wait()
            state = self.state
            cursor.command("BEGIN TRANSACTION READ ONLY")
            cursor.command(_PIN)
            if self._settled.is_set() and self.state is state:
                return state
            cursor.command("ROLLBACK")

    @contextlib.contextmanager
    def write(self) -> Iterator[Transaction[State]]:
        """Write in a transaction of its own, or join the one that this code runs in.

        An exception that leaves the block undoes it. Inside an outer transaction, a part that fails
        after it has begun to write undoes the outer one, whatever becomes of the exception.

        Raises:
            TransactionMisused: An inner part failed and its exception was swallowed.
        """
        current_operation().check()
        outer = self._current.get()
        if outer is not None:
            yield from self._join(outer)
            return
        self._acquire_writer()
        try:
            with contextlib.closing(self._database.cursor()) as cursor:
                transaction = Transaction(cursor, self.state)
                cursor.command("BEGIN TRANSACTION")
                token = self._current.set(transaction)
                try:
                    yield transaction
                finally:
                    self._current.reset(token)
                self._commit(cursor, transaction)
        finally:
            self._writer.release()

    @staticmethod
    def _join(outer: Transaction[State]) -> Iterator[Transaction[State]]:
        if outer.failure is not None:
            raise _undone(outer.failure)
        before, outer.wrote = outer.wrote, False
        try:
            yield outer
        except BaseException as error:
            if outer.wrote:
                outer.failure = error
            raise
        finally:
            outer.wrote |= before

    def _acquire_writer(self) -> None:
        operation = current_operation()
        while not self._writer.acquire(timeout=_LOCK_POLL_SECONDS):
            operation.check()

    def _commit(self, cursor: Cursor, transaction: Transaction[State]) -> None:
        if transaction.failure is not None:
            raise _undone(transaction.failure) from transaction.failure
        current_operation().check()
        self._settled.clear()
        try:
            cursor.command("COMMIT")
            self.state = transaction.state
        finally:
            self._settled.set()
        self._unchecked_rows += transaction.changed_rows

    def compress(self, total_rows: int) -> None:
        """Checkpoint when enough was written since the last one, compared with ``total_rows``."""
        if self._unchecked_rows < max(_CHECKPOINT_ROWS, _CHECKPOINT_SHARE * total_rows):
            return
        with self._writer:
            if self._database.checkpoint():
                self._unchecked_rows = 0


def _undone(failure: BaseException) -> TransactionMisused:
    what = failure.message if isinstance(failure, AtomliteError) else repr(failure)
    return TransactionMisused(
        f"A part of this data transaction failed, so all of it was rolled back: {what}",
        hint="Run it again without the part that failed.",
    )
