"""Aggregates that are made of aggregates: what a table of them holds, and how to read it. Pure.

A *partial* is an aggregate of the facts behind one row of such a table, from which the aggregate of
any number of these rows can be made: a sum from sums, a mean from sums and counts. Functions that
need all values at once, such as a median, have none.
"""

# ruff: noqa: S608 -- names come quoted or are made here, values are parameters

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from atomlite.cubes.joins import join_tree
from atomlite.cubes.planning.binding import Binder
from atomlite.cubes.planning.conditions import levels_in
from atomlite.cubes.planning.leaves import leaf_of
from atomlite.cubes.planning.scopes import KnownLinks, Scope
from atomlite.errors import InvalidAggregate
from atomlite.expressions.columns import Column, Operand, Reference
from atomlite.expressions.rendering import Expression, references_of, render
from atomlite.measures.aggregations import INSENSITIVE
from atomlite.measures.coordinates import LevelKey, LevelOperand
from atomlite.measures.data_types import data_type_of
from atomlite.measures.nodes import (
    Aggregation,
    At,
    BestMember,
    CumulativeScope,
    DateShift,
    EndValue,
    Filtered,
    MeasureExpression,
    Named,
    OriginScope,
    ScopedAggregation,
    Shift,
    inputs,
)
from atomlite.sql import Statement, quote
from atomlite.tables.definitions import aggregate_of
from atomlite.types import EVERYTHING

if TYPE_CHECKING:
    from atomlite.cubes.model import AggregateModel, CubeModel
    from atomlite.tables.catalogs import Catalog

Key: TypeAlias = tuple[str, str, tuple[object, ...]]
"""Which partial: its template, then text and values of its operand."""


@dataclass(frozen=True, slots=True)
class Partial:
    """An aggregate of the facts behind one row of a table of aggregates.

    Args:
        template: The aggregate as SQL, with ``{}`` for its operand.
        operand: Of what; ``None`` for the number of facts.
    """

    template: str
    operand: Operand | None

    def key(self, model: CubeModel) -> Key:
        """Return what is equal for two partials that hold the same."""
        if self.operand is None:
            return self.template, "", ()
        text, values = _written(self.operand, model)
        return self.template, text, values


_ROWS = Partial("count(*)", None)


@dataclass(frozen=True, slots=True)
class AggregateTable:
    """What there is to read in a table of aggregates.

    Args:
        source: Its name in SQL.
        levels: SQL of the column of each level.
        partials: SQL of the column of each partial.
    """

    source: str
    levels: Mapping[LevelKey, str]
    partials: Mapping[Key, str]


def partials_of(node: Aggregation, model: CubeModel) -> tuple[Partial, ...] | None:
    """Return the partials that an aggregate is made of; ``None`` where it needs all values.

    So does one that counts rows of a joined table instead of facts.
    """
    if node.operand is None:
        return (_ROWS,)
    of_facts = node.per == "fact" or model.fact in _tables([node.operand], model)
    if node.per == "partner" or not (of_facts or node.function in INSENSITIVE):
        return None
    leaf = leaf_of(node, data_type_of(node, {}), repr)
    if not leaf.again or node.by_position:
        return None
    (operand,) = leaf.operands
    return tuple(Partial(aggregate("{}")[0], operand) for aggregate in leaf.aggregates)


def aggregate_table(aggregate: AggregateModel, model: CubeModel) -> AggregateTable:
    """Return what there is to read in a table of aggregates.

    Raises:
        InvalidAggregate: A measure cannot be made of partials.
    """
    levels = {level: f'"l{number}"' for number, level in enumerate(aggregate.levels)}
    held = _held(aggregate, model)
    names = {key: f'"p{number}"' for number, key in enumerate(held)}
    return AggregateTable(aggregate_of(aggregate.name), levels, names)


def definition(aggregate: AggregateModel, model: CubeModel, catalog: Catalog) -> Statement:
    """Return the query whose rows a table of aggregates holds.

    Raises:
        InvalidAggregate: A measure cannot be made of partials, or a level is reached by a join that
            may find several rows for a fact.
        InvalidModel: A column has gone.
    """
    binder = Binder()
    scope = Scope(model, catalog, EVERYTHING, KnownLinks(), binder)
    held = _held(aggregate, model)
    operands: list[Operand] = [model.level(key).operand for key in aggregate.levels]
    operands += [each.operand for each in held.values() if each.operand is not None]
    conditions = scope.fact_conditions()
    tables = scope.tables_of([*operands, *conditions])
    if scope.is_many(tables):
        many = next(side.table for side in scope.tree.sides if side.many and side.table in tables)
        raise InvalidAggregate(
            f'A fact may have several partners in "{many}", so facts grouped by it do not add up.',
            hint=f'Leave out what is of "{many}", or map all keys of it in the join.',
        )
    groups = [scope.sql(model.level(key).operand) for key in aggregate.levels]
    texts = [f'{sql} AS "l{number}"' for number, sql in enumerate(groups)]
    for number, each in enumerate(held.values()):
        operand = "" if each.operand is None else f"({scope.sql(each.operand)})"
        made = each.template.replace("{}", operand)
        texts.append(f'{made} AS "p{number}"')
    where = " AND ".join(f"({scope.sql(condition)})" for condition in conditions)
    text = f"SELECT {', '.join(texts)} FROM {scope.from_clause(tables)}"
    text += f" WHERE {where}" if where else ""
    numbers = ", ".join(map(str, range(1, len(groups) + 1)))
    text += f" GROUP BY {numbers}" if groups else " HAVING count(*) > 0"
    return Statement(text, tuple(binder.values), table=model.fact)


