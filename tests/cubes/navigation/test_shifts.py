"""Measures of members before and after."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Literal, TypeAlias

import pyarrow as pa
import pytest

from atomlite.measures.coordinates import HierarchyKey
from atomlite.measures.nodes import Aggregation, DateShift, Shift
from tests.cubes.navigation.cubes import Cube

ZONELESS = [pa.timestamp(unit) for unit in ("s", "ms", "us", "ns")]

Fallback: TypeAlias = Literal["past", "future", "interpolated"] | None
FALLBACKS: tuple[Fallback, ...] = (None, "past", "future", "interpolated")

PLACE, TIME, KIND = (HierarchyKey("D", key) for key in ("Place", "Time", "Kind"))
JAN30, JAN31, FEB29, MAR29 = (date(2024, *day) for day in ((1, 30), (1, 31), (2, 29), (3, 29)))


def test_a_shift_crosses_parents_in_the_order_of_the_level(cube: Cube, units: Aggregation) -> None:
    """Null members come last, and members without a value are passed over."""
    before = Shift(units, PLACE, -1)

    assert cube.values(before, "country", "city", totals=True) == {
        (): None,
        ("France",): None,
        ("France", "Lyon"): None,
        ("France", "Paris"): 6,
        ("Spain",): 17,
        ("Spain", "Madrid"): 11,
        ("Spain", None): 8,
        (None,): None,
        (None, None): None,
    }


def test_a_shift_can_stay_within_a_parent(cube: Cube, units: Aggregation) -> None:
    """The first of each has none before it."""
    within = Shift(units, PLACE, -1, cube.level("country").key)

    assert cube.values(within, "country", "city") == {
        ("France", "Lyon"): None,
        ("France", "Paris"): 6,
        ("Spain", "Madrid"): None,
        ("Spain", None): 8,
        (None, None): None,
    }


def test_a_shift_sees_members_that_the_filter_hides(cube: Cube, units: Aggregation) -> None:
    """The filter is about the hierarchy along which it looks."""
    before = Shift(units, TIME, -1)

    found = cube.values(before, "month", "day", condition=cube.level("day") == JAN31)

    assert found == {(1, JAN31): 10}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("measure", {JAN30: 6, FEB29: 2}), ("hierarchy", {JAN30: None, FEB29: 2})],
)
def test_members_without_facts_count_only_along_the_hierarchy(
    cube: Cube, units: Aggregation, mode: Literal["measure", "hierarchy"], expected: dict[date, int]
) -> None:
    """No pen was sold on the day after the first one."""
    after = Shift(units, TIME, 1, mode=mode)

    found = cube.values(after, "kind", "month", "day", condition=cube.level("kind") == "pen")

    assert {day: found["pen", day.month, day] for day in expected} == expected


def test_a_shift_along_the_hierarchy_serves_totals(cube: Cube, units: Aggregation) -> None:
    """Each depth has members of its own."""
    after = Shift(units, TIME, 1, mode="hierarchy")

    assert cube.values(after, "month", "day", totals=True) == {
        (): None,
        (1,): 14,
        (1, JAN30): 1,
        (1, JAN31): 14,
        (2,): 2,
        (2, FEB29): 2,
        (3,): None,
        (3, MAR29): None,
        (None,): None,
        (None, None): None,
    }


def test_a_shift_may_reach_farther_than_any_row(cube: Cube, units: Aggregation) -> None:
    """Then there is nothing."""
    far = Shift(units, KIND, -(10**30))

    assert cube.values(far, "kind") == {"pen": None, "ink": None, None: None}


@pytest.mark.parametrize(
    ("offset", "fallback", "expected"),
    [
        ("P1M", None, {JAN30: 14, JAN31: 14, FEB29: 2, MAR29: None}),
        ("-P1M", None, {JAN30: None, JAN31: None, FEB29: None, MAR29: 14}),
        ("-P1M", "past", {JAN30: None, JAN31: None, FEB29: None, MAR29: 14}),
        ("-P1M", "future", {JAN30: 10, JAN31: 10, FEB29: 10, MAR29: 14}),
        ("P15D", "past", {JAN30: 1, JAN31: 1, FEB29: 14, MAR29: 2}),
        ("P1D", "interpolated", {JAN30: 1.0, JAN31: 1 + 13 / 29, FEB29: 14 - 12 / 29, MAR29: None}),
    ],
)
def test_dates_shift_by_the_calendar(
    cube: Cube, units: Aggregation, offset: str, fallback: Fallback, expected: dict[date, float]
) -> None:
    """The end of a month stays in its month; fallbacks take the nearest dates with values."""
    shifted = DateShift(units, TIME, offset, fallback)

    found = cube.values(shifted, "month", "day")

    assert {day: found[day.month, day] for day in expected} == pytest.approx(expected, nan_ok=True)
    assert found[None, None] is None


def test_dates_shift_only_where_they_are_expressed(cube: Cube, units: Aggregation) -> None:
    """A month is no date."""
    shifted = DateShift(units, TIME, "P1M")

    assert cube.values(shifted, "month") == {1: None, 2: None, 3: None, None: None}


def _moment(text: str, data_type: pa.DataType) -> object:
    if pa.types.is_date(data_type):
        return date.fromisoformat(text)
    zone = None if data_type in ZONELESS else UTC
    return pa.scalar(datetime.fromisoformat(text).replace(tzinfo=zone), data_type).as_py()


@pytest.mark.parametrize(
    ("data_type", "start", "offset", "end"),
    [
        (pa.timestamp("s"), "2024-01-31T10:00:00", "P1MT1H", "2024-02-29T11:00:00"),
        (pa.timestamp("ms"), "2024-01-31T10:00:00", "-P1D", "2024-01-30T10:00:00"),
        (pa.timestamp("us"), "2024-01-31T10:00:00.000001", "PT0.5S", "2024-01-31T10:00:00.500001"),
        (pa.timestamp("us", "Europe/Paris"), "2024-03-30T11:00:00", "P1D", "2024-03-31T10:00:00"),
        (pa.timestamp("us", "Europe/Paris"), "2024-03-30T11:00:00", "PT24H", "2024-03-31T11:00:00"),
        (pa.timestamp("ns"), "1960-01-31T10:00:00", "P1M", "1960-02-29T10:00:00"),
        (pa.timestamp("ns", "Europe/Paris"), "2024-03-30T11:00:00", "P1D", "2024-03-31T10:00:00"),
        (pa.date32(), "2024-01-31", "P1DT36H", "2024-02-02"),
    ],
)
def test_moments_of_all_types_shift(
    data_type: pa.DataType, start: str, offset: str, end: str
) -> None:
    """A day is a day of the clock in the zone of the column, an hour is an hour."""
    moments = [_moment(text, data_type) for text in (start, end)]
    rows = [{"moment": moment, "units": number} for number, moment in enumerate(moments)]
    cube = Cube({"moment": data_type, "units": pa.int64()}, rows, {"Time": ("moment",)})
    shifted = DateShift(Aggregation("sum", cube.column("units")), TIME, offset)

    found = cube.values(shifted, "moment")
    cube.close()

    assert list(found.values()) == ([1, None] if start < end else [None, 1])


def test_nanoseconds_stay_when_a_moment_shifts() -> None:
    """The engine's own sums of timestamps and periods have microseconds."""
    day, second = 86_400 * 10**9, 10**9
    stamps = pa.array([-second + 1, day - second + 1, day - second], pa.timestamp("ns"))
    rows = [{"moment": moment, "units": n} for n, moment in enumerate(stamps.to_pylist())]
    cube = Cube({"moment": pa.timestamp("ns"), "units": pa.int64()}, rows, {"Time": ("moment",)})
    shifted = DateShift(Aggregation("sum", cube.column("units")), TIME, "P1D")

    found = sorted(cube.values(shifted, "moment").values(), key=str)
    cube.close()

    assert found == [1, None, None]


