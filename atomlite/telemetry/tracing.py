"""A session's recording of its own work.

>>> from atomlite.config import TracingConfig
>>> tracing = Tracing(TracingConfig(), version="0.1.0")
>>> with tracing.trace("reload") as trace, tracing.span("Table.load"):
...     pass
>>> [span.name for span in trace.spans]
['reload', 'Table.load']
>>> tracing.close()
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from opentelemetry.context import Context, get_current
from opentelemetry.propagate import get_global_textmap
from opentelemetry.trace import (
    NonRecordingSpan,
    Span,
    SpanKind,
    get_current_span,
    get_tracer_provider,
)

from atomlite.telemetry.blocks import SpanBlock, TimedBlock, TraceBlock
from atomlite.telemetry.contexts import SPAN_KEY, carrying
from atomlite.telemetry.durations import query_durations, request_durations
from atomlite.telemetry.environment import sampler, sdk_disabled, span_limits
from atomlite.telemetry.providers import UserProvider, UserRecorder, detach, provider_is_set
from atomlite.telemetry.recorder import Recorder
from atomlite.telemetry.requests import RequestSpan, known_method, redacted
from atomlite.telemetry.scopes import ENGINE, SERVER, SESSION
from atomlite.telemetry.spans import LiteSpan
from atomlite.telemetry.store import Traces
from atomlite.telemetry.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping
    from contextlib import AbstractContextManager

    from opentelemetry.trace import TracerProvider
    from opentelemetry.util.types import AttributeValue

    from atomlite.config import TracingConfig
    from atomlite.sql import Statement

__all__ = ["Tracing"]

_EMPTY = Context()


class _Recorder(Protocol):
    """What starts spans."""

    def start(
        self,
        name: str,
        context: Context,
        kind: SpanKind,
        scope: str,
        attributes: dict[str, AttributeValue],
        /,
    ) -> Span:
        """Start a span below the current one of ``context``; it is not current itself."""


class _Silence:
    """Records nothing, and passes the caller's trace on."""

    def start(
        self,
        _name: str,
        context: Context,
        _kind: SpanKind,
        _scope: str,
        _attributes: dict[str, AttributeValue],
        /,
    ) -> Span:
        parent = get_current_span(context)
        return NonRecordingSpan(parent.get_span_context()) if parent.is_recording() else parent


