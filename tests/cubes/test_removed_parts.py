"""What stays of a cube after a part of it has gone."""

from __future__ import annotations

import pandas as pd
import pytest

import atomlite as al


@pytest.fixture(name="cube")
def _cube(session: al.Session) -> al.Cube:
    """Give a cube of two levels, with an aggregate table of both."""
    frame = pd.DataFrame({"shop": list("aab"), "item": list("xyx"), "units": [1, 2, 3]})
    cube = session.create_cube(session.read_pandas(frame, table_name="Sales"))
    cube.measures["sold"] = al.agg.sum(session.tables["Sales"]["units"])
    cube.aggregates.add(
        levels=[cube.levels["shop"], cube.levels["item"]], measures=["sold"], name="sold"
    )
    assert cube.model.aggregates
    return cube


def by_shop(cube: al.Cube) -> dict[object, object]:
    """Return the units of each shop."""
    found = cube.query("units.SUM", levels="shop", mode="arrow")
    return dict(zip(found["shop"].to_pylist(), found["units.SUM"].to_pylist(), strict=True))


def test_an_aggregate_table_goes_with_a_level_of_it(cube: al.Cube) -> None:
    """Queries of other levels are answered."""
    del cube.hierarchies["item"]

    assert not cube.model.aggregates
    assert len(cube.aggregates) == 0
    assert by_shop(cube) == {"a": 3, "b": 3}


def test_an_aggregate_table_goes_with_a_measure_of_it(cube: al.Cube) -> None:
    """Nothing is kept for a measure that nobody can ask for."""
    del cube.measures["sold"]

    assert not cube.model.aggregates
    assert len(cube.aggregates) == 0
    assert by_shop(cube) == {"a": 3, "b": 3}


def test_a_table_that_comes_back_takes_no_name_of_a_measure(session: al.Session) -> None:
    """Its new column offers a sum, whose name is the user's own already."""
    frame = pd.DataFrame({"shop": ["a", "b"], "units": [1, 2]})
    table = session.read_pandas(frame, table_name="Sales")
    cube = session.create_cube(table)
    cube.measures["price.SUM"] = al.agg.max(table["units"])
    del session.tables["Sales"]
    session.read_pandas(frame.assign(price=[10, 20]), table_name="Sales")

    found = cube.query("price.SUM", "price.MEAN", mode="arrow").to_pylist()

    assert found == [{"_depth": 0, "price.SUM": 2, "price.MEAN": 15.0}]


def test_a_measure_that_is_broken_already_does_not_hold_back_others(session: al.Session) -> None:
    """What it was made of besides has gone, so that it cannot be computed either way."""
    frame = pd.DataFrame({"shop": ["a", "b"], "units": [1, 2], "price": [3, 4]})
    table = session.read_pandas(frame, table_name="Sales")
    cube = session.create_cube(table, mode="manual")
    cube.measures["base"] = al.agg.sum(table["units"])
    cube.measures["above"] = cube.measures["base"] + al.agg.sum(table["price"])
    del session.tables["Sales"]
    table = session.read_pandas(frame[["shop", "units"]], table_name="Sales")

    cube.measures["base"] = al.agg.max(table["units"])

    assert cube.query("base", mode="arrow")["base"].to_pylist() == [2]
