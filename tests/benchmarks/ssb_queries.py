"""The 13 queries of the Star Schema Benchmark: as SQL, and as what a cube is asked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

    import atomlite as al

JOINS = {
    "dates": ("lo_orderdate", "d_datekey"),
    "customer": ("lo_custkey", "c_custkey"),
    "supplier": ("lo_suppkey", "s_suppkey"),
    "part": ("lo_partkey", "p_partkey"),
}
"""By table: the column of ``lineorder`` and the table's own that are equal."""

_MEASURES = {
    "discounts": "sum(lo_extendedprice * lo_discount)",
    "revenue": "sum(lo_revenue)",
    "profit": "sum(lo_revenue - lo_supplycost)",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One query.

    Args:
        name: Its number in the paper.
        measure: What it sums.
        levels: What it groups by.
        conditions: By column: its value, a range of whole numbers, or several texts.
        joined: The tables that its SQL joins.
    """

    name: str
    measure: str
    levels: tuple[str, ...]
    conditions: dict[str, int | str | range | tuple[str, ...]]
    joined: tuple[str, ...]

    @property
    def sql(self) -> str:
        """The query of the paper, without its ORDER BY."""
        columns = ", ".join((*self.levels, f"{_MEASURES[self.measure]} AS {self.measure}"))
        tests = [" = ".join(JOINS[table]) for table in self.joined]
        for column, value in self.conditions.items():
            if isinstance(value, range):
                tests.append(f"{column} BETWEEN {value[0]} AND {value[-1]}")
            else:
                tests.append(
                    f"{column} IN {value}" if isinstance(value, tuple) else f"{column} = {value!r}"
                )
        tables, grouped = ", ".join(("lineorder", *self.joined)), ", ".join(self.levels)
        text = f"SELECT {columns} FROM {tables} WHERE {' AND '.join(tests)}"
        return f"{text} GROUP BY {grouped}" if grouped else text

    def answer(self, cube: al.Cube) -> pa.Table:
        """Return the answer of a cube with a hierarchy and a level for each column."""
        tests = []
        for column, value in self.conditions.items():
            level = cube.levels[column]
            if isinstance(value, range):
                tests.append((level >= value[0]) & (level <= value[-1]))
            else:
                tests.append(level.isin(*value) if isinstance(value, tuple) else level == value)
        levels = [cube.levels[name] for name in self.levels]
        return cube.query(self.measure, levels=levels, filter=reduce(and_, tests), mode="arrow")


_BY_BRAND = ("d_year", "p_brand1")
_FOR_BRANDS = ("dates", "part", "supplier")
_FOR_PLACES = ("customer", "supplier", "dates")
_FOR_PROFIT = ("dates", "customer", "supplier", "part")
_KINGDOM = ("UNITED KI1", "UNITED KI5")
_MAKERS = ("MFGR#1", "MFGR#2")

QUERIES = (
    Wanted(
        "1.1",
        "discounts",
        (),
        {"d_year": 1993, "lo_discount": range(1, 4), "lo_quantity": range(1, 25)},
        ("dates",),
    ),
    Wanted(
        "1.2",
        "discounts",
        (),
        {"d_yearmonthnum": 199401, "lo_discount": range(4, 7), "lo_quantity": range(26, 36)},
        ("dates",),
    ),
    Wanted(
        "1.3",
        "discounts",
        (),
        {
            "d_weeknuminyear": 6,
            "d_year": 1994,
            "lo_discount": range(5, 8),
            "lo_quantity": range(26, 36),
        },
        ("dates",),
    ),
    Wanted(
        "2.1",
        "revenue",
        _BY_BRAND,
        {"p_category": "MFGR#12", "s_region": "AMERICA"},
        _FOR_BRANDS,
    ),
    Wanted(
        "2.2",
        "revenue",
        _BY_BRAND,
        {
            "p_brand1": tuple(f"MFGR#22{number}" for number in range(21, 29)),
            "s_region": "ASIA",
        },
        _FOR_BRANDS,
    ),
    Wanted(
        "2.3",
        "revenue",
        _BY_BRAND,
        {"p_brand1": "MFGR#2221", "s_region": "EUROPE"},
        _FOR_BRANDS,
    ),
    Wanted(
        "3.1",
        "revenue",
        ("c_nation", "s_nation", "d_year"),
        {"c_region": "ASIA", "s_region": "ASIA", "d_year": range(1992, 1998)},
        _FOR_PLACES,
    ),
    Wanted(
        "3.2",
        "revenue",
        ("c_city", "s_city", "d_year"),
        {"c_nation": "UNITED STATES", "s_nation": "UNITED STATES", "d_year": range(1992, 1998)},
        _FOR_PLACES,
    ),
    Wanted(
        "3.3",
        "revenue",
        ("c_city", "s_city", "d_year"),
        {"c_city": _KINGDOM, "s_city": _KINGDOM, "d_year": range(1992, 1998)},
        _FOR_PLACES,
    ),
    Wanted(
        "3.4",
        "revenue",
        ("c_city", "s_city", "d_year"),
        {"c_city": _KINGDOM, "s_city": _KINGDOM, "d_yearmonth": "Dec1997"},
        _FOR_PLACES,
    ),
    Wanted(
        "4.1",
        "profit",
        ("d_year", "c_nation"),
        {"c_region": "AMERICA", "s_region": "AMERICA", "p_mfgr": _MAKERS},
        _FOR_PROFIT,
    ),
    Wanted(
        "4.2",
        "profit",
        ("d_year", "s_nation", "p_category"),
        {
            "c_region": "AMERICA",
            "s_region": "AMERICA",
            "d_year": range(1997, 1999),
            "p_mfgr": _MAKERS,
        },
        _FOR_PROFIT,
    ),
    Wanted(
        "4.3",
        "profit",
        ("d_year", "s_city", "p_brand1"),
        {"s_nation": "UNITED STATES", "d_year": range(1997, 1999), "p_category": "MFGR#14"},
        _FOR_PROFIT,
    ),
)
