from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from atomlite.client import Client
from atomlite.config import Limits, SessionConfig
from atomlite.errors import CalledFromEventLoop, DeadlineExceeded, SessionClosed
from tests.server.serving import Served


@contextmanager
def _calling(**options: object) -> Iterator[tuple[Served, Client]]:
    served = Served(SessionConfig(**options))  # type: ignore[arg-type]
    client = Client(
        served.url,
        tracing=served.tracing,
        callback_seconds=5,
        is_async_callback=served.server.is_async_callback,
        inner_key=served.server.inner_key,
    )
    try:
        yield served, client
    finally:
        client.close()
        served.close()


@pytest.mark.parametrize("base_path", ["/", "/analytics"])
def test_paths_begin_at_the_session(base_path: str) -> None:
    """A path without a slash is below the session, whatever its base path."""
    with _calling(base_path=base_path) as (served, client):
        served.server.endpoints.register(lambda *_: 2, method="GET", route="tables/a/count")
        assert client.http_client.get("proxy/tables/a/count").json() == 2
        assert client.http_client is client.http_client
        assert repr(client) == f"<Client of {served.url}>"


def test_calls_belong_to_the_callers_trace() -> None:
    """A request made within a span is a child of it, on both sides of the connection."""
    with _calling() as (served, client):
        with served.tracing.trace("query endpoint") as trace:
            client.http_client.get("api/version")
        assert [span.name for span in trace.spans][:2] == ["query endpoint", "GET /api/version"]


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session calls itself directly."""
    monkeypatch.setenv("HTTP_PROXY", "http://203.0.113.1:1")
    with _calling() as (_, client):
        assert client.http_client.get("health/live").status_code == 200


def test_async_callback_is_told_not_to_block() -> None:
    """A blocking call in a coroutine would stop the others; a thread may make it."""
    with _calling() as (served, client):

        async def blocking(*_: object) -> str:
            with pytest.raises(CalledFromEventLoop, match="to_thread"):
                client.http_client.get("api/version")
            answer = await asyncio.to_thread(client.http_client.get, "api/version")
            return answer.text

        served.server.endpoints.register(blocking, method="GET", route="blocking")
        assert client.http_client.get("proxy/blocking").json() == '{"data":"small.3"}'


def test_closed_client_says_so() -> None:
    """After closing, which may be done twice, there is no client any more."""
    with _calling() as (_, client):
        client.http_client.get("health/live")
        client.close()
        client.close()
        with pytest.raises(SessionClosed):
            _ = client.http_client


def test_stopped_callback_can_call_no_more() -> None:
    """After its 504 a callback that hung reaches the session over HTTP no more than directly."""
    late: list[BaseException] = []
    done = threading.Event()
    with _calling(limits=Limits(callback_seconds=0.2)) as (served, client):

        def hung(*_: object) -> None:
            time.sleep(0.4)
            try:
                client.http_client.post("proxy/seen")
            except DeadlineExceeded as error:
                late.append(error)
            finally:
                done.set()

        seen = served.server.endpoints
        seen.register(lambda *_: 1, method="POST", route="seen")
        seen.register(hung, method="GET", route="hung")
        assert client.http_client.get("proxy/hung").status_code == 504
        assert done.wait(5)
        assert len(late) == 1
        assert seen["seen"].calls == 0


def test_session_calls_itself_whatever_hosts_it_serves() -> None:
    """Allowed hosts come on top of the names of this machine."""
    with _calling(allowed_hosts=["data.example"]) as (_, client):
        assert client.http_client.get("health/live").status_code == 200
