"""Cells that a result has not, or whose value is not made of the facts in them."""

from __future__ import annotations

import math

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al


@pytest.fixture(name="cube")
def _cube(session: al.Session) -> al.Cube:
    """Give five facts; the first and the third have two tags each."""
    sales = session.read_pandas(
        pd.DataFrame(
            {
                "id": [1, 2, 3, 4, 5],
                "city": list("aabcc"),
                "kind": list("xyxyx"),
                "units": [1, 10, 2, 2, 0],
            }
        ),
        table_name="Sales",
        keys={"id"},
    )
    tags = session.read_pandas(
        pd.DataFrame(
            {
                "sale": [1, 1, 2, 3, 3],
                "number": [1, 2, 1, 1, 2],
                "tag": list("zaaza"),
                "weight": [1, 2, 3, 4, 5],
            }
        ),
        table_name="Tags",
        keys={"sale", "number"},
    )
    sales.join(tags, {"id": "sale"})
    cube = session.create_cube(sales)
    cube.measures["heaviest"] = al.agg.max(tags["weight"])
    return cube


def test_a_condition_about_cells_says_nothing_of_other_cells(cube: al.Cube) -> None:
    """A cell that the result has not is asked for with the conditions about facts alone."""
    units, kind = cube.measures["units.SUM"], cube.levels["kind"]
    result = cube.query(units, levels=["city"], filter=(units > 100) & (cube.levels["city"] != "c"))

    assert result.cell(units, {kind: "x"}).value == 3
    assert result.cell(units).value == 13


def test_a_member_that_is_no_number_is_not_the_null_member(session: al.Session) -> None:
    """Each of them is found by itself."""
    data = pa.table({"ratio": [1.0, math.nan, math.nan, None], "units": [1, 2, 3, 4]})
    table = session.read_arrow(data, table_name="Ratios")
    cube = session.create_cube(table)
    cube.hierarchies["ratio"] = [table["ratio"]]
    result = cube.query("units.SUM", levels=["ratio"])

    found = [result.cell("units.SUM", {"ratio": member}).value for member in (1.0, math.nan, None)]

    assert found == [1, 5, 4]


def test_a_value_of_many_partners_is_not_made_of_facts(cube: al.Cube) -> None:
    """Two facts have three partners: the facts alone do not tell which of them weigh most."""
    rows = cube.query("heaviest", levels=["city"]).cell("heaviest", {"city": "a"}).rows()

    assert list(rows["id"]) == [1, 2]
    assert rows.attrs["agrees"] is None
    assert "is not made of facts" in rows.attrs["check"]


def test_an_explanation_names_the_filters_of_the_facts_of_the_cell(cube: al.Cube) -> None:
    """One inside of a total is about the facts of other cells."""
    kind, city = cube.levels["kind"], cube.hierarchies["city"]
    units = cube.measures["units.SUM"]
    cube.measures["inside"] = al.total(al.filter(units, kind == "x"), city)
    cube.measures["own"] = al.filter(units, kind == "x")
    result = cube.query("inside", "own", levels=["city"])

    assert result.cell("inside", {"city": "a"}).value == 3
    assert result.cell("inside", {"city": "a"}).explain().filters == ()
    assert result.cell("own", {"city": "a"}).explain().filters == ('kind == "x"',)
