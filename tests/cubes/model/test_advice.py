"""What messages of cubes tell a newcomer to write, and arguments that are taken as they come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import (
    AtomliteError,
    HierarchyNotFound,
    InvalidArgument,
    InvalidMeasure,
    InvalidQuery,
    LevelNotFound,
    MeasureInUse,
    MeasureNotFound,
    WrongType,
)
from tests.cubes.model.conftest import Star


@pytest.fixture
def cube(star: Star) -> al.Cube:
    """Give the cube of the star."""
    return star.cube()


def test_a_column_that_could_be_a_level_is_said(cube: al.Cube) -> None:
    """A number of a joined table has no level by itself; by name and in a query alike."""
    hint = (
        r'column of "Shops".*'
        r'`cube\.hierarchies\["size"\] = \[session\.tables\["Shops"\]\["size"\]\]`'
    )
    for ask in (
        lambda: cube.levels["size"],
        lambda: cube.query("units.SUM", levels="size"),
    ):
        with pytest.raises(LevelNotFound, match=hint):
            ask()
    with pytest.raises(LevelNotFound, match=r'Did you mean "item"\?'):
        cube.levels["itme"]


def test_a_column_that_could_be_a_measure_is_said(cube: al.Cube) -> None:
    """Of a joined table with what must be decided; of the fact table as it is."""
    joined = r'a joined table.*`al\.agg\.sum\(session.*"size"., per="partner"\)`'
    for ask in (lambda: cube.measures["size.SUM"], lambda: cube.query("size.SUM")):
        with pytest.raises(MeasureNotFound, match=joined):
            ask()
    with pytest.raises(MeasureNotFound, match=r'`al\.agg\.mean\(.*"shop".\)`'):
        cube.measures["shop.MEAN"]
    with pytest.raises(MeasureNotFound, match=r"Did you mean \"units\.SUM\""):
        cube.measures["unit.SUM"]


def test_a_hierarchy_in_use_is_not_deleted(cube: al.Cube) -> None:
    """The message names the measures, and nothing that looks like another mistake."""
    h, m = cube.hierarchies, cube.measures
    m["all"] = al.total(m["units.SUM"], h["item"])
    with pytest.raises(MeasureInUse, match='cannot be deleted: the measure "all" uses it') as info:
        del h["item"]
    assert "Did you mean" not in str(info.value)
    m["at"] = al.at(m["units.SUM"], cube.levels["item"] == "pen")
    with pytest.raises(MeasureInUse, match="cannot be changed this way") as info:
        h["item"] = {"other": cube.levels["item"]}
    assert 'No level named ("Sales", "item", "item")' in str(info.value)


def test_a_direction_is_a_method(cube: al.Cube) -> None:
    """A word beside a measure is no name of one."""
    units = cube.measures["units.SUM"]
    for word in ("desc", "ASC"):
        with pytest.raises(InvalidQuery, match=rf"`measure\.{word.lower()}\(\)`"):
            cube.query(units, levels="item", order_by=(units, word))
    cube.measures["desc"] = units * 2
    made = cube.query(units, "desc", levels="item", order_by=(units, "desc"))
    assert made["desc"].tolist() == [6, 14]


def test_additivity_is_said_in_words(cube: al.Cube) -> None:
    """Hierarchies are those of the cube, by handle, key or name."""
    measure, h = cube.measures["units.SUM"], cube.hierarchies
    measure.additivity = "non-additive"
    assert measure.additivity == al.Additivity("non-additive")
    measure.additivity = "additive"
    assert measure.additivity == al.Additivity("additive")
    for given in (h["day"], h["day"].key, "day"):
        measure.additivity = al.Additivity("semi-additive", not_over=[given])  # type: ignore[arg-type]
        assert measure.additivity == al.Additivity("semi-additive", (h["day"].key,))
    with pytest.raises(HierarchyNotFound, match="Nope"):
        measure.additivity = al.Additivity("semi-additive", not_over=["Nope"])  # type: ignore[arg-type]
    for wrong in (
        "semi-additive",
        "foo",
        5,
        al.Additivity("semi-additive"),
        al.Additivity("semi-additive", "day"),  # type: ignore[arg-type]
        al.Additivity("additive", (h["day"].key,)),
    ):
        with pytest.raises(InvalidArgument, match=r"not_over=\[h"):
            measure.additivity = wrong  # type: ignore[assignment]
    assert measure.additivity.kind == "semi-additive"


@pytest.mark.parametrize(
    ("measure", "formatter"),
    [
        ("day", ",.2f"),
        ("day", "INT[#,###]"),
        ("item", ".1%"),
        ("item", "DOUBLE[0.0]"),
        ("units.SUM", "DATE[yyyy]"),
        ("price.MEAN", "d"),
        ("flag", ",.2f"),
        ("items", ",.2f"),
    ],
)
def test_a_formatter_fits_the_values(
    star: Star, cube: al.Cube, measure: str, formatter: str
) -> None:
    """One that would do nothing is refused."""
    m = cube.measures
    m["day"] = al.agg.max(star.sales["day"])
    m["item"] = al.agg.single_value(star.sales["item"])
    m["items"] = al.agg.distinct(star.sales["item"])
    m["flag"] = m["units.SUM"] > 1
    with pytest.raises(InvalidArgument, match=f'one for values of "{measure}", which are'):
        m[measure].formatter = formatter
    assert m[measure].formatter is None
    fitting = {"day": "DATE[yyyy]", "item": ">8", "units.SUM": ".1%", "price.MEAN": "INT[#,##0]"}
    for name, fits in fitting.items():
        m[name].formatter = fits
        assert m[name].formatter == fits


_FORMS = (
    'It must be a format specification of Python such as ",.2f" with a width and precision of at '
    "most 100, or a pattern such as DOUBLE[#,##0.00], INT[#,##0] or DATE[yyyy-MM-dd], or None."
)


@pytest.mark.parametrize(
    ("formatter", "hint"),
    [
        ("#,##0", "It must be DOUBLE[#,##0], in brackets."),
        ("#,##0.0%", "It must be DOUBLE[#,##0.0%], in brackets."),
        ("#.#.#", _FORMS),
        ("%d.%m.%Y", _FORMS),
        ("1000d", _FORMS),
        ("DOUBLE[oops", _FORMS),
        ("INT[0.0]", 'It must be one that works: "0.0" has digits after the point; write DOUBLE['),
    ],
)
def test_what_is_no_formatter_is_told_one(cube: al.Cube, formatter: str, hint: str) -> None:
    """In a sentence; the same pattern in brackets, where that is one."""
    with pytest.raises(InvalidArgument) as caught:
        cube.measures["units.SUM"].formatter = formatter
    assert caught.value.message == f"formatter is {formatter!r}."
    assert caught.value.hint.startswith(hint)


def test_a_hierarchy_in_place_of_a_level_is_told_its_last_level(star: Star, cube: al.Cube) -> None:
    """By its name, and not by its table."""
    h, units = cube.hierarchies, cube.measures["units.SUM"]
    h["Place"] = [star.countries["name"], star.shops["city"]]
    place: Any = h["Place"]
    said = r'the hierarchy \("Countries", "Place"\)\. .*`(by=)?cube\.levels\["Place", "city"\]`'
    with pytest.raises(InvalidMeasure, match=f"is by {said}"):
        al.agg.last(units, by=place)
    misuses: list[Callable[[], object]] = [
        lambda: al.agg.min_member(units, place),
        lambda: al.agg.sum(units, scope=al.OriginScope(place)),
    ]
    for misuse in misuses:
        with pytest.raises(InvalidArgument, match=f"is {said}"):
            misuse()


def test_a_date_hierarchy_needs_names(star: Star, cube: al.Cube) -> None:
    """Of a list, what is asked for instead; the column may come without its keyword."""
    mistakes: list[object] = [["year", "month"], {}, None]
    for wrong in mistakes:
        with pytest.raises(InvalidArgument, match=r'such as \{"Year": "y", "Month": "M"\}'):
            cube.create_date_hierarchy("Date", star.sales["day"], levels=wrong)  # type: ignore[arg-type]
    cube.create_date_hierarchy("Date", star.sales["day"])
    assert list(cube.hierarchies["Date"]) == ["Year", "Month", "Day"]


@pytest.mark.parametrize("wrong", [{"n": "x"}, {"n": -1}, {"seconds": "1"}, {"seed": 1.5}])
def test_verify_needs_numbers(cube: al.Cube, wrong: dict[str, object]) -> None:
    """Each of its arguments."""
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        cube.verify(**wrong)  # type: ignore[arg-type]


MISTAKES: dict[str, tuple[Callable[[al.Cube], object], type[AtomliteError], str]] = {
    "hierarchy for levels": (
        lambda c: al.OriginScope(c.hierarchies["item"]),
        InvalidArgument,
        r'levels is the hierarchy \("Sales", "item"\)',
    ),
    "hierarchy for a level": (
        lambda c: al.CumulativeScope(c.hierarchies["item"]),  # type: ignore[arg-type]
        InvalidArgument,
        r'level is the hierarchy \("Sales", "item"\). It must be a level',
    ),
    "level for a hierarchy": (
        lambda c: al.total(c.measures["units.SUM"], c.levels["item"]),  # type: ignore[arg-type]
        InvalidArgument,
        r'is the level .* It must be a hierarchy, such as `cube.hierarchies\["Sales", "item"\]`',
    ),
    "hierarchy in a query": (
        lambda c: c.query("units.SUM", levels=[c.hierarchies["item"]]),  # type: ignore[list-item]
        InvalidQuery,
        r'^\("Sales", "item"\) is a hierarchy, .* Give one of its levels: item\.$',
    ),
    "no hierarchy": (
        lambda c: al.total(c.measures["units.SUM"]),
        InvalidArgument,
        "hierarchies is missing",
    ),
    "no level": (lambda _: al.OriginScope(), InvalidArgument, "levels is missing"),
    "parent of a hierarchy": (
        lambda c: al.parent_value(c.measures["units.SUM"], c.hierarchies["item"]),  # type: ignore[arg-type]
        InvalidArgument,
        "degrees is the hierarchy .* It must be a dict",
    ),
    "number for text": (lambda c: c.levels["item"] == 3, WrongType, r"Give text\.$"),
    "no Unicode": (
        lambda c: c.levels["item"] == "\ud800",
        WrongType,
        r"Give text of valid Unicode\.$",
    ),
    "function of NumPy": (
        lambda c: np.sqrt(c.measures["units.SUM"]),  # type: ignore[call-overload]
        WrongType,
        r"Write `al\.math\.sqrt",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_what_was_meant(cube: al.Cube, mistake: str) -> None:
    """With the right word for what was given."""
    make, error, text = MISTAKES[mistake]
    with pytest.raises(error, match=text):
        make(cube)


def test_several_levels_make_an_origin(cube: al.Cube) -> None:
    """One after the other, or in a list; and by keyword."""
    item, shop = cube.levels["item"], cube.levels["city"]
    expected = (item.key, shop.key)
    assert al.OriginScope(item, shop).levels == expected
    assert al.OriginScope([item, shop]).levels == expected
    assert al.OriginScope(levels=[item, shop]).levels == expected


def test_sizes_and_roundings_of_python(session: al.Session) -> None:
    """They are those of ``al.math``, of measures and levels alike."""
    table = session.read_pandas(pd.DataFrame({"k": [-2, 3], "v": [-2.55, 3.5]}), table_name="T")
    cube = session.create_cube(table)
    cube.hierarchies["k"] = [table["k"]]
    m, k = cube.measures, cube.levels["k"]
    m["size"], m["whole"], m["tenths"] = abs(m["v.SUM"]), round(m["v.SUM"]), round(m["v.SUM"], 1)
    m["members"], m["tens"] = abs(k), round(k, -1)
    found = cube.query("size", "whole", "tenths", "members", "tens", levels=[k], mode="arrow")
    rows = sorted(tuple(row.values())[2:] for row in found.to_pylist())
    assert rows == [(2.55, -3.0, -2.6, 2, 0), (3.5, 4.0, 3.5, 3, 0)]
