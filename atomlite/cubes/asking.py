"""From what a cube is asked for to a `Query`, and whether the cube can answer it. Pure.

A notebook and an HTTP client get the same answers, and the same refusals: both end in `checked`.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from atomlite.cubes.changes import made_of
from atomlite.cubes.defining import checked as checked_measure
from atomlite.cubes.homes import check_home
from atomlite.cubes.joins import join_tree
from atomlite.cubes.model import ROW_COUNT, ColumnOrder
from atomlite.cubes.names import full_name, hierarchies_named, level_named, measure_named
from atomlite.cubes.query import Query, QueryOrdering, Totals
from atomlite.cubes.references import (
    check_column,
    check_facts,
    check_level_types,
    checked_level,
    columns_behind,
    keys_of,
    parts_of,
)
from atomlite.data_types.values import described
from atomlite.errors import (
    AtomliteError,
    InvalidArgument,
    InvalidModel,
    InvalidQuery,
    LevelNotFound,
    MeasureNotFound,
    TableNotFound,
)
from atomlite.expressions.columns import Column, Operand, Ordering
from atomlite.expressions.conditions import Condition
from atomlite.measures.arguments import chosen, truth
from atomlite.measures.coordinates import LevelKey, LevelOperand
from atomlite.measures.handles import hierarchy_of
from atomlite.measures.nodes import Constant, LevelValue, MeasureExpression, Named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from atomlite.cubes.joins import JoinTree
    from atomlite.cubes.model import CubeModel
    from atomlite.tables.catalogs import Catalog


def asked(
    model: CubeModel,
    measures: Iterable[object],
    *,
    levels: object = (),
    filter: object = None,  # noqa: A002 -- the word that users know
    include_totals: object = False,
    totals: object = "all",
    include_empty_rows: object = False,
    order_by: object = None,
    limit: object = None,
    ordered: bool = True,
) -> Query:
    """Return the query that arguments mean; names may be short, and of levels and measures alike.

    Args:
        model: The cube.
        measures: Measures, or their names.
        levels: A level or its name, or several.
        filter: A condition, or ``None``.
        include_totals: True or False.
        totals: ``"all"`` or ``"visible"``.
        include_empty_rows: True or False.
        order_by: What cells are ordered by, or several; see `Cube.query`.
        limit: Most cells, or ``None``.
        ordered: Whether rows are to come in order also without ``order_by`` and ``limit``.

    Raises:
        InvalidQuery: An argument is of a wrong kind, or given twice, or there are neither measures
            nor levels.
        MeasureNotFound, LevelNotFound, AmbiguousName: A name means nothing, or too much.
    """
    names = tuple(_measure(each, model) for each in measures)
    keys = tuple(_level(each, model) for each in _several(levels, "levels"))
    orders = _several(() if order_by is None else order_by, "order_by")
    _check_directions(orders, model)
    orderings = tuple(_ordering(each, model) for each in orders)
    if not names and not keys:
        raise InvalidQuery(
            "A query needs measures or levels, and this one has none.",
            hint=f'Give one, such as the measure "{next(iter(model.measures), ROW_COUNT)}".',
        )
    if filter is not None and not isinstance(filter, Condition):
        raise InvalidQuery(
            f"filter is {described(filter)}.",
            hint='Write a condition: `cube.levels["City"] == "Paris"`.',
        )
    chosen("totals", totals, Totals)
    return Query(
        names,
        keys,
        filter,
        include_totals=truth("include_totals", include_totals),
        totals="visible" if totals == "visible" else "all",
        include_empty_rows=truth("include_empty_rows", include_empty_rows),
        order_by=orderings,
        limit=_limit(limit),
        ordered=ordered or bool(orderings) or limit is not None,
    )


def checked(query: Query, model: CubeModel, catalog: Catalog) -> None:
    """Check that a cube can answer a query, with the tables as they are.

    Raises:
        InvalidModel: Tables or columns that it needs are gone, or joined in two ways.
        InvalidQuery: Something is asked for twice, or ordered by what is not asked for.
        MeasureNotFound, LevelNotFound: The cube has no such.
    """
    tree = _tree(model, catalog)
    check_facts(model.filter, tree, catalog)
    _check_each_once("measure", [f'"{name}"' for name in query.measures])
    _check_each_once("level", [str(key) for key in query.levels])
    for key in query.levels:
        checked_level(key, model)
    _check_filter(query.filter, model, catalog)
    for name in (*query.measures, *(each.name for each in parts_of(query.filter, Named))):
        if name not in model.measures:
            raise MeasureNotFound(name, cube=model.name, known=list(model.measures))
        _check_measure(name, model, catalog)
    for key in _levels_used(query, model):
        check_level(key, model, tree, catalog)
    _check_orderings(query, model)


def _levels_used(query: Query, model: CubeModel) -> Iterable[LevelKey]:
    """Return the levels that a query reads: its own, those of its measures, those that slice."""
    names = dict.fromkeys((*query.measures, *(each.name for each in parts_of(query.filter, Named))))
    parts = dict.fromkeys(each for name in names for each in made_of(name, model))
    measures = tuple(model.measures[each].expression for each in parts)
    used: dict[LevelKey, None] = {}
    for key in keys_of((query.levels, query.filter, measures)):
        deepest = key if isinstance(key, LevelKey) else model.hierarchies[key].levels[-1].key
        used |= dict.fromkeys(level.key for level in model.path(deepest))
    slicing = (each.levels[0].key for each in model.hierarchies.values() if each.slicing)
    return used | dict.fromkeys(slicing)


def check_level(key: LevelKey, model: CubeModel, tree: JoinTree, catalog: Catalog) -> None:
    """Check that the columns of a level are there.

    Raises:
        InvalidModel: One is not, or is of another type now.
    """
    level = model.level(key)
    what = f'The level {key} of the cube "{model.name}"'
    columns = columns_behind(level.operand, model)
    if isinstance(level.order, ColumnOrder):
        columns = (*columns, level.order.column)
    for column in columns:
        check_column(column, tree, catalog, what=what)


def _tree(model: CubeModel, catalog: Catalog) -> JoinTree:
    try:
        return join_tree(model.fact, catalog)
    except TableNotFound as error:
        raise InvalidModel(
            f'The cube "{model.name}" has lost its fact table: {error.message}',
            hint=f'Load "{model.fact}" again, or delete the cube.',
        ) from error


def _check_measure(name: str, model: CubeModel, catalog: Catalog) -> None:
    for each in made_of(name, model):
        try:
            checked_measure(model.measures[each].expression, model, catalog)
        except AtomliteError as error:
            raise InvalidModel(
                f'The measure "{each}" of the cube "{model.name}" cannot be computed any more: '
                f"{error.message}",
                hint=error.hint,
                details={"measure": each},
            ) from error


def _check_filter(condition: Condition | None, model: CubeModel, catalog: Catalog) -> None:
    check_home(condition, model)
    column = next(parts_of(condition, Column), None)
    if column is not None:
        over = [
            str(level.key)
            for each in model.hierarchies.values()
            for level in each.levels
            if isinstance(level.operand, Column)
            and (level.operand.table, level.operand.name) == (column.table, column.name)
        ]
        hint = f"Write it with the level {over[0]}." if over else "Make a hierarchy of it first."
        raise InvalidQuery(
            f'The filter is about the column "{column.table}"["{column.name}"].', hint=hint
        )
    if condition is not None:
        check_level_types(condition, model)
        for node in parts_of(condition, MeasureExpression):
            if not isinstance(node, Named | Constant | LevelValue):
                checked_measure(node, model, catalog)


def _check_orderings(query: Query, model: CubeModel) -> None:
    axis = {each.key for key in query.levels for each in model.path(key)}
    for ordering in query.order_by:
        if isinstance(ordering.by, str):
            if ordering.by not in query.measures:
                raise InvalidQuery(
                    f'order_by names the measure "{ordering.by}", which is not in the query.',
                    hint="Add it to the measures of the query.",
                )
        elif ordering.by not in axis:
            raise InvalidQuery(
                f"order_by names the level {ordering.by}, which is not in the query.",
                hint="Add it to `levels`.",
            )


def _check_each_once(what: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise InvalidQuery(f"The {what} {name} is asked for twice.", hint="Name it once.")


def _measure(given: object, model: CubeModel) -> str:
    if isinstance(given, str | Named):
        return measure_named(given, model).name
    if isinstance(given, MeasureExpression):
        raise InvalidQuery(
            f"`{given}` has no name to be shown under.",
            hint='Give it one: `cube.measures["My measure"] = ...`, then query that.',
        )
    if isinstance(given, LevelOperand):
        raise InvalidQuery(
            f"{given.key} is a level, given among the measures.", hint="Pass it as `levels=`."
        )
    hint = f"Aggregate it: `al.agg.sum({given})`, as a measure of the cube."
    if not isinstance(given, Operand):
        hint = 'Give measures one by one: query(m["a"], m["b"]).'
    raise InvalidQuery(f"{_shown(given)} is not a measure.", hint=hint)


def _level(given: object, model: CubeModel) -> LevelKey:
    if isinstance(given, Named):
        raise InvalidQuery(
            f'"{given.name}" is a measure, given among the levels.',
            hint="Pass it before `levels=`.",
        )
    hierarchy = hierarchy_of(given)
    if hierarchy is not None:
        own = ", ".join(
            each.key.name
            for known in model.hierarchies.values()
            for each in known.levels
            if known.key == hierarchy
        )
        raise InvalidQuery(
            f"{hierarchy} is a hierarchy, given among the levels.",
            hint=f"Give one of its levels: {own}.",
        )
    if isinstance(given, str | tuple | LevelKey | LevelOperand):
        return level_named(given, model).key
    raise InvalidQuery(
        f"{_shown(given)} is not a level.", hint='Give one such as `cube.levels["City"]`.'
    )


def _ordering(given: object, model: CubeModel) -> QueryOrdering:
    match given:
        case QueryOrdering():
            check_home((given, given.by), model)
            return given
        case Ordering(operand=LevelOperand() as operand, descending=descending, nulls=nulls):
            if nulls != "last":
                raise InvalidQuery(
                    f"order_by is {given!r}.",
                    hint='Null is last in cubes: leave out `nulls="first"`.',
                )
            return QueryOrdering(level_named(operand, model).key, descending)
        case Named():
            return QueryOrdering(measure_named(given, model).name)
        case LevelOperand() | LevelKey() | tuple():
            return QueryOrdering(level_named(given, model).key)
        case str():
            return _named_ordering(given, model)
        case _:
            raise InvalidQuery(
                f"order_by is {_shown(given)}.",
                hint="Give a measure or a level of the query, or its `.desc()`.",
            )


def _check_directions(orders: Sequence[object], model: CubeModel) -> None:
    """Refuse a direction that is given beside what it is about."""
    known = {level.key.name for each in model.hierarchies.values() for level in each.levels}
    for each in orders:
        word = each.lower() if isinstance(each, str) else ""
        if word in {"asc", "desc"} and each not in known and each not in model.measures:
            raise InvalidQuery(
                f'order_by has the word "{each}", which names nothing to order by.',
                hint=f"Write the direction as a method: `measure.{word}()`, over HTTP "
                f'{{"measure": ..., "direction": "{word}"}}.',
            )


def _named_ordering(name: str, model: CubeModel) -> QueryOrdering:
    """Return an ordering by what has a name: a measure, or else a level."""
    try:
        level = level_named(name, model).key
    except LevelNotFound:
        if hierarchies_named(name, model) and name not in model.measures:
            raise
        return QueryOrdering(measure_named(name, model).name)
    if name in model.measures:
        raise InvalidQuery(
            f'order_by is "{name}", which is a measure and a level {full_name(level)}.',
            hint=f'Give `cube.measures["{name}"]` or `cube.levels["{name}"]`, over HTTP '
            f'{{"measure": "{name}"}} or {{"level": "{name}"}}.',
        )
    return QueryOrdering(level)


def _several(given: object, argument: str) -> Sequence[object]:
    if isinstance(given, AbstractSet):
        raise InvalidQuery(
            f"{argument} is a set, which has no order.", hint=f"Give a list: {argument}=[...]."
        )
    return given if isinstance(given, list | tuple) else (given,)


def _limit(value: object) -> int | None:
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InvalidArgument("limit", value, "a whole number, 0 or more, or None")
    return value


def _shown(given: object) -> str:
    return f"`{given}`" if isinstance(given, Operand) else described(given)
