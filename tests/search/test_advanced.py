"""What a search answers: rows, pages, counts, facets, groups, forms and tags."""

from __future__ import annotations

import base64
import io
import itertools
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.errors import DeadlineExceeded, InvalidCursor, InvalidSearch, NotAcceptable
from tests.search.conftest import COLUMNS, COMPANIES, JOINED, Build, ask, ids, people, respond

ROWS = people()
NAME_OF = {company["id"]: company["name"] for company in COMPANIES}


def test_a_listing_has_the_five_keys_of_the_contract(build: Build) -> None:
    """Without a body: the first page, by the default sort; a row without partner shows nulls."""
    answer = ask(build(), {"limit": 3})

    expected = [
        {
            "id": row["id"],
            "name": row["name"],
            "age": row["age"],
            "company": {
                "id": row["company_id"] if row["company_id"] in NAME_OF else None,
                "name": NAME_OF.get(row["company_id"]),
            },
        }
        for row in ROWS[:3]
    ]
    assert answer == {
        "status": "success",
        "error": "",
        "data": expected,
        "pagination": {"number_results": 60, "limit": 3, "next_page": {"start": 3}},
        "input_errors": {},
    }


def test_pages_follow_each_other_to_the_end(build: Build) -> None:
    """The last page names no other, and past the end there are no rows; the total stays."""
    search = build()
    found: list[int] = []
    start: int | None = 0
    while start is not None:
        answer = ask(search, {"limit": 25, "start": start})
        found += ids(answer)
        start = answer["pagination"]["next_page"].get("start")

    assert found == [row["id"] for row in ROWS]
    past = ask(search, {"start": 1000})
    assert (past["data"], past["pagination"]) == (
        [],
        {"number_results": 60, "limit": 50, "next_page": {}},
    )


@pytest.mark.parametrize(
    ("condition", "pagination"),
    [
        ({"column": "name", "operator": "=", "value": "nobody"}, {}),
        ({"column": "id", "operator": ">", "value": 10**30}, {}),
        ({"column": "nickname", "operator": "=", "value": "nobody"}, None),
        ({"column": "company.name", "operator": "=", "value": "nobody"}, None),
        ({"column": "name", "operator": "in", "value": []}, None),
        ({"not": {"column": "id", "operator": ">=", "value": 0}}, None),
    ],
)
def test_pagination_when_nothing_matches(
    build: Build, condition: object, pagination: object
) -> None:
    """Empty as in the contract, but for columns that can be null, empty lists, and nesting."""
    whole = {"number_results": 0, "limit": 50, "next_page": {}}

    answer = ask(build(), {"where": [condition]})

    assert answer["data"] == []
    assert answer["pagination"] == (whole if pagination is None else pagination)


def test_a_page_is_within_the_limits_of_the_endpoint(build: Build) -> None:
    """The maximum caps the default too, and 0 is no maximum."""
    assert len(ask(build(default_limit=5))["data"]) == 5
    assert len(ask(build(default_limit=50, maximum_limit=7))["data"]) == 7
    assert len(ask(build(maximum_limit=0), {"limit": 1000})["data"]) == 60


# ---- against plain Python ---------------------------------------------------------------------

TEXTS = st.sampled_from(["Ada", "ada", "ÉMILE", "b", "%", "_", "李", "x", "none", "None", ""])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": st.integers(-2, 62),
    "age": st.sampled_from([0, 7, 36, "36", 52]),
    "score": st.sampled_from([0.5, 1, 1.5, 100]),
    "name": TEXTS,
    "nickname": TEXTS,
    "company.name": st.sampled_from(["Acme", "über gmbh", "Über GmbH"]),
}
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda a, b: bool(a == b),
    "!=": lambda a, b: bool(a != b),
    "<": lambda a, b: bool(a < b),
    "<=": lambda a, b: bool(a <= b),
    ">": lambda a, b: bool(a > b),
    ">=": lambda a, b: bool(a >= b),
}
TEXT_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "contains": lambda a, b: b.lower() in a.lower(),
    "starts with": lambda a, b: a.lower().startswith(b.lower()),
}


def value_of(row: dict[str, Any], column: str) -> Any:  # noqa: ANN401 -- any value
    """Return the value that a row has in an own column or a joined one."""
    return NAME_OF.get(row["company_id"]) if column == "company.name" else row[column]


def holds(row: dict[str, Any], entry: dict[str, Any]) -> bool | None:
    """Return whether a condition holds for a row; ``None`` where null leaves it open."""
    for word, decisive in (("and", False), ("or", True)):
        if word in entry:
            inner = [holds(row, each) for each in entry[word]]
            open_ = None if None in inner else not decisive
            return decisive if decisive in inner else open_
    if "not" in entry:
        found = holds(row, entry["not"])
        return None if found is None else not found
    return single_holds(value_of(row, entry["column"]), entry["operator"], entry.get("value"))


