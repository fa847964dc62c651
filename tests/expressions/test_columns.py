"""Calculations, comparisons of columns, and how expressions read."""

from __future__ import annotations

import datetime as dt
import math
import operator as operators
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atomlite.errors import ConditionMisused, WrongType
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.conditions import Condition, nothing
from tests.expressions.engine import TABLE, Engine, engine

few = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
LONG = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.integers(-5, 5), st.sampled_from([-(2**63), 2**63 - 1])
)


@pytest.fixture(scope="module")
def bare() -> Iterator[Engine]:
    """Give one engine to the tests of this module."""
    with engine() as opened:
        yield opened


def of(name: str, data_type: pa.DataType) -> Column:
    """Return a column of the tests' table."""
    return Column(TABLE, name, data_type)


def calculated(
    bare: Engine, symbol: str, left: pa.Array[Any], right: pa.Array[Any]
) -> tuple[list[object], pa.DataType]:
    """Run ``left symbol right`` over two columns of a row each."""
    bare.keep({"l": left, "r": right})
    operand = SYMBOLS[symbol](of("l", left.type), of("r", right.type))
    assert isinstance(operand, Operand)
    return bare.values(operand, operand.data_type), operand.data_type


SYMBOLS: dict[str, Callable[[object, object], object]] = {
    "+": operators.add,
    "-": operators.sub,
    "*": operators.mul,
    "/": operators.truediv,
    "//": operators.floordiv,
    "%": operators.mod,
    "**": operators.pow,
}


@pytest.mark.parametrize("symbol", ["+", "-", "*", "//", "%"])
@few
@given(left=LONG, right=LONG)
def test_integers_are_calculated_as_in_python(
    bare: Engine, symbol: str, left: int, right: int
) -> None:
    """Results are Python's, null when divided by zero, and an error beyond 64 bits."""
    arrays = pa.array([left]), pa.array([right])
    if right == 0 and symbol in {"//", "%"}:
        assert calculated(bare, symbol, *arrays) == ([None], pa.int64())
        return
    expected = SYMBOLS[symbol](left, right)
    assert isinstance(expected, int)
    if -(2**63) <= expected < 2**63:
        assert calculated(bare, symbol, *arrays) == ([expected], pa.int64())
    else:
        with pytest.raises(duckdb.Error, match=r"[Oo]verflow|out of range"):
            calculated(bare, symbol, *arrays)


def test_small_integers_do_not_wrap(bare: Engine) -> None:
    """Integers of any width calculate with 64 bits."""
    arrays = pa.array([255], pa.uint8()), pa.array([-128], pa.int8())
    assert calculated(bare, "*", *arrays) == ([-32_640], pa.int64())
    assert calculated(bare, "-", pa.array([1], pa.uint64()), pa.array([2], pa.uint64()))[0] == [-1]


@pytest.mark.parametrize("symbol", ["/", "//", "%"])
@few
@given(
    left=st.floats(-1e6, 1e6, allow_subnormal=False),
    right=st.one_of(st.floats(-1e3, 1e3, allow_subnormal=False), st.just(0.0)),
)
def test_floats_are_divided_with_their_rounding(
    bare: Engine, symbol: str, left: float, right: float
) -> None:
    """``//`` rounds the quotient down, ``%`` is what that leaves, division by zero is null."""
    (found,), data_type = calculated(bare, symbol, pa.array([left]), pa.array([right]))
    assert data_type == pa.float64()
    if right == 0:
        assert found is None
        return
    quotient = left / right
    floor = float(math.floor(quotient)) if math.isfinite(quotient) else quotient
    expected = {"/": quotient, "//": floor, "%": left - right * floor}[symbol]
    assert found == expected


@pytest.mark.parametrize("symbol", ["+", "-", "*"])
@few
@given(
    left=st.decimals(Decimal("-999999999999999.999"), Decimal("999999999999999.999"), places=3),
    right=st.decimals(Decimal("-99999999.99"), Decimal("99999999.99"), places=2),
)
def test_decimals_are_calculated_exactly(
    bare: Engine, symbol: str, left: Decimal, right: Decimal
) -> None:
    """Sums, differences and products keep every digit."""
    arrays = pa.array([left], pa.decimal128(18, 3)), pa.array([right], pa.decimal128(10, 2))
    (found,), data_type = calculated(bare, symbol, *arrays)
    assert found == SYMBOLS[symbol](left, right)
    assert pa.types.is_decimal(data_type)


