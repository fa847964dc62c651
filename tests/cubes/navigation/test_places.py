"""Measures of one other cell."""

from __future__ import annotations

import pyarrow as pa
import pytest

from atomlite.errors import InvalidQuery
from atomlite.expressions.columns import Column
from atomlite.measures.coordinates import HierarchyKey
from atomlite.measures.nodes import (
    AggregateName,
    Aggregation,
    At,
    Constant,
    Filtered,
    LevelValue,
    Lookup,
    ParentValue,
    Total,
    Where,
)
from tests.cubes.navigation.cubes import Cube

PLACE, VERSION = HierarchyKey("D", "Place"), HierarchyKey("D", "Version")
WEIGHT = Column("Kinds", "weight", pa.int64())


def test_a_total_leaves_out_filters_on_its_hierarchy_alone(cube: Cube, units: Aggregation) -> None:
    """The pens of all cities, whatever the cities that the query takes."""
    condition = (cube.level("city") == "Paris") & (cube.level("kind") == "pen")

    whole = cube.values(Total(units, (PLACE,)), "kind", condition=condition)

    assert whole == {"pen": 18}


def test_a_condition_about_two_hierarchies_cannot_be_left_out(
    cube: Cube, units: Aggregation
) -> None:
    """Nobody can tell what it says about one of them."""
    mixed = (cube.level("city") == "Paris") | (cube.level("kind") == "pen")

    with pytest.raises(InvalidQuery, match="several hierarchies"):
        cube.values(Total(units, (PLACE,)), "kind", condition=mixed)


def test_a_total_of_a_slicing_hierarchy_keeps_its_first_level(
    sliced: Cube, units: Aggregation
) -> None:
    """Its members do not add up."""
    assert sliced.values(Total(units, (VERSION,)), "version") == {1: 17, 2: 10, 3: None}


def test_a_slicing_hierarchy_has_nothing_above_its_first_level(
    sliced: Cube, units: Aggregation
) -> None:
    """A parent would add what does not add up."""
    above = ParentValue(units, ((VERSION, 1),), total_value=Constant(0))

    assert sliced.values(above, "version") == {1: 0, 2: 0, 3: 0}


def test_parents_are_found_level_by_level(cube: Cube, units: Aggregation) -> None:
    """Above the top is what is asked to be there."""
    above = ParentValue(units, ((PLACE, 1),), total_value=Constant(-1))

    found = cube.values(above, "country", "city", totals=True)

    assert found == {
        (): -1,
        ("France",): 27,
        ("France", "Lyon"): 17,
        ("France", "Paris"): 17,
        ("Spain",): 27,
        ("Spain", "Madrid"): 10,
        ("Spain", None): 10,
        (None,): 27,
        (None, None): None,
    }


def test_above_the_top_is_null_where_nothing_is_given(cube: Cube, units: Aggregation) -> None:
    """Two levels above a country there is nothing."""
    above = ParentValue(units, ((PLACE, 2),))

    assert cube.values(above, "country") == {"France": None, "Spain": None, None: None}


def test_the_whole_has_nothing_above_it(cube: Cube, units: Aggregation) -> None:
    """Countries have the whole above them, also where the whole is one of the cells."""
    above = ParentValue(units, ((PLACE, 1),))

    found = cube.values(above, "country", totals=True)

    assert found == {(): None, ("France",): 27, ("Spain",): 27, (None,): 27}


def test_a_parent_can_keep_the_filters(cube: Cube, units: Aggregation) -> None:
    """Then it is the parent of what the query shows."""
    condition = cube.level("city") == "Paris"
    kept = ParentValue(units, ((PLACE, 1),), apply_filters=True)
    left_out = ParentValue(units, ((PLACE, 1),))

    assert cube.values(kept, "country", "city", condition=condition) == {("France", "Paris"): 11}
    assert cube.values(left_out, "country", "city", condition=condition) == {
        ("France", "Paris"): 17
    }


def test_another_member_is_taken_whatever_the_filters(cube: Cube, units: Aggregation) -> None:
    """Of its hierarchy; those of others stay."""
    spain = At(units, ((cube.level("country"), Constant("Spain")),))

    assert cube.values(spain, "kind", condition=cube.level("country") == "France") == {
        "pen": 2,
        "ink": 8,
    }


def test_the_null_member_can_be_taken(cube: Cube, units: Aggregation) -> None:
    """It is a member as others are."""
    unknown = At(units, ((cube.level("city"), Constant(None)),))

    assert cube.values(unknown) == {(): 2}


def test_a_member_that_is_not_there_has_no_value(cube: Cube, units: Aggregation) -> None:
    """There are no facts."""
    nobody = At(units, ((cube.level("country"), Constant("Italy")),))

    assert cube.values(nobody) == {(): None}


