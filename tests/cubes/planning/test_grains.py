"""Nothing counts twice, whatever the joins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.cubes.planning.plan import plan
from atomlite.cubes.query import Query

EXAMPLES = settings(max_examples=max(20, settings().max_examples // 10))
SALES = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(1, 5)), min_size=1, max_size=8
)
OFFERS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.sampled_from(["x", "y", "z", None]),
        st.integers(1, 9),
    ),
    max_size=6,
)


@pytest.fixture(scope="module")
def one_session() -> Any:  # noqa: ANN401 -- a generator fixture
    """Start one session for all drawn tables."""
    with al.Session.start() as session:
        yield session


def joined(session: al.Session, sales: Iterable[Any], offers: Iterable[Any]) -> al.Cube:
    """Return a cube of sales, whose products have any number of offers."""
    for name in list(session.cubes):
        del session.cubes[name]
    for name in list(session.tables):
        del session.tables[name]
    given = pd.DataFrame(list(sales), columns=["product", "units"])
    facts = session.read_pandas(
        given, table_name="Sales", data_types={"product": "string", "units": "int64"}
    )
    types = {"id": "int64", "product": "string", "partner": "string", "price": "int64"}
    rows = [(number, *offer) for number, offer in enumerate(offers)]
    target = session.read_pandas(
        pd.DataFrame(rows, columns=list(types)),
        table_name="Offers",
        data_types=types,
        keys={"id"},
    )
    facts.join(target, facts["product"] == target["product"])
    cube = session.create_cube(facts, mode="manual")
    cube.hierarchies["Partner"] = [target["partner"]]
    cube.hierarchies["Product"] = [facts["product"]]
    cube.measures["units"] = al.agg.sum(facts["units"])
    cube.measures["offered"] = al.agg.sum(target["price"], per="partner")
    cube.measures["dearest"] = al.agg.max(target["price"])
    return cube


def pairs_of(sales: list[Any], offers: list[Any]) -> list[tuple[int, int | None]]:
    """Return the positions of each sale and of an offer of its product, none for no offer."""
    found: list[tuple[int, int | None]] = []
    for number, (product, _) in enumerate(sales):
        partners = [
            n for n, each in enumerate(offers) if product is not None and each[0] == product
        ]
        found += [(number, partner) for partner in partners] or [(number, None)]
    return found


def expected(sales: list[Any], offers: list[Any], pairs: list[Any]) -> dict[str, Any]:
    """Return the measures of a cell with some pairs."""
    facts = {sale for sale, _ in pairs}
    partners = {offer for _, offer in pairs if offer is not None}
    prices = [offers[offer][2] for offer in partners]
    return {
        "units": sum(sales[sale][1] for sale in facts),
        "contributors.COUNT": len(facts),
        "offered": sum(prices) if prices else None,
        "dearest": max(prices, default=None),
    }


MEASURES = ("units", "contributors.COUNT", "offered", "dearest")


@given(sales=SALES, offers=OFFERS, wanted=st.sampled_from([None, "x", "y"]))
@EXAMPLES
def test_facts_and_partners_count_once_in_each_cell(
    one_session: al.Session, sales: list[Any], offers: list[Any], wanted: str | None
) -> None:
    """Also in totals, and where a condition is about the partners."""
    cube = joined(one_session, sales, offers)
    condition = None if wanted is None else cube.levels["partner"] == wanted
    answer = cube.query(
        *MEASURES, levels="partner", include_totals=True, filter=condition, mode="arrow"
    )

    def partner(pair: Any) -> Any:  # noqa: ANN401 -- drawn
        return None if pair[1] is None else offers[pair[1]][1]

    pairs = [p for p in pairs_of(sales, offers) if wanted is None or partner(p) == wanted]
    cells = {(1, name): [p for p in pairs if partner(p) == name] for name in map(partner, pairs)}
    cells[0, None] = pairs
    found = {
        (row["_depth"], row["partner"]): {name: row[name] for name in MEASURES}
        for row in answer.to_pylist()
    }
    whole = dict.fromkeys(MEASURES)
    assert found == {
        place: expected(sales, offers, inside) if inside else whole
        for place, inside in cells.items()
    }


@given(sales=SALES, offers=OFFERS)
@example(sales=[("a", 3)], offers=[("a", "x", 1), ("a", "y", 1)])
@example(sales=[("a", 3)], offers=[("a", "y", 1), ("a", "x", 1)])
@EXAMPLES
def test_a_filtered_measure_counts_facts_with_such_a_partner(
    one_session: al.Session, sales: list[Any], offers: list[Any]
) -> None:
    """The condition and the cell must hold for the same partner."""
    cube = joined(one_session, sales, offers)
    cube.measures["by x"] = al.filter(cube.measures["units"], cube.levels["partner"] == "x")
    answer = cube.query("by x", levels="product", mode="arrow").to_pylist()

    for row in answer:
        facts = {
            sale
            for sale, offer in pairs_of(sales, offers)
            if sales[sale][0] == row["product"] and offer is not None and offers[offer][1] == "x"
        }
        assert row["by x"] == (sum(sales[sale][1] for sale in facts) if facts else None)


def test_a_column_named_as_the_engines_own_row_number(session: al.Session) -> None:
    """Keys tell the rows of such a table apart."""
    facts = session.read_pandas(
        pd.DataFrame({"rowid": [1, 2], "p": ["a", "a"]}), table_name="F", keys={"rowid"}
    )
    offers = session.read_pandas(
        pd.DataFrame({"ROWID": ["same", "same"], "p": ["a", "a"]}), table_name="O"
    )
    facts.join(offers, facts["p"] == offers["p"])
    cube = session.create_cube(facts, mode="manual")
    cube.hierarchies["R"] = [offers["ROWID"]]
    cube.measures["offers"] = al.agg.count(offers["ROWID"], per="partner")

    answer = cube.query("contributors.COUNT", "offers", levels="ROWID", mode="arrow")

    assert answer.to_pylist() == [
        {"ROWID": "same", "_depth": 1, "contributors.COUNT": 2, "offers": 2}
    ]


def test_partners_are_told_apart_in_completed_joins(session: al.Session) -> None:
    """The row of nobody is none, and the others keep their identity."""
    sales = session.read_pandas(pd.DataFrame({"shop": [1, 1, 2, 9]}), table_name="Sales")
    shops = session.read_pandas(
        pd.DataFrame({"id": [1, 2], "size": [5, 7]}), table_name="Shops", keys={"id"}
    )
    sales.join(shops, sales["shop"] == shops["id"])
    cube = session.create_cube(sales, mode="manual")
    cube.measures["size"] = al.agg.sum(shops["size"], per="partner")
    cube.measures["by fact"] = al.agg.sum(shops["size"], per="fact")
    state = session._store.state
    query = Query(("size", "by fact", "contributors.COUNT"))

    made = plan(query, cube.model, state, ranges={state.links[0]: (1, 2)})

    with session._store.read() as snapshot:
        assert snapshot.rows(made.statement) == [(0, 12, 17, 4)]


def test_a_fact_without_partner_gives_no_value_of_one(session: al.Session) -> None:
    """Also where the operand has a value for null; once for each fact it has."""
    sales = session.read_pandas(pd.DataFrame({"shop": [1, 9]}), table_name="Sales")
    shops = session.read_pandas(
        pd.DataFrame({"id": [1], "size": [5]}), table_name="Shops", keys={"id"}
    )
    sales.join(shops, sales["shop"] == shops["id"])
    cube = session.create_cube(sales, mode="manual")
    size = al.where(shops["size"] > 0, shops["size"], 100)
    cube.measures["of partners"] = al.agg.sum(size, per="partner")
    cube.measures["of facts"] = al.agg.sum(size, per="fact")

    (row,) = cube.query("of partners", "of facts", mode="arrow").to_pylist()

    assert row == {"_depth": 0, "of partners": 5, "of facts": 105}
