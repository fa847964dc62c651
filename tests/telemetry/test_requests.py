from __future__ import annotations

import asyncio
import threading

import pytest
from opentelemetry import propagate
from opentelemetry.baggage import get_baggage
from opentelemetry.propagators.composite import CompositePropagator

from tests.telemetry.calls import ROUTE, arrive, recording


def test_a_request_carries_the_attributes_of_the_conventions() -> None:
    """Rule: names, kinds and attributes are those of the stable conventions for HTTP servers."""
    tracing = recording()
    request = arrive(tracing, query="day=1")
    request.route(ROUTE)
    request.finish(200)

    (span,) = tracing.traces[-1].spans
    assert (span.name, span.kind, span.scope) == (f"GET {ROUTE}", "SERVER", "atomlite.server")
    assert (span.status, span.error, span.parent_id) == ("UNSET", None, None)
    assert span.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": ROUTE,
        "url.scheme": "http",
        "url.path": "/proxy/tables/Sales/count",
        "url.query": "day=1",
        "server.address": "127.0.0.1",
        "server.port": 8080,
        "client.address": "127.0.0.9",
        "network.protocol.version": "1.1",
        "user_agent.original": "curl/8",
    }


def test_a_request_without_a_route_is_named_after_its_method() -> None:
    """Rule: a path never becomes a name, because clients choose paths."""
    tracing = recording()
    arrive(tracing, user_agent=None).finish(404)

    (span,) = tracing.traces[-1].spans
    assert span.name == "GET"
    assert "user_agent.original" not in span.attributes
    assert "url.query" not in span.attributes


def test_an_unknown_method_is_other() -> None:
    """Rule: a method that no standard knows is ``_OTHER``, and the span is named HTTP."""
    tracing = recording()
    request = arrive(tracing, method="BREW")
    request.route(ROUTE)
    request.finish(405)

    (span,) = tracing.traces[-1].spans
    assert span.name == f"HTTP {ROUTE}"
    assert span.attributes["http.request.method"] == "_OTHER"
    assert span.attributes["http.request.method_original"] == "BREW"


@pytest.mark.parametrize(
    ("status", "failed"),
    [(200, False), (304, False), (404, False), (499, False), (500, True), (504, True)],
)
def test_only_from_500_a_request_has_failed(status: int, failed: bool) -> None:
    """Rule: below 500 the client erred, which is no failure of the server."""
    tracing = recording()
    arrive(tracing).finish(status)

    (span,) = tracing.traces[-1].spans
    assert (span.status == "ERROR") is failed
    assert span.attributes.get("error.type") == (str(status) if failed else None)
    assert span.error == (str(status) if failed else None)


def test_the_error_of_a_request_is_kept_with_its_traceback() -> None:
    """Rule: 500 tells the client nothing, so the trace must tell it all."""
    tracing = recording()
    request = arrive(tracing)
    try:
        int("day")
    except ValueError as error:
        request.finish(500, error=error)

    (span,) = tracing.traces[-1].spans
    (event,) = span.events
    assert span.error == "ValueError: invalid literal for int() with base 10: 'day'"
    assert span.attributes["error.type"] == "ValueError"
    assert 'int("day")' in str(event.attributes["exception.stacktrace"])


def test_an_error_below_500_is_kept_and_fails_nothing() -> None:
    """Rule: the exception behind a 404 is an event, not a failure."""
    tracing = recording()
    arrive(tracing).finish(404, error=LookupError("no table"))

    (span,) = tracing.traces[-1].spans
    assert span.status == "UNSET"
    assert span.events[0].attributes["exception.message"] == "no table"


def test_a_request_finishes_once() -> None:
    """Rule: the second of two answers, as after a deadline, changes nothing."""
    tracing = recording()
    request = arrive(tracing)
    request.finish(504)
    request.finish(200)

    (span,) = tracing.traces[-1].spans
    assert span.attributes["http.response.status_code"] == 504


