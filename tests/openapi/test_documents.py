"""What the document says of a session: valid, complete, and of the objects that answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx
import jsonschema_rs
import numpy as np
import pyarrow as pa
import pytest
from openapi_spec_validator import validate

import atomlite as al
from atomlite.errors import AtomliteError, LinkDroppedWarning
from atomlite.http.headers import Headers
from atomlite.http.routes import Route
from atomlite.openapi.components import SHARED, Schemas
from atomlite.openapi.paths import parameters_of, path_of
from atomlite.types import JsonValue, Method
from tests.openapi.serving import mount_searches, serving


def _one(request: object, user: object, session: object, /):  # type: ignore[no-untyped-def] # noqa: ANN202 -- as a user writes it
    return 1


@pytest.fixture(scope="module")
def served() -> Iterator[al.Session]:
    """Give the session that most of these tests read only."""
    with serving() as session:
        yield session


def paths_of(session: al.Session) -> dict[str, Any]:
    """Return the path items of a session's document, which has to be valid."""
    document = session.openapi()
    validate(document)
    return cast("dict[str, Any]", document["paths"])


def test_the_document_is_valid(served: al.Session) -> None:
    """It is OpenAPI 3.1, and every reference leads somewhere."""
    document = served.openapi()
    validate(document)

    assert document["openapi"] == "3.1.0"
    text = json.dumps(document)
    assert "$defs" not in text
    schemas = cast("Mapping[str, object]", document["components"])["schemas"]
    assert {"Error", "GridError", "SearchError", "NewOrder", "Order", "Label", "Line"} <= set(
        cast("Mapping[str, object]", schemas)
    )


def test_python_and_http_give_the_same_document(served: al.Session) -> None:
    """They differ in the server alone: a path for HTTP, which holds behind any host."""
    from_python = served.openapi()
    from_http = served.client.http_client.get("openapi.json").json()

    assert from_python.pop("servers") == [{"url": served.url}]
    assert from_http.pop("servers") == [{"url": "/"}]
    assert from_http == json.loads(json.dumps(from_python))


def test_servers_have_the_base_path() -> None:
    """A proxy that keeps a path sees it in the document."""
    with al.Session.start(al.SessionConfig(base_path="/analytics")) as session:
        document = session.client.http_client.get("openapi.json").json()

        assert document["servers"] == [{"url": "/analytics"}]
        url = session.url.removesuffix("/analytics") + document["servers"][0]["url"]
        assert httpx.get(f"{url}/health/live").json() == {"status": "live"}


def test_a_typed_endpoint_is_described(served: al.Session) -> None:
    """Docstring, body, answer and refusals of an endpoint come from its function."""
    operation = paths_of(served)["/proxy/orders"]["post"]

    assert operation["summary"] == "Create an order."
    assert operation["description"] == "Its units are those of all its lines."
    assert operation["operationId"] == "post_orders"
    assert operation["requestBody"]["required"] is True
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/NewOrder"}
    answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/Order"}
    error = operation["responses"]["400"]["content"]["application/json"]["schema"]
    assert error == {"$ref": "#/components/schemas/Error"}
    assert set(operation["responses"]) == {"200", "400", "406", "413", "415", "4XX", "5XX"}


def test_path_parameters_have_the_types_of_the_route(served: al.Session) -> None:
    """``{key:uuid}`` is a text in the format of UUIDs."""
    (parameter,) = paths_of(served)["/proxy/labels/{key}"]["put"]["parameters"]

    assert parameter == {
        "name": "key",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "format": "uuid"},
    }
    route = Route("a/{n:int}/{x:float}/{d:date}/{s}/{rest:path}")
    assert path_of(route) == "/proxy/a/{n}/{x}/{d}/{s}/{rest}"
    kinds = [cast("Any", each)["schema"]["type"] for each in parameters_of(route)]
    assert kinds == ["integer", "number", "string", "string", "string"]