def test_a_cell_without_facts_has_no_value_of_a_choice_either(
    cube: Cube, units: Aggregation
) -> None:
    """Whatever is looked for elsewhere is null where there is no fact."""
    chosen = Where(((units.isnull(), Constant(5)),), Constant(6))
    nobody = At(chosen, ((cube.level("country"), Constant("Italy")),))

    assert cube.values(nobody, "kind", totals=True) == dict.fromkeys(
        [(), ("pen",), ("ink",), (None,)]
    )


def test_a_filter_takes_a_slicing_hierarchy_to_another_member(
    sliced: Cube, units: Aggregation
) -> None:
    """The first one is taken where nothing is said of it."""
    second = Filtered(units, sliced.level("version") == 2)

    assert sliced.values(units, "kind", totals=True) == {(): 17, ("pen",): 16, ("ink",): 1}
    assert sliced.values(second, "kind", totals=True) == {(): 10, ("pen",): 2, ("ink",): 8}


def test_the_member_of_another_level_can_be_taken(cube: Cube) -> None:
    """It is null where the cell does not express the other level."""
    count = Aggregation("count")
    same = At(count, ((cube.level("version"), cube.level("month")),))

    assert cube.values(same, "month", totals=True) == {
        (): None,
        (1,): 2,
        (2,): 1,
        (3,): None,
        (None,): None,
    }


@pytest.mark.parametrize("function", ["sum", "median"])
def test_the_member_of_a_level_beside_it_can_be_taken(function: AggregateName) -> None:
    """The cells of both levels as they stand, and with one of them moved, are not mixed up."""
    columns: dict[str, pa.DataType] = {"sent": pa.string(), "met": pa.string(), "units": pa.int64()}
    given = [("a", "a", 1), ("a", "b", 2), ("b", "a", 4), ("b", "b", 8)]
    rows = [dict(zip(columns, row, strict=True)) for row in given]
    cube = Cube(columns, rows, {"Sent": ("sent",), "Met": ("met",)})
    units = Aggregation(function, cube.column("units"))
    same = At(units, ((cube.level("met"), cube.level("sent")),))

    found = cube.values(same, "sent", "met", totals=True)
    cube.close()

    assert found == {
        (): None,
        ("a",): 1,
        ("a", "a"): 1,
        ("a", "b"): 1,
        ("b",): 8,
        ("b", "a"): 8,
        ("b", "b"): 8,
    }


def test_the_member_of_a_slicing_hierarchy_can_be_that_of_another_level(
    sliced: Cube, units: Aggregation
) -> None:
    """Months 1 and 2 are the ones in which version 1 was sold; 2 takes the units of version 2."""
    same = At(units, ((sliced.level("version"), sliced.level("month")),))

    assert sliced.values(units, "month") == {1: 11, 2: 6}
    assert sliced.values(same, "month") == {1: 11, 2: 8}


def test_a_mixed_condition_does_not_choose_the_member_of_a_slicing_hierarchy(
    sliced: Cube, units: Aggregation
) -> None:
    """Only conditions about it alone do; version 1 has nothing in Spain."""
    second = sliced.level("version") == 2

    assert sliced.values(units, condition=second) == {(): 10}
    mixed = second | (sliced.level("country") == "Spain")
    assert sliced.values(units, condition=mixed) == {(): None}


def test_a_filtered_member_is_null_where_no_fact_passes(cube: Cube) -> None:
    """Lyon and the unknown city of Spain have no ink."""
    city = Filtered(LevelValue(cube.level("city")), cube.level("kind") == "ink")

    assert cube.values(city, "country", "city") == {
        ("France", "Lyon"): None,
        ("France", "Paris"): "Paris",
        ("Spain", "Madrid"): "Madrid",
        ("Spain", None): None,
        (None, None): None,
    }


def test_a_row_is_looked_up_by_its_key(cube: Cube) -> None:
    """Without a row or without a key there is no value."""
    weight = Lookup(WEIGHT, (("kind", LevelValue(cube.level("kind"))),))

    assert cube.values(weight, "kind", totals=True) == {
        (): None,
        ("pen",): 3,
        ("ink",): None,
        (None,): None,
    }


def test_a_looked_up_value_needs_facts(cube: Cube) -> None:
    """Also where its key is a constant: a cell without facts has no values."""
    weight = Lookup(WEIGHT, (("kind", Constant("pen")),))

    assert cube.values(weight) == {(): 3}
    assert cube.values(weight, condition=cube.level("country") == "Italy") == {(): None}


def test_another_level_that_is_not_expressed_has_no_member(cube: Cube, units: Aggregation) -> None:
    """So there is nowhere to look."""
    same = At(units, ((cube.level("version"), cube.level("month")),))

    assert cube.values(same, "kind") == {"pen": None, "ink": None, None: None}
