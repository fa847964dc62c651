"""`DbGridRequest`: what the parameters of a grid say, and what it finds."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.errors import InvalidArgument, InvalidEndpoint, ParametersNotValidated
from atomlite.search import grid_fields

ROWS: list[dict[str, Any]] = [
    {
        "id": number,
        "user_name": name,
        "nick_name": nick,
        "age": age,
        "score": score,
        "price": price,
        "active": active,
        "born": born,
        "woke_at": woke,
        "seen_at": seen,
        "sent_at": sent,
        "tags": tags,
    }
    for number, name, nick, age, score, price, active, born, woke, seen, sent, tags in (
        (
            1,
            "Ann",
            "x|y",
            37,
            0.5,
            Decimal("1.50"),
            True,
            dt.date(1990, 1, 31),
            dt.time(7),
            1,
            1,
            ["a"],
        ),
        (2, "bob", None, None, 1e9, None, False, None, None, None, None, None),
        (3, "Ámbar", r"\N", 37, -1.0, Decimal("2.00"), None, dt.date(2000, 1, 1), None, 2, 2, []),
        (
            4,
            "50% off_",
            "a|age:3",
            12,
            0.25,
            None,
            True,
            None,
            dt.time(23, 59, 59),
            None,
            None,
            ["b"],
        ),
        (5, "ÅSA", r"c:\temp", 0, None, None, False, None, None, 3, 3, None),
    )
]
CLOCK = {
    None: None,
    1: dt.datetime(2026, 1, 31, 12, 30),  # noqa: DTZ001 -- a reading of a clock
    2: dt.datetime(2026, 1, 31),  # noqa: DTZ001 -- as above
    3: dt.datetime(2026, 1, 31, 12, 30, 0, 250_000),  # noqa: DTZ001 -- as above
}
TYPES = {
    "id": pa.int64(),
    "user_name": pa.string(),
    "nick_name": pa.string(),
    "age": pa.int32(),
    "score": pa.float64(),
    "price": pa.decimal128(9, 2),
    "active": pa.bool_(),
    "born": pa.date32(),
    "woke_at": pa.time64("us"),
    "seen_at": pa.timestamp("us"),
    "sent_at": pa.timestamp("us", "UTC"),
    "tags": pa.list_(pa.string()),
}


@pytest.fixture(scope="module")
def people() -> Iterator[al.Table]:
    """Give all tests one table with a column of each kind."""
    columns: dict[str, list[object]] = {name: [row[name] for row in ROWS] for name in TYPES}
    columns["seen_at"] = [CLOCK[row["seen_at"]] for row in ROWS]
    moments = [CLOCK[row["sent_at"]] for row in ROWS]
    columns["sent_at"] = [m.replace(tzinfo=dt.UTC) if m else None for m in moments]
    arrays = {name: pa.array(values, TYPES[name]) for name, values in columns.items()}
    with al.Session.start() as session:
        yield session.read_arrow(pa.table(arrays), keys=["id"], table_name="people")


def ids(table: al.Table, **parameters: str) -> list[object]:
    """Return the ids that the parameters find, in order."""
    request = al.DbGridRequest(table)
    assert request.is_valid(parameters), request.errors
    total, items = request.find(100, ["user_name", "nick_name"])
    assert "limit" in parameters or "offset" in parameters or total == len(items)
    return [item["id"] for item in items]


def errors(table: al.Table, **parameters: str) -> dict[str, dict[str, str]]:
    """Return what is wrong with parameters."""
    request = al.DbGridRequest(table)
    assert not request.is_valid(parameters)
    return request.errors


def test_without_parameters_everything_comes_in_the_order_of_the_keys(people: al.Table) -> None:
    """An empty request is a list of the table."""
    request = al.DbGridRequest(people)

    assert request.is_valid({})
    assert request.errors == {}
    assert request.dbgrid_parameters() == {
        "search_text": None,
        "match_fields": None,
        "limit": None,
        "offset": None,
        "sort_fields": None,
        "search_fields": None,
    }
    assert ids(people) == [1, 2, 3, 4, 5]


def test_items_have_the_values_of_all_fields(people: al.Table) -> None:
    """Rows come by public name, as the table has them."""
    request = al.DbGridRequest(people, fields={"key": "id", "name": "user_name", "years": "age"})
    assert request.is_valid({"sort": "years:desc,name", "limit": "2"})

    assert request.find() == (
        5,
        [{"key": 1, "name": "Ann", "years": 37}, {"key": 3, "name": "Ámbar", "years": 37}],
    )


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"sort": "age"}, [5, 4, 1, 3, 2]),
        ({"sort": "age:desc"}, [1, 3, 4, 5, 2]),
        ({"sort": " age : DESC ,id:desc"}, [3, 1, 4, 5, 2]),
        ({"sort": "age:desc:whatever"}, [1, 3, 4, 5, 2]),
        ({"sort": ""}, [1, 2, 3, 4, 5]),
        ({"limit": "2", "offset": "1"}, [2, 3]),
        ({"offset": "3"}, [4, 5]),
        ({"offset": "0005"}, []),
        ({"offset": str(2**63 - 1)}, []),
        ({"match": ""}, [1, 2, 3, 4, 5]),
        ({"search": ""}, [1, 2, 3, 4, 5]),
        ({"search": "åsa"}, [5]),
        ({"search": "%"}, [4]),
        ({"search": "_"}, [4]),
        ({"search": "\\"}, [3, 5]),
        ({"search": "b", "match": "age:37"}, [3]),
    ],
)
def test_sort_window_and_search(
    people: al.Table, parameters: dict[str, str], expected: list[int]
) -> None:
    """Nulls sort last, ties follow the keys, and text is searched as it stands."""
    assert ids(people, **parameters) == expected


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("user_name:Ann", [1]),
        ("user_name:ann", []),
        ("user_name:", []),
        ("age:37", [1, 3]),
        ("age:+37", [1, 3]),
        ("age:99999999999999999999", []),
        ("score:5e-1", [1]),
        ("score:.25", [4]),
        ("score:-1", [3]),
        ("price:1.5", [1]),
        ("price:15e-1", [1]),
        ("active:true", [1, 4]),
        ("active:0", [2, 5]),
        ("born:2000-01-01", [3]),
        ("woke_at:23:59:59", [4]),
        ("woke_at:07:00", [1]),
        ("seen_at:2026-01-31T12:30:00", [1]),
        ("seen_at:2026-01-31 12:30", [1]),
        ("seen_at:2026-01-31T12:30:00.25", [5]),
        ("sent_at:2026-01-31T12:30:00Z", [1]),
        ("sent_at:2026-01-31T14:30:00+02:00", [1]),
        (r"age:\N", [2]),
        (r"tags:\N", [2, 5]),
        (r"nick_name:\N", [2]),
        (r"nick_name:\\N", [3]),
        (r"nick_name:c:\temp", [5]),
        (r"nick_name:c:\\temp", [5]),
        ("nick_name:x|y", [1]),
        (r"nick_name:x\|y", [1]),
        (r"nick_name:a\|age:3", [4]),
        (r"nick_name:a\|age:3|age:12", [4]),
        ("age:37|user_name:Ann", [1]),
        ("nick_name:x|y|age:37", [1]),
        ("nick_name:x|z", []),
    ],
)
def test_match_by_the_type_of_the_column(people: al.Table, match: str, expected: list[int]) -> None:
    """Values are read as those of their column; null and the separator can be said."""
    assert ids(people, match=match) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"limit": "x", "offset": "-1"}, {"limit": "numeric", "offset": "numeric"}),
        ({"limit": "x", "sort": "nope"}, {"limit": "numeric"}),
        ({"limit": ""}, {"limit": "numeric"}),
        ({"limit": "1.5"}, {"limit": "numeric"}),
        ({"limit": " 1"}, {"limit": "numeric"}),
        ({"limit": "٣"}, {"limit": "invalid limit value"}),
        ({"offset": "²"}, {"offset": "invalid offset value"}),
        ({"limit": "0"}, {"limit": "invalid limit value"}),
        ({"limit": "1001"}, {"limit": "limit exceeds maximum of 1000"}),
        ({"limit": "9" * 100_000}, {"limit": "limit exceeds maximum of 1000"}),
        ({"offset": str(2**63)}, {"offset": f"offset exceeds maximum of {2**63 - 1}"}),
        ({"sort": "nope"}, {"sort": "invalid sort field name: nope"}),
        ({"sort": "age,"}, {"sort": "invalid sort field name: "}),
        ({"sort": "age:up"}, {"sort": "invalid sort order: up"}),
        ({"sort": "age:"}, {"sort": "invalid sort order: "}),
        ({"sort": "age,age:desc"}, {"sort": "repeated sort field name: age"}),
        ({"sort": ",".join(["age"] * 10_000)}, {"sort": "repeated sort field name: age"}),
        ({"match": "age"}, {"match": "invalid field match expression"}),
        ({"match": "nope:1"}, {"match": "invalid field name: nope"}),
        ({"match": " age:1"}, {"match": "invalid field name:  age"}),
        ({"match": "user_name:a| age:1"}, {"match": "invalid field name:  age"}),
        ({"match": "user_name:a|Age:1"}, {"match": "invalid field name: Age"}),
        ({"match": "user_name:a|age"}, {"match": "invalid field match expression"}),
        ({"match": "user_name:a|"}, {"match": "invalid field match expression"}),
        ({"match": "age:37|y:z"}, {"match": "invalid field name: y"}),
        ({"match": "age:37|38"}, {"match": "invalid field match expression"}),
        ({"match": "age:37|age:38"}, {"match": "repeated field name: age"}),
        ({"match": "age:"}, {"match": "field age: value should be an integer"}),
        ({"match": "age:3.0"}, {"match": "field age: value should be an integer"}),
        ({"match": "age:٣"}, {"match": "field age: value should be an integer"}),
        ({"match": f"age:{'9' * 5000}"}, {"match": "field age: value should be an integer"}),
        ({"match": "score:nan"}, {"match": "field score: value should be"}),
        ({"match": "score:1e999"}, {"match": "field score: value should be"}),
        ({"match": "price:1,5"}, {"match": "field price: value should be"}),
        ({"match": "active:yes"}, {"match": "field active: value should be true or false"}),
        ({"match": "active:True"}, {"match": "field active: value should be true or false"}),
        ({"match": "born:junk"}, {"match": "field born: value should be a date"}),
        ({"match": "born:2026-02-30"}, {"match": "field born: value should be a date"}),
        ({"match": "woke_at:24:00"}, {"match": "field woke_at: value should be a time"}),
        ({"match": "seen_at:2026-01-31T12:30:00Z"}, {"match": "field seen_at: "}),
        ({"match": "sent_at:2026-01-31T12:30:00"}, {"match": "field sent_at: "}),
        ({"match": "tags:a"}, {"match": r"only tags:\N can be matched"}),
        ({"match": "user_name:\0"}, {"match": "NUL"}),
        ({"match": "user_name:\ud800"}, {"match": "surrogates"}),
        ({"search": "a\0"}, {"search": "NUL"}),
        ({"search": "\ud800"}, {"search": "surrogates"}),
        ({"search": "x" * 10_001}, {"search": "search exceeds maximum of 10000 characters"}),
    ],
)
def test_what_is_wrong_is_said_by_parameter(
    people: al.Table, parameters: dict[str, str], expected: dict[str, str]
) -> None:
    """Each error stands below its parameter, and nothing else is looked at after it."""
    found = errors(people, **parameters)

    assert set(found) == set(expected)
    for name, text in expected.items():
        ((rule, said),) = found[name].items()
        assert text in (rule, said) or text in said


@settings(max_examples=max(20, settings().max_examples // 5))
@given(
    text=st.lists(
        st.sampled_from(
            ["age", "nick_name", "user_name", ":", "|", "\\", "N", ",", "asc", "3", "\0", "é"]
        )
        | st.text(max_size=3)
    ).map("".join)
)
def test_no_text_breaks_the_parameters(people: al.Table, text: str) -> None:
    """Whatever a client sends is either an error by name or a search that runs."""
    for name in ("offset", "limit", "sort", "match", "search"):
        request = al.DbGridRequest(people)
        if request.is_valid({name: text}):
            total, items = request.find(10, ["user_name"])
            assert len(items) <= min(total, 1000)
        else:
            assert list(request.errors) == [name]


@given(nick=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
def test_every_text_can_be_matched_when_it_is_escaped(people: al.Table, nick: str) -> None:
    """Escaping each backslash and bar says any text."""
    escaped = nick.replace("\\", "\\\\").replace("|", "\\|")
    request = al.DbGridRequest(people)

    assert request.is_valid({"match": f"age:12|nick_name:{escaped}"})
    assert request.dbgrid_parameters()["match_fields"] == {"age": "12", "nick_name": nick}


def test_ten_thousand_escaped_bars_take_no_time(people: al.Table) -> None:
    """Reading a value is linear in its length."""
    request = al.DbGridRequest(people)

    assert request.is_valid({"match": "nick_name:" + r"\|" * 100_000})
    assert request.dbgrid_parameters()["match_fields"] == {"nick_name": "|" * 100_000}
    assert request.is_valid({"match": "nick_name:x" + "|y" * 100_000})


def test_parameters_name_columns_and_keep_texts(people: al.Table) -> None:
    """What a service of one's own receives is keyed by column."""
    request = al.DbGridRequest(
        people, fields={"name": "user_name", "years": "age", "nick": "nick_name"}
    )
    sent = {
        "limit": "5",
        "offset": "2",
        "sort": "years:desc,name",
        "match": r"years:37|nick:\N",
        "search": "bo",
    }

    assert request.is_valid(sent)
    assert request.dbgrid_parameters(100, ["name", "nick_name"]) == {
        "search_text": "bo",
        "match_fields": {"age": "37", "nick_name": None},
        "limit": 5,
        "offset": 2,
        "sort_fields": {"age": "desc", "user_name": "asc"},
        "search_fields": ["user_name", "nick_name"],
    }