def test_a_frame_is_described_in_all_its_forms(served: al.Session) -> None:
    """The forms of the document are those that the endpoint answers."""
    responses = paths_of(served)["/proxy/people/{age}/names"]["get"]["responses"]

    for form in responses["200"]["content"]:
        answer = served.client.http_client.get("proxy/people/21/names", headers={"Accept": form})
        assert answer.headers["Content-Type"].partition(";")[0] == form


def test_every_answer_names_the_headers_that_all_have(served: al.Session) -> None:
    """They are described once, among the components."""
    answer = served.client.http_client.get("api/version")
    headers = cast("Any", served.openapi()["components"])["headers"]
    for item in paths_of(served).values():
        for operation in item.values():
            for response in operation["responses"].values():
                shared = {
                    name: each["$ref"].rpartition("/")[2]
                    for name, each in response["headers"].items()
                    if "$ref" in each
                }
                assert set(shared.values()) == set(headers)
                assert all(name in answer.headers for name in shared)


def test_operation_ids_are_unique_and_stay(session: al.Session) -> None:
    """A new endpoint does not change the names of the others."""
    for route in ("a/b", "a/{b}", "a_b"):
        session.endpoint(route)(_one)
    before = _identifiers(session)
    session.endpoint("z/{b:int}")(_one)

    assert len(set(before)) == len(before)
    assert before == [name for name in _identifiers(session) if name != "get_z_b"]
    assert before[-3:] == ["get_a_b", "get_a_b_2", "get_a_b_3"]


def _identifiers(session: al.Session) -> list[str]:
    items = paths_of(session).values()
    return [operation["operationId"] for item in items for operation in item.values()]


def test_a_deleted_endpoint_leaves_the_document(session: al.Session) -> None:
    """The document is of the moment."""
    session.endpoint("here")(_one)
    assert "/proxy/here" in paths_of(session)

    del session.endpoints["here"]
    assert "/proxy/here" not in paths_of(session)


def test_routes_that_openapi_takes_for_one_path(session: al.Session) -> None:
    """Methods are joined under one path; a second route of one method is mentioned."""

    @session.endpoint("x/{id:int}")
    def by_number(request: object, user: object, session: object, /) -> int:
        """Find by number."""
        return 1

    @session.endpoint("x/{name}")
    def by_name(request: object, user: object, session: object, /) -> int:
        """Find by name."""
        return 2

    @session.endpoint("x/{name}", method="DELETE")
    def delete(request: object, user: object, session: object, /) -> None: ...

    item = paths_of(session)["/proxy/x/{id}"]
    assert item["get"]["summary"] == "Find by number."
    assert item["description"] == "This path also answers `GET /proxy/x/{name}`: Find by name."
    assert item["delete"]["parameters"][0]["name"] == "id"
    assert item["delete"]["parameters"][0]["schema"]["type"] == "string"


def test_query_is_told_in_prose(session: al.Session) -> None:
    """OpenAPI 3.1 has no place for the method."""

    @session.endpoint("x", method="QUERY")
    def find(request: al.Request[list[int]], user: object, session: object, /) -> int:
        """Find many."""
        return len(request.body)

    @session.endpoint("x", method="GET")
    def read(request: object, user: object, session: object, /) -> int:
        return 1

    item = paths_of(session)["/proxy/x"]
    assert item["description"] == "This path also answers `QUERY /proxy/x`: Find many."
    assert set(item) == {"description", "get"}
    assert session.client.http_client.request("QUERY", "proxy/x", json=[1, 2]).json() == 2


ANSWERS: dict[str, object] = {
    "numbers": list[int],
    "events": Iterator[al.ServerSentEvent],
    "lines": Iterator[dict[str, int]],
    "parts": Iterator[Any],
    "arrow": pa.Table,
    "table": al.Table,
    "odd": np.ndarray,
    "nothing": None,
    "free": al.Response,
    "either": int | al.Response,
}


