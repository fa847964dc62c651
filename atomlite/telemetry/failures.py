"""Exceptions as spans record them: with their traceback, without values of data.

Some errors of atomlite show a value of the caller's data, since that is what helps the caller.
Spans travel further: exporters store them, other people read them. There such an error, and what
caused it, says its code.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

from opentelemetry.trace import Span, Status, StatusCode

from atomlite.errors import AtomliteError

if TYPE_CHECKING:
    from opentelemetry.util.types import AttributeValue

__all__ = ["error_type", "fail", "reason", "record"]


def error_type(error: BaseException) -> str:
    """Return the name of the error's class, with its module unless it is built in.

    >>> error_type(KeyError("x"))
    'KeyError'
    """
    kind = type(error)
    if kind.__module__ == "builtins":
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def fail(span: Span, error: BaseException) -> None:
    """Record an exception that left a block; a generator that is closed early has not failed."""
    if isinstance(error, GeneratorExit):
        return
    record(span, error)
    span.set_attribute("error.type", error_type(error))
    span.set_status(Status(StatusCode.ERROR, reason(error)))


def reason(error: BaseException) -> str:
    """Return type and message; for an error that shows values, its code.

    >>> from atomlite.errors import WrongType
    >>> reason(WrongType('got "secret"'))
    'atomlite.errors.WrongType: wrong_type'
    """
    if isinstance(error, AtomliteError) and error.shows_values:
        return f"{error_type(error)}: {error.code}"
    return f"{error_type(error)}: {error}"


def record(span: Span, error: BaseException) -> None:
    """Add an event for an exception, with the tracebacks of it and of what caused it."""
    chain = _chain(error)
    if not any(_shows_values(each) for each in chain):
        span.record_exception(error)
        return
    told: dict[str, AttributeValue] = {
        "exception.message": reason(error).partition(": ")[2],
        "exception.stacktrace": _told(chain),
    }
    span.record_exception(error, told)


def _shows_values(error: BaseException) -> bool:
    return isinstance(error, AtomliteError) and error.shows_values


def _chain(error: BaseException) -> list[BaseException]:
    """Return an exception, its cause, and so on, as Python would print them."""
    chain = [error]
    while True:
        last = chain[-1]
        hidden = None if last.__suppress_context__ else last.__context__
        cause = last.__cause__ or hidden
        if cause is None or cause in chain:
            return chain
        chain.append(cause)


def _told(chain: list[BaseException]) -> str:
    """Return the tracebacks; from the first error that shows values on, without messages."""
    parts, silent = [], False
    for error in chain:
        silent = silent or _shows_values(error)
        lines = traceback.format_tb(error.__traceback__)
        said = reason(error) if _shows_values(error) or not silent else error_type(error)
        parts.append("".join(["Traceback (most recent call last):\n", *lines, said, "\n"]))
    return "\nThe above exception was the cause of the following:\n\n".join(reversed(parts))
