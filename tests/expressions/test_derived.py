"""Choices, parts of dates and constants beside columns, against plain Python."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.errors import ConditionMisused, InvalidArgument, WrongType
from atomlite.expressions.columns import Column
from atomlite.expressions.derived import choice, constant_type, date_part, function
from atomlite.expressions.rendering import columns_of, references_of, render
from atomlite.measures.coordinates import LevelKey, LevelOperand
from tests.expressions.engine import TABLE, Engine, column_sql, engine

few = settings(
    max_examples=max(20, settings().max_examples // 10 or 25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
PARIS = ZoneInfo("Europe/Paris")
UNITS = Column(TABLE, "Units", pa.int64())
PRICE = Column(TABLE, "Price", pa.float64())
CITY = LevelOperand(LevelKey("Shops", "Geography", "City"), pa.string())

PARTS: dict[str, Callable[[Any], object]] = {
    "y": lambda x: x.year,
    "yyyy": lambda x: f"{x.year:04}",
    "M": lambda x: x.month,
    "MM": lambda x: f"{x.month:02}",
    "d": lambda x: x.day,
    "dd": lambda x: f"{x.day:02}",
    "w": lambda x: x.isocalendar().week,
    "Q": lambda x: (x.month + 2) // 3,
    "QQQ": lambda x: f"Q{(x.month + 2) // 3}",
}
TIME_PARTS: dict[str, Callable[[Any], object]] = {
    **PARTS,
    "H": lambda x: x.hour,
    "HH": lambda x: f"{x.hour:02}",
    "m": lambda x: x.minute,
    "mm": lambda x: f"{x.minute:02}",
    "s": lambda x: x.second,
    "ss": lambda x: f"{x.second:02}",
}


@pytest.fixture(scope="module")
def bare() -> Iterator[Engine]:
    """Give one engine to the tests of this module."""
    with engine() as opened:
        yield opened


def check_parts(
    bare: Engine,
    data_type: pa.DataType,
    values: list[Any],
    shown: Callable[[Any], Any],
    rules: dict[str, Callable[[Any], object]],
) -> None:
    """Compare all parts of some dates; ``shown`` gives what a clock shows."""
    bare.keep({"Day": pa.array(values, data_type)})
    column = Column(TABLE, "Day", data_type)
    for pattern, rule in rules.items():
        part = date_part(column, pattern)
        expected = [None if value is None else rule(shown(value)) for value in values]

        assert bare.values(part, part.data_type) == expected


@given(values=st.lists(st.none() | st.dates(), min_size=1, max_size=30))
@few
def test_parts_of_dates(bare: Engine, values: list[dt.date | None]) -> None:
    """One letter gives an integer, more of it text; weeks are those of ISO 8601."""
    check_parts(bare, pa.date32(), values, lambda day: day, PARTS)


@given(
    values=st.lists(
        st.none() | st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)),  # noqa: DTZ001
        min_size=1,
        max_size=30,
    )
)
@few
def test_parts_of_timestamps(bare: Engine, values: list[dt.datetime | None]) -> None:
    """A clock without zone shows the same everywhere, also in nanoseconds before 1970."""
    for data_type in (pa.timestamp("us"), pa.timestamp("ns")):
        check_parts(bare, data_type, values, lambda time: time, TIME_PARTS)

    instants = [value and value.replace(tzinfo=dt.UTC) for value in values]
    west = dt.timezone(dt.timedelta(hours=-5, minutes=-30))
    for zone, name in ((PARIS, "Europe/Paris"), (west, "-05:30")):
        for unit in ("us", "ns"):
            check_parts(
                bare,
                pa.timestamp(unit, name),
                instants,
                lambda time, zone=zone: time.astimezone(zone),  # type: ignore[misc]
                TIME_PARTS,
            )


def test_nanoseconds_before_1970_are_in_their_second(bare: Engine) -> None:
    """The engine itself would round the last nanosecond of 1969 up."""
    data_type = pa.timestamp("ns")
    bare.keep({"Day": pa.array([-1, 0, 999], pa.int64()).cast(data_type)})
    column = Column(TABLE, "Day", data_type)

    years = date_part(column, "y")
    seconds = date_part(column, "ss")

    assert bare.values(years, years.data_type) == [1969, 1970, 1970]
    assert bare.values(seconds, seconds.data_type) == ["59", "00", "00"]


@pytest.mark.parametrize(
    ("data_type", "pattern", "error"),
    [
        (pa.date32(), "H", WrongType),
        (pa.string(), "y", WrongType),
        (pa.date32(), "yy", InvalidArgument),
        (pa.date32(), "", InvalidArgument),
    ],
)
def test_parts_that_there_are_not(
    data_type: pa.DataType, pattern: str, error: type[Exception]
) -> None:
    """The error says what there is."""
    with pytest.raises(error):
        date_part(Column(TABLE, "Day", data_type), pattern)


@given(
    rows=st.lists(
        st.tuples(st.none() | st.integers(-5, 5), st.none() | st.floats(-9, 9)), min_size=1
    )
)
@few
def test_choices_of_rows(bare: Engine, rows: list[tuple[int | None, float | None]]) -> None:
    """The first condition that holds decides; one that is null does not hold."""
    bare.keep(
        {
            "Units": pa.array([row[0] for row in rows], pa.int64()),
            "Price": pa.array([row[1] for row in rows], pa.float64()),
        }
    )
    made = choice([(UNITS > 2, PRICE), (UNITS <= 0, UNITS)], None)
    expected = [
        None if units is None or 0 < units <= 2 else (price if units > 2 else float(units))
        for units, price in rows
    ]

    assert made.data_type == pa.float64()
    assert bare.values(made, pa.float64()) == expected
    assert bare.chosen(made * 2.0 > 0) == [
        row for row, value in enumerate(expected) if value is not None and value > 0
    ]


def test_choices_of_texts_and_dates(bare: Engine) -> None:
    """Constants are of any type, and arrive as they are."""
    bare.keep({"Units": pa.array([1, None], pa.int64())})
    day = dt.date(2026, 1, 31)
    texts = choice([(UNITS == 1, 'it\'s "one"')], "?")
    days = choice([(UNITS.isnull(), None)], day)

    assert bare.values(texts, pa.string()) == ['it\'s "one"', "?"]
    assert bare.values(days, pa.date32()) == [day, None]
    assert bare.values(choice([(UNITS == 1, True)], False), pa.bool_()) == [True, False]
    assert repr(texts) == 'where(Units == 1, "it\'s \\"one\\"", "?")'


def test_values_of_two_kinds_are_refused() -> None:
    """And so is a choice between nulls."""
    with pytest.raises(WrongType, match="int64 and string"):
        choice([(UNITS > 1, UNITS)], "none")
    with pytest.raises(WrongType, match="null"):
        choice([(UNITS > 1, None)], None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, pa.int64()),
        (1.5, pa.float64()),
        (Decimal("1.5"), pa.decimal128(2, 1)),
        (True, pa.bool_()),
        ("a", pa.string()),
        (b"a", pa.binary()),
        (dt.date(2026, 1, 1), pa.date32()),
        (dt.datetime(2026, 1, 1), pa.timestamp("us")),  # noqa: DTZ001
        (dt.datetime(2026, 1, 1, tzinfo=dt.UTC), pa.timestamp("us", "UTC")),
        (dt.time(1), pa.time64("us")),
        (dt.timedelta(1), pa.duration("us")),
        (None, pa.null()),
    ],
)
def test_the_type_of_a_constant(value: object, expected: pa.DataType) -> None:
    """Each Python value has the type of the column that holds it."""
    assert constant_type(value) == expected


@pytest.mark.parametrize("value", [2**63, object(), [1], "\ud800", dt.time(1, tzinfo=dt.UTC)])
def test_values_that_no_column_holds(value: object) -> None:
    """They are refused before the engine sees them."""
    with pytest.raises(WrongType):
        constant_type(value)


def test_columns_and_levels_of_an_expression() -> None:
    """Whoever asks for columns alone does not meet a level of a cube."""
    made = choice([((UNITS > 1) & PRICE.isnull(), function("math.abs", [PRICE]))], UNITS * 2)

    assert [each.name for each in columns_of(made)] == ["Units", "Price"]
    assert len(references_of((CITY == "Rome") | (CITY == "Oslo") | (UNITS > 1))) == 2
    with pytest.raises(InvalidArgument, match="columns of tables"):
        columns_of(CITY == "Rome")


def test_a_search_with_a_level_is_refused(session: al.Session) -> None:
    """It has no such column; the error says so instead of failing in the engine."""
    import pandas as pd  # noqa: PLC0415 -- a program may never need it

    table = session.read_pandas(pd.DataFrame({"City": ["Rome"]}), table_name="Shops")

    with pytest.raises(InvalidArgument, match="columns of tables"):
        table.query(filter=CITY == "Rome")


def test_short_texts_may_be_repeated_and_long_ones_not() -> None:
    """Nesting functions that name their argument twice gives no text of 2**30 characters."""
    nested: Any = UNITS
    for _ in range(30):
        nested = function("math.sqrt", [nested + 1]) // (UNITS + 1)
    text, values = render(nested, column_sql)

    assert len(text) < 20_000
    assert len(values) == 60


def test_conditions_are_no_truths() -> None:
    """A chain of comparisons in Python asks for one."""
    with pytest.raises(ConditionMisused):
        bool(1 < UNITS < 3)
