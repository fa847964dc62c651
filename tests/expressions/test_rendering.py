"""What a condition means, checked against a model in plain Python with three truth values."""

# ruff: noqa: DTZ001, SIM300 -- timestamps without zone are a type of their own; COUNT is no constant

from __future__ import annotations

import datetime as dt
import math
import operator as operators
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atomlite.errors import InvalidArgument
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.conditions import MAX_DEPTH, Condition, Operator, nothing
from atomlite.expressions.rendering import columns_of, render
from tests.expressions.engine import TABLE, Engine, column_sql, engine

PARIS = ZoneInfo("Europe/Paris")
OPERATORS: dict[Operator, Callable[[Any, Any], bool]] = {
    "==": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
}

few = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def bare() -> Iterator[Engine]:
    """Give one engine to the tests of this module."""
    with engine() as opened:
        yield opened


# ---- the model ---------------------------------------------------------------------------------


def by_value(value: object, constant: object) -> tuple[object, object]:
    """Compare numbers as fractions; infinities and NaN by rank."""
    del constant
    if isinstance(value, float) and not math.isfinite(value):
        return (2 if math.isnan(value) else math.copysign(1, value), Fraction(0))
    if isinstance(value, Decimal) and not value.is_finite():
        return by_value(float(value), None)
    assert isinstance(value, int | float | Decimal)
    return (0, Fraction(value))


def by_shortest(value: object, other: object) -> tuple[object, object]:
    """Compare a float beside a decimal by its shortest form."""
    if isinstance(value, float) and math.isfinite(value) and isinstance(other, Decimal):
        return by_value(Decimal(repr(value)), None)
    return by_value(value, None)


def by_nearest_32(value: object, other: object) -> tuple[object, object]:
    """Compare constants that are no integers by their nearest 32-bit float."""
    del other
    if isinstance(value, float | Decimal) and math.isfinite(value):
        try:
            return by_value(struct.unpack("<f", struct.pack("<f", float(value)))[0], None)
        except OverflowError:
            return by_value(value, None)
    return by_value(value, None)


def by_itself(value: object, other: object) -> object:
    """Compare values that Python orders as the engine does."""
    del other
    return value


def by_utf8(value: object, other: object) -> object:
    """Compare text by code points."""
    del other
    assert isinstance(value, str)
    return value.encode()


def by_nanoseconds(value: object, other: object) -> object:
    """Compare points in time by their nanoseconds; stored ones are counts already."""
    del other
    if isinstance(value, int):
        return value
    if isinstance(value, dt.timedelta):
        return value // dt.timedelta(microseconds=1) * 1000
    if isinstance(value, dt.time):
        return by_nanoseconds(
            dt.timedelta(
                hours=value.hour,
                minutes=value.minute,
                seconds=value.second,
                microseconds=value.microsecond,
            ),
            None,
        )
    assert isinstance(value, dt.datetime)
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC if value.tzinfo else None)
    return (value - epoch) // dt.timedelta(microseconds=1) * 1000


@dataclass(frozen=True)
class Kind:
    """A column of the model.

    Args:
        data_type: Its logical type.
        stored: Values that rows have.
        asked: Constants that conditions have; the stored ones are asked too.
        key: What a value and the one beside it compare by.
        factor: Nanoseconds of one stored unit of time.
    """

    data_type: pa.DataType
    stored: st.SearchStrategy[object]
    asked: st.SearchStrategy[object]
    key: Callable[[object, object], object]
    factor: int = 0


def near(*centers: int, by: int = 3) -> st.SearchStrategy[int]:
    """Draw integers near to others."""
    return st.builds(operators.add, st.sampled_from(centers), st.integers(-by, by))


def floats32() -> st.SearchStrategy[float]:
    """Draw floats of 32 bits."""
    return st.one_of(st.floats(width=32), st.sampled_from([0.5, 2.0**24]))


