"""Plain aggregates beside pandas: ``groupby(dropna=False)``, one for each level of totals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import atomlite as al
from atomlite.cubes.cube import Cube
from atomlite.expressions.columns import Operand
from tests.cubes.oracle.asking import QUERIES, share
from tests.cubes.oracle.values import alike

pytestmark = pytest.mark.timeout(1800)  # of the long profile, or of shrinking what failed

LEVELS = ("kind", "flag", "day", "country", "city", "size")
NUMBERS = ("units", "price", "worth")
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda column: column.sum(min_count=1),
    "mean": lambda column: column.mean(),
    "min": lambda column: column.min(),
    "max": lambda column: column.max(),
    "median": lambda column: column.median(),
    "prod": lambda column: column.astype("Float64").prod(min_count=1),  # integers would wrap
    "count": lambda column: column.count(),
    "count_distinct": lambda column: column.nunique(),
    "std": lambda column: column.std(),
    "var": lambda column: column.var(),
}
ROWS = "contributors.COUNT"


@pytest.fixture(scope="module")
def one_session() -> Iterator[al.Session]:
    """Give all examples one session."""
    with al.Session.start() as session:
        yield session


def _with_gaps(random: np.random.Generator, values: object, dtype: str) -> pd.Series[Any]:
    series = pd.Series(values, dtype=dtype)
    return series.mask(random.random(len(series)) < random.choice([0.0, 0.2, 0.9]))


def _facts(random: np.random.Generator, size: int) -> pd.DataFrame:
    words = np.array(["pen", "ink 10", "ink 2", 'a"b', "[c.d]", "🖊", "Total"])
    days = pd.date_range("1969-12-30", periods=5).to_numpy()
    return pd.DataFrame(
        {
            "shop": _with_gaps(random, random.integers(0, 9, size), "Int64"),
            "kind": _with_gaps(random, random.choice(words, size), "string"),
            "flag": _with_gaps(random, random.integers(0, 2, size) == 1, "boolean"),
            "day": _with_gaps(random, random.choice(days, size), "datetime64[us]"),
            "units": _with_gaps(random, random.integers(-9, 10, size), "Int64"),
            "price": _with_gaps(random, random.integers(-99, 100, size) / 4, "Float64"),
        }
    )


def _shops(random: np.random.Generator) -> pd.DataFrame:
    size = int(random.integers(0, 8))
    return pd.DataFrame(
        {
            "shop": pd.Series(random.permutation(9)[:size], dtype="Int64"),
            "country": _with_gaps(random, random.choice(["F", "🇪🇸", "None"], size), "string"),
            "city": _with_gaps(random, random.choice(["A", "a", "B"], size), "string"),
            "size": _with_gaps(random, random.integers(1, 3, size), "Int64"),
        }
    )


def _cube(session: al.Session, facts: pd.DataFrame, shops: pd.DataFrame) -> Cube:
    for mapping in (session.cubes, session.tables):
        for name in list(mapping):
            del mapping[name]
    sales = session.read_pandas(facts, table_name="Sales")
    places = session.read_pandas(shops, table_name="Shops", keys={"shop"})
    sales.join(places)
    cube = session.create_cube(sales, mode="manual")
    for table in (sales, places):
        for name in LEVELS:
            if name in table:
                cube.hierarchies["D", name] = [table[name]]
    operands: dict[str, Operand] = {name: sales[name] for name in ("units", "price")}
    operands["worth"] = sales["units"] * sales["price"]
    cube.measures.update(
        {
            f"{number} {function}": getattr(al.agg, function)(operand)
            for function in FUNCTIONS
            for number, operand in operands.items()
        }
    )
    return cube


@share
@given(data=st.data(), seed=st.integers(0, 2**32 - 1), size=st.integers(0, 120))
def test_every_cell_is_that_of_pandas(
    one_session: al.Session, data: st.DataObject, seed: int, size: int
) -> None:
    """Cells and totals, with and without filters, over facts with and without partners."""
    random = np.random.default_rng(seed)
    facts, shops = _facts(random, size), _shops(random)
    cube = _cube(one_session, facts, shops)
    wide = facts.merge(shops, on="shop", how="left").assign(
        worth=facts["units"].astype("Float64") * facts["price"]
    )
    # pandas matches null with null, which is no partner here; there is none among the shops.
    names = [f"{number} {function}" for number in NUMBERS for function in FUNCTIONS]
    for _ in range(QUERIES):
        levels = data.draw(st.lists(st.sampled_from(LEVELS), max_size=3, unique=True))
        measures = [ROWS, *data.draw(st.lists(st.sampled_from(names), max_size=4, unique=True))]
        condition, rows = _filter(cube, wide, data)
        table = cube.query(
            *measures,
            levels=[cube.levels[name] for name in levels],
            filter=condition,
            include_totals=True,
            mode="arrow",
        )
        found = _by_cell(table.to_pylist(), levels, measures)
        assert len(found) == table.num_rows
        expected = _expected(rows, levels, measures)
        assert found.keys() == expected.keys()
        for cell, values in expected.items():
            assert alike(found[cell], values), (cell, measures)


def _filter(
    cube: Cube, wide: pd.DataFrame, data: st.DataObject
) -> tuple[al.Condition | None, pd.DataFrame]:
    name = data.draw(st.none() | st.sampled_from(["kind", "country", "size"]))
    if name is None:
        return None, wide
    level = cube.levels[name]
    first, second = (1, 2) if name == "size" else ("Total", "F")
    column = wide[name]
    options = [
        (level == first, (column == first).fillna(value=False)),
        (level != first, (column != first).fillna(value=False)),
        (level.isin(first, None), (column == first).fillna(value=False) | column.isna()),
        (~level.isin(first, second), ~column.isin([first, second]) & column.notna()),
        (level.isnull(), column.isna()),  # noqa: PD003 -- a level
        (level >= first, (column >= first).fillna(value=False)),
    ]
    condition, kept = options[data.draw(st.integers(0, len(options) - 1))]
    return condition, wide[kept.astype(bool)]


_Cells = dict[tuple[Any, ...], list[Any]]


def _by_cell(rows: list[dict[str, Any]], levels: list[str], measures: list[str]) -> _Cells:
    return {
        (row["_depth"], *(row[name] for name in levels[: row["_depth"]])): [
            row[name] for name in measures
        ]
        for row in rows
    }


def _expected(rows: pd.DataFrame, levels: list[str], measures: list[str]) -> _Cells:
    found: _Cells = {(0,): _aggregated(rows, measures)}
    for depth in range(1, len(levels) + 1):
        for members, group in rows.groupby(levels[:depth], dropna=False, observed=True):
            cell = (depth, *(_plain(member) for member in members))
            found[cell] = _aggregated(group, measures)
    return found


def _aggregated(rows: pd.DataFrame, measures: list[str]) -> list[Any]:
    if rows.empty:
        return [None] * len(measures)  # a cell without facts has no values
    return [len(rows) if name == ROWS else _of(rows, name) for name in measures]


def _of(rows: pd.DataFrame, name: str) -> Any:  # noqa: ANN401 -- whatever pandas computes
    number, function = name.split(" ")
    return _plain(FUNCTIONS[function](rows[number]))


def _plain(value: Any) -> Any:  # noqa: ANN401 -- whatever pandas computes
    return None if pd.isna(value) else value
