"""What queries and measures are drawn from: a cube, and which of its measures are exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from atomlite.cubes.cube import Cube
from atomlite.cubes.hierarchies import Hierarchy
from atomlite.cubes.levels import Level
from atomlite.cubes.measures import Measure
from atomlite.tables.table import Table

Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass
class DrawnModel:
    """What queries are drawn from.

    Args:
        cube: The cube.
        facts: The fact table.
        draw: Draws from a strategy.
        exact: Numbers without rounding, by name.
        loose: All other measures, by name.
        plain: The names of the measures that look at no other cell.
    """

    cube: Cube
    facts: Table
    draw: Draw
    exact: list[str] = field(default_factory=list)
    loose: list[str] = field(default_factory=list)
    plain: set[str] = field(default_factory=set)

    @property
    def hierarchies(self) -> list[Hierarchy]:
        """The hierarchies of the cube."""
        return list(self.cube.hierarchies.values())

    @property
    def levels(self) -> list[Level]:
        """The levels of all hierarchies."""
        return [level for hierarchy in self.hierarchies for level in hierarchy.levels.values()]

    def one_of(self, *options: Any) -> Any:  # noqa: ANN401 -- whatever is given
        """Draw one of some values, which need not be comparable."""
        return options[self.draw(st.integers(0, len(options) - 1))]

    def measure(self, name: str) -> Measure:
        """Return a measure of the cube."""
        return self.cube.measures[name]

    def some_exact(self) -> Measure:
        """Draw a number without rounding."""
        return self.measure(self.one_of(*self.exact))

    def some_number(self) -> Measure:
        """Draw a number, rounded or not."""
        return self.measure(self.one_of(*self.exact, *self.loose))
