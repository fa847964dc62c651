"""The connections of a server: accepting, watching and closing them, on the loop's thread."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Sequence

from tornado.http1connection import (
    HTTP1Connection,
    HTTP1ConnectionParameters,
    HTTP1ServerConnection,
)
from tornado.httputil import HTTPConnection, HTTPServerConnectionDelegate
from tornado.ioloop import IOLoop
from tornado.iostream import IOStream, UnsatisfiableReadError
from tornado.netutil import add_accept_handler

from atomlite.config import Limits
from atomlite.http.headers import head_bytes
from atomlite.server.deadlines import Deadlines
from atomlite.server.exchanges import Exchange, Receiver

_READ_AT_ONCE = 16 * 1024
_HEAD_TOO_LARGE = head_bytes(431, [("Content-Length", "0"), ("Connection", "close")])


class _Stream(IOStream):
    """A connection's stream of bytes.

    Nagle's algorithm is off from the start: Tornado's switching it for each answer costs two system
    calls.
    """

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().__init__(connection, read_chunk_size=_READ_AT_ONCE)

    def set_nodelay(self, value: bool) -> None:
        pass

    def close(self, exc_info: object = False) -> None:
        if isinstance(exc_info, UnsatisfiableReadError) and not self.closed():
            # The head is larger than its limit; Tornado would close without a word.
            self.socket.send(_HEAD_TOO_LARGE)
        super().close(exc_info)  # type: ignore[arg-type] -- Tornado names a union of five types


class Connections(HTTPServerConnectionDelegate):
    """All connections of a server.

    Args:
        limits: Their sizes and times.
        receiver: Takes the requests.
    """

    def __init__(self, limits: Limits, receiver: Receiver) -> None:
        self.body_bytes = limits.body_bytes
        self._receiver = receiver
        self._parameters = HTTP1ConnectionParameters(
            max_header_size=limits.header_bytes,
            max_body_size=sys.maxsize,  # `Exchange` checks it, to answer 413 where Tornado says 400
        )
        loop = IOLoop.current().asyncio_loop  # type: ignore[attr-defined]
        self.waiting: Deadlines[HTTP1ServerConnection] = Deadlines(
            loop, limits.connection_idle_seconds, lambda connection: connection.stream.close()
        )
        self.stalling: Deadlines[Exchange] = Deadlines(
            loop, limits.stream_idle_seconds, Exchange.give_up
        )
        self._open: set[HTTP1ServerConnection] = set()
        self._stop_accepting: list[Callable[[], None]] = []
        self._sockets: Sequence[socket.socket] = ()

    def accept(self, sockets: Sequence[socket.socket]) -> None:
        """Accept connections on sockets that listen."""
        self._sockets = sockets
        self._stop_accepting = [add_accept_handler(each, self._serve) for each in sockets]

    def _serve(self, connection: socket.socket, address: tuple[str, int]) -> None:
        server_connection = HTTP1ServerConnection(
            _Stream(connection), self._parameters, context=address[0]
        )
        self._open.add(server_connection)
        server_connection.start_serving(self)

    def start_request(self, server_conn: object, request_conn: HTTPConnection) -> Exchange:
        """Wait for the next request of a connection."""
        assert isinstance(server_conn, HTTP1ServerConnection)  # noqa: S101 -- narrows Tornado's types
        assert isinstance(request_conn, HTTP1Connection)  # noqa: S101
        self.waiting.begin(server_conn)
        return Exchange(self, server_conn, request_conn, self._receiver)

    def on_close(self, server_conn: object) -> None:
        """Forget a connection that is closed."""
        assert isinstance(server_conn, HTTP1ServerConnection)  # noqa: S101
        self.waiting.end(server_conn)
        self._open.discard(server_conn)

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
        for connection in list(self._open):
            await connection.close()

    def close_in_child(self) -> None:
        """Close this forked process's copies of all sockets; the parent does not notice.

        Only the file descriptors are closed. To unregister them would reach the parent's poll object,
        which is shared.
        """
        for each in self._sockets:
            each.close()
        for connection in self._open:
            raw: socket.socket | None = connection.stream.socket
            if raw is not None:
                raw.close()
