"""Endpoints on a running server: methods, errors, casing, and tables that change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import InvalidEndpoint, InvalidSearch, NotAcceptable
from tests.search.conftest import Build, ask, ids, respond

if TYPE_CHECKING:
    import httpx

FIVE = {"status", "error", "data", "pagination", "input_errors"}


@pytest.fixture
def http(serving: al.Session) -> httpx.Client:
    """Give a client of the session."""
    return serving.client.http_client


def test_each_method_gives_the_same_page(
    serving: al.Session, build: Build, http: httpx.Client
) -> None:
    """A body counts on GET too; HEAD has the head of GET, and no body."""
    serving.mount(build(url="/people/search/"))
    path = "proxy/people/search"
    answers = [http.request(m, path, json={"limit": 2}) for m in ("GET", "POST", "QUERY")]
    head = http.head(path)
    whole = http.get(path)

    assert len({answer.text for answer in answers}) == 1
    assert answers[0].headers["Content-Type"] == "application/json"
    assert (head.status_code, head.content) == (200, b"")
    for name in ("ETag", "Content-Length", "Vary", "Cache-Control"):
        assert head.headers.get(name) == whole.headers.get(name)
    known = {"If-None-Match": whole.headers["ETag"]}
    same = http.get(path, headers=known)
    assert (same.status_code, same.content, same.headers["ETag"]) == (
        304,
        b"",
        known["If-None-Match"],
    )


def test_errors_come_in_the_envelope(serving: al.Session, build: Build, http: httpx.Client) -> None:
    """Whatever went wrong, and with the endpoint's own headers."""
    secret = al.SecretBearer(secret=str(len(FIVE)))
    headers = ["X-A: 1"]
    serving.mount(build(url="errors/open", response_headers=headers))
    serving.mount(build(url="errors/closed", authentication=secret, response_headers=headers))
    serving.mount(build(url="errors/gated", authorization=lambda: False, response_headers=headers))
    for method, path, content, status in (
        ("POST", "errors/open", b"{bad", 400),
        ("POST", "errors/open?foo=1", b"", 400),
        ("POST", "errors/open?%zz", b"", 400),
        ("POST", "errors/closed", b"{bad", 401),
        ("POST", "errors/gated", b"{bad", 403),
        ("DELETE", "errors/open", b"", 404),
        ("POST", "errors/open/nope", b"", 404),
    ):
        answer = http.request(method, f"proxy/{path}", content=content)
        body = answer.json()
        assert answer.status_code == status, (path, answer.text)
        assert set(body) == FIVE
        assert body["status"] == "client_error"
        assert (body["data"], body["pagination"], body["input_errors"]) == ([], {}, {})
        assert body["error"]
        assert answer.headers["X-A"] == "1"
        assert ("WWW-Authenticate" in answer.headers) is (status == 401)
        if status == 404:
            assert body["error"].startswith("Not Found. Nothing answers ")
            assert body["error"].endswith((".", "?"))
    packed = http.post("proxy/errors/open", content=b"x", headers={"Content-Encoding": "gzip"})
    assert (packed.status_code, set(packed.json())) == (415, FIVE)
    unfit = http.post("proxy/errors/open", headers={"Accept": "image/png"})
    assert (unfit.status_code, set(unfit.json())) == (406, FIVE)


def test_a_body_that_is_too_large_is_refused_in_the_envelope() -> None:
    """Before it is read."""
    config = al.SessionConfig(limits=al.Limits(body_bytes=100))
    with al.Session.start(config) as session:
        session.mount(al.Callable(lambda: 1, url="one", request_methods=["POST"]))
        answer = session.client.http_client.post("proxy/one", content=b"x" * 101)

    assert (answer.status_code, set(answer.json())) == (413, FIVE)


