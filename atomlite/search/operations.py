"""What the endpoints look like in OpenAPI 3.1, from the same objects that validate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from atomlite.errors import AnswerNotSerializable, InvalidEndpoint
from atomlite.http import media_types
from atomlite.http.annotations import schema_of
from atomlite.http.frame_forms import forms_of
from atomlite.http.json_text import json_bytes
from atomlite.search.casing import Names
from atomlite.search.delivery import MAPPED_FORMS
from atomlite.search.documented import (
    IF_NONE_MATCH,
    TAG_HEADERS,
    headers_of,
    secured,
    tabular,
)
from atomlite.search.mistakes import described
from atomlite.search.schemas import (
    JsonObject,
    closed,
    group_schema,
    more_schemas,
    row_schema,
    sort_schema,
    where_schema,
)
from atomlite.types import JsonValue, Method

if TYPE_CHECKING:
    from atomlite.search.advanced import AdvancedSearch
    from atomlite.search.calling import Callable
    from atomlite.search.endpoint import EnvelopeEndpoint
    from atomlite.search.listing import List
    from atomlite.search.searching import TableEndpoint

_TEXT: JsonObject = {"type": "string"}
_NUMBER: JsonObject = {"type": "integer", "minimum": 0}
_LAST_START = 2**63 - 2
_FAILURES = {
    "400": "The request asks for what is not offered; the error names entry and key.",
    "401": "Nobody that the endpoint knows.",
    "403": "The user may not, or the page comes from an origin that may not.",
    "404": "The path is no endpoint, or does not answer the method.",
    "406": "The client accepts none of the forms.",
    "413": "The body is too large.",
    "500": "The server failed.",
    "503": "The server is busy or closing.",
    "504": "The answer took too long.",
}
_QUERY = (
    "The method QUERY, which OpenAPI 3.1 cannot name, takes the same body and gives the same "
    "answer, with the `ETag` that GET has."
)
_START = "The query parameter `{start}` may stand in place of the key of the body."
_CURSOR = (
    'After a request with `"{paging}": "cursor"`, send the same again with the `{cursor}` of its '
    "`{next_page}` for the page after. No schema can tell a cursor from an invented one, which is "
    "refused, so `{cursor}` is not among the properties."
)
_GET_BODY = "GET reads the body of POST as well, for which OpenAPI has no place."
_GROUPS_AS_CSV = "Groups, the first line with the names; the rows have lists, which CSV has not."


def schema_from(output_schema: object) -> JsonObject:
    """Return the JSON schema that a user gave: as such, or as a class.

    Raises:
        InvalidEndpoint: It says nothing about JSON.
    """
    if output_schema is None:
        return {}
    if isinstance(output_schema, dict):
        try:
            json_bytes(output_schema)
        except AnswerNotSerializable as error:
            raise _no_schema("a dict that is no JSON") from error
        return output_schema
    if isinstance(output_schema, str | int | float | list):
        raise _no_schema(described(output_schema))
    return schema_of(output_schema, "serialization")


def _no_schema(found: str) -> InvalidEndpoint:
    return InvalidEndpoint(
        f"output_schema is {found}.",
        hint="Give a JSON schema as a dict, or a dataclass, a TypedDict or a pydantic model.",
    )


def search_operations(endpoint: AdvancedSearch) -> Mapping[Method, JsonValue]:
    """Return the operation objects of a search."""
    names, scope, listing = endpoint.names, endpoint.scope, endpoint.listing
    word = names.word
    where, definitions = where_schema(scope, names, listing.limits)
    body = closed(
        {
            word("where"): where,
            word("sort"): sort_schema(scope.sortable, names),
            word("limit"): _limit_schema(listing.limit, listing.maximum_limit),
            word("start"): _start_schema(),
            **more_schemas(scope, names, listing.limits),
        },
        required=[],
    )
    body["not"] = {
        "anyOf": [
            *(
                {"required": [word("paging"), word(other)]}
                for other in ("start", "aggregates", "group_by")
            ),
            *(_sorts_groups_by_another(column, names) for column in scope.sortable),
        ]
    }
    if definitions:
        body["$defs"] = definitions
    title = f"Search {scope.schema.name}"
    about = (
        endpoint.description or f'Rows of "{scope.schema.name}": searched, sorted, paged, grouped.'
    )
    found: dict[Method, JsonValue] = {}
    for method in endpoint.methods:
        operation: JsonObject = {
            "summary": title,
            "description": about,
            "responses": _rows_responses(endpoint, method, searches=True),
        }
        if method == "GET":
            operation["description"] = f"{about} {_GET_BODY}"
            tags: list[JsonValue] = [IF_NONE_MATCH] if _is_tagged(endpoint, method) else []
            operation["parameters"] = [_start_parameter(names), *tags]
        else:
            more = [_QUERY] if "QUERY" in endpoint.methods and method == "POST" else []
            words = {key: word(key) for key in ("start", "paging", "cursor", "next_page")}
            notes = [about, *more, _START.format(**words), _CURSOR.format(**words)]
            operation["description"] = " ".join(notes)
            operation["requestBody"] = {
                "content": {media_types.JSON: {"schema": body, "example": _example(endpoint)}}
            }
        found[method] = secured(operation, endpoint.access)
    return found


def _example(endpoint: AdvancedSearch) -> JsonObject:
    """Return a body that answers rows, whatever the table holds, to begin with on a page."""
    scope, word = endpoint.scope, endpoint.names.word
    example: JsonObject = {word("limit"): endpoint.listing.limit}
    if column := next(iter(scope.searchable), None):
        test: JsonObject = {word("column"): column, word("operator"): "is not null"}
        example[word("where")] = [test]
    if column := next(iter(scope.sortable), None):
        example[word("sort")] = [{word("column"): column, word("direction"): "asc"}]
    return example


def _sorts_groups_by_another(column: str, names: Names) -> JsonObject:
    """Return the schema of a body with groups that are sorted by a column that they lack."""
    word = names.word
    grouping: list[JsonValue] = [
        {"required": [key], "properties": {key: {"minItems": 1}}}
        for key in (word("group_by"), word("aggregates"))
    ]
    entry: JsonObject = {"properties": {word("column"): {"const": column}}}
    shares: JsonObject = {word("group_by"): {"contains": {"const": column}}}
    return {
        "required": [word("sort")],
        "properties": {word("sort"): {"contains": entry}},
        "anyOf": grouping,
        "not": {"required": [word("group_by")], "properties": shares},
    }


def list_operations(endpoint: List) -> Mapping[Method, JsonValue]:
    """Return the operation objects of a listing."""
    names, scope, listing = endpoint.names, endpoint.scope, endpoint.listing
    word = names.word
    direction: JsonObject = {"type": "string", "pattern": "^(?:[aA][sS][cC]|[dD][eE][sS][cC])$"}
    parameters: list[JsonValue] = [
        _start_parameter(names),
        _parameter(
            word("limit"),
            _limit_schema(listing.limit, listing.maximum_limit),
            "Most rows of the page.",
        ),
        _parameter(word("direction"), direction, "`asc` or `desc`."),
    ]
    if scope.sortable:
        columns: JsonObject = {"type": "string", "enum": list(scope.sortable)}
        parameters.append(_parameter(word("sort"), columns, "The column to sort by."))
    found: dict[Method, JsonValue] = {}
    for method in endpoint.methods:
        tags: list[JsonValue] = [IF_NONE_MATCH] if _is_tagged(endpoint, method) else []
        operation: JsonObject = {
            "summary": f"List {scope.schema.name}",
            "description": endpoint.description
            or f'Rows of "{scope.schema.name}", sorted and paged.',
            "parameters": [*parameters, *tags],
            "responses": _rows_responses(endpoint, method, searches=False),
        }
        found[method] = secured(operation, endpoint.access)
    return found


def call_operations(endpoint: Callable) -> Mapping[Method, JsonValue]:
    """Return the operation objects of a function."""
    schema = _envelope(
        endpoint.names,
        data=schema_from(endpoint.output_schema),
        pagination={"type": "object", "maxProperties": 0},
    )
    operation: JsonObject = {
        "summary": endpoint.description.partition("\n")[0] or f"Call {endpoint.route or '/'}",
        "description": endpoint.description,
        "responses": {
            "200": {
                "description": "What the function returns.",
                "content": {media_types.JSON: {"schema": schema}},
            },
            **_failures(endpoint),
            "default": {"description": "Any other answer that the function makes itself."},
        },
    }
    return dict.fromkeys(endpoint.methods, secured(operation, endpoint.access))


def _start_parameter(names: Names) -> JsonObject:
    return _parameter(names.word("start"), _start_schema(), "Rows before the page.")


def _parameter(name: str, schema: JsonObject, description: str) -> JsonObject:
    return {
        "name": name,
        "in": "query",
        "schema": schema,
        "description": description,
        "allowEmptyValue": True,
    }


def _limit_schema(default: int, maximum: int) -> JsonObject:
    schema: JsonObject = {"type": "integer", "minimum": 1, "default": default}
    return schema | {"maximum": maximum or 2**63 - 1}


def _start_schema() -> JsonObject:
    return {"type": "integer", "minimum": 0, "maximum": _LAST_START, "default": 0}


def _page_schema(endpoint: TableEndpoint, *, searches: bool) -> JsonObject:
    """Return the schema of an answer with rows; those of a search can also be groups."""
    names, listing = endpoint.names, endpoint.listing
    word = names.word
    mapped = listing.output_map is not None
    row = schema_from(listing.output_schema) if mapped else row_schema(endpoint.scope.rows)
    next_page: JsonObject = {word("start"): _NUMBER}
    total: JsonObject = _NUMBER
    pages: JsonObject = {word("limit"): {"type": "integer", "minimum": 1}}
    more: JsonObject = {}
    if searches:
        next_page[word("cursor")] = _TEXT
        over = closed({word("more_than"): _NUMBER})
        total = {"anyOf": [_NUMBER, over, {"type": "null"}]}
        pages[word("version_moved")] = {"type": "boolean"}
        row = row if mapped else {"anyOf": [row, group_schema(endpoint.scope, names)]}
        more[word("facets")] = {"type": "object", "additionalProperties": _facet_schema(names)}
    pages[word("number_results")] = total
    pages[word("next_page")] = closed(next_page, required=[])
    return _envelope(
        names,
        data={"type": "array", "items": row},
        pagination=closed(pages, required=[]),
        more=more,
    )


def _facet_schema(names: Names) -> JsonObject:
    word = names.word
    value = closed({word("value"): {}, word("count"): _NUMBER})
    values: JsonObject = {"type": "array", "items": value}
    found = closed({word("values"): values, word("more"): {"type": "boolean"}})
    return {"anyOf": [found, closed({word("error"): _TEXT})]}


def _envelope(
    names: Names, *, data: JsonObject, pagination: JsonObject, more: JsonObject | None = None
) -> JsonObject:
    word = names.word
    own: JsonObject = {
        word("status"): {"const": word("success")},
        word("error"): {"const": ""},
        word("data"): data,
        word("pagination"): pagination,
        word("input_errors"): {"type": "object"},
    }
    return closed(own | (more or {}), required=list(own))


def _forms(endpoint: TableEndpoint, *, searches: bool) -> JsonObject:
    """Return the contents of an answer with rows alone, by media type."""
    if endpoint.listing.output_map is not None:
        return tabular(MAPPED_FORMS)
    forms = forms_of(field.column.data_type for field in endpoint.scope.rows)
    found = tabular(forms)
    if searches and media_types.CSV not in forms:
        found[media_types.CSV] = {"schema": {**_TEXT, "description": _GROUPS_AS_CSV}}
    return found


def _is_tagged(endpoint: TableEndpoint, method: Method) -> bool:
    """Return whether answers say when they change; those that functions have made do not."""
    made = endpoint.listing.output_map is not None or endpoint.headers_vary
    return method == "GET" and not made


def _rows_responses(endpoint: TableEndpoint, method: Method, *, searches: bool) -> JsonObject:
    """Return the response objects of an endpoint that answers rows."""
    tagged = _is_tagged(endpoint, method)
    forms = _forms(endpoint, searches=searches)
    more = ("Atomlite-Version-Moved", "Cache-Control") if searches else ()
    success: JsonObject = {
        "description": "A page of rows, or of groups, and how many match."
        if searches
        else "A page of rows, and how many match.",
        "content": {media_types.JSON: {"schema": _page_schema(endpoint, searches=searches)}}
        | forms,
        "headers": headers_of(
            *(TAG_HEADERS if tagged else ()),
            "Atomlite-Ignored",
            "Atomlite-Number-Results",
            "Atomlite-Next-Page",
            *more,
        ),
    }
    unchanged: JsonObject = {"description": "The answer is the one that the client has."}
    return {"200": success, **({"304": unchanged} if tagged else {}), **_failures(endpoint)}


def _failures(endpoint: EnvelopeEndpoint) -> JsonObject:
    error = _error_schema(endpoint.names)
    return {
        status: {"description": text, "content": {media_types.JSON: {"schema": error}}}
        for status, text in _FAILURES.items()
        if status != "401" or endpoint.access.authenticates
    }


def _error_schema(names: Names) -> JsonObject:
    if names.external == "snake_case":
        return {"$ref": "#/components/schemas/SearchError"}
    word = names.word
    return closed(
        {
            word("status"): {"enum": [word("client_error"), word("server_error")]},
            word("error"): _TEXT,
            word("data"): {"type": "array", "maxItems": 0},
            word("pagination"): {"type": "object", "maxProperties": 0},
            word("input_errors"): {"type": "object"},
        }
    )
