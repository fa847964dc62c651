"""Reading fewer rows gives the same answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

import atomlite as al
from atomlite.cubes.planning.plan import Plan, plan
from atomlite.cubes.query import Query
from atomlite.errors import InvalidAggregate
from atomlite.expressions.conditions import Condition
from atomlite.sql import Statement

FACTS = 120_000


@pytest.fixture(name="cube", scope="module")
def _cube() -> Any:  # noqa: ANN401 -- a generator fixture
    with al.Session.start() as session:
        random = np.random.default_rng(5)
        sales = session.read_pandas(
            pd.DataFrame(
                {
                    "shop": pd.array(random.integers(0, 60, FACTS), "Int64"),
                    "day": random.integers(0, 9, FACTS),
                    "units": random.integers(-5, 6, FACTS),
                }
            ).assign(shop=lambda d: d["shop"].mask(d["shop"] == 3)),
            table_name="Sales",
        )
        numbers = range(40)
        shops = session.read_pandas(
            pd.DataFrame(
                {
                    "id": numbers,
                    "city": [f"c{number % 7}" for number in numbers],
                    "size": [number % 3 for number in numbers],
                }
            ),
            table_name="Shops",
            keys={"id"},
        )
        sales.join(shops, sales["shop"] == shops["id"])
        cube = session.create_cube(sales, name="Cube", mode="manual")
        cube.hierarchies["City"] = [shops["city"]]
        cube.hierarchies["Size"] = [shops["size"]]
        cube.hierarchies["Day"] = [sales["day"]]
        m = cube.measures
        m["sum"] = al.agg.sum(sales["units"])
        m["mean"] = al.agg.mean(sales["units"])
        m["count"] = al.agg.count(sales["units"])
        m["min"] = al.agg.min(sales["units"])
        m["single"] = al.agg.single_value(sales["units"])
        m["long"] = al.agg.long(sales["units"])
        m["squares"] = al.agg.square_sum(sales["units"])
        m["median"] = al.agg.median(sales["units"])
        m["large"] = al.agg.sum(shops["size"] * sales["units"])
        m["on day 2"] = al.filter(m["sum"], cube.levels["day"] == 2)
        m["share"] = m["sum"] / al.total(m["sum"], cube.hierarchies["City"])
        yield cube


PLAIN = ("sum", "mean", "count", "min", "single", "long", "squares", "contributors.COUNT")


def planned(
    cube: al.Cube, names: tuple[str, ...], levels: tuple[str, ...], condition: Condition | None
) -> Plan:
    """Return the plan of a query with totals, in order."""
    keys = tuple(cube.levels[name].key for name in levels)
    query = Query(names, keys, filter=condition, include_totals=True)
    return plan(query, cube.model, cube._store.state)


def answer(cube: al.Cube, planned: Plan) -> list[dict[str, Any]]:
    """Return the rows of a plan."""
    with cube._store.read() as snapshot:
        return snapshot.arrow(planned.statement).to_pylist()


def expected(
    cube: al.Cube,
    names: tuple[str, ...],
    levels: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    condition: Condition | None,
) -> list[dict[str, Any]]:
    """Return the rows of the plan without any shortcut."""
    with monkeypatch.context() as patched:
        patched.setattr("atomlite.cubes.planning.bases.shorter", lambda *_: None)
        return answer(cube, planned(cube, names, levels, condition))


@pytest.mark.parametrize("names", [PLAIN, ("share", "sum"), ("on day 2", "count")])
@pytest.mark.parametrize("levels", [("city",), ("city", "size")])
@pytest.mark.parametrize("filtered", ["", "day", "size"])
def test_facts_are_aggregated_before_they_are_joined(
    cube: al.Cube,
    names: tuple[str, ...],
    levels: tuple[str, ...],
    filtered: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Orphans and null keys come out the same."""
    condition = cube.levels[filtered] > 0 if filtered else None
    made = planned(cube, names, levels, condition)

    assert 'GROUP BY "shop"' in made.statement.text
    plain = expected(cube, names, levels, monkeypatch, condition)
    assert answer(cube, made) == [pytest.approx(row, nan_ok=True) for row in plain]