def test_a_decimal_beyond_38_digits_is_an_error(bare: Engine) -> None:
    """An overflow is told, not wrapped."""
    large = pa.array([Decimal("9" * 38)], pa.decimal128(38, 0))
    for symbol in ("+", "*"):
        with pytest.raises(duckdb.Error, match=r"[Oo]verflow|out of range"):
            calculated(bare, symbol, large, large)


def test_constants_of_every_kind_of_number_calculate(bare: Engine) -> None:
    """Integers, floats, decimals and NumPy's scalars stand on either side."""
    bare.keep({"n": pa.array([3, None], pa.int32()), "d": pa.array([Decimal("1.50"), None])})
    n, d = of("n", pa.int32()), of("d", pa.decimal128(3, 2))
    for operand, expected in [
        (n + 1, 4),
        (10 - n, 7),
        (2 * n, 6),
        (7 / n, 7 / 3),
        (-7 // n, -3),
        (-7 % n, 2),
        (2**n, 8.0),
        (n**2, 9.0),
        (-n, -3),
        (-d, Decimal("-1.50")),
        (n + 0.5, 3.5),
        (d + Decimal("0.125"), Decimal("1.625")),
        (Decimal("1E+2") * d, Decimal(150)),
        (d * n, Decimal("4.50")),
        (d / n, 0.5),
        (np.int64(2) * n, 6),
        (np.float64(0.5) * n, 1.5),
        (n / 0, None),
        ((n + 1) * (n - 1), 8),
    ]:
        assert bare.values(operand, operand.data_type) == [expected, None], repr(operand)


def test_what_cannot_be_calculated_is_refused_at_once() -> None:
    """Only numbers calculate, and only what has an exact result."""
    text, n = of("text", pa.string()), of("n", pa.int64())
    d, fine = of("d", pa.decimal128(10, 2)), of("fine", pa.decimal128(38, 30))
    wrongs: list[Callable[[], object]] = [
        lambda: text + "x",
        lambda: n + "x",
        lambda: n + None,
        lambda: n * True,
        lambda: n + 2**63,
        lambda: n + Decimal("NaN"),
        lambda: n + Decimal("1e-40"),
        lambda: -text,
        lambda: n - dt.timedelta(1),
        lambda: of("flag", pa.bool_()) + 1,
        lambda: d // 2,
        lambda: 2 % d,
        lambda: fine * fine,
    ]
    for wrong in wrongs:
        with pytest.raises(WrongType):
            wrong()
    with pytest.raises(WrongType, match=r'"text" is string\. Only numbers can be calculated with'):
        text * 2
    with pytest.raises(WrongType, match=r'Filter `n \+ 1 == "x"`: "n \+ 1" is int64, got text "x"'):
        operators.eq(n + 1, "x")
    with pytest.raises(WrongType, match=r"no exact result\. Add 0\.0"):
        d % 2


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (pa.array([2**64 - 1], pa.uint64()), pa.array([-1]), ">"),
        (pa.array([2**63 - 1]), pa.array([Decimal("0.50")], pa.decimal128(10, 2)), ">"),
        (pa.array([Decimal("0.50")]), pa.array([Decimal("0.5")]), "="),
        (pa.array([2]), pa.array([1.5]), ">"),
        (pa.array([0.5], pa.float32()), pa.array([0.5]), "="),
        (pa.array([0.1], pa.float32()), pa.array([0.1]), ">"),
        (pa.array([1], pa.timestamp("us")), pa.array([1000], pa.timestamp("ns")), "="),
        (
            pa.array([1], pa.timestamp("us", "Europe/Paris")),
            pa.array([2], pa.timestamp("us", "UTC")),
            "<",
        ),
        (pa.array([1], pa.time32("s")), pa.array([999_999_999], pa.time64("ns")), ">"),
        (pa.array(["a"]), pa.array(["b"]), "<"),
        (pa.array([True]), pa.array([False]), ">"),
        (pa.array([b"a"]), pa.array([b"a"]), "="),
        (pa.array([1], pa.duration("ms")), pa.array([2], pa.duration("ms")), "<"),
        (pa.array([0], pa.date32()), pa.array([1], pa.date32()), "<"),
        (pa.array([None], pa.int64()), pa.array([1]), None),
    ],
)
def test_columns_of_one_kind_compare(
    bare: Engine, left: pa.Array[Any], right: pa.Array[Any], expected: str | None
) -> None:
    """Widths, units and zones do not matter; null compares with nothing."""
    bare.keep({"l": left, "r": right})
    a, b = of("l", left.type), of("r", right.type)
    for condition, true_for in [
        (a < b, "<"),
        (a <= b, "<="),
        (a == b, "="),
        (a != b, "<>"),
        (a >= b, ">="),
        (a > b, ">"),
    ]:
        truth = None if expected is None else expected in true_for
        assert bare.truths(condition) == [truth], repr(condition)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (pa.int64(), pa.string()),
        (pa.bool_(), pa.int8()),
        (pa.timestamp("us"), pa.timestamp("us", "UTC")),
        (pa.date32(), pa.timestamp("us")),
        (pa.duration("s"), pa.duration("ms")),
        (pa.list_(pa.int8()), pa.list_(pa.int8())),
        (pa.int64(), pa.decimal128(38, 30)),
    ],
)
def test_columns_of_different_kinds_do_not_compare(left: pa.DataType, right: pa.DataType) -> None:
    """The mistake is told before the engine sees it."""
    with pytest.raises(WrongType, match=r"Filter `l == r`"):
        operators.eq(of("l", left), of("r", right))


