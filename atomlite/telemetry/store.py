"""The traces that a session keeps."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from atomlite.display.overviews import Line, html_overview, text_overview
from atomlite.errors import TraceNotKept
from atomlite.telemetry.environment import resource_attributes
from atomlite.telemetry.trace import Trace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.util.types import AttributeValue

__all__ = ["Traces"]


class Traces(Sequence[Trace]):
    """The latest traces of a session, newest last.

    A trace is listed when the first of its spans has ended, in the order in which the session
    joined the traces.

    Args:
        kept_traces: Traces to keep; then the oldest leave.
        kept_spans: Spans to keep of one trace; the rest are counted.
        service_name: ``service.name`` of the process unless the environment names it.

    Safe from any thread. Iteration goes over the traces of the moment at which it began.

    >>> traces = Traces(kept_traces=200, kept_spans=1000, service_name="atomlite")
    >>> len(traces), traces.find(status=404)
    (0, [])
    """

    def __init__(self, *, kept_traces: int, kept_spans: int, service_name: str) -> None:
        self._kept_traces = kept_traces
        self._kept_spans = kept_spans
        self._service_name = service_name
        self._by_id: OrderedDict[int, Trace] = OrderedDict()
        self._lock = threading.Lock()
        self.mark = object()
        """What the traces of this store carry as their owner."""

    @property
    def resource(self) -> Mapping[str, AttributeValue]:
        """What light spans say of their process: ``service.name``, ``OTEL_RESOURCE_ATTRIBUTES``.

        Spans recorded by a provider of the user carry that provider's resource instead.
        """
        return resource_attributes(self._service_name)

    def admit(self, trace_id: int) -> Trace:
        """Return the trace of this id, made when it is new; the oldest leaves for it."""
        trace = self._by_id.get(trace_id)
        if trace is None:
            with self._lock:
                trace = self._by_id.get(trace_id)
                if trace is None:
                    trace = self._by_id[trace_id] = Trace(
                        trace_id, limit=self._kept_spans, owner=self.mark
                    )
                    if len(self._by_id) > self._kept_traces:
                        self._by_id.popitem(last=False)
        return trace

    def add(self, span: ReadableSpan) -> None:
        """Keep a span that a provider of the user ended, if this session has part in its trace."""
        context = span.get_span_context()
        trace = self._by_id.get(context.trace_id) if context is not None else None
        if trace is not None:
            trace.keep(span)

    def find(
        self,
        *,
        route: str | None = None,
        status: int | None = None,
        name: str | None = None,
        errors: bool | None = None,
    ) -> list[Trace]:
        """Return the traces for which all that is given holds, newest last.

        Args:
            route: Route of a request in the trace, as registered (``"tables/{table_name}/count"``)
                or as served.
            status: HTTP status that a request in the trace was answered with.
            name: Name of a span in the trace.
            errors: True for traces in which a span failed, False for those in which none did.
        """
        return [
            trace
            for trace in self
            if trace.matches(route=route, status=status, name=name, errors=errors)
        ]

    def clear(self) -> None:
        """Forget all traces; what is left of work in progress may still be listed."""
        with self._lock:
            self._by_id.clear()

    def _all(self) -> list[Trace]:
        with self._lock:
            traces = list(self._by_id.values())
        return [trace for trace in traces if trace]

    def __len__(self) -> int:
        """Return the number of traces with a span that has ended."""
        return len(self._all())

    def __iter__(self) -> Iterator[Trace]:
        """Return the traces, newest last."""
        return iter(self._all())

    @overload
    def __getitem__(self, index: int | str) -> Trace: ...
    @overload
    def __getitem__(self, index: slice) -> list[Trace]: ...
    def __getitem__(self, index: int | str | slice) -> Trace | list[Trace]:
        """Return a trace, or several; ``-1`` is the newest, and a text is the id in an error.

        Raises:
            TraceNotKept: There is no trace at this place, or with this id.
        """
        traces = self._all()
        if isinstance(index, str):
            for trace in traces:
                if trace.trace_id == index:
                    return trace
            raise TraceNotKept(index, len(traces), self._kept_traces)
        if isinstance(index, slice):
            return traces[index]
        try:
            return traces[index]
        except IndexError:
            raise TraceNotKept(index, len(traces), self._kept_traces) from None

    def __str__(self) -> str:
        """Return one line for each trace, newest last."""
        return text_overview(self._lines(), kept=self._kept_traces)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """Return a table for a notebook, newest last."""
        return html_overview(self._lines(), kept=self._kept_traces)

    def _lines(self) -> list[Line]:
        return [
            Line(
                began=trace.began,
                name=trace.headline,
                status=str(trace.status or ""),
                duration=trace.duration,
                spans=len(trace) + trace.dropped,
                failed=bool(trace.errors),
            )
            for trace in self
        ]
