"""Work that another thread can stop.

An `Operation` is what one caller waits for: a request's callback, or a call from a notebook.
Queries that run inside it register how to interrupt them; whoever stops the operation interrupts
them all, and every later step of it raises.

>>> operation = Operation()
>>> with operation.active():
...     operation.cancel(OperationCancelled("The client left."))
...     current_operation().check()
Traceback (most recent call last):
...
atomlite.errors.OperationCancelled: The client left.

Thread rules: `Operation.cancel` may be called from any thread, at any time, more than once (the
first reason stays); it does not wait. The current operation follows `contextvars`: threads started
by hand do not inherit it, `asyncio.to_thread` does.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from atomlite.errors import AtomliteError, OperationCancelled

__all__ = [
    "Operation",
    "OperationCancelled",
    "current_operation",
    "insist",
    "wait_until_stopped",
]

_RETRY_SECONDS = 0.02


class Operation:
    """One unit of work that can be cancelled."""

    __slots__ = ("_interrupts", "_lock", "reason")

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._interrupts: dict[int, Callable[[], None]] = {}
        self.reason: AtomliteError | None = None

    def check(self) -> None:
        """Raise the reason of the cancellation, if there was one."""
        if self.reason is not None:
            raise self.reason.with_traceback(None)

    def cancel(self, reason: AtomliteError) -> None:
        """Stop the work: interrupt what runs now, and make every later `check` raise ``reason``."""
        with self._lock:
            if self.reason is not None:
                return
            self.reason = reason
            running = bool(self._interrupts)
        if running:
            insist(self._interrupt_all)

    def _interrupt_all(self) -> bool:
        # Under the lock, so that no interrupt comes after the work it was meant for.
        with self._lock:
            for interrupt in list(self._interrupts.values()):
                interrupt()
            return not self._interrupts

    @contextmanager
    def interruptible(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Let `cancel` call ``interrupt`` while the block runs; raise at once if cancelled."""
        key = id(interrupt)
        with self._lock:
            self.check()
            self._interrupts[key] = interrupt
        try:
            yield
        finally:
            with self._lock:
                del self._interrupts[key]

    def active(self) -> _Active:
        """Return a block in which this is the current operation."""
        return _Active(self)


class _Active:
    """A block with a current operation; a class, since every request has one."""

    __slots__ = ("_operation", "_token")

    def __init__(self, operation: Operation) -> None:
        self._operation = operation

    def __enter__(self) -> Operation:
        self._token = _current.set(self._operation)
        return self._operation

    def __exit__(self, *_: object) -> None:
        _current.reset(self._token)


def insist(interrupt: Callable[[], bool]) -> None:
    """Call ``interrupt`` at once and again in the background until it returns True.

    The engine forgets an interrupt that arrives before its query has begun, so one call is not
    enough.
    """
    if interrupt():
        return
    pause = threading.Event()

    def repeat() -> None:
        while not pause.wait(_RETRY_SECONDS):
            if interrupt():
                break
        _insisting.discard(threading.current_thread())

    thread = threading.Thread(target=repeat, name="atomlite-interrupt", daemon=True)
    _insisting.add(thread)
    thread.start()


def wait_until_stopped(seconds: float) -> None:
    """Wait until what was interrupted has ended, for at most ``seconds``.

    A thread that the end of the process cuts short would leave behind a connection that it holds.
    """
    end = time.monotonic() + seconds
    for thread in list(_insisting):
        thread.join(max(0.0, end - time.monotonic()))


_insisting: set[threading.Thread] = set()

_current: ContextVar[Operation | None] = ContextVar("atomlite_operation", default=None)


def inside_operation() -> bool:
    """Return whether this code runs in an operation of a request."""
    return _current.get() is not None


def current_operation() -> Operation:
    """Return the operation that this code runs in; outside of any, a new one of its own."""
    return _current.get() or Operation()
