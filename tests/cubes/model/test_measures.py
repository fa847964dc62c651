"""Measures: defined by assignment, changed while others ask, refused where they would not work."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import (
    AtomliteError,
    InvalidArgument,
    InvalidMeasure,
    InvalidName,
    LevelNotFound,
    MeasureInUse,
    MeasureNotFound,
    WrongType,
)
from atomlite.measures.additivity import Additivity
from atomlite.measures.nodes import Constant, Named
from tests.cubes.model.conftest import Star


@pytest.fixture
def cube(star: Star) -> al.Cube:
    """Give a cube."""
    return star.cube()


def _value(cube: al.Cube, name: str) -> object:
    return cube.query(name, mode="arrow").column(name).to_pylist()[0]


def test_what_is_assigned_becomes_a_measure(star: Star, cube: al.Cube) -> None:
    """Calculations, aggregates, conditions, levels and constants."""
    m, levels = cube.measures, cube.levels
    m["revenue"] = al.agg.sum(star.sales["units"] * star.sales["price"])
    m["per unit"] = m["revenue"] / m["units.SUM"]
    m["many"] = m["units.SUM"] > 5
    m["where"] = levels["item"]
    m["five"] = 5
    m["since"] = dt.date(2026, 1, 1)
    m["same"] = m["revenue"]
    assert _value(cube, "revenue") == 4 * 2.0 + 3 * 5.0 + 2 * 2.5 + 1 * 4.0
    assert _value(cube, "per unit") == 32.0 / 10
    assert _value(cube, "many") is True
    assert _value(cube, "where") is None
    assert _value(cube, "five") == 5
    assert _value(cube, "since") == dt.date(2026, 1, 1)
    assert _value(cube, "same") == 32.0
    assert {name: str(m[name].data_type) for name in ("per unit", "many", "where", "since")} == {
        "per unit": "double",
        "many": "bool",
        "where": "string",
        "since": "date32[day]",
    }
    assert repr(m["per unit"].formula) == 'm["revenue"] / m["units.SUM"]'


def test_a_measure_follows_what_it_is_made_of(star: Star, cube: al.Cube) -> None:
    """Its value, its type and its additivity."""
    m = cube.measures
    m["a"] = al.agg.sum(star.sales["units"])
    m["b"] = m["a"] + m["a"]
    assert (_value(cube, "b"), str(m["b"].data_type), m["b"].additivity.kind) == (
        *(20, "int64"),
        "additive",
    )
    m["a"] = al.agg.max(star.sales["price"])
    assert (_value(cube, "b"), str(m["b"].data_type), m["b"].additivity.kind) == (
        *(10.0, "double"),
        "non-additive",
    )


def test_a_change_that_breaks_another_measure_is_refused(star: Star, cube: al.Cube) -> None:
    """And names it; nothing has changed."""
    m = cube.measures
    m["a"] = al.agg.sum(star.sales["units"])
    m["b"] = m["a"] * 2
    before = cube.model
    with pytest.raises(MeasureInUse, match=r'"a" cannot become .* the measure "b" uses it'):
        m["a"] = al.agg.single_value(star.sales["item"])
    with pytest.raises(MeasureInUse) as caught:
        del m["a"]
    assert caught.value.details == {"measures": ["b"]}
    for circle in ({"a": m["b"]}, {"a": m["a"]}, {"x": m["a"], "a": m["b"] + 1}):
        with pytest.raises(InvalidMeasure, match="would be made of itself: "):
            m.update(circle)
    assert cube.model is before


def test_a_text_may_take_the_place_of_a_number_together_with_what_is_made_of_it(
    star: Star, cube: al.Cube
) -> None:
    """Several at once may name each other, in any order."""
    m = cube.measures
    m["a"] = al.agg.sum(star.sales["units"])
    m["b"] = m["a"] * 2
    before = cube.model.revision
    m.update({"b": m["a"] == "pen", "a": al.agg.single_value(star.sales["item"])}, c=1)
    assert cube.model.revision == before + 1
    assert str(m["b"].data_type) == "bool"
    assert "c" in m


def test_several_are_defined_at_once_or_none(cube: al.Cube) -> None:
    """The mistake in one undoes all."""
    before = cube.model
    with pytest.raises(MeasureNotFound, match='named "nothing"'):
        cube.measures.update({"a": 1, "b": Named("nothing")})
    assert cube.model is before


def test_what_is_no_measure_is_refused(star: Star, cube: al.Cube) -> None:
    """With what to write."""
    m = cube.measures
    with pytest.raises(InvalidMeasure, match=r"al.agg.sum\(units\)"):
        m["x"] = star.sales["units"]
    for nothing in (None, Constant(None)):
        with pytest.raises(InvalidMeasure, match="None"):
            m["x"] = nothing
    for strange in (object(), [1, 2], len, {"a": 1}):
        with pytest.raises(AtomliteError):
            m["x"] = strange
    names: list[Any] = ["", 5, None, "\x00", "_depth"]
    for name in names:
        with pytest.raises(InvalidName):
            m[name] = 1
    assert "x" not in m


def test_the_number_of_facts_stays(cube: al.Cube) -> None:
    """It can be hidden and described."""
    m = cube.measures
    with pytest.raises(InvalidMeasure, match="every cube counts its facts"):
        del m["contributors.COUNT"]
    with pytest.raises(InvalidMeasure, match="is the number of facts"):
        m["contributors.COUNT"] = 1
    m["contributors.COUNT"].visible = False
    assert not m["contributors.COUNT"].visible


def test_unknown_measures_are_named(cube: al.Cube) -> None:
    """In brackets, in queries, and in `del`."""
    for use in (
        lambda: cube.measures["units.SUMM"],
        lambda: cube.query("units.SUMM"),
        lambda: cube.measures.__delitem__("units.SUMM"),
    ):
        with pytest.raises(MeasureNotFound, match=r'Did you mean "units.SUM"?'):
            use()
    strange: list[object] = ["units.SUMM", 5]
    assert not any(name in cube.measures for name in strange)


def test_what_is_said_of_additivity_holds_for_what_is_made_of_it(cube: al.Cube) -> None:
    """Also through several measures, and until it is taken back."""
    m = cube.measures
    m["a"] = m["units.SUM"] * 2
    m["b"] = m["a"] * 3
    m["units.SUM"].additivity = "non-additive"
    assert [m[name].additivity.kind for name in ("a", "b")] == ["non-additive"] * 2
    m["a"].additivity = "additive"
    assert [m[name].additivity.kind for name in ("a", "b")] == ["additive"] * 2
    m["units.SUM"].additivity = None
    m["a"].additivity = None
    assert [m[name].additivity.kind for name in ("a", "b")] == ["additive"] * 2


def test_attributes_last_until_it_is_defined_again(cube: al.Cube) -> None:
    """A copy and a new definition have those of new measures."""
    m = cube.measures
    m["a"] = m["units.SUM"] * 2
    a = m["a"]
    a.description, a.folder, a.formatter, a.visible = "Twice", "Sums", ",.2f", False
    a.additivity = Additivity("non-additive")
    assert (a.description, a.folder, a.formatter, a.visible) == ("Twice", "Sums", ",.2f", False)
    assert a.additivity == Additivity("non-additive")
    m["units.SUM"].description = "what it is made of changes"
    assert a.additivity == Additivity("non-additive")
    a.additivity = None
    assert a.additivity == Additivity("additive")
    m["b"] = a
    m["a"] = m["units.SUM"] * 2
    for fresh in (a, m["b"]):
        assert (fresh.description, fresh.folder, fresh.formatter, fresh.visible) == (
            *(None, None, None),
            True,
        )
    for name in ("description", "folder", "formatter", "visible", "additivity"):
        with pytest.raises(InvalidArgument, match=name):
            setattr(a, name, 5)
    with pytest.raises(InvalidArgument, match="formatter"):
        a.formatter = "DOUBLE[oops"
    with pytest.raises(AttributeError):
        setattr(a, "fomatter", "x")  # noqa: B010 -- mypy would find it


def test_additivity_given_survives_changes_of_hierarchies(star: Star, cube: al.Cube) -> None:
    """What was inferred is inferred again: over tags, units do not add up."""
    m = cube.measures
    m["given"] = m["units.SUM"] * 1
    m["given"].additivity = Additivity("additive")
    assert m["units.SUM"].additivity == Additivity("additive")
    star.with_tags()
    assert m["units.SUM"].additivity.kind == "semi-additive"
    assert {key.name for key in m["units.SUM"].additivity.not_over} == {"item", "tag"}
    assert {key.dimension for key in m["units.SUM"].additivity.not_over} == {"Tags"}
    assert m["given"].additivity == Additivity("additive")


def test_what_a_joined_row_counts_must_be_said(star: Star, cube: al.Cube) -> None:
    """Both ways are named, and each gives its own number."""
    m, size = cube.measures, star.shops["size"]
    with pytest.raises(InvalidMeasure) as caught:
        m["size"] = al.agg.sum(size)
    assert 'per="partner" for one value for each row of "Shops"' in str(caught.value)
    assert 'per="fact" for one value for each row of "Sales"' in str(caught.value)
    m["of shops"] = al.agg.sum(size, per="partner")
    m["of sales"] = al.agg.sum(size, per="fact")
    m["largest"] = al.agg.max(size)
    star.session.tables["Sales"] += (dt.date(2026, 4, 1), 1, "ink", 1, 1.0)
    assert [_value(cube, name) for name in ("of shops", "of sales", "largest")] == [60, 70, 30]


def test_sums_through_a_join_to_many_rows_are_refused(star: Star, cube: al.Cube) -> None:
    """Unless each row of the joined table counts once."""
    tags = star.with_tags()
    m = cube.measures
    with pytest.raises(InvalidMeasure, match="would be counted once for each"):
        m["x"] = al.agg.sum(star.sales["units"] * tags["weight"])
    with pytest.raises(InvalidMeasure, match="has no one value there"):
        m["x"] = al.agg.sum(tags["weight"], per="fact")
    with pytest.raises(InvalidMeasure) as caught:
        m["x"] = al.agg.mean(tags["weight"])
    assert 'per="fact"' not in str(caught.value)
    m["x"] = al.agg.sum(tags["weight"], per="partner")
    m["y"] = al.agg.count_distinct(tags["tag"])
    assert (_value(cube, "x"), _value(cube, "y")) == (6, 2)


def test_levels_are_aggregated_as_their_columns_are(star: Star, cube: al.Cube) -> None:
    """With the same rules."""
    m = cube.measures
    m["cities"] = al.agg.count_distinct(cube.levels["city"])
    assert _value(cube, "cities") == 3
    with pytest.raises(InvalidMeasure, match="how often it counts"):
        m["x"] = al.agg.count(cube.levels["city"])
    cube.hierarchies["Size"] = {"Size": star.shops["size"]}
    m["mixed"] = al.agg.sum(star.sales["units"] * cube.levels["Size"])
    assert _value(cube, "mixed") == 4 * 10 + 3 * 20 + 2 * 30


def test_per_must_fit_the_tables(star: Star, cube: al.Cube) -> None:
    """Columns of facts have one value per fact; rows of two tables are none of either."""
    m, area, size = cube.measures, star.countries["area"], star.shops["size"]
    with pytest.raises(InvalidMeasure, match="which is not a joined table"):
        m["x"] = al.agg.sum(star.sales["units"], per="partner")
    with pytest.raises(InvalidMeasure, match="mixes columns of"):
        m["x"] = al.agg.sum(area * size, per="partner")
    m["both"] = al.agg.sum(area * size, per="fact")
    m["mixed"] = al.agg.sum(star.sales["units"] * size)
    assert _value(cube, "both") == 5.0 * 10 + 5.0 * 20 + 3.0 * 30
    assert _value(cube, "mixed") == 4 * 10 + 3 * 20 + 2 * 30


def test_a_join_that_makes_a_sum_wrong_stops_it(star: Star, cube: al.Cube) -> None:
    """When keys are gone, what was one partner may be several."""
    m = cube.measures
    m["mixed"] = al.agg.sum(star.sales["units"] * star.shops["size"])
    m["factor"] = 2
    m["twice"] = m["mixed"] * m["factor"]
    star.session.read_pandas(star.shops.query(), table_name="Shops")
    with pytest.raises(AtomliteError, match=r'measure "mixed" .* may have several partners'):
        cube.query("mixed")
    with pytest.raises(AtomliteError, match=r'measure "mixed" .* may have several partners'):
        cube.query("twice")
    assert _value(cube, "units.SUM") == 10
    m["factor"] = 3  # what is broken already stands in no way
    cube.hierarchies["New"] = [star.shops["city"]]
    m["mixed"] = m["units.SUM"]
    assert _value(cube, "twice") == 30


def test_columns_and_levels_must_be_of_the_cube(star: Star, cube: al.Cube) -> None:
    """Other tables are named, with what to do."""
    m = cube.measures
    other = star.session.create_table("Other", data_types={"a": "int64"})
    with pytest.raises(AtomliteError, match='no joins lead from "Sales" to "Other"'):
        m["x"] = al.agg.sum(other["a"])
    cube.hierarchies.update({"New": [star.shops["city"]]})
    city = cube.levels["New", "city"]
    del cube.hierarchies["New"]
    with pytest.raises(LevelNotFound, match=r'\("Shops", "New", "city"\)'):
        m["x"] = al.filter(m["units.SUM"], city == "Rome")
    with pytest.raises(AtomliteError, match="column"):
        m["x"] = al.where(star.sales["units"] > 1, m["units.SUM"], 0)


def test_navigation_needs_fitting_levels(star: Star, cube: al.Cube) -> None:
    """Dates for periods, ancestors for partitions, all keys for a look-up."""
    m, h, levels = cube.measures, cube.hierarchies, cube.levels
    h["Geo"] = [star.countries["name"], star.shops["city"]]
    units = m["units.SUM"]
    with pytest.raises(InvalidMeasure, match="needs a level of dates"):
        m["x"] = al.date_shift(units, h["item"], offset="P1M")
    with pytest.raises(InvalidMeasure, match="needs a level of dates"):
        m["x"] = al.agg.sum(units, scope=al.CumulativeScope(levels["item"], window=("-P1M", "P0D")))
    with pytest.raises(InvalidMeasure, match="is not above"):
        m["x"] = al.agg.sum(
            units,
            scope=al.CumulativeScope(levels["Geo", "name"], partitioning=levels["Geo", "city"]),
        )
    with pytest.raises(AtomliteError, match="above"):
        m["x"] = al.agg.sum(
            units, scope=al.CumulativeScope(levels["day"], partitioning=levels["item"])
        )
    with pytest.raises(AtomliteError, match="partitioning"):
        m["x"] = al.shift(units, h["Geo"], partitioning=levels["item"])
    tags = star.with_tags()
    with pytest.raises(AtomliteError, match="keys"):
        m["x"] = al.lookup(tags["weight"], {tags["item"]: levels["Sales", "item", "item"]})
    other = star.session.create_table("Keyless", data_types={"a": "int64"})
    with pytest.raises(InvalidMeasure, match='"Keyless" has no keys'):
        m["x"] = al.lookup(other["a"], {"a": 1})
    with pytest.raises(AtomliteError, match="int64"):
        m["x"] = al.lookup(star.countries["area"], {star.countries["country"]: units})
    m["month"] = al.date_shift(units, h["day"], offset="-P1M")
    m["area"] = al.lookup(
        star.countries["area"], {star.countries["country"]: levels["Shops", "country", "country"]}
    )
    assert "x" not in m
    assert {"month", "area"} <= set(m)
    frame = star.countries.query().astype({"area": "int64"})
    star.session.read_pandas(frame, keys={"country"}, table_name="Countries")
    with pytest.raises(AtomliteError, match=r'measure "area" .* the column is int64 now'):
        cube.query("area")


def test_types_must_go_together(star: Star, cube: al.Cube) -> None:
    """Text is no number, and dates do not compare with text."""
    m = cube.measures
    m["item"] = al.agg.single_value(star.sales["item"])
    for wrong in (
        lambda: m["item"] + 1,
        lambda: al.where(m["units.SUM"] > 1, m["item"], 0),
        lambda: m["item"] > m["units.SUM"],
        lambda: al.agg.sum(star.sales["item"]),
    ):
        with pytest.raises((WrongType, InvalidMeasure)):
            m["x"] = wrong()


def test_measures_show_themselves(cube: al.Cube) -> None:
    """As text and as HTML, by name in brackets."""
    m = cube.measures
    m["long"] = sum((m["units.SUM"] for _ in range(9)), m["units.SUM"])
    lines = str(m).splitlines()
    assert lines[0] == "6 measures"
    assert lines[3].split() == ["units.SUM", "agg.sum(units)", "int64", "additive"]
    assert "…" in lines[-1]
    assert "<td" in m._repr_html_()
    assert m._ipython_key_completions_()[0] == "contributors.COUNT"
    assert repr(m["long"]) == 'm["long"]'
    assert m["long"].data_type == pa.int64()
    assert len(m) == 6


def test_a_cube_without_rows_has_measures(session: al.Session) -> None:
    """Null in the one cell, until rows come."""
    table = session.create_table("T", data_types={"x": "int64"})
    cube = session.create_cube(table)
    assert cube.query("x.SUM", "contributors.COUNT", mode="arrow").num_rows == 1
    assert _value(cube, "contributors.COUNT") is None
    table.load(pd.DataFrame({"x": [1, 2]}))
    assert _value(cube, "x.SUM") == 3


def test_nothing_adds_up_over_a_slicing_hierarchy(session: al.Session) -> None:
    """Without the day, the stock is that of the first one; the claim follows the hierarchy."""
    frame = pd.DataFrame({"day": [1, 1, 2], "item": ["a", "b", "a"], "stock": [10, 5, 8]})
    cube = session.create_cube(
        session.read_pandas(frame, keys=["day", "item"], table_name="stock"), "stocks"
    )
    day = cube.hierarchies["day"]
    found = [cube.measures["stock.SUM"].additivity]
    day.slicing = True
    found.append(cube.measures["stock.SUM"].additivity)
    result = cube.query("stock.SUM", levels=[cube.levels["day"]])

    assert list(result["stock.SUM"]) == [15, 8]
    assert cube.query("stock.SUM")["stock.SUM"].tolist() == [15]
    assert found == [al.Additivity("additive"), al.Additivity("semi-additive", (day.key,))]


def test_a_word_for_additivity_is_one_of_three() -> None:
    """Wherever it is made."""
    with pytest.raises(InvalidArgument, match="semi-additive"):
        al.Additivity("foo")  # type: ignore[arg-type] # on purpose
