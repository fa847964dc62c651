"""Drawn tables: a star with a snowflake arm, orphans, nulls, NaN, odd names and two many-links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

import atomlite as al
from atomlite.tables.table import Table
from tests.cubes.oracle.rows import World
from tests.cubes.oracle.values import Value

FACTS = 'Sales "x" [a.b] 🙂'
SHOPS, REGIONS, TAGS, OFFERS = "Shops", "Regions's", "Tags", "Offers"

SCHEMAS: Mapping[str, Mapping[str, pa.DataType]] = {
    FACTS: {
        "id": pa.int32(),
        "shop": pa.int64(),
        'kind "k"': pa.string(),
        "flag": pa.bool_(),
        "day": pa.date32(),
        "moment": pa.timestamp("us"),
        "price [€].net": pa.float64(),
        "amount": pa.int32(),
        "money": pa.decimal128(9, 2),
    },
    SHOPS: {
        "shop": pa.int64(),
        "country": pa.string(),
        "name": pa.string(),
        "size": pa.int16(),
        "region": pa.string(),
    },
    REGIONS: {"region": pa.string(), "name": pa.string(), "weight": pa.float64()},
    TAGS: {'kind "k"': pa.string(), "tag": pa.string(), "points": pa.int64()},
    OFFERS: {"shop": pa.int64(), "offer": pa.int8(), "worth": pa.decimal128(5, 1)},
}

LISTS: Mapping[str, Mapping[str, pa.DataType]] = {
    FACTS: {"vector": pa.list_(pa.int32()), "curve": pa.list_(pa.float64())},
    SHOPS: {"path": pa.list_(pa.decimal128(5, 1))},
    OFFERS: {"steps": pa.list_(pa.int8(), 2)},
}
"""Columns of lists, by table: nothing but measures are made of them."""

KEYS: Mapping[str, tuple[str, ...]] = {
    FACTS: ("id",),
    SHOPS: ("shop",),
    REGIONS: ("region",),
    TAGS: ('kind "k"', "tag"),
    OFFERS: ("shop", "offer"),
}

LINKS: Sequence[tuple[str, str, Mapping[str, str]]] = (
    (FACTS, SHOPS, {"shop": "shop"}),
    (SHOPS, REGIONS, {"region": "region"}),
    (FACTS, TAGS, {'kind "k"': 'kind "k"'}),
    (SHOPS, OFFERS, {"shop": "shop"}),
)

MANY = frozenset({TAGS, OFFERS})
"""Tables of which a fact may have several partners."""

_kinds = st.sampled_from(["Item 2", "Item 10", "pen", "q\"uo'te", "a.b[c]", "🙂", "", "Total"])
_names = st.sampled_from(["North 2", "North 10", "north", "é", "Total", "None", "a%_b"])
_days = st.dates(date(2023, 12, 28), date(2024, 3, 2)) | st.sampled_from(
    [date(1969, 12, 31), date(1968, 2, 29)]
)
_moments = st.sampled_from(["2024-01-31T23:59:59.999999", "2024-02-01", "1969-07-20T20:17"]).map(
    datetime.fromisoformat
)
_floats = st.integers(-8, 8).map(lambda number: number / 4) | st.just(float("nan"))
_amounts = st.integers(-5, 9)
_moneys = st.integers(-300, 300).map(lambda cents: Decimal(cents).scaleb(-2))

_parts = st.none() | st.integers(-9, 9)
_worths = st.integers(-20, 20).map(lambda number: Decimal(number).scaleb(-1))

_VALUES: Mapping[tuple[str, str], st.SearchStrategy[Value]] = {
    (FACTS, "shop"): st.integers(0, 4),
    (FACTS, 'kind "k"'): _kinds,
    (FACTS, "flag"): st.booleans(),
    (FACTS, "day"): _days,
    (FACTS, "moment"): _moments,
    (FACTS, "price [€].net"): _floats,
    (FACTS, "amount"): _amounts,
    (FACTS, "money"): _moneys,
    (SHOPS, "country"): st.sampled_from(["France", "Spain", "🇫🇷"]),
    (SHOPS, "name"): _names,
    (SHOPS, "size"): st.integers(-2, 3),
    (SHOPS, "region"): st.sampled_from(["r1", "r2", "r 10"]),
    (REGIONS, "name"): _names,
    (REGIONS, "weight"): _floats,
    (TAGS, "points"): st.integers(0, 3),
    (OFFERS, "worth"): _worths,
    (FACTS, "vector"): st.lists(_parts, max_size=3),
    (FACTS, "curve"): st.lists(st.none() | _floats, max_size=3),
    (SHOPS, "path"): st.lists(st.none() | _worths, max_size=3),
    (OFFERS, "steps"): st.lists(_parts, min_size=2, max_size=2),
}

_KEY_VALUES: Mapping[str, st.SearchStrategy[tuple[Value, ...]]] = {
    SHOPS: st.tuples(st.integers(0, 3)),
    REGIONS: st.tuples(st.sampled_from(["r1", "r 10", "r3"])),
    TAGS: st.tuples(_kinds, st.sampled_from(["new", "old", "10"])),
    OFFERS: st.tuples(st.integers(0, 3), st.integers(1, 3)),
}


@dataclass(frozen=True)
class Tables:
    """Drawn rows, loaded.

    Args:
        rows: By name of the table.
        handles: The tables of the session, by name.
    """

    rows: Mapping[str, Sequence[Mapping[str, Value]]]
    handles: Mapping[str, Table]

    def world(self, session: al.Session) -> World:
        """Return what the oracle calculates with."""
        return World(self.rows, session.tables._writer.store.visible_state)


def _schema(table: str) -> pa.Schema:
    return pa.schema({**SCHEMAS[table], **LISTS.get(table, {})})


def _with_nulls(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    return st.integers(0, 4).flatmap(lambda number: values if number else st.none())


@st.composite
def rows_of(draw: st.DrawFn, table: str, size: int = 8) -> list[dict[str, Value]]:
    """Draw the rows of a table."""
    if table == FACTS:
        count = draw(st.integers(0, size + 4))
        keys: list[tuple[Any, ...]] = [(number,) for number in range(count)]
    else:
        keys = sorted(draw(st.sets(_KEY_VALUES[table], max_size=size)))
    others = [name for name in _schema(table).names if name not in KEYS[table]]
    return [
        dict(zip(KEYS[table], key, strict=True))
        | {name: draw(_with_nulls(_VALUES[table, name])) for name in others}
        for key in keys
    ]


@st.composite
def all_rows(draw: st.DrawFn, size: int = 8) -> dict[str, list[dict[str, Value]]]:
    """Draw the rows of the facts and of some of the other tables."""
    others = draw(st.sets(st.sampled_from([SHOPS, REGIONS, TAGS, OFFERS])))
    names = [FACTS, *(name for name in SCHEMAS if name in others)]
    return {name: draw(rows_of(name, size)) for name in names}


def arrow(table: str, rows: Sequence[Mapping[str, Value]]) -> pa.Table:
    """Return rows as the session loads them."""
    schema = _schema(table)
    columns = {
        field.name: pa.array([row[field.name] for row in rows], field.type, from_pandas=False)
        for field in schema
    }
    return pa.table(columns, schema=schema)


def load(session: al.Session, rows: Mapping[str, Sequence[Mapping[str, Value]]]) -> Tables:
    """Put drawn rows into a session, in the place of all tables that it has, and join them."""
    for known in (session.cubes, session.tables):
        for name in list(known):
            del known[name]
    handles = {
        name: session.read_arrow(arrow(name, part), table_name=name, keys=KEYS[name])
        for name, part in rows.items()
    }
    for source, target, mapping in LINKS:
        if source in handles and target in handles:
            handles[source].join(handles[target], mapping)
    return Tables(rows, handles)
