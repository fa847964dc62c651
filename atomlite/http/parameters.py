"""Query parameters, each of which may be given more than once.

>>> query = QueryParameters("city=Oslo&city=Bergen&empty=")
>>> query["city"], query.get_all("city"), query.get("page", "1")
('Oslo', ['Oslo', 'Bergen'], '1')
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qsl

from atomlite.errors import InvalidRequest

_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


class QueryParameters(Mapping[str, str]):
    """The parameters after the question mark of a URL: a mapping to the first value of each.

    Args:
        query: The text after the question mark, as sent.

    Raises:
        InvalidRequest: The percent-encoding is broken, or does not encode UTF-8.
    """

    __slots__ = ("_values",)

    def __init__(self, query: str) -> None:
        if _BROKEN_PERCENT.search(query):
            raise InvalidRequest(
                "The query has a percent sign without two hexadecimal digits.",
                hint="Write a percent sign as %25.",
            )
        self._values: dict[str, list[str]] = {}
        try:
            text = query.encode("latin-1").decode()
            for name, value in parse_qsl(text, keep_blank_values=True, errors="strict"):
                self._values.setdefault(name, []).append(value)
        except UnicodeError:
            raise InvalidRequest(
                "The query is not UTF-8.", hint="Percent-encode its UTF-8 bytes."
            ) from None

    def __getitem__(self, name: str) -> str:
        """Return the first value of a parameter."""
        return self._values[name][0]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, as first given."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return the number of different names."""
        return len(self._values)

    def get_all(self, name: str) -> list[str]:
        """Return every value of a parameter, in the order given; empty when it was not."""
        return list(self._values.get(name, ()))

    def __repr__(self) -> str:
        """Return all values of each name."""
        return f"QueryParameters({self._values!r})"
