"""Which function compiles which node that looks at other cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from atomlite.cubes.planning.frames import Frame, Value
from atomlite.cubes.planning.navigation.inside import above_origin, best_member, end_value
from atomlite.cubes.planning.navigation.places import at, lookup, parent_value, total
from atomlite.cubes.planning.navigation.running import along_level
from atomlite.cubes.planning.navigation.shifts import date_shift, shift
from atomlite.cubes.planning.navigation.siblings import among_siblings, rank
from atomlite.measures.nodes import (
    At,
    BestMember,
    CumulativeScope,
    DateShift,
    EndValue,
    Lookup,
    MeasureExpression,
    OriginScope,
    ParentValue,
    Rank,
    ScopedAggregation,
    Shift,
    Total,
)


def _scoped(frame: Frame, node: ScopedAggregation) -> Value:
    match node.scope:
        case OriginScope():
            return above_origin(frame, node, node.scope)
        case CumulativeScope():
            return along_level(frame, node, node.scope)
        case _:
            return among_siblings(frame, node, node.scope)


HANDLERS: Mapping[type[MeasureExpression], Callable[[Frame, Any], Value]] = {
    At: at,
    BestMember: best_member,
    DateShift: date_shift,
    EndValue: end_value,
    Lookup: lookup,
    ParentValue: parent_value,
    Rank: rank,
    ScopedAggregation: _scoped,
    Shift: shift,
    Total: total,
}
"""By class of the node."""
