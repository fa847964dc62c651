"""Lists are aggregated position by position."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

import atomlite as al
from atomlite.cubes.checking.verifying import Verification
from atomlite.cubes.planning import leaves
from atomlite.errors import (
    InvalidAggregate,
    InvalidMeasure,
    InvalidQuery,
    ResultTooLarge,
    WrongType,
)

WHOLE = pa.list_(pa.int32())
ROWS: list[tuple[str | None, int, list[int | None] | None]] = [
    ("a", 1, [1, 2]),
    ("a", 2, [3, None, 5]),
    ("b", 1, []),
    ("b", 2, None),
    ("c", 1, [None]),
    (None, 2, [7]),
]


def cube_of(session: al.Session, rows: Any = ROWS, kind: pa.DataType = WHOLE) -> al.Cube:  # noqa: ANN401 -- rows
    """Return a cube of rows with a shop, a year and a list."""
    shops, years, lists = zip(*rows, strict=True)
    columns: dict[str, Any] = {
        "shop": pa.array(shops, pa.string()),
        "year": pa.array(years, pa.int64()),
        "list": pa.array(lists, kind),
    }
    table = session.read_arrow(pa.table(columns), table_name="Facts")
    cube = session.create_cube(table, mode="manual")
    for name in ("shop", "year"):
        cube.hierarchies[name] = [table[name]]
    for name in ("sum", "mean", "min", "max"):
        cube.measures[name] = getattr(al.agg, name)(table["list"])
    return cube


def cells(cube: al.Cube, measure: str, level: str = "shop", **asked: Any) -> dict[object, object]:  # noqa: ANN401 -- as `Cube.query` has them
    """Return a measure by member, and in all under "*"."""
    asked = {"levels": level, "include_totals": True, **asked}
    rows = cube.query(measure, **asked, mode="arrow").to_pylist()
    return {row[level] if row["_depth"] else "*": row[measure] for row in rows}


def whole(session: al.Session, rows: Any, kind: pa.DataType, measure: str) -> Any:  # noqa: ANN401 -- rows and values
    """Return a measure of all rows of lists."""
    cube = cube_of(session, [("a", 1, row) for row in rows], kind)
    (value,) = cube.query(measure, mode="arrow")[measure].to_pylist()
    return value


@pytest.mark.parametrize(
    ("measure", "in_all", "of_a", "of_one"),
    [
        ("sum", [11, 2, 5], [4, 2, 5], [7]),
        ("mean", [11 / 3, 2.0, 5.0], [2.0, 2.0, 5.0], [7.0]),
        ("min", [1, 2, 5], [1, 2, 5], [7]),
        ("max", [7, 2, 5], [3, 2, 5], [7]),
    ],
)
def test_nulls_and_ends_of_lists_are_passed_over(
    session: al.Session, measure: str, in_all: object, of_a: object, of_one: object
) -> None:
    """A position is null where nothing is left, a cell where no list has elements."""
    expected = {"*": in_all, "a": of_a, "b": None, "c": [None], None: of_one}

    assert cells(cube_of(session), measure) == expected


def test_a_position_that_is_null_everywhere_keeps_its_place(session: al.Session) -> None:
    """So do those at the end of the longest list."""
    assert whole(session, [[1, None, 3, None], [1, None]], WHOLE, "sum") == [2, None, 3, None]


def test_there_is_a_total_without_facts(session: al.Session) -> None:
    """It is null."""
    cube = cube_of(session)
    cube.measures["length"] = al.array.len(cube.measures["sum"])
    condition = cube.levels["shop"] == "nowhere"

    assert cells(cube, "sum", filter=condition) == {"*": None}
    assert cells(cube, "length", filter=condition) == {"*": None}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (pa.list_(pa.int8()), {"sum": "int64", "mean": "double", "max": "int8"}),
        (pa.list_(pa.float32(), 2), {"sum": "double", "mean": "double", "max": "float"}),
        (
            pa.large_list(pa.decimal128(5, 2)),
            {"sum": "decimal128(38, 2)", "mean": "double", "max": "decimal128(5, 2)"},
        ),
    ],
    ids=str,
)
def test_types_are_those_of_the_elements(
    session: al.Session, kind: pa.DataType, expected: dict[str, str]
) -> None:
    """As measures know them, and as they are answered."""
    cube = cube_of(session, [("a", 1, [1, 2]), ("a", 1, [3, 4])], kind)

    for measure, element in expected.items():
        answered = cube.query(measure, mode="arrow").schema.field(measure).type
        assert cube.measures[measure].data_type == answered
        assert str(answered.value_type) == element
    assert cells(cube, "sum") == {"*": [4, 6], "a": [4, 6]}
    assert cells(cube, "mean") == {"*": [2.0, 3.0], "a": [2.0, 3.0]}


def test_sums_are_exact(session: al.Session) -> None:
    """Of integers beyond doubles, and of decimals."""
    big = 2**62 - 1
    assert whole(session, [[big, 1], [big + 1, None]], pa.list_(pa.int64()), "sum") == [
        2**63 - 1,
        1,
    ]
    assert whole(session, [[big], [big + 2]], pa.list_(pa.int64()), "mean") == [2.0**62]
    cents = Decimal("99999999999999.99")
    found = whole(session, [[cents], [cents]], pa.list_(pa.decimal128(16, 2)), "sum")
    assert found == [Decimal("199999999999999.98")]


def test_the_mean_of_the_widest_decimals(session: al.Session) -> None:
    """Their sum has no decimal; the mean has a double."""
    rows = [[Decimal("9" * 38)]] * 3

    assert whole(session, rows, pa.list_(pa.decimal128(38, 0)), "mean") == [pytest.approx(1e38)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [(pa.list_(pa.int64()), 2**62), (pa.list_(pa.decimal128(38, 0)), Decimal("9" * 38))],
    ids=str,
)
def test_a_sum_that_is_too_large_is_refused(
    session: al.Session, kind: pa.DataType, value: object
) -> None:
    """At any position; it never wraps."""
    with pytest.raises(ResultTooLarge):
        whole(session, [[1, value], [1, value]], kind, "sum")


def test_nan_counts_as_a_value(session: al.Session) -> None:
    """It is above all numbers."""
    rows = [[1.0, 2.0], [math.nan, 3.0]]
    total, high, low = (
        whole(session, rows, pa.list_(pa.float64()), f) for f in ("sum", "max", "min")
    )

    assert math.isnan(total[0])
    assert total[1] == 5.0
    assert math.isnan(high[0])
    assert low == [1.0, 2.0]


def test_measures_are_made_of_such_lists(session: al.Session) -> None:
    """Value at risk, one element, the sum of all: in cells and totals."""
    rows = [("a", 1, [3, -5, 1]), ("a", 1, [1, 1, 1]), ("b", 2, [-6, 9, 0])]
    cube = cube_of(session, rows)
    listed = cube.measures["sum"]
    cube.measures["risk"] = al.array.quantile(listed, 0.5)
    cube.measures["first"] = listed[0]
    cube.measures["in all"] = al.array.sum(listed)

    assert cells(cube, "risk") == {"*": 2.0, "a": 2.0, "b": 0.0}
    assert cells(cube, "first") == {"*": -2, "a": 4, "b": -6}
    assert cells(cube, "in all") == {"*": 5, "a": 2, "b": 3}


def test_calculated_lists_and_several_columns(session: al.Session) -> None:
    """Each has its own positions."""
    cube = cube_of(session)
    column = al.Column("Facts", "list", WHOLE)
    cube.measures["gains"] = al.agg.sum(al.array.prefix_sum(column))
    cube.measures["rows"] = al.agg.count(column)

    rows = cube.query("gains", "sum", "rows", levels="shop", mode="arrow").to_pylist()
    (found,) = [row for row in rows if row["shop"] == "a"]

    assert found == {"shop": "a", "_depth": 1, "gains": [4, 3, 8], "sum": [4, 2, 5], "rows": 2}


# ---- which facts -------------------------------------------------------------------------------


def test_filters_decide_which_positions_there_are(session: al.Session) -> None:
    """Those of the query, and those of a measure."""
    cube = cube_of(session)
    cube.measures["of 1"] = al.filter(cube.measures["sum"], cube.levels["year"] == 1)
    expected: dict[object, object] = {"*": [1, 2], "a": [1, 2], "b": None, "c": [None]}

    assert cells(cube, "sum", filter=cube.levels["year"] == 1) == expected
    assert cells(cube, "of 1") == {**expected, None: None}


def test_a_slicing_hierarchy_stays_at_its_first_member(session: al.Session) -> None:
    """Where it is not expressed."""
    cube = cube_of(session)
    cube.hierarchies["year"].slicing = True

    assert cells(cube, "sum") == {"*": [1, 2], "a": [1, 2], "b": None, "c": [None]}
    assert cells(cube, "sum", "year") == {1: [1, 2], 2: [10, None, 5]}


def test_totals_of_visible_cells(session: al.Session) -> None:
    """They are made of the facts of these cells alone."""
    cube = cube_of(session)
    first = cube.measures["first"] = cube.measures["sum"][0]

    found = cells(cube, "sum", filter=first > 4, totals="visible")

    assert found == {"*": [7], None: [7]}
    assert cells(cube, "sum", filter=first > 4) == {"*": [11, 2, 5], None: [7]}


def test_empty_rows(session: al.Session) -> None:
    """Members without facts are there, and null."""
    cube = cube_of(session)
    answer = cube.query("max", levels=["shop", "year"], include_empty_rows=True, mode="arrow")
    rows = answer.to_pylist()

    assert len(rows) == 8
    assert {(row["shop"], row["year"]): row["max"] for row in rows if row["max"]} == {
        ("a", 1): [1, 2],
        ("a", 2): [3, None, 5],
        ("c", 1): [None],
        (None, 2): [7],
    }


def test_measures_of_other_cells(session: al.Session) -> None:
    """A list is looked up as any value."""
    cube = cube_of(session)
    cube.measures["total"] = al.total(cube.measures["sum"], cube.hierarchies["shop"])
    cube.measures["a"] = al.at(cube.measures["sum"], cube.levels["shop"] == "a")

    assert set(map(str, cells(cube, "total").values())) == {"[11, 2, 5]"}
    assert set(map(str, cells(cube, "a").values())) == {"[4, 2, 5]"}


def offered(session: al.Session) -> al.Cube:
    """Return a cube of facts that may have several offers, which have lists too."""
    cube = cube_of(session, [("a", 1, [1, 2]), ("a", 2, [10]), ("b", 1, [5, None, 5])])
    offers: dict[str, Any] = {
        "id": [1, 2, 3],
        "shop": ["a", "a", "b"],
        "kind": ["x", "y", "x"],
        "steps": [[1], [2, 3], [4]],
    }
    target = session.read_arrow(pa.table(offers), table_name="Offers", keys=["id"])
    facts = session.tables["Facts"]
    facts.join(target, facts["shop"] == target["shop"])
    cube.hierarchies["kind"] = [target["kind"]]
    cube.measures["steps"] = al.agg.sum(target["steps"], per="partner")
    cube.measures["highest"] = al.agg.max(target["steps"])
    return cube


def test_facts_count_once_whatever_their_partners(session: al.Session) -> None:
    """In each cell, totals included; and partners whatever their facts."""
    cube = offered(session)

    assert cells(cube, "sum", "kind") == {"*": [16, 2, 5], "x": [16, 2, 5], "y": [11, 2]}
    assert cells(cube, "steps", "kind") == {"*": [7, 3], "x": [5], "y": [2, 3]}
    assert cells(cube, "highest", "kind") == {"*": [4, 3], "x": [4], "y": [2, 3]}


# ---- checking ----------------------------------------------------------------------------------


def verified(cube: al.Cube) -> Verification:
    """Return what a comparison of many queries found."""
    return cube.verify(30, seed=3)


def test_the_second_way_agrees(session: al.Session) -> None:
    """Of facts and of partners."""
    cube = offered(session)
    cube.measures["in all"] = al.array.sum(cube.measures["mean"])
    report = verified(cube)

    assert report.differences.empty, report
    assert report.not_checked == {}


def test_the_second_way_is_another(session: al.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not follow a mistake of the first."""
    cube = cube_of(session)
    monkeypatch.setitem(leaves._SIMPLE, "max", "min({})")

    assert set(verified(cube).differences["measure"]) == {"max"}