def single_holds(value: Any, operator: str, asked: Any) -> bool | None:  # noqa: ANN401 -- any values
    """Return the same of a condition about one value."""
    if operator in {"is null", "is not null"}:
        return (value is None) == (operator == "is null")
    if operator == "<=>" and asked is None:
        return value is None
    if value is None:
        return False if asked == [] and operator == "in" else None
    if isinstance(value, int):  # integers also come as text
        asked = [int(each) for each in asked] if isinstance(asked, list) else int(asked)
    compare: Callable[[Any, Any], bool] = {
        **COMPARED,
        **TEXT_OPERATORS,
        "<=>": COMPARED["="],
        "in": lambda a, b: a in b,
        "between": lambda a, b: bool(b[0] <= a <= b[1]),
    }[operator]
    return compare(value, asked)


@st.composite
def entries(draw: st.DrawFn, depth: int = 2) -> dict[str, Any]:
    """Draw an entry of ``where``, groups included."""
    if depth and draw(st.integers(0, 3)) == 0:
        word = draw(st.sampled_from(["and", "or", "not"]))
        inner = entries(depth - 1)
        return {word: draw(inner if word == "not" else st.lists(inner, min_size=1, max_size=3))}
    column = draw(st.sampled_from(list(VALUES)))
    operators = [*COMPARED, "<=>", "in", "between", "is null", "is not null"]
    if column in {"name", "nickname", "company.name"}:
        operators += TEXT_OPERATORS
    operator = draw(st.sampled_from(operators))
    entry: dict[str, Any] = {"column": column, "operator": operator}
    if operator == "in":
        entry["value"] = draw(st.lists(VALUES[column], max_size=4))
    elif operator == "between":
        entry["value"] = draw(st.lists(VALUES[column], min_size=2, max_size=2))
    elif operator == "<=>":
        entry["value"] = draw(st.one_of(VALUES[column], st.none()))
    elif not operator.endswith("null"):
        entry["value"] = draw(VALUES[column])
    return entry


@st.composite
def sorts(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw a ``sort``."""
    columns = draw(st.lists(st.sampled_from(list(VALUES)), unique=True, max_size=3))
    return [
        {
            "column": column,
            "direction": draw(st.sampled_from(["asc", "DESC"])),
            **draw(st.sampled_from([{}, {"nulls": "first"}, {"nulls": "last"}])),
        }
        for column in columns
    ]


def in_order(rows: list[dict[str, Any]], by: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows sorted as the contract says: null is the lowest value; ties by id."""
    rows = sorted(rows, key=lambda row: int(row["id"]))
    for entry in reversed(by):
        column, down = entry["column"], entry["direction"].lower() == "desc"
        first = entry.get("nulls", "last" if down else "first") == "first"
        nulls = [row for row in rows if value_of(row, column) is None]
        others = [row for row in rows if value_of(row, column) is not None]
        others.sort(key=lambda row, column=column: value_of(row, column), reverse=down)  # type: ignore[misc]
        rows = nulls + others if first else others + nulls
    return rows


one_endpoint = settings(
    max_examples=max(20, settings().max_examples // 10),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@one_endpoint
@given(where=st.lists(entries(), max_size=3), by=sorts(), start=st.integers(0, 20))
def test_a_search_finds_what_plain_python_finds(
    build: Build, where: list[dict[str, Any]], by: list[dict[str, Any]], start: int
) -> None:
    """Rows, their order, the total, and whether a page follows."""
    matching = [row for row in ROWS if all(holds(row, entry) is True for entry in where)]
    expected = [row["id"] for row in in_order(matching, by)]

    answer = ask(build(), {"where": where, "sort": by, "start": start, "limit": 10})

    assert ids(answer) == expected[start : start + 10]
    if expected:
        assert answer["pagination"]["number_results"] == len(expected)
        follows = start + 10 < len(expected)
        assert answer["pagination"]["next_page"] == ({"start": start + 10} if follows else {})


@one_endpoint
@given(by=sorts(), limit=st.integers(7, 25))
def test_cursors_lead_through_all_rows_once(
    build: Build, by: list[dict[str, Any]], limit: int
) -> None:
    """In the same order as one long page."""
    search = build()
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        answer = ask(search, {"sort": by, "limit": limit, "paging": "cursor", **cursor})
        assert answer["pagination"]["version_moved"] is False
        found += ids(answer)
        cursor = answer["pagination"]["next_page"]
        if not cursor:
            break

    assert found == [row["id"] for row in in_order(ROWS, by)]


# ---- patterns ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("like", "ADA", {"Ada", "ada"}),
        ("like", "ad", set()),
        ("like", "É%", {"Émile", "émile"}),
        ("like", "bob\\%", {"Bob%"}),
        ("like", "bob__", {"bob_b"}),
        ("like", "Z\\\\z", {"Z\\z"}),
        ("contains", "B%", {"Bob%"}),
        ("contains", "ü", {"Ünal"}),
        ("starts with", "bob_", {"bob_b"}),
    ],
)
def test_patterns_ignore_case_and_keep_literal_text(
    build: Build, operator: str, value: str, expected: set[str]
) -> None:
    """``like`` takes the whole text; ``contains`` and ``starts with`` know no wildcards."""
    where = [{"column": "name", "operator": operator, "value": value}]
    answer = ask(build(), {"where": where, "limit": 200})

    assert {row["name"] for row in answer["data"]} == expected


def test_not_in_is_offered_when_asked_for(build: Build) -> None:
    """The contract refuses it; null is in no list and out of none."""
    search = build(extra_operators=["not in"])
    where = [{"column": "nickname", "operator": "NOT IN", "value": ["x"]}]

    expected = [row["id"] for row in ROWS if row["nickname"] not in {None, "x"}]
    assert ids(ask(search, {"where": where, "limit": 200})) == expected
    with pytest.raises(InvalidSearch, match="operator"):
        ask(search, {"where": [{"column": "name", "operator": "contains", "value": "x"}]})


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("is", None, None),
        ("is", True, [True]),
        ("is not", True, [False, None]),
        ("is not", None, [True, False]),
        ("=", False, [False]),
    ],
)
def test_booleans_have_three_states(
    build: Build, operator: str, value: object, expected: list[bool | None] | None
) -> None:
    """``is not true`` also finds rows without a value."""
    where = [{"column": "active", "operator": operator, "value": value}]
    kept = [None] if expected is None else expected

    assert ids(ask(build(), {"where": where, "limit": 200})) == [
        row["id"] for row in ROWS if row["active"] in kept
    ]


