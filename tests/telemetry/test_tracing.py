from __future__ import annotations

import gc
import random
import weakref

import pytest

from atomlite.config import TracingConfig
from atomlite.sql import Statement
from tests.telemetry.calls import ROUTE, answer, arrive, recording


def test_a_call_over_http_prints_as_one_tree() -> None:
    """Rule: the user's block, the request, its steps, table calls and their SQL are one tree."""
    tracing = recording()
    with tracing.trace("query endpoint") as trace:
        headers: dict[str, str] = {}
        tracing.inject(headers)
        request = arrive(tracing, headers=headers)
        request.route(ROUTE)
        with request.active():
            with tracing.span("Validate authorization", scope="atomlite.server"):
                pass
            with (
                tracing.span("Execute user callback"),
                tracing.span("Table.row_count"),
                tracing.query(
                    Statement('SELECT count(*) FROM "Sales" WHERE x > ?', (1,), table="Sales"),
                    database="memory",
                ),
            ):
                pass
        request.finish(200)

    *lines, text = str(trace).splitlines()
    assert [line[: line.index(" ms")][:-9].rstrip() for line in lines] == [
        "query endpoint",
        f"└── GET {ROUTE}",
        "    ├── Validate authorization",
        "    └── Execute user callback",
        "        └── Table.row_count",
        "            └── SELECT Sales",
    ]
    assert text.strip() == 'SELECT count(*) FROM "Sales" WHERE x > ?'
    assert [span.scope for span in trace.spans] == [
        "atomlite.session",
        "atomlite.server",
        "atomlite.server",
        "atomlite.session",
        "atomlite.session",
        "atomlite.engine",
    ]
    assert tracing.traces[-1] is trace
    assert (trace.route, trace.status) == (ROUTE, 200)


def test_a_query_carries_the_attributes_of_the_conventions() -> None:
    """Rule: the text of a statement is recorded, its values never are."""
    tracing = recording()
    statement = Statement('SELECT * FROM "Sales" WHERE name = ?', ("secret",), table="Sales")
    with tracing.query(statement, database="memory"):
        pass

    (span,) = tracing.traces[-1].spans
    assert (span.name, span.kind, span.scope) == ("SELECT Sales", "CLIENT", "atomlite.engine")
    assert span.attributes == {
        "db.system.name": "duckdb",
        "db.namespace": "memory",
        "db.operation.name": "SELECT",
        "db.collection.name": "Sales",
        "db.query.summary": "SELECT Sales",
        "db.query.text": 'SELECT * FROM "Sales" WHERE name = ?',
    }
    assert "secret" not in str(span)


def test_a_query_of_no_table_names_none() -> None:
    """Rule: an empty attribute is left out."""
    tracing = recording()
    with tracing.query(Statement("CHECKPOINT", operation="CHECKPOINT"), database="memory"):
        pass

    (span,) = tracing.traces[-1].spans
    assert span.name == "CHECKPOINT"
    assert "db.collection.name" not in span.attributes


def test_an_exception_that_leaves_a_block_is_recorded_and_goes_on() -> None:
    """Rule: each block that it leaves has failed, with its type and message."""
    tracing = recording()
    with (  # noqa: PT012 -- the block is the subject
        pytest.raises(ValueError, match="no such day"),
        tracing.trace("outer") as trace,
    ):
        with tracing.span("good"):
            pass
        with tracing.span("bad", {"day": 42}):
            raise ValueError("no such day")

    assert [(span.name, span.status, span.error) for span in trace.spans] == [
        ("outer", "ERROR", "ValueError: no such day"),
        ("good", "UNSET", None),
        ("bad", "ERROR", "ValueError: no such day"),
    ]
    assert trace.spans[2].attributes == {"day": 42, "error.type": "ValueError"}
    assert [span.name for span in trace.errors] == ["outer", "bad"]


def test_a_generator_that_is_closed_early_has_not_failed() -> None:
    """Rule: the end of a stream that nobody reads any more is no error."""
    tracing = recording()

    def stream() -> object:
        with tracing.span("stream"):
            yield 1

    generator = stream()
    next(generator)  # type: ignore[call-overload]
    generator.close()  # type: ignore[attr-defined]

    assert tracing.traces[-1].spans[0].status == "UNSET"