def test_secrets_in_a_query_string_are_not_recorded() -> None:
    """Rule: what gives access never reaches a trace."""
    tracing = recording()
    arrive(tracing, query="sig=a&Token=b&tokens=c&api_key=d&x=e").finish(200)

    (span,) = tracing.traces[-1].spans
    assert span.attributes["url.query"] == (
        "sig=REDACTED&Token=REDACTED&tokens=c&api_key=REDACTED&x=e"
    )


def test_a_request_is_current_only_where_it_is_active() -> None:
    """Rule: the span follows the worker that serves the request, in a thread or in a task."""
    tracing = recording()
    request = arrive(tracing)

    def work(name: str) -> None:
        with request.active(), tracing.span(name):
            pass

    async def serve() -> None:
        with request.active():
            await asyncio.to_thread(lambda: tracing.span("inherited").__enter__())
        with request.active(), tracing.span("in a task"):
            pass

    thread = threading.Thread(target=work, args=["in a thread"])
    thread.start()
    thread.join()
    asyncio.run(serve())
    with tracing.span("outside"):
        pass
    request.finish(200)

    trace = tracing.traces.find(status=200)[0]
    root = trace.root
    assert root is not None
    assert [(span.name, span.parent_id) for span in trace.spans] == [
        ("GET", None),
        ("in a thread", root.span_id),
        ("in a task", root.span_id),
    ]
    assert [trace.spans[0].name for trace in tracing.traces] == ["GET", "outside"]


def test_the_trace_of_the_caller_goes_on() -> None:
    """Rule: a W3C ``traceparent`` makes the request a child of the caller's span."""
    tracing = recording()
    trace_id, span_id = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
    request = arrive(
        tracing, headers={"traceparent": f"00-{trace_id}-{span_id}-01", "tracestate": "a=b"}
    )
    headers: dict[str, str] = {}
    with request.active():
        tracing.inject(headers)
    request.finish(200)

    (span,) = tracing.traces[-1].spans
    assert request.trace_id == trace_id == span.trace_id
    assert span.parent_id == span_id
    assert headers == {"traceparent": f"00-{trace_id}-{span.span_id}-01", "tracestate": "a=b"}


def test_a_caller_that_does_not_record_is_followed() -> None:
    """Rule: the default sampler obeys a remote ``sampled=0``, and passes it on."""
    tracing = recording()
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    request = arrive(tracing, headers={"traceparent": f"00-{trace_id}-b7ad6b7169203331-00"})
    headers: dict[str, str] = {}
    with request.active(), tracing.span("unseen"):
        tracing.inject(headers)
    request.route(ROUTE)
    request.finish(200)

    assert request.trace_id is None
    assert len(tracing.traces) == 0
    assert headers["traceparent"].startswith(f"00-{trace_id}-")
    assert headers["traceparent"].endswith("-00")


@pytest.mark.parametrize("header", ["", "nonsense", "00-" + "0" * 32 + "-b7ad6b7169203331-01"])
def test_a_broken_traceparent_begins_a_new_trace(header: str) -> None:
    """Rule: what a client sends can break nothing."""
    tracing = recording()
    request = arrive(tracing, headers={"traceparent": header})
    request.finish(200)

    (span,) = tracing.traces[-1].spans
    assert span.parent_id is None
    assert request.trace_id == span.trace_id


def test_a_propagator_that_the_user_sets_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule: which headers carry a trace is the user's choice, also after the start."""
    tracing = recording()
    monkeypatch.setattr(propagate, "_HTTP_TEXT_FORMAT", CompositePropagator([]))
    request = arrive(
        tracing,
        headers={"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
    )
    headers: dict[str, str] = {}
    with request.active():
        tracing.inject(headers)
    request.finish(200)

    assert tracing.traces[-1].spans[0].parent_id is None
    assert headers == {}


def test_baggage_of_the_caller_is_there_where_the_request_is_active() -> None:
    """Rule: all that the propagator carries arrives, not only the trace."""
    tracing = recording()
    request = arrive(tracing, headers={"baggage": "tenant=blue"})
    with request.active():
        assert get_baggage("tenant") == "blue"
    request.finish(200)
