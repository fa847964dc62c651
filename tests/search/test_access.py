"""Who may use an endpoint, what functions get, and what is added to answers."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import InvalidEndpoint, NotAuthenticated, NotAuthorized
from atomlite.http.headers import Headers
from atomlite.search.injection import Injected
from tests.search.conftest import Build, ask, ids, people, respond

ROWS = people()
SECRET = "s3crét"  # noqa: S105 -- of these tests alone


def test_a_secret_opens_the_endpoint(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bare, or behind a prefix whose case does not matter; it is never shown."""
    monkeypatch.setenv("ATOMLITE_TEST_SECRET", SECRET)
    plain = build(authentication=al.SecretBearer(secret=SECRET))
    prefixed = al.SecretBearer(environment_key="ATOMLITE_TEST_SECRET", header_prefix="Bearer ")
    behind = build(authentication=prefixed)
    sent = SECRET.encode().decode("latin-1")  # as bytes of a header arrive

    assert len(ask(plain, headers={"Authorization": sent})["data"]) == 50
    assert len(ask(behind, headers={"Authorization": f"bEARER {sent}"})["data"]) == 50
    for search, header in ((plain, f"{sent}x"), (plain, ""), (behind, sent), (behind, "Bearer ")):
        with pytest.raises(NotAuthenticated, match=r"^Not Authenticated$"):
            ask(search, headers={"Authorization": header})
    with pytest.raises(NotAuthenticated):
        ask(plain)
    assert SECRET not in repr(prefixed)


@pytest.mark.parametrize(
    ("answer", "name"), [(True, "anonymous"), ("ada", "ada"), (al.User("eve"), "eve")]
)
def test_authentication_says_who_asks(build: Build, answer: object, name: str) -> None:
    """A user, a name, or that the user of the session is right."""
    seen: list[str] = []

    def noting(user: al.User) -> bool:
        seen.append(user.name)
        return True

    ask(build(authentication=lambda: answer, authorization=noting))

    assert seen == [name]


@pytest.mark.parametrize("answer", [None, False, "", 0, np.False_])
def test_nobody_is_refused(build: Build, answer: object) -> None:
    """Before anything else of the request is looked at."""
    with pytest.raises(NotAuthenticated):
        ask(build(authentication=lambda: answer, authorization=lambda: False), {"x": 1})


def test_authorization_refuses_or_narrows(build: Build, serving: al.Session) -> None:
    """What a client asks cannot widen it."""
    table = serving.tables["people"]
    narrowed = build(authorization=lambda: table["age"] == 36)
    where = [{"or": [{"column": "age", "operator": "=", "value": age} for age in (7, 36)]}]

    assert ids(ask(narrowed, {"where": where})) == [r["id"] for r in ROWS if r["age"] == 36]
    with pytest.raises(NotAuthorized, match=r"^Not Authorized$"):
        ask(build(authorization=lambda: False))

    def refusing() -> bool:
        raise al.HttpError(402, "unpaid", "Pay first.")

    with pytest.raises(al.HttpError, match="Pay first"):
        ask(build(authorization=refusing))


@pytest.mark.parametrize("answer", [None, False, "", 0, [], np.False_])
def test_authorization_that_does_not_say_yes_refuses(build: Build, answer: object) -> None:
    """As of a function that forgets to return; nobody slips through."""
    with pytest.raises(NotAuthorized):
        ask(build(authorization=lambda: answer))


def test_a_truth_of_numpy_is_one(build: Build) -> None:
    """Comparisons of its values give it."""
    search = build(authentication=lambda: np.True_, authorization=lambda: np.True_)

    assert len(ask(search)["data"]) == 50


@pytest.mark.parametrize(
    ("prefix", "scheme"), [("Bearer ", "Bearer"), ("bearer ", "Bearer"), ("", "Secret")]
)
def test_the_challenge_is_what_the_endpoint_reads(build: Build, prefix: str, scheme: str) -> None:
    """A client that follows it gets in."""
    search = build(authentication=al.SecretBearer("abc", header_prefix=prefix))
    answer = search.refuse(NotAuthenticated("Not Authenticated"), status=401, trace_id=None)

    assert dict(answer.header_pairs)["WWW-Authenticate"] == scheme
    sent = f"{scheme} abc" if scheme == "Bearer" else "abc"
    assert ask(search, headers={"Authorization": sent})["status"] == "success"


