from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from atomlite.config import Limits
from atomlite.errors import AddressUnavailable, ClosedFromWithin, PortInUse
from tests.server.serving import Serve, Served, eventually


def test_close_waits_for_requests_in_flight(serve: Serve) -> None:
    """What is being answered is answered; nothing new comes in; the port is free then."""
    served = serve()
    running = threading.Event()
    kept = {path: served.connect() for path in (b"proxy/slow", b"health/ready", b"nowhere")}
    for connection in kept.values():
        connection.sendall(b"GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")

    @served.endpoint("slow")
    def slow(*_: object) -> str:
        running.set()
        time.sleep(0.3)
        return "done"

    with ThreadPoolExecutor(2) as pool:
        answer = pool.submit(served.http.get, "proxy/slow")
        assert running.wait(5)
        closing = pool.submit(served.server.close)
        eventually(lambda: served.server._dispatcher.draining)
        with pytest.raises(ConnectionRefusedError):
            served.connect()
        for path, connection in kept.items():
            with connection:
                connection.sendall(b"GET /%b HTTP/1.1\r\nHost: localhost\r\n\r\n" % path)
                text = connection.recv(65536)
                assert text.startswith(b"HTTP/1.1 503 ")
                assert b"Connection: close" in text
                assert b"server_draining" in text
                assert connection.recv(1) == b""
        assert answer.result().json() == "done"
        closing.result()
    assert serve(port=served.server.port).http.get("health/ready").status_code == 200


def test_close_stops_what_does_not_end(served: Served) -> None:
    """After the time to drain, requests are told 503 and their callbacks are cancelled."""
    running = threading.Event()
    cancelled = threading.Event()

    @served.endpoint("hung")
    async def hung(*_: object) -> None:
        running.set()
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()

    @served.endpoint("stream")
    def stream(*_: object) -> Iterator[int]:
        while True:
            yield 1
            time.sleep(0.01)

    with ThreadPoolExecutor(1) as pool, served.connect() as connection:
        connection.sendall(b"GET /proxy/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(1000)
        answer = pool.submit(served.http.get, "proxy/hung")
        assert running.wait(5)
        began = time.monotonic()
        served.server.close(drain_seconds=0.2)
        assert time.monotonic() - began < 2
        assert answer.result().status_code == 503
        assert answer.result().json()["error"]["code"] == "operation_cancelled"
        assert cancelled.wait(5)
        while connection.recv(65536):
            pass


def test_close_is_idempotent_and_leaves_no_threads(serve: Serve) -> None:
    """Closing twice, or from two threads at once, is closing; threads and sockets are gone."""
    before = threading.active_count()
    served = serve()

    @served.endpoint("async")
    async def asynchronous(*_: object) -> int:
        return 1

    @served.endpoint("plain")
    def plain(*_: object) -> int:
        return 1

    assert served.http.get("proxy/async").json() == served.http.get("proxy/plain").json() == 1
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: served.server.close(), range(2)))
    served.server.close()
    eventually(lambda: threading.active_count() <= before)


@pytest.mark.parametrize("kind", ["plain", "async", "thread"])
def test_callback_cannot_close_its_own_server(served: Served, kind: str) -> None:
    """A callback would wait for itself; it is told so, and the server goes on."""

    @served.endpoint("plain")
    def plain(*_: object) -> str:
        with pytest.raises(ClosedFromWithin):
            served.server.close()
        return "open"

    @served.endpoint("async")
    async def asynchronous(*_: object) -> str:
        return plain()

    @served.endpoint("thread")
    async def thread(*_: object) -> str:
        return await asyncio.to_thread(plain)

    assert served.http.get(f"proxy/{kind}").json() == "open"
    assert served.http.get("health/ready").status_code == 200


def test_taken_port_is_an_error_where_it_is_asked_for(serve: Serve) -> None:
    """A port in use is told in the caller's thread, with what to do."""
    served = serve()
    with pytest.raises(PortInUse, match=r"port=0"):
        serve(port=served.server.port)


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_foreign_host_is_an_error_where_it_is_asked_for(serve: Serve, host: str) -> None:
    """An address of another machine cannot be listened on."""
    with pytest.raises(AddressUnavailable):
        serve(host=host)


