"""The root of all errors, and the words that they share."""

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
    """Return a question with the known name that is most like ``name``; empty when none is.

    >>> did_you_mean("Sale", ["Sales", "Shops"])
    'Did you mean "Sales"?'
    """
    matches = difflib.get_close_matches(str(name), known, n=1)
    return f'Did you mean "{matches[0]}"?' if matches else ""


class AtomliteError(Exception):
    """The root of all errors of atomlite.

    Args:
        message: What happened and what was found; safe to show to an HTTP client.
        hint: What to do next; may be empty.
        details: The same facts for programs.
    """

    shows_values: ClassVar[bool] = False
    """Whether the message may show values of data; spans then record the code in its place."""

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
        """Return message and hint, also for children of `KeyError`, whose own form is a repr."""
        return f"{self.message} {self.hint}".strip()


def error_body(error: AtomliteError, *, status: int, trace_id: str | None) -> dict[str, JsonValue]:
    """Return the JSON body that every failed request carries.

    >>> error_body(AtomliteError("It broke."), status=500, trace_id=None)["error"]["code"]
    'internal_error'
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
