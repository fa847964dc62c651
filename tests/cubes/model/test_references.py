"""What a measure refers to, for each kind of measure."""

from __future__ import annotations

import pytest

import atomlite as al
from atomlite.cubes.references import keys_of, names_in, uses
from atomlite.measures.coordinates import LevelKey
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
        (expression(CITY), {"levels": {"City"}}),
        (al.agg.sum(PRICE * UNITS), {}),
        (al.agg.first(PRICE, by=UNITS), {}),
        (al.agg.sum(al.where(SHOP == "a", PRICE)), {}),
        (al.agg.max(CITY), {"levels": {"City"}}),
        (
            al.agg.max_member(REVENUE, CITY),
            {"measures": {"Revenue"}, "levels": {"City"}},
        ),
        (al.agg.last(REVENUE, by=DAY), {"measures": {"Revenue"}, "levels": {"Day"}}),
        (
            al.agg.sum(REVENUE, scope=al.OriginScope([CITY, DAY])),
            {
                "measures": {"Revenue"},
                "levels": {"City", "Day"},
            },
        ),
        (
            al.agg.sum(REVENUE, scope=al.CumulativeScope(DAY, partitioning=YEAR)),
            {"measures": {"Revenue"}, "levels": {"Day", "Year"}},
        ),
        (
            al.agg.sum(REVENUE, scope=al.CumulativeScope(DAY)),
            {"measures": {"Revenue"}, "levels": {"Day"}},
        ),
        (
            al.agg.sum(REVENUE, scope=al.SiblingsScope(GEOGRAPHY)),
            {"measures": {"Revenue"}, "hierarchies": {"Geography"}},
        ),
        (
            al.where((REVENUE > 1) & (CITY == "Rome"), COST, 1),
            {"measures": {"Revenue", "Cost"}, "levels": {"City"}},
        ),
        (
            al.filter(REVENUE, ~(CITY == "Rome")),
            {"measures": {"Revenue"}, "levels": {"City"}},
        ),
        (
            al.at(REVENUE, (CITY == COUNTRY) & (YEAR == 2026)),
            {
                "measures": {"Revenue"},
                "levels": {"City", "Country", "Year"},
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
            {"levels": {"City"}},
        ),
        (
            al.apply(len, REVENUE, COST, data_type="double"),
            {"measures": {"Revenue", "Cost"}},
        ),
        (al.agg.count() + 1, {}),
    ],
    ids=lambda each: str(each) if isinstance(each, MeasureExpression) else "",
)
def test_what_a_measure_names(node: MeasureExpression, expected: Names) -> None:
    """Each kind names its own parts and those inside of it."""
    keys = set(keys_of(node))
    found = {
        "measures": set(names_in(node)),
        "levels": {key.name for key in keys if isinstance(key, LevelKey)},
        "hierarchies": {key.name for key in keys if not isinstance(key, LevelKey)},
    }

    assert {what: names for what, names in found.items() if names} == expected
    owners = {key.owner if isinstance(key, LevelKey) else key for key in keys}
    assert all(uses(node, frozenset([owner])) for owner in owners)