def test_an_override_limits_the_values_to_compare_with(build: Build) -> None:
    """Patterns stay free."""
    overrides = {"status": al.ColumnOverride(values=["new", "old"]), "age": al.ColumnOverride()}
    search = build(column_overrides=overrides)

    def asking(operator: str, value: object) -> Any:  # noqa: ANN401 -- JSON
        where = [{"column": "status", "operator": operator, "value": value}]
        return ask(search, {"where": where, "limit": 200})

    expected = [row["id"] for row in ROWS if row["status"] == "new"]
    assert ids(asking("=", "new")) == ids(asking("like", "N%")) == expected
    for operator, value in (("=", "NEW"), ("in", ["new", "x"]), ("<", "x")):
        with pytest.raises(InvalidSearch, match="entry #1: Invalid value for status"):
            asking(operator, value)


# ---- cursors ----------------------------------------------------------------------------------


def test_a_cursor_belongs_to_its_search_and_endpoint(build: Build) -> None:
    """A changed, foreign or invented one is refused; the limit may change."""
    search, other = build(), build()
    body: dict[str, Any] = {
        "sort": [{"column": "name", "direction": "asc"}],
        "paging": "cursor",
        "limit": 5,
    }
    cursor = ask(search, body)["pagination"]["next_page"]["cursor"]

    assert (
        ids(ask(search, {**body, "limit": 7, "cursor": cursor}))
        == [row["id"] for row in in_order(ROWS, body["sort"])][5:12]
    )
    changed = [
        {**body, "cursor": cursor, "sort": [{"column": "name", "direction": "desc"}]},
        {**body, "cursor": cursor, "where": [{"column": "id", "operator": ">", "value": 1}]},
        {**body, "cursor": ("B" if cursor[0] == "A" else "A") + cursor[1:]},
        {**body, "cursor": cursor + "="},
        {**body, "cursor": cursor[:-1]},
        {**body, "cursor": ""},
        {**body, "cursor": "é"},
    ]
    for each in changed:
        with pytest.raises(InvalidCursor, match="cursor"):
            ask(search, each)
    with pytest.raises(InvalidCursor, match="endpoint that was built anew"):
        ask(other, {**body, "cursor": cursor})


def test_a_cursor_belongs_to_its_user(build: Build) -> None:
    """Even where both see the same rows."""
    search = build(authentication=lambda headers: headers.get("x-user"))
    body = {"paging": "cursor", "limit": 5}
    cursor = ask(search, body, headers={"X-User": "ada"})["pagination"]["next_page"]["cursor"]

    ask(search, {**body, "cursor": cursor}, headers={"X-User": "ada"})
    with pytest.raises(InvalidCursor, match="another search or user"):
        ask(search, {**body, "cursor": cursor}, headers={"X-User": "bob"})


