from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import pyarrow as pa
import pytest

from atomlite.engine.cancellation import Operation
from atomlite.engine.cursors import Cursor
from atomlite.engine.database import Database
from atomlite.engine.snapshots import Snapshot, Store, Transaction
from atomlite.errors import OperationCancelled, QueryFailed, SessionClosed, TransactionMisused
from atomlite.sql import Statement

_GONE = OperationCancelled("The client left.")
_COUNT = Statement("SELECT count(*) FROM t")


@dataclass(frozen=True)
class _State:
    """What is known in Python of the one table ``t``: its columns and number of rows."""

    columns: int = 1
    rows: int = 0


@pytest.fixture
def store(database: Database) -> Store[_State]:
    """Give a store over a table of one column without rows."""
    with contextlib.closing(database.cursor()) as cursor:
        cursor.command("CREATE SCHEMA _atomlite")
        cursor.command("CREATE TABLE _atomlite.session (number BIGINT)")
        cursor.command("CREATE TABLE t (c0 BIGINT)")
    return Store(database, _State())


def _insert(transaction: Transaction[_State], rows: int = 1) -> None:
    values = ", ".join(["0"] * transaction.state.columns)
    text = f"INSERT INTO t SELECT {values} FROM range({rows})"  # noqa: S608 -- numbers only
    transaction.change(Statement(text))
    transaction.state = replace(transaction.state, rows=transaction.state.rows + rows)


def _widen(transaction: Transaction[_State]) -> None:
    """Replace the table by an empty one with one column more."""
    columns = transaction.state.columns % 5 + 1
    transaction.change(Statement("DROP TABLE t"))
    definitions = ", ".join(f"c{i} BIGINT" for i in range(columns))
    transaction.change(Statement(f"CREATE TABLE t ({definitions})"))
    transaction.state = _State(columns)


def _counted(store: Store[_State]) -> int:
    with store.read() as snapshot:
        count = snapshot.rows(_COUNT)[0][0]
        assert count == snapshot.state.rows
        assert isinstance(count, int)
        return count


def test_readers_see_a_transaction_when_it_is_committed(store: Store[_State]) -> None:
    """Before, they see the state and the rows as they were; the writer sees its own."""
    with store.write() as transaction:
        _insert(transaction, 3)
        assert store.visible_state.rows == 3
        with store.read() as inside:
            assert inside.rows(_COUNT) == [(3,)]
        with ThreadPoolExecutor() as pool:
            assert pool.submit(_counted, store).result() == 0

    assert _counted(store) == 3


def test_a_snapshot_stays_as_it_was(store: Store[_State]) -> None:
    """A reader that has begun sees nothing of a later commit, tables that go included."""
    with store.write() as transaction:
        _insert(transaction, 3)

    with store.read() as snapshot, ThreadPoolExecutor() as pool:

        def replace_table() -> None:
            with store.write() as transaction:
                _widen(transaction)

        pool.submit(replace_table).result()
        assert snapshot.rows(_COUNT) == [(3,)]
        assert snapshot.state == _State(1, 3)

    assert store.state == _State(2, 0)


def test_rows_and_state_match_while_tables_change(store: Store[_State]) -> None:
    """No reader sees the schema of one version with the rows of another."""
    done = threading.Event()
    wrong: list[object] = []
    reads = 0

    def read() -> None:
        nonlocal reads
        while not done.is_set():
            with store.read() as snapshot:
                rows = snapshot.arrow(Statement("SELECT * FROM t"))
                if (rows.num_columns, rows.num_rows) != (
                    snapshot.state.columns,
                    snapshot.state.rows,
                ):
                    wrong.append((rows.schema, rows.num_rows, snapshot.state))
                reads += 1

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    end = time.monotonic() + 2
    writes = 0
    while time.monotonic() < end:
        with store.write() as transaction:
            if writes % 3 == 2:
                _widen(transaction)
            _insert(transaction, writes % 7 + 1)
        writes += 1
    done.set()
    for reader in readers:
        reader.join()

    assert wrong == []
    assert reads > 20
    assert writes > 20


def test_writers_take_turns(store: Store[_State]) -> None:
    """Each sees what the one before has committed; no update is lost."""

    def write(_: int) -> None:
        for _ in range(10):
            with store.write() as transaction:
                _insert(transaction)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    assert _counted(store) == 40


