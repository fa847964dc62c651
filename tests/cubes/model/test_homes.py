"""Handles belong to one cube: no other takes them for its own measure or level of the same name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import AtomliteError, InvalidMeasure, InvalidModel, InvalidQuery


@dataclass(frozen=True)
class Pair:
    """Two cubes of one table, with equal names and different numbers."""

    table: al.Table
    small: al.Cube
    big: al.Cube


@pytest.fixture
def pair(session: al.Session) -> Pair:
    """Give a cube of one fact and one of both."""
    frame = pd.DataFrame({"shop": ["a", "b"], "units": [1, 10]})
    table = session.read_pandas(frame, keys={"shop"}, table_name="Sales")
    small = session.create_cube(table, "small", filter=table["shop"] == "a")
    return Pair(table, small, session.create_cube(table, "big"))


NAMES = 'is of the cube "big", and was given to the cube "small"'

DEFINITIONS: dict[str, Callable[[Pair, al.Cube], object]] = {
    "measure": lambda _, c: c.measures["units.SUM"],
    "level": lambda _, c: c.levels["shop"],
    "condition": lambda _, c: c.measures["units.SUM"] > 1,
    "share": lambda p, c: p.small.measures["units.SUM"] / c.measures["units.SUM"],
    "total of": lambda p, c: al.total(c.measures["units.SUM"], p.small.hierarchies["shop"]),
    "total over": lambda p, c: al.total(p.small.measures["units.SUM"], c.hierarchies["shop"]),
    "parent": lambda p, c: al.parent_value(
        p.small.measures["units.SUM"], degrees={c.hierarchies["shop"]: 1}
    ),
    "shift": lambda p, c: al.shift(p.small.measures["units.SUM"], c.hierarchies["shop"]),
    "rank": lambda p, c: al.rank(p.small.measures["units.SUM"], c.hierarchies["shop"]),
    "partitioning": lambda p, c: al.shift(
        p.small.measures["units.SUM"],
        p.small.hierarchies["shop"],
        partitioning=c.levels["shop"],
    ),
    "where measure": lambda _, c: al.where(c.measures["units.SUM"] > 1, 1, 0),
    "where level": lambda _, c: al.where(c.levels["shop"] == "a", 1, 0),
    "filter": lambda p, c: al.filter(p.small.measures["units.SUM"], c.levels["shop"] == "a"),
    "at": lambda p, c: al.at(p.small.measures["units.SUM"], c.levels["shop"] == "a"),
    "lookup": lambda p, c: al.lookup(p.table["units"], {"shop": c.levels["shop"]}),
    "end": lambda p, c: al.agg.last(p.small.measures["units.SUM"], by=c.levels["shop"]),
    "best": lambda p, c: al.agg.max_member(p.small.measures["units.SUM"], c.levels["shop"]),
    "apply": lambda _, c: al.apply(len, c.measures["units.SUM"], data_type="int64"),
    "origin": lambda p, c: al.agg.sum(
        al.agg.sum(p.table["units"]), scope=al.OriginScope(c.levels["shop"])
    ),
    "cumulative": lambda p, c: al.agg.sum(
        al.agg.sum(p.table["units"]), scope=al.CumulativeScope(c.levels["shop"])
    ),
    "siblings": lambda p, c: al.agg.sum(
        al.agg.sum(p.table["units"]), scope=al.SiblingsScope(c.hierarchies["shop"])
    ),
}


@pytest.mark.parametrize("kind", [kind for kind in DEFINITIONS if kind != "partitioning"])
def test_a_measure_is_made_of_its_own_cube(pair: Pair, kind: str) -> None:
    """What another cube's handle is in is refused; the same of its own is taken."""
    with pytest.raises(InvalidMeasure, match=NAMES):
        pair.small.measures["new"] = DEFINITIONS[kind](pair, pair.big)
    assert "new" not in pair.small.measures
    pair.small.measures["new"] = DEFINITIONS[kind](pair, pair.small)
    assert "new" in pair.small.measures


def test_a_partition_is_of_its_own_cube(pair: Pair) -> None:
    """The level that a shift stays within, too."""
    with pytest.raises(InvalidMeasure, match=NAMES):
        pair.small.measures["new"] = DEFINITIONS["partitioning"](pair, pair.big)