def test_a_cursor_shows_nothing_of_the_row_that_it_stands_for(build: Build) -> None:
    """Neither its key nor what it is sorted by, both of which need not be readable."""
    search = build(readable_column_names=["age"])
    body = {"sort": [{"column": "seen", "direction": "desc"}], "paging": "cursor", "limit": 1}
    pages = [ask(search, {**body, "count": count}) for count in ("exact", "none")]
    tokens = [page["pagination"]["next_page"]["cursor"] for page in pages]

    assert tokens[0] != tokens[1]
    for token in tokens:
        content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        assert len(content) > 80
        assert b"2024" not in content


def test_a_cursor_belongs_to_what_the_user_may_see(build: Build, serving: al.Session) -> None:
    """Down to the last of many values; what the endpoint itself demands is asked anew."""
    table = serving.tables["people"]
    allowed = list(range(50))
    late = [False]
    search = build(
        authorization=lambda: table["id"].isin(allowed),
        where=[lambda: table["id"] < 60 if late[0] else table["id"] < 50],
    )
    body = {"paging": "cursor", "limit": 5, "where": []}
    cursor = ask(search, body)["pagination"]["next_page"]["cursor"]

    late[0] = True
    assert ids(ask(search, {**body, "cursor": cursor})) == [5, 6, 7, 8, 9]
    allowed[-1] = 58
    with pytest.raises(InvalidCursor, match="another search or user"):
        ask(search, {**body, "cursor": cursor})


def test_a_cursor_belongs_to_a_search_however_it_is_written(build: Build) -> None:
    """The order of the keys and the case of words mean nothing."""
    search = build()
    body: dict[str, Any] = {
        "where": [{"column": "id", "operator": "IS NOT NULL"}],
        "sort": [{"column": "id", "direction": "ASC"}],
        "paging": "cursor",
        "limit": 5,
    }
    cursor = ask(search, body)["pagination"]["next_page"]["cursor"]
    again = {
        **body,
        "where": [{"operator": "is not null", "column": "id"}],
        "sort": [{"direction": "asc", "column": "id"}],
    }

    assert ids(ask(search, {**again, "cursor": cursor})) == [5, 6, 7, 8, 9]


def test_a_cursor_that_no_header_can_hold_is_refused_with_a_way_out(session: al.Session) -> None:
    """JSON has room for it."""
    frame = pd.DataFrame({"id": [1, 2], "long": ["x" * 9_000, "y" * 9_000]})
    table = session.read_pandas(frame, keys={"id"}, table_name="t")
    search = al.AdvancedSearch(
        table=table,
        readable_column_names=["id"],
        sortable_column_names=["long"],
        searchable_column_names=[],
        default_sort_column_name="long",
    )
    body = {"paging": "cursor", "limit": 1}

    with pytest.raises(InvalidSearch, match=r"too many for a header.*Accept: application/json"):
        ask(search, body, headers={"Accept": "text/csv"})
    cursor = ask(search, body)["pagination"]["next_page"]["cursor"]
    assert ids(ask(search, {**body, "cursor": cursor})) == [2]


def test_pages_by_cursor_move_with_their_own_tables_alone(session: al.Session) -> None:
    """Also when the first page comes from the cache; what else is loaded is another matter."""
    table = session.create_table("t", data_types={"id": "int64"}, keys={"id"})
    table.load(pd.DataFrame({"id": range(9)}))
    search = al.AdvancedSearch(
        table=table,
        readable_column_names=["id"],
        sortable_column_names=["id"],
        searchable_column_names=["id"],
        default_sort_column_name="id",
    )
    body: dict[str, Any] = {"paging": "cursor", "limit": 2}
    ask(search, body)
    session.read_pandas(pd.DataFrame({"a": [1]}), table_name="other")
    body["cursor"] = ask(search, body)["pagination"]["next_page"]["cursor"]
    for more in ({}, {"count": "none"}):
        assert ask(search, {**body, **more})["pagination"]["version_moved"] is False
        session.tables["other"].load(pd.DataFrame({"a": [2]}))
        assert ask(search, {**body, **more})["pagination"]["version_moved"] is False
    table.load(pd.DataFrame({"id": [100]}))
    first = ask(search, {"paging": "cursor", "limit": 2})
    fresh = {**body, "cursor": first["pagination"]["next_page"]["cursor"]}
    for _ in range(2):  # two ways to one page, which is kept for each
        assert ask(search, fresh)["pagination"]["version_moved"] is False
        assert ask(search, body)["pagination"]["version_moved"] is True


