"""What a measure is made of, for each kind of measure."""

from __future__ import annotations

import pytest

import atomlite as al
from atomlite.measures.dependencies import (
    columns_of_measure,
    hierarchies_of,
    levels_of,
    measures_of,
    walk,
)
from atomlite.measures.nodes import MeasureExpression, expression
from tests.measures.parts import (
    CITY,
    COST,
    COUNTRY,
    DATE,
    DAY,
    GEOGRAPHY,
    PRICE,
    REVENUE,
    SHOP,
    UNITS,
    YEAR,
)

Names = dict[str, set[str]]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (REVENUE / COST, {"measures": {"Revenue", "Cost"}}),
        (al.math.max(REVENUE, 1)[COST], {"measures": {"Revenue", "Cost"}}),
        (expression(CITY), {"levels": {"City"}, "hierarchies": {"Geography"}}),
        (al.agg.sum(PRICE * UNITS), {"columns": {"Price", "Units"}}),
        (al.agg.first(PRICE, by=UNITS), {"columns": {"Price", "Units"}}),
        (al.agg.sum(al.where(SHOP == "a", PRICE)), {"columns": {"Price", "Shop"}}),
        (al.agg.max(CITY), {"levels": {"City"}, "hierarchies": {"Geography"}}),
        (
            al.agg.max_member(REVENUE, CITY),
            {"measures": {"Revenue"}, "levels": {"City"}, "hierarchies": {"Geography"}},
        ),
        (
            al.agg.sum(REVENUE, scope=al.OriginScope([CITY, DAY])),
            {
                "measures": {"Revenue"},
                "levels": {"City", "Day"},
                "hierarchies": {"Geography", "Date"},
            },
        ),
        (
            al.agg.sum(REVENUE, scope=al.CumulativeScope(DAY, partitioning=YEAR)),
            {"measures": {"Revenue"}, "levels": {"Day", "Year"}, "hierarchies": {"Date"}},
        ),
        (
            al.agg.sum(REVENUE, scope=al.CumulativeScope(DAY)),
            {"measures": {"Revenue"}, "levels": {"Day"}, "hierarchies": {"Date"}},
        ),
        (
            al.agg.sum(REVENUE, scope=al.SiblingsScope(GEOGRAPHY)),
            {"measures": {"Revenue"}, "hierarchies": {"Geography"}},
        ),
        (
            al.where((REVENUE > 1) & (CITY == "Rome"), COST, 1),
            {"measures": {"Revenue", "Cost"}, "levels": {"City"}, "hierarchies": {"Geography"}},
        ),
        (
            al.filter(REVENUE, ~(CITY == "Rome")),
            {"measures": {"Revenue"}, "levels": {"City"}, "hierarchies": {"Geography"}},
        ),
        (
            al.at(REVENUE, (CITY == COUNTRY) & (YEAR == 2026)),
            {
                "measures": {"Revenue"},
                "levels": {"City", "Country", "Year"},
                "hierarchies": {"Geography", "Date"},
            },
        ),
        (
            al.total(REVENUE, GEOGRAPHY, DATE),
            {"measures": {"Revenue"}, "hierarchies": {"Geography", "Date"}},
        ),
        (
            al.parent_value(REVENUE, degrees={GEOGRAPHY: 1}, total_value=COST),
            {"measures": {"Revenue", "Cost"}, "hierarchies": {"Geography"}},
        ),
        (
            al.shift(REVENUE, DATE, partitioning=YEAR),
            {"measures": {"Revenue"}, "levels": {"Year"}, "hierarchies": {"Date"}},
        ),
        (
            al.date_shift(REVENUE, DATE, offset="P1D"),
            {"measures": {"Revenue"}, "hierarchies": {"Date"}},
        ),
        (al.rank(REVENUE, GEOGRAPHY), {"measures": {"Revenue"}, "hierarchies": {"Geography"}}),
        (
            al.lookup(PRICE, {"Shop": CITY}),
            {"columns": {"Price"}, "levels": {"City"}, "hierarchies": {"Geography"}},
        ),
        (
            al.apply(len, REVENUE, COST, data_type="double"),
            {"measures": {"Revenue", "Cost"}},
        ),
        (al.agg.count() + 1, {}),
    ],
    ids=str,
)
def test_what_a_measure_names(node: MeasureExpression, expected: Names) -> None:
    """Each kind names its own parts and those inside of it."""
    found = {
        "measures": set(measures_of(node)),
        "levels": {level.name for level in levels_of(node)},
        "hierarchies": {hierarchy.name for hierarchy in hierarchies_of(node)},
        "columns": {name for _, name in columns_of_measure(node)},
    }

    assert {what: names for what, names in found.items() if names} == expected


def test_walking_meets_every_expression_once() -> None:
    """The measure itself first."""
    node = al.where(REVENUE > COST, 1, 2)

    first, *others = walk(node)

    assert first is node
    assert len(others) == 4
