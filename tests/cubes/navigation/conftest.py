"""Cubes small enough to check by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from atomlite.measures.nodes import Aggregation
from tests.cubes.navigation.cubes import Cube

COLUMNS: dict[str, pa.DataType] = {
    "country": pa.string(),
    "city": pa.string(),
    "month": pa.int8(),
    "day": pa.date32(),
    "kind": pa.string(),
    "version": pa.int16(),
    "units": pa.int64(),
}
ROWS = (
    ("France", "Paris", 1, date(2024, 1, 30), "pen", 1, 10),
    ("France", "Paris", 1, date(2024, 1, 31), "ink", 1, 1),
    ("France", "Lyon", 2, date(2024, 2, 29), "pen", 1, 6),
    ("Spain", "Madrid", 2, date(2024, 2, 29), "ink", 2, 8),
    ("Spain", None, 3, date(2024, 3, 29), "pen", 2, 2),
    (None, None, None, None, None, 3, None),
)
KINDS: tuple[dict[str, pa.DataType], list[dict[str, Any]]] = (
    {"kind": pa.string(), "weight": pa.int64()},
    [{"kind": "pen", "weight": 3}, {"kind": "ink", "weight": None}],
)


def _cube(slicing: list[str]) -> Cube:
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in ROWS]
    hierarchies = {
        "Place": ("country", "city"),
        "Time": ("month", "day"),
        "Kind": ("kind",),
        "Version": ("version",),
    }
    return Cube(COLUMNS, rows, hierarchies, slicing=slicing, tables={"Kinds": KINDS})


@pytest.fixture
def cube() -> Iterator[Cube]:
    """Give sales of three countries, one of which is not known."""
    made = _cube([])
    yield made
    made.close()


@pytest.fixture
def sliced() -> Iterator[Cube]:
    """Give the same with versions that do not add up."""
    made = _cube(["Version"])
    yield made
    made.close()


@pytest.fixture
def units(cube: Cube) -> Aggregation:
    """Give the measure that all others are made of."""
    return Aggregation("sum", cube.column("units"))
