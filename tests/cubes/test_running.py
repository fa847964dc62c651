from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

import atomlite as al
from atomlite.cubes.matching import Match, Matching
from atomlite.engine.cursors import TimeLimit
from atomlite.errors import DeadlineExceeded, MeasureFailed, TooManyCells


def frame(rows: int, groups: int) -> pd.DataFrame:
    """Return facts of so many groups."""
    numbers = range(rows)
    return pd.DataFrame(
        {
            "Group": [f"g{number % groups}" for number in numbers],
            "Half": [f"h{number % 2}" for number in numbers],
            "Price": [float(number) for number in numbers],
        }
    )


@contextlib.contextmanager
def started(**limits: Any) -> Iterator[al.Session]:  # noqa: ANN401 -- as `Limits` takes them
    """Start a session with some limits."""
    with al.Session.start(al.SessionConfig(limits=al.Limits(**limits))) as session:
        yield session


def statements(session: al.Session, cube: al.Cube, **query: Any) -> list[str]:  # noqa: ANN401 -- as `query` takes them
    """Return the statements that a query runs."""
    with session.trace() as trace:
        cube.query("Price.SUM", **query)
    texts = [span.attributes.get("db.query.text") for span in trace.spans]
    return [str(text) for text in texts if text is not None]


def test_a_query_is_traced_with_its_parts(session: al.Session) -> None:
    """Planning, SQL and shaping are spans below the query."""
    cube = session.create_cube(session.read_pandas(frame(10, 2), table_name="T"))
    with session.trace() as trace:
        cube.query("Price.SUM", levels="Group")

    names = [span.name for span in trace.spans]
    (query,) = [span for span in trace.spans if span.name == "Cube.query"]
    below = {s.name for s in trace.spans if s.parent_id == query.span_id}
    assert {"plan", "SELECT T", "shape"} <= below | set(names)
    assert {"plan", "shape"} <= below
    assert query.attributes["atomlite.cube"] == "T"


def test_the_same_query_asks_the_engine_once(session: al.Session) -> None:
    """Until a table that it reads changes; other tables do not matter."""
    table = session.read_pandas(frame(10, 2), table_name="T")
    other = session.read_pandas(pd.DataFrame({"a": [1]}), table_name="Other")
    cube = session.create_cube(table)

    first = statements(session, cube, levels="Group", mode="arrow")
    again = statements(session, cube, levels="Group", mode="arrow")
    as_frame = statements(session, cube, levels="Group", mode="raw")
    other += (2,)
    unrelated = statements(session, cube, levels="Group", mode="arrow")
    table += ("g0", "h0", 100.0)
    changed = statements(session, cube, levels="Group", mode="arrow")

    assert [bool(each) for each in (first, again, as_frame, unrelated, changed)] == [
        *(True, False, False, False, True)
    ]


def test_a_kept_result_is_never_an_old_one(session: al.Session) -> None:
    """Each load is seen by the next query, and so is each change of the cube."""
    table = session.read_pandas(frame(10, 2), table_name="T")
    cube = session.create_cube(table)
    totals = []
    for number in range(5):
        totals.append(cube.query("Price.SUM")["Price.SUM"].iloc[0])
        table += ("g0", "h0", 1000.0 * (number + 1))
    cube.measures["Price.SUM"] = al.agg.sum(table["Price"]) * 2
    totals.append(cube.query("Price.SUM")["Price.SUM"].iloc[0])

    assert totals == [45.0, 1045.0, 3045.0, 6045.0, 10045.0, 30090.0]


def test_a_data_transaction_sees_its_own_rows_and_leaves_nothing_behind(
    session: al.Session,
) -> None:
    """What is undone was never an answer outside."""
    table = session.read_pandas(frame(10, 2), table_name="T")
    cube = session.create_cube(table)
    inside = []
    with contextlib.suppress(KeyError), session.tables.data_transaction():
        for _ in range(2):
            table += ("g0", "h0", 1000.0)
            inside.append(cube.query("Price.SUM")["Price.SUM"].iloc[0])
        raise KeyError

    assert inside == [1045.0, 2045.0]
    assert cube.query("Price.SUM")["Price.SUM"].iloc[0] == 45.0


def test_without_a_cache_every_query_runs() -> None:
    """``cache_bytes=0`` keeps nothing."""
    with started(cache_bytes=0) as session:
        cube = session.create_cube(session.read_pandas(frame(10, 2), table_name="T"))
        counts = [len(statements(session, cube, mode="arrow")) for _ in range(2)]

    assert counts[0] == counts[1] > 0