def test_a_trace_can_be_read_while_it_grows() -> None:
    """Rule: inside its block a trace shows the spans that have ended so far."""
    tracing = recording()
    with tracing.trace("work") as trace:
        assert str(trace) == "No spans of this trace have ended yet."
        assert (trace.root, trace.duration, trace.route, trace.status) == (None, 0.0, None, None)
        assert trace.began == ""
        with tracing.span("step"):
            pass
        assert [span.name for span in trace.spans] == ["step"]
    assert [span.name for span in trace.spans] == ["work", "step"]
    assert trace.root is trace.spans[0]


@pytest.mark.parametrize("stop", ["config", "close"])
def test_a_recording_that_is_off_records_nothing(stop: str) -> None:
    """Rule: with tracing off all calls work, cost little and leave nothing."""
    tracing = recording(TracingConfig(enabled=stop != "config"))
    if stop == "close":
        tracing.close()
        tracing.close()

    with tracing.trace("work") as trace, tracing.span("step") as span:
        assert not span.is_recording()
        headers: dict[str, str] = {}
        tracing.inject(headers)
        with tracing.query(Statement("SELECT 1"), database="memory"):
            pass
    request = answer(tracing)

    assert (headers, request.trace_id, len(tracing.traces)) == ({}, None, 0)
    assert (trace.trace_id, len(trace)) == (None, 0)
    assert "not recorded" in str(trace)


def test_a_recording_that_is_off_passes_the_trace_of_the_caller_on() -> None:
    """Rule: who does not record must not cut the trace of those who do."""
    tracing, other = recording(TracingConfig(enabled=False)), recording()
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers: dict[str, str] = {}
    with arrive(tracing, headers={"traceparent": traceparent}).active(), tracing.span("step"):
        tracing.inject(headers)
    assert headers == {"traceparent": traceparent}

    with other.span("theirs") as theirs, tracing.span("ours") as ours:
        assert ours.get_span_context() == theirs.get_span_context()
        ours.end()
    assert [span.name for span in other.traces[-1].spans] == ["theirs"]


def test_what_was_recorded_can_be_read_after_the_end() -> None:
    """Rule: closing a session keeps its traces readable."""
    tracing = recording()
    answer(tracing)
    tracing.close()

    assert tracing.traces[-1].route == ROUTE


def test_each_session_keeps_its_own_spans_of_a_trace() -> None:
    """Rule: a session that is called by another one keeps its part, under the same trace id."""
    ours, theirs = recording(), recording()
    with ours.trace("ours") as trace, theirs.span("theirs"):
        pass

    assert [span.name for span in trace.spans] == ["ours"]
    assert [span.name for span in theirs.traces[-1].spans] == ["theirs"]
    assert theirs.traces[-1].trace_id == trace.trace_id


def test_work_that_outlives_its_span_stays_in_its_trace() -> None:
    """Rule: a span that begins below an ended one is still kept."""
    tracing = recording()
    request = arrive(tracing)
    with request.active():
        request.finish(200)
        with tracing.span("late"):
            pass

    assert [span.name for span in tracing.traces[-1].spans] == ["GET", "late"]


def test_trace_ids_differ_though_the_user_seeds_the_generator() -> None:
    """Rule: ``random.seed(0)`` in a cell that is run again makes no two traces one."""
    tracing = recording()
    for _ in range(2):
        random.seed(0)
        answer(tracing)

    assert len({trace.trace_id for trace in tracing.traces}) == len(tracing.traces) == 2


def test_nothing_of_a_recording_stays_when_it_is_gone() -> None:
    """Rule: ended spans make no cycles; what is dropped is freed at once."""
    tracing = recording(TracingConfig(kept_traces=1))
    answer(tracing)
    oldest = weakref.ref(tracing.traces[-1])
    gc.collect()
    gc.disable()
    try:
        answer(tracing)
        answer(tracing)
        assert oldest() is None
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_first_span_of_a_trace_says_that_its_trace_id_is_random() -> None:
    """Rule: the flags are those that the SDK sends: sampled and random."""
    tracing = recording()
    headers: dict[str, str] = {}
    with tracing.span("work"):
        tracing.inject(headers)

    assert headers["traceparent"].endswith("-03")
