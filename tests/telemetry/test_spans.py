from __future__ import annotations

import logging
from collections.abc import Callable
from itertools import starmap

import pytest
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
    use_span,
)
from opentelemetry.trace import Span as ApiSpan

from atomlite.telemetry.contexts import carrying
from atomlite.telemetry.records import SpanRecord, record_of
from atomlite.telemetry.spans import LiteSpan
from atomlite.telemetry.trace import Trace
from tests.telemetry.calls import recording

_OTHER = SpanContext(7, 8, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
_LIMITS = SpanLimits(
    max_span_attributes=3,
    max_events=2,
    max_links=1,
    max_event_attributes=2,
    max_link_attributes=1,
    max_span_attribute_length=5,
    max_attribute_length=4,
)


class _Kept(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def _lite(limits: SpanLimits) -> tuple[LiteSpan, Callable[[], SpanRecord]]:
    tracing = recording()
    with tracing.span("parent"):
        made = get_current_span()
        assert isinstance(made, LiteSpan)
    trace = Trace(made.trace_id, limit=10)
    span = LiteSpan(
        trace,
        limits,
        "work",
        SpanKind.CLIENT,
        made.scope,
        made.trace_id,
        5,
        9,
        made.flags,
        None,
        {"first": 1},
    )
    return span, lambda: trace.spans[0]


def _sdk(limits: SpanLimits) -> tuple[ApiSpan, Callable[[], SpanRecord]]:
    kept = _Kept()
    provider = TracerProvider(shutdown_on_exit=False, span_limits=limits)
    provider.add_span_processor(kept)
    parent = NonRecordingSpan(
        SpanContext(3, 9, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    )
    span = provider.get_tracer("atomlite.session", "1.2.3").start_span(
        "work", set_span_in_context(parent), SpanKind.CLIENT, {"first": 1}
    )
    assert isinstance(span, Span)

    def read() -> SpanRecord:
        (ended,) = kept.spans
        # The SDK types the identity of a span as optional; a started span has one.
        return record_of(ended)

    return span, read


def _nothing(span: ApiSpan) -> None:
    assert span.is_recording()


def _attributes(span: ApiSpan) -> None:
    span.set_attribute("text", "abcdefgh")
    span.set_attributes({"list": ["a", "b"], "number": 1.5, "flag": True})
    span.set_attribute("text", "again")


def _events(span: ApiSpan) -> None:
    for index in range(3):
        span.add_event(f"event {index}", {"a": "abcdefgh", "b": 2, "c": 3}, timestamp=index + 1)


def _links(span: ApiSpan) -> None:
    span.add_link(_OTHER, {"a": 1})
    span.add_link(_OTHER, {"b": 2, "c": 3})
    span.add_link(SpanContext(0, 0, is_remote=False))


def _errors(span: ApiSpan) -> None:
    try:
        raise ValueError("no such day")  # noqa: TRY301 -- it needs a traceback
    except ValueError as error:
        span.record_exception(error, {"more": 1}, timestamp=4, escaped=True)
    span.set_status(StatusCode.ERROR, "no such day")


def _statuses(span: ApiSpan) -> None:
    span.set_status(Status(StatusCode.ERROR, "first"))
    span.set_status(StatusCode.UNSET)
    span.set_status(StatusCode.ERROR, "second")


def _ok_is_final(span: ApiSpan) -> None:
    span.set_status(StatusCode.OK)
    span.set_status(StatusCode.ERROR, "too late")


def _names(span: ApiSpan) -> None:
    span.update_name("better")


def _error_without_reason(span: ApiSpan) -> None:
    span.add_event("exception", {"exception.type": "Late", "exception.message": "too"}, timestamp=3)
    span.set_status(StatusCode.ERROR)


def _used(span: ApiSpan) -> None:
    with pytest.raises(KeyError), use_span(span):
        raise KeyError("x")


def _ended_twice(span: ApiSpan) -> None:
    span.end(end_time=99)
    span.end()
    span.update_name("late")
    span.set_attribute("late", 1)
    span.set_attributes({"late": 1})
    span.add_event("late")
    span.add_link(_OTHER)
    span.set_status(StatusCode.ERROR)
    assert not span.is_recording()


_STEPS = [
    _nothing,
    _attributes,
    _events,
    _links,
    _errors,
    _statuses,
    _ok_is_final,
    _names,
    _error_without_reason,
    _used,
    _ended_twice,
]


def _observed(
    pair: tuple[ApiSpan, Callable[[], SpanRecord]], step: Callable[[ApiSpan], None]
) -> dict[str, object]:
    span, read = pair
    context = span.get_span_context()
    assert context.is_valid
    assert context.trace_flags.sampled
    assert not context.is_remote
    step(span)
    if span.is_recording():
        span.end(end_time=99)
    record = read()
    seen = {
        name: getattr(record, name)
        for name in (
            "name",
            "scope",
            "kind",
            "parent_id",
            "end_ns",
            "attributes",
            "links",
            "status",
            "error",
        )
    }
    # The moment and the lines of a traceback differ from run to run.
    seen["events"] = [
        (event.name, {key: value for key, value in event.attributes.items() if "stack" not in key})
        for event in record.events
    ]
    return seen


@pytest.mark.parametrize("step", _STEPS)
@pytest.mark.parametrize("limits", [SpanLimits(), _LIMITS], ids=["default", "tight"])
def test_a_light_span_records_what_a_span_of_the_sdk_records(
    step: Callable[[ApiSpan], None], limits: SpanLimits, caplog: pytest.LogCaptureFixture
) -> None:
    """Rule: the same calls on both kinds of span leave the same record, also at the limits."""
    caplog.set_level(logging.CRITICAL)

    lite, sdk = starmap(_observed, ((_lite(limits), step), (_sdk(limits), step)))

    assert lite == sdk


def test_the_traceback_of_an_exception_is_kept() -> None:
    """Rule: whoever reads a trace finds the line that failed."""
    span, read = _lite(SpanLimits())
    with pytest.raises(ZeroDivisionError), span:
        _ = 1 / 0

    (event,) = read().events
    assert "1 / 0" in str(event.attributes["exception.stacktrace"])
    assert read().error == "ZeroDivisionError: division by zero"


def test_a_light_span_and_a_span_of_the_sdk_nest_both_ways() -> None:
    """Rule: the user's spans nest under ours and ours under theirs, in one trace."""
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("user")
    tracing = recording()

    with (
        tracing.span("outer") as outer,
        tracer.start_as_current_span("theirs") as theirs,
        tracing.span("inner") as inner,
    ):
        pass

    assert isinstance(theirs, Span)
    assert isinstance(inner, LiteSpan)
    assert theirs.parent is not None
    assert theirs.parent.span_id == outer.get_span_context().span_id
    assert inner.parent_id == theirs.get_span_context().span_id
    assert [span.name for span in tracing.traces[-1].spans] == ["outer", "inner"]


def test_entering_a_light_span_makes_it_current_until_it_is_left() -> None:
    """Rule: the context after a block is the one before it."""
    tracing = recording()

    before = get_current_span()
    with tracing.span("work") as span:
        assert get_current_span() is span
    assert get_current_span() is before


def test_carrying_a_span_is_what_the_api_does() -> None:
    """Rule: our faster way of making a context gives the API's."""
    span, _ = _lite(SpanLimits())
    context = set_span_in_context(NonRecordingSpan(_OTHER))

    assert carrying(span, context) == set_span_in_context(span, context)
    assert get_current_span(carrying(span, context)) is span


def test_a_link_is_part_of_the_record() -> None:
    """Rule: what a user adds to a span can be read."""
    span, read = _lite(SpanLimits())
    span.add_link(_OTHER, {"why": "retry"})
    span.end()

    assert read().links[0].span_id == f"{8:016x}"
    assert Link(_OTHER).context.trace_id == int(read().links[0].trace_id, 16)
