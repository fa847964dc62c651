"""What a plan reads, and what it refuses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.cubes.planning.plan import Plan, plan
from atomlite.cubes.query import Query
from atomlite.errors import InvalidModel, MeasureNotFound
from atomlite.expressions.columns import Column
from atomlite.tables.catalogs import Catalog
from atomlite.types import EVERYTHING, View


@pytest.fixture(name="cube")
def _cube(session: al.Session) -> al.Cube:
    sales = session.read_pandas(
        pd.DataFrame({"shop": [1, 2, 9, None], "day": [1, 1, 2, 2], "units": [1, 2, 3, 4]}),
        table_name="Sales",
        data_types={"shop": "int64"},
    )
    shops = session.read_pandas(
        pd.DataFrame({"id": [1, 2], "city": ["Paris", "Lyon"], "region": [7, 8]}),
        table_name="Shops",
        keys={"id"},
    )
    regions = session.read_pandas(
        pd.DataFrame({"id": [7, 8], "name": ["North", "South"]}), table_name="Regions", keys={"id"}
    )
    sales.join(shops, sales["shop"] == shops["id"])
    shops.join(regions, shops["region"] == regions["id"])
    cube = session.create_cube(sales, mode="manual")
    cube.hierarchies["City"] = [shops["city"]]
    cube.hierarchies["Region"] = [regions["name"]]
    cube.hierarchies["Day"] = [sales["day"]]
    cube.measures["units"] = al.agg.sum(sales["units"])
    return cube


def catalog_of(session: al.Session) -> Catalog:
    """Return the tables as they are."""
    return session._store.state


def planned(
    session: al.Session,
    cube: al.Cube,
    *levels: str,
    view: View = EVERYTHING,
    **given: Any,  # noqa: ANN401
) -> Plan:
    """Return the plan of a query of the measure."""
    keys = tuple(cube.levels[name].key for name in levels)
    query = Query(("units",), keys, ordered=False)
    return plan(query, cube.model, catalog_of(session), view, **given)


def found(session: al.Session, answer: Plan) -> Collection[Any]:
    """Return the rows that a plan's statement gives."""
    with session._store.read() as snapshot:
        return sorted(map(str, snapshot.rows(answer.statement)))


def test_only_the_tables_that_are_needed_are_joined(session: al.Session, cube: al.Cube) -> None:
    """Those on the way to them come too."""
    assert planned(session, cube, "day").tables == ("Sales",)
    assert planned(session, cube, "city").joined == ("Shops",)
    assert planned(session, cube, "name").joined == ("Shops", "Regions")


def test_joins_that_always_match_leave_no_fact_out(session: al.Session, cube: al.Cube) -> None:
    """They are inner joins, which the engine does faster."""
    links = catalog_of(session).links

    assert planned(session, cube, "name").statement.text.count("LEFT JOIN") == 2
    text = planned(session, cube, "name", matched=links[1:]).statement.text
    assert text.count("LEFT JOIN") == 1
    assert text.count(" JOIN ") == 2


def test_facts_without_partner_are_those_of_null(session: al.Session, cube: al.Cube) -> None:
    """None is lost."""
    rows = found(session, planned(session, cube, "city"))

    assert rows == ["('Lyon', 1, 2)", "('Paris', 1, 1)", "(None, 1, 7)"]


def test_names_that_two_columns_would_have_are_long(session: al.Session, cube: al.Cube) -> None:
    """A level, of another hierarchy or beside a measure of its name, has its full name."""
    cube.hierarchies["Sales", "units"] = {"units": cube.levels["day"]}
    answer = planned(session, cube, "units", "day")

    names = [column.name for column in answer.columns]
    assert names == ["Sales.units.units", "day", "_depth", "units"]


