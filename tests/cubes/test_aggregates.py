"""Aggregate tables: the same answers as without them, whatever becomes of the data."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.errors import (
    AggregateNotFound,
    AggregateNotRefreshedWarning,
    InvalidAggregate,
    LevelNotFound,
    MeasureNotFound,
    QueryFailed,
    TableNotFound,
)

ENGINE = settings(max_examples=max(20, settings().max_examples // 10 or 25))

MEASURES = ("units.SUM", "units.MEAN", "cost.SUM", "least", "most", "up", "down", "one", "each")


def sales(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Return facts with whole numbers and decimals, whose sums do not depend on their order."""
    frame = pd.DataFrame(rows, columns=["shop", "item", "day", "units", "cost"])
    return frame.astype({"shop": "string", "item": "string", "day": "Int64", "units": "Int64"})


def cube_of(session: al.Session, rows: list[tuple[Any, ...]]) -> tuple[al.Cube, al.Table]:
    """Return a cube with a measure of each kind that is made of partials."""
    table = session.create_table(
        "Sales",
        data_types={
            "shop": "string",
            "item": "string",
            "day": "int64",
            "units": "int64",
            "cost": "decimal128(10,2)",
        },
    )
    if rows:
        table.load(sales(rows))
    shops = session.read_pandas(
        pd.DataFrame({"shop": ["a", "b"], "city": ["Paris", None]}),
        table_name="Shops",
        keys={"shop"},
    )
    table.join(shops)
    return defined(session.create_cube(table), table, shops), table


def defined(cube: al.Cube, table: al.Table, shops: al.Table) -> al.Cube:
    """Return a cube with the measures and hierarchies of these tests."""
    measures = cube.measures
    measures["least"] = al.agg.min(table["units"])
    measures["most"] = al.agg.max(table["cost"])
    measures["up"] = al.agg.long(table["units"])
    measures["down"] = al.agg.short(table["units"])
    measures["one"] = al.agg.single_value(table["item"])
    measures["each"] = measures["units.SUM"] / measures["contributors.COUNT"]
    cube.hierarchies["Place"] = [shops["city"], table["shop"]]
    cube.hierarchies["Days"] = [table["day"]]
    return cube


def answer(cube: al.Cube, *measures: str, **query: Any) -> list[Any]:  # noqa: ANN401 -- as `query`
    """Return the rows of a query in an order of their own."""
    rows = cube.query(*measures, mode="arrow", **query).to_pylist()
    return sorted(rows, key=repr)


def source(cube: al.Cube, *measures: str, **query: Any) -> str | None:  # noqa: ANN401 -- as `query`
    """Return which aggregate table answers a query; ``None`` for the facts."""
    found = cube.query(*measures, explain=True, **query).source
    return None if found == "facts" else found


@pytest.fixture(scope="module")
def shared() -> Iterator[al.Session]:
    """Give the examples of a property one session: each makes its tables anew."""
    with al.Session.start() as session:
        yield session


FACTS = st.tuples(
    st.sampled_from(["a", "b", "c", None]),
    st.sampled_from(["pen", "ink", None]),
    st.integers(1, 3) | st.none(),
    st.integers(-5, 5) | st.none(),
    st.decimals(-9, 9, places=2) | st.none(),
)
LOADS = st.lists(st.lists(FACTS, max_size=12), min_size=1, max_size=3)


@ENGINE
@given(
    loads=LOADS,
    level=st.sampled_from([(), ("city",), ("Place", "shop"), ("Sales", "item", "item")]),
    asked=st.lists(st.sampled_from(MEASURES), min_size=1, max_size=4, unique=True),
    wanted=st.none() | st.sampled_from(["Paris", "Rome", None]),
)
def test_aggregates_never_change_an_answer(
    shared: al.Session,
    loads: list[list[tuple[Any, ...]]],
    level: tuple[str, ...],
    asked: list[str],
    wanted: str | None,
) -> None:
    """After each of some random loads, a cube with an aggregate table answers as one without."""
    cube, table = cube_of(shared, [])
    plain = defined(shared.create_cube(table, name="plain"), table, shared.tables["Shops"])
    cube.aggregates.add(
        levels=[("Place", "shop"), ("Sales", "item", "item")], measures=MEASURES, name="x"
    )
    levels = [level if len(level) > 1 else ("Place", level[0])] if level else []
    assert source(cube, *asked, levels=levels) == next(iter(cube.aggregates))
    for rows in loads:
        if rows:
            table.load(sales(rows))
        query: dict[str, Any] = {"levels": levels, "include_totals": True}
        assert answer(cube, *asked, **query) == answer(plain, *asked, **query)
        found = [
            answer(each, *asked, filter=each.levels["Place", "city"].isin(wanted), **query)
            for each in (cube, plain)
        ]
        assert found[0] == found[1]


