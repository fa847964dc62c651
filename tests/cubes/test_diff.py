"""`Cube.diff`: contributions that sum to a change."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.errors import InvalidArgument, InvalidQuery, LevelNotFound, MeasureNotFound

ENGINE = settings(max_examples=max(20, settings().max_examples // 10 or 25))


def cube_of(session: al.Session, rows: list[tuple[Any, ...]]) -> al.Cube:
    """Return a cube of facts with a year, a country, a city and numbers."""
    frame = pd.DataFrame(rows, columns=["year", "country", "city", "units", "price"])
    types = {"year": "int64", "country": "string", "city": "string"}
    table = session.read_pandas(
        frame.astype({"units": "Int64", "price": "float64"}), table_name="Sales", data_types=types
    )
    cube = session.create_cube(table)
    cube.hierarchies["Place"] = [table["country"], table["city"]]
    cube.hierarchies["Year"] = [table["year"]]
    measures = cube.measures
    measures["revenue"] = al.agg.sum(table["units"] * table["price"])
    measures["paid"] = measures["revenue"] / measures["units.SUM"]
    return cube


ROWS: list[tuple[Any, ...]] = [
    (1, "F", "Paris", 10, 1.0),
    (1, "F", "Lyon", 30, 2.0),
    (1, "G", None, 5, 4.0),
    (2, "F", "Paris", 20, 1.5),
    (2, "F", "Lyon", 20, 2.0),
    (2, "US", "Paris", 10, 3.0),
]


def test_a_sum_changes_by_the_changes_of_its_parts(session: al.Session) -> None:
    """The greatest come first; members of one side alone are there, and null."""
    cube = cube_of(session, ROWS)
    year = cube.levels["year"]
    found = cube.diff(year == 1, year == 2, "units.SUM", levels=[("Place", "city")])

    assert found.index.names == ["country", "city"]
    members = [tuple(None if pd.isna(each) else each for each in path) for path in found.index]
    assert dict(zip(members, found["contribution"], strict=True)) == {
        ("F", "Paris"): 10,
        ("F", "Lyon"): -10,
        ("US", "Paris"): 10,
        ("G", None): -5,
    }
    assert [abs(value) for value in found["contribution"]] == [10, 10, 10, 5]
    assert found["a"].isna().sum() == found["b"].isna().sum() == 1
    assert found.attrs == {"measure": "units.SUM", "a": 45, "b": 50, "change": 5}
    assert found["contribution"].sum() == 5
    assert found["share"].sum() == pytest.approx(1)


def test_a_change_is_shown_as_its_measure_is(session: al.Session) -> None:
    """Shares are percents; what is selected is shown so too, and the values are numbers."""
    cube = cube_of(session, ROWS)
    cube.measures["paid"].formatter = "DOUBLE[0.0 EUR]"
    year = cube.levels["year"]
    found = cube.diff(year == 1, year == 2, "units.SUM", levels=[("Place", "country")])
    paid = cube.diff(year == 1, year == 2, "paid", levels=[("Place", "country")])

    assert repr(found).splitlines()[2:] == [
        "US           10           10   200.0%",
        "G         5               -5  -100.0%",
        "F        40  40            0     0.0%",
    ]
    assert repr(paid.head(1)).splitlines()[-1].count(" EUR") == 5
    assert paid.head(1).attrs == paid.attrs
    assert found["share"]["US"] == 2.0
    copied = pickle.loads(pickle.dumps(paid))  # noqa: S301 -- of our own
    assert (type(copied), copied.attrs) == (pd.DataFrame, paid.attrs)


def test_a_quotient_changes_by_mix_rate_and_interaction(session: al.Session) -> None:
    """Computed by hand: the average price of two countries."""
    cube = cube_of(session, ROWS[:2] + ROWS[3:5])
    year = cube.levels["year"]
    found = cube.diff(year == 1, year == 2, "paid", levels=[("Place", "city")]).loc["F"]

    paris, lyon = found.loc["Paris"], found.loc["Lyon"]
    assert (paris["a"], paris["b"]) == (1.0, 1.5)
    assert paris["contribution"] == pytest.approx(30 / 40 - 10 / 40)
    assert paris["mix"] == pytest.approx((0.5 - 0.25) * 1.0)
    assert paris["rate"] == pytest.approx(0.25 * 0.5)
    assert paris["interaction"] == pytest.approx(0.25 * 0.5)
    assert (lyon["rate"], lyon["interaction"]) == (0.0, 0.0)
    assert lyon["contribution"] == pytest.approx(40 / 40 - 60 / 40)
    assert found["contribution"].sum() == pytest.approx(70 / 40 - 70 / 40)


FACTS = st.tuples(
    st.sampled_from([1, 2]),
    st.sampled_from(["F", "G", None]),
    st.sampled_from(["Paris", "Lyon", None]),
    st.integers(1, 9),
    st.floats(0.5, 9),
)


@pytest.fixture(scope="module")
def shared() -> Any:  # noqa: ANN401 -- a generator of sessions
    """Give the examples of a property one session: each makes its table anew."""
    with al.Session.start() as session:
        yield session


@ENGINE
@given(
    rows=st.lists(FACTS, min_size=1, max_size=20),
    measure=st.sampled_from(["units.SUM", "units.MEAN", "paid", "net", "contributors.COUNT"]),
    level=st.sampled_from(["country", "city"]),
)
def test_contributions_sum_to_the_change(
    shared: al.Session, rows: list[tuple[Any, ...]], measure: str, level: str
) -> None:
    """And the change is what two queries say; parts of a quotient sum to its contributions."""
    rows = [*rows, (1, "F", "Paris", 1, 1.0), (2, None, "Lyon", 1, 1.0)]
    cube = cube_of(shared, rows)
    cube.measures["net"] = (1 - cube.measures["paid"] * 2) / 3
    year = cube.levels["year"]
    found = cube.diff(year == 1, year == 2, measure, levels=[("Place", level)])
    sides = [
        cube.query(measure, filter=year == number, mode="arrow").column(measure)[0].as_py()
        for number in (1, 2)
    ]

    assert math.isclose(found["contribution"].sum(), sides[1] - sides[0], abs_tol=1e-9)
    assert found.attrs["change"] == pytest.approx(sides[1] - sides[0], abs=1e-9)
    if "mix" in found:
        parts = found["mix"] + found["rate"] + found["interaction"]
        assert parts.tolist() == pytest.approx(found["contribution"].tolist(), abs=1e-9)


def test_no_filter_is_everything(session: al.Session) -> None:
    """A side may be all facts; decimals stay exact."""
    cube = cube_of(session, ROWS)
    table = session.tables["Sales"]
    cube.measures["exact"] = al.agg.sum(table["units"] * Decimal("0.1"))
    year = cube.levels["year"]
    found = cube.diff(year == 1, None, cube.measures["exact"], levels=cube.levels["year"])

    assert found["contribution"].to_dict() == {2: Decimal("5.0"), 1: Decimal("0.0")}


def test_measures_that_do_not_add_up_are_refused(session: al.Session) -> None:
    """With the formula in the reason; so are levels of slicing hierarchies."""
    cube = cube_of(session, ROWS)
    table = session.tables["Sales"]
    cube.measures["median"] = al.agg.median(table["units"])
    cube.measures["odd"] = cube.measures["units.MEAN"] * cube.measures["paid"]
    year = cube.levels["year"]
    for name in ("median", "odd"):
        with pytest.raises(InvalidQuery, match=f'"{name}" is neither additive over'):
            cube.diff(year == 1, year == 2, name, levels=["year"])
    cube.hierarchies["Year"].slicing = True
    with pytest.raises(InvalidQuery, match="the hierarchy is slicing"):
        cube.diff(None, None, "units.SUM", levels=["year"])


def test_a_claim_that_is_not_true_is_found(session: al.Session) -> None:
    """An additivity that a person has set does not make a median add up."""
    cube = cube_of(session, ROWS)
    table = session.tables["Sales"]
    cube.measures["median"] = al.agg.median(table["units"])
    cube.measures["named"] = cube.measures["median"]
    cube.measures["median"].additivity = cube.measures["units.SUM"].additivity
    year = cube.levels["year"]

    with pytest.raises(InvalidQuery, match="it does not add up over them"):
        cube.diff(year == 1, year == 2, "named", levels=[("Place", "city")])


MONEY = st.tuples(
    st.sampled_from([1, 2]),
    st.sampled_from(["F", "G", None]),
    st.none() | st.integers(-9, 9),
    st.none() | st.decimals(-9, 9, places=2),
)
FORMULAS: dict[str, Callable[[Any, Any], Any]] = {
    "profit": lambda sales, cost: sales - cost,
    "margin": lambda sales, cost: (sales - cost) / sales,
    "kept": lambda sales, cost: 1 - cost / sales,
    "rate": lambda sales, cost: sales / (sales + cost),
}


@ENGINE
@given(rows=st.lists(MONEY, min_size=1, max_size=12), name=st.sampled_from(sorted(FORMULAS)))
def test_a_difference_changes_by_the_changes_of_its_sums(
    shared: al.Session, rows: list[tuple[Any, ...]], name: str
) -> None:
    """Null is 0 in each of them; contributions are those of plain Python, and sum to the change."""
    rows = [*rows, (1, "F", 50, Decimal(60)), (2, "G", 70, Decimal(1))]
    frame = pd.DataFrame(rows, columns=["year", "country", "sales", "cost"])
    frame = frame.astype({"sales": "Int64", "country": "string"})
    types = {"cost": "decimal128(10,2)", "country": "string"}
    table = shared.read_pandas(frame, table_name="Money", data_types=types)
    cube = shared.create_cube(table)
    m = cube.measures
    formula = FORMULAS[name]
    m[name] = formula(m["sales.SUM"], m["cost.SUM"])
    cube.hierarchies["Year"] = [table["year"]]
    year = cube.levels["Year", "year"]
    found = cube.diff(year == 1, year == 2, name, levels=["country"])

    def summed(side: int, *countries: str | None) -> list[Decimal]:
        inside = [row for row in rows if row[0] == side and row[1] in countries]
        return [Decimal(sum(row[place] or 0 for row in inside)) for place in (2, 3)]

    def part(side: int, country: str | None) -> float:
        sales, cost = summed(side, country)
        all_sales, all_cost = summed(side, "F", "G", None)
        top = {"profit": sales - cost, "rate": sales}.get(name, sales - cost)
        bottom = {"profit": Decimal(1), "rate": all_sales + all_cost}.get(name, all_sales)
        return float(top / bottom)

    for country, contribution in zip(found.index, found["contribution"], strict=True):
        wanted = None if pd.isna(country) else str(country)
        change = part(2, wanted) - part(1, wanted)
        assert float(contribution) == pytest.approx(change, abs=1e-9)
    sides = [float(formula(*summed(side, "F", "G", None))) for side in (1, 2)]
    assert float(found.attrs["change"]) == pytest.approx(sides[1] - sides[0], abs=1e-9)
    assert float(sum(found["contribution"])) == pytest.approx(sides[1] - sides[0], abs=1e-9)


def test_a_member_without_a_value_still_contributes(session: al.Session) -> None:
    """Its profit is null where its cost is, and its sales are in the total all the same."""
    frame = pd.DataFrame(
        {"year": list("112"), "item": ["pen", "ink", "pen"], "s": [9, 5, 9], "c": [4, None, 3]}
    ).astype({"c": "Int64"})
    cube = session.create_cube(session.read_pandas(frame, table_name="T"))
    m, year = cube.measures, cube.levels["year"]
    m["profit"] = m["s.SUM"] - m["c.SUM"]
    found = cube.diff(year == "1", year == "2", "profit", levels=["item"])

    assert found["contribution"].to_dict() == {"ink": -5, "pen": 1}
    assert pd.isna(found["a"]["ink"])
    assert found.attrs == {"measure": "profit", "a": 10, "b": 6, "change": -4}


def test_additivity_that_was_assigned_is_believed(session: al.Session) -> None:
    """Of the measure itself as inside of a quotient, for the levels that it holds for."""
    cube = cube_of(session, ROWS)
    m, year = cube.measures, cube.levels["year"]
    m["stock"] = al.agg.last(m["units.SUM"], by=year)
    over_place: dict[str, Any] = {"a": year == 1, "b": year == 2, "levels": [("Place", "city")]}
    with pytest.raises(InvalidQuery, match="neither additive") as refused:
        cube.diff(measure="stock", **over_place)
    assert "sums, differences and quotients" in refused.value.hint
    m["stock"].additivity = al.Additivity("semi-additive", not_over=(cube.hierarchies["Year"].key,))

    found = cube.diff(measure="stock", **over_place)
    expected = cube.diff(measure="units.SUM", **over_place)
    pd.testing.assert_frame_equal(found, expected)
    with pytest.raises(InvalidQuery, match="neither additive") as refused:
        cube.diff(year == 1, year == 2, "stock", levels=[year])
    assert "was assigned" in refused.value.hint
    m["units.SUM"].additivity = "non-additive"
    with pytest.raises(InvalidQuery, match="neither additive"):
        cube.diff(measure="units.SUM", **over_place)
    with pytest.raises(InvalidQuery, match="neither additive"):
        cube.diff(measure="paid", **over_place)


def test_an_assigned_additivity_that_does_not_hold_is_named(session: al.Session) -> None:
    """Where each member has a last day of its own, their last values are not the last of all."""
    frame = pd.DataFrame({"day": list("123"), "item": ["a", "b", "a"], "n": [10, 20, 7]})
    cube = session.create_cube(session.read_pandas(frame, table_name="T"))
    m, day = cube.measures, cube.levels["day"]
    m["last"] = al.agg.last(m["n.SUM"], by=day)
    m["last"].additivity = "additive"

    with pytest.raises(InvalidQuery, match="it does not add up") as refused:
        cube.diff(day.isin("1", "2"), day == "3", "last", levels=["item"])
    assert "does not hold for these facts" in refused.value.hint


def test_wrong_arguments_are_refused(session: al.Session) -> None:
    """No levels, unknown names, conditions that are none, a side without facts."""
    cube = cube_of(session, ROWS)
    year = cube.levels["year"]

    with pytest.raises(InvalidQuery, match="needs the levels"):
        cube.diff(None, None, "units.SUM")
    with pytest.raises(LevelNotFound):
        cube.diff(None, None, "units.SUM", levels=["week"])
    with pytest.raises(MeasureNotFound):
        cube.diff(None, None, "units", levels=["year"])
    with pytest.raises(InvalidArgument, match="condition about levels"):
        cube.diff(1, None, "units.SUM", levels=["year"])  # type: ignore[arg-type] # on purpose
    with pytest.raises(InvalidQuery, match="no value with the filter `b`"):
        cube.diff(year == 1, year == 9, "paid", levels=["year"])
    empty = cube.diff(year == 8, year == 9, "units.SUM", levels=["year"])
    assert (len(empty), empty.attrs["change"]) == (0, 0)


def test_sides_are_about_levels(session: al.Session) -> None:
    """A condition about a measure names cells, not facts."""
    frame = pd.DataFrame({"city": ["a", "b"], "units": [1, 2]})
    cube = session.create_cube(session.read_pandas(frame, table_name="T"))
    units = cube.measures["units.SUM"]

    with pytest.raises(InvalidQuery, match="about measures"):
        cube.diff(units > 1, None, units, levels=["city"])


def _stock(session: al.Session) -> al.Cube:
    """Return a cube of stock, which does not add up over days."""
    rows = {"day": [1, 2, 2, 3, 3], "item": list("aayaz"), "stock": [10, 8, 6, 9, 6]}
    table = session.read_pandas(pd.DataFrame(rows), keys={"day", "item"}, table_name="Stock")
    cube = session.create_cube(table)
    cube.hierarchies["day"].slicing = True
    return cube


def test_members_that_the_first_day_has_not_are_compared(session: al.Session) -> None:
    """Both sides say at which member of a slicing hierarchy they are."""
    cube = _stock(session)
    day, item = cube.levels["day"], cube.levels["item"]

    found = cube.diff(day == 2, day == 3, "stock.SUM", levels=[item])
    assert found["contribution"].to_dict() == {"y": -6, "z": 6, "a": 1}
    assert found.attrs["change"] == 1
    first = cube.diff(item == "a", item.isin("a", "z"), "stock.SUM", levels=[item])
    assert first["contribution"].to_dict() == {"a": 0}


def test_a_side_that_leaves_a_slicing_hierarchy_open_is_refused(session: al.Session) -> None:
    """The other one would be compared with its first member, unasked."""
    cube = _stock(session)
    day, item = cube.levels["day"], cube.levels["item"]

    for a, b, named in ((day == 2, item == "a", "a"), (None, day == 2, "b")):
        with pytest.raises(InvalidQuery, match=f"Only the side {named} says at which member"):
            cube.diff(a, b, "stock.SUM", levels=[item])


def test_the_sides_are_those_of_queries_with_their_filters(session: al.Session) -> None:
    """A condition that mixes a slicing hierarchy with another chooses no member of it."""
    cube = _stock(session)
    day, item = cube.levels["day"], cube.levels["item"]
    mixed, other = (day == 2) | (item == "a"), (day == 3) | (item != "z")

    for a, b in ((mixed, other), ((day == 2) & (item != "q"), (day == 3) & other)):
        found = cube.diff(a, b, "stock.SUM", levels=[item])
        asked = [cube.query("stock.SUM", filter=each)["stock.SUM"].item() for each in (a, b)]
        assert [found.attrs["a"], found.attrs["b"]] == asked
        assert found["contribution"].sum() == asked[1] - asked[0]
    with pytest.raises(InvalidQuery, match="Only the side b says"):
        cube.diff(mixed, day == 3, "stock.SUM", levels=[item])
