"""One request and its answer on a connection: the bytes of both, on the loop's thread."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from tornado.httputil import HTTPHeaders, HTTPMessageDelegate, RequestStartLine, ResponseStartLine

if TYPE_CHECKING:
    from tornado.http1connection import HTTP1Connection

    from atomlite.server.connections import Connections

_NONE_YET = HTTPHeaders()
_SLICE = 1024 * 1024
_LINGER_SECONDS = 2.0
_MOST_LINGER_SECONDS = 30.0
_LENGTH = re.compile("[0-9]{1,4000}")
_RESET = struct.pack("ii", 1, 0)


class Receiver(Protocol):
    """What takes the requests that have come in."""

    def received(self, exchange: Exchange) -> None:
        """Answer a request that has come whole."""

    def refuse_body(self, exchange: Exchange) -> None:
        """Answer a request whose body is too large, without its body."""


class Exchange(HTTPMessageDelegate):
    """A request as it comes in, and the way back for its answer.

    Args:
        connections: What watches over the connection.
        connection: Tornado's side of it, for this request.
        client_address: Address of the client's side.
        receiver: Takes the request when it is there.
    """

    def __init__(
        self,
        connections: Connections,
        connection: HTTP1Connection,
        client_address: str,
        receiver: Receiver,
    ) -> None:
        self._connections = connections
        self._connection = connection
        self.client_address = client_address
        self._receiver = receiver
        self._chunks: list[bytes] = []
        self._size = 0
        self._refused = False
        self._answered = False
        self._body_over = False
        self._came = 0.0
        self.method = ""
        self.target = ""
        self.version = ""
        self.headers = _NONE_YET
        self.on_gone: Callable[[], None] | None = None

    # ---- the request ---------------------------------------------------------------------------

    @property
    def body(self) -> bytes:
        """The body; whole when the receiver gets it."""
        return b"".join(self._chunks)

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants another request on this connection."""
        if self._refused:
            return False
        wish = (self.header("Connection") or "").lower()
        return wish == "keep-alive" if self.version == "HTTP/1.0" else wish != "close"

    def header(self, name: str) -> str | None:
        """Return a header of the request, values that came apart joined; ``None`` when not sent.

        Tornado's own ``get`` takes four times as long for a header that was not sent, as most are.
        """
        values = self.headers.get_list(name)
        return ",".join(values) if values else None

    @property
    def takes_chunks(self) -> bool:
        """Whether the client reads an answer of unknown length without the connection's end."""
        return self.version != "HTTP/1.0"

    def headers_received(
        self, start_line: RequestStartLine | ResponseStartLine, headers: HTTPHeaders
    ) -> None:
        """Take the head of the request."""
        self.method, self.target, self.version = start_line  # type: ignore[assignment] # a request's
        self.headers = headers
        length = self.header("Content-Length") or ""
        if _LENGTH.fullmatch(length) and int(length) > self._connections.body_bytes:
            self._refuse()

    def data_received(self, chunk: bytes) -> None:
        """Take a part of the body."""
        if self._refused:
            self._came = self._connection.stream.io_loop.time()
            return
        self._connections.waiting.begin(self._connection.stream)
        self._size += len(chunk)
        self._chunks.append(chunk)
        if self._size > self._connections.body_bytes:
            self._refuse()

    def finish(self) -> None:
        """Hand the request over, whole."""
        self._connections.waiting.end(self._connection.stream)
        if self._refused:
            self._body_over = True
            self._close_refused()
        else:
            self._connection.set_close_callback(self.on_connection_close)
            self._receiver.received(self)

    def on_connection_close(self) -> None:
        """Note that the client is gone."""
        self._connections.waiting.end(self._connection.stream)
        self._connections.stalling.end(self)
        if self.on_gone is not None:
            gone, self.on_gone = self.on_gone, None
            gone()

    def _refuse(self) -> None:
        """Answer before the body has come, then let the body come and forget it, for a time.

        Closed at once, a connection with unread bytes is reset, and the client, still sending,
        would see the reset instead of the answer. So it closes when all of the body has come, when
        nothing has for `_LINGER_SECONDS`, and after `_MOST_LINGER_SECONDS` whatever comes; but
        never before the answer is sent.
        """
        self._refused = True
        self._chunks.clear()
        self.headers.pop("Expect", None)  # Tornado would ask for the body
        self._receiver.refuse_body(self)
        self._came = self._connection.stream.io_loop.time()
        self._linger(self._came + _MOST_LINGER_SECONDS)

    def _linger(self, end: float) -> None:
        loop = self._connection.stream.io_loop
        if loop.time() >= min(end, self._came + _LINGER_SECONDS):
            self._body_over = True
            self._close_refused()
        elif not self._connection.stream.closed():
            loop.call_later(_LINGER_SECONDS / 4, self._linger, end)

    def _close_refused(self) -> None:
        """Close once the refusal is given to the connection and no body is awaited any more."""
        if self._answered and self._body_over:
            self._connections.close_when_sent(self._connection)

    # ---- the answer ----------------------------------------------------------------------------

    def send(self, data: bytes, *, close: bool = False) -> None:
        """Send a whole answer, head and body.

        Args:
            data: The bytes.
            close: Whether to close the connection then, whatever the client wishes.
        """
        self.on_gone = None
        self._send_from(memoryview(data) if len(data) > _SLICE else data, close)

    def _send_from(self, data: bytes | memoryview, close: bool) -> None:
        if len(data) > _SLICE:
            written = self.write(bytes(data[:_SLICE]))
            written.add_done_callback(lambda _: self._send_from(data[_SLICE:], close))
        else:
            self.write(bytes(data))
            self.finish_answer(close=close)

    def write(self, data: bytes) -> asyncio.Future[None]:
        """Send a part of an answer; the future is done when the system has taken it.

        A client that takes nothing for ``limits.stream_idle_seconds`` loses the connection.
        """
        written = self._connection.write(data)
        if not written.done():
            self._connections.stalling.begin(self)
            written.add_done_callback(lambda _: self._connections.stalling.end(self))
        return written

    def finish_answer(self, *, close: bool = False) -> None:
        """End an answer, all of whose parts were given to `write`."""
        self.on_gone = None
        if self._refused:
            self._answered = True
            self._close_refused()
            return  # to finish would be to close, whether the body has come or not
        self._connection.finish()
        if close:
            self._connections.close_when_sent(self._connection)

    def write_part(self, data: bytes) -> asyncio.Future[None]:
        """Send a part of a streamed answer; as `write`."""
        if self.takes_chunks:
            data = b"%x\r\n%b\r\n" % (len(data), data)
        return self.write(data)

    def end_parts(self) -> None:
        """End a streamed answer."""
        if self.takes_chunks:
            self.write(b"0\r\n\r\n")
        self.finish_answer(close=not self.takes_chunks)

    def give_up(self) -> None:
        """End the connection of a client that does not read."""
        self.on_connection_close()
        self.abort()

    def abort(self) -> None:
        """End the connection in a way that no client takes for the end of an answer."""
        self.on_gone = None
        self._connections.stalling.end(self)
        raw: socket.socket | None = self._connection.stream.socket
        if raw is not None and not self.takes_chunks:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._connection.close()
