"""Levels, hierarchies and columns for tests of measures that need no session."""

from __future__ import annotations

from dataclasses import dataclass, field

import pyarrow as pa

from atomlite.expressions.columns import Column
from atomlite.measures.additivity import NON_ADDITIVE, Additivity
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand
from atomlite.measures.nodes import Constant, MeasureExpression, Named

GEOGRAPHY = HierarchyKey("Shops", "Geography")
DATE = HierarchyKey("Sales", "Date")
COUNTRY = LevelOperand(LevelKey("Shops", "Geography", "Country"), pa.string())
CITY = LevelOperand(LevelKey("Shops", "Geography", "City"), pa.string())
YEAR = LevelOperand(LevelKey("Sales", "Date", "Year"), pa.int32())
DAY = LevelOperand(LevelKey("Sales", "Date", "Day"), pa.date32())

UNITS = Column("Sales", "Units", pa.int32())
PRICE = Column("Sales", "Price", pa.decimal128(10, 2))
WEIGHT = Column("Sales", "Weight", pa.float64())
SHOP = Column("Sales", "Shop", pa.string())
LOSSES = Column("Sales", "Losses", pa.list_(pa.float64()))

REVENUE, COST = Named("Revenue"), Named("Cost")


@dataclass(frozen=True)
class Known:
    """A measure of a cube, with what is known of it."""

    data_type: pa.DataType = field(default_factory=pa.float64)
    expression: MeasureExpression = field(default_factory=lambda: Constant(1))
    additivity: Additivity = NON_ADDITIVE
