"""Rows that come after a given one, in any order. Pure.

A page ends with the values of all sort keys of its last row, as the engine writes them. The next
one asks for rows after these: however many rows were added or removed before them meanwhile, no
row that stayed is left out or comes twice.
"""

from __future__ import annotations

from atomlite.data_types.storage import sql_type
from atomlite.errors import InvalidCursor
from atomlite.sql import Statement
from atomlite.tables.search.ordering import SortKey, check_resumable
from atomlite.tables.search.scopes import Sql


def after(keys: tuple[SortKey, ...], last: tuple[str | None, ...]) -> Sql:
    """Return the condition for rows that come after one with these values.

    Args:
        keys: What rows are sorted by.
        last: The values of a row, checked; null is ``None``.
    """
    condition: Sql = "FALSE", ()
    for key, text in reversed(list(zip(keys, last, strict=True))):
        later, equal = _later(key, text), _equal(key, text)
        condition = (
            f"({later[0]} OR ({equal[0]} AND {condition[0]}))",
            (*later[1], *equal[1], *condition[1]),
        )
    return condition


def check_values(keys: tuple[SortKey, ...], last: tuple[str | None, ...]) -> Statement:
    """Return the query for whether each value, null or not, is one of its key."""
    parts, values = [], []
    for key, text in zip(keys, last, strict=True):
        parts.append(f"? IS NULL OR TRY_CAST(? AS {sql_type(key.data_type)}) IS NOT NULL")
        values += [text, text]
    return Statement(f"SELECT {', '.join(parts)}", tuple(values))


def foreign(position: int) -> InvalidCursor:
    """Return the error for a value that is none of its key; positions count from 1."""
    return InvalidCursor(
        f"Value {position} of `after` is none of what the rows are sorted by.",
        hint="Begin again with the first page.",
    )


def check(keys: tuple[SortKey, ...], last: tuple[str | None, ...]) -> None:
    """Refuse values that can be none of a row; only the engine knows whether texts fit.

    Raises:
        InvalidCursor: Another number of values, or a value that is no text.
        InvalidSearch: A key has no values that compare.
    """
    check_resumable(keys)
    if len(last) != len(keys):
        raise InvalidCursor(
            f"`after` has {len(last)} values; the rows are sorted by {len(keys)}.",
            hint="Pass `Page.last` of a page in the same order, or begin with the first page.",
        )
    for position, text in enumerate(last, 1):
        given: object = text
        if given is not None and (not isinstance(given, str) or not _encodes(given)):
            raise foreign(position)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True


def _later(key: SortKey, text: str | None) -> Sql:
    if text is None:
        return (f"{key.sql} IS NOT NULL", key.values) if key.nulls == "first" else ("FALSE", ())
    operator = "<" if key.descending else ">"
    condition = f"{key.sql} {operator} CAST(? AS {sql_type(key.data_type)})"
    if key.nulls == "last" and key.nullable:
        return f"({condition} OR {key.sql} IS NULL)", (*key.values, text, *key.values)
    return condition, (*key.values, text)


def _equal(key: SortKey, text: str | None) -> Sql:
    if text is None:
        return f"{key.sql} IS NULL", key.values
    return f"{key.sql} = CAST(? AS {sql_type(key.data_type)})", (*key.values, text)