EDGES = near(0, 2**7, -(2**7), 2**8, 2**53, 2**63, -(2**63), 2**64, 10**30, -(10**30))
NUMBERS = st.one_of(
    EDGES,
    st.sampled_from(
        [2.5, -0.5, 0.1, 1e300, -1e300, math.inf, -math.inf, math.nan, 2.0**63, 0.0, -0.0]
    ),
    st.floats(),
    st.decimals(allow_nan=False, places=3, min_value=-1000, max_value=1000),
    st.sampled_from(
        [
            10**400,
            -(10**400),
            Decimal("0.1"),
            Decimal("1e50"),
            Decimal("-1e-50"),
            Decimal("Infinity"),
            Decimal("NaN"),
        ]
    ),
    st.sampled_from(
        [Decimal("0.100000000000000003"), Decimal("99999999.995"), Decimal("-99999999.995")]
    ),
)
MOMENTS = st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 12, 31, 23, 59, 59, 999999))
INSTANTS = st.one_of(
    MOMENTS.map(lambda moment: moment.replace(tzinfo=dt.UTC)),
    st.datetimes(
        dt.datetime(1900, 1, 1),
        dt.datetime(2100, 1, 1),
        timezones=st.just(PARIS),
        allow_imaginary=False,
    ),
    st.just(dt.datetime.max.replace(tzinfo=dt.timezone(dt.timedelta(hours=-5)))),
    st.just(dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=5)))),
)
TEXT = st.one_of(
    st.sampled_from(
        ["", "a", "A", "é", "e\u0301", "z", "\uffff", "😀", "a\0b", "%", "_", "\\", "a%b"]
    ),
    st.text(max_size=4),
)


def moments(low: int = -(2**62), high: int = 2**62) -> st.SearchStrategy[int]:
    """Draw counts of a unit of time."""
    return st.one_of(near(0, 1_577_836_800_000_000, by=2), st.integers(low, high))


KINDS: dict[str, Kind] = {
    "int8": Kind(pa.int8(), st.integers(-128, 127), NUMBERS, by_value),
    "int64": Kind(
        pa.int64(),
        st.one_of(EDGES.filter(lambda n: -(2**63) <= n < 2**63), st.integers(-(2**63), 2**63 - 1)),
        NUMBERS,
        by_value,
    ),
    "uint64": Kind(pa.uint64(), EDGES.filter(lambda n: 0 <= n < 2**64), NUMBERS, by_value),
    "float": Kind(pa.float32(), floats32(), NUMBERS, by_nearest_32),
    "double": Kind(
        pa.float64(), st.one_of(st.floats(), EDGES.map(float), st.just(0.1)), NUMBERS, by_shortest
    ),
    "small decimal": Kind(
        pa.decimal128(10, 2),
        st.decimals(Decimal("-99999999.99"), Decimal("99999999.99"), places=2),
        NUMBERS,
        by_shortest,
    ),
    "large decimal": Kind(
        pa.decimal128(38, 10),
        st.one_of(
            st.integers(-(10**38) + 1, 10**38 - 1).map(lambda n: Decimal(f"{n}e-10")),
            st.just(Decimal("0.1")),
        ).filter(lambda d: abs(d) < Decimal(10) ** 28),
        NUMBERS,
        by_shortest,
    ),
    "flag": Kind(pa.bool_(), st.booleans(), st.booleans(), by_itself),
    "text": Kind(pa.string(), TEXT, TEXT, by_utf8),
    "bytes": Kind(pa.binary(), st.binary(max_size=3), st.binary(max_size=3), by_itself),
    "day": Kind(pa.date32(), st.dates(), st.dates(), by_itself),
    "seconds": Kind(
        pa.timestamp("s"), st.integers(-(2**40), 2**40), MOMENTS, by_nanoseconds, 10**9
    ),
    "micros": Kind(pa.timestamp("us"), moments(), MOMENTS, by_nanoseconds, 10**3),
    "nanos": Kind(pa.timestamp("ns"), moments(), MOMENTS, by_nanoseconds, 1),
    "paris": Kind(pa.timestamp("us", "Europe/Paris"), moments(), INSTANTS, by_nanoseconds, 10**3),
    "paris millis": Kind(
        pa.timestamp("ms", "Europe/Paris"),
        st.integers(-(2**45), 2**45),
        INSTANTS,
        by_nanoseconds,
        10**6,
    ),
    "paris nanos": Kind(pa.timestamp("ns", "Europe/Paris"), moments(), INSTANTS, by_nanoseconds, 1),
    "clock": Kind(pa.time32("s"), st.integers(0, 86_399), st.times(), by_nanoseconds, 10**9),
    "clock nanos": Kind(
        pa.time64("ns"), st.integers(0, 86_400 * 10**9 - 1), st.times(), by_nanoseconds, 1
    ),
    "duration": Kind(
        pa.duration("ms"), st.integers(-(2**63), 2**63 - 1), st.timedeltas(), by_nanoseconds, 10**6
    ),
}