def test_pages_by_cursor_tell_when_the_data_moved(session: al.Session) -> None:
    """Rows that stay come once; the answer says that the version is another."""
    table = session.create_table("t", data_types={"id": "int64"}, keys={"id"})
    table.load(pd.DataFrame({"id": range(0, 100, 2)}))
    search = al.AdvancedSearch(
        table=table,
        readable_column_names=["id"],
        sortable_column_names=["id"],
        searchable_column_names=["id"],
        default_sort_column_name="id",
    )
    first = ask(search, {"paging": "cursor", "limit": 10})
    table.load(pd.DataFrame({"id": [1, 21]}))
    cursor = first["pagination"]["next_page"]["cursor"]
    second = ask(search, {"paging": "cursor", "limit": 10, "cursor": cursor})

    assert first["pagination"]["version_moved"] is False
    assert second["pagination"]["version_moved"] is True
    assert ids(second) == [20, 21, 22, 24, 26, 28, 30, 32, 34, 36]


def test_pages_by_cursor_hold_while_another_thread_loads(session: al.Session) -> None:
    """Each row that stays unchanged comes exactly once, whatever comes and moves around it."""
    table = session.create_table("t", data_types={"id": "int64", "name": "string"}, keys={"id"})
    table.load(pd.DataFrame({"id": range(400), "name": [f"n{n % 7}" for n in range(400)]}))
    search = al.AdvancedSearch(
        table=table,
        readable_column_names=["id"],
        sortable_column_names=["name"],
        searchable_column_names=["id"],
        default_sort_column_name="id",
    )
    stopped = threading.Event()

    def load() -> None:
        moving = list(range(0, 400, 2))
        for step in itertools.count():
            table.load(pd.DataFrame({"id": moving, "name": f"n{step % 9}"}))
            if stopped.wait(0.01):
                return

    loader = threading.Thread(target=load)
    loader.start()
    try:
        found: list[int] = []
        moved = False
        cursor: dict[str, str] | None = {}
        while cursor is not None:
            sort = [{"column": "name", "direction": "desc"}]
            answer = ask(search, {"sort": sort, "limit": 20, "paging": "cursor", **cursor})
            found += ids(answer)
            moved |= answer["pagination"]["version_moved"]
            cursor = answer["pagination"]["next_page"] or None
            time.sleep(0.01)
    finally:
        stopped.set()
        loader.join()

    assert moved
    assert sorted(each for each in found if each % 2) == list(range(1, 400, 2))


# ---- counts, facets, groups -------------------------------------------------------------------


def test_counting_is_as_exact_as_asked(build: Build) -> None:
    """All, none, or up to a number."""

    def counted(count: object) -> object:
        return ask(build(), {"count": count, "limit": 5})["pagination"]["number_results"]

    assert counted("exact") == 60
    assert counted("none") is None
    assert counted({"more_than": 10}) == {"more_than": 10}
    assert counted({"more_than": 0}) == {"more_than": 0}
    assert counted({"more_than": 60}) == 60
    assert ask(build(), {"count": "none", "limit": 5})["pagination"]["next_page"] == {"start": 5}


def tally(values: list[Any]) -> dict[Any, int]:
    """Return how often each value comes."""
    return {value: values.count(value) for value in values}


def test_facets_count_the_values_of_matching_rows(build: Build) -> None:
    """Own and joined columns, null included; the page does not matter."""
    search = build(facet_limit=2)
    body = {
        "where": [{"column": "age", "operator": "is not null"}],
        "facets": ["age", "company.name"],
        "limit": 1,
    }
    facets = ask(search, body)["facets"]

    matching = [row for row in ROWS if row["age"] is not None]
    for column in ("age", "company.name"):
        expected = tally([value_of(row, column) for row in matching])
        shown = facets[column]["values"]
        assert [each["count"] for each in shown] == sorted(expected.values(), reverse=True)[:2]
        assert all(expected[each["value"]] == each["count"] for each in shown)
        assert facets[column]["more"] is (len(expected) > 2)


