"""Levels as the user holds them: in conditions, in calculations, and by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa  # noqa: TC002 -- Sphinx reads annotations at run time

from atomlite.cubes.arguments import text_or_none
from atomlite.cubes.model import ColumnOrder, CustomOrder, LevelModel, LevelOrder, NaturalOrder
from atomlite.cubes.names import full_name, level_named
from atomlite.cubes.overviews import levels_grid
from atomlite.cubes.references import checked_level, parts_of
from atomlite.cubes.suggesting import suggesting
from atomlite.data_types.values import is_null, located, plain
from atomlite.errors import (
    AmbiguousName,
    InvalidArgument,
    InvalidModel,
    InvalidQuery,
    LevelNotFound,
)
from atomlite.expressions.columns import Column
from atomlite.measures.coordinates import LevelKey, LevelOperand

if TYPE_CHECKING:
    from atomlite.cubes.cube import Cube

LevelName: TypeAlias = str | tuple[str, str] | tuple[str, str, str]
"""Name of a level, with the names of its hierarchy and dimension where it would be ambiguous."""


class Level(LevelOperand):
    """A level of a cube: what it is, and its member in each cell.

    Compared with a value it makes a condition for ``filter``; ``level.isin(...)``,
    ``level.isnull()`` and the other methods of columns do too. ``level.desc()`` orders by it.

    >>> frame = pd.DataFrame({"City": ["Paris", "Rome"], "Price": [1.0, 2.0]})
    >>> table = session.read_pandas(frame, table_name="Sales")
    >>> city = session.create_cube(table).levels["City"]
    >>> city != "Rome"
    City != "Rome"
    """

    __slots__ = ("_cube",)

    def __init__(self, key: LevelKey, data_type: pa.DataType, cube: Cube) -> None:
        super().__init__(replace(key, home=cube.home), data_type)
        self._cube = cube

    @property
    def _model(self) -> LevelModel:
        return checked_level(self.key, self._cube.model)

    @property
    def name(self) -> str:
        """Its own name."""
        return self.key.name

    @property
    def hierarchy(self) -> str:
        """The name of its hierarchy."""
        return self.key.hierarchy

    @property
    def dimension(self) -> str:
        """The name of the dimension of its hierarchy."""
        return self.key.dimension

    @property
    def description(self) -> str | None:
        """Text for readers; assign to change it."""
        return self._model.description

    @description.setter
    def description(self, text: str | None) -> None:
        self._change(description=text_or_none("description", text))

    @property
    def order(self) -> LevelOrder:
        """How its members follow each other; assign another order to change it.

        Null is last in every order.

        Raises:
            InvalidArgument: Assigned what is no order, or members that a level of its type cannot
                have.

        >>> frame = pd.DataFrame({"Size": ["L", "S", "M"], "Price": [1.0, 2.0, 3.0]})
        >>> cube = session.create_cube(session.read_pandas(frame, table_name="Sales"))
        >>> cube.levels["Size"].order = al.CustomOrder(["S", "M"])
        >>> cube.levels["Size"].order
        CustomOrder(first_elements=('S', 'M'))
        """
        return self._model.order

    @order.setter
    def order(self, order: LevelOrder) -> None:
        self._change(order=_checked_order(order, self._model))

    def _change(self, **changes: object) -> None:
        self._cube.change_level(self.key, lambda level: replace(level, **changes))  # type: ignore[arg-type] # by their names

    def __repr__(self) -> str:
        """Return its full name and its type."""
        return f"{self.key}: {self.data_type}"


class Levels(Mapping[LevelName, Level]):
    """The levels of a cube, by name: ``levels["City"]``, ``levels["Geography", "City"]``.

    The short name is enough where it means one level. Iterating gives the full names.
    """

    def __init__(self, cube: Cube) -> None:
        self._cube = cube

    def __getitem__(self, name: object) -> Level:
        """Return a level.

        Raises:
            LevelNotFound: There is none of this name.
            AmbiguousName: There are several; the message lists them.
        """
        model = self._cube.model
        with suggesting(model, self._cube.catalog):
            return level_handle(level_named(name, model), self._cube)

    def __iter__(self) -> Iterator[LevelName]:
        """Iterate over the full names: dimension, hierarchy, level."""
        for hierarchy in self._cube.model.hierarchies.values():
            for level in hierarchy.levels:
                yield level.key.dimension, level.key.hierarchy, level.key.name

    def __len__(self) -> int:
        """Return the number of levels."""
        return sum(len(each.levels) for each in self._cube.model.hierarchies.values())

    def __contains__(self, name: object) -> bool:
        """Return whether there are levels of this name, one or more."""
        try:
            level_named(name, self._cube.model)
        except AmbiguousName:
            return True
        except (LevelNotFound, InvalidQuery):
            return False
        return True

    def _ipython_key_completions_(self) -> list[str | tuple[str, ...]]:
        keys = [
            level.key for each in self._cube.model.hierarchies.values() for level in each.levels
        ]
        names = [key.name for key in keys]
        return [key.name if names.count(key.name) == 1 else full_name(key) for key in keys]

    def __repr__(self) -> str:
        """Return one line per level."""
        return levels_grid(self._cube.model).text()

    def _repr_html_(self) -> str:
        return levels_grid(self._cube.model).html()


def level_handle(level: LevelModel, cube: Cube) -> Level:
    """Return what the user holds of a level."""
    return Level(level.key, level.data_type, cube)


def _checked_order(order: object, level: LevelModel) -> LevelOrder:
    match order:
        case NaturalOrder(ascending=bool()):
            return order
        case CustomOrder(first_elements=given) if isinstance(given, Sequence):
            members = tuple(plain(member) for member in given)
            for index, member in enumerate(members):
                if is_null(member) or member in members[:index]:
                    expected = "members without None, which is last, and each once"
                    raise InvalidArgument("first_elements", list(members), expected)
                located(member, level.data_type, column=level.key.name, what="Order: ")
            return CustomOrder(members)
        case ColumnOrder(column=Column() as column, ascending=bool()):
            tables = {each.table for each in parts_of(level.operand, Column)}
            if column.table not in tables:
                raise InvalidModel(
                    f'The level "{level.key.name}" is of the table "{min(tables)}", and the '
                    f'column "{column.name}" is of "{column.table}".',
                    hint="Order by a column of the level's own table.",
                )
            return order
    expected = "`al.NaturalOrder()`, `al.CustomOrder([...])` or `al.ColumnOrder(column)`"
    raise InvalidArgument("order", order, expected)
