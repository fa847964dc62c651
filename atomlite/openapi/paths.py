"""From route templates to the paths and parameters of OpenAPI.

>>> path_of(Route("stock/{item}/rows/{id:int}"))
'/proxy/stock/{item}/rows/{id}'
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from atomlite.http.routes import Route
from atomlite.openapi.components import JsonObject
from atomlite.types import JsonValue

PROXY = "/proxy/"

_TYPES: dict[str, JsonObject] = {
    "str": {"type": "string", "minLength": 1},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
    "date": {"type": "string", "format": "date"},
    "path": {"type": "string", "minLength": 1},
}
_NOTES = {"path": "All that is left of the path, slashes included."}
_NO_WORD = re.compile(r"\W+")


def path_of(route: Route, names: Sequence[str] | None = None) -> str:
    """Return the path of an endpoint of the user.

    Args:
        route: Its template.
        names: Names of its parameters; ``None`` (default) for those of the route.
    """
    left = list(route.parameters if names is None else names)
    parts = [text if kind is None else f"{{{left.pop(0)}}}" for text, kind in route.segments]
    return PROXY + "/".join(parts)


def shape_of(route: Route) -> tuple[str | None, ...]:
    """Return what two routes have in common that OpenAPI takes for the same path."""
    return tuple(text if kind is None else None for text, kind in route.segments)


def parameters_of(route: Route, names: Sequence[str] | None = None) -> list[JsonValue]:
    """Return the parameter objects of a route, in order."""
    kinds = [kind for _, kind in route.segments if kind is not None]
    parameters: list[JsonValue] = []
    for name, kind in zip(route.parameters if names is None else names, kinds, strict=True):
        parameter: JsonObject = {
            "name": name,
            "in": "path",
            "required": True,
            "schema": _TYPES[kind],
        }
        if kind in _NOTES:
            parameter["description"] = _NOTES[kind]
        parameters.append(parameter)
    return parameters


def identifier(method: str, route: str, taken: Mapping[str, object]) -> str:
    """Return the operation id of a method and route, which no other operation has.

    >>> (
    ...     identifier("GET", "stock/{item}", {}),
    ...     identifier("GET", "stock/item", {"get_stock_item": 1}),
    ... )
    ('get_stock_item', 'get_stock_item_2')
    """
    untyped = re.sub(r":\w+\}", "}", route)
    words = _NO_WORD.sub("_", f"{method} {untyped}").strip("_").lower()
    number, chosen = 1, words
    while chosen in taken:
        number += 1
        chosen = f"{words}_{number}"
    return chosen
