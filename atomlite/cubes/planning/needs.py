"""What cells are made of: the aggregates asked for, and what restricts the facts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atomlite.cubes.planning.compiler import Compiler
    from atomlite.cubes.planning.contexts import Context
    from atomlite.expressions.conditions import Condition
    from atomlite.expressions.rendering import Expression
    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.measures.nodes import Aggregation


@dataclass(slots=True)
class Needs:
    """What one grain is to give: operands, conditions and aggregates, by their SQL.

    Args:
        operands: Name and expression of each operand.
        conditions: Name and expression of each condition of some of the aggregates.
        aggregates: Name of each aggregate.
        again: The function that makes several of an aggregate one, by name.
        listed: Name of each list, by the SQL of an element and the condition that it is there.
        made_of: What each aggregate belongs to, by name: the node, the position in it, and its
            conditions as SQL of their columns.
    """

    operands: dict[str, tuple[str, Expression]] = field(default_factory=dict)
    conditions: dict[str, tuple[str, Condition]] = field(default_factory=dict)
    aggregates: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)
    listed: dict[tuple[str, str], str] = field(default_factory=dict)
    made_of: dict[str, tuple[Aggregation, int, str]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The names of what it gives."""
        return list((self.listed or self.aggregates).values())


@dataclass(frozen=True, slots=True)
class Restrictions:
    """What restricts the facts of cells besides conditions.

    Args:
        texts: SQL conditions.
        levels: The levels that they are about.
    """

    texts: tuple[str, ...]
    levels: tuple[LevelKey, ...]


def restrictions(
    compiler: Compiler,
    context: Context,
    unexpressed: Iterable[HierarchyKey],
    level_sql: Callable[[LevelKey], str],
) -> Restrictions:
    """Return what restricts facts: first members of slicing hierarchies, cells that are visible.

    Args:
        compiler: What the query is planned with.
        context: The conditions in force.
        unexpressed: The slicing hierarchies that stay at their first member.
        level_sql: Gives the SQL of a level's member for each row.
    """
    levels = [compiler.hierarchy(key).levels[0].key for key in unexpressed]
    texts = [
        f"{level_sql(level)} IS NOT DISTINCT FROM {compiler.first_member(level, context)}"
        for level in levels
    ]
    if context.visible:
        seen = compiler.seen(context.visible)
        texts.append(seen.condition([level_sql(level) for level in seen.levels]))
        levels += seen.levels
    return Restrictions(tuple(texts), tuple(levels))
