"""One trace: the spans that share a trace id, as a session saw them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from atomlite.display.trees import Row, html_tree, text_tree
from atomlite.telemetry.records import record_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atomlite.telemetry.records import EndedSpan, SpanRecord

__all__ = ["Trace"]

_T = TypeVar("_T")

_UNRECORDED = "No spans: this trace was not recorded (tracing is off, or sampling left it out)."
_UNFINISHED = "No spans of this trace have ended yet."


class Trace:
    """The ended spans of one trace; it grows while work goes on.

    Args:
        trace_id: Integer above 0; 0 for a trace that is not recorded.
        limit: Spans to keep. Above it the spans that ended first leave, because the ones that hold
            the others end last.
        owner: What tells the store that made it from other stores; not the store itself, which
            would make a cycle.

    Safe to read from any thread.

    >>> print(Trace(0, limit=10))
    No spans: this trace was not recorded (tracing is off, or sampling left it out).
    """

    __slots__ = ("__weakref__", "_ended", "_id", "_limit", "_read", "dropped", "owner")

    def __init__(self, trace_id: int, *, limit: int, owner: object = None) -> None:
        self._id = trace_id
        self.owner = owner
        self._limit = limit
        self._ended: list[EndedSpan] = []
        self._read: tuple[int, tuple[SpanRecord, ...]] = (0, ())
        self.dropped = 0
        """Spans that left because there were too many."""

    def keep(self, span: EndedSpan) -> None:
        """Add a span that has ended. Safe without a lock: each step is one of the interpreter."""
        self._ended.append(span)
        if len(self._ended) > self._limit:
            del self._ended[0]
            self.dropped += 1

    @property
    def trace_id(self) -> str | None:
        """32 hexadecimal digits; ``None`` when the trace is not recorded."""
        return f"{self._id:032x}" if self._id else None

    @property
    def spans(self) -> Sequence[SpanRecord]:
        """The spans that have ended, by start."""
        dropped = self.dropped
        ended = self._ended.copy()
        seen, records = self._read
        if seen != dropped + len(ended):
            records = tuple(
                sorted(map(record_of, ended), key=lambda span: (span.start_ns, -span.end_ns))
            )
            self._read = (dropped + len(ended), records)
        return records

    def __len__(self) -> int:
        """Return the number of spans that have ended and are kept."""
        return len(self._ended)

    @property
    def root(self) -> SpanRecord | None:
        """The earliest span whose parent was not seen; ``None`` when nothing has ended."""
        spans = self.spans
        known = {span.span_id for span in spans}
        return next((span for span in spans if span.parent_id not in known), None)

    @property
    def duration(self) -> float:
        """Seconds from the first start to the last end; 0 when nothing has ended."""
        spans = self.spans
        return (max(span.end_ns for span in spans) - spans[0].start_ns) / 1e9 if spans else 0.0

    @property
    def route(self) -> str | None:
        """Route of the first request, as ``"/proxy/tables/{table_name}"``; ``None`` without one."""
        return next(iter(self._values("http.route", str)), None)

    @property
    def status(self) -> int | None:
        """The HTTP status that the first request was answered with; ``None`` without one."""
        return next(iter(self._values("http.response.status_code", int)), None)

    @property
    def errors(self) -> Sequence[SpanRecord]:
        """The spans that failed, by start."""
        return [span for span in self.spans if span.status == "ERROR"]

    def matches(
        self,
        *,
        route: str | None = None,
        status: int | None = None,
        name: str | None = None,
        errors: bool | None = None,
    ) -> bool:
        """Return whether all that is given holds; see `Traces.find`."""
        return (
            (
                route is None
                or any(_is_route(found, route) for found in self._values("http.route", str))
            )
            and (status is None or status in self._values("http.response.status_code", int))
            and (name is None or any(span.name == name for span in self.spans))
            and (errors is None or bool(self.errors) == errors)
        )

    def _values(self, key: str, kind: type[_T]) -> list[_T]:
        """Return an attribute of the requests in this trace, by start."""
        values = (span.attributes.get(key) for span in self.spans if span.kind == "SERVER")
        return [value for value in values if isinstance(value, kind)]

    @property
    def headline(self) -> str:
        """What the trace is about: the name of its root, or why there is none."""
        root = self.root
        if root is None:
            return _UNFINISHED if self._id else _UNRECORDED
        return root.name

    @property
    def began(self) -> str:
        """Local time of the first start, as ``"14:03:59.120"``; empty when nothing has ended."""
        spans = self.spans
        if not spans:
            return ""
        moment = datetime.fromtimestamp(spans[0].start_ns / 1e9).astimezone()
        return moment.strftime("%H:%M:%S.%f")[:-3]

    def __repr__(self) -> str:
        """Return a line for lists of traces."""
        return f"<Trace {self.headline!r}, {len(self.spans)} spans, {self.duration * 1e3:.2f} ms>"

    def __str__(self) -> str:
        """Return the tree of spans, with durations and scopes."""
        return text_tree(rows_of(self.spans)) + self._remark() if self.spans else self.headline

    def _repr_html_(self) -> str:
        """Return the tree for a notebook: bars for time, attributes behind each line."""
        return html_tree(rows_of(self.spans), title=self.headline, remark=self._remark().strip())

    def _remark(self) -> str:
        if not self.dropped:
            return ""
        limit = f"`TracingConfig.kept_spans` is {self._limit:,}"
        return f"\n{self.dropped:,} more spans were dropped; {limit}."


def _is_route(found: str, wanted: str) -> bool:
    return found == wanted or found.endswith("/" + wanted.lstrip("/"))


def rows_of(spans: Sequence[SpanRecord]) -> list[Row]:
    """Return the lines of the tree, each span before its children, siblings by start."""
    known = {span.span_id for span in spans}
    children: dict[str | None, list[SpanRecord]] = {}
    for span in spans:
        children.setdefault(span.parent_id if span.parent_id in known else None, []).append(span)
    origin = min((span.start_ns for span in spans), default=0)
    rows: list[Row] = []
    # A list instead of recursion: a trace may be deeper than Python's stack.
    waiting = [(0, span) for span in reversed(children.get(None, []))]
    while waiting:
        depth, span = waiting.pop()
        rows.append(_row(span, depth, origin))
        waiting += [(depth + 1, child) for child in reversed(children.get(span.span_id, []))]
    return rows


def _row(span: SpanRecord, depth: int, origin: int) -> Row:
    details = [(key, str(value)) for key, value in span.attributes.items()]
    for event in span.events:
        details += [
            (key if key.startswith(event.name) else f"{event.name} · {key}", str(value))
            for key, value in event.attributes.items()
        ] or [(event.name, f"at {(event.time_ns - origin) / 1e6:.2f} ms")]
    details += [
        (f"link · {key}", str(value))
        for link in span.links
        for key, value in link.attributes.items()
    ]
    details += [("link", f"trace {link.trace_id}, span {link.span_id}") for link in span.links]
    return Row(
        depth=depth,
        name=span.name,
        scope=span.scope,
        start=(span.start_ns - origin) / 1e9,
        duration=span.duration,
        error=_short(span) if span.status == "ERROR" else "",
        note=str(span.attributes.get("db.query.text", "")),
        details=tuple(details),
    )


def _short(span: SpanRecord) -> str:
    """Return the error with the class by its last name: ``ValueError: no such day``."""
    kind, colon, message = (span.error or "").partition(":")
    return kind.rpartition(".")[2] + colon + message