def test_two_servers_do_not_meet(serve: Serve) -> None:
    """Servers in one process have ports, endpoints and traces of their own."""
    first, second = serve(), serve()
    first.server.endpoints.register(lambda *_: "first", method="GET", route="who")
    assert first.http.get("proxy/who").json() == "first"
    assert second.http.get("proxy/who").status_code == 404
    second.server.close()
    assert first.http.get("proxy/who").json() == "first"


def test_running_loop_of_the_program_is_left_alone() -> None:
    """A server starts, answers and closes within a running loop, as in a notebook."""
    program = """
import asyncio, httpx
from atomlite.config import SessionConfig
from tests.server.serving import Served

async def cell():
    served = Served(SessionConfig())
    served.server.endpoints.register(lambda *_: 1, method="GET", route="one")
    assert served.http.get("proxy/one").json() == 1
    async with httpx.AsyncClient(base_url=served.url, trust_env=False) as client:
        assert (await client.get("proxy/one")).json() == 1
    served.close()

asyncio.run(cell())
print("fine")
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        check=False,
        text=True,
        timeout=30,
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")


@pytest.mark.parametrize("kind", ["plain", "async", "thread"])
def test_interpreter_ends_in_spite_of_a_hung_callback(kind: str) -> None:
    """A callback that never returns does not keep the process, whatever thread it holds."""
    program = f"""
import asyncio, atexit, threading, time
from atomlite.config import SessionConfig
from tests.server.serving import Served

served = Served(SessionConfig())
running = threading.Event()

def plain(*_):
    running.set()
    time.sleep(60)

async def asynchronous(*_):
    plain()

async def thread(*_):
    await asyncio.to_thread(plain)

callbacks = {{"plain": plain, "async": asynchronous, "thread": thread}}
served.server.endpoints.register(callbacks[{kind!r}], method="GET", route="hung")
connection = served.connect()
connection.sendall(b"GET /proxy/hung HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n")
assert running.wait(5)
atexit.register(lambda: served.server.close(drain_seconds=0.1))
print(time.time(), flush=True)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=False, text=True, timeout=30
    )
    assert time.time() - float(done.stdout) < 2.5
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="This system cannot fork.")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_child_lets_go_of_the_sockets(serve: Serve) -> None:
    """The child closes its copies; the parent serves on, and its port is free when it closes."""
    served = serve()
    served.server.endpoints.register(lambda *_: 1, method="GET", route="one")
    assert served.http.get("proxy/one").json() == 1
    child = os.fork()
    if child == 0:
        served.server.close_in_child()
        time.sleep(30)
        os._exit(0)
    try:
        time.sleep(0.1)
        assert served.http.get("proxy/one").json() == 1
        served.server.close()
        with pytest.raises(httpx.HTTPError):
            served.http.get("proxy/one")
        assert serve(port=served.server.port).http.get("health/live").status_code == 200
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_drain_waits_for_an_answer_on_its_way(serve: Serve) -> None:
    """An answer that the client is still reading is not cut off by closing."""
    served = serve(limits=Limits(drain_seconds=10))
    size = 20_000_000
    served.server.endpoints.register(lambda *_: iter([b"x" * size]), method="GET", route="large")
    with served.connect() as connection, ThreadPoolExecutor(1) as pool:
        connection.sendall(b"GET /proxy/large HTTP/1.1\r\nHost: localhost\r\n\r\n")
        received = len(connection.recv(1000))
        closing = pool.submit(served.server.close)
        time.sleep(0.1)
        while data := connection.recv(1_000_000):
            received += len(data)
        closing.result()
    assert received > size


def test_liveness_is_told_while_draining(served: Served) -> None:
    """Only `/health/live` answers as before: the process does live."""
    assert served.http.get("health/live").status_code == 200
    served.server._dispatcher.draining = True
    for path in ("health/ready", "api/version", "proxy/nowhere", "nowhere"):
        assert served.http.get(path).json()["error"]["code"] == "server_draining"
        assert served.http.options(path).status_code == 503
    assert served.http.get("health/live").status_code == 200