@pytest.mark.parametrize(
    ("names", "levels"),
    [(("median",), ("city",)), (("sum",), ("city", "day")), (("large",), ("city",))],
)
def test_what_needs_all_facts_reads_all_facts(
    cube: al.Cube, names: tuple[str, ...], levels: tuple[str, ...]
) -> None:
    """A median, a level of the facts, an operand behind the join."""
    made = planned(cube, names, levels, None)

    assert 'GROUP BY "shop"' not in made.statement.text


def test_a_condition_about_both_sides_reads_all_facts(cube: al.Cube) -> None:
    """It is about each pair of fact and partner."""
    condition = (cube.levels["day"] == 2) | (cube.levels["size"] == 1)

    assert 'GROUP BY "shop"' not in planned(cube, ("sum",), ("city",), condition).statement.text


def test_aggregate_tables_are_read_where_they_hold_all(session: al.Session) -> None:
    """Levels, conditions and measures must all be in them; answers are the same."""
    table = session.read_pandas(
        pd.DataFrame(
            {
                "city": ["Paris", "Lyon", None, "Paris"] * 5,
                "kind": ["a", "b"] * 10,
                "units": range(20),
            }
        ),
        table_name="Sales",
    )
    cube = session.create_cube(table, mode="manual")
    cube.hierarchies["City"] = [table["city"]]
    cube.hierarchies["Kind"] = [table["kind"]]
    m = cube.measures
    m["sum"] = al.agg.sum(table["units"])
    m["mean"] = al.agg.mean(table["units"])
    m["of a"] = al.filter(m["sum"], cube.levels["kind"] == "a")
    m["median"] = al.agg.median(table["units"])
    m["max"] = al.agg.max(table["units"])
    queries: list[dict[str, Any]] = [
        {"measures": ["sum", "mean", "contributors.COUNT"], "levels": ["city", "kind"]},
        {"measures": ["sum", "of a"], "levels": ["city"], "filter": cube.levels["kind"] == "a"},
        {"measures": ["sum", "of a"], "levels": ["city"], "include_totals": True, "limit": 2,
         "totals": "visible"},
        {"measures": ["mean"], "filter": cube.levels["city"] == "Rome"},
    ]  # fmt: skip
    others: list[dict[str, Any]] = [
        {"measures": ["sum", "median"], "levels": ["city"]},
        {"measures": ["sum", "max"], "levels": ["city"]},
    ]
    before = [cube.query(*q["measures"], mode="arrow", **_rest(q)) for q in [*queries, *others]]
    cube.aggregates.add(levels=["city", "kind"], measures=["sum", "mean", "of a"])

    after = [cube.query(*q["measures"], mode="arrow", **_rest(q)) for q in [*queries, *others]]
    assert [_rows(each) for each in after] == [_rows(each) for each in before]
    for query in queries:
        assert "_atomlite_aggregates" in _source(cube, query)
        cube.hierarchies["Kind"].slicing = True
        assert "_atomlite_aggregates" in _source(cube, query)
        cube.hierarchies["Kind"].slicing = False
    for query in others:
        assert "_atomlite_aggregates" not in _source(cube, query)


def _rest(query: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in query.items() if name != "measures"}


def _rows(table: Any) -> list[str]:  # noqa: ANN401 -- of Arrow
    return sorted(map(str, table.to_pylist()))


def _source(cube: al.Cube, query: dict[str, Any]) -> str:
    from atomlite.cubes.asking import asked  # noqa: PLC0415 -- for this one
    from atomlite.cubes.keeping import current  # noqa: PLC0415 -- as above

    catalog = cube._store.state
    pure = asked(cube.model, query["measures"], ordered=False, **_rest(query))
    statement: Statement = plan(
        pure, cube.model, catalog, aggregates=current(cube.model, catalog)
    ).statement
    return statement.text


def test_an_aggregate_table_stands_for_all_tables_that_it_was_made_from(
    session: al.Session,
) -> None:
    """An answer is kept only as long as none of them changes."""
    sales = session.read_pandas(pd.DataFrame({"shop": [1, 2], "units": [3, 4]}), table_name="Sales")
    shops = session.read_pandas(
        pd.DataFrame({"id": [1, 2], "city": ["a", "b"]}), table_name="Shops", keys={"id"}
    )
    sales.join(shops, sales["shop"] == shops["id"])
    cube = session.create_cube(sales)
    cube.aggregates.add(levels=["city"], measures=["units.SUM"])
    keys = (cube.levels["city"].key,)
    names = [each.name for each in cube.model.aggregates]

    made = plan(Query(("units.SUM",), keys), cube.model, cube._store.state, aggregates=names)

    assert made.source == names[0]
    assert made.tables == ("Sales", "Shops")
    assert [row["units.SUM"] for row in answer(cube, made)] == [3, 4]


