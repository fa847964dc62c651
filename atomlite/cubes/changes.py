"""Changes of a cube: from one model to the next, or refused with what stands in the way. Pure.

What follows from a change (the types of measures that are made of others, additivity) is brought up
to date here. A measure that could be computed before a change can be computed after it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.defining import Defined, checked
from atomlite.cubes.model import ROW_COUNT, CubeModel, HierarchyModel, MeasureModel
from atomlite.cubes.rebinding import rebound, rebound_level
from atomlite.cubes.references import names_in, uses
from atomlite.errors import AtomliteError, InvalidMeasure, MeasureInUse
from atomlite.expressions.conditions import MAX_DEPTH
from atomlite.measures.additivity import Additivity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from atomlite.measures.coordinates import HierarchyKey
    from atomlite.measures.nodes import MeasureExpression
    from atomlite.tables.catalogs import Catalog


def with_measures(
    model: CubeModel, new: Mapping[str, MeasureExpression], catalog: Catalog
) -> CubeModel:
    """Return a model with new measures, or with measures in the place of those of their names.

    Args:
        model: The cube.
        new: The expressions by name; they may name each other. Attributes are those of new
            measures.
        catalog: The tables.

    Raises:
        InvalidMeasure: One cannot be, or is made of itself; see `checked` for more.
        MeasureInUse: A measure that is made of one of them could not be computed any more.
    """
    expressions = {name: known.expression for name, known in model.measures.items()} | {**new}
    placed = replace(
        model,
        measures={
            name: _fresh(name, expression) if name in new else model.measures[name]
            for name, expression in expressions.items()
        },
    )
    measures = {**placed.measures}
    order = _in_order(expressions)
    _check_depths(order, expressions)
    for name in _touched(new, order):
        placed = replace(placed, measures=measures)
        try:
            found = checked(expressions[name], placed, catalog)
        except AtomliteError as error:
            if name in new:
                raise
            if is_sound(name, model, catalog):
                changed = ", ".join(f'"{each}"' for each in new)
                raise MeasureInUse(
                    f"{changed} cannot become what was asked for", [name], hint=f"{error}"
                ) from error
            continue
        measures = {**measures, name: _updated(measures[name], found)}
    return replace(placed, measures=measures)


def without_measure(model: CubeModel, name: str) -> CubeModel:
    """Return a model without a measure.

    Raises:
        InvalidMeasure: It is the one that every cube has.
        MeasureInUse: Others are made of it.
    """
    if name == ROW_COUNT:
        raise InvalidMeasure(
            f'"{ROW_COUNT}" cannot be deleted: every cube counts its facts.',
            hint=f'Hide it: `cube.measures["{ROW_COUNT}"].visible = False`.',
        )
    users = [
        known.name
        for known in model.measures.values()
        if known.name != name and name in names_in(known.expression)
    ]
    if users:
        raise MeasureInUse(f'"{name}" cannot be deleted', users)
    left = {known: measure for known, measure in model.measures.items() if known != name}
    aggregates = tuple(each for each in model.aggregates if name not in each.measures)
    return replace(model, measures=left, aggregates=aggregates)


def with_hierarchies(
    model: CubeModel,
    new: Mapping[HierarchyKey, HierarchyModel],
    catalog: Catalog,
    *,
    removed: Iterable[HierarchyKey] = (),
) -> CubeModel:
    """Return a model with some hierarchies new, changed or removed.

    Raises:
        MeasureInUse: A measure uses what would not be there any more.
    """
    gone = set(removed)
    hierarchies = {
        key: hierarchy for key, hierarchy in {**model.hierarchies, **new}.items() if key not in gone
    }
    keys = {level.key for each in hierarchies.values() for level in each.levels}
    aggregates = tuple(each for each in model.aggregates if keys.issuperset(each.levels))
    changed = replace(model, hierarchies=hierarchies, aggregates=aggregates)
    touched = frozenset({*gone, *new} & model.hierarchies.keys())
    broken: dict[str, AtomliteError] = {}
    for name, known in model.measures.items():
        if touched and uses(known.expression, touched):
            try:
                checked(known.expression, changed, catalog)
            except AtomliteError as error:
                if is_sound(name, model, catalog):
                    broken[name] = error
    if broken:
        shown = ", ".join(str(key) for key in touched)
        gone_only = not new
        raise MeasureInUse(
            f"The hierarchy {shown} cannot be {'deleted' if gone_only else 'changed this way'}",
            list(broken),
            hint="" if gone_only else f"{next(iter(broken.values()))}",
        )
    return settled(changed, catalog)


def settled(model: CubeModel, catalog: Catalog) -> CubeModel:
    """Return a model in which types and additivity follow from the tables as they are now.

    Levels and simple aggregates whose columns have another type now are taken over. What cannot be
    computed any more stays as it was; queries that use it raise.
    """
    hierarchies = {
        key: replace(each, levels=tuple(rebound_level(level, catalog) for level in each.levels))
        for key, each in model.hierarchies.items()
    }
    model = replace(model, hierarchies=hierarchies)
    expressions = {
        name: rebound(known.expression, catalog) for name, known in model.measures.items()
    }
    measures = {
        name: replace(known, expression=expressions[name]) for name, known in model.measures.items()
    }
    for name in _in_order(expressions):
        try:
            found = checked(expressions[name], replace(model, measures=measures), catalog)
        except AtomliteError:
            continue
        measures = {**measures, name: _updated(measures[name], found)}
    return replace(model, measures=measures)


def is_sound(name: str, model: CubeModel, catalog: Catalog) -> bool:
    """Return whether a measure of a cube, and all that it is made of, can be computed."""
    try:
        for each in made_of(name, model):
            checked(model.measures[each].expression, model, catalog)
    except AtomliteError:
        return False
    return True


def made_of(name: str, model: CubeModel) -> tuple[str, ...]:
    """Return a measure and those that it is made of, itself last; of those that exist."""
    expressions = {known.name: known.expression for known in model.measures.values()}
    found: dict[str, frozenset[str]] = {}
    _visit(name, expressions, found, ())
    return tuple(found)


def _in_order(expressions: Mapping[str, MeasureExpression]) -> dict[str, frozenset[str]]:
    """Return the names in each expression, each after those that it is made of.

    Raises:
        InvalidMeasure: One is made of itself.
    """
    order: dict[str, frozenset[str]] = {}
    for name in expressions:
        _visit(name, expressions, order, ())
    return order


def _touched(changed: Iterable[str], order: Mapping[str, frozenset[str]]) -> list[str]:
    """Return some measures and all that are made of them, in order."""
    touched = set(changed)
    for name, parts in order.items():
        if not touched.isdisjoint(parts):
            touched.add(name)
    return [name for name in order if name in touched]


def _check_depths(
    order: Mapping[str, frozenset[str]], expressions: Mapping[str, MeasureExpression]
) -> None:
    """Refuse measures that are made of measures through more levels than the engine takes."""
    depths: dict[str, int] = {}
    for name, parts in order.items():
        below = [depths[other] for other in parts if other in depths]
        depths[name] = expressions[name].depth + max(below, default=0)
        if depths[name] > MAX_DEPTH:
            raise InvalidMeasure(
                f'"{name}" would be made of measures through {depths[name]} levels of expressions; '
                f"{MAX_DEPTH} is the most.",
                hint="Make it of measures that are nearer to the facts.",
            )


def _visit(
    name: str,
    expressions: Mapping[str, MeasureExpression],
    order: dict[str, frozenset[str]],
    way: tuple[str, ...],
) -> None:
    if name in way:
        circle = " -> ".join(f'"{each}"' for each in (*way[way.index(name) :], name))
        raise InvalidMeasure(
            f'"{name}" would be made of itself: {circle}.',
            hint="Give the new measure another name.",
        )
    if name in order or name not in expressions:
        return
    if len(way) > MAX_DEPTH:
        raise InvalidMeasure(
            f'"{way[0]}" would be made of more than {MAX_DEPTH} measures, one of the other.',
            hint="Make it of measures that are nearer to the facts.",
        )
    parts = names_in(expressions[name])
    for other in sorted(parts):
        _visit(other, expressions, order, (*way, name))
    order[name] = parts


def _fresh(name: str, expression: MeasureExpression) -> MeasureModel:
    return MeasureModel(name, expression, pa.null(), Additivity("non-additive"))


def _updated(measure: MeasureModel, found: Defined) -> MeasureModel:
    additivity = measure.additivity if measure.additivity_given else found.additivity
    return replace(measure, data_type=found.data_type, additivity=additivity)