def test_answers_are_described_by_their_annotation(session: al.Session) -> None:
    """Streams, frames, scalars, responses, and what nothing is known of."""
    found = {}
    for name, annotation in ANSWERS.items():

        def callback(request: object, user: object, session: object, /) -> None: ...

        callback.__annotations__["return"] = annotation
        session.endpoint(name)(callback)
        found[name] = paths_of(session)[f"/proxy/{name}"]["get"]["responses"]
    schemas = {
        name: responses["200"].get("content", {}).get("application/json", {}).get("schema")
        for name, responses in found.items()
    }
    assert schemas["numbers"] == {"type": "array", "items": {"type": "integer"}}
    assert schemas["nothing"] == {"type": "null"}
    assert schemas["odd"] == {}
    assert schemas["table"] == schemas["arrow"] == {"type": "array", "items": {"type": "object"}}
    assert schemas["either"] == {"type": "integer"}
    assert list(found["events"]["200"]["content"]) == ["text/event-stream"]
    assert list(found["lines"]["200"]["content"]) == ["application/x-ndjson"]
    assert "content" not in found["parts"]["200"]
    assert {name for name, responses in found.items() if "default" in responses} == {
        *("free", "either")
    }


def test_bodies_are_described_as_they_are_read(session: al.Session) -> None:
    """Forms, raw bodies and JSON without a type; none for GET."""
    session.endpoint("files", method="POST", body="files")(_one)
    session.endpoint("raw", method="PUT", body="raw")(_one)
    session.endpoint("json", method="PATCH")(_one)
    session.endpoint("none", method="GET")(_one)
    paths = paths_of(session)

    assert list(paths["/proxy/files"]["post"]["requestBody"]["content"]) == ["multipart/form-data"]
    assert list(paths["/proxy/raw"]["put"]["requestBody"]["content"]) == ["*/*"]
    assert paths["/proxy/json"]["patch"]["requestBody"]["content"] == {
        "application/json": {"schema": {}}
    }
    assert "requestBody" not in paths["/proxy/none"]["get"]


def test_classes_of_one_name_are_told_apart(session: al.Session) -> None:
    """Two that say the same are one schema; two that differ have names of their own."""

    def first() -> type:
        @dataclass
        class Error:
            x: int

        return Error

    def second() -> type:
        @dataclass
        class Error:
            y: int

        return Error

    for number, kind in enumerate((first(), first(), second())):

        def callback(request: object, user: object, session: object, /) -> None: ...

        callback.__annotations__["return"] = kind
        session.endpoint(f"x{number}")(callback)

    paths = paths_of(session)
    names = [
        paths[f"/proxy/x{number}"]["get"]["responses"]["200"]["content"]["application/json"][
            "schema"
        ]["$ref"].rpartition("/")[2]
        for number in range(3)
    ]
    assert names == ["Error_2", "Error_2", "Error_3"]
    components = cast("Any", session.openapi()["components"])["schemas"]
    assert components["Error"] == SHARED["Error"]
    assert list(components["Error_3"]["properties"]) == ["y"]


def test_schemas_that_refer_to_each_other_move_together() -> None:
    """Recursion, discriminators, and definitions within definitions keep their meaning."""
    schemas = Schemas()
    part: JsonValue = {
        "schema": {
            "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
            "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/$defs/Cat"}},
            "$defs": {"Cat": {"friend": {"$ref": "#/$defs/Dog"}}, "Dog": {"$ref": "#/$defs/Cat"}},
        }
    }
    moved = schemas.hoisted(part)

    assert moved == {
        "schema": {
            "oneOf": [
                {"$ref": "#/components/schemas/Cat"},
                {"$ref": "#/components/schemas/Dog"},
            ],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {"cat": "#/components/schemas/Cat"},
            },
        }
    }
    assert schemas.all["Cat"] == {"friend": {"$ref": "#/components/schemas/Dog"}}


