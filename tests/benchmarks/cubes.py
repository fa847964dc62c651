"""Queries of cubes against the bare engine, pandas and polars, and against each other.

``python -m tests.benchmarks.cubes [part ...] [rows=10000000] [large=100000000]`` runs the named
parts, or all but ``growth``, which loads ``large`` rows besides and needs 12 GB of memory. Both
sides hold the same rows and give the same answers before they are timed; the result cache is off
unless a line says otherwise.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pyarrow as pa
from pyarrow import compute

import atomlite as al
from atomlite.measures.nodes import MeasureExpression
from tests.benchmarks.answers import millions, same, timed
from tests.benchmarks.bare_sql import LEAF_FIRST, TOTALS, Bare
from tests.benchmarks.level_by_level import Answers, pandas_answers, polars_answers
from tests.benchmarks.pairs import HEADER, Measurement
from tests.benchmarks.sales import parts_of_sales, sales, star

ROWS, LARGE = 10_000_000, 100_000_000
SLOW_ROUNDS = 3
_MEASURES = ("quantity", "price", "revenue", "mean price", "highest price")
_COLUMNS = ("country", "city", "category")
_QUERY = "{} rows, 3 text levels, 5 measures, all totals, to Arrow"


@contextlib.contextmanager
def session(*, cached: bool = False) -> Iterator[al.Session]:
    """Start a session, its result cache off unless it is wanted, and no limit of time."""
    kept = al.Limits().cache_bytes if cached else 0
    limits = al.Limits(cache_bytes=kept, cube_seconds=None)
    with al.Session.start(al.SessionConfig(limits=limits)) as started:
        yield started


def sales_cube(started: al.Session, rows: int, name: str = "sales") -> al.Cube:
    """Load sales and make a cube of them."""
    parts = parts_of_sales(rows)
    table = started.read_arrow(next(parts), table_name=name)
    for part in parts:
        table.load(part)
    cube = started.create_cube(table, mode="no_measures")
    cube.hierarchies["Place"] = [table["country"], table["city"]]
    add_measures(cube, table)
    return cube


def add_measures(cube: al.Cube, table: al.Table) -> None:
    """Define the five measures that every side computes."""
    measures = cube.measures
    measures["quantity"] = al.agg.sum(table["quantity"])
    measures["price"] = al.agg.sum(table["price"])
    measures["revenue"] = al.agg.sum(table["quantity"] * table["price"])
    measures["mean price"] = al.agg.mean(table["price"])
    measures["highest price"] = al.agg.max(table["price"])


def asked(
    cube: al.Cube,
    levels: Sequence[tuple[str, str]] = (("Place", "city"), ("category", "category")),
    measures: Sequence[str] = _MEASURES,
    *,
    totals: bool = True,
) -> pa.Table:
    """Return the answer of a cube; levels are named with their hierarchies."""
    found = [cube.levels[level] for level in levels]
    return cube.query(*measures, levels=found, include_totals=totals, mode="arrow")


def engine_pairs(rows: int, _: int) -> Iterator[Measurement]:
    """Compare with SQL by hand on the bare engine."""
    with session() as started, Bare() as bare:
        cube = sales_cube(started, rows)
        bare.load("sales", sales(rows))
        ours = partial(asked, cube)
        for against, text in (("best by hand", LEAF_FIRST), ("as first written", TOTALS)):
            theirs = partial(bare.arrow, text)
            same(ours(), theirs(), _COLUMNS, _COLUMNS)
            what = _QUERY.format(millions(rows))
            yield timed(what, f"SQL on the bare engine, {against}", ours, theirs, 1.15)


def pandas_pairs(rows: int, _: int) -> Iterator[Measurement]:
    """Compare with pandas and its categories."""
    yield from library_pairs(rows, pandas_answers, 8)


def polars_pairs(rows: int, _: int) -> Iterator[Measurement]:
    """Compare with polars and its categoricals."""
    yield from library_pairs(rows, polars_answers, 2)


def library_pairs(
    rows: int, others: Callable[[pa.Table], Answers], times: float
) -> Iterator[Measurement]:
    """Compare with a library that groups level by level, where at least ``times`` is promised."""
    with session() as started:
        cube = sales_cube(started, rows)
        ours = partial(asked, cube)
        cells = ours()
        deepest = cells.filter(compute.equal(cells["_depth"], pa.scalar(len(_COLUMNS))))
        for against, (theirs, promised) in others(sales(rows)).items():
            same(deepest.drop_columns("_depth"), theirs(), _COLUMNS, _COLUMNS)
            bound = 1 / times if promised else None
            what = _QUERY.format(millions(rows))
            yield timed(what, against, ours, theirs, bound, rounds=SLOW_ROUNDS)


def growth_pairs(rows: int, large: int) -> Iterator[Measurement]:
    """Compare with the same query on fewer rows; the cost may grow by a fifth more than they."""
    with session() as started:
        few = sales_cube(started, rows, "few")
        many = sales_cube(started, large, "many")
        ours, theirs, bound = partial(asked, many), partial(asked, few), 1.2 * large / rows
        what = _QUERY.format(millions(large))
        yield timed(what, f"{millions(rows)} rows", ours, theirs, bound, rounds=SLOW_ROUNDS)


def navigation_pairs(rows: int, _: int) -> Iterator[Measurement]:
    """Compare with the same query without measures that look at other cells."""
    with session() as started:
        cube = sales_cube(started, rows)
        price, place = cube.measures["price"], cube.hierarchies["Place"]
        along = cube.levels["month"]
        added: dict[str, MeasureExpression] = {
            "share of parent": price / al.parent_value(price, degrees={place: 1}),
            "running total": al.agg.sum(price, scope=al.CumulativeScope(along)),
            "previous month": al.shift(price, cube.hierarchies["month"], offset=-1),
            "rank": al.rank(price, place, ascending=False),
        }
        for name, expression in added.items():
            cube.measures[name] = expression
        levels = (("Place", "city"), ("month", "month"))
        theirs = partial(asked, cube, levels)
        what = f"{millions(rows)} rows, 100,000 cells and totals, with {{}}"
        for name in added:
            ours = partial(asked, cube, levels, (*_MEASURES, name))
            yield timed(what.format(name), "without it", ours, theirs, None)
        ours = partial(asked, cube, levels, (*_MEASURES, *added))
        yield timed(what.format("all four"), "without them", ours, theirs, 1.3)


def star_pairs(rows: int, _: int) -> Iterator[Measurement]:
    """Compare a level of a joined table with the same values in a column of the facts."""
    facts, products = star(rows)
    for key, on, flat, what, bound in (
        ("product", "product", "brand", "each found", 1.2),
        ("loose", "product", "loose_brand", "8 % not found", 2),
        ("sku", "sku", "brand", "text keys, each found", 1.2),
        ("loose_sku", "sku", "loose_brand", "text keys, 8 % not found", 2),
    ):
        with session() as started:
            columns = [key, flat, "country", "quantity", "price"]
            table = started.read_arrow(facts.select(columns), table_name="sales")
            target = started.read_arrow(products, table_name="products", keys={on})
            table.join(target, {key: on})
            cube = started.create_cube(table, mode="no_measures")
            cube.hierarchies["Flat"] = [table[flat]]
            cube.hierarchies["Joined"] = [target["brand"]]
            add_measures(cube, table)
            for more, words in (((), "brand"), (("country",), "brand and country")):
                both = [(each, each) for each in more]
                ours = partial(asked, cube, [("Joined", "brand"), *both], totals=False)
                theirs = partial(asked, cube, [("Flat", flat), *both], totals=False)
                same(ours(), theirs(), ["brand", *more], [flat, *more])
                about = f"star of {millions(rows)} rows and 5,000 products, {what}, by {words}"
                yield timed(about, "brand as a column of the facts", ours, theirs, bound)


def repeated_pairs(rows: int, _: int) -> Iterator[Measurement]:
    """Compare a query that was asked before, our cache on, with the first time."""
    with session() as plain, session(cached=True) as cached:
        first, again = (sales_cube(started, rows) for started in (plain, cached))
        ours, theirs = partial(asked, again), partial(asked, first)
        what = f"{_QUERY.format(millions(rows))}, repeated"
        yield timed(what, "the first time", ours, theirs, 1 / 50)


def aggregate_pairs(rows: int, _: int) -> Iterator[Measurement]:
    """Compare a query that an aggregate table covers with the same query of the facts."""
    with session() as started:
        bare = sales_cube(started, rows)
        helped = started.create_cube(started.tables["sales"], "helped", mode="no_measures")
        helped.hierarchies["Place"] = [started.tables["sales"][name] for name in _COLUMNS[:2]]
        add_measures(helped, started.tables["sales"])
        covered = [helped.levels["Place", "country"], helped.levels["category"]]
        helped.aggregates.add(levels=covered, measures=_MEASURES)
        asks = itertools.product((["country", "category"], ["country"]), (True, False))
        for levels, totals in asks:
            named = [("Place" if level == "country" else level, level) for level in levels]
            ours, theirs = (partial(asked, cube, named, totals=totals) for cube in (helped, bare))
            same(ours(), theirs(), levels, levels)
            words = f"{' and '.join(levels)}, {'all' if totals else 'no'} totals"
            what = f"{millions(rows)} rows by {words}, aggregate table of 2,000 rows"
            yield timed(what, "without it", ours, theirs, 1 / 20)


PARTS: dict[str, Callable[[int, int], Iterator[Measurement]]] = {
    "engine": engine_pairs,
    "pandas": pandas_pairs,
    "polars": polars_pairs,
    "navigation": navigation_pairs,
    "star": star_pairs,
    "repeated": repeated_pairs,
    "aggregate": aggregate_pairs,
    "growth": growth_pairs,
}


def main(arguments: list[str]) -> None:
    """Print the table."""
    given = dict(each.split("=", 1) for each in arguments if "=" in each)
    names = [each for each in arguments if "=" not in each]
    unknown = [*(name for name in names if name not in PARTS), *(given.keys() - {"rows", "large"})]
    if unknown:
        sys.exit(f"Unknown: {', '.join(unknown)}. Parts: {', '.join(PARTS)}; rows=, large=.")
    rows, large = int(given.get("rows", ROWS)), int(given.get("large", LARGE))
    chosen = names or [name for name in PARTS if name != "growth"]
    print(HEADER)
    lines = itertools.chain.from_iterable(PARTS[name](rows, large) for name in chosen)
    for measurement in lines:
        print(measurement, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
