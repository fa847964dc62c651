"""A span that costs a tenth of the SDK's.

`LiteSpan` is a real span of the OpenTelemetry API: spans of the user nest under it, and it under
theirs. It serves when the user has configured no provider, so that nothing is exported and all that
a span has to do is to be remembered. What is rare (events, links, statuses, attributes set later)
goes through the SDK's own containers and so obeys its rules; what every span has is a plain field.
There is no lock: one span is used by one thread at a time.

Unlike other spans, a light span is the current one inside `with span:`; a block object of its own
would cost a fifth more.
"""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING, ClassVar, Self

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import attach, detach, get_current
from opentelemetry.sdk.trace import Event
from opentelemetry.sdk.util import BoundedList
from opentelemetry.trace import Link, Span, SpanContext, Status, StatusCode, TraceFlags

from atomlite.telemetry.contexts import carrying
from atomlite.telemetry.failures import error_type, fail

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence
    from contextvars import Token
    from types import TracebackType

    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanLimits
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanKind, TraceState
    from opentelemetry.util.types import Attributes, AttributeValue

    from atomlite.telemetry.trace import Trace

__all__ = ["LiteSpan"]

_logger = logging.getLogger(__name__)
_now = time.time_ns


class LiteSpan(Span):
    """A recording span, kept in a `Trace` when it ends.

    Args:
        trace: Where it goes when it ends.
        limits: How much it may hold.
        name: Its name, until `update_name`.
        kind: Its kind.
        scope: Name and version of the library that records it.
        trace_id: Integer above 0.
        span_id: Integer above 0.
        parent_id: The parent's ``span_id``; 0 for the first span of a trace.
        flags: W3C trace flags.
        trace_state: W3C trace state; ``None`` for none.
        attributes: The first attributes; the span owns the mapping from here on.
    """

    # The API's class has no slots, so an instance has a `__dict__` too, made when first needed: the
    # rare fields live there, behind defaults on the class, and cost nothing to the spans that lack
    # them.
    __slots__ = (
        "_attributes",
        "_limits",
        "_token",
        "end_time",
        "flags",
        "kind",
        "name",
        "parent_id",
        "scope",
        "span_id",
        "start_time",
        "trace",
        "trace_id",
        "trace_state",
    )
    _events: BoundedList[Event] | None = None
    _links: BoundedList[Link] | None = None
    _token: Token[Context]
    status: Status = Status()
    _NOT_ENDED: ClassVar[str] = "Tried to change the span %r, which has ended."

    def __init__(  # noqa: PLR0913, PLR0917 -- the fields of a span; half its cost is this call
        self,
        trace: Trace,
        limits: SpanLimits,
        name: str,
        kind: SpanKind,
        scope: InstrumentationScope,
        trace_id: int,
        span_id: int,
        parent_id: int,
        flags: int,
        trace_state: TraceState | None,
        attributes: MutableMapping[str, AttributeValue],
    ) -> None:
        self.trace: Trace | None = trace
        self._limits = limits
        self.name = name
        self.kind = kind
        self.scope = scope
        self.trace_id = trace_id
        self.span_id = span_id
        self.parent_id = parent_id
        self.flags = flags
        self.trace_state = trace_state
        self._attributes: MutableMapping[str, AttributeValue] = attributes
        self.end_time: int | None = None
        self.start_time = _now()

    # ---- what a reader sees; the same names as on the SDK's `ReadableSpan` ----

    @property
    def context(self) -> SpanContext:
        """The identity of the span."""
        return self.get_span_context()

    @property
    def parent(self) -> SpanContext | None:
        """The identity of the parent; ``None`` for the first span of a trace."""
        if not self.parent_id:
            return None
        return SpanContext(self.trace_id, self.parent_id, is_remote=False)

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """The attributes, cleaned and bounded."""
        return self._bounded()

    @property
    def events(self) -> Sequence[Event]:
        """The events, in order."""
        return tuple(self._events or ())

    @property
    def links(self) -> Sequence[Link]:
        """The links, in order."""
        return tuple(self._links or ())

    @property
    def instrumentation_scope(self) -> InstrumentationScope:
        """Name and version of the library that recorded the span."""
        return self.scope

    # ---- the API ----

    def get_span_context(self) -> SpanContext:
        """Return the identity of the span."""
        return SpanContext(
            self.trace_id,
            self.span_id,
            False,
            TraceFlags(self.flags),
            self.trace_state,
        )

    def is_recording(self) -> bool:
        """Return True until the span ends."""
        return self.end_time is None

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Set one attribute; the oldest leaves when there are too many."""
        if self._changeable():
            self._bounded()[key] = value

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Set several attributes."""
        if self._changeable():
            self._bounded().update(attributes)

    def put(self, key: str, value: str | int) -> None:
        """Set an attribute known to be clean, as cheap as a dictionary; limits come on reading."""
        self._attributes[key] = value

    def add_event(
        self, name: str, attributes: Attributes = None, timestamp: int | None = None
    ) -> None:
        """Add an event; the oldest leaves when there are too many."""
        if not self._changeable():
            return
        if self._events is None:
            self._events = BoundedList(self._limits.max_events)
        bounded = self._bounded_copy(attributes, self._limits.max_event_attributes)
        self._events.append(Event(name, bounded, _now() if timestamp is None else timestamp))

    def add_link(self, context: SpanContext, attributes: Attributes = None) -> None:
        """Add a link; one to an invalid span that says nothing is left out."""
        if not self._changeable() or not (context.is_valid or attributes or context.trace_state):
            return
        if self._links is None:
            self._links = BoundedList(self._limits.max_links)
        self._links.append(
            Link(context, self._bounded_copy(attributes, self._limits.max_link_attributes))
        )

    def update_name(self, name: str) -> None:
        """Change the name."""
        if self._changeable():
            self.name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status: OK is final, and UNSET changes nothing."""
        if not self._changeable():
            return
        new = status if isinstance(status, Status) else Status(status, description)
        if new.status_code is not StatusCode.UNSET and self.status.status_code is not StatusCode.OK:
            self.status = new

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Add an event with type, message and traceback of an exception."""
        facts: dict[str, AttributeValue] = {
            "exception.type": error_type(exception),
            "exception.message": str(exception),
            "exception.stacktrace": "".join(traceback.format_exception(exception)),
            "exception.escaped": str(escaped),
        }
        self.add_event("exception", {**facts, **(attributes or {})}, timestamp)

    def end(self, end_time: int | None = None) -> None:
        """End the span, now or at ``end_time`` (nanoseconds since 1970); its trace keeps it."""
        trace = self.trace
        if trace is None:
            _logger.warning(self._NOT_ENDED, self.name)
            return
        self.end_time = _now() if end_time is None else end_time
        # The trace holds the span from here on; the reference back would make a cycle that only the
        # collector frees.
        self.trace = None
        trace.keep(self)

    def __enter__(self) -> Self:
        """Make this the current span."""
        self._token = attach(carrying(self, get_current()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Make the span before it the current one again, and end."""
        detach(self._token)
        del self._token  # it holds the contexts before, and spans are kept
        if error is not None:
            fail(self, error)
        self.end()

    # ---- bounds ----

    def _changeable(self) -> bool:
        if self.end_time is None:
            return True
        _logger.warning(self._NOT_ENDED, self.name)
        return False

    def _bounded(self) -> BoundedAttributes:
        """Return the attributes under the SDK's rules, from the first read or change on."""
        if not isinstance(self._attributes, BoundedAttributes):
            self._attributes = BoundedAttributes(
                self._limits.max_span_attributes,
                self._attributes,
                immutable=False,
                max_value_len=self._limits.max_span_attribute_length,
            )
        return self._attributes

    def _bounded_copy(self, attributes: Attributes, count: int | None) -> BoundedAttributes:
        return BoundedAttributes(count, attributes, max_value_len=self._limits.max_attribute_length)
