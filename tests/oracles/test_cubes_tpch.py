"""TPC-H, where a query is a question to a cube: each beside its plain SQL."""

# ruff: noqa: S608 -- the statements are written here

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import atomlite as al
from atomlite.cubes.cube import Cube
from tests.cubes.oracle.values import alike

KEYS = {
    "region": {"r_regionkey"},
    "nation": {"n_nationkey"},
    "supplier": {"s_suppkey"},
    "customer": {"c_custkey"},
    "part": {"p_partkey"},
    "partsupp": {"ps_partkey", "ps_suppkey"},
    "orders": {"o_orderkey"},
    "lineitem": {"l_orderkey", "l_linenumber"},
}
LINKS = (
    ("lineitem", "orders", {"l_orderkey": "o_orderkey"}),
    ("orders", "customer", {"o_custkey": "c_custkey"}),
    ("customer", "nation", {"c_nationkey": "n_nationkey"}),
    ("nation", "region", {"n_regionkey": "r_regionkey"}),
    ("lineitem", "supplier", {"l_suppkey": "s_suppkey"}),
    ("supplier", "supplier_nation", {"s_nationkey": "n_nationkey"}),
    ("lineitem", "part", {"l_partkey": "p_partkey"}),
    ("lineitem", "partsupp", {"l_partkey": "ps_partkey", "l_suppkey": "ps_suppkey"}),
)
LEVELS = (
    ("lineitem", "l_returnflag"),
    ("lineitem", "l_linestatus"),
    ("lineitem", "l_shipmode"),
    ("lineitem", "l_shipdate"),
    ("lineitem", "l_commitdate"),
    ("lineitem", "l_receiptdate"),
    ("lineitem", "l_discount"),
    ("lineitem", "l_quantity"),
    ("lineitem", "l_orderkey"),
    ("orders", "o_orderdate"),
    ("orders", "o_shippriority"),
    ("orders", "o_orderpriority"),
    ("customer", "c_mktsegment"),
    ("nation", "n_name"),
    ("region", "r_name"),
    ("supplier_nation", "n_name"),
    ("part", "p_name"),
    ("part", "p_type"),
)


@pytest.fixture(scope="module")
def tpch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[al.Session]:
    """Give a session with the tables of TPC-H at a hundredth of its scale, joined."""
    folder = tmp_path_factory.mktemp("tpch")
    program = Path(sys.executable).with_name("tpchgen-cli")
    if not program.exists():
        pytest.skip("The program tpchgen-cli is not installed.")
    subprocess.run(
        [program, "parquet", "-s", "0.01", "--output-dir", folder], check=True, capture_output=True
    )
    with al.Session.start() as session:
        for name, keys in KEYS.items():
            session.read_parquet(folder / f"{name}.parquet", table_name=name, keys=keys)
        session.read_parquet(
            folder / "nation.parquet", table_name="supplier_nation", keys=KEYS["nation"]
        )
        for source, target, mapping in LINKS:
            session.tables[source].join(session.tables[target], mapping)
        yield session


@pytest.fixture(scope="module")
def cube(tpch: al.Session) -> Cube:
    """Give a cube over the order lines."""
    tables = tpch.tables
    cube = tpch.create_cube(tables["lineitem"], mode="manual")
    for table, column in LEVELS:
        cube.hierarchies[table, column] = [tables[table][column]]
    dates = {"shipped": ("lineitem", "l_shipdate"), "ordered": ("orders", "o_orderdate")}
    for name, (table, column) in dates.items():
        levels = {f"{name} year": "y"}
        cube.create_date_hierarchy(name, column=tables[table][column], levels=levels)
    _define(cube, tables["lineitem"], tables["partsupp"])
    return cube


def _define(cube: Cube, lines: al.Table, offers: al.Table) -> None:
    m, l = cube.measures, cube.levels  # noqa: E741 -- as users call them
    price = lines["l_extendedprice"] * (1 - lines["l_discount"])
    m["quantity"] = al.agg.sum(lines["l_quantity"])
    m["base price"] = al.agg.sum(lines["l_extendedprice"])
    m["revenue"] = al.agg.sum(price)
    m["charge"] = al.agg.sum(price * (1 + lines["l_tax"]))
    m["mean quantity"] = al.agg.mean(lines["l_quantity"])
    m["mean price"] = al.agg.mean(lines["l_extendedprice"])
    m["mean discount"] = al.agg.mean(lines["l_discount"])
    m["orders"] = m["contributors.COUNT"]
    m["saved"] = al.agg.sum(lines["l_extendedprice"] * lines["l_discount"])
    m["profit"] = al.agg.sum(price - offers["ps_supplycost"] * lines["l_quantity"])
    m["share of Brazil"] = (
        al.filter(m["revenue"], l["supplier_nation", "n_name", "n_name"] == "BRAZIL") / m["revenue"]
    )
    urgent = l["o_orderpriority"].isin("1-URGENT", "2-HIGH")
    m["urgent"] = al.filter(m["contributors.COUNT"], urgent)
    m["other"] = al.filter(m["contributors.COUNT"], ~urgent)
    m["promoted"] = 100 * al.filter(m["revenue"], l["p_type"].starts_with("PROMO")) / m["revenue"]


