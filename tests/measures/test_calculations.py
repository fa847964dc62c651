"""Measures made of others by operators: what they are, how they read, how large they may be."""

from __future__ import annotations

import copy
import math
import pickle
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from atomlite.errors import ConditionMisused, InvalidArgument, InvalidMeasure, WrongType
from atomlite.expressions.conditions import MAX_DEPTH, And
from atomlite.measures.calculations import MAX_SIZE, expressions_in, is_many
from atomlite.measures.nodes import (
    Arithmetic,
    Call,
    Constant,
    LevelValue,
    MeasureComparison,
    MeasureExpression,
    MeasureIsIn,
    Named,
    Where,
    expression,
    inputs,
)
from tests.measures.parts import CITY, COST, REVENUE, UNITS, YEAR


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (REVENUE + COST, 'm["Revenue"] + m["Cost"]'),
        (REVENUE - 1, 'm["Revenue"] - 1'),
        (1 - REVENUE, '1 - m["Revenue"]'),
        (-REVENUE, '-m["Revenue"]'),
        (2 * (REVENUE + COST), '2 * (m["Revenue"] + m["Cost"])'),
        (REVENUE / COST, 'm["Revenue"] / m["Cost"]'),
        (1 / REVENUE, '1 / m["Revenue"]'),
        (REVENUE // 2, 'm["Revenue"] // 2'),
        (7 // REVENUE, '7 // m["Revenue"]'),
        (REVENUE % 2, 'm["Revenue"] % 2'),
        (7 % REVENUE, '7 % m["Revenue"]'),
        (REVENUE**2, 'm["Revenue"] ** 2'),
        (Constant(-2) ** REVENUE, '(-2) ** m["Revenue"]'),
        (2**REVENUE, '2 ** m["Revenue"]'),
        (1 + REVENUE, '1 + m["Revenue"]'),
        (REVENUE[0], 'm["Revenue"][0]'),
        (REVENUE[COST], 'm["Revenue"][m["Cost"]]'),
        (Call("math.round:2", (REVENUE,)), 'math.round(m["Revenue"], 2)'),
        (REVENUE * YEAR, 'm["Revenue"] * l["Year"]'),
        (YEAR * REVENUE, 'l["Year"] * m["Revenue"]'),
        (REVENUE + (YEAR - 2000), 'm["Revenue"] + (l["Year"] - 2000)'),
    ],
)
def test_operators_make_calculations(made: MeasureExpression, text: str) -> None:
    """They read as they were written."""
    assert str(made) == repr(made) == text


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        (REVENUE == 1, 'm["Revenue"] == 1'),
        (REVENUE != COST, 'm["Revenue"] != m["Cost"]'),
        (REVENUE < 1, 'm["Revenue"] < 1'),
        (REVENUE <= 1, 'm["Revenue"] <= 1'),
        (REVENUE > 1, 'm["Revenue"] > 1'),
        (REVENUE >= 1, 'm["Revenue"] >= 1'),
        (REVENUE.isnull(), 'm["Revenue"].isnull()'),
        ((REVENUE + 1).isnull(), '(m["Revenue"] + 1).isnull()'),
        (REVENUE.isin(1, None), 'm["Revenue"].isin(1, None)'),
        (REVENUE.isin(range(12)), 'm["Revenue"].isin(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... 2 more)'),
        (REVENUE.isin("ab"), 'm["Revenue"].isin("ab")'),
        (YEAR == REVENUE, 'm["Revenue"] == l["Year"]'),
        (YEAR < REVENUE, 'm["Revenue"] > l["Year"]'),
        ((REVENUE > 1) & (CITY == "Rome"), '(m["Revenue"] > 1) & (City == "Rome")'),
        (~(REVENUE > 1) | COST.isnull(), '~(m["Revenue"] > 1) | m["Cost"].isnull()'),
        (~((REVENUE > 1) & (COST > 1)), '~((m["Revenue"] > 1) & (m["Cost"] > 1))'),
    ],
)
def test_comparing_makes_conditions(condition: object, text: str) -> None:
    """They read as they were written, with parentheses where Python needs them."""
    assert repr(condition) == text


@pytest.mark.parametrize(
    "misuse",
    [
        bool,
        lambda measure: 1 < measure < 3,
        lambda measure: measure in [1, 2],
        list,
        lambda measure: not measure,
    ],
)
def test_a_measure_has_no_truth(misuse: Callable[[Any], object]) -> None:
    """What Python asks for one is refused, and so is a loop without end."""
    with pytest.raises(ConditionMisused):
        misuse(REVENUE)


@pytest.mark.parametrize(
    ("misuse", "text"),
    [
        (lambda: max(REVENUE, COST), r"`al\.math\.max\(a, b\)`"),
        (lambda: REVENUE in [1, 2], r"`measure\.isin\(\.\.\.\)`"),
        (lambda: bool(REVENUE), "has a value in each cell; it is neither"),
        (lambda: list(REVENUE), r"no list of them\. Query it"),
        (lambda: 1 in REVENUE, r"\.isin\(\.\.\.\)"),
        (lambda: REVENUE > 3 & COST, r"`3 & m\[\"Cost\"\]` .* brackets"),
        (lambda: 3 | (CITY == "Rome"), r'`3 \| \(City == "Rome"\)` .* brackets'),
        (lambda: (REVENUE > 3) & COST, "brackets"),
        (lambda: REVENUE & (COST > 3), "brackets"),
        (lambda: ~REVENUE, "is not the opposite"),
    ],
)
def test_a_misuse_is_told_what_was_meant(misuse: Callable[[], object], text: str) -> None:
    """A measure has a value in each cell, and is chosen by functions of this package."""
    with pytest.raises(ConditionMisused, match=text):
        misuse()


