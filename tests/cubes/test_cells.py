"""`CubeResult.cell`: one number, how it comes about, and the facts behind it."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import Any

import pandas as pd
import pytest

import atomlite as al
from atomlite.cubes.planning import leaves
from atomlite.errors import (
    CellNotFound,
    DataMovedWarning,
    InvalidArgument,
    InvalidQuery,
    LevelNotFound,
    MeasureNotFound,
    RowsLeftOutWarning,
    WrongType,
)

COUNTRY = {("Place", "country"): "F"}


@pytest.fixture
def cube(session: al.Session) -> al.Cube:
    """Return a cube over a star with an orphan and a many-join."""
    frame = pd.DataFrame(
        {
            "id": range(6),
            "shop": ["a", "b", "c", "d", "z", "a"],
            "item": ["pen", "ink", "pen", None, "pen", "ink"],
            "day": [dt.date(2024, 1, n) for n in (1, 1, 2, 2, 3, 3)],
            "units": [1, 2, 3, 4, 5, None],
            "price": [1.5, 2.5, 0.5, 1.0, 2.0, 4.0],
        }
    ).astype({"units": "Int64"})
    sales = session.read_pandas(frame, table_name="Sales", keys=["id"])
    shops = session.read_pandas(
        pd.DataFrame(
            {
                "shop": ["a", "b", "c", "d"],
                "city": ["Paris", "Lyon", "Paris", None],
                "country": ["F", "F", "US", "F"],
            }
        ),
        table_name="Shops",
        keys=["shop"],
    )
    tags = session.read_pandas(
        pd.DataFrame({"item": ["pen", "pen", "ink"], "tag": ["x", "y", "x"], "weight": [1, 2, 4]}),
        table_name="Tags",
    )
    sales.join(shops)
    sales.join(tags, sales["item"] == tags["item"])
    cube = session.create_cube(sales)
    cube.hierarchies["Place"] = [shops["country"], shops["city"]]
    amount = al.agg.sum(sales["units"] * sales["price"])
    cube.measures["amount"] = amount
    cube.measures["average"] = cube.measures["amount"] / cube.measures["units.SUM"]
    cube.measures["weight"] = al.agg.sum(tags["weight"], per="partner")
    return cube


def test_a_cell_has_its_value(cube: al.Cube) -> None:
    """By names or handles, totals by leaving levels out, null by its member."""
    result = cube.query("units.SUM", levels=[("Place", "city")], include_totals=True)
    country, city = cube.levels["Place", "country"], cube.levels["Place", "city"]

    assert result.cell("units.SUM", {country: "F", city: "Lyon"}).value == 2
    assert result.cell(cube.measures["units.SUM"], {("Place", "country"): "F"}).value == 7
    assert result.cell("units.SUM").value == 15
    assert result.cell("units.SUM", {country: "F", city: None}).value == 4
    assert result.cell("units.SUM", {country: None}).value == 5


def test_a_parent_is_needed_only_where_there_are_several(cube: al.Cube) -> None:
    """The error lists the parents."""
    result = cube.query("units.SUM", levels=[("Place", "city")])

    assert result.cell("units.SUM", {("Place", "city"): "Lyon"}).value == 2
    with pytest.raises(InvalidQuery, match=r'2 cells are at city "Paris": .*F.* > .*US') as caught:
        result.cell("units.SUM", {("Place", "city"): "Paris"})
    assert caught.value.hint == "Give the members of the levels above, too."


def test_other_levels_and_measures_than_those_of_the_result(cube: al.Cube) -> None:
    """They are asked for, with the filters of the result."""
    item = cube.levels["Sales", "item", "item"]
    result = cube.query("units.SUM", levels=[("Place", "city")], filter=item == "pen")

    assert result.cell("units.SUM").value == 9
    assert result.cell("contributors.COUNT", {("Place", "country"): "US"}).value == 1
    assert result.cell("units.SUM", {"day": dt.date(2024, 1, 3)}).value == 5


def test_unknown_cells_are_refused(cube: al.Cube) -> None:
    """Members that are not there, of another type, and cells that the query left out."""
    units = cube.measures["units.SUM"]
    result = cube.query("units.SUM", levels=["day"], filter=units > 4)

    assert result.cell("units.SUM", {"day": dt.date(2024, 1, 3)}).value == 5
    with pytest.raises(CellNotFound, match="no cell at day"):
        result.cell("units.SUM", {"day": dt.date(2024, 1, 1)})
    with pytest.raises(WrongType, match='"day" is date32'):
        result.cell("units.SUM", {"day": "2024"})
    with pytest.raises(LevelNotFound):
        result.cell("units.SUM", {"week": 1})
    with pytest.raises(MeasureNotFound):
        result.cell("units", {})
    with pytest.raises(InvalidArgument, match="coordinates"):
        result.cell("units.SUM", [1])  # type: ignore[arg-type] # on purpose
    whole = cube.query("units.SUM", levels=["tag"])
    with pytest.raises(CellNotFound):
        whole.cell("contributors.COUNT", {("Sales", "id", "id"): 1.5})


def test_visible_totals_are_those_of_the_result(cube: al.Cube) -> None:
    """A total of other facts is not made up in their place, and its facts are not shown."""
    units = cube.measures["units.SUM"]
    query: dict[str, Any] = {"levels": ["day"], "filter": units > 4, "totals": "visible"}
    result = cube.query("units.SUM", include_totals=True, **query)

    assert result.cell("units.SUM").value == 12
    assert result.cell("units.SUM").explain().facts is None
    with pytest.raises(InvalidQuery, match="total of the visible cells alone"):
        result.cell("units.SUM").rows()
    with pytest.raises(CellNotFound, match="totals are of the visible cells"):
        cube.query("units.SUM", **query).cell("units.SUM")


def test_an_explanation_has_formula_filters_sql_and_facts(cube: al.Cube) -> None:
    """Measures that others are made of come with their own formulas."""
    item = cube.levels["Sales", "item", "item"]
    result = cube.query("average", levels=[("Place", "country")], filter=item == "pen")
    explained = result.cell("average", {("Place", "country"): "F"}).explain()

    assert explained.formulas == {
        "average": 'm["amount"] / m["units.SUM"]',
        "amount": "agg.sum(units * price)",
        "units.SUM": "agg.sum(units)",
    }
    assert explained.filters == ('item == "pen"',)
    assert explained.coordinates == {"country": "F"}
    assert explained.facts == 1
    assert explained.statement.startswith("WITH") or "SELECT" in explained.statement
    text = repr(explained)
    assert text.startswith('average at country "F": 1.5')
    assert 'filters: item == "pen"' in text
    assert "facts: 1" in text
    assert repr(result.cell("average")).startswith("average at the grand total: ")


def test_the_facts_of_a_cell_add_up(cube: al.Cube) -> None:
    """Drill-through shows the fact table's columns and those of the levels, and checks itself."""
    result = cube.query("average", levels=[("Place", "country")])
    cell = result.cell("average", {("Place", "country"): "F"})
    rows = cell.rows()

    assert list(rows) == ["id", "shop", "item", "day", "units", "price", "Shops.country"]
    assert list(rows["id"]) == [0, 1, 3, 5]
    assert set(rows["Shops.country"]) == {"F"}
    assert cell.value == pytest.approx((1.5 + 5 + 4) / 7)
    assert rows.attrs["agrees"] is True
    assert rows.attrs["check"] == f"4 facts give {cell.value!r}, the value of the cell."
    assert rows["units"].dtype == "Int64"


