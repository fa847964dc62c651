from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from atomlite.config import Limits
from atomlite.errors import HttpError
from atomlite.http.requests import Request
from atomlite.http.responses import Response, ServerSentEvent
from tests.server.serving import Serve, Served, eventually


def _get(path: str, *, accept: str = "*/*") -> bytes:
    return (f"GET /proxy/{path} HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n").encode()


def test_values_of_a_generator_are_lines(served: Served) -> None:
    """A generator of values is NDJSON, plain or async, and has no length."""

    @served.endpoint("plain")
    def plain(*_: object) -> Iterator[object]:
        yield {"n": 1}
        yield None

    @served.endpoint("async")
    async def asynchronous(*_: object) -> AsyncIterator[object]:
        yield {"n": 1}
        await asyncio.sleep(0)
        yield None

    @served.endpoint("returned")
    async def returned(*_: object) -> Iterator[object]:
        return iter([{"n": 1}, None])

    @served.endpoint("wrapped")
    def wrapped(*args: object) -> object:
        return asynchronous(*args)

    for path in ("plain", "async", "returned", "wrapped"):
        answer = served.http.get(f"proxy/{path}")
        assert answer.content == b'{"n":1}\nnull\n'
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        assert answer.headers["Transfer-Encoding"] == "chunked"
        assert served.server.endpoints["GET", path].errors == 0


def test_text_and_bytes_go_out_as_they_are(served: Served) -> None:
    """The first item decides: text is text/plain, bytes are octets, or what the Response says."""

    @served.endpoint("text")
    def text(*_: object) -> Iterator[str]:
        yield "blå"
        yield ""
        yield "bær"

    @served.endpoint("bytes")
    def octets(*_: object) -> Iterator[bytes]:
        yield b"\x00"
        yield b"\xff"

    @served.endpoint("csv")
    def csv(*_: object) -> Response:
        return Response(iter(["a,b\n", "1,2\n"]), media_type="text/csv", status=203)

    assert served.http.get("proxy/text").text == "blåbær"
    assert served.http.get("proxy/bytes").content == b"\x00\xff"
    answer = served.http.get("proxy/csv")
    assert (answer.status_code, answer.text) == (203, "a,b\n1,2\n")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"


def test_empty_stream_is_an_empty_answer(served: Served) -> None:
    """A generator that yields nothing answers 200 and nothing."""

    @served.endpoint("empty")
    def empty(*_: object) -> Iterator[object]:
        return iter(())

    answer = served.http.get("proxy/empty")
    assert (answer.status_code, answer.content) == (200, b"")


def test_events_are_framed_for_browsers(served: Served) -> None:
    """Events, or any values for a client that asks for events, are server-sent events."""

    @served.endpoint("events")
    def events(*_: object) -> Iterator[object]:
        yield ServerSentEvent("two\nlines", event="note", id="7", retry=500)
        yield {"rows": 3}

    @served.endpoint("values")
    def values(*_: object) -> Iterator[object]:
        yield {"rows": 3}

    answer = served.http.get("proxy/events")
    assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
    assert answer.text == (
        'event: note\nid: 7\nretry: 500\ndata: two\ndata: lines\n\ndata: {"rows":3}\n\n'
    )
    asked = served.http.get("proxy/values", headers={"Accept": "text/event-stream"})
    assert asked.text == 'data: {"rows":3}\n\n'
    assert served.http.get("proxy/values").text == '{"rows":3}\n'
    assert served.http.get("proxy/events", headers={"Accept": "text/csv"}).status_code == 406


def test_parts_arrive_while_the_generator_runs(served: Served) -> None:
    """Each part reaches the client before the next is made, when the client keeps up."""
    go_on = threading.Semaphore(0)

    @served.endpoint("steps")
    def steps(*_: object) -> Iterator[int]:
        for step in range(3):
            yield step
            assert go_on.acquire(timeout=10)

    with served.http.stream("GET", "proxy/steps") as answer:
        for step, line in enumerate(answer.iter_lines()):
            assert json.loads(line) == step
            go_on.release()


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_generator_waits_for_its_client(served: Served, kind: str) -> None:
    """A client that does not read stops the generator; one that goes away closes it."""
    made, closed = [0], threading.Event()
    part = b"x" * 100_000

    @served.endpoint("plain")
    def plain(*_: object) -> Iterator[bytes]:
        try:
            while True:
                made[0] += 1
                yield part
        finally:
            closed.set()

    @served.endpoint("async")
    async def asynchronous(*_: object) -> AsyncIterator[bytes]:
        try:
            while True:
                made[0] += 1
                yield part
        finally:
            closed.set()

    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 10_000)
        client.connect(("127.0.0.1", served.server.port))
        client.sendall(_get(kind))
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        time.sleep(0.3)
        after_a_while = made[0]
        time.sleep(0.2)
        assert made[0] == after_a_while < 100, "It stands still."
        assert not closed.is_set()
    assert closed.wait(5)
    eventually(lambda: served.last_trace().status == 499)
    assert served.http.get("health/live").status_code == 200


