"""Deadlines that are the same number of seconds away for everything that has one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Deadlines(Generic[K]):
    """What has to end within a time, checked by one timer; for the loop's thread only.

    As all have the same time, they end in the order in which they began: to begin and to end one
    costs two changes of a dictionary, where a timer for each costs ten times that.

    Args:
        loop: The loop whose clock counts.
        seconds: Time that each has.
        expired: Called with what did not end in time.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, expired: Callable[[K], object]
    ) -> None:
        self._loop = loop
        self._seconds = seconds
        self._expired = expired
        self._ends: dict[K, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        """Return how many have begun and not ended."""
        return len(self._ends)

    def begin(self, key: K) -> None:
        """Give ``key`` its time, anew if it has begun before."""
        self._ends.pop(key, None)
        self._ends[key] = self._loop.time() + self._seconds
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._check)

    def end(self, key: K) -> None:
        """Take ``key`` away; nothing happens if it is not there."""
        self._ends.pop(key, None)

    def _check(self) -> None:
        now = self._loop.time()
        late = []
        for key, end in self._ends.items():
            if end > now:
                break
            late.append(key)
        for key in late:
            del self._ends[key]
        first = next(iter(self._ends.values()), None)
        self._timer = None if first is None else self._loop.call_at(first, self._check)
        for key in late:
            self._expired(key)
