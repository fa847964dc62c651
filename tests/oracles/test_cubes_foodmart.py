"""FoodMart through a cube: the sums that another engine computed, and those of its documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import atomlite as al
from atomlite.cubes.cube import Cube

DIMENSIONS = {
    "time_by_day": "time_id",
    "customer": "customer_id",
    "product": "product_id",
    "product_class": "product_class_id",
    "store": "store_id",
    "promotion": "promotion_id",
}
MEASURES = ("store_sales", "store_cost", "unit_sales", "customer_count", "fact_count")


@pytest.fixture(scope="module")
def cube(shared: Path) -> Iterator[Cube]:
    """Give a cube over the star of the sales of 1997, with each column of it as a hierarchy."""
    with al.Session.start() as session:

        def read(name: str, keys: tuple[str, ...] = ()) -> al.Table:
            path = shared / "foodmart" / f"{name}.parquet"
            return session.read_parquet(path, table_name=name, keys=keys)

        facts = read("sales_fact_1997")
        tables = {name: read(name, (key,)) for name, key in DIMENSIONS.items()}
        for name, table in tables.items():
            if name != "product_class":
                facts.join(table)
        tables["product"].join(tables["product_class"])
        cube = session.create_cube(facts, mode="manual")
        for table in (facts, *tables.values()):
            for column in table:
                cube.hierarchies[table.name, column] = [table[column]]
        time, classes = tables["time_by_day"], tables["product_class"]
        cube.hierarchies["Time", "Calendar"] = [
            time[name] for name in ("the_year", "quarter", "month_of_year")
        ]
        cube.hierarchies["Product", "Families"] = [
            classes[name] for name in ("product_family", "product_department")
        ]
        for name in MEASURES[:3]:
            cube.measures[name] = al.agg.sum(facts[name])
        cube.measures["customer_count"] = al.agg.count_distinct(facts["customer_id"])
        cube.measures["fact_count"] = cube.measures["contributors.COUNT"]
        yield cube


# Level of each column that the aggregates call something else than the star does.
NAMES = {
    "month": "month_of_year",
    "time_month": "month_of_year",
    "time_quarter": "quarter",
    "time_year": "the_year",
}
AGGREGATES = {
    "agg_c_10_sales_fact_1997": 12,
    "agg_l_04_sales_fact_1997": 323,
    "agg_g_ms_pcat_sales_fact_1997": 2_637,
    "agg_lc_06_sales_fact_1997": 4_464,
    "agg_l_03_sales_fact_1997": 20_522,
    "agg_l_05_sales_fact_1997": 86_154,
    "agg_lc_100_sales_fact_1997": 86_602,
    "agg_c_14_sales_fact_1997": 86_805,
    "agg_c_special_sales_fact_1997": 86_805,
    "agg_ll_01_sales_fact_1997": 86_829,
    "agg_pl_01_sales_fact_1997": 86_829,
}


@pytest.mark.parametrize("name", AGGREGATES)
def test_an_aggregate_made_by_another_engine_is_reproduced(
    cube: Cube, shared: Path, name: str
) -> None:
    """Every row of it, and no other."""
    theirs = pq.read_table(shared / "foodmart" / f"{name}.parquet").to_pandas()
    theirs.columns = [column.removesuffix("_sum") for column in theirs.columns]
    measures = [column for column in theirs.columns if column in MEASURES]
    levels = [column for column in theirs.columns if column not in MEASURES]
    handles = [cube.levels[_hierarchy(cube, NAMES.get(column, column))] for column in levels]
    ours = cube.query(*measures, levels=handles, mode="arrow")

    assert len(measures) >= 4
    assert ours.num_rows == len(theirs) == AGGREGATES[name]
    names = [*levels, *measures]
    found = ours.drop_columns(["_depth"]).rename_columns(names).to_pandas()
    pd.testing.assert_frame_equal(
        found.sort_values(levels, ignore_index=True).astype("object"),
        theirs[names].sort_values(levels, ignore_index=True).astype("object"),
        check_dtype=False,
        rtol=1e-9,
    )


def _hierarchy(cube: Cube, column: str) -> tuple[str, str, str]:
    """Return the name of the level of a column, in the facts if they have it."""
    tables = ["sales_fact_1997", *DIMENSIONS]
    table = next(name for name in tables if (name, column) in cube.hierarchies)
    return table, column, column


def test_grand_totals_are_those_of_the_documents(cube: Cube) -> None:
    """Of all facts, in one row."""
    (row,) = cube.query(*MEASURES, mode="arrow").to_pylist()
    assert row.pop("_depth") == 0
    assert row == {
        "store_sales": pytest.approx(565_238.13),
        "store_cost": pytest.approx(225_627.2336),
        "unit_sales": 266_773,
        "customer_count": 5_581,
        "fact_count": 86_837,
    }


def test_quarters_families_and_genders(cube: Cube) -> None:
    """Through hierarchies of two and three levels, and through one level."""
    quarters = cube.query(
        "unit_sales", levels=[cube.levels["Calendar", "quarter"]], mode="arrow"
    ).to_pydict()
    assert dict(zip(quarters["quarter"], quarters["unit_sales"], strict=True)) == {
        "Q1": 66_291,
        "Q2": 62_610,
        "Q3": 65_848,
        "Q4": 72_024,
    }
    families = cube.query(
        "unit_sales", levels=[cube.levels["Families", "product_family"]], mode="arrow"
    ).to_pydict()
    assert dict(zip(families["product_family"], families["unit_sales"], strict=True)) == {
        "Drink": 24_597,
        "Food": 191_940,
        "Non-Consumable": 50_236,
    }
    genders = cube.query(
        "unit_sales", levels=[cube.levels["customer", "gender", "gender"]], mode="arrow"
    ).to_pydict()
    assert dict(zip(genders["gender"], genders["unit_sales"], strict=True)) == {
        "F": 131_558,
        "M": 135_215,
    }


def test_totals_of_a_hierarchy_are_the_sums_of_their_parts(cube: Cube) -> None:
    """Units add up, distinct customers do not; both are right at each depth."""
    table: pa.Table = cube.query(
        "unit_sales",
        "customer_count",
        levels=[cube.levels["Calendar", "month_of_year"]],
        include_totals=True,
        mode="arrow",
    )
    by_depth = table.to_pandas().groupby("_depth")

    assert by_depth.size().tolist() == [1, 1, 4, 12]
    assert by_depth["unit_sales"].sum().tolist() == [266_773] * 4
    assert by_depth["customer_count"].sum().tolist()[:2] == [5_581] * 2
    assert by_depth["customer_count"].sum()[3] > 5_581