def test_an_error_that_is_raised_twice_has_the_headers_of_each_request(build: Build) -> None:
    """It may be one object, of whoever wrote the function; it stays as it was."""
    error = NotAuthenticated("Who are you?", details={"a": 1})

    def refusing() -> None:
        raise error

    search = build(
        authentication=refusing, response_headers=lambda headers: [f"X-Seen: {headers['x-id']}"]
    )
    for seen in ("one", "two"):
        with pytest.raises(NotAuthenticated, match=r"^Who are you\?$") as refused:
            ask(search, headers={"X-Id": seen})
        answer = search.refuse(refused.value, status=401, trace_id=None)
        assert dict(answer.header_pairs)["X-Seen"] == seen
        assert refused.value.details == {"a": 1}
    assert not hasattr(error, "headers")


def test_refusals_depend_on_what_is_accepted_too(build: Build) -> None:
    """As the answers of the same address do; and a failure names its trace."""
    search = build()
    answer = search.refuse(al.AtomliteError("Lost."), status=500, trace_id="7f")

    assert dict(answer.header_pairs)["Vary"] == "Accept"
    assert isinstance(answer.body, bytes)
    assert b"Lost. Trace id: 7f." in answer.body


@pytest.mark.parametrize(
    "wrong",
    [
        {"authentication": lambda: 5},
        {"authentication": lambda: pd.DataFrame({"a": [1]})},
        {"authorization": lambda: 5},
        {"authorization": lambda: pd.DataFrame({"a": [1]})},
        {"where": [lambda: 5]},
        {"response_headers": lambda: "x: 1"},
        {"response_headers": lambda: ["x"]},
        {"response_headers": [lambda: 5]},
    ],
)
def test_a_function_that_returns_nonsense_is_the_endpoints_mistake(
    build: Build, wrong: dict[str, Any]
) -> None:
    """The error says what it returned."""
    with pytest.raises(InvalidEndpoint, match=r"returned|key: value"):
        ask(build(**wrong))


def test_rows_can_be_narrowed_by_functions(build: Build, serving: al.Session) -> None:
    """Of the request, and together with conditions; None narrows nothing."""
    table = serving.tables["people"]
    search = build(
        where=[
            table["age"].isnull() | (table["age"] > 7),  # noqa: PD003 -- a column of a table
            lambda headers: (
                table["status"] == headers["x-status"] if "x-status" in headers else None
            ),
        ]
    )
    old_enough = [r for r in ROWS if r["age"] is None or r["age"] > 7]

    assert ids(ask(search, {"limit": 200})) == [r["id"] for r in old_enough]
    assert ids(ask(search, {"limit": 200}, headers={"X-Status": "new"})) == [
        r["id"] for r in old_enough if r["status"] == "new"
    ]


@pytest.mark.parametrize(
    ("url", "given", "expected"),
    [
        ("by/:company_id", "c1", lambda row: row["company_id"] == "c1"),
        ("by/:company_id", "'c1'", lambda _: False),
        ("by/{age}", "36", lambda row: row["age"] == 36),
        ("by/{age}", "abc", lambda _: False),
        ("by/{age:int}", 36, lambda row: row["age"] == 36),
        ("by/{active}", "true", lambda row: row["active"] is True),
        ("by/{born:date}", dt.date(2000, 2, 29), lambda row: row["born"] == dt.date(2000, 2, 29)),
        ("by/{tags}", "a", lambda _: False),
        ("t/{tenant}", "x", lambda _: True),
    ],
)
def test_a_parameter_of_the_route_filters_by_the_column_of_its_name(
    build: Build,
    url: str,
    given: object,
    expected: Any,  # noqa: ANN401 -- a function of a row
) -> None:
    """What cannot be a value of it matches no row; other names filter nothing."""
    name = url.rpartition("/")[2].strip(":{}").partition(":")[0]
    answer = ask(build(url=url), {"limit": 200}, path_parameters={name: given})

    assert ids(answer) == [row["id"] for row in ROWS if expected(row)]