@pytest.mark.parametrize(
    ("list_limit", "sent", "limit"),
    [
        (0, {}, None),
        (-1, {}, None),
        (3, {}, 3),
        (3, {"offset": "1"}, 3),
        (3, {"limit": "4"}, 4),
        (99, {}, 7),
    ],
)
def test_the_limit_of_a_list_holds_where_the_client_names_none(
    people: al.Table, list_limit: int, sent: dict[str, str], limit: int | None
) -> None:
    """An offset alone keeps it, and the maximum caps it."""
    request = al.DbGridRequest(people, maximum_limit=7)

    assert request.is_valid(sent)
    assert request.dbgrid_parameters(list_limit)["limit"] == limit


def test_no_list_is_longer_than_the_maximum(people: al.Table) -> None:
    """Without any limit, `find` still returns a page."""
    request = al.DbGridRequest(people, maximum_limit=2)
    assert request.is_valid({})

    total, items = request.find()

    assert (total, len(items)) == (5, 2)
    assert not request.is_valid({"limit": "3"})
    assert request.errors == {"limit": {"*": "limit exceeds maximum of 2"}}


def test_camel_case_names_are_the_same_fields(people: al.Table) -> None:
    """Clients may write either form; rows have the one of JavaScript."""
    request = al.DbGridRequest(people, None, True, fields=["id", "user_name", "nick_name"])

    for name in ("userName", "UserName", "user_name"):
        assert request.is_valid({"sort": f"{name}:desc", "match": f"nickName:x|y|{name}:Ann"})
        assert request.find(search_fields=["userName"]) == (
            1,
            [{"id": 1, "userName": "Ann", "nickName": "x|y"}],
        )
    assert not request.is_valid({"sort": "userName,user_name"})
    assert not al.DbGridRequest(people).is_valid({"sort": "userName"})