def test_queries_that_differ_in_a_value_alone_differ(session: al.Session) -> None:
    """Values are part of what a result is kept by, also in long lists."""
    cube = session.create_cube(session.read_pandas(frame(100, 100), table_name="T"))
    group = cube.levels["Group"]
    names = [f"g{number}" for number in range(60)]
    sums = [
        cube.query("Price.SUM", filter=group.isin(*names, last))["Price.SUM"].iloc[0]
        for last in ("g70", "g80", "g70")
    ]

    assert sums == [sum(range(60)) + 70.0, sum(range(60)) + 80.0, sum(range(60)) + 70.0]


def test_too_many_cells_are_refused_with_what_would_fit() -> None:
    """The error has the number of cells, the members, and a change that is small enough."""
    with started(cube_cells=50) as session:
        table = session.read_pandas(frame(100, 40), table_name="T")
        cube = session.create_cube(table)
        cube.hierarchies["Price"] = [table["Price"]]
        with pytest.raises(TooManyCells) as refused:
            cube.query("Price.SUM", levels=["Group", "Price"], include_totals=True)
        cube.query("Price.SUM", levels=["Group"], include_totals=True)

    error = refused.value
    assert error.message == (
        'The result has 141 cells, and the limit is 50. Members: "Group" 40, "Price" 100.'
    )
    assert error.hint == 'Leave out "Price" (41 cells), or raise `limits.cube_cells`.'
    assert error.details == {"cells": 141, "limit": 50, "members": {"Group": 40, "Price": 100}}


def test_members_are_counted_whatever_is_asked_of_cells() -> None:
    """Each group has two cells above zero, and itself lies below."""
    values = {"p": 1.0, "q": 2.0, "r": -5.0}
    rows = [(group, half, values[half]) for group in "abcdef" for half in values]
    with started(cube_cells=5) as session:
        given = pd.DataFrame(rows, columns=["Group", "Half", "Price"])
        cube = session.create_cube(session.read_pandas(given, table_name="T"))
        with pytest.raises(TooManyCells) as refused:
            cube.query("Price.SUM", levels=["Group", "Half"], filter=cube.measures["Price.SUM"] > 0)

    members = {"Group": 6, "Half": 3}
    assert refused.value.details == {"cells": 12, "limit": 5, "members": members}


def test_a_coarser_level_is_what_fits() -> None:
    """Of a hierarchy, the level above."""
    with started(cube_cells=50) as session:
        table = session.read_pandas(frame(100, 40), table_name="T")
        cube = session.create_cube(table)
        cube.hierarchies["H"] = {"Top": table["Group"], "Low": table["Price"]}
        with pytest.raises(TooManyCells) as refused:
            cube.query("Price.SUM", levels="Low")

    assert refused.value.hint == (
        'Ask for "Top" in place of "Low" (40 cells), or raise `limits.cube_cells`.'
    )


def test_empty_rows_are_bounded() -> None:
    """The cross of members is stopped at the limit; to leave them out is the advice."""
    with started(cube_cells=100) as session:
        table = session.read_pandas(frame(60, 60), table_name="T")
        cube = session.create_cube(table)
        cube.hierarchies["Price"] = [table["Price"]]
        with pytest.raises(TooManyCells) as refused:
            cube.query("Price.SUM", levels=["Group", "Price"], include_empty_rows=True)

    assert "3,600 cells" in refused.value.message
    assert refused.value.hint.startswith("Leave out the empty rows (60 cells)")


def test_the_limit_of_cells_is_exact() -> None:
    """As many as it says are allowed."""
    with started(cube_cells=40) as session:
        cube = session.create_cube(session.read_pandas(frame(100, 40), table_name="T"))

        assert len(cube.query("Price.SUM", levels="Group")) == 40
        with pytest.raises(TooManyCells):
            cube.query("Price.SUM", levels="Group", include_totals=True)


def test_too_many_cells_leave_a_data_transaction_alone() -> None:
    """Nothing is counted there, and what was loaded is kept."""
    with started(cube_cells=10) as session:
        table = session.read_pandas(frame(100, 40), table_name="T")
        cube = session.create_cube(table)
        with session.tables.data_transaction():
            table += ("g0", "h0", 1.0)
            with pytest.raises(TooManyCells, match="more than 10 cells"):
                cube.query("Price.SUM", levels="Group")

        assert table.row_count == 101


