"""What each member contributes to the change of a measure between two filters.

A measure that adds up changes by the sum of the changes of its parts. A quotient ``N / D`` of such
measures is the sum of what its members bring into it, ``N_i / D``; so its change is the sum of
``N_i' / D' - N_i / D``. With the share ``s = D_i / D`` and the rate ``r = N_i / D_i`` of a member,
each of these is the sum of

- ``mix = (s' - s) * r``: what another share explains,
- ``rate = s * (r' - r)``: what another rate explains,
- ``interaction = (s' - s) * (r' - r)``: what both explain together.

A member that has no rate on one side is all mix. In a sum or difference of measures, such as the
``N`` of a margin, one that is null for a member counts as 0 there, as it does in the total.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from atomlite.cubes.asking import asked
from atomlite.cubes.fractions import Fraction, fraction_of
from atomlite.cubes.homes import check_home
from atomlite.cubes.model import DEPTH, MeasureModel
from atomlite.cubes.names import measure_named
from atomlite.cubes.planning.conditions import conjuncts, has_measures, hierarchies_in
from atomlite.cubes.query import Query
from atomlite.cubes.results.indexes import index_of
from atomlite.cubes.results.pretty import formatted_frame
from atomlite.errors import InvalidArgument, InvalidQuery
from atomlite.expressions.conditions import Condition
from atomlite.measures.additivity import Additivity
from atomlite.measures.data_types import data_type_of
from atomlite.measures.nodes import Filtered, Named
from atomlite.tables.frames import to_frame

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.cubes.cube import Cube
    from atomlite.cubes.model import CubeModel
    from atomlite.cubes.planning.plan import PlannedColumn
    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.measures.nodes import MeasureExpression

_NEAR = 1e-9
_SHARE = "DOUBLE[0.0%]"
_NAMES = ("before", "after", "top before", "top after", "bottom before", "bottom after")


def diff(
    cube: Cube, a: Condition | None, b: Condition | None, measure: object, levels: object
) -> pd.DataFrame:
    """Return the contribution of each member to the change of a measure; see `Cube.diff`.

    The greatest come first. ``attrs`` of the result has the measure on both sides as ``"a"`` and
    ``"b"``, and ``"change"``, the sum of the contributions.

    Raises:
        InvalidQuery: No levels are given, a level's hierarchy is slicing, the measure is neither
            additive over them nor a quotient of such measures, or has no value on one side.
    """
    for name, condition in (("a", a), ("b", b)):
        if condition is not None and not isinstance(condition, Condition):
            raise InvalidArgument(name, condition, "a condition about levels, or None")
        if condition is not None and has_measures(condition):
            raise InvalidQuery(
                f"The side {name}, {condition!r}, is about measures.",
                hint="Give conditions about levels: they say which facts belong to a side.",
            )
    model = cube.model
    check_home((a, b), model)
    named = measure_named(measure, model)
    wanted = asked(model, [named.name], levels=levels).levels
    if not wanted:
        raise InvalidQuery(
            "`diff` needs the levels whose members it is to compare.",
            hint='Write `levels=["City"]`, for example.',
        )
    _check_slicing(wanted, model)
    _check_sides(a, b, model)
    fraction = fraction_of(named, wanted, model, cube._store.visible_state)  # noqa: SLF001 -- a cube and its part
    sides = _Sides(model, named, fraction, a, b)
    query = replace(sides.query, levels=wanted)
    with cube._tracing.span("Cube.diff"):  # noqa: SLF001 -- as above
        answer = cube._runner.answer(query, sides.model)  # noqa: SLF001 -- as above
    names = [column.name for column in answer.plan.columns[: len(answer.plan.axis)]]
    values = [column.name for column in answer.plan.columns[len(names) + 1 :]]
    cells: list[tuple[tuple[object, ...], list[Any]]] = []
    total: list[Any] = []
    for row in answer.table.to_pylist():
        found = [row[name] for name in values]
        if row[DEPTH] == 0:
            total = found
        elif row[DEPTH] == len(names) and any(value is not None for value in found):
            cells.append((tuple(row[name] for name in names), found))
    made = _quotients if fraction.bottom is not None else _differences
    return _frame(named, answer.plan.columns[: len(names)], made(named, cells, total))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What becomes columns: one row of numbers for each cell."""

    columns: tuple[str, ...]
    rows: list[tuple[tuple[object, ...], tuple[Any, ...]]]
    before: Any
    after: Any


class _Sides:
    """A query for a measure and its parts on both sides, in one pass over the facts."""

    def __init__(
        self,
        model: CubeModel,
        named: MeasureModel,
        fraction: Fraction,
        a: Condition | None,
        b: Condition | None,
    ) -> None:
        parts = [Named(named.name), fraction.top, fraction.bottom]
        nodes = [_filtered(part, side) for part in parts if part is not None for side in (a, b)]
        measures: dict[str, MeasureModel] = dict(model.measures)
        names = []
        for node, name in zip(nodes, _NAMES, strict=False):
            unique = name
            while unique in measures:
                unique += "'"
            data_type = data_type_of(node, measures)
            measures[unique] = MeasureModel(unique, node, data_type, Additivity("non-additive", ()))
            names.append(unique)
        # Where both sides say where they are, no hierarchy stays at its first member. One side
        # tells for both; see `_check_sides`.
        hierarchies = {
            key: replace(each, slicing=each.slicing and not _chooses(a, key))
            for key, each in model.hierarchies.items()
        }
        self.model = replace(model, measures=measures, hierarchies=hierarchies)
        either = None if a is None or b is None else a | b
        self.query = Query(tuple(names), (), either, include_totals=True)


