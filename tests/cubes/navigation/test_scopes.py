"""Aggregates of measures over several cells, ranks, and best members."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any, TypeAlias

import pyarrow as pa
import pytest

from atomlite.cubes.model import CustomOrder
from atomlite.measures.coordinates import HierarchyKey
from atomlite.measures.nodes import (
    AggregateName,
    AggregateOptions,
    Aggregation,
    BestMember,
    CumulativeScope,
    EndValue,
    OriginScope,
    Rank,
    ScopedAggregation,
    SiblingsScope,
)
from tests.cubes.navigation.cubes import Cube

Reach: TypeAlias = range | tuple[str | None, str | None]

PLACE, KIND = HierarchyKey("D", "Place"), HierarchyKey("D", "Kind")
JAN30, JAN31, FEB29, MAR29 = (date(2024, *day) for day in ((1, 30), (1, 31), (2, 29), (3, 29)))


def test_ranks_are_among_siblings(cube: Cube, units: Aggregation) -> None:
    """A cell without siblings is the first, one without a value has no rank."""
    assert cube.values(Rank(units, PLACE), "country", "city", totals=True) == {
        (): 1,
        ("France",): 2,
        ("France", "Lyon"): 1,
        ("France", "Paris"): 2,
        ("Spain",): 1,
        ("Spain", "Madrid"): 2,
        ("Spain", None): 1,
        (None,): None,
        (None, None): None,
    }


def test_equal_ranks_follow_the_order_of_the_level(cube: Cube) -> None:
    """Each of France and Spain has its own number, also where the greatest is first."""
    kinds = Aggregation("count_distinct", cube.column("kind"))

    found = cube.values(Rank(kinds, PLACE, ascending=False), "country")

    assert found == {"France": 1, "Spain": 2, None: 3}


@pytest.mark.parametrize(("apply_filters", "expected"), [(True, 1), (False, 2)])
def test_ranks_can_count_what_the_filter_hides(
    cube: Cube, units: Aggregation, apply_filters: bool, expected: int
) -> None:
    """Paris is the second of France, and the first of Paris."""
    rank = Rank(units, PLACE, apply_filters=apply_filters)

    found = cube.values(rank, "country", "city", condition=cube.level("city") == "Paris")

    assert found == {("France", "Paris"): expected}


def test_an_aggregate_of_siblings_can_leave_out_the_cell(cube: Cube, units: Aggregation) -> None:
    """An only cell has nothing beside it."""
    most = ScopedAggregation("max", units, SiblingsScope(PLACE))
    rest = ScopedAggregation("sum", units, SiblingsScope(PLACE, exclude_self=True))

    assert cube.values(most, "country", totals=True) == {
        (): 27,
        ("France",): 17,
        ("Spain",): 17,
        (None,): 17,
    }
    assert cube.values(rest, "country", totals=True) == {
        (): None,
        ("France",): 10,
        ("Spain",): 17,
        (None,): 27,
    }


def test_values_at_an_origin_are_aggregated_above(cube: Cube, units: Aggregation) -> None:
    """The mean of the days, not of the facts; a cell of nulls alone has none."""
    daily = ScopedAggregation("mean", units, OriginScope(cube.level("day")))

    assert cube.values(daily, "country", totals=True) == {
        (): 27 / 4,
        ("France",): 17 / 3,
        ("Spain",): 5.0,
        (None,): None,
    }


def test_a_count_of_nulls_alone_is_null(cube: Cube, units: Aggregation) -> None:
    """As all aggregates of no values are."""
    days = ScopedAggregation("count", units, OriginScope(cube.level("day")))

    assert cube.values(days, "country") == {"France": 3, "Spain": 2, None: None}


def test_an_origin_in_a_slicing_hierarchy_stays_at_its_first_member(
    sliced: Cube, units: Aggregation
) -> None:
    """That is what the cell is about."""
    versions = ScopedAggregation("sum", units, OriginScope(sliced.level("version")))

    assert sliced.values(versions) == {(): 17}
    assert sliced.values(versions, condition=sliced.level("version") != 1) == {(): 10}


@pytest.mark.parametrize(
    ("function", "options", "days", "kinds"),
    [
        ("sum", {}, 27, 27),
        ("min", {}, 1, 9),
        ("count_distinct", {}, 5, 2),
        ("distinct", {}, [1, 2, 6, 8, 10], [9, 18]),
        ("square_sum", {}, 205, 405),
        ("prod", {}, 960.0, 162.0),
        ("short", {}, 0, 0),
        ("long", {}, 27, 27),
        ("single_value", {}, None, None),
        ("median", {}, 6.0, 13.5),
        ("std", {}, ((205 - 27 * 27 / 5) / 4) ** 0.5, (81 / 2) ** 0.5),
        ("var", {"sample": False}, 205 / 5 - (27 / 5) ** 2, 81 / 4),
        ("quantile", {"q": 0.5, "mode": "simple", "interpolation": "lower"}, 2.0, 9.0),
    ],
)
def test_all_functions_aggregate_cells(
    cube: Cube,
    units: Aggregation,
    function: AggregateName,
    options: dict[str, Any],
    days: object,
    kinds: object,
) -> None:
    """They mean what they mean for facts, in groups and in windows."""
    given = AggregateOptions(**options)
    origin = OriginScope([cube.level("city"), cube.level("day")])

    grouped = cube.values(ScopedAggregation(function, units, origin, given))
    beside = cube.values(ScopedAggregation(function, units, SiblingsScope(KIND), given), "kind")

    assert grouped[()] == (pytest.approx(days) if isinstance(days, float) else days)
    for member in ("pen", "ink", None):
        assert beside[member] == (pytest.approx(kinds) if isinstance(kinds, float) else kinds)


def test_a_running_total_ends_with_the_last_member(cube: Cube, units: Aggregation) -> None:
    """A month is worth what its last day is; the null day comes last."""
    running = ScopedAggregation("sum", units, CumulativeScope(cube.level("day")))

    assert cube.values(running, "month", "day", totals=True) == {
        (): 27,
        (1,): 11,
        (1, JAN30): 10,
        (1, JAN31): 11,
        (2,): 25,
        (2, FEB29): 25,
        (3,): 27,
        (3, MAR29): 27,
        (None,): 27,
        (None, None): 27,
    }


def test_a_running_total_stops_below_its_level(cube: Cube, units: Aggregation) -> None:
    """A day is no month."""
    running = ScopedAggregation("sum", units, CumulativeScope(cube.level("month")))

    assert cube.values(running, "month", "day", totals=True)[1, JAN30] is None
    assert cube.values(running, "month") == {1: 11, 2: 25, 3: 27, None: 27}


def test_a_running_total_starts_again(cube: Cube, units: Aggregation) -> None:
    """At each member of the level that partitions it."""
    scope = CumulativeScope(cube.level("day"), partitioning=cube.level("month"))
    running = ScopedAggregation("sum", units, scope)

    found = cube.values(running, "month", "day")

    assert found == {
        (1, JAN30): 10,
        (1, JAN31): 11,
        (2, FEB29): 14,
        (3, MAR29): 2,
        (None, None): None,
    }


@pytest.mark.parametrize(
    ("window", "dense", "expected"),
    [
        (range(-1, 0), False, {JAN30: 10, FEB29: 16, MAR29: 8}),
        (range(-1, 0), True, {JAN30: 10, FEB29: 6, MAR29: 8}),
        (range(1), False, {JAN30: 16, FEB29: 8, MAR29: 2}),
        (("-P29D", "P0D"), False, {JAN30: 10, FEB29: 6, MAR29: 8}),
        (("-P1M", "P0D"), False, {JAN30: 10, FEB29: 16, MAR29: 8}),
        ((None, "P1M"), False, {JAN30: 16, FEB29: 18, MAR29: 18}),
    ],
)
def test_windows_move_along_members_or_time(
    cube: Cube, units: Aggregation, window: Reach, dense: bool, expected: dict[date, int]
) -> None:
    """Of pens, which were not sold on each of the days."""
    scope = CumulativeScope(cube.level("day"), window=window, dense=dense)
    running = ScopedAggregation("sum", units, scope)

    found = cube.values(running, "kind", "month", "day", condition=cube.level("kind") == "pen")

    assert {day: found["pen", day.month, day] for day in expected} == expected


def test_a_running_total_of_a_slicing_hierarchy_ends_with_its_first_member(
    sliced: Cube, units: Aggregation
) -> None:
    """Where it is not expressed; where it is, it runs over all of its members."""
    running = ScopedAggregation("sum", units, CumulativeScope(sliced.level("version")))

    assert sliced.values(running) == {(): 17}
    assert sliced.values(running, "version") == {1: 17, 2: 27, 3: 27}


def test_the_best_member_is_the_first_of_equal_ones(cube: Cube, units: Aggregation) -> None:
    """In the order of the level; without any value there is none."""
    count = Aggregation("count")

    assert cube.values(BestMember(count, cube.level("day"), greatest=True)) == {(): FEB29}
    assert cube.values(BestMember(count, cube.level("day"), greatest=False), "country") == {
        "France": JAN30,
        "Spain": FEB29,
        None: None,
    }
    assert cube.values(BestMember(units, cube.level("city"), greatest=True), "country") == {
        "France": "Paris",
        "Spain": "Madrid",
        None: None,
    }


def test_the_end_is_the_last_member_with_a_value(cube: Cube, units: Aggregation) -> None:
    """Within each cell, in the order of the path; at the level itself it is the member's own."""
    first, last = (EndValue(units, cube.level("day"), last=each) for each in (False, True))

    assert cube.values(first, "country") == {"France": 10, "Spain": 8, None: None}
    assert cube.values(last, "country") == {"France": 6, "Spain": 2, None: None}
    assert (cube.values(first), cube.values(last)) == ({(): 10}, {(): 2})
    assert cube.values(last, "month") == {1: 1, 2: 14, 3: 2, None: None}
    assert cube.values(first, "day") == cube.values(units, "day")
    assert cube.values(EndValue(units, cube.level("month"), last=True), "day") == (
        cube.values(units, "day")
    )


