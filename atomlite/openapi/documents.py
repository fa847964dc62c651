"""The OpenAPI document of a session, made from the endpoints that it has at the moment.

>>> made = document([], version="1.0", server="http://localhost:8080")
>>> made["openapi"], sorted(made["paths"])[0]
('3.1.0', '/')
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from atomlite.errors import InvalidEndpoint
from atomlite.http.contracts import Contract
from atomlite.http.endpoints import Endpoint
from atomlite.http.json_text import json_bytes
from atomlite.openapi import built_in
from atomlite.openapi.components import HEADERS, JsonObject, Schemas, used_schemes, with_headers
from atomlite.openapi.cube_operations import cube_operations
from atomlite.openapi.operations import operation_of
from atomlite.openapi.paths import PROXY, identifier, parameters_of, path_of, shape_of
from atomlite.types import JsonValue, Method

_log = logging.getLogger(__name__)

_ABOUT = (
    "Tables, searches and functions of one session. Every failed request answers JSON that says "
    "what happened, what was found, and what to do."
)
_TAGS = (
    ("Cubes", "Measures over the tables of this session, in as many dimensions as they have."),
    ("Endpoints", "Functions of this session."),
    ("Searches", "Tables of this session, to be searched."),
    ("Session", "What every session answers."),
)
_UNNAMED = "QUERY"
"""The method that OpenAPI 3.1 has no place for."""


def document(endpoints: Iterable[Endpoint], *, version: str, server: str) -> JsonObject:
    """Return the OpenAPI 3.1 document of a session.

    An endpoint that cannot describe itself, such as one over a table that lost a column, does not
    keep the others out: its operations say what is wrong, and the log says so too.

    Args:
        endpoints: Those of its user.
        version: Version of the program.
        server: Where its paths begin: a URL, or a path for whoever reads it from the session.
    """
    paths = _Paths()
    for path, operation in built_in.operations().items():
        paths.add(path, "GET", operation)
    for (path, method), operation in cube_operations().items():
        paths.add(path, method, operation)
    for endpoint in endpoints:
        paths.add_endpoint(endpoint)
    schemas = Schemas()
    items = cast("JsonObject", schemas.hoisted(paths.items))
    return {
        "openapi": "3.1.0",
        "info": {"title": "atomlite session", "description": _ABOUT, "version": version},
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS if name in paths.tags],
        "paths": items,
        "components": {
            "schemas": schemas.all,
            "headers": dict(HEADERS.values()),
            **used_schemes(paths.items),
        },
    }


class _Paths:
    """The path items of a document, which grows by one operation after the other."""

    def __init__(self) -> None:
        self.items: dict[str, JsonObject] = {}
        self.tags: set[str] = set()
        self._by_shape: dict[tuple[str | None, ...], tuple[str, Sequence[str]]] = {}
        self._identifiers: dict[str, object] = {}
        self._contracts: dict[int, Mapping[Method, JsonValue]] = {}

    def add(self, path: str, method: str, operation: JsonObject) -> None:
        """Add an operation that is complete but for what all of them share."""
        item = self.items.setdefault(path, {})
        self.tags |= set(cast("Sequence[str]", operation.get("tags", ())))
        name = operation.get("operationId")
        if not isinstance(name, str) or name in self._identifiers:
            route = path.removeprefix(PROXY) or "root"
            operation = {**operation, "operationId": identifier(method, route, self._identifiers)}
        self._identifiers[cast("str", operation["operationId"])] = path
        responses = cast("Mapping[str, Mapping[str, JsonValue]]", operation["responses"])
        operation["responses"] = {
            status: response if "$ref" in response else with_headers(response)
            for status, response in responses.items()
        }
        item[method.lower()] = operation

    def add_endpoint(self, endpoint: Endpoint) -> None:
        """Add the operation of an endpoint of the user, or mention it where it has no place.

        Routes that differ in the names or types of their parameters alone are one path to OpenAPI:
        the first of a method is described, the others are mentioned in its description.
        """
        route = endpoint.template
        path, names = self._by_shape.setdefault(shape_of(route), (path_of(route), route.parameters))
        item = self.items.setdefault(path, {})
        operation = self._operation(endpoint)
        if endpoint.method == _UNNAMED or endpoint.method.lower() in item:
            summary = operation.get("summary", "")
            self._mention(item, f"`{endpoint.method} {path_of(route)}`: {summary}")
            return
        wanted = parameters_of(route, names)
        own = cast("Sequence[Mapping[str, JsonValue]]", operation.get("parameters", []))
        described = {each.get("name") for each in own if each.get("in") == "path"}
        missing = [
            each
            for each in cast("list[Mapping[str, JsonValue]]", wanted)
            if each["name"] not in described
        ]
        parameters = [*missing, *own]
        if parameters:
            operation["parameters"] = parameters
        self.add(path, endpoint.method, operation)

    def _mention(self, item: JsonObject, text: str) -> None:
        before = item.get("description")
        item["description"] = f"{before}\n\n{text}" if before else f"This path also answers {text}"

    def _operation(self, endpoint: Endpoint) -> JsonObject:
        """Return the operation object of an endpoint, as far as it knows it itself."""
        contract = endpoint.contract
        if contract is None:
            return operation_of(endpoint)
        if id(contract) not in self._contracts:
            self._contracts[id(contract)] = _described(contract)
        known = self._contracts[id(contract)].get(endpoint.method)
        operation = dict(cast("Mapping[str, JsonValue]", known or {}))
        operation.setdefault("tags", ["Searches"])
        anything: JsonValue = {"default": {"description": "What the endpoint answers."}}
        operation.setdefault("responses", anything)
        return operation


def _described(contract: Contract) -> Mapping[Method, JsonValue]:
    """Return the operations of a contract; those that tell of the error where it has none."""
    try:
        found = contract.operations()
        json_bytes(found)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the others stay documented
        _log.warning('"/proxy/%s" cannot describe itself.', contract.route, exc_info=error)
        reason = str(error) if isinstance(error, InvalidEndpoint) else "The log says why."
    else:
        return found
    broken: JsonValue = {
        "summary": f"Broken: {contract.route or '/'}",
        "description": f"This endpoint cannot describe itself. {reason}",
        "responses": {"default": {"description": "Most likely an error."}},
    }
    return dict.fromkeys(contract.methods, broken)
