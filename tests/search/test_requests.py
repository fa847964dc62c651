"""Reading a request: body, limits, sorts, options. No data is touched here."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from atomlite.errors import BodyTypeUnsupported, InvalidEndpoint, InvalidSearch
from atomlite.http.parameters import QueryParameters
from atomlite.search.body import read_object
from atomlite.search.casing import Names
from atomlite.search.options import read_count
from atomlite.search.paging import query_values, read_limit, read_start, whole_number
from tests.search.conftest import Build, ask, ids, respond

SNAKE = Names()


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xff\xfe{}", "UTF-8"),
        (b"{bad", "not valid JSON"),
        (b'{"limit":1}x', "not valid JSON"),
        (b"   ", "not valid JSON"),
        (b"null", "JSON object; this is null"),
        (b"[1]", "JSON object; this is a list"),
        (b'""', "JSON object; this is a string"),
        (b"5", "JSON object; this is a number"),
        (b"true", "JSON object; this is a boolean"),
        (b'{"limit":1,"limit":2}', '"limit" twice'),
        (b'{"where":[{"value":1,"value":2}]}', '"value" twice'),
        (b'{"limit":NaN}', "NaN"),
        (b'{"limit":-Infinity}', "Infinity"),
        (b'{"limit":1e400}', "1e400"),
        (b'{"limit":' + b"9" * 5000 + b"}", "thousands of digits"),
        (b'{"where":' + b"[" * 40 + b"]" * 40 + b"}", "nested"),
        (b'{"where":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested"),
    ],
)
def test_a_body_that_is_no_clear_json_object_is_refused(body: bytes, reason: str) -> None:
    """The message says what was found."""
    with pytest.raises(InvalidSearch, match=reason):
        read_object(body)


def test_no_body_and_an_empty_object_ask_for_the_same() -> None:
    """Both are a request without wishes."""
    assert read_object(b"") == read_object(b"{}") == {}


@pytest.mark.parametrize(
    ("limit", "reason"),
    [
        (0, "must be positive"),
        (-1, "must be positive"),
        (201, "at most 200"),
        (10**30, "at most 200"),
        (2.5, "should be an integer"),
        (True, "should be an integer"),
        ("5", "should be an integer"),
        ("", "should be an integer"),
        (None, "should be an integer"),
        ([], "should be an integer"),
    ],
)
def test_a_limit_is_an_integer_in_its_range(limit: object, reason: str) -> None:
    """Nothing else is taken for one."""
    with pytest.raises(InvalidSearch, match=f"'limit' .*{reason}"):
        read_limit({"limit": limit}, SNAKE, default=50, maximum=200)


def test_a_number_that_is_whole_is_an_integer() -> None:
    """JSON knows no other difference; its schemas say so."""
    assert read_limit({"limit": 5.0}, SNAKE, default=50, maximum=200) == 5
    assert read_start({"start": 3.0}, SNAKE) == 3
    assert read_count({"more_than": 2.0}, SNAKE) == 2


def test_a_key_that_comes_twice_among_many_is_found_at_once() -> None:
    """However many there are; the time grows as the body does."""
    keys = ",".join(f'"k{number}":0' for number in range(200_000))
    begun = time.perf_counter()
    with pytest.raises(InvalidSearch, match='"k7" twice'):
        read_object(f'{{{keys},"k7":0}}'.encode())
    assert time.perf_counter() - begun < 5


def test_keys_that_say_nothing_are_named_up_to_a_number(build: Build) -> None:
    """A header has little room."""
    where = [
        {"column": "id", "operator": "is null", **{f"k{n}" + "x" * 99: 0 for n in range(1_000)}}
    ]
    pairs = dict(respond(build(), {"where": where}).header_pairs)
    named = json.loads(pairs["Atomlite-Ignored"])

    assert (len(named), named[-1]) == (21, "and 980 more")
    assert len(pairs["Atomlite-Ignored"]) < 2_000


def test_a_compressed_body_is_refused(build: Build) -> None:
    """It is read as it is sent, and the message says so."""
    with pytest.raises(BodyTypeUnsupported, match=r"gzip.*Content-Encoding"):
        ask(build(), {}, headers={"Content-Encoding": "gzip"})
    assert ask(build(), {}, headers={"Content-Encoding": "identity"})["status"] == "success"


def test_a_maximum_of_zero_is_none() -> None:
    """As the contract documents it."""
    assert read_limit({"limit": 10**9}, SNAKE, default=50, maximum=0) == 10**9


@pytest.mark.parametrize("start", [-1, "3", 1.5, True, None, [], 2**63 - 1])
def test_a_start_is_an_integer_of_zero_or_more(start: object) -> None:
    """Nothing else is taken for one, also not text that looks like it."""
    with pytest.raises(InvalidSearch, match="'start'"):
        read_start({"start": start}, SNAKE)


def test_query_parameters_without_a_value_say_nothing() -> None:
    """As the other system drops them; unknown and repeated ones are refused."""
    assert query_values(QueryParameters("foo=&start=3"), ["start"]) == {"start": "3"}
    with pytest.raises(InvalidSearch, match='not supported: "foo"'):
        query_values(QueryParameters("foo=1"), ["start"])
    with pytest.raises(InvalidSearch, match="ambiguous"):
        query_values(QueryParameters("start=1&start=2"), ["start"])
    with pytest.raises(InvalidSearch, match="digits 0 to 9"):
        whole_number("start", "٣")


@pytest.mark.parametrize(
    "count", [None, 5, "some", {}, {"more_than": -1}, {"more_than": True}, {"more": 1}, [1]]
)
def test_a_count_is_one_of_three_forms(count: object) -> None:
    """Anything else names them."""
    with pytest.raises(InvalidSearch, match="more_than"):
        read_count(count, SNAKE)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "unknown key": ({"foo": 1}, 'parameter .*"foo"'),
    "key in another casing": ({"Where": []}, '"Where"'),
    "where null": ({"where": None}, "'where' should be a list, not null"),
    "where object": ({"where": {"column": "id"}}, "'where' should be a list"),
    "entry text": ({"where": ["a=b"]}, "entry #1 is a string"),
    "no column": ({"where": [{"operator": "=", "value": 1}]}, "entry #1 is missing 'column'"),
    "no operator": ({"where": [{"column": "id", "value": 1}]}, "entry #1 is missing 'operator'"),
    "no value": ({"where": [{"column": "id", "operator": "="}]}, "entry #1 is missing 'value'"),
    "column number": ({"where": [{"column": 1, "operator": "=", "value": 1}]}, "'column'.*#1"),
    "operator null": (
        {"where": [{"column": "id", "operator": None, "value": 1}]},
        "'operator' should be a string, but for entry #1",
    ),
    "unknown column": (
        {"where": [{"column": "naem", "operator": "=", "value": 1}]},
        'entry #1: "naem".*Did you mean "name"',
    ),
    "padded operator": ({"where": [{"column": "id", "operator": "= ", "value": 1}]}, "operator"),
    "second entry": (
        {
            "where": [
                {"column": "name", "operator": "=", "value": "x"},
                {"column": "id", "operator": "=", "value": "x"},
            ]
        },
        'entry #2: value should be an integer[.] "id" is int64; found "x"[.]',
    ),
    "like on a number": (
        {"where": [{"column": "age", "operator": "like", "value": "3%"}]},
        'Invalid operator for entry #1: "like".*"age" is int32',
    ),
    "comparison of a boolean": (
        {"where": [{"column": "active", "operator": "!=", "value": True}]},
        "Allowed operators are: =, is not null, is null, is not, is",
    ),
    "comparison of a list": (
        {"where": [{"column": "tags", "operator": "=", "value": ["a"]}]},
        "Allowed operators are: is not null, is null, is not, is",
    ),
    "equals null": ({"where": [{"column": "name", "operator": "=", "value": None}]}, "a string"),
    "in text": ({"where": [{"column": "name", "operator": "in", "value": "a"}]}, "#1.*a list"),
    "in null": (
        {"where": [{"column": "name", "operator": "in", "value": ["a", None]}]},
        "entry #1.*in item 2",
    ),
    "in too long": (
        {"where": [{"column": "id", "operator": "in", "value": list(range(2001))}]},
        "#1.*2,000 items",
    ),
    "in two lists": (
        {"where": [{"column": "id", "operator": "in", "value": list(range(1_500))}] * 2},
        "#2.*all lists have more than 2,000 items together",
    ),
    "between of one": ({"where": [{"column": "id", "operator": "between", "value": [1]}]}, "two"),
    "is text": ({"where": [{"column": "name", "operator": "is", "value": "x"}]}, "#1.*operators"),
    "is number on boolean": (
        {"where": [{"column": "active", "operator": "is not", "value": 1}]},
        "null, true or false",
    ),
    "not in": (
        {"where": [{"column": "id", "operator": "not in", "value": [1]}]},
        "This endpoint does not offer it",
    ),
    "misspelt key": ({"where": [{"column": "id", "op": "="}]}, "missing 'operator'. It has \"op\""),
    "lone backslash": (
        {"where": [{"column": "name", "operator": "like", "value": "a\\"}]},
        "entry #1.*backslash|entry #1.*does not end",
    ),
    "nul": ({"where": [{"column": "name", "operator": "=", "value": "\x00"}]}, "#1.*NUL"),
    "half character": (
        {"where": [{"column": "name", "operator": "=", "value": "\ud800"}]},
        "#1.*half characters",
    ),
    "too many": (
        {"where": [{"column": "id", "operator": "is null"}] * 101},
        "more than 100 entries, at entry #101",
    ),
    "and of nothing": ({"where": [{"and": []}]}, "entry #1 it is an empty list"),
    "or of an object": ({"where": [{"or": {}}]}, "entry #1 it is an object"),
    "and beside": ({"where": [{"and": [{}], "column": "id"}]}, "beside it.*inside of 'and'"),
    "nested entry": (
        {"where": [{"not": {"or": [{"column": "id", "operator": "is null"}, {"column": "x"}]}}]},
        "entry #1.1.2 is missing 'operator'",
    ),
    "sort text": ({"sort": "name"}, "'sort' should be a list"),
    "sort entry": ({"sort": [5]}, "entry #1 is a number"),
    "sort without direction": ({"sort": [{"column": "id"}]}, "missing 'direction'"),
    "sort without column": ({"sort": [{"direction": "asc"}]}, "missing 'column'"),
    "sort direction": ({"sort": [{"column": "id", "direction": "up"}]}, 'entry #1: "up"'),
    "sort direction number": ({"sort": [{"column": "id", "direction": 5}]}, "'direction'.*#1"),
    "sort column list": ({"sort": [{"column": ["id"], "direction": "asc"}]}, "'column'.*#1"),
    "sort extra": ({"sort": [{"column": "id", "direction": "asc", "x": 1}]}, 'entry #1.*"x"'),
    "sort twice": (
        {"sort": [{"column": "id", "direction": "asc"}, {"column": "id", "direction": "desc"}]},
        "twice.*entry #2",
    ),
    "sort nulls": (
        {"sort": [{"column": "id", "direction": "asc", "nulls": "middle"}]},
        "'nulls' must be 'first' or 'last', but for entry #1 it is \"middle\"",
    ),
    "sort nulls null": (
        {"sort": [{"column": "id", "direction": "asc", "nulls": None}]},
        "'nulls' must be a string",
    ),
    "paging by other": ({"paging": "pages"}, "'paging' must be \"cursor\""),
    "cursor alone": ({"cursor": "x"}, "needs 'paging'"),
    "cursor number": ({"paging": "cursor", "cursor": 5}, "'cursor' must be a string"),
    "cursor with start": ({"paging": "cursor", "start": 0}, "'start' does not go"),
    "cursor of groups": ({"paging": "cursor", "group_by": ["name"]}, "groups"),
    "facets text": ({"facets": "name"}, "'facets' should be a list"),
    "facet unreadable": ({"facets": ["born"]}, "entry #1 of 'facets'"),
    "facet twice": ({"facets": ["name", "name"]}, "twice"),
    "facet number": ({"facets": [1]}, "should be a string"),
    "aggregate text": ({"aggregates": ["name"]}, "ntry #1 of 'aggregates'"),
    "aggregates object": ({"aggregates": {}}, "'aggregates' should be a list"),
    "aggregate function": (
        {"aggregates": [{"column": "age", "function": "avg"}]},
        '"avg".*Allowed.*Did you mean "mean"',
    ),
    "aggregate function number": ({"aggregates": [{"function": 5}]}, "5. Allowed"),
    "aggregate name empty": ({"aggregates": [{"function": "count", "name": ""}]}, "'name' of"),
    "aggregate name control": ({"aggregates": [{"function": "count", "name": "\n"}]}, "'name' of"),
    "aggregate name of a group": (
        {"group_by": ["name"], "aggregates": [{"function": "count", "name": "name"}]},
        "would be \"name\", the second by entry #1.*another 'name'",
    ),
    "aggregate column": ({"aggregates": [{"function": "sum"}]}, "missing 'column'"),
    "aggregate of text": ({"aggregates": [{"column": "name", "function": "sum"}]}, "string"),
    "aggregate extra": ({"aggregates": [{"function": "count", "x": 1}]}, '"x"'),
    "aggregate unreadable": ({"aggregates": [{"column": "pay", "function": "sum"}]}, "pay"),
    "aggregate twice": (
        {"aggregates": [{"function": "count"}] * 2},
        "would be \"count\", the second by entry #2 of 'aggregates'",
    ),
    "too many facets": ({"facets": ["name"] * 21}, "more than 20"),
    "too many aggregates": ({"aggregates": [{"function": "count"}] * 21}, "more than 20"),
    "sort of a group": (
        {"group_by": ["name"], "sort": [{"column": "id", "direction": "asc"}]},
        "Allowed values are: name",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_refusal_names_entry_and_key(build: Build, case: str) -> None:
    """The first thing wrong is said, with where it stands and what would be right."""
    body, reason = BAD[case]
    with pytest.raises(InvalidSearch, match=f"(?s){reason}"):
        ask(build(), body)


def test_start_comes_from_body_or_query(build: Build) -> None:
    """Both at once are ambiguous."""
    search = build()

    assert ids(ask(search, {"limit": 2}, query="start=3")) == [3, 4]
    with pytest.raises(InvalidSearch, match="Ambiguous"):
        ask(search, {"start": 3}, query="start=3")
    with pytest.raises(InvalidSearch, match="cursor"):
        ask(search, {"paging": "cursor"}, query="start=3")


def test_a_key_that_says_nothing_is_named(build: Build) -> None:
    """The contract lets it pass; a header tells of it, in ASCII whatever it is."""
    from tests.search.conftest import respond  # noqa: PLC0415 -- beside its use

    entry = {"column": "id", "operator": "=", "value": 1, "jünk": 1}
    answer = respond(build(), {"where": [{"not": entry}, entry]})

    header = dict(answer.header_pairs)["Atomlite-Ignored"]
    assert header.isascii()
    assert json.loads(header) == ["where #1.1: jünk", "where #2: jünk"]


@pytest.mark.parametrize(
    ("name", "external", "expected"),
    [
        ("joined_on", "camelCase", "joinedOn"),
        ("joined_on", "TitleCase", "JoinedOn"),
        ("_private_name", "camelCase", "_privateName"),
        ("__", "TitleCase", "__"),
        ("company.founded_on", "TitleCase", "Company.FoundedOn"),
        ("plain", "snake_case", "plain"),
    ],
)
def test_names_are_turned_word_by_word(name: str, external: str, expected: str) -> None:
    """Each part of a path for itself."""
    assert Names("snake_case", external).column(name) == expected


@pytest.mark.parametrize(
    ("name", "internal", "expected"),
    [("joinedOn", "camelCase", "joined_on"), ("HTTPServer", "TitleCase", "http_server")],
)
def test_names_are_turned_into_snake_case(name: str, internal: str, expected: str) -> None:
    """Capitals begin words."""
    assert Names(internal, "snake_case").column(name) == expected


def test_a_casing_is_one_of_three() -> None:
    """The message names them."""
    with pytest.raises(InvalidEndpoint, match='Did you mean "camelCase"'):
        Names("snake_case", "camelcase")
