"""When an aggregate table may answer in the place of the facts, and when it may not."""

from __future__ import annotations

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.cubes.planning.plan import plan
from atomlite.cubes.query import Query
from atomlite.expressions.columns import Column
from atomlite.types import EVERYTHING, View


@pytest.fixture(name="cube")
def _cube(session: al.Session) -> al.Cube:
    """Give units of two shops, 1 + 3 in the first and 2 in the second, which is closed."""
    sales = session.read_pandas(
        pd.DataFrame({"shop": [1, 2, 1], "units": [1, 2, 3]}), table_name="Sales"
    )
    shops = session.read_pandas(
        pd.DataFrame({"shop": [1, 2], "open": [True, False]}), table_name="Shops", keys={"shop"}
    )
    sales.join(shops)
    return session.create_cube(sales)


def values(cube: al.Cube, measure: str) -> list[object]:
    """Return a measure of each shop."""
    return cube.query(measure, levels=[("Sales", "shop", "shop")], mode="arrow")[
        measure
    ].to_pylist()


def test_a_load_of_a_table_that_the_filter_is_about_is_seen(
    session: al.Session, cube: al.Cube
) -> None:
    """The facts of the shop that opens are not in the aggregate table as it was."""
    shops = session.tables["Shops"]
    opened = session.create_cube(
        session.tables["Sales"],
        name="Open",
        filter=shops["open"] == True,  # noqa: E712 -- builds
    )
    opened.aggregates.add(
        levels=[opened.levels["Sales", "shop", "shop"]], measures=["units.SUM"], name="by shop"
    )
    before = opened.query("units.SUM", mode="arrow")["units.SUM"].to_pylist()
    shops.load(pd.DataFrame({"shop": [2], "open": [True]}))

    assert before == [4]
    assert opened.query("units.SUM", mode="arrow")["units.SUM"].to_pylist() == [6]
    assert values(opened, "units.SUM") == [4, 2]


def test_measures_that_differ_in_a_number_alone_are_two(session: al.Session, cube: al.Cube) -> None:
    """What was kept of one is none of the other."""
    units = session.tables["Sales"]["units"]
    cube.measures["double"] = al.agg.sum(units * 2)
    cube.measures["triple"] = al.agg.sum(units * 3)
    by_shop = cube.levels["Sales", "shop", "shop"]
    cube.aggregates.add(levels=[by_shop], measures=["double"], name="doubled")

    assert values(cube, "double") == [8, 4]
    assert values(cube, "triple") == [12, 6]
    assert cube.query("double", levels=[by_shop], explain=True).source == "doubled"
    assert cube.query("triple", levels=[by_shop], explain=True).source == "facts"


@pytest.mark.parametrize(
    ("view", "reads_it", "expected"),
    [
        (EVERYTHING, True, [(0, 6)]),
        (View(condition=Column("Sales", "units", pa.int64()) > 1), False, [(0, 5)]),
    ],
)
def test_an_aggregate_table_is_not_for_readers_who_may_not_see_all(
    session: al.Session,
    cube: al.Cube,
    view: View,
    reads_it: bool,
    expected: list[tuple[int, int]],
) -> None:
    """It holds what all facts add up to, those that the reader must not see among them."""
    by_shop = cube.levels["Sales", "shop", "shop"]
    cube.aggregates.add(levels=[by_shop], measures=["units.SUM"], name="by shop")
    model = cube.model
    (aggregate,) = model.aggregates

    made = plan(
        Query(("units.SUM",)), model, session._store.state, view, aggregates=[aggregate.name]
    )

    assert (made.source == aggregate.name) is reads_it
    assert (made.source is None) is not reads_it
    with session._store.read() as snapshot:
        assert snapshot.rows(made.statement) == expected
