"""`Cube.verify`: two ways to each number, and what it says where they differ."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import atomlite as al
from atomlite.cubes.checking.aggregating import aggregated, quantile
from atomlite.cubes.checking.calculating import arithmetic, called, compared, shifted
from atomlite.cubes.checking.comparing import same
from atomlite.cubes.checking.orders import key_of, natural_key
from atomlite.cubes.checking.signals import NotChecked, Undecided
from atomlite.cubes.checking.verifying import CELLS
from atomlite.cubes.model import ColumnOrder, CustomOrder, LevelModel, NaturalOrder
from atomlite.cubes.planning import leaves
from atomlite.errors import InvalidArgument
from atomlite.expressions.columns import Column
from atomlite.measures.coordinates import LevelKey
from atomlite.measures.nodes import AggregateOptions
from atomlite.measures.periods import parse_period

DAYS = [dt.date(2024, month, day) for month in (1, 2, 3) for day in (1, 15, 28)]
DAYS[-1] = dt.date(2024, 3, 31)


def rich(session: al.Session) -> al.Cube:
    """Return a cube with one of nearly everything, over a star with orphans and a many-join."""
    numbers = range(60)
    frame = pd.DataFrame(
        {
            "id": numbers,
            "shop": [(1, 2, 3, 4, 9, None)[n % 6] for n in numbers],
            "item": [("Item 2", "Item 10", "pen", None)[n * 7 % 4] for n in numbers],
            "day": [DAYS[n * 5 % 9] for n in numbers],
            "units": [(1, 2, None, -4, 5, 3, 3)[n % 7] for n in numbers],
            "price": [(1.5, 2.25, None, 8.0, 0.5)[n * 3 % 5] for n in numbers],
            "cost": [(Decimal("1.10"), None, Decimal("2.20"))[n % 3] for n in numbers],
        }
    )
    frame = frame.astype({"shop": "Int64", "units": "Int64"})
    table = session.read_pandas(
        frame, table_name="Sales", keys=["id"], data_types={"cost": "decimal128(10,2)"}
    )
    shops = pd.DataFrame(
        {
            "shop": [1, 2, 3, 4],
            "city": ["Paris", "Lyon", "Paris", None],
            "country": ["F", "F", "F", "G"],
            "area": [10, 20, 30, 40],
        }
    )
    shop = session.read_pandas(shops, table_name="Shops", keys=["shop"])
    tags = pd.DataFrame(
        {"item": ["Item 2", "Item 2", "pen"], "tag": ["a", "b", "a"], "w": [1, 2, 3]}
    )
    tag = session.read_pandas(tags, table_name="Tags")
    table.join(shop)
    table.join(tag, table["item"] == tag["item"])
    cube = session.create_cube(table)
    cube.hierarchies["Place"] = [shop["country"], shop["city"]]
    cube.hierarchies["Days"] = [table["day"]]
    cube.create_date_hierarchy("Time", column=table["day"])
    return cube


def with_functions(cube: al.Cube, session: al.Session) -> None:
    """Give a cube a measure of each kind."""
    levels, measures, agg = cube.levels, cube.measures, al.agg
    table, shop, tag = (session.tables[name] for name in ("Sales", "Shops", "Tags"))
    place, time, days = (cube.hierarchies[name] for name in ("Place", "Time", "Days"))
    city, month, day = levels["Place", "city"], levels["Month"], levels["Day"]
    units = measures["units.SUM"]
    for name in ("median", "count_distinct", "long", "short", "prod", "square_sum", "single_value"):
        measures[name] = getattr(agg, name)(table["units"])
    made: dict[str, Any] = {
        "quantile": agg.quantile(table["price"], 0.3, mode="exc", interpolation="nearest"),
        "std": agg.std(table["price"]),
        "var": agg.var(table["units"], mode="population"),
        "first": agg.first(table["units"], by=table["day"]),
        "last": agg.last(table["price"], by=table["day"]),
        "distinct": agg.distinct(table["item"]),
        "product": agg.sum_product(table["units"], table["price"]),
        "amount": agg.sum(table["units"] * table["price"]),
        "area": agg.sum(shop["area"], per="partner"),
        "area per fact": agg.sum(shop["area"], per="fact"),
        "weight": agg.sum(tag["w"], per="partner"),
        "heaviest": agg.max(tag["w"]),
        "ratio": units / measures["contributors.COUNT"],
        "whole": units // 3,
        "rest": units % 7,
        "root": al.math.sqrt(units),
        "share": units / al.total(units, place),
        "parent": al.parent_value(units, degrees={place: 1}),
        "visible parent": al.parent_value(
            units, degrees={place: 1}, apply_filters=True, total_value=units
        ),
        "previous": al.shift(units, time, offset=-1),
        "next of all": al.shift(units, time, offset=1, mode="hierarchy"),
        "next of month": al.shift(units, time, offset=1, partitioning=month),
        "rank": al.rank(units, place),
        "rank of all": al.rank(
            units, cube.hierarchies["Sales", "item"], ascending=False, apply_filters=False
        ),
        "chosen": al.where((units > 3) & ~(levels["Place", "country"] == "G"), units, -1),
        "french": al.filter(units, levels["Place", "country"].isin("F")),
        "paris": al.at(units, city == "Paris"),
        "best city": agg.max(units, scope=al.OriginScope([city])),
        "mean": agg.mean(units, scope=al.OriginScope([month, levels["Sales", "item", "item"]])),
        "so far": agg.sum(units, scope=al.CumulativeScope(month)),
        "last three": agg.sum(
            units, scope=al.CumulativeScope(day, dense=True, window=range(-2, 0))
        ),
        "of month": agg.sum(units, scope=al.CumulativeScope(day, partitioning=month)),
        "month back": agg.sum(
            units, scope=al.CumulativeScope(levels["Days", "day"], window=("-P1M", "P0D"))
        ),
        "others": agg.mean(units, scope=al.SiblingsScope(place, exclude_self=True)),
        "best": agg.max_member(units, city),
        "worst": agg.min_member(units, day),
        "opening": agg.first(units, by=day),
        "closing": agg.last(units, by=levels["Days", "day"]),
        "month later": al.date_shift(units, days, offset="P1M"),
        "before": al.date_shift(units, days, offset="-P3D", fallback="past"),
        "between": al.date_shift(units, days, offset="-P3D", fallback="interpolated"),
        "looked up": al.lookup(shop["area"], {"shop": levels["Sales", "shop", "shop"]}),
    }
    for name, expression in made.items():
        measures[name] = expression


@pytest.mark.parametrize("seed", [1, 2])
def test_all_kinds_of_measures_agree(session: al.Session, seed: int) -> None:
    """Planner and second way follow one definition, over joins, orphans and nulls."""
    cube = rich(session)
    with_functions(cube, session)
    report = cube.verify(12, seed=seed)

    assert report.differences.empty, report
    assert report.queries == 12
    assert report.cells > 200
    assert report.not_checked == {}
    assert "all agree" in repr(report)


def test_a_slicing_hierarchy_agrees(session: al.Session) -> None:
    """Where it is not expressed, both ways take its first member."""
    cube = rich(session)
    with_functions(cube, session)
    cube.hierarchies["Place"].slicing = True
    report = cube.verify(12, seed=3)

    assert report.differences.empty, report
    assert report.cells > 100


def test_a_broken_planner_is_found(session: al.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """An aggregate that is not what it is called differs, and is named with its cell."""
    cube = rich(session)
    cube.measures["most"] = al.agg.max(session.tables["Sales"]["units"])
    monkeypatch.setitem(leaves._SIMPLE, "max", "min({})")
    report = cube.verify(20, seed=1)

    assert len(report) > 0
    assert set(report.differences["measure"]) == {"most"}
    assert list(report.differences) == ["query", "measure", "cell", "cube", "second"]
    assert f"{len(report)} differ" in repr(report)


def test_a_lost_cell_is_found(session: al.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which cells there are is compared, too."""
    cube = rich(session)
    answered = type(cube._runner).answer

    def without_last(self: Any, *given: Any) -> Any:  # noqa: ANN401 -- as the runner's own
        answer = answered(self, *given)
        table = answer.table.slice(0, max(answer.table.num_rows - 1, 1))
        return type(answer)(
            answer.query, answer.plan, table, answer.catalog, answer.view, answer.runner
        )

    monkeypatch.setattr(type(cube._runner), "answer", without_last)
    report = cube.verify(10, seed=1)

    assert CELLS in set(report.differences["measure"])


