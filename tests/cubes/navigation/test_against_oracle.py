"""Drawn measures that look at other cells, nested as they come, beside the oracle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomlite.cubes.model import ColumnOrder, CustomOrder, NaturalOrder
from atomlite.cubes.query import Query
from atomlite.expressions.columns import Column
from atomlite.measures.coordinates import HierarchyKey
from atomlite.measures.nodes import (
    Aggregation,
    Arithmetic,
    At,
    BestMember,
    Constant,
    CumulativeScope,
    DateShift,
    Filtered,
    LevelValue,
    Lookup,
    MeasureExpression,
    OriginScope,
    ParentValue,
    Rank,
    Scope,
    ScopedAggregation,
    Shift,
    SiblingsScope,
    Total,
    Where,
)
from tests.cubes.navigation.cubes import FACTS, Cube

COLUMNS: dict[str, pa.DataType] = {
    "country": pa.string(),
    "city": pa.string(),
    "month": pa.int8(),
    "day": pa.date32(),
    "kind": pa.string(),
    "version": pa.int16(),
    "amount": pa.int64(),
    "price": pa.float64(),
}
HIERARCHIES = {
    "Place": ("country", "city"),
    "Time": ("month", "day"),
    "Kind": ("kind",),
    "Version": ("version",),
}
MEMBERS: dict[str, tuple[Any, ...]] = {
    "country": ("A 2", "A 10", "B", None),
    "city": ("x", "x 9", "x 10", None),
    "kind": ("pen", "ink", "7", "07", None),
    "version": (1, 2, 3, None),
    "day": (date(2024, 1, 31), date(2024, 1, 30), date(2024, 2, 29), date(2024, 3, 29), None),
}
LEVELS = sorted({*MEMBERS, "month"})
KINDS: tuple[dict[str, pa.DataType], list[dict[str, Any]]] = (
    {"kind": pa.string(), "weight": pa.int64()},
    [{"kind": "pen", "weight": 3}, {"kind": "07", "weight": None}, {"kind": "ink", "weight": 5}],
)
RUNS = settings(max_examples=max(20, settings().max_examples // 20), deadline=None)
HALF = 0.5


def _choice(random: Random) -> Callable[..., Any]:
    return lambda *options: random.choice(options)


def _row(random: Random) -> dict[str, Any]:
    row = {name: random.choice(members) for name, members in MEMBERS.items()}
    row["month"] = None if row["day"] is None else row["day"].month
    row["amount"] = random.choice((None, -3, 0, 1, 2, 2, 4))
    row["price"] = random.choice((None, -1.25, 0.0, 0.5, 0.75, 1.0, 1.25))
    return row


def _cube(random: Random) -> Cube:
    price = Column(FACTS, "price", pa.float64())
    orders = {
        "country": NaturalOrder(ascending=random.random() < HALF),
        "city": random.choice((NaturalOrder(), ColumnOrder(price, ascending=False))),
        "kind": random.choice((NaturalOrder(), CustomOrder(("pen", "nobody", "07")))),
        "month": NaturalOrder(ascending=random.random() < HALF),
        "version": random.choice((NaturalOrder(), ColumnOrder(price))),
    }
    rows = [_row(random) for _ in range(random.choice((12, 25, 25, 1, 0)))]
    slicing = ("Version",) if random.random() < HALF else ()
    return Cube(COLUMNS, rows, HIERARCHIES, orders=orders, slicing=slicing, tables={"Kinds": KINDS})


class _Measures:
    """Draws measures of a cube."""

    def __init__(self, random: Random, cube: Cube) -> None:
        self.one_of = _choice(random)
        self._cube = cube

    def some_hierarchies(self) -> list[HierarchyKey]:
        first, second = self.hierarchy(), self.hierarchy()
        return [first] if first == second else [first, second]

    def hierarchy(self) -> HierarchyKey:
        return HierarchyKey("D", self.one_of(*HIERARCHIES))

    def leaf(self) -> Any:  # noqa: ANN401 -- one of several
        return self.one_of(
            Aggregation("sum", self._cube.column("amount")),
            Aggregation("count"),
            Aggregation("count", self._cube.column("price")),
            Aggregation("max", self._cube.column("amount")),
            Aggregation("sum", self._cube.column("price")),
        )

    def condition(self) -> Any:  # noqa: ANN401 -- one of several
        name = self.one_of(*MEMBERS)
        level, member = self._cube.level(name), self.one_of(*MEMBERS[name])
        if member is None:
            return self.one_of(level.isnull(), ~level.isnull())
        return self.one_of(level == member, level != member, level >= member)

    def measure(self, depth: int) -> Any:  # noqa: ANN401 -- one of several
        if depth == 0:
            return self.leaf()
        names = sorted(name for name in dir(self) if name.startswith("draw_"))
        return getattr(self, self.one_of(*names))(self.measure(depth - 1))

    def draw_arithmetic(self, inner: MeasureExpression) -> MeasureExpression:
        return Arithmetic(inner, self.one_of("+", "-", "*"), self.leaf())

    def draw_total(self, inner: MeasureExpression) -> MeasureExpression:
        return Total(inner, tuple(self.some_hierarchies()))

    def draw_parent(self, inner: MeasureExpression) -> MeasureExpression:
        degrees = tuple((key, self.one_of(1, 2, 3)) for key in self.some_hierarchies())
        above = self.one_of(None, Constant(-7), self.leaf())
        return ParentValue(inner, degrees, self.one_of(True, False), above)

    def draw_shift(self, inner: MeasureExpression) -> MeasureExpression:
        hierarchy = self.hierarchy()
        levels = HIERARCHIES[hierarchy.name]
        within = self.one_of(None, levels[0]) if len(levels) > 1 else None
        partitioning = None if within is None else self._cube.level(within).key
        offset = self.one_of(-2, -1, 0, 1, 1, 2)
        return Shift(inner, hierarchy, offset, partitioning, self.one_of("measure", "hierarchy"))

    def draw_date_shift(self, inner: MeasureExpression) -> MeasureExpression:
        offset = self.one_of("P1M", "-P1M", "P1D", "-P1D", "P1M1D", "-P3D")
        fallback = self.one_of(None, "past", "future", "interpolated")
        return DateShift(inner, HierarchyKey("D", "Time"), offset, fallback)

    def draw_rank(self, inner: MeasureExpression) -> MeasureExpression:
        ways = self.one_of(True, False), self.one_of(True, False)
        return Rank(inner, self.hierarchy(), *ways)

    def draw_where(self, inner: MeasureExpression) -> MeasureExpression:
        condition = self.one_of(inner > 1, inner.isnull(), self.condition())
        return Where(((condition, inner),), self.one_of(Constant(-1), self.leaf()))

    def draw_filter(self, inner: MeasureExpression) -> MeasureExpression:
        return Filtered(inner, self.condition())

    def draw_at(self, inner: MeasureExpression) -> MeasureExpression:
        name = self.one_of(*MEMBERS)
        level = self._cube.level(name)
        place = Constant(self.one_of(*MEMBERS[name]))
        if name == "city":
            place = self.one_of(place, self._cube.level("country"), self._cube.level("kind"))
        return At(inner, ((level, place),))

    def draw_lookup(self, inner: MeasureExpression) -> MeasureExpression:
        key = LevelValue(self._cube.level("kind"))
        weight = Lookup(Column("Kinds", "weight", pa.int64()), (("kind", key),))
        return Arithmetic(inner, "*", weight)

    def scoped(self, inner: MeasureExpression, scope: Scope) -> MeasureExpression:
        functions = ("sum", "mean", "min", "max", "count", "median", "long", "single_value")
        return ScopedAggregation(self.one_of(*functions), inner, scope)

    def draw_origin(self, inner: MeasureExpression) -> MeasureExpression:
        keys = [self._cube.level(self.one_of(*LEVELS)).key for _ in range(self.one_of(1, 2))]
        return self.scoped(inner, OriginScope(keys))

    def draw_cumulative(self, inner: MeasureExpression) -> MeasureExpression:
        hierarchy = self.hierarchy().name
        levels = HIERARCHIES[hierarchy]
        name = self.one_of(*levels)
        within = self.one_of(None, levels[0]) if name != levels[0] else None
        windows: list[Any] = [None, range(-1, 0), range(1), range(-1, 1), range(-2, 0)]
        if name == "day":
            windows += [("-P1M", "P0D"), ("-P1D", "P1D"), (None, "P1M"), ("-P1M", None)]
        window = self.one_of(*windows)
        dense = isinstance(window, range) and self.one_of(True, False)
        scope = CumulativeScope(
            self._cube.level(name).key,
            None if within is None else self._cube.level(within).key,
            window,
            dense,
        )
        return self.scoped(inner, scope)

    def draw_siblings(self, inner: MeasureExpression) -> MeasureExpression:
        return self.scoped(inner, SiblingsScope(self.hierarchy(), self.one_of(True, False)))

    def draw_best(self, inner: MeasureExpression) -> MeasureExpression:
        level = self._cube.level(self.one_of("version", "month"))
        return BestMember(inner, level, self.one_of(True, False))


@pytest.mark.parametrize("depth", [1, 2, 3])
@RUNS
@given(seed=st.integers(0, 2**32))
def test_nested_measures_are_those_of_the_oracle(depth: int, seed: int) -> None:
    """Whatever is asked of whatever measure of whatever cells, every cell is the oracle's."""
    random = Random(seed)  # noqa: S311 -- no secrets here
    cube = _cube(random)
    measures = _Measures(random, cube)
    names = random.sample(LEVELS, random.choice((2, 1, 1, 0)))
    if "day" not in names and random.random() < HALF:
        names.append("day")
    condition = None
    for _ in range(random.choice((0, 0, 1, 2))):
        more = measures.condition()
        condition = more if condition is None else condition & more
    levels = tuple(cube.level(name).key for name in names)
    query = Query(("m",), levels, condition, include_totals=random.random() < HALF)
    node = measures.measure(depth)
    try:
        assert cube.wrong(query, m=node) == [], (node, query)
    finally:
        cube.close()
