from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import httpx

import atomlite as al


def test_callbacks_that_call_the_session_do_not_wait_for_each_other() -> None:
    """When all places are taken by callers, what they call runs all the same."""
    limits = al.Limits(concurrent_callbacks=4, callback_seconds=10)
    with al.Session.start(al.SessionConfig(limits=limits)) as session:

        @session.endpoint("inner")
        def inner(request: al.Request, user: al.User, session: al.Session, /) -> int:
            return 1

        @session.endpoint("outer")
        def outer(request: al.Request, user: al.User, session: al.Session, /) -> int:
            time.sleep(0.1)  # until all are here
            answer = session.client.http_client.get("proxy/inner")
            return int(answer.raise_for_status().json())

        @session.endpoint("deeper")
        def deeper(request: al.Request, user: al.User, session: al.Session, /) -> int:
            return session.client.http_client.get("proxy/deeper").status_code

        with ThreadPoolExecutor(12) as pool:
            answers = list(
                pool.map(lambda _: httpx.get(f"{session.url}/proxy/outer", timeout=20), range(12))
            )

        assert [answer.json() for answer in answers] == [1] * 12
        began = time.monotonic()
        assert session.client.http_client.get("proxy/deeper").json() in {200, 503}
        assert time.monotonic() - began < 9  # refused at its bound, not by the deadline
