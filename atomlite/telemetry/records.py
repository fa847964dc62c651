"""Ended spans as plain values.

A light span and a span of the OpenTelemetry SDK give the same record, so that nothing above has to
know which of the two recorded it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, cast

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import Event
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, SpanContext, SpanKind, Status
    from opentelemetry.util.types import Attributes, AttributeValue

__all__ = ["EndedSpan", "SpanEvent", "SpanLink", "SpanRecord", "record_of"]


@dataclass(frozen=True, slots=True)
class SpanEvent:
    """Something that happened at one moment of a span, such as an exception.

    Args:
        name: ``"exception"`` for exceptions.
        time_ns: Nanoseconds since 1970, UTC.
        attributes: For exceptions ``exception.type``, ``exception.message`` and
            ``exception.stacktrace``.
    """

    name: str
    time_ns: int
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpanLink:
    """Another span, often of another trace, that a span has to do with.

    Args:
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
        attributes: What the link says of itself.
    """

    trace_id: str
    span_id: str
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One ended span.

    Args:
        name: Low-cardinality name, as ``"GET /proxy/tables/{table_name}/count"``.
        scope: The library that recorded it, as ``"atomlite.server"``.
        kind: ``"SERVER"`` for requests, ``"CLIENT"`` for queries and calls, ``"INTERNAL"`` for the
            rest.
        trace_id: 32 hexadecimal digits.
        span_id: 16 hexadecimal digits.
        parent_id: Span that this one is part of; ``None`` for the first of a trace.
        start_ns: Nanoseconds since 1970, UTC.
        end_ns: Nanoseconds since 1970, UTC; not before ``start_ns`` unless the clock was set back.
        attributes: Facts by their name in OpenTelemetry's semantic conventions.
        events: In the order in which they happened.
        links: In the order in which they were added.
        status: ``"UNSET"`` when all went well and nobody said so.
        error: Why the status is ``"ERROR"``, as ``"ValueError: no such day"``; ``None`` for every
            other status.

    >>> SpanRecord(
    ...     "work", "app", "INTERNAL", "0" * 31 + "1", "0" * 15 + "1", None, 0, 1_500_000
    ... ).duration
    0.0015
    """

    name: str
    scope: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str | None
    start_ns: int
    end_ns: int
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    events: Sequence[SpanEvent] = ()
    links: Sequence[SpanLink] = ()
    status: Literal["UNSET", "OK", "ERROR"] = "UNSET"
    error: str | None = None

    @property
    def duration(self) -> float:
        """Seconds from start to end."""
        return (self.end_ns - self.start_ns) / 1e9


class EndedSpan(Protocol):
    """What light spans and the SDK's readable spans have in common."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def context(self) -> SpanContext:
        """Its identity."""

    @property
    def parent(self) -> SpanContext | None:
        """Its parent's identity."""

    @property
    def kind(self) -> SpanKind:
        """Its kind."""

    @property
    def start_time(self) -> int | None:
        """Nanoseconds since 1970."""

    @property
    def end_time(self) -> int | None:
        """Nanoseconds since 1970."""

    @property
    def attributes(self) -> Attributes:
        """Its facts."""

    @property
    def events(self) -> Sequence[Event]:
        """What happened in it."""

    @property
    def links(self) -> Sequence[Link]:
        """What it has to do with."""

    @property
    def status(self) -> Status:
        """How it went."""

    @property
    def instrumentation_scope(self) -> InstrumentationScope | None:
        """Who recorded it."""


def record_of(span: EndedSpan) -> SpanRecord:
    """Return the plain value of a span that has ended."""
    attributes = dict(span.attributes or {})
    events = tuple(
        SpanEvent(event.name, event.timestamp, dict(event.attributes or {}))
        for event in span.events
    )
    status = cast("Literal['UNSET', 'OK', 'ERROR']", span.status.status_code.name)
    start = span.start_time or 0
    return SpanRecord(
        name=span.name,
        scope=span.instrumentation_scope.name if span.instrumentation_scope else "",
        kind=span.kind.name,
        trace_id=f"{span.context.trace_id:032x}",
        span_id=f"{span.context.span_id:016x}",
        parent_id=f"{span.parent.span_id:016x}" if span.parent is not None else None,
        start_ns=start,
        end_ns=span.end_time or start,
        attributes=attributes,
        events=events,
        links=tuple(
            SpanLink(
                f"{link.context.trace_id:032x}",
                f"{link.context.span_id:016x}",
                dict(link.attributes or {}),
            )
            for link in span.links
        ),
        status=status,
        error=_reason(span.status.description, attributes, events) if status == "ERROR" else None,
    )


def _reason(
    description: str | None, attributes: Mapping[str, AttributeValue], events: Sequence[SpanEvent]
) -> str:
    if description:
        return description
    for event in reversed(events):
        if "exception.type" in event.attributes:
            return ": ".join(
                str(event.attributes.get(f"exception.{fact}", "")) for fact in ("type", "message")
            )
    return str(attributes.get("error.type", "error"))
