"""Hierarchies and levels: found by name, defined, changed, and used in conditions."""

from __future__ import annotations

import math
from typing import Any, cast

import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import (
    AmbiguousName,
    HierarchyNotFound,
    InvalidArgument,
    InvalidModel,
    InvalidName,
    LevelNotFound,
    MeasureInUse,
    WrongType,
)
from tests.cubes.model.conftest import Star


@pytest.fixture
def cube(star: Star) -> al.Cube:
    """Give a cube with a hierarchy of several levels, from several tables."""
    cube = star.cube()
    cube.hierarchies["Geo"] = [star.countries["name"], star.shops["city"]]
    return cube


def _attributes(hierarchy: al.Hierarchy) -> tuple[object, ...]:
    return hierarchy.slicing, hierarchy.visible, hierarchy.description


def test_a_short_name_is_enough_where_it_means_one_thing(cube: al.Cube) -> None:
    """Full names always are; keys and handles too."""
    h, levels = cube.hierarchies, cube.levels
    geo = h["Countries", "Geo"]
    assert h["Geo"] == geo
    assert h[geo] == geo
    assert h[geo.key] == geo
    assert hash(geo) == hash(h["Geo"])
    assert geo != "Geo"
    day = levels["day"]
    assert day.key == levels["day", "day"].key == levels["Sales", "day", "day"].key
    assert levels[day].key == levels[day.key].key == day.key
    assert (day.dimension, day.hierarchy, day.name, str(day.data_type)) == (
        *("Sales", "day", "day"),
        "date32[day]",
    )


def test_a_name_of_several_things_is_refused(cube: al.Cube) -> None:
    """The message has the names that can be written instead."""
    with pytest.raises(AmbiguousName) as caught:
        cube.hierarchies["shop"]
    assert str(caught.value) == (
        '"shop" may mean 2 hierarchies of the cube "Cube": ("Sales", "shop"), ("Shops", "shop"). '
        'Write a full name: `cube.hierarchies["Sales", "shop"]`, over HTTP ["Sales", "shop"].'
    )
    assert caught.value.details["hierarchy"] == "shop"
    assert caught.value.details["candidates"] == [["Sales", "shop"], ["Shops", "shop"]]
    with pytest.raises(AmbiguousName, match=r'\("Shops", "city", "city"\), \("Countries", "Geo"'):
        cube.levels["city"]
    assert cube.levels["Geo", "city"].key.dimension == "Countries"
    assert "shop" in cube.hierarchies
    assert "city" in cube.levels


def test_an_unknown_name_lists_the_known_ones(cube: al.Cube) -> None:
    """And the one that is most like it."""
    with pytest.raises(HierarchyNotFound, match=r'named "Gio".*"day".*Did you mean "Geo"?'):
        cube.hierarchies["Gio"]
    with pytest.raises(HierarchyNotFound, match=r'mean \("Countries", "Geo"\)\?'):
        cube.hierarchies["Country", "Geo"]
    with pytest.raises(LevelNotFound, match=r'named "dai".*Did you mean "day"?'):
        cube.levels["dai"]
    with pytest.raises(LevelNotFound, match=r'named \("Sales", "Geo", "city"\)'):
        cube.levels["Sales", "Geo", "city"]
    names: list[object] = [5, None, ("a", "b", "c", "d"), (), 1.5, ["day"], math]
    for strange in names:
        assert not cube.hierarchies.__contains__(strange)
        assert not cube.levels.__contains__(strange)
        with pytest.raises(HierarchyNotFound):
            cube.hierarchies[strange]
        with pytest.raises(LevelNotFound):
            cube.levels[strange]


def test_names_complete_as_short_as_they_can_be(cube: al.Cube) -> None:
    """In the brackets of a notebook."""
    assert cube.hierarchies._ipython_key_completions_()[1:4] == [
        *(("Sales", "shop"), "item", ("Shops", "shop")),
    ]
    assert ("Countries", "Geo", "city") in cube.levels._ipython_key_completions_()
    assert "day" in cube.levels._ipython_key_completions_()


def test_a_hierarchy_is_its_levels_in_order(cube: al.Cube) -> None:
    """By name, as a mapping."""
    geo = cube.hierarchies["Geo"]
    assert list(geo) == list(geo.levels) == ["name", "city"]
    assert len(geo) == 2
    assert geo
    assert (geo.name, geo.dimension) == ("Geo", "Countries")
    assert geo["city"].key == cube.levels["Geo", "city"].key
    assert str(geo["city"].data_type) == "string"
    with pytest.raises(LevelNotFound, match='named "town"'):
        geo["town"]


