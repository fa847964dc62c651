"""The root of all errors, and the words that they share."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from atomlite.types import JsonValue


_LONGEST = 100
"""Characters of a name that messages show."""


def shortened(name: object) -> str:
    """Return a name as messages show it: one of megabytes stays one that can be read.

    >>> shortened("Sales"), shortened("x" * 5_000)[95:]
    ('Sales', 'xxxxx... (5,000 characters)')
    """
    text = str(name)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text):,} characters)"


def names_listed(names: Iterable[str], *, limit: int = 10) -> str:
    """Return names quoted and joined; above ``limit`` the rest is counted, not listed.

    Names are `shortened`.

    >>> names_listed(["a", "b", "c"], limit=2)
    '"a", "b" and 1 more'
    """
    all_names = list(names)
    shown = ", ".join(f'"{shortened(name)}"' for name in all_names[:limit])
    more = len(all_names) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def did_you_mean(name: object, known: Sequence[str]) -> str:
    """Return a question with the known name that is most like ``name``; empty when none is.

    Nothing is like a name of more than 100 characters: looking would take long.

    >>> did_you_mean("Sale", ["Sales", "Shops"])
    'Did you mean "Sales"?'
    """
    text = str(name)
    matches = difflib.get_close_matches(text, known, n=1) if len(text) <= _LONGEST else ()
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
