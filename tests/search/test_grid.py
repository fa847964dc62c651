"""`DbGrid` over HTTP: its envelope, its errors, its forms and what it documents."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import jsonschema_rs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.errors import InvalidEndpoint
from atomlite.http import media_types
from atomlite.openapi.components import SHARED

if TYPE_CHECKING:
    import httpx

KEY = "open sesame"
ROWS = pa.table(
    {
        "id": [1, 2, 3, 4],
        "user_name": ["Ann", "bob", "Bo", None],
        "level": [1, 2, 2, 3],
        "born": pa.array([dt.date(1990, 1, 31), None, None, dt.date(2000, 2, 29)]),
    }
)


@pytest.fixture
def people(session: al.Session) -> al.Table:
    """Give a table of four people."""
    return session.read_arrow(ROWS, keys=["id"], table_name="people")


@pytest.fixture
def mount(session: al.Session, people: al.Table) -> Callable[..., httpx.Client]:
    """Give what mounts a grid of the people and returns a client."""

    def mounted(**arguments: Any) -> httpx.Client:  # noqa: ANN401 -- those of the grid
        given: dict[str, Any] = {"table": people, "url": "people"}
        given |= {"search_fields": ["user_name"]} | arguments
        session.mount(al.DbGrid(**given))
        return session.client.http_client

    return mounted


@pytest.fixture(scope="module")
def standing() -> Iterator[httpx.Client]:
    """Give a client of one grid for all examples."""
    with al.Session.start() as session:
        table = session.read_arrow(ROWS, keys=["id"], table_name="people")
        session.mount(al.DbGrid(table=table, url="people", search_fields=["user_name"]))
        yield session.client.http_client


def ids(answer: httpx.Response) -> list[int]:
    """Return the ids of an answer's rows."""
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["data"]["items"]]


def test_a_list_has_total_and_items(mount: Callable[..., httpx.Client]) -> None:
    """The envelope is the one of the contract."""
    answer = mount().get("proxy/people?sort=level:desc,id&limit=2&offset=1")

    assert answer.json() == {
        "success": True,
        "data": {
            "total": 4,
            "items": [
                {"id": 2, "user_name": "bob", "level": 2, "born": None},
                {"id": 3, "user_name": "Bo", "level": 2, "born": None},
            ],
        },
    }
    assert answer.headers["content-type"] == "application/json"
    assert "atomlite-ignored" not in answer.headers


def test_pages_of_equal_rows_never_overlap(mount: Callable[..., httpx.Client]) -> None:
    """Ties follow the keys."""
    http = mount()

    pages = [ids(http.get(f"proxy/people?sort=level&limit=1&offset={n}")) for n in range(4)]

    assert pages == [[1], [2], [3], [4]]


def test_rows_and_parameters_in_camel_case(mount: Callable[..., httpx.Client]) -> None:
    """Keys and names are the same."""
    http = mount(use_camel_case=True, fields={"id": "id", "nick_name": "user_name"})

    answer = http.get("proxy/people?match=nickName:Ann&search=an")

    assert answer.json()["data"]["items"] == [{"id": 1, "nickName": "Ann"}]


def test_the_limit_of_the_list_holds_for_an_offset_alone(
    mount: Callable[..., httpx.Client],
) -> None:
    """A client that names no limit never gets more than the endpoint's own."""
    http = mount(list_limit=2)

    assert ids(http.get("proxy/people")) == [1, 2]
    assert ids(http.get("proxy/people?offset=1")) == [2, 3]
    assert ids(http.get("proxy/people?limit=3")) == [1, 2, 3]
    assert ids(mount(list_limit=0).get("proxy/people")) == [1, 2, 3, 4]
    assert ids(mount(list_limit=0, maximum_limit=3).get("proxy/people")) == [1, 2, 3]


