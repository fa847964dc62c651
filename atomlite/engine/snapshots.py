"""Reading one state, writing the next: snapshots, transactions, and the state they belong to.

The engine keeps rows; the tables' definitions, counts and version live in Python as one immutable
``state``. Both change at one instant: a `Snapshot` pairs the rows it reads with the state they
belong to, and a `Transaction` publishes its state with its ``COMMIT``. One writer at a time: keys
have no index, so nothing but the writer lock keeps them unique.

Thread rules: any thread may read and write; a writer waits for the one before it. Within a block,
`Store.read` sees what that block has written so far. A block follows `contextvars`, so what it
hands to `asyncio.to_thread` is part of it; such parts take turns, and the block ends after them.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Generic, TypeVar

from atomlite.engine.cancellation import current_operation
from atomlite.engine.interrupts import uninterrupted
from atomlite.errors import AtomliteError, TransactionMisused

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.engine.cache import ResultCache
    from atomlite.engine.cursors import Cursor, Row, TimeLimit
    from atomlite.engine.database import Database
    from atomlite.sql import Statement

State = TypeVar("State")
_T = TypeVar("_T")

_PIN = "SELECT number FROM _atomlite.session LIMIT 0"
"""Reads nothing, but fixes what the transaction sees; ``BEGIN`` alone does not."""

_LOCK_POLL_SECONDS = 0.05
_CHECKPOINT_ROWS = 100_000
_CHECKPOINT_SHARE = 0.25


class Snapshot(Generic[State]):
    """Rows and state of one instant.

    Args:
        cursor: Where its transaction is open.
        state: The state at that instant.
        pin: Begins again and returns the state of the new instant.
    """

    __slots__ = ("_cursor", "_pin", "state")

    writes = False
    """Whether it is part of a transaction, whose rows may never be committed."""

    def __init__(self, cursor: Cursor, state: State, pin: Callable[[Cursor], State]) -> None:
        self._cursor = cursor
        self._pin = pin
        self.state = state

    def rows(self, statement: Statement, limit: TimeLimit | None = None) -> list[Row]:
        """Return the rows of a query, which may have a time limit of its own."""
        return self._cursor.rows(statement, limit)

    def arrow(
        self, statement: Statement, limit: TimeLimit | None = None, *, most: int | None = None
    ) -> pa.Table:
        """Return the rows of a query as an Arrow table, stopping soon after ``most`` of them."""
        return self._cursor.arrow(statement, limit, most=most)

    @contextlib.contextmanager
    def registered(self, name: str, data: pa.Table) -> Iterator[None]:
        """Let the statements of a block read an Arrow table by name."""
        self._cursor.register(name, data)
        try:
            yield
        finally:
            self._cursor.unregister(name)

    def renew(self) -> None:
        """Read the newest instant from here on; needed after a query that was stopped.

        Compare ``state`` before and after to see whether anything has changed.
        """
        self._cursor.command("ROLLBACK")
        self.state = self._pin(self._cursor)


class _Moved(BaseException):
    """The state has been replaced before the first query; nobody but the store may catch this."""


class _LateSnapshot(Snapshot[State]):
    """The published state; its rows are opened by the first query, if there is one.

    Args:
        state: The state.
        open_rows: Opens a snapshot of the newest instant.
    """

    __slots__ = ("_open_rows", "_opened")

    def __init__(self, state: State, open_rows: Callable[[], Snapshot[State]]) -> None:
        self.state = state
        self._open_rows = open_rows
        self._opened: Snapshot[State] | None = None

    def rows(self, statement: Statement, limit: TimeLimit | None = None) -> list[Row]:
        """Return the rows of a query, which may have a time limit of its own."""
        return self._rows_of_state().rows(statement, limit)

    def arrow(
        self, statement: Statement, limit: TimeLimit | None = None, *, most: int | None = None
    ) -> pa.Table:
        """Return the rows of a query as an Arrow table, stopping soon after ``most`` of them."""
        return self._rows_of_state().arrow(statement, limit, most=most)

    @contextlib.contextmanager
    def registered(self, name: str, data: pa.Table) -> Iterator[None]:
        """Let the statements of a block read an Arrow table by name."""
        with self._rows_of_state().registered(name, data):
            yield

    def renew(self) -> None:
        """Read the newest instant from here on."""
        opened = self._rows_of_state()
        opened.renew()
        self.state = opened.state

    def _rows_of_state(self) -> Snapshot[State]:
        if self._opened is None:
            self._opened = self._open_rows()
        if self._opened.state is not self.state:
            raise _Moved
        return self._opened


class _Turn:
    """A lock that knows which thread holds it."""

    __slots__ = ("lock", "thread")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread: int | None = None


class Transaction(Snapshot[State]):
    """Changes that happen together or not at all.

    The engine undoes everything once one statement has failed, and its ``COMMIT`` does not say so;
    so the first failure is remembered here.

    Attributes:
        before: The state when it began.
        state: Set it to what holds after the commit; readers see it only then.
        changed_rows: Rows written so far; decides when the engine compresses.
        wrote: Whether any change was sent; after that, a failure undoes the whole transaction.
        failure: Why it cannot be committed any more.
        notices: Warnings to raise once it is committed.
    """

    __slots__ = ("before", "changed_rows", "failure", "notices", "wrote")

    writes = True

    def __init__(self, cursor: Cursor, state: State, pin: Callable[[Cursor], State]) -> None:
        super().__init__(cursor, state, pin)
        self.before = state
        self.changed_rows = 0
        self.wrote = False
        self.failure: BaseException | None = None
        self.notices: list[Warning] = []

    def rows(self, statement: Statement, limit: TimeLimit | None = None) -> list[Row]:
        """Return the rows of a query, which may have a time limit of its own."""
        with self._remembering():
            return self._cursor.rows(statement, limit)

    def arrow(
        self, statement: Statement, limit: TimeLimit | None = None, *, most: int | None = None
    ) -> pa.Table:
        """Return the rows of a query as an Arrow table, stopping soon after ``most`` of them."""
        with self._remembering():
            return self._cursor.arrow(statement, limit, most=most)

    def renew(self) -> None:
        """Do nothing: one failure undoes the transaction, and every later step of it says so."""

    def change(self, statement: Statement) -> int:
        """Run a change and return the number of rows it touched."""
        self.wrote = True
        with self._remembering():
            return self._cursor.changed(statement)

    def register(self, name: str, data: pa.Table) -> None:
        """Let statements of this transaction read an Arrow table by name."""
        self._cursor.register(name, data)

    def unregister(self, name: str) -> None:
        """Take a registered name back."""
        self._cursor.unregister(name)

    def check(self) -> None:
        """Raise when it cannot be committed any more.

        Raises:
            TransactionMisused: A part failed and its exception was swallowed.
        """
        if self.failure is not None:
            failure = self.failure
            what = failure.message if isinstance(failure, AtomliteError) else repr(failure)
            raise TransactionMisused(
                f"A part of this data transaction failed, so all of it was rolled back: {what}",
                hint="Run it again without the part that failed.",
            ) from failure

    @contextlib.contextmanager
    def _remembering(self) -> Iterator[None]:
        try:
            yield
        except BaseException as error:
            self.failure = self.failure or error
            raise


class _Block(Generic[State]):
    """A block of code that writes, and the turn of those parts of it that run now."""

    __slots__ = ("ended", "transaction", "turn")

    def __init__(self, transaction: Transaction[State]) -> None:
        self.transaction = transaction
        self.turn = _Turn()
        self.ended = False


class Store(Generic[State]):
    """The published state, and the way to the next one."""

    def __init__(self, database: Database, state: State) -> None:
        self._database = database
        self.state = state
        self._writer = _Turn()
        self._settled = threading.Event()
        self._settled.set()
        self._unchecked_rows = 0
        self._block: ContextVar[_Block[State] | None] = ContextVar("atomlite_block", default=None)

    @property
    def cache(self) -> ResultCache:
        """Finished results; statements and versions make their keys."""
        return self._database.cache

    def check(self) -> None:
        """Raise when this code can do nothing here any more.

        Raises:
            SessionClosed: The database was closed.
            SessionForked: This is a forked child.
            AtomliteError: The reason why the current operation was cancelled.
        """
        self._database.check()
        current_operation().check()

    @property
    def transaction(self) -> Transaction[State] | None:
        """The transaction that this code runs in.

        Raises:
            TransactionMisused: It ended, and this code was started inside and not awaited.
            AtomliteError: As for `check`.
        """
        self.check()
        block = self._checked_block()
        return None if block is None else block.transaction

    @property
    def visible_state(self) -> State:
        """The state as this code sees it: that of its transaction, or the published one.

        Raises:
            AtomliteError: As for `transaction`.
        """
        transaction = self.transaction
        return self.state if transaction is None else transaction.state

    @contextlib.contextmanager
    def read(self) -> Iterator[Snapshot[State]]:
        """Read rows and state of one instant; inside a transaction, what it has written too."""
        self.check()
        block = self._checked_block()
        if block is not None:
            with self._part(block):
                yield block.transaction
            return
        with contextlib.closing(self._database.cursor()) as cursor:
            snapshot = Snapshot(cursor, self._pin(cursor), self._pin)
            yield snapshot
            cursor.command("COMMIT")

    def at_one_instant(self, make: Callable[[Snapshot[State]], _T]) -> _T:
        """Return what a function makes of rows and state of one instant; it may need no rows.

        Nothing is asked of the engine before the function's first query. When the state has been
        replaced by then, the function is given up there and called once more, with a snapshot whose
        rows are open; so it must do nothing before that query that cannot be done twice.
        """
        self.check()
        if self._checked_block() is None:
            with contextlib.suppress(_Moved), contextlib.ExitStack() as rows:
                return make(_LateSnapshot(self.state, lambda: rows.enter_context(self.read())))
        with self.read() as snapshot:
            return make(snapshot)

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
        after it has begun to write undoes the outer one, whatever becomes of the exception. So does
        any statement that fails in the engine.

        Raises:
            TransactionMisused: An inner part failed and its exception was swallowed.
        """
        self.check()
        outer = self._checked_block()
        if outer is not None:
            with self._part(outer), self._joined(outer.transaction) as transaction:
                yield transaction
            return
        with self._turn(self._writer), contextlib.closing(self._database.cursor()) as cursor:
            transaction = Transaction(cursor, self.state, self._pin)
            cursor.command("BEGIN TRANSACTION")
            with self._inside(transaction):
                yield transaction
            self._commit(cursor, transaction)

    @contextlib.contextmanager
    def _joined(self, transaction: Transaction[State]) -> Iterator[Transaction[State]]:
        transaction.check()
        before, transaction.wrote = transaction.wrote, False
        try:
            with self._inside(transaction):
                yield transaction
        except BaseException as error:
            if transaction.wrote:
                transaction.failure = transaction.failure or error
            raise
        finally:
            transaction.wrote |= before

    @contextlib.contextmanager
    def _inside(self, transaction: Transaction[State]) -> Iterator[None]:
        """Let the code of a block find its transaction; wait for parts that others still run."""
        block = _Block(transaction)
        token = self._block.set(block)
        try:
            yield
            with self._turn(block.turn):
                block.ended = True
        finally:
            block.ended = True
            self._block.reset(token)

    @contextlib.contextmanager
    def _part(self, block: _Block[State]) -> Iterator[None]:
        """Wait until no other part of a block runs, and keep others waiting."""
        with self._turn(block.turn):
            self._checked_block()
            yield

    def _checked_block(self) -> _Block[State] | None:
        block = self._block.get()
        if block is not None and block.ended:
            raise TransactionMisused(
                "This was started inside a data transaction that has ended.",
                hint="Await it before the block of the transaction ends, or start it after.",
            )
        return block

    @contextlib.contextmanager
    def _turn(self, turn: _Turn) -> Iterator[None]:
        """Hold a turn; while waiting for it, be ready to be stopped.

        Raises:
            TransactionMisused: This very thread holds it, in work that was set aside at an
                ``await`` or a ``yield``, and so would wait for itself for ever.
        """
        while not turn.lock.acquire(timeout=_LOCK_POLL_SECONDS):
            if turn.thread == threading.get_ident():
                raise TransactionMisused(
                    "This thread has a data transaction open in other work, which waits.",
                    hint="Do not `await` or `yield` inside `data_transaction`; gather the data "
                    "first, then open it.",
                )
            self.check()
        turn.thread = threading.get_ident()
        try:
            yield
        finally:
            turn.thread = None
            turn.lock.release()

    def _commit(self, cursor: Cursor, transaction: Transaction[State]) -> None:
        transaction.check()
        self.check()
        # Ctrl-C between the engine's commit and ours would leave rows without their state.
        uninterrupted(lambda: self._publish(cursor, transaction))

    def _publish(self, cursor: Cursor, transaction: Transaction[State]) -> None:
        self._settled.clear()
        try:
            cursor.command("COMMIT")
            self.state = transaction.state
        finally:
            self._settled.set()
        self._unchecked_rows += transaction.changed_rows

    def compress(self, total_rows: int) -> None:
        """Checkpoint when enough was written since the last one, compared with ``total_rows``.

        Never raises nor waits for a writer: the rows it is about are committed, and whoever writes
        now will see to it after.
        """
        enough = max(_CHECKPOINT_ROWS, _CHECKPOINT_SHARE * total_rows)
        if self._unchecked_rows >= enough and self._writer.lock.acquire(blocking=False):
            try:
                if self._database.checkpoint():
                    self._unchecked_rows = 0
            finally:
                self._writer.lock.release()
