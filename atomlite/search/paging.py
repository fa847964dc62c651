"""Which page of the rows is wanted: ``limit``, ``start``, and whether by cursor.

>>> read_limit({"limit": 5}, Names(), default=50, maximum=200)
5
>>> read_limit({"limit": "5"}, Names(), default=50, maximum=200)
Traceback (most recent call last):
...
atomlite.errors.InvalidSearch: Invalid request: 'limit' should be an integer, not a string.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from atomlite.errors import InvalidSearch, names_listed
from atomlite.http.parameters import QueryParameters
from atomlite.search.body import integer_in_json, kind_in_json
from atomlite.search.casing import Names

_MOST = 2**63 - 1
_DIGITS = re.compile(r"[0-9]{1,30}")


def read_limit(given: Mapping[str, object], names: Names, *, default: int, maximum: int) -> int:
    """Return how many rows a page has; ``maximum`` 0 is none.

    Raises:
        InvalidSearch: It is no integer from 1 to the maximum.
    """
    key = names.word("limit")
    asked = given.get(key, default)
    value = integer_in_json(asked)
    if value is None:
        raise InvalidSearch(
            f"Invalid request: '{key}' should be an integer, not {kind_in_json(asked)}."
        )
    if value <= 0:
        raise InvalidSearch(f"Invalid request: '{key}' must be positive.")
    most = maximum or _MOST
    if value > most:
        raise InvalidSearch(f"Invalid request: '{key}' must be at most {most}.")
    return value


def read_start(given: Mapping[str, object], names: Names) -> int:
    """Return how many rows come before the page, 0 when the request does not say.

    Raises:
        InvalidSearch: It is no integer of 0 or more.
    """
    key = names.word("start")
    asked = given.get(key, 0)
    value = integer_in_json(asked)
    if value is None:
        found = f"not {kind_in_json(asked)}" if not isinstance(asked, float) else "a whole one"
        raise InvalidSearch(f"Invalid pagination data: '{key}' must be a number, {found}.")
    if not 0 <= value < _MOST:
        raise InvalidSearch(f"Invalid pagination data: '{key}' must be 0 or more, below 2**63.")
    return value


def query_values(query: QueryParameters, known: Iterable[str]) -> dict[str, str]:
    """Return the query parameters that say something; those with an empty value do not.

    Raises:
        InvalidSearch: One is unknown, or given twice.
    """
    expected = tuple(known)
    found: dict[str, str] = {}
    for name in query:
        values = [value for value in query.get_all(name) if value]
        if not values:
            continue
        if name not in expected:
            raise InvalidSearch(
                f'Query parameters were found but are not supported: "{name}". '
                f"Supported: {names_listed(expected)}.",
                hint="Send everything else in the JSON body." if len(expected) == 1 else "",
            )
        if len(values) > 1:
            raise InvalidSearch(f'The query parameter "{name}" is ambiguous: it was given twice.')
        found[name] = values[0]
    return found


def whole_number(name: str, text: str) -> int:
    """Return the number that a query parameter holds.

    Raises:
        InvalidSearch: It has other characters than ASCII digits.
    """
    if not _DIGITS.fullmatch(text):
        raise InvalidSearch(f"Invalid query parameter: '{name}' must be a number of digits 0 to 9.")
    return int(text)
