from __future__ import annotations

import gc
import threading
import tracemalloc
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest

from atomlite.config import TracingConfig
from atomlite.errors import AtomliteError, TraceNotKept
from tests.telemetry.calls import answer, arrive, recording


def test_the_newest_trace_is_the_last() -> None:
    """Rule: traces are a sequence, oldest first."""
    tracing = recording()
    for status in (200, 201, 202):
        answer(tracing, status)
    traces = tracing.traces

    assert isinstance(traces, Sequence)
    assert len(traces) == 3
    assert [trace.status for trace in traces] == [200, 201, 202]
    assert traces[-1].status == 202
    assert [trace.status for trace in traces[1:]] == [201, 202]
    assert traces[0] in traces


def test_a_trace_that_is_not_there_is_a_named_error() -> None:
    """Rule: the error is an IndexError that says how many traces there are."""
    tracing = recording()
    with pytest.raises(TraceNotKept, match="No trace at index -1: 0 of at most 200") as caught:
        tracing.traces[-1]
    assert isinstance(caught.value, IndexError)
    assert isinstance(caught.value, AtomliteError)


def test_the_oldest_traces_leave() -> None:
    """Rule: no more than ``kept_traces`` are kept."""
    tracing = recording(TracingConfig(kept_traces=3))
    for status in range(200, 210):
        answer(tracing, status)

    assert [trace.status for trace in tracing.traces] == [207, 208, 209]


def test_the_spans_that_hold_others_stay_when_a_trace_is_too_large() -> None:
    """Rule: of too many spans the first to end leave; the rest are counted, in text and HTML."""
    tracing = recording(TracingConfig(kept_spans=5))
    with tracing.trace("large") as trace:
        for index in range(1_000):
            with tracing.span(f"step {index}"):
                pass

    assert [span.name for span in trace.spans] == [
        "large",
        *(f"step {index}" for index in range(996, 1_000)),
    ]
    assert trace.dropped == 996
    note = "996 more spans were dropped; `TracingConfig.kept_spans` is 5."
    assert str(trace).endswith(note)
    assert note in trace._repr_html_()


def test_one_span_can_be_kept() -> None:
    """Rule: the smallest limits work."""
    tracing = recording(TracingConfig(kept_spans=1, kept_traces=1))
    answer(tracing)

    assert [span.kind for span in tracing.traces[-1].spans] == ["SERVER"]


def test_traces_are_found_by_what_happened_in_them() -> None:
    """Rule: all that is given must hold; a route is found as registered and as served."""
    tracing = recording()
    answer(tracing, 200, route="/proxy/tables/{table_name}/count")
    answer(tracing, 500, route="/proxy/other")
    with tracing.trace("by hand"):
        pass
    find = tracing.traces.find
    first, second, third = tracing.traces

    assert find(route="tables/{table_name}/count") == [first]
    assert find(route="/proxy/tables/{table_name}/count") == [first]
    assert find(route="count") == [first]
    assert find(route="unt") == []
    assert find(status=500) == [second]
    assert find(name="Execute user callback") == [first, second]
    assert find(errors=True) == [second]
    assert find(errors=False) == [first, third]
    assert find(name="by hand", errors=True) == []
    assert find() == [first, second, third]


def test_a_trace_of_several_requests_is_found_by_each() -> None:
    """Rule: ``find`` looks at all requests of a trace; ``route`` and ``status`` name the first."""
    tracing = recording()
    with tracing.trace("two calls") as trace:
        headers: dict[str, str] = {}
        tracing.inject(headers)
        for status in (200, 404):
            arrive(tracing, headers=headers).finish(status)

    assert tracing.traces.find(status=404) == [trace]
    assert trace.status == 200


def test_forgetting_traces() -> None:
    """Rule: ``clear`` empties the store; a trace in the user's hand stays whole."""
    tracing = recording()
    answer(tracing)
    trace = tracing.traces[-1]
    tracing.traces.clear()

    assert (len(tracing.traces), len(trace)) == (0, 3)
    answer(tracing)
    assert len(tracing.traces) == 1


def test_a_request_that_has_not_ended_is_not_listed() -> None:
    """Rule: a trace is listed from its first ended span on."""
    tracing = recording()
    request = arrive(tracing)
    assert len(tracing.traces) == 0
    request.finish(200)
    assert len(tracing.traces) == 1


def test_the_list_prints_a_line_for_each_trace() -> None:
    """Rule: when, what, status, duration, size, and whether it failed."""
    tracing = recording()
    assert str(tracing.traces) == "No traces yet; at most 200 are kept."
    answer(tracing, 200)
    answer(tracing, 500)
    head, good, bad = repr(tracing.traces).splitlines()

    assert head == "2 traces, newest last; at most 200 are kept."
    assert " 200 " in good
    assert good.endswith("3 spans")
    assert " 500 " in bad
    assert bad.endswith("3 spans  ✗")
    assert tracing.traces[0].began == good[:12]
    assert "GET /proxy/tables/{table_name}/count', 3 spans" in repr(tracing.traces[0])


def test_html_is_well_formed_and_escaped() -> None:
    """Rule: what users name and send can break no page and run no script."""
    tracing = recording()
    evil = "<script>alert('1')</script>\"&"
    with (  # noqa: PT012 -- the block is the subject
        pytest.raises(ValueError, match="script"),
        tracing.trace(evil) as trace,
    ):
        with tracing.span(evil, {evil: evil}, scope=evil) as span:
            span.add_event(evil, {"a": evil})
            span.add_event("bare")
            span.add_link(span.get_span_context(), {evil: evil})
        raise ValueError(evil)

    class _Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []
            self.seen: set[str] = set()

        def handle_starttag(self, tag: str, _attributes: object) -> None:
            self.open.append(tag)
            self.seen.add(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    for html in (trace._repr_html_(), tracing.traces._repr_html_()):
        tags = _Tags()
        tags.feed(html)
        assert tags.open == []
        assert "script" not in tags.seen
        assert "http" not in html.replace("http.", "")


def test_many_threads_may_record_and_read_at_once() -> None:
    """Rule: reading while others record never fails, and nothing is lost below the limits."""
    tracing = recording(TracingConfig(kept_traces=10_000))
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                str(tracing.traces)
        except BaseException as error:  # noqa: BLE001 -- reported by the test
            failures.append(error)

    def record() -> None:
        for _ in range(50):
            answer(tracing)

    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=record) for _ in range(8)]
    for thread in (reader, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    reader.join()

    assert failures == []
    assert len(tracing.traces) == 400
    assert all(len(trace) == 3 for trace in tracing.traces)


def test_the_resource_names_the_service() -> None:
    """Rule: light spans belong to a service as all spans do."""
    tracing = recording(TracingConfig(service_name="sales"))

    assert tracing.traces.resource["service.name"] == "sales"


def test_memory_does_not_grow_with_the_number_of_requests() -> None:
    """Rule: memory is bounded by the limits, not by the number of requests."""
    tracing = recording(TracingConfig(kept_traces=50))
    for _ in range(200):
        answer(tracing)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(2_000):
            answer(tracing)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    # Two thousand requests would hold some 3 MB; the fifty that are kept were there before.
    assert after - before < 200_000


def test_a_trace_is_found_by_the_id_that_an_error_names() -> None:
    """The id in an answer leads to its trace; one that is not kept says so."""
    tracing = recording()
    with tracing.span("one"):
        pass
    trace = tracing.traces[0]

    assert trace.trace_id is not None
    assert tracing.traces[trace.trace_id].root is not None
    with pytest.raises(TraceNotKept, match="0" * 32):
        tracing.traces["0" * 32]