def test_a_facet_that_takes_too_long_says_so_alone(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows and the other facets come all the same, and nothing of it is kept."""
    from atomlite.tables.search.reading import Reader  # noqa: PLC0415 -- beside its use

    search = build()
    body = {"facets": ["age", "name"], "limit": 1}
    facet = Reader.facet

    def slow(self: Reader, asked: Any, column: al.Column, **more: Any) -> object:  # noqa: ANN401
        if column.name == "age":
            raise DeadlineExceeded("The facet", 1.0, "facet_seconds")
        return facet(self, asked, column, **more)

    monkeypatch.setattr(Reader, "facet", slow)
    failed = ask(search, body)
    tried = dict(respond(search, body, "QUERY").header_pairs)
    monkeypatch.setattr(Reader, "facet", facet)
    again = ask(search, body)
    whole = dict(respond(search, body, "QUERY").header_pairs)
    assert (tried.get("ETag"), tried["Cache-Control"]) == (None, "no-store")
    assert whole["ETag"]

    assert list(failed["facets"]["age"]) == ["error"]
    assert failed["facets"]["name"] == again["facets"]["name"]
    assert failed["data"] == again["data"]
    assert "values" in again["facets"]["age"]


def test_groups_stand_in_place_of_rows(build: Build) -> None:
    """What a group shares, nested as in a row, and what was calculated of it."""
    answer = ask(
        build(),
        {
            "group_by": ["company.name"],
            "aggregates": [
                {"function": "count"},
                {"column": "age", "function": "sum"},
                {"column": "age", "function": "count"},
                {"column": "name", "function": "max"},
            ],
            "sort": [
                {"column": "count", "direction": "desc"},
                {"column": "company.name", "direction": "asc"},
            ],
            "limit": 2,
        },
    )

    groups: dict[Any, list[dict[str, Any]]] = {}
    for row in ROWS:
        groups.setdefault(value_of(row, "company.name"), []).append(row)
    expected = []
    for name, rows in groups.items():
        ages = [row["age"] for row in rows if row["age"] is not None]
        expected.append(
            {
                "company": {"name": name},
                "count": len(rows),
                "age_sum": sum(ages) if ages else None,
                "age_count": len(ages),
                "name_max": max(row["name"] for row in rows),
            }
        )
    expected.sort(key=lambda group: (-group["count"], group["company"]["name"] or ""))
    assert answer["data"] == expected[:2]
    assert answer["pagination"] == {
        "number_results": len(groups),
        "limit": 2,
        "next_page": {"start": 2} if len(groups) > 2 else {},
    }


def test_results_have_the_names_that_they_are_given(build: Build) -> None:
    """So that a column may be called count, and one thing be calculated twice."""
    answer = ask(
        build(),
        {
            "group_by": ["age"],
            "aggregates": [
                {"function": "count", "name": 'how "many"'},
                {"column": "id", "function": "min", "name": "age_sum"},
                {"column": "age", "function": "sum", "name": "total"},
            ],
            "sort": [{"column": 'how "many"', "direction": "desc"}],
            "limit": 1,
        },
    )
    counts = tally([row["age"] for row in ROWS])
    most = max(counts, key=counts.__getitem__)

    assert answer["data"] == [
        {
            "age": most,
            'how "many"': counts[most],
            "age_sum": min(row["id"] for row in ROWS if row["age"] == most),
            "total": counts[most] * most,
        }
    ]


def test_truths_have_a_lowest_and_a_highest(session: al.Session) -> None:
    """As in the table's own searches."""
    table = session.read_pandas(
        pd.DataFrame({"id": [1, 2], "on": [True, False]}), keys={"id"}, table_name="t"
    )
    search = al.AdvancedSearch(
        table=table,
        readable_column_names=["id", "on"],
        sortable_column_names=[],
        searchable_column_names=[],
        default_sort_column_name="id",
    )
    asked = [{"column": "on", "function": word} for word in ("min", "max")]

    assert ask(search, {"aggregates": asked})["data"] == [{"on_min": False, "on_max": True}]


def test_sums_are_numbers_in_each_line_too(build: Build) -> None:
    """As in JSON."""
    body = {"aggregates": [{"column": "age", "function": "sum"}]}
    lines = respond(build(), body, headers={"Accept": "application/x-ndjson"}).body
    assert isinstance(lines, bytes)

    assert json.loads(lines) == ask(build(), body)["data"][0]
    assert json.loads(lines) == {"age_sum": sum(row["age"] or 0 for row in ROWS)}


def test_a_map_of_rows_hides_the_values_of_facets(build: Build) -> None:
    """As those of groups: clients see what the function makes of a row, and nothing else."""
    search = build(output_map=lambda model: {"n": model.name[:1]})
    with pytest.raises(InvalidSearch, match="'facets' are not offered"):
        ask(search, {"facets": ["name"]})
    assert len(ask(search, {"facets": []})["data"]) == 50


def test_results_without_groups_are_one_row(build: Build) -> None:
    """Also when nothing matches."""
    body = {
        "where": [{"column": "id", "operator": "<", "value": 0}],
        "aggregates": [{"function": "count"}, {"column": "age", "function": "mean"}],
    }

    assert ask(build(), body)["data"] == [{"count": 0, "age_mean": None}]


def test_columns_of_one_joined_table_share_an_object_in_groups(build: Build) -> None:
    """Whatever stands between them in the request."""
    body = {"group_by": ["company.name", "age", "company.id"], "limit": 1}

    assert list(ask(build(), body)["data"][0]) == ["company", "age"]
    assert list(ask(build(), body)["data"][0]["company"]) == ["name", "id"]


def test_empty_lists_ask_for_nothing(build: Build) -> None:
    """Rows, as without them."""
    words = ("group_by", "aggregates", "facets", "where", "sort")
    body: dict[str, list[object]] = {word: [] for word in words}

    assert ids(ask(build(), body)) == list(range(50))


# ---- forms ------------------------------------------------------------------------------------


def test_rows_come_in_the_form_that_the_client_accepts(build: Build) -> None:
    """Joined columns are flat there; what JSON says beside the rows is in headers."""
    search = build()
    expected = [
        {
            "id": row["id"],
            "name": row["name"],
            "age": row["age"],
            "company.id": row["company_id"] if row["company_id"] in NAME_OF else None,
            "company.name": NAME_OF.get(row["company_id"]),
        }
        for row in ROWS[:4]
    ]

    def accepting(form: str) -> bytes:
        answer = respond(search, {"limit": 4}, headers={"Accept": form})
        headers = dict(answer.header_pairs)
        assert (answer.media_type or "").partition(";")[0] == form
        assert headers["Atomlite-Number-Results"] == "60"
        assert json.loads(headers["Atomlite-Next-Page"]) == {"start": 4}
        assert headers["Vary"] == "Accept"
        assert isinstance(answer.body, bytes)
        return answer.body

    lines = accepting("application/x-ndjson").splitlines()
    assert [json.loads(line) for line in lines] == expected
    arrow = accepting("application/vnd.apache.arrow.stream")
    assert pa.ipc.open_stream(arrow).read_all().to_pylist() == expected
    parquet = accepting("application/vnd.apache.parquet")
    assert pq.read_table(io.BytesIO(parquet)).to_pylist() == expected
    text = pa.csv.read_csv(io.BytesIO(accepting("text/csv")))
    assert text.column_names == list(expected[0])
    assert text["id"].to_pylist() == [row["id"] for row in expected]


def test_headers_tell_what_json_tells(build: Build) -> None:
    """Counts that stop, and pages by cursor."""
    search = build()
    csv = {"Accept": "text/csv"}
    body = {"count": {"more_than": 5}, "paging": "cursor", "limit": 2}
    headers = dict(respond(search, body, headers=csv).header_pairs)

    assert headers["Atomlite-Number-Results"] == ">5"
    assert headers["Atomlite-Version-Moved"] == "false"
    cursor = json.loads(headers["Atomlite-Next-Page"])["cursor"]
    assert ids(ask(search, {"paging": "cursor", "limit": 2, "cursor": cursor})) == [2, 3]
    none = dict(respond(search, {"count": "none"}, headers=csv).header_pairs)
    assert "Atomlite-Number-Results" not in none


def test_a_form_that_has_no_place_for_the_answer_is_refused(build: Build) -> None:
    """No form accepted, facets outside of JSON, lists in CSV."""
    with pytest.raises(NotAcceptable):
        respond(build(), {}, headers={"Accept": "image/png"})
    with pytest.raises(InvalidSearch, match="'facets' have no place in text/csv"):
        respond(build(), {"facets": ["name"]}, headers={"Accept": "text/csv"})
    with pytest.raises(NotAcceptable):
        respond(build(readable_column_names=["tags"]), {}, headers={"Accept": "text/csv"})


# ---- tags and the cache -----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "QUERY"])
def test_a_client_that_has_the_answer_is_told_so(session: al.Session, method: str) -> None:
    """Until the data changes, or the question."""
    table = session.create_table("t", data_types={"id": "int64"}, keys={"id"})
    table.load(pd.DataFrame({"id": [1, 2, 3]}))
    search = al.AdvancedSearch(
        table=table,
        readable_column_names=["id"],
        sortable_column_names=["id"],
        searchable_column_names=["id"],
        default_sort_column_name="id",
    )
    first = dict(respond(search, {"limit": 2}, method).header_pairs)
    known = {"If-None-Match": first["ETag"]}

    same = respond(search, {"limit": 2}, method, headers=known)
    assert (same.status, same.body) == (304, None)
    assert dict(same.header_pairs) == first
    assert first["Cache-Control"] == "private, no-cache"
    assert respond(search, {"limit": 1}, method, headers=known).status == 200
    assert (
        respond(search, {"limit": 2}, method, headers={**known, "Accept": "text/csv"}).status == 200
    )
    table.load(pd.DataFrame({"id": [4]}))
    assert respond(search, {"limit": 2}, method, headers=known).status == 200


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"facets": ["age"]}, {"facets": ["name"]}),
        ({"count": "none"}, {"count": {"more_than": 3}}),
        ({}, {"paging": "cursor"}),
        ({}, {"group_by": ["age"]}),
    ],
)
def test_answers_to_two_questions_are_kept_apart(
    build: Build, one: dict[str, Any], other: dict[str, Any]
) -> None:
    """In the cache, and by their tags."""
    search = build()

    def answer(endpoint: al.AdvancedSearch, body: dict[str, Any]) -> tuple[Any, str]:
        found = respond(endpoint, {"limit": 3, **body}, "QUERY")
        assert isinstance(found.body, bytes)
        content = json.loads(found.body)
        content["pagination"]["next_page"].pop("cursor", None)
        return content, dict(found.header_pairs)["ETag"]

    first, second, again = answer(search, one), answer(search, other), answer(search, one)

    assert first == again
    assert first[1] != second[1]
    assert second[0] == answer(build(), other)[0] != first[0]


