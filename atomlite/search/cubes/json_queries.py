"""Cube queries in JSON, read into the same value that `Cube.query` makes. Pure.

>>> from atomlite.cubes.model import CubeModel
>>> read_query({"measures": [], "level": ["City"]}, CubeModel("C", "T"))
Traceback (most recent call last):
...
atomlite.errors.InvalidQuery: The body has the key "level", which means nothing there. Keys: ...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from atomlite.cubes.asking import asked
from atomlite.cubes.names import level_named, measure_named
from atomlite.cubes.query import QueryOrdering
from atomlite.errors import InvalidQuery, names_listed
from atomlite.search.body import integer_in_json
from atomlite.search.cubes.json_filters import read_filter, read_name
from atomlite.search.cubes.json_parts import Place, entries, keyed

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel
    from atomlite.cubes.query import Query

MOST_LISTED = 100
"""Entries of ``measures``, of ``levels`` and of ``order_by``, each."""

_BODY = Place("")
_KEYS = (
    "measures",
    "levels",
    "filter",
    "include_totals",
    "totals",
    "include_empty_rows",
    "order_by",
    "limit",
)
_DIRECTIONS = {"asc": False, "desc": True}
_LARGEST = 2**63 - 1


def read_query(body: object, model: CubeModel) -> Query:
    """Return the query that a body means; rows are to come in order.

    Args:
        body: A value of JSON; see the page on cubes over HTTP.
        model: The cube.

    Raises:
        InvalidQuery: It is not well formed; the message says where.
        LevelNotFound, HierarchyNotFound, MeasureNotFound, AmbiguousName: It names what is not
            there, or several things at once.
        WrongType: A level or measure has no such comparison.
    """
    if not isinstance(body, dict):
        raise InvalidQuery(
            "The body is no JSON object.", hint='Send {"measures": [...], "levels": [...]}.'
        )
    keyed(body, _BODY, _KEYS)
    measures = [_text(each, place) for place, each in _listed(body, "measures")]
    levels = [
        level_named(read_name(each, place), model).key for place, each in _listed(body, "levels")
    ]
    condition = body.get("filter")
    return asked(
        model,
        measures,
        levels=levels,
        filter=None if condition is None else read_filter(condition, model),
        include_totals=_flag(body, "include_totals"),
        totals=_one_of(body, "totals", ("all", "visible")),
        include_empty_rows=_flag(body, "include_empty_rows"),
        order_by=[_ordering(each, place, model) for place, each in _listed(body, "order_by")],
        limit=_limit(body),
    )


def _listed(body: Mapping[str, object], name: str) -> list[tuple[Place, object]]:
    given = body.get(name)
    listed = [] if given is None else entries(given, _BODY.key(name))
    if len(listed) > MOST_LISTED:
        raise InvalidQuery(
            f"{name} has {len(listed):,} entries, and {MOST_LISTED} are allowed.",
            hint="Ask in several queries.",
            details={"path": name},
        )
    return listed


def _text(given: object, place: Place) -> str:
    if not isinstance(given, str):
        raise place.wrong(given, "the name of a measure")
    return given


def _flag(body: Mapping[str, object], name: str) -> bool:
    given = body.get(name)
    if given is None or isinstance(given, bool):
        return bool(given)
    raise _BODY.key(name).wrong(given, "true or false")


def _one_of(body: Mapping[str, object], name: str, words: tuple[str, ...]) -> str:
    given = body.get(name)
    if given is None:
        return words[0]
    if isinstance(given, str) and given in words:
        return given
    raise _BODY.key(name).wrong(given, f"one of {names_listed(words)}")


def _limit(body: Mapping[str, object]) -> int | None:
    given = body.get("limit")
    if given is None:
        return None
    number = integer_in_json(given)
    if number is None or not 0 <= number <= _LARGEST:
        raise _BODY.key("limit").wrong(given, "a whole number, 0 or more")
    return number


def _ordering(given: object, place: Place, model: CubeModel) -> object:
    if isinstance(given, str | list):
        return read_name(given, place)
    if not isinstance(given, dict):
        raise place.wrong(
            given, 'a name, or an object such as {"measure": "Revenue", "direction": "desc"}'
        )
    by = "level" if "level" in given else "measure"
    keyed(
        given,
        place,
        ("level", "measure", "direction") if by not in given else (by, "direction"),
        needed=(by,),
    )
    direction = given.get("direction", "asc")
    if not isinstance(direction, str) or direction not in _DIRECTIONS:
        raise place.key("direction").wrong(direction, '"asc" or "desc"')
    if by == "level":
        key = level_named(read_name(given["level"], place.key("level")), model).key
        return QueryOrdering(key, descending=_DIRECTIONS[direction])
    name = measure_named(_text(given["measure"], place.key("measure")), model).name
    return QueryOrdering(name, descending=_DIRECTIONS[direction])