def test_facts_come_once_through_many_joins(cube: al.Cube) -> None:
    """A fact with two tags is one row of the cell of both."""
    result = cube.query("units.SUM", "contributors.COUNT", levels=["tag"], include_totals=True)
    rows = result.cell("contributors.COUNT").rows()
    tagged = result.cell("units.SUM", {"tag": "x"})

    assert (len(rows), rows.attrs["agrees"]) == (6, True)
    assert list(tagged.rows()["id"]) == [0, 1, 2, 4, 5]
    assert tagged.value == tagged.rows()["units"].sum() == 11


def test_a_cut_is_said(cube: al.Cube) -> None:
    """A warning says how many facts there are; all of them are added up, not those shown alone."""
    cell = cube.query("units.SUM").cell("units.SUM")
    with pytest.warns(RowsLeftOutWarning) as caught:
        rows = cell.rows(limit=2)

    assert str(caught[0].message) == "2 of 6 facts are shown; `rows(limit=6)` shows all."
    assert caught[0].filename == __file__
    assert list(rows["id"]) == [0, 1]
    assert rows.attrs["agrees"] is True
    assert rows.attrs["check"] == "6 facts give 15, the value of the cell."


@pytest.mark.parametrize("limit", [6, None])
def test_all_facts_come_without_a_warning(cube: al.Cube, limit: int | None) -> None:
    """Exactly as many as there are, or no limit."""
    cell = cube.query("units.SUM").cell("units.SUM")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert list(cell.rows(limit=limit)["id"]) == [0, 1, 2, 3, 4, 5]


