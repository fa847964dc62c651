from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import TYPE_CHECKING

import pytest

from atomlite.config import Limits
from atomlite.engine.cancellation import current_operation
from atomlite.errors import AtomliteError, DeadlineExceeded
from atomlite.http.requests import Request
from tests.server.serving import Serve, Served, eventually

if TYPE_CHECKING:
    import httpx


def _at_once(count: int, call: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


def test_async_callbacks_run_side_by_side(served: Served) -> None:
    """Coroutines wait together on one thread, which is not the server's."""
    threads = set()

    @served.endpoint("nap")
    async def nap(*_: object) -> int:
        threads.add(threading.current_thread())
        await asyncio.sleep(0.2)
        return 1

    began = time.monotonic()
    answers = _at_once(20, lambda _: served.http.get("proxy/nap"))
    assert {answer.status_code for answer in answers} == {200}
    assert time.monotonic() - began < 2
    assert len(threads) == 1
    assert served.server._loop.thread not in threads


def test_function_that_returns_a_coroutine_is_awaited(served: Served) -> None:
    """What a decorator made of a coroutine function still answers what it returns."""

    async def answer() -> int:
        await asyncio.sleep(0)
        return 7

    @served.endpoint("wrapped")
    def wrapped(*_: object) -> object:
        return answer()

    assert served.http.get("proxy/wrapped").json() == 7


def test_object_with_async_call_is_awaited(served: Served) -> None:
    """An object whose call is a coroutine is an async callback."""

    class Answer:
        async def __call__(self, _request: object, _user: object, _session: object, /) -> int:
            return 7

    served.server.endpoints.register(Answer(), method="GET", route="object")
    assert served.http.get("proxy/object").json() == 7


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_blocking_callback_holds_up_nobody_else(served: Served, kind: str) -> None:
    """While callbacks block, plain requests are answered at once."""
    release = threading.Event()

    @served.endpoint("plain")
    def plain(*_: object) -> None:
        release.wait(10)

    @served.endpoint("async")
    async def asynchronous(*_: object) -> None:
        release.wait(10)

    @served.endpoint("quick")
    def quick(*_: object) -> int:
        return 1

    with ThreadPoolExecutor(12) as pool:
        blocked = [pool.submit(served.http.get, f"proxy/{kind}") for _ in range(12)]
        time.sleep(0.1)
        began = time.monotonic()
        assert served.http.get("proxy/quick").json() == 1
        assert time.monotonic() - began < 1
        release.set()
        assert {future.result().status_code for future in blocked} == {200}


def test_callbacks_may_call_the_session(served: Served) -> None:
    """32 requests whose callbacks each make 3 requests are all answered."""

    @served.endpoint("inner")
    def inner(*_: object) -> int:
        return 1

    @served.endpoint("outer")
    def outer(*_: object) -> int:
        return sum(served.http.get("proxy/inner").json() for _ in range(3))

    answers = _at_once(32, lambda _: served.http.get("proxy/outer"))
    assert [answer.text for answer in answers] == ["3"] * 32


def test_threads_of_async_callbacks_may_call_the_session(served: Served) -> None:
    """`asyncio.to_thread` has no bound that nested calls could run into."""

    @served.endpoint("inner")
    async def inner(*_: object) -> int:
        return await asyncio.to_thread(lambda: 1)

    @served.endpoint("outer")
    async def outer(*_: object) -> int:
        answer = await asyncio.to_thread(served.http.get, "proxy/inner")
        return int(answer.json())

    answers = _at_once(40, lambda _: served.http.get("proxy/outer"))
    assert [answer.text for answer in answers] == ["1"] * 40


@pytest.mark.parametrize("kind", ["plain", "async", "blocking"])
def test_hanging_callback_answers_504_and_can_do_no_more(serve: Serve, kind: str) -> None:
    """At the deadline the client hears so, and every later step of the callback raises."""
    served = serve(limits=Limits(callback_seconds=0.2))
    later: list[BaseException] = []
    done = threading.Event()

    def step() -> None:
        with pytest.raises(DeadlineExceeded):
            served.server.endpoints.register(lambda *_: 1, method="GET", route="late")
        with pytest.raises(DeadlineExceeded):
            del served.server.endpoints["plain"]
        try:
            current_operation().check()
        except AtomliteError as error:
            later.append(error)
        finally:
            done.set()

    @served.endpoint("plain")
    def plain(*_: object) -> None:
        time.sleep(0.5)
        step()

    @served.endpoint("async")
    async def asynchronous(*_: object) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            step()

    @served.endpoint("blocking")
    async def blocking(*_: object) -> None:
        time.sleep(0.5)  # noqa: ASYNC251 -- what a careless user writes
        step()

    began = time.monotonic()
    answer = served.http.get(f"proxy/{kind}")
    assert 0.15 < time.monotonic() - began < 0.45
    assert answer.status_code == 504
    assert answer.json()["error"]["code"] == "deadline_exceeded"
    assert served.last_trace().status == 504
    assert done.wait(5)
    assert [type(error).__name__ for error in later] == ["DeadlineExceeded"]
    assert served.server.endpoints["GET", kind].errors == 1
    assert set(served.server.endpoints) == {
        ("GET", each) for each in ("plain", "async", "blocking")
    }
    eventually(lambda: served.server._dispatcher._abandoned == 0)
    assert served.http.get("health/ready").status_code == 200


def test_stopped_coroutine_may_clean_up(serve: Serve) -> None:
    """A coroutine is cancelled once, so that what it awaits in its ``finally`` comes to an end."""
    served = serve(limits=Limits(callback_seconds=0.1))
    cleaned = threading.Event()

    @served.endpoint("hung")
    async def hung(*_: object) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.2)
            cleaned.set()

    assert served.http.get("proxy/hung").status_code == 504
    assert cleaned.wait(5)


