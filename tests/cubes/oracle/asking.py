"""Drawn queries of a drawn cube."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import atomlite as al
from atomlite.cubes.levels import Level
from tests.cubes.oracle.members import draw_level_condition, draw_member
from tests.cubes.oracle.models import DrawnModel

QUERIES = 20
"""Queries of each drawn cube."""

_asked_for = settings().max_examples

share = settings(
    max_examples=_asked_for // QUERIES if _asked_for >= 10_000 else max(10, _asked_for // 50),
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
"""The long profile asks as many queries as it has examples; the others a share of that."""


def draw_query(model: DrawnModel) -> dict[str, Any]:
    """Return the arguments of a query: ``measures`` and those of `Cube.query`."""
    draw = model.draw
    names = [*model.cube.measures]
    indexes = draw(st.lists(st.integers(0, len(names) - 1), min_size=1, max_size=4, unique=True))
    measures = [names[index] for index in indexes]
    plain = all(name in model.plain for name in measures)
    count = len(model.levels)
    positions = draw(st.lists(st.integers(0, count - 1), max_size=3, unique=True))
    levels = [model.levels[position] for position in positions]
    totals = draw(st.booleans())
    asked: dict[str, Any] = {
        "measures": measures,
        "levels": levels,
        "include_totals": totals,
        "include_empty_rows": draw(st.integers(0, 4)) == 0,
    }
    parts = _about_levels(model, mixed=plain and not asked["include_empty_rows"])
    exact = [name for name in measures if name in model.exact]
    if exact and draw(st.integers(0, 3)) == 0:
        parts.append(_about_cells(model, exact, levels))
    if parts:
        asked["filter"] = _joined(parts)
    if totals and plain and not asked["include_empty_rows"] and draw(st.booleans()):
        asked["totals"] = "visible"
    if draw(st.integers(0, 3)) == 0:
        asked["limit"] = draw(st.integers(0, 4))
    orderings = [*exact, *levels]
    if orderings and draw(st.integers(0, 3)) == 0:
        by = model.one_of(*orderings)
        handle = model.measure(by) if isinstance(by, str) else by
        asked["order_by"] = handle.desc() if draw(st.booleans()) else handle
    return asked


def _about_levels(model: DrawnModel, *, mixed: bool) -> list[al.Condition]:
    parts: list[al.Condition] = []
    for _ in range(model.draw(st.sampled_from([0, 0, 1, 2]))):
        level = model.one_of(*model.levels)
        other = model.one_of(*model.levels)
        near = mixed or other.key.owner == level.key.owner
        condition = draw_level_condition(model, level)
        if near and model.draw(st.booleans()):
            second = draw_level_condition(model, other)
            condition = model.one_of(condition | second, ~(condition & second))
        elif model.draw(st.integers(0, 3)) == 0:
            condition = _paths(model, level)
        parts.append(condition)
    return parts


def _paths(model: DrawnModel, level: Level) -> al.Condition:
    hierarchy = next(each for each in model.hierarchies if each.key == level.key.owner)
    levels = list(hierarchy.levels.values())
    paths = [
        tuple(
            draw_member(model, each) for each in levels[: model.draw(st.integers(1, len(levels)))]
        )
        for _ in range(2)
    ]
    return hierarchy.isin(*paths)


def _about_cells(model: DrawnModel, exact: list[str], levels: list[Level]) -> al.Condition:
    measure = model.measure(model.one_of(*exact))
    options = [measure > 0, measure <= 2, measure.isnull(), ~measure.isnull(), measure != 1]
    if levels:
        level = model.one_of(*levels)
        options.append((measure > 1) | draw_level_condition(model, level))
    return model.one_of(*options)  # type: ignore[no-any-return]


def _joined(parts: list[al.Condition]) -> al.Condition:
    condition = parts[0]
    for part in parts[1:]:
        condition &= part
    return condition