def test_errors_of_parameters_stand_in_the_envelope(mount: Callable[..., httpx.Client]) -> None:
    """They answer 400, and say which parameter."""
    answer = mount(translator=str.upper).get("proxy/people?limit=x&offset=-1")

    assert answer.status_code == 400
    assert answer.json() == {
        "success": False,
        "error": {
            "message": "request failed",
            "formError": {
                "offset": {"numeric": "ONLY DIGITS ALLOWED"},
                "limit": {"numeric": "ONLY DIGITS ALLOWED"},
            },
        },
    }


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("PUT", "proxy/people", {}, 405),
        ("POST", "proxy/people", {}, 405),
        ("GET", "proxy/nobody", {}, 404),
        ("GET", "proxy/people/1", {}, 404),
        ("GET", "proxy/people?limit=%zz", {}, 400),
        ("GET", "proxy/people?search=%ff", {}, 400),
        ("GET", "proxy/people", {"accept": "image/png"}, 406),
    ],
)
def test_other_errors_have_the_envelope_too(
    mount: Callable[..., httpx.Client],
    method: str,
    path: str,
    headers: Mapping[str, str],
    status: int,
) -> None:
    """One shape for everything that goes wrong."""
    answer = mount().request(method, path, headers=headers)

    assert answer.status_code == status
    body = answer.json()
    assert set(body) == {"success", "error"}
    assert body["success"] is False
    assert list(body["error"]) == ["message"]
    assert body["error"]["message"]
    assert ("allow" in answer.headers) == (status == 405)


def test_a_mistake_of_the_program_is_a_500_in_the_envelope(
    mount: Callable[..., httpx.Client], caplog: pytest.LogCaptureFixture
) -> None:
    """Its text goes to the log alone."""

    def broken() -> al.Condition:
        raise ZeroDivisionError("secret")

    answer = mount(where=[broken]).get("proxy/people")

    assert answer.status_code == 500
    assert answer.json()["success"] is False
    assert "secret" not in answer.text
    assert "secret" in caplog.text


@pytest.mark.parametrize(
    ("query", "body", "ignored"),
    [
        ("foo=1&limit=2", b"", ["foo"]),
        ("limit=2&limit=3", b"", ["limit"]),
        ("Limit=1&limit=2", b'{"limit": 1}', ["Limit", "body"]),
        ("sort=&é=1&limit=2", b"not json", ["é", "body"]),
        ("search=b&limit=2", b"", []),
    ],
)
def test_what_means_nothing_is_passed_over_and_named(
    mount: Callable[..., httpx.Client], query: str, body: bytes, ignored: list[str]
) -> None:
    """A header lists it, also what no header could hold as it is."""
    answer = mount().request("GET", f"proxy/people?{query}", content=body)

    assert len(ids(answer)) == 2
    assert json.loads(answer.headers.get("atomlite-ignored", "[]")) == ignored


def test_a_search_without_fields_does_nothing_and_says_so(
    mount: Callable[..., httpx.Client],
) -> None:
    """As the contract has it."""
    answer = mount(search_fields=()).get("proxy/people?search=zzz")

    assert len(ids(answer)) == 4
    assert answer.headers["atomlite-ignored"] == '["search"]'


def test_the_list_of_what_is_ignored_is_short(mount: Callable[..., httpx.Client]) -> None:
    """A client cannot make the head of the answer as long as it likes."""
    query = "&".join(f"x{n}{'y' * 100}=1" for n in range(100))

    answer = mount().get(f"proxy/people?{query}")

    named = json.loads(answer.headers["atomlite-ignored"])
    assert len(named) == 21
    assert named[-1] == "and 80 more"
    assert len(answer.headers["atomlite-ignored"]) < 2000


def test_head_answers_as_get_without_the_body(mount: Callable[..., httpx.Client]) -> None:
    """The headers are the same."""
    http = mount()
    got, head = http.get("proxy/people?limit=2"), http.head("proxy/people?limit=2")

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "vary"):
        assert head.headers[name] == got.headers[name]


def test_options_tells_the_methods(mount: Callable[..., httpx.Client]) -> None:
    """To pages of other origins as well."""
    http = mount(security_headers=[al.Cors(origin="https://example.com")])
    headers = {"Origin": "https://example.com", "Access-Control-Request-Method": "GET"}

    answer = http.options("proxy/people", headers=headers)

    assert answer.status_code == 200
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["access-control-allow-methods"] == "GET"
    assert answer.headers["access-control-allow-origin"] == "https://example.com"


