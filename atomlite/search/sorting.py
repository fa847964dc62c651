"""The entries of ``sort`` as orderings. Null is the lowest value, unless a client says otherwise.

>>> import pyarrow as pa
>>> from atomlite.expressions.columns import Column
>>> name = Column("T", "name", pa.string())
>>> lowest_first(name, descending=True), lowest_first(name, descending=False)
(name.desc(), name.asc(nulls="first"))
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from atomlite.errors import InvalidSearch, did_you_mean, shortened
from atomlite.expressions.columns import Column, Ordering
from atomlite.search.body import expected_keys, kind_in_json
from atomlite.search.casing import Names

DIRECTIONS = ("ASC", "DESC")
_KEYS = ("column", "direction", "nulls")


def lowest_first(column: Column, *, descending: bool) -> Ordering:
    """Return the order by a column in which null counts as the lowest value."""
    return Ordering(column, descending=descending, nulls="last" if descending else "first")


def read_sort(sort: object, sortable: Mapping[str, Column], names: Names) -> tuple[Ordering, ...]:
    """Return what to sort by; empty for an empty list.

    Args:
        sort: The value of ``sort`` in the request.
        sortable: Columns by outside name.
        names: How keys look outside.

    Raises:
        InvalidSearch: An entry is not as it should be; the message names its number and key.
    """
    word = names.word("sort")
    if not isinstance(sort, list):
        raise InvalidSearch(f"'{word}' should be a list, not {kind_in_json(sort)}.")
    found: dict[str, Ordering] = {}
    for number, entry in enumerate(sort, 1):
        column, ordering = _entry(entry, number, sortable, names)
        if column in found:
            raise InvalidSearch(f'"{column}" is sorted by twice; the second is entry #{number}.')
        found[column] = ordering
    return tuple(found.values())


def _entry(
    entry: object, number: int, sortable: Mapping[str, Column], names: Names
) -> tuple[str, Ordering]:
    word = names.word("sort")
    if not isinstance(entry, dict):
        raise InvalidSearch(
            f"Each entry in the '{word}' list should be an object; entry #{number} is "
            f"{kind_in_json(entry)}."
        )
    keys = tuple(names.word(key) for key in _KEYS)
    for key in keys[:2]:
        if key not in entry:
            raise InvalidSearch(
                f"Each entry in the {word} list should contain both '{keys[0]}' and '{keys[1]}' "
                f"but entry #{number} is missing '{key}'."
            )
    for key in keys:
        if not isinstance(entry.get(key, ""), str):
            raise InvalidSearch(
                f"'{key}' must be a string, but for entry #{number} it is "
                f"{kind_in_json(entry[key])}."
            )
    expected_keys(entry, keys, what="key", entry=f"entry #{number} of {word}")
    column, direction = entry[keys[0]], entry[keys[1]].upper()
    if direction not in DIRECTIONS:
        raise InvalidSearch(
            f"'{keys[1]}' must be either 'ASC' or 'DESC', but a different value was found for "
            f"entry #{number}: {json.dumps(shortened(entry[keys[1]]))}."
        )
    if column not in sortable:
        raise InvalidSearch(
            f'Invalid sort column for entry #{number}: "{shortened(column)}". '
            f"Allowed values are: {', '.join(sortable)}.",
            hint=did_you_mean(column, list(sortable)),
        )
    ordering = lowest_first(sortable[column], descending=direction == "DESC")
    return column, _with_nulls(ordering, entry.get(keys[2]), number, keys[2])


def _with_nulls(ordering: Ordering, nulls: object, number: int, key: str) -> Ordering:
    if nulls is None:
        return ordering
    if nulls != "first" and nulls != "last":  # noqa: PLR1714 -- so that the type checker follows
        raise InvalidSearch(
            f"'{key}' must be 'first' or 'last', but for entry #{number} it is "
            f"{json.dumps(shortened(nulls))}."
        )
    return Ordering(ordering.operand, ordering.descending, nulls)
