"""A query of a cube made into SQL. Pure: values in, a statement out."""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.model import DEPTH
from atomlite.cubes.planning.applying import APPLYING
from atomlite.cubes.planning.binding import Binder
from atomlite.cubes.planning.cell_values import LOCAL
from atomlite.cubes.planning.compiler import Compiler, Stage
from atomlite.cubes.planning.conditions import conjuncts, has_measures, levels_compared
from atomlite.cubes.planning.contexts import Context
from atomlite.cubes.planning.navigation.handlers import HANDLERS
from atomlite.cubes.planning.navigation.ordering import order_terms
from atomlite.cubes.planning.outputs import Rows, Term, crossed, level_terms, visible
from atomlite.cubes.planning.scopes import KnownLinks, Scope
from atomlite.cubes.planning.shapes import Shape, shape_of
from atomlite.errors import InvalidQuery
from atomlite.measures.coordinates import HierarchyKey, LevelKey
from atomlite.sql import Statement, quote
from atomlite.types import EVERYTHING, View

if TYPE_CHECKING:
    from atomlite.cubes.model import AggregateModel, CubeModel, LevelModel
    from atomlite.cubes.query import Query
    from atomlite.expressions.conditions import Condition
    from atomlite.tables.catalogs import Catalog
    from atomlite.tables.links import Link

__all__ = ["Crossing", "Plan", "PlannedColumn", "Stage", "crossing", "plan"]


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """One column of an answer.

    Args:
        name: Its name, unique in the answer.
        data_type: Its logical type.
    """

    name: str
    data_type: pa.DataType


@dataclass(frozen=True, slots=True)
class Plan:
    """How a query is answered.

    Args:
        query: The query.
        model: The cube.
        axis: The levels of the index: those asked for, each after its ancestors.
        columns: The columns of the answer: levels, depth, measures.
        stages: Python functions to run before the statement, in this order.
        statement: Gives the rows.
        tables: Names of the tables that are read.
        joined: Names of those that are joined to the facts.
        source: Name of the aggregate table that is read in the place of the facts.
    """

    query: Query
    model: CubeModel
    axis: tuple[LevelModel, ...]
    columns: tuple[PlannedColumn, ...]
    stages: tuple[Stage, ...]
    statement: Statement
    tables: tuple[str, ...]
    joined: tuple[str, ...] = ()
    source: str | None = None


def plan(
    query: Query,
    model: CubeModel,
    catalog: Catalog,
    view: View = EVERYTHING,
    *,
    aggregates: Collection[str] = (),
    matched: Collection[Link] = (),
    ranges: Mapping[Link, tuple[int, int]] | None = None,
) -> Plan:
    """Return how a query is answered.

    Args:
        query: What is wanted.
        model: The cube.
        catalog: All tables, at the instant at which the statement will run.
        view: What the reader may see of the fact table, and of the tables joined to it.
        aggregates: Names of the aggregate tables that hold what the facts are now.
        matched: Links for which every row of the source is known to find its partner.
        ranges: For others, the range of keys in which that is known; see `KnownLinks`.

    Raises:
        InvalidQuery: A condition about cells is about a level that the query has not, or one that
            has to be left out is about several hierarchies.
        InvalidModel: Columns or tables have gone, or joins lead to a table in two ways.
        MeasureNotFound: A measure has gone.
        WrongType: A condition compares with a value of another type.
    """
    binder = Binder()
    scope = Scope(model, catalog, view, KnownLinks(matched, ranges or {}), binder)
    compiler = Compiler(
        model,
        scope,
        binder,
        local=LOCAL,
        navigating={**HANDLERS, **APPLYING},
        order=order_terms,
        aggregates=_usable(model, catalog, view, aggregates),
    )
    axis = _axis(query, compiler)
    keys = [level.key for level in axis]
    about_facts, about_cells = _taken_apart(query, keys)
    main = compiler.frame(Context(about_facts), _shapes(query, axis, compiler))
    names = dict.fromkeys((*query.measures, *_ordering_measures(query)))
    nodes = {name: compiler.measure(name).expression for name in names}
    frame = crossed(main, keys) if query.include_empty_rows else main
    values = []
    for name, node in nodes.items():
        with compiler.inside(name):
            values.append(frame.value(node))
    rows = Rows(frame, values, made=query.include_empty_rows)
    for condition in about_cells:
        rows.keep_where(condition)
    if query.limit is not None:
        rows.keep_first(query.limit, _cell_terms(query, rows, list(nodes), keys))
    if query.totals == "visible" and rows.keep is not None and len(frame.shapes) > 1:
        rows = visible(rows, list(nodes.values()), keys)
    columns = _columns(query, model, axis)
    select = _select(query, rows, list(nodes), keys, columns)
    statement, stages = compiler.finished(select)
    return Plan(
        query,
        model,
        axis,
        columns,
        stages,
        statement,
        tuple(sorted(scope.read)),
        tuple(side.table for side in scope.tree.sides if side.table in scope.joined),
        next(iter(compiler.sources), None),
    )