ROWS = [("a", "pen", 1, 2, Decimal("1.50")), ("b", "ink", 2, 3, None), ("c", None, 1, -1, None)]


def test_what_it_does_not_cover_is_answered_by_the_facts(session: al.Session) -> None:
    """Other levels, filters and measures read the facts."""
    cube, table = cube_of(session, ROWS)
    cube.measures["median"] = al.agg.median(table["units"])
    cube.aggregates.add(levels=[("Place", "city")], measures=["units.SUM"])
    item = cube.levels["Sales", "item", "item"]

    assert source(cube, "units.SUM") is not None
    assert source(cube, "units.SUM", levels=[("Place", "city")]) is not None
    assert source(cube, "units.SUM", levels=[item]) is None
    assert source(cube, "units.SUM", levels=[("Place", "city")], filter=item == "pen") is None
    assert source(cube, "cost.SUM") is None
    assert source(cube, "median") is None


def test_a_load_refreshes_it(session: al.Session) -> None:
    """The load returns when the table is right again."""
    cube, table = cube_of(session, ROWS)
    cube.aggregates.add(levels=["item"], measures=["units.SUM"], name="items")
    assert cube.aggregates["items"].row_count == 3
    table += ("a", "quill", 3, 10, None)

    assert cube.aggregates["items"].row_count == 4
    assert cube.aggregates["items"].outdated is None
    assert source(cube, "units.SUM") is not None
    assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 14}]
    table.drop(table["item"] == "quill")
    assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 4}]
    session.tables["Shops"] += ("c", "Rome")
    assert source(cube, "units.SUM") is not None


def test_a_transaction_reads_its_own_facts(session: al.Session) -> None:
    """Inside a data transaction the facts answer; its commit refreshes, once."""
    cube, table = cube_of(session, ROWS)
    cube.aggregates.add(levels=["item"], measures=["units.SUM"])
    with session.trace() as trace, session.tables.data_transaction():
        table += ("a", "quill", 3, 10, None)
        assert source(cube, "units.SUM") is None
        assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 14}]
        table += ("a", "quill", 3, 10, None)
        assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 24}]

    assert [span.name for span in trace.spans].count("Cube.aggregate") == 1
    assert source(cube, "units.SUM") is not None
    assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 24}]


def test_one_declared_in_a_transaction_is_made_at_its_end(session: al.Session) -> None:
    """Rows that come after the declaration are in it."""
    cube, table = cube_of(session, ROWS)
    with session.tables.data_transaction():
        table += ("a", "quill", 3, 10, None)
        cube.aggregates.add(levels=["item"], measures=["units.SUM"], name="x")
        waiting = cube.aggregates["x"]
        table += ("a", "quill", 3, 10, None)

    assert waiting.outdated == "It has not been made yet."
    assert cube.aggregates["x"].outdated is None
    assert source(cube, "units.SUM") is not None
    assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 24}]


def _load_and_fail(session: al.Session) -> None:
    session.tables["Sales"].load(sales([("a", "quill", 3, 10, None)]))
    del session.tables["Nothing"]


def test_a_transaction_that_fails_leaves_it_right(session: al.Session) -> None:
    """What was undone was never in it."""
    cube, _ = cube_of(session, ROWS)
    cube.aggregates.add(levels=["item"], measures=["units.SUM"])

    with pytest.raises(TableNotFound), session.tables.data_transaction():
        _load_and_fail(session)

    assert source(cube, "units.SUM") is not None
    assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 4}]