def test_a_cell_explains_itself_and_adds_up_its_rows(session: al.Session) -> None:
    """By formula and facts, position by position."""
    cell = cube_of(session).query("sum", levels="shop", mode="pretty").cell("sum", {"shop": "a"})
    rows = cell.rows()

    assert "sum = agg.sum(list)" in str(cell.explain())
    assert rows["list"].map(list).tolist() == [[1, 2], [3, None, 5]]
    assert rows.attrs["check"] == "2 facts give [4, 2, 5], the value of the cell."


def test_they_do_not_add_up_as_numbers(session: al.Session) -> None:
    """Nor does what is made of them."""
    cube = cube_of(session)
    cube.measures["first"] = cube.measures["sum"][0]

    assert cube.measures["sum"].additivity.kind == "non-additive"
    assert cube.measures["first"].additivity.kind == "non-additive"
    with pytest.raises(InvalidQuery, match="neither additive"):
        cube.diff(cube.levels["year"] == 1, cube.levels["year"] == 2, "mean", levels=["shop"])


def test_aggregate_tables_do_not_hold_them(session: al.Session) -> None:
    """No more than medians."""
    cube = cube_of(session)

    with pytest.raises(InvalidAggregate, match="needs all values"):
        cube.aggregates.add(levels=["shop"], measures=["sum"])


