"""Names inside and outside of an endpoint: one rule for every key that it reads or writes.

>>> names = Names("snake_case", "camelCase")
>>> names.column("joined_on"), names.column("company.founded_on"), names.word("input_errors")
('joinedOn', 'company.foundedOn', 'inputErrors')

Words that are values (operators, directions, functions) are never renamed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias, get_args

from atomlite.errors import InvalidEndpoint, did_you_mean, names_listed
from atomlite.http import frames

Casing: TypeAlias = Literal["snake_case", "camelCase", "TitleCase"]
"""How the words of a name are joined."""

_CASINGS: tuple[str, ...] = get_args(Casing)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Names:
    """Turns names of columns, and the endpoint's own words, into what clients see.

    Args:
        internal: Casing of the columns of the tables.
        external: Casing of everything that clients see. With both alike, columns keep their names.

    Raises:
        InvalidEndpoint: A casing is none of those known.
    """

    __slots__ = ("_words", "external", "internal")

    def __init__(self, internal: object = "snake_case", external: object = "snake_case") -> None:
        self.internal = _checked("internal_casing", internal)
        self.external = _checked("external_casing", external)
        self._words: dict[str, str] = {}

    def column(self, name: str) -> str:
        """Return the outside name of a column; each part of a path for itself."""
        if self.internal == self.external:
            return name
        return ".".join(
            _joined(_split(part, self.internal), self.external, part) for part in name.split(".")
        )

    def word(self, word: str) -> str:
        """Return the outside form of one of the endpoint's own words, which are snake_case.

        >>> Names(external="TitleCase").word("client_error")
        'ClientError'
        """
        known = self._words.get(word)
        if known is None:
            known = self._words[word] = _joined(word.split("_"), self.external, word)
        return known

    def result(self, column: str, function: str) -> str:
        """Return the name of a result: the inside name of a column, and what was made of it.

        >>> (
        ...     Names().result("company.name", "count_distinct"),
        ...     Names(external="camelCase").result("unit_price", "mean"),
        ... )
        ('company_name_count_distinct', 'unitPriceMean')
        """
        parts = self.column(column).split(".")
        if self.external == "snake_case":
            return "_".join([*parts, function])
        titled = [_titled(part) for part in [*parts[1:], *function.split("_")]]
        return "".join([parts[0], *titled])

    def keys(self, value: object) -> object:
        """Return a value whose mappings have outside names as keys, on every level.

        Frames become lists of mappings.

        >>> Names(external="TitleCase").keys([{"date_of_birth": 1}])
        [{'DateOfBirth': 1}]
        """
        if self.internal == self.external:
            return value
        if isinstance(value, Mapping):
            return {
                self.column(key) if isinstance(key, str) else key: self.keys(item)
                for key, item in value.items()
            }
        if frames.is_frame(value):
            return [self.keys(row) for batch in frames.batches(value) for row in batch]
        if isinstance(value, list | tuple):
            return [self.keys(item) for item in value]
        return value


def _checked(what: str, casing: object) -> str:
    if not isinstance(casing, str) or casing not in _CASINGS:
        raise InvalidEndpoint(
            f"{what} is {casing!r}. Casings: {names_listed(_CASINGS)}.",
            hint=did_you_mean(casing, _CASINGS),
        )
    return casing


def _split(name: str, casing: str) -> list[str]:
    if casing == "snake_case":
        return [word for word in name.split("_") if word]
    return [word.lower() for word in _HUMP.split(name)]


def _joined(words: list[str], casing: str, name: str) -> str:
    if not words:  # nothing but underscores
        return name
    before = name[: len(name) - len(name.lstrip("_"))]
    if casing == "snake_case":
        return before + "_".join(words)
    titled = [_titled(word) for word in words]
    return (
        before
        + (titled[0][:1].lower() + titled[0][1:] if casing == "camelCase" else titled[0])
        + "".join(titled[1:])
    )


def _titled(word: str) -> str:
    return word[:1].upper() + word[1:]
