"""The oracle itself, beside answers worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from atomlite.cubes.model import CubeModel, HierarchyModel, LevelModel, MeasureModel
from atomlite.cubes.query import Query
from atomlite.expressions.columns import Column, Operand
from atomlite.measures import nodes
from atomlite.measures.additivity import Additivity
from atomlite.measures.coordinates import HierarchyKey, LevelKey
from atomlite.tables.catalogs import Catalog, TableState
from atomlite.tables.links import Link
from atomlite.tables.schemas import table_schema
from atomlite.types import Version
from tests.cubes.oracle.aggregates import aggregated
from tests.cubes.oracle.dates import shifted
from tests.cubes.oracle.ordering import natural
from tests.cubes.oracle.queries import answer
from tests.cubes.oracle.rows import World

SHOPS = {"shop": "int64", "country": "string", "city": "string"}
SALES = {"shop": "int64", "item": "string", "units": "int64"}
TAGS = {"item": "string", "tag": "string"}
ROWS: dict[str, list[dict[str, Any]]] = {
    "shops": [
        {"shop": 1, "country": "France", "city": "Paris"},
        {"shop": 2, "country": "France", "city": "Lyon"},
        {"shop": 3, "country": "Spain", "city": "Madrid"},
    ],
    "sales": [
        {"shop": 1, "item": "pen", "units": 10},
        {"shop": 1, "item": "ink", "units": 4},
        {"shop": 2, "item": "pen", "units": 6},
        {"shop": 3, "item": "ink", "units": 8},
        {"shop": 9, "item": "pen", "units": 1},
    ],
    "tags": [
        {"item": "pen", "tag": "blue"},
        {"item": "pen", "tag": "cheap"},
        {"item": "ink", "tag": "blue"},
    ],
}
WORLD = World(
    ROWS,
    Catalog(
        Version("", 1),
        {
            "shops": TableState(table_schema("shops", SHOPS, keys={"shop"})),
            "sales": TableState(table_schema("sales", SALES)),
            "tags": TableState(table_schema("tags", TAGS, keys={"item", "tag"})),
        },
        (
            Link("sales", "shops", (("shop", "shop"),)),
            Link("sales", "tags", (("item", "item"),)),
        ),
    ),
)
GEO, ITEM, TAG = (HierarchyKey("d", name) for name in ("geo", "item", "tag"))


def _level(key: HierarchyKey, table: str, column: str) -> LevelModel:
    operand: Operand = Column(table, column, pa.string())
    return LevelModel(LevelKey("d", key.name, column), operand, pa.string())


def _model(**measures: nodes.MeasureExpression) -> CubeModel:
    hierarchies = {
        GEO: (_level(GEO, "shops", "country"), _level(GEO, "shops", "city")),
        ITEM: (_level(ITEM, "sales", "item"),),
        TAG: (_level(TAG, "tags", "tag"),),
    }
    return CubeModel(
        "sales",
        "sales",
        hierarchies={key: HierarchyModel(key, levels) for key, levels in hierarchies.items()},
        measures={
            name: MeasureModel(name, node, pa.int64(), Additivity("non-additive", ()))
            for name, node in measures.items()
        },
    )


CITY, COUNTRY = LevelKey("d", "geo", "city"), LevelKey("d", "geo", "country")
UNITS = nodes.Aggregation("sum", Column("sales", "units", pa.int64()))


def _lines(
    node: nodes.MeasureExpression, *levels: LevelKey, totals: bool = False
) -> Iterator[tuple[Any, ...]]:
    query = Query(("m",), levels, include_totals=totals)
    for line in answer(query, _model(m=node), WORLD):
        yield (*line.members[: line.depth], *line.values)


def test_facts_without_a_partner_stay_under_null_and_totals_come_first() -> None:
    """Totals, their parts in order, null last."""
    assert list(_lines(UNITS, CITY, totals=True)) == [
        (29,),
        ("France", 20),
        ("France", "Lyon", 6),
        ("France", "Paris", 14),
        ("Spain", 8),
        ("Spain", "Madrid", 8),
        (None, 1),
        (None, None, 1),
    ]


def test_a_fact_with_two_partners_counts_once_in_the_total() -> None:
    """Pens have two tags."""
    key = LevelKey("d", "tag", "tag")
    assert list(_lines(UNITS, key, totals=True)) == [(29,), ("blue", 29), ("cheap", 17)]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (nodes.ParentValue(UNITS, ((GEO, 1),)), [20, 20, 8, 1]),
        (nodes.Total(UNITS, (GEO,)), [29, 29, 29, 29]),
        (nodes.Shift(UNITS, GEO, 1), [14, 8, 1, None]),
        (nodes.Shift(UNITS, GEO, 1, partitioning=COUNTRY), [14, None, None, None]),
        (nodes.Rank(UNITS, GEO, ascending=False), [2, 1, 1, 1]),
        (
            nodes.ScopedAggregation("sum", UNITS, nodes.CumulativeScope(CITY)),
            [6, 20, 28, 29],
        ),
        (
            nodes.ScopedAggregation("sum", UNITS, nodes.SiblingsScope(GEO, exclude_self=True)),
            [14, 6, None, None],
        ),
        (
            nodes.ScopedAggregation(
                "max", UNITS, nodes.OriginScope([LevelKey("d", "item", "item")])
            ),
            [6, 10, 8, 1],
        ),
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_cells(node: nodes.MeasureExpression, expected: list[int | None]) -> None:
    """Lyon, Paris, Madrid and the shop that is unknown."""
    assert [line[-1] for line in _lines(node, CITY)] == expected


@pytest.mark.parametrize(
    ("mode", "interpolation", "expected"),
    [
        ("inc", "linear", 17.5),
        ("exc", "linear", 12.5),
        ("simple", "linear", 10.0),
        ("centered", "linear", 15.0),
        ("inc", "nearest", 20.0),
        ("inc", "midpoint", 15.0),
        ("inc", "lower", 10.0),
        ("inc", "higher", 20.0),
    ],
)
def test_quantiles(
    mode: nodes.QuantileMode, interpolation: nodes.Interpolation, expected: float
) -> None:
    """The first quartile of 10, 20, 30, 40."""
    options = nodes.AggregateOptions(q=0.25, mode=mode, interpolation=interpolation)
    pairs = [(value, None) for value in (40, 10, None, 30, 20)]
    assert aggregated("quantile", pairs, options) == expected


def test_months_end_on_their_last_day() -> None:
    """January 31 and a month is the end of February."""
    day = pa.scalar(19753, pa.date32()).as_py()  # 2024-01-31
    assert shifted(day, "P1M").isoformat() == "2024-02-29"
    assert shifted(day, "-P1Y2M1D").isoformat() == "2022-11-29"


def test_digits_count_as_numbers() -> None:
    """2 before 10, whatever the zeros in front."""
    texts = ["Item 10", "Item 2", "Item 02", "Item", "item 1", "Item 2b"]
    assert sorted(texts, key=natural) == [
        "Item",
        "Item 02",
        "Item 2",
        "Item 2b",
        "Item 10",
        "item 1",
    ]
