"""The operators of a search, by kind of column.

>>> from atomlite.search.values import TEXT
>>> operators_of(TEXT, ())[-1], operators_of(TEXT, ("not in",))[-1]
('like', 'not in')
"""

from __future__ import annotations

from collections.abc import Sequence

from atomlite.search.values import Kind

NULL_TESTS = ("is not null", "is null", "is not", "is")
ORDERED = ("<=>", "!=", "<=", ">=", ">", "<", "=", "in")
STANDARD = (*ORDERED, *NULL_TESTS, "like")
"""The operators of the contract."""

EXTRA = ("between", "contains", "starts with", "not in")
"""What an endpoint can offer beyond."""

DEFAULT_EXTRA = ("between", "contains", "starts with")

PATTERNS = frozenset({"like", "contains", "starts with"})
LISTS = frozenset({"in", "not in", "between"})


def operators_of(kind: Kind, extra: Sequence[str]) -> tuple[str, ...]:
    """Return the operators of a kind of column, with those of ``extra`` that fit it."""
    if not kind.compares:
        return NULL_TESTS
    if kind.name == "boolean":
        return ("=", *NULL_TESTS)
    if kind.name == "text":
        return (*STANDARD, *(word for word in EXTRA if word in extra))
    return (
        *ORDERED,
        *NULL_TESTS,
        *(word for word in EXTRA if word in extra and word not in PATTERNS),
    )
