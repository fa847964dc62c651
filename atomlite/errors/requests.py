"""Errors of requests over HTTP, and of the endpoints that answer them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from atomlite.errors.names import InvalidArgument
from atomlite.errors.root import AtomliteError, names_listed

if TYPE_CHECKING:
    from atomlite.types import JsonValue


class EndpointNotFound(AtomliteError, KeyError):
    """No endpoint answers this path."""

    code = "endpoint_not_found"
    http_status = 404


class MethodNotAllowed(AtomliteError, LookupError):
    """The path exists, for other methods."""

    code = "method_not_allowed"
    http_status = 405

    def __init__(self, method: str, path: str, *, allowed: Sequence[str]) -> None:
        super().__init__(
            f"{path} does not answer {method}.",
            hint=f"It answers {', '.join(allowed)}.",
            details={"method": method, "allowed": list(allowed)},
        )
        self.headers = {"Allow": ", ".join(allowed)}


class InvalidRequest(AtomliteError, ValueError):
    """A request is not well formed."""

    code = "invalid_request"
    http_status = 400


class InvalidJson(AtomliteError, ValueError):
    """The body of a request is not JSON."""

    code = "invalid_json"
    http_status = 400

    def __init__(self, reason: str, *, line: int = 1, column: int = 1) -> None:
        super().__init__(
            f"The body is not JSON: {reason}, at line {line}, column {column}.",
            hint="Send JSON text in UTF-8.",
            details={"line": line, "column": column},
        )


class InvalidBody(InvalidRequest):
    """The body of a request does not fit the type that its endpoint declares.

    Args:
        expected: Name of the type.
        problems: Each with the path of its field, what is wrong, and what was found; the first of
            them, or none where there are too many to list.
        count: Number of all problems. Default: those given.
    """

    shows_values = True
    code = "invalid_body"

    def __init__(
        self,
        expected: str,
        problems: Sequence[Mapping[str, JsonValue]],
        *,
        count: int | None = None,
    ) -> None:
        number = len(problems) if count is None else count
        more = f" It has {number:,} problems in all." if number > 1 else ""
        super().__init__(
            f"The body is not the {expected} that the endpoint takes."
            f"{_first_problem(problems)}{more}",
            hint="The schema of the body is in /openapi.json.",
            details={"problems": list(problems), "count": number},
        )

    @classmethod
    def missing(cls, expected: str) -> InvalidBody:
        """Return the error for a request without a body."""
        return cls(expected, [{"field": "", "message": "The body is missing", "found": None}])


class BodyTypeUnsupported(AtomliteError, TypeError):
    """The body of a request has a type that the endpoint does not read."""

    code = "body_type_unsupported"
    http_status = 415

    def __init__(self, found: str, expected: str, *, hint: str = "") -> None:
        super().__init__(
            f'The body has the type "{found}".',
            hint=f"Send it with `Content-Type: {expected}`. {hint}".strip(),
            details={"content_type": found, "expected": expected},
        )


class BodyTooLarge(AtomliteError, ValueError):
    """The body of a request is larger than its limit."""

    code = "body_too_large"
    http_status = 413

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The body is larger than the limit of {limit:,} bytes.",
            hint="Send less at a time, or raise `limits.body_bytes`.",
            details={"limit": limit},
        )


class HeadTooLarge(AtomliteError, ValueError):
    """The head of a request is larger than the session allows."""

    code = "head_too_large"
    http_status = 431

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The head of this request has more than {limit:,} bytes.",
            hint="Send less in the path, query and headers, or raise `limits.header_bytes`.",
            details={"limit": limit},
        )


class NotAcceptable(AtomliteError, ValueError):
    """The answer has no form that the client accepts."""

    code = "not_acceptable"
    http_status = 406

    def __init__(self, accept: str, available: Sequence[str], *, reason: str = "") -> None:
        why = f" {reason.rstrip('.')}." if reason else ""
        super().__init__(
            f'The client accepts "{accept}"; this answer comes as {names_listed(available)}.{why}',
            hint=f"Send `Accept: {available[0]}`.",
            details={"accept": accept, "available": list(available)},
        )


class HostNotAllowed(AtomliteError, PermissionError):
    """A request names a host that this session does not serve (DNS rebinding)."""

    code = "host_not_allowed"
    http_status = 403

    def __init__(self, host: str) -> None:
        super().__init__(
            f'This session does not serve the host "{host}".',
            hint="Add it to `SessionConfig.allowed_hosts` if it is yours.",
            details={"host": host},
        )


class OriginNotAllowed(AtomliteError, PermissionError):
    """A page of another origin sent a request that may change data."""

    code = "origin_not_allowed"
    http_status = 403

    def __init__(self, origin: str) -> None:
        super().__init__(
            f'Pages of "{origin}" may not change data here.',
            hint="Add the origin to `SessionConfig.cors_origins` if it is yours.",
            details={"origin": origin},
        )


class ServerBusy(AtomliteError, RuntimeError):
    """Too many requests wait already."""

    code = "server_busy"
    http_status = 503

    def __init__(self, waiting: int) -> None:
        super().__init__(
            f"{waiting:,} requests wait already.",
            hint="Try again in a second, or raise `limits.queued_requests`.",
            details={"waiting": waiting},
        )
        self.headers = {"Retry-After": "1"}


class ServerDraining(AtomliteError, RuntimeError):
    """The session is closing and takes no new requests."""

    code = "server_draining"
    http_status = 503

    def __init__(self) -> None:
        super().__init__("This session is closing.", hint="Connect to the next one.")


class InternalError(AtomliteError, RuntimeError):
    """A callback failed in a way that says nothing to its caller."""

    def __init__(self) -> None:
        super().__init__(
            "The endpoint failed.",
            hint="The reason is in the log and the trace of the session, under this trace id.",
        )


class InvalidRoute(AtomliteError, ValueError):
    """A route template is not well formed."""

    code = "invalid_route"

    def __init__(self, route: str, reason: str, *, hint: str = "") -> None:
        super().__init__(
            f'The route "{route}" is not well formed: {reason}.',
            hint=hint
            or 'Write segments separated by "/", parameters in braces: '
            '"tables/{name}/rows/{id:int}".',
            details={"route": route},
        )


class HttpError(AtomliteError):
    """An HTTP answer that a callback raises.

    Args:
        status: HTTP status from 400 to 599.
        code: Stable text for programs.
        message: Text for people.
        hint: What to do next.
        details: Facts for programs.
        headers: Extra headers of the answer.

    >>> error = HttpError(409, "already_closed", "The month is closed.")
    >>> error.status, error.code
    (409, 'already_closed')
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        hint: str = "",
        details: Mapping[str, JsonValue] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        if not 400 <= status <= 599:  # noqa: PLR2004 -- the range of HTTP errors, RFC 9110 section 15
            raise InvalidArgument("status", status, "an HTTP error status from 400 to 599")
        super().__init__(message, hint=hint, details=details)
        self.status = status
        self.code = code  # type: ignore[misc]  # one class serves the codes that users choose
        self.headers = dict(headers or {})


class InvalidAnswer(AtomliteError, TypeError):
    """A callback returned what does not fit the type that it declares to return."""

    shows_values = True
    code = "invalid_answer"

    def __init__(self, declared: str, problems: Sequence[Mapping[str, JsonValue]]) -> None:
        super().__init__(
            f"The callback declares to return {declared}, and returned something else."
            f"{_first_problem(problems)}",
            hint="Return what the annotation says, or say in it what is returned.",
            details={"problems": list(problems)},
        )


def _first_problem(problems: Sequence[Mapping[str, JsonValue]]) -> str:
    if not problems:
        return ""
    first = problems[0]
    place = f'"{first["field"]}": ' if first["field"] else ""
    found = "" if first["found"] is None else f"; found {first['found']!r}"
    return f" {place}{first['message']}{found}."


class AnswerNotSerializable(AtomliteError, TypeError):
    """A callback returned a value that has no JSON form."""

    code = "answer_not_serializable"
