"""What is said of a query that is none, in a notebook and over HTTP: what to write instead."""

from __future__ import annotations

import datetime as dt
from typing import Any

import jsonschema_rs
import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import AmbiguousName, AtomliteError, InvalidQuery, LevelNotFound
from atomlite.types import JsonValue


@pytest.fixture
def cube(session: al.Session) -> al.Cube:
    """Give a cube of two tables that share a name of a column, with a hierarchy of dates."""
    days = [dt.date(2025, 1, 1), dt.date(2025, 1, 2), dt.date(2026, 1, 1)]
    sales = session.read_pandas(
        pd.DataFrame({"day": days, "customer": ["a", "b", "a"], "units": [1, 2, 4]}),
        table_name="sales",
    )
    customers = session.read_pandas(
        pd.DataFrame({"customer": ["a", "b"], "name": ["Ann", "Bo"]}),
        keys=["customer"],
        table_name="customers",
    )
    sales.join(customers)
    cube = session.create_cube(sales, "Sales")
    cube.create_date_hierarchy("Calendar", column=sales["day"], levels={"Year": "y", "Day": "d"})
    return cube


def answer(session: al.Session, **body: object) -> dict[str, Any]:
    """Return the answer to a query over HTTP: its error, if it is one."""
    found = session.client.http_client.post(
        "api/cubes/Sales/query", json={"measures": ["units.SUM"], **body}
    ).json()
    given: dict[str, Any] = found.get("error", found)
    return given


def test_a_hierarchy_given_for_a_level_is_told_its_levels(
    session: al.Session, cube: al.Cube
) -> None:
    """With what to write, in both; also where the name is for an order, or a handle."""
    hint = (
        '("sales", "Calendar") is a hierarchy; its levels: "Year", "Day". '
        'Write `cube.levels["Calendar", "Day"]`, over HTTP ["Calendar", "Day"].'
    )
    bodies: list[dict[str, object]] = [
        {"levels": ["Calendar", "Day"]},
        {"levels": [["sales", "Calendar"]]},
        {"order_by": ["Calendar"]},
        {"filter": {"level": "Calendar", "operator": "is null"}},
    ]
    for body in bodies:
        told = answer(session, **body)
        assert (told["code"], told["hint"]) == ("level_not_found", hint)
    names: list[Any] = ["Calendar", ("sales", "Calendar"), cube.hierarchies["Calendar"]]
    for name in names:
        with pytest.raises(LevelNotFound) as caught:
            cube.levels[name]
        assert caught.value.hint == hint
        assert "\n" not in caught.value.message
    with pytest.raises(LevelNotFound, match="is a hierarchy; its levels"):
        cube.query("units.SUM", order_by="Calendar")
    assert answer(session, levels=[["Calendar", "Day"]])["columns"][0] == "Year"


def test_hierarchies_of_one_name_are_told_apart(session: al.Session, cube: al.Cube) -> None:
    """What is to be written is a full name then."""
    sales = session.tables["sales"]
    cube.hierarchies["Other", "Calendar"] = {"What": sales["units"]}
    with pytest.raises(LevelNotFound, match=r'Write `cube.levels\["sales", "Calendar", "Day"\]`'):
        cube.levels["Calendar"]
    cube.hierarchies["units"] = {"How many": sales["units"]}
    with pytest.raises(LevelNotFound, match=r'Write `cube.levels\["units", "How many"\]`'):
        cube.levels["units"]  # a column too, of which no other level need be made


def test_a_table_and_its_column_are_told_the_level(session: al.Session, cube: al.Cube) -> None:
    """Not one whose name is more like it, and not the hierarchy of that name."""
    hint = 'Did you mean ("customers", "customer", "customer")?'
    with pytest.raises(LevelNotFound) as caught:
        cube.levels["customers", "customer"]
    assert caught.value.hint == hint
    assert answer(session, levels=[["customers", "customer"]])["hint"] == hint
    cube.hierarchies["People"] = {"Who": session.tables["customers"]["name"]}
    del cube.hierarchies["customers", "name"]
    with pytest.raises(LevelNotFound) as caught:
        cube.levels["customers", "name"]
    assert caught.value.hint == 'Did you mean ("customers", "People", "Who")?'


def test_candidates_can_be_sent_back(session: al.Session, cube: al.Cube) -> None:
    """As lists; the message shows how one is written."""
    told = answer(session, levels=["customer"])
    full = [["sales", "customer", "customer"], ["customers", "customer", "customer"]]
    assert told["code"] == "ambiguous_name"
    assert told["details"] == {"level": "customer", "cube": "Sales", "candidates": full}
    assert told["hint"] == (
        'Write a full name: `cube.levels["sales", "customer", "customer"]`, '
        'over HTTP ["sales", "customer", "customer"].'
    )
    for each in told["details"]["candidates"]:
        assert answer(session, levels=[each])["levels"][0]["dimension"] == each[0]
    with pytest.raises(AmbiguousName) as caught:
        cube.query("units.SUM", levels=["customer"])
    assert (caught.value.hint, caught.value.details) == (told["hint"], told["details"])


