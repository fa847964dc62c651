"""The parameters of an endpoint that shows a table, checked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TypeAlias

from atomlite.errors import InvalidEndpoint, did_you_mean, names_listed
from atomlite.expressions.conditions import Condition
from atomlite.search.conditions import Limits
from atomlite.search.fields import ColumnNames
from atomlite.search.injection import Injected, Offer
from atomlite.search.joins import ColumnOverride, Join
from atomlite.search.mistakes import described
from atomlite.search.operators import EXTRA
from atomlite.search.sorting import DIRECTIONS
from atomlite.tables.table import Table

_LONGEST_FACET = 86_400
"""Seconds; a day."""

Where: TypeAlias = "Sequence[Condition | Callable[..., Condition | None]]"
"""What all rows of an endpoint must meet: conditions, or functions that return one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How an endpoint shows a table, as it was given.

    Args:
        table: The table.
        names: Its columns, by role.
        descending: Whether the default sort goes down.
        default_limit: Rows of a page when the client does not say.
        maximum_limit: Most rows of a page; 0 for any number.
        where: What all rows must meet.
        output_map: Makes the object of a row; ``None`` for the columns.
        output_schema: What describes that object in the documentation.
        facet_limit: Most values of a facet.
        facet_seconds: Time limit of a facet.
        limits: How much one search may ask.
    """

    table: Table
    names: ColumnNames
    descending: bool
    default_limit: int
    maximum_limit: int
    where: Where
    output_map: Callable[..., object] | None
    output_schema: object
    facet_limit: int
    facet_seconds: float
    limits: Limits

    def __post_init__(self) -> None:
        """Refuse what is no table, and numbers out of range."""
        check_table(self.table)
        check_number("default_limit", self.default_limit, least=1)
        check_number("maximum_limit", self.maximum_limit, least=0)
        check_number("facet_limit", self.facet_limit, least=1)
        for name, value in asdict(self.limits).items():
            check_number(name, value, least=1)
        seconds: object = self.facet_seconds
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not is_number or not 0 < self.facet_seconds <= _LONGEST_FACET:
            raise InvalidEndpoint(
                f"facet_seconds is {described(seconds)}.",
                hint=f"It must be seconds, above 0 and at most {_LONGEST_FACET:,}.",
            )

    @property
    def limit(self) -> int:
        """Rows of a page when the client does not say, within the maximum."""
        return (
            min(self.default_limit, self.maximum_limit)
            if self.maximum_limit
            else self.default_limit
        )


class Filters:
    """The conditions of an endpoint itself.

    Args:
        where: Conditions, or functions that return one or None.
        offered: Names that functions may ask for.

    Raises:
        InvalidEndpoint: One is neither, or asks for what nobody provides.
    """

    __slots__ = ("_entries",)

    def __init__(self, where: Where, offered: Collection[str]) -> None:
        given: object = where
        if isinstance(given, Condition | str) or not isinstance(given, Sequence):
            shown = f"`{given!r}`" if isinstance(given, Condition) else described(given)
            raise InvalidEndpoint(
                f"where is {shown}.",
                hint='It must be a list of conditions: where=[table["age"] > 4].',
            )
        self._entries = tuple(_filter(each, offered) for each in where)

    @property
    def fixed(self) -> list[Condition]:
        """Those that are the same for each request."""
        return [each for each in self._entries if isinstance(each, Condition)]

    def conditions(self, offer: Offer) -> list[Condition]:
        """Return all of them for one request."""
        found = []
        for each in self._entries:
            condition = each if isinstance(each, Condition) else each(offer)
            if condition is None:
                continue
            if not isinstance(condition, Condition):
                raise InvalidEndpoint(
                    f"where returned {condition!r}.", hint="Return a condition, or None."
                )
            found.append(condition)
        return found


def _filter(given: object, offered: Collection[str]) -> Condition | Injected:
    if isinstance(given, Condition):
        return given
    if not callable(given):
        raise InvalidEndpoint(
            f"where has {described(given)}.",
            hint='Each is a condition such as table["age"] > 4, or a function that returns one.',
        )
    return Injected(given, "where", offered)


def column_names(
    *,
    readable: Sequence[str],
    sortable: Sequence[str],
    searchable: Sequence[str],
    default_sort: str,
    joins: Sequence[Join],
    overrides: Mapping[str, ColumnOverride] | None,
    extra_operators: Sequence[str],
) -> ColumnNames:
    """Return the columns of an endpoint by role; whether the tables have them is checked later.

    Raises:
        InvalidEndpoint: A list is none, names something twice, or is empty where it must not be.
    """
    for operator in listed("extra_operators", extra_operators):
        if operator not in EXTRA:
            raise InvalidEndpoint(
                f'extra_operators has "{operator}". Operators: {names_listed(EXTRA)}.',
                hint=did_you_mean(operator, EXTRA),
            )
    given: object = joins
    if not isinstance(given, Sequence) or not all(isinstance(each, Join) for each in given):
        raise InvalidEndpoint(
            f"joins is {_parts(given)}.", hint="It must be a list of Join(table, ...)."
        )
    said: object = {} if overrides is None else overrides
    if not isinstance(said, Mapping) or not all(
        isinstance(each, ColumnOverride) for each in said.values()
    ):
        raise InvalidEndpoint(
            f"column_overrides is {described(overrides)}.",
            hint='It must be a dict such as {"status": ColumnOverride(...)}.',
        )
    shown = listed("readable_column_names", readable)
    if not shown:
        raise InvalidEndpoint("readable_column_names is empty.", hint="Name one column or more.")
    return ColumnNames(
        readable=shown,
        sortable=listed("sortable_column_names", sortable),
        searchable=listed("searchable_column_names", searchable),
        default_sort=default_sort,
        joins=tuple(joins),
        overrides=dict(overrides or {}),
        extra_operators=tuple(extra_operators),
    )


def is_descending(direction: object) -> bool:
    """Return whether the default sort goes down.

    Raises:
        InvalidEndpoint: It is neither ASC nor DESC.
    """
    if not isinstance(direction, str) or direction.upper() not in DIRECTIONS:
        raise InvalidEndpoint(
            f"default_sort_direction is {described(direction)}.", hint='It must be "ASC" or "DESC".'
        )
    return direction.upper() == "DESC"


def check_number(name: str, value: object, *, least: int) -> None:
    """Refuse a limit that is no whole number in its range."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value < 2**62:
        raise InvalidEndpoint(
            f"{name} is {described(value)}.", hint=f"It must be an integer, {least} or more."
        )


def check_table(given: object) -> None:
    """Refuse what is no table.

    Raises:
        InvalidEndpoint: It is something else, such as the name of one.
    """
    if not isinstance(given, Table):
        raise InvalidEndpoint(
            f"table is {described(given)}.", hint="It must be a table of a session."
        )


def listed(name: str, given: object) -> tuple[str, ...]:
    """Return the names that a parameter lists.

    Raises:
        InvalidEndpoint: It is no list, or names something twice.
    """
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise InvalidEndpoint(f"{name} is {described(given)}.", hint="It must be a list of names.")
    found = tuple(given)
    twice = next((each for each in found if found.count(each) > 1), None)
    if twice is not None:
        raise InvalidEndpoint(f'{name} has "{twice}" twice.', hint="Name it once.")
    return found


def _parts(given: object) -> str:
    """Return a list by what its entries are, anything else by itself."""
    if isinstance(given, str) or not isinstance(given, Sequence):
        return described(given)
    return f"[{', '.join(map(described, given))}]"
