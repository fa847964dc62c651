"""The span and the metric of one HTTP request, by the stable semantic conventions."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from opentelemetry.context import Context, attach, detach
from opentelemetry.trace import NonRecordingSpan, Span, Status, StatusCode

from atomlite.telemetry.failures import error_type, reason, record
from atomlite.telemetry.spans import LiteSpan

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from contextvars import Token
    from types import TracebackType

    from opentelemetry.metrics import Histogram

__all__ = ["RequestSpan", "known_method", "redacted"]

_METHODS = frozenset(
    {"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"}
)
_SERVER_ERROR = 500

# The first line is the conventions' own list.
_SECRET = re.compile(
    r"AWSAccessKeyId|Signature|sig|X-Goog-Signature"
    r"|X-Amz-(Signature|Security-Token|Credential)|.*token|.*secret|.*passw(or)?d|pwd|pass"
    r"|auth|authorization|api[-_]?key|key|jwt|code|session(_?id)?|credentials?",
    re.IGNORECASE,
)


def known_method(method: str) -> str:
    """Return the method, or ``"_OTHER"`` for one that no standard knows.

    Else clients could make as many names of spans and metrics as they like.

    >>> known_method("GET"), known_method("BREW")
    ('GET', '_OTHER')
    """
    return method if method in _METHODS else "_OTHER"


def redacted(query: str) -> str:
    """Return a query string without the values of its secrets.

    A name counts as a callback sees it, whichever way it was encoded.

    >>> redacted("day=1&token=abc&p%61ssword=x")
    'day=1&token=REDACTED&p%61ssword=REDACTED'
    """
    return "&".join(_part_redacted(part) for part in query.split("&"))


def _part_redacted(part: str) -> str:
    name, found, _ = part.partition("=")
    secret = found and _SECRET.fullmatch(unquote_plus(name))
    return f"{name}=REDACTED" if secret else part


class RequestSpan:
    """The recording of one request, from its first line to its answer.

    Args:
        span: Started, and not current anywhere yet.
        context: The context that carries it.
        method: The method as the conventions name it.
        scheme: ``"http"`` or ``"https"``.
        durations: Where the duration goes; ``None`` for nowhere.

    Thread rules: `active` may be used in several threads and tasks at once; `route` and `finish` by
    one at a time.
    """

    __slots__ = ("_began", "_context", "_durations", "_facts", "_finished", "_span")

    def __init__(
        self, span: Span, context: Context, *, method: str, scheme: str, durations: Histogram | None
    ) -> None:
        self._span = span
        self._context = context
        self._durations = durations
        self._facts: dict[str, str | int] = {"http.request.method": method, "url.scheme": scheme}
        self._finished = False
        self._began = time.perf_counter()

    @property
    def trace_id(self) -> str | None:
        """32 hexadecimal digits; ``None`` when the request is not recorded."""
        span = self._span
        if isinstance(span, LiteSpan):
            return f"{span.trace_id:032x}"
        return (
            None
            if isinstance(span, NonRecordingSpan)
            else f"{span.get_span_context().trace_id:032x}"
        )

    def route(self, route: str) -> None:
        """Say which route the request matched, as ``"/proxy/tables/{table_name}/count"``."""
        facts, span = self._facts, self._span
        facts["http.route"] = route
        method = facts["http.request.method"]
        span.update_name(f"{'HTTP' if method == '_OTHER' else method} {route}")
        if type(span) is LiteSpan:
            span.put("http.route", route)
        else:
            span.set_attribute("http.route", route)

    def active(self) -> AbstractContextManager[None]:
        """Return a block in which this is the current span, in whichever thread or task."""
        return _Active(self._context)

    def finish(self, status: int, *, error: BaseException | None = None) -> None:
        """End the span and record the duration. Only the first call counts.

        Args:
            status: The HTTP status answered. From 500 the span has failed; below, the client has.
            error: What went wrong; kept with its traceback, whatever the status.
        """
        if self._finished:
            return
        self._finished = True
        seconds = time.perf_counter() - self._began
        facts, span = self._facts, self._span
        facts["http.response.status_code"] = status
        if type(span) is LiteSpan:
            span.put("http.response.status_code", status)
        else:
            span.set_attribute("http.response.status_code", status)
        if error is not None:
            record(span, error)
        if status >= _SERVER_ERROR:
            facts["error.type"] = str(status) if error is None else error_type(error)
            span.set_attribute("error.type", facts["error.type"])
            description = None if error is None else reason(error)
            span.set_status(Status(StatusCode.ERROR, description))
        span.end()
        if self._durations is not None:
            self._durations.record(seconds, facts, self._context)


class _Active:
    """A block in which a context is the current one."""

    __slots__ = ("_context", "_token")
    _token: Token[Context]

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> None:
        self._token = attach(self._context)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        detach(self._token)
        del self._token