def test_hierarchies_are_defined_by_columns_names_or_levels(star: Star, cube: al.Cube) -> None:
    """The dimension is the table of the first column, or what the name says."""
    h = cube.hierarchies
    h["Land"] = {"Country": star.countries["name"], "Town": star.shops["city"]}
    h["Mine", "Geo"] = [cube.levels["Geo", "name"]]
    h["Copy"] = h["Countries", "Geo"]
    assert list(h["Land"]) == ["Country", "Town"]
    assert list(h["Copy"]) == ["name", "city"]
    assert list(h)[-3:] == [("Countries", "Land"), ("Mine", "Geo"), ("Countries", "Copy")]
    assert [*cube.dimensions] == ["Sales", "Shops", "Countries", "Mine"]
    assert list(cube.dimensions["Mine"]) == ["Geo"]
    h["Copy"] = [star.shops["city"]]
    assert list(h["Countries", "Copy"]) == ["city"]
    assert ("Shops", "Copy") not in h


def test_several_are_defined_at_once_or_none(star: Star, cube: al.Cube) -> None:
    """The mistake in the last one undoes the first."""
    before = cube.model
    with pytest.raises(InvalidModel, match="no levels"):
        cube.hierarchies.update({"A": [star.shops["city"]], "B": []})
    assert cube.model is before
    cube.hierarchies.update({"A": [star.shops["city"]]}, B=[star.sales["item"]])
    assert cube.model.revision == before.revision + 1
    assert "A" in cube.hierarchies
    assert "B" in cube.hierarchies


def test_what_cannot_be_a_hierarchy_is_refused(star: Star, cube: al.Cube) -> None:
    """With what was found and what to write."""
    h = cube.hierarchies
    other = star.session.create_table("Other", data_types={"a": "int64", "l": "list<int64>"})
    mistakes: list[tuple[object, str]] = [
        ([], "has no levels"),
        (star.shops["city"], "is made of `city`"),
        ("city", 'is made of text "city"'),
        (["city"], 'is made of text "city"'),
        ([star.shops["city"], star.shops["city"]], 'two levels named "city"'),
        ([star.sales["units"] * 2], r"is made of `units \* 2`"),
        ({"x": star.sales["units"] * 2}, r"is made of `units \* 2`"),
        ([other["a"]], 'no joins lead from "Sales" to "Other"'),
    ]
    for levels, message in mistakes:
        with pytest.raises(InvalidModel, match=message):
            h["New"] = levels
    names: list[Any] = ["", ("a", ""), 5, ("a", "b", "c")]
    for name in names:
        with pytest.raises(InvalidName):
            h[name] = [star.shops["city"]]
    with pytest.raises(InvalidName, match="Level name"):
        h["New"] = {"": star.shops["city"]}
    with pytest.raises(AmbiguousName):
        h["shop"] = [star.shops["city"]]
    star.sales.join(other, {"units": "a"})
    with pytest.raises(InvalidModel, match="Members are plain values"):
        h["New"] = [other["l"]]
    assert "New" not in h


def test_attributes_last_until_it_is_defined_again(star: Star, cube: al.Cube) -> None:
    """Then it is a new one."""
    geo = cube.hierarchies["Geo"]
    geo.slicing, geo.visible, geo.description = True, False, "Where"
    cube.levels["Geo", "city"].description = "Town"
    assert _attributes(geo) == (True, False, "Where")
    assert cube.model.level(cube.levels["Geo", "city"].key).description == "Town"
    assert str(geo).splitlines()[0] == '("Countries", "Geo") (slicing, hidden)'
    cube.hierarchies["Geo"] = [star.countries["name"], star.shops["city"]]
    assert _attributes(geo) == (False, True, None)
    assert [level.description for level in cube.model.hierarchies[geo.key].levels] == [None, None]
    for name in ("slicing", "visible", "description"):
        with pytest.raises(InvalidArgument, match=name):
            setattr(geo, name, 5)
    with pytest.raises(InvalidArgument, match="description"):
        cube.levels["day"].description = cast("str", 5)


def test_orders_are_checked(star: Star, cube: al.Cube) -> None:
    """Members must be of the level's type, columns of its table."""
    city, shop = cube.levels["Geo", "city"], cube.levels["Sales", "shop", "shop"]
    assert city.order == al.NaturalOrder()
    for order in (
        al.NaturalOrder(ascending=False),
        al.CustomOrder(("Rome", "Oslo")),
        al.ColumnOrder(star.shops["size"], ascending=False),
    ):
        city.order = order
        assert city.order is order or repr(city.order) == repr(order)
    shop.order = al.CustomOrder([3, 1])
    assert shop.order == al.CustomOrder((3, 1))
    with pytest.raises(WrongType, match="got text"):
        shop.order = al.CustomOrder(("Rome",))
    with pytest.raises(InvalidModel, match='level "city" is of the table "Shops"'):
        city.order = al.ColumnOrder(star.sales["units"])
    five: Any = 5
    no_orders: list[Any] = ["natural", *map(al.CustomOrder, (five, (1, 1), (None,)))]
    for order in no_orders:
        with pytest.raises(InvalidArgument):
            shop.order = order