class Upper:
    """A translator with a method."""

    def translate(self, text: str, /) -> str:
        """Return the text aloud."""
        return text.upper()


@pytest.mark.parametrize("translator", [Upper(), str.upper])
def test_a_translator_says_every_text_once(people: al.Table, translator: Any) -> None:  # noqa: ANN401
    """Both kinds of rules go through it."""
    request = al.DbGridRequest(people, translator)

    assert not request.is_valid({"limit": "x"})
    assert request.errors == {"limit": {"numeric": "ONLY DIGITS ALLOWED"}}
    assert not request.is_valid({"sort": "nope"})
    assert request.errors == {"sort": {"*": "INVALID SORT FIELD NAME: NOPE"}}


def test_parameters_that_were_not_found_valid_are_kept_back(people: al.Table) -> None:
    """Neither a request that was not read nor a refused one gives parameters."""
    request = al.DbGridRequest(people)

    with pytest.raises(ParametersNotValidated, match="not read yet"):
        request.dbgrid_parameters()
    assert request.is_valid({})
    assert not request.is_valid({"limit": "x"})
    with pytest.raises(RuntimeError, match="only digits"):
        request.find()


def test_a_refusal_is_an_answer_in_the_envelope(people: al.Table) -> None:
    """A custom endpoint returns it as it is."""
    request = al.DbGridRequest(people)
    assert not request.is_valid({"limit": "x"})

    refusal = request.refusal()

    assert refusal.status == 400
    assert refusal.media_type == "application/json"
    assert refusal.body == (
        b'{"success":false,"error":{"message":"request failed",'
        b'"formError":{"limit":{"numeric":"only digits allowed"}}}}'
    )


