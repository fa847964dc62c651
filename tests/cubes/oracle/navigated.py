"""Drawn measures of other cells than the one that they are asked for in."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import strategies as st

import atomlite as al
from atomlite.measures.nodes import expression
from tests.cubes.oracle.members import draw_level_condition, draw_member

if TYPE_CHECKING:
    from atomlite.cubes.hierarchies import Hierarchy
    from atomlite.cubes.levels import Level
    from atomlite.measures.handles import HierarchyHandle
    from atomlite.measures.nodes import MeasureExpression
    from tests.cubes.oracle.models import DrawnModel

_PERIODS = st.sampled_from(["-P1M", "P1M", "-P1Y", "P3D", "-P1D", "P1M1D"])


def navigated_measure(model: DrawnModel) -> MeasureExpression:
    """Draw a measure of other cells, made of those that the cube has."""
    makers: dict[str, Callable[[DrawnModel], Any]] = {
        "arithmetic": _arithmetic,
        "total": lambda m: al.total(m.some_number(), *_some_hierarchies(m)),
        "parent": _parent,
        "shift": _shift,
        "rank": _rank,
        "where": _where,
        "filter": lambda m: al.filter(
            m.some_number(), draw_level_condition(m, m.one_of(*m.levels))
        ),
        "at": _at,
        "origin": _origin,
        "cumulative": _cumulative,
        "siblings": _siblings,
        "best": _best,
        "end": lambda m: m.one_of(al.agg.first, al.agg.last)(
            m.some_number(), by=m.one_of(*m.levels)
        ),
        "function": _function,
        "list": _list,
        "switch": _switch,
        "lookup": _lookup,
        "apply": lambda m: al.apply(_doubled, m.some_exact() * 1.0, data_type="float64"),
    }
    dated = [each for each in model.hierarchies if _ends_in_time(each)]
    if dated:
        makers["date"] = lambda m: al.date_shift(
            m.some_number(),
            m.one_of(*dated),
            offset=m.draw(_PERIODS),
            fallback=m.one_of(None, None, "past", "future"),
        )
    made: MeasureExpression = makers[model.one_of(*makers)](model)
    return made


def _doubled(values: pa.Array[Any]) -> pa.Array[Any]:
    return pc.multiply(values, 2.0)


def _ends_in_time(hierarchy: Hierarchy) -> bool:
    levels = list(hierarchy.levels.values())
    alone = len(levels) == 1 or hierarchy.name == "Calendar"
    return alone and pa.types.is_temporal(levels[-1].data_type)


def _some_hierarchies(model: DrawnModel) -> list[Hierarchy]:
    count = len(model.hierarchies)
    indexes = model.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=2, unique=True))
    return [model.hierarchies[index] for index in indexes]


def _arithmetic(model: DrawnModel) -> MeasureExpression:
    left, right = model.some_number(), model.one_of(model.some_number(), 2, 0.5)
    made: dict[str, Callable[[], MeasureExpression]] = {
        "+": lambda: left + right * 1.0,
        "-": lambda: left * 1.0 - right,
        "*": lambda: left * 1.0 * right,
        "/": lambda: left / right,
        "count": lambda: model.measure("contributors.COUNT") // 2,
        "rest": lambda: model.measure("contributors.COUNT") % -3,
    }
    return made[model.one_of(*made)]()


def _parent(model: DrawnModel) -> MeasureExpression:
    degrees: dict[HierarchyHandle, int] = {
        each.key: model.draw(st.integers(1, 3)) for each in _some_hierarchies(model)
    }
    return al.parent_value(
        model.some_number(),
        degrees=degrees,
        apply_filters=model.draw(st.booleans()),
        total_value=model.one_of(None, -7, model.some_number()),
    )


def _partitioning(model: DrawnModel, levels: list[Level]) -> Level | None:
    above = levels[:-1]
    return model.one_of(None, *above) if above else None


def _function(model: DrawnModel) -> MeasureExpression:
    number = model.some_number()
    made: dict[str, Callable[[], MeasureExpression]] = {
        "abs": lambda: al.math.abs(number),
        "floor": lambda: al.math.floor(model.some_exact()),
        "ceil": lambda: al.math.ceil(model.some_exact()),
        "sqrt": lambda: al.math.sqrt(model.some_exact()),
        "max": lambda: expression(al.math.max(number * 1.0, model.some_number() * 1.0, 2.0)),
    }
    return made[model.one_of(*made)]()


def _list(model: DrawnModel) -> MeasureExpression:
    """Draw a function of all the days or amounts of a cell."""
    facts = model.facts
    amounts = al.agg.distinct(facts["amount"])
    return model.one_of(  # type: ignore[no-any-return]
        al.array.len(amounts),
        al.array.max(amounts),
        al.array.sum(amounts),
        al.date_diff(al.agg.min(facts["day"]), al.agg.max(facts["day"])),
    )


def _switch(model: DrawnModel) -> MeasureExpression:
    level = model.one_of(*model.levels)
    cases = {draw_member(model, level): model.some_number() * 1.0}
    return al.switch(level, cases, default=model.one_of(None, 0.5))  # type: ignore[no-any-return]


def _lookup(model: DrawnModel) -> MeasureExpression:
    keys: list[object] = [model.measure("contributors.COUNT")]
    keys += [level for level in model.levels if pa.types.is_integer(level.data_type)]
    return al.lookup(model.facts["amount"], {"id": model.one_of(*keys)})


def _shift(model: DrawnModel) -> MeasureExpression:
    hierarchy = model.one_of(*model.hierarchies)
    levels = list(hierarchy.levels.values())
    return al.shift(
        model.some_number(),
        hierarchy,
        offset=model.draw(st.sampled_from([-2, -1, 1, 1, 2])),
        partitioning=_partitioning(model, levels),
        mode=model.one_of("measure", "hierarchy"),
    )


def _rank(model: DrawnModel) -> MeasureExpression:
    return al.rank(
        model.some_exact(),
        model.one_of(*model.hierarchies),
        ascending=model.draw(st.booleans()),
        apply_filters=model.draw(st.booleans()),
    )


def _where(model: DrawnModel) -> MeasureExpression:
    exact = model.some_exact()
    level = model.one_of(*model.levels)
    condition = model.one_of(
        exact > 1,
        ~(exact <= 2),
        exact.isnull(),
        draw_level_condition(model, level),
        (exact > 0) & level.isnull(),
    )
    made: MeasureExpression = al.where(
        condition, model.some_number() * 1.0, model.one_of(None, -1.0)
    )
    return made


def _at(model: DrawnModel) -> MeasureExpression:
    level = model.one_of(*model.levels)
    member = draw_member(model, level)
    condition = level.isnull() if member is None else level == member
    others = [
        each for each in model.levels if each.data_type == level.data_type and each.key != level.key
    ]
    if member is None and others:
        condition = level == model.one_of(*others)
    elif member is None:
        return al.total(model.some_number(), _owner(model, level))
    return al.at(model.some_number(), condition)


def _owner(model: DrawnModel, level: Level) -> Hierarchy:
    return next(each for each in model.hierarchies if each.key == level.key.owner)


_SCOPED = ("sum", "mean", "min", "max", "count", "median")


def _scoped(model: DrawnModel, measure: MeasureExpression, scope: object) -> MeasureExpression:
    return getattr(al.agg, model.one_of(*_SCOPED))(measure, scope=scope)  # type: ignore[no-any-return]


def _origin(model: DrawnModel) -> MeasureExpression:
    count = len(model.levels)
    indexes = model.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=2, unique=True))
    scope = al.OriginScope([model.levels[index] for index in indexes])
    return _scoped(model, model.some_number(), scope)


def _cumulative(model: DrawnModel) -> MeasureExpression:
    hierarchy = model.one_of(*model.hierarchies)
    levels = list(hierarchy.levels.values())
    depth = model.draw(st.integers(1, len(levels)))
    windows: list[object] = [None, range(-1, 0), range(1), range(-1, 2)]
    if pa.types.is_date(levels[depth - 1].data_type):
        windows += [("-P1M", None), ("-P3D", "P2D")]
    window = model.one_of(*windows)
    scope = al.CumulativeScope(
        levels[depth - 1],
        partitioning=_partitioning(model, levels[:depth]),
        window=window,
        dense=isinstance(window, range) and model.draw(st.booleans()),
    )
    return _scoped(model, model.some_number(), scope)


def _siblings(model: DrawnModel) -> MeasureExpression:
    scope = al.SiblingsScope(
        model.one_of(*model.hierarchies), exclude_self=model.draw(st.booleans())
    )
    return _scoped(model, model.some_number(), scope)


def _best(model: DrawnModel) -> MeasureExpression:
    levels = [level for level in model.levels if is_number(level.data_type)]
    if not levels:
        return _rank(model)
    function = model.one_of(al.agg.max_member, al.agg.min_member)
    return function(model.some_exact(), model.one_of(*levels))  # type: ignore[no-any-return]


def is_number(data_type: pa.DataType) -> bool:
    """Return whether measures of this type can be calculated with."""
    return bool(
        pa.types.is_integer(data_type)
        or pa.types.is_floating(data_type)
        or pa.types.is_decimal(data_type)
    )
