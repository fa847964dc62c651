"""What the relations of a statement cost: copies that are not made, windows that carry little."""

from __future__ import annotations

import re

from atomlite.cubes.planning.relations import ordered
from atomlite.measures.nodes import Aggregation, CumulativeScope, Rank, ScopedAggregation
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
    relations = {"_b1": "SELECT 0 AS g", "_f1_0": "SELECT * FROM _b1", "_f1_1": "TABLE _f1_0"}

    assert ordered("_f1_1", relations) == (
        "WITH _b1 AS (SELECT 0 AS g),\n_f1_0 AS (SELECT * FROM _b1)\nTABLE _f1_0"
    )


def test_what_is_calculated_is_kept() -> None:
    """It is read twice."""
    relations = {"_b1": "SELECT 0 AS g", "_f1_0": "SELECT g + 1 FROM _b1", "": "TABLE _f1_0, _f1_0"}

    assert ordered("", relations).splitlines()[1] == "_f1_0 AS MATERIALIZED (SELECT g + 1 FROM _b1)"