def test_python_cannot_ask_an_expression_for_its_truth() -> None:
    """``and``, ``or``, ``not``, ``if``, chained comparisons and ``in`` raise with the hint."""
    a, b = of("a", pa.int64()), of("b", pa.int64())
    for misuse in (
        lambda: a > 1 and b > 1,
        lambda: a > 1 or b > 1,
        lambda: not a > 1,
        lambda: 1 < a < 3,
        lambda: a in [b, a],
        lambda: bool(a),
        lambda: bool(a == b),
        lambda: {of("a", pa.int64()): 1}[a],
    ):
        with pytest.raises(ConditionMisused, match="instead of `and`, `or`, `not`"):
            misuse()


def test_a_column_is_a_key_of_its_own() -> None:
    """The very same column is found in a dict, a set and a list."""
    a = of("a", pa.int64())
    assert {a: 1}[a] == 1
    assert a in {a, of("b", pa.int64())}
    assert a in [a, of("b", pa.int64())]
    assert len({a, of("b", pa.int64())}) == 2
    assert hash(a) == hash(of("a", pa.int64()))
    assert len({a + 1, a + 1}) == 2


def test_expressions_read_as_they_were_written() -> None:
    """The text form is the Python that made it."""
    price, count = of("Price", pa.float64()), of("Unit count", pa.int64())
    name, day = of("Name", pa.string()), of("Day", pa.date32())
    for expression, text in [
        (price >= 10, "Price >= 10"),
        (operators.gt(10, price), "Price < 10"),
        (name == 'a "b"', 'Name == "a \\"b\\""'),
        (day < dt.date(2026, 1, 31), "Day < datetime.date(2026, 1, 31)"),
        (
            (price > 1) & (count != 2) | ~name.isnull(),  # noqa: PD003 -- a column of our own
            '((Price > 1) & ("Unit count" != 2)) | ~Name.isnull()',
        ),
        (~((price > 1) | (price < 0)), "~((Price > 1) | (Price < 0))"),
        (~((price > 1) & (price < 3)), "~((Price > 1) & (Price < 3))"),
        (name.isin("a", None), 'Name.isin("a", None)'),
        (count.isin(range(12)), '"Unit count".isin(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... 2 more)'),
        (price.between(1, count), 'Price.between(1, "Unit count")'),
        (count.between(price, 2.5), '"Unit count".between(Price, 2.5)'),
        (name.like("a%"), 'Name.like("a%")'),
        (name.ilike("a%"), 'Name.ilike("a%")'),
        (~name.contains("a") | nothing(), '~Name.contains("a") | nothing()'),
        (name.starts_with("a", case=False), 'Name.starts_with("a", case=False)'),
        (price * (count + 1) > count, 'Price * ("Unit count" + 1) > "Unit count"'),
        ((price + 1).isnull(), "(Price + 1).isnull()"),  # noqa: PD003 -- as above
        (-price, "-Price"),
        (-(price + 1), "-(Price + 1)"),
        (price.desc(nulls="first"), 'Price.desc(nulls="first")'),
        (price.asc(), "Price.asc()"),
        (price, 'Rows["Price"]: double'),
    ]:
        assert repr(expression) == text


