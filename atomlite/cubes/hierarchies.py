"""Hierarchies as the user holds and defines them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import replace
from functools import reduce
from operator import and_, or_
from typing import TYPE_CHECKING, Any, TypeAlias

from atomlite.cubes.arguments import text_or_none
from atomlite.cubes.levels import Level, level_handle
from atomlite.cubes.names import full_name, hierarchies_named, hierarchy_named
from atomlite.cubes.overviews import hierarchies_grid, hierarchy_grid
from atomlite.cubes.shaping import defined_hierarchy
from atomlite.errors import (
    AmbiguousName,
    HierarchyNotFound,
    InvalidArgument,
    InvalidQuery,
    LevelNotFound,
)

if TYPE_CHECKING:
    from atomlite.cubes.cube import Cube
    from atomlite.cubes.model import CubeModel, HierarchyModel
    from atomlite.expressions.conditions import Condition
from atomlite.measures.arguments import truth
from atomlite.measures.coordinates import HierarchyKey

HierarchyName: TypeAlias = str | tuple[str, str]
"""Name of a hierarchy, with the name of its dimension where it would be ambiguous."""


class Hierarchy(Mapping[str, Level]):
    """A hierarchy of a cube: its levels by name, from the top down, and what can be set of it."""

    def __init__(self, key: HierarchyKey, cube: Cube) -> None:
        self._key = replace(key, home=cube.home)
        self._cube = cube

    @property
    def key(self) -> HierarchyKey:
        """Its full name, as measures keep it."""
        return self._key

    @property
    def _model(self) -> HierarchyModel:
        return hierarchy_named(self._key, self._cube.model)

    @property
    def name(self) -> str:
        """Its own name."""
        return self._key.name

    @property
    def dimension(self) -> str:
        """The name of its dimension."""
        return self._key.dimension

    @property
    def levels(self) -> dict[str, Level]:
        """Its levels by name, from the top down."""
        return {level.key.name: level_handle(level, self._cube) for level in self._model.levels}

    @property
    def slicing(self) -> bool:
        """Whether there is no total over its members; assign to change it.

        Where a query leaves a slicing hierarchy out, its first member is meant: for dates on which
        stocks were counted, for scenarios, for currencies.
        """
        return self._model.slicing

    @slicing.setter
    def slicing(self, value: bool) -> None:
        self._change(slicing=truth("slicing", value))

    @property
    def visible(self) -> bool:
        """Whether tools show it; assign to change it. Queries may name it all the same."""
        return self._model.visible

    @visible.setter
    def visible(self, value: bool) -> None:
        self._change(visible=truth("visible", value))

    @property
    def description(self) -> str | None:
        """Text for readers; assign to change it."""
        return self._model.description

    @description.setter
    def description(self, text: str | None) -> None:
        self._change(description=text_or_none("description", text))

    def isin(self, *paths: object) -> Condition:
        """Return the condition that a cell lies at or below one of some members.

        Args:
            paths: Members of the top level, or tuples of members from the top level down. ``None``
                is the member of facts without a value. Of no paths, no cell.

        Raises:
            InvalidArgument: A path is empty, or longer than the hierarchy is deep.
            WrongType: A member is not of the type of its level.

        >>> frame = pd.DataFrame({"Country": ["France", "Italy"], "City": ["Paris", "Rome"]})
        >>> table = session.read_pandas(frame, table_name="Shops")
        >>> cube = session.create_cube(table)
        >>> cube.hierarchies["Geography"] = [table["Country"], table["City"]]
        >>> cube.hierarchies["Geography"].isin("Italy", ("France", "Paris"))
        Country.isin("Italy") | (Country.isin("France") & City.isin("Paris"))
        """
        levels = list(self.levels.values())
        lasts: dict[tuple[object, ...], list[object]] = {}
        for path in paths:
            members = path if isinstance(path, tuple) else (path,)
            if not 0 < len(members) <= len(levels):
                expected = f"a member of {levels[0]}, or a tuple of at most {len(levels)} members"
                raise InvalidArgument("path", path, expected)
            lasts.setdefault(members[:-1], []).append(members[-1])
        conditions = [
            reduce(
                and_,
                [
                    *(level.isin(member) for level, member in zip(levels, above, strict=False)),
                    levels[len(above)].isin(members),
                ],
            )
            for above, members in lasts.items()
        ]
        return reduce(or_, conditions) if conditions else levels[0].isin()

    def _change(self, **changes: object) -> None:
        self._cube.change_hierarchy(
            self._key,
            lambda hierarchy: replace(hierarchy, **changes),  # type: ignore[arg-type] # by their names
        )

    def __getitem__(self, name: str) -> Level:
        """Return a level of the hierarchy.

        Raises:
            LevelNotFound: It has none of this name.
        """
        levels = self.levels
        if name not in levels:
            raise LevelNotFound(name, cube=self._cube.name, known=list(levels))
        return levels[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names of the levels, from the top down."""
        return iter(self.levels)

    def __len__(self) -> int:
        """Return the number of levels."""
        return len(self._model.levels)

    def __eq__(self, other: object) -> bool:
        """Return whether both are the same hierarchy of the same cube."""
        if not isinstance(other, Hierarchy):
            return NotImplemented
        return self._key == other._key and self._cube is other._cube

    def __hash__(self) -> int:
        """Return the hash of its key."""
        return hash(self._key)

    def __bool__(self) -> bool:
        """Return True."""
        return True

    def __repr__(self) -> str:
        """Return its full name and its levels."""
        return hierarchy_grid(self._model).text()

    def _repr_html_(self) -> str:
        return hierarchy_grid(self._model).html()


