"""What every session answers besides the endpoints of its user, as operations."""

from __future__ import annotations

from atomlite.http.media_types import JSON
from atomlite.openapi.components import JsonObject, closed, failures, json_answer
from atomlite.openapi.pages import ASSETS
from atomlite.types import JsonValue

_TEXT: JsonValue = {"type": "string"}
_COUNT: JsonValue = {"type": "integer", "minimum": 0}
_VERSIONS = closed(
    {
        "atomlite": {"type": "string", "description": "Version of the program."},
        "data": {"type": "string", "description": "Version of the data."},
    }
)
_TABLE = closed(
    {
        "name": _TEXT,
        "row_count": _COUNT,
        "keys": {"type": "array", "items": _TEXT, "description": "Names of the key columns."},
        "columns": {
            "type": "array",
            "items": {"$ref": "#/$defs/TableColumn"},
            "description": "In the order of the table.",
        },
        "version": {
            "type": "integer",
            "minimum": 0,
            "description": "Number of the data version in which the table last changed.",
        },
    }
)
_COLUMN = closed(
    {
        "name": _TEXT,
        "data_type": _TEXT,
        "nullable": {"type": "boolean", "description": "Whether the column can hold null."},
    }
)
_OF_TABLES: JsonObject = {"$defs": {"Table": _TABLE, "TableColumn": _COLUMN}}


def _get(
    identifier: str, summary: str, answer: JsonValue, *refusals: str, **more: JsonValue
) -> JsonObject:
    return {
        "operationId": identifier,
        "tags": ["Session"],
        "summary": summary,
        **more,
        "responses": {"200": answer, **failures("406", *refusals, "5XX")},
    }


def _status(word: str) -> JsonObject:
    return closed({"status": {"type": "string", "const": word}})


def operations() -> dict[str, JsonObject]:
    """Return the GET operation of each path."""
    page: JsonValue = {"description": "HTML.", "content": {"text/html": {"schema": _TEXT}}}
    file: JsonValue = {
        "description": "The file.",
        "content": {kind: {"schema": _TEXT} for kind in dict.fromkeys(ASSETS.values())},
    }
    unchanged: JsonValue = {"description": "The client has the newest already."}
    asked = _etag_parameter()
    docs = _get("get_docs", "A page that shows this document", page, parameters=[asked])
    docs_file = _get(
        "get_docs_file",
        "A file of that page",
        file,
        "404",
        parameters=[
            {
                "name": "file",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": list(ASSETS)},
            },
            asked,
        ],
    )
    for operation in (docs, docs_file):
        responses = operation["responses"]
        assert isinstance(responses, dict)  # noqa: S101 -- made above
        responses["304"] = unchanged
        del responses["406"]
    index = closed(
        {"versions": _VERSIONS, "answers": {"type": "array", "items": _TEXT}},
        description="The versions, and a line with method and path for each answer.",
    )
    return {
        "/": _get("get_index", "What there is to ask for", json_answer("The index.", index)),
        "/openapi.json": _get(
            "get_openapi",
            "This document",
            json_answer("OpenAPI 3.1.", {"type": "object"}),
        ),
        "/docs": docs,
        "/docs/{file}": docs_file,
        "/health/live": _get(
            "get_health_live",
            "Whether the process answers",
            json_answer("It does.", _status("live")),
        ),
        "/health/ready": _get(
            "get_health_ready",
            "Whether the session takes requests",
            json_answer("It does.", _status("ready")),
        ),
        "/api/version": _get(
            "get_version", "The versions of program and data", json_answer("Both.", _VERSIONS)
        ),
        "/api/tables": _get(
            "get_tables",
            "The tables",
            json_answer(
                "Each table, in order of creation.",
                {"type": "array", "items": {"$ref": "#/$defs/Table"}, **_OF_TABLES},
            ),
        ),
        "/api/tables/{name}": _get(
            "get_table",
            "One table",
            {
                "description": "Columns, types, keys and row count.",
                "content": {JSON: {"schema": {"$ref": "#/$defs/Table", **_OF_TABLES}}},
            },
            "400",
            "404",
            parameters=[
                {
                    "name": "name",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "minLength": 1},
                }
            ],
        ),
    }


def _etag_parameter() -> JsonObject:
    return {
        "name": "If-None-Match",
        "in": "header",
        "description": "The `ETag` of the version that the client has.",
        "schema": _TEXT,
    }
