"""Random searches beside plain Python that does the same, row by row."""

from __future__ import annotations

import datetime as dt
import functools
import math
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.expressions.columns import Column, Ordering
from atomlite.expressions.conditions import Condition, nothing
from atomlite.tables.links import Link
from atomlite.tables.search import planning
from atomlite.tables.search.values import Aggregate, AggregateFunction, JoinedTable, Search
from atomlite.types import EVERYTHING, View

Row = Mapping[str, object]
Truth = Callable[[Row], bool | None]

_ROWS = 5000
_TEXTS = [None, "", "a", "A", "Å", "å", "ß", "Z%", "z_z", "\\", "東京", "🙂", "É", "é", "zz", "a b"]
_FLOATS = [None, math.nan, -0.0, 0.0, 1.5, -1.5, math.inf, -math.inf, 2.5, 1e-300]
_TYPES: dict[str, pa.DataType] = {
    "i": pa.int32(),
    "n": pa.int64(),
    "f": pa.float64(),
    "t": pa.string(),
    "d": pa.date32(),
    "s": pa.timestamp("us"),
    "z": pa.timestamp("ms", "Europe/Paris"),
    "b": pa.bool_(),
    "c": pa.string(),
}
_COMPANY_TYPES: dict[str, pa.DataType] = {
    "id": pa.string(),
    "name": pa.string(),
    "size": pa.int64(),
}
_PARIS = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def _rows() -> list[dict[str, object]]:
    chance = random.Random(11)  # noqa: S311 -- the same rows in each run
    rows: list[dict[str, object]] = []
    for number in range(_ROWS):
        null = chance.random() < 0.1
        day = dt.date(2024, 1, 1) + dt.timedelta(days=chance.randrange(30))
        moment = dt.datetime(2024, 1, 1) + dt.timedelta(hours=chance.randrange(99))  # noqa: DTZ001 -- a clock's reading
        rows.append(
            {
                "i": number * 7919 % _ROWS,
                "n": None if null else chance.randrange(-20, 20),
                "f": chance.choice(_FLOATS),
                "t": chance.choice(_TEXTS),
                "d": chance.choice([None, day, day]),
                "s": chance.choice([None, moment, moment, moment]),
                "z": chance.choice([None, _PARIS + dt.timedelta(hours=chance.randrange(9))]),
                "b": chance.choice([None, True, False]),
                "c": chance.choice([None, "c0", "c1", "c2", "c3", "gone"]),
            }
        )
    return rows


_DATA = _rows()
_COMPANIES: list[Row] = [
    {"id": "c0", "name": "Zed", "size": 5},
    {"id": "c1", "name": None, "size": 7},
    {"id": "c2", "name": "Acme", "size": None},
    {"id": "c3", "name": "Acme", "size": 5},
    {"id": "c4", "name": "Alone", "size": 9},
]


@dataclass(frozen=True)
class World:
    """Two tables with the same rows, one with keys, and the companies that they point to."""

    keyed: al.Table
    bare: al.Table

    def table(self, *, keyed: bool) -> al.Table:
        """Return one of them."""
        return self.keyed if keyed else self.bare


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """Load the tables once; searches change nothing."""
    with al.Session.start() as session:
        companies = session.create_table("Company", data_types=_COMPANY_TYPES, keys={"id"})
        companies.load(pa.Table.from_pylist(_COMPANIES, schema=pa.schema(_COMPANY_TYPES)))
        tables = []
        for name, keys in (("Keyed", ["i"]), ("Bare", [])):
            table = session.create_table(name, data_types=_TYPES, keys=keys)
            table.load(pa.Table.from_pylist(_DATA, schema=pa.schema(_TYPES)))
            table.join(companies, table["c"] == companies["id"])
            tables.append(table)
        yield World(*tables)


# ---- what rows are, in Python --------------------------------------------------------------------


def _joined_rows(kind: str | None, hidden: Callable[[Row], bool] = lambda _: False) -> list[Row]:
    partners = {str(c["id"]): c for c in _COMPANIES if not hidden(c)}
    rows: list[Row] = []
    for number, row in enumerate(_DATA):
        partner = partners.get(str(row["c"]))
        if kind == "inner" and partner is None:
            continue
        beside = {f"company.{name}": partner and partner[name] for name in _COMPANY_TYPES}
        rows.append({**row, **(beside if kind else {}), "#": number})
    return rows


