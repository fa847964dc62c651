from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from atomlite.server import workers
from atomlite.server.event_loops import LoopThread
from atomlite.server.workers import WorkerExecutor, Workers
from tests.server.serving import eventually


@pytest.fixture
def loop() -> Iterator[LoopThread]:
    """Give a test a loop on a thread of its own."""
    loop = LoopThread("test-loop")
    yield loop
    loop.stop(5)


def test_calls_of_a_thread_keep_their_order(loop: LoopThread) -> None:
    """What one thread asks for first is done first, however many share a wake-up."""
    done: list[int] = []
    for number in range(1_000):
        loop.call(done.append, number)
    eventually(lambda: len(done) == 1_000)
    assert done == list(range(1_000))


def test_call_that_raises_takes_no_other_with_it(
    loop: LoopThread, caplog: pytest.LogCaptureFixture
) -> None:
    """The loop reports the error, and the calls behind it are made."""
    hold, done = threading.Event(), threading.Event()
    loop.call(hold.wait, 5)
    loop.call([].pop)
    loop.call(done.set)
    hold.set()
    assert done.wait(5)
    eventually(lambda: "pop from empty list" in caplog.text)


def test_call_after_the_end_does_nothing(loop: LoopThread) -> None:
    """A late answer has nobody to go to."""
    loop.stop(5)
    loop.call(pytest.fail)
    assert not loop.thread.is_alive()


def test_tasks_end_with_their_loop() -> None:
    """What still runs on a loop is cancelled when it stops."""
    loop, running, cancelled = LoopThread("test-loop"), threading.Event(), threading.Event()

    async def wait() -> None:
        running.set()
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    asyncio.run_coroutine_threadsafe(wait(), loop.loop)
    assert running.wait(5)
    loop.stop(5)
    assert cancelled.is_set()


def test_workers_grow_when_they_are_stuck_and_go_when_idle(
    loop: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Short work stays on few threads; work that blocks gets as many as it takes."""
    monkeypatch.setattr(workers, "_IDLE_SECONDS", 0.2)
    pool = Workers(loop, "test-worker")
    seen = set()
    done = threading.Semaphore(0)

    def short() -> None:
        seen.add(threading.current_thread())
        done.release()

    for _ in range(500):
        pool.submit(short)
    for _ in range(500):
        assert done.acquire(timeout=5)
    few = len(seen)
    together = threading.Barrier(50)

    def meet() -> None:
        together.wait(5)
        done.release()

    for _ in range(50):
        pool.submit(meet)
    for _ in range(50):
        assert done.acquire(timeout=5), "Fifty threads had to meet."
    assert few <= 8
    eventually(lambda: pool._threads == 0)
    pool.submit(short)
    assert done.acquire(timeout=5), "It begins anew."
    pool.stop()
    eventually(lambda: pool._threads == 0)


def test_executor_hands_on_results_and_errors(loop: LoopThread) -> None:
    """What a function returns or raises arrives where it is awaited."""
    pool = Workers(loop, "test-worker")
    executor = WorkerExecutor(pool)
    assert executor.submit(divmod, 7, 2).result(5) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        executor.submit(divmod, 7, 0).result(5)
    hold = threading.Event()
    for _ in range(workers._KEPT):
        pool.submit(partial(hold.wait, 5))
    late = executor.submit(time.sleep, 60)
    assert late.cancel()
    hold.set()
    pool.stop()
