"""Handles of one cube given to another: refused, for the same name may mean another number. Pure.

>>> from atomlite.cubes.model import CubeModel
>>> small = CubeModel("small", "Sales", home=Home("small"))
>>> check_home(HierarchyKey("Shops", "City", home=Home("big")), small)
Traceback (most recent call last):
...
atomlite.errors.InvalidQuery: The hierarchy ("Shops", "City") is of the cube "big", and was given to
the cube "small". Take it from the cube "small".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atomlite.cubes.query import QueryOrdering
from atomlite.cubes.references import parts_of
from atomlite.errors import InvalidMeasure, InvalidModel, InvalidQuery
from atomlite.measures.coordinates import HierarchyKey, Home, LevelKey, LevelOperand
from atomlite.measures.nodes import Named

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel


def check_home(
    value: object,
    model: CubeModel,
    error: type[InvalidQuery | InvalidMeasure | InvalidModel] = InvalidQuery,
) -> None:
    """Check that a cube is not given what was taken from another one.

    Args:
        value: A name, key, handle, order, expression or condition, or a tuple of such.
        model: The cube.
        error: What to raise.

    Raises:
        InvalidQuery, InvalidMeasure, InvalidModel: It was; the message names both cubes.
    """
    for part in parts_of(getattr(value, "key", value), object):
        home, shown = _home_of(part)
        if home is not None and model.home is not None and home is not model.home:
            where = f'the cube "{home.name}"'
            if home.name == model.name:
                where += " of another session"
            raise error(
                f'{shown} is of {where}, and was given to the cube "{model.name}".',
                hint=f'Take it from the cube "{model.name}".',
            )


def _home_of(part: object) -> tuple[Home | None, str]:
    match part:
        case HierarchyKey():
            return part.home, f"The hierarchy {part}"
        case LevelKey():
            return part.home, f"The level {part}"
        case LevelOperand(key=key):
            return key.home, f"The level {key}"
        case Named():
            return part.home, f"The measure `{part}`"
        case QueryOrdering():
            return part.home, f"The order by `{part.by}`"
    return None, ""