def test_facts_aggregated_before_they_are_joined_are_of_the_first_member(
    cube: al.Cube, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slicing hierarchy that is not asked for restricts them, as a condition on it would."""
    hierarchies = {
        key: replace(each, slicing=key.name == "Day")
        for key, each in cube.model.hierarchies.items()
    }
    model = replace(cube.model, hierarchies=hierarchies)
    query = Query(("sum", "count"), (cube.levels["city"].key,), include_totals=True)
    made = plan(query, model, cube._store.state)

    condition = cube.levels["day"] == 0
    plain = expected(cube, ("sum", "count"), ("city",), monkeypatch, condition)
    assert sorted(map(repr, answer(cube, made))) == sorted(map(repr, plain))


class Held(NamedTuple):
    """A cube with an aggregate table of cities, while kinds are in the facts alone."""

    cube: al.Cube
    source: Callable[..., str | None]


@pytest.fixture(name="held")
def _held(session: al.Session) -> Held:
    table = session.read_pandas(
        pd.DataFrame(
            {"city": ["a", "a", "b"], "kind": ["x", "y", "y"], "day": [1, 1, 2], "units": [1, 2, 4]}
        ),
        table_name="Sales",
    )
    cube = session.create_cube(table, mode="manual", filter=table["day"] == 1)
    cube.hierarchies["City"] = [table["city"]]
    cube.hierarchies["Kind"] = [table["kind"]]
    cube.measures["sum"] = al.agg.sum(table["units"])
    cube.measures["of y"] = al.filter(cube.measures["sum"], cube.levels["kind"] == "y")
    cube.aggregates.add(levels=["city"], measures=["sum"], name="cities")

    def source(*measures: str, **query: Any) -> str | None:  # noqa: ANN401 -- as `query`
        text = cube.query(*measures, explain=True, **query).source
        return None if text == "facts" else text

    return Held(cube, source)


def test_an_aggregate_table_holds_the_facts_of_the_cube_alone(held: Held) -> None:
    """Those that its own filter leaves out are not added up."""
    answer = held.cube.query("sum", levels="city", include_totals=True, mode="raw")

    assert "cities" in str(held.source("sum", levels="city", include_totals=True))
    assert answer["sum"].tolist() == [3, 3]


def test_a_measure_with_a_condition_on_a_level_that_is_not_held_reads_the_facts(held: Held) -> None:
    """The condition is the measure's own, not one of the query."""
    assert held.source("of y", levels="city") is None
    assert held.cube.query("of y", levels="city")["of y"].tolist() == [2]


def test_a_slicing_hierarchy_that_is_not_held_needs_the_facts(held: Held) -> None:
    """Its first member cannot be told from the others in the table."""
    held.cube.hierarchies["Kind"].slicing = True

    assert held.source("sum", levels="city") is None
    assert held.cube.query("sum", levels="city")["sum"].tolist() == [1]


def test_visible_totals_over_a_level_that_is_not_held_need_the_facts(held: Held) -> None:
    """The city's total is of the kinds that stay."""
    query: dict[str, Any] = {
        "levels": ["city", "kind"],
        "filter": held.cube.measures["sum"] > 1,
        "include_totals": True,
        "totals": "visible",
    }

    assert held.source("sum", **query) is None
    assert held.cube.query("sum", **query)["sum"].tolist() == [2, 2, 2]


def test_what_is_of_each_partner_is_in_no_aggregate_table(session: al.Session) -> None:
    """Even the smallest value: a query counts partners, and would never read the table."""
    sales = session.read_pandas(pd.DataFrame({"shop": [1, 2]}), table_name="Sales")
    shops = session.read_pandas(
        pd.DataFrame({"id": [1, 2], "size": [5, 6]}), table_name="Shops", keys={"id"}
    )
    sales.join(shops, sales["shop"] == shops["id"])
    cube = session.create_cube(sales)
    cube.measures["least"] = al.agg.min(shops["size"], per="partner")

    with pytest.raises(InvalidAggregate, match="counts rows of a joined table"):
        cube.aggregates.add(levels=["shop"], measures=["least"])
