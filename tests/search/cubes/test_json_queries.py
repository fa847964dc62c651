from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pytest

import atomlite as al
from atomlite.cubes.asking import asked
from atomlite.cubes.digests import whole
from atomlite.cubes.model import CubeModel
from atomlite.errors import AtomliteError
from atomlite.search.cubes.json_queries import read_query


@pytest.fixture
def cube(session: al.Session) -> al.Cube:
    """Give a cube with levels of text, dates, integers and booleans."""
    frame = pd.DataFrame(
        {
            "Country": ["France", "France", "Italy"],
            "City": ["Paris", "Lyon", "Rome"],
            "Day": [dt.date(2026, 1, 31), dt.date(2026, 2, 1), None],
            "Open": [True, False, True],
            "Price": [1.5, 2.0, 4.0],
            "Number": [1, 2, 3],
        }
    )
    table = session.read_pandas(frame, table_name="Sales")
    cube = session.create_cube(table)
    cube.hierarchies["Geography"] = [table["Country"], table["City"]]
    cube.hierarchies["Number"] = [table["Number"]]
    return cube


@pytest.fixture
def model(cube: al.Cube) -> CubeModel:
    """Give its model."""
    return cube.model


def notebook(cube: al.Cube, condition: object) -> str:
    """Return all there is to a query with a condition of Python."""
    return whole(asked(cube.model, ["Price.SUM"], levels="Day", filter=condition))


def served(cube: al.Cube, condition: object) -> str:
    """Return all there is to a query with a condition in JSON."""
    body = {"measures": ["Price.SUM"], "levels": ["Day"], "filter": condition}
    return whole(read_query(body, cube.model))


def test_a_condition_in_json_is_the_one_that_python_writes(cube: al.Cube) -> None:
    """Every operator of levels, hierarchies and measures, and what joins them."""
    l, m = cube.levels, cube.measures  # noqa: E741 -- as users write it
    city, day, number, is_open = l["Geography", "City"], l["Day"], l["Number"], l["Open"]
    price = m["Price.SUM"]
    first = dt.date(2026, 1, 31)
    name = ["Geography", "City"]
    pairs: list[tuple[Any, Any]] = [
        ({"level": name, "operator": "=", "value": "Paris"}, city == "Paris"),
        ({"level": name, "operator": "!=", "value": "Paris"}, city != "Paris"),
        ({"level": name, "operator": "contains", "value": "a"}, city.contains("a")),
        ({"level": name, "operator": "starts with", "value": "P"}, city.starts_with("P")),
        ({"level": name, "operator": "in", "values": ["Rome", None]}, city.isin("Rome", None)),
        ({"level": name, "operator": "not in", "values": ["Rome"]}, ~city.isin("Rome")),
        ({"level": name, "operator": "is null"}, city.isnull()),  # noqa: PD003 -- of a cube
        ({"level": name, "operator": "is not null"}, ~city.isnull()),  # noqa: PD003 -- of a cube
        ({"level": "Day", "operator": "<", "value": "2026-01-31"}, day < first),
        (
            {"level": "Day", "operator": "between", "values": ["2026-01-31", "2026-01-31"]},
            (day >= first) & (day <= first),
        ),
        ({"level": "Number", "operator": ">=", "value": 2}, number >= 2),
        ({"level": "Number", "operator": "=", "value": "2"}, number == 2),
        ({"level": "Open", "operator": "=", "value": True}, is_open == True),  # noqa: E712 -- builds
        ({"measure": "Price.SUM", "operator": "<=", "value": 2}, price <= 2),
        ({"measure": "Price.SUM", "operator": ">", "value": 2.5}, price > 2.5),
        ({"measure": "Price.SUM", "operator": "is null"}, price.isnull()),  # noqa: PD003 -- of a cube
        ({"measure": "Number.SUM", "operator": ">", "value": 2.5}, m["Number.SUM"] > 2.5),
        ({"not": {"level": "Day", "operator": "is null"}}, ~day.isnull()),  # noqa: PD003 -- of a cube
        (
            {
                "and": [
                    {"level": "Day", "operator": "is null"},
                    {"or": [{"level": "Number", "operator": "=", "value": 1}]},
                ]
            },
            day.isnull() & (number == 1),  # noqa: PD003 -- of a cube
        ),
        (
            {"hierarchy": "Geography", "operator": "in", "paths": [["Italy"], ["France", "Paris"]]},
            cube.hierarchies["Geography"].isin("Italy", ("France", "Paris")),
        ),
    ]
    cube.measures["Number.SUM"] = al.agg.sum(cube.levels["Number"], per="fact")

    assert [served(cube, given) for given, _ in pairs] == [
        notebook(cube, condition) for _, condition in pairs
    ]