def test_output_map_makes_the_object_of_a_row(build: Build) -> None:
    """From all columns, also those that are not readable; and from what it asks for by name."""

    def shown(row: Any, utcnow: dt.datetime, tenant: str, suffix: str = "!") -> object:  # noqa: ANN401
        assert "born" in dir(row)
        assert repr(row).startswith("Model(")
        return {
            "id": row.id,
            "tenant": tenant + suffix,
            "born_on": row["born"],
            "company": row.company.name,
            "later": utcnow.tzinfo is dt.UTC,
        }

    search = build(url=":tenant", output_map=shown, external_casing="camelCase")
    answer = ask(search, {"limit": 2}, path_parameters={"tenant": "t"})

    assert [list(row) for row in answer["data"]] == [
        ["id", "tenant", "bornOn", "company", "later"]
    ] * 2
    assert answer["data"][0]["tenant"] == "t!"
    for row, expected in zip(answer["data"], ROWS, strict=False):
        assert row["id"] == expected["id"]
        assert row["bornOn"] == (expected["born"] and expected["born"].isoformat())
    lines = respond(
        search,
        {"limit": 2},
        path_parameters={"tenant": "t"},
        headers={"Accept": "application/x-ndjson"},
    )
    assert isinstance(lines.body, bytes)
    assert lines.body.count(b"\n") == 2
    for refused in ({"headers": {"Accept": "text/csv"}}, {"body": {"groupBy": ["name"]}}):
        with pytest.raises(al.AtomliteError):
            respond(search, path_parameters={"tenant": "t"}, **refused)


def test_a_column_that_a_model_lacks_is_named(build: Build) -> None:
    """As an attribute that is not there."""
    with pytest.raises(AttributeError, match='"nope" is no column; columns: id'):
        ask(build(output_map=lambda model: model.nope))


def test_functions_get_what_their_parameters_name() -> None:
    """By name or by place, with defaults, and nothing for what collects the rest."""

    def function(first: str, /, second: str, *rest: str, third: str = "c", **more: str) -> str:
        return first + second + third + "".join(rest) + "".join(more)

    offer = {"first": lambda: "a", "second": lambda: "b"}
    assert Injected(function, "function", offer)(offer) == "abc"
    assert Injected(lambda: 5, "function", {}, first=True)({}, "unused") == 5


# ---- headers ----------------------------------------------------------------------------------

EXAMPLE = "https://example.com"


def test_security_headers_are_on_every_answer(build: Build) -> None:
    """Those of the contract word for word; also on errors, which know no request."""
    search = build(
        security_headers=[
            al.Hsts(),
            al.Cors(origin=EXAMPLE, expose_headers=["X-A"]),
            al.Csp(default_src="self", img_src="* data:", upgrade_insecure_requests=""),
            al.CacheControl(no_store=True, max_age=5),
        ],
        response_headers=["X-A: 1", "X-B:two"],
    )
    expected = {
        "Strict-Transport-Security": "max-age=31536000 ;",
        "Access-Control-Allow-Origin": EXAMPLE,
        "Access-Control-Max-Age": "5",
        "Access-Control-Expose-Headers": "X-A",
        "Content-Security-Policy": "default-src 'self'; img-src * data:; upgrade-insecure-requests",
        "Cache-Control": "no-store, max-age=5",
        "X-A": "1",
        "X-B": "two",
    }
    refused = search.refuse(NotAuthenticated("Not Authenticated"), status=401, trace_id="7")

    assert dict(respond(search, method="GET").header_pairs).items() >= expected.items()
    assert (
        dict(refused.header_pairs).items()
        >= {
            **expected,
            "WWW-Authenticate": "Bearer",
            "Atomlite-Trace-Id": "7",
        }.items()
    )


def test_one_of_several_origins_is_named_to_its_pages(build: Build) -> None:
    """An answer says that it depends on the origin; others get none."""
    search = build(security_headers=[al.Cors(origin=[EXAMPLE, "https://b.c"], credentials=True)])

    def headers(origin: str) -> dict[str, str]:
        return dict(respond(search, headers={"Origin": origin}).header_pairs)

    assert headers("https://b.c")["Access-Control-Allow-Origin"] == "https://b.c"
    assert headers("https://b.c")["Access-Control-Allow-Credentials"] == "true"
    assert headers("https://b.c")["Vary"] == "Accept, Origin"
    assert "Access-Control-Allow-Origin" not in headers("https://evil.example")
    assert search.origins == (EXAMPLE, "https://b.c")
    with pytest.raises(al.AtomliteError) as refused:
        ask(search, {"x": 1}, headers={"Origin": EXAMPLE})
    answer = search.refuse(refused.value, status=400, trace_id=None)
    assert dict(answer.header_pairs)["Access-Control-Allow-Origin"] == EXAMPLE
    assert dict(answer.header_pairs)["Vary"] == "Accept, Origin"