def tables_read(aggregate: AggregateModel, model: CubeModel, catalog: Catalog) -> frozenset[str]:
    """Return the tables that a table of aggregates is made from, those on the way included."""
    operands: list[Operand] = [model.level(key).operand for key in aggregate.levels]
    held = _held(aggregate, model).values()
    operands += [each.operand for each in held if each.operand is not None]
    filtered = frozenset() if model.filter is None else _tables([model.filter], model)
    tree = join_tree(model.fact, catalog)
    ends = _tables(operands, model) | filtered
    return frozenset({model.fact, *(side.table for end in ends for side in tree.path(end))})


def _held(aggregate: AggregateModel, model: CubeModel) -> dict[Key, Partial]:
    """Return the partials of a table of aggregates, the number of facts first."""
    found = {_ROWS.key(model): _ROWS}
    for name in aggregate.measures:
        if name not in model.measures:
            raise InvalidAggregate(f'The cube has no measure "{name}" any more.')
        for node in leaves_of(model.measures[name].expression, model, {name}):
            needed = partials_of(node, model)
            if needed is None:
                raise InvalidAggregate(
                    f'The measure "{name}" cannot be made of aggregates: `{node}` needs all values '
                    "at once, or counts rows of a joined table.",
                    hint="Leave it out: it is calculated from the facts, as before.",
                )
            for each in needed:
                found.setdefault(each.key(model), each)
    return found


def check_levels(aggregate: AggregateModel, model: CubeModel) -> None:
    """Refuse a table of aggregates that lacks a level which one of its measures is made along.

    Raises:
        InvalidAggregate: It does, so that no query for the measure could read it.
    """
    for name in aggregate.measures:
        for node in _nodes_of(Named(name), model, set()):
            for level in _needed(node, aggregate, model):
                if level not in aggregate.levels:
                    levels = ", ".join(map(str, aggregate.levels)) or "none"
                    raise InvalidAggregate(
                        f'The measure "{name}" can never be read from this table: `{node}` needs '
                        f"the level {level}, and the levels of the table are {levels}.",
                        hint=f"Add the level {level}, or leave the measure out.",
                    )


def _needed(  # noqa: PLR0911 -- one for each kind
    node: MeasureExpression, aggregate: AggregateModel, model: CubeModel
) -> tuple[LevelKey, ...]:
    """Return the levels that a node is made along, which cells of queries need not express."""
    match node:
        case EndValue(level=level) | BestMember(level=level):
            return (level.key,)
        case ScopedAggregation(scope=OriginScope(levels=levels)):
            return levels
        case ScopedAggregation(scope=CumulativeScope(level=key, partitioning=along)):
            return (key,) if along is None else (along, key)
        case Filtered(condition=condition):
            return levels_in(condition)
        case At(coordinates=coordinates):
            return tuple(level.key for level, _ in coordinates)
        case DateShift(hierarchy=hierarchy):
            return (model.hierarchies[hierarchy].levels[-1].key,)
        case Shift(hierarchy=hierarchy, partitioning=along):
            any_of = any(level.owner == hierarchy for level in aggregate.levels)
            first = () if any_of else (model.hierarchies[hierarchy].levels[0].key,)
            return first if along is None else (*first, along)
    return ()


def leaves_of(node: MeasureExpression, model: CubeModel, seen: set[str]) -> Iterator[Aggregation]:
    """Return the aggregates of facts that a measure is calculated from.

    Args:
        node: The measure's expression.
        model: The cube, which has the measures that it names.
        seen: The measures that were looked at already; more are added.
    """
    for each in _nodes_of(node, model, seen):
        if isinstance(each, Aggregation):
            yield each


def _nodes_of(
    node: MeasureExpression, model: CubeModel, seen: set[str]
) -> Iterator[MeasureExpression]:
    """Return a node and all inside of it, those of the measures that it names too."""
    yield node
    if isinstance(node, Named) and node.name not in seen:
        seen.add(node.name)
        yield from _nodes_of(model.measures[node.name].expression, model, seen)
    for each in inputs(node):
        yield from _nodes_of(each, model, seen)


def _tables(expressions: Iterable[Expression], model: CubeModel) -> frozenset[str]:
    found: set[str] = set()
    for expression in expressions:
        for reference in references_of(expression):
            if isinstance(reference, LevelOperand):
                found |= _tables([model.level(reference.key).operand], model)
            elif isinstance(reference, Column):
                found.add(reference.table)
    return frozenset(found)


def _written(operand: Operand, model: CubeModel) -> tuple[str, tuple[object, ...]]:
    inner: list[object] = []

    def named(reference: Reference) -> str:
        if isinstance(reference, LevelOperand):
            text, values = _written(model.level(reference.key).operand, model)
            inner.extend(values)
            return f"({text})"
        assert isinstance(reference, Column)  # noqa: S101 -- there are no other references
        return f"{quote(reference.table)}.{quote(reference.name)}"

    text, values = render(operand, named)
    return text, (*inner, *values)
