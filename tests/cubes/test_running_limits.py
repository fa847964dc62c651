"""What a query may take: cells, time, and numbers; each error says what to change."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.cubes.budgets import Budget
from atomlite.errors import DeadlineExceeded, ResultTooLarge, TooManyCells

ROWS = 600


def cube_of(session: al.Session) -> al.Cube:
    """Return a cube of some hierarchies, one of two levels, over facts with partners."""
    numbers = range(ROWS)
    table = session.read_pandas(
        pd.DataFrame(
            {
                "year": [number % 4 for number in numbers],
                "month": [number % 12 for number in numbers],
                "shop": [number % 15 for number in numbers],
                "kind": [f"k{number % 7}" for number in numbers],
                "units": [2**62 if number % 7 == 3 else number for number in numbers],
            }
        ),
        table_name="Sales",
    )
    shops = session.read_pandas(
        pd.DataFrame({"id": range(10), "city": [f"c{number % 5}" for number in range(10)]}),
        keys={"id"},
        table_name="Shops",
    )
    table.join(shops, table["shop"] == shops["id"])
    cube = session.create_cube(table, name="Cube", mode="manual")
    cube.hierarchies["Time"] = [table["year"], table["month"]]
    cube.hierarchies["City"] = [shops["city"]]
    cube.hierarchies["Kind"] = [table["kind"]]
    cube.measures["count"] = al.agg.count(table["units"])
    cube.measures["sum"] = al.agg.sum(table["units"])
    cube.measures["floats"] = al.agg.sum(table["units"] * 1.0)
    return cube


def started(**limits: Any) -> al.Session:  # noqa: ANN401 -- as `Limits` takes them
    """Return a session with some limits."""
    return al.Session.start(al.SessionConfig(limits=al.Limits(**limits)))


# ---- cells --------------------------------------------------------------------------------------

CROSSED: dict[str, Callable[[al.Cube], dict[str, Any]]] = {
    "two": lambda _: {"levels": ["city", "kind"]},
    "three, one of two levels": lambda _: {"levels": ["month", "city", "kind"]},
    "with totals": lambda _: {"levels": ["month", "city"], "include_totals": True},
    "with a condition": lambda c: {
        "levels": ["month", "kind"],
        "include_totals": True,
        "filter": (c.levels["kind"] < "k3") & (c.levels["city"] == "c1"),
    },
    "with a condition about cells": lambda c: {
        "levels": ["city", "kind"],
        "filter": c.measures["count"].isnull(),  # noqa: PD003 -- a measure
    },
}


@pytest.mark.parametrize("name", CROSSED)
@pytest.mark.parametrize("slicing", ["", "Kind", "City"])
def test_combinations_are_counted_before_they_are_made(name: str, slicing: str) -> None:
    """As many as there are, so that a limit of one less refuses them, and this one does not."""
    with started() as session:
        cube = cube_of(session)
        if slicing:
            cube.hierarchies[slicing].slicing = True
        query = {**CROSSED[name](cube), "include_empty_rows": True, "mode": "arrow"}
        whole = {
            key: value for key, value in query.items() if "cells" not in name or key != "filter"
        }
        cells = cube.query("count", **whole).num_rows
    for most in (cells - 1, cells):
        with started(cube_cells=most) as session:
            cube = cube_of(session)
            if slicing:
                cube.hierarchies[slicing].slicing = True
            query = {**CROSSED[name](cube), "include_empty_rows": True, "mode": "arrow"}
            if most == cells:
                assert cube.query("count", **query).num_rows <= cells
                continue
            with pytest.raises(TooManyCells) as refused:
                cube.query("count", **query)
            assert refused.value.details["cells"] == cells


def test_too_many_combinations_are_refused_at_once() -> None:
    """To make them would take long; the error says what fits."""
    with started(cube_seconds=10, cube_cells=1_000) as session:
        numbers = range(3_000)
        data = pd.DataFrame({"a": numbers, "b": [n % 4 for n in numbers], "c": numbers})
        cube = session.create_cube(session.read_pandas(data, table_name="T"), mode="no_measures")
        table = session.tables["T"]
        for name in "abc":
            cube.hierarchies[name] = [table[name]]
        with pytest.raises(TooManyCells) as refused, session.trace() as trace:
            cube.query(
                levels=["a", "b"], include_empty_rows=True, order_by=[cube.levels["a"]], limit=3
            )
        with pytest.raises(TooManyCells) as larger:
            cube.query(levels=["a", "b", "c"], include_empty_rows=True)

    assert refused.value.message == (
        'The result has 12,000 cells, and the limit is 1,000. Members: "a" 3,000, "b" 4.'
    )
    assert refused.value.hint == 'Leave out "a" (4 cells), or raise `limits.cube_cells`.'
    assert "36,000,000 cells" in larger.value.message
    texts = [str(span.attributes.get("db.query.text", "")) for span in trace.spans]
    assert not [text for text in texts if "CROSS JOIN" in text]


def test_too_many_combinations_leave_a_data_transaction_alone() -> None:
    """What was loaded is kept."""
    with started(cube_cells=20) as session:
        cube = cube_of(session)
        table = session.tables["Sales"]
        with session.tables.data_transaction():
            table += (1, 1, 1, "new", 1)
            with pytest.raises(TooManyCells, match="The result has 48 cells"):
                cube.query("count", levels=["city", "kind"], include_empty_rows=True)

        assert table.row_count == ROWS + 1


def test_a_python_measure_of_too_many_cells_is_named() -> None:
    """The result has one cell, and its measure looks at those of a scope."""
    with started(cube_cells=5) as session:
        cube = cube_of(session)
        counts = cube.measures["count"]
        cube.measures["same"] = al.apply(lambda each: each, counts, data_type=pa.int64())
        scope = al.OriginScope(cube.levels["kind"])
        cube.measures["all"] = al.agg.sum(cube.measures["same"], scope=scope)
        with pytest.raises(TooManyCells) as inside:
            cube.query("all")
        with pytest.raises(TooManyCells) as shown:
            cube.query("same", levels="kind")

    assert inside.value.message.startswith(
        'The Python measure "same" needs 7 cells, and the limit is 5'
    )
    assert inside.value.details == {"cells": 7, "limit": 5, "measure": "same"}
    assert shown.value.message == (
        'The Python measure "same" needs 7 cells, and the limit is 5. Members: "kind" 7.'
    )
    assert shown.value.hint == 'Leave out "kind" (1 cells), or raise `limits.cube_cells`.'


# ---- time ---------------------------------------------------------------------------------------


def test_the_time_of_python_measures_is_that_of_the_query() -> None:
    """Each of them alone would do; the second is the last that is called."""
    called: list[str] = []

    def slow(name: str) -> Callable[..., object]:
        def function(values: object) -> object:
            called.append(name)
            time.sleep(0.6)
            return values

        return function

    with started(cube_seconds=1) as session:
        cube = cube_of(session)
        for name in "abc":
            cube.measures[name] = al.apply(slow(name), cube.measures["count"], data_type=pa.int64())
        with pytest.raises(DeadlineExceeded) as refused:
            cube.query("a", "b", "c")
        alone = cube.query("a", mode="arrow").to_pylist()

    assert called == ["a", "b", "a"]
    assert alone == [{"_depth": 0, "a": ROWS}]
    assert refused.value.message == "The query of the cube passed its limit of 1 s and was stopped."
    assert refused.value.hint == (
        'Filter the facts by a level, or leave out the Python measures "a", "b", "c", '
        "or raise `limits.cube_seconds`."
    )


@pytest.mark.parametrize(
    ("levels", "hint"),
    [
        (["kind", "city"], 'leave out the level "kind" (of a table of 600 rows), or filter'),
        (["kind", "month"], 'leave out one of the levels "kind", "year", "month", or filter'),
    ],
)
def test_what_takes_too_long_says_what_would_take_less(levels: list[str], hint: str) -> None:
    """It names the level of the largest table, where one is the largest."""
    with started(cube_seconds=1e-9) as session:
        cube = cube_of(session)
        with pytest.raises(DeadlineExceeded) as early:
            cube.query("count", levels=levels, include_empty_rows=True)

        assert early.value.details == {"seconds": 1e-9, "limit": "limits.cube_seconds"}
    with started(cube_seconds=0.5) as session:
        cube = cube_of(session)
        cube.measures["slow"] = al.apply(_late, cube.measures["count"], data_type=pa.int64())
        with pytest.raises(DeadlineExceeded) as refused:
            cube.query("slow", levels=levels, include_empty_rows=True)

    assert refused.value.hint.startswith(f"Leave out the empty rows, or {hint} its members, or ")


def _late(values: object) -> object:
    time.sleep(0.6)
    return values


def test_a_budget_is_one_for_all() -> None:
    """What was used is not there any more; counting for an error has at least half a second."""
    budget = Budget(0.05)
    first = budget.limit().seconds
    time.sleep(0.06)

    assert first is not None
    assert 0 < first <= 0.05
    assert budget.for_counting() == 0.5
    with pytest.raises(DeadlineExceeded, match=r"limit of 0\.05 s"):
        budget.limit()
    budget.begin()
    budget.check()
    assert Budget(60).for_counting() == 5.0
    assert 1 < Budget(2).for_counting() <= 2
    assert Budget(None).for_counting() == 5.0


def test_the_limit_of_all_queries_is_told_apart() -> None:
    """Where it is the shorter one, the error names it."""
    with (
        pytest.raises(DeadlineExceeded, match=r"The query passed its limit of 1 s"),
        Budget(5).held(),
    ):
        raise DeadlineExceeded("The query", 1.0, "limits.query_seconds")


# ---- numbers ------------------------------------------------------------------------------------

MEANT: dict[str, tuple[tuple[str, ...], Callable[[al.Cube], Any], list[str]]] = {
    "one of three": (("count", "sum", "floats"), lambda _: None, ["sum"]),
    "two": (("twice", "sum"), lambda _: None, ["twice", "sum"]),
    "of a condition": (("count",), lambda c: c.measures["sum"] > 1, ["sum"]),
}


@pytest.mark.parametrize("name", MEANT)
def test_numbers_that_are_too_large_name_the_measures_that_may_be_meant(
    session: al.Session, name: str
) -> None:
    """Those that add up whole numbers; columns and types of the engine are not for users."""
    cube = cube_of(session)
    cube.measures["twice"] = cube.measures["sum"] * 2
    measures, condition, meant = MEANT[name]
    with pytest.raises(ResultTooLarge) as refused:
        cube.query(*measures, filter=condition(cube))

    listed = ", ".join(f'"{each}"' for each in meant)
    start = "The measure" if len(meant) == 1 else "One of the measures"
    assert refused.value.message.startswith(f"{start} {listed} has a value that is too large")
    assert "_b" not in refused.value.message
    assert refused.value.details == {"measures": meant}
    floats = cube.query("floats", mode="arrow").column("floats").to_pylist()
    assert floats == [pytest.approx(2.0**62 * 86, rel=1e-6)]


@pytest.mark.parametrize("mode", ["pretty", "raw", "arrow"])
def test_rows_that_fail_while_they_are_read_fail_as_others(mode: Any) -> None:  # noqa: ANN401 -- a word
    """The time is up, or a number is too large, when the first rows are there already."""
    with started(cube_cells=10**9, cube_seconds=0.5) as session:
        many = pa.table({name: range(4000) for name in ("a", "b", "units")})
        cube = session.create_cube(session.read_arrow(many, table_name="Many"), mode="manual")
        for name in ("a", "b"):
            cube.hierarchies[name] = [session.tables["Many"][name]]
        cube.measures["units"] = al.agg.sum(session.tables["Many"]["units"])
        with pytest.raises(DeadlineExceeded, match=r"passed its limit of 0\.5 s"):
            cube.query("units", levels=["a", "b"], include_empty_rows=True, mode=mode)

        wide = pa.array([Decimal(10**38 - 1), Decimal(1)], pa.decimal128(38, 0))
        table = session.read_arrow(pa.table({"key": ["a", "b"], "wide": wide}), table_name="Wide")
        sums = session.create_cube(table)
        with pytest.raises(ResultTooLarge, match=r'"wide\.SUM"'):
            sums.query("wide.SUM", levels=["key"], include_totals=True, mode=mode)