@pytest.mark.parametrize(
    ("given", "message", "hint"),
    [
        (
            {"level": "Day", "op": "=", "value": "2025-01-01"},
            'filter has the key "op", which means nothing there.',
            'Keys: "level", "operator", "value", "values".',
        ),
        (
            {"level": "Day", "operatr": "is null"},
            'filter has the key "operatr", which means nothing there.',
            'Keys: "level", "operator", "value", "values". Did you mean "operator"?',
        ),
        (
            {"measure": "units.SUM", "operator": "near", "valeu": 1},
            'filter has the key "valeu", which means nothing there.',
            'Keys: "measure", "operator", "value", "values". Did you mean "value"?',
        ),
        (
            {"levle": "Day", "operator": "is null"},
            'filter has the key "levle", which means nothing there.',
            (
                'Keys: "level", "hierarchy", "measure", "and", "or", "not", "operator", "value", '
                '"values", "paths". Did you mean "level"?'
            ),
        ),
        (
            {"measure": "units.SUM"},
            'filter: the key "operator" is missing.',
            (
                'It must be one of "=", "!=", "<", "<=", ">", ">=", "in", "not in", "between", '
                '"is null", "is not null".'
            ),
        ),
    ],
)
def test_keys_of_a_condition_that_mean_nothing_are_named(
    session: al.Session, cube: al.Cube, given: JsonValue, message: str, hint: str
) -> None:
    """Before what is missing for them, and with the keys that there are."""
    told = answer(session, filter=given)
    assert (cube.name, told["message"], told["hint"]) == ("Sales", message, hint)


def test_an_order_is_a_name_or_an_object(session: al.Session, cube: al.Cube) -> None:
    """As in Python; what is neither is told the form."""
    by_name = answer(session, levels=["Day"], order_by=["units.SUM"], limit=2)
    by_object = answer(session, levels=["Day"], order_by=[{"measure": "units.SUM"}], limit=2)
    assert [row[-1] for row in by_name["rows"]] == [1, 2]
    assert by_name == by_object
    full = answer(session, levels=["Day"], order_by=[["Calendar", "Day"]])
    assert full["rows"] == answer(session, levels=["Day"], order_by=[{"level": "Day"}])["rows"]
    told = answer(session, order_by=[1])
    assert (told["message"], told["hint"]) == (
        "order_by[0] is 1.",
        'It must be a name, or an object such as {"measure": "Revenue", "direction": "desc"}.',
    )
    hint = 'the direction as a method: `measure.desc()`, over HTTP {"measure": ..., "direction": '
    assert hint in answer(session, order_by=["units.SUM", "desc"])["hint"]
    with pytest.raises(InvalidQuery) as caught:
        cube.query("units.SUM", order_by=["units.SUM", "desc"])
    assert hint in caught.value.hint


def test_the_document_has_both_forms_of_an_order(session: al.Session, cube: al.Cube) -> None:
    """And no third one."""
    document: Any = session.openapi()
    body = document["paths"]["/api/cubes/{name}/query"]["post"]["requestBody"]["content"]
    schema = body["application/json"]["schema"]["properties"]["order_by"]
    check = jsonschema_rs.Draft202012Validator(schema)
    taken: list[Any] = ["units.SUM", ["Calendar", "Day"], {"level": "Day", "direction": "asc"}]
    assert check.is_valid(taken)
    assert "rows" in answer(session, levels=["Day"], order_by=taken)
    others: list[Any] = [1, [], {"direction": "asc"}, {"measure": ["a", "b"]}]
    for other in others:
        assert not check.is_valid([other])
        assert answer(session, order_by=[other])["code"] == "invalid_query"
    assert cube.name == "Sales"


def test_no_refusal_of_a_query_is_without_a_hint(session: al.Session, cube: al.Cube) -> None:
    """Whatever part of the body is wrong."""
    inner: dict[str, Any] = {"level": "Day", "operator": "is null"}
    for _ in range(21):
        inner = {"not": inner}
    bodies: list[dict[str, Any]] = [
        {"measures": 1},
        {"measures": [1]},
        {"measures": []},
        {"meazures": []},
        {"levels": [[]]},
        {"limit": -1},
        {"totals": "some"},
        {"order_by": [{}]},
        {"order_by": [{"measure": "units.SUM", "direction": "up"}]},
        {"filter": 1},
        {"filter": {}},
        {"filter": inner},
        {"filter": {"and": []}},
        {"filter": {"level": "Day", "operator": "~"}},
        {"filter": {"level": "Day", "operator": "="}},
        {"filter": {"level": "Day", "operator": "in", "values": []}},
        {"filter": {"hierarchy": "Calendar", "operator": "in", "paths": [[1, 2, 3]]}},
    ]
    for body in bodies:
        told = answer(session, **body)
        assert told["code"] == "invalid_query", body
        assert told["hint"], told
    assert cube.name == "Sales"


def test_a_column_in_place_of_a_level_is_told_the_level(session: al.Session, cube: al.Cube) -> None:
    """Over the functions of measures too."""
    x, name = cube.measures["units.SUM"], session.tables["customers"]["name"]
    for misuse in (
        lambda: al.filter(x, name == "Ann"),
        lambda: al.where((name == "Ann") & (x > 1), x),
    ):
        with pytest.raises(AtomliteError) as caught:
            misuse()
        assert caught.value.hint == (
            "In a cell, only levels and measures have a value. Write it with the level over the "
            'column, such as `cube.levels["name"]`; if there is none, make a hierarchy of the '
            'column first: `cube.hierarchies["name"] = [column]`.'
        )