def test_many_facts_are_cut_to_a_thousand(session: al.Session) -> None:
    """The warning names a round number that is enough."""
    frame = pd.DataFrame({"v": [2] * 4301})
    cube = session.create_cube(session.read_pandas(frame, table_name="Many"))
    with pytest.warns(RowsLeftOutWarning, match=r"1,000 of 4,301 facts .*`rows\(limit=5000\)`"):
        rows = cube.query("v.SUM").cell("v.SUM").rows()

    assert (len(rows), rows.attrs["agrees"]) == (1000, True)


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, "10"])
def test_a_limit_is_a_number_of_rows(cube: al.Cube, limit: Any) -> None:  # noqa: ANN401 -- wrong ones
    """Or ``None``."""
    with pytest.raises(InvalidArgument, match="limit"):
        cube.query("units.SUM").cell("units.SUM").rows(limit=limit)


def test_a_filtered_measure_has_the_facts_of_its_filter(cube: al.Cube) -> None:
    """They are shown, counted and added up; other facts of the cell are not."""
    m, item = cube.measures, cube.levels["Sales", "item", "item"]
    m["pens"] = al.filter(m["amount"], item == "pen")
    m["mean pen"] = m["pens"] / al.filter(m["units.SUM"], item == "pen")
    result = cube.query("pens", "mean pen", levels=["day"])
    at = {"day": dt.date(2024, 1, 1)}
    rows = result.cell("pens", at).rows()

    assert (list(rows["id"]), list(rows["item"])) == ([0], ["pen"])
    assert rows.attrs["check"] == "1 fact gives 1.5, the value of the cell."
    explained = result.cell("pens", at).explain()
    assert (explained.filters, explained.facts) == (('item == "pen"',), 1)
    assert result.cell("mean pen", at).explain().filters == ('item == "pen"',)
    assert result.cell("mean pen").rows().attrs["agrees"] is True
    assert list(result.cell("mean pen").rows()["id"]) == [0, 2, 4]


def test_filters_of_a_query_and_of_its_measure_come_together(cube: al.Cube) -> None:
    """Each once, in filters of filters too."""
    m, item, city = (
        cube.measures,
        cube.levels["Sales", "item", "item"],
        cube.levels["Place", "city"],
    )
    m["pens"] = al.filter(m["units.SUM"], item == "pen")
    m["Paris"] = al.filter(m["pens"], (city == "Paris") & (item == "pen"))
    result = cube.query("Paris", filter=city == "Paris")
    rows = result.cell("Paris").rows()

    assert result.cell("Paris").explain().filters == ('city == "Paris"', 'item == "pen"')
    assert (list(rows["id"]), set(rows["Shops.city"])) == ([0, 2], {"Paris"})
    assert rows.attrs["check"] == "2 facts give 4, the value of the cell."


def test_a_filter_of_a_part_is_said(cube: al.Cube) -> None:
    """The facts are all of the cell, and add up to its value, each part among its own."""
    m, item = cube.measures, cube.levels["Sales", "item", "item"]
    m["part"] = al.filter(m["units.SUM"], item == "pen") / m["units.SUM"]
    cell = cube.query("part").cell("part")

    assert cell.explain().filters == ()
    assert len(cell.rows()) == cell.explain().facts == 6
    check = "6 facts, of which `al.filter` takes a part, give 0.6, the value of the cell."
    assert cell.rows().attrs["check"] == check


