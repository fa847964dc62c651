"""Engine calls that Ctrl-C can stop.

While the engine works, Python's main thread runs no Python code, so the signal handler that raises
`KeyboardInterrupt` waits until the query ends. So calls from the main thread run on a thread of
their own, and the main thread waits for them in a way that signals interrupt.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")
_RETRY_SECONDS = 0.05


class _Call:
    """A function to run on the other thread, and what became of it."""

    __slots__ = ("done", "error", "function", "result")

    def __init__(self, function: Callable[[], object]) -> None:
        self.function = function
        self.done = threading.Lock()
        self.done.acquire()
        self.result: object = None
        self.error: BaseException | None = None


_queues: dict[int, queue.SimpleQueue[_Call]] = {}


def _serve(calls: queue.SimpleQueue[_Call]) -> None:
    while True:
        call = calls.get()
        try:
            call.result = call.function()
        except BaseException as error:  # noqa: BLE001 -- raised again in the thread that waits
            call.error = error
        call.done.release()
        del call


def _queue() -> queue.SimpleQueue[_Call]:
    """Return the queue of this process; a forked child needs a thread of its own."""
    pid = os.getpid()
    if pid not in _queues:
        _queues[pid] = queue.SimpleQueue()
        threading.Thread(
            target=_serve, args=(_queues[pid],), name="atomlite-engine", daemon=True
        ).start()
    return _queues[pid]


def interruptible(function: Callable[[], _T], interrupt: Callable[[], None]) -> _T:
    """Return ``function()``; on Ctrl-C call ``interrupt`` until it has ended, then raise.

    Args:
        function: A call into the engine that releases the GIL.
        interrupt: Makes the running call end soon; called from the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return function()
    call = _Call(function)
    calls = _queue()
    try:
        calls.put(call)
        call.done.acquire()
    except BaseException:
        _end(calls, interrupt)
        raise
    if call.error is not None:
        raise call.error
    return call.result  # type: ignore[return-value] # what the function returned


def uninterrupted(function: Callable[[], _T]) -> _T:
    """Return ``function()``, all of it: Ctrl-C raises when it has ended, not in its midst."""
    return interruptible(function, _nothing)


def _end(calls: queue.SimpleQueue[_Call], interrupt: Callable[[], None]) -> None:
    """Interrupt until the last call is over, however often Ctrl-C is pressed meanwhile.

    Calls run in their order, so an empty one that has run tells that those before it are over; and
    it does so for a call that Ctrl-C kept out of the queue.
    """
    while True:
        with contextlib.suppress(BaseException):  # the first one is raised when this returns
            interrupt()
            empty = _Call(_nothing)
            calls.put(empty)
            if empty.done.acquire(timeout=_RETRY_SECONDS):
                return


def _nothing() -> None:
    """Take the place of a call, or of an interrupt."""
