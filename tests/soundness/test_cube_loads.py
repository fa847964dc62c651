"""Cubes while their tables change: each answer is of one instant, cached and aggregated or not."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import atomlite as al
from atomlite.cubes.cube import Cube

ROWS = "contributors.COUNT"
MEASURES = ("units", "mean", "least", "most", ROWS)


def _cells(cube: Cube, *measures: str, **asked: Any) -> dict[tuple[Any, ...], tuple[Any, ...]]:  # noqa: ANN401 -- keyword arguments
    table = cube.query(*measures, **asked, mode="arrow")
    at = table.column_names.index("_depth")
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    found = {row[: row[at]]: row[at + 1 :] for row in rows}
    assert len(found) == len(rows)
    return found


# ---- one instant ---------------------------------------------------------------------------------


def test_a_query_while_loads_run_sees_one_instant(session: al.Session) -> None:
    """Each transaction adds a row and its opposite in two loads; no query sees one of them."""
    types = {"id": "int64", "item": "string", "shop": "int64", "units": "int64"}
    facts = session.create_table("facts", data_types=types, keys={"id"})
    shops = session.create_table(
        "shops", data_types={"shop": "int64", "city": "string"}, keys={"shop"}
    )
    facts.join(shops)
    cube = session.create_cube(facts, mode="no_measures")
    cube.measures["units"] = al.agg.sum(facts["units"])
    done = threading.Event()
    seen: list[int] = []
    wrong: list[object] = []

    def ask() -> None:
        while not done.is_set():
            found = _cells(cube, "units", ROWS, levels=[cube.levels["item"]], include_totals=True)
            total, count = found.pop(())
            parts = [value for value, _ in found.values()]
            if count is not None:
                seen.append(count)
                if total != 0 or count % 2 or sum(parts) != 0 or len(found) % 2:
                    wrong.append((total, count, found))

    readers = [threading.Thread(target=ask) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        for number in range(40):
            with session.tables.data_transaction():
                facts += (2 * number, f"a{number % 5}", number, number + 1)
                shops += (number, "Paris")
                facts += (2 * number + 1, f"b{number % 5}", number, -number - 1)
    finally:
        done.set()
        for reader in readers:
            reader.join()

    assert wrong == []
    assert seen
    assert _cells(cube, "units", ROWS) == {(): (0, 80)}
    assert _cells(cube, ROWS, levels=[cube.levels["city"]]) == {("Paris",): (80,)}


def test_two_loads_at_once(session: al.Session) -> None:
    """Both are there in the end, and each answer holds whole loads only."""
    facts = session.create_table("facts", data_types={"who": "string", "units": "int64"})
    cube = session.create_cube(facts)
    batch = 50
    wrong: list[object] = []

    def load(who: str) -> None:
        for _ in range(10):
            facts.load(pa.table({"who": [who] * batch, "units": [1] * batch}))
            found = _cells(cube, "units.SUM", levels=[cube.levels["who"]])
            wrong.extend(value for (value,) in found.values() if value % batch)

    threads = [threading.Thread(target=load, args=(who,)) for who in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []
    found = _cells(cube, "units.SUM", levels=[cube.levels["who"]])
    assert found == {("a",): (500,), ("b",): (500,)}


# ---- aggregate tables and the cache --------------------------------------------------------------

_items = st.sampled_from(["pen", "ink", None])
_units = st.none() | st.integers(-3, 9)
_facts = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3), _items, _units), max_size=6)
_shops = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["Paris", "Lyon", None])), max_size=3
)
_FACT_TYPES: dict[str, pa.DataType] = {
    "id": pa.int64(),
    "shop": pa.int64(),
    "item": pa.string(),
    "units": pa.int64(),
}
_SHOP_TYPES: dict[str, pa.DataType] = {"shop": pa.int64(), "city": pa.string()}
_FACTS, _SHOPS = pa.schema(_FACT_TYPES), pa.schema(_SHOP_TYPES)
_LEVELS = (
    (),
    ("item",),
    ("city",),
    ("item", "city"),
    ("city", "item"),
    ("shop",),
)


def _arrow(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in rows], schema=schema
    )


class _Undo(Exception):
    """Rolls a transaction back."""


class CubesMachine(RuleBasedStateMachine):
    """Changes the tables of two sessions alike: one has aggregates and a cache, the other not."""

    sessions: tuple[al.Session, al.Session]
    covered = 0

    @initialize()
    def begin(self) -> None:
        """Make empty tables and cubes."""
        self.facts: dict[int, tuple[Any, ...]] = {}
        self.shops: dict[int, tuple[Any, ...]] = {}
        self.checks = 0
        self.cubes = [self._cube(session) for session in self.sessions]
        self.aggregate(("item",))

    def _cube(self, session: al.Session) -> Cube:
        for mapping in (session.cubes, session.tables):
            for name in list(mapping):
                del mapping[name]
        facts = session.read_arrow(_arrow([], _FACTS), table_name="facts", keys={"id"})
        shops = session.read_arrow(_arrow([], _SHOPS), table_name="shops", keys={"shop"})
        facts.join(shops)
        cube = session.create_cube(facts, mode="manual")
        for column in (facts["item"], facts["shop"], shops["city"]):
            cube.hierarchies["D", column.name] = [column]
        cube.measures["units"] = al.agg.sum(facts["units"])
        cube.measures["mean"] = al.agg.mean(facts["units"])
        cube.measures["least"] = al.agg.min(facts["units"])
        cube.measures["most"] = al.agg.max(facts["units"])
        return cube

    @rule(rows=_facts)
    def load_facts(self, rows: list[tuple[Any, ...]]) -> None:
        """Load rows, some in the place of others."""
        for session in self.sessions:
            session.tables["facts"].load(_arrow(rows, _FACTS))
        self.facts.update({row[0]: row for row in rows})

    @rule(rows=_shops)
    def load_shops(self, rows: list[tuple[Any, ...]]) -> None:
        """Load partners: orphans find one, others change."""
        for session in self.sessions:
            session.tables["shops"].load(_arrow(rows, _SHOPS))
        self.shops.update({row[0]: row for row in rows})

    @rule(low=st.integers(0, 12))
    def drop(self, low: int) -> None:
        """Delete facts."""
        for session in self.sessions:
            table = session.tables["facts"]
            table.drop(table["id"] < low)
        self.facts = {key: row for key, row in self.facts.items() if key >= low}

    @rule(rows=_facts)
    def undo(self, rows: list[tuple[Any, ...]]) -> None:
        """Load, ask inside of the transaction, and roll it back."""
        kept = {**self.facts, **{row[0]: row for row in rows}}
        for session, cube in zip(self.sessions, self.cubes, strict=True):
            block = session.tables.data_transaction()
            block.__enter__()
            session.tables["facts"].load(_arrow(rows, _FACTS))
            found = _cells(cube, ROWS)
            block.__exit__(_Undo, _Undo(), None)
            assert found == {(): (len(kept) or None,)}

    @precondition(lambda self: len(self.cubes[0].aggregates) < 2)
    @rule(levels=st.sampled_from([("item",), ("city",), ("item", "city"), ("item", "shop")]))
    def aggregate(self, levels: tuple[str, ...]) -> None:
        """Declare an aggregate table."""
        cube = self.cubes[0]
        cube.aggregates.add(levels=[cube.levels[name] for name in levels], measures=list(MEASURES))

    @precondition(lambda self: len(self.cubes[0].aggregates) > 0)
    @rule()
    def forget(self) -> None:
        """Delete an aggregate table."""
        aggregates = self.cubes[0].aggregates
        del aggregates[next(iter(aggregates))]

    @invariant()
    def both_answer_alike(self) -> None:
        """Every query gives the same cells with and without, and they are those of the rows."""
        self.checks += 1
        for levels in _LEVELS[self.checks % 2 :: 2]:
            answers = [
                _cells(
                    cube,
                    *MEASURES,
                    levels=[cube.levels[name] for name in levels],
                    include_totals=True,
                )
                for cube in self.cubes
            ]
            assert answers[0] == answers[1] == self._expected(levels)
        plan = self.cubes[0].query("units", levels=[self.cubes[0].levels["item"]], explain=True)
        type(self).covered += plan.source is not None

    def _expected(self, levels: tuple[str, ...]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        groups: dict[tuple[Any, ...], list[int | None]] = {(): []}
        for _, shop, item, units in self.facts.values():
            city = self.shops[shop][1] if shop in self.shops else None
            members = tuple({"shop": shop, "item": item, "city": city}[name] for name in levels)
            for depth in range(len(levels) + 1):
                groups.setdefault(members[:depth], []).append(units)
        return {cell: _summary(values) for cell, values in groups.items()}


def _summary(values: list[int | None]) -> tuple[Any, ...]:
    known = [value for value in values if value is not None]
    if not known:
        return (None, None, None, None, len(values) or None)
    return (sum(known), sum(known) / len(known), min(known), max(known), len(values))


@pytest.fixture
def two_sessions() -> Iterator[tuple[al.Session, al.Session]]:
    """Give a session as it comes, and one without a cache."""
    plain = al.SessionConfig(limits=al.Limits(cache_bytes=0))
    with al.Session.start() as first, al.Session.start(plain) as second:
        yield first, second


def test_aggregates_and_cache_never_change_an_answer(
    two_sessions: tuple[al.Session, al.Session],
) -> None:
    """Loads, upserts, deletions and undone transactions, in any order."""

    class Machine(CubesMachine):
        sessions = two_sessions

    examples = max(5, settings().max_examples // 100)
    steps = settings(max_examples=examples, stateful_step_count=10, deadline=None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", al.LoadWarning)  # of repeated keys
        run_state_machine_as_test(Machine, settings=steps)
    assert Machine.covered > 0