def _compared(left: object, right: object) -> int:
    """Return -1, 0 or 1; NaN is above all and equal to itself."""
    nans = [isinstance(v, float) and math.isnan(v) for v in (left, right)]
    if any(nans):
        return int(nans[0]) - int(nans[1])
    return int(left > right) - int(left < right)  # type: ignore[operator] # of one type


_OPERATORS: dict[str, Callable[[int], bool]] = {
    "==": lambda c: c == 0,
    "!=": lambda c: c != 0,
    "<": lambda c: c < 0,
    "<=": lambda c: c <= 0,
    ">": lambda c: c > 0,
    ">=": lambda c: c >= 0,
}
_MAKERS: dict[str, Callable[[Column, object], Condition]] = {
    "==": lambda c, v: c == v,
    "!=": lambda c, v: c != v,
    "<": lambda c, v: c < v,
    "<=": lambda c, v: c <= v,
    ">": lambda c, v: c > v,
    ">=": lambda c, v: c >= v,
}


def _lower(text: str) -> str:
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


_CONSTANTS: dict[str, st.SearchStrategy[object]] = {
    "i": st.integers(-1, _ROWS),
    "n": st.integers(-22, 22),
    "f": st.sampled_from([v for v in _FLOATS if v is not None]),
    "t": st.sampled_from([v for v in _TEXTS if v is not None]),
    "d": st.dates(dt.date(2023, 12, 30), dt.date(2024, 2, 1)),
    "s": st.integers(0, 100).map(lambda h: dt.datetime(2024, 1, 1) + dt.timedelta(hours=h)),  # noqa: DTZ001 -- as above
    "z": st.integers(0, 9).map(lambda h: _PARIS + dt.timedelta(hours=h)),
    "b": st.booleans(),
    "c": st.sampled_from(["c0", "c1", "gone", "x"]),
    "company.name": st.sampled_from(["Acme", "Zed", "x"]),
    "company.size": st.integers(4, 10),
}


def _column(table: str, name: str) -> Column:
    if name.startswith("company."):
        short = name.removeprefix("company.")
        return Column("company", short, _COMPANY_TYPES[short])
    return Column(table, name, _TYPES[name])


@st.composite
def _leaves(draw: st.DrawFn, table: str, names: list[str]) -> tuple[Condition, Truth]:
    name = draw(st.sampled_from(names))
    column = _column(table, name)
    kinds = ["compare", "compare", "in", "null", "between"]
    kind = draw(st.sampled_from([*kinds, "text"] if column.data_type == pa.string() else kinds))
    value = draw(_CONSTANTS[name])

    def on(test: Callable[[object], bool]) -> Truth:
        return lambda row: None if row[name] is None else test(row[name])

    if kind == "null":
        return column.isnull(), lambda row: row[name] is None
    if kind == "text":
        return _text_leaf(draw(st.integers(0, 3)), column, str(value), on)
    if kind == "in":
        values = [value, draw(_CONSTANTS[name])]
        if draw(st.booleans()):
            return column.isin(
                [*values, None]
            ), lambda row: row[name] is None or _among(row[name], values)
        return column.isin(values) | nothing(), on(lambda v: _among(v, values))
    if kind == "between":
        high = draw(_CONSTANTS[name])
        between = column.between(value, high)
        return between, on(lambda v: _compared(v, value) >= 0 >= _compared(v, high))
    operator = draw(st.sampled_from(list(_OPERATORS)))
    return _MAKERS[operator](column, value), on(lambda v: _OPERATORS[operator](_compared(v, value)))


def _among(value: object, values: list[object]) -> bool:
    return any(_compared(value, other) == 0 for other in values)


def _text_leaf(
    kind: int, column: Column, text: str, on: Callable[[Callable[[object], bool]], Truth]
) -> tuple[Condition, Truth]:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    if kind == 0:
        return column.contains(text), on(lambda v: text in str(v))
    if kind == 1:
        return column.contains(text, case=False), on(lambda v: _lower(text) in _lower(str(v)))
    if kind == 2:
        return column.starts_with(text, case=False), on(
            lambda v: _lower(str(v)).startswith(_lower(text))
        )
    return column.ilike(f"{escaped}%"), on(lambda v: _lower(str(v)).startswith(_lower(text)))