def test_methods_of_pandas_are_told_what_they_are_here() -> None:
    """As an error of Python's own kind, so that `hasattr` stays false."""
    with pytest.raises(AttributeError, match=r"Write `al\.where\(x\.isnull\(\), 0, x\)`"):
        REVENUE.fillna  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(REVENUE, "fillna")
    with pytest.raises(WrongType, match=r"`al\.math\.min"):
        np.minimum(REVENUE, 3)  # type: ignore[call-overload]
    assert str(np.float64(2) * REVENUE) == '2.0 * m["Revenue"]'
    assert [str(abs(REVENUE)), str(round(REVENUE, 2))] == [
        'math.abs(m["Revenue"])',
        'math.round(m["Revenue"], 2)',
    ]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (UNITS, "aggregate|Aggregate"),
        (UNITS > 1, "condition"),
        ([1, 2], "no value of a cell"),
        ({"a": 1}, "no value of a cell"),
        (sum, "no value of a cell"),
    ],
)
def test_what_has_no_value_in_a_cell(value: object, error: str) -> None:
    """The error says what to write instead."""
    with pytest.raises(InvalidMeasure, match=error):
        expression(value)
    with pytest.raises(InvalidMeasure):
        _ = REVENUE + value


def test_a_column_beside_a_measure_is_refused() -> None:
    """On either side, and in comparisons."""
    for misuse in (
        lambda: UNITS + REVENUE,
        lambda: UNITS == REVENUE,
        lambda: UNITS < REVENUE,
        lambda: REVENUE * UNITS,
    ):
        with pytest.raises(InvalidMeasure, match="Units"):
            misuse()


def test_nothing_equals_null() -> None:
    """The error names what asks for null."""
    with pytest.raises(InvalidMeasure, match="isnull"):
        _ = REVENUE == None  # noqa: E711


@pytest.mark.parametrize("index", ["a", 1.5, True, None])
def test_positions_are_integers(index: object) -> None:
    """Of elements of a list."""
    with pytest.raises(InvalidArgument, match="integer"):
        _ = REVENUE[index]


def test_values_become_expressions() -> None:
    """Measures are taken as they are, levels by their member."""
    assert expression(REVENUE) is REVENUE
    assert isinstance(expression(CITY), LevelValue)
    found = expression(float("nan"))
    assert isinstance(found, Constant)
    assert math.isnan(found.value)  # type: ignore[arg-type]


def test_inputs_are_found_in_conditions_too() -> None:
    """Also inside of chains and negations."""
    made = Where((((REVENUE > 1) & ~(COST.isin(2) | COST.isnull()), Constant(3)),), Constant(4))

    assert [str(each) for each in inputs(made)] == [
        'm["Revenue"]', "1", 'm["Cost"]', 'm["Cost"]', "3", "4"
    ]  # fmt: skip
    assert [str(each) for each in expressions_in(CITY == "Rome")] == []


def test_a_long_chain_is_refused_in_no_time() -> None:
    """Depth is counted as the chain grows, not from its start each time."""
    made: MeasureExpression = REVENUE
    for _ in range(MAX_DEPTH - 1):
        made = made + 1

    assert made.depth == MAX_DEPTH
    with pytest.raises(InvalidArgument, match="depth"):
        _ = made + 1


def test_a_measure_in_itself_again_and_again_is_refused() -> None:
    """Doubling 13 times would be 16,384 parts."""
    made: MeasureExpression = REVENUE
    started = time.perf_counter()
    for _ in range(12):
        made = made + made

    assert made.size <= MAX_SIZE
    with pytest.raises(InvalidArgument, match="number of parts"):
        _ = made + made
    assert time.perf_counter() - started < 5


def test_the_depth_of_conditions_counts() -> None:
    """One of measures is as deep as what it compares."""
    deep: MeasureExpression = REVENUE
    for _ in range(MAX_DEPTH - 3):
        deep = deep + 1
    condition = deep > 1

    assert isinstance(condition, MeasureComparison)
    assert condition.depth == MAX_DEPTH - 1
    assert deep.isnull().depth == deep.isin(1).depth == MAX_DEPTH - 1
    with pytest.raises(InvalidArgument, match="depth"):
        Where(((condition, Constant(1)),), Constant(2)) + 1


def test_measures_are_values() -> None:
    """They can be copied, pickled and be keys."""
    made = REVENUE / COST

    assert {made: 1}[made] == 1
    assert str(copy.deepcopy(made)) == str(pickle.loads(pickle.dumps(made))) == str(made)  # noqa: S301
    assert copy.deepcopy(made).depth == 2
    with pytest.raises(AttributeError):
        made.operator = "+"  # type: ignore[attr-defined]


def test_one_iterable_of_values() -> None:
    """A text is one value."""
    condition = REVENUE.isin([1, 2])

    assert isinstance(condition, MeasureIsIn)
    assert condition.values == (1, 2)
    assert not is_many("ab")
    assert not is_many(REVENUE)
    assert is_many({1})


def test_a_subclass_of_a_name_needs_no_more() -> None:
    """Whoever makes one sets its name alone."""

    class Held(Named):
        __slots__ = ()

        def __init__(self) -> None:
            object.__setattr__(self, "name", "Held")

    made = Held() + 1

    assert isinstance(made, Arithmetic)
    assert made.depth == 2


def test_conditions_of_both_kinds_are_chained() -> None:
    """Levels and measures, in one chain."""
    condition = (CITY == "Rome") & (REVENUE > 1) & (COST > 1)

    assert isinstance(condition, And)
    assert len(condition.conditions) == 3
    assert pa.types.is_string(CITY.data_type)
