"""The Star Schema Benchmark through a cube, against its SQL on the bare engine.

``python -m tests.benchmarks.ssb [scale]``. Scale 1, the default, has 6,000,000 lines. Both sides
hold the same rows and give the same answers before they are timed; the result cache is off.
"""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import atomlite as al
from tests.benchmarks.answers import same, timed
from tests.benchmarks.bare_sql import Bare
from tests.benchmarks.cubes import session
from tests.benchmarks.pairs import HEADER, Measurement
from tests.benchmarks.ssb_data import tables
from tests.benchmarks.ssb_queries import JOINS, QUERIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

IN_TOTAL = 1.25
"""How much longer all queries together may take."""


def ssb_cube(started: al.Session, rows: Mapping[str, pa.Table]) -> al.Cube:
    """Load and join the tables, and make a cube with a hierarchy for each column."""
    fact = started.read_arrow(rows["lineorder"], table_name="lineorder")
    loaded = {"lineorder": fact}
    for name, (ours, theirs) in JOINS.items():
        loaded[name] = started.read_arrow(rows[name], table_name=name, keys={theirs})
        fact.join(loaded[name], {ours: theirs})
    cube = started.create_cube(fact, "ssb", mode="manual")
    for table in loaded.values():
        for column in table.columns:
            cube.hierarchies[column] = [table[column]]
    price, discount = fact["lo_extendedprice"], fact["lo_discount"]
    cube.measures["discounts"] = al.agg.sum(price * discount)
    cube.measures["revenue"] = al.agg.sum(fact["lo_revenue"])
    cube.measures["profit"] = al.agg.sum(fact["lo_revenue"] - fact["lo_supplycost"])
    return cube


def main(arguments: list[str]) -> None:
    """Print the table."""
    scale = float(arguments[0]) if arguments else 1.0
    rows = tables(scale)
    print(HEADER)
    found = []
    with session() as started, Bare() as bare:
        cube = ssb_cube(started, rows)
        for name, table in rows.items():
            bare.load(name, table)
        rows.clear()
        for wanted in QUERIES:
            ours, theirs = partial(wanted.answer, cube), partial(bare.arrow, wanted.sql)
            same(ours().drop_columns("_depth"), theirs(), wanted.levels, wanted.levels)
            about = f"SSB query {wanted.name}, scale {scale:g}"
            found.append(timed(about, "its SQL, bare engine", ours, theirs, None))
            print(found[-1], flush=True)
    sums = (sum(each.ours for each in found), sum(each.theirs for each in found))
    print(Measurement("all 13 in total", "their SQL, bare engine", *sums, "ms", IN_TOTAL))


if __name__ == "__main__":
    main(sys.argv[1:])
