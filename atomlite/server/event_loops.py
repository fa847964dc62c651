"""An event loop on a daemon thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVarTuple

Ts = TypeVarTuple("Ts")


class LoopThread:
    """An event loop that runs on a daemon thread, apart from any loop of the program.

    Args:
        name: Name of the thread.
    """

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._inbox: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()
        self._awake = False
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.thread.start()

    def call(self, function: Callable[[*Ts], object], *arguments: *Ts) -> None:
        """Run a function on the loop, soon; from any thread.

        Calls of one thread keep their order. Waking a loop costs a system call, so calls that come
        while it is about to wake share one. After `stop` a call does nothing: nobody waits for it.
        """
        self._inbox.append((function, arguments))
        if not self._awake:
            self._awake = True
            try:
                self.loop.call_soon_threadsafe(self._deliver)
            except RuntimeError:
                if not self.loop.is_closed():
                    raise

    def call_later(self, seconds: float, function: Callable[[], object]) -> None:
        """Run a function on the loop after a time; from any thread."""
        if threading.current_thread() is self.thread:
            self.loop.call_later(seconds, function)
        else:
            self.call(self.loop.call_later, seconds, function)

    def _deliver(self) -> None:
        # Before the first call is taken: who appends after that wakes the loop again.
        self._awake = False
        try:
            while self._inbox:
                function, arguments = self._inbox.popleft()
                function(*arguments)
        finally:
            if self._inbox:  # a call raised; the loop reports it, and the others still run
                self.loop.call_soon(self._deliver)

    def stop(self, timeout: float) -> None:
        """End the loop and its tasks, and wait for the thread; from another thread.

        Args:
            timeout: Seconds to wait. A thread that a callback holds longer is left to itself.
        """
        self.call(self.loop.stop)
        self.thread.join(timeout)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            tasks = asyncio.all_tasks(self.loop)
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
