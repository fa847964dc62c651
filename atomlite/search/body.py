"""The JSON object that a search is asked with, read strictly.

>>> read_object(b'{"limit": 5}')
{'limit': 5}
>>> read_object(b'{"limit": 1, "limit": 2}')
Traceback (most recent call last):
...
atomlite.errors.InvalidSearch: The request body has the key "limit" twice in ...
"""

from __future__ import annotations

import json
import math
from typing import NoReturn

from atomlite.errors import InvalidSearch, names_listed, shortened
from atomlite.http.json_text import repeated_key

MAX_DEPTH = 20
"""Levels that objects and lists of a body may be nested."""


def read_object(body: bytes) -> dict[str, object]:
    """Return the keys and values of a body; none of an empty one.

    Raises:
        InvalidSearch: It is not UTF-8, not JSON, no object, or says one thing twice.
    """
    if not body:
        return {}
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise InvalidSearch(
            f"Request body was not UTF-8: byte {error.start} begins no character.",
            hint="Send JSON in UTF-8.",
        ) from None
    try:
        value: object = json.loads(
            text, object_pairs_hook=_object, parse_constant=_no_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        raise InvalidSearch(
            f"Request body was not valid JSON: {error.msg}, at line {error.lineno}, "
            f"column {error.colno}.",
            hint="Send a JSON object.",
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError as error:  # of the functions below, or an integer of thousands of digits
        if isinstance(error, InvalidSearch):
            raise
        raise InvalidSearch("Request body has an integer of thousands of digits.") from None
    if not isinstance(value, dict):
        raise InvalidSearch(
            f"When present, request body must be a JSON object; this is {kind_in_json(value)}.",
            hint="Leave it out for a request without wishes.",
        )
    _check_depth(value, MAX_DEPTH)
    return value


def kind_in_json(value: object) -> str:
    """Return what JSON calls a value, for messages.

    >>> kind_in_json({}), kind_in_json(True), kind_in_json(1.5)
    ('an object', 'a boolean', 'a number')
    """
    if value is None:
        return "null"
    names = ((bool, "a boolean"), (str, "a string"), (list, "a list"), (dict, "an object"))
    return next((name for kind, name in names if isinstance(value, kind)), "a number")


def integer_in_json(value: object) -> int | None:
    """Return the integer that a value is; ``None`` for others. JSON does not tell 5.0 from 5.

    >>> integer_in_json(5.0), integer_in_json(5.5), integer_in_json(True)
    (5, None, None)
    """
    if isinstance(value, float):
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def expected_keys(
    given: dict[str, object], known: tuple[str, ...], *, what: str, entry: str = ""
) -> None:
    """Refuse keys that mean nothing; ``entry`` says where they stand.

    Raises:
        InvalidSearch: There is one; the message names it and those expected.
    """
    unknown = [key for key in given if key not in known]
    if unknown:
        where = f" for {entry}" if entry else ""
        raise InvalidSearch(
            f"Invalid {what} found{where}: {names_listed(unknown)}. "
            f"Expected: {names_listed(known, limit=20)}."
        )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = repeated_key(pairs) or ""
        raise InvalidSearch(
            f'The request body has the key "{shortened(twice)}" twice in one object.',
            hint="Say each thing once.",
        )
    return found


def _no_constant(text: str) -> NoReturn:
    raise InvalidSearch(f"Request body was not valid JSON: {text} is no value of JSON.")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise InvalidSearch(f"Request body has {text[:20]}, which is beyond what a float can hold.")
    return value


def _check_depth(value: dict[str, object] | list[object], left: int) -> None:
    if left == 0:
        raise _too_deep()
    for item in value.values() if isinstance(value, dict) else value:
        if isinstance(item, dict | list):
            _check_depth(item, left - 1)


def _too_deep() -> InvalidSearch:
    return InvalidSearch(
        f"Request body is nested more than {MAX_DEPTH} levels deep.",
        hint="Join conditions in one list in place of nesting them.",
    )
