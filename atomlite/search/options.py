"""What a search can ask beyond rows: how to count, the values of columns, groups.

>>> read_count({"more_than": 10}, Names())
10
>>> read_count("none", Names()) is None
True
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import pyarrow as pa

from atomlite.errors import InvalidSearch, did_you_mean, shortened
from atomlite.expressions.columns import Column
from atomlite.search.body import expected_keys, integer_in_json, kind_in_json
from atomlite.search.casing import Names
from atomlite.search.fields import Field
from atomlite.tables.search.grouping import result_type
from atomlite.tables.search.values import Aggregate, AggregateFunction, Count

FUNCTIONS: tuple[AggregateFunction, ...] = get_args(AggregateFunction)
_LONGEST_NAME = 100
_OTHER_NAMES = {"avg": "mean", "average": "mean", "distinct": "count_distinct"}
"""What other systems call a function."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows as groups: what they share, and what is calculated of each.

    Args:
        fields: Columns that the rows of a group share.
        aggregates: Results of each group; their names are those that clients see.
    """

    fields: tuple[Field, ...] = ()
    aggregates: tuple[Aggregate, ...] = ()

    def sortable(self) -> dict[str, Column]:
        """Return what groups can be sorted by, under outside names."""
        results = {each.name: Column("", each.name, _result_type(each)) for each in self.aggregates}
        return {field.shown: field.column for field in self.fields} | results


def _result_type(aggregate: Aggregate) -> pa.DataType:
    column = aggregate.column
    found = None if column is None else result_type(aggregate.function, column.data_type)
    return pa.int64() if found is None else found


def read_count(count: object, names: Names) -> Count:
    """Return how exactly matching rows are counted.

    Raises:
        InvalidSearch: It is neither "exact", "none" nor {"more_than": n}.
    """
    if count == "exact":
        return "exact"
    if count == "none":
        return None
    key = names.word("more_than")
    if isinstance(count, dict) and list(count) == [key]:
        most = integer_in_json(count[key])
        if most is not None and 0 <= most < 2**62:
            return most
    raise InvalidSearch(
        f'\'{names.word("count")}\' should be "exact", "none" or '
        f'{{"{key}": n}} with an integer n of 0 or more.'
    )


def read_columns(
    word: str, given: object, readable: Mapping[str, Field], names: Names, *, most: int
) -> tuple[Field, ...]:
    """Return the columns that a list names, such as that of ``facets``.

    Raises:
        InvalidSearch: An entry is no readable column of plain values, or comes twice.
    """
    key = names.word(word)
    if not isinstance(given, list):
        raise InvalidSearch(f"'{key}' should be a list, not {kind_in_json(given)}.")
    if len(given) > most:
        raise InvalidSearch(f"'{key}' has more than {most} entries.")
    fields = [
        _column(entry, f"entry #{number} of '{key}'", readable)
        for number, entry in enumerate(given, 1)
    ]
    for number, field in enumerate(fields, 1):
        if any(field is other for other in fields[: number - 1]):
            raise InvalidSearch(f"'{key}' names \"{field.shown}\" twice, again as entry #{number}.")
    return tuple(fields)


def read_groups(
    aggregates: object,
    group_by: object,
    readable: Mapping[str, Field],
    names: Names,
    *,
    most: int,
) -> Groups | None:
    """Return the groups that are asked for; ``None`` when both lists are empty.

    Raises:
        InvalidSearch: A column or function does not fit, or two results have one name.
    """
    fields = read_columns("group_by", group_by, readable, names, most=most)
    key = names.word("aggregates")
    if not isinstance(aggregates, list):
        raise InvalidSearch(f"'{key}' should be a list, not {kind_in_json(aggregates)}.")
    if len(aggregates) > most:
        raise InvalidSearch(f"'{key}' has more than {most} entries.")
    if not aggregates and not fields:
        return None
    found = tuple(
        _aggregate(entry, f"entry #{number} of '{key}'", readable, names)
        for number, entry in enumerate(aggregates, 1)
    )
    _refuse_twins(_tops(fields), found, names)
    return Groups(fields, found)


def _tops(fields: Sequence[Field]) -> list[str]:
    return list(dict.fromkeys(field.shown.partition(".")[0] for field in fields))


def _refuse_twins(groups: Sequence[str], aggregates: Sequence[Aggregate], names: Names) -> None:
    seen = set(groups)
    for number, aggregate in enumerate(aggregates, 1):
        if aggregate.name in seen:
            raise InvalidSearch(
                f'Two columns of the answer would be "{aggregate.name}", the second by entry '
                f"#{number} of '{names.word('aggregates')}'.",
                hint=f"Give the entry another '{names.word('name')}'.",
            )
        seen.add(aggregate.name)


def _aggregate(entry: object, where: str, readable: Mapping[str, Field], names: Names) -> Aggregate:
    if not isinstance(entry, dict):
        raise InvalidSearch(f"{where.capitalize()} should be an object, not {kind_in_json(entry)}.")
    column_key, function_key, name_key = map(names.word, ("column", "function", "name"))
    expected_keys(entry, (column_key, function_key, name_key), what="key", entry=where)
    name = entry.get(name_key)
    if name_key in entry and not _is_name(name):
        raise InvalidSearch(
            f"'{name_key}' of {where} should be text of 1 to {_LONGEST_NAME} characters without "
            "control characters."
        )
    asked = entry.get(function_key)
    function = next((known for known in FUNCTIONS if known == asked), None)
    if function is None:
        raise InvalidSearch(
            f"Invalid '{function_key}' for {where}: {json.dumps(asked)[:_LONGEST_NAME]}. "
            f"Allowed are: {', '.join(FUNCTIONS)}.",
            hint=did_you_mean(_OTHER_NAMES.get(asked, asked), FUNCTIONS)
            if isinstance(asked, str)
            else "",
        )
    if column_key not in entry:
        if function == "count":
            return Aggregate(str(name or names.word("count")), "count")
        raise InvalidSearch(f"{where.capitalize()} is missing '{column_key}'.")
    field = _column(entry[column_key], where, readable)
    if not fits(field, function):
        raise InvalidSearch(
            f'Invalid \'{function_key}\' for {where}: "{function}" of "{field.shown}", '
            f"which is {field.column.data_type}."
        )
    return Aggregate(str(name or names.result(field.path, function)), function, field.column)


def _is_name(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable()


def fits(field: Field, function: AggregateFunction) -> bool:
    """Return whether a function can be asked of a column."""
    return field.kind.compares and result_type(function, field.column.data_type) is not None


def _column(name: object, where: str, readable: Mapping[str, Field]) -> Field:
    if not isinstance(name, str):
        raise InvalidSearch(f"The column of {where} should be a string, not {kind_in_json(name)}.")
    field = readable.get(name)
    if field is None or not field.kind.compares:
        plain = [key for key, each in readable.items() if each.kind.compares]
        raise InvalidSearch(
            f'Invalid column for {where}: "{shortened(name)}". '
            f"Allowed values are: {', '.join(plain)}.",
            hint=did_you_mean(name, plain),
        )
    return field