class Tracing:
    """What a session records of its own work: spans into `traces`, durations into metrics.

    Spans go through the user's OpenTelemetry provider where one is configured, at the latest when
    the next trace begins, so that the user's exporter receives them. Without one they are light
    spans, kept in this process only. The global provider is never set.

    Args:
        config: What to record, and how much to keep.
        version: Version of atomlite, part of each span's scope.
        metrics: Whether durations of requests and queries are recorded too.

    Safe from any thread. Inside a block, OpenTelemetry's context says what the current span is:
    threads started by hand begin without one, `asyncio.to_thread` and tasks inherit it.

    Raises:
        InvalidEnvironment: A variable of OpenTelemetry holds a value out of its range.
    """

    def __init__(self, config: TracingConfig, *, version: str, metrics: bool = True) -> None:
        self.traces = Traces(
            kept_traces=config.kept_traces,
            kept_spans=config.kept_spans,
            service_name=config.service_name,
        )
        self._version = version
        self._request_durations = request_durations(version) if metrics else None
        self._query_durations = query_durations(version) if metrics else None
        self._light: _Recorder = Recorder(
            version=version, traces=self.traces, sampler=sampler(), limits=span_limits()
        )
        self._recorder: _Recorder = self._light
        # Whether the choice of the recorder is final: a process has one provider, once it has one.
        self._settled = False
        self._textmap = get_global_textmap()
        self._fields = tuple(self._textmap.fields)
        if not config.enabled or sdk_disabled():
            self.close()
        else:
            self._follow(get_tracer_provider())

    def span(
        self,
        name: str,
        attributes: Mapping[str, AttributeValue] | None = None,
        *,
        scope: str = SESSION,
    ) -> AbstractContextManager[Span]:
        """Return a block that is a span below the current one.

        An exception that leaves the block is recorded and goes on.

        Args:
            name: What is done, without values: ``"Table.row_count"``.
            attributes: Facts, by their names in the semantic conventions where these have one.
            scope: The part of atomlite that does it.
        """
        return self._block(name, SpanKind.INTERNAL, scope, dict(attributes) if attributes else {})

    def query(self, statement: Statement, *, database: str) -> AbstractContextManager[Span]:
        """Return a block that is the run of a statement; its text is recorded, no value ever is.

        Args:
            statement: What runs.
            database: Name of the database that it runs in.
        """
        summary = statement.summary
        facts: dict[str, AttributeValue] = {
            "db.system.name": "duckdb",
            "db.namespace": database,
            "db.operation.name": statement.operation,
            "db.query.summary": summary,
        }
        if statement.table:
            facts["db.collection.name"] = statement.table
        block = self._block(
            summary,
            SpanKind.CLIENT,
            ENGINE,
            {**facts, "db.query.text": statement.shown or statement.text},
        )
        if self._query_durations is None:
            return block
        return TimedBlock(block, self._query_durations, facts)

    def request(
        self,
        *,
        method: str,
        scheme: str,
        path: str,
        query: str,
        server_address: str,
        server_port: int,
        client_address: str,
        user_agent: str | None,
        headers: Mapping[str, str],
        protocol_version: str = "1.1",
    ) -> RequestSpan:
        """Return the span of a request that has just arrived; started, and current nowhere yet.

        Args:
            method: As sent.
            scheme: ``"http"`` or ``"https"``.
            path: Path of the URL, without query.
            query: Query string without ``?``; values of known secrets are not recorded.
            server_address: Host that the client asked for.
            server_port: Port that the client asked for.
            client_address: IP address of the client.
            user_agent: The header; ``None`` when not sent.
            headers: The headers that carry the caller's trace, with names in lower case or in a
                mapping that ignores case.
            protocol_version: Version of HTTP.
        """
        context = self._caller(headers)
        known = known_method(method)
        attributes: dict[str, AttributeValue] = {
            "http.request.method": known,
            "url.scheme": scheme,
            "url.path": path,
            "server.address": server_address,
            "server.port": server_port,
            "client.address": client_address,
            "network.protocol.version": protocol_version,
        }
        if query:
            attributes["url.query"] = redacted(query)
        if user_agent is not None:
            attributes["user_agent.original"] = user_agent
        name = method
        if known != method:
            attributes["http.request.method_original"] = method
            name = "HTTP"
        span = self._choose().start(name, context, SpanKind.SERVER, SERVER, attributes)
        return RequestSpan(
            span,
            carrying(span, context),
            method=known,
            scheme=scheme,
            durations=self._request_durations,
        )

    def inject(self, headers: MutableMapping[str, str]) -> None:
        """Add the headers that carry the current trace elsewhere; none without a current span."""
        get_global_textmap().inject(headers)

    def trace(self, name: str = "trace") -> AbstractContextManager[Trace]:
        """Return a block that is the first span of a trace, or a child where a span is current.

        Args:
            name: Name of the span.

        The trace holds the spans that have ended so far; after the block, all of them. It stays
        whole when newer traces push it out of `traces`.
        """
        return TraceBlock(self._block(name, SpanKind.INTERNAL, SESSION, {}), self._trace_of)

    def close(self) -> None:
        """Stop recording and leave the user's provider; `traces` stays readable. Idempotent."""
        self._light = self._recorder = _Silence()
        self._settled = True
        detach(self.traces)

    def _trace_of(self, span: Span) -> Trace:
        if isinstance(span, NonRecordingSpan):
            return Trace(0, limit=1)
        return self.traces.admit(span.get_span_context().trace_id)

    def _block(
        self, name: str, kind: SpanKind, scope: str, attributes: dict[str, AttributeValue]
    ) -> AbstractContextManager[Span]:
        """Start a span below the current one; return the block that makes it current."""
        context = get_current()
        # A light span has light children, so that a trace does not change hands halfway.
        recorder = self._light if type(context.get(SPAN_KEY)) is LiteSpan else self._choose()
        span = recorder.start(name, context, kind, scope, attributes)
        return span if type(span) is LiteSpan else SpanBlock(span, context)

    def _choose(self) -> _Recorder:
        """Return what starts new traces; asks again whether the user has a provider by now."""
        if not self._settled and provider_is_set():
            self._follow(get_tracer_provider())
        return self._recorder

    def _follow(self, provider: TracerProvider) -> None:
        """Record through ``provider`` from here on if it is one that records."""
        if isinstance(provider, UserProvider):
            self._recorder = UserRecorder(provider, version=self._version, traces=self.traces)
        self._settled = provider_is_set()

    def _caller(self, headers: Mapping[str, str]) -> Context:
        """Return the context that the headers carry."""
        textmap = get_global_textmap()
        if textmap is not self._textmap:
            self._textmap, self._fields = textmap, tuple(textmap.fields)
        for field in self._fields:
            if field in headers:
                return textmap.extract(headers, context=_EMPTY)
        return _EMPTY
