"""What every session answers about its cubes, as operations."""

from __future__ import annotations

from collections.abc import Mapping

from atomlite.http import media_types
from atomlite.http.media_types import JSON
from atomlite.openapi.components import JsonObject, closed, failures, json_answer
from atomlite.types import JsonValue

_TEXT: JsonObject = {"type": "string"}
_OPTIONAL_TEXT: JsonObject = {"type": ["string", "null"]}
_FLAG: JsonObject = {"type": "boolean"}
_NAME: JsonObject = {
    "description": "A name, or a full name from the dimension down.",
    "anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}],
}
_CONSTANT: JsonObject = {
    "description": "Of the type of the level or measure; dates in ISO 8601.",
    "type": ["string", "number", "boolean"],
}
_MEMBER: JsonObject = {"type": ["string", "number", "boolean", "null"]}
_PARAMETER: JsonObject = {
    "name": "name",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "minLength": 1},
}
_TAG: JsonObject = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of the answer that the client has.",
    "schema": _TEXT,
}


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/$defs/{name}"}


def _listed(items: JsonValue, **more: JsonValue) -> JsonObject:
    return {"type": "array", "items": items, **more}


_OPERATORS: list[JsonValue] = [
    *("=", "!=", "<", "<=", ">", ">=", "in", "not in", "between"),
    *("contains", "starts with", "is null", "is not null"),
]
_PATHS = _listed(_listed(_MEMBER))
_DEFINITIONS: Mapping[str, JsonValue] = {
    # Not as alternatives: generators of clients have no form for those that hold themselves.
    "CubeFilter": closed(
        {
            "level": _NAME,
            "hierarchy": _NAME,
            "measure": _TEXT,
            "operator": {"type": "string", "enum": _OPERATORS},
            "value": _CONSTANT,
            "values": _listed(_MEMBER),
            "paths": _PATHS,
            "and": _listed(_ref("CubeFilter")),
            "or": _listed(_ref("CubeFilter")),
            "not": _ref("CubeFilter"),
        },
        required=[],
        description="Either a test or one of `and`, `or`, `not`. A test has a `level` or a "
        "`measure` with an `operator` and its `value`; with `in`, `not in` and `between` its "
        "`values`; with `is null` and `is not null` nothing. Or it has a `hierarchy`, `in` or "
        "`not in`, and `paths` of members from the top level down. Tests of levels and "
        "hierarchies choose facts, tests of measures cells of the deepest level.",
        examples=[
            {"level": "City", "operator": "=", "value": "Paris"},
            {"measure": "Revenue", "operator": ">", "value": 100},
            {"hierarchy": "Geography", "operator": "in", "paths": [["France", "Paris"]]},
        ],
    ),
    "CubeMeasure": closed(
        {
            "name": _TEXT,
            "data_type": _TEXT,
            "additivity": closed(
                {
                    "kind": {
                        "type": "string",
                        "enum": ["additive", "semi-additive", "non-additive"],
                    },
                    "not_over": _listed(
                        _listed(_TEXT, minItems=2, maxItems=2),
                        description="Dimension and name of the hierarchies over which its cells "
                        "do not add up.",
                    ),
                }
            ),
            "formatter": _OPTIONAL_TEXT,
            "folder": _OPTIONAL_TEXT,
            "description": _OPTIONAL_TEXT,
            "visible": _FLAG,
        }
    ),
    "CubeHierarchy": closed(
        {
            "dimension": _TEXT,
            "name": _TEXT,
            "levels": _listed(
                closed({"name": _TEXT, "data_type": _TEXT, "description": _OPTIONAL_TEXT})
            ),
            "slicing": {**_FLAG, "description": "Whether there are no totals over its members."},
            "visible": _FLAG,
            "description": _OPTIONAL_TEXT,
        }
    ),
    "Cube": closed(
        {
            "name": _TEXT,
            "fact_table": _TEXT,
            "description": _OPTIONAL_TEXT,
            "hierarchies": _listed(_ref("CubeHierarchy")),
            "measures": _listed(_ref("CubeMeasure")),
        }
    ),
}
_WITH_DEFINITIONS: JsonObject = {"$defs": dict(_DEFINITIONS)}

