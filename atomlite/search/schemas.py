"""JSON schemas of what a search is asked with and what it answers, from what validates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from atomlite.search.casing import Names
from atomlite.search.conditions import Limits
from atomlite.search.fields import Field, Scope
from atomlite.search.operators import LISTS, NULL_TESTS, PATTERNS
from atomlite.search.options import FUNCTIONS, fits
from atomlite.types import JsonValue

JsonObject = dict[str, JsonValue]

_ENTRY = "SearchCondition"
_TEXT: JsonObject = {"type": "string"}
_NULL: JsonObject = {"type": "null"}
_PATTERN: JsonObject = {
    "type": "string",
    "pattern": r"^(?:[^\\\u0000]|\\[^\u0000])*$",
    "description": "`%` is any text, `_` any character, a backslash before either itself.",
}


def closed(properties: JsonObject, *, required: Iterable[str] | None = None) -> JsonObject:
    """Return the schema of an object with these properties and no others; all needed by default."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties if required is None else required),
        "additionalProperties": False,
    }


def value_schema(data_type: pa.DataType, *, nullable: bool) -> JsonObject:
    """Return the schema of a value in an answer; NaN and the infinities are null there.

    >>> value_schema(pa.int64(), nullable=True)
    {'type': ['integer', 'null']}
    """
    if pa.types.is_list(data_type) or pa.types.is_map(data_type):  # a map is a list of pairs
        found: JsonObject = {"type": "array"}
    elif pa.types.is_struct(data_type):
        found = {"type": "object"}
    elif pa.types.is_integer(data_type):
        found = {"type": "integer"}
    elif pa.types.is_floating(data_type):
        found, nullable = {"type": "number"}, True
    elif pa.types.is_boolean(data_type):
        found = {"type": "boolean"}
    else:
        found = dict(_TEXT)
    if pa.types.is_date(data_type):
        found["format"] = "date"
    if isinstance(data_type, pa.TimestampType) and data_type.tz is not None:
        found["format"] = "date-time"
    if nullable:
        found["type"] = [str(found["type"]), "null"]
    return found


def row_schema(fields: Sequence[Field]) -> JsonObject:
    """Return the schema of a row."""
    properties: JsonObject = {}
    nested: dict[str, JsonObject] = {}
    for field in fields:
        schema = value_schema(field.column.data_type, nullable=field.can_be_null)
        if field.outer:
            inner = nested.setdefault(field.outer, {})
            inner[field.inner] = schema
            properties[field.outer] = closed(inner)
        else:
            properties[field.shown] = schema
    return closed(properties)


def group_schema(scope: Scope, names: Names) -> JsonObject:
    """Return the schema of a group: columns as in a row, and results, which are plain values."""
    plain = [field for field in scope.rows if field.kind.compares]
    results = {names.result(each.path, name) for each in plain for name in FUNCTIONS}
    properties: JsonObject = {}
    nested: dict[str, JsonObject] = {}
    for field in plain:
        schema = value_schema(field.column.data_type, nullable=field.can_be_null)
        if field.outer:
            nested.setdefault(field.outer, {})[field.inner] = schema
        elif field.shown not in results | {names.word("count")}:
            properties[field.shown] = schema
    properties |= {outer: closed(inner, required=[]) for outer, inner in nested.items()}
    value: JsonObject = {"type": ["boolean", "integer", "number", "string", "null"]}
    return {"type": "object", "properties": properties, "additionalProperties": value}


def where_schema(scope: Scope, names: Names, limits: Limits) -> tuple[JsonObject, JsonObject]:
    """Return the schema of ``where``, and the local definitions that it refers to."""
    entry: JsonObject = {"$ref": f"#/$defs/{_ENTRY}"}
    most = limits.most_conditions
    some: JsonObject = {"type": "array", "items": entry, "minItems": 1}
    # Each has a name, since generators of clients read a union only when its parts have one.
    groups: JsonObject = {
        f"{_ENTRY}{word.title()}": closed({names.word(word): part})
        for word, part in (("and", some), ("or", some), ("not", entry))
    }
    conditions = _conditions(list(scope.searchable.values()), names, limits)
    where: JsonObject = {
        "type": "array",
        "items": entry,
        "maxItems": most,
        "description": f"What rows must meet, all of it; at most {most} conditions on all levels.",
    }
    if not conditions:
        return where | {"maxItems": 0, "items": {}}, {}
    grouped: list[JsonObject] = [{"$ref": f"#/$defs/{name}"} for name in groups]
    return where, {_ENTRY: {"anyOf": [*conditions, *grouped]}, **groups}


