"""The limit on cells may refuse a query, and must never keep it from being answered."""

from __future__ import annotations

import pyarrow as pa
import pytest

import atomlite as al

ROWS = 1_000_000
CITIES = 2_000


@pytest.mark.timeout(60)
def test_cells_looked_up_among_themselves_are_answered_under_a_limit(session: al.Session) -> None:
    """The engine hangs on a limit above a relation that is joined to itself; we must not set one.

    Seen with a share of the parent over a million facts.
    """
    cities = pa.array([f"city {number}" for number in range(CITIES)])
    index = pa.array([number % CITIES for number in range(ROWS)], pa.int32())
    table = session.read_arrow(
        pa.table(
            {
                "city": pa.DictionaryArray.from_arrays(index, cities).cast(pa.string()),
                "month": [number // CITIES % 12 for number in range(ROWS)],
                "units": [number % 7 for number in range(ROWS)],
            }
        ),
        table_name="Sales",
    )
    cube = session.create_cube(table)
    cube.hierarchies["month"] = [table["month"]]
    units = cube.measures["units.SUM"]
    cube.measures["share"] = units / al.parent_value(units, degrees={cube.hierarchies["city"]: 1})
    shown = [cube.levels["month", "month"], cube.levels["city"]]

    for totals in (True, False):
        result = cube.query("share", "units.SUM", levels=shown, include_totals=totals, mode="arrow")
        cells = [row for row in result.to_pylist() if row["_depth"] == 2]

        assert len(cells) == 12 * CITIES
        assert sum(row["share"] for row in cells) == pytest.approx(12)
