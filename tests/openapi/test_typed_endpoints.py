"""Typed endpoints over HTTP: what the client is told, and what the log."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

import atomlite as al
from atomlite.errors import InvalidEndpoint
from tests.openapi.serving import NewOrder, Order, serving

LABEL = "proxy/labels/123e4567-e89b-12d3-a456-426614174000"


@pytest.fixture(scope="module")
def served() -> Iterator[al.Session]:
    """Give a session with typed endpoints."""
    with serving() as session:
        yield session


def test_a_body_arrives_typed_and_the_answer_leaves_checked(served: al.Session) -> None:
    """Dataclasses come in, a TypedDict with a date goes out."""
    body = {
        "lines": [{"item": "pen", "units": 2}, {"item": "ink", "units": 3}],
        "day": "2024-02-29",
    }
    answer = served.client.http_client.post("proxy/orders", json=body)

    assert (answer.status_code, answer.json()) == (200, {"id": 1, "units": 5, "day": "2024-02-29"})


def test_an_async_endpoint_takes_a_model(served: al.Session) -> None:
    """Defaults of the model are filled in; a list of models goes out."""
    answer = served.client.http_client.put(LABEL, json={"text": "Zoë", "copies": 2})

    assert answer.json() == [{"text": "Zoë", "copies": 2}] * 2


@pytest.mark.parametrize(
    ("options", "status", "code", "mentions"),
    [
        ({"json": {"text": "", "copies": 2}}, 400, "invalid_body", "text"),
        ({"json": {"text": "a", "copies": 10}}, 400, "invalid_body", "copies"),
        ({"json": [{"text": "a"}]}, 400, "invalid_body", "Label"),
        ({}, 400, "invalid_body", "missing"),
        (
            {"content": b"{", "headers": {"Content-Type": "application/json"}},
            400,
            "invalid_json",
            "",
        ),
        (
            {"content": b"{}", "headers": {"Content-Type": "text/plain"}},
            415,
            "body_type_unsupported",
            "",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    served: al.Session, options: dict[str, Any], status: int, code: str, mentions: str
) -> None:
    """The refusal has the shape of all errors, and names the field."""
    answer = served.client.http_client.put(LABEL, **options)

    assert answer.status_code == status
    assert answer.json()["error"]["code"] == code
    assert mentions in answer.json()["error"]["message"]


def test_a_refused_value_does_not_reach_the_traces(served: al.Session) -> None:
    """The message shows what a client sent; a trace keeps the code in its place."""
    served.client.http_client.put(LABEL, json={"text": 12345678})

    recorded = repr(served.traces[-1].spans)
    assert "InvalidBody: invalid_body" in recorded
    assert "12345678" not in recorded


def test_an_answer_that_does_not_fit_is_logged_and_not_told(
    session: al.Session, caplog: pytest.LogCaptureFixture
) -> None:
    """The client hears of a failure; the log has the field."""

    @session.endpoint("orders/{id:int}")
    def order(request: al.Request, user: al.User, session: al.Session, /) -> Order:
        return {"id": request.path_parameters["id"], "secret": 1}  # type: ignore[typeddict-item, typeddict-unknown-key] # that is the mistake

    answer = session.client.http_client.get("proxy/orders/1")

    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "internal_error")
    assert "units" not in answer.text
    assert '"units": Field required' in caplog.text
    assert session.endpoints["orders/{id:int}"].errors == 1


def test_a_body_that_is_not_read_has_no_type(session: al.Session) -> None:
    """``body="raw"`` and a type contradict each other; the registration says so."""

    def callback(request: al.Request[NewOrder], user: al.User, session: al.Session, /) -> None: ...

    with pytest.raises(InvalidEndpoint, match="raw"):
        session.endpoint("orders", method="POST", body="raw")(callback)
    assert not session.endpoints


def test_a_cell_that_runs_again_replaces_the_class(session: al.Session) -> None:
    """The newest class of the name counts, as the newest function does."""
    for value in (1, 2):

        @dataclass
        class Sent:
            x: int = value

        @session.endpoint("sent", method="POST")
        def sent(request: al.Request[Sent], user: al.User, session: al.Session, /) -> int:
            return request.body.x

        assert session.client.http_client.post("proxy/sent", json={}).json() == value


def test_sessions_without_types_do_not_load_pydantic() -> None:
    """It takes longer to load than all of atomlite; an endpoint as before does without."""
    program = (
        "import sys, atomlite as al\n"
        "with al.Session.start() as session:\n"
        "    def callback(request: al.Request, user, session, /) -> list[int]: return [1]\n"
        "    session.endpoint('x')(callback)\n"
        "    assert session.client.http_client.get('proxy/x').json() == [1]\n"
        "print('pydantic' in sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert ran.stdout.strip() == "False"
