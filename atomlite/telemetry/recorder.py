"""Starting light spans: whose child, whether recorded, with which identity."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

from opentelemetry.sdk.trace.sampling import DEFAULT_ON, Decision
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, TraceFlags, get_current_span

from atomlite.telemetry.contexts import SPAN_KEY
from atomlite.telemetry.scopes import SCHEMA_URL
from atomlite.telemetry.spans import LiteSpan

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanLimits
    from opentelemetry.sdk.trace.sampling import Sampler
    from opentelemetry.trace import SpanKind
    from opentelemetry.util.types import AttributeValue

    from atomlite.telemetry.store import Traces

__all__ = ["Recorder"]

# A generator of its own: notebooks call `random.seed(0)`, and a trace id must not come twice.
# Children of a fork need a fresh start for the same reason.
_ids = random.Random()  # noqa: S311 -- identities, not secrets
_bits = _ids.getrandbits
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ids.seed)

# The W3C flags; the second says that the trace id is random, and has no name in older versions of
# the API.
_SAMPLED = 0x01
_RANDOM = 0x02


class Recorder:
    """Starts light spans.

    Args:
        version: Version of the library, for the scopes.
        traces: Where ended spans go.
        sampler: What decides whether a span is recorded.
        limits: What one span may hold.
    """

    __slots__ = ("_as_parent", "_limits", "_mark", "_sampler", "_scopes", "_traces", "_version")

    def __init__(
        self, *, version: str, traces: Traces, sampler: Sampler, limits: SpanLimits
    ) -> None:
        self._version = version
        self._scopes: dict[str, InstrumentationScope] = {}
        self._traces = traces
        self._mark = traces.mark
        self._sampler = sampler
        self._limits = limits
        # The default sampler does what the parent did, and records a root: no need to ask it.
        self._as_parent = sampler is DEFAULT_ON

    def start(
        self,
        name: str,
        context: Context,
        kind: SpanKind,
        scope: str,
        attributes: dict[str, AttributeValue],
    ) -> Span:
        """Start a span below the current span of ``context``; it is not current itself."""
        parent = context.get(SPAN_KEY)
        if type(parent) is not LiteSpan or not self._as_parent:
            return self._start_joined(name, context, kind, scope, attributes)
        trace = parent.trace
        if trace is None or trace.owner is not self._mark:
            trace = self._traces.admit(parent.trace_id)
        return LiteSpan(
            trace,
            self._limits,
            name,
            kind,
            self._scopes.get(scope) or self._scope(scope),
            parent.trace_id,
            _bits(64) or 1,
            parent.span_id,
            parent.flags,
            parent.trace_state,
            attributes,
        )

    def _start_joined(
        self,
        name: str,
        context: Context,
        kind: SpanKind,
        scope: str,
        attributes: dict[str, AttributeValue],
    ) -> Span:
        """Start a root, or a span below a span of somebody else."""
        trace_id, parent_id, flags, state = _bits(128) or 1, 0, _SAMPLED | _RANDOM, None
        if SPAN_KEY in context:
            parent = get_current_span(context).get_span_context()
            if parent.is_valid:
                trace_id, parent_id, state = parent.trace_id, parent.span_id, parent.trace_state
                flags = int(parent.trace_flags) & (_SAMPLED | _RANDOM)
        recorded = bool(flags & _SAMPLED)
        if not self._as_parent:
            result = self._sampler.should_sample(context, trace_id, name, kind, attributes, ())
            recorded = result.decision is not Decision.DROP
            flags = (flags & _RANDOM) | (
                _SAMPLED if result.decision is Decision.RECORD_AND_SAMPLE else 0
            )
            state = result.trace_state
            attributes = dict(result.attributes or {})
        span_id = _bits(64) or 1
        if not recorded:
            return NonRecordingSpan(
                SpanContext(
                    trace_id,
                    span_id,
                    is_remote=False,
                    trace_flags=TraceFlags(flags),
                    trace_state=state,
                )
            )
        return LiteSpan(
            self._traces.admit(trace_id),
            self._limits,
            name,
            kind,
            self._scopes.get(scope) or self._scope(scope),
            trace_id,
            span_id,
            parent_id,
            flags,
            state,
            attributes,
        )

    def _scope(self, name: str) -> InstrumentationScope:
        return self._scopes.setdefault(name, InstrumentationScope(name, self._version, SCHEMA_URL))