def test_a_writer_that_waits_can_be_cancelled(store: Store[_State]) -> None:
    """Its operation ends the wait, and the writer before it is not disturbed."""
    operation = Operation()
    raised: list[BaseException] = []

    def wait() -> None:
        try:
            with operation.active(), store.write():
                pytest.fail("two writers at once")
        except OperationCancelled as error:
            raised.append(error)

    thread = threading.Thread(target=wait)
    with store.write() as transaction:
        thread.start()
        time.sleep(0.1)
        operation.cancel(_GONE)
        thread.join(1)
        assert raised == [_GONE]
        _insert(transaction)
    assert _counted(store) == 1


def test_an_exception_undoes_the_block(store: Store[_State]) -> None:
    """Rows and state are as before, and the next writer finds its way free."""
    with pytest.raises(ZeroDivisionError), store.write() as transaction:  # noqa: PT012
        _insert(transaction)
        raise ZeroDivisionError
    assert _counted(store) == 0

    with store.write() as transaction:
        _insert(transaction)
    assert _counted(store) == 1


def test_a_swallowed_failure_of_a_part_undoes_the_whole(store: Store[_State]) -> None:
    """A part that failed after it began to write cannot be left out silently."""
    with pytest.raises(TransactionMisused, match="ZeroDivisionError"), store.write():  # noqa: PT012, SIM117
        with contextlib.suppress(ZeroDivisionError), store.write() as part:
            _insert(part)
            raise ZeroDivisionError
    assert _counted(store) == 0


def test_a_part_that_failed_before_it_wrote_may_be_left_out(store: Store[_State]) -> None:
    """Nothing is half done then."""
    with store.write() as transaction:
        with contextlib.suppress(ZeroDivisionError), store.write():
            raise ZeroDivisionError
        _insert(transaction)
    assert _counted(store) == 1


@pytest.mark.parametrize("text", ["SELECT CAST('x' AS INTEGER)", "SELECT * FROM nowhere"])
def test_a_swallowed_failure_of_a_query_undoes_the_whole(text: str, store: Store[_State]) -> None:
    """The engine undoes a transaction in which any statement failed, and its COMMIT hides that."""
    with pytest.raises(TransactionMisused, match="rolled back"), store.write() as transaction:  # noqa: PT012
        _insert(transaction)
        with contextlib.suppress(QueryFailed), store.read() as snapshot:
            snapshot.rows(Statement(text))
    assert _counted(store) == 0