class Hierarchies(MutableMapping[HierarchyName, Hierarchy]):
    """The hierarchies of a cube, by name: ``h["Geography"]``, ``h["Shops", "Geography"]``.

    Assigning defines one, or defines it again: ``h["Geography"] = [t["Country"], t["City"]]``, or
    ``{"State": t["Province"], "City": t["City"]}`` with names of the levels. It is then a new one:
    not slicing, visible, in natural order. Its dimension is the table of its first column, unless
    the name has a dimension: ``h["Shops", "Geography"] = ...``. ``del h["Geography"]`` removes one.
    Iterating gives the full names.
    """

    def __init__(self, cube: Cube) -> None:
        self._cube = cube

    def __getitem__(self, name: object) -> Hierarchy:
        """Return a hierarchy.

        Raises:
            HierarchyNotFound: There is none of this name.
            AmbiguousName: There are several; the message lists them.
        """
        return Hierarchy(hierarchy_named(name, self._cube.model).key, self._cube)

    def __setitem__(self, name: HierarchyName, levels: object) -> None:
        """Define a hierarchy.

        Raises:
            InvalidModel: A column is not of the cube's tables, or cannot be a level.
            InvalidName: A name cannot be used.
            AmbiguousName: Hierarchies of several dimensions have this name.
            MeasureInUse: A measure uses a level that would not be there any more.

        >>> frame = pd.DataFrame({"Country": ["France", "Italy"], "City": ["Paris", "Rome"]})
        >>> table = session.read_pandas(frame, table_name="Shops")
        >>> cube = session.create_cube(table)
        >>> cube.hierarchies["Geography"] = [table["Country"], table["City"]]
        >>> list(cube.hierarchies["Geography"])
        ['Country', 'City']
        """
        self.update({name: levels})

    def __delitem__(self, name: object) -> None:
        """Remove a hierarchy; the columns stay.

        Raises:
            HierarchyNotFound: There is none of this name.
            AmbiguousName: There are several.
            MeasureInUse: A measure uses it.
        """
        self._cube.remove_hierarchy(name)

    def update(self, *given: Any, **more: object) -> None:  # noqa: ANN401 -- a mapping or pairs
        """Define several hierarchies at once: all of them, or none.

        Args:
            given: A mapping as for ``h[name] = levels``.
            more: The same by keyword.

        Raises:
            As assigning one.
        """
        new: dict[Any, object] = dict(*given, **more)

        def defined(model: CubeModel) -> list[HierarchyModel]:
            return [
                defined_hierarchy(name, _levels_of(levels), model, hierarchies_named(name, model))
                for name, levels in new.items()
            ]

        self._cube.define_hierarchies(defined)

    def __iter__(self) -> Iterator[HierarchyName]:
        """Iterate over the full names: dimension, hierarchy."""
        for key in self._cube.model.hierarchies:
            yield key.dimension, key.name

    def __len__(self) -> int:
        """Return the number of hierarchies."""
        return len(self._cube.model.hierarchies)

    def __contains__(self, name: object) -> bool:
        """Return whether there are hierarchies of this name, one or more."""
        try:
            hierarchy_named(name, self._cube.model)
        except AmbiguousName:
            return True
        except (HierarchyNotFound, InvalidQuery):
            return False
        return True

    def _ipython_key_completions_(self) -> list[str | tuple[str, ...]]:
        keys = list(self._cube.model.hierarchies)
        names = [key.name for key in keys]
        return [key.name if names.count(key.name) == 1 else full_name(key) for key in keys]

    def __repr__(self) -> str:
        """Return one line per hierarchy."""
        return hierarchies_grid(self._cube.model).text()

    def _repr_html_(self) -> str:
        return hierarchies_grid(self._cube.model).html()


def _levels_of(given: object) -> object:
    """Return the levels of a hierarchy that is defined as another one."""
    return given.levels if isinstance(given, Hierarchy) else given
