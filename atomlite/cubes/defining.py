"""Whether an expression can be a measure of a cube, and would count right.

What cannot be counted right through a join is refused with the reason and the ways out, so that no
number is ever multiplied by the partners of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.homes import check_home
from atomlite.cubes.joins import join_tree
from atomlite.cubes.references import (
    check_column,
    check_level_types,
    checked_level,
    columns_behind,
    keys_of,
    parts_of,
)
from atomlite.errors import HierarchyNotFound, InvalidMeasure, MeasureNotFound
from atomlite.expressions.calculating import common_type
from atomlite.expressions.columns import Column
from atomlite.expressions.conditions import Condition
from atomlite.measures.additivity import additivity_of
from atomlite.measures.aggregations import INSENSITIVE
from atomlite.measures.coordinates import HierarchyKey, LevelKey
from atomlite.measures.data_types import data_type_of
from atomlite.measures.nodes import (
    Aggregation,
    CumulativeScope,
    DateShift,
    Filtered,
    Lookup,
    MeasureExpression,
    Named,
    Where,
)

if TYPE_CHECKING:
    from atomlite.cubes.joins import JoinTree
    from atomlite.cubes.model import CubeModel
    from atomlite.measures.additivity import Additivity
    from atomlite.tables.catalogs import Catalog


@dataclass(frozen=True, slots=True)
class Defined:
    """What follows from an expression that is right.

    Args:
        data_type: The type of its values.
        additivity: Whether its cells add up.
    """

    data_type: pa.DataType
    additivity: Additivity


def checked(node: MeasureExpression, model: CubeModel, catalog: Catalog) -> Defined:
    """Return what an expression is in a cube.

    Args:
        node: The expression; the measures that it names must be in the cube.
        model: The cube.
        catalog: The tables.

    Raises:
        InvalidMeasure: It could not be counted right, or is put together wrongly.
        InvalidModel: A column is not there, or is of another type now.
        MeasureNotFound, LevelNotFound, HierarchyNotFound: The cube has no such.
        WrongType: Values that do not go together.
    """
    tree = join_tree(model.fact, catalog)
    _check_names(node, model)
    for part in parts_of(node, object):
        _check_part(part, model, tree, catalog)
    data_type = data_type_of(node, model.measures)
    if pa.types.is_null(data_type):
        raise InvalidMeasure(
            f"`{node}` has no value in any cell.", hint="Give it one in one case or more."
        )
    many = many_hierarchies(model, tree)
    return Defined(data_type, additivity_of(node, model.measures, many))


def _check_part(part: object, model: CubeModel, tree: JoinTree, catalog: Catalog) -> None:
    match part:
        case Aggregation():
            _check_aggregation(part, model, tree, catalog)
        case CumulativeScope():
            _check_cumulation(part, model)
        case DateShift(hierarchy=hierarchy):
            _check_dates(model.hierarchies[hierarchy].levels[-1].data_type, "date_shift", part)
        case Lookup():
            _check_lookup(part, model, catalog)
        case Where(cases=cases):
            for condition, _ in cases:
                check_cell_condition(condition)
        case Filtered(condition=condition):
            check_cell_condition(condition)
        case _:
            pass


def many_hierarchies(model: CubeModel, tree: JoinTree) -> frozenset[HierarchyKey]:
    """Return the hierarchies over whose members nothing adds up.

    Over a link that reaches many rows a fact counts for several members; without a slicing
    hierarchy, only the facts of its first member count.
    """
    slicing = {key for key, hierarchy in model.hierarchies.items() if hierarchy.slicing}
    return frozenset(slicing) | {
        key
        for key, hierarchy in model.hierarchies.items()
        for level in hierarchy.levels
        for column in parts_of(level.operand, Column)
        if tree.is_many(column.table)
    }


def _check_names(node: MeasureExpression, model: CubeModel) -> None:
    check_home(node, model, InvalidMeasure)
    for named in parts_of(node, Named):
        if named.name not in model.measures:
            raise MeasureNotFound(named.name, cube=model.name, known=list(model.measures))
    for key in keys_of(node):
        if isinstance(key, LevelKey):
            checked_level(key, model)
        elif key not in model.hierarchies:
            known = [(each.dimension, each.name) for each in model.hierarchies]
            raise HierarchyNotFound((key.dimension, key.name), cube=model.name, known=known)
    check_level_types(node, model)


def _check_aggregation(
    node: Aggregation, model: CubeModel, tree: JoinTree, catalog: Catalog
) -> None:
    columns = columns_behind((node.operand, node.other), model)
    for column in columns:
        check_column(column, tree, catalog, what=f"`{node}`")
    tables = dict.fromkeys(column.table for column in columns)
    if not tables or tree.fact in tables:
        _check_per_fact(node, [table for table in tables if table != tree.fact], tree)
        return
    many = [table for table in tables if tree.is_many(table)]
    if node.per == "fact" and many:
        raise InvalidMeasure(
            f'`{node}`: a row of "{tree.fact}" may have several partners in "{many[0]}", so it has '
            "no one value there.",
            hint=f'Write per="partner": one value for each row of "{many[0]}".',
        )
    if node.per == "partner" and len(tables) > 1:
        first, second = list(tables)[:2]
        raise InvalidMeasure(
            f'`{node}` mixes columns of "{first}" and "{second}", so it belongs to the rows of '
            "neither.",
            hint=f'Take columns of one of them, or write per="fact": one value for each row of '
            f'"{tree.fact}".',
        )
    if node.per is None and node.function not in INSENSITIVE:
        raise _undecided(node, list(tables), many, tree)


def _check_per_fact(node: Aggregation, joined: list[str], tree: JoinTree) -> None:
    """Check an aggregation of facts, or of columns of the fact table with some of ``joined``."""
    if node.per == "partner":
        raise InvalidMeasure(
            f'`{node}` is about the rows of "{tree.fact}", which is not a joined table.',
            hint='Leave out per="partner".',
        )
    many = [table for table in joined if tree.is_many(table)]
    if many:
        raise InvalidMeasure(
            f'`{node}`: a row of "{tree.fact}" may have several partners in "{many[0]}", and would '
            "be counted once for each.",
            hint=f'Join "{many[0]}" by all of its keys, or load its column into "{tree.fact}".',
        )


def _undecided(
    node: Aggregation, tables: list[str], many: list[str], tree: JoinTree
) -> InvalidMeasure:
    ways = []
    if len(tables) == 1:
        ways.append(f'per="partner" for one value for each row of "{tables[0]}"')
    if not many:
        ways.append(
            f'per="fact" for one value for each row of "{tree.fact}", so that a row of '
            f'"{tables[0]}" counts as often as it has facts'
        )
    hint = f"Write {'; or '.join(ways)}." if ways else "Take columns of one table."
    return InvalidMeasure(
        f'`{node}`: a row of "{tables[0]}" may belong to several rows of "{tree.fact}", so it must '
        "be said how often it counts.",
        hint=hint,
    )


def _check_cumulation(scope: CumulativeScope, model: CubeModel) -> None:
    if scope.partitioning is not None:
        path = [level.key for level in model.path(scope.level)]
        if scope.partitioning not in path[:-1]:
            raise InvalidMeasure(
                f"`{scope}`: the partitioning {scope.partitioning} is not above {scope.level}.",
                hint=f"The levels above it: {', '.join(map(str, path[:-1])) or 'none'}.",
            )
    if any(isinstance(bound, str) for bound in scope.window or ()):
        _check_dates(model.level(scope.level).data_type, "A window of periods", scope)


def _check_dates(data_type: pa.DataType, what: str, node: object) -> None:
    if not pa.types.is_date(data_type) and not pa.types.is_timestamp(data_type):
        raise InvalidMeasure(
            f"`{node}`: {what} needs a level of dates or timestamps, and this one holds "
            f"{data_type}.",
            hint="Take a hierarchy whose deepest level is the date itself.",
        )


def _check_lookup(node: Lookup, model: CubeModel, catalog: Catalog) -> None:
    schema = catalog.table(node.column.table).schema
    if schema.column(node.column.name).data_type != node.column.data_type:
        raise InvalidMeasure(
            f"`{node}`: the column is {schema.column(node.column.name).data_type} now.",
            hint="Define it again.",
        )
    given = [name for name, _ in node.keys]
    if not schema.keys:
        raise InvalidMeasure(
            f'`{node}`: "{schema.name}" has no keys to look rows up by.',
            hint="Load it with `keys`.",
        )
    if set(given) != set(schema.keys):
        raise InvalidMeasure(
            f'`{node}` gives the keys {", ".join(given) or "none"}; "{schema.name}" has the keys '
            f"{', '.join(schema.keys)}.",
            hint="Give a measure or a level for each of them.",
        )
    for name, value in node.keys:
        wanted = schema.column(name).data_type
        found = data_type_of(value, model.measures)
        if common_type((wanted, found)) is None:
            raise InvalidMeasure(
                f'`{node}`: the key "{name}" is {wanted}, and `{value}` is {found}.',
                hint="Give a value of its type.",
            )


def check_cell_condition(condition: Condition) -> None:
    """Refuse columns in a condition about cells: a cell has members of levels.

    Raises:
        InvalidMeasure: It is about a column.
    """
    waiting: list[object] = [condition]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Column):
            raise InvalidMeasure(
                f'The condition `{condition!r}` is about the column "{part.table}"["{part.name}"].',
                hint=f'Write it with a level, such as `cube.levels["{part.name}"]`.',
            )
        if isinstance(part, tuple):
            waiting += part
        elif is_dataclass(part) and not isinstance(part, MeasureExpression | type):
            waiting += [getattr(part, field.name) for field in fields(part)]