def test_a_post_has_no_tag(build: Build) -> None:
    """Its answer is not to be kept."""
    assert "ETag" not in dict(respond(build(), {}).header_pairs)


def test_answers_that_functions_make_have_no_tag(build: Build) -> None:
    """They may depend on anything."""
    for made in (
        build(output_map=lambda model: model.id),
        build(response_headers=[lambda: ["X-Now: 1"]]),
    ):
        assert "ETag" not in dict(respond(made, method="GET").header_pairs)


def test_a_repeated_question_is_answered_from_the_cache(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are read once, per form and per endpoint."""
    from atomlite.tables.search.reading import Reader  # noqa: PLC0415 -- beside its use

    search, other = build(), build(where=[])
    page = Reader.page
    read: list[object] = []

    def counted(self: Reader, *arguments: Any, **more: Any) -> object:  # noqa: ANN401
        read.append(arguments)
        return page(self, *arguments, **more)

    monkeypatch.setattr(Reader, "page", counted)
    csv = {"Accept": "text/csv"}
    for _ in range(3):
        assert ids(ask(search, {"limit": 4, "start": 8})) == [8, 9, 10, 11]
        facts = dict(respond(search, {"limit": 4, "start": 8}, headers=csv).header_pairs)
        assert facts["Atomlite-Number-Results"] == "60"
    ask(other, {"limit": 4, "start": 8})

    assert len(read) == 3


def test_validation_and_shaping_are_quick(build: Build) -> None:
    """Well under a millisecond, whatever the machine does beside."""
    from atomlite.http.requests import Request  # noqa: PLC0415 -- beside its use
    from atomlite.search.injection import Call  # noqa: PLC0415 -- beside its use
    from atomlite.security.users import ANONYMOUS  # noqa: PLC0415 -- beside its use

    search = build()
    body = json.dumps(
        {
            "where": [
                {"column": "age", "operator": "=", "value": 36},
                {"column": "score", "operator": "<", "value": 20.5},
            ],
            "sort": [{"column": "name", "direction": "asc"}],
        }
    ).encode()
    times = []
    for _ in range(200):
        began = time.perf_counter()
        search.read(Call(Request("POST", raw_body=body), ANONYMOUS, None), search.scope)
        times.append(time.perf_counter() - began)

    assert min(times) < 0.001


# ---- what clients could send ------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("where", "sort", "limit", "start", "column", "operator", "value", "direction", "nulls"),
        *("and", "or", "not", "paging", "cursor", "count", "facets", "aggregates", "group_by"),
        *("function", "more_than", "asc", "=", "in", "like", "is null", "between", "sum", "name"),
        *(*COLUMNS, *JOINED, "company", "_row_number", "rowid", 'x"; DROP TABLE people; --'),
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5), WORDS
)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(WORDS, st.text(max_size=3)), inner)
    ),
    max_leaves=12,
)
NEARLY = st.fixed_dictionaries(
    {},
    optional={
        "where": st.lists(
            st.fixed_dictionaries(
                {"column": WORDS, "operator": WORDS}, optional={"value": JUNK, "not": JUNK}
            ),
            max_size=3,
        ),
        "sort": st.lists(
            st.fixed_dictionaries({"column": WORDS, "direction": st.sampled_from(["asc", "desc"])}),
            max_size=3,
        ),
        "limit": st.one_of(st.integers(1, 200), JUNK),
        "start": st.one_of(st.integers(0, 2**63), JUNK),
        "paging": st.sampled_from(["cursor", "x"]),
        "facets": st.lists(st.sampled_from(["name", "age", "company.id", "x"]), max_size=2),
        "aggregates": st.lists(
            st.fixed_dictionaries(
                {"column": WORDS, "function": st.sampled_from(["sum", "min", "count", "x"])}
            ),
            max_size=2,
        ),
        "group_by": st.lists(st.sampled_from(["name", "age", "company.id"]), max_size=2),
    },
)


@one_endpoint
@given(body=st.one_of(JUNK, NEARLY))
def test_no_body_breaks_an_endpoint(build: Build, body: object) -> None:
    """Each is answered, or refused as the client's mistake."""
    search = build(readable_column_names=[*COLUMNS, "company"])
    try:
        answer = ask(search, body)
    except InvalidSearch:
        return
    assert answer["status"] == "success"
