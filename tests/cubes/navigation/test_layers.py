"""What the relations of a statement cost: copies that are not made, windows that carry little."""

from __future__ import annotations

from atomlite.cubes.planning.plan import plan
from atomlite.cubes.planning.relations import ordered
from atomlite.cubes.query import Query
from atomlite.measures.nodes import (
    Aggregation,
    CumulativeScope,
    MeasureExpression,
    ParentValue,
    Rank,
    ScopedAggregation,
)
from tests.cubes.navigation.cubes import Cube


def test_rows_that_are_only_chosen_are_not_copied() -> None:
    """What they are chosen from is kept, for it is read as often as they are."""
    chosen = "SELECT * FROM _b1 WHERE _b1g IN (0, 2)"
    relations = {"_b1": "SELECT 0 AS _b1g", "_f1_0": chosen, "_f1_1": "SELECT 1 FROM _f1_0, _f1_0"}

    assert ordered("_f1_1", relations).splitlines() == [
        "WITH _b1 AS MATERIALIZED (SELECT 0 AS _b1g),",
        f"_f1_0 AS NOT MATERIALIZED ({chosen})",
        "SELECT 1 FROM _f1_0, _f1_0",
    ]


def test_rows_that_are_read_once_are_left_to_the_engine() -> None:
    """Nothing is kept then."""
    relations = {"_b1": "SELECT 0 AS g", "_f1_0": "SELECT 1 FROM _b1", "_f1_1": "TABLE _f1_0"}

    assert ordered("_f1_1", relations) == (
        "WITH _b1 AS (SELECT 0 AS g),\n_f1_0 AS (SELECT 1 FROM _b1)\nTABLE _f1_0"
    )


def test_another_name_for_the_same_rows_is_left_out() -> None:
    """Also one for another such name; text and columns of the same name stay."""
    relations = {
        "_b1": "SELECT 0 AS g",
        "_f1_0": "SELECT * FROM _b1",
        "_f2_0": "SELECT * FROM _f1_0",
        "_f2_1": """SELECT '_f2_0', "_f2_0", x._f2_0 FROM _f2_0, _f1_0""",
    }

    assert ordered("_f2_1", relations) == (
        "WITH _b1 AS MATERIALIZED (SELECT 0 AS g)\n"
        """SELECT '_f2_0', "_f2_0", x._f2_0 FROM _b1, _b1"""
    )
    assert ordered("_f2_0", relations) == "WITH _b1 AS (SELECT 0 AS g)\nSELECT * FROM _b1"


def test_what_is_calculated_is_kept() -> None:
    """It is read twice."""
    relations = {"_b1": "SELECT 0 AS g", "_f1_0": "SELECT g + 1 FROM _b1", "": "TABLE _f1_0, _f1_0"}

    assert ordered("", relations).splitlines()[1] == "_f1_0 AS MATERIALIZED (SELECT g + 1 FROM _b1)"


def test_the_total_of_a_running_total_needs_no_window(cube: Cube, units: Aggregation) -> None:
    """What the last member is worth is the aggregate of all members."""
    running = ScopedAggregation("sum", units, CumulativeScope(cube.level("day")))

    assert " OVER (" not in _text(cube, running, "kind")
    assert cube.values(running, "kind") == {"pen": 18, "ink": 9, None: None}


def test_windows_come_before_look_ups(cube: Cube, units: Aggregation) -> None:
    """So that they do not carry what was looked up; the places of members they need."""
    place = cube.level("city").key.owner
    share = units / ParentValue(units, degrees=((place, 1),))
    text = _text(cube, share + Rank(units, place), "city")

    semi, places, parent = (text.index(each) for each in ("SEMI JOIN", " FROM _r1)", " FROM _f2_0"))
    assert text.index(" OVER (PARTITION BY") < semi < places < parent
    assert text.count("SEMI JOIN") == 1


def _text(cube: Cube, node: MeasureExpression, column: str) -> str:
    query = Query(("m",), (cube.level(column).key,), ordered=False)
    return plan(query, cube.measured(m=node), cube.catalog).statement.text
