"""The entries of ``where`` as one condition, each value typed by its column.

>>> import pyarrow as pa
>>> from atomlite.expressions.columns import Column
>>> from atomlite.search.fields import Field
>>> from atomlite.search.operators import operators_of
>>> from atomlite.search.values import kind_of
>>> level = Column("T", "level", pa.int64())
>>> kind = kind_of(level.data_type)
>>> operators = operators_of(kind, ())
>>> field = Field("level", "level", level, kind, True, operators, None, "", "level")
>>> reading = WhereReading({"level": field}, Names(), Limits())
>>> reading.read([{"column": "level", "operator": ">=", "value": 3}])
level >= 3
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_

from atomlite.errors import AtomliteError, InvalidSearch, did_you_mean, names_listed, shortened
from atomlite.expressions.conditions import Condition
from atomlite.search.body import kind_in_json
from atomlite.search.casing import Names
from atomlite.search.fields import Field
from atomlite.search.operators import EXTRA, LISTS, PATTERNS

_MOST_NAMED = 20
_LONGEST = 60
_NULL = {"is null": True, "is not null": False}
_IS = {"is": True, "is not": False}
_COMPARED: dict[str, Callable[[Field, object], Condition]] = {
    "=": lambda field, value: field.column == value,
    "<=>": lambda field, value: field.column == value,
    "!=": lambda field, value: field.column != value,
    "<": lambda field, value: field.column < value,
    "<=": lambda field, value: field.column <= value,
    ">": lambda field, value: field.column > value,
    ">=": lambda field, value: field.column >= value,
}
_MATCHED: dict[str, Callable[[Field, str], Condition]] = {
    "like": lambda field, text: field.column.ilike(text),
    "contains": lambda field, text: field.column.contains(text, case=False),
    "starts with": lambda field, text: field.column.starts_with(text, case=False),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one search may ask.

    Args:
        most_conditions: Entries of ``where``, on all levels together.
        most_values: Values of all lists of ``where``, together.
        most_facets: Columns of ``facets``.
        most_aggregates: Entries of ``aggregates`` and of ``group_by``, each.
    """

    most_conditions: int = 100
    most_values: int = 2_000
    most_facets: int = 20
    most_aggregates: int = 20