def _not(truth: Truth) -> Truth:
    def inverse(row: Row) -> bool | None:
        value = truth(row)
        return None if value is None else not value

    return inverse


def _both(left: Truth, right: Truth) -> Truth:
    def both(row: Row) -> bool | None:
        values = left(row), right(row)
        return False if False in values else (None if None in values else True)

    return both


def _either(left: Truth, right: Truth) -> Truth:
    def either(row: Row) -> bool | None:
        values = left(row), right(row)
        return True if True in values else (None if None in values else False)

    return either


def _conditions(table: str, names: list[str]) -> st.SearchStrategy[tuple[Condition, Truth]]:
    return st.recursive(
        _leaves(table, names),
        lambda inner: st.one_of(
            inner.map(lambda c: (~c[0], _not(c[1]))),
            st.tuples(inner, inner).map(lambda p: (p[0][0] & p[1][0], _both(p[0][1], p[1][1]))),
            st.tuples(inner, inner).map(lambda p: (p[0][0] | p[1][0], _either(p[0][1], p[1][1]))),
        ),
        max_leaves=5,
    )


Sort = tuple[str, bool, Literal["first", "last"]]


def _sorts(names: list[str]) -> st.SearchStrategy[list[Sort]]:
    nulls: list[Literal["first", "last"]] = ["first", "last"]
    sort = st.tuples(st.sampled_from(names), st.booleans(), st.sampled_from(nulls))
    return st.lists(sort, max_size=3)


def _sorted(rows: list[Row], sorts: list[Sort], tie: list[str]) -> list[Row]:
    orders: list[Sort] = [*sorts, *((name, False, "last") for name in tie)]
    ranks = {name: _ranks([row[name] for row in rows]) for name, _, _ in orders}

    def key(row: Row) -> list[int]:
        places = []
        for name, descending, nulls in orders:
            rank = ranks[name].get(_identity(row[name]))
            if rank is None:
                places.append(-_ROWS if nulls == "first" else _ROWS)
            else:
                places.append(-rank if descending else rank)
        return places

    return sorted(rows, key=key)


def _identity(value: object) -> object:
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


def _ranks(values: list[object]) -> dict[object, int]:
    """Return the place of each value among all, without nulls."""
    distinct = {_identity(value): value for value in values if value is not None}
    ordered = sorted(distinct.values(), key=functools.cmp_to_key(_compared))
    return {_identity(value): place for place, value in enumerate(ordered)}


def _orderings(table: str, sorts: list[Sort]) -> tuple[Ordering, ...]:
    columns = ((_column(table, name), down, nulls) for name, down, nulls in sorts)
    return tuple(c.desc(nulls=n) if down else c.asc(nulls=n) for c, down, n in columns)


def _company(table: str, kind: Literal["left", "inner"] = "left") -> JoinedTable:
    return JoinedTable("company", Link(table, "Company", (("c", "id"),)), kind)


@dataclass(frozen=True)
class Case:
    """A search, and what Python finds for it."""

    keyed: bool
    search: Search
    view: View
    names: list[str]
    expected: list[Row]


@st.composite
def _cases(draw: st.DrawFn, *, two_texts: bool = False) -> Case:
    keyed = draw(st.booleans())
    table = "Keyed" if keyed else "Bare"
    kind: Literal["left", "inner"] | None = draw(st.sampled_from([None, "left", "inner"]))
    names = list(_TYPES) + (["company.name", "company.size"] if kind else [])
    conditions = _conditions(table, names)
    condition, truth = draw(conditions if two_texts else st.none() | conditions) or (
        None,
        lambda _: True,
    )
    sorts = draw(_sorts(names[1:]).filter(bool)) if two_texts else draw(_sorts(names))
    if two_texts:
        sorts = [*sorts[:1], ("t", draw(st.booleans()), "first")]
    view, small = EVERYTHING, kind is not None and draw(st.booleans())
    if small:  # the reader may see companies of size 5 only
        view = View(joined={"Company": View(condition=_column(table, "company.size") == 5)})
    rows = _joined_rows(kind, (lambda c: c["size"] != 5) if small else (lambda _: False))
    found = [row for row in rows if truth(row) is True]
    shown = draw(st.lists(st.sampled_from(names), min_size=1, max_size=4))
    joins = () if kind is None else (_company(table, kind),)
    search = Search(
        tuple(_column(table, name) for name in shown),
        condition,
        _orderings(table, sorts),
        draw(st.integers(0, 60) | st.just(0)),
        draw(st.integers(0, 80)),
        joins=joins,
    )
    return Case(keyed, search, view, shown, _sorted(found, sorts, ["i"] if keyed else ["#"]))