def test_values_that_are_no_text_are_a_mistake_of_the_program(people: al.Table) -> None:
    """A mapping of lists was not flattened."""
    with pytest.raises(InvalidArgument, match="text"):
        al.DbGridRequest(people).is_valid({"limit": 3})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (["id", "user_nam"], "no column .user_nam.*Did you mean"),
        ({"name": "username"}, "no column"),
        ([], "needs a field"),
        ("id", "list"),
        (["id", "id"], "twice"),
        ({"a": "id", "b": "id"}, "same column"),
        ({"a:b": "id"}, "cannot be named"),
        ({"a|b": "id"}, "cannot be named"),
        ({" a": "id"}, "cannot be named"),
        ({"": "id"}, "cannot be named"),
        ({"user_name": "id", "userName": "age"}, "both .userName. in camelCase"),
    ],
)
def test_fields_that_cannot_work_are_refused_at_once(
    people: al.Table,
    fields: Any,  # noqa: ANN401 -- wrong ones too
    message: str,
) -> None:
    """A configuration mistake never waits for a request."""
    with pytest.raises(InvalidEndpoint, match=message):
        al.DbGridRequest(people, None, True, fields=fields)


def test_a_name_is_no_table() -> None:
    """The object is asked for, which a session has by the name."""
    with pytest.raises(InvalidEndpoint, match="table is 'people'"):
        al.DbGridRequest("people")  # type: ignore[arg-type]