# ---- refusals ----------------------------------------------------------------------------------

LISTS = al.Column("Facts", "list", WHOLE)
YEAR = al.Column("Facts", "year", pa.int64())


@pytest.mark.parametrize(
    "made",
    [
        lambda: al.agg.median(LISTS),
        lambda: al.agg.std(LISTS),
        lambda: al.agg.distinct(LISTS),
        lambda: al.agg.count_distinct(LISTS),
        lambda: al.agg.sum_product(LISTS, LISTS),
        lambda: al.agg.first(LISTS, by=YEAR),
        lambda: al.agg.sum(al.Column("Facts", "texts", pa.list_(pa.string()))),
        lambda: al.agg.max(al.Column("Facts", "truths", pa.list_(pa.bool_()))),
        lambda: al.agg.min(al.Column("Facts", "nested", pa.list_(WHOLE))),
    ],
)
def test_other_aggregates_of_lists_are_refused(made: Callable[[], object]) -> None:
    """The message says which there are."""
    with pytest.raises(WrongType, match=r"got list<.*`agg\.sum`, `agg\.mean`, `agg\.min` and"):
        made()


def test_scopes_and_partners_of_facts_are_refused(session: al.Session) -> None:
    """As ever."""
    cube = cube_of(session)
    scoped = al.agg.sum(cube.measures["sum"], scope=al.OriginScope(cube.levels["shop"]))

    with pytest.raises(WrongType, match="list"):
        cube.measures["scoped"] = scoped
    with pytest.raises(InvalidMeasure, match="not a joined table"):
        cube.measures["partners"] = al.agg.sum(LISTS, per="partner")
    with pytest.raises(WrongType, match="no comparisons"):
        cube.query("sum", filter=cube.measures["sum"] > 1)