@dataclass(slots=True)
class WhereReading:
    """Reads the ``where`` of one request.

    Args:
        searchable: Columns by outside name.
        names: How keys look outside.
        limits: How much may be asked.
        ignored: Keys that said nothing, after reading; the first twenty.
        ignored_beyond: How many more there were.
        nested: Whether entries were nested, after reading.
        meets_null: Whether a column was named that can be null, or an empty list given.
    """

    searchable: Mapping[str, Field]
    names: Names
    limits: Limits
    ignored: list[str] = field(default_factory=list)
    ignored_beyond: int = 0
    nested: bool = False
    meets_null: bool = False
    _count: int = 0
    _values: int = 0

    @property
    def all_ignored(self) -> tuple[str, ...]:
        """What said nothing, the last saying how many more there were."""
        beyond = self.ignored_beyond
        return (*self.ignored, *([f"and {beyond} more"] if beyond else []))

    def read(self, where: object) -> Condition | None:
        """Return the condition that all entries hold; ``None`` for no entries.

        Raises:
            InvalidSearch: An entry is not as it should be; the message names its number and key.
        """
        word = self.names.word("where")
        if not isinstance(where, list):
            raise InvalidSearch(f"'{word}' should be a list, not {kind_in_json(where)}.")
        conditions = self._entries(where, "")
        return reduce(and_, conditions) if conditions else None

    def _entries(self, entries: list[object], before: str) -> list[Condition]:
        return [self._entry(entry, f"{before}{n}") for n, entry in enumerate(entries, 1)]

    def _entry(self, entry: object, number: str) -> Condition:
        self._count += 1
        if self._count > self.limits.most_conditions:
            raise InvalidSearch(
                f"'{self.names.word('where')}' has more than {self.limits.most_conditions} "
                f"entries, at entry #{number}."
            )
        if not isinstance(entry, dict):
            raise InvalidSearch(
                f"Each entry in the '{self.names.word('where')}' list should be an object; "
                f"entry #{number} is {kind_in_json(entry)}."
            )
        for word in ("and", "or", "not"):
            if self.names.word(word) in entry:
                self.nested = True
                return self._group(word, entry, number)
        return self._condition(entry, number)

    def _group(self, word: str, entry: dict[str, object], number: str) -> Condition:
        key = self.names.word(word)
        if len(entry) > 1:
            others = names_listed([other for other in entry if other != key])
            raise InvalidSearch(
                f"Entry #{number} has '{key}' and beside it {others}.",
                hint=f"Put what belongs together into an entry of its own inside of '{key}'.",
            )
        inner = entry[key]
        if word == "not":
            return ~self._entry(inner, f"{number}.1")
        if not isinstance(inner, list) or not inner:
            found = "an empty list" if inner == [] else kind_in_json(inner)
            raise InvalidSearch(
                f"'{key}' should be a list of one entry or more, but for entry #{number} "
                f"it is {found}."
            )
        return reduce(and_ if word == "and" else or_, self._entries(inner, f"{number}."))

    def _condition(self, entry: dict[str, object], number: str) -> Condition:
        column = self._text(entry, "column", number)
        asked = self._text(entry, "operator", number)
        found = self.searchable.get(column)
        if found is None:
            known = list(self.searchable)
            raise InvalidSearch(
                f'Invalid where column for entry #{number}: "{shortened(column)}". '
                f"Allowed values are: {', '.join(known)}.",
                hint=did_you_mean(column, known),
            )
        operator = asked.lower()
        if operator not in found.operators:
            raise InvalidSearch(
                f'Invalid operator for entry #{number}: "{shortened(asked)}". '
                f"Allowed operators are: {', '.join(found.operators)}.",
                hint=f'"{column}" is {found.column.data_type}.'
                + (" This endpoint does not offer it." if operator in EXTRA else ""),
            )
        self._note_ignored(entry, number)
        self.meets_null |= found.can_be_null
        if operator in _NULL:
            return _null_test(found, wanted=_NULL[operator])
        key = self.names.word("value")
        if key not in entry:
            raise self._missing("value", number, entry)
        try:
            return self._made(found, operator, entry[key])
        except AtomliteError as error:  # of the condition: a pattern that ends with a backslash
            raise InvalidSearch(
                f"Invalid search value for entry #{number}: {error.message} {error.hint}"
            ) from None
        except ValueError as error:
            raise InvalidSearch(
                f"Invalid search value for entry #{number}: {error}.",
                hint=f'"{column}" is {found.column.data_type}; found {_shown(entry[key])}.',
            ) from None

    def _made(self, found: Field, operator: str, value: object) -> Condition:
        """Return the condition; raises ValueError for a value that does not fit."""
        if operator in _IS:
            return _is(found, value, wanted=_IS[operator])
        if operator == "<=>" and value is None:
            return found.column.isnull()
        if operator in LISTS:
            return self._of_list(found, operator, value)
        typed = found.kind.read(value)
        if operator in PATTERNS:
            assert isinstance(typed, str)  # noqa: S101 -- only text has these operators
            return _MATCHED[operator](found, typed)
        return _COMPARED[operator](found, _allowed(found, typed))

    def _of_list(self, found: Field, operator: str, value: object) -> Condition:
        if not isinstance(value, list):
            raise ValueError(f"value should be a list, not {kind_in_json(value)}")  # noqa: TRY004 -- as all misfits
        self._values += len(value)
        if self._values > self.limits.most_values:
            raise ValueError(f"all lists have more than {self.limits.most_values:,} items together")
        items = []
        for position, item in enumerate(value, 1):
            try:
                items.append(_allowed(found, found.kind.read(item)))
            except ValueError as error:
                raise ValueError(f"{error}, in item {position} of the list") from None
        if operator == "between":
            if len(items) != 2:  # noqa: PLR2004 -- from and to
                raise ValueError("value should be a list of two: the lowest and the highest")
            return found.column.between(items[0], items[1])
        self.meets_null |= not items
        inside = found.column.isin(items)
        return inside if operator == "in" else ~inside

    def _text(self, entry: dict[str, object], word: str, number: str) -> str:
        key = self.names.word(word)
        if key not in entry:
            raise self._missing(word, number, entry)
        value = entry[key]
        if not isinstance(value, str):
            raise InvalidSearch(
                f"'{key}' should be a string, but for entry #{number} it is {kind_in_json(value)}."
            )
        return value

    def _missing(self, word: str, number: str, entry: dict[str, object]) -> InvalidSearch:
        keys = [f"'{self.names.word(key)}'" for key in ("column", "operator", "value")]
        others = [key for key in entry if f"'{key}'" not in keys]
        return InvalidSearch(
            f"Each entry in the {self.names.word('where')} list should contain "
            f"{', '.join(keys)}, but entry #{number} is missing '{self.names.word(word)}'.",
            hint=f"It has {names_listed(others)}, which means nothing here." if others else "",
        )

    def _note_ignored(self, entry: dict[str, object], number: str) -> None:
        known = {self.names.word(word) for word in ("column", "operator", "value")}
        where = self.names.word("where")
        more = [f"{where} #{number}: {key[:_LONGEST]}" for key in entry if key not in known]
        self.ignored_beyond += max(len(self.ignored) + len(more) - _MOST_NAMED, 0)
        self.ignored = [*self.ignored, *more][:_MOST_NAMED]


def _shown(value: object) -> str:
    """Return a value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _null_test(found: Field, *, wanted: bool) -> Condition:
    test = found.column.isnull()
    return test if wanted else ~test


def _is(found: Field, value: object, *, wanted: bool) -> Condition:
    if value is None:
        return _null_test(found, wanted=wanted)
    if found.kind.name == "boolean" and isinstance(value, bool):
        same = found.column == value
        return same if wanted else (found.column != value) | found.column.isnull()
    others = "null, true or false" if found.kind.name == "boolean" else "null"
    raise ValueError(f"the operators is and is not take {others}")


def _allowed(found: Field, value: object) -> object:
    if found.values is not None and value not in found.values:
        allowed = names_listed(sorted(map(str, found.values)), limit=20)
        raise ValueError(f"Invalid value for {found.shown}, allowed are {allowed}")
    return value
