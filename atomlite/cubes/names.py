"""Finding hierarchies, levels and measures of a cube by what a person calls them.

A short name is enough where it means one thing. ``("Shops", "Geography")`` is a full name; for a
level also ``("Geography", "City")`` and ``("Shops", "Geography", "City")``.

>>> from atomlite.cubes.model import CubeModel
>>> measure_named("Sales", CubeModel("C", "T"))
Traceback (most recent call last):
...
atomlite.errors.MeasureNotFound: No measure named "Sales" in the cube "C". It has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.cubes.homes import check_home
from atomlite.cubes.model import DEPTH
from atomlite.errors import (
    AmbiguousName,
    HierarchyNotFound,
    InvalidName,
    LevelNotFound,
    MeasureNotFound,
    in_brackets,
    names_listed,
)
from atomlite.expressions.columns import Column
from atomlite.measures.coordinates import HierarchyKey, LevelKey
from atomlite.measures.nodes import Named

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel, HierarchyModel, LevelModel, MeasureModel

_PARTS_OF_A_LEVEL = 3


def hierarchy_named(name: object, model: CubeModel) -> HierarchyModel:
    """Return the hierarchy that a name means.

    Args:
        name: Its own name, ``(dimension, name)``, a key, or anything with a ``key`` that is one.
        model: The cube.

    Raises:
        HierarchyNotFound: There is none.
        InvalidQuery: It is a hierarchy of another cube.
        AmbiguousName: The name is that of several.
    """
    check_home(name, model)
    found = hierarchies_named(name, model)
    if len(found) == 1:
        return found[0]
    if found:
        candidates = [full_name(each.key) for each in found]
        raise AmbiguousName("hierarchy", name, cube=model.name, candidates=candidates)
    known: list[str | tuple[str, ...]] = (
        [full_name(key) for key in model.hierarchies]
        if isinstance(name, tuple | HierarchyKey)
        else list(dict.fromkeys(key.name for key in model.hierarchies))
    )
    shown = full_name(name) if isinstance(name, HierarchyKey) else name
    raise HierarchyNotFound(shown, cube=model.name, known=known)


def hierarchies_named(name: object, model: CubeModel) -> tuple[HierarchyModel, ...]:
    """Return all hierarchies that a name may mean, in order."""
    parts = _hierarchy_parts(name)
    return tuple(
        hierarchy
        for key, hierarchy in model.hierarchies.items()
        if parts and (key.dimension, key.name)[-len(parts) :] == parts
    )


def level_named(name: object, model: CubeModel) -> LevelModel:
    """Return the level that a name means.

    Args:
        name: Its own name, ``(hierarchy, name)``, ``(dimension, hierarchy, name)``, a key, or a
            level.
        model: The cube.

    Raises:
        LevelNotFound: There is none.
        InvalidQuery: It is a level of another cube.
        AmbiguousName: The name is that of several.
    """
    check_home(name, model)
    parts = _level_parts(name)
    all_levels = [level for each in model.hierarchies.values() for level in each.levels]
    found = [
        level for level in all_levels if parts and full_name(level.key)[-len(parts) :] == parts
    ]
    if len(found) == 1:
        return found[0]
    if found:
        candidates = [full_name(level.key) for level in found]
        raise AmbiguousName("level", shown_name(name), cube=model.name, candidates=candidates)
    known: list[str | tuple[str, ...]] = (
        list(dict.fromkeys(level.key.name for level in all_levels))
        if isinstance(name, str)
        else [full_name(level.key) for level in all_levels]
    )
    hint = _meant(name, parts, model)
    raise LevelNotFound(shown_name(name), cube=model.name, known=known, hint=hint)


def _meant(name: object, parts: tuple[object, ...], model: CubeModel) -> str:
    """Return what to write for the name of a hierarchy, or of a table and its column."""
    for each in model.hierarchies.values():
        for level in each.levels:
            match level.operand:
                case Column(table=table, name=column) if (table, column) == parts:
                    return f"Did you mean {level.key}?"
    for hierarchy in hierarchies_named(name, model):
        own = [level.key.name for level in hierarchy.levels]
        last = full_name(hierarchy.levels[-1].key)
        only = len(hierarchies_named(hierarchy.key.name, model)) == 1
        written = in_brackets("level", last[1:] if only else last)
        return f"{hierarchy.key} is a hierarchy; its levels: {names_listed(own)}. Write {written}."
    return ""


def measure_named(name: object, model: CubeModel) -> MeasureModel:
    """Return the measure of a name, or that another measure stands for.

    Raises:
        MeasureNotFound: There is none.
        InvalidQuery: It is a measure of another cube.
    """
    check_home(name, model)
    wanted = name.name if isinstance(name, Named) else name
    if isinstance(wanted, str) and wanted in model.measures:
        return model.measures[wanted]
    raise MeasureNotFound(wanted, cube=model.name, known=list(model.measures))


def checked_name(what: str, name: object) -> str:
    """Return a name that something of a cube can have.

    Raises:
        InvalidName: It is empty, no text, or no valid Unicode.
    """
    if isinstance(name, str) and name and name != DEPTH and "\x00" not in name:
        try:
            name.encode()
        except UnicodeEncodeError:  # half of a surrogate pair
            pass
        else:
            return name
    reason = "it must be text of one character or more, of valid Unicode, without NUL."
    raise InvalidName(what, name, "it is reserved." if name == DEPTH else reason)


def full_name(key: HierarchyKey | LevelKey) -> tuple[str, ...]:
    """Return a key as the tuple that is written in brackets."""
    if isinstance(key, LevelKey):
        return key.dimension, key.hierarchy, key.name
    return key.dimension, key.name


def shown_name(name: object) -> object:
    """Return what messages call a level that was asked for by a name, a key or itself."""
    key = getattr(name, "key", name)
    return full_name(key) if isinstance(key, LevelKey | HierarchyKey) else name


def _hierarchy_parts(name: object) -> tuple[object, ...]:
    key = getattr(name, "key", name)
    if isinstance(key, HierarchyKey):
        return full_name(key)
    return _texts(key, at_most=_PARTS_OF_A_LEVEL - 1)


def _level_parts(name: object) -> tuple[object, ...]:
    return _texts(shown_name(name), at_most=_PARTS_OF_A_LEVEL)


def _texts(name: object, *, at_most: int) -> tuple[object, ...]:
    """Return the parts of a name; none where it cannot be one."""
    parts = name if isinstance(name, tuple) else (name,)
    is_name = len(parts) <= at_most and all(isinstance(part, str) for part in parts)
    return parts if is_name else ()
