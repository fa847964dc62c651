"""Which facts the cells of a frame are made of: the conditions in force. Pure.

Conditions are kept apart, so that a measure can leave out those about a hierarchy:

>>> city = LevelOperand(LevelKey("Shops", "Place", "City"), pa.string())
>>> month = LevelOperand(LevelKey("Sales", "Time", "Month"), pa.int8())
>>> context = Context(conjuncts((city == "Paris") & (month > 3)))
>>> context.without(HierarchyKey("Shops", "Place")).conditions
(Month > 3,)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa  # noqa: F401 -- for the example

from atomlite.cubes.planning.conditions import conjuncts, hierarchies_in
from atomlite.errors import InvalidQuery
from atomlite.expressions.rendering import render
from atomlite.measures.coordinates import (
    HierarchyKey,
    LevelKey,  # noqa: F401 -- for the example
    LevelOperand,
)
from atomlite.sql import quote

if TYPE_CHECKING:
    from atomlite.expressions.columns import Reference
    from atomlite.expressions.conditions import Condition


@dataclass(frozen=True)
class Context:
    """The conditions about levels that facts must pass.

    Args:
        conditions: All of them must hold.
        visible: Name of the relation of cells that facts must lie in, ``""`` for all cells.
    """

    conditions: tuple[Condition, ...] = field(default=(), compare=False)
    visible: str = ""

    @cached_property
    def key(self) -> tuple[object, ...]:
        """What is equal for contexts that let the same facts pass in the same words."""
        return self.visible, tuple(sorted(key_of(condition) for condition in self.conditions))

    def also(self, condition: Condition) -> Context:
        """Return a context in which one more condition holds."""
        known = {key_of(each) for each in self.conditions}
        new = tuple(each for each in conjuncts(condition) if key_of(each) not in known)
        return Context((*self.conditions, *new), self.visible)

    def without(self, *hierarchies: HierarchyKey) -> Context:
        """Return a context without the conditions about some hierarchies.

        Raises:
            InvalidQuery: A condition mixes one of them with another hierarchy.
        """
        left_out = frozenset(hierarchies)
        kept = []
        for condition in self.conditions:
            about = hierarchies_in(condition)
            if about.isdisjoint(left_out):
                kept.append(condition)
            elif not about <= left_out:
                names = ", ".join(str(key) for key in sorted(about))
                raise InvalidQuery(
                    f"The condition `{condition!r}` is about several hierarchies at once: {names}. "
                    "A measure of the query looks beyond one of them and has to leave out what is "
                    "about that one alone.",
                    hint="Write it as conditions about one hierarchy each, joined with `&`.",
                )
        return Context(tuple(kept), self.visible)

    def only(self, hierarchy: HierarchyKey) -> Context:
        """Return a context with those conditions that are about one hierarchy alone."""
        own = frozenset({hierarchy})
        return Context(tuple(each for each in self.conditions if hierarchies_in(each) == own))


def key_of(condition: Condition) -> str:
    """Return a text that differs for conditions about levels that can mean different facts."""
    return repr(render(condition, _named))


def _named(reference: Reference) -> str:
    assert isinstance(reference, LevelOperand)  # noqa: S101 -- contexts are about levels
    key = reference.key
    return ".".join(map(quote, (key.dimension, key.hierarchy, key.name)))