def test_a_date_that_no_calendar_has_is_null() -> None:
    """No error, whatever the period."""
    rows = [{"moment": datetime(9999, 12, 31, tzinfo=UTC), "units": 1}]
    kind = pa.timestamp("us", "UTC")
    cube = Cube({"moment": kind, "units": pa.int64()}, rows, {"Time": ("moment",)})
    far = DateShift(Aggregation("sum", cube.column("units")), TIME, "P9999999D")

    found = list(cube.values(far, "moment").values())
    cube.close()

    assert found == [None]


def test_moments_fall_back_by_the_time_between_them() -> None:
    """Linear in the time that passes; where a moment has the value itself, that is it."""
    rows = [
        {"moment": datetime(2024, 1, 1, hour, tzinfo=UTC), "units": units}
        for hour, units in ((0, 1), (1, None), (4, 9))
    ]
    kind = pa.timestamp("us", "UTC")
    cube = Cube({"moment": kind, "units": pa.int64()}, rows, {"Time": ("moment",)})
    units = Aggregation("sum", cube.column("units"))

    found = [
        list(cube.values(DateShift(units, TIME, "PT1H", fallback), "moment").values())
        for fallback in FALLBACKS
    ]
    later = list(cube.values(DateShift(units, TIME, "PT4H", "interpolated"), "moment").values())
    cube.close()

    assert found == [[None, None, None], [1, 1, 9], [9, 9, None], [3.0, 5.0, None]]
    assert later == [9.0, None, None]


def test_nothing_shifts_along_what_is_not_expressed(cube: Cube, units: Aggregation) -> None:
    """There is no member before or after none."""
    assert cube.values(Shift(units, PLACE, 1)) == {(): None}


def test_a_shift_along_text_serves_all_depths(cube: Cube, units: Aggregation) -> None:
    """Paths follow each other in the order of each of their levels."""
    after = Shift(units, PLACE, 1, cube.level("country").key, mode="hierarchy")

    assert cube.values(after, "country", "city") == {
        ("France", "Lyon"): 11,
        ("France", "Paris"): None,
        ("Spain", "Madrid"): 2,
        ("Spain", None): None,
        (None, None): None,
    }
