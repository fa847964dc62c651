"""The tables of the Star Schema Benchmark by the rules of its paper, the columns that it queries.

Scale 1 has some 6,000,000 lines. Every run makes the same rows.
"""

from __future__ import annotations

import calendar
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

LINES, CUSTOMERS, SUPPLIERS, PARTS = 6_000_000, 30_000, 2_000, 200_000
_REGIONS = {
    "AFRICA": "ALGERIA ETHIOPIA KENYA MOROCCO MOZAMBIQUE",
    "AMERICA": "ARGENTINA BRAZIL CANADA PERU UNITED_STATES",
    "ASIA": "CHINA INDIA INDONESIA JAPAN VIETNAM",
    "EUROPE": "FRANCE GERMANY ROMANIA RUSSIA UNITED_KINGDOM",
    "MIDDLE EAST": "EGYPT IRAN IRAQ JORDAN SAUDI_ARABIA",
}
_NATIONS = np.array(
    [name.replace("_", " ") for names in _REGIONS.values() for name in names.split()]
)
_REGION_NAMES = np.array(list(_REGIONS))
_CITIES = 10
_FIRST, _END = np.datetime64("1992-01-01"), np.datetime64("1999-01-01")
_MONTHS = np.array(list(calendar.month_abbr)[1:])


def tables(scale: float = 1) -> dict[str, pa.Table]:
    """Return the tables by name: lineorder, dates, customer, supplier, part."""
    random = np.random.default_rng(3)
    customers, suppliers, parts = (
        max(int(count * scale), 200) for count in (CUSTOMERS, SUPPLIERS, PARTS)
    )
    dates = _dates()
    return {
        "dates": dates,
        "customer": _places(random, "c", customers),
        "supplier": _places(random, "s", suppliers),
        "part": _parts(random, parts),
        "lineorder": _lines(
            random, int(LINES * scale), (customers, suppliers, parts), dates["d_datekey"].to_numpy()
        ),
    }


def _dates() -> pa.Table:
    day = np.arange(_FIRST, _END)
    month, year = day.astype("datetime64[M]"), day.astype("datetime64[Y]")
    in_month = (day - month.astype("datetime64[D]")).astype("int32") + 1
    in_year = (day - year.astype("datetime64[D]")).astype("int32")
    years = year.astype("int32") + 1970
    months = month.astype("int32") % 12
    named = np.char.add(_MONTHS[months], years.astype("str"))
    columns: dict[str, Any] = {
        "d_datekey": (years * 10_000 + (months + 1) * 100 + in_month).astype("int32"),
        "d_year": years,
        "d_yearmonthnum": (years * 100 + months + 1).astype("int32"),
        "d_yearmonth": named,
        "d_weeknuminyear": (in_year // 7 + 1).astype("int32"),
    }
    return pa.table(columns)


def _places(random: np.random.Generator, letter: str, rows: int) -> pa.Table:
    nation = random.integers(0, len(_NATIONS), rows)
    short = np.array([f"{name[:9]:9}" for name in _NATIONS])
    digit = random.integers(0, _CITIES, rows).astype("str")
    key = "custkey" if letter == "c" else "suppkey"
    columns: dict[str, Any] = {
        f"{letter}_{key}": np.arange(1, rows + 1, dtype="int32"),
        f"{letter}_city": np.char.add(short[nation], digit),
        f"{letter}_nation": _NATIONS[nation],
        f"{letter}_region": _REGION_NAMES[nation // 5],
    }
    return pa.table(columns)


def _parts(random: np.random.Generator, rows: int) -> pa.Table:
    mfgr, category, brand = (random.integers(1, most + 1, rows) for most in (5, 5, 40))
    makers = np.char.add("MFGR#", mfgr.astype("str"))
    categories = np.char.add(makers, category.astype("str"))
    columns: dict[str, Any] = {
        "p_partkey": np.arange(1, rows + 1, dtype="int32"),
        "p_mfgr": makers,
        "p_category": categories,
        "p_brand1": np.char.add(categories, brand.astype("str")),
    }
    return pa.table(columns)


def _lines(
    random: np.random.Generator,
    rows: int,
    counts: tuple[int, int, int],
    days: npt.NDArray[np.int32],
) -> pa.Table:
    customers, suppliers, parts = counts
    part = random.integers(1, parts + 1, rows, dtype="int32")
    quantity, discount = random.integers(1, 51, rows), random.integers(0, 11, rows)
    price = 90_000 + part.astype("int64") // 10 % 20_001 + 100 * (part.astype("int64") % 1_000)
    columns: dict[str, Any] = {
        "lo_custkey": random.integers(1, customers + 1, rows, dtype="int32"),
        "lo_partkey": part,
        "lo_suppkey": random.integers(1, suppliers + 1, rows, dtype="int32"),
        "lo_orderdate": days[random.integers(0, len(days) - 150, rows)],
        "lo_quantity": quantity.astype("int32"),
        "lo_extendedprice": quantity * price,
        "lo_discount": discount.astype("int32"),
        "lo_revenue": quantity * price * (100 - discount) // 100,
        "lo_supplycost": 6 * price // 10,
    }
    return pa.table(columns)
