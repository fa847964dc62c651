"""Drawn cubes: hierarchies over the drawn tables, in drawn orders, and measures of every kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from hypothesis import strategies as st

import atomlite as al
from atomlite.expressions.columns import Column, Operand
from atomlite.measures.nodes import AggregateOptions, Aggregation
from tests.cubes.oracle.models import Draw, DrawnModel
from tests.cubes.oracle.navigated import is_number, navigated_measure
from tests.cubes.oracle.tables import (
    FACTS,
    LISTS,
    MANY,
    OFFERS,
    REGIONS,
    SCHEMAS,
    SHOPS,
    Tables,
)

if TYPE_CHECKING:
    from atomlite.cubes.levels import Level

NUMBERS = {"sum", "mean", "median", "prod", "long", "short", "quantile", "square_sum", "std", "var"}
EXACT = {"sum", "min", "max", "count", "count_distinct", "long", "short", "single_value"}
"""Aggregates without rounding, so that ranks and filters by them have one right answer."""

SAME_FOR_REPEATED = {"min", "max", "count_distinct", "distinct", "single_value"}
"""Aggregates that a fact may enter several times."""

_FUNCTIONS = sorted(NUMBERS | SAME_FOR_REPEATED | {"count", "first", "last", "sum_product"})


def draw_model(
    draw: Draw, session: al.Session, tables: Tables, *, navigated: int, slicing: bool = True
) -> DrawnModel:
    """Make a drawn cube.

    Args:
        draw: Draws from a strategy.
        session: Where the tables are loaded.
        tables: They.
        navigated: How many measures look at other cells.
        slicing: Whether hierarchies may be slicing.
    """
    facts = tables.handles[FACTS]
    condition = draw(st.sampled_from([None, None, "flag", "amount"]))
    chosen = {
        None: None,
        "flag": facts["flag"] == True,  # noqa: E712 -- a column of our own
        "amount": facts["amount"] > 0,
    }[condition]
    cube = session.create_cube(facts, "Cube", mode="manual", filter=chosen)
    model = DrawnModel(cube, facts, draw)
    _draw_hierarchies(model, _reached(tables), slicing=slicing)
    _draw_leaves(model, _reached(tables))
    for number in range(navigated):
        name = f"navigated {number}"
        cube.measures[name] = navigated_measure(model)
        model.loose.append(name)
    return model


def _reached(tables: Tables) -> dict[str, Any]:
    """Return the tables that the facts are joined to, and the facts."""
    names = {FACTS, *tables.handles}
    if SHOPS not in names:
        names -= {REGIONS, OFFERS}
    return {name: tables.handles[name] for name in tables.handles if name in names}


def _draw_hierarchies(model: DrawnModel, tables: dict[str, Any], *, slicing: bool) -> None:
    columns = [
        tables[name][column]
        for name in tables
        for column in SCHEMAS[name]
        if not (name == FACTS and column == "id")
    ]
    if model.draw(st.booleans()):
        columns.append(tables[FACTS]["id"])
    for number in range(model.draw(st.integers(1, 4))):
        indexes = model.draw(
            st.lists(st.integers(0, len(columns) - 1), min_size=1, max_size=3, unique=True)
        )
        levels: dict[str, Column] = {}
        for index in indexes:
            name = columns[index].name
            levels[name if name not in levels else f"{name} of {columns[index].table}"] = columns[
                index
            ]
        dimension = model.draw(st.sampled_from(["D", "Sales's"]))
        model.cube.hierarchies[dimension, f"H{number}"] = levels
    if model.draw(st.integers(0, 2)) == 0:
        day = tables[FACTS]["day"]
        levels_of_days = {"Year": "y", "Quarter": "QQQ", "Month": "M", "Day": day}
        model.cube.create_date_hierarchy(("D", "Calendar"), column=day, levels=levels_of_days)
    for hierarchy in model.hierarchies:
        if slicing and model.draw(st.integers(0, 9)) == 9:
            hierarchy.slicing = True
        for level in hierarchy.levels.values():
            _draw_order(model, level, tables)


def _draw_order(model: DrawnModel, level: Level, tables: dict[str, Any]) -> None:
    operand = model.cube.model.level(level.key).operand
    kind = model.draw(st.sampled_from(["natural", "natural", "down", "custom", "column"]))
    if kind == "down":
        level.order = al.NaturalOrder(ascending=False)
    elif kind == "custom" and pa.types.is_string(level.data_type):
        level.order = al.CustomOrder(first_elements=("pen", "Total", "nobody", "north"))
    elif kind == "column" and isinstance(operand, Column):
        name = model.draw(st.sampled_from(list(SCHEMAS[operand.table])))
        ascending = model.draw(st.booleans())
        level.order = al.ColumnOrder(tables[operand.table][name], ascending=ascending)


def _draw_leaves(model: DrawnModel, tables: dict[str, Any]) -> None:
    model.exact.append("contributors.COUNT")
    for number in range(model.draw(st.integers(2, 5))):
        name = f"m{number}"
        node, exact = draw_leaf(model, tables)
        model.cube.measures[name] = node
        number_like = is_number(model.cube.measures[name].data_type)
        if number_like:
            (model.exact if exact else model.loose).append(name)
        elif node.by_position:
            name, listed = f"{name} in all", name
            model.cube.measures[name] = al.array.sum(model.measure(listed))
            model.plain.add(listed)
            model.loose.append(name)
        model.plain.add(name)
    model.plain.add("contributors.COUNT")


def draw_leaf(model: DrawnModel, tables: dict[str, Any]) -> tuple[Aggregation, bool]:
    """Draw an aggregate of columns, and say whether it is exact."""
    table = model.one_of(*tables)
    if table in LISTS and model.draw(st.integers(0, 3)) == 0:
        return _draw_list(model, tables, table), False
    function = model.one_of(*_FUNCTIONS)
    numeric = function in NUMBERS or function == "sum_product"
    names = [name for name, kind in SCHEMAS[table].items() if not numeric or is_number(kind)]
    column = tables[table][model.one_of(*names)]
    operand: Operand = column
    if numeric and model.draw(st.booleans()):
        operand = _calculated(model, tables, column)
    other: Operand | None = None
    if function in {"first", "last", "sum_product"}:
        other = tables[table][model.one_of(*names)]
    per = _draw_per(model, function, table)
    options = AggregateOptions()
    if function == "quantile":
        options = AggregateOptions(
            q=model.one_of(0.0, 0.25, 0.5, 0.9, 1.0),
            mode=model.one_of("simple", "centered", "inc", "exc"),
            interpolation=model.one_of("linear", "higher", "lower", "nearest", "midpoint"),
        )
    elif function in {"std", "var"}:
        options = AggregateOptions(sample=model.draw(st.booleans()))
    whole = not pa.types.is_floating(operand.data_type) or isinstance(operand, Column)
    return Aggregation(function, operand, other, per, options), whole and function in EXACT


def _draw_list(model: DrawnModel, tables: dict[str, Any], table: str) -> Aggregation:
    function: Any = model.one_of("sum", "mean", "min", "max")
    column = tables[table][model.one_of(*LISTS[table])]
    return Aggregation(function, column, per=_draw_per(model, function, table))


def _draw_per(model: DrawnModel, function: str, table: str) -> Any:  # noqa: ANN401 -- of some texts
    if function in SAME_FOR_REPEATED or table == FACTS:
        return None
    return "partner" if table in MANY else model.one_of("fact", "partner")


def _calculated(model: DrawnModel, tables: dict[str, Any], column: Column) -> Operand:
    kind = model.one_of("arithmetic", "arithmetic", "where", "abs", "joined")
    if kind == "where":
        chosen: Operand = al.where(column > 0, column, model.one_of(None, 0))
        return chosen
    if kind == "abs":
        return al.math.abs(column)
    if kind == "joined" and column.table == FACTS and SHOPS in tables:
        joined: Operand = column * tables[SHOPS]["size"]
        return joined
    return _arithmetic(model, tables[FACTS], column)


def _arithmetic(model: DrawnModel, facts: al.Table, column: Column) -> Operand:
    operator = model.one_of("+", "-", "*", "%", "//", "/")
    if column.table == FACTS:
        other = facts[model.one_of("amount", "amount", "price [€].net")]
        if pa.types.is_decimal(column.data_type) and operator in {"%", "//"}:
            operator = "+"
    else:
        other = 2  # type: ignore[assignment]
        operator = model.one_of("+", "*")
    operands: dict[str, Callable[[], Operand]] = {
        "+": lambda: column + other,
        "-": lambda: column - other,
        "*": lambda: column * other,
        "%": lambda: column % other,
        "//": lambda: column // other,
        "/": lambda: column / other,
    }
    return operands[operator]()
