"""What functions of columns give, checked against plain Python, value by value."""

from __future__ import annotations

import datetime as dt
import itertools
import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from typing import Any, Literal, get_args

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atomlite.data_types.values import plain
from atomlite.errors import AtomliteError, WrongType
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.derived import function
from atomlite.expressions.functions import function_type
from atomlite.measures.aggregations import Interpolation, QuantileMode
from tests.expressions.engine import TABLE, Engine, engine

few = settings(
    max_examples=max(20, settings().max_examples // 10 or 25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

FLOATS = st.floats(width=64)
SMALL = st.floats(-1e6, 1e6)
INTEGERS = st.integers(-(2**31), 2**31)
DECIMALS = st.decimals(-99999, 99999, places=2, allow_nan=False, allow_infinity=False)


@pytest.fixture(scope="module")
def bare() -> Iterator[Engine]:
    """Give one engine to the tests of this module."""
    with engine() as opened:
        yield opened


def keep(
    bare: Engine, data_types: Sequence[pa.DataType], rows: Sequence[Sequence[object]]
) -> list[Operand]:
    """Store rows, and return their columns."""
    bare.keep(
        {
            f"c{number}": pa.array([row[number] for row in rows], data_type)
            for number, data_type in enumerate(data_types)
        }
    )
    return [Column(TABLE, f"c{number}", data_type) for number, data_type in enumerate(data_types)]


def asked(bare: Engine, name: str, arguments: Sequence[object]) -> list[object]:
    """Return what a function gives for the rows that are kept."""
    made = function(name, arguments)
    return bare.values(made, made.data_type)


def answers(
    bare: Engine,
    name: str,
    data_types: Sequence[pa.DataType],
    rows: Sequence[Sequence[object]],
    *constants: object,
) -> list[object]:
    """Return what a function gives for rows of arguments."""
    return asked(bare, name, [*keep(bare, data_types, rows), *constants])


def same(found: object, expected: object) -> bool:
    """Return whether two values are equal, floats to 12 digits, NaN with NaN."""
    if isinstance(found, list) and isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(found, float) and isinstance(expected, float):
        both_nan = math.isnan(found) and math.isnan(expected)
        return both_nan or math.isclose(found, expected, rel_tol=1e-12, abs_tol=1e-300)
    return type(found) is type(expected) and bool(found == expected)


def check(found: Sequence[object], expected: Sequence[object]) -> None:
    """Compare value by value."""
    wrong = [pair for pair in zip(found, expected, strict=True) if not same(*pair)]

    assert not wrong


def nullable(
    strategy: st.SearchStrategy[Any], *others: st.SearchStrategy[Any]
) -> st.SearchStrategy[list[tuple[Any, ...]]]:
    """Return rows in which every value may be null."""
    parts = [st.none() | each for each in (strategy, *others)]
    return st.lists(st.tuples(*parts), min_size=1, max_size=20)


def skipping(rule: Callable[..., object]) -> Callable[..., object]:
    """Return a rule that gives null for null."""
    return lambda *values: None if None in values else rule(*values)


# ---- numbers -----------------------------------------------------------------------------------

DOUBLE_RULES: dict[str, Callable[[float], object]] = {
    "math.abs": abs,
    "math.ceil": lambda x: float(math.ceil(x)) if math.isfinite(x) else x,
    "math.floor": lambda x: float(math.floor(x)) if math.isfinite(x) else x,
    "math.log": lambda x: math.log(x) if x > 0 or math.isnan(x) else None,
    "math.log10": lambda x: math.log10(x) if x > 0 or math.isnan(x) else None,
    "math.sqrt": lambda x: math.sqrt(x) if x >= 0 or math.isnan(x) else None,
    "math.sin": lambda x: None if math.isinf(x) else math.sin(x),
    "math.cos": lambda x: None if math.isinf(x) else math.cos(x),
    "math.isnan": math.isnan,
    "math.erf": math.erf,
}


@given(rows=nullable(FLOATS))
@few
def test_functions_of_doubles_are_those_of_python(
    bare: Engine, rows: list[tuple[float | None]]
) -> None:
    """Null gives null, and what has no real result gives null too."""
    columns = keep(bare, [pa.float64()], rows)

    for name, rule in DOUBLE_RULES.items():
        check(asked(bare, name, columns), [skipping(rule)(*row) for row in rows])


@given(rows=nullable(st.floats(-700, 700)))
@few
def test_exp_and_tan(bare: Engine, rows: list[tuple[float | None]]) -> None:
    """Both are doubles."""
    check(
        answers(bare, "math.exp", [pa.float64()], rows),
        [skipping(math.exp)(*row) for row in rows],
    )
    check(
        answers(bare, "math.tan", [pa.float64()], rows),
        [skipping(math.tan)(*row) for row in rows],
    )


@given(rows=nullable(INTEGERS), digits=st.integers(-12, 3))
@few
def test_whole_numbers_stay_whole(bare: Engine, rows: list[Any], digits: int) -> None:
    """Halves go away from zero."""

    def rounded(value: int) -> int:
        unit: int = 10 ** max(0, -digits)
        return (abs(value) + unit // 2) // unit * unit * (1 if value >= 0 else -1)

    rules: dict[str, Callable[[int], int]] = {
        "math.abs": abs,
        "math.ceil": int,
        "math.floor": int,
        f"math.round:{digits}": rounded,
    }
    for name, rule in rules.items():
        check(answers(bare, name, [pa.int64()], rows), [skipping(rule)(*row) for row in rows])


@given(rows=nullable(DECIMALS), digits=st.integers(-4, 4))
@few
def test_decimals_stay_decimals(bare: Engine, rows: list[Any], digits: int) -> None:
    """Rounding keeps the digits that it rounds to."""
    places = min(2, max(0, digits))

    def rounded(value: Decimal) -> Decimal:
        with localcontext(prec=50):
            unit = Decimal(1).scaleb(-min(digits, 2))
            return (value / unit).quantize(Decimal(1), ROUND_HALF_UP) * unit

    def shown(value: Decimal, scale: int) -> Decimal:
        return value.quantize(Decimal(1).scaleb(-scale))

    rules: dict[str, Callable[[Decimal], Decimal]] = {
        "math.abs": abs,
        "math.ceil": lambda x: x.quantize(Decimal(1), ROUND_CEILING),
        "math.floor": lambda x: x.quantize(Decimal(1), ROUND_FLOOR),
        f"math.round:{digits}": lambda x: shown(rounded(x), places),
    }
    for name, rule in rules.items():
        found = answers(bare, name, [pa.decimal128(7, 2)], rows)

        check(found, [skipping(rule)(*row) for row in rows])


def test_doubles_are_rounded_away_from_zero(bare: Engine) -> None:
    """Also before the point."""
    rows = [(2.5,), (-2.5,), (1.25,), (0.5,), (-0.5,)]

    assert answers(bare, "math.round:0", [pa.float64()], rows) == [3.0, -3.0, 1.0, 1.0, -1.0]
    assert answers(bare, "math.round:-2", [pa.float64()], [(149.0,), (-150.0,)]) == [100.0, -200.0]


def test_overflow_is_an_error(bare: Engine) -> None:
    """Never a number on the other side of zero."""
    for name in ("math.abs", "math.round:-1"):
        value = -(2**63) if name == "math.abs" else 2**63 - 1
        with pytest.raises(Exception, match=r"(?i)overflow|out of range"):
            answers(bare, name, [pa.int64()], [(value,)])


@given(rows=nullable(FLOATS, INTEGERS, FLOATS))
@few
def test_extremes_of_several_values(bare: Engine, rows: list[Any]) -> None:
    """One null makes it null; NaN is above all numbers."""

    def key(value: float) -> tuple[bool, float]:
        return (math.isnan(value), 0.0 if math.isnan(value) else value)

    types: list[pa.DataType] = [pa.float64(), pa.int64(), pa.float64()]
    for name, rule in (("math.min", min), ("math.max", max)):
        expected = [
            None if None in row else rule([float(each) for each in row], key=key) for row in rows
        ]
        found = answers(bare, name, types, rows)

        assert all(
            same(left, right) or (left == 0 and right == 0)
            for left, right in zip(found, expected, strict=True)
        )


def test_extremes_of_texts_and_constants(bare: Engine) -> None:
    """Values of one kind, whichever it is."""
    rows = [("b",), (None,), ("Z",)]

    assert answers(bare, "math.max", [pa.string()], rows, "a") == ["b", None, "a"]


def test_functions_inside_of_functions(bare: Engine) -> None:
    """Each value is the right one, also where a text is used more than once."""
    bare.keep({"c0": pa.array([1.0, 16.0, -1.0, None])})
    column = Column(TABLE, "c0", pa.float64())
    made = function("math.max", [function("math.sqrt", [column * 1.0 + 0.0]) // 0.7, 2, 3.0])
    nested: Operand = column
    for _ in range(30):
        nested = function("math.sqrt", [nested * 1.0])

    assert bare.values(made, made.data_type) == [3.0, 5.0, None, None]
    assert bare.values(nested, pa.float64())[2:] == [None, None]


# ---- lists -------------------------------------------------------------------------------------

LISTS = nullable(st.lists(st.none() | SMALL, max_size=8))
WHOLE_LISTS = nullable(st.lists(st.none() | INTEGERS, max_size=8))


def present(values: list[Any]) -> list[Any]:
    """Return the elements with a value."""
    return [each for each in values if each is not None]


def some(rule: Callable[[list[Any]], object], least: int = 1) -> Callable[[list[Any]], object]:
    """Return a rule for elements with a value, null for too few of them."""
    return lambda values: rule(present(values)) if len(present(values)) >= least else None


def prefix_sums(values: list[Any]) -> list[Any]:
    """Return the sum up to each element."""
    return [
        None if each is None else math.fsum(present(values[: place + 1]))
        for place, each in enumerate(values)
    ]


LIST_RULES: dict[str, Callable[[list[Any]], object]] = {
    "array.len": len,
    "array.min": some(min),
    "array.max": some(max),
    "array.sort:asc": lambda x: sorted(present(x)) + [None] * x.count(None),
    "array.sort:desc": lambda x: sorted(present(x), reverse=True) + [None] * x.count(None),
    "array.positive_values": lambda x: [y if y is None or y >= 0 else 0.0 for y in x],
    "array.negative_values": lambda x: [y if y is None or y <= 0 else 0.0 for y in x],
}
CLOSE_RULES: dict[str, Callable[[list[Any]], object]] = {
    "array.sum": some(math.fsum),
    "array.mean": some(statistics.fmean),
    "array.prod": some(lambda x: float(math.prod(x))),
    "array.std:sample": some(statistics.stdev, 2),
    "array.std:population": some(statistics.pstdev),
    "array.var:sample": some(statistics.variance, 2),
    "array.var:population": some(statistics.pvariance),
    "array.prefix_sum": prefix_sums,
}


@given(rows=LISTS)
@few
def test_functions_of_lists(bare: Engine, rows: list[Any]) -> None:
    """Elements without a value are passed over; a list that is null gives null."""
    columns = keep(bare, [pa.list_(pa.float64())], rows)

    for name, rule in LIST_RULES.items():
        check(asked(bare, name, columns), [skipping(rule)(row[0]) for row in rows])


@given(rows=LISTS)
@few
def test_sums_and_spreads_of_lists(bare: Engine, rows: list[Any]) -> None:
    """They are what the statistics module says, up to the rounding of doubles."""
    scale = max([1.0, *(abs(each) for row in rows for each in present(row[0] or []))])
    columns = keep(bare, [pa.list_(pa.float64())], rows)

    def close(found: object, expected: object, bound: float) -> bool:
        if isinstance(found, list) and isinstance(expected, list):
            return len(found) == len(expected) and all(
                close(*pair, bound) for pair in zip(found, expected, strict=True)
            )
        if found is None or expected is None:
            return found is expected
        assert isinstance(found, float)
        assert isinstance(expected, float | int)
        return math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-7 * bound)

    for name, rule in CLOSE_RULES.items():
        expected = [skipping(rule)(row[0]) for row in rows]
        found = asked(bare, name, columns)

        assert close(found, expected, scale ** (8 if name == "array.prod" else 2))


@given(rows=WHOLE_LISTS)
@few
def test_sums_of_whole_numbers_are_exact(bare: Engine, rows: list[Any]) -> None:
    """They stay whole numbers; so do those of decimals stay decimals."""
    whole = answers(bare, "array.sum", [pa.list_(pa.int64())], rows)
    sums = [skipping(some(sum))(row[0]) for row in rows]
    cents = [(row[0] and [None if y is None else Decimal(y) for y in row[0]],) for row in rows]
    exact = answers(bare, "array.sum", [pa.list_(pa.decimal128(12, 2))], cents)

    check(whole, sums)
    assert exact == sums


@given(rows=nullable(st.lists(st.none() | st.integers(0, 3), max_size=8), st.integers(-1, 9)))
@few
def test_the_n_greatest_and_lowest(bare: Engine, rows: list[Any]) -> None:
    """Ties go to the element that comes first."""
    types = [pa.list_(pa.int64()), pa.int64()]
    for direction, reverse in (("greatest", True), ("lowest", False)):

        def stable(values: list[Any], *, reverse: bool = reverse) -> list[int]:
            sign = -1 if reverse else 1
            places = [place for place, each in enumerate(values) if each is not None]
            return sorted(places, key=lambda place: (sign * values[place], place))

        rules: dict[str, Callable[[list[Any], int], object]] = {
            f"array.n_{direction}": lambda x, n: [x[i] for i in stable(x)[:n]] if n >= 0 else None,
            f"array.n_{direction}_indices": lambda x, n: stable(x)[:n] if n >= 0 else None,
            f"array.nth_{direction}": lambda x, n: (
                x[stable(x)[n - 1]] if 1 <= n <= len(stable(x)) else None
            ),
        }
        for name, rule in rules.items():
            expected = [skipping(rule)(*row) for row in rows]

            check(answers(bare, name, types, rows), expected)


def place_of(mode: str, q: float, n: int) -> float:
    """Return where a quantile lies, from 1 to n."""
    place = {"simple": q * n, "centered": q * n + 0.5, "exc": q * (n + 1), "inc": q * (n - 1) + 1}
    return max(1.0, min(float(n), place[mode]))


def nearest(place: float) -> int:
    """Return the nearer whole number, of two the even one."""
    low = math.floor(place)
    if place - low == 0.5:
        return low if low % 2 == 0 else low + 1
    return low if place - low < 0.5 else low + 1


def quantile_of(values: list[float], q: float, mode: str, interpolation: str) -> float | None:
    """Return a quantile by its definition."""
    ranked = sorted(present(values))
    if not ranked:
        return None
    place = place_of(mode, q, len(ranked))
    low, high = ranked[math.floor(place) - 1], ranked[math.ceil(place) - 1]
    found: dict[str, float] = {
        "lower": low,
        "higher": high,
        "midpoint": (low + high) / 2,
        "nearest": ranked[nearest(place) - 1],
        "linear": low + (high - low) * (place - math.floor(place)),
    }
    return found[interpolation]


@given(
    rows=nullable(
        st.lists(st.none() | SMALL, max_size=8),
        st.sampled_from([0.0, 0.25, 0.5, 0.75, 0.95, 1.0, 0.125]),
    )
)
@few
def test_quantiles_of_lists(bare: Engine, rows: list[Any]) -> None:
    """Each mode and interpolation by its definition."""
    columns = keep(bare, [pa.list_(pa.float64()), pa.float64()], rows)
    for mode, interpolation in itertools.product(get_args(QuantileMode), get_args(Interpolation)):
        found = asked(bare, f"array.quantile:{mode}:{interpolation}", columns)
        expected = [
            None if None in row else quantile_of(row[0], row[1], mode, interpolation)
            for row in rows
        ]

        assert [each is None for each in found] == [each is None for each in expected]
        assert present(found) == pytest.approx(present(expected), abs=1e-6)


@given(rows=nullable(st.lists(st.none() | st.integers(0, 3), max_size=8)))
@few
def test_the_position_of_a_quantile(bare: Engine, rows: list[Any]) -> None:
    """It is that of the first of equal elements that is not taken yet."""
    for interpolation, choose in (
        ("lower", math.floor),
        ("higher", math.ceil),
        ("nearest", nearest),
    ):

        def expected(values: list[Any], choose: Callable[[float], int] = choose) -> int | None:
            places = [place for place, each in enumerate(values) if each is not None]
            ranked = sorted(places, key=lambda place: values[place])
            return ranked[choose(place_of("inc", 0.5, len(ranked))) - 1] if ranked else None

        name = f"array.quantile_index:inc:{interpolation}"
        found = answers(bare, name, [pa.list_(pa.int64())], rows, 0.5)

        check(found, [skipping(expected)(row[0]) for row in rows])


@pytest.mark.parametrize("q", [-0.5, 1.5])
def test_quantiles_beyond_the_list_are_null(bare: Engine, q: float) -> None:
    """A column may hold any number."""
    types = [pa.list_(pa.float64()), pa.float64()]

    assert answers(bare, "array.quantile:inc:linear", types, [([1.0, 2.0], q)]) == [None]


@given(rows=nullable(st.lists(st.none() | st.integers(0, 5), max_size=5), st.integers(-7, 7)))
@few
def test_one_element(bare: Engine, rows: list[Any]) -> None:
    """Positions count from 0, and back from the end."""

    def expected(values: list[Any], place: int) -> object:
        return values[place] if -len(values) <= place < len(values) else None

    types = [pa.list_(pa.int64()), pa.int64()]

    check(answers(bare, "element", types, rows), [skipping(expected)(*row) for row in rows])


def test_spreads_of_nan(bare: Engine) -> None:
    """NaN is a value, and what is calculated from it is NaN."""
    rows = [([math.nan],), ([1.0, math.nan],)]

    for name in ("array.var:population", "array.std:population"):
        check(answers(bare, name, [pa.list_(pa.float64())], rows), [math.nan, math.nan])


def test_elements_replaced(bare: Engine) -> None:
    """Null too, by null too."""
    rows = [([1, None, 2, 3],), (None,), ([],)]
    found = answers(bare, "array.replace", [pa.list_(pa.int64())], rows, 1, None, None, 0, 3, 9)

    assert found == [[None, 0, 2, 9], None, []]


# ---- dates -------------------------------------------------------------------------------------

DATES = st.dates(dt.date(1, 1, 1), dt.date(9998, 12, 31))
NEAR_DATES = st.dates(dt.date(2019, 12, 28), dt.date(2021, 3, 3))
TIMES = st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1))  # noqa: DTZ001


def later(day: dt.date, months: int) -> dt.date:
    """Return the same day some months later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = dt.date(year + (month == 11), (month + 1) % 12 + 1, 1)
    return day.replace(
        year=year, month=month + 1, day=min(day.day, (following - dt.timedelta(days=1)).day)
    )


def months_between(start: dt.date, end: dt.date) -> int:
    """Return the most months that do not go beyond the later one."""
    if end < start:
        return -months_between(end, start)
    guess = (end.year - start.year) * 12 + end.month - start.month
    return guess if later(start, guess) <= end else guess - 1


def toward_zero(number: int, divisor: int) -> int:
    """Divide without what is left over."""
    return abs(number) // divisor * (1 if number >= 0 else -1)


UNITS: dict[str, Callable[[Any, Any], int]] = {
    "years": lambda a, b: toward_zero(months_between(a, b), 12),
    "quarters": lambda a, b: toward_zero(months_between(a, b), 3),
    "months": months_between,
    "weeks": lambda a, b: toward_zero((b - a) // dt.timedelta(microseconds=1), 604_800_000_000),
    "days": lambda a, b: toward_zero((b - a) // dt.timedelta(microseconds=1), 86_400_000_000),
    "hours": lambda a, b: toward_zero((b - a) // dt.timedelta(microseconds=1), 3_600_000_000),
    "minutes": lambda a, b: toward_zero((b - a) // dt.timedelta(microseconds=1), 60_000_000),
    "seconds": lambda a, b: toward_zero((b - a) // dt.timedelta(microseconds=1), 1_000_000),
}


@given(rows=nullable(DATES | NEAR_DATES, DATES | NEAR_DATES))
@few
def test_time_between_dates(bare: Engine, rows: list[Any]) -> None:
    """Whole units that have passed, negative when the second date is earlier."""
    columns = keep(bare, [pa.date32(), pa.date32()], rows)

    for unit, rule in UNITS.items():
        check(asked(bare, f"date_diff:{unit}", columns), [skipping(rule)(*row) for row in rows])


@given(rows=nullable(TIMES, TIMES), first=st.sampled_from(["us", "ns"]))
@few
def test_time_between_timestamps(bare: Engine, rows: list[Any], first: Literal["us", "ns"]) -> None:
    """The time of day counts."""
    columns = keep(bare, [pa.timestamp(first), pa.timestamp("us")], rows)

    for unit, rule in UNITS.items():
        check(asked(bare, f"date_diff:{unit}", columns), [skipping(rule)(*row) for row in rows])


def test_calendar_units_are_those_of_the_zone(bare: Engine) -> None:
    """A day of the clock in Paris may have 23 hours."""
    paris = pa.timestamp("us", "Europe/Paris")
    start = dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC)  # midnight, before clocks go forward
    end = dt.datetime(2026, 3, 29, 22, tzinfo=dt.UTC)  # midnight again, 23 hours later
    rows = [(start, end)]

    assert answers(bare, "date_diff:days", [paris, paris], rows) == [1]
    assert answers(bare, "date_diff:hours", [paris, paris], rows) == [23]
    assert answers(bare, "date_diff:days", [pa.timestamp("us", "UTC")] * 2, rows) == [0]
    assert answers(bare, "date_diff:days", [pa.timestamp("s", "+01:00")] * 2, rows) == [0]


# ---- types -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "types", "expected"),
    [
        ("math.abs", [pa.int8()], pa.int64()),
        ("math.abs", [pa.float32()], pa.float64()),
        ("math.ceil", [pa.decimal128(10, 2)], pa.decimal128(9, 0)),
        ("math.round:1", [pa.decimal128(10, 2)], pa.decimal128(10, 1)),
        ("math.round:5", [pa.decimal128(10, 2)], pa.decimal128(10, 2)),
        ("math.max", [pa.int8(), pa.float32()], pa.float64()),
        ("array.sum", [pa.list_(pa.uint8())], pa.int64()),
        ("array.sum", [pa.list_(pa.decimal128(5, 2))], pa.decimal128(38, 2)),
        ("array.max", [pa.list_(pa.string())], pa.string()),
        ("array.len", [pa.list_(pa.list_(pa.int8()))], pa.int64()),
        ("element", [pa.list_(pa.string()), pa.int8()], pa.string()),
        ("date_diff:days", [pa.date32(), pa.timestamp("s")], pa.int64()),
    ],
)
def test_the_type_of_a_result(name: str, types: list[pa.DataType], expected: pa.DataType) -> None:
    """It follows from those of the arguments."""
    assert function_type(name, types) == expected


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("math.abs", [pa.string()]),
        ("math.abs", [pa.null()]),
        ("math.max", [pa.int8(), pa.string()]),
        ("math.max", [pa.int8(), pa.null()]),
        ("math.max", [pa.list_(pa.int8()), pa.list_(pa.int8())]),
        ("array.sum", [pa.int64()]),
        ("array.sum", [pa.list_(pa.string())]),
        ("array.sort:asc", [pa.list_(pa.list_(pa.int8()))]),
        ("array.quantile:inc:linear", [pa.list_(pa.int8()), pa.string()]),
        ("array.n_lowest", [pa.list_(pa.int8()), pa.float64()]),
        ("array.replace", [pa.list_(pa.int8()), pa.string(), pa.string()]),
        ("element", [pa.int8(), pa.int8()]),
        ("date_diff:days", [pa.date32(), pa.string()]),
        ("date_diff:days", [pa.timestamp("us"), pa.timestamp("us", "UTC")]),
        ("date_diff:days", [pa.date32(), pa.timestamp("us", "UTC")]),
    ],
)
def test_arguments_that_do_not_fit(name: str, types: list[pa.DataType]) -> None:
    """The message says what was given and what is needed."""
    with pytest.raises(WrongType) as caught:
        function_type(name, types)

    assert str(types[0]) in str(caught.value)
    assert "It needs" in caught.value.hint
    assert isinstance(caught.value, AtomliteError)


def test_constants_of_numpy(bare: Engine) -> None:
    """They are what Python's are."""
    numpy = pytest.importorskip("numpy")

    assert plain(numpy.int64(3)) == 3
    assert answers(bare, "math.max", [pa.int64()], [(1,)], numpy.int64(3)) == [3]
