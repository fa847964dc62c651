"""Sums that another engine computed: FoodMart ships its facts with aggregates made from them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import atomlite as al
from atomlite.tables.table import Table


@pytest.fixture
def facts(session: al.Session, shared: Path) -> Table:
    """Load the sales of 1997 from their file."""
    return session.read_parquet(
        shared / "foodmart" / "sales_fact_1997.parquet", table_name="sales_fact_1997"
    )


def test_totals_are_those_of_the_documents(session: al.Session, facts: Table) -> None:
    """Unit sales 266,773 and store sales 565,238.13 over 86,837 facts."""
    totals = session.sql("SELECT sum(unit_sales) AS u, sum(store_sales) AS s FROM sales_fact_1997")

    assert facts.row_count == 86_837
    assert int(totals["u"][0]) == 266_773
    assert float(totals["s"][0]) == pytest.approx(565_238.13)


def test_an_aggregate_made_by_another_engine_is_reproduced(
    session: al.Session, facts: Table, shared: Path
) -> None:
    """Grouping the facts gives, row by row, the 86,154 rows of the aggregate beside them."""
    levels = ["product_id", "customer_id", "promotion_id", "store_id"]
    names = ", ".join(levels)
    ours = session.sql(
        f"SELECT {names}, sum(store_sales) AS store_sales, sum(store_cost) AS store_cost, "  # noqa: S608 -- own names
        f"sum(unit_sales) AS unit_sales, count(*) AS fact_count FROM {facts.name} "
        f"GROUP BY {names} ORDER BY {names}"
    )
    theirs = pd.read_parquet(shared / "foodmart" / "agg_l_05_sales_fact_1997.parquet")

    assert len(ours) == 86_154
    pd.testing.assert_frame_equal(
        ours,
        theirs.sort_values(levels, ignore_index=True)[list(ours.columns)],
        check_dtype=False,
        rtol=1e-9,
    )