def test_an_answer_of_the_server_is_a_server_error(
    serving: al.Session,
    build: Build,
    http: httpx.Client,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing of the inside is told; the log has it."""

    def broken(model: Any) -> object:  # noqa: ANN401 -- a row
        raise ValueError(model.name)

    serving.mount(build(url="broken", output_map=broken, security_headers=[al.Hsts()]))
    answer = http.post("proxy/broken")

    assert answer.status_code == 500
    assert answer.json()["status"] == "server_error"
    assert "Ada" not in answer.text
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000 ;"
    assert "ValueError" in caplog.text


def test_a_preflight_is_answered_for_the_endpoint_alone(
    serving: al.Session, build: Build, http: httpx.Client
) -> None:
    """Before authentication; another path is 404."""
    serving.mount(
        build(
            url="flight",
            authentication=al.SecretBearer(secret=str(len(FIVE))),
            security_headers=[al.Cors(origin="https://a.b")],
        )
    )
    answer = http.options("proxy/flight", headers={"Origin": "https://a.b"})

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Access-Control-Allow-Methods"] == "GET, POST, QUERY"
    assert answer.headers["Access-Control-Allow-Origin"] == "https://a.b"
    assert http.options("proxy/flight/nope").status_code == 404
    foreign = http.post("proxy/flight", headers={"Origin": "https://evil.example"})
    assert (foreign.status_code, set(foreign.json())) == (403, FIVE)


@pytest.mark.parametrize(
    ("casing", "words"),
    [
        ("camelCase", ("where", "column", "operator", "value", "sort", "direction", "limit")),
        ("TitleCase", ("Where", "Column", "Operator", "Value", "Sort", "Direction", "Limit")),
    ],
)
def test_one_casing_holds_for_all_keys(build: Build, casing: str, words: tuple[str, ...]) -> None:
    """Of requests, rows, nested rows, pages, facets, groups and errors."""
    where, column, operator, value, sort, direction, limit = words
    title = casing == "TitleCase"

    def word(*parts: str) -> str:
        first = parts[0].capitalize() if title else parts[0]
        return first + "".join(part.capitalize() for part in parts[1:])

    search = build(
        external_casing=casing, readable_column_names=["id", "company_id", "company.name"]
    )
    name = f"{word('company')}.{word('name')}"
    answer = ask(
        search,
        {
            where: [
                {word("not"): {column: name, operator: "IS NULL"}},
                {column: word("company", "id"), operator: "!=", value: "c9"},
            ],
            sort: [{column: name, direction: "desc"}],
            limit: 1,
            word("facets"): [name],
            word("count"): {word("more", "than"): 3},
        },
    )
    error = search.refuse(InvalidSearch("No."), status=400, trace_id=None).body
    assert isinstance(error, bytes)

    assert list(answer) == [
        *(word("status"), word("error"), word("data"), word("pagination")),
        *(word("input", "errors"), word("facets")),
    ]
    assert answer[word("status")] == word("success")
    assert list(answer[word("data")][0]) == [word("id"), word("company", "id"), word("company")]
    assert list(answer[word("data")][0][word("company")]) == [word("name")]
    assert answer[word("pagination")] == {
        word("number", "results"): {word("more", "than"): 3},
        word("limit"): 1,
        word("next", "page"): {word("start"): 1},
    }
    assert set(answer[word("facets")][name]) == {word("values"), word("more")}
    assert json.loads(error)[word("status")] == word("client", "error")
    groups = ask(
        search,
        {
            word("group", "by"): [name],
            word("aggregates"): [
                {column: word("company", "id"), word("function"): "count_distinct"}
            ],
        },
    )
    assert list(groups[word("data")][0]) == [
        word("company"),
        word(*["company", "id", "count", "distinct"]),
    ]
    for inside in ("company_id", "company.name" if title else "Company.name"):
        with pytest.raises(InvalidSearch, match="entry #1"):
            ask(search, {where: [{column: inside, operator: "is null"}]})
    with pytest.raises(InvalidSearch, match=f"'{where}' should be a list"):
        ask(search, {where: "junk"})


# ---- tables that change -----------------------------------------------------------------------


def test_a_table_that_is_made_anew_keeps_its_endpoint(session: al.Session) -> None:
    """With other rows and other types; the types of values follow."""

    def load(values: Sequence[object]) -> al.Table:
        frame = pd.DataFrame({"id": [1, 2], "code": values})
        return session.read_pandas(frame, keys={"id"}, table_name="t")

    search = al.AdvancedSearch(
        table=load([10, 20]),
        readable_column_names=["id"],
        sortable_column_names=["code"],
        searchable_column_names=["code"],
        default_sort_column_name="id",
    )
    where = [{"column": "code", "operator": ">", "value": 15}]
    assert ids(ask(search, {"where": where})) == [2]

    load(["a", "b"])
    with pytest.raises(InvalidSearch, match="should be a string"):
        ask(search, {"where": where})
    assert ids(ask(search, {"where": [{"column": "code", "operator": ">", "value": "a"}]})) == [2]


def test_a_table_that_lost_a_column_says_so(
    session: al.Session, caplog: pytest.LogCaptureFixture
) -> None:
    """As a mistake of the endpoint, in the envelope; with the column it is well again."""

    def load(name: str) -> al.Table:
        frame = pd.DataFrame({"id": [1], name: ["x"]})
        return session.read_pandas(frame, keys={"id"}, table_name="t")

    table = load("name")
    search = session.mount(
        al.AdvancedSearch(
            table=table,
            url="t",
            readable_column_names=["id", "name"],
            sortable_column_names=[],
            searchable_column_names=[],
            default_sort_column_name="id",
        )
    )
    load("title")
    with pytest.raises(InvalidEndpoint, match='"name" is no column'):
        ask(search)
    answer = session.client.http_client.get("proxy/t")
    assert answer.status_code == 500
    assert answer.json()["status"] == "server_error"
    assert "name" in caplog.text
    load("name")
    assert ask(search)["data"] == [{"id": 1, "name": "x"}]

    del session.tables["t"]
    with pytest.raises(InvalidEndpoint, match="lost a table"):
        ask(search)


def test_a_condition_on_a_column_of_another_type_says_so(session: al.Session) -> None:
    """The endpoint's own conditions are not checked by anybody else."""

    def load(values: Sequence[object]) -> al.Table:
        frame = pd.DataFrame({"id": [1, 2], "code": values})
        return session.read_pandas(frame, keys={"id"}, table_name="t")

    table = load([10, 20])
    search = al.AdvancedSearch(
        table=table,
        readable_column_names=["id"],
        sortable_column_names=[],
        searchable_column_names=[],
        default_sort_column_name="id",
        where=[table["code"] > 15],
    )
    load(["a", "b"])
    with pytest.raises(InvalidEndpoint, match="does not fit its tables"):
        ask(search)


def test_a_change_between_check_and_read_is_seen(
    session: al.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is then read again, for the tables as they are read."""

    def load(values: Sequence[object]) -> al.Table:
        frame = pd.DataFrame({"id": [1, 2], "code": values})
        return session.read_pandas(frame, keys={"id"}, table_name="t")

    search = al.AdvancedSearch(
        table=load([10, 20]),
        readable_column_names=["id", "code"],
        sortable_column_names=[],
        searchable_column_names=["code"],
        default_sort_column_name="id",
    )
    read = al.AdvancedSearch.read
    changes: list[Sequence[object]] = [["a", "b"]]

    def read_slowly(self: al.AdvancedSearch, *arguments: Any) -> object:  # noqa: ANN401
        found = read(self, *arguments)
        if changes:
            load(changes.pop())
        return found

    monkeypatch.setattr(al.AdvancedSearch, "read", read_slowly)

    assert [row["code"] for row in ask(search)["data"]] == ["a", "b"]
    changes.append([1, 2])
    with pytest.raises(InvalidSearch, match="an integer"):
        ask(search, {"where": [{"column": "code", "operator": "=", "value": "a"}]})


# ---- the two other endpoints ------------------------------------------------------------------


def listing(session: al.Session, **other: Any) -> al.List:  # noqa: ANN401 -- any parameter
    """Return a listing of the people."""
    given: dict[str, Any] = {
        "table": session.tables["people"],
        "readable_column_names": ["id", "name"],
        "sortable_column_names": ["id", "name"],
        "default_sort_column_name": "id",
    }
    return al.List(**{**given, **other})


def test_a_listing_reads_the_query(serving: al.Session) -> None:
    """Four parameters, the same envelope."""
    endpoint = listing(serving, default_sort_direction="DESC", default_limit=3)

    assert ids(ask(endpoint, method="GET")) == [59, 58, 57]
    assert ids(ask(endpoint, method="GET", query="start=1&limit=2")) == [58, 57]
    assert ids(ask(endpoint, method="GET", query="direction=asc")) == [0, 1, 2]
    assert ids(ask(endpoint, method="GET", query="sort=id")) == [0, 1, 2]
    assert ask(endpoint, method="GET")["pagination"] == {
        "number_results": 60,
        "limit": 3,
        "next_page": {"start": 3},
    }
    lines = respond(endpoint, method="GET", headers={"Accept": "text/csv"})
    assert isinstance(lines.body, bytes)
    assert lines.body.startswith(b'"id","name"\n')


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("limit=0", "'limit' must be positive"),
        ("limit=-1", "digits"),
        ("limit=1.5", "digits"),
        ("limit=999", "at most 200"),
        ("start=x", "digits"),
        ("start=99999999999999999999", "'start'"),
        ("sort=age", "Allowed values are: id, name"),
        ("sort=id&direction=up", "'ASC' or 'DESC'"),
        ("where=x", 'not supported: "where"'),
        ("sort=id&sort=name", "ambiguous"),
    ],
)
def test_a_listing_refuses_what_it_does_not_read(
    serving: al.Session, query: str, reason: str
) -> None:
    """And says what it reads."""
    with pytest.raises(InvalidSearch, match=reason):
        ask(listing(serving), method="GET", query=query)
    with pytest.raises(InvalidSearch, match="no request body"):
        ask(listing(serving), {}, method="GET")


def test_a_function_is_answered_in_the_envelope(serving: al.Session, http: httpx.Client) -> None:
    """With the parameters of the route, the body and the query, by name."""

    def greet(
        first_name: str,
        last_name: str,
        body: dict[str, object],
        query_parameters: Mapping[str, str],
    ) -> object:
        inner = {"a_b": body, "q": dict(query_parameters)}
        return {"full_name": f"{first_name} {last_name}", "given": [inner]}

    serving.mount(
        al.Callable(
            greet,
            url="/hello/:first_name/{last_name}",
            request_methods=["POST"],
            external_casing="TitleCase",
        )
    )
    answer = http.post("proxy/hello/ada/love%2Flace?q=1", json={"x_y": [1]})

    assert answer.json() == {
        "Status": "Success",
        "Error": "",
        "Data": {"FullName": "ada love/lace", "Given": [{"AB": {"XY": [1]}, "Q": {"Q": "1"}}]},
        "Pagination": {},
        "InputErrors": {},
    }
    assert http.get("proxy/hello/ada/lovelace").json()["Status"] == "ClientError"
    assert http.post("proxy/hello/ada/lovelace", content=b"[]").status_code == 400
    assert http.post("proxy/hello/a/b", headers={"Accept": "text/csv"}).status_code == 406


def test_errors_of_a_function_keep_their_status(serving: al.Session, http: httpx.Client) -> None:
    """As those of other endpoints; in the envelope."""

    def refusing() -> object:
        raise al.HttpError(
            409, "closed", "The month is closed.", hint="Wait.", headers={"X-B": "2"}
        )

    def missing(session: al.Session) -> object:
        return session.tables["nope"].row_count

    serving.mount(al.Callable(refusing, url="refusing", response_headers=["X-A: 1"]))
    serving.mount(al.Callable(missing, url="missing"))
    refused = http.get("proxy/refusing")

    assert (refused.status_code, refused.json()["error"]) == (409, "The month is closed. Wait.")
    assert (refused.headers["X-A"], refused.headers["X-B"]) == ("1", "2")
    assert http.get("proxy/missing").status_code == 404


def test_a_function_without_rows_takes_no_condition(serving: al.Session) -> None:
    """There is nothing that it could narrow."""
    table = serving.tables["people"]
    with pytest.raises(InvalidEndpoint, match="has no rows"):
        ask(al.Callable(lambda: 1, authorization=lambda: table["id"] == 1), method="GET")


def test_a_response_of_a_function_goes_out_as_it_is(
    serving: al.Session, http: httpx.Client
) -> None:
    """With the headers of the endpoint beside its own."""
    serving.mount(
        al.Callable(
            lambda: al.Response("made", 201, {"X-A": "1"}, media_type="text/plain"),
            url="made",
            response_headers=["X-B: 2"],
        )
    )
    answer = http.get("proxy/made", headers={"Accept": "text/plain"})

    assert (answer.status_code, answer.text) == (201, "made")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert (answer.headers["X-A"], answer.headers["X-B"]) == ("1", "2")


ROWS_OF_A_FUNCTION = [
    {"id": 1, "given_name": "Ada", "secret": 7},
    {"id": 2, "given_name": "Bob", "secret": 8},
]


@pytest.mark.parametrize(
    "made",
    [
        lambda: ROWS_OF_A_FUNCTION,
        lambda: tuple(ROWS_OF_A_FUNCTION),
        lambda: pd.DataFrame(ROWS_OF_A_FUNCTION),
        lambda: pa.Table.from_pylist(ROWS_OF_A_FUNCTION),
    ],
)
def test_rows_of_a_function_are_shown_as_those_of_a_table(made: Callable[[], object]) -> None:
    """Lists and frames alike: readable keys in their order, in the outside casing, or mapped."""
    shown = al.Callable(
        made, readable_column_names=["given_name", "id"], external_casing="TitleCase"
    )
    assert [list(row.items()) for row in ask(shown, method="GET")["Data"]] == [
        [("GivenName", "Ada"), ("Id", 1)],
        [("GivenName", "Bob"), ("Id", 2)],
    ]
    whole = al.Callable(made, external_casing="camelCase")
    assert ask(whole, method="GET")["data"][0] == {"id": 1, "givenName": "Ada", "secret": 7}
    mapped = al.Callable(made, output_map=lambda row, utcnow: {"n": row.given_name, "t": utcnow})
    assert [row["n"] for row in ask(mapped, method="GET")["data"]] == ["Ada", "Bob"]


def test_one_row_of_a_function_is_one_object() -> None:
    """And nothing stays nothing."""
    one = al.Callable(lambda: ROWS_OF_A_FUNCTION[0], readable_column_names=["id"])
    assert ask(one, method="GET")["data"] == {"id": 1}
    assert (
        ask(al.Callable(lambda: None, readable_column_names=["id"]), method="GET")["data"] is None
    )


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        ({"id": 1}, 'without "name"'),
        ([5], "returned int"),
        (5, "returned int"),
    ],
)
def test_rows_that_cannot_be_shown_are_the_endpoints_mistake(made: object, reason: str) -> None:
    """Other keys of the row are not told to clients."""
    search = al.Callable(lambda: made, readable_column_names=["name"])
    with pytest.raises(InvalidEndpoint, match=reason) as refused:
        ask(search, method="GET")
    assert '"id"' not in str(refused.value)


def test_a_function_can_be_documented_by_a_table(serving: al.Session) -> None:
    """Whose columns its rows have."""
    people = serving.tables["people"]
    made = al.Callable(list, table=people, readable_column_names=["id", "name"])
    schema: Any = made.output_schema

    assert list(schema["anyOf"][0]["properties"]) == ["id", "name"]
    assert schema["anyOf"][1]["items"] == schema["anyOf"][0]
    every: Any = al.Callable(list, table=people, external_casing="camelCase").output_schema
    assert "companyId" in every["anyOf"][0]["properties"]
    assert al.Callable(list, table=people, output_schema=int).output_schema is int
    for wrong in ({"table": "people"}, {"table": people, "readable_column_names": ["naem"]}):
        with pytest.raises(InvalidEndpoint, match=r'table is|Did you mean "name"'):
            al.Callable(list, **wrong)


def test_endpoints_say_what_they_are(serving: al.Session, build: Build) -> None:
    """A notebook shows what a cell ends with."""
    people = serving.tables["people"]
    shown = 'AdvancedSearch of "people" at /proxy/people/x (GET, POST, QUERY)'

    assert repr(build(url="/people/x/")) == shown
    assert repr(al.Callable(list, url="a/:b")) == "Callable at /proxy/a/{b} (GET)"
    assert repr(al.DbGrid(table=people, url="g")) == 'DbGrid of "people" at /proxy/g (GET)'


def test_what_is_no_endpoint_is_not_mounted(serving: al.Session) -> None:
    """The message names what would be, on one line."""
    wrong: Any
    for wrong in (serving.tables["people"], lambda: 1):
        with pytest.raises(
            al.AtomliteError, match=r"AdvancedSearch\(table=.*Callable\("
        ) as refused:
            serving.mount(wrong)
        assert "\n" not in str(refused.value)
        assert "preflight" not in str(refused.value)


def test_csv_of_lists_is_refused_with_the_forms_that_there_are(build: Build) -> None:
    """And the column that has none."""
    search = build(readable_column_names=["id", "tags"])
    with pytest.raises(NotAcceptable, match=r"tags") as refused:
        ask(search, headers={"Accept": "text/csv"})
    available = refused.value.details["available"]

    assert isinstance(available, list)
    assert "text/csv" not in available
    for form in map(str, available):
        assert respond(search, headers={"Accept": form}).status == 200


def test_names_of_the_endpoints_are_public() -> None:
    """And load when they are used."""
    for name in ("AdvancedSearch", "List", "Callable", "Join", "ColumnOverride", "SecretBearer"):
        assert getattr(al, name).__name__ == name
    for name in ("Hsts", "Cors", "Csp", "CacheControl"):
        assert getattr(al, name).__name__ == name


def test_a_header_that_cannot_carry_what_a_client_sent_is_its_mistake(
    serving: al.Session, http: httpx.Client
) -> None:
    """No header is injected, and the answer names the one that cannot be sent."""
    serving.mount(
        al.Callable(
            lambda: 1, url="named/{name}", response_headers=lambda name: [f"X-Name: {name}"]
        )
    )
    for name in ("%E2%82%AC", "a%0d%0aSet-Cookie:%20x=1"):
        answer = http.get(f"proxy/named/{name}")
        assert answer.status_code == 400
        assert 'The header "X-Name" cannot carry' in answer.json()["error"]
        assert "Set-Cookie" not in answer.headers
    assert http.get("proxy/named/%C3%BC").headers["X-Name"] == "ü"