@pytest.mark.parametrize("maximum", [0, -1, True, 1.5, "10"])
def test_a_maximum_is_one_or_more(people: al.Table, maximum: Any) -> None:  # noqa: ANN401
    """A list without end is nobody's wish."""
    with pytest.raises(InvalidEndpoint, match="maximum_limit"):
        al.DbGridRequest(people, maximum_limit=maximum)


@pytest.mark.parametrize(
    ("search_fields", "message"),
    [(["age"], "only text"), (["nope"], "no field"), ("user_name", "list")],
)
def test_search_fields_are_fields_of_text(
    people: al.Table,
    search_fields: Any,  # noqa: ANN401 -- wrong ones too
    message: str,
) -> None:
    """Others are refused with or without a text to search for."""
    request = al.DbGridRequest(people)
    assert request.is_valid({})

    with pytest.raises(InvalidEndpoint, match=message):
        request.dbgrid_parameters(0, search_fields)
    with pytest.raises(InvalidEndpoint, match=message):
        request.find(10, search_fields)


def test_a_public_name_wins_over_a_column_of_that_name(session: al.Session) -> None:
    """Search fields are public names first."""
    frame = pa.table({"a": ["x"], "b": ["y"]})
    table = session.read_arrow(frame, table_name="T")
    request = al.DbGridRequest(table, fields={"a": "b", "c": "a"})
    assert request.is_valid({"search": "y"})

    assert request.dbgrid_parameters(0, ["a"])["search_fields"] == ["b"]
    assert request.dbgrid_parameters(0, ["b"])["search_fields"] == ["b"]
    assert request.find(0, ["a"])[0] == 1
    assert request.find(0, ["c"])[0] == 0


