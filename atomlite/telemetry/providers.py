"""The user's own OpenTelemetry provider: it gets the sessions' spans, they get its own.

A provider cannot give up a processor. So one processor serves all sessions of the process, knows
them weakly, and does nothing once they are gone.
"""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace import ProxyTracer, ProxyTracerProvider

from atomlite.telemetry.scopes import SCHEMA_URL, SESSION

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import Span, SpanKind, Tracer
    from opentelemetry.util.types import AttributeValue

    from atomlite.telemetry.store import Traces

__all__ = ["UserProvider", "UserRecorder", "attach", "detach", "provider_is_set"]


@runtime_checkable
class UserProvider(Protocol):
    """A tracer provider that records: the SDK's, or one that wraps it."""

    def add_span_processor(self, span_processor: SpanProcessor) -> None:
        """Let a processor see all spans."""

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
    ) -> Tracer:
        """Return what starts spans."""


class _FanOut(SpanProcessor):
    """Gives each ended span to the stores of all live sessions."""

    def __init__(self) -> None:
        # Replaced, never changed: spans end on any thread while sessions come and go.
        self.stores: tuple[weakref.ref[Traces], ...] = ()

    def on_end(self, span: ReadableSpan) -> None:
        for reference in self.stores:
            store = reference()
            if store is not None:
                store.add(span)

    def replace(self, store: Traces, *, present: bool) -> None:
        """Have ``store`` among the stores, or not; and forget those that are gone."""
        others = tuple(other for other in self.stores if other() not in (None, store))
        self.stores = (*others, weakref.ref(store)) if present else others


_proxy = ProxyTracerProvider()


def provider_is_set() -> bool:
    """Return whether the user has configured a provider, which a process does once.

    Asked for each new trace until it is so: `get_tracer_provider` would read the environment each
    time, at twice the cost.
    """
    return type(_proxy.get_tracer(SESSION)) is not ProxyTracer


_lock = threading.Lock()
_known: list[tuple[weakref.ref[UserProvider], _FanOut]] = []


def attach(provider: UserProvider, store: Traces) -> None:
    """Let ``store`` see the spans of ``provider``, which never gets a second processor."""
    with _lock:
        _known[:] = [
            (reference, fan_out) for reference, fan_out in _known if reference() is not None
        ]
        for reference, fan_out in _known:
            if reference() is provider:
                fan_out.replace(store, present=True)
                return
        fan_out = _FanOut()
        fan_out.replace(store, present=True)
        provider.add_span_processor(fan_out)
        _known.append((weakref.ref(provider), fan_out))


def detach(store: Traces) -> None:
    """Let ``store`` see no more spans of any provider."""
    with _lock:
        for _, fan_out in _known:
            fan_out.replace(store, present=False)


class UserRecorder:
    """Starts spans of a user's provider, and keeps the traces that they belong to.

    Args:
        provider: The user's.
        version: Version of the library, for the scopes.
        traces: The session's store.
    """

    __slots__ = ("_provider", "_tracers", "_traces", "_version")

    def __init__(self, provider: UserProvider, *, version: str, traces: Traces) -> None:
        self._provider = provider
        self._version = version
        self._traces = traces
        self._tracers: dict[str, Tracer] = {}
        attach(provider, traces)

    def start(
        self,
        name: str,
        context: Context,
        kind: SpanKind,
        scope: str,
        attributes: dict[str, AttributeValue],
    ) -> Span:
        """Start a span below the current span of ``context``; its trace is kept from here on."""
        tracer = self._tracers.get(scope)
        if tracer is None:
            tracer = self._tracers[scope] = self._provider.get_tracer(
                scope, self._version, SCHEMA_URL
            )
        span = tracer.start_span(name, context, kind, attributes)
        if span.is_recording():
            self._traces.admit(span.get_span_context().trace_id)
        return span