def test_the_rows_alone_in_other_forms(mount: Callable[..., httpx.Client]) -> None:
    """By what the client accepts, with the total in a header."""
    http = mount(use_camel_case=True)

    def get(accept: str) -> httpx.Response:
        answer = http.get("proxy/people?sort=id&limit=2", headers={"accept": accept})
        assert answer.headers["atomlite-number-results"] == "4"
        assert "Accept" in answer.headers["vary"]
        return answer

    csv = get("text/csv")
    assert csv.text.splitlines()[0].replace('"', "") == "id,userName,level,born"
    assert len(csv.text.splitlines()) == 3
    lines = get("application/x-ndjson").text.splitlines()
    assert [json.loads(line)["userName"] for line in lines] == ["Ann", "bob"]
    arrow = pa.ipc.open_stream(get("application/vnd.apache.arrow.stream").content).read_all()
    assert arrow.column_names == ["id", "userName", "level", "born"]
    assert arrow["born"].to_pylist() == [dt.date(1990, 1, 31), None]
    parquet = pq.read_table(io.BytesIO(get("application/vnd.apache.parquet").content))
    assert parquet.equals(arrow)


def test_a_client_that_has_the_answer_gets_304(
    mount: Callable[..., httpx.Client], people: al.Table
) -> None:
    """Until the data change; another form or question has another tag."""
    http = mount()
    first = http.get("proxy/people?limit=2")
    tag = first.headers["etag"]
    asked = {"if-none-match": tag}

    again = http.get("proxy/people?limit=2", headers=asked)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert again.headers["cache-control"] == "private, no-cache"
    assert http.head("proxy/people?limit=2", headers=asked).status_code == 304
    assert http.get("proxy/people?limit=3", headers=asked).status_code == 200
    assert http.get("proxy/people?limit=2&offset=1", headers=asked).status_code == 200
    assert http.get("proxy/people?limit=2", headers=asked | {"accept": "text/csv"}).is_success

    people.load(pa.table({"id": [1], "user_name": ["Zoe"], "level": [1], "born": [None]}))
    changed = http.get("proxy/people?limit=2", headers=asked)
    assert changed.status_code == 200
    assert changed.json()["data"]["items"][0]["user_name"] == "Zoe"


def test_equal_requests_get_equal_answers_from_the_cache(
    mount: Callable[..., httpx.Client], people: al.Table
) -> None:
    """And never one of older data."""
    http = mount()

    for level in range(5, 9):
        before = [http.get("proxy/people?match=id:1").json() for _ in range(3)]
        assert before[0] == before[1] == before[2]
        people.load(pa.table({"id": [1], "user_name": ["A"], "level": [level], "born": [None]}))
        assert http.get("proxy/people?match=id:1").json()["data"]["items"][0]["level"] == level


def test_conditions_of_the_endpoint_always_hold(
    mount: Callable[..., httpx.Client], people: al.Table
) -> None:
    """For rows and total; functions see the request."""

    def asked(query_parameters: Mapping[str, str]) -> al.Condition | None:
        return people["level"] == 2 if "two" in query_parameters else None

    http = mount(where=[people["id"] > 1, asked])

    assert ids(http.get("proxy/people")) == [2, 3, 4]
    assert ids(http.get("proxy/people?two=1")) == [2, 3]
    assert ids(http.get("proxy/people?match=id:1")) == []
    assert http.get("proxy/people?match=id:1").json()["data"]["total"] == 0


def test_parameters_of_the_route_reach_functions(
    mount: Callable[..., httpx.Client], people: al.Table
) -> None:
    """Both ways to write them."""
    http = mount(url="/levels/:level/people", where=[lambda level: people["level"] == int(level)])

    assert ids(http.get("proxy/levels/2/people")) == [2, 3]


def test_who_asks_and_what_they_may_see(
    mount: Callable[..., httpx.Client], people: al.Table
) -> None:
    """401 before 403, and a condition restricts the rows."""

    def gate(headers: Mapping[str, str]) -> object:
        return people["level"] > 1 if headers.get("x-team") == "blue" else False

    http = mount(authentication=al.SecretBearer(secret=KEY), authorization=gate)
    key = {"authorization": KEY}

    missing = http.get("proxy/people")
    assert missing.status_code == 401
    assert missing.headers["www-authenticate"] == "Secret"
    assert missing.json()["error"]["message"] == "Not Authenticated"
    assert http.get("proxy/people", headers=key).status_code == 403
    assert http.get("proxy/people?limit=x").status_code == 401
    assert ids(http.get("proxy/people", headers=key | {"x-team": "blue"})) == [2, 3, 4]