class Sales:
    """A contract that describes two of its three methods."""

    route = "sales/{shop}"
    methods: tuple[Method, ...] = ("GET", "POST", "QUERY")
    hides_methods = True
    origins: tuple[str, ...] = ()

    def respond(self, _request: al.Request, _user: object, _session: object, /) -> object:
        """Answer anything."""
        return []

    def refuse(self, error: AtomliteError, *, status: int, trace_id: str | None) -> al.Response:  # noqa: ARG002 -- names of the protocol
        """Tell of an error."""
        return al.Response({"status": "client_error"}, status=status)

    def preflight(self, headers: Headers) -> al.Response | None:  # noqa: ARG002 -- as above
        """Leave OPTIONS to the server."""
        return None

    def operations(self) -> Mapping[Method, JsonValue]:
        """Describe GET, with a schema of its own, and QUERY."""
        row: JsonValue = {"$ref": "#/$defs/Row", "$defs": {"Row": {"type": "object"}}}
        return {
            "GET": {
                "summary": "Sales of a shop",
                "operationId": "get_version",
                "responses": {
                    "200": {
                        "description": "Rows.",
                        "content": {"application/json": {"schema": row}},
                    },
                    "400": {"$ref": "#/components/responses/Refused"},
                },
            },
            "QUERY": {"summary": "Sales by a search", "responses": {}},
        }


def test_a_contract_is_described_by_its_own_operations(session: al.Session) -> None:
    """What it leaves out is filled in: id, tags, path parameters, headers."""
    session.mount(Sales())
    item = cast("Any", session.openapi()["paths"])["/proxy/sales/{shop}"]

    assert item["get"]["operationId"] == "get_sales_shop"
    assert item["get"]["tags"] == ["Searches"]
    assert item["get"]["parameters"][0]["name"] == "shop"
    assert "Server-Timing" in item["get"]["responses"]["200"]["headers"]
    assert item["get"]["responses"]["400"] == {"$ref": "#/components/responses/Refused"}
    schema = item["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/Row"}
    assert item["description"].endswith("`QUERY /proxy/sales/{shop}`: Sales by a search")
    assert list(item["post"]["responses"]) == ["default"]


def test_the_example_of_a_search_answers_rows() -> None:
    """What a page sends first is no random text; it finds all rows of the column."""
    with serving() as served:
        mount_searches(served)
        operation = paths_of(served)["/proxy/people/search"]["post"]
        example = operation["requestBody"]["content"]["application/json"]["example"]
        answer = served.client.http_client.post("proxy/people/search", json=example).json()

    assert answer["pagination"]["number_results"] == 30
    names = [row["name"] for row in answer["data"]]
    assert names == sorted(names)


def test_searches_with_different_columns_have_conditions_of_their_own() -> None:
    """The local schemas of one search do not become those of another."""
    with serving() as session:
        mount_searches(session)
        session.mount(
            al.AdvancedSearch(
                table=session.tables["companies"],
                url="companies/search",
                readable_column_names=["id", "name"],
                sortable_column_names=["name"],
                searchable_column_names=["name"],
                default_sort_column_name="name",
            )
        )
        paths_of(session)
        schemas = cast("Any", session.openapi()["components"])["schemas"]

    columns = {
        name: {
            column
            for condition in schema["anyOf"]
            for column in condition.get("properties", {}).get("column", {}).get("enum", ())
        }
        for name, schema in schemas.items()
        if re.fullmatch(r"SearchCondition(_\d)?", name)
    }
    assert columns == {
        "SearchCondition": {"id", "name", "age", "born", "company.name"},
        "SearchCondition_2": {"name"},
    }
    inner = schemas["SearchConditionNot_2"]["properties"]["not"]
    assert inner == {"$ref": "#/components/schemas/SearchCondition_2"}


def test_a_body_that_may_be_missing_is_not_required(session: al.Session) -> None:
    """``Request[... | None]`` takes a request without a body, and the document says so."""

    @session.endpoint("x", method="POST")
    def length(request: al.Request[list[int] | None], user: object, session: object, /) -> int:
        return -1 if request.body is None else len(request.body)

    body = paths_of(session)["/proxy/x"]["post"]["requestBody"]
    assert body["required"] is False
    assert session.client.http_client.post("proxy/x").json() == -1
    assert session.client.http_client.post("proxy/x", json=[1, 2]).json() == 2


