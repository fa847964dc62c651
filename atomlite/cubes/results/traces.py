"""What a measure is calculated from in one cell: which of its facts, and what besides. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from atomlite.cubes.checking.places import conjuncts, owners_of
from atomlite.expressions.rendering import references_of
from atomlite.measures.nodes import (
    Aggregation,
    Applied,
    At,
    BestMember,
    CumulativeScope,
    DateShift,
    EndValue,
    Filtered,
    Named,
    OriginScope,
    ParentValue,
    Rank,
    ScopedAggregation,
    Shift,
    SiblingsScope,
    Total,
    inputs,
)

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.nodes import MeasureExpression

_OUTSIDE: dict[type, str] = {
    At: "al.at",
    CumulativeScope: "al.CumulativeScope",
    DateShift: "al.date_shift",
    ParentValue: "al.parent_value",
    Rank: "al.rank",
    Shift: "al.shift",
    SiblingsScope: "al.SiblingsScope",
    Total: "al.total",
}
"""What looks at facts of other cells, under the names that users know."""
_ENDS = ("al.agg.first", "al.agg.last")
"""What takes some of the facts of its cell, under the same names."""

_Key: TypeAlias = tuple[str, tuple[object, ...]]
_Filters: TypeAlias = "dict[_Key, Condition]"


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What a measure is calculated from in a cell.

    Args:
        leaves: The aggregates of facts, those of other cells too, each once.
        conditions: What `al.filter` demands of all facts that count in the cell.
        partial: Whether `al.filter` demands more for a part of the measure.
        hindrance: Why the facts of the cell do not tell its value, as the subject of a sentence;
            empty where they do.
        others: That the facts of the cell are not those of its value, as a sentence; empty where
            the value has these and no others.
    """

    leaves: tuple[Aggregation, ...]
    conditions: tuple[Condition, ...]
    partial: bool
    hindrance: str
    others: str


def traced(measure: str, model: CubeModel) -> Trace:
    """Return what a measure of a cube is calculated from in a cell."""
    tracing = _Tracing(model)
    tracing.walk(Named(measure), {}, here=True)
    own = tracing.filters
    common = own[0].keys() if own else set()
    for each in own:
        common = common & each.keys()
    more = {key: each for filters in own for key, each in filters.items() if key not in common}
    slicing = {each.key for each in model.hierarchies.values() if each.slicing}
    outside = dict(tracing.outside)
    if any(owners_of(each) & slicing for each in more.values()):
        outside["al.filter"] = None  # another member of the hierarchy stands for it there
    return Trace(
        tuple(tracing.leaves.values()),
        tuple(each for key, each in own[0].items() if key in common) if own else (),
        bool(more),
        _hindrance(list(outside), list(tracing.inside)),
        _others(list(outside), [name for name in tracing.inside if name in _ENDS]),
    )


def each_once(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """Return conditions without those that say the same as one before."""
    return tuple(_by_key(conditions).values())


def _by_key(conditions: Iterable[Condition]) -> _Filters:
    found: _Filters = {}
    for each in conditions:
        references = tuple(getattr(part, "key", str(part)) for part in references_of(each))
        found.setdefault((repr(each), references), each)
    return found


def _hindrance(outside: list[str], inside: list[str]) -> str:
    if outside:
        return f"This measure also looks at facts outside of the cell ({_written(outside)})"
    if inside:
        return f"This measure is calculated from cells, not from facts ({_written(inside)})"
    return ""


def _others(outside: list[str], ends: list[str]) -> str:
    if not outside and not ends:
        return ""
    names = outside or ends
    said = "look at other cells" if outside else "take a part of them"
    if len(names) == 1:
        said = said.replace(" ", "s ", 1)
    return f"These are the facts of the cell, not those of its value: {_written(names)} {said}."


def _written(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


class _Tracing:
    """Walks through a measure, and notes what it meets.

    Attributes:
        leaves: The aggregates of facts.
        filters: The conditions of each aggregate of the cell's own facts.
        outside: Names of what looks at other cells.
        inside: Names of what looks at the cells inside of this one, or calculates in Python.
    """

    def __init__(self, model: CubeModel) -> None:
        self._model = model
        self._seen: set[tuple[str, frozenset[_Key], bool]] = set()
        self.leaves: dict[int, Aggregation] = {}
        self.filters: list[_Filters] = []
        self.outside: dict[str, None] = {}
        self.inside: dict[str, None] = {}

    def walk(self, node: MeasureExpression, filters: _Filters, *, here: bool) -> None:
        """Note a node and what is inside of it.

        Args:
            node: What.
            filters: The conditions that `al.filter` has put on it.
            here: Whether it is evaluated in the cell itself, or in one inside of it.
        """
        if isinstance(node, Named):
            key = (node.name, frozenset(filters), here)
            if key not in self._seen:
                self._seen.add(key)
                self.walk(self._model.measures[node.name].expression, filters, here=here)
            return
        if isinstance(node, Aggregation):
            self.leaves[id(node)] = node
            if here:
                self.filters.append(filters)
        elif isinstance(node, Filtered):
            filters = {**filters, **_by_key(conjuncts(node.condition))}
        here = self._note(node) and here
        for each in inputs(node):
            self.walk(each, filters, here=here)

    def _note(self, node: MeasureExpression) -> bool:
        """Note where a node looks, and return whether it stays inside of the cell."""
        looks = type(node.scope) if isinstance(node, ScopedAggregation) else type(node)
        if looks in _OUTSIDE:
            self.outside[_OUTSIDE[looks]] = None
            return False
        if looks is OriginScope:
            self.inside["al.OriginScope"] = None
        elif isinstance(node, BestMember):
            name = "al.agg.max_member" if node.greatest else "al.agg.min_member"
            self.inside[name] = None
        elif isinstance(node, EndValue):
            self.inside[_ENDS[node.last]] = None
        elif isinstance(node, Applied):
            self.inside["al.apply"] = None
        return True
