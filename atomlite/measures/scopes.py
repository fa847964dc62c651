"""The cells whose values an aggregate of a measure is made of. Pure.

>>> month = LevelKey("Sales", "Date", "Month")
>>> CumulativeScope(month, window=range(-2, 0))
CumulativeScope(l["Month"], window=range(-2, 0))
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, cast

from atomlite.errors import InvalidArgument
from atomlite.expressions.conditions import text_of
from atomlite.measures.arguments import truth
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand
from atomlite.measures.handles import HierarchyHandle, hierarchy_key, level_key, level_keys
from atomlite.measures.periods import parse_period

Window: TypeAlias = tuple[int, int] | tuple[str | None, str | None]
"""Members before and after, or ISO 8601 periods before and after."""

_PAIR = 2
_WINDOW = (
    "`range(-2, 0)` (from two members before to this one, both included), or two periods such as "
    '`("-P3M", "P0D")`; it must include the member itself'
)


@dataclass(frozen=True, slots=True, init=False, repr=False)
class OriginScope:
    """Evaluate a measure at some levels, then aggregate above them.

    Args:
        levels: One level or several, or a list of them; they are expressed, with their ancestors,
            besides those of the cell.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.agg.mean(m["Units.SUM"], scope=al.OriginScope(l["City"]))
    >>> cube.query(m["x"])["x"].tolist()
    [3.0]
    """

    levels: tuple[LevelKey, ...]

    def __init__(self, *given: object, levels: object = ()) -> None:
        named = levels if not given else given[0] if len(given) == 1 else given
        object.__setattr__(self, "levels", level_keys(named, "levels"))

    def __repr__(self) -> str:
        """Return the call as it was written."""
        levels = ", ".join(_level(key) for key in self.levels)
        return f"OriginScope({levels if len(self.levels) == 1 else f'[{levels}]'})"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class CumulativeScope:
    """Aggregate a measure over the members of a level up to the one of the cell.

    Args:
        level: Along which; its members in the level's order.
        dense: Whether members without facts in the cell count as (empty) members of the window,
            rather than being passed over.
        partitioning: A level above it in the same hierarchy: start again at each of its members.
        window: ``None``: all members up to this one. ``range(-a, b)``: from ``a`` members before to
            ``b`` members after, both included. Two ISO 8601 periods, such as ``("-P3M", "P0D")``,
            for levels of dates: from that long before to that long after; ``None`` in place of a
            period sets no bound.

    Where the level is not expressed, the value is that of its last member.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.agg.sum(m["Units.SUM"], scope=al.CumulativeScope(l["City"]))
    >>> cube.query(m["x"], levels=[l["City"]])["x"].tolist()
    [1, 6]
    """

    level: LevelKey
    partitioning: LevelKey | None
    window: Window | None
    dense: bool

    def __init__(
        self,
        level: LevelOperand | LevelKey,
        partitioning: LevelOperand | LevelKey | None = None,
        window: range | Window | None = None,
        dense: bool = False,
    ) -> None:
        key = level_key(level, "level")
        within = None if partitioning is None else level_key(partitioning, "partitioning")
        if within is not None and (within.owner != key.owner or within == key):
            expected = f"a level above {text_of(key.name)} in its hierarchy {key.owner}"
            raise InvalidArgument("partitioning", within.name, expected)
        object.__setattr__(self, "level", key)
        object.__setattr__(self, "partitioning", within)
        object.__setattr__(self, "window", None if window is None else _window(window))
        object.__setattr__(self, "dense", truth("dense", dense))

    def __repr__(self) -> str:
        """Return the call as it was written."""
        given = [_level(self.level)]
        given += ["dense=True"] if self.dense else []
        given += [] if self.partitioning is None else [f"partitioning={_level(self.partitioning)}"]
        match self.window:
            case (int(before), int(after)):
                given.append(f"window=range({before}, {after})")
            case (before, after):
                given.append(f"window=({text_of(before)}, {text_of(after)})")
        return f"CumulativeScope({', '.join(given)})"


@dataclass(frozen=True, slots=True, init=False, repr=False)
class SiblingsScope:
    """Aggregate a measure over the members that have the same parent.

    Args:
        hierarchy: Whose members.
        exclude_self: Whether to leave out the member of the cell.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.agg.max(m["Units.SUM"], scope=al.SiblingsScope(h["City"]))
    >>> cube.query(m["x"], levels=[l["City"]])["x"].tolist()
    [5, 5]
    """

    hierarchy: HierarchyKey
    exclude_self: bool

    def __init__(
        self,
        hierarchy: HierarchyHandle,
        exclude_self: bool = False,
    ) -> None:
        object.__setattr__(self, "hierarchy", hierarchy_key(hierarchy, "hierarchy"))
        object.__setattr__(self, "exclude_self", truth("exclude_self", exclude_self))

    def __repr__(self) -> str:
        """Return the call as it was written."""
        excluded = ", exclude_self=True" if self.exclude_self else ""
        return f"SiblingsScope(h[{text_of(self.hierarchy.name)}]{excluded})"


Scope: TypeAlias = OriginScope | CumulativeScope | SiblingsScope
"""Where the values come from that an aggregate of a measure is made of."""


def _level(key: LevelKey) -> str:
    return f"l[{text_of(key.name)}]"


def _window(window: object) -> Window:
    """Return a window in its plain form, or raise `InvalidArgument`."""
    if isinstance(window, range):
        if window.step != 1:
            raise InvalidArgument("window", window, _WINDOW)
        window = (window.start, window.stop)
    if not isinstance(window, Iterable) or isinstance(window, str):
        raise InvalidArgument("window", window, _WINDOW)
    bounds = tuple(window)
    if len(bounds) != _PAIR:
        raise InvalidArgument("window", window, _WINDOW)
    before, after = bounds
    if all(isinstance(bound, int) and not isinstance(bound, bool) for bound in bounds):
        if before <= 0 <= after:
            return before, after
    elif all(bound is None or isinstance(bound, str) for bound in bounds):
        signs = [0 if bound is None else parse_period(bound, "window").sign for bound in bounds]
        if signs[0] <= 0 <= signs[1] and bounds != (None, None):
            return cast("tuple[str | None, str | None]", bounds)
    raise InvalidArgument("window", window, _WINDOW)
