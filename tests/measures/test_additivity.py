"""Claims about additivity hold for any data: cells are added up and compared with totals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.measures.additivity import NON_ADDITIVE, Additivity, additivity_of
from atomlite.measures.nodes import Aggregation, Constant, MeasureExpression, Named
from tests.measures.parts import (
    CITY,
    COST,
    DATE,
    GEOGRAPHY,
    PRICE,
    REVENUE,
    SHOP,
    UNITS,
    WEIGHT,
    Known,
)

COUNT, SUM = al.agg.count(), al.agg.sum(UNITS)
ADDITIVE = Additivity("additive")
MEASURES = {
    "Revenue": Known(expression=SUM, additivity=ADDITIVE),
    "Cost": Known(expression=al.agg.sum(PRICE), additivity=ADDITIVE),
    "Twice": Known(expression=2 * Named("Revenue"), additivity=ADDITIVE),
    "Said": Known(expression=al.math.abs(SUM), additivity=ADDITIVE),
    "Stock": Known(expression=SUM, additivity=Additivity("semi-additive", (DATE,))),
    "Share": Known(expression=SUM / COUNT, additivity=NON_ADDITIVE),
}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (COUNT, True),
        (SUM, True),
        (al.agg.count(UNITS), True),
        (al.agg.long(UNITS), True),
        (al.agg.short(UNITS), True),
        (al.agg.square_sum(WEIGHT), True),
        (al.agg.sum_product(UNITS, WEIGHT), True),
        (al.agg.sum(UNITS, per="fact"), True),
        (al.agg.sum(UNITS, per="partner"), False),
        (al.agg.mean(UNITS), False),
        (al.agg.max(UNITS), False),
        (al.agg.count_distinct(UNITS), False),
        (-SUM, True),
        (3 * SUM, True),
        (SUM * Decimal("0.5"), True),
        (SUM / 2, True),
        (SUM / 0, False),
        (SUM // 2, False),
        (SUM * float("nan"), False),
        (SUM * True, False),
        (SUM + 1, False),
        (1 - SUM, False),
        (2 / SUM, False),
        (SUM + SUM, True),
        (SUM - 2 * al.agg.long(UNITS), True),
        (SUM * SUM, False),
        (SUM - al.agg.sum(WEIGHT), False),
        (SUM + COUNT, False),
        (COUNT - al.agg.count(WEIGHT), True),
        (REVENUE, True),
        (REVENUE - SUM, True),
        (REVENUE - COST, False),
        (Named("Twice") + REVENUE, True),
        (Named("Said") * 2, True),
        (Named("Said") + REVENUE, False),
        (Named("Share"), False),
        (Named("Nowhere"), False),
        (al.filter(SUM, CITY == "Rome"), True),
        (al.filter(SUM, CITY == "Rome") + SUM, False),
        (al.filter(SUM, CITY == "Rome") + al.filter(SUM, CITY == "Oslo"), False),
        (al.filter(SUM, CITY == "Rome") + al.filter(SUM, CITY == "Rome"), True),
        (al.agg.sum(SUM, scope=al.OriginScope(CITY)), True),
        (al.agg.sum(al.agg.max(UNITS), scope=al.OriginScope(CITY)), False),
        (al.agg.max(SUM, scope=al.OriginScope(CITY)), False),
        (al.agg.sum(SUM, scope=al.CumulativeScope(CITY)), False),
        (al.agg.sum(SUM, scope=al.SiblingsScope(GEOGRAPHY)), False),
        (al.total(SUM, GEOGRAPHY), False),
        (al.shift(SUM, GEOGRAPHY), False),
        (al.where(SUM > 0, SUM), False),
        (al.math.abs(SUM), False),
        (Constant(1), False),
        (al.apply(len, SUM, data_type="double"), False),
    ],
    ids=str,
)
def test_what_is_claimed(node: MeasureExpression, expected: bool) -> None:
    """Sums and counts add up, and what is sure to follow from that."""
    assert additivity_of(node, MEASURES, frozenset()).kind == (
        "additive" if expected else "non-additive"
    )


def test_hierarchies_that_do_not_share_out_the_facts() -> None:
    """Over them nothing adds up."""
    many = frozenset({GEOGRAPHY})

    assert additivity_of(SUM, MEASURES, many) == Additivity("semi-additive", (GEOGRAPHY,))
    assert additivity_of(al.agg.max(UNITS), MEASURES, many) == NON_ADDITIVE
    assert additivity_of(Named("Stock") + SUM, MEASURES, many) == Additivity(
        "semi-additive", (DATE, GEOGRAPHY)
    )
    assert additivity_of(Aggregation("sum", SHOP), MEASURES, many).kind == "semi-additive"


def test_names_of_names_are_looked_at_once() -> None:
    """Sixty measures, each of which names the one before it twice."""
    measures = {"m0": Known(expression=SUM, additivity=ADDITIVE)}
    for number in range(1, 60):
        inner = Named(f"m{number - 1}")
        measures[f"m{number}"] = Known(expression=inner + inner, additivity=ADDITIVE)

    assert additivity_of(Named("m59") * 2, measures, frozenset()) == ADDITIVE


def test_long_lists_in_conditions_are_told_apart() -> None:
    """Although their texts are shortened."""
    rome, oslo = (CITY.isin(*map(str, range(20)), last) for last in ("Rome", "Oslo"))
    made = al.filter(SUM, rome) + al.filter(SUM, oslo)

    assert repr(rome) == repr(oslo)
    assert additivity_of(made, MEASURES, frozenset()) == NON_ADDITIVE


# ---- the claims against numbers ----------------------------------------------------------------


@pytest.fixture(scope="module")
def one() -> Iterator[al.Session]:
    """Give one session to all examples."""
    with al.Session.start() as session:
        yield session


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.sampled_from(["x", "y", "z"]),
        st.none() | st.integers(-5, 5),
        st.none() | st.integers(-5, 5),
    ),
    min_size=1,
    max_size=12,
)


def candidates(cube: al.Cube, table: al.Table) -> dict[str, MeasureExpression]:
    """Return measures of all kinds, most of which do not add up."""
    n, w, letter = table["n"], table["w"], cube.levels["letter"]
    first, second = al.agg.sum(n), al.agg.sum(w)
    return {
        "first": first,
        "long": al.agg.long(n),
        "difference": first - second,
        "same": first - 2 * al.agg.long(n),
        "net": first - al.agg.short(n),
        "counts": al.agg.count() - al.agg.count(w),
        "with count": first + al.agg.count(),
        "half": first / 2,
        "product": al.agg.sum_product(n, w),
        "filtered": al.filter(first, letter == "x"),
        "both": first + al.filter(first, letter == "x"),
        "origin": al.agg.sum(first, scope=al.OriginScope(letter)),
        "origin max": al.agg.sum(al.agg.max(n), scope=al.OriginScope(letter)),
        "total": al.total(first, cube.hierarchies["letter"]),
        "shifted": al.shift(first, cube.hierarchies["letter"]),
        "chosen": al.where(first > 0, first),
        "mean": al.agg.mean(n),
    }


def sum_of(values: list[Any]) -> float | None:
    """Add up what is not null."""
    present = [float(value) for value in values if value is not None]
    return math.fsum(present) if present else None


@given(rows=ROWS)
@settings(
    max_examples=max(20, settings().max_examples // 10 or 25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_what_is_called_additive_adds_up(one: al.Session, rows: list[Any]) -> None:
    """Over each level and both of them, with nulls anywhere."""
    frame = pd.DataFrame(rows, columns=["group", "letter", "n", "w"]).astype(
        {"group": "string", "letter": "string", "n": "Int64", "w": "Int64"}
    )
    table = one.read_pandas(frame, table_name="Facts", if_exists="replace")
    cube = one.create_cube(table, "Cube")
    made = candidates(cube, table)
    cube.measures.update(made)
    additive = [name for name in made if cube.measures[name].additivity.kind == "additive"]
    handles = [cube.measures[name] for name in additive]

    assert additive == [
        "first", "long", "same", "net", "counts", "half", "product", "filtered", "origin"
    ]  # fmt: skip
    (total,) = cube.query(*handles, mode="arrow").to_pylist()
    for levels in (["group"], ["letter"], ["group", "letter"]):
        asked = [cube.levels[level] for level in levels]
        cells = cube.query(*handles, levels=asked, mode="arrow").to_pylist()
        for name in additive:
            assert sum_of([cell[name] for cell in cells]) == sum_of([total[name]])


def test_the_difference_of_two_columns_does_not_add_up(one: al.Session) -> None:
    """The reason why it is not claimed: a cell where one of them is null."""
    frame = pd.DataFrame({"group": ["a", "b"], "n": [1.0, 2.0], "w": [None, 1.0]})
    table = one.read_pandas(frame, table_name="Pair", if_exists="replace")
    cube = one.create_cube(table)
    cube.measures["d"] = al.agg.sum(table["n"]) - al.agg.sum(table["w"])
    query: Callable[..., Any] = cube.query

    cells = query(cube.measures["d"], levels=[cube.levels["group"]], mode="arrow")["d"]
    total = query(cube.measures["d"], mode="arrow")["d"]

    assert sorted(cells.to_pylist(), key=str) == [1.0, None]
    assert total.to_pylist() == [2.0]
    assert cube.measures["d"].additivity.kind == "non-additive"
