"""The way of a streamed answer from the thread that makes it to the loop that sends it."""

from __future__ import annotations

import asyncio
import threading

from atomlite.errors import OperationCancelled
from atomlite.server.event_loops import LoopThread
from atomlite.server.exchanges import Exchange

_ROOM = 64 * 1024


class Outlet:
    """Takes the parts of one answer, and makes their maker wait for the client.

    A part goes out at once when nothing else is on its way. While something is, parts gather, up to
    64 KiB; then `put` waits. So an event reaches its client without delay, many small lines share
    one write, and a client that stalls stops the maker.

    Args:
        loop: The thread of the connections.
        exchange: The way to the client; its head is sent already.
    """

    def __init__(self, loop: LoopThread, exchange: Exchange) -> None:
        self._loop = loop
        self._exchange = exchange
        self._changed = threading.Condition()
        self._waiter: tuple[asyncio.AbstractEventLoop, asyncio.Future[None]] | None = None
        self._parts: list[bytes] = []
        self._size = 0
        self._sending = False
        self._ended = False
        self._failed = False
        self._gone = False

    def put(self, part: bytes) -> None:
        """Send a part; wait while the client is behind.

        Raises:
            OperationCancelled: The client is gone.
        """
        with self._changed:
            self._changed.wait_for(self._has_room)
            self._add(part)

    async def put_async(self, part: bytes) -> None:
        """Send a part as `put` does, without holding up the loop of the caller."""
        while True:
            with self._changed:
                if self._has_room():
                    self._add(part)
                    return
                loop = asyncio.get_running_loop()
                room = loop.create_future()
                self._waiter = (loop, room)
            await room

    def end(self, *, failed: bool = False) -> None:
        """Say that no part follows; does not wait.

        Args:
            failed: Whether parts are missing; the client gets what there is, and then no clean end.
        """
        with self._changed:
            self._ended = True
            self._failed = failed
            self._wake()

    def close(self) -> None:
        """Note that the client is gone: who waits in `put`, or comes to it, is told."""
        with self._changed:
            self._gone = True
            self._notify()

    def _has_room(self) -> bool:
        return self._gone or self._size < _ROOM

    def _add(self, part: bytes) -> None:
        if self._gone:
            raise OperationCancelled("The client left before the end of the answer.")
        if part:
            self._parts.append(part)
            self._size += len(part)
            self._wake()

    def _wake(self) -> None:
        if not self._sending:
            self._sending = True
            self._loop.call(self._send)

    def _notify(self) -> None:
        self._changed.notify_all()
        if self._waiter is not None:
            (loop, room), self._waiter = self._waiter, None
            loop.call_soon_threadsafe(_resolve, room)

    def _send(self) -> None:
        """Send what has gathered; on the loop of the connections, as is what follows from it."""
        with self._changed:
            data = b"".join(self._parts)
            self._parts.clear()
            self._size = 0
            self._sending = bool(data)
            ended = self._ended
            self._notify()
        if data:
            self._exchange.write_part(data).add_done_callback(lambda _: self._send())
        elif ended and self._failed:
            self._exchange.abort()
        elif ended:
            self._exchange.end_parts()


def _resolve(room: asyncio.Future[None]) -> None:
    if not room.done():  # cancelled, when the session closes
        room.set_result(None)
