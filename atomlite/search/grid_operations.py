"""What a grid looks like in OpenAPI 3.1, from the fields that validate its requests.

The patterns of ``sort`` and ``match`` say what is read, but for what patterns say badly: escapes in
``match`` and values that go on behind a ``|``, which the description has, and the other ways to
write a name where keys are in camelCase.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from atomlite.http import media_types
from atomlite.http.frame_forms import forms_of
from atomlite.search.authentication import Access
from atomlite.search.documented import (
    IF_NONE_MATCH,
    TAG_HEADERS,
    headers_of,
    secured,
    tabular,
)
from atomlite.search.grid_fields import GridFields
from atomlite.search.grid_parameters import GREATEST_OFFSET, NULL
from atomlite.search.grid_request import MOST_SEARCHED
from atomlite.search.schemas import JsonObject, closed, value_schema
from atomlite.search.values import kind_of
from atomlite.tables.schemas import TableSchema
from atomlite.types import JsonValue

_SYNTAX = re.compile(r"([\\^$.*+?()\[\]{}|/])")
"""Characters that mean something in the patterns of ECMAScript."""

_ANYTHING = "[\\s\\S]*"
_BLANKS = "[ \\t]*"
_DIRECTION = f"(?::{_BLANKS}(?:[aA][sS][cC]|[dD][eE][sS][cC]){_BLANKS}(?::[^,\\u0000]*)?)?"
_YEAR = "(?!0000)[0-9]{4}"
_LEAP = "(?:(?:[02468][48]|[2468]0|[13579][26])00|[0-9]{2}(?:0[48]|[2468][048]|[13579][26]))"
_DAY = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|{_LEAP}-02-29)"
)
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\\.[0-9]{1,6})?)?"
_ZONE = "(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_NUMBER = "[+-]?[0-9]{1,30}(?:\\.[0-9]{1,30})?"
_VALUES = {
    "text": "[^|\\\\\\u0000]*",
    "integer": "[+-]?[0-9]{1,100}",
    "float": _NUMBER,
    "decimal": _NUMBER,
    "boolean": "(?:true|false|1|0)",
    "date": _DAY,
    "time": _TIME,
    "clock": f"{_DAY}[T ]{_TIME}",
    "instant": f"{_DAY}[T ]{_TIME}{_ZONE}",
}
"""Texts of values by the kind of their column."""

_FAILURES = {
    "400": "A parameter is wrong; `formError` says which and why.",
    "401": "Nobody that the endpoint knows.",
    "403": "The user may not, or the page comes from an origin that may not.",
    "404": "The path is no endpoint.",
    "406": "The client accepts none of the forms.",
    "413": "The body is too large; none is needed.",
    "500": "The server failed.",
    "503": "The server is busy or closing.",
    "504": "The query took too long.",
}


def operation(
    fields: GridFields,
    schema: TableSchema,
    *,
    description: str,
    searched: Sequence[str],
    list_limit: int,
    maximum_limit: int,
    access: Access,
    tagged: bool,
) -> JsonValue:
    """Return the operation object of GET."""
    columns = [schema.column(name) for name in fields.names]
    row: JsonObject = {
        key: value_schema(column.data_type, nullable=column.nullable)
        for key, column in zip(fields.keys, columns, strict=True)
    }
    forms = forms_of(column.data_type for column in columns)
    parameters = _parameters(fields, searched, list_limit, maximum_limit)
    unchanged: JsonObject = {}
    if tagged:
        parameters.append(IF_NONE_MATCH)
        unchanged["304"] = {"description": "The rows are those that the client has: see `ETag`."}
    not_given = set() if access.authenticates else {"401"}
    failures: JsonObject = {
        status: {
            "description": text,
            "content": {media_types.JSON: {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }
        for status, text in _FAILURES.items()
        if status not in not_given
        for name in ["GridFormError" if status == "400" else "GridError"]
    }
    operation: JsonObject = {
        "summary": f"List {schema.name}",
        "description": description or f'Rows of "{schema.name}", sorted, matched and searched.',
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "A page of rows, and how many match in all.",
                "headers": headers_of(
                    *(TAG_HEADERS if tagged else ()), "Atomlite-Ignored", "Atomlite-Number-Results"
                ),
                "content": {media_types.JSON: {"schema": _page(closed(row))}, **tabular(forms)},
            },
            **unchanged,
            **failures,
        },
    }
    return secured(operation, access)


def _parameters(
    fields: GridFields, searched: Sequence[str], list_limit: int, maximum_limit: int
) -> list[JsonValue]:
    found = fields.searched(searched)
    keys = dict(zip(fields.names, fields.keys, strict=True))
    names = ", ".join(f"`{keys[column]}`" for column in found)
    looked = (
        f"Text to look for in {names}, anywhere, in upper or lower case."
        if found
        else ("Means nothing here: no field is searched.")
    )
    digits: JsonValue = {"type": "integer", "minimum": 0, "maximum": GREATEST_OFFSET, "default": 0}
    limit: JsonValue = {
        "type": "integer",
        "minimum": 1,
        "maximum": maximum_limit,
        "default": min(list_limit, maximum_limit) if list_limit > 0 else maximum_limit,
    }
    search: JsonValue = {
        "type": "string",
        "maxLength": MOST_SEARCHED,
        "pattern": "^[^\\u0000]*$",
    }
    return [
        _parameter("offset", "Rows to leave out at the start.", digits),
        _parameter("limit", "Most rows of the answer.", limit),
        _parameter("sort", _sort_text(fields), _sort_schema(fields)),
        _parameter("match", _match_text(fields), _match_schema(fields)),
        _parameter("search", looked, search),
    ]


def _parameter(name: str, description: str, schema: JsonValue) -> JsonValue:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _sort_text(fields: GridFields) -> str:
    names = ", ".join(f"`{key}`" for key in fields.keys)
    return (
        "Fields to sort by, with commas between them; `name:desc` goes down. Nulls come last, "
        f"ties follow the keys. No field twice. Fields: {names}."
    )


def _match_text(fields: GridFields) -> str:
    example = fields.keys[0]
    return (
        f"Values that rows must have: `field:value`, with `|` between several. `{example}:{NULL}` "
        "matches null. In a value `\\|` stands for `|`, `\\\\` for a backslash, and "
        f"`\\{NULL}` for the text `{NULL}`. A `|` that no field name with `:` follows is part of a "
        "text. No field twice."
    )


def _sort_schema(fields: GridFields) -> JsonValue:
    names = _one_of(fields.keys)
    one = f"{_BLANKS}{names}{_BLANKS}{_DIRECTION}"
    twice = (
        f"(?:^|,){_BLANKS}({names}){_BLANKS}(?:[:,]{_ANYTHING})?,{_BLANKS}\\1{_BLANKS}(?:[:,]|$)"
    )
    return {
        "type": "string",
        "pattern": f"^(?:{one}(?:,{one})*)?$",
        "not": {"pattern": twice},
        "examples": [fields.keys[0]],
    }


def _match_schema(fields: GridFields) -> JsonValue:
    null = _escaped(NULL)
    by_kind: dict[str, list[str]] = {}
    for key, column in zip(fields.keys, fields.names, strict=True):
        kind = kind_of(fields.by_column[column].data_type).name
        by_kind.setdefault(kind, []).append(key)
    entries = [
        f"{_one_of(names)}:(?:{null}|{_VALUES[kind]})"
        if kind in _VALUES
        else f"{_one_of(names)}:{null}"
        for kind, names in by_kind.items()
    ]
    one = f"(?:{'|'.join(entries)})"
    twice = f"(?:^|\\|)({_one_of(fields.keys)}):(?:{_ANYTHING}\\|)?\\1:"
    return {
        "type": "string",
        "pattern": f"^(?:{one}(?:\\|{one})*)?$",
        "not": {"pattern": twice},
    }


def _one_of(names: Iterable[str]) -> str:
    return f"(?:{'|'.join(_escaped(name) for name in names)})"


def _escaped(text: str) -> str:
    return _SYNTAX.sub(r"\\\1", text)


def _page(item: JsonValue) -> JsonObject:
    data = closed(
        {
            "total": {"type": "integer", "minimum": 0},
            "items": {"type": "array", "items": item},
        }
    )
    return closed({"success": {"type": "boolean", "const": True}, "data": data})
