"""Measures as trees: pure values that say what a number is, in whatever cell it is asked for.

Nothing runs here. `atomlite.cubes.planning` turns the trees into SQL, and every one of them is
evaluated *in a cell*: at some coordinates (a member for each expressed level), among the facts that
pass the filters. The classes live in the modules that this one imports from.

>>> revenue, cost = Named("Revenue"), Named("Cost")
>>> (revenue - cost) / revenue
(m["Revenue"] - m["Cost"]) / m["Revenue"]
>>> revenue > 100
m["Revenue"] > 100
"""

from __future__ import annotations

from atomlite.measures.aggregations import (
    AggregateName,
    AggregateOptions,
    Aggregation,
    BestMember,
    EndValue,
    Interpolation,
    QuantileMode,
    ScopedAggregation,
)
from atomlite.measures.calculations import (
    Arithmetic,
    Call,
    Constant,
    LevelValue,
    MeasureComparison,
    MeasureExpression,
    MeasureIsIn,
    MeasureIsNull,
    Named,
    expression,
    expressions_in,
    inputs,
)
from atomlite.measures.choices import (
    Applied,
    Where,
)
from atomlite.measures.navigating import (
    At,
    DateShift,
    Filtered,
    Lookup,
    ParentValue,
    Rank,
    Shift,
    Total,
)
from atomlite.measures.scopes import (
    CumulativeScope,
    OriginScope,
    Scope,
    SiblingsScope,
)

__all__ = [
    "AggregateName",
    "AggregateOptions",
    "Aggregation",
    "Applied",
    "Arithmetic",
    "At",
    "BestMember",
    "Call",
    "Constant",
    "CumulativeScope",
    "DateShift",
    "EndValue",
    "Filtered",
    "Interpolation",
    "LevelValue",
    "Lookup",
    "MeasureComparison",
    "MeasureExpression",
    "MeasureIsIn",
    "MeasureIsNull",
    "Named",
    "OriginScope",
    "ParentValue",
    "QuantileMode",
    "Rank",
    "Scope",
    "ScopedAggregation",
    "Shift",
    "SiblingsScope",
    "Total",
    "Where",
    "expression",
    "expressions_in",
    "inputs",
]