def test_headers_of_the_endpoint_are_on_every_answer(mount: Callable[..., httpx.Client]) -> None:
    """Errors included."""
    http = mount(
        security_headers=[al.Hsts(), al.CacheControl(no_store=True)], response_headers=["x-a: 1"]
    )

    for path in ("proxy/people", "proxy/people?limit=x"):
        answer = http.get(path)
        assert answer.headers["strict-transport-security"] == "max-age=31536000 ;"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-a"] == "1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"table": "people"}, "table is 'people'"),
        ({"list_limit": "10"}, "list_limit"),
        ({"maximum_limit": 0}, "maximum_limit"),
        ({"search_fields": ["level"]}, "only text"),
        ({"search_fields": ["usr_name"]}, "Did you mean"),
        ({"search_fields": "user_name"}, "list"),
        ({"fields": ["nope"]}, "no column"),
        ({"url": "a/{b"}, "brace|route|closed"),
        ({"where": ["level>1"]}, "where"),
        ({"where": [lambda nobody: nobody]}, "nobody"),
        ({"authentication": 1}, "authentication"),
        ({"response_headers": ["x"]}, "response_headers"),
        ({"security_headers": ["hsts"]}, "security_headers"),
        ({"translator": 5}, "translator"),
        ({"translator": "de"}, "translator"),
        ({"use_camel_case": "yes"}, "use_camel_case"),
        ({"fields": 5}, "fields are 5"),
        ({"fields": [["x"]]}, "fields are"),
        ({"fields": {"a": ["x"]}}, "fields are"),
        ({"fields": {5: "id"}}, "cannot be named"),
        ({"search_fields": 5}, "search fields are 5"),
        ({"search_fields": [["name"]]}, "search fields are"),
    ],
)
def test_mistakes_of_configuration_are_found_when_the_grid_is_built(
    people: al.Table, arguments: dict[str, Any], message: str
) -> None:
    """Not by the first request."""
    given: dict[str, Any] = {"table": people, "url": "people"} | arguments

    with pytest.raises(InvalidEndpoint, match=message):
        al.DbGrid(**given)


def test_a_condition_on_another_table_is_refused_when_the_grid_is_built(
    session: al.Session, people: al.Table
) -> None:
    """The message names its column."""
    other = session.read_arrow(pa.table({"a": [1]}), table_name="other")

    with pytest.raises(InvalidEndpoint, match="does not fit"):
        al.DbGrid(table=people, url="people", where=[other["a"] == 1])


def test_columns_that_json_cannot_hold_are_refused_when_the_grid_is_built(
    session: al.Session,
) -> None:
    """Bytes, also inside of lists; without them the grid stands."""
    frame = pa.table({"id": [1], "raw": [b"x"], "deep": [[{"raw": b"x"}]]})
    table = session.read_arrow(frame, table_name="T")

    for fields in (None, ["id", "raw"], ["id", "deep"]):
        with pytest.raises(InvalidEndpoint, match="no form in JSON"):
            al.DbGrid(table=table, url="t", fields=fields)
    session.mount(al.DbGrid(table=table, url="t", fields=["id"]))
    assert session.client.http_client.get("proxy/t").json()["data"]["items"] == [{"id": 1}]


def test_a_table_made_again_is_shown_as_it_is_now(
    mount: Callable[..., httpx.Client], session: al.Session, caplog: pytest.LogCaptureFixture
) -> None:
    """What the configuration needs must still be there; if not, the answer is a 500."""
    http = mount()
    frame = pa.table({"id": [7], "user_name": ["Eve"], "shoes": [2]})
    session.read_arrow(frame, keys=["id"], table_name="people")
    assert http.get("proxy/people?sort=shoes").json()["data"]["items"] == [
        {"id": 7, "user_name": "Eve", "shoes": 2}
    ]

    session.read_arrow(pa.table({"id": [7]}), keys=["id"], table_name="people")
    answer = http.get("proxy/people?search=e")
    assert (answer.status_code, answer.json()["success"]) == (500, False)

    del session.tables["people"]
    answer = http.get("proxy/people")
    assert (answer.status_code, answer.json()["success"]) == (500, False)
    assert "people" in caplog.text


