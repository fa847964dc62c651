"""The traps in which cubes elsewhere gave wrong numbers, one test each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

import atomlite as al
from atomlite.cubes.cube import Cube
from atomlite.errors import InvalidMeasure, InvalidModel, RowsRejected

ROWS = "contributors.COUNT"


def load(
    session: al.Session, name: str, keys: tuple[str, ...] = (), /, **columns: list[Any]
) -> al.Table:
    """Make a table from columns of values."""
    return session.read_arrow(pa.table(columns), table_name=name, keys=keys)


def cells(cube: Cube, *measures: str, **asked: Any) -> dict[Any, Any]:  # noqa: ANN401 -- keyword arguments
    """Return the values of a query by members, shortened to those that the row expresses."""
    table = cube.query(*measures, **asked, mode="arrow")
    found: dict[Any, Any] = {}
    at = table.column_names.index("_depth")
    for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
        members, values = row[: row[at]], row[at + 1 :]
        cell = members[0] if len(members) == 1 else members
        assert cell not in found
        found[cell] = values[0] if len(values) == 1 else values
    return found


@pytest.fixture
def sales(session: al.Session) -> Cube:
    """Give sales with two many-links, of which one lies behind a shop, and orphans."""
    facts = load(
        session,
        "sales",
        id=[1, 2, 3, 4, 5],
        shop=[1, 1, 2, 9, None],
        item=["pen", "ink", "pen", None, "cup"],
        units=[10, 4, 6, 1, 3],
        price=[2.0, 5.0, 2.0, 8.0, 1.0],
    )
    shops = load(session, "shops", ("shop",), shop=[1, 2, 3], city=["Paris", "Lyon", "Nice"])
    tags = load(
        session,
        "tags",
        ("item", "tag"),
        item=["pen", "pen", "ink"],
        tag=["blue", "cheap", "blue"],
        weight=[7, 3, 5],
    )
    staff = load(
        session,
        "staff",
        ("shop", "name"),
        shop=[1, 1, 2],
        name=["Ann", "Bob", "Ann"],
        pay=[100, 200, 100],
    )
    facts.join(shops)
    shops.join(staff, {"shop": "shop"})
    facts.join(tags, {"item": "item"})
    cube = session.create_cube(facts, mode="manual")
    h, m = cube.hierarchies, cube.measures
    for level in (shops["city"], tags["tag"], staff["name"], facts["item"]):
        h[level.table, level.name] = [level]
    m["units"] = al.agg.sum(facts["units"])
    m["revenue"] = al.agg.sum(facts["units"] * facts["price"])
    m["ratio"] = m["revenue"] / m["units"]
    m["mean"] = al.agg.mean(facts["units"])
    m["mean price"] = al.agg.mean(facts["price"])
    m["median"] = al.agg.median(facts["units"])
    m["shops"] = al.agg.count_distinct(facts["shop"])
    m["least"] = al.agg.min(facts["units"])
    m["most"] = al.agg.max(facts["units"])
    m["weights"] = al.agg.sum(tags["weight"], per="partner")
    m["pay"] = al.agg.sum(staff["pay"], per="partner")
    return cube


def test_aggregates_over_one_to_many(sales: Cube) -> None:
    """A pen has two tags and is one fact: in each tag once, in the total once."""
    found = cells(
        sales,
        *("units", "ratio", "mean", "median", "shops", "least", "most", ROWS),
        levels=[sales.levels["tag"]],
        include_totals=True,
    )
    assert found == {
        (): (24, (20 + 20 + 12 + 8 + 3) / 24, 24 / 5, 4.0, 3, 1, 10, 5),
        "blue": (20, 52 / 20, 20 / 3, 6.0, 2, 4, 10, 3),
        "cheap": (16, 2.0, 8.0, 8.0, 2, 6, 10, 2),
        None: (4, 11 / 4, 2.0, 2.0, 1, 1, 3, 2),
    }


def test_two_arms_of_one_to_many(sales: Cube) -> None:
    """Tags times staff: no cell counts a fact twice, and neither does any total."""
    l = sales.levels  # noqa: E741 -- as users call them
    found = cells(sales, "units", "ratio", levels=[l["tag"], l["name"]], include_totals=True)
    units = {cell: value[0] for cell, value in found.items()}
    assert units == {
        (): 24,
        "blue": 20,
        "cheap": 16,
        None: 4,
        ("blue", "Ann"): 20,
        ("blue", "Bob"): 14,
        ("cheap", "Ann"): 16,
        ("cheap", "Bob"): 10,
        (None, None): 4,
    }
    assert found["blue", "Bob"][1] == 40 / 14


def test_partners_count_once_in_each_cell(sales: Cube) -> None:
    """Weights of tags and pay of staff belong to their own rows, not to the facts."""
    found = cells(sales, "weights", "pay", levels=[sales.levels["city"]], include_totals=True)
    assert found == {
        (): (15, 400),
        "Paris": (15, 300),
        "Lyon": (10, 100),
        None: (None, None),
    }


def test_what_cannot_be_counted_right_is_refused(sales: Cube, session: al.Session) -> None:
    """A sum over the many side has to say what counts once."""
    weight = session.tables["tags"]["weight"]
    with pytest.raises(InvalidMeasure, match="per="):
        sales.measures["x"] = al.agg.sum(weight)
    with pytest.raises(InvalidMeasure):
        sales.measures["x"] = al.agg.mean(weight, per="fact")
    assert "x" not in sales.measures


def test_diamond_joins_are_refused(session: al.Session) -> None:
    """Two ways to one table would mean two different members."""
    facts = load(session, "facts", a=[1], b=[1])
    left = load(session, "left", ("a",), a=[1], c=[1])
    right = load(session, "right", ("b",), b=[1], c=[2])
    end = load(session, "end", ("c",), c=[1, 2])
    facts.join(left)
    facts.join(right)
    left.join(end)
    right.join(end)
    with pytest.raises(InvalidModel, match="end"):
        session.create_cube(facts)


def test_three_tables_in_a_chain(session: al.Session) -> None:
    """Each step of a snowflake may miss its partner."""
    facts = load(session, "facts", shop=[1, 2, 3, 4, None], units=[1, 2, 4, 8, 16])
    shops = load(session, "shops", ("shop",), shop=[1, 2, 3], city=["P", "L", "X"])
    cities = load(session, "cities", ("city",), city=["P", "L"], land=["F", "G"])
    lands = load(session, "lands", ("land",), land=["F"], head=["M"])
    facts.join(shops)
    shops.join(cities)
    cities.join(lands)
    cube = session.create_cube(facts)
    for level, expected in {
        "head": {"M": 1, None: 30},
        "land": {"F": 1, "G": 2, None: 28},
    }.items():
        asked = next(each for each in cube.levels.values() if each.key.name == level)
        name = ("lands", level, level) if level == "head" else ("cities", level, level)
        assert asked is not None
        assert cells(cube, "units.SUM", levels=[cube.levels[name]]) == expected


def test_null_and_orphan_keys_stay_under_none(sales: Cube) -> None:
    """Shop 9 is unknown and one sale has no shop: both are facts."""
    assert cells(sales, "units", ROWS, levels=[sales.levels["city"]], include_totals=True) == {
        (): (24, 5),
        "Paris": (14, 2),
        "Lyon": (6, 1),
        None: (4, 2),
    }


def test_partners_without_facts_are_no_cells(sales: Cube) -> None:
    """Nobody bought in Nice, so it is not there, not even among empty rows."""
    city = sales.levels["city"]
    for empty in (False, True):
        assert "Nice" not in cells(sales, "units", levels=[city], include_empty_rows=empty)


def test_members_without_facts_have_no_values(sales: Cube) -> None:
    """Empty rows are null in all measures, counts too."""
    l = sales.levels  # noqa: E741 -- as users call them
    found = cells(sales, ROWS, "mean", levels=[l["city"], l["item"]], include_empty_rows=True)
    assert len(found) == 3 * 4
    assert found["Lyon", "ink"] == (None, None)
    assert found["Lyon", "pen"] == (1, 6.0)


def test_filters_on_either_side_and_on_both(sales: Cube) -> None:
    """The many side keeps facts with such a partner; each fact counts once."""
    l = sales.levels  # noqa: E741 -- as users call them
    blue, paris = l["tag"] == "blue", l["city"] == "Paris"
    assert cells(sales, "units", filter=blue) == {(): 20}
    assert cells(sales, "units", filter=l["tag"].isin("blue", "cheap")) == {(): 20}
    assert cells(sales, "units", filter=paris) == {(): 14}
    assert cells(sales, "units", filter=blue & paris) == {(): 14}
    both = cells(sales, "units", levels=[l["tag"]], filter=blue & paris, include_totals=True)
    assert both == {(): 14, "blue": 14}


def test_a_filter_that_leaves_nothing(sales: Cube) -> None:
    """No rows, and a grand total without a value; a member that does not exist is no error."""
    l = sales.levels  # noqa: E741 -- as users call them
    nowhere = l["city"] == "Atlantis"
    assert cells(sales, "units", levels=[l["item"]], filter=nowhere) == {}
    assert cells(sales, "units", ROWS, filter=nowhere) == {(): (None, None)}


def test_two_means_of_different_columns(sales: Cube) -> None:
    """Each has its own count of values."""
    found = cells(sales, "mean", "mean price", levels=[sales.levels["item"]], include_totals=True)
    assert found["pen"] == (8.0, 2.0)
    assert found[()] == (24 / 5, 18 / 5)


def test_the_same_column_name_in_two_tables(session: al.Session) -> None:
    """Each level is its own, in one query too."""
    facts = load(session, "facts", shop=[1, 2], name=["x", "y"], units=[1, 2])
    shops = load(session, "shops", ("shop",), shop=[1, 2], name=["y", "x"])
    facts.join(shops)
    cube = session.create_cube(facts)
    levels = [cube.levels["facts", "name", "name"], cube.levels["shops", "name", "name"]]
    assert cells(cube, "units.SUM", levels=levels) == {("x", "y"): 1, ("y", "x"): 2}


NAMES = (
    "with spaces",
    'dou"ble',
    "sin'gle",
    "[brackets]",
    "dots.and.dots",
    "🙂 emoji",
    "semi;colon -- x",
    "?",
    "$1",
    "{x}",
    "back\\slash",
    "new\nline",
    "SELECT",
    "_depth",
)


@pytest.mark.parametrize("name", NAMES)
def test_odd_names(session: al.Session, name: str) -> None:
    """Of tables, columns, cubes, hierarchies, levels, measures and members alike."""
    columns: dict[str, list[Any]] = {f"c {name}": [name, None, "o"], f"n {name}": [1, 2, 4]}
    facts = load(session, f"t {name}", **columns)
    cube = session.create_cube(facts, f"cube {name}", mode="manual")
    cube.hierarchies[f"d {name}", f"h {name}"] = {f"l {name}": facts[f"c {name}"]}
    cube.measures[f"m {name}"] = al.agg.sum(facts[f"n {name}"])
    cube.measures[f"r {name}"] = al.rank(cube.measures[f"m {name}"], cube.hierarchies[f"h {name}"])
    level = cube.levels[f"l {name}"]
    assert cells(cube, f"m {name}", f"r {name}", levels=[level], include_totals=True) == {
        (): (7, 1),
        name: (1, 1),
        "o": (4, 3),
        None: (2, 2),
    }
    assert cells(cube, f"m {name}", filter=level == name) == {(): 1}


def test_an_empty_table(session: al.Session) -> None:
    """One row for the grand total, none for members."""
    facts = session.create_table("facts", data_types={"item": "string", "units": "int64"})
    cube = session.create_cube(facts)
    assert cells(cube, "units.SUM", "units.MEAN", ROWS) == {(): (None, None, None)}
    item = cube.levels["item"]
    for empty in (False, True):
        found = cells(cube, ROWS, levels=[item], include_totals=True, include_empty_rows=empty)
        assert found == {(): None}


def test_one_row(session: al.Session) -> None:
    """A sample of one has no spread."""
    facts = load(session, "facts", item=["pen"], units=[3])
    cube = session.create_cube(facts)
    cube.measures["std"] = al.agg.std(facts["units"])
    cube.measures["all"] = al.agg.std(facts["units"], mode="population")
    cube.measures["median"] = al.agg.median(facts["units"])
    assert cells(cube, "std", "all", "median") == {(): (None, 0.0, 3.0)}


def test_all_nulls(session: al.Session) -> None:
    """Facts without values: no sum, a count of zero."""
    nothing = pa.array([None, None], pa.int64())
    facts = session.read_arrow(pa.table({"item": ["a", "b"], "units": nothing}), table_name="f")
    cube = session.create_cube(facts)
    cube.measures["count"] = al.agg.count(facts["units"])
    cube.measures["distinct"] = al.agg.count_distinct(facts["units"])
    found = cells(cube, "units.SUM", "units.MEAN", "count", "distinct", ROWS)
    assert found == {(): (None, None, 0, 0, 2)}


def test_nan_beside_null(session: al.Session) -> None:
    """As members two different ones; in a sum NaN stays, null is passed over."""
    facts = session.read_arrow(
        pa.table(
            {"x": pa.array([math.nan, None, 1.0, math.nan], from_pandas=False), "n": [1, 2, 4, 8]}
        ),
        table_name="f",
    )
    cube = session.create_cube(facts, mode="manual")
    cube.hierarchies["d", "x"] = [facts["x"]]
    cube.measures["n"] = al.agg.sum(facts["n"])
    cube.measures["x"] = al.agg.sum(facts["x"])
    found = cells(cube, "n", levels=[cube.levels["x"]])
    assert {str(member): value for member, value in found.items()} == {
        "1.0": 4,
        "nan": 9,
        "None": 2,
    }
    assert math.isnan(cells(cube, "x")[()])


def _post(session: al.Session, cube: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 -- keyword arguments
    answer = session.client.http_client.post(f"api/cubes/{cube}/query", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _json_cells(answer: Mapping[str, Any], measure: str, level: str) -> dict[Any, Any]:
    at, where = answer["columns"].index(measure), answer["columns"].index(level)
    return {row[where]: row[at] for row in answer["rows"]}


def test_infinity_in_json(session: al.Session) -> None:
    """JSON has no infinity: the answer is one that any parser reads."""
    facts = load(session, "f", k=["a", "b", "c"], x=[math.inf, -math.inf, math.nan])
    cube = session.create_cube(facts)
    assert cells(cube, "x.SUM", levels=[cube.levels["k"]])["a"] == math.inf
    answer = session.client.http_client.post(
        "api/cubes/f/query", json={"measures": ["x.SUM"], "levels": ["k"]}
    )
    assert answer.status_code == 200
    assert "Infinity" not in answer.text.replace('"Infinity"', "").replace('"-Infinity"', "")


def test_large_integers_in_json(session: al.Session) -> None:
    """Beyond 2**53, to the last digit."""
    load(session, "f", k=["a", "b"], x=[2**53 + 1, -(2**62)])
    session.create_cube(session.tables["f"])
    answer = _post(session, "f", measures=["x.SUM"], levels=["k"])
    found = _json_cells(answer, "x.SUM", "k")
    assert {key: int(value) for key, value in found.items()} == {"a": 2**53 + 1, "b": -(2**62)}


def test_integers_never_wrap(session: al.Session) -> None:
    """A sum beyond 64 bits is an error that says so."""
    load(session, "f", x=[2**62, 2**62])
    cube = session.create_cube(session.tables["f"])
    with pytest.raises(al.AtomliteError, match=r"\"x.SUM\" has a value that is too large"):
        cube.query("x.SUM")


def test_decimals_are_exact(session: al.Session) -> None:
    """A tenth ten times is one; as text of JSON too."""
    money = pa.array([Decimal("0.10")] * 10, pa.decimal128(9, 2))
    facts = session.read_arrow(pa.table({"k": ["a"] * 10, "x": money}), table_name="f")
    cube = session.create_cube(facts)
    cube.measures["square"] = al.agg.sum(facts["x"] * facts["x"])
    assert cells(cube, "x.SUM", "square") == {(): (Decimal("1.00"), Decimal("0.1000"))}


def test_dates_before_1970(session: al.Session) -> None:
    """Years, quarters and months go down, not towards 1970."""
    days = [date(1969, 12, 31), date(1970, 1, 1), date(1900, 2, 28), date(1, 1, 1)]
    facts = load(session, "f", day=days, n=[1, 2, 4, 8])
    cube = session.create_cube(facts)
    cube.create_date_hierarchy(
        "Calendar", column=facts["day"], levels={"Year": "y", "Quarter": "Q", "Month": "M"}
    )
    assert cells(cube, "n.SUM", levels=[cube.levels["Month"]]) == {
        (1, 1, 1): 8,
        (1900, 1, 2): 4,
        (1969, 4, 12): 1,
        (1970, 1, 1): 2,
    }


def test_time_zones(session: al.Session) -> None:
    """An instant is one member whatever the zone it is shown in, and filters compare instants."""
    moments = [datetime(2024, 3, 31, 0, 30, tzinfo=UTC), datetime(2024, 3, 31, 1, 30, tzinfo=UTC)]
    data = pa.table(
        {"at": pa.array([*moments, moments[0]], pa.timestamp("us", "Europe/Paris")), "n": [1, 2, 4]}
    )
    cube = session.create_cube(session.read_arrow(data, table_name="f"))
    level = cube.levels["at"]
    assert cells(cube, "n.SUM", levels=[level]) == {moments[0]: 5, moments[1]: 2}
    assert cells(cube, "n.SUM", filter=level == moments[1]) == {(): 2}


def test_a_load_that_fails_half_way(session: al.Session) -> None:
    """The cube shows nothing of it."""
    facts = load(session, "f", k=["a"], x=[1])
    cube = session.create_cube(facts)
    with pytest.raises(RowsRejected):
        facts.load(pa.table({"k": ["b", "c"], "x": ["2", "no number"]}))
    assert cells(cube, "x.SUM", levels=[cube.levels["k"]]) == {"a": 1}


def test_total_none_and_a_member_named_total_differ(session: al.Session) -> None:
    """In the index, and in raw rows."""
    facts = load(session, "f", k=["Total", None, "a"], x=[1, 2, 4])
    cube = session.create_cube(facts)
    assert cells(cube, "x.SUM", levels=[cube.levels["k"]], include_totals=True) == {
        (): 7,
        "a": 4,
        "Total": 1,
        None: 2,
    }
    shown = cube.query("x.SUM", levels=[cube.levels["k"]], include_totals=True)
    totals = [member is al.TOTAL for member in shown.index]
    assert totals == [True, False, False, False]
    assert shown["x.SUM"].tolist() == [7, 1, 4, 2]  # upper case comes first
