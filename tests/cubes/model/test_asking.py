"""From the arguments of `Cube.query` to a `Query`; what cannot be asked says why."""

from __future__ import annotations

from typing import Any

import pytest

import atomlite as al
from atomlite.cubes.asking import asked
from atomlite.cubes.query import Query, QueryOrdering
from atomlite.errors import (
    AmbiguousName,
    AtomliteError,
    InvalidArgument,
    InvalidQuery,
    LevelNotFound,
    MeasureNotFound,
    WrongType,
)
from atomlite.measures.nodes import Named
from tests.cubes.model.conftest import Star


@pytest.fixture
def cube(star: Star) -> al.Cube:
    """Give a cube with a hierarchy of two levels."""
    cube = star.cube()
    cube.hierarchies["Geo"] = [star.countries["name"], star.shops["city"]]
    return cube


def test_names_and_handles_mean_the_same(cube: al.Cube) -> None:
    """Of measures, levels and what is ordered by; one level needs no list."""
    m, levels = cube.measures, cube.levels
    by_handle = asked(
        cube.model,
        [m["units.SUM"]],
        levels=[levels["Geo", "city"], levels["day"]],
        order_by=[m["units.SUM"].desc(), levels["day"], levels["Geo", "city"].desc()],
        limit=3,
    )
    by_name = asked(
        cube.model,
        ["units.SUM"],
        levels=(("Geo", "city"), "day"),
        order_by=(QueryOrdering("units.SUM", descending=True), "day", levels["Geo", "city"].desc()),
        limit=3,
    )
    assert by_handle == by_name
    assert by_name == Query(
        ("units.SUM",),
        (levels["Geo", "city"].key, levels["day"].key),
        order_by=(
            QueryOrdering("units.SUM", descending=True),
            QueryOrdering(levels["day"].key),
            QueryOrdering(levels["Geo", "city"].key, descending=True),
        ),
        limit=3,
    )
    assert asked(cube.model, [], levels="day") == Query((), (levels["day"].key,))
    assert asked(cube.model, [], levels=levels["day"]) == Query((), (levels["day"].key,))
    assert asked(cube.model, [], levels="day", order_by="day", ordered=False).ordered
    assert not asked(cube.model, [], levels="day", ordered=False).ordered
    assert m["units.SUM"].asc() == QueryOrdering("units.SUM")


def test_what_is_given_in_the_wrong_place_says_where_it_belongs(star: Star, cube: al.Cube) -> None:
    """Levels among measures, measures among levels, columns, lists."""
    m, h, levels = cube.measures, cube.hierarchies, cube.levels
    mistakes: list[tuple[list[Any], dict[str, Any], str]] = [
        ([levels["day"]], {}, "is a level, given among the measures. Pass it as `levels=`"),
        ([m["units.SUM"] + 1], {}, "has no name to be shown under"),
        ([star.sales["units"]], {}, r"`units` is not a measure. Aggregate it"),
        ([["units.SUM"]], {}, "Give measures one by one"),
        ([5], {}, "integer 5 is not a measure"),
        ([], {"levels": [m["units.SUM"]]}, "is a measure, given among the levels"),
        ([], {"levels": h["Geo"]}, "is a hierarchy, given among the levels"),
        ([], {"levels": [star.sales["item"]]}, "`item` is not a level"),
        ([], {"levels": {"day"}}, "levels is a set"),
        ([], {"levels": 5}, "integer 5 is not a level"),
        (["units.SUM"], {"filter": "day"}, "filter is text"),
        (["units.SUM"], {"filter": True}, "filter is boolean True"),
        ([], {"order_by": 5}, "order_by is integer 5"),
        ([], {"order_by": star.sales["item"]}, "order_by is `item`"),
        ([], {"order_by": levels["day"].desc(nulls="first")}, "Null is last"),
    ]
    for measures, options, message in mistakes:
        with pytest.raises(InvalidQuery, match=message):
            cube.query(*measures, **options)


def test_arguments_out_of_range_are_refused(cube: al.Cube) -> None:
    """Flags are True or False, a limit is 0 or more."""
    mistakes: dict[str, Any] = {
        "limit": -1,
        "include_totals": 1,
        "include_empty_rows": "yes",
        "totals": "some",
        "mode": "fancy",
    }
    for name, value in mistakes.items():
        with pytest.raises(InvalidArgument, match=name):
            cube.query("units.SUM", **{name: value})
    limits: list[Any] = [True, 1.5, "1"]
    for value in limits:
        with pytest.raises(InvalidArgument, match="limit"):
            cube.query("units.SUM", limit=value)


