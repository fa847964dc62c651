"""Measures as the user holds and defines them."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa  # noqa: TC002 -- Sphinx reads annotations at run time

from atomlite.cubes.arguments import text_or_none
from atomlite.cubes.names import checked_name, measure_named
from atomlite.cubes.overviews import measures_grid
from atomlite.cubes.query import QueryOrdering
from atomlite.cubes.stating import check_fit, checked_formatter, stated_additivity
from atomlite.cubes.suggesting import suggesting
from atomlite.errors import InvalidMeasure
from atomlite.expressions.columns import Operand
from atomlite.expressions.conditions import Condition
from atomlite.measures.additivity import Additivity, Kind
from atomlite.measures.arguments import truth
from atomlite.measures.coordinates import LevelOperand
from atomlite.measures.nodes import Constant, MeasureExpression, Named, Where, expression

if TYPE_CHECKING:
    from atomlite.cubes.cube import Cube
    from atomlite.cubes.model import MeasureModel
    from atomlite.measures.coordinates import Home

_NO_VALUE = Constant(None)


class Measure(Named):
    """A measure of a cube, by its name: what it is now, also after it was defined again.

    In calculations and conditions it stands for its value in each cell. ``measure.desc()`` orders
    by it.

    >>> table = session.read_pandas(pd.DataFrame({"Price": [1.0, 2.0]}), table_name="Sales")
    >>> price = session.create_cube(table).measures["Price.SUM"]
    >>> price / 2 > 1
    m["Price.SUM"] / 2 > 1
    """

    __slots__ = ("_cube",)

    _cube: Cube

    def __init__(self, name: str, cube: Cube) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "_cube", cube)

    __setattr__ = object.__setattr__  # the properties below can be assigned

    @property
    def _model(self) -> MeasureModel:
        return measure_named(self.name, self._cube.model)

    @property
    def home(self) -> Home:
        """What the handles of its cube have, and those of others have not."""
        return self._cube.home

    @property
    def data_type(self) -> pa.DataType:
        """The type of its values."""
        return self._model.data_type

    @property
    def formula(self) -> MeasureExpression:
        """What it was defined as."""
        return self._model.expression

    @property
    def additivity(self) -> Additivity:
        """Whether its cells add up; assign one to say it better than it is inferred.

        ``"additive"`` and ``"non-additive"`` may be assigned as text; what adds up over all but
        some hierarchies is ``al.Additivity("semi-additive", not_over=[h["Date"]])``. ``None``
        assigned infers it again.

        Raises:
            InvalidArgument: Assigned something else.
            HierarchyNotFound: The cube has no such hierarchy.

        >>> table = session.read_pandas(pd.DataFrame({"Price": [1.0, 2.0]}), table_name="Sales")
        >>> cube = session.create_cube(table)
        >>> cube.measures["Price.SUM"].additivity.kind, cube.measures["Price.MEAN"].additivity.kind
        ('additive', 'non-additive')
        """
        return self._model.additivity

    @additivity.setter
    def additivity(self, value: Additivity | Kind | None) -> None:
        if value is None:
            self._change(additivity_given=False)
        else:
            checked = stated_additivity(value, self._cube.model)
            self._change(additivity=checked, additivity_given=True)

    @property
    def description(self) -> str | None:
        """Text for readers; assign to change it."""
        return self._model.description

    @description.setter
    def description(self, text: str | None) -> None:
        self._change(description=text_or_none("description", text))

    @property
    def folder(self) -> str | None:
        """Where tools show it; assign to change it."""
        return self._model.folder

    @folder.setter
    def folder(self, text: str | None) -> None:
        self._change(folder=text_or_none("folder", text))

    @property
    def formatter(self) -> str | None:
        """How results show its values; assign to change it. The values stay as they are.

        A format specification of Python such as ``",.2f"``, or ``"DOUBLE[#,##0.00]"``,
        ``"INT[#,###]"``, ``"DATE[yyyy-MM-dd]"``; ``None`` chooses by the type.

        Raises:
            InvalidArgument: Assigned what is no such text, or does not fit the type of the values.
        """
        return self._model.formatter

    @formatter.setter
    def formatter(self, text: str | None) -> None:
        if text_or_none("formatter", text) is not None:
            check_fit(checked_formatter(str(text)), self.name, self.data_type)
        self._change(formatter=text)

    @property
    def visible(self) -> bool:
        """Whether tools show it; assign to change it. Queries may name it all the same."""
        return self._model.visible

    @visible.setter
    def visible(self, value: bool) -> None:
        self._change(visible=truth("visible", value))

    def asc(self) -> QueryOrdering:
        """Return the order of cells from its smallest value up; null is last."""
        return QueryOrdering(self.name, home=self.home)

    def desc(self) -> QueryOrdering:
        """Return the order of cells from its greatest value down; null is last."""
        return QueryOrdering(self.name, descending=True, home=self.home)

    def _change(self, **changes: object) -> None:
        self._cube.change_measure(
            self.name,
            lambda measure: replace(measure, **changes),  # type: ignore[arg-type] # by their names
        )


class Measures(MutableMapping[str, Measure]):
    """The measures of a cube, by name.

    Assigning defines one, or defines it again: ``m["Margin"] = m["Revenue.SUM"] - m["Cost.SUM"]``.
    It is then a new one, without description, folder and formatter. What it is made of may change
    later: it follows. ``del m["Margin"]`` removes one.
    """

    def __init__(self, cube: Cube) -> None:
        self._cube = cube

    def __getitem__(self, name: str) -> Measure:
        """Return a measure.

        Raises:
            MeasureNotFound: There is none of this name.
        """
        model = self._cube.model
        with suggesting(model, self._cube.catalog):
            return Measure(measure_named(name, model).name, self._cube)

    def __setitem__(self, name: str, value: object) -> None:
        """Define a measure.

        Args:
            name: Its name.
            value: A measure, a calculation, a condition (true, false or null in each cell), a level
                (its member in each cell), or a constant.

        Raises:
            InvalidMeasure: It cannot be a measure, or could not be counted right.
            InvalidName: The name cannot be used.
            MeasureInUse: A measure that is made of this one could not be computed any more.

        >>> frame = pd.DataFrame({"Revenue": [5.0, 7.0], "Cost": [3.0, 4.0]})
        >>> m = session.create_cube(session.read_pandas(frame, table_name="Sales")).measures
        >>> m["Margin"] = m["Revenue.SUM"] - m["Cost.SUM"]
        >>> m["Margin"].formula
        m["Revenue.SUM"] - m["Cost.SUM"]
        """
        self.update({name: value})

    def __delitem__(self, name: str) -> None:
        """Remove a measure.

        Raises:
            MeasureNotFound: There is none of this name.
            MeasureInUse: Others are made of it.
            InvalidMeasure: It is the number of facts, which every cube has.
        """
        self._cube.remove_measure(name)

    def update(self, *given: Any, **more: object) -> None:  # noqa: ANN401 -- a mapping or pairs
        """Define several measures at once: all of them, or none. They may name each other.

        Args:
            given: A mapping as for ``m[name] = value``.
            more: The same by keyword.

        Raises:
            As assigning one.
        """
        new: dict[Any, object] = dict(*given, **more)
        self._cube.define_measures(
            {checked_name("Measure name", name): defined_as(each) for name, each in new.items()}
        )

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in the order of creation."""
        return iter(self._cube.model.measures)

    def __len__(self) -> int:
        """Return the number of measures."""
        return len(self._cube.model.measures)

    def __contains__(self, name: object) -> bool:
        """Return whether a measure has this name."""
        return isinstance(name, str) and name in self._cube.model.measures

    def _ipython_key_completions_(self) -> list[str]:
        return list(self)

    def __repr__(self) -> str:
        """Return one line per measure."""
        return measures_grid(self._cube.model).text()

    def _repr_html_(self) -> str:
        return measures_grid(self._cube.model).html()


def defined_as(value: object) -> MeasureExpression:
    """Return what was assigned to a measure as an expression.

    Raises:
        InvalidMeasure: It is no measure.

    >>> defined_as(Named("a") > 1)
    where({m["a"] > 1: True, ~(m["a"] > 1): False}, default=None)
    """
    match value:
        case MeasureExpression() | LevelOperand():
            return expression(value)
        case Condition():
            return Where(((value, Constant(True)), (~value, Constant(False))), _NO_VALUE)
        case Operand():
            raise InvalidMeasure(
                f"`{value}` has a value in each row, and a measure one in each cell.",
                hint=f"Aggregate it: `al.agg.sum({value})`.",
            )
        case None:
            raise InvalidMeasure("A measure is None.", hint="Give a measure or a constant.")
    return expression(value)