def test_python_measures_are_listed_as_not_checked(session: al.Session) -> None:
    """They see all cells at once; so do measures made of them."""
    cube = rich(session)
    units = cube.measures["units.SUM"]
    cube.measures["python"] = al.apply(lambda x: x, units, data_type=pa.int64())
    cube.measures["made of it"] = cube.measures["python"] + 1
    report = cube.verify(3, seed=1)

    assert set(report.not_checked) == {"python", "made of it"}
    assert '"python" was not checked: a Python function' in repr(report)


def test_the_same_seed_draws_the_same_queries(session: al.Session) -> None:
    """A report can be had again."""
    cube = rich(session)
    first = cube.verify(3)
    again = cube.verify(3, seed=first.seed)

    assert (first.cells, first.queries) == (again.cells, again.queries)


def test_it_stops_when_the_time_is_up(session: al.Session) -> None:
    """And says how far it came."""
    report = rich(session).verify(1000, seed=1, seconds=0.0)

    assert report.queries == 0
    assert "The time was up after 0 of 1,000 queries" in repr(report)


def test_a_number_of_queries_is_needed(session: al.Session) -> None:
    """None would verify nothing."""
    with pytest.raises(InvalidArgument):
        rich(session).verify(0)


def test_data_that_changes_meanwhile_begins_a_query_again(session: al.Session) -> None:
    """Answers of another instant are not compared."""
    cube = rich(session)
    answered = type(cube._runner).answer
    table = session.tables["Sales"]
    loads = iter(range(100, 103))

    def moving(self: Any, *given: Any) -> Any:  # noqa: ANN401 -- as the runner's own
        number = next(loads, None)
        if number is not None:
            table.load(pd.DataFrame([{"id": number, "units": 1000}]))
        return answered(self, *given)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(type(cube._runner), "answer", moving)
        report = cube.verify(5, seed=1)

    assert report.differences.empty
    assert report.queries == 5


