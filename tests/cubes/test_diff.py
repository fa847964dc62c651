"""`Cube.diff`: contributions that sum to a change."""

from __future__ import annotations

import math
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