def test_only_conditions_join_conditions() -> None:
    """``&`` with anything else is a TypeError that tells of the brackets."""
    a = of("a", pa.int64())
    condition = a > 1
    for join in (operators.and_, operators.or_):
        for left, right in (
            (condition, True),
            (True, condition),
            (np.True_, condition),
            (condition, a),
            (a, condition),
            (a, 1),
            ("F", a),
            (np.int64(3), a),
            (a, a),
        ):
            with pytest.raises(ConditionMisused, match="Put brackets around each comparison"):
                join(left, right)
    with pytest.raises(ConditionMisused, match=r"`3 & b` does not join two conditions"):
        assert a > 3 & of("b", pa.string()) == "F"
    with pytest.raises(ConditionMisused, match="not the opposite of a condition"):
        operators.invert(a)


def test_python_and_numpy_are_told_what_to_write() -> None:
    """What they would do with values is refused, with the function that does it."""
    a, text = of("a", pa.int64()), of("t", pa.string())
    assert str(abs(a)) == "math.abs(a)"
    assert [str(round(a)), str(round(a, -2))] == ["math.round(a, 0)", "math.round(a, -2)"]
    with pytest.raises(WrongType, match=r"`sqrt` takes arrays.*Write `al\.math\.sqrt"):
        np.sqrt(a)  # type: ignore[call-overload]
    with pytest.raises(WrongType, match=r"See `al\.math` for what there is"):
        np.cbrt(a)  # type: ignore[call-overload]
    with pytest.raises(WrongType, match=r"`al\.math\.max"):
        np.maximum(a, 3)  # type: ignore[call-overload]
    with pytest.raises(ConditionMisused, match=r"\.isin\(\.\.\.\)"):
        assert "F" in text
    with pytest.raises(ConditionMisused, match=r"`x\.isin\(\.\.\.\)` instead of"):
        assert text in ["F", "G"]
    with pytest.raises(ConditionMisused, match=r"describes rows, or facts of a cube; it is"):
        assert (text == "F") and (a > 1)  # noqa: PT018 -- as users write it
    with pytest.raises(AttributeError, match=r"Write `\.starts_with"):
        text.startswith("F")  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'\.$"):
        text.nonsense  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize(
    ("made", "written"),
    [
        (lambda a: np.int64(7) - a, "7 - a"),
        (lambda a: np.float64(7) / a, "7.0 / a"),
        (lambda a: np.int64(7) // a, "7 // a"),
        (lambda a: np.int64(7) % a, "7 % a"),
        (lambda a: np.int64(7) ** a, "7 ** a"),
        (lambda a: np.add(a, 1), "a + 1"),
        (lambda a: np.int64(7) < a, "a > 7"),
        (lambda a: np.int64(7) <= a, "a >= 7"),
        (lambda a: np.int64(7) > a, "a < 7"),
        (lambda a: np.int64(7) >= a, "a <= 7"),
        (lambda a: np.int64(7) == a, "a == 7"),
        (lambda a: np.int64(7) != a, "a != 7"),
    ],
)
def test_numpy_scalars_may_stand_on_the_left(
    made: Callable[[Column], object], written: str
) -> None:
    """They are the numbers that they hold, and the order of the sides stays."""
    assert repr(made(of("a", pa.int64()))) == written


def test_isin_takes_values_or_one_iterable() -> None:
    """Both spellings, and any iterable, mean the same."""
    a, data = of("a", pa.int64()), of("b", pa.binary())
    spellings: list[Condition] = [
        a.isin(1, 2),
        a.isin([1, 2]),
        a.isin(iter((1, 2))),
        a.isin(np.array([1, 2])),
        a.isin(pd.Series([1, 2])),
    ]
    assert {repr(condition) for condition in spellings} == {"a.isin(1, 2)"}
    assert repr(data.isin(b"ab")) == "b.isin(b'ab')"


def test_powers_are_doubles(bare: Engine) -> None:
    """A power outside of the real numbers is NaN."""
    (found,), data_type = calculated(bare, "**", pa.array([-1.0]), pa.array([0.5]))
    assert data_type == pa.float64()
    assert isinstance(found, float)
    assert math.isnan(found)