def test_headers_are_made_by_functions_too(build: Build) -> None:
    """Of the request; they may replace the type, and come with errors as well."""
    search = build(
        response_headers=[
            "X-A: 1",
            lambda query_parameters: [f"X-Start: {query_parameters.get('start', 'no')}"],
            lambda: ["Content-Type: application/custom"],
        ]
    )
    answer = respond(search, query="start=3")
    with pytest.raises(al.AtomliteError) as refused:
        ask(search, {"x": 1}, query="start=4")
    error = search.refuse(refused.value, status=400, trace_id=None)

    assert dict(answer.header_pairs)["X-Start"] == "3"
    assert answer.media_type == error.media_type == "application/custom"
    assert dict(error.header_pairs)["X-Start"] == "4"


def test_a_preflight_names_methods_and_headers(build: Build) -> None:
    """Of headers those that are asked for and read; credentials only where they are wanted."""
    search = build(
        request_methods=["PATCH", "POST"],
        authentication=al.SecretBearer(secret=SECRET),
        security_headers=[al.Hsts(), al.Cors(origin=EXAMPLE, headers=["X-Own"])],
    )
    asked = Headers([("Access-Control-Request-Headers", "content-type, x-evil, authorization")])
    answer = search.preflight(asked)

    assert answer is not None
    assert (answer.status, answer.body) == (200, b"")
    assert answer.media_type == "application/json; charset=UTF-8"
    assert dict(answer.header_pairs) == {
        "Access-Control-Allow-Methods": "PATCH, POST",
        "Access-Control-Allow-Headers": "Authorization, X-Own, content-type",
        "Strict-Transport-Security": "max-age=31536000 ;",
        "Access-Control-Allow-Origin": EXAMPLE,
        "Access-Control-Max-Age": "5",
    }
    plain = build().preflight(Headers([]))
    assert plain is not None
    assert dict(plain.header_pairs) == {
        "Access-Control-Allow-Methods": "GET, POST, QUERY",
        "Access-Control-Max-Age": "5",
    }


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (al.Hsts(max_age=5, include_sub_domains=True), "max-age=5 ; includeSubDomains"),
        (
            al.CacheControl(
                immutable=True,
                s_maxage=1,
                stale_while_revalidate=2,
                stale_if_error=3,
                must_revalidate=True,
                no_cache=True,
                no_transform=True,
                private=True,
                public=True,
            ),
            (
                "immutable, must-revalidate, no-cache, no-transform, private, public, s-maxage=1, "
                "stale-while-revalidate=2, stale-if-error=3"
            ),
        ),
        (
            al.Csp(script_src="self unsafe-inline https://a.b"),
            "script-src 'self' 'unsafe-inline' https://a.b",
        ),
    ],
)
def test_each_part_of_a_security_header_is_written(header: Any, value: str) -> None:  # noqa: ANN401
    """As its standard has it."""
    assert [text for _, text in header.pairs(None)] == [value]


def test_parts_without_content_send_no_header() -> None:
    """Nothing said is nothing sent."""
    assert al.CacheControl().pairs(None) == al.Csp().pairs(None) == []
    assert repr(al.Csp(img_src="*")) == "Csp(img_src='*')"


def test_cors_names_its_methods_in_ordinary_answers() -> None:
    """As configured; a preflight names those that the endpoint serves."""
    cors = al.Cors(origin="*", methods=["GET"], headers=["X-A"])

    assert dict(cors.pairs(None))["Access-Control-Allow-Methods"] == "GET"
    assert dict(cors.pairs(None))["Access-Control-Allow-Headers"] == "X-A"
    assert "Access-Control-Allow-Methods" not in dict(cors.preflight(None))