@settings(max_examples=max(20, settings().max_examples // 5))
@given(
    query=st.dictionaries(
        st.sampled_from(["offset", "limit", "sort", "match", "search", "x"]),
        st.text(max_size=8)
        | st.sampled_from(["level", "level:desc", r"born:\N", "id:1|user_name:Bo", "9" * 30, "\0"]),
        max_size=3,
    )
)
def test_no_query_makes_a_500(standing: httpx.Client, query: dict[str, str]) -> None:
    """A client gets rows, or 400 with the name of the parameter."""
    answer = standing.get("proxy/people", params=query)

    assert answer.status_code in {200, 400}
    if answer.status_code == 400:
        assert set(answer.json()["error"]["formError"]) <= set(query)


def test_the_documented_patterns_are_those_that_are_read(people: al.Table) -> None:
    """What the schema of a parameter allows is valid, and what it forbids is not."""
    grid = al.DbGrid(table=people, url="people", search_fields=["user_name"], use_camel_case=True)
    operation: Any = grid.operations()["GET"]
    schemas = {each["name"]: each["schema"] for each in operation["parameters"]}
    request = al.DbGridRequest(people, None, True)

    for name, text in [
        ("sort", ""),
        ("sort", "level"),
        ("sort", " userName : Desc ,id"),
        ("sort", "id:asc:x"),
        ("sort", "id:up"),
        ("sort", "id,"),
        ("sort", "id,level,id"),
        ("sort", "idx"),
        ("match", ""),
        ("match", "level:2|userName:a b"),
        ("match", "level:2|level:3"),
        ("match", "level:"),
        ("match", r"level:\N"),
        ("match", "born:2000-02-29"),
        ("match", "born:2001-02-29"),
        ("match", "born:0000-01-01"),
        ("match", "userName:"),
        ("match", "name:x"),
        ("match", "userName:\0"),
        ("match", "userName:\n\u2028|userName:a"),
        ("search", "a\0"),
        ("search", "%_"),
    ]:
        schema = schemas[name]
        allowed = re.search(schema["pattern"], text) is not None and not (
            "not" in schema and re.search(schema["not"]["pattern"], text)
        )
        assert allowed == request.is_valid({name: text}), (name, text)
    assert schemas["limit"] == {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}


def test_each_type_has_its_documentation(session: al.Session) -> None:
    """As JSON writes the values: NaN is null, decimals are text."""
    frame = pa.table(
        {
            "key": pa.array([1.5], pa.float32()),
            "yes": [True],
            "price": pa.array(["1.5"]).cast(pa.decimal128(4, 2)),
            "tags": [["a"]],
            "place": [{"x": 1}],
            "moment": [dt.timedelta(1)],
        }
    )
    table = session.read_arrow(frame, keys=["key"], table_name="T")
    grid = session.mount(al.DbGrid(table=table, url="t"))
    operation: Any = grid.operations()["GET"]
    page = operation["responses"]["200"]["content"]["application/json"]["schema"]
    row = page["properties"]["data"]["properties"]["items"]["items"]["properties"]

    types = {name: schema["type"][0] for name, schema in row.items()}

    assert types == {
        "key": "number",
        "yes": "boolean",
        "price": "string",
        "tags": "array",
        "place": "object",
        "moment": "string",
    }
    assert all(schema["type"][1] == "null" for schema in row.values())
    (item,) = session.client.http_client.get("proxy/t").json()["data"]["items"]
    names = {float: "number", bool: "boolean", str: "string", list: "array", dict: "object"}
    assert {name: names[type(value)] for name, value in item.items()} == types


def test_a_form_that_has_no_place_for_a_column_is_not_acceptable(session: al.Session) -> None:
    """Lists have no form in CSV; JSON has them."""
    table = session.read_arrow(pa.table({"tags": [["a"]]}), table_name="T")
    session.mount(al.DbGrid(table=table, url="t"))
    http = session.client.http_client

    answer = http.get("proxy/t", headers={"accept": "text/csv"})

    assert answer.status_code == 406
    assert answer.json()["success"] is False
    assert http.get("proxy/t").json()["data"]["items"] == [{"tags": ["a"]}]


def test_headers_made_by_functions_leave_no_tag(mount: Callable[..., httpx.Client]) -> None:
    """A 304 would keep the old ones."""
    answer = mount(response_headers=[lambda: ["x-a: 1"]]).get("proxy/people")

    assert answer.headers["x-a"] == "1"
    assert "etag" not in answer.headers


def test_rows_fit_their_documentation(people: al.Table) -> None:
    """Names, types and nulls; keys are never null."""
    grid = al.DbGrid(table=people, url="people", use_camel_case=True, description="All of us.")
    operation: Any = grid.operations()["GET"]
    page = operation["responses"]["200"]["content"]["application/json"]["schema"]
    row = page["properties"]["data"]["properties"]["items"]["items"]

    assert operation["description"] == "All of us."
    assert row["properties"] == {
        "id": {"type": "integer"},
        "userName": {"type": ["string", "null"]},
        "level": {"type": ["integer", "null"]},
        "born": {"type": ["string", "null"], "format": "date"},
    }
    assert "401" not in operation["responses"]


@pytest.mark.parametrize("camel", [False, True])
def test_odd_names_of_columns_are_fields_like_others(session: al.Session, *, camel: bool) -> None:
    """In requests, rows and documented patterns."""
    names = ["a.b", "x y", "(*)[+]?", "é_ü", 'say "hi"', "back\\slash", "1st", "__", "$^{1}"]
    frame = pa.table({name: [f"{number}"] for number, name in enumerate(names)})
    table = session.read_arrow(frame, table_name="odd")
    grid = session.mount(al.DbGrid(table=table, url="odd", use_camel_case=camel))
    http = session.client.http_client
    operation: Any = grid.operations()["GET"]
    patterns = {each["name"]: each["schema"].get("pattern") for each in operation["parameters"]}

    (item,) = http.get("proxy/odd").json()["data"]["items"]
    for number, key in enumerate(item):
        asked = {"sort": f"{key}:desc", "match": f"{key}:{number}"}
        assert http.get("proxy/odd", params=asked).json()["data"]["total"] == 1
        assert all(re.search(patterns[name], text) for name, text in asked.items())
        assert not re.search(patterns["sort"], f"{key}x")


def test_a_grid_at_the_root(mount: Callable[..., httpx.Client]) -> None:
    """An empty url is `/proxy/` itself."""
    http = mount(url="")

    assert ids(http.get("proxy/?limit=1")) == [1]
    assert ids(http.get("proxy?limit=1")) == [1]


@pytest.mark.parametrize(("length", "status"), [(10_000, 200), (10_001, 400), (60_000, 400)])
def test_a_long_text_to_search_for_is_bounded(
    mount: Callable[..., httpx.Client], length: int, status: int
) -> None:
    """Longer ones are a 400 that names the parameter."""
    assert mount().get(f"proxy/people?search={'x' * length}").status_code == status


def test_a_list_over_many_columns_is_read_in_linear_time(session: al.Session) -> None:
    """Each part of a long value is compared with all names at once."""
    frame = pa.table({f"some_column_{number}": ["a"] for number in range(300)})
    table = session.read_arrow(frame, table_name="wide")
    request = al.DbGridRequest(table, None, True)
    began = time.perf_counter()

    assert request.is_valid({"match": "some_column_1:" + "|x" * 30_000})
    assert time.perf_counter() - began < 3


def test_forms_and_headers_are_documented_as_they_are_sent(session: al.Session) -> None:
    """CSV has no place for lists, and no tag stands on what functions have made."""
    frame = pa.table({"id": [1], "tags": [["a"]]})
    table = session.read_arrow(frame, keys=["id"], table_name="T")
    plain = session.mount(al.DbGrid(table=table, url="a", fields=["id"]))
    lists = session.mount(al.DbGrid(table=table, url="b", response_headers=lambda: ["x-a: 1"]))

    for grid in (plain, lists):
        operation: Any = grid.operations()["GET"]
        described = operation["responses"]["200"]
        answer = session.client.http_client.get(f"proxy/{grid.route}")
        assert ("etag" in answer.headers) is ("ETag" in described["headers"]) is (grid is plain)
        assert {"vary", "Vary"} <= {*answer.headers, *described["headers"]}
        assert ("304" in operation["responses"]) is (grid is plain)
        asked = [each["name"] for each in operation["parameters"]]
        assert ("If-None-Match" in asked) is (grid is plain)
        for form in media_types.TABULAR:
            answer = session.client.http_client.get(f"proxy/{grid.route}", headers={"accept": form})
            assert (answer.status_code == 200) is (form in described["content"])


def test_refusals_are_documented_as_they_are_sent(mount: Callable[..., httpx.Client]) -> None:
    """A form error stands on 400 alone; the examples of the schemas are such answers."""
    http = mount()
    wrong = http.get("proxy/people?limit=x").json()
    missing = http.get("proxy/people", headers={"accept": "image/png"}).json()
    valid = {
        name: jsonschema_rs.Draft202012Validator(SHARED[name]).is_valid
        for name in ("GridFormError", "GridError")
    }

    assert valid["GridFormError"](wrong)
    assert not valid["GridError"](wrong)
    assert valid["GridError"](missing)
    (example,) = cast("list[Any]", SHARED["GridFormError"]["examples"])
    assert example == wrong
