"""Which levels the cells of a set express. Pure.

>>> place, time = HierarchyKey("Shops", "Place"), HierarchyKey("Sales", "Time")
>>> by_city = Shape(((place, 2), (time, 1)))
>>> by_city.depth(place), by_city.at(place, 1).depth(place), by_city.at(time, 0)
(2, 1, Shape(depths=((HierarchyKey(dimension='Shops', name='Place'), 2),), loose=()))
"""

from __future__ import annotations

from dataclasses import dataclass, field

from atomlite.measures.coordinates import HierarchyKey, LevelKey


@dataclass(frozen=True, slots=True)
class Shape:
    """A set of cells: how deep they lie in each hierarchy.

    Args:
        depths: The number of levels expressed, 1 or more, by hierarchy; others are not expressed.
        loose: Levels expressed without their ancestors. Measures take their hierarchies for not
            expressed.
    """

    depths: tuple[tuple[HierarchyKey, int], ...] = ()
    loose: tuple[LevelKey, ...] = ()
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Hash it once: plans look shapes up often."""
        object.__setattr__(self, "_hash", hash((self.depths, self.loose)))

    def __hash__(self) -> int:
        """Return what is equal for equal shapes."""
        return self._hash

    def depth(self, hierarchy: HierarchyKey) -> int:
        """Return how many levels of a hierarchy are expressed."""
        return next((depth for key, depth in self.depths if key == hierarchy), 0)

    def at(self, hierarchy: HierarchyKey, depth: int) -> Shape:
        """Return the same shape with another depth of a hierarchy; 0 leaves it out."""
        loose = tuple(level for level in self.loose if level.owner != hierarchy)
        if self.depth(hierarchy):
            depths = tuple(
                (key, depth if key == hierarchy else known)
                for key, known in self.depths
                if key != hierarchy or depth
            )
        else:
            depths = (*self.depths, (hierarchy, depth)) if depth else self.depths
            depths = tuple(sorted(depths)) if depth else depths
        return Shape(depths, loose)

    def with_loose(self, level: LevelKey) -> Shape:
        """Return the same shape with a level expressed without its ancestors."""
        if level in self.loose:
            return self
        return Shape(self.depths, tuple(sorted((*self.loose, level))))


def shape_of(depths: dict[HierarchyKey, int]) -> Shape:
    """Return the shape with these depths; two with the same ones are equal."""
    return Shape(tuple(sorted((key, depth) for key, depth in depths.items() if depth)))
