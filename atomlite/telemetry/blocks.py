"""Blocks of code as spans: what `with tracing.span(...)` and `with tracing.query(...)` do.

Classes instead of generator functions, because entering one costs a third.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opentelemetry.context import Context, attach, detach

from atomlite.telemetry.contexts import carrying
from atomlite.telemetry.failures import error_type, fail

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from contextvars import Token
    from types import TracebackType

    from opentelemetry.metrics import Histogram
    from opentelemetry.trace import Span
    from opentelemetry.util.types import AttributeValue

    from atomlite.telemetry.trace import Trace

__all__ = ["SpanBlock", "TimedBlock", "TraceBlock"]


class SpanBlock:
    """A block in which a started span is current; ended after, failed when an exception leaves it.

    Args:
        span: Started; a light span needs no such block.
        context: The context to carry it.
    """

    __slots__ = ("_context", "_span", "_token")
    _token: Token[Context]

    def __init__(self, span: Span, context: Context) -> None:
        self._span = span
        self._context = context

    def __enter__(self) -> Span:
        """Make the span current."""
        self._token = attach(carrying(self._span, self._context))
        return self._span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the span."""
        detach(self._token)
        if error is not None:
            fail(self._span, error)
        self._span.end()


class TimedBlock:
    """A block whose duration is recorded, within its span so that a metric can point to it.

    Args:
        block: The span.
        durations: Where the duration goes.
        facts: What the metric says of it.
    """

    __slots__ = ("_began", "_block", "_durations", "_facts")

    def __init__(
        self,
        block: AbstractContextManager[Span],
        durations: Histogram,
        facts: dict[str, AttributeValue],
    ) -> None:
        self._block = block
        self._durations = durations
        self._facts = facts
        self._began = time.perf_counter()

    def __enter__(self) -> Span:
        """Enter the span."""
        return self._block.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Record the duration and leave the span."""
        if error is not None and not isinstance(error, GeneratorExit):
            self._facts["error.type"] = error_type(error)
        self._durations.record(time.perf_counter() - self._began, self._facts)
        self._block.__exit__(kind, error, trace)


class TraceBlock:
    """A block that is a span, seen as the trace that it belongs to.

    Args:
        block: The span.
        found: Finds the trace of a span.
    """

    __slots__ = ("_block", "_found")

    def __init__(self, block: AbstractContextManager[Span], found: Callable[[Span], Trace]) -> None:
        self._block = block
        self._found = found

    def __enter__(self) -> Trace:
        """Enter the span; the trace grows as spans below it end."""
        return self._found(self._block.__enter__())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the span, with which the trace is complete."""
        self._block.__exit__(kind, error, trace)