def beside(kind: Kind, stored: object) -> st.SearchStrategy[object]:
    """Draw constants that are a stored value, or as near to it as Python can say."""
    if kind.factor:
        assert isinstance(stored, int)
        micros = stored * kind.factor // 1000
        near_by = st.sampled_from([-1, 0, 1, 400_000, 999_999])
        return st.one_of(near_by.map(lambda n: as_time(kind.data_type, micros + n)), kind.asked)
    if isinstance(stored, int | Decimal) and not isinstance(stored, bool):
        return st.sampled_from([stored, stored + Decimal("0.5"), stored - Decimal("0.001")])
    return st.just(stored)


def as_time(data_type: pa.DataType, micros: int) -> object:
    """Return microseconds as Python's value for a type, bounded by what Python can say."""
    if isinstance(data_type, pa.Time32Type | pa.Time64Type):
        return (
            dt.datetime(1970, 1, 1) + dt.timedelta(microseconds=micros % (86_400 * 10**6))
        ).time()
    bound = 86_400 * 10**6 * (999_999_999 if isinstance(data_type, pa.DurationType) else 700_000)
    span = dt.timedelta(microseconds=max(-bound, min(bound, micros)))
    if isinstance(data_type, pa.DurationType):
        return span
    assert isinstance(data_type, pa.TimestampType)
    zone = dt.UTC if data_type.tz else None
    return dt.datetime(1970, 1, 1, tzinfo=zone) + span


def compared(kind: Kind, stored: object, operator: Operator, constant: object) -> bool | None:
    """Return what the model says."""
    if stored is None:
        return None
    if kind.factor:
        assert isinstance(stored, int)
        stored = stored * kind.factor
    return OPERATORS[operator](kind.key(stored, constant), kind.key(constant, stored))


def opposite(truth: bool | None) -> bool | None:
    """Negate with three truth values."""
    return None if truth is None else not truth


def both(left: bool | None, right: bool | None) -> bool | None:
    """Conjoin with three truth values."""
    if left is False or right is False:
        return False
    return None if left is None or right is None else True


def either(left: bool | None, right: bool | None) -> bool | None:
    """Disjoin with three truth values."""
    return opposite(both(opposite(left), opposite(right)))


Truth = Callable[[object], bool | None]


@st.composite
def leaves(draw: st.DrawFn, name: str, kind: Kind, rows: list[object]) -> tuple[Condition, Truth]:
    """Draw a condition on one column, and what the model says of it."""
    column = Column(TABLE, name, kind.data_type)
    present = [row for row in rows if row is not None]
    asked = kind.asked
    if present:
        asked = st.one_of(st.sampled_from(present).flatmap(lambda row: beside(kind, row)), asked)
    shape = draw(st.sampled_from(["compare", "compare", "isin", "isnull", "between"]))
    if shape == "isnull":
        return column.isnull(), lambda row: row is None
    if shape == "between":
        low, high = draw(asked), draw(asked)
        return column.between(low, high), lambda row: both(
            compared(kind, row, ">=", low), compared(kind, row, "<=", high)
        )
    if shape == "isin":
        values = draw(st.lists(st.one_of(st.none(), asked), max_size=4))
        values *= draw(st.sampled_from([1, 20]))  # few and many are rendered differently

        def is_member(row: object) -> bool | None:
            if row is None:
                return True if None in values else (None if values else False)
            return any(compared(kind, row, "==", value) for value in values if value is not None)

        return column.isin(values), is_member
    operator, constant = draw(st.sampled_from(list(OPERATORS))), draw(asked)
    condition = getattr(
        operators, {"==": "eq", "!=": "ne", "<": "lt", "<=": "le", ">": "gt", ">=": "ge"}[operator]
    )(column, constant)
    return condition, lambda row: compared(kind, row, operator, constant)


