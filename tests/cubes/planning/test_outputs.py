"""Which rows an answer has: cells that stay, their totals, their order."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import InvalidQuery

SALES = pd.DataFrame(
    {
        "Country": ["F", "F", "F", "X", "F", "Y"],
        "City": ["Paris", "Lyon", "Paris", None, "Nice", "Oslo"],
        "Kind": ["a", "a", "b", "b", "a", "b"],
        "Units": [1, 2, 3, 4, 5, None],
    }
).astype({"Units": "Int64"})


@pytest.fixture(name="cube")
def _cube(session: al.Session) -> al.Cube:
    table = session.read_pandas(SALES, table_name="Sales")
    cube = session.create_cube(table, mode="manual")
    cube.hierarchies["Geo"] = [table["Country"], table["City"]]
    cube.hierarchies["Kind"] = [table["Kind"]]
    cube.measures["units"] = al.agg.sum(table["Units"])
    return cube


def rows(cube: al.Cube, *measures: str, **query: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
    """Return the rows of an answer."""
    answer = cube.query(*measures, mode="arrow", **query)
    return [tuple(row.values()) for row in answer.to_pylist()]


def test_totals_come_before_what_they_are_of(cube: al.Cube) -> None:
    """Members are in order, null last."""
    found = rows(cube, "units", levels="City", include_totals=True, order_by=None, limit=100)

    assert found == [
        (None, None, 0, 15),
        ("F", None, 1, 11),
        ("F", "Lyon", 2, 2),
        ("F", "Nice", 2, 5),
        ("F", "Paris", 2, 4),
        ("X", None, 1, 4),
        ("X", None, 2, 4),
        ("Y", None, 1, None),
        ("Y", "Oslo", 2, None),
    ]


def test_a_condition_about_cells_leaves_totals_alone(cube: al.Cube) -> None:
    """It takes away cells of the deepest level only."""
    found = rows(
        cube, "units", levels="City", include_totals=True, filter=cube.measures["units"] > 4
    )

    assert sorted(found, key=str) == sorted(
        [
            (None, None, 0, 15),
            ("F", None, 1, 11),
            ("X", None, 1, 4),
            ("Y", None, 1, None),
            ("F", "Nice", 2, 5),
        ],
        key=str,
    )


def test_visible_totals_are_of_the_facts_that_are_left(cube: al.Cube) -> None:
    """A total without any cell goes, but for the whole."""
    found = rows(
        cube,
        "units",
        "contributors.COUNT",
        levels="City",
        include_totals=True,
        totals="visible",
        filter=cube.measures["units"] >= 4,
        order_by=cube.measures["units"].desc(),
    )

    assert found == [
        (None, None, 0, 13, 4),
        ("F", None, 1, 9, 3),
        ("X", None, 1, 4, 1),
        ("F", "Nice", 2, 5, 1),
        ("F", "Paris", 2, 4, 2),
        ("X", None, 2, 4, 1),
    ]


def test_visible_totals_keep_conditions_about_levels(cube: al.Cube) -> None:
    """Also those about a level that the result does not show."""
    found = rows(
        cube,
        "units",
        levels="Country",
        include_totals=True,
        totals="visible",
        filter=(cube.levels["Kind"] == "a") & (cube.measures["units"] > 4),
    )

    assert sorted(found, key=str) == [("F", 1, 8), (None, 0, 8)]


def test_visible_totals_of_nothing(cube: al.Cube) -> None:
    """The whole is there, and has no value."""
    found = rows(
        cube,
        "units",
        levels="City",
        include_totals=True,
        totals="visible",
        filter=cube.measures["units"] > 100,
    )

    assert found == [(None, None, 0, None)]


def test_a_limit_takes_the_first_cells(cube: al.Cube) -> None:
    """Ties are in the order of the members, and null is last in both directions."""
    up = rows(cube, "units", levels="City", limit=2, order_by="units")
    down = rows(cube, "units", levels="City", limit=9, order_by=cube.measures["units"].desc())

    assert up == [("F", "Lyon", 2, 2), ("F", "Paris", 2, 4)]
    assert [row[:2] for row in down] == [
        ("F", "Nice"),
        ("F", "Paris"),
        ("X", None),
        ("F", "Lyon"),
        ("Y", "Oslo"),
    ]


def test_ties_are_broken_by_every_level(cube: al.Cube) -> None:
    """All cells have one fact: they come in the order of kinds, then countries, then cities."""
    cells = [
        ("a", "F", "Lyon"),
        ("a", "F", "Nice"),
        ("a", "F", "Paris"),
        ("b", "F", "Paris"),
        ("b", "X", None),
        ("b", "Y", "Oslo"),
    ]
    for limit in range(1, 7):
        found = rows(
            cube,
            "contributors.COUNT",
            levels=["Kind", "City"],
            order_by="contributors.COUNT",
            limit=limit,
        )
        assert [row[:3] for row in found] == cells[:limit]


def test_totals_are_in_level_order_whatever_cells_are_ordered_by(cube: al.Cube) -> None:
    """The kind with the greater total stays before the other."""
    found = rows(cube, "units", levels=["Kind", "Country"], include_totals=True, order_by="units")

    assert found == [
        (None, None, 0, 15),
        ("a", None, 1, 8),
        ("b", None, 1, 7),
        ("b", "F", 2, 3),
        ("b", "X", 2, 4),
        ("a", "F", 2, 8),
        ("b", "Y", 2, None),
    ]


def test_no_cells_are_a_limit_too(cube: al.Cube) -> None:
    """Totals stay."""
    assert rows(cube, "units", levels="Kind", include_totals=True, limit=0) == [(None, 0, 15)]


def test_empty_rows_are_all_combinations_of_members(cube: al.Cube) -> None:
    """Members are those of the cube's facts, whatever the conditions about other hierarchies."""
    found = rows(
        cube,
        "units",
        levels=["City", "Kind"],
        include_empty_rows=True,
        include_totals=True,
        filter=cube.levels["Kind"] == "a",
    )

    cells = {row[:3]: row[4] for row in found if row[3] == 3}
    units = {("F", "Lyon", "a"): 2, ("F", "Nice", "a"): 5, ("F", "Paris", "a"): 1}
    empty = dict.fromkeys([("X", None, "a"), ("Y", "Oslo", "a")])
    assert cells == units | empty
    assert {row[0]: row[4] for row in found if row[3] == 1} == {"F": 8, "X": None, "Y": None}
    assert len(found) == 5 + 5 + 3 + 1


