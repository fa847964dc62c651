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
_KIND = re.compile(r"(?:TransactionContext Error: )?([A-Za-z ]+) Error: ")
_KINDS: dict[str, type[duckdb.Error]] = {
    "Connection": duckdb.ConnectionException,
    "Conversion": duckdb.ConversionException,
    "FATAL": duckdb.FatalException,
    "INTERNAL": duckdb.InternalException,
    "INTERRUPT": duckdb.InterruptException,
    "IO": duckdb.IOException,
    "Out of Memory": duckdb.OutOfMemoryException,
    "Out of Range": duckdb.OutOfRangeException,
}
_PREFIX = re.compile(r"^(TransactionContext Error: )?[A-Za-z ]+ Error: ")


def describe(error: duckdb.Error) -> str:
    """Return the first line of an engine error, without the engine's own name for its kind."""
    return _PREFIX.sub("", str(error).strip().split("\n")[0])


def of_reader(error: Exception) -> duckdb.Error:
    """Return the engine error that a reader of Arrow batches raised as one of its own.

    It keeps the engine's text alone.

    >>> of_reader(OSError("INTERRUPT Error: Interrupted!"))
    InterruptException('INTERRUPT Error: Interrupted!')
    """
    text = str(error)
    named = _KIND.match(text)
    return _KINDS.get(named[1] if named else "", duckdb.ProgrammingError)(text)


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