def test_a_filter_on_a_slicing_hierarchy_is_of_other_facts(cube: al.Cube) -> None:
    """Alone it is shown as it is; beside the first member, facts outside of the cell count."""
    m, item = cube.measures, cube.levels["Sales", "item", "item"]
    cube.hierarchies["Sales", "item"].slicing = True
    m["pens"] = al.filter(m["units.SUM"], item == "pen")
    m["ratio"] = m["pens"] / m["units.SUM"]
    result = cube.query("units.SUM", "pens", "ratio")

    assert [result.cell(name).value for name in ("units.SUM", "pens")] == [2, 9]
    assert list(result.cell("pens").rows()["id"]) == [0, 2, 4]
    assert result.cell("pens").rows().attrs["agrees"] is True
    with pytest.warns(RowsLeftOutWarning, match="`al.filter` looks at other cells"):
        check = result.cell("ratio").rows().attrs["check"]
    outside = "This measure also looks at facts outside of the cell"
    assert check == f"{outside} (`al.filter`): not added up."


def test_what_is_not_made_of_these_facts_is_said(cube: al.Cube) -> None:
    """Other cells, or rows of a joined table, under the names that users know."""
    m, h, levels = cube.measures, cube.hierarchies, cube.levels
    units, place, day = m["units.SUM"], h["Place"], levels["day"]
    m["total"] = units / al.total(units, place)
    m["parent"] = al.parent_value(units, degrees={place: 1})
    m["shift"] = al.shift(units, h["day"])
    m["date_shift"] = al.date_shift(units, h["day"], offset="P1D")
    m["rank"] = al.rank(units, place) + m["shift"]
    m["at"] = al.at(units, levels["Place", "country"] == "F")
    m["running"] = al.agg.sum(units, scope=al.CumulativeScope(day))
    m["siblings"] = al.agg.sum(units, scope=al.SiblingsScope(place))
    m["origin"] = al.agg.max(units, scope=al.OriginScope(day))
    m["best"] = al.agg.max_member(units, day)
    m["least"] = al.agg.min_member(units, day)
    m["opening"] = al.agg.first(units, by=day)
    m["closing"] = al.agg.last(units, by=day)
    m["python"] = al.apply(lambda values: values, units, data_type="int64")
    outside = "This measure also looks at facts outside of the cell"
    cells = "This measure is calculated from cells, not from facts"
    expected = {
        "total": f"{outside} (`al.total`): not added up.",
        "parent": f"{outside} (`al.parent_value`): not added up.",
        "shift": f"{outside} (`al.shift`): not added up.",
        "date_shift": f"{outside} (`al.date_shift`): not added up.",
        "rank": f"{outside} (`al.rank`, `al.shift`): not added up.",
        "at": f"{outside} (`al.at`): not added up.",
        "running": f"{outside} (`al.CumulativeScope`): not added up.",
        "siblings": f"{outside} (`al.SiblingsScope`): not added up.",
        "origin": f"{cells} (`al.OriginScope`): not added up.",
        "best": f"{cells} (`al.agg.max_member`): not added up.",
        "opening": f"{cells} (`al.agg.first`): not added up.",
        "closing": f"{cells} (`al.agg.last`): not added up.",
        "least": f"{cells} (`al.agg.min_member`): not added up.",
        "python": f"{cells} (`al.apply`): not added up.",
        "weight": '`agg.sum(weight, per="partner")` is not made of facts: not added up.',
    }
    result = cube.query(*expected, levels=[("Place", "country")])

    found, warned = {}, set()
    for name in expected:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found[name] = result.cell(name, COUNTRY).rows().attrs["check"]
        warned |= {name for each in caught if each.category is RowsLeftOutWarning}
    assert found == expected
    own = {"origin", "best", "least", "python", "weight"}
    assert warned == expected.keys() - own


def test_facts_that_are_not_those_of_the_value_are_a_warning(cube: al.Cube) -> None:
    """Those of the year before, or of the last day alone, have another sum."""
    m = cube.measures
    m["before"] = al.shift(m["units.SUM"], cube.hierarchies["day"])
    m["closing"] = al.agg.last(m["units.SUM"], by=cube.levels["day"])
    result = cube.query("before", "closing", levels=["day"], include_totals=True)
    cell = result.cell("before", {"day": dt.date(2024, 1, 2)})

    assert cell.value == 5
    with pytest.warns(RowsLeftOutWarning) as caught:
        rows = cell.rows()
    assert list(rows["units"]) == [3, 4]
    assert [str(each.message) for each in caught] == [
        "These are the facts of the cell, not those of its value: `al.shift` looks at other cells."
    ]
    assert caught[0].filename == __file__
    with pytest.warns(RowsLeftOutWarning, match="`al.agg.last` takes a part of them"):
        assert len(result.cell("closing").rows()) == 6