def _same(found: object, expected: object) -> bool:
    if isinstance(found, float) and isinstance(expected, float):
        return _compared(found, expected) == 0
    return found == expected and type(found) is type(expected)


def _agree(found: list[tuple[object, ...]], expected: list[tuple[object, ...]]) -> bool:
    return len(found) == len(expected) and all(
        _same(a, b) for f, e in zip(found, expected, strict=True) for a, b in zip(f, e, strict=True)
    )


def _cells(rows: list[Row], names: list[str]) -> list[tuple[object, ...]]:
    return [tuple(row[name] for name in names) for row in rows]


@pytest.fixture(params=[0, 20_000], ids=["as for many rows", "as for few"])
def _size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the planner take the tables for large ones, or for small ones."""
    monkeypatch.setattr(planning, "MANY_ROWS", request.param)


_one_size = settings(
    # Each takes a tenth of a second, most of it in the oracle.
    max_examples=max(20, settings().max_examples // 25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.mark.usefixtures("_size")
@_one_size
@given(case=_cases())
def test_a_page_is_what_python_finds(world: World, case: Case) -> None:
    """Rows, their order, their number and whether more follow, in both forms."""
    search, expected = case.search, case.expected
    assert search.limit is not None
    end = search.offset + search.limit
    cells = _cells(expected[search.offset : end], case.names)

    with world.table(keyed=case.keyed).reading(case.view) as reader:
        page = reader.page(search, count="exact", form="values", with_last=True)
        table = reader.page(search, count=100).rows
        capped = reader.page(search, count=100)

    assert isinstance(page.rows, list)
    assert _agree(page.rows, cells)
    assert (page.total, page.more_than) == (len(expected), False)
    assert page.more == (end < len(expected))
    assert (page.last is None) == (not cells)
    assert isinstance(table, pa.Table)
    assert _agree(list(zip(*(c.to_pylist() for c in table.columns), strict=True)), cells)
    assert (capped.total, capped.more_than) == (min(100, len(expected)), len(expected) > 100)


@_one_size
@given(case=_cases(two_texts=True))
def test_a_page_found_while_counting_is_the_same(
    world: World, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a second text to sort by, ties and nulls at the end of the page, in any direction."""
    monkeypatch.setattr(planning, "MANY_ROWS", 0)
    search = case.search
    assert search.limit is not None
    end = search.offset + search.limit

    with world.table(keyed=case.keyed).reading(case.view) as reader:
        page = reader.page(search, count="exact", form="values", with_last=True)

    assert isinstance(page.rows, list)
    assert _agree(page.rows, _cells(case.expected[search.offset : end], case.names))
    assert (page.total, page.more) == (len(case.expected), end < len(case.expected))


@pytest.mark.slow
@pytest.mark.usefixtures("_size")
@_one_size
@given(case=_cases(), size=st.integers(100, 900))
def test_pages_one_after_another_are_the_whole(world: World, case: Case, size: int) -> None:
    """By the last row of each page: every row once, in order, whatever the order is."""
    search = replace(case.search, offset=0, limit=size)
    found: list[tuple[object, ...]] = []
    with world.table(keyed=case.keyed).reading(case.view) as reader:
        while True:
            page = reader.page(search, form="values", with_last=True, count="exact")
            assert isinstance(page.rows, list)
            assert page.total == len(case.expected)
            found += page.rows
            if not page.more:
                break
            search = replace(search, after=page.last)

    assert _agree(found, _cells(case.expected, case.names))


_FUNCTIONS: dict[AggregateFunction, list[str]] = {
    "count": ["t", "f", "n"],
    "count_distinct": ["t", "n", "d", "f"],
    "sum": ["n", "i"],
    "mean": ["n", "i"],
    "min": ["f", "t", "d", "s", "n"],
    "max": ["f", "t", "d", "s", "n"],
}