def _asked(  # noqa: PLR0911 -- one case for each query
    cube: Cube, name: str
) -> dict[str, Any]:
    l = cube.levels  # noqa: E741 -- as users call them
    shipped, ordered = l["l_shipdate"], l["o_orderdate"]
    customers, suppliers = l["nation", "n_name", "n_name"], l["supplier_nation", "n_name", "n_name"]
    france, germany = "FRANCE", "GERMANY"
    match name:
        case "Q1":
            return {
                "measures": [
                    *("quantity", "base price", "revenue", "charge"),
                    *("mean quantity", "mean price", "mean discount", "orders"),
                ],
                "levels": [l["l_returnflag"], l["l_linestatus"]],
                "filter": shipped <= date(1998, 9, 2),
            }
        case "Q3":
            return {
                "measures": ["revenue"],
                "levels": [l["l_orderkey"], ordered, l["o_shippriority"]],
                "filter": (l["c_mktsegment"] == "BUILDING")
                & (ordered < date(1995, 3, 15))
                & (shipped > date(1995, 3, 15)),
                "order_by": cube.measures["revenue"].desc(),
                "limit": 10,
            }
        case "Q5":
            return {
                "measures": ["revenue"],
                "levels": [suppliers],
                "filter": (l["r_name"] == "ASIA")
                & (customers == suppliers)
                & (ordered >= date(1994, 1, 1))
                & (ordered < date(1995, 1, 1)),
            }
        case "Q6":
            return {
                "measures": ["saved"],
                "filter": (shipped >= date(1994, 1, 1))
                & (shipped < date(1995, 1, 1))
                & l["l_discount"].between(Decimal("0.05"), Decimal("0.07"))
                & (l["l_quantity"] < 24),
            }
        case "Q7":
            return {
                "measures": ["revenue"],
                "levels": [suppliers, customers, l["shipped year"]],
                "filter": (
                    ((suppliers == france) & (customers == germany))
                    | ((suppliers == germany) & (customers == france))
                )
                & shipped.between(date(1995, 1, 1), date(1996, 12, 31)),
            }
        case "Q8":
            return {
                "measures": ["share of Brazil"],
                "levels": [l["ordered year"]],
                "filter": (l["r_name"] == "AMERICA")
                & (l["p_type"] == "ECONOMY ANODIZED STEEL")
                & ordered.between(date(1995, 1, 1), date(1996, 12, 31)),
            }
        case "Q9":
            return {
                "measures": ["profit"],
                "levels": [suppliers, l["ordered year"]],
                "filter": l["p_name"].contains("green"),
            }
        case "Q12":
            received = l["l_receiptdate"]
            return {
                "measures": ["urgent", "other"],
                "levels": [l["l_shipmode"]],
                "filter": l["l_shipmode"].isin("MAIL", "SHIP")
                & (l["l_commitdate"] < received)
                & (shipped < l["l_commitdate"])
                & (received >= date(1994, 1, 1))
                & (received < date(1995, 1, 1)),
            }
    return {
        "measures": ["promoted"],
        "filter": (shipped >= date(1995, 9, 1)) & (shipped < date(1995, 10, 1)),
    }