def test_a_query_that_takes_too_long_is_stopped() -> None:
    """The error names the limit, and the next query runs."""
    with started(cube_seconds=0.2, cube_cells=10**9) as session:
        numbers = pd.DataFrame({"Key": range(20_000), "Other": range(20_000)})
        table = session.read_pandas(numbers, keys={"Key", "Other"}, table_name="T")
        cube = session.create_cube(table)
        began = time.perf_counter()
        with pytest.raises(DeadlineExceeded) as refused:
            cube.query(
                levels=["Key", "Other"],
                include_empty_rows=True,
                order_by=[cube.levels["Other"].desc(), cube.levels["Key"].desc()],
            )
        seconds = time.perf_counter() - began

        assert "raise `limits.cube_seconds`" in str(refused.value)
        assert seconds < 5
        assert len(cube.query("contributors.COUNT")) == 1


# ---- Python measures ----------------------------------------------------------------------------


def doubled(values: pa.Array[Any]) -> pa.Array[Any]:
    """Return twice the values."""
    return pc.multiply(values, 2)


def test_a_python_measure_is_called_once_for_each_set_of_cells(session: al.Session) -> None:
    """On whole columns, totals included, each computed from its own arguments."""
    table = session.read_pandas(frame(10, 3), table_name="T")
    cube = session.create_cube(table)
    lengths: list[int] = []

    def noted(values: pa.Array[Any]) -> pa.Array[Any]:
        lengths.append(len(values))
        return pc.multiply(values, values)

    cube.measures["Square"] = al.apply(noted, cube.measures["Price.SUM"], data_type=pa.float64())
    result = cube.query("Square", levels=["Group", "Half"], include_totals=True)
    sums = cube.query("Price.SUM", levels=["Group", "Half"], include_totals=True)

    assert sorted(lengths) == [1, 3, 6]
    assert result["Square"].tolist() == [value * value for value in sums["Price.SUM"]]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda values: values.nothing, "raised AttributeError"),
        (lambda _values: [1.0], "returned 1 values for 3 cells"),
        (lambda _values: None, "returned NoneType, not an array"),
        (lambda _values: "abc", "returned str, not an array"),
        (lambda values: ["x"] * len(values), "returned what is not double"),
        (lambda values: pa.array([b"x"] * len(values)), "returned what is not double"),
    ],
)
def test_a_python_measure_that_fails_is_named(
    session: al.Session,
    function: Any,  # noqa: ANN401 -- any function
    message: str,
) -> None:
    """A wrong function is an error with its name, and never a wrong number."""
    cube = session.create_cube(session.read_pandas(frame(10, 3), table_name="T"))
    cube.measures["Wrong"] = al.apply(function, cube.measures["Price.SUM"], data_type=pa.float64())

    with pytest.raises(MeasureFailed) as failed:
        cube.query("Wrong", levels="Group")

    assert failed.value.message.startswith(f'The function of the measure "Wrong" {message}')
    assert failed.value.http_status == 422


def test_a_python_measure_may_return_what_pandas_and_lists_have(session: al.Session) -> None:
    """Arrays, series and lists; missing is null."""
    cube = session.create_cube(session.read_pandas(frame(10, 2), table_name="T"))
    price = cube.measures["Price.SUM"]
    cube.measures["Series"] = al.apply(
        lambda values: values.to_pandas() + 1, price, data_type=pa.float64()
    )
    cube.measures["List"] = al.apply(
        lambda values: [None, *values.to_pylist()[1:]], price, data_type=pa.float64()
    )

    result = cube.query("Series", "List", levels="Group")

    assert result["Series"].tolist() == [21.0, 26.0]
    assert pd.isna(result["List"].iloc[0])
    assert result["List"].iloc[1] == 25.0


def test_a_redefined_python_measure_is_called_anew(session: al.Session) -> None:
    """Another function is another result, though the statements are the same."""
    cube = session.create_cube(session.read_pandas(frame(10, 2), table_name="T"))
    price = cube.measures["Price.SUM"]
    found = []
    for factor in (2, 3, 4):
        cube.measures["Scaled"] = al.apply(
            lambda values, factor=factor: pc.multiply(values, factor),
            price,
            data_type=pa.float64(),
        )
        found.append(cube.query("Scaled")["Scaled"].iloc[0])

    assert found == [90.0, 135.0, 180.0]


# ---- joins that lose no fact --------------------------------------------------------------------