def test_names_must_be_known_and_clear(cube: al.Cube) -> None:
    """As in the brackets."""
    with pytest.raises(MeasureNotFound, match='"units"'):
        cube.query("units")
    with pytest.raises(LevelNotFound, match=r'"units.SUM"'):
        cube.query(levels="units.SUM")
    with pytest.raises(AmbiguousName, match='"shop"'):
        cube.query(levels="shop")
    with pytest.raises(MeasureNotFound, match='"nothing"'):
        cube.query("units.SUM", order_by="nothing")


def test_nothing_is_asked_for_twice(cube: al.Cube) -> None:
    """An ancestor beside its descendant is no repetition."""
    with pytest.raises(InvalidQuery, match=r'measure "units.SUM" is asked for twice'):
        cube.query("units.SUM", cube.measures["units.SUM"])
    with pytest.raises(InvalidQuery, match=r"level .*day.* is asked for twice"):
        cube.query("units.SUM", levels=["day", "day"])
    both = cube.query("units.SUM", levels=[("Geo", "city"), ("Geo", "name")], mode="arrow")
    assert both.column_names[:2] == ["name", "city"]


def test_cells_are_ordered_by_what_is_asked_for(star: Star, cube: al.Cube) -> None:
    """Also by an ancestor that comes by itself; not by something else."""
    m = cube.measures
    with pytest.raises(InvalidQuery, match=r'the measure "price.SUM", which is not in the query'):
        cube.query("units.SUM", levels="day", order_by="price.SUM")
    with pytest.raises(InvalidQuery, match=r"level .*\"item\".*, which is not in"):
        cube.query("units.SUM", levels="day", order_by=("item",))
    found = cube.query(
        "units.SUM", levels=[("Geo", "city")], order_by=[("Geo", "name")], mode="arrow"
    )
    assert found.column("name").to_pylist() == ["France", "France", "Italy", None]
    by_measure = cube.query(m["units.SUM"], levels="day", order_by=m["units.SUM"], mode="arrow")
    assert by_measure.column("units.SUM").to_pylist() == [1, 2, 3, 4]
    cube.hierarchies["units.SUM"] = {"units.SUM": star.sales["units"]}
    either = r'is a measure and a level .* over HTTP {"measure": "units.SUM"} or {"level": '
    with pytest.raises(InvalidQuery, match=either):
        cube.query(m["units.SUM"], levels=["units.SUM"], order_by="units.SUM")


def test_a_filter_may_calculate_with_measures(cube: al.Cube) -> None:
    """Without a name for what it calculates; what that needs is checked all the same."""
    m = cube.measures
    found = cube.query("units.SUM", levels="day", filter=m["units.SUM"] * 2 > 5, mode="arrow")
    assert found.column("units.SUM").to_pylist() == [4, 3]
    with pytest.raises(WrongType):
        cube.query("units.SUM", filter=al.agg.max(cube.levels["item"]) + 1 > 3)


def test_filters_are_about_levels_and_measures(star: Star, cube: al.Cube) -> None:
    """A column says which level to write; a level that is gone or has changed is found out."""
    with pytest.raises(InvalidQuery, match=r'Write it with the level \("Sales", "item", "item"\)'):
        cube.query("units.SUM", filter=star.sales["item"] == "pen")
    with pytest.raises(InvalidQuery, match="Make a hierarchy of it first"):
        cube.query("units.SUM", filter=star.sales["units"] > 1)
    item = cube.levels["item"]
    with pytest.raises(MeasureNotFound, match="nothing"):
        cube.query("units.SUM", filter=Named("nothing") > 1)
    with pytest.raises(WrongType):
        cube.query("units.SUM", filter=item > 5)
    cube.hierarchies["item"] = {"item": star.sales["shop"]}
    with pytest.raises(AtomliteError, match="holds int64, and string when this was written"):
        cube.query("units.SUM", filter=item == "pen")
    del cube.hierarchies["item"]
    with pytest.raises(LevelNotFound, match="item"):
        cube.query("units.SUM", filter=item == "pen")


def test_a_query_needs_something_to_show(cube: al.Cube) -> None:
    """Measures or levels; the error says so, and names one."""
    with pytest.raises(InvalidQuery, match="needs measures or levels") as caught:
        cube.query(filter=cube.levels["day"].isin(None), include_totals=True)

    assert '"contributors.COUNT"' in caught.value.hint
    assert len(cube.query(levels=["day"]).columns) == 0
