"""Hierarchies from what a person assigns. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.building import can_be_level
from atomlite.cubes.homes import check_home
from atomlite.cubes.model import CubeModel, HierarchyModel, LevelModel
from atomlite.cubes.names import checked_name, full_name
from atomlite.cubes.references import check_column, checked_level, parts_of
from atomlite.data_types.values import described
from atomlite.errors import AmbiguousName, InvalidArgument, InvalidModel
from atomlite.expressions.columns import Column, Operand
from atomlite.expressions.derived import DatePart, date_part
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand

if TYPE_CHECKING:
    from atomlite.cubes.joins import JoinTree
    from atomlite.tables.catalogs import Catalog

_WRITE = 'Write h["Geography"] = [table["Country"], table["City"]], or a dict with names of levels.'
_PAIR = 2


def defined_hierarchy(
    name: object, levels: object, model: CubeModel, same_name: Sequence[HierarchyModel]
) -> HierarchyModel:
    """Return a new hierarchy.

    Args:
        name: Its name, or dimension and name.
        levels: Columns, levels of the cube, or parts of dates; by name, or in a sequence.
        model: The cube.
        same_name: The hierarchies that ``name`` means now.

    Raises:
        InvalidModel: There are no levels, or two of one name, or something else among them.
        InvalidName: A name cannot be used.
        AmbiguousName: The name means several hierarchies.
    """
    if len(same_name) > 1:
        candidates = [full_name(each.key) for each in same_name]
        raise AmbiguousName("hierarchy", name, cube=model.name, candidates=candidates)
    operands = _operands(name, levels, model)
    key = same_name[0].key if same_name else _new_key(name, next(iter(operands.values())))
    return HierarchyModel(
        key,
        tuple(
            LevelModel(LevelKey(key.dimension, key.name, level), operand, operand.data_type)
            for level, operand in operands.items()
        ),
    )


def check_hierarchy(hierarchy: HierarchyModel, tree: JoinTree, catalog: Catalog) -> None:
    """Check that the columns of a hierarchy are there and can be levels.

    Raises:
        InvalidModel: One is not, or cannot.
    """
    for level in hierarchy.levels:
        for column in parts_of(level.operand, Column):
            check_column(column, tree, catalog, what=f"The level {level.key}")
        if not can_be_level(level.data_type):
            raise InvalidModel(
                f"The level {level.key} would hold {level.data_type}.",
                hint="Members are plain values: text, numbers, dates, booleans.",
            )


def date_levels(column: object, levels: Mapping[str, str | Column]) -> dict[str, object]:
    """Return the parts of a date column by the names of levels.

    Args:
        column: A column of dates or timestamps.
        levels: Patterns by name, or the column itself.

    Raises:
        InvalidModel: The column holds something else.
        InvalidArgument: A pattern is not known, or there are no names.
    """
    if not isinstance(column, Column) or not (
        pa.types.is_date(column.data_type) or pa.types.is_timestamp(column.data_type)
    ):
        shown = repr(column) if isinstance(column, Operand) else described(column)
        raise InvalidModel(
            f"A date hierarchy of {shown}.", hint="Give a column of dates or timestamps."
        )
    given: object = levels
    if not isinstance(given, Mapping) or not given:
        expected = (
            'a dict from names of levels to patterns, such as {"Year": "y", "Month": "M"}, or to '
            "columns"
        )
        raise InvalidArgument("levels", given, expected)
    return {
        name: pattern if isinstance(pattern, Column) else date_part(column, pattern)
        for name, pattern in levels.items()
    }


def _operands(name: object, levels: object, model: CubeModel) -> dict[str, Operand]:
    if isinstance(levels, Mapping):
        named = [(checked_name("Level name", level), each) for level, each in levels.items()]
    elif isinstance(levels, list | tuple):
        named = [(_own_name(each, name), each) for each in levels]
    else:
        raise InvalidModel(f"The hierarchy {name!r} is made of {_shown(levels)}.", hint=_WRITE)
    if not named:
        raise InvalidModel(f"The hierarchy {name!r} has no levels.", hint=_WRITE)
    operands: dict[str, Operand] = {}
    for level, each in named:
        if level in operands:
            raise InvalidModel(
                f'The hierarchy {name!r} has two levels named "{level}".',
                hint="Name them: write a dict from names to columns.",
            )
        operands[level] = _operand(each, name, model)
    return operands


def _own_name(level: object, hierarchy: object) -> str:
    match level:
        case Column(name=name):
            return name
        case LevelOperand(key=key):
            own: str = key.name
            return own
    raise InvalidModel(f"The hierarchy {hierarchy!r} is made of {_shown(level)}.", hint=_WRITE)


def _operand(level: object, hierarchy: object, model: CubeModel) -> Operand:
    match level:
        case Column() | DatePart():
            return level
        case LevelOperand(key=key):
            check_home(key, model, InvalidModel)
            return checked_level(key, model).operand
    raise InvalidModel(f"The hierarchy {hierarchy!r} is made of {_shown(level)}.", hint=_WRITE)


def _new_key(name: object, first: Operand) -> HierarchyKey:
    if isinstance(name, tuple) and len(name) == _PAIR:
        dimension, own = name
        return HierarchyKey(
            checked_name("Dimension name", dimension), checked_name("Hierarchy name", own)
        )
    column = next(parts_of(first, Column))
    return HierarchyKey(column.table, checked_name("Hierarchy name", name))


def _shown(value: object) -> str:
    return f"`{value}`" if isinstance(value, Operand) else described(value)
