"""Functions that evaluate a measure elsewhere: at other members, among other facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, cast

from atomlite.errors import InvalidArgument, InvalidMeasure
from atomlite.expressions.columns import Column
from atomlite.expressions.conditions import (
    And,
    Comparison,
    Condition,
    IsNull,
    OperandComparison,
    text_of,
)
from atomlite.expressions.rendering import references_of
from atomlite.measures.arguments import MISSING, Said, Shown, chosen, pairs, truth, whole
from atomlite.measures.calculations import (
    Constant,
    MeasureExpression,
    expression,
    expressions_in,
)
from atomlite.measures.coordinates import LevelKey, LevelOperand
from atomlite.measures.handles import (
    HierarchyHandle,
    hierarchy_key,
    hierarchy_of,
    level_key,
    measure_of,
)
from atomlite.measures.navigating import (
    At,
    DateShift,
    Filtered,
    ParentValue,
    Rank,
    Shift,
    Total,
)
from atomlite.measures.periods import parse_period

__all__ = ["at", "date_shift", "filter", "parent_value", "rank", "shift", "total"]

ShiftMode = Literal["measure", "hierarchy"]
Fallback = Literal["past", "future", "interpolated"]


def total(measure: MeasureExpression, /, *hierarchies: HierarchyHandle) -> MeasureExpression:
    """Return a measure over all members of some hierarchies, whatever the filters on them.

    A slicing hierarchy has no total; of it, the member of the first level is taken.

    Args:
        measure: What.
        hierarchies: One or more.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = m["Units.SUM"] / al.total(m["Units.SUM"], h["City"])
    >>> cube.query(m["x"], levels=[l["City"]])["x"].tolist()
    [0.16666666666666666, 0.8333333333333334]
    """
    if not hierarchies:
        expected = 'one hierarchy or more, as in `al.total(measure, cube.hierarchies["City"])`'
        raise InvalidArgument("hierarchies", MISSING, expected)
    keys = dict.fromkeys(hierarchy_key(each, "hierarchies") for each in hierarchies)
    return Total(measure_of(measure, "total"), tuple(keys))


def parent_value(
    measure: MeasureExpression,
    /,
    degrees: Mapping[HierarchyHandle, int],
    *,
    apply_filters: bool = False,
    total_value: object = None,
) -> MeasureExpression:
    """Return a measure at a parent of the cell.

    Args:
        measure: What.
        degrees: For each hierarchy, how many levels up, 1 or more.
        apply_filters: Whether the filters of the query on these hierarchies hold for the parent.
        total_value: A measure or constant to take above the top; ``None`` takes null.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.parent_value(m["Units.SUM"], degrees={h["City"]: 1})
    >>> cube.query(m["x"], levels=[l["City"]])["x"].tolist()
    [6, 6]
    """
    expected = "a dict of hierarchies and numbers of levels, such as `{h['Geography']: 1}`"
    hierarchy = hierarchy_of(degrees)
    if hierarchy is not None:
        raise InvalidArgument("degrees", Said(f"the hierarchy {hierarchy}"), expected)
    steps = {
        hierarchy_key(each, "degrees"): whole("degrees", number, least=1, of="levels up,")
        for each, number in pairs("degrees", degrees, expected)
    }
    return ParentValue(
        measure_of(measure, "parent_value"),
        tuple(steps.items()),
        truth("apply_filters", apply_filters),
        None if total_value is None else expression(total_value),
    )


def shift(
    measure: MeasureExpression,
    hierarchy: HierarchyHandle,
    /,
    *,
    offset: int = 1,
    partitioning: LevelOperand | LevelKey | None = None,
    mode: ShiftMode = "measure",
) -> MeasureExpression:
    """Return a measure at another member of the same level.

    Where the hierarchy is not expressed, it is null.

    Args:
        measure: What.
        hierarchy: Along which.
        offset: How many members further in the level's order; negative for members before.
        partitioning: A level of the hierarchy: stay within one member of it. ``None`` crosses
            parents.
        mode: ``"measure"`` passes over members where the measure is null, and is null where the
            measure is; ``"hierarchy"`` counts every member that the cube has.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.shift(m["Units.SUM"], h["City"], offset=-1)
    >>> cube.query(m["x"], levels=[l["City"]])["x"].tolist()
    [<NA>, 1]
    """
    steps = whole("offset", offset, of="a number of members")
    chosen("mode", mode, ShiftMode)
    key = hierarchy_key(hierarchy, "hierarchy")
    within = None if partitioning is None else level_key(partitioning, "partitioning")
    if within is not None and within.owner != key:
        raise InvalidArgument("partitioning", within.name, f"a level of the hierarchy {key}")
    return Shift(measure_of(measure, "shift"), key, steps, within, mode)


def date_shift(
    measure: MeasureExpression,
    hierarchy: HierarchyHandle,
    /,
    *,
    offset: str,
    fallback: Fallback | None = None,
) -> MeasureExpression:
    """Return a measure at a date some time before or after.

    Args:
        measure: What.
        hierarchy: Its deepest level holds dates or timestamps; where that level is not expressed,
            the result is null.
        offset: ISO 8601 period such as ``"-P1M"``, a month back; a day that a month does not have
            becomes its last one.
        fallback: Where that date has no value: ``"past"`` and ``"future"`` take the nearest one
            that has, ``"interpolated"`` a mean of both by time, as a double; ``None`` null.

    >>> days = pd.to_datetime(["2026-01-31", "2026-02-28", "2026-03-31"]).date
    >>> table = session.read_pandas(pd.DataFrame({"Day": days, "Units": [1, 2, 4]}), table_name="S")
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.date_shift(m["Units.SUM"], h["Day"], offset="-P1M")
    >>> cube.query(m["x"], levels=[l["Day"]])["x"].tolist()
    [<NA>, <NA>, 2]
    """
    parse_period(offset)
    if fallback is not None:
        chosen("fallback", fallback, Fallback)
    key = hierarchy_key(hierarchy, "hierarchy")
    return DateShift(measure_of(measure, "date_shift"), key, offset, fallback)


def rank(
    measure: MeasureExpression,
    hierarchy: HierarchyHandle,
    /,
    *,
    ascending: bool = True,
    apply_filters: bool = True,
) -> MeasureExpression:
    """Return the place of the cell's member among those with the same parent, from 1.

    Ties follow the level's order. Where the measure is null, so is the rank; where the hierarchy is
    not expressed, it is 1.

    Args:
        measure: What is compared.
        hierarchy: Whose members.
        ascending: Whether the smallest is first.
        apply_filters: Whether members that filters on the hierarchy hide are left out; if not, the
            ranks that are shown may have holes.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.rank(m["Units.SUM"], h["City"], ascending=False)
    >>> cube.query(m["x"], levels=[l["City"]])["x"].tolist()
    [2, 1]
    """
    key = hierarchy_key(hierarchy, "hierarchy")
    return Rank(
        measure_of(measure, "rank"),
        key,
        truth("ascending", ascending),
        truth("apply_filters", apply_filters),
    )


def filter(measure: MeasureExpression, condition: Condition, /) -> MeasureExpression:
    """Return a measure among those facts of the cell for which a condition about levels holds.

    It holds besides the filters of the query. Where no fact is left, the result is null.

    Args:
        measure: What.
        condition: About levels of the cube; they need not be part of the query.

    Raises:
        InvalidMeasure: A condition about measures or columns.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.filter(m["Units.SUM"], l["City"] == "Rome")
    >>> cube.query(m["x"], levels=[l["City"]])["x"].tolist()
    [<NA>, 5]
    """
    given: object = condition
    if not isinstance(given, Condition):
        expected = "a condition about levels, such as `cube.levels['City'] == 'Paris'`"
        raise InvalidArgument("condition", Shown(given), expected)
    if any(True for _ in expressions_in(condition)):
        raise InvalidMeasure(
            f"`filter` got `{condition!r}`, which is about measures.",
            hint="A measure has no value for a single fact. Write "
            "`al.where(condition, measure)` for a value in some cells only.",
        )
    check_levels(condition, "filter")
    return Filtered(measure_of(measure, "filter"), condition)


def at(
    measure: MeasureExpression, coordinates: Condition | Mapping[LevelOperand, object], /
) -> MeasureExpression:
    """Return a measure at other members.

    The filters on the hierarchies of these levels do not hold there.

    Args:
        measure: What.
        coordinates: Levels and where to go: ``l["City"] == "Paris"`` a member (``isnull()`` for the
            member ``None``), ``l["Date"] == l["Last date"]`` the member that the cell has at
            another level (null where it has none); several with ``&``. Or a dict of the same.

    Raises:
        InvalidMeasure: Another condition.

    >>> table = session.read_pandas(
    ...     pd.DataFrame({"City": ["Oslo", "Rome", "Rome"], "Units": [1, 2, 3]}), table_name="Sales"
    ... )
    >>> cube = session.create_cube(table)
    >>> h, l, m = cube.hierarchies, cube.levels, cube.measures
    >>> m["x"] = al.at(m["Units.SUM"], l["City"] == "Oslo")
    >>> cube.query(m["x"], levels=[l["City"]])["x"].tolist()
    [1, 1]
    """
    given: object = _mapped(coordinates) if isinstance(coordinates, Mapping) else coordinates
    if not isinstance(given, Condition):
        expected = "members, such as `cube.levels['City'] == 'Paris'`"
        raise InvalidArgument("coordinates", Shown(given), expected)
    places = list(_coordinates(given))
    seen: set[LevelKey] = set()
    for level, _ in places:
        if level.key in seen:
            raise InvalidMeasure(
                f"`at` got the level {text_of(level.key.name)} twice in `{given!r}`.",
                hint="A cell lies at one member of a level.",
            )
        seen.add(level.key)
    return At(measure_of(measure, "at"), tuple(places))


def check_levels(condition: Condition, function: str) -> None:
    """Raise `InvalidMeasure` for a condition of cells that reads a column."""
    for reference in references_of(condition):
        if isinstance(reference, Column):
            own = text_of(reference.name)
            raise InvalidMeasure(
                f"`{function}` got `{condition!r}`, which reads the column `{reference}`.",
                hint="In a cell, only levels and measures have a value. Write it with the level "
                f"over the column, such as `cube.levels[{own}]`; if there is none, make a "
                f"hierarchy of the column first: `cube.hierarchies[{own}] = [column]`.",
            )


def _mapped(coordinates: Mapping[LevelOperand, object]) -> Condition:
    """Return the condition that a dict of coordinates means."""
    expected = 'members of levels, such as `{cube.levels["City"]: "Paris"}`'
    found: Condition | None = None
    for level, place in pairs("coordinates", coordinates, expected):
        if not isinstance(level, LevelOperand):
            raise InvalidArgument("coordinates", Shown(level), expected)
        if isinstance(place, MeasureExpression):
            raise InvalidMeasure(
                f"`at` got the measure `{place}` as a place.", hint="Give a member or a level."
            )
        condition = level.isnull() if place is None else level == place
        found = condition if found is None else found & condition
    return cast("Condition", found)


def _coordinates(condition: Condition) -> Iterator[tuple[LevelOperand, LevelOperand | Constant]]:
    match condition:
        case And(conditions=conditions):
            for each in conditions:
                yield from _coordinates(each)
        case Comparison(operand=LevelOperand() as level, operator="==", value=value):
            yield level, Constant(value)
        case OperandComparison(
            left=LevelOperand() as level, operator="==", right=LevelOperand() as other
        ):
            yield level, other
        case IsNull(operand=LevelOperand() as level):
            yield level, Constant(None)
        case _:
            raise InvalidMeasure(
                f"`at` got `{condition!r}`.",
                hint="Say for each level which member, as in `l['City'] == 'Paris'`, with `&` "
                "between them; for other conditions there is `al.filter`.",
            )