def test_empty_rows_can_be_what_a_condition_is_about(cube: al.Cube) -> None:
    """A measure without facts is null there."""
    found = rows(
        cube,
        "units",
        levels=["Country", "Kind"],
        include_empty_rows=True,
        filter=cube.measures["units"].isnull(),  # noqa: PD003 -- a measure
    )

    assert sorted(found) == [("X", "a", 2, None), ("Y", "a", 2, None), ("Y", "b", 2, None)]


def test_without_facts_there_is_the_whole(cube: al.Cube) -> None:
    """Each measure is null there, whatever it is made of."""
    units = cube.measures["units"]
    cube.measures["one"] = al.where(units.isnull(), 1, 2)  # noqa: PD003 -- a measure
    cube.measures["sum"] = cube.measures["one"] + al.where(units > 1, 1, 2)
    cube.measures["all"] = al.total(units, cube.hierarchies["Geo"])
    cube.measures["twice"] = al.apply(lambda array: array, units, data_type="int64")
    names = ("units", "contributors.COUNT", "one", "sum", "all", "twice")

    condition = cube.levels["City"] == "Rome"
    found = rows(cube, *names, levels="Country", include_totals=True, filter=condition)

    assert found == [(None, 0, *[None] * len(names))]
    assert rows(cube, *names, filter=condition) == [(0, *[None] * len(names))]


def test_slicing_hierarchies_stay_at_their_first_member(cube: al.Cube) -> None:
    """The first of the facts that pass what is about the hierarchy."""
    cube.hierarchies["Kind"].slicing = True

    assert rows(cube, "units") == [(0, 8)]
    assert rows(cube, "units", filter=cube.levels["Kind"] != "a") == [(0, 7)]
    assert rows(cube, "units", levels="Kind", include_totals=True) == [("a", 1, 8), ("b", 1, 7)]
    found = rows(cube, "units", levels=["Kind", "Country"], include_totals=True)
    assert [row for row in found if row[2] == 1] == [("a", None, 1, 8), ("b", None, 1, 7)]
    assert all(row[2] for row in found)


def test_measures_alone_decide_about_cells(cube: al.Cube) -> None:
    """A level that is compared beside them has to be one of the query."""
    condition = (cube.measures["units"] > 1) | (cube.levels["Kind"] == "a")

    with pytest.raises(InvalidQuery, match="Kind"):
        rows(cube, "units", levels="City", filter=condition)
    found = rows(cube, "units", levels="Kind", filter=condition)
    assert sorted(found) == [("a", 1, 8), ("b", 1, 7)]


def test_conditions_that_cannot_be_taken_apart_are_named(cube: al.Cube) -> None:
    """A total over one hierarchy cannot leave out half of a condition."""
    cube.measures["all"] = al.total(cube.measures["units"], cube.hierarchies["Geo"])
    mixed = (cube.levels["Kind"] == "a") | (cube.levels["City"] == "Lyon")

    assert rows(cube, "units", filter=mixed) == [(0, 8)]
    with pytest.raises(InvalidQuery, match="several hierarchies"):
        rows(cube, "all", filter=mixed)


def test_python_functions_see_each_set_of_cells_once(cube: al.Cube) -> None:
    """Totals are a call of their own."""
    calls = []

    def share(units: Any) -> Any:  # noqa: ANN401 -- Arrow's
        calls.append(units.to_pylist())
        return units

    cube.measures["same"] = al.apply(share, cube.measures["units"], data_type="int64")
    found = rows(cube, "same", levels="Kind", include_totals=True)

    assert sorted(found, key=str) == [("a", 1, 8), ("b", 1, 7), (None, 0, 15)]
    assert sorted(map(sorted, calls)) == [[7, 8], [15]]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_limit_counts_the_cells_that_a_condition_about_cells_leaves(
    cube: al.Cube, limit: int
) -> None:
    """Lyon and Oslo go before the first are taken."""
    found = rows(
        cube,
        "units",
        levels="City",
        filter=cube.measures["units"] > 2,
        order_by=cube.measures["units"],
        limit=limit,
    )

    cells = [("F", "Paris", 2, 4), ("X", None, 2, 4), ("F", "Nice", 2, 5)]
    assert found == cells[:limit]
