from __future__ import annotations

import gc
import weakref

import pytest
from opentelemetry.context import Context
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import NoOpTracerProvider, SpanKind, set_span_in_context

from atomlite.telemetry.providers import UserProvider, UserRecorder, attach, detach, provider_is_set
from atomlite.telemetry.store import Traces
from tests.telemetry.programs import run

_SETUP = """
exporter = InMemorySpanExporter()
provider = TracerProvider(shutdown_on_exit=False)
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
tracing = Tracing(TracingConfig(), version="1.2.3")
user = trace.get_tracer("user")
"""


class _Counted(TracerProvider):
    def __init__(self) -> None:
        super().__init__(shutdown_on_exit=False)
        self.processors = 0

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        self.processors += 1
        super().add_span_processor(span_processor)


def _store() -> Traces:
    return Traces(kept_traces=10, kept_spans=10, service_name="test")


def test_the_user_s_exporter_receives_our_spans_and_we_see_theirs() -> None:
    """Rule: with a provider of the user all goes through it, in one trace, under our scopes."""
    lines = run(
        _SETUP,
        """
        with user.start_as_current_span("query endpoint"):
            headers = {}
            tracing.inject(headers)
            request = arrive(tracing, headers=headers)
            request.route("/proxy/x")
            with request.active(), tracing.span("step"):
                with user.start_as_current_span("theirs"):
                    with tracing.query(Statement("SELECT 1", table="T"), database="memory"):
                        pass
            request.finish(200)
        for span in sorted(exporter.get_finished_spans(), key=lambda span: span.start_time):
            scope = span.instrumentation_scope
            print("sent", span.name, scope.name, scope.version, span.kind.name)
        for span in tracing.traces[-1].spans:
            print("kept", span.name, span.scope)
        print(len(tracing.traces), request.trace_id == tracing.traces[-1].trace_id)
        print(trace.get_tracer_provider() is provider)
        """,
    )

    assert lines == [
        "sent query endpoint user  INTERNAL",
        "sent GET /proxy/x atomlite.server 1.2.3 SERVER",
        "sent step atomlite.session 1.2.3 INTERNAL",
        "sent theirs user  INTERNAL",
        "sent SELECT T atomlite.engine 1.2.3 CLIENT",
        "kept query endpoint user",
        "kept GET /proxy/x atomlite.server",
        "kept step atomlite.session",
        "kept theirs user",
        "kept SELECT T atomlite.engine",
        "1 True",
        "True",
    ]


def test_errors_and_routes_reach_the_user_s_exporter() -> None:
    """Rule: a span of the SDK carries what a light span carries."""
    lines = run(
        _SETUP,
        """
        request = arrive(tracing)
        request.route("/proxy/x")
        try:
            with request.active(), tracing.span("step"):
                raise ValueError("no such day")
        except ValueError as error:
            request.finish(500, error=error)
        for span in exporter.get_finished_spans():
            facts = [span.attributes.get(key) for key in ("error.type", "http.route")]
            print(span.name, span.status.description, [event.name for event in span.events], *facts)
        print(tracing.traces.find(route="x", status=500, errors=True) == list(tracing.traces))
        print(trace.get_current_span() is trace.INVALID_SPAN)
        """,
    )

    assert lines == [
        "step ValueError: no such day ['exception'] ValueError None",
        "GET /proxy/x ValueError: no such day ['exception'] ValueError /proxy/x",
        "True",
        "True",
    ]


def test_traces_without_our_part_are_not_kept() -> None:
    """Rule: the user's program does not push the session's traces out of the store."""
    lines = run(
        _SETUP,
        """
        with user.start_as_current_span("none of ours"):
            pass
        print(len(tracing.traces))
        """,
    )

    assert lines == ["0"]


def test_a_provider_configured_later_is_found() -> None:
    """Rule: users configure theirs when they like; the next trace goes through it."""
    lines = run(
        """
        tracing = Tracing(TracingConfig(), version="1.2.3")
        exporter = InMemorySpanExporter()
        provider = TracerProvider(shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        with tracing.span("early"):
            trace.set_tracer_provider(provider)
            with tracing.span("below early"):
                pass
        with tracing.span("late"):
            pass
        arrive(tracing).finish(200)
        print([span.name for span in exporter.get_finished_spans()])
        print([[span.name for span in each.spans] for each in tracing.traces])
        """
    )

    assert lines == ["['late', 'GET']", "[['early', 'below early'], ['late'], ['GET']]"]


