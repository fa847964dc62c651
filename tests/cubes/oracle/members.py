"""Drawn members, and conditions about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

if TYPE_CHECKING:
    import atomlite as al
    from atomlite.cubes.levels import Level
    from tests.cubes.oracle.models import DrawnModel

_MOMENT = datetime.fromisoformat("2024-02-01")
_DAYS = (date(2023, 12, 31), date(2024, 1, 31), date(1969, 12, 31))


def draw_member(model: DrawnModel, level: Level) -> Any:  # noqa: ANN401 -- of any type
    """Draw a member that a level may have, or null."""
    data_type = level.data_type
    if pa.types.is_string(data_type):
        options: tuple[Any, ...] = ("Item 2", "Total", "north", "France", "r1", "q\"uo'te", "new")
    elif pa.types.is_boolean(data_type):
        options = (True, False)
    elif pa.types.is_timestamp(data_type):
        options = (_MOMENT,)
    elif pa.types.is_date(data_type):
        options = _DAYS
    else:
        options = (0, 1, 2, 3)
    return model.one_of(None, *options)


def draw_level_condition(model: DrawnModel, level: Level) -> al.Condition:
    """Draw a condition about one level."""
    member = draw_member(model, level)
    other = draw_member(model, level)
    if member is None:
        options = [level.isnull(), ~level.isnull()]
    else:
        among = level.isin(member, other)
        options = [level == member, level != member, among, ~among]
        if not pa.types.is_boolean(level.data_type):
            options += [level >= member, level < member]
    chosen: al.Condition = model.one_of(*options)
    return chosen