@dataclass(frozen=True, slots=True)
class Crossing:
    """How to count the cells of a query with empty rows before they are made.

    Args:
        statement: Gives one row: how many members each of ``paths`` has.
        paths: A level of each hierarchy of the index, with its ancestors.
        products: For each set of cells, the indexes of those whose members are combined in it.
    """

    statement: Statement
    paths: tuple[LevelKey, ...]
    products: tuple[tuple[int, ...], ...]

    def cells(self, counts: Sequence[int]) -> int:
        """Return the number of cells, from the numbers of members."""
        return sum(prod(counts[index] for index in product) for product in self.products)


def crossing(
    query: Query, model: CubeModel, catalog: Catalog, view: View = EVERYTHING
) -> Crossing | None:
    """Return how to count the cells of a query with empty rows; ``None`` if nothing is combined.

    Conditions about measures take nothing away here: they look at cells that are made already.

    Args:
        query: What is wanted, with ``include_empty_rows``.
        model: The cube.
        catalog: All tables, at the instant at which the statement will run.
        view: As for `plan`.

    Raises:
        AtomliteError: As `plan`.
    """
    binder = Binder()
    scope = Scope(model, catalog, view, KnownLinks(), binder)
    compiler = Compiler(model, scope, binder, local=LOCAL, navigating=HANDLERS, order=order_terms)
    axis = _axis(query, compiler)
    shapes = _shapes(query, axis, compiler)
    if len(shapes[0].depths) < _COMBINED:
        return None
    about_facts, _ = _taken_apart(query, [level.key for level in axis])
    places: dict[LevelKey, int] = {}
    counts, products = [], []
    for shape in shapes:
        product = []
        for hierarchy, depth in shape.depths:
            deepest = compiler.hierarchy(hierarchy).levels[depth - 1].key
            if deepest not in places:
                places[deepest] = len(places)
                own = Context(about_facts).only(hierarchy).conditions
                members = compiler.members(hierarchy, depth, own)
                counts.append(f"(SELECT count(*) FROM {members.relation})")
            product.append(places[deepest])
        products.append(tuple(product))
    statement, _ = compiler.finished(f"SELECT {', '.join(counts)}")
    return Crossing(statement, tuple(places), tuple(products))


_COMBINED = 2


def _usable(
    model: CubeModel, catalog: Catalog, view: View, names: Collection[str]
) -> list[AggregateModel]:
    """Return the aggregate tables that may be read, the smallest first.

    They hold what a reader without restrictions sees.
    """
    if not names or view != EVERYTHING:
        return []
    found = [each for each in model.aggregates if each.name in names]
    return sorted(found, key=lambda each: catalog.derived[each.name].row_count)


def _axis(query: Query, compiler: Compiler) -> tuple[LevelModel, ...]:
    """Return the levels asked for, each after its ancestors, none twice."""
    found: dict[LevelKey, LevelModel] = {}
    for key in query.levels:
        compiler.level(key)
        for level in compiler.model.path(key):
            found.setdefault(level.key, level)
    return tuple(found.values())


def _shapes(query: Query, axis: Sequence[LevelModel], compiler: Compiler) -> list[Shape]:
    """Return the sets of cells: the deepest, then those of the totals."""
    whole = _shape_of(axis)
    shapes = [whole]
    if query.include_totals:
        for length in range(len(axis) - 1, -1, -1):
            shape = _shape_of(axis[:length])
            left_out = {key for key, _ in whole.depths} - {key for key, _ in shape.depths}
            if not left_out & compiler.sliced:
                shapes.append(shape)
    return shapes


def _shape_of(levels: Sequence[LevelModel]) -> Shape:
    depths: Counter[HierarchyKey] = Counter(level.key.owner for level in levels)
    return shape_of(depths)


