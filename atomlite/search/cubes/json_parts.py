"""Parts of JSON bodies, each with the place where it stands, for messages. Pure.

>>> Place("filter").key("and").item(1).key("value")
filter.and[1].value
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from atomlite.errors import InvalidQuery, did_you_mean, names_listed, shortened
from atomlite.search.body import kind_in_json

_LONGEST_SHOWN = 60


class Place:
    """Where a part stands in a body.

    Args:
        path: As it is written in messages.
    """

    __slots__ = ("_path",)

    def __init__(self, path: str) -> None:
        self._path = path

    def key(self, name: str) -> Place:
        """Return the place of a key of this object."""
        return Place(f"{self._path}.{name}" if self._path else name)

    def item(self, number: int) -> Place:
        """Return the place of an entry of this list."""
        return Place(f"{self._path}[{number}]")

    def wrong(self, found: object, expected: str) -> InvalidQuery:
        """Return the error for what should be something else."""
        return InvalidQuery(
            f"{self} is {shown(found)}.",
            hint=f"It must be {expected}.",
            details={"path": str(self)},
        )

    def __repr__(self) -> str:
        """Return the path; the whole body has none."""
        return self._path or "The body"


def shown(value: object) -> str:
    """Return a value as messages show it.

    >>> shown("Paris"), shown(["a"]), shown(None)
    ('"Paris"', 'a list', 'null')
    """
    if value is None or isinstance(value, list | dict):
        return kind_in_json(value)
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST_SHOWN else shortened(text)


def keyed(
    given: Mapping[str, object],
    place: Place,
    known: Collection[str],
    *,
    needed: Collection[str] = (),
) -> None:
    """Refuse keys that mean nothing, and objects without those that are needed.

    Raises:
        InvalidQuery: There is an unknown key, or one is missing.
    """
    keys = f"Keys: {names_listed(known, limit=20)}."
    for key in given:
        if key not in known:
            raise InvalidQuery(
                f'{place} has the key "{shortened(key)}", which means nothing there.',
                hint=f"{keys} {did_you_mean(key, list(known))}".strip(),
                details={"path": str(place.key(shortened(key)))},
            )
    for key in needed:
        if key not in given:
            raise InvalidQuery(
                f'{place}: the key "{key}" is missing.',
                hint=keys,
                details={"path": str(place.key(key))},
            )


def entries(given: object, place: Place, *, least: int = 0) -> list[tuple[Place, object]]:
    """Return the entries of a list, each with its place.

    Raises:
        InvalidQuery: It is no list, or has too few entries.
    """
    if not isinstance(given, list):
        raise place.wrong(given, "a list")
    if len(given) < least:
        raise InvalidQuery(
            f"{place} is an empty list.",
            hint="Give one entry or more, or leave it out.",
            details={"path": str(place)},
        )
    return [(place.item(number), each) for number, each in enumerate(given)]
