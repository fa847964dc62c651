"""Threads that run callbacks."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context
from typing import ParamSpec, TypeVar

from atomlite.server.event_loops import LoopThread

_KEPT = 4
_LOOK_SECONDS = 0.005
_IDLE_SECONDS = 10.0

P = ParamSpec("P")
T = TypeVar("T")


class Workers:
    """Daemon threads that share a queue, as many as it takes for the queue to move.

    A few threads serve short work best: each more costs switches between threads, a tenth of what
    the server can do. So a thread is added not when all are busy, but when all are *stuck*: nothing
    was taken from the queue for 5 ms, Python's own turn for a thread that computes. Then one is
    added for each piece of work that waits. There is no upper bound here, since callbacks that call
    the session wait for other callbacks, and a full pool of such would wait for ever; the
    dispatcher bounds what runs at once instead.

    The standard library's pool does not do: its threads are joined at exit, before any hook, so
    that one hung callback hangs the interpreter.

    Args:
        loop: Where the clock ticks that looks after the queue.
        name: Name of the threads.
    """

    def __init__(self, loop: LoopThread, name: str) -> None:
        self._loop = loop
        self._name = name
        self._work: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._gathered: list[Callable[[], object]] = []
        self._changing = threading.Lock()
        self._threads = 0
        self._taken = 0
        self._taken_before = 0
        self._watched = False

    def submit(self, work: Callable[[], object]) -> None:
        """Run work on some thread, in a context of its own; from any thread."""
        self._work.put(work)
        if self._threads < _KEPT:
            self._grow(1)
        if not self._watched:
            self._watched = True
            self._loop.call_later(_LOOK_SECONDS, self._look)

    def submit_soon(self, work: Callable[[], object]) -> None:
        """Run work on some thread, together with what else comes in this turn of the loop.

        On the loop's thread only. To wake a thread for each request would let it and the loop take
        turns at the interpreter with every one, which costs a fifth of what the server can do.
        """
        if not self._gathered:
            self._loop.loop.call_soon(self._submit_gathered)
        self._gathered.append(work)

    def _submit_gathered(self) -> None:
        gathered, self._gathered = self._gathered, []
        for work in gathered:
            self.submit(work)

    def stop(self) -> None:
        """Let the threads go, each when its work is done; does not wait."""
        with self._changing:
            for _ in range(self._threads):
                self._work.put(None)

    def _look(self) -> None:
        # First of all: whoever submits from here on has the queue looked at again.
        self._watched = False
        waiting = self._work.qsize()
        if not waiting:
            return
        if self._taken == self._taken_before:
            self._grow(waiting)
        self._taken_before = self._taken
        self._watched = True
        self._loop.call_later(_LOOK_SECONDS, self._look)

    def _grow(self, count: int) -> None:
        with self._changing:
            self._threads += count
        for _ in range(count):
            threading.Thread(target=self._run, name=self._name, daemon=True).start()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            self._taken += 1  # threads may lose each other's counts; that it changes is what counts
            Context().run(work)
            del work  # an idle thread keeps no request alive
        with self._changing:
            self._threads -= 1

    def _next(self) -> Callable[[], object] | None:
        try:
            return self._work.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            return None


class WorkerExecutor(ThreadPoolExecutor):
    """Workers in the shape that an event loop asks of its default executor; never starts a thread.

    Args:
        workers: Where the work goes.
    """

    def __init__(self, workers: Workers) -> None:
        super().__init__()
        self._workers = workers

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Run a function on a worker."""
        future: Future[T] = Future()

        def work() -> None:
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:  # noqa: BLE001 -- it is raised where it is awaited
                    future.set_exception(error)

        self._workers.submit(work)
        return future
