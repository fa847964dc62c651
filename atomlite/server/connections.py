"""The connections of a server: accepting, watching and closing them, on the loop's thread."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable, Sequence
from types import TracebackType

from tornado.http1connection import HTTP1Connection, HTTP1ConnectionParameters
from tornado.iostream import IOStream, StreamClosedError, UnsatisfiableReadError
from tornado.netutil import add_accept_handler

from atomlite.config import Limits
from atomlite.errors import AtomliteError, HeadTooLarge, InvalidRequest, error_body
from atomlite.http.headers import head_bytes
from atomlite.http.json_text import json_bytes
from atomlite.server.deadlines import Deadlines
from atomlite.server.exchanges import Exchange, Receiver

_READ_AT_ONCE = 16 * 1024
_BARE_REFUSAL = b"HTTP/1.1 400 Bad Request\r\n\r\n"
"""What Tornado says to a text that is no request."""


def _refusal(error: AtomliteError) -> bytes:
    """Return the whole answer to what never became a request: the same shape, and no trace."""
    status = error.http_status
    body = json_bytes(error_body(error, status=status, trace_id=None))
    headers = [
        ("Content-Type", "application/json"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    return head_bytes(status, headers) + body


_NOT_HTTP = _refusal(
    InvalidRequest(
        "This is no well-formed request of HTTP/1.1.",
        hint="Check the request line, the headers, and that the body has one length.",
    )
)


class _Stream(IOStream):
    """A connection's stream of bytes.

    Nagle's algorithm is off from the start: Tornado's switching it for each answer costs two system
    calls. Refusals of Tornado's own get the shape of all errors.
    """

    def __init__(self, connection: socket.socket, header_bytes: int) -> None:
        self._header_bytes = header_bytes
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(connection, read_chunk_size=_READ_AT_ONCE)

    def set_nodelay(self, value: bool) -> None:
        pass

    def write(self, data: bytes | memoryview) -> asyncio.Future[None]:
        return super().write(_NOT_HTTP if data == _BARE_REFUSAL else data)

    def close(
        self,
        exc_info: bool
        | BaseException
        | tuple[type[BaseException] | None, BaseException | None, TracebackType | None]
        | None = False,
    ) -> None:
        if isinstance(exc_info, UnsatisfiableReadError) and not self.closed():
            # The head is larger than its limit; Tornado would close without a word.
            self.socket.send(_refusal(HeadTooLarge(self._header_bytes)))
        super().close(exc_info)


class Connections:
    """All connections of a server.

    Args:
        limits: Their sizes and times.
        receiver: Takes the requests.
    """

    def __init__(self, limits: Limits, receiver: Receiver) -> None:
        self.body_bytes = limits.body_bytes
        self._header_bytes = limits.header_bytes
        self._receiver = receiver
        self._parameters = HTTP1ConnectionParameters(
            max_header_size=limits.header_bytes,
            max_body_size=sys.maxsize,  # `Exchange` checks it, to answer 413 where Tornado says 400
        )
        loop = asyncio.get_running_loop()
        self.waiting: Deadlines[IOStream] = Deadlines(
            loop, limits.connection_idle_seconds, IOStream.close
        )
        self.stalling: Deadlines[Exchange] = Deadlines(
            loop, limits.stream_idle_seconds, Exchange.give_up
        )
        self._open: dict[IOStream, asyncio.Task[None]] = {}
        self._stop_accepting: list[Callable[[], None]] = []
        self._sockets: Sequence[socket.socket] = ()

    def accept(self, sockets: Sequence[socket.socket]) -> None:
        """Accept connections on sockets that listen."""
        self._sockets = sockets
        self._stop_accepting = [add_accept_handler(each, self._connected) for each in sockets]

    def _connected(self, connection: socket.socket, address: tuple[str, int]) -> None:
        stream = _Stream(connection, self._header_bytes)
        self._open[stream] = asyncio.create_task(self._serve(stream, address[0]))

    async def _serve(self, stream: IOStream, address: str) -> None:
        """Answer the requests of a connection, one after the other.

        Tornado's own loop gives way after each answer. The next request then comes in before
        anybody reads it, and to poll that in vain costs a fifth of what the server can do. No
        client can keep this loop to itself for all that: each answer takes `LoopThread.call`.
        """
        try:
            open_still = True
            while open_still:
                connection = HTTP1Connection(stream, is_client=False, params=self._parameters)
                exchange = Exchange(self, connection, address, self._receiver)
                self.waiting.begin(stream)
                open_still = await connection.read_response(exchange)
        except (StreamClosedError, UnsatisfiableReadError):
            pass  # the client is gone, or was sent away
        finally:
            stream.close()
            self.waiting.end(stream)
            del self._open[stream]

    def close_when_sent(self, connection: HTTP1Connection) -> None:
        """Close a connection after the answer that was given to it."""
        stream = connection.stream
        if stream.writing():
            stream.write(b"").add_done_callback(lambda _: connection.close())
        else:
            connection.close()

    def stop_accepting(self) -> None:
        """Refuse new connections; the port is free from now on."""
        for stop in self._stop_accepting:
            stop()
        self._stop_accepting.clear()
        for each in self._sockets:
            each.close()

    async def close_all(self) -> None:
        """Close all connections, whatever they are doing, and wait until they are."""
        tasks = list(self._open.values())
        for stream in list(self._open):
            stream.close()
        await asyncio.gather(*tasks)

    def close_in_child(self) -> None:
        """Close this forked process's copies of all sockets; the parent does not notice.

        Only the file descriptors are closed. To unregister them would reach the parent's poll
        object, which is shared.
        """
        for each in self._sockets:
            each.close()
        for stream in self._open:
            raw: socket.socket | None = stream.socket
            if raw is not None:
                raw.close()