def test_a_table_that_was_made_again_has_its_new_fields(session: al.Session) -> None:
    """Nothing of the old schema is remembered."""
    table = session.read_arrow(pa.table({"a": ["x"]}), table_name="T")
    assert al.DbGridRequest(table).is_valid({"sort": "a"})
    del session.tables["T"]
    session.read_arrow(pa.table({"b": [1]}), table_name="T")

    assert not al.DbGridRequest(table).is_valid({"sort": "a"})
    assert al.DbGridRequest(table).is_valid({"match": "b:1"})


def test_what_is_remembered_is_bounded(people: al.Table) -> None:
    """Programs that make fields up for each request do not fill the memory."""
    for number in range(200):
        request = al.DbGridRequest(people, fields={f"name_{number}": "user_name"})
        assert request.is_valid({"sort": f"name_{number}"})
        kept = al.DbGridRequest(people)
        assert kept.is_valid({})
        for names in (["user_name"] * (number + 1), ["nick_name"] * (number + 1)):
            assert kept.dbgrid_parameters(0, names)["search_fields"] == names[:1]

    assert len(grid_fields._known) <= 64
    assert all(len(fields._searched) <= 64 for _, fields in grid_fields._known.values())


def test_requests_of_many_threads_do_not_mix(people: al.Table) -> None:
    """What is remembered of a schema is shared, what a request says is not."""
    wrong: list[object] = []

    def ask(number: int) -> None:
        for _ in range(50):
            request = al.DbGridRequest(people, None, number % 2 == 0)
            if not request.is_valid({"match": f"id:{number}"}):
                wrong.append(request.errors)
            key = [item["id"] for item in request.find()[1]]
            if key != [number]:
                wrong.append(key)

    threads = [threading.Thread(target=ask, args=(number,)) for number in (1, 2, 3, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong


def test_the_endpoint_of_the_page(session: al.Session) -> None:
    """The usage that the other system documents, with our session."""
    names = pa.table({"id": [1, 2, 3], "name": ["Ann", "bob", "Bo"]})
    session.read_arrow(names, keys=["id"], table_name="people")

    @session.endpoint("people", method="GET")
    def people(request: al.Request, _user: al.User, session: al.Session, /) -> object:
        grid = al.DbGridRequest(session.tables["people"])
        if not grid.is_valid(request.query_parameters):
            return grid.refusal()
        count, data = grid.find(100, ["name"])
        return {"success": True, "data": {"total": count, "items": data}}

    http = session.client.http_client
    found = http.get("proxy/people", params={"search": "bo", "limit": "1", "sort": "name"})
    refused = http.get("proxy/people?limit=ten")

    assert found.json() == {
        "success": True,
        "data": {"total": 2, "items": [{"id": 3, "name": "Bo"}]},
    }
    assert refused.status_code == 400
    assert refused.json()["error"]["formError"] == {"limit": {"numeric": "only digits allowed"}}
