"""What users hand over (hierarchies, levels, measures of a cube) as the keys and trees they mean.

>>> level_key(LevelKey("Shops", "Geography", "City"), "level").name
'City'
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Protocol, TypeAlias

from atomlite.data_types.values import described
from atomlite.errors import InvalidArgument, InvalidMeasure
from atomlite.expressions.columns import Operand
from atomlite.expressions.conditions import text_of
from atomlite.measures.arguments import MISSING, Said, Shown
from atomlite.measures.calculations import MeasureExpression, expression, is_many
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand


class Keyed(Protocol):
    """A hierarchy of a cube."""

    @property
    def key(self) -> HierarchyKey:
        """Its full name."""


HierarchyHandle: TypeAlias = HierarchyKey | Keyed
"""A hierarchy of a cube, or its key."""


def hierarchy_key(value: object, name: str) -> HierarchyKey:
    """Return the key of a hierarchy.

    Args:
        value: A hierarchy of a cube, or its key.
        name: Name of the argument, for the message.

    Raises:
        InvalidArgument: It is none.
    """
    key = hierarchy_of(value)
    if key is not None:
        return key
    if isinstance(value, LevelOperand | LevelKey):
        level = value.key if isinstance(value, LevelOperand) else value
        own = f"cube.hierarchies[{text_of(level.dimension)}, {text_of(level.hierarchy)}]"
        raise InvalidArgument(name, Said(f"the level {level}"), f"a hierarchy, such as `{own}`")
    raise InvalidArgument(
        name, Shown(value), 'a hierarchy, such as `cube.hierarchies["Geography"]`'
    )


def hierarchy_of(value: object) -> HierarchyKey | None:
    """Return the key of a hierarchy, ``None`` of anything else."""
    key = value if isinstance(value, HierarchyKey) else getattr(value, "key", None)
    return key if isinstance(key, HierarchyKey) else None


def level_key(value: object, name: str) -> LevelKey:
    """Return the key of a level.

    Args:
        value: A level of a cube, or its key.
        name: Name of the argument, for the message.

    Raises:
        InvalidArgument: It is none.
    """
    if isinstance(value, LevelKey):
        return value
    if isinstance(value, LevelOperand):
        return value.key
    found, such_as = no_level(value)
    raise InvalidArgument(name, Said(found), f"a level, such as `{such_as}`")


def no_level(value: object) -> tuple[str, str]:
    """Return what was given in place of a level, and a level to write: for messages.

    >>> no_level(HierarchyKey("Sales", "Date"))
    ('the hierarchy ("Sales", "Date")', 'cube.levels["Date", ...]')
    >>> no_level(1)
    ('integer 1', 'cube.levels["City"]')
    """
    hierarchy = hierarchy_of(value)
    if hierarchy is None:
        return described(value), 'cube.levels["City"]'
    names = list(value) if isinstance(value, Mapping) else []
    level = text_of(names[-1]) if names else "..."
    return f"the hierarchy {hierarchy}", f"cube.levels[{text_of(hierarchy.name)}, {level}]"


def level_keys(value: object, name: str) -> tuple[LevelKey, ...]:
    """Return the keys of one level or several, each once; those of a set in alphabetical order.

    >>> keys = {LevelKey("Shops", "Geography", "City"), LevelKey("Dates", "Date", "Day")}
    >>> [key.name for key in level_keys(keys, "levels")]
    ['Day', 'City']
    """
    many = is_many(value) and hierarchy_of(value) is None
    given: Iterable[object] = value if many and isinstance(value, Iterable) else [value]
    keys = dict.fromkeys(level_key(each, name) for each in given)
    if not keys:
        raise InvalidArgument(name, MISSING, 'one level or more, such as `cube.levels["City"]`')
    return tuple(sorted(keys) if isinstance(value, AbstractSet) else keys)


def measure_of(value: object, function: str) -> MeasureExpression:
    """Return what a function of measures was given as its measure.

    Args:
        value: A measure, a calculation with measures, or a level.
        function: Name of the function, for the message.

    Raises:
        InvalidMeasure: It is none of these.

    >>> measure_of("Revenue", "total")
    Traceback (most recent call last):
    ...
    atomlite.errors.InvalidMeasure: `total` needs a measure, got text "Revenue". Give one such as
    `cube.measures["Revenue"]`.
    """
    if isinstance(value, MeasureExpression | Operand):
        return expression(value)
    shown = f'"{value}"' if isinstance(value, str) and value else '"Revenue"'
    raise InvalidMeasure(
        f"`{function}` needs a measure, got {described(value)}.",
        hint=f"Give one such as `cube.measures[{shown}]`.",
    )


def checked_value(value: object, function: str) -> Operand | MeasureExpression:
    """Return what a function of columns or measures was given.

    Raises:
        InvalidMeasure: It is neither.
    """
    if isinstance(value, MeasureExpression | Operand):
        return value
    raise InvalidMeasure(
        f"`{function}` got {described(value)}.",
        hint='Give a column such as `table["Units"]`, or a measure such as '
        '`cube.measures["Revenue"]`.',
    )
