"""What a cube has without being told, and what comes to it later."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import (
    CubeExists,
    CubeNotFound,
    InvalidArgument,
    InvalidModel,
    InvalidName,
    SessionClosed,
    TableNotFound,
)
from tests.cubes.model.conftest import Star

OF_SALES = [("Sales", "day"), ("Sales", "shop"), ("Sales", "item")]
OF_SHOPS = [("Shops", "shop"), ("Shops", "country"), ("Shops", "city")]
OF_COUNTRIES = [("Countries", "country"), ("Countries", "name")]
SUMS = ["units.SUM", "units.MEAN", "price.SUM", "price.MEAN"]


def test_keys_and_what_is_no_number_are_hierarchies(star: Star) -> None:
    """Of the fact table and of all joined ones; a number that a join starts from is a key too."""
    cube = star.cube()
    assert list(cube.hierarchies) == [*OF_SALES, *OF_SHOPS, *OF_COUNTRIES]
    assert list(cube.levels) == [(*key, key[1]) for key in cube.hierarchies]
    assert cube.tables == ("Sales", "Shops", "Countries")


def test_other_numbers_of_the_fact_table_are_measures(star: Star) -> None:
    """Numbers of joined tables are not: one row of them belongs to several facts."""
    cube = star.cube()
    assert list(cube.measures) == ["contributors.COUNT", *SUMS]
    assert [str(m.data_type) for m in cube.measures.values()] == [
        *("int64", "int64", "double", "double", "double")
    ]


@pytest.mark.parametrize(
    ("mode", "hierarchies", "measures"),
    [("auto", 8, 5), ("no_measures", 8, 1), ("manual", 0, 1)],
)
def test_modes_say_what_is_made(star: Star, mode: str, hierarchies: int, measures: int) -> None:
    """The number of facts is always there."""
    cube = star.cube(mode=mode)
    assert (len(cube.hierarchies), len(cube.measures)) == (hierarchies, measures)
    assert "contributors.COUNT" in cube.measures


def test_each_kind_of_column_has_its_role(session: al.Session) -> None:
    """Booleans, dates and texts are levels; lists, structs, maps and bytes nothing."""
    types = {
        "key": pa.int32(),
        "flag": pa.bool_(),
        "day": pa.date32(),
        "at": pa.timestamp("us"),
        "time": pa.time64("us"),
        "text": pa.string(),
        "small": pa.int8(),
        "large": pa.uint64(),
        "exact": pa.decimal128(10, 2),
        "list": pa.list_(pa.float64()),
        "struct": pa.struct([("a", pa.int8())]),
        "bytes": pa.binary(),
    }
    table = session.create_table("T", data_types=types, keys={"key"})
    cube = session.create_cube(table)
    assert [key.name for key in cube.model.hierarchies] == [
        "key",
        "flag",
        "day",
        "at",
        "time",
        "text",
    ]
    assert [name for name in cube.measures if name.endswith(".SUM")] == [
        *("small.SUM", "large.SUM", "exact.SUM")
    ]


def test_tables_joined_later_come_by_themselves(session: al.Session) -> None:
    """What was deleted does not come back, and what was defined stays."""
    sales = session.create_table("Sales", data_types={"shop": "string", "item": "string"})
    shops = session.create_table("Shops", data_types={"id": "string", "city": "string"})
    cube, manual = session.create_cube(sales), session.create_cube(sales, "manual", mode="manual")
    del cube.hierarchies["item"]
    before, measures = cube.model, cube.measures
    sales.join(shops, {"shop": "id"})
    measures["one"] = 1

    assert list(cube.hierarchies) == [("Sales", "shop"), ("Shops", "id"), ("Shops", "city")]
    assert list(manual.hierarchies) == []
    assert list(before.hierarchies) != list(cube.model.hierarchies)
    assert cube.model.revision > before.revision
    assert cube.model is cube.model


def test_columns_that_come_later_come_by_themselves(session: al.Session) -> None:
    """To the fact table too, which is then another one of the same name."""
    session.read_pandas(pd.DataFrame({"a": ["x"]}), table_name="T")
    cube = session.create_cube("T")
    session.read_pandas(pd.DataFrame({"a": ["x"], "b": [1.5], "c": ["y"]}), table_name="T")
    assert list(cube.hierarchies) == [("T", "a"), ("T", "c")]
    assert list(cube.measures) == ["contributors.COUNT", "b.SUM", "b.MEAN"]


def test_a_load_changes_no_model(star: Star) -> None:
    """A query finds the very same value, so that plans can be kept."""
    cube = star.cube()
    before = cube.model
    star.session.tables["Sales"] += ("2026-04-01", 1, "ink", 3, 5.0)
    assert cube.model is before


def test_columns_that_change_their_type_are_taken_over(session: al.Session) -> None:
    """By their levels and by simple measures; measures made of these follow."""
    session.read_pandas(pd.DataFrame({"id": ["1"], "x": [1]}), table_name="T")
    cube = session.create_cube("T")
    t = session.tables["T"]
    m = cube.measures
    m["double"] = al.agg.sum(t["x"] * 2)
    m["more"] = m["double"] + 1
    session.read_pandas(pd.DataFrame({"id": [True], "x": [1.5]}), table_name="T")
    assert cube.levels["id"].data_type == pa.bool_()
    assert [str(m[name].data_type) for name in ("x.SUM", "double", "more")] == ["double"] * 3
    assert cube.query("double", "more", mode="raw").iloc[0, -2:].to_list() == [3.0, 4.0]


def test_what_cannot_be_taken_over_says_so(session: al.Session) -> None:
    """An order of members of another type, and a calculation with what is text now."""
    session.read_pandas(pd.DataFrame({"id": ["1"], "x": [1]}), table_name="T")
    cube = session.create_cube("T")
    cube.levels["id"].order = al.CustomOrder(["1"])
    cube.measures["double"] = al.agg.sum(session.tables["T"]["x"] * 2)
    session.read_pandas(pd.DataFrame({"id": [1.5], "x": ["one"]}), table_name="T")
    assert list(cube.hierarchies) == [("T", "id"), ("T", "x")]
    with pytest.raises(InvalidModel, match=r"as string, and it is double now. Define it again"):
        cube.query("contributors.COUNT", levels="id")
    with pytest.raises(InvalidModel, match=r'measure "double" .* cannot be computed any more'):
        cube.query("double")


def test_the_column_that_orders_a_level_must_be_there(star: Star) -> None:
    """It is looked for as those of the level are."""
    cube = star.cube()
    cube.levels["city"].order = al.ColumnOrder(star.shops["size"], ascending=False)
    found = cube.query("units.SUM", levels="city", order_by="city", mode="arrow")
    assert found.column("city").to_pylist() == ["Rome", "Lyon", "Paris", None]
    frame = star.shops.query().drop(columns="size")
    star.session.read_pandas(frame, keys={"shop"}, table_name="Shops")
    with pytest.raises(InvalidModel, match=r'reads "Shops"\["size"\], and the table has no such'):
        cube.query("units.SUM", levels="city")


def test_using_what_is_gone_says_so_and_the_rest_works(star: Star) -> None:
    """A column, and a whole table; it works again when the column is there again."""
    cube = star.cube()
    cube.measures["dear"] = al.agg.max(star.sales["price"])
    frame = star.sales.query()
    star.session.read_pandas(
        frame.drop(columns=["item", "price"]), data_types={"day": "date"}, table_name="Sales"
    )
    assert cube.query("units.SUM", mode="raw")["units.SUM"].to_list() == [10]
    with pytest.raises(InvalidModel) as caught:
        cube.query("units.SUM", levels=["item"])
    assert str(caught.value) == (
        'The level ("Sales", "item", "item") of the cube "Cube" reads "Sales"["item"], and the '
        "table has no such column. Load the column, or define without it."
    )
    with pytest.raises(InvalidModel, match='measure "dear" of the cube "Cube" cannot be computed'):
        cube.query("dear")

    del star.session.tables["Shops"]
    with pytest.raises(InvalidModel, match='there is no table "Shops"'):
        cube.query("units.SUM", filter=cube.levels["city"] == "Rome")
    star.session.read_pandas(frame, data_types={"day": "date"}, table_name="Sales")
    again = cube.query("dear", levels=["item"], mode="raw")
    assert dict(zip(again["item"], again["dear"], strict=True)) == {"ink": 5.0, "pen": 4.0}


def test_a_fact_table_that_is_gone_is_named(star: Star) -> None:
    """The cube can still be looked at."""
    cube = star.cube()
    del star.session.tables["Sales"]
    assert "8 hierarchies" in repr(cube)
    with pytest.raises(InvalidModel, match='"Cube" has lost its fact table'):
        cube.query("units.SUM")


def test_joins_that_meet_later_are_refused_by_queries(star: Star) -> None:
    """A cube that had been right says what made it wrong."""
    cube = star.cube()
    star.session.tables["Sales"].join(star.countries, {"item": "country"})
    with pytest.raises(InvalidModel, match="in two ways"):
        cube.query("units.SUM")
    with pytest.raises(InvalidModel, match="in two ways"):
        star.cube("another")


def test_a_filter_chooses_the_facts(star: Star) -> None:
    """By columns of the fact table or of tables with one partner at most."""
    pens = star.cube("pens", filter=star.sales["item"] == "pen")
    assert pens.query("units.SUM", mode="raw")["units.SUM"].to_list() == [7]
    french = star.cube("french", filter=star.countries["name"] == "France")
    assert french.query("units.SUM", mode="raw")["units.SUM"].to_list() == [7]
    assert repr(french.filter) == 'name == "France"'


def test_a_filter_that_loses_its_column_stops_the_cube(star: Star) -> None:
    """Rather than to count all facts."""
    pens = star.cube("pens", filter=star.sales["item"] == "pen")
    frame = star.sales.query().drop(columns="item")
    star.session.read_pandas(frame, table_name="Sales")
    with pytest.raises(InvalidModel, match=r'The filter of the cube reads "Sales"\["item"\]'):
        pens.query("units.SUM")


def test_a_measure_needs_the_columns_of_its_levels(star: Star) -> None:
    """Also where the query does not name them."""
    cube = star.cube()
    m = cube.measures
    m["Rome"] = al.filter(m["units.SUM"], cube.levels["city"] == "Rome")
    m["share"] = m["units.SUM"] / al.total(m["units.SUM"], cube.hierarchies["city"])
    frame = star.shops.query().drop(columns="city")
    star.session.read_pandas(frame, keys={"shop"}, table_name="Shops")
    for name in ("Rome", "share"):
        with pytest.raises(InvalidModel, match=r'level \("Shops", "city", "city"\) .* no such'):
            cube.query(name)


def test_a_filter_that_cannot_be_applied_to_facts_is_refused(star: Star) -> None:
    """With the reason."""
    tags = star.with_tags()
    other = star.session.create_table("Other", data_types={"a": "int64"})
    cube = star.cube()
    with pytest.raises(InvalidModel, match="may have several partners"):
        star.cube("no", filter=tags["tag"] == "blue")
    with pytest.raises(InvalidModel, match='no joins lead from "Sales" to "Other"'):
        star.cube("no", filter=other["a"] == 1)
    with pytest.raises(InvalidModel, match="which only a cube has"):
        star.cube("no", filter=cube.levels["city"] == "Rome")
    with pytest.raises(InvalidArgument, match="filter"):
        star.cube("no", filter="pens")
    assert "no" not in star.session.cubes


def test_names_of_cubes_are_checked(star: Star) -> None:
    """The fact table's name is the default."""
    assert star.session.create_cube(star.sales).name == "Sales"
    assert star.session.create_cube("Shops").fact_table == "Shops"
    for name in ("", "\x00", "\ud800", 5):
        with pytest.raises(InvalidName, match="Cube name"):
            star.session.create_cube(star.sales, name)  # type: ignore[arg-type] # on purpose
    with pytest.raises(TableNotFound, match="Sale"):
        star.session.create_cube("Sale")
    with pytest.raises(InvalidArgument, match="mode"):
        star.cube(mode="automatic")
    with pytest.raises(InvalidArgument, match="fact_table"):
        star.session.create_cube(5)  # type: ignore[arg-type] # on purpose


