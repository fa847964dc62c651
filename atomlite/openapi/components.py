"""What the operations of an OpenAPI document share: error bodies, headers, and how to name them.

>>> ref("Error")
{'$ref': '#/components/schemas/Error'}
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from atomlite.http.media_types import JSON
from atomlite.types import JsonValue

JsonObject: TypeAlias = dict[str, JsonValue]
"""A part of the document."""

_PREFIX = "#/components/schemas/"
_LOCAL = "#/$defs/"


def ref(name: str) -> JsonObject:
    """Return the reference to a shared schema."""
    return {"$ref": f"{_PREFIX}{name}"}


def closed(properties: Mapping[str, JsonValue], **more: JsonValue) -> JsonObject:
    """Return the schema of an object that always has these properties, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
        **more,
    }


SHARED: Mapping[str, JsonObject] = {
    "Error": closed(
        {
            "error": closed(
                {
                    "code": {"type": "string", "description": "The mistake, for programs."},
                    "message": {"type": "string", "description": "What happened and was found."},
                    "hint": {"type": "string", "description": "What to do; may be empty."},
                    "details": {"type": "object", "description": "The same facts for programs."},
                }
            ),
            "status": {"type": "integer", "description": "The HTTP status again."},
            "trace_id": {
                "type": ["string", "null"],
                "description": "The trace of the request, where one was recorded.",
            },
        },
        description="What every failed request answers, but for searches and grids.",
        examples=[
            {
                "error": {
                    "code": "a_code",
                    "message": "What happened, and what was found.",
                    "hint": "What to do.",
                    "details": {},
                },
                "status": 400,
                "trace_id": None,
            }
        ],
    ),
    "SearchError": closed(
        {
            "status": {"type": "string", "enum": ["client_error", "server_error"]},
            "error": {"type": "string", "description": "What happened, and what to do."},
            "data": {"type": "array", "items": {}, "maxItems": 0},
            "pagination": {"type": "object", "maxProperties": 0},
            "input_errors": {"type": "object"},
        },
        description="What a failed request to a search answers.",
        examples=[
            {
                "status": "client_error",
                "error": "Invalid limit. It must be an integer of 1 or more.",
                "data": [],
                "pagination": {},
                "input_errors": {},
            }
        ],
    ),
    "GridError": closed(
        {
            "success": {"type": "boolean", "const": False},
            "error": closed({"message": {"type": "string"}}),
        },
        description="What a failed request to a grid answers.",
        examples=[{"success": False, "error": {"message": "What happened. What to do."}}],
    ),
    "GridFormError": closed(
        {
            "success": {"type": "boolean", "const": False},
            "error": {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "formError": {
                        "type": "object",
                        "description": "By parameter: each broken rule, and a text for people.",
                        "additionalProperties": {
                            "type": "object",
                            "additionalProperties": {"type": "string"},
                        },
                    },
                },
                "required": ["message"],
                "additionalProperties": False,
            },
        },
        description="What a grid answers to a request with a wrong parameter.",
        examples=[
            {
                "success": False,
                "error": {
                    "message": "request failed",
                    "formError": {"limit": {"numeric": "only digits allowed"}},
                },
            }
        ],
    ),
}
"""The schemas that operations may refer to by name."""

SCHEMES: Mapping[str, JsonObject] = {
    "BearerSecret": {
        "type": "http",
        "scheme": "bearer",
        "description": "A secret, sent as `Authorization: Bearer ...`.",
    },
    "Secret": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "The whole header: the secret, behind the prefix that the operation names.",
    },
}
"""The ways to say who asks that operations may refer to by name."""

HEADERS: Mapping[str, tuple[str, JsonObject]] = {
    "Atomlite-Data-Version": (
        "DataVersion",
        {
            "description": "The version of the data that the answer was made from; "
            "it grows with every committed write.",
            "schema": {"type": "string"},
        },
    ),
    "Server-Timing": (
        "ServerTiming",
        {
            "description": "Milliseconds that the server spent, in total and in the callback.",
            "schema": {"type": "string"},
        },
    ),
}
"""The headers of every answer, each with the name that it has among the components."""

_EVERY_HEADER: JsonObject = {
    header: {"$ref": f"#/components/headers/{name}"} for header, (name, _) in HEADERS.items()
}


def with_headers(response: Mapping[str, JsonValue]) -> JsonObject:
    """Return a response object that names the headers of every answer, too."""
    own = response.get("headers", {})
    assert isinstance(own, Mapping)  # noqa: S101 -- as OpenAPI has it
    return {**response, "headers": {**_EVERY_HEADER, **own}}