PRICE = "l_extendedprice * (1 - l_discount)"
WITH_NATIONS = """
    FROM lineitem
    JOIN orders ON l_orderkey = o_orderkey
    JOIN customer ON o_custkey = c_custkey
    JOIN supplier ON l_suppkey = s_suppkey
    JOIN nation n1 ON s_nationkey = n1.n_nationkey
    JOIN nation n2 ON c_nationkey = n2.n_nationkey
    JOIN region ON n2.n_regionkey = r_regionkey
    JOIN part ON l_partkey = p_partkey
    JOIN partsupp ON l_partkey = ps_partkey AND l_suppkey = ps_suppkey
"""
SQL = {
    "Q1": f"""
        SELECT l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice), sum({PRICE}),
            sum({PRICE} * (1 + l_tax)), avg(l_quantity), avg(l_extendedprice), avg(l_discount),
            count(*)
        FROM lineitem WHERE l_shipdate <= DATE '1998-09-02' GROUP BY 1, 2""",
    "Q3": f"""
        SELECT l_orderkey, o_orderdate, o_shippriority, sum({PRICE}) AS revenue {WITH_NATIONS}
        WHERE c_mktsegment = 'BUILDING' AND o_orderdate < DATE '1995-03-15'
            AND l_shipdate > DATE '1995-03-15'
        GROUP BY 1, 2, 3 ORDER BY revenue DESC LIMIT 10""",
    "Q5": f"""
        SELECT n1.n_name, sum({PRICE}) {WITH_NATIONS}
        WHERE c_nationkey = s_nationkey AND r_name = 'ASIA'
            AND o_orderdate >= DATE '1994-01-01' AND o_orderdate < DATE '1995-01-01' GROUP BY 1""",
    "Q6": """
        SELECT sum(l_extendedprice * l_discount) FROM lineitem
        WHERE l_shipdate >= DATE '1994-01-01' AND l_shipdate < DATE '1995-01-01'
            AND l_discount BETWEEN 0.05 AND 0.07 AND l_quantity < 24""",
    "Q7": f"""
        SELECT n1.n_name, n2.n_name AS other, year(l_shipdate), sum({PRICE}) {WITH_NATIONS}
        WHERE ((n1.n_name = 'FRANCE' AND n2.n_name = 'GERMANY')
            OR (n1.n_name = 'GERMANY' AND n2.n_name = 'FRANCE'))
            AND l_shipdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31' GROUP BY 1, 2, 3""",
    "Q8": f"""
        SELECT year(o_orderdate),
            sum(CASE WHEN n1.n_name = 'BRAZIL' THEN {PRICE} END) / sum({PRICE}) {WITH_NATIONS}
        WHERE r_name = 'AMERICA' AND p_type = 'ECONOMY ANODIZED STEEL'
            AND o_orderdate BETWEEN DATE '1995-01-01' AND DATE '1996-12-31' GROUP BY 1""",
    "Q9": f"""
        SELECT n1.n_name, year(o_orderdate), sum({PRICE} - ps_supplycost * l_quantity)
        {WITH_NATIONS} WHERE p_name LIKE '%green%' GROUP BY 1, 2""",
    "Q12": """
        SELECT l_shipmode,
            count(*) FILTER (WHERE o_orderpriority IN ('1-URGENT', '2-HIGH')),
            count(*) FILTER (WHERE o_orderpriority NOT IN ('1-URGENT', '2-HIGH'))
        FROM lineitem JOIN orders ON l_orderkey = o_orderkey
        WHERE l_shipmode IN ('MAIL', 'SHIP') AND l_commitdate < l_receiptdate
            AND l_shipdate < l_commitdate AND l_receiptdate >= DATE '1994-01-01'
            AND l_receiptdate < DATE '1995-01-01' GROUP BY 1""",
    "Q14": f"""
        SELECT 100.0 * sum(CASE WHEN p_type LIKE 'PROMO%' THEN {PRICE} END) / sum({PRICE})
        FROM lineitem JOIN part ON l_partkey = p_partkey
        WHERE l_shipdate >= DATE '1995-09-01' AND l_shipdate < DATE '1995-10-01'""",
}


@pytest.mark.parametrize("name", SQL)
def test_a_query_of_tpch(cube: Cube, tpch: al.Session, name: str) -> None:
    """The cube's rows are those of plain SQL."""
    asked = _asked(cube, name)
    table = cube.query(*asked.pop("measures"), **asked, mode="arrow").drop_columns(["_depth"])
    found = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    expected = tpch.sql(SQL[name]).astype(object).itertuples(index=False, name=None)

    ours, theirs = ([_plain(row) for row in rows] for rows in (found, expected))
    assert ours
    assert len(ours) == len(theirs)
    for mine, other in zip(sorted(ours), sorted(theirs), strict=True):
        assert alike(mine, other)


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(
        None
        if pd.isna(value)
        else float(value)
        if isinstance(value, Decimal)
        else value.date()
        if hasattr(value, "date")
        else value
        for value in row
    )