# ---- the second way's own parts ----------------------------------------------------------------


def test_natural_order_counts_in_text() -> None:
    """Digits are numbers; shorter texts come first; plain text decides between equal ones."""
    texts = ["b", "a10", "a2", "a", "a02", "", "B"]

    assert sorted(texts, key=natural_key) == ["", "B", "a", "a02", "a2", "a10", "b"]


def _level(order: Any) -> LevelModel:  # noqa: ANN401 -- any of the orders
    column = Column("T", "x", pa.string())
    return LevelModel(LevelKey("T", "x", "x"), column, column.data_type, order)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (NaturalOrder(), ["a", "b", "c", None]),
        (NaturalOrder(ascending=False), ["c", "b", "a", None]),
        (CustomOrder(("c",)), ["c", "a", "b", None]),
        (ColumnOrder(Column("T", "y", pa.int64())), ["b", "a", "c", None]),
        (ColumnOrder(Column("T", "y", pa.int64()), ascending=False), ["a", "b", "c", None]),
    ],
)
def test_level_orders(order: Any, expected: list[str | None]) -> None:  # noqa: ANN401 -- as above
    """Null is last in each of them, and a member without a value of the column before it."""
    key = key_of(_level(order), {"a": 2, "b": 1, "c": None})

    assert sorted(["a", None, "c", "b"], key=key) == expected