def test_client_that_does_not_read_is_let_go(serve: Serve) -> None:
    """A stalled client loses its connection after the limit, in a stream or a large answer."""
    served = serve(limits=Limits(stream_idle_seconds=0.3))
    closed = threading.Event()

    @served.endpoint("stream")
    def stream(*_: object) -> Iterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            closed.set()

    @served.endpoint("whole")
    def whole(*_: object) -> Response:
        return Response(bytes(30_000_000))

    with served.connect() as first, served.connect() as second:
        first.sendall(_get("stream"))
        second.sendall(_get("whole"))
        assert closed.wait(5)
        eventually(lambda: not served.server._connections._open)


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_error_within_a_stream_is_no_clean_end(
    served: Served, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What was yielded arrives, the end does not, and trace, log and endpoint know why."""

    @served.endpoint("plain")
    def plain(*_: object) -> Iterator[str]:
        yield "part"
        message = "out of luck"
        raise ValueError(message)

    @served.endpoint("async")
    async def asynchronous(*_: object) -> AsyncIterator[str]:
        yield "part"
        message = "out of luck"
        raise ValueError(message)

    parts: list[str] = []
    with (
        pytest.raises(httpx.RemoteProtocolError),
        served.http.stream("GET", f"proxy/{kind}") as answer,
    ):
        parts.extend(answer.iter_text())
    assert parts == ["part"]
    eventually(lambda: served.server.endpoints["GET", kind].errors == 1)
    assert "out of luck" in str(served.last_trace())
    assert "out of luck" in caplog.text


def test_error_within_a_stream_resets_old_clients(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """For HTTP/1.0 the end of the connection is the end of an answer, so it is reset instead."""

    @served.endpoint("broken")
    def broken(*_: object) -> Iterator[object]:
        yield "part"
        message = "out of luck"
        raise ValueError(message)

    @served.endpoint("fine")
    def fine(*_: object) -> Iterator[object]:
        yield "part"

    old = b"GET /proxy/%b HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
    assert served.raw(old % b"fine").endswith(b"\r\n\r\npart")
    with pytest.raises(ConnectionResetError):
        served.raw(old % b"broken")
    assert "out of luck" in caplog.text


def test_item_that_has_no_form_breaks_the_stream(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """A stream of text cannot go on with an object."""

    @served.endpoint("mixed")
    def mixed(*_: object) -> Iterator[object]:
        yield "text"
        yield {"n": 1}

    with pytest.raises(httpx.RemoteProtocolError):
        served.http.get("proxy/mixed")
    eventually(lambda: "AnswerNotSerializable" in str(served.last_trace()))
    assert caplog.records


def _refuse() -> list[object]:
    raise HttpError(403, "refused", "No.")


def test_error_before_the_first_item_is_a_whole_answer(served: Served) -> None:
    """Until the first item there is a status to choose."""

    @served.endpoint("refused")
    def refused(*_: object) -> Iterator[object]:
        yield from _refuse()

    assert served.http.get("proxy/refused").status_code == 403


def test_stream_may_outlast_the_deadline(serve: Serve) -> None:
    """The deadline is for the first part; a stream may go on for as long as it likes."""
    served = serve(limits=Limits(callback_seconds=0.3))

    @served.endpoint("long")
    def long(*_: object) -> Iterator[int]:
        for step in range(6):
            yield step
            time.sleep(0.1)

    @served.endpoint("late")
    def late(*_: object) -> Iterator[int]:
        time.sleep(0.6)
        yield 1

    assert served.http.get("proxy/long").text == "0\n1\n2\n3\n4\n5\n"
    assert served.http.get("proxy/late").status_code == 504


def test_many_lines_share_writes(served: Served) -> None:
    """Small parts gather while others are on their way: a hundred thousand lines take seconds."""
    lines = 100_000

    @served.endpoint("many")
    def many(_request: Request, _user: object, _session: object, /) -> Iterator[int]:
        yield from range(lines)

    began = time.monotonic()
    assert served.http.get("proxy/many").text.count("\n") == lines
    assert time.monotonic() - began < 10
