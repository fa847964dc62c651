"""Errors of queries, and of work that was stopped."""

from __future__ import annotations

from atomlite.errors.root import AtomliteError


class QueryRefused(AtomliteError, ValueError):
    """SQL text is not one that `Session.sql` runs."""

    code = "query_refused"
    http_status = 400


class QueryFailed(AtomliteError, RuntimeError):
    """The engine could not run a query."""

    shows_values = True
    code = "query_failed"
    http_status = 400


class ResultTooLarge(QueryFailed):
    """A calculation of a query passed the largest number that the engine has."""

    code = "result_too_large"


class DeadlineExceeded(AtomliteError, TimeoutError):
    """Work passed its time limit and was stopped."""

    code = "deadline_exceeded"
    http_status = 504

    def __init__(
        self, what: str, seconds: float, limit: str, *, advice: str = "Ask for less"
    ) -> None:
        super().__init__(
            f"{what} passed its limit of {seconds:g} s and was stopped.",
            hint=f"{advice}, or raise `{limit}`.",
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