def test_all_that_a_query_says_arrives(cube: al.Cube) -> None:
    """Every key of the body."""
    query = read_query(
        {
            "measures": ["Price.SUM", "contributors.COUNT"],
            "levels": [["Sales", "Geography", "City"], "Day"],
            "filter": None,
            "include_totals": True,
            "totals": "visible",
            "include_empty_rows": False,
            "order_by": [{"measure": "Price.SUM", "direction": "desc"}, {"level": "Day"}],
            "limit": 10.0,
        },
        cube.model,
    )

    assert query.measures == ("Price.SUM", "contributors.COUNT")
    assert [str(key) for key in query.levels] == [
        '("Sales", "Geography", "City")',
        '("Sales", "Day", "Day")',
    ]
    assert (query.include_totals, query.totals, query.limit) == (True, "visible", 10)
    assert [each.descending for each in query.order_by] == [True, False]
    assert query.ordered


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "The body is no JSON object"),
        (None, "The body is no JSON object"),
        ({"level": []}, 'The body has the key "level", which means nothing there'),
        ({"measures": "Price.SUM"}, "measures is"),
        ({"measures": [1]}, "measures[0] is 1. It must be the name of a measure"),
        ({"measures": ["Price"]}, 'No measure named "Price"'),
        ({"measures": [{"name": "x"}]}, "measures[0] is an object"),
        ({"levels": [[]]}, "levels[0] is a list"),
        ({"levels": [["a", 1]]}, "levels[0] is a list"),
        ({"levels": ["City"]}, '"City" may mean 2 levels'),
        ({"levels": ["Town"]}, 'No level named "Town"'),
        ({"levels": ["Day"] * 101}, "levels has 101 entries, and 100 are allowed"),
        ({"include_totals": 1}, "include_totals is 1. It must be true or false"),
        ({"totals": "some"}, 'totals is "some". It must be one of "all", "visible"'),
        ({"limit": -1}, "limit is -1"),
        ({"limit": True}, "limit is true"),
        ({"limit": 2**70}, "limit is"),
        ({"order_by": [1]}, "order_by[0] is 1. It must be a name, or an object such as"),
        ({"order_by": ["Town"]}, 'No measure named "Town"'),
        ({"order_by": [{}]}, 'order_by[0]: the key "measure" is missing'),
        ({"order_by": [{"level": "Day", "measure": "x"}]}, 'has the key "measure"'),
        ({"order_by": [{"level": "Day", "direction": "up"}]}, 'order_by[0].direction is "up"'),
        ({"filter": []}, "filter is a list. It must be an object"),
        ({"filter": {}}, "filter has none of the keys"),
        ({"filter": {"and": []}}, "filter.and is an empty list"),
        ({"filter": {"and": {}}}, "filter.and is an object. It must be a list"),
        ({"filter": {"and": [], "x": 1}}, 'filter has the key "x"'),
        ({"filter": {"and": [{"not": 1}]}}, "filter.and[0].not is 1"),
        ({"filter": {"level": "Day"}}, 'filter: the key "operator" is missing. It must be one of'),
        (
            {"filter": {"level": "Day", "operator": None}},
            "filter.operator is null. It must be one of",
        ),
        ({"filter": {"level": "Day", "operator": []}}, "filter.operator is a list"),
        ({"filter": {"level": "Day", "operator": "="}}, 'the key "value" is missing'),
        (
            {"filter": {"level": "Day", "operator": "is null", "value": 1}},
            'has the key "value", which means nothing there',
        ),
        (
            {"filter": {"and": [{"level": "Day", "operator": "=", "value": "x"}]}},
            'filter.and[0].value is "x". It must be a date such as "2026-01-31"',
        ),
        ({"filter": {"level": "Day", "operator": "=", "value": None}}, 'use "is null"'),
        ({"filter": {"level": "Number", "operator": "=", "value": 1.5}}, "an integer"),
        (
            {"filter": {"level": "Number", "operator": "contains", "value": 1}},
            "the level is of another type",
        ),
        (
            {"filter": {"level": "Day", "operator": "in", "values": [1]}},
            "filter.values[0] is 1",
        ),
        ({"filter": {"level": "Day", "operator": "in", "values": []}}, "is an empty list"),
        (
            {"filter": {"level": "Number", "operator": "between", "values": [1]}},
            "filter.values is a list. It must be a list of two values",
        ),
        (
            {"filter": {"measure": "Price.SUM", "operator": "contains", "value": "x"}},
            'filter.operator is "contains"',
        ),
        (
            {"filter": {"measure": "Price.SUM", "operator": "=", "value": "x"}},
            'filter.value is "x"',
        ),
        (
            {"filter": {"hierarchy": "Geography", "operator": "=", "paths": []}},
            'filter.operator is "="',
        ),
        (
            {"filter": {"hierarchy": "Geography", "operator": "in", "paths": [["a", "b", "c"]]}},
            "filter.paths[0] is a list. It must be at most 2 members",
        ),
        (
            {"filter": {"hierarchy": "Geography", "operator": "in", "paths": [[1]]}},
            "filter.paths[0][0] is 1",
        ),
        (
            {"filter": {"hierarchy": "Nowhere", "operator": "in", "paths": [["x"]]}},
            'No hierarchy named "Nowhere"',
        ),
    ],
)
def test_what_is_no_query_is_refused_where_it_is_wrong(
    model: CubeModel, body: object, message: str
) -> None:
    """The error is the client's, names the place, and says what is expected."""
    with pytest.raises(AtomliteError) as refused:
        read_query(body, model)

    assert message in str(refused.value)
    assert refused.value.http_status == 400


def nested(depth: int) -> dict[str, Any]:
    """Return a filter of so many levels."""
    inner: dict[str, Any] = {"level": "Day", "operator": "is null"}
    for _ in range(depth - 1):
        inner = {"not": inner}
    return inner


def test_a_filter_is_bounded(model: CubeModel) -> None:
    """In depth, in conditions and in values: each bound names itself."""
    one = {"level": "Number", "operator": "=", "value": 1}
    too_many: list[tuple[object, str]] = [
        (nested(21), "more than 20 levels deep"),
        ({"or": [one] * 200}, "more than 200 conditions"),
        ({"level": "Number", "operator": "in", "values": [1] * 10_001}, "more than 10,000 values"),
        (
            {
                "hierarchy": "Geography",
                "operator": "in",
                "paths": [[str(number), "x"] for number in range(202)],
            },
            "more than 200 conditions",
        ),
    ]
    for given, message in too_many:
        with pytest.raises(AtomliteError, match=message):
            read_query({"filter": given}, model)

    read_query({"measures": ["contributors.COUNT"], "filter": nested(20)}, model)
    read_query({"levels": ["Day"], "filter": {"or": [one] * 199}}, model)