def test_the_global_provider_is_never_set() -> None:
    """Rule: a session leaves the process as it found it."""
    lines = run(
        """
        tracing = Tracing(TracingConfig(), version="1.2.3")
        arrive(tracing).finish(200)
        tracing.close()
        print(type(trace.get_tracer_provider()).__name__)
        print(type(metrics.get_meter_provider()).__name__)
        """
    )

    assert lines == ["ProxyTracerProvider", "_ProxyMeterProvider"]


def test_a_provider_that_records_nothing_leaves_light_spans() -> None:
    """Rule: a global provider without processors is not the user's wish to see nothing here."""
    lines = run(
        """
        trace.set_tracer_provider(trace.NoOpTracerProvider())
        tracing = Tracing(TracingConfig(), version="1.2.3")
        arrive(tracing).finish(200)
        print(len(tracing.traces))
        """
    )

    assert lines == ["1"]


def test_a_provider_gets_one_processor_for_all_sessions() -> None:
    """Rule: processors cannot be removed, so sessions share one, and it forgets them."""
    provider = _Counted()
    stores = [_store() for _ in range(3)]
    for store in stores:
        attach(provider, store)
        attach(provider, store)
    del store
    assert provider.processors == 1

    gone = weakref.ref(stores.pop())
    gc.collect()
    assert gone() is None
    detach(stores.pop())

    (store,) = stores
    with provider.get_tracer("user").start_as_current_span("work") as span:
        store.admit(span.get_span_context().trace_id)
    assert [kept.name for kept in store[-1].spans] == ["work"]


def test_closing_leaves_the_provider() -> None:
    """Rule: after ``close`` the user's spans, and work that goes on, reach the session no more."""
    lines = run(
        _SETUP,
        """
        with user.start_as_current_span("work"), tracing.span("step"):
            with tracing.span("inner"):
                pass
            tracing.close()
        print([span.name for span in tracing.traces[-1].spans])
        print([span.name for span in exporter.get_finished_spans()])
        """,
    )

    assert lines == ["['inner']", "['inner', 'step', 'work']"]


def test_a_closed_session_keeps_no_more_spans_of_the_user() -> None:
    """Rule: after the end the processor does nothing for the session."""
    provider, store = _Counted(), _store()
    attach(provider, store)
    with provider.get_tracer("user").start_as_current_span("work") as span:
        store.admit(span.get_span_context().trace_id)
        detach(store)
    assert len(store) == 0


def test_a_provider_that_is_gone_is_forgotten() -> None:
    """Rule: a session keeps no provider alive that its user has dropped."""
    provider, store = _Counted(), _store()
    attach(provider, store)
    gone = weakref.ref(provider)
    del provider
    gc.collect()
    assert gone() is None

    attach(_Counted(), store)


def test_a_span_that_the_user_s_sampler_drops_is_not_kept() -> None:
    """Rule: the user's provider decides."""
    provider, store = TracerProvider(sampler=ALWAYS_OFF, shutdown_on_exit=False), _store()
    recorder = UserRecorder(provider, version="1", traces=store)
    span = recorder.start("work", Context(), SpanKind.INTERNAL, "atomlite.session", {})
    span.end()

    assert not span.is_recording()
    assert len(store) == 0


def test_spans_of_the_user_s_provider_join_the_current_trace() -> None:
    """Rule: a span starts below the one that its context carries."""
    provider, store = TracerProvider(shutdown_on_exit=False), _store()
    recorder = UserRecorder(provider, version="1", traces=store)
    parent = recorder.start("parent", Context(), SpanKind.INTERNAL, "atomlite.session", {})
    context = set_span_in_context(parent, Context())
    recorder.start("child", context, SpanKind.INTERNAL, "atomlite.session", {}).end()
    parent.end()

    parent_record, child = store[-1].spans
    assert (parent_record.name, child.name) == ("parent", "child")
    assert child.parent_id == parent_record.span_id


@pytest.mark.parametrize("provider", [NoOpTracerProvider()])
def test_only_providers_that_take_processors_are_followed(provider: object) -> None:
    """Rule: the API's own providers record nothing."""
    assert not isinstance(provider, UserProvider)
    assert isinstance(TracerProvider(shutdown_on_exit=False), UserProvider)
    assert not provider_is_set()
