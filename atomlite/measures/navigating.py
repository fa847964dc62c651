"""Measures at other cells, among other facts, or chosen by conditions. Pure.

>>> from atomlite.measures.calculations import Named
>>> Total(Named("Revenue"), (HierarchyKey("Shops", "Geography"),))
total(m["Revenue"], h["Geography"])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from atomlite.expressions.conditions import Condition, text_of
from atomlite.measures.calculations import Constant, MeasureExpression
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand

if TYPE_CHECKING:
    from atomlite.expressions.columns import Column


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Filtered(MeasureExpression):
    """A measure among those facts of the cell for which a condition about levels holds."""

    measure: MeasureExpression
    condition: Condition

    def __repr__(self) -> str:
        """Return the call as it was written."""
        return f"filter({self.measure}, {self.condition!r})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class At(MeasureExpression):
    """A measure at other coordinates.

    Args:
        measure: What.
        coordinates: For each level: a member, or a level of the cell whose member is taken.
    """

    measure: MeasureExpression
    coordinates: tuple[tuple[LevelOperand, LevelOperand | Constant], ...]

    def __repr__(self) -> str:
        """Return the call as it was written."""
        given = " & ".join(
            f"({_level(level)} == {place if isinstance(place, Constant) else _level(place)})"
            for level, place in self.coordinates
        )
        return f"at({self.measure}, {given})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Total(MeasureExpression):
    """A measure over all members of some hierarchies, whatever the filters on them."""

    measure: MeasureExpression
    hierarchies: tuple[HierarchyKey, ...]

    def __repr__(self) -> str:
        """Return the call as it was written."""
        return f"total({self.measure}, {', '.join(_named(key) for key in self.hierarchies)})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ParentValue(MeasureExpression):
    """A measure at a parent of the cell.

    Args:
        measure: What.
        degrees: For each hierarchy, how many levels up, 1 or more.
        apply_filters: Whether the filters of the query on these hierarchies hold for the parent.
        total_value: What to take above the top; ``None`` takes null.
    """

    measure: MeasureExpression
    degrees: tuple[tuple[HierarchyKey, int], ...]
    apply_filters: bool = False
    total_value: MeasureExpression | None = None

    def __repr__(self) -> str:
        """Return the call as it was written."""
        degrees = ", ".join(f"{_named(key)}: {number}" for key, number in self.degrees)
        applied = ", apply_filters=True" if self.apply_filters else ""
        above = "" if self.total_value is None else f", total_value={self.total_value}"
        return f"parent_value({self.measure}, degrees={{{degrees}}}{applied}{above})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Shift(MeasureExpression):
    """A measure at another member of the same level.

    Args:
        measure: What.
        hierarchy: Along which.
        offset: How many members further in the level's order; negative for members before.
        partitioning: Stay within one member of this level; ``None`` crosses parents.
        mode: ``"measure"`` passes over members where the measure is null, and is null where the
            measure is; ``"hierarchy"`` counts every member of the level.
    """

    measure: MeasureExpression
    hierarchy: HierarchyKey
    offset: int = 1
    partitioning: LevelKey | None = None
    mode: Literal["measure", "hierarchy"] = "measure"

    def __repr__(self) -> str:
        """Return the call as it was written."""
        key = self.partitioning
        within = "" if key is None else f", partitioning=l[{text_of(key.name)}]"
        mode = "" if self.mode == "measure" else ', mode="hierarchy"'
        return (
            f"shift({self.measure}, {_named(self.hierarchy)}, offset={self.offset}{within}{mode})"
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class DateShift(MeasureExpression):
    """A measure at a date some time before or after.

    Args:
        measure: What.
        hierarchy: Its deepest level holds dates or timestamps.
        offset: ISO 8601 period such as ``"-P1M"``; at the end of a month, the last day of it.
        fallback: Where that date has no value: ``"past"`` and ``"future"`` take the nearest one
            that has, ``"interpolated"`` a linear mean of both; ``None`` null.
    """

    measure: MeasureExpression
    hierarchy: HierarchyKey
    offset: str
    fallback: Literal["past", "future", "interpolated"] | None = None

    def __repr__(self) -> str:
        """Return the call as it was written."""
        fallback = "" if self.fallback is None else f", fallback={text_of(self.fallback)}"
        offset = text_of(self.offset)
        return f"date_shift({self.measure}, {_named(self.hierarchy)}, offset={offset}{fallback})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rank(MeasureExpression):
    """The place of the cell's member among its siblings, from 1; ties follow the level's order.

    Args:
        measure: What is compared; where it is null, so is the rank.
        hierarchy: Whose members.
        ascending: Whether the smallest is first.
        apply_filters: Whether members that the query's filters on the hierarchy hide are left out.
    """

    measure: MeasureExpression
    hierarchy: HierarchyKey
    ascending: bool = True
    apply_filters: bool = True

    def __repr__(self) -> str:
        """Return the call as it was written."""
        order = "" if self.ascending else ", ascending=False"
        applied = "" if self.apply_filters else ", apply_filters=False"
        return f"rank({self.measure}, {_named(self.hierarchy)}{order}{applied})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Lookup(MeasureExpression):
    """A value of a table's row, found by its keys.

    Args:
        column: The column, of any table of the session.
        keys: A measure or a level's member for each key column of the table.
    """

    column: Column
    keys: tuple[tuple[str, MeasureExpression], ...]

    def __repr__(self) -> str:
        """Return the call as it was written."""
        keys = ", ".join(f"{text_of(name)}: {value}" for name, value in self.keys)
        return f"lookup({self.column.table}[{text_of(self.column.name)}], {{{keys}}})"


def _named(key: HierarchyKey) -> str:
    return f"h[{text_of(key.name)}]"


def _level(level: LevelOperand) -> str:
    return f"l[{text_of(level.key.name)}]"