def _conditions(fields: Sequence[Field], names: Names, limits: Limits) -> list[JsonObject]:
    """Return the schemas of single conditions: columns that take the same share one."""
    alike: dict[tuple[object, ...], list[Field]] = {}
    for field in fields:
        allowed = None if field.values is None else tuple(sorted(map(repr, field.values)))
        alike.setdefault((field.kind.name, field.operators, allowed), []).append(field)
    found: list[JsonObject] = []
    for group in alike.values():
        first = group[0]
        value = first.kind.schema
        if first.values is not None:
            value = {"enum": sorted(map(_plain, first.values), key=str)}
        many: JsonObject = {"type": "array", "items": value, "maxItems": limits.most_values}
        two: JsonObject = {"type": "array", "items": value, "minItems": 2, "maxItems": 2}
        single = [
            word
            for word in first.operators
            if word not in NULL_TESTS and word not in LISTS and word not in PATTERNS
        ]
        lists = [word for word in first.operators if word in LISTS and word != "between"]
        patterns = [word for word in first.operators if word in PATTERNS and word != "like"]
        sets: list[tuple[list[str], JsonObject]] = [
            ([word for word in single if word != "<=>"], value),
            (["<=>"] if "<=>" in single else [], {"anyOf": [value, _NULL]}),
            (lists, many),
            (["between"] if "between" in first.operators else [], two),
            (["like"] if "like" in first.operators else [], _PATTERN),
            (patterns, first.kind.schema),
            (
                ["is", "is not"],
                {"type": ["boolean", "null"]} if value == {"type": "boolean"} else _NULL,
            ),
        ]
        found += [_condition(group, words, schema, names) for words, schema in sets if words]
    if fields:
        found.append(_condition(fields, ["is null", "is not null"], None, names))
    return found


def _plain(value: object) -> JsonValue:
    return value if isinstance(value, bool | int | float | str) else str(value)


def _condition(
    fields: Sequence[Field], operators: Sequence[str], value: JsonObject | None, names: Names
) -> JsonObject:
    column, operator, key = map(names.word, ("column", "operator", "value"))
    properties: JsonObject = {
        column: {"type": "string", "enum": [field.shown for field in fields]},
        operator: {
            "type": "string",
            "enum": list(operators),
            "description": "Upper case is read as well.",
        },
    }
    if value is not None:
        properties[key] = value
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        # Other keys say nothing, and an answer header names them; these would make it a group.
        "propertyNames": {"not": {"enum": [names.word(word) for word in ("and", "or", "not")]}},
    }


def sort_schema(sortable: Iterable[str], names: Names) -> JsonObject:
    """Return the schema of ``sort``."""
    columns = list(sortable)
    column, direction, nulls = map(names.word, ("column", "direction", "nulls"))
    entry = closed(
        {
            column: {"type": "string", "enum": columns},
            direction: {"type": "string", "pattern": "^(?:[aA][sS][cC]|[dD][eE][sS][cC])$"},
            nulls: {"type": "string", "enum": ["first", "last"]},
        },
        required=[column, direction],
    )
    once: list[JsonValue] = [
        {
            "contains": {
                "type": "object",
                "properties": {column: {"const": each}},
                "required": [column],
            },
            "minContains": 0,
            "maxContains": 1,
        }
        for each in columns
    ]
    found: JsonObject = {
        "type": "array",
        "items": entry if columns else {},
        "maxItems": len(columns),
        "description": "First things first, each column once; null is the lowest value unless "
        f"`{nulls}` says otherwise. Groups are sorted by their columns and results.",
    }
    return found | {"allOf": once} if once else found


def more_schemas(scope: Scope, names: Names, limits: Limits) -> JsonObject:
    """Return the schemas of what a search takes beyond the contract, by key."""
    plain = [field.shown for field in scope.rows if field.kind.compares]
    columns: JsonObject = {
        "type": "array",
        "items": {"type": "string", "enum": plain},
        "uniqueItems": True,
    }
    column, function = names.word("column"), names.word("function")
    by_function: list[JsonValue] = [
        closed({column: {"type": "string", "enum": fitting}, function: {"const": each}})
        for each in FUNCTIONS
        if (fitting := [field.shown for field in scope.rows if fits(field, each)])
    ]
    by_function.append(closed({function: {"const": "count"}}))
    return {
        names.word("paging"): {
            "const": "cursor",
            "description": "Pages follow by cursor; the description of the operation says how.",
        },
        names.word("count"): {
            "anyOf": [
                {"enum": ["exact", "none"]},
                closed(
                    {
                        names.word("more_than"): {
                            "type": "integer",
                            "minimum": 0,
                            "maximum": 2**62 - 1,
                        }
                    }
                ),
            ],
            "description": "How exactly matching rows are counted.",
        },
        names.word("facets"): columns | {"maxItems": limits.most_facets},
        names.word("aggregates"): {
            "type": "array",
            "items": {"anyOf": by_function},
            "uniqueItems": True,
            "maxItems": limits.most_aggregates,
            "description": "What is calculated of each group. An entry may also have a "
            f"`{names.word('name')}`, which its result then has; no schema can say that it must "
            "be one that no other has.",
        },
        names.word("group_by"): columns | {"maxItems": limits.most_aggregates},
    }
