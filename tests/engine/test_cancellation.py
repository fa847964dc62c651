from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time

import pytest

from atomlite.engine.cancellation import Operation, current_operation
from atomlite.engine.database import Database
from atomlite.errors import OperationCancelled
from atomlite.sql import Statement

_ENDLESS = Statement("SELECT count(*) FROM range(100000000) a, range(100000) b")
_GONE = OperationCancelled("The client left.")


def test_the_first_reason_stays() -> None:
    """An operation that was cancelled twice tells why it was first."""
    operation = Operation()
    operation.cancel(_GONE)
    operation.cancel(OperationCancelled("Something else."))

    with pytest.raises(OperationCancelled, match="The client left"):
        operation.check()


def test_outside_of_any_each_call_is_an_operation_of_its_own() -> None:
    """Nobody can cancel what nobody waits for."""
    current_operation().cancel(_GONE)

    current_operation().check()


def test_the_operation_follows_to_thread_and_not_threads_started_by_hand() -> None:
    """What a callback hands to `asyncio.to_thread` is a part of it."""
    operation = Operation()
    found: list[Operation] = []

    async def main() -> Operation:
        return await asyncio.to_thread(current_operation)

    with operation.active():
        assert asyncio.run(main()) is operation
        thread = threading.Thread(target=lambda: found.append(current_operation()))
        thread.start()
        thread.join()

    assert found[0] is not operation


def test_a_cancelled_operation_begins_no_query(database: Database) -> None:
    """The query is refused before the engine sees it."""
    operation = Operation()
    operation.cancel(_GONE)

    with (
        contextlib.closing(database.cursor()) as cursor,
        operation.active(),
        pytest.raises(OperationCancelled, match="The client left"),
    ):
        cursor.rows(_ENDLESS)


def test_no_cancellation_is_lost_whenever_it_comes(database: Database) -> None:
    """A query ends soon after its operation was cancelled: before it, at its start, or during it.

    The engine forgets an interrupt that comes before the query has begun.
    """
    chance = random.Random(11)  # noqa: S311 -- moments, not secrets
    with contextlib.closing(database.cursor()) as cursor:
        for _ in range(150):
            operation = Operation()
            seconds = chance.choice([0, 0, chance.random() * 0.002, chance.random() * 0.02])
            timer = threading.Timer(seconds, operation.cancel, [_GONE])
            timer.start()
            began = time.monotonic()
            with operation.active(), pytest.raises(OperationCancelled, match="The client left"):
                cursor.rows(_ENDLESS)
            assert time.monotonic() - began < 2
            timer.join()
        assert cursor.rows(Statement("SELECT 1")) == [(1,)]


def test_a_cancellation_reaches_all_queries_of_its_operation_and_no_other(
    database: Database,
) -> None:
    """Two threads of one operation stop; a thread of another goes on."""
    stopped, other = Operation(), Operation()
    ends: list[str] = []

    def work(operation: Operation, name: str) -> None:
        with contextlib.closing(database.cursor()) as cursor, operation.active():
            try:
                cursor.rows(_ENDLESS)
            except OperationCancelled:
                ends.append(name)

    threads = [
        threading.Thread(target=work, args=arguments)
        for arguments in ((stopped, "a"), (stopped, "b"), (other, "c"))
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.2)
    stopped.cancel(_GONE)
    for thread in threads[:2]:
        thread.join(5)
    assert sorted(ends) == ["a", "b"]
    assert threads[2].is_alive()
    other.cancel(_GONE)
    threads[2].join(5)
    assert len(ends) == 3


def test_work_that_ends_as_it_is_cancelled_interrupts_nothing_after(database: Database) -> None:
    """An interrupt never reaches the next statement of the same cursor."""
    with contextlib.closing(database.cursor()) as cursor:
        for _ in range(300):
            operation = Operation()
            thread = threading.Thread(target=operation.cancel, args=[_GONE])
            with operation.active(), contextlib.suppress(OperationCancelled):
                thread.start()
                cursor.rows(Statement("SELECT 1"))
            cursor.command("BEGIN TRANSACTION")
            assert cursor.rows(Statement("SELECT sum(range) FROM range(1000)")) == [(499500,)]
            cursor.command("COMMIT")
            thread.join()
