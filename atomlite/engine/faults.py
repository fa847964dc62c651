"""The engine's errors in the words of atomlite.

The only place that knows which engine error means what.
"""

from __future__ import annotations

import re

import duckdb

from atomlite.errors import (
    AtomliteError,
    EngineFailed,
    OperationCancelled,
    OutOfMemory,
    QueryFailed,
    ResultTooLarge,
    SessionClosed,
)

_BROKEN = duckdb.InternalException | duckdb.FatalException | duckdb.IOException
_PREFIX = re.compile(r"^(TransactionContext Error: )?[A-Za-z ]+ Error: ")


def describe(error: duckdb.Error) -> str:
    """Return the first line of an engine error, without the engine's own name for its kind."""
    return _PREFIX.sub("", str(error).strip().split("\n")[0])


def translate(error: duckdb.Error) -> AtomliteError:
    """Return the error that a user of atomlite meets in place of an engine error."""
    if isinstance(error, duckdb.InterruptException):
        return OperationCancelled("The query was interrupted.")
    if isinstance(error, duckdb.OutOfMemoryException):
        return OutOfMemory(describe(error))
    if isinstance(error, duckdb.ConnectionException):
        return SessionClosed()
    if type(error) is duckdb.Error or isinstance(error, _BROKEN):  # bare: a damaged file
        return EngineFailed(describe(error))
    failed = ResultTooLarge if _is_out_of_range(error) else QueryFailed
    return failed(f"The engine could not run this: {describe(error)}")


def _is_out_of_range(error: duckdb.Error) -> bool:
    cast = isinstance(error, duckdb.ConversionException) and "out of range" in str(error)
    return cast or isinstance(error, duckdb.OutOfRangeException)