_ORDERING: JsonObject = {
    "description": "A measure or a level of the query; its name alone is ascending.",
    "anyOf": [
        _TEXT,
        _listed(_TEXT, minItems=1),
        *(
            closed(
                {subject: name, "direction": {"type": "string", "enum": ["asc", "desc"]}},
                required=[subject],
            )
            for subject, name in (("level", _NAME), ("measure", _TEXT))
        ),
    ],
}
_BODY = closed(
    {
        "measures": _listed(_TEXT, description="Names of measures, at most 100."),
        "levels": _listed(
            _NAME, description="Levels, at most 100; the ancestors of each come with it."
        ),
        "filter": {"anyOf": [_ref("CubeFilter"), {"type": "null"}]},
        "include_totals": _FLAG,
        "totals": {"type": "string", "enum": ["all", "visible"]},
        "include_empty_rows": _FLAG,
        "order_by": _listed(_ORDERING),
        "limit": {"type": ["integer", "null"], "minimum": 0},
    },
    required=[],
    **_WITH_DEFINITIONS,
)
_ANSWER = closed(
    {
        "cube": _TEXT,
        "tables_version": {
            **_TEXT,
            "description": "The version of the data when the tables that were read last changed; "
            "`Atomlite-Data-Version` is the one of now.",
        },
        "levels": _listed(
            closed(
                {
                    "dimension": _TEXT,
                    "hierarchy": _TEXT,
                    "level": _TEXT,
                    "data_type": _TEXT,
                    "description": _OPTIONAL_TEXT,
                    "column": {**_TEXT, "description": "Its name among the columns."},
                }
            )
        ),
        "measures": _listed(_ref("CubeMeasure")),
        "columns": _listed(
            _TEXT,
            description="The levels, `_depth` (how many levels a row expresses), the measures.",
        ),
        "rows": _listed(_listed({}), description="Values in the order of the columns."),
    },
    **_WITH_DEFINITIONS,
)
_FORMS: JsonObject = {
    JSON: {"schema": _ANSWER},
    media_types.CSV: {"schema": {**_TEXT, "description": "The first line has the columns."}},
    media_types.NDJSON: {"schema": {**_TEXT, "description": "The rows, each a line of JSON."}},
    media_types.ARROW_STREAM: {"schema": {"description": "A stream of Arrow record batches."}},
    media_types.PARQUET: {"schema": {"description": "A Parquet file."}},
}
_QUERY_HEADERS: JsonObject = {
    name: {"description": description, "schema": _TEXT}
    for name, description in (
        ("Vary", "`Accept`, since that decides the form."),
        ("ETag", "Tag of the answer, for `If-None-Match`."),
        ("Cache-Control", "Keep the answer, and ask with the tag before using it again."),
    )
}


def cube_operations() -> dict[tuple[str, str], JsonObject]:
    """Return the operations by path and method.

    >>> sorted(cube_operations())[0]
    ('/api/cubes', 'GET')
    """
    cube: JsonObject = {"$ref": "#/$defs/Cube", **_WITH_DEFINITIONS}
    return {
        ("/api/cubes", "GET"): {
            "operationId": "get_cubes",
            "tags": ["Cubes"],
            "summary": "The cubes",
            "responses": {
                "200": json_answer(
                    "Each cube, in order of creation.",
                    {**_listed(_ref("Cube")), **_WITH_DEFINITIONS},
                ),
                **failures("406", "5XX"),
            },
        },
        ("/api/cubes/{name}", "GET"): {
            "operationId": "get_cube",
            "tags": ["Cubes"],
            "summary": "One cube",
            "parameters": [_PARAMETER],
            "responses": {
                "200": json_answer("Its hierarchies and measures.", cube),
                **failures("400", "404", "406", "5XX"),
            },
        },
        ("/api/cubes/{name}/query", "POST"): {
            "operationId": "query_cube",
            "tags": ["Cubes"],
            "summary": "Query a cube",
            "description": "Measures for each combination of members of some levels. Rows come in "
            "the order of the levels, totals before their parts; without levels there is one row. "
            "A cell without facts has no row.",
            "parameters": [_PARAMETER, _TAG],
            "requestBody": {
                "content": {
                    JSON: {
                        "schema": _BODY,
                        "example": {"measures": ["contributors.COUNT"], "include_totals": True},
                    }
                },
                "required": True,
            },
            "responses": {
                "200": {
                    "description": "The cells, in the form that `Accept` asks for.",
                    "headers": _QUERY_HEADERS,
                    "content": _FORMS,
                },
                "304": {
                    "description": "The client has this answer already.",
                    "headers": _QUERY_HEADERS,
                },
                **failures("400", "404", "406", "413", "415", "4XX", "5XX"),
            },
        },
    }