def _taken_apart(
    query: Query, axis: Sequence[LevelKey]
) -> tuple[tuple[Condition, ...], tuple[Condition, ...]]:
    """Return the conditions about facts, and those about cells."""
    about_facts, about_cells = [], []
    for condition in conjuncts(query.filter):
        if not has_measures(condition):
            about_facts.append(condition)
            continue
        for level in levels_compared(condition):
            if level not in axis:
                raise InvalidQuery(
                    f"The condition `{condition!r}` compares measures in cells of the query, and "
                    f"is about the level {level}, which the query has not.",
                    hint="Add the level to `levels`, or write the condition about the level apart, "
                    "joined with `&`.",
                )
        about_cells.append(condition)
    return tuple(about_facts), tuple(about_cells)


def _ordering_measures(query: Query) -> list[str]:
    return [each.by for each in query.order_by if isinstance(each.by, str)]


def _cell_terms(
    query: Query, rows: Rows, names: Sequence[str], axis: Sequence[LevelKey]
) -> list[Term]:
    """Return what the cells of the deepest level are ordered by."""
    terms = []
    for each in query.order_by:
        if isinstance(each.by, str):
            value = rows.values[names.index(each.by)]
            terms.append(Term(f"({value.sql})", value.layer, each.descending))
        else:
            terms += level_terms(rows.frame, each.by, descending=each.descending)
    return [*terms, *(term for level in axis for term in level_terms(rows.frame, level))]


def _columns(
    query: Query, model: CubeModel, axis: Sequence[LevelModel]
) -> tuple[PlannedColumn, ...]:
    taken = Counter(level.key.name for level in axis)
    taken.update((DEPTH, *query.measures))
    columns = []
    for level in axis:
        key = level.key
        name = key.name if taken[key.name] == 1 else f"{key.dimension}.{key.hierarchy}.{key.name}"
        columns.append(PlannedColumn(name, level.data_type))
    columns.append(PlannedColumn(DEPTH, pa.int32()))
    columns += [PlannedColumn(name, model.measures[name].data_type) for name in query.measures]
    return tuple(columns)


def _select(
    query: Query,
    rows: Rows,
    names: Sequence[str],
    axis: Sequence[LevelKey],
    columns: Sequence[PlannedColumn],
) -> str:
    frame = rows.frame
    depths = {shape: len(frame.levels_of(shape)) for shape in frame.shapes}
    cases = " ".join(f"WHEN {frame.number(shape)} THEN {n}" for shape, n in depths.items())
    depth = f"CASE {frame.set_column} {cases} END" if len(depths) > 1 else str(len(axis))
    values = [rows.values[names.index(name)] for name in query.measures]
    if not rows.made:
        values = [frame.guarded(value) for value in values]
    texts = [*map(frame.key, axis), depth, *(value.sql for value in values)]
    layers = [value.layer for value in values]
    selected = [f"{sql} AS {quote(c.name)}" for sql, c in zip(texts, columns, strict=True)]
    where = ""
    if rows.keep is not None:
        layers.append(rows.keep.layer)
        others = f"NOT ({rows.is_full()}) OR " if len(depths) > 1 else ""
        where = f" WHERE {others}{rows.keep.sql}"
    order = ""
    if query.ordered or query.order_by or query.limit is not None:
        terms = _terms(query, rows, names, axis, depth)
        layers += [term.layer for term in terms]
        order = f" ORDER BY {', '.join(term.sql for term in terms)}" if terms else ""
    relation = frame.relation(max(layers, default=0))
    return f"SELECT {', '.join(selected)} FROM {relation}{where}{order}"


def _terms(
    query: Query, rows: Rows, names: Sequence[str], axis: Sequence[LevelKey], depth: str
) -> list[Term]:
    """Return what all rows are ordered by."""
    frame, single = rows.frame, len(rows.frame.shapes) == 1
    if query.order_by:
        cells = _cell_terms(query, rows, names, axis)
        if single:
            return cells
        own = len(cells) - sum(len(level_terms(frame, level)) for level in axis)
        deepest = [
            Term(f"CASE WHEN {rows.is_full()} THEN {t.value} END", t.layer, t.descending)
            for t in cells[:own]
        ]
        return [Term(f"({depth})", 0), *deepest, *cells[own:]]
    terms = []
    for number, level in enumerate(axis):
        if not single:
            terms.append(Term(f"({depth} > {number})", 0))
        terms += level_terms(frame, level)
    return terms