QUERIES: dict[str, Callable[[al.Cube, al.Cube], object]] = {
    "measure": lambda s, c: s.query(c.measures["units.SUM"]),
    "level": lambda s, c: s.query(levels=[c.levels["shop"]]),
    "filter": lambda s, c: s.query("units.SUM", filter=c.levels["shop"] == "a"),
    "cells": lambda s, c: s.query(levels=["shop"], filter=c.measures["units.SUM"] > 0),
    "order": lambda s, c: s.query("units.SUM", order_by=c.measures["units.SUM"]),
    "descending": lambda s, c: s.query("units.SUM", order_by=c.measures["units.SUM"].desc()),
    "ascending": lambda s, c: s.query("units.SUM", order_by=c.measures["units.SUM"].asc()),
    "order of a level": lambda s, c: s.query(levels=["shop"], order_by=c.levels["shop"].desc()),
    "cell of": lambda s, c: s.query("units.SUM").cell(c.measures["units.SUM"], {}),
    "cell at": lambda s, c: s.query("units.SUM").cell("units.SUM", {c.levels["shop"]: "a"}),
    "diff of": lambda s, c: s.diff(None, None, c.measures["units.SUM"], levels=["shop"]),
    "diff between": lambda s, c: s.diff(
        c.levels["shop"] == "a", None, "units.SUM", levels=["shop"]
    ),
    "diff and": lambda s, c: s.diff(None, c.levels["shop"] == "a", "units.SUM", levels=["shop"]),
    "diff by": lambda s, c: s.diff(None, None, "units.SUM", levels=[c.levels["shop"]]),
    "aggregate of": lambda s, c: s.aggregates.add(levels=[], measures=[c.measures["units.SUM"]]),
    "aggregate by": lambda s, c: s.aggregates.add(levels=[c.levels["shop"]], measures=[]),
    "look-up of a level": lambda s, c: s.levels[c.levels["shop"].key],
    "look-up of a hierarchy": lambda s, c: s.hierarchies[c.hierarchies["shop"]],
}


@pytest.mark.parametrize("kind", QUERIES)
def test_a_query_is_about_its_own_cube(pair: Pair, kind: str) -> None:
    """So in each argument of each way to ask."""
    with pytest.raises(InvalidQuery, match=NAMES):
        QUERIES[kind](pair.small, pair.big)
    QUERIES[kind](pair.small, pair.small)


def test_a_hierarchy_is_made_of_its_own_cube(pair: Pair) -> None:
    """Levels of another cube are refused, and are not in the cube."""
    h = pair.small.hierarchies
    for levels in ([pair.big.levels["shop"]], pair.big.hierarchies["shop"]):
        with pytest.raises(InvalidModel, match=NAMES):
            h["new"] = levels
    assert pair.big.levels["shop"] not in pair.small.levels
    assert pair.big.hierarchies["shop"] not in h
    assert pair.small.levels["shop"] in pair.small.levels
    assert pair.small.hierarchies["shop"] in h


def test_handles_stay_good_when_their_cube_is_created_again(
    session: al.Session, pair: Pair
) -> None:
    """A notebook cell may run twice, also after the cube was deleted."""
    units, shop = pair.small.measures["units.SUM"], pair.small.levels["shop"]

    def ask(cube: al.Cube) -> list[Any]:
        cube.measures["twice"] = al.filter(units, shop.isin("a", "b")) * 2
        result = cube.query("twice", levels=[shop], filter=shop == "b", order_by=shop.desc())
        values: list[Any] = result["twice"].tolist()
        return values

    assert ask(session.create_cube(pair.table, "small")) == [20]
    del session.cubes["small"]
    assert ask(session.create_cube(pair.table, "small")) == [20]


@pytest.fixture
def elsewhere() -> Iterator[al.Cube]:
    """Give a cube of the same name in another session."""
    with al.Session.start() as other:
        frame = pd.DataFrame({"shop": ["a"], "units": [5]})
        yield other.create_cube(other.read_pandas(frame, table_name="Sales"), "small")


def test_cubes_of_two_sessions_are_two_cubes(pair: Pair, elsewhere: al.Cube) -> None:
    """Even of one name; the message says of which session."""
    with pytest.raises(AtomliteError, match='is of the cube "small" of another session'):
        pair.small.query(elsewhere.measures["units.SUM"])