def test_an_endpoint_that_cannot_describe_itself_leaves_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A table that lost a column is told of in its place, and once in the log."""
    with serving() as session:
        mount_searches(session)
        with pytest.warns(LinkDroppedWarning):
            session.create_table("people", data_types={"x": "string"})
        paths = paths_of(session)
        answer = session.client.http_client.get("openapi.json")

    assert answer.status_code == 200
    assert set(paths["/proxy/orders"]) == {"post"}
    for method in ("get", "post"):
        broken = paths["/proxy/people/search"][method]
        assert 'Join "company": ' in broken["description"]
        assert list(broken["responses"]) == ["default"]
    assert 'no field of "people"' in paths["/proxy/people/grid"]["get"]["description"]
    told = [record for record in caplog.records if "cannot describe itself" in record.message]
    assert len(told) == 2 * 2  # two documents, each with two broken endpoints


class Odd(Sales):
    """A contract with a mistake of its own."""

    def operations(self) -> Mapping[Method, JsonValue]:
        """Fail."""
        raise TypeError("secret")


class Unwritable(Sales):
    """A contract whose operations are no JSON."""

    def operations(self) -> Mapping[Method, JsonValue]:
        """Return bytes."""
        return {"GET": {"summary": b"secret"}}


@pytest.mark.parametrize("contract", [Odd(), Unwritable()], ids=["raises", "no JSON"])
@pytest.mark.usefixtures("caplog")
def test_a_mistake_in_a_contract_is_not_told_to_clients(
    session: al.Session, contract: Sales
) -> None:
    """Only messages meant for people stand in the document."""
    session.mount(contract)
    text = json.dumps(paths_of(session)["/proxy/sales/{shop}"])

    assert "The log says why." in text
    assert "secret" not in text


KEY = "open sesame"
SECRETS: dict[str, tuple[dict[str, str], str]] = {
    "Bearer ": ({"BearerSecret": "bearer"}, f"Bearer {KEY}"),
    "": ({"Secret": "Authorization"}, KEY),
    "Token ": ({"Secret": "Authorization"}, f"Token {KEY}"),
}


@pytest.mark.parametrize("prefix", SECRETS)
def test_a_secret_is_documented_as_it_is_sent(session: al.Session, prefix: str) -> None:
    """So that a page of documentation can ask for it."""
    schemes, header = SECRETS[prefix]
    table = session.create_table("t", data_types={"id": "int64"}, keys=["id"])
    secret = al.SecretBearer(secret=KEY, header_prefix=prefix)
    session.mount(al.DbGrid(table=table, url="grid", authentication=secret))
    session.mount(al.Callable(lambda: 1, url="call", authentication=secret))
    session.mount(al.Callable(lambda: 1, url="asks", authentication=lambda: True))
    session.mount(al.Callable(lambda: 1, url="open"))
    paths = paths_of(session)
    described = cast("Any", session.openapi()["components"])["securitySchemes"]

    assert {
        name: each.get("scheme") or each.get("name") for name, each in described.items()
    } == schemes
    for route in ("grid", "call"):
        operation = paths[f"/proxy/{route}"]["get"]
        assert [list(each) for each in operation["security"]] == [list(schemes)]
        assert (f"`{prefix}`" in operation["description"]) is (prefix == "Token ")
        http = session.client.http_client
        assert http.get(f"proxy/{route}").status_code == 401
        answer = http.get(f"proxy/{route}", headers={"Authorization": header})
        assert answer.status_code == 200
    assert "security" not in paths["/proxy/asks"]["get"]
    assert "decides who may ask" in paths["/proxy/asks"]["get"]["description"]
    assert "security" not in paths["/proxy/open"]["get"]


def test_without_secrets_there_are_no_security_schemes(served: al.Session) -> None:
    """The document has no empty part."""
    assert "securitySchemes" not in cast("Any", served.openapi()["components"])


def test_the_examples_of_errors_fit_their_schemas(served: al.Session) -> None:
    """They are what a page shows."""
    for schema in SHARED.values():
        for example in cast("list[Any]", schema.get("examples", [])):
            assert jsonschema_rs.Draft202012Validator(schema).is_valid(example)
