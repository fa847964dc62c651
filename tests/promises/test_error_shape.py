"""Every failed request answers JSON of one shape, and tells nothing of the inside."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import atomlite as al
from atomlite import errors

SECRET = "a text that only the log may show"  # noqa: S105 -- no password, but as private


@pytest.fixture(scope="module")
def serving() -> Iterator[al.Session]:
    """Give a session with small limits and an endpoint for each way to fail."""
    limits = al.Limits(body_bytes=1000, callback_seconds=0.5)
    released = threading.Event()
    with al.Session.start(al.SessionConfig(limits=limits)) as session:

        @session.endpoint("broken")
        def broken(_request: al.Request, _user: al.User, _session: al.Session, /) -> None:
            raise RuntimeError(SECRET)

        @session.endpoint("refused")
        def refused(_request: al.Request, _user: al.User, _session: al.Session, /) -> None:
            raise al.HttpError(
                409, "month_closed", "The month is closed.", hint="Reopen it.", details={"month": 3}
            )

        @session.endpoint("sales")
        def sales(_request: al.Request, _user: al.User, session: al.Session, /) -> int:
            return session.tables["sales"].row_count

        @session.endpoint("slow")
        def slow(_request: al.Request, _user: al.User, _session: al.Session, /) -> None:
            released.wait(10)

        @session.endpoint("strange")
        def strange(_request: al.Request, _user: al.User, _session: al.Session, /) -> object:
            return threading.Lock()

        @session.endpoint("rows", method="POST")
        def rows(request: al.Request, _user: al.User, _session: al.Session, /) -> object:
            return request.body

        @session.endpoint("numbers/{n:int}")
        def number(request: al.Request, _user: al.User, _session: al.Session, /) -> object:
            return request.path_parameters["n"]

        yield session
        released.set()


JSON = {"Content-Type": "application/json"}

FAILURES: dict[str, tuple[dict[str, Any], int, str]] = {
    "no such path": ({"url": "nowhere"}, 404, "endpoint_not_found"),
    "no such endpoint": ({"url": "proxy/nowhere"}, 404, "endpoint_not_found"),
    "wrong type of parameter": ({"url": "proxy/numbers/one"}, 404, "endpoint_not_found"),
    "wrong method": ({"method": "DELETE", "url": "proxy/sales"}, 405, "method_not_allowed"),
    "wrong method inside": ({"method": "POST", "url": "api/tables"}, 405, "method_not_allowed"),
    "bad JSON": (
        {"method": "POST", "url": "proxy/rows", "content": b"{", "headers": JSON},
        400,
        "invalid_json",
    ),
    "wrong type of body": (
        {
            "method": "POST",
            "url": "proxy/rows",
            "content": b"<a/>",
            "headers": {"Content-Type": "text/xml"},
        },
        415,
        "body_type_unsupported",
    ),
    "too large a body": (
        {"method": "POST", "url": "proxy/rows", "content": b"1" * 1001, "headers": JSON},
        413,
        "body_too_large",
    ),
    "foreign host": (
        {"url": "api/tables", "headers": {"Host": "evil.example"}},
        403,
        "host_not_allowed",
    ),
    "foreign origin": (
        {
            "method": "POST",
            "url": "proxy/rows",
            "json": [],
            "headers": {"Origin": "https://evil.example"},
        },
        403,
        "origin_not_allowed",
    ),
    "no such table": ({"url": "api/tables/sales"}, 404, "table_not_found"),
    "an error of atomlite": ({"url": "proxy/sales"}, 404, "table_not_found"),
    "an error of the user": ({"url": "proxy/refused"}, 409, "month_closed"),
    "an exception": ({"url": "proxy/broken"}, 500, "internal_error"),
    "an answer without JSON": ({"url": "proxy/strange"}, 500, "answer_not_serializable"),
    "a hung callback": ({"url": "proxy/slow"}, 504, "deadline_exceeded"),
}


@pytest.mark.usefixtures("caplog")
@pytest.mark.parametrize("failure", FAILURES)
def test_a_failed_request_answers_the_documented_shape(serving: al.Session, failure: str) -> None:
    """Code, message, hint, details, status, trace id; nothing else, and nothing of the inside."""
    request, status, code = FAILURES[failure]
    with httpx.Client(base_url=serving.url) as client:
        answer = client.request(**{"method": "GET", **request})

    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/json")
    body = answer.json()
    assert body.keys() == {"error", "status", "trace_id"}
    assert body["error"].keys() == {"code", "message", "hint", "details"}
    assert body["error"]["code"] == code
    assert body["status"] == status
    assert body["error"]["message"]
    assert isinstance(body["error"]["hint"], str)
    assert isinstance(body["error"]["details"], dict)
    assert body["trace_id"] is None or re.fullmatch("[0-9a-f]{32}", body["trace_id"])
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert ".py" not in answer.text


@pytest.mark.usefixtures("caplog")
@pytest.mark.parametrize("failure", ["an exception", "a hung callback", "an error of the user"])
def test_the_trace_of_a_failed_callback_can_be_found(serving: al.Session, failure: str) -> None:
    """The trace id of the answer names a trace of the session."""
    request, _, _ = FAILURES[failure]
    answer = serving.client.http_client.request(**{"method": "GET", **request})

    assert answer.json()["trace_id"] in {trace.trace_id for trace in serving.traces}


def test_a_wrong_method_names_the_right_ones(serving: al.Session) -> None:
    """405 carries ``Allow``, with what follows from GET."""
    answer = serving.client.http_client.delete("proxy/sales")

    assert set(answer.headers["Allow"].replace(" ", "").split(",")) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.usefixtures("caplog")
def test_a_failed_head_request_has_no_body(serving: al.Session) -> None:
    """HEAD answers the status of GET alone."""
    answer = serving.client.http_client.head("proxy/sales")

    assert answer.status_code == 404
    assert answer.content == b""


def test_a_refusal_keeps_what_the_callback_said(serving: al.Session) -> None:
    """Status, code, message, hint and details of an `HttpError` arrive as they were raised."""
    answer = serving.client.http_client.get("proxy/refused")

    assert answer.json()["error"] == {
        "code": "month_closed",
        "message": "The month is closed.",
        "hint": "Reopen it.",
        "details": {"month": 3},
    }


def test_notebook_and_http_say_the_same(serving: al.Session) -> None:
    """The body of an answer is made from the error that Python raises."""
    with pytest.raises(errors.TableNotFound) as raised:
        serving.tables["sales"]

    answer = serving.client.http_client.get("api/tables/sales")
    assert answer.json()["error"]["message"] == raised.value.message
    assert answer.json()["error"]["hint"] == raised.value.hint