def test_a_join_that_loses_no_fact_is_found_out_and_forgotten_with_the_data(
    session: al.Session,
) -> None:
    """The numbers stay right when an orphan arrives."""
    facts = pd.DataFrame({"Shop": [number % 3 for number in range(120_000)], "Price": 1.0})
    shops = pd.DataFrame({"Id": [0, 1, 2], "City": ["a", "b", "c"]})
    sales = session.read_pandas(facts, table_name="Sales")
    sales.join(session.read_pandas(shops, keys={"Id"}, table_name="Shops"), {"Shop": "Id"})
    cube = session.create_cube(sales)
    whole = cube.query("Price.SUM", levels=["City"])
    with session.trace() as trace:
        cube.query("contributors.COUNT", levels=["City"])
    sales += (9, 5.0)
    orphaned = cube.query("Price.SUM", levels=["City"])

    assert whole["Price.SUM"].tolist() == [40_000.0] * 3
    texts = [str(span.attributes.get("db.query.text", "")) for span in trace.spans]
    assert not [text for text in texts if "ANTI JOIN" in text]
    assert orphaned["Price.SUM"].tolist() == [40_000.0] * 3 + [5.0]
    assert orphaned.index[-1] is None


def test_a_table_that_is_looked_up_counts_as_read(session: al.Session) -> None:
    """A change of it is seen by the next query, though no join leads to it."""
    sales = session.read_pandas(frame(10, 2), table_name="T")
    rates = session.read_pandas(
        pd.DataFrame({"Group": ["g0"], "Rate": [2.0]}), keys={"Group"}, table_name="Rates"
    )
    cube = session.create_cube(sales)
    cube.measures["Rate"] = al.lookup(rates["Rate"], {rates["Group"]: cube.levels["Group"]})
    found = [cube.query("Rate", levels="Group")["Rate"].iloc[0]]
    rates += ("g0", 3.0)
    found.append(cube.query("Rate", levels="Group")["Rate"].iloc[0])

    assert found == [2.0, 3.0]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([0, 1, 2, 4], Match(complete=True, bounds=(0, 4))),
        ([0, 1, 9, -7], Match(complete=False, bounds=(0, 4))),
        ([0, 1, None], Match(complete=False, bounds=(0, 4))),
        ([0, 3, 9], Match(complete=False)),
    ],
)
def test_a_link_is_complete_where_every_row_finds_its_partner(
    session: al.Session, keys: list[int | None], expected: Match
) -> None:
    """Null finds none; what was found out is known until one of the tables changes."""
    sales = session.read_arrow(pa.table({"Shop": keys}), table_name="Sales")
    shops = session.read_arrow(pa.table({"Id": [0, 1, 2, 4]}), keys={"Id"}, table_name="Shops")
    sales.join(shops, {"Shop": "Id"})
    matching, (link,) = Matching(), sales.links
    limit = TimeLimit(None, "", "")
    asked = []
    for _ in range(2):
        with session.trace() as trace, session._store.read() as snapshot:
            assert matching.found(link, snapshot, limit) == expected
        asked.append(any("Sales" in span.name for span in trace.spans))
    sales += (2,)
    with session._store.read() as snapshot:
        assert matching.found(link, snapshot, limit) == expected
    shops.drop(shops["Id"] == 2)
    with session._store.read() as snapshot:
        assert matching.found(link, snapshot, limit) == Match(complete=False)

    assert asked == [True, False]


def test_a_link_of_text_is_complete_or_not(session: al.Session) -> None:
    """There are no bounds, and a target without rows has none either."""
    sales = session.read_arrow(pa.table({"Shop": ["a"], "No": [1]}), table_name="Sales")
    shops = session.read_arrow(pa.table({"Id": ["a"]}), keys={"Id"}, table_name="Shops")
    numbers = session.create_table("Numbers", data_types={"No": "int64"}, keys={"No"})
    sales.join(shops, {"Shop": "Id"})
    sales.join(numbers)
    limit = TimeLimit(None, "", "")
    with session._store.read() as snapshot:
        found = [Matching().found(link, snapshot, limit) for link in sales.links]

    assert found == [Match(complete=True), Match(complete=False)]


def test_a_link_of_two_columns_is_complete_or_not(session: al.Session) -> None:
    """Both columns have to find one row, so that there are no bounds."""
    given = pa.table({"Shop": [1, 1, 2], "Day": [1, 2, 1]})
    sales = session.read_arrow(given, table_name="Sales")
    for name, days in (("All", given), ("Some", given.slice(1))):
        sales.join(session.read_arrow(days, keys=("Shop", "Day"), table_name=name))
    limit = TimeLimit(None, "", "")
    with session._store.read() as snapshot:
        found = [Matching().found(link, snapshot, limit) for link in sales.links]

    assert found == [Match(complete=True), Match(complete=False)]