def test_filters_at_other_cells_leave_the_facts_alone(cube: al.Cube) -> None:
    """The cell has all facts that count in it, whatever is filtered elsewhere."""
    m, item = cube.measures, cube.levels["Sales", "item", "item"]
    pens = al.filter(m["units.SUM"], item == "pen")
    m["of pens"] = m["units.SUM"] / al.total(pens, cube.hierarchies["Place"])
    m["pens of pens"] = pens / al.total(pens, cube.hierarchies["Place"])
    result = cube.query("of pens", "pens of pens", levels=[("Place", "country")])

    with pytest.warns(RowsLeftOutWarning, match="`al.total` looks at other cells"):
        assert list(result.cell("of pens", COUNTRY).rows()["id"]) == [0, 1, 3, 5]
    with pytest.warns(RowsLeftOutWarning, match="`al.total` looks at other cells"):
        assert list(result.cell("pens of pens", COUNTRY).rows()["id"]) == [0]


def test_a_row_that_is_looked_up_counts_among_the_facts(cube: al.Cube, session: al.Session) -> None:
    """It is looked up once more."""
    rates = session.read_pandas(
        pd.DataFrame({"country": ["F", "US"], "rate": [0.5, 2.0]}),
        table_name="Rates",
        keys=["country"],
    )
    rate = al.lookup(rates["rate"], {"country": cube.levels["Place", "country"]})
    cube.measures["converted"] = cube.measures["units.SUM"] * rate
    result = cube.query("converted", levels=[("Place", "country")])
    rows = result.cell("converted", COUNTRY).rows()

    assert rows.attrs["check"] == "4 facts give 3.5, the value of the cell."


def test_a_function_without_a_second_way_is_said(cube: al.Cube) -> None:
    """It is not said to look elsewhere."""
    cube.measures["floor"] = al.math.floor(cube.measures["price.SUM"])
    check = cube.query("floor").cell("floor").rows().attrs["check"]

    assert check == "There is no second way for the function `math.floor`: not added up."


def test_other_aggregates_add_up(cube: al.Cube, session: al.Session) -> None:
    """Each aggregate of facts is made again from their values."""
    sales = session.tables["Sales"]
    made: dict[str, Any] = {
        name: getattr(al.agg, name)(sales["units"])
        for name in ("median", "count", "count_distinct", "max", "std", "single_value")
    }
    made["first"] = al.agg.first(sales["price"], by=sales["day"])
    made["last"] = al.agg.last(sales["price"], by=sales["day"])
    made["product"] = al.agg.sum_product(sales["units"], sales["price"])
    made["none"] = al.agg.count(sales["units"])
    for name, expression in made.items():
        cube.measures[name] = expression
    result = cube.query(*made, levels=["day"], include_totals=True)

    for name in made:
        for day in (1, 2, 3):
            cell = result.cell(name, {"day": dt.date(2024, 1, day)})
            assert cell.rows().attrs["agrees"] is True, (name, cell)
        assert result.cell(name).rows().attrs["agrees"] is True, name


def test_data_that_moved_is_said(cube: al.Cube, session: al.Session) -> None:
    """The facts are those of now, the value is that of then."""
    cell = cube.query("units.SUM").cell("units.SUM")
    sales = session.tables["Sales"]
    sales += (7, "a", "pen", dt.date(2024, 1, 1), 10, 1.0)

    with pytest.warns(DataMovedWarning, match="7 facts give 25, and the cell has 15") as caught:
        rows = cell.rows()
    assert caught[0].filename == __file__
    assert (rows.attrs["agrees"], rows.attrs["moved"]) == (False, True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        session.tables["Tags"] += ("pen", "z", 1)
        assert cube.query("units.SUM").cell("units.SUM").rows().attrs["moved"] is False


def test_facts_that_do_not_add_up_are_a_warning(
    cube: al.Cube, session: al.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cell that is wrong is found by its own rows."""
    cube.measures["most"] = al.agg.max(session.tables["Sales"]["units"])
    monkeypatch.setitem(leaves._SIMPLE, "max", "min({})")
    cell = cube.query("most").cell("most")

    with pytest.warns(UserWarning, match="6 facts give 5, and the cell has 1"):
        assert cell.rows().attrs["agrees"] is False