@st.composite
def trees(draw: st.DrawFn, name: str, kind: Kind, rows: list[object]) -> tuple[Condition, Truth]:
    """Draw conditions joined with ``&``, ``|`` and ``~``."""
    leaf = leaves(name, kind, rows)

    def grown(
        inner: st.SearchStrategy[tuple[Condition, Truth]],
    ) -> st.SearchStrategy[tuple[Condition, Truth]]:
        def negated(one: tuple[Condition, Truth]) -> tuple[Condition, Truth]:
            return ~one[0], lambda row: opposite(one[1](row))

        def joined(
            one: tuple[Condition, Truth], other: tuple[Condition, Truth], *, conjunction: bool
        ) -> tuple[Condition, Truth]:
            if conjunction:
                return one[0] & other[0], lambda row: both(one[1](row), other[1](row))
            return one[0] | other[0], lambda row: either(one[1](row), other[1](row))

        return st.one_of(
            inner.map(negated), st.builds(joined, inner, inner, conjunction=st.booleans())
        )

    return draw(st.recursive(leaf, grown, max_leaves=5))


@pytest.mark.parametrize("name", KINDS)
@few
@given(data=st.data())
def test_a_condition_means_what_the_model_says(
    bare: Engine, name: str, data: st.DataObject
) -> None:
    """For each row a rendered condition is true, false or null as in plain Python."""
    kind = KINDS[name]
    rows = data.draw(st.lists(st.one_of(st.none(), kind.stored), min_size=1, max_size=8))
    condition, truth = data.draw(trees(name, kind, rows))
    bare.keep({name: pa.array(rows, kind.data_type, from_pandas=False)})
    expected = [truth(row) for row in rows]
    assert bare.truths(condition) == expected, repr(condition)
    assert bare.chosen(condition) == [n for n, is_true in enumerate(expected) if is_true is True]


PRICE = Column(TABLE, "Price", pa.float64())
COUNT = Column(TABLE, "Unit count", pa.int64())
NAME = Column(TABLE, 'Na"me', pa.string())


def test_values_never_enter_the_text() -> None:
    """Every value is a placeholder, and every name comes from the caller."""
    condition = (NAME == "'; DROP") & COUNT.isin(1, 2) & PRICE.between(0.5, 2) | NAME.like("x%")
    text, values = render(condition, column_sql)
    assert text == (
        '(("Na""me" = ?) AND ("Unit count" IN (CAST(? AS BIGINT), CAST(? AS BIGINT))) AND '
        '(("Price" >= ?) AND ("Price" <= ?))) OR ("Na""me" LIKE ? ESCAPE \'\\\')'
    )
    assert values == ("'; DROP", 1, 2, 0.5, 2.0, "x%")


def test_isin_of_nothing_is_false_for_every_row(bare: Engine) -> None:
    """No value is one of none, and null is no exception."""
    bare.keep({"Unit count": pa.array([1, None])})
    assert bare.truths(COUNT.isin()) == [False, False]
    assert bare.truths(~COUNT.isin([])) == [True, True]


def test_long_chains_are_flat(bare: Engine) -> None:
    """A thousand conditions joined with one operator are no deeper than two."""
    bare.keep({"Unit count": pa.array([1, 999, 1000, None])})
    chain = reduce(operators.or_, [COUNT == n for n in range(1000)])
    assert bare.truths(chain) == [True, True, False, None]
    chain = reduce(operators.and_, [COUNT != n for n in range(1000)])
    assert bare.truths(chain) == [False, False, True, None]


def test_a_long_isin_is_one_condition(bare: Engine) -> None:
    """Ten thousand members are fine."""
    bare.keep({"Unit count": pa.array([9_999, 10_000, None])})
    assert bare.truths(COUNT.isin(range(10_000))) == [True, False, None]


def nested(levels: int) -> Condition:
    """Return a condition in which ``&`` and ``|`` take turns."""
    condition: Condition = COUNT == 1
    for level in range(1, levels):
        condition = condition | (COUNT == level) if level % 2 else condition & (COUNT == 1)
    return condition


def test_what_may_be_nested_can_be_run(bare: Engine) -> None:
    """An expression as deep as allowed runs; one level more is refused when it is written."""
    bare.keep({"Unit count": pa.array([1, None])})
    assert bare.truths(nested(MAX_DEPTH)) == [True, None]
    assert repr(nested(MAX_DEPTH))
    with pytest.raises(InvalidArgument, match="use `isin`"):
        nested(MAX_DEPTH + 1)
    total = reduce(operators.add, [1] * (MAX_DEPTH - 1), COUNT)
    assert bare.values(total, pa.int64()) == [MAX_DEPTH, None]
    with pytest.raises(InvalidArgument, match="depth"):
        operators.add(total, 1)