def test_a_table_of_another_session_is_refused(star: Star) -> None:
    """Also when both have one of its name."""
    with al.Session.start() as other:
        theirs = other.create_table("Sales", data_types={"a": "int64"})
        with pytest.raises(InvalidArgument, match="a table of this session"):
            star.session.create_cube(theirs)


def test_creating_it_again_begins_it_anew(star: Star) -> None:
    """Old handles are of the new one, as those of tables are."""
    cube = star.cube()
    cube.measures["one"] = 1
    again = star.cube(mode="manual")
    assert again is cube
    assert list(cube.measures) == ["contributors.COUNT"]
    with pytest.raises(CubeExists, match='A cube named "Cube" exists'):
        star.cube(if_exists="fail")


def test_a_deleted_cube_is_gone(star: Star) -> None:
    """Until it is created again."""
    cubes = star.session.cubes
    cube, _ = star.cube("a"), star.cube("b")
    assert list(cubes) == ["a", "b"]
    assert cubes["a"] is cube
    del cubes["a"]
    assert list(cubes) == ["b"]
    assert "a" not in cubes
    assert len(cubes) == 1
    assert repr(cube) == "a: deleted"
    for use in (lambda: cube.model, lambda: cube.query("units.SUM"), lambda: cubes["a"]):
        with pytest.raises(CubeNotFound, match='No cube named "a"'):
            use()
    star.cube("a")
    assert list(cubes) == ["b", "a"]
    assert len(cube.measures) == 5


def test_cubes_show_themselves(star: Star) -> None:
    """As text and as HTML; a closed session says so."""
    cube = star.cube()
    cube.hierarchies["Geo"] = [star.countries["name"], star.shops["city"]]
    assert str(cube).splitlines() == [
        'Cube: 9 hierarchies, 5 measures, over the rows of "Sales"',
        "  dimension  hierarchies",
        "  Sales      day, shop, item",
        "  Shops      shop, country, city",
        "  Countries  country, name, Geo (name / city)",
        "  measures   contributors.COUNT, units.SUM, units.MEAN, price.SUM, price.MEAN",
    ]
    assert "<td" in cube._repr_html_()
    assert str(star.session.cubes).splitlines()[0] == "1 cube"
    assert "<td" in star.session.cubes._repr_html_()
    cube.description = "All of it"
    assert cube.description == "All of it"
    with pytest.raises(InvalidArgument, match="description"):
        cube.description = 5  # type: ignore[assignment] # on purpose
    star.session.close()
    assert repr(cube) == "Cube: session closed"
    with pytest.raises(SessionClosed):
        cube.query("units.SUM")