def test_an_unknown_member_is_no_end() -> None:
    """Nor one where the measure is null; the rest of the cells have their own ends."""
    columns: dict[str, pa.DataType] = {"shop": pa.string(), "day": pa.int8(), "units": pa.int64()}
    rows = [("a", 1, 10), ("a", 3, None), ("a", None, 5), ("b", None, 7), ("b", 2, 4)]
    made = [dict(zip(columns, row, strict=True)) for row in rows]
    listed = Cube(columns, made, {"Shop": ["shop"], "Day": ["day"]})
    units = Aggregation("sum", listed.column("units"))
    last = EndValue(units, listed.level("day"), last=True)

    assert listed.values(last, "shop") == {"a": 10, "b": 4}
    assert listed.values(last, "day") == {1: 10, 2: 4, 3: None, None: None}
    assert listed.values(last) == {(): 4}
    listed.close()


@pytest.mark.parametrize(
    ("window", "expected"), [(("-PT24H", "PT0S"), [1, 2]), (("-P1D", "P0D"), [1, 3])]
)
def test_windows_of_time_tell_days_from_hours(window: Reach, expected: list[int]) -> None:
    """On the day in which the clocks of Paris went back, a day had 25 hours."""
    moments = datetime(2024, 10, 26, 22, tzinfo=UTC), datetime(2024, 10, 27, 23, tzinfo=UTC)
    rows = [{"moment": moment, "units": number} for number, moment in enumerate(moments, 1)]
    kind = pa.timestamp("us", "Europe/Paris")
    cube = Cube({"moment": kind, "units": pa.int64()}, rows, {"Time": ("moment",)})
    scope = CumulativeScope(cube.level("moment"), window=window)
    running = ScopedAggregation("sum", Aggregation("sum", cube.column("units")), scope)

    found = list(cube.values(running, "moment").values())
    cube.close()

    assert found == expected