def test_a_failed_commit_leaves_the_state_as_it_was(
    store: Store[_State], monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the engine cannot commit, readers go on with what was, and the next writer writes."""
    command = Cursor.command

    def conflict(cursor: Cursor, text: str) -> None:
        if text == "COMMIT" and store.transaction is None and not failed:
            failed.append(text)
            command(cursor, "ROLLBACK")  # what an engine does that cannot commit
        command(cursor, text)

    failed: list[str] = []
    with pytest.raises(QueryFailed), store.write() as transaction:  # noqa: PT012
        _insert(transaction)
        monkeypatch.setattr(Cursor, "command", conflict)
    monkeypatch.undo()

    assert failed == ["COMMIT"]
    assert _counted(store) == 0
    with store.write() as transaction:
        _insert(transaction)
    assert _counted(store) == 1


def test_what_is_handed_to_another_thread_is_part_of_the_transaction(
    store: Store[_State],
) -> None:
    """`asyncio.to_thread` carries the transaction; parts that run at once take turns."""

    def part() -> None:
        with store.write() as transaction:
            before = transaction.state
            time.sleep(0.002)
            _insert(transaction)
            assert transaction.state.rows == before.rows + 1

    async def main() -> None:
        with store.write():
            await asyncio.gather(*[asyncio.to_thread(part) for _ in range(10)])
            assert store.visible_state.rows == 10
            assert store.state.rows == 0
            with store.write():  # a block in the block, whose parts are of the third rank
                await asyncio.gather(*[asyncio.to_thread(part) for _ in range(5)])

    asyncio.run(main())

    assert _counted(store) == 15


def test_a_block_ends_after_the_parts_that_others_still_run(store: Store[_State]) -> None:
    """What a thread has begun inside the block is committed with it, not torn."""
    begun = threading.Event()

    def part() -> None:
        with store.write() as transaction:
            begun.set()
            time.sleep(0.1)
            _insert(transaction, 5)

    async def main() -> None:
        with store.write():
            task = asyncio.create_task(asyncio.to_thread(part))
            await asyncio.to_thread(begun.wait)
        await task

    asyncio.run(main())

    assert _counted(store) == 5


def test_what_begins_after_its_block_has_ended_is_refused(store: Store[_State]) -> None:
    """Neither reads nor writes go to a transaction that is over."""
    go = asyncio.Event()

    async def late() -> None:
        await go.wait()
        with pytest.raises(TransactionMisused, match="ended"):
            _ = store.visible_state
        with pytest.raises(TransactionMisused, match="ended"), store.write():
            pytest.fail("written")
        with pytest.raises(TransactionMisused, match="ended"), store.read():
            pytest.fail("read")

    async def main() -> None:
        with store.write() as transaction:
            task = asyncio.create_task(late())
            _insert(transaction)
        go.set()
        await task

    asyncio.run(main())

    assert _counted(store) == 1


def test_a_cancelled_operation_never_commits(store: Store[_State]) -> None:
    """Rows are there exactly when the block ended without an error, whenever the cancel came."""
    chance = random.Random(3)  # noqa: S311 -- moments, not secrets
    committed = cancelled = 0
    for _ in range(250):
        operation = Operation()
        timer = threading.Timer(chance.random() * 0.006, operation.cancel, [_GONE])
        timer.start()
        try:
            with operation.active(), store.write() as transaction:
                for _ in range(3):
                    _insert(transaction, 10)
            committed += 1
        except OperationCancelled:
            cancelled += 1
        assert _counted(store) == committed * 30
        timer.join()

    assert committed
    assert cancelled


def test_an_operation_cancelled_inside_the_block_does_not_commit(store: Store[_State]) -> None:
    """Also when all its statements had run before."""
    operation = Operation()
    with (  # noqa: PT012
        pytest.raises(OperationCancelled),
        operation.active(),
        store.write() as transaction,
    ):
        _insert(transaction)
        operation.cancel(_GONE)
    assert _counted(store) == 0


def test_enough_rows_are_compressed_once(
    store: Store[_State], monkeypatch: pytest.MonkeyPatch
) -> None:
    """100,000 rows or a quarter of all since the last time, and never on top of a writer."""
    done: list[bool] = []
    checkpoint = Database.checkpoint

    def counted(database: Database) -> bool:
        done.append(checkpoint(database))
        return done[-1]

    monkeypatch.setattr(Database, "checkpoint", counted)

    def written(rows: int) -> None:
        with store.write() as transaction:
            transaction.changed_rows += rows

    written(60_000)
    store.compress(100_000)
    assert done == []
    written(60_000)
    with store.write(), ThreadPoolExecutor() as pool:
        pool.submit(store.compress, 100_000).result(1)  # a writer is at work: not now
    assert done == []
    store.compress(100_000)
    assert done == [True]
    store.compress(100_000)
    assert done == [True]
    written(120_000)
    store.compress(1_000_000)
    assert done == [True]


def test_a_closed_database_fails_no_load_that_was_committed(
    store: Store[_State], database: Database
) -> None:
    """To compress is a service after the commit: it never raises."""
    with store.write() as transaction:
        transaction.changed_rows = 1_000_000
    database.close()

    store.compress(1)


def test_after_close_every_way_in_says_so(store: Store[_State], database: Database) -> None:
    """State, reads and writes raise `SessionClosed`, also while a writer never ends."""
    release = threading.Event()
    inside = threading.Event()

    def hold() -> None:
        with contextlib.suppress(SessionClosed), store.write():
            inside.set()
            release.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait()
    database.close()
    for use in (store.read, store.write):
        with pytest.raises(SessionClosed), use():
            pytest.fail("used")
    with pytest.raises(SessionClosed):
        _ = store.visible_state
    release.set()
    thread.join()


@pytest.fixture(autouse=True)
def _no_transaction_stays(store: Store[_State]) -> Iterator[None]:
    """After every test the writer's way is free."""
    yield
    assert not store._writer.lock.locked()


def test_a_state_alone_asks_the_engine_nothing(
    store: Store[_State], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs no rows opens no cursor."""
    opened: list[object] = []
    cursor = Database.cursor

    def counted(own: Database) -> Cursor:
        opened.append(own)
        return cursor(own)

    monkeypatch.setattr(Database, "cursor", counted)
    assert store.at_one_instant(lambda snapshot: snapshot.state.columns) == 1
    assert not opened
    assert store.at_one_instant(lambda snapshot: snapshot.rows(_COUNT)) == [(0,)]
    assert len(opened) == 1


def test_what_began_with_an_older_state_is_done_again(store: Store[_State]) -> None:
    """A commit between the state and the first query: the function starts anew, and only once."""
    seen: list[_State] = []

    def replace_table() -> None:
        with store.write() as transaction:
            _widen(transaction)
            _insert(transaction, len(seen))

    def make(snapshot: Snapshot[_State]) -> tuple[_State, object]:
        state = snapshot.state
        seen.append(state)
        with ThreadPoolExecutor() as pool:
            pool.submit(replace_table).result()
        try:
            rows = snapshot.rows(_COUNT)[0][0]
        except Exception:  # noqa: BLE001 -- whatever a function swallows, it is given up
            rows = None
        assert snapshot.state is state
        return state, rows

    assert store.at_one_instant(make) == (_State(2, 1), 1)
    assert seen == [_State(1, 0), _State(2, 1)]
    assert store.state == _State(3, 2)


def test_an_instant_inside_a_transaction_is_its_own(store: Store[_State]) -> None:
    """It sees what was written, and after a failure nothing goes on."""
    with store.write() as transaction:
        _insert(transaction, 3)
        assert store.at_one_instant(lambda s: (s.writes, s.state.rows, s.rows(_COUNT))) == (
            True,
            3,
            [(3,)],
        )


def test_a_late_snapshot_can_be_renewed(store: Store[_State]) -> None:
    """State and rows move on together."""

    def make(snapshot: Snapshot[_State]) -> tuple[object, ...]:
        before = snapshot.rows(_COUNT), snapshot.state.rows
        with ThreadPoolExecutor() as pool:
            pool.submit(_load, store).result()
        still = snapshot.rows(_COUNT), snapshot.state.rows
        snapshot.renew()
        return before, still, (snapshot.arrow(_COUNT).to_pylist(), snapshot.state.rows)

    before, still, after = store.at_one_instant(make)
    assert before == still == ([(0,)], 0)
    assert after == ([{"count_star()": 2}], 2)


def _load(store: Store[_State]) -> None:
    with store.write() as transaction:
        _insert(transaction, 2)


def test_a_block_of_a_snapshot_reads_arrow_tables_by_name(store: Store[_State]) -> None:
    """In a read and in a transaction, opened or late; after the block the name is free."""
    data = pa.table({"a": [1, 2]})
    total = Statement("SELECT sum(a) FROM given")

    def ask(snapshot: Snapshot[_State]) -> object:
        with snapshot.registered("given", data):
            return snapshot.rows(total)[0][0]

    with store.read() as snapshot:
        found = [ask(snapshot), ask(snapshot)]
        with pytest.raises(QueryFailed, match="given"):
            snapshot.rows(total)
    with store.write() as transaction:
        found.append(ask(transaction))
    found.append(store.at_one_instant(ask))

    assert found == [3] * 4


def test_a_table_is_read_no_further_than_asked_for(store: Store[_State]) -> None:
    """Soon after the most rows it ends, says that there are more, and the cursor goes on."""
    many = Statement("SELECT range FROM range(10000000)")
    with store.read() as snapshot:
        some = snapshot.arrow(many, most=10)
        few = snapshot.arrow(Statement("SELECT range FROM range(7)"), most=10)
        none = snapshot.arrow(Statement("SELECT range FROM range(0)"), most=10)
        counted = snapshot.rows(Statement("SELECT count(*) FROM range(5)"))

    assert 10 < some.num_rows < 1_000_000
    assert few.column(0).to_pylist() == list(range(7))
    assert (none.num_rows, none.schema.names) == (0, ["range"])
    assert counted == [(5,)]