def test_a_hierarchy_in_use_stays(star: Star, cube: al.Cube) -> None:
    """A change that keeps the levels that are used goes through; others name the measures."""
    m, h = cube.measures, cube.hierarchies
    m["of country"] = al.parent_value(m["units.SUM"], degrees={h["Geo"]: 1})
    m["at Rome"] = al.filter(m["units.SUM"], cube.levels["Geo", "city"] == "Rome")
    before = cube.model
    with pytest.raises(MeasureInUse) as caught:
        del h["Geo"]
    assert 'measures "of country", "at Rome" use it' in str(caught.value)
    with pytest.raises(MeasureInUse, match='the measure "at Rome" uses it'):
        h["Geo"] = {"name": star.countries["name"], "town": star.shops["city"]}
    with pytest.raises(MeasureInUse, match="holds int64"):
        h["Geo"] = {"name": star.countries["name"], "city": star.shops["size"]}
    assert cube.model is before
    h["Geo"] = [star.countries["country"], star.countries["name"], star.shops["city"]]
    assert len(h["Geo"]) == 3
    del m["at Rome"]
    del m["of country"]
    del h["Geo"]
    assert "Geo" not in h


def test_a_condition_of_paths(cube: al.Cube) -> None:
    """Members of the top level, or tuples from the top down; grouped by what lies above."""
    geo = cube.hierarchies["Geo"]
    condition = geo.isin("Italy", ("France", "Paris"), ("France", "Lyon"), None)
    assert repr(condition) == (
        'name.isin("Italy", None) | (name.isin("France") & city.isin("Paris", "Lyon"))'
    )
    found = cube.query("units.SUM", levels=["day"], filter=condition, mode="raw")
    assert found["units.SUM"].sum() == 10
    assert cube.query("units.SUM", levels=["day"], filter=geo.isin(), mode="raw").empty
    for path in ((), ("a", "b", "c")):
        with pytest.raises(InvalidArgument, match="path"):
            geo.isin(path)
    with pytest.raises(WrongType):
        geo.isin(5)


def test_date_hierarchies_are_parts_of_a_date(star: Star) -> None:
    """Of a column of dates or timestamps; the column itself may be among them."""
    cube = star.cube()
    day = star.sales["day"]
    cube.create_date_hierarchy("Calendar", column=day)
    cube.create_date_hierarchy(
        ("Time", "Fiscal"), column=day, levels={"Q": "QQQ", "Month": "MM", "Date": day}
    )
    types = {name: str(level.data_type) for name, level in cube.hierarchies["Fiscal"].items()}
    assert list(cube.hierarchies["Sales", "Calendar"]) == ["Year", "Month", "Day"]
    assert types == {"Q": "string", "Month": "string", "Date": "date32[day]"}
    frame = cube.query("units.SUM", levels=[("Fiscal", "Month")], mode="raw")
    assert {tuple(row) for row in frame[["Q", "Month", "units.SUM"]].to_numpy()} == {
        *(("Q1", "01", 7), ("Q1", "02", 2), ("Q1", "03", 1)),
    }
    with pytest.raises(InvalidModel, match="dates or timestamps"):
        cube.create_date_hierarchy("No", column=star.sales["item"])
    with pytest.raises(InvalidModel, match="dates or timestamps"):
        cube.create_date_hierarchy("No", column=cast("al.Column", "day"))
    with pytest.raises(InvalidArgument, match="pattern"):
        cube.create_date_hierarchy("No", column=day, levels={"Year": "year"})


def test_they_show_themselves(cube: al.Cube) -> None:
    """As text and as HTML."""
    assert str(cube.hierarchies).splitlines()[-1].split() == [
        *("Countries", "Geo", "name", "/", "city"),
    ]
    assert str(cube.levels).splitlines()[0] == "10 levels"
    assert repr(cube.levels["Geo", "city"]) == '("Countries", "Geo", "city"): string'
    for shown in (cube.hierarchies, cube.levels, cube.hierarchies["Geo"]):
        assert "<td" in shown._repr_html_()


def test_a_level_of_another_table_can_follow(session: al.Session) -> None:
    """A text of hostile characters is a name as any other."""
    name = 'a"b]\'; DROP TABLE "T"; --😀.x'
    table = session.read_pandas(pd.DataFrame({name: ["p", "q"], "x": [1, 2]}), table_name="T")
    cube = session.create_cube(table)
    cube.hierarchies[name * 2] = [table[name]]
    found = cube.query("x.SUM", levels=[(name * 2, name)], mode="arrow")
    assert set(found.column("x.SUM").to_pylist()) == {1, 2}
