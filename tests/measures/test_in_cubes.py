"""Functions of measures in a cube: totals and cells, against plain Python."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import AtomliteError
from atomlite.measures.nodes import MeasureExpression

ROWS: list[tuple[str | None, int | None, float, dt.date, list[float]]] = [
    ("Oslo", 4, -2.5, dt.date(2026, 1, 31), [1.0, 3.0]),
    ("Rome", None, 0.0, dt.date(2026, 2, 28), []),
    ("Rome", 9, 6.25, dt.date(2026, 3, 1), [2.0]),
    (None, -3, 2.25, dt.date(2025, 12, 1), [5.0, 4.0, 4.0]),
]
CITIES = ["Oslo", "Rome", None]


@pytest.fixture(scope="module")
def cube() -> Iterator[al.Cube]:
    """Give one cube to the tests of this module, which add measures to it."""
    with al.Session.start() as session:
        columns = list(zip(*ROWS, strict=True))
        data = pa.table(
            {
                "City": pa.array(columns[0], pa.string()),
                "Units": pa.array(columns[1], pa.int64()),
                "Price": pa.array(columns[2], pa.float64()),
                "Day": pa.array(columns[3], pa.date32()),
                "Losses": pa.array(columns[4], pa.list_(pa.float64())),
            }
        )
        table = session.read_arrow(data, table_name="Sales")
        rates = pd.DataFrame({"Name": ["Oslo", "Rome"], "Rate": [1.5, 2.5]})
        session.read_pandas(rates, table_name="Rates", keys=["Name"])
        yield session.create_cube(table, "Cube")


def cells(cube: al.Cube, measure: MeasureExpression) -> dict[object, object]:
    """Return the value of a measure for each city, and for all under "*"."""
    cube.measures["x"] = measure
    found = cube.query(
        cube.measures["x"], levels=[cube.levels["City"]], include_totals=True, mode="arrow"
    )
    return {row["City"] if row["_depth"] else "*": row["x"] for row in found.to_pylist()}


def expected(rule: Callable[[list[Any]], object]) -> dict[object, object]:
    """Return what a rule gives for the rows of each city, and for all."""
    groups = {city: [row for row in ROWS if row[0] == city] for city in CITIES}
    return {"*": rule(ROWS), **{city: rule(rows) for city, rows in groups.items()}}


def units(rows: list[Any]) -> int | None:
    """Add up units."""
    present = [row[1] for row in rows if row[1] is not None]
    return sum(present) if present else None


def price(rows: list[Any]) -> float:
    """Add up prices."""
    return math.fsum(row[2] for row in rows)


def first_day(rows: list[Any]) -> dt.date:
    """Return the first day."""
    days: list[dt.date] = [row[3] for row in rows]
    return min(days)


def close(found: dict[object, object], wanted: dict[object, object]) -> None:
    """Compare cells, doubles to twelve digits."""
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        number = isinstance(value, int | float)
        assert found[key] == (pytest.approx(value, rel=1e-12) if number else value)


@pytest.fixture
def parts(cube: al.Cube) -> tuple[Any, Any, Any, Any]:
    """Give sums of units and prices, the first day, and all prices of a cell."""
    prices = al.Column("Sales", "Price", pa.float64())
    return (
        al.agg.sum(al.Column("Sales", "Units", pa.int64())),
        al.agg.sum(prices),
        al.agg.min(cube.levels["Day"]),
        al.agg.distinct(prices),
    )


def test_functions_of_numbers(cube: al.Cube, parts: tuple[Any, Any, Any, Any]) -> None:
    """They are calculated in each cell from its own numbers."""
    n, p, _, _ = parts

    def log(rows: list[Any]) -> float | None:
        return math.log(price(rows)) if price(rows) > 0 else None

    close(cells(cube, al.math.log(p)), expected(log))
    close(cells(cube, al.math.abs(n) + 1), expected(lambda rows: abs(units(rows) or 0) + 1))
    close(cells(cube, al.math.floor(p)), expected(lambda rows: math.floor(price(rows))))
    close(
        cells(cube, al.math.max(n, p, 0)),
        expected(lambda rows: max(units(rows) or 0, price(rows), 0)),
    )
    close(
        cells(cube, al.math.sqrt(al.math.sqrt(p * p)) // 0.5),
        expected(lambda rows: abs(price(rows)) ** 0.5 // 0.5),
    )


def test_functions_of_lists(cube: al.Cube, parts: tuple[Any, Any, Any, Any]) -> None:
    """Of the distinct prices of each cell."""
    prices = parts[3]

    def ranked(rows: list[Any]) -> list[float]:
        return sorted({row[2] for row in rows})

    close(cells(cube, al.array.sum(prices)), expected(lambda rows: math.fsum(ranked(rows))))
    close(cells(cube, prices[0]), expected(lambda rows: ranked(rows)[0]))
    close(cells(cube, prices[al.array.len(prices) - 1]), expected(lambda rows: ranked(rows)[-1]))
    close(
        cells(cube, al.array.n_greatest_indices(prices, 1)[0]),
        expected(lambda rows: len(ranked(rows)) - 1),
    )
    close(
        cells(cube, al.array.quantile(prices, 0.5)),
        expected(lambda rows: _median(ranked(rows))),
    )


def _median(values: list[float]) -> float:
    middle = (len(values) - 1) / 2
    return (values[math.floor(middle)] + values[math.ceil(middle)]) / 2


def test_lists_of_columns_aggregated(cube: al.Cube) -> None:
    """A function of a list column is one more column."""
    losses = al.Column("Sales", "Losses", pa.list_(pa.float64()))

    close(
        cells(cube, al.agg.sum(al.array.sum(losses))),
        expected(lambda rows: math.fsum(each for row in rows for each in row[4]) or None),
    )
    close(
        cells(cube, al.agg.sum(al.array.len(losses))),
        expected(lambda rows: sum(len(row[4]) for row in rows)),
    )


def test_dates(cube: al.Cube, parts: tuple[Any, Any, Any, Any]) -> None:
    """Their distance to a constant."""
    day = parts[2]
    end = dt.date(2026, 3, 31)

    close(
        cells(cube, al.date_diff(day, end)),
        expected(lambda rows: (end - first_day(rows)).days),
    )
    close(
        cells(cube, al.date_diff(day, end, "months")),
        {"*": 3, "Oslo": 2, "Rome": 1, None: 3},
    )


def test_choices(cube: al.Cube, parts: tuple[Any, Any, Any, Any]) -> None:
    """In the total, the city is null."""
    n, p, _, _ = parts
    city = cube.levels["City"]

    close(
        cells(cube, al.where({city == "Rome": n, n > 3: p}, default=0)),
        {"*": price(ROWS), "Oslo": -2.5, "Rome": 9.0, None: 0.0},
    )
    close(
        cells(cube, al.switch(n, {4: "four", (9, 10): "nine or ten"}, default="?")),
        {"*": "nine or ten", "Oslo": "four", "Rome": "nine or ten", None: "?"},
    )
    close(
        cells(cube, al.where(city == "Rome", 0, 1)),
        {"*": 1, "Oslo": 1, "Rome": 0, None: 1},
    )


def test_columns_chosen_by_row(cube: al.Cube) -> None:
    """A row whose condition is null takes the other value."""
    n, p = al.Column("Sales", "Units", pa.int64()), al.Column("Sales", "Price", pa.float64())

    close(
        cells(cube, al.agg.sum(al.where(n > 0, p, 100))),
        {"*": 203.75, "Oslo": -2.5, "Rome": 106.25, None: 100.0},
    )


def test_lookups(cube: al.Cube) -> None:
    """Of a table that is not joined; where the city is null there is no row."""
    rate = al.Column("Rates", "Rate", pa.float64())

    close(
        cells(cube, al.lookup(rate, {"Name": cube.levels["City"]})),
        {"*": None, "Oslo": 1.5, "Rome": 2.5, None: None},
    )


def test_overflow_is_an_error(cube: al.Cube, parts: tuple[Any, Any, Any, Any]) -> None:
    """With a class of its own, never a wrong number."""
    with pytest.raises(AtomliteError):
        cells(cube, parts[0] * (2**62))