def used_schemes(items: Mapping[str, JsonObject]) -> JsonObject:
    """Return the part of the components that says how users of path items prove who they are.

    Empty where nobody has to, since not every session has such endpoints.
    """
    used: set[str] = set()
    for item in items.values():
        for operation in item.values():
            if isinstance(operation, Mapping):
                listed = cast("Sequence[Mapping[str, JsonValue]]", operation.get("security", ()))
                used.update(name for each in listed for name in each)
    found: JsonObject = {name: scheme for name, scheme in SCHEMES.items() if name in used}
    return {"securitySchemes": found} if found else {}


def json_answer(description: str, schema: Mapping[str, JsonValue]) -> JsonObject:
    """Return the response object of an answer in JSON."""
    return {"description": description, "content": {JSON: {"schema": schema}}}


_FAILURES = {
    "400": "The request is not well formed, or its body does not fit.",
    "404": "There is none of this name.",
    "406": "The answer has no form that the client accepts.",
    "413": "The body is larger than the limit.",
    "415": "The body has a type that the endpoint does not read.",
    "4XX": "The endpoint refuses the request.",
    "5XX": "The endpoint failed, took too long, or the session is busy or closing.",
}


def failures(*statuses: str) -> JsonObject:
    """Return the response objects of failed requests, by status.

    >>> list(failures("404"))
    ['404']
    """
    return {status: json_answer(_FAILURES[status], ref("Error")) for status in statuses}


class Schemas:
    """The schemas that a document shares: those above, and the classes of its endpoints."""

    def __init__(self) -> None:
        self.all: dict[str, JsonValue] = dict(SHARED)
        self._origins: dict[str, str] = {}

    def hoisted(self, part: JsonValue) -> JsonValue:
        """Return a part of the document whose local schemas have moved to the shared ones.

        Classes of one name that differ get names of their own: ``Order``, ``Order_2``.

        Args:
            part: JSON in which any object may have ``$defs``, and refer to them.
        """
        if isinstance(part, list | tuple):
            return [self.hoisted(each) for each in part]
        if not isinstance(part, Mapping):
            return part
        definitions = part.get("$defs")
        if not isinstance(definitions, Mapping):
            return {key: self.hoisted(value) for key, value in part.items()}
        names = {name: self._name(name, definitions) for name in definitions}
        for name, schema in definitions.items():
            self.all[names[name]] = self.hoisted(_renamed(schema, names))
        rest = {key: value for key, value in part.items() if key != "$defs"}
        return self.hoisted(_renamed(rest, names))

    def _name(self, name: str, definitions: Mapping[str, JsonValue]) -> str:
        """Return the shared name of a local schema: its own, unless another has taken it."""
        origin = json.dumps(_reachable(name, definitions), sort_keys=True)
        number, chosen = 1, name
        while chosen in self.all and self._origins.get(chosen) != origin:
            number += 1
            chosen = f"{name}_{number}"
        self._origins[chosen] = origin
        self.all.setdefault(chosen, {})
        return chosen


def _reachable(name: str, definitions: Mapping[str, JsonValue]) -> JsonObject:
    """Return a schema and all that it refers to: what tells it from another of its name."""
    found: JsonObject = {}
    waiting = [name]
    while waiting:
        current = waiting.pop()
        if current not in found and current in definitions:
            found[current] = definitions[current]
            waiting += _references(definitions[current])
    return {"schema": name, "of": found}


def _references(part: JsonValue) -> list[str]:
    if isinstance(part, Mapping):
        own = part.get("$ref")
        found = [own.removeprefix(_LOCAL)] if isinstance(own, str) else []
        return found + [name for value in part.values() for name in _references(value)]
    if isinstance(part, list | tuple):
        return [name for value in part for name in _references(value)]
    return []


def _renamed(part: JsonValue, names: Mapping[str, str]) -> JsonValue:
    """Return a part whose references to local schemas are references to shared ones."""
    if isinstance(part, list | tuple):
        return [_renamed(each, names) for each in part]
    if not isinstance(part, Mapping):
        return part
    renamed = {key: _renamed(value, names) for key, value in part.items()}
    target = part.get("$ref")
    if isinstance(target, str) and target.startswith(_LOCAL):
        name = target.removeprefix(_LOCAL)
        renamed["$ref"] = f"{_PREFIX}{names.get(name, name)}"
    mapping = part.get("mapping")  # of a discriminator
    if isinstance(mapping, Mapping):
        renamed["mapping"] = {
            key: f"{_PREFIX}{names.get(value.removeprefix(_LOCAL), value)}"
            if isinstance(value, str) and value.startswith(_LOCAL)
            else value
            for key, value in mapping.items()
        }
    return renamed