def test_deadline_interrupts_what_runs(serve: Serve) -> None:
    """What registered with the operation is interrupted at the deadline."""
    served = serve(limits=Limits(callback_seconds=0.2))
    interrupted = threading.Event()

    @served.endpoint("query")
    def query(*_: object) -> None:
        with current_operation().interruptible(interrupted.set):
            interrupted.wait(10)

    assert served.http.get("proxy/query").status_code == 504
    assert interrupted.is_set()


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_client_that_leaves_stops_its_callback(served: Served, kind: str) -> None:
    """When the client goes, the operation is cancelled, and the trace says 499."""
    running, stopped = threading.Event(), threading.Event()

    @served.endpoint("plain")
    def plain(*_: object) -> None:
        with current_operation().interruptible(stopped.set):
            running.set()
            stopped.wait(10)

    @served.endpoint("async")
    async def asynchronous(*_: object) -> None:
        running.set()
        try:
            await asyncio.sleep(60)
        finally:
            stopped.set()

    with served.connect() as connection:
        connection.sendall(f"GET /proxy/{kind} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert running.wait(5)
    assert stopped.wait(5)
    eventually(lambda: served.last_trace().status == 499)
    eventually(lambda: served.server._dispatcher._abandoned == 0)


def test_requests_above_the_limits_wait_and_then_are_503(serve: Serve) -> None:
    """So many run at once, so many wait in turn, and the rest is told to come again."""
    served = serve(limits=Limits(concurrent_callbacks=2, queued_requests=3))
    release = threading.Event()
    running = [0, 0]

    @served.endpoint("slow")
    def slow(*_: object) -> None:
        running[0] += 1
        running[1] = max(running)
        release.wait(10)
        running[0] -= 1

    with ThreadPoolExecutor(8) as pool:
        waiting = [pool.submit(served.http.get, "proxy/slow") for _ in range(5)]
        eventually(lambda: len(served.server._dispatcher._waiting) == 3)
        refused = served.http.get("proxy/slow")
        live = served.http.get("health/live")
        release.set()
        assert {future.result().status_code for future in waiting} == {200}
    assert refused.status_code == 503
    assert refused.headers["Retry-After"] == "1"
    assert refused.json()["error"]["code"] == "server_busy"
    assert live.status_code == 200, "Health is told however busy the server is."
    assert running[1] == 2


def test_waiting_counts_for_the_deadline(serve: Serve) -> None:
    """A request that waits in the queue past its deadline answers 504, and never runs."""
    served = serve(limits=Limits(concurrent_callbacks=1, callback_seconds=0.3))
    release = threading.Event()
    calls: list[object] = []

    @served.endpoint("slow")
    def slow(request: Request, _user: object, _session: object, /) -> None:
        calls.append(request.query_parameters["n"])
        release.wait(10)

    answers = _at_once(2, lambda n: served.http.get(f"proxy/slow?n={n}"))
    assert [answer.status_code for answer in answers] == [504, 504]
    release.set()
    eventually(lambda: served.server._dispatcher._abandoned == 0)
    assert len(calls) == 1
    assert served.http.get("proxy/slow?n=3").status_code == 200


def test_redefinition_lets_running_requests_end_as_they_began(served: Served) -> None:
    """Registering again replaces at once; a request in flight ends with what it began with."""
    running, release = threading.Event(), threading.Event()

    def first(*_: object) -> str:
        running.set()
        release.wait(10)
        return "first"

    served.server.endpoints.register(first, method="GET", route="cell")
    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(served.http.get, "proxy/cell")
        assert running.wait(5)
        served.server.endpoints.register(lambda *_: "second", method="GET", route="cell")
        assert served.http.get("proxy/cell").json() == "second"
        release.set()
        assert early.result().json() == "first"
    assert served.server.endpoints["GET", "cell"].calls == 1
    del served.server.endpoints["cell"]
    assert served.http.get("proxy/cell").status_code == 404


def test_redefinitions_under_load_lose_no_request(served: Served) -> None:
    """While cells are run again and again, every request is answered by one of them."""
    served.server.endpoints.register(lambda *_: 0, method="GET", route="cell")
    stop = threading.Event()

    def ask(_: int) -> set[int]:
        statuses = set()
        while not stop.is_set():
            statuses.add(served.http.get("proxy/cell").status_code)
        return statuses

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, n) for n in range(3)]
        for number in range(200):
            served.server.endpoints.register(
                lambda *_, number=number: number, method="GET", route="cell"
            )
        stop.set()
        assert {frozenset(future.result()) for future in asked} == {frozenset({200})}


def test_context_of_one_request_is_not_seen_by_the_next(served: Served) -> None:
    """Each callback runs in a context of its own, whichever thread it is on."""
    variable: ContextVar[int] = ContextVar("variable", default=0)

    @served.endpoint("plain")
    def plain(*_: object) -> int:
        before = variable.get()
        variable.set(before + 1)
        return before

    @served.endpoint("async")
    async def asynchronous(*_: object) -> int:
        return plain()

    for path in ("plain", "async"):
        assert [served.http.get(f"proxy/{path}").json() for _ in range(10)] == [0] * 10


def test_no_other_client_jumps_the_queue(served: Served) -> None:
    """The header alone does not do; its value is the session's secret."""
    served.server.endpoints.register(lambda *_: 1, method="GET", route="one")
    guessed = served.http.get("proxy/one", headers={"Atomlite-Inner-Call": "guess"})
    assert guessed.json() == 1
    assert served.server.inner_key not in guessed.headers.values()
