"""What the OpenAPI document says of an endpoint is what the endpoint does."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Any

import jsonschema_rs
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import InvalidEndpoint, InvalidSearch, NotAcceptable
from atomlite.http import media_types
from atomlite.openapi.components import Schemas
from atomlite.search.schemas import value_schema
from tests.search.conftest import COLUMNS, JOINED, Build, ask, respond
from tests.search.test_requests import BAD

Json = Any


def body_schema(endpoint: al.AdvancedSearch) -> Json:
    """Return the schema of the request body."""
    operation: Json = endpoint.operations()["POST"]
    return operation["requestBody"]["content"]["application/json"]["schema"]


def answer_schema(operation: Json) -> Json:
    """Return the schema of an answer in JSON, its local schemas where a validator finds them."""
    schemas = Schemas()
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    found = json.dumps(schemas.hoisted(schema)).replace("#/components/schemas/", "#/$defs/")
    return {**json.loads(found), "$defs": schemas.all}


def is_valid(value: object, schema: Json) -> bool:
    """Return whether a value fits a schema, by a validator made by others."""
    jsonschema_rs.meta.validate(schema)
    return jsonschema_rs.Draft202012Validator(schema).is_valid(value)


def condition(column: str, operator: str, *value: object) -> dict[str, object]:
    """Return an entry of ``where``."""
    return {"column": column, "operator": operator, **({"value": value[0]} if value else {})}


GOOD: list[dict[str, Any]] = [
    {},
    {"limit": 200, "start": 3},
    {
        "where": [
            condition("age", ">=", 3),
            condition("age", "=", "3"),
            condition("age", "<=>", None),
        ]
    },
    {"where": [condition("name", "like", "a\\%b%"), condition("name", "contains", "%")]},
    {"where": [condition("score", "between", [1, 2.5]), condition("pay", "in", ["1.10", 2])]},
    {"where": [condition("born", "=", "2000-02-29"), condition("seen", "<", "2024-01-01T00:00Z")]},
    {"where": [condition("clock", ">", "2024-01-01 00:00:00.5"), condition("tags", "is null")]},
    {"where": [condition("active", "is not", True), condition("company.name", "is", None)]},
    {"where": [{"or": [condition("id", "=", 1), {"not": {"and": [condition("id", "!=", 2)]}}]}]},
    {"where": [{**condition("id", "=", 1), "junk": 1}]},
    {"sort": [{"column": "company.name", "direction": "DESC", "nulls": "first"}]},
    {"paging": "cursor", "count": {"more_than": 5}},
    {"facets": ["company.name", "age"], "count": "none"},
    {
        "group_by": ["name"],
        "aggregates": [{"function": "count"}, {"column": "age", "function": "sum"}],
    },
]

ONLY_SERVER = {
    *("nested entry", "cursor with start", "aggregate twice", "sort of a group", "too many"),
    *("nul", "half character", "lone backslash", "in two lists"),
}
"""Mistakes that a schema cannot say, or need not."""


@pytest.mark.parametrize("body", GOOD, ids=json.dumps)
def test_what_is_documented_is_accepted(build: Build, body: dict[str, Any]) -> None:
    """And the answer is as documented."""
    search = build()
    operation: Json = search.operations()["POST"]

    assert is_valid(body, body_schema(search))
    assert is_valid(ask(search, body), answer_schema(operation))


@pytest.mark.parametrize("case", [name for name in BAD if name not in ONLY_SERVER])
def test_what_is_refused_is_not_documented(build: Build, case: str) -> None:
    """The schema refuses what the endpoint refuses."""
    body, _ = BAD[case]

    assert not is_valid(body, body_schema(build()))


def test_overrides_and_casing_are_documented(build: Build) -> None:
    """Names are those outside, values those allowed."""
    search = build(
        external_casing="camelCase",
        column_overrides={
            "status": al.ColumnOverride(values=["new", "old"]),
            "born": al.ColumnOverride(values=["2000-02-29"]),
        },
    )
    schema = body_schema(search)

    assert is_valid({"where": [condition("status", "in", ["old"])]}, schema)
    assert is_valid({"where": [condition("born", "=", "2000-02-29")]}, schema)
    assert is_valid({"where": [condition("companyId", "=", "c1")]}, schema)
    assert not is_valid({"where": [condition("status", "=", "other")]}, schema)
    assert not is_valid({"where": [condition("company_id", "=", "c1")]}, schema)
    operation: Json = search.operations()["POST"]
    refused = search.refuse(InvalidSearch("No."), status=400, trace_id=None).body
    assert isinstance(refused, bytes)
    error = operation["responses"]["400"]["content"]["application/json"]["schema"]
    assert is_valid(json.loads(refused), error)
    assert is_valid(ask(search), answer_schema(operation))


def test_rows_are_documented_by_their_types(build: Build) -> None:
    """Nullable where a row can be without a value; joined columns always."""
    search = build(readable_column_names=[*COLUMNS, *JOINED])
    operation: Json = search.operations()["GET"]
    answer = ask(search, {"limit": 60})
    row = answer_schema(operation)["properties"]["data"]["items"]["anyOf"][0]

    assert all(is_valid(each, row) for each in answer["data"])
    assert not is_valid({**answer["data"][0], "id": None}, row)
    assert not is_valid({**answer["data"][0], "more": 1}, row)
    assert row["properties"]["born"] == {"type": ["string", "null"], "format": "date"}


@pytest.mark.parametrize(
    ("data_type", "name"),
    [
        (pa.list_(pa.int8()), "array"),
        (pa.struct([("a", pa.int8())]), "object"),
        (pa.map_(pa.string(), pa.int8()), "array"),
        (pa.bool_(), "boolean"),
        (pa.decimal128(4, 2), "string"),
    ],
)
def test_each_type_has_its_schema(data_type: pa.DataType, name: str) -> None:
    """As JSON writes its values."""
    assert value_schema(data_type, nullable=False)["type"] == name


def test_each_method_and_status_is_documented(build: Build) -> None:
    """401 only where somebody is asked who they are."""
    plain: Json = build().operations()
    closed: Json = build(authentication=lambda: True, description="Find people.").operations()

    assert list(plain) == ["GET", "POST", "QUERY"]
    assert set(closed["POST"]["responses"]) - set(plain["POST"]["responses"]) == {"401"}
    assert closed["POST"]["description"].startswith("Find people.")
    assert [each["name"] for each in plain["GET"]["parameters"]] == ["start", "If-None-Match"]
    assert "QUERY" in plain["POST"]["description"]


def test_an_endpoint_without_searchable_or_sortable_columns_is_documented(build: Build) -> None:
    """Lists of nothing."""
    schema = body_schema(
        build(searchable_column_names=[], sortable_column_names=[], maximum_limit=0)
    )

    assert is_valid({"where": [], "sort": [], "limit": 10**9}, schema)
    assert not is_valid({"where": [condition("id", "=", 1)]}, schema)
    assert not is_valid({"sort": [{"column": "id", "direction": "asc"}]}, schema)


@dataclass
class Shown:
    """What a row becomes."""

    id: int
    name: str


@pytest.mark.parametrize(
    "schema", [Shown, {"type": "object", "required": ["id", "name"]}, None], ids=str
)
def test_an_own_form_of_rows_is_documented_as_given(build: Build, schema: object) -> None:
    """By a class or a schema; without one, anything."""
    search = build(
        output_map=lambda model: {"id": model.id, "name": model.name}, output_schema=schema
    )
    operation: Json = search.operations()["POST"]
    schema_of_all = answer_schema(operation)
    row = {**schema_of_all["properties"]["data"]["items"], "$defs": schema_of_all["$defs"]}

    assert is_valid({"id": 1, "name": "x"}, row)
    assert is_valid({"id": 1}, row) is (schema is None)


def test_listings_and_functions_are_documented(serving: al.Session) -> None:
    """Their parameters, and their answers."""
    listing = al.List(
        table=serving.tables["people"],
        readable_column_names=["id"],
        sortable_column_names=["id"],
        default_sort_column_name="id",
    )
    function = al.Callable(lambda: {"id": 1, "name": "x"}, output_schema=Shown)
    listed: Json = listing.operations()["GET"]
    called: Json = function.operations()["GET"]

    unsorted: Json = al.List(
        table=serving.tables["people"],
        readable_column_names=["id"],
        sortable_column_names=[],
        default_sort_column_name="id",
    ).operations()

    assert "sort" not in [each["name"] for each in unsorted["GET"]["parameters"]]
    assert [each["name"] for each in listed["parameters"]] == [
        "start",
        "limit",
        "direction",
        "sort",
        "If-None-Match",
    ]
    assert is_valid(ask(listing, method="GET"), answer_schema(listed))
    assert is_valid(ask(function, method="GET"), answer_schema(called))
    assert not is_valid({**ask(function, method="GET"), "data": {}}, answer_schema(called))


def test_each_method_has_the_headers_and_forms_that_it_sends(build: Build) -> None:
    """A tag where an answer can be kept; the forms that rows made by functions have."""
    plain = build()
    mapped = build(output_map=lambda model: {"id": model.id})
    made = build(response_headers=lambda: ["x-a: 1"])

    for search in (plain, mapped, made):
        for method in ("GET", "POST"):
            operation: Json = search.operations()[method]
            headers = operation["responses"]["200"]["headers"]
            tagged = search is plain and method == "GET"
            answer = respond(search, method=method)
            sent = {name for name, _ in answer.header_pairs}
            assert ("ETag" in sent) is ("ETag" in headers) is tagged
            assert ("304" in operation["responses"]) is tagged
            asked = [each["name"] for each in operation.get("parameters", [])]
            assert ("If-None-Match" in asked) is tagged
            assert served(search, method) == set(operation["responses"]["200"]["content"])
    answer = respond(plain, {"paging": "cursor"}, headers={"accept": "text/csv"})
    described: Json = plain.operations()["POST"]
    sent = {name for name, _ in answer.header_pairs if name not in {"Vary", "Content-Type"}}
    assert sent <= set(described["responses"]["200"]["headers"])
    assert "Atomlite-Version-Moved" in sent


def served(endpoint: al.AdvancedSearch | al.List, method: str) -> set[str]:
    """Return the forms that an endpoint answers."""
    found = set()
    for form in media_types.TABULAR:
        try:
            respond(endpoint, method=method, headers={"accept": form})
        except NotAcceptable:
            continue
        found.add(form)
    return found


def test_rows_with_lists_have_no_csv(build: Build, serving: al.Session) -> None:
    """But groups of them have, and the document says so."""
    search = build(readable_column_names=["id", "tags"])
    content: Json = search.operations()["POST"]
    listing = al.List(
        table=serving.tables["people"],
        readable_column_names=["id", "tags"],
        sortable_column_names=["id"],
        default_sort_column_name="id",
    )
    listed: Json = listing.operations()["GET"]

    csv = content["responses"]["200"]["content"]["text/csv"]
    assert "Groups" in csv["schema"]["description"]
    assert "text/csv" not in served(search, "POST")
    grouped = respond(search, {"group_by": ["id"]}, headers={"accept": "text/csv"})
    assert grouped.status == 200
    assert served(listing, "GET") == set(listed["responses"]["200"]["content"])


def test_groups_are_documented_by_their_columns(build: Build) -> None:
    """Results are plain values; columns have their types."""
    search = build()
    operation: Json = search.operations()["POST"]
    schema = answer_schema(operation)
    asked = {
        "group_by": ["company.name", "age"],
        "aggregates": [
            {"function": "count"},
            *({"column": "name", "function": each} for each in ("count", "min", "max")),
            *({"column": "id", "function": each} for each in ("sum", "mean")),
        ],
    }
    answer = ask(search, asked)

    assert len(answer["data"]) > 1
    assert is_valid(answer, schema)
    for wrong in ({"age": "text"}, {"company": "x"}, {"company": {"age": 1}}, {"x": [1]}):
        row = {**answer["data"][0], **wrong}
        assert not is_valid({**answer, "data": [row]}, schema)


def test_a_result_may_have_the_name_of_a_column(serving: al.Session) -> None:
    """A text column `count` does not make the count of a group a text."""
    frame = pa.table({"id": [1, 2], "count": ["a", "b"]})
    table = serving.read_arrow(frame, keys=["id"], table_name="counts")
    search = al.AdvancedSearch(
        table=table,
        url="counts",
        readable_column_names=["id", "count"],
        sortable_column_names=[],
        searchable_column_names=[],
        default_sort_column_name="id",
    )
    operation: Json = search.operations()["POST"]
    answer = ask(search, {"aggregates": [{"function": "count"}]})

    assert answer["data"] == [{"count": 2}]
    assert is_valid(answer, answer_schema(operation))


def test_a_cursor_is_told_of_in_words(build: Build) -> None:
    """A schema would allow invented ones, which are refused."""
    operation: Json = build(external_casing="camelCase").operations()["POST"]

    assert "cursor" not in body_schema(build())["properties"]
    assert '`"paging": "cursor"`' in operation["description"]
    assert "`nextPage`" in operation["description"]


@pytest.mark.parametrize(
    "schema", ["x", 5, [int], {"type": object()}], ids=["text", "number", "list", "object"]
)
def test_a_schema_that_is_none_is_refused_when_the_endpoint_is_built(
    build: Build, schema: object
) -> None:
    """In words about the parameter, not about pydantic."""
    with pytest.raises(InvalidEndpoint, match="output_schema is") as refused:
        build(output_schema=schema)
    assert "pydantic model" in str(refused.value)


def test_a_class_without_a_form_is_refused_without_foreign_advice(build: Build) -> None:
    """The reason stays."""
    with pytest.raises(InvalidEndpoint, match="lock") as refused:
        build(output_schema=type(threading.Lock()))
    assert "arbitrary_types_allowed" not in str(refused.value)