def test_running_totals_below_the_level_alone_are_null(cube: Cube, units: Aggregation) -> None:
    """No cell of the query is one of a month."""
    running = ScopedAggregation("sum", units, CumulativeScope(cube.level("month")))

    found = cube.values(running, "month", "day")

    assert set(found.values()) == {None}


@pytest.fixture(name="listed")
def _listed() -> Iterator[Cube]:
    rows: list[dict[str, Any]] = [
        {"letter": "b", "day": date(2024, 1, 5), "units": 1},
        {"letter": "c", "day": date(2024, 1, 1), "units": 1},
        {"letter": "a", "day": None, "units": 1},
        {"letter": "d", "day": date(2024, 1, 9), "units": 1},
    ]
    made = Cube(
        {"letter": pa.string(), "day": pa.date32(), "units": pa.int64()},
        rows,
        {"Letter": ("letter",), "Day": ("day",)},
        orders={"letter": CustomOrder(("d", "c"))},
    )
    yield made
    made.close()


@pytest.mark.parametrize("ascending", [True, False])
def test_equal_ranks_follow_an_order_that_the_cells_are_not_in(
    listed: Cube, ascending: bool
) -> None:
    """Neither that of the facts nor that of the letters."""
    units = Aggregation("sum", listed.column("units"))
    rank = Rank(units, HierarchyKey("D", "Letter"), ascending=ascending)

    assert listed.values(rank, "letter") == {"d": 1, "c": 2, "a": 3, "b": 4}


@pytest.mark.parametrize(
    ("reach", "expected"),
    [
        (("-P1D", None), [3, 2, 1]),
        ((None, "P0D"), [1, 2, 3]),
        (("-P4D", "P4D"), [2, 3, 2]),
    ],
)
def test_a_window_of_time_is_without_facts_of_no_date(
    listed: Cube, reach: Reach, expected: list[int]
) -> None:
    """These are in no time before or after another; they have a window of their own."""
    units = Aggregation("sum", listed.column("units"))
    scope = CumulativeScope(listed.level("day"), window=reach)
    found = listed.values(ScopedAggregation("sum", units, scope), "day")

    days = [date(2024, 1, number) for number in (1, 5, 9)]
    assert found == dict(zip([*days, None], [*expected, 1], strict=True))
