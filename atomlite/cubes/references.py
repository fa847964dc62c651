"""What an expression refers to, and whether a cube still has it.

>>> from atomlite.measures.nodes import Named
>>> sorted(names_in(Named("Revenue") - Named("Cost")))
['Cost', 'Revenue']
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from atomlite.errors import InvalidModel, LevelNotFound
from atomlite.expressions.columns import Column, Operand
from atomlite.measures.calculations import Named
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atomlite.cubes.joins import JoinTree
    from atomlite.cubes.model import CubeModel, LevelModel
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.nodes import MeasureExpression
    from atomlite.tables.catalogs import Catalog

_PartT = TypeVar("_PartT")


def parts_of(value: object, kind: type[_PartT]) -> Iterator[_PartT]:
    """Return all parts of a kind, whole ones: of a condition, a measure, an operand, a scope.

    Args:
        value: Built of dataclasses and tuples.
        kind: The class that is looked for.

    >>> from atomlite.measures.nodes import Named
    >>> list(parts_of((Named("a") + 1) * 2, str))
    ['a', '+', '*']
    """
    seen: set[int] = set()
    waiting: list[object] = [value]
    while waiting:
        part = waiting.pop()
        if isinstance(part, kind):
            yield part
        if isinstance(part, tuple):
            waiting += reversed(part)
        else:
            names = _fields_of(type(part))  # type: ignore[arg-type] # classes can be keys
            if names and id(part) not in seen:
                seen.add(id(part))
                waiting += [getattr(part, name) for name in names]


@cache
def _fields_of(kind: type[Any]) -> tuple[str, ...]:
    """Return the names of the fields of a dataclass, last first; none of any other class."""
    return tuple(field.name for field in reversed(fields(kind))) if is_dataclass(kind) else ()


def names_in(value: object) -> frozenset[str]:
    """Return the names of the measures that an expression or a condition names itself."""
    return frozenset(named.name for named in parts_of(value, Named))


def uses(value: object, hierarchies: frozenset[HierarchyKey]) -> bool:
    """Return whether an expression refers to one of some hierarchies or to a level of it."""
    return any(
        (key.owner if isinstance(key, LevelKey) else key) in hierarchies for key in keys_of(value)
    )


def keys_of(value: object) -> Iterator[HierarchyKey | LevelKey]:
    """Return the keys of all hierarchies and levels that an expression refers to."""
    for part in parts_of(value, object):
        if isinstance(part, HierarchyKey | LevelKey):
            yield part
        elif isinstance(part, LevelOperand):
            yield part.key


def checked_level(key: LevelKey, model: CubeModel) -> LevelModel:
    """Return the level of a key.

    Raises:
        LevelNotFound: The cube has none.
    """
    hierarchy = model.hierarchies.get(key.owner)
    levels = () if hierarchy is None else hierarchy.levels
    found = next((level for level in levels if level.key == key), None)
    if found is None:
        known = [
            (level.key.dimension, level.key.hierarchy, level.key.name)
            for each in model.hierarchies.values()
            for level in each.levels
        ]
        shown = (key.dimension, key.hierarchy, key.name)
        raise LevelNotFound(shown, cube=model.name, known=known)
    return found


def check_level_types(value: MeasureExpression | Condition | Operand, model: CubeModel) -> None:
    """Check that levels still hold what they held when an expression was written.

    Raises:
        LevelNotFound: The cube has not one of them.
        InvalidModel: The members of one are of another type now.
    """
    for operand in parts_of(value, LevelOperand):
        now = checked_level(operand.key, model).data_type
        if now != operand.data_type:
            raise InvalidModel(
                f'The level {operand.key} of the cube "{model.name}" holds {now}, '
                f"and {operand.data_type} when this was written.",
                hint='Write it again with `cube.levels["..."]`.',
            )


def columns_behind(value: object, model: CubeModel) -> tuple[Column, ...]:
    """Return the columns that an operand reads, those of its levels too, each once.

    Raises:
        LevelNotFound: The cube has not one of its levels.
    """
    found: dict[tuple[str, str], Column] = {}
    for part in parts_of(value, Operand):
        if isinstance(part, Column):
            found.setdefault((part.table, part.name), part)
        elif isinstance(part, LevelOperand):
            level = checked_level(part.key, model)
            for column in columns_behind(level.operand, model):
                found.setdefault((column.table, column.name), column)
    return tuple(found.values())


def check_column(column: Column, tree: JoinTree, catalog: Catalog, *, what: str) -> None:
    """Check that a table of a cube has a column, as it was when it was written down.

    Args:
        column: The column.
        tree: The tables of the cube.
        catalog: What they look like.
        what: What reads the column, as the subject of a sentence.

    Raises:
        InvalidModel: It is not there, or holds another type.
    """
    where = f'"{column.table}"["{column.name}"]'
    if column.table not in tree.tables:
        reason = (
            f'no joins lead from "{tree.fact}" to "{column.table}"'
            if column.table in catalog.tables
            else f'there is no table "{column.table}"'
        )
        hint = f"Its tables: {', '.join(tree.tables)}. Join the table, or load it."
        raise InvalidModel(f"{what} reads {where}, and {reason}.", hint=hint)
    found = catalog.table(column.table).schema.by_name.get(column.name)
    if found is None:
        hint = "Load the column, or define without it."
        raise InvalidModel(f"{what} reads {where}, and the table has no such column.", hint=hint)
    if found.data_type != column.data_type:
        raise InvalidModel(
            f"{what} reads {where} as {column.data_type}, and it is {found.data_type} now.",
            hint="Define it again.",
        )


def check_facts(condition: Condition | None, tree: JoinTree, catalog: Catalog) -> None:
    """Check that the filter of a cube says of each fact whether it holds.

    Raises:
        InvalidModel: A column is not there, or a fact may have several values of it.
    """
    for column in parts_of(condition, Column):
        check_column(column, tree, catalog, what="The filter of the cube")
        if tree.is_many(column.table):
            raise InvalidModel(
                f'The filter of the cube reads "{column.table}", of which a row of "{tree.fact}" '
                "may have several partners.",
                hint=f'Join "{column.table}" by all of its keys, or filter by other columns.',
            )
