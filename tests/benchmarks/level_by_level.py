"""The query of the cube benchmarks in pandas and polars, one group-by for each level."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import polars as pl
import pyarrow as pa

_LEVELS = ("country", "city", "category")
_PREFIXES = (_LEVELS, _LEVELS[:2], _LEVELS[:1])
_COLUMNS = [*_LEVELS, "quantity", "price"]

Answers = dict[str, tuple[Callable[[], pa.Table], bool]]
"""By name: how the cells of the deepest level are computed, and whether a ratio is promised."""


def pandas_answers(rows: pa.Table) -> Answers:
    """Return pandas on categories, as Atoti's users write it."""
    frame = rows.select(_COLUMNS).to_pandas()
    frame = frame.astype(dict.fromkeys(_LEVELS, "category"))

    def answer() -> pa.Table:
        valued = frame.assign(revenue=frame["quantity"] * frame["price"])
        found = [
            valued.groupby(list(levels), observed=True, dropna=False).agg(
                **{
                    "quantity": pd.NamedAgg("quantity", "sum"),
                    "price": pd.NamedAgg("price", "sum"),
                    "revenue": pd.NamedAgg("revenue", "sum"),
                    "mean price": pd.NamedAgg("price", "mean"),
                    "highest price": pd.NamedAgg("price", "max"),
                }
            )
            for levels in _PREFIXES
        ]
        valued[["quantity", "price", "revenue"]].sum()
        valued["price"].agg(["mean", "max"])
        cells = found[0].reset_index().astype(dict.fromkeys(_LEVELS, "str"))
        return pa.Table.from_pandas(cells, preserve_index=False)

    return {"pandas, categories, groupby level by level": (answer, True)}


def polars_answers(rows: pa.Table) -> Answers:
    """Return polars on categoricals: one group-by after the other, and all of them in one plan."""
    frame = pl.DataFrame(rows.select(_COLUMNS)).with_columns(
        pl.col(*_LEVELS).cast(pl.Categorical())
    )
    measures = [
        pl.col("quantity").sum(),
        pl.col("price").sum(),
        (pl.col("quantity") * pl.col("price")).sum().alias("revenue"),
        pl.col("price").mean().alias("mean price"),
        pl.col("price").max().alias("highest price"),
    ]

    def eager() -> pa.Table:
        found = [frame.group_by(levels).agg(measures) for levels in _PREFIXES]
        frame.select(measures)
        return cells(found[0])

    def each_lazy() -> pa.Table:
        found = [frame.lazy().group_by(levels).agg(measures).collect() for levels in _PREFIXES]
        frame.select(measures)
        return cells(found[0])

    def together() -> pa.Table:
        plans = [frame.lazy().group_by(levels).agg(measures) for levels in _PREFIXES]
        return cells(pl.collect_all([*plans, frame.lazy().select(measures)])[0])

    def cells(found: pl.DataFrame) -> pa.Table:
        return found.with_columns(pl.col(*_LEVELS).cast(pl.String())).to_arrow()

    return {
        "polars, categoricals, group_by level by level": (eager, True),
        "polars, the same, each level lazy": (each_lazy, True),
        "polars, the same, all levels in one collect_all": (together, False),
    }
