"""What is calculated within a cell, and conditions about cells, beside plain Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

import atomlite as al

UNITS: dict[Any, Any] = {"a": 4, "b": 9, "c": None, None: 1}
PRICE: dict[Any, Any] = {"a": 2.0, "b": 3.0, "c": 5.0, None: None}


@pytest.fixture(name="cube")
def _cube(session: al.Session) -> al.Cube:
    data = pd.DataFrame({"kind": list(UNITS), "units": list(UNITS.values())})
    table = session.read_pandas(
        data.assign(price=list(PRICE.values())),
        table_name="T",
        data_types={"units": "int64", "price": "float64"},
    )
    cube = session.create_cube(table, mode="manual")
    cube.hierarchies["Kind"] = [table["kind"]]
    cube.measures["units"] = al.agg.sum(table["units"])
    cube.measures["price"] = al.agg.sum(table["price"])
    return cube


CONDITIONS: dict[str, tuple[Callable[[al.Cube], Any], set[Any]]] = {
    "greater": (lambda c: c.measures["units"] > 3, {"a", "b"}),
    "two measures": (lambda c: c.measures["units"] >= c.measures["price"] * 3, {"b"}),
    "null never holds": (lambda c: c.measures["units"] != 4, {"b", None}),
    "not": (lambda c: ~(c.measures["units"] > 3), {None}),
    "or": (lambda c: (c.measures["units"] > 8) | (c.measures["price"] == 5.0), {"b", "c"}),
    "is null": (lambda c: c.measures["units"].isnull(), {"c"}),  # noqa: PD003 -- a measure
    "one of": (lambda c: c.measures["units"].isin(9, None), {"b", "c"}),
    "with a level": (
        lambda c: (c.measures["units"] > 8) | (c.levels["kind"] == "a"),
        {"a", "b"},
    ),
    "with a member": (lambda c: al.where(c.levels["kind"] == "a", 1, 2) == 1, {"a"}),
}


@pytest.mark.parametrize("name", CONDITIONS)
def test_conditions_about_cells(cube: al.Cube, name: str) -> None:
    """Null is neither true nor false."""
    condition, expected = CONDITIONS[name]

    found = cube.query("units", levels="kind", filter=condition(cube), mode="arrow")

    assert set(found["kind"].to_pylist()) == expected


CALCULATIONS: dict[str, tuple[Callable[[al.Cube], Any], Callable[[Any, Any, Any], Any]]] = {
    "quotient": (
        lambda c: c.measures["units"] / (c.measures["price"] - 2),
        lambda _, u, p: None if None in (u, p) or p == 2 else u / (p - 2),
    ),
    "function": (
        lambda c: al.math.sqrt(c.measures["units"]),
        lambda _, u, __: None if u is None else math.sqrt(u),
    ),
    "member": (lambda c: al.where(c.measures["units"] > 3, c.levels["kind"]),
               lambda k, u, _: k if u is not None and u > 3 else None),
    "filtered constant": (
        lambda c: al.filter(c.measures["units"] * 0 + 7, c.levels["kind"] == "a"),
        lambda k, _, __: 7 if k == "a" else None,
    ),
    "filtered choice": (
        lambda c: al.filter(al.where(c.measures["units"] > 100, 1, 2), c.levels["kind"] != "a"),
        lambda k, _, __: 2 if k in {"b", "c"} else None,
    ),
    "more than the following": (
        lambda c: al.where(
            c.measures["units"] > al.shift(c.measures["units"], c.hierarchies["Kind"], offset=1),
            1,
            0,
        ),
        lambda k, _, __: 1 if k == "b" else 0,
    ),
    "less than the one before": (
        lambda c: al.where(
            al.shift(c.measures["units"], c.hierarchies["Kind"], offset=-1) > c.measures["units"],
            1,
            0,
        ),
        lambda k, _, __: 1 if k is None else 0,
    ),
    "filtered sum of choices": (
        lambda c: al.filter(
            al.where(c.measures["units"] > 0, 1, 2) + al.where(c.measures["units"] > 100, 1, 2),
            c.levels["kind"] != "a",
        ),
        lambda k, _, __: {"b": 3, "c": 4}.get(k),
    ),
    "filtered member": (
        lambda c: al.filter(
            al.where(c.measures["units"] > 100, c.levels["kind"], "none"), c.levels["kind"] != "a"
        ),
        lambda k, _, __: "none" if k in {"b", "c"} else None,
    ),
    "nested filters": (
        lambda c: al.filter(
            al.filter(c.measures["units"], c.levels["kind"] != "b"), c.levels["kind"].isin("a", "b")
        ),
        lambda k, u, _: u if k == "a" else None,
    ),
    "filter of a total": (
        lambda c: al.filter(
            al.total(c.measures["units"], c.hierarchies["Kind"]), c.levels["kind"] == "a"
        ),
        lambda k, _, __: 14 if k == "a" else None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CALCULATIONS)
def test_calculations_within_cells(cube: al.Cube, name: str) -> None:
    """Null in, null out; a condition of facts lets no value be where no fact passes."""
    measure, expected = CALCULATIONS[name]
    cube.measures["v"] = measure(cube)

    found = cube.query("v", levels="kind", mode="arrow")

    assert dict(zip(found["kind"].to_pylist(), found["v"].to_pylist(), strict=True)) == {
        kind: expected(kind, UNITS[kind], PRICE[kind]) for kind in UNITS
    }


def test_long_formulas_do_not_explode(cube: al.Cube) -> None:
    """A measure that names another twice, ten times over, has text that grows by steps."""
    cube.measures["d0"] = cube.measures["units"]
    for number in range(1, 11):
        before = cube.measures[f"d{number - 1}"]
        cube.measures[f"d{number}"] = before + before

    explained = cube.query("d10", levels="kind", explain=True)

    assert len(str(explained.statement)) < 10_000
    assert cube.query("d10", mode="arrow")["d10"].to_pylist() == [14 * 2**10]