def _aggregated(function: str, values: list[object]) -> object:
    present = [value for value in values if value is not None]
    if function == "count":
        return len(present)
    if function == "count_distinct":
        distinct: list[object] = []
        for value in present:
            if not _among(value, distinct):
                distinct.append(value)
        return len(distinct)
    if not present:
        return None
    if function in {"sum", "mean"}:
        total = sum(int(str(value)) for value in present)
        return total if function == "sum" else total / len(present)
    ordered = sorted(present, key=functools.cmp_to_key(_compared))
    return ordered[0 if function == "min" else -1]


@st.composite
def _group_cases(draw: st.DrawFn) -> tuple[Search, list[str], list[tuple[object, ...]]]:
    condition, truth = draw(st.none() | _conditions("Keyed", list(_TYPES))) or (
        None,
        lambda _: True,
    )
    names = draw(
        st.lists(st.sampled_from(["n", "t", "b", "company.name"]), unique=True, max_size=2)
    )
    chosen = draw(
        st.lists(
            st.sampled_from(list(_FUNCTIONS)).flatmap(
                lambda f: st.tuples(st.just(f), st.sampled_from(_FUNCTIONS[f]))
            ),
            min_size=0 if names else 1,
            max_size=3,
        )
    )
    aggregates = [
        Aggregate(f"a{n}", function, _column("Keyed", name))
        for n, (function, name) in enumerate(chosen)
    ]
    groups: dict[str, list[Row]] = {}
    for row in _joined_rows("left"):
        if truth(row) is True:
            groups.setdefault(repr([row[name] for name in names]), []).append(row)
    if not names:
        groups = {"": [row for rows in groups.values() for row in rows]}
    results: list[Row] = []
    for rows in groups.values():
        result: dict[str, object] = {name: rows[0][name] for name in names}
        for aggregate, (function, name) in zip(aggregates, chosen, strict=True):
            result[aggregate.name] = _aggregated(function, [row[name] for row in rows])
        results.append(result)
    columns = names + [aggregate.name for aggregate in aggregates]
    sorts = draw(_sorts(columns))
    orderings = [
        (Column("", n, pa.null()) if n.startswith("a") else _column("Keyed", n), down, nulls)
        for n, down, nulls in sorts
    ]
    search = Search(
        filter=condition,
        order_by=tuple(c.desc(nulls=k) if d else c.asc(nulls=k) for c, d, k in orderings),
        limit=draw(st.integers(0, 30)),
        joins=(_company("Keyed"),),
        group_by=tuple(_column("Keyed", name) for name in names),
        aggregates=tuple(aggregates),
    )
    return search, columns, _cells(_sorted(results, sorts, names), columns)


@_one_size
@given(case=_group_cases())
def test_groups_are_what_python_finds(
    world: World, case: tuple[Search, list[str], list[tuple[object, ...]]]
) -> None:
    """Groups with null as a value, exact sums, and their order; page after page, too."""
    search, columns, expected = case
    assert search.limit is not None
    found: list[tuple[object, ...]] = []
    with world.keyed.reading() as reader:
        page = reader.page(search, count="exact", form="values")
        assert page.total == len(expected)
        assert isinstance(page.rows, list)
        assert _agree(page.rows, expected[: search.limit])
        walk = replace(search, limit=7)
        while True:
            page = reader.page(walk, form="values", with_last=True)
            assert isinstance(page.rows, list)
            found += page.rows
            if not page.more:
                break
            walk = replace(walk, after=page.last)
    assert _agree(found, expected), columns


@_one_size
@given(case=_cases(), name=st.sampled_from(["t", "n", "f", "b", "d", "z"]))
def test_facets_are_what_python_counts(world: World, case: Case, name: str) -> None:
    """The most frequent values first, equal ones in the order of the values, null last."""
    counts: list[tuple[object, int]] = []
    for row in case.expected:
        for n, (value, count) in enumerate(counts):
            if value is row[name] or (
                None not in (value, row[name]) and _compared(value, row[name]) == 0
            ):
                counts[n] = (value, count + 1)
                break
        else:
            counts.append((row[name], 1))
    rows: list[Row] = [{"value": value, "count": count} for value, count in counts]
    ordered = _sorted(rows, [("count", True, "last"), ("value", False, "last")], [])
    table = world.table(keyed=case.keyed)

    with table.reading(case.view) as reader:
        facet = reader.facet(case.search, table[name], limit=5, seconds=60)

    expected = _cells(ordered, ["value", "count"])
    assert _agree([*facet.values], expected[:5])
    assert facet.more == (len(expected) > 5)