def test_many_facts_are_filtered_by_a_table_that_is_not_shown(session: al.Session) -> None:
    """Each shop sells half of its units as pens; the last one is not in the table of shops."""
    sales = session.read_arrow(
        pa.table(
            {
                "Shop": [*"abcde"] * 20_000,
                "Item": [0, 0, 0, 0, 0, 1, 1, 1, 1, 1] * 10_000,
                "Units": [1] * 100_000,
            }
        ),
        table_name="Sales",
    )
    shops: dict[str, list[Any]] = {"Shop": list("abcd"), "City": ["Paris", "Paris", "Lyon", "Lyon"]}
    items: dict[str, list[Any]] = {"Item": [0, 1], "Kind": ["pen", "ink"]}
    sales.join(session.read_arrow(pa.table(shops), keys=("Shop",), table_name="Shops"))
    sales.join(session.read_arrow(pa.table(items), keys=("Item",), table_name="Items"))
    cube = session.create_cube(sales)

    found = cube.query(
        "Units.SUM", levels="City", filter=cube.levels["Kind"] == "pen", mode="arrow"
    )

    units = dict(zip(found["City"].to_pylist(), found["Units.SUM"].to_pylist(), strict=True))
    assert units == {"Paris": 20_000, "Lyon": 20_000, None: 10_000}


@pytest.mark.parametrize("key", [None, -1, 5, 200_001])
def test_facts_without_partners_stay_in_fast_joins(session: al.Session, key: int | None) -> None:
    """Beyond the bounds of the keys, or without one: all under the member ``None``."""
    many = 200_000
    frame = pd.DataFrame({"shop": pd.array([n % 5 for n in range(many)], "Int64"), "units": 1})
    frame.loc[: many // 2 - 1, "shop"] = key
    sales = session.read_pandas(frame, table_name="Sales")
    shops = session.read_pandas(
        pd.DataFrame({"shop": [0, 1, 2, 3, 4], "city": list("aabbb")}),
        keys={"shop"},
        table_name="Shops",
    )
    sales.join(shops)
    cube = session.create_cube(sales)

    found = cube.query("units.SUM", levels=["city"], include_totals=True, mode="arrow")
    explained = cube.query("units.SUM", levels=["city"], mode="arrow", explain=True).statement

    rows = {(row["city"], row["_depth"]): row["units.SUM"] for row in found.to_pylist()}
    assert rows == {
        (None, 0): many,
        ("a", 1): many // 5,
        ("b", 1): 3 * many // 10,
        (None, 1): many // 2,
    }
    assert "BETWEEN" in explained
    assert "LEFT JOIN" not in explained


# ---- explain ------------------------------------------------------------------------------------


def test_explain_says_how_a_query_was_answered(session: al.Session) -> None:
    """Statement, plan, times, source; values are kept but not shown."""
    cube = session.create_cube(session.read_pandas(frame(10, 2), table_name="T"))
    city = cube.levels["Group"]

    explanation = cube.query("Price.SUM", levels=["Half"], filter=city == "g1", explain=True)

    assert explanation.statement.startswith(("SELECT", "WITH"))
    assert (explanation.source, explanation.tables, explanation.rows) == ("facts", ("T",), 1)
    assert "g1" in explanation.parameters
    assert set(explanation.seconds) == {"planning", "sql", "shaping"}
    assert min(explanation.seconds.values()) >= 0
    assert "rows" in explanation.plan
    text = repr(explanation)
    assert explanation.statement in text
    assert "g1" not in text.replace(explanation.plan, "")
    assert "<pre>" in explanation._repr_html_()


def test_explain_runs_past_the_cache(session: al.Session) -> None:
    """Its times are those of the engine."""
    cube = session.create_cube(session.read_pandas(frame(10, 2), table_name="T"))
    cube.query("Price.SUM", levels="Group")

    assert len(statements(session, cube, levels="Group", explain=True)) >= 2


# ---- threads ------------------------------------------------------------------------------------


def test_queries_beside_loads_see_whole_states(session: al.Session) -> None:
    """Every answer is the total of some whole loads, and totals agree with their parts."""
    table = session.create_table("T", data_types={"Group": "string", "Price": "double"})
    cube = session.create_cube(table)
    load = pd.DataFrame({"Group": ["a", "b"], "Price": [1.0, 2.0]})
    wrong: list[str] = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.is_set():
            result = cube.query("Price.SUM", levels="Group", include_totals=True, mode="raw")
            whole = result.loc[result["_depth"] == 0, "Price.SUM"].fillna(0).tolist()
            parts = result.loc[result["_depth"] == 1, "Price.SUM"].tolist()
            if sum(parts) != whole[0] or whole[0] % 3:
                wrong.append(f"{parts} {whole}")

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(30):
        table.load(load)
    ended.set()
    for thread in threads:
        thread.join()

    assert not wrong
    assert cube.query("Price.SUM")["Price.SUM"].iloc[0] == 90.0