def test_a_refresh_that_fails_is_a_warning(
    session: al.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The load has succeeded, the facts answer, and the next load mends it."""
    cube, table = cube_of(session, ROWS)
    cube.aggregates.add(levels=["item"], measures=["units.SUM"], name="items")

    def fail(*_: object) -> None:
        raise QueryFailed("No room.")

    with monkeypatch.context() as patched:
        patched.setattr("atomlite.cubes.keeping.create_aggregate", fail)
        with (
            session.trace() as trace,
            pytest.warns(AggregateNotRefreshedWarning, match=r'"Sales.items" .* No room') as caught,
        ):
            table.load(sales([("a", "quill", 3, 10, None)]))

    assert caught[0].filename == __file__
    (span,) = [span for span in trace.spans if span.name == "Cube.aggregate"]
    assert span.error is not None
    assert source(cube, "units.SUM") is None
    assert (
        cube.aggregates["items"].outdated == "The data or the cube has changed since it was made."
    )
    assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 14}]
    table += ("a", "quill", 3, 10, None)
    assert source(cube, "units.SUM") is not None
    assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 24}]


def test_a_change_of_the_cube_makes_it_anew(session: al.Session) -> None:
    """A measure that is defined otherwise never reads what it was."""
    cube, table = cube_of(session, ROWS)
    cube.aggregates.add(levels=["item"], measures=["least"])
    cube.measures["least"] = al.agg.min(table["cost"])

    assert answer(cube, "least") == [{"_depth": 0, "least": Decimal("1.50")}]
    assert source(cube, "least") is not None


def test_it_goes_with_the_cube_that_has_it(session: al.Session) -> None:
    """Deleting the declaration, the cube, or creating it anew removes the rows."""
    cube, table = cube_of(session, ROWS)

    def tables() -> list[str]:
        found = session.sql(
            "SELECT table_name FROM duckdb_tables() WHERE schema_name = '_atomlite_aggregates'"
        )
        return list(found["table_name"])

    cube.aggregates.add(levels=["item"], measures=["units.SUM"], name="items")
    assert len(tables()) == 1
    del cube.aggregates["items"]
    assert tables() == []
    assert len(cube.aggregates) == 0
    cube.aggregates.add(levels=["item"], measures=["units.SUM"], name="items")
    cube = session.create_cube(table)
    assert (tables(), list(cube.aggregates)) == ([], [])
    cube.aggregates.add(levels=["item"], measures=["units.SUM"], name="items")
    del session.cubes["Sales"]
    assert tables() == []


def test_without_its_table_it_says_why(session: al.Session) -> None:
    """The listing tells why queries cannot read it."""
    cube, _ = cube_of(session, ROWS)
    cube.aggregates.add(levels=[("Place", "city")], measures=["units.SUM"], name="cities")
    del session.tables["Shops"]

    assert [each.outdated is None for each in cube.aggregates.values()] in ([], [False])
    assert answer(cube, "units.SUM") == [{"_depth": 0, "units.SUM": 4}]


def test_the_listing_tells_name_levels_measures_and_state(session: al.Session) -> None:
    """The name is made of the levels unless given; the number of facts is always there."""
    cube, _ = cube_of(session, ROWS)
    added = cube.aggregates.add(levels=[("Place", "shop")], measures=["units.MEAN"])

    assert list(added) == ["shop"]
    assert added["shop"].measures == ("units.MEAN", "contributors.COUNT")
    assert [key.name for key in added["shop"].levels] == ["city", "shop"]
    assert repr(added).splitlines()[0] == "1 aggregate table"
    assert "up to date" in repr(added)
    assert "<td" in added._repr_html_()
    assert added._ipython_key_completions_() == ["shop"]
    cube.aggregates.add(levels=[], measures=[])
    assert list(cube.aggregates) == ["shop", "grand total"]
    assert source(cube, "contributors.COUNT") == "grand total"


def test_without_facts_a_grand_total_is_null(session: al.Session) -> None:
    """An aggregate table of no levels has no row where there are no facts."""
    cube, _ = cube_of(session, [])
    cube.aggregates.add(levels=[], measures=["units.SUM"], name="all")

    assert cube.aggregates["all"].row_count == 0
    assert answer(cube, "units.SUM", "contributors.COUNT") == [
        {"_depth": 0, "contributors.COUNT": None, "units.SUM": None}
    ]


@pytest.mark.parametrize("function", ["median", "count_distinct", "distinct", "std", "var"])
def test_measures_that_need_all_values_are_refused(session: al.Session, function: str) -> None:
    """The reason names the measure and the aggregate in it."""
    cube, table = cube_of(session, ROWS)
    cube.measures["whole"] = getattr(al.agg, function)(table["units"])
    cube.measures["twice"] = cube.measures["whole"]

    with pytest.raises(InvalidAggregate, match=f'"twice" cannot .*`agg.{function}'):
        cube.aggregates.add(levels=["item"], measures=["twice"])
    assert len(cube.aggregates) == 0


def test_rows_of_joined_tables_are_refused(session: al.Session) -> None:
    """Neither rows of a partner nor levels with several partners add up."""
    cube, table = cube_of(session, ROWS)
    tags = session.read_pandas(
        pd.DataFrame({"item": ["pen", "pen"], "tag": ["x", "y"], "weight": [1, 2]}),
        table_name="Tags",
    )
    table.join(tags, table["item"] == tags["item"])
    cube.measures["weight"] = al.agg.sum(tags["weight"], per="partner")

    with pytest.raises(InvalidAggregate, match="counts rows of a joined table"):
        cube.aggregates.add(levels=["day"], measures=["weight"])
    with pytest.raises(InvalidAggregate, match='several partners in "Tags"'):
        cube.aggregates.add(levels=["tag"], measures=["units.SUM"])


def test_wrong_arguments_are_refused(session: al.Session) -> None:
    """Unknown names, a lone text, a name that is none."""
    cube, _ = cube_of(session, ROWS)

    with pytest.raises(LevelNotFound):
        cube.aggregates.add(levels=["nowhere"], measures=["units.SUM"])
    with pytest.raises(MeasureNotFound):
        cube.aggregates.add(levels=["item"], measures=["nothing"])
    with pytest.raises(InvalidAggregate, match="Give a list of levels"):
        cube.aggregates.add(levels="item", measures=["units.SUM"])
    with pytest.raises(InvalidAggregate, match="Give text"):
        cube.aggregates.add(levels=["item"], measures=["units.SUM"], name="")
    with pytest.raises(AggregateNotFound, match='"nothing"'):
        del cube.aggregates["nothing"]


def test_one_that_cannot_be_made_is_not_kept(
    session: al.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The declaration raises, and the cube is as before."""
    cube, _ = cube_of(session, ROWS)

    def fail(*_: object) -> None:
        raise QueryFailed("No room.")

    monkeypatch.setattr("atomlite.cubes.keeping.create_aggregate", fail)
    with (
        pytest.raises(QueryFailed, match="No room"),
        pytest.warns(AggregateNotRefreshedWarning),
    ):
        cube.aggregates.add(levels=["item"], measures=["units.SUM"])
    assert len(cube.aggregates) == 0


def test_names_that_differ_in_case_are_two(session: al.Session) -> None:
    """The engine ignores case; aggregate tables do not."""
    cube, _ = cube_of(session, ROWS)
    cube.aggregates.add(levels=["item"], measures=["units.SUM"], name="A")
    cube.aggregates.add(levels=["day"], measures=["cost.SUM"], name="a")

    assert [each.row_count for each in cube.aggregates.values()] == [3, 2]


def test_readers_beside_loads_see_one_instant(session: al.Session) -> None:
    """While loads go on, a sum and a count always belong together."""
    cube, table = cube_of(session, [])
    cube.measures["n"] = al.agg.count(table["units"])
    cube.aggregates.add(levels=["item"], measures=["units.SUM", "n"])
    done = threading.Event()
    wrong: list[Any] = []

    def read() -> None:
        while not done.is_set():
            (row,) = answer(cube, "units.SUM", "n")
            if row["n"] is not None and row["units.SUM"] != 7 * row["n"]:
                wrong.append(row)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for number in range(15):
        table.load(sales([("a", f"item {number % 4}", 1, 7, None)] * 3))
    done.set()
    for reader in readers:
        reader.join()

    assert wrong == []
    assert answer(cube, "n") == [{"_depth": 0, "n": 45}]


_KILLED = """
import atomlite as al, os, pandas as pd, signal, sys
session = al.Session.start(al.SessionConfig(database=sys.argv[1]))
table = session.read_pandas(pd.DataFrame({"g": ["a", "b"], "x": [1, 2]}), table_name="T")
cube = session.create_cube(table)
cube.aggregates.add(levels=["g"], measures=["x.SUM"])
print("ready", flush=True)
import atomlite.cubes.keeping as keeping
def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)
keeping.create_aggregate = die
table += ("c", 3)
"""


def test_a_file_keeps_no_aggregates(tmp_path: Path) -> None:
    """A process that is killed while it refreshes leaves facts, and no stale aggregates."""
    path = tmp_path / "data.db"
    ended = subprocess.run(
        [sys.executable, "-c", _KILLED, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert (ended.stdout, ended.returncode) == ("ready\n", -signal.SIGKILL)

    with al.Session.start(al.SessionConfig(database=path)) as session:
        found = session.sql(
            "SELECT count(*) AS n FROM duckdb_tables() WHERE schema_name = '_atomlite_aggregates'"
        )
        assert list(found["n"]) == [0]
        cube = session.create_cube(session.tables["T"])
        assert answer(cube, "x.SUM") == [{"_depth": 0, "x.SUM": 6}]


def test_tables_for_other_measures_stand_beside_each_other(session: al.Session) -> None:
    """Without names of their own; for one of the same measures, the table is made anew."""
    frame = pd.DataFrame({"city": ["a", "b"], "units": [1, 2], "price": [3, 4]})
    cube = session.create_cube(session.read_pandas(frame, table_name="T"))
    for measures in (["units.SUM"], ["price.SUM"], ["units.SUM"]):
        cube.aggregates.add(levels=["city"], measures=measures)

    assert sorted(cube.aggregates) == ["city", "city 2"]
    cube.aggregates.add(levels=["city"], measures=["price.MEAN", "price.SUM"])
    assert sorted(cube.aggregates) == ["city", "city 2"]
    assert cube.aggregates["city 2"].measures[:2] == ("price.MEAN", "price.SUM")
    cube.aggregates.add(levels=["city"], measures=["price.MEAN"])
    assert sorted(cube.aggregates) == ["city", "city 2"]
    assert cube.aggregates["city 2"].measures[0] == "price.MEAN"
    assert source(cube, "price.MEAN") == "city 2"
    assert source(cube, "price.SUM") == "city 2"
    assert source(cube, "units.SUM") == "city"


def test_a_table_of_other_levels_is_not_replaced(session: al.Session) -> None:
    """Though they have the same names, and the measures are the same."""
    cube, _ = cube_of(session, ROWS)
    cube.aggregates.add(levels=[("Place", "shop")], measures=["units.SUM"])
    cube.aggregates.add(levels=[("Sales", "shop", "shop")], measures=["units.SUM"])

    assert list(cube.aggregates) == ["shop", "shop 2"]


ALONG: dict[str, Callable[[al.Cube], Any]] = {
    "last": lambda cube: al.agg.last(cube.measures["units.SUM"], by=day(cube)),
    "best": lambda cube: al.agg.max_member(cube.measures["units.SUM"], day(cube)),
    "so far": lambda cube: al.agg.sum(
        cube.measures["units.SUM"], scope=al.CumulativeScope(day(cube))
    ),
    "of days": lambda cube: al.agg.max(cube.measures["units.SUM"], scope=al.OriginScope(day(cube))),
    "of one": lambda cube: al.filter(cube.measures["units.SUM"], day(cube) == 1),
    "at one": lambda cube: al.at(cube.measures["units.SUM"], {day(cube): 1}),
    "before": lambda cube: al.shift(cube.measures["units.SUM"], cube.hierarchies["Days"]),
}


def day(cube: al.Cube) -> al.Level:
    """Return the level of days."""
    return cube.levels["Days", "day"]


@pytest.mark.parametrize("name", ALONG)
def test_a_measure_along_a_level_needs_the_level(session: al.Session, name: str) -> None:
    """Without it no query could read the table; with it they do, and find the same."""
    cube, _ = cube_of(session, ROWS)
    cube.measures["along"] = ALONG[name](cube)
    cube.measures["twice"] = cube.measures["along"]
    place = ("Place", "shop")
    queries: list[dict[str, Any]] = [{}, {"levels": [place]}, {"levels": [place, day(cube)]}]
    expected = [answer(cube, "twice", include_totals=True, **query) for query in queries]

    with pytest.raises(InvalidAggregate, match=r'"twice" can never .* needs the level .*"day"'):
        cube.aggregates.add(levels=[place], measures=["units.SUM", "twice"])
    assert len(cube.aggregates) == 0
    cube.aggregates.add(levels=[place, day(cube)], measures=["twice"], name="x")
    for query, rows in zip(queries, expected, strict=True):
        assert source(cube, "twice", **query) == "x"
        assert answer(cube, "twice", include_totals=True, **query) == rows


def test_a_date_that_is_shifted_needs_its_level(session: al.Session) -> None:
    """Its year is not enough."""
    dates = pd.to_datetime(["2025-01-01", "2026-01-01"])
    frame = pd.DataFrame({"day": dates, "units": [1, 2]})
    table = session.read_pandas(frame, table_name="T", data_types={"day": "date"})
    cube = session.create_cube(table)
    cube.create_date_hierarchy("Cal", column=table["day"], levels={"Y": "y", "D": table["day"]})
    shifted = al.date_shift(cube.measures["units.SUM"], cube.hierarchies["Cal"], offset="-P1Y")
    cube.measures["before"] = shifted

    with pytest.raises(InvalidAggregate, match=r'needs the level .*"D"'):
        cube.aggregates.add(levels=[("Cal", "Y")], measures=["before"])
    cube.aggregates.add(levels=[("Cal", "D")], measures=["before"], name="x")
    assert source(cube, "before", levels=[("Cal", "D")]) == "x"
    assert [row["before"] for row in answer(cube, "before", levels=[("Cal", "D")])] == [None, 1]
