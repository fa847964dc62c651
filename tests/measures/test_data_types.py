"""The type of every kind of measure, and what does not go together."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import InvalidMeasure, WrongType
from atomlite.expressions.conditions import Condition
from atomlite.measures.data_types import aggregate_type, check_condition, data_type_of
from atomlite.measures.nodes import (
    At,
    Constant,
    MeasureComparison,
    MeasureExpression,
    Named,
    expression,
)
from tests.measures.parts import (
    CITY,
    COUNTRY,
    DATE,
    DAY,
    GEOGRAPHY,
    LOSSES,
    PRICE,
    SHOP,
    UNITS,
    WEIGHT,
    YEAR,
    Known,
)

MEASURES = {
    "whole": Known(pa.int64()),
    "exact": Known(pa.decimal128(38, 2)),
    "double": Known(pa.float64()),
    "text": Known(pa.string()),
    "day": Known(pa.date32()),
    "list": Known(pa.list_(pa.int32())),
    "truth": Known(pa.bool_()),
    "wide": Known(pa.decimal128(38, 37)),
}
WHOLE, EXACT, DOUBLE, TEXT = (Named(name) for name in ("whole", "exact", "double", "text"))
LIST, THE_DAY, TRUTH, WIDE = (Named(name) for name in ("list", "day", "truth", "wide"))
I64, F64, TXT = pa.int64(), pa.float64(), pa.string()
D2 = pa.decimal128(38, 2)


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (al.agg.count(), I64),
        (al.agg.count(SHOP), I64),
        (al.agg.count(LOSSES), I64),
        (al.agg.sum(UNITS), I64),
        (al.agg.sum(PRICE), D2),
        (al.agg.sum(WEIGHT), F64),
        (al.agg.long(UNITS), I64),
        (al.agg.mean(PRICE), F64),
        (al.agg.min(SHOP), TXT),
        (al.agg.max(UNITS), pa.int32()),
        (al.agg.distinct(SHOP), pa.list_(TXT)),
        (al.agg.count_distinct(SHOP), I64),
        (al.agg.single_value(PRICE), pa.decimal128(10, 2)),
        (al.agg.first(SHOP, by=WEIGHT), TXT),
        (al.agg.square_sum(UNITS), I64),
        (al.agg.square_sum(PRICE), pa.decimal128(38, 4)),
        (al.agg.sum_product(PRICE, UNITS), D2),
        (al.agg.sum_product(PRICE, WEIGHT), F64),
        (al.agg.max(CITY), TXT),
        (WHOLE + 1, I64),
        (WHOLE / 2, F64),
        (WHOLE * 0.5, F64),
        (EXACT + 1, pa.decimal128(38, 2)),
        (EXACT * Decimal("0.5"), pa.decimal128(38, 3)),
        (WHOLE % 7, I64),
        (expression(CITY), TXT),
        (Constant(Decimal("1.5")), pa.decimal128(2, 1)),
        (Constant(None), pa.null()),
        (LIST[0], pa.int32()),
        (al.math.sqrt(WHOLE), F64),
        (al.array.sum(LIST), I64),
        (al.date_diff(THE_DAY, DAY), I64),
        (al.agg.sum(WHOLE, scope=al.OriginScope(CITY)), I64),
        (al.agg.mean(WHOLE, scope=al.SiblingsScope(GEOGRAPHY)), F64),
        (al.agg.max(TEXT, scope=al.CumulativeScope(DAY)), TXT),
        (al.agg.max_member(WHOLE, CITY), TXT),
        (al.agg.last(LIST, by=CITY), pa.list_(pa.int32())),
        (al.where(WHOLE > 0, WHOLE, None), I64),
        (al.where(WHOLE > 0, WHOLE, 0.5), F64),
        (al.where({TEXT == "a": "x", TEXT.isnull(): None}, default="y"), TXT),
        (al.switch(WHOLE, {1: "a", (2, 3): "b"}), TXT),
        (al.filter(EXACT, CITY == "Rome"), D2),
        (al.at(EXACT, CITY == "Rome"), D2),
        (al.at(EXACT, CITY == COUNTRY), D2),
        (al.total(TEXT, GEOGRAPHY), TXT),
        (al.parent_value(WHOLE, degrees={GEOGRAPHY: 1}), I64),
        (al.parent_value(WHOLE, degrees={GEOGRAPHY: 1}, total_value=1.5), F64),
        (al.shift(TEXT, DATE), TXT),
        (al.date_shift(TEXT, DATE, offset="-P1M"), TXT),
        (al.date_shift(WHOLE, DATE, offset="-P1M", fallback="interpolated"), F64),
        (al.rank(TEXT, GEOGRAPHY), I64),
        (al.lookup(PRICE, {"Shop": CITY}), pa.decimal128(10, 2)),
        (al.apply(len, WHOLE, data_type="date"), pa.date32()),
    ],
    ids=str,
)
def test_the_type_of_a_measure(node: MeasureExpression, expected: pa.DataType) -> None:
    """It follows from what the measure is made of."""
    assert data_type_of(node, MEASURES) == expected


@pytest.mark.parametrize(
    ("node", "reason"),
    [
        (TEXT + 1, "is string"),
        (TRUTH + 1, "is bool"),
        (WHOLE + expression(None), "is null"),
        (EXACT // 2, "no exact result"),
        (Constant(2**63), "64 bits"),
        (THE_DAY - DAY, "date_diff"),
        (TEXT[0], "list"),
        (al.math.sqrt(TEXT), "string"),
        (al.math.max(WHOLE, TEXT), "string"),
        (al.agg.sum(TEXT, scope=al.OriginScope(CITY)), "string"),
        (al.agg.max(LIST, scope=al.OriginScope(CITY)), "list"),
        (al.agg.max_member(LIST, CITY), "no order"),
        (al.rank(LIST, GEOGRAPHY), "no order"),
        (al.where(WHOLE > 0, WHOLE, "a"), "values of int64 and string"),
        (al.where(TEXT > 1, WHOLE), "got integer 1"),
        (al.where(WHOLE > TEXT, WHOLE), "compares int64 with string"),
        (al.where(WIDE > WHOLE, WHOLE), "more than 38 digits"),
        (al.where(WHOLE.isin(1, "a"), WHOLE), 'got text "a"'),
        (al.where(LIST > 1, WHOLE), "no comparisons"),
        (al.where(~((WHOLE > 0) & (TEXT > 0)), WHOLE), "got integer 0"),
        (al.at(WHOLE, CITY == COUNTRY) + TEXT, "is string"),
        (al.parent_value(WHOLE, degrees={GEOGRAPHY: 1}, total_value="a"), "int64 and string"),
        (al.date_shift(TEXT, DATE, offset="P1D", fallback="interpolated"), "interpolated"),
        (al.lookup(PRICE, {"Shop": TEXT + 1}), "is string"),
        (al.apply(len, TEXT + 1, data_type="double"), "is string"),
    ],
    ids=str,
)
def test_what_does_not_go_together(node: MeasureExpression, reason: str) -> None:
    """The message names the types."""
    with pytest.raises(WrongType) as caught:
        data_type_of(node, MEASURES)

    assert reason in str(caught.value)


def test_a_choice_between_nulls_has_no_type() -> None:
    """Nobody could say what it holds."""
    with pytest.raises(InvalidMeasure, match="null everywhere"):
        data_type_of(al.where(WHOLE > 0, None), MEASURES)


def test_a_measure_that_is_not_there() -> None:
    """Also deep inside of another one."""
    with pytest.raises(InvalidMeasure, match='"Nowhere"'):
        data_type_of(al.total(1 + Named("Nowhere"), GEOGRAPHY), MEASURES)


def test_types_of_levels_that_cannot_be_at_each_other() -> None:
    """`at` with a dict is checked as conditions are, and so is a tree made by hand."""
    with pytest.raises(WrongType):
        al.at(WHOLE, {CITY: 1})
    with pytest.raises(WrongType):
        al.at(WHOLE, CITY == YEAR)


@pytest.mark.parametrize(
    "condition",
    [
        WHOLE > 2.5,
        EXACT == 10**40,
        TEXT.isin("a", None),
        (WHOLE > EXACT) | ~WHOLE.isnull(),
        dt.date(2026, 1, 1) <= THE_DAY,
        CITY == "Rome",
        DOUBLE > WIDE,
    ],
)
def test_conditions_that_compare(condition: Condition) -> None:
    """Numbers compare with numbers of any size, and each value with its kind."""
    check_condition(condition, MEASURES)


@pytest.mark.parametrize(
    ("function", "types"),
    [
        ("sum", [pa.string()]),
        ("mean", [pa.bool_()]),
        ("min", [pa.list_(pa.int8())]),
        ("count_distinct", [pa.list_(pa.int8())]),
        ("square_sum", [pa.decimal128(38, 20)]),
        ("sum_product", [pa.int64(), pa.string()]),
        ("first", [pa.string(), pa.list_(pa.int8())]),
    ],
)
def test_values_that_do_not_aggregate(function: str, types: list[pa.DataType]) -> None:
    """The message names function and type."""
    with pytest.raises(WrongType, match=f"agg.{function}"):
        aggregate_type(function, types)  # type: ignore[arg-type]


def test_constants_given_by_hand_are_checked() -> None:
    """A tree from JSON may hold any member."""
    with pytest.raises(WrongType):
        data_type_of(At(WHOLE, ((CITY, Constant(1)),)), MEASURES)
    with pytest.raises(WrongType):
        data_type_of(At(WHOLE, ((CITY, YEAR),)), MEASURES)
    with pytest.raises(WrongType, match="isnull"):
        check_condition(MeasureComparison(WHOLE, "==", Constant(None)), MEASURES)