@given(st.lists(st.integers(-100, 100), min_size=1), st.floats(0, 1))
def test_quantiles_lie_between_values(values: list[int], q: float) -> None:
    """The linear one of the whole range is that of pandas."""
    found = aggregated("quantile", values, AggregateOptions(q=q))

    assert same(found, float(pd.Series(values).quantile(q)), 100.0)


@pytest.mark.parametrize(
    ("mode", "interpolation", "expected"),
    [
        ("simple", "lower", 1.0),
        ("simple", "higher", 2.0),
        ("centered", "midpoint", 2.5),
        ("exc", "nearest", 2.0),
        ("inc", "linear", 2.2),
    ],
)
def test_quantile_modes(mode: Any, interpolation: Any, expected: float) -> None:  # noqa: ANN401 -- texts
    """Positions and what lies between them, of 1, 2, 3, 4 at 0.4."""
    options = AggregateOptions(q=0.4, mode=mode, interpolation=interpolation)

    assert quantile(4, [1, 2, 3, 4].__getitem__, options) == pytest.approx(expected)


def test_other_functions_of_values() -> None:
    """One value each."""
    values, options = [3, -1, 3], AggregateOptions()
    found = {
        name: aggregated(name, values, options)
        for name in (
            "sum",
            "prod",
            "count",
            "count_distinct",
            "distinct",
            "long",
            "short",
            "median",
        )
    }

    assert found == {
        "sum": 5,
        "prod": -9.0,
        "count": 3,
        "count_distinct": 2,
        "distinct": [-1, 3],
        "long": 6,
        "short": -1,
        "median": 3.0,
    }
    assert aggregated("single_value", values, options) is None
    assert aggregated("single_value", [2, 2], options) == 2
    assert aggregated("short", [2, 2], options) == 0
    assert aggregated("std", [2.0], options) is None
    assert aggregated("var", [2.0, 4.0], AggregateOptions(sample=False)) == 1.0
    assert aggregated("square_sum", [2, 3], options) == 13
    assert aggregated("min", [2.0, float("nan")], options) == 2.0


@pytest.mark.parametrize(
    ("left", "sign", "right", "expected"),
    [
        (7, "//", -2, -4),
        (7, "%", -2, -1),
        (7, "/", 2, 3.5),
        (2, "**", 3, 8.0),
        (7.5, "//", 2, 3.0),
        (-7.5, "%", 2, 0.5),
        (1, "%", 0, None),
        (None, "+", 1, None),
        (Decimal("1.5"), "*", 2, Decimal("3.0")),
    ],
)
def test_arithmetic(left: Any, sign: str, right: Any, expected: object) -> None:  # noqa: ANN401 -- numbers
    """As the expressions of columns: null in, null out; nothing by zero."""
    assert arithmetic(left, sign, right) == expected


def test_what_has_no_second_way_says_so() -> None:
    """Neither unknown functions nor impossible results are guessed."""
    with pytest.raises(NotChecked, match=r"math\.gamma"):
        called("math.gamma", [1])
    with pytest.raises(NotChecked, match="infinite"):
        called("math.exp", [1e6])
    with pytest.raises(NotChecked, match="infinite"):
        arithmetic(1e300, "**", 2)
    with pytest.raises(NotChecked, match="decimals"):
        arithmetic(Decimal(3), "%", 2)
    assert called("math.sqrt", [-1]) is None
    assert called("math.abs", [None]) is None


def test_near_floats_are_undecided() -> None:
    """The order of a sum may decide between them; whole numbers are exact."""
    with pytest.raises(Undecided):
        compared(0.1 + 0.2, "<", 0.3)
    assert compared(3.0, "==", 3) is True
    assert compared(0.5, "<", 0.75) is True
    assert compared(None, "<", 0.3) is None