def test_a_reader_sees_what_the_view_shows(session: al.Session, cube: al.Cube) -> None:
    """Hidden facts are not there, hidden partners are none, hidden columns are unknown."""
    units = Column(
        "Sales", "units", catalog_of(session).table("Sales").schema.column("units").data_type
    )
    city = Column(
        "Shops", "city", catalog_of(session).table("Shops").schema.column("city").data_type
    )
    view = View(condition=units > 1, joined={"Shops": View(condition=city != "Lyon")})

    rows = found(session, planned(session, cube, "city", view=view))
    assert rows == ["(None, 1, 9)"]
    links = catalog_of(session).links
    assert found(session, planned(session, cube, "city", view=view, matched=links)) == rows
    hidden = View(joined={"Shops": View(hidden_columns=frozenset({"city"}))})
    with pytest.raises(InvalidModel, match="city"):
        planned(session, cube, "city", view=hidden)


def test_what_has_gone_is_named(session: al.Session, cube: al.Cube) -> None:
    """A column, a table, a measure."""
    model = cube.model
    state = catalog_of(session)
    query = Query(("units",), (cube.levels["city"].key,))
    with pytest.raises(InvalidModel, match="Shops"):
        plan(query, model, state.without_table("Shops"))
    shops = state.table("Shops")
    schema = replace(shops.schema, columns=shops.schema.columns[:1])
    with pytest.raises(InvalidModel, match="city"):
        plan(query, model, state.with_table(replace(shops, schema=schema)))
    with pytest.raises(MeasureNotFound, match="units"):
        plan(query, replace(model, measures={}), state)
    with pytest.raises(InvalidModel, match="no hierarchy"):
        plan(query, replace(model, hierarchies={}), state)
    empty = {key: replace(each, levels=()) for key, each in model.hierarchies.items()}
    with pytest.raises(InvalidModel, match="no level"):
        plan(query, replace(model, hierarchies=empty), state)


def test_a_column_of_another_type_is_another_column(session: al.Session, cube: al.Cube) -> None:
    """What was made with the old one says so."""
    model = cube.model
    session.read_pandas(
        pd.DataFrame({"shop": [1], "day": ["x"], "units": [1]}), table_name="Sales2"
    )
    state = catalog_of(session)
    sales = state.table("Sales")
    changed = replace(sales, schema=replace(state.table("Sales2").schema, name="Sales"))
    with pytest.raises(InvalidModel, match="int64"):
        plan(Query((), (cube.levels["day"].key,)), model, state.with_table(changed))


def test_joins_that_match_in_a_range_of_keys_are_made_complete(
    session: al.Session, cube: al.Cube
) -> None:
    """Keys outside of it, and null, find the row of nobody; answers are the same."""
    links = catalog_of(session).links
    ranges = {links[0]: (1, 2)}
    plain = found(session, planned(session, cube, "name", "city", "day"))

    made = planned(session, cube, "name", "city", "day", ranges=ranges)

    assert made.statement.text.count("LEFT JOIN") == 1
    assert "UNION ALL BY NAME" in made.statement.text
    assert found(session, made) == plain
    hidden = View(joined={"Shops": View(condition=Column("Shops", "id", pa.int64()) == 1)})
    made = planned(session, cube, "city", view=hidden, ranges=ranges)
    assert "UNION ALL BY NAME" not in made.statement.text


def test_the_smallest_key_of_a_type_has_none_before_it(session: al.Session) -> None:
    """Such a join cannot be made complete."""
    facts = session.read_arrow(
        pa.table({"k": pa.array([-128, 5, None], pa.int8())}), table_name="F"
    )
    other = session.read_arrow(
        pa.table({"id": pa.array([-128], pa.int8()), "name": ["x"]}), table_name="O", keys={"id"}
    )
    facts.join(other, facts["k"] == other["id"])
    cube = session.create_cube(facts, mode="manual")
    cube.hierarchies["Name"] = [other["name"]]
    query = Query(("contributors.COUNT",), (cube.levels["name"].key,))
    state = catalog_of(session)

    made = plan(query, cube.model, state, ranges={state.links[0]: (-128, -128)})

    assert "LEFT JOIN" in made.statement.text