def test_only_the_kinds_of_this_package_are_rendered() -> None:
    """A class that somebody else derived is refused, not guessed."""

    class OddCondition(Condition):
        __slots__ = ()

    class OddOperand(Operand):
        __slots__ = ()
        data_type = pa.int64()

    with pytest.raises(InvalidArgument, match="OddCondition"):
        render(OddCondition(), column_sql)
    with pytest.raises(InvalidArgument, match="OddOperand"):
        render(OddOperand(), column_sql)


def test_two_negations_are_none() -> None:
    """Negations do not pile up."""
    condition = COUNT == 1
    assert ~~condition is condition


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a%", ["a%b", "a_b", "axb", "a\nb"]),
        ("a\\%b", ["a%b"]),
        ("a\\_b", ["a_b"]),
        ("A%", []),
        ("%\\\\", ["\\"]),
        ("_", ["é", "\\"]),
        ("", [""]),
    ],
)
def test_like_knows_two_wildcards_and_one_escape(
    bare: Engine, pattern: str, expected: list[str]
) -> None:
    """``%`` is any text, ``_`` one character, a backslash takes their meaning; case counts."""
    texts = ["a%b", "a_b", "axb", "a\nb", "é", "\\", "", None]
    bare.keep({'Na"me': pa.array(texts)})
    assert [texts[row] for row in bare.chosen(NAME.like(pattern))] == expected


def test_an_ordering_says_where_nulls_come() -> None:
    """The engine's defaults are never relied upon."""
    assert render(PRICE.asc(), column_sql) == ('"Price" ASC NULLS LAST', ())
    assert render((PRICE * 2).desc(nulls="first"), column_sql) == (
        '("Price" * CAST(CAST(? AS BIGINT) AS DOUBLE)) DESC NULLS FIRST',
        (2,),
    )


def test_columns_come_in_the_order_of_their_first_use() -> None:
    """Each column is listed once, wherever it hides."""
    condition = (
        ~(PRICE > COUNT)
        & NAME.isnull()
        & NAME.like("a")
        & (COUNT * 2).isin(4)
        & PRICE.between(1, COUNT)
        & (Column("Other", "Price", pa.float64()) == 1)
    )
    found = columns_of(condition)
    assert [(column.table, column.name) for column in found] == [
        (TABLE, "Price"),
        (TABLE, "Unit count"),
        (TABLE, 'Na"me'),
        ("Other", "Price"),
    ]
    assert columns_of(PRICE.asc()) == (PRICE,)
    assert columns_of(1 + (PRICE - 2)) == (PRICE,)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (NAME.contains("a"), ["a%", "Xa_"]),
        (NAME.contains("A", case=False), ["a%", "Xa_", "ÅA", "STRASSE"]),
        (NAME.contains("å", case=False), ["ÅA"]),
        (NAME.contains("%"), ["a%", "%"]),
        (NAME.contains("_", case=False), ["Xa_"]),
        (NAME.contains("\\"), ["\\"]),
        (NAME.contains(""), ["a%", "Xa_", "ÅA", "%", "\\", "STRASSE", ""]),
        (NAME.contains("ß", case=False), []),
        (NAME.starts_with("a"), ["a%"]),
        (NAME.starts_with("x", case=False), ["Xa_"]),
        (NAME.starts_with("%"), ["%"]),
        (~NAME.starts_with("", case=False), []),
        (NAME.ilike("A\\%"), ["a%"]),
        (NAME.ilike("å_"), ["ÅA"]),
        (NAME.ilike("%\\_"), ["Xa_"]),
        (NAME.like("A%"), []),
        (nothing(), []),
        (~nothing(), ["a%", "Xa_", "ÅA", "%", "\\", None, "STRASSE", ""]),
    ],
    ids=repr,
)
def test_parts_of_text_mean_themselves(
    bare: Engine, condition: Condition, expected: list[str | None]
) -> None:
    """Without wildcards; whatever the case where that is asked for, by lower case letters."""
    texts = ["a%", "Xa_", "ÅA", "%", "\\", None, "STRASSE", ""]
    bare.keep({'Na"me': pa.array(texts, pa.string())})
    assert [texts[row] for row in bare.chosen(condition)] == expected
    assert [column.name for column in columns_of(condition)] in ([], ['Na"me'])
