"""Filters of cube queries in JSON: conditions about levels, hierarchies and measures. Pure.

>>> from atomlite.cubes.model import CubeModel
>>> read_filter({"measure": "Sales", "operator": ">"}, CubeModel("C", "T"))
Traceback (most recent call last):
...
atomlite.errors.InvalidQuery: filter: the key "value" is missing. Keys: "measure", ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from atomlite.cubes.names import hierarchy_named, level_named, measure_named
from atomlite.errors import InvalidQuery, names_listed
from atomlite.expressions.conditions import Condition
from atomlite.measures.nodes import MeasureExpression, Named
from atomlite.search.cubes.json_parts import Place, entries, keyed
from atomlite.search.values import Kind, kind_of

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel
    from atomlite.measures.coordinates import LevelOperand

MOST_CONDITIONS = 200
"""Conditions of a filter, on all levels together."""
MOST_VALUES = 10_000
"""Values of all lists of a filter, together."""
MOST_NESTED = 20
"""Levels that ``and``, ``or`` and ``not`` may be nested."""

COMPARISONS = ("=", "!=", "<", "<=", ">", ">=")
LISTS = ("in", "not in", "between")
NULL_TESTS = ("is null", "is not null")
TEXTS = ("contains", "starts with")
_BOUNDS = 2
_FORMS = ("level", "hierarchy", "measure", "and", "or", "not")
_BESIDE = ("operator", "value", "values", "paths")

_Subject: TypeAlias = "LevelOperand | MeasureExpression"
_COMPARED: Mapping[str, Callable[[Any, object], Condition]] = {
    "=": lambda subject, value: subject == value,
    "!=": lambda subject, value: subject != value,
    "<": lambda subject, value: subject < value,
    "<=": lambda subject, value: subject <= value,
    ">": lambda subject, value: subject > value,
    ">=": lambda subject, value: subject >= value,
}


def read_filter(given: object, model: CubeModel) -> Condition:
    """Return the condition that a filter means.

    Raises:
        InvalidQuery: It is not well formed; the message says where.
        LevelNotFound, HierarchyNotFound, MeasureNotFound, AmbiguousName: It names what is not
            there, or several things at once.
        WrongType: A level or measure has no such comparison.
    """
    return _Filter(model).condition(given, Place("filter"), MOST_NESTED)


class _Filter:
    """One filter that is being read."""

    def __init__(self, model: CubeModel) -> None:
        self._model = model
        self._conditions = 0
        self._values = 0

    def condition(self, given: object, place: Place, left: int) -> Condition:
        """Return what one object of the filter means."""
        if not isinstance(given, dict):
            raise place.wrong(given, "an object")
        self._conditions += 1
        self._check_conditions()
        if left == 0:
            raise InvalidQuery(
                f"filter is nested more than {MOST_NESTED} levels deep.",
                hint="Join more conditions by one `and` or `or`, or ask in several queries.",
            )
        form = next((form for form in _FORMS if form in given), None)
        if form is None:
            keyed(given, place, (*_FORMS, *_BESIDE))
            raise InvalidQuery(
                f"{place} has none of the keys {names_listed(_FORMS)}.",
                hint='Write {"level": "City", "operator": "=", "value": "Paris"}.',
            )
        if form in {"and", "or"}:
            keyed(given, place, (form,))
            return self._joined(given[form], place.key(form), left, and_ if form == "and" else or_)
        if form == "not":
            keyed(given, place, ("not",))
            return ~self.condition(given["not"], place.key("not"), left - 1)
        if form == "hierarchy":
            return self._paths(given, place)
        return self._test(given, place, form)

    def _joined(
        self,
        given: object,
        place: Place,
        left: int,
        joined: Callable[[Condition, Condition], Condition],
    ) -> Condition:
        inner = entries(given, place, least=1)
        return reduce(joined, [self.condition(each, spot, left - 1) for spot, each in inner])

    def _test(self, given: Mapping[str, object], place: Place, form: str) -> Condition:
        operators = (*COMPARISONS, *LISTS, *NULL_TESTS, *(TEXTS if form == "level" else ()))
        keyed(given, place, (form, "operator", "value", "values"))
        expected = f"one of {names_listed(operators, limit=20)}"
        if "operator" not in given:
            raise InvalidQuery(
                f'{place}: the key "operator" is missing.',
                hint=f"It must be {expected}.",
                details={"path": str(place.key("operator"))},
            )
        operator = given["operator"]
        if not isinstance(operator, str) or operator not in operators:
            raise place.key("operator").wrong(operator, expected)
        wanted = [form, "operator"]
        if operator in LISTS:
            wanted.append("values")
        elif operator not in NULL_TESTS:
            wanted.append("value")
        keyed(given, place, tuple(wanted), needed=tuple(wanted))
        name = read_name(given[form], place.key(form))
        if form == "level":
            level = level_named(name, self._model)
            return self._compared(level.reference, operator, given, place, kind_of(level.data_type))
        measure = measure_named(name, self._model)
        kind = measure_kind(measure.data_type)
        return self._compared(Named(measure.name), operator, given, place, kind)

    def _compared(
        self,
        subject: _Subject,
        operator: str,
        given: Mapping[str, object],
        place: Place,
        kind: Kind,
    ) -> Condition:
        if operator == "is null":
            return subject.isnull()
        if operator == "is not null":
            return ~subject.isnull()
        if operator in LISTS:
            values = self._listed(given["values"], place.key("values"), operator, kind)
            if operator == "between":
                return (subject >= values[0]) & (subject <= values[1])
            among: Condition = subject.isin(*values)
            return among if operator == "in" else ~among
        value = read_value(given["value"], place.key("value"), kind)
        if operator in TEXTS:
            if kind.name != "text":
                raise place.key("operator").wrong(
                    operator, "for text; the level is of another type"
                )
            level: Any = subject
            test = level.contains if operator == "contains" else level.starts_with
            found: Condition = test(value)
            return found
        return _COMPARED[operator](subject, value)

    def _listed(self, given: object, place: Place, operator: str, kind: Kind) -> list[object]:
        listed = entries(given, place, least=1)
        self._count(len(listed))
        if operator == "between":
            if len(listed) != _BOUNDS:
                raise place.wrong(given, "a list of two values, the least and the greatest")
            return [read_value(each, inner, kind) for inner, each in listed]
        return [None if each is None else read_value(each, inner, kind) for inner, each in listed]

    def _paths(self, given: Mapping[str, object], place: Place) -> Condition:
        wanted = ("hierarchy", "operator", "paths")
        keyed(given, place, wanted, needed=wanted)
        operator = given["operator"]
        if operator not in ("in", "not in"):
            raise place.key("operator").wrong(operator, 'one of "in", "not in"')
        name = read_name(given["hierarchy"], place.key("hierarchy"))
        levels = [each.reference for each in hierarchy_named(name, self._model).levels]
        kinds = [kind_of(level.data_type) for level in levels]
        lasts: dict[tuple[object, ...], list[object]] = {}
        for inner, path in entries(given["paths"], place.key("paths"), least=1):
            members = entries(path, inner, least=1)
            self._count(len(members))
            if len(members) > len(levels):
                raise inner.wrong(path, f"at most {len(levels)} members, from the top level down")
            values = tuple(
                None if each is None else read_value(each, spot, kind)
                for (spot, each), kind in zip(members, kinds, strict=False)
            )
            lasts.setdefault(values[:-1], []).append(values[-1])
        self._conditions += len(lasts) - 1
        self._check_conditions()
        parts = [
            reduce(
                and_,
                [
                    *(level.isin(member) for level, member in zip(levels, above, strict=False)),
                    levels[len(above)].isin(*members),
                ],
            )
            for above, members in lasts.items()
        ]
        found = reduce(or_, parts)
        return found if operator == "in" else ~found

    def _check_conditions(self) -> None:
        if self._conditions > MOST_CONDITIONS:
            raise InvalidQuery(
                f"filter has more than {MOST_CONDITIONS} conditions, or paths of as many parents.",
                hint='Use one condition "in" with values in place of many.',
            )

    def _count(self, number: int) -> None:
        self._values += number
        if self._values > MOST_VALUES:
            raise InvalidQuery(
                f"filter has more than {MOST_VALUES:,} values.", hint="Ask in several queries."
            )


def read_name(given: object, place: Place) -> str | tuple[str, ...]:
    """Return a name, or a full name as a tuple.

    Raises:
        InvalidQuery: It is neither text nor a list of texts.
    """
    if isinstance(given, str):
        return given
    if isinstance(given, list) and given and all(isinstance(each, str) for each in given):
        return tuple(given)
    raise place.wrong(given, 'a name, or a full name such as ["Shops", "Geography", "City"]')


def read_value(given: object, place: Place, kind: Kind) -> object:
    """Return a value of JSON as one of a level or measure.

    Raises:
        InvalidQuery: It does not fit.
    """
    if not kind.compares:
        raise InvalidQuery(
            f"{place}: values of this type cannot be compared.",
            hint='Only "is null" and "is not null" can be asked.',
            details={"path": str(place)},
        )
    try:
        return kind.read(given)
    except ValueError as error:
        expected = str(error).removeprefix("value should be ")
        hint = ' For no value, use "is null".' if given is None else ""
        raise place.wrong(given, f"{expected}.{hint}".removesuffix(".")) from None


def measure_kind(data_type: pa.DataType) -> Kind:
    """Return how values that compare with a measure are read: any number with any number."""
    if pa.types.is_integer(data_type):
        return kind_of(pa.float64())
    return kind_of(data_type)