@pytest.mark.parametrize(
    ("day", "period", "expected"),
    [
        (dt.date(2024, 3, 31), "-P1M", dt.date(2024, 2, 29)),
        (dt.date(2024, 1, 1), "-P1D", dt.date(2023, 12, 31)),
        (dt.datetime(2024, 1, 1), "PT90M", dt.datetime(2024, 1, 1, 1, 30)),  # noqa: DTZ001 -- a clock
    ],
)
def test_shifted_dates(day: Any, period: str, expected: object) -> None:  # noqa: ANN401 -- dates
    """Months end at their last day."""
    assert shifted(day, parse_period(period)) == expected


def test_values_are_the_same_up_to_rounding() -> None:
    """Floats are as exact as the numbers that they were made of."""
    assert same(1e-7, 0.0, 1e3) is True
    assert same(1e-5, 0.0, 1e3) is False
    assert same([1, 2.0], [1, 2.0], 1.0) is True
    assert same([1], [1, 2], 1.0) is False
    assert same(float("nan"), float("nan"), 1.0) is True
    assert same(float("nan"), 1.0, 1.0) is False
    assert same(Decimal("1.10"), Decimal("1.1"), 1.0) is True
    assert same("a", None, 1.0) is False


def test_a_filtered_measure_has_no_value_without_facts(session: al.Session) -> None:
    """Also where the measure looks at other cells, which have facts."""
    frame = pd.DataFrame({"x": list("ppiiz"), "u": [1, 2, 4, 8, 16]})
    cube = session.create_cube(session.read_pandas(frame, table_name="f"))
    x, units = cube.hierarchies["x"], cube.measures["u.SUM"]
    cube.measures["all"] = al.filter(al.total(units, x), cube.levels["x"] == "p")

    result = cube.query("all", levels=["x"], mode="raw").set_index("x")["all"]
    report = cube.verify(20, seed=0)

    assert result["p"] == 31
    assert result[["i", "z"]].isna().all()
    assert len(report) == 0


def test_dates_at_the_end_of_the_calendar_are_no_crash(session: al.Session) -> None:
    """What Python cannot hold is said to be not checked."""
    frame = pd.DataFrame({"d": [dt.date(9999, 12, 31), dt.date(1, 1, 1)], "u": [1, 2]})
    table = session.read_pandas(frame, data_types={"d": "date"}, table_name="f")
    cube = session.create_cube(table)
    cube.measures["next"] = al.date_shift(
        cube.measures["u.SUM"], cube.hierarchies["d"], offset="P1D"
    )

    report = cube.verify(20, seed=0)

    assert len(report) == 0
    assert "beyond the calendar" in repr(report)


def test_instants_and_nanoseconds_agree(session: al.Session) -> None:
    """What the engine, or Python, cannot show as a value of Python's own."""
    moments: pa.Array[Any] = pa.array([0, 3600, None], pa.timestamp("s", "Europe/Paris"))
    rows: dict[str, Any] = {
        "zoned": moments,
        "fine": pa.array([1, 2, 1001], pa.timestamp("ns")),
        "units": [1, 2, 4],
    }
    table = session.read_arrow(pa.table(rows), table_name="Moments")
    cube = session.create_cube(table)
    for name in ("zoned", "fine"):
        cube.measures[f"last {name}"] = al.agg.max(table[name])
        cube.measures[f"all {name}"] = al.agg.distinct(table[name])
        cube.measures[f"units at {name}"] = al.agg.last(
            cube.measures["units.SUM"], by=cube.levels[name]
        )

    checked = cube.verify(30, seed=0)

    assert checked.found == ()
    assert checked.not_checked == {}


def test_a_query_that_is_refused_names_the_measure(session: al.Session) -> None:
    """Not those that were asked beside it."""
    table = session.read_arrow(
        pa.table(
            {"key": ["a", "b"], "wide": pa.array([2**64 - 1, 1], pa.uint64()), "units": [1, 2]}
        ),
        table_name="Wide",
    )

    checked = session.create_cube(table).verify(20, seed=0)

    assert list(checked.not_checked) == ["wide.SUM"]
    assert ".." not in str(checked)