def _filtered(node: MeasureExpression, condition: Condition | None) -> MeasureExpression:
    return node if condition is None else Filtered(node, condition)


def _differences(
    named: MeasureModel, cells: list[tuple[tuple[object, ...], list[Any]]], total: list[Any]
) -> _Parts:
    before, after = (0 if value is None else value for value in total[:2])
    change = after - before
    rows = []
    for members, (old, new, *tops) in cells:
        top, new_top = (0 if value is None else value for value in tops)
        contribution = new_top - top
        share = float(contribution) / float(change) if change else None
        rows.append((members, (old, new, contribution, share)))
    _check_sum(named, [row[1][2] for row in rows], change, (before, after))
    return _Parts(("a", "b", "contribution", "share"), rows, before, after)


def _quotients(
    named: MeasureModel, cells: list[tuple[tuple[object, ...], list[Any]]], total: list[Any]
) -> _Parts:
    for side, value in zip("ab", total[:2], strict=True):
        if value is None:
            raise InvalidQuery(
                f'"{named.name}" has no value with the filter `{side}`, so there is no change.',
                hint="Choose a filter with facts in it.",
            )
    before, after = _floats(total[:2])
    bottoms = _floats(total[4:])
    rows = []
    for members, (old, new, *parts) in cells:
        (top, new_top), (bottom, new_bottom) = _floats(parts[:2]), _floats(parts[2:])
        contribution = new_top / bottoms[1] - top / bottoms[0]
        share, new_share = bottom / bottoms[0], new_bottom / bottoms[1]
        explained = (contribution, 0.0, 0.0)
        if bottom and new_bottom:
            rate = top / bottom
            more, better = new_share - share, new_top / new_bottom - rate
            explained = (more * rate, share * better, more * better)
        rows.append((members, (old, new, contribution, *explained)))
    _check_sum(named, [row[1][2] for row in rows], after - before, (before, after))
    columns = ("a", "b", "contribution", "mix", "rate", "interaction")
    return _Parts(columns, rows, before, after)


def _floats(values: Sequence[Any]) -> list[float]:
    return [0.0 if value is None else float(value) for value in values]


def _check_sum(
    named: MeasureModel, contributions: Sequence[float], change: float, sides: tuple[float, float]
) -> None:
    """Refuse contributions that do not sum to the change: nulls can keep a measure from it."""
    found = math.fsum(map(float, contributions))
    scale = max([abs(float(side)) for side in sides] + [abs(float(c)) for c in contributions])
    if not math.isclose(found, float(change), rel_tol=_NEAR, abs_tol=_NEAR * scale):
        hint = (
            "Where it is calculated from measures, one of these may be null in some cells; "
            "calculate with columns instead."
        )
        if named.additivity_given:
            hint = "Its `additivity` was assigned, and does not hold for these facts."
        raise InvalidQuery(
            f'The members contribute {found:,} to the change of "{named.name}", which is '
            f"{float(change):,}: it does not add up over them.",
            hint=hint,
        )


def _frame(named: MeasureModel, levels: Sequence[PlannedColumn], parts: _Parts) -> pd.DataFrame:
    rows = sorted(parts.rows, key=lambda row: -abs(row[1][2]))
    columns = [
        _column([row[1][position] for row in rows]) for position in range(len(parts.columns))
    ]
    frame = to_frame(pa.Table.from_arrays(columns, names=list(parts.columns)))
    members = [
        pa.chunked_array([pa.array([row[0][place] for row in rows], level.data_type)])
        for place, level in enumerate(levels)
    ]
    depths = np.full(len(rows), len(levels))
    frame.index = index_of(members, [level.name for level in levels], depths)
    frame.attrs = {
        "measure": named.name,
        "a": parts.before,
        "b": parts.after,
        "change": parts.after - parts.before,
    }
    shown = dict.fromkeys(parts.columns, named.formatter)
    if "share" in shown:
        shown["share"] = _SHARE
    return formatted_frame(frame, shown)


def _column(values: list[Any]) -> pa.Array[Any]:
    found: pa.Array[Any] = pa.array(values)
    return found.cast(pa.float64()) if pa.types.is_null(found.type) else found


def _chooses(side: Condition | None, key: HierarchyKey) -> bool:
    """Return whether a side says at which members of a slicing hierarchy it is.

    As in a query, a condition that mixes hierarchies does not.
    """
    return any(hierarchies_in(each) == {key} for each in conjuncts(side))


def _check_sides(a: Condition | None, b: Condition | None, model: CubeModel) -> None:
    for key, hierarchy in model.hierarchies.items():
        about = [_chooses(side, key) for side in (a, b)]
        if hierarchy.slicing and any(about) and not all(about):
            raise InvalidQuery(
                f"Only the side {'a' if about[0] else 'b'} says at which member of {key} it is; "
                "the hierarchy is slicing.",
                hint=f'Say it for both sides: `& (cube.levels["{hierarchy.levels[0].key.name}"] '
                "== ...)`.",
            )


def _check_slicing(levels: Sequence[LevelKey], model: CubeModel) -> None:
    for level in levels:
        if model.hierarchies[level.owner].slicing:
            raise InvalidQuery(
                f"The members of {level.owner} do not add up: the hierarchy is slicing.",
                hint="Compare the members of another one.",
            )
