"""A cube: hierarchies and measures over the rows of a table and of those joined to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, Unpack, overload

from atomlite.cubes.arguments import checked_number, text_or_none
from atomlite.cubes.asking import asked
from atomlite.cubes.evolving import Evolving
from atomlite.cubes.hierarchies import Hierarchies
from atomlite.cubes.joins import join_tree
from atomlite.cubes.levels import Levels
from atomlite.cubes.measures import Measures
from atomlite.cubes.overviews import cube_grid
from atomlite.cubes.shaping import date_levels
from atomlite.cubes.suggesting import suggesting
from atomlite.display.grids import Grid
from atomlite.errors import (
    CubeNotFound,
    SessionClosed,
)

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from atomlite.cubes.aggregates import Aggregates
    from atomlite.cubes.checking.verifying import Verification
    from atomlite.cubes.hierarchies import Hierarchy, HierarchyName
    from atomlite.cubes.levels import Level, LevelName
    from atomlite.cubes.measures import Measure
    from atomlite.cubes.query import QueryOrdering, Totals
    from atomlite.cubes.results.explaining import Explanation
    from atomlite.cubes.results.pretty import CubeResult
    from atomlite.expressions.columns import Column, Ordering
    from atomlite.expressions.conditions import Condition

Levelled: TypeAlias = "Level | LevelName | Sequence[Level | LevelName]"
"""A level, or several."""

Ordered: TypeAlias = "Measure | QueryOrdering | Level | Ordering | str | Sequence[object] | None"
"""What cells are ordered by; see `Cube.query`."""


class _Asked(TypedDict, total=False):
    """The arguments of `Cube.query` that do not change what it returns."""

    levels: Levelled
    filter: Condition | None
    include_totals: bool
    totals: Totals
    include_empty_rows: bool
    order_by: Ordered
    limit: int | None


_DATE_LEVELS = {"Year": "y", "Month": "M", "Day": "d"}


class Cube(Evolving):
    """A cube of a session, by its name: after a cell that creates it again, still the cube.

    Made by `Session.create_cube`, found in `Session.cubes`. It holds no rows: a query reads the
    tables as they are. Safe from any thread; a query reads one state of the cube from its start to
    its end, and each change appears whole.
    """

    # ---- what it is ----------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the cube."""
        return self._name

    @property
    def fact_table(self) -> str:
        """The name of the table whose rows are its facts."""
        return self.model.fact

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the fact table, and of the tables that joins lead to from it.

        Raises:
            InvalidModel: Joins lead to one of them in two ways.
        """
        return join_tree(self.model.fact, self._store.visible_state).tables

    @property
    def filter(self) -> Condition | None:
        """Which rows of the fact table are its facts; ``None`` for all."""
        return self.model.filter

    @property
    def description(self) -> str | None:
        """Text for readers; assign to change it."""
        return self.model.description

    @description.setter
    def description(self, text: str | None) -> None:
        checked = text_or_none("description", text)
        self._change(lambda model: replace(model, description=checked))

    @property
    def hierarchies(self) -> Hierarchies:
        """The hierarchies by name; assign to define one."""
        return Hierarchies(self)

    @property
    def levels(self) -> Levels:
        """The levels of all hierarchies by name."""
        return Levels(self)

    @property
    def measures(self) -> Measures:
        """The measures by name; assign to define one."""
        return Measures(self)

    @property
    def dimensions(self) -> dict[str, dict[str, Hierarchy]]:
        """The hierarchies by dimension and name."""
        found: dict[str, dict[str, Hierarchy]] = {}
        hierarchies = self.hierarchies
        for key in self.model.hierarchies:
            found.setdefault(key.dimension, {})[key.name] = hierarchies[key.dimension, key.name]
        return found

    @property
    def aggregates(self) -> Aggregates:
        """The aggregate tables that make its queries faster."""
        from atomlite.cubes.aggregates import Aggregates  # noqa: PLC0415 -- it knows cubes

        return Aggregates(self)

    # ---- what it is asked ----------------------------------------------------------------------

    @overload
    def query(
        self,
        *measures: Measure | str,
        mode: Literal["pretty"] = "pretty",
        explain: Literal[False] = False,
        **asked: Unpack[_Asked],
    ) -> CubeResult: ...
    @overload
    def query(
        self,
        *measures: Measure | str,
        mode: Literal["raw"],
        explain: Literal[False] = False,
        **asked: Unpack[_Asked],
    ) -> pd.DataFrame: ...
    @overload
    def query(
        self,
        *measures: Measure | str,
        mode: Literal["arrow"],
        explain: Literal[False] = False,
        **asked: Unpack[_Asked],
    ) -> pa.Table: ...
    @overload
    def query(
        self,
        *measures: Measure | str,
        mode: Literal["pretty", "raw", "arrow"] = "pretty",
        explain: Literal[True],
        **asked: Unpack[_Asked],
    ) -> Explanation: ...
    def query(
        self,
        *measures: Measure | str,
        levels: Levelled = (),
        filter: Condition | None = None,  # noqa: A002 -- the word that users know
        include_totals: bool = False,
        totals: Totals = "all",
        include_empty_rows: bool = False,
        order_by: Ordered = None,
        limit: int | None = None,
        mode: Literal["pretty", "raw", "arrow"] = "pretty",
        explain: bool = False,
    ) -> CubeResult | pd.DataFrame | pa.Table | Explanation:
        """Return measures for the members of some levels.

        A cell without facts has no row, unless ``include_empty_rows``.

        Args:
            measures: Measures, or their names.
            levels: Levels, or their names; the levels above each come with it. None gives the grand
                total.
            filter: A condition about levels, measures or both: ``(l["City"] == "Paris") &
                (m["Revenue"] > 100)``. A part of an ``&`` that is about levels alone chooses facts.
                A part with a measure chooses cells of the deepest level; totals stay.
            include_totals: Whether there are totals over each trailing part of the levels.
            totals: ``"all"``: of all facts that conditions about levels let pass. ``"visible"``: of
                the facts of those cells that conditions about measures and ``limit`` leave.
            include_empty_rows: Whether there is a row for each combination of members, also where
                there are no facts.
            order_by: Measures and levels of the query, or their ``.desc()``, or names: they order
                the cells of the deepest level, totals first. Null is last. Without it, rows come in
                the order of the levels' members, totals before their parts.
            limit: Most cells of the deepest level; ``None`` for all.
            mode: ``"pretty"``: a DataFrame indexed by the levels, in order. ``"raw"``: a plain
                DataFrame, ``"arrow"``: an Arrow table, both with the levels as columns, how many of
                them a row expresses in ``_depth``, and in no promised order without ``order_by``.
            explain: Whether to return how the query was answered instead, once it was.

        Raises:
            MeasureNotFound, LevelNotFound, AmbiguousName: A name means nothing, or too much.
            InvalidQuery: Something is asked for that has no answer.
            InvalidModel: Tables or columns that the query needs are gone.
            TooManyCells: There are more cells than `Limits.cube_cells`.
            DeadlineExceeded: It took longer than `Limits.cube_seconds`.

        >>> frame = pd.DataFrame({"City": ["Paris", "Rome", "Rome"], "Price": [1.0, 2.0, 4.0]})
        >>> cube = session.create_cube(session.read_pandas(frame, table_name="Sales"))
        >>> cube.query(
        ...     cube.measures["Price.SUM"], levels=[cube.levels["City"]], mode="arrow"
        ... ).num_rows
        2
        """
        model = self.model
        with suggesting(model, self._store.visible_state):
            query = asked(
                model,
                measures,
                levels=levels,
                filter=filter,
                include_totals=include_totals,
                totals=totals,
                include_empty_rows=include_empty_rows,
                order_by=order_by,
                limit=limit,
                ordered=mode == "pretty",
            )
        return self._runner.query(query, model, mode=mode, explain=explain)

    def verify(
        self, n: int = 20, *, seed: int | None = None, seconds: float = 60.0
    ) -> Verification:
        """Return how random queries of this cube compare with a second way to compute them.

        Args:
            n: Number of queries.
            seed: The same seed draws the same queries; ``None`` draws others each time.
            seconds: When to stop drawing.

        Raises:
            InvalidArgument: One of these is no number.

        Returns:
            The cells that differ, none when all agree, and what was compared.
        """
        checked_number("n", n, whole=True)
        checked_number("seconds", seconds)
        if seed is not None:
            checked_number("seed", seed, whole=True)
        from atomlite.cubes.checking.verifying import verify  # noqa: PLC0415 -- it knows cubes

        return verify(self, n, seed=seed, seconds=seconds)

    def diff(
        self,
        a: Condition | None,
        b: Condition | None,
        measure: Measure | str,
        *,
        levels: Levelled = (),
    ) -> pd.DataFrame:
        """Return what each member contributes to the change of a measure between two filters.

        Args:
            a: The filter before; ``None`` for all facts.
            b: The filter after; ``None`` for all facts.
            measure: One that adds up, a sum or difference of such measures, or a quotient of them.
            levels: Of which members.

        Returns:
            One row per member; the contributions add up to the change.

        Raises:
            InvalidQuery: The measure cannot be taken apart, or only one side says at which member
                of a slicing hierarchy it is.
        """
        from atomlite.cubes.differences import diff  # noqa: PLC0415 -- it knows cubes

        return diff(self, a, b, measure, levels)

    # ---- how it changes ------------------------------------------------------------------------

    def create_date_hierarchy(
        self,
        name: HierarchyName,
        column: Column,
        *,
        levels: Mapping[str, str | Column] = _DATE_LEVELS,
    ) -> None:
        """Define a hierarchy of the parts of a date.

        Args:
            name: Its name; its dimension is the table of the column, unless the name has one.
            column: A column of dates or timestamps of the cube's tables.
            levels: By name from the top down: ``"y"`` year, ``"Q"`` quarter (``"QQQ"``: Q1),
                ``"M"`` month, ``"w"`` ISO week, ``"d"`` day of the month, ``"H"`` hour, ``"m"``
                minute, ``"s"`` second; one letter gives a number, two (``yyyy`` for the year) give
                text of equal length. The column itself stands for the date.

        Raises:
            InvalidModel: The column is not of the cube's tables, or holds no dates.
            InvalidArgument: A pattern that is none of these.
            MeasureInUse: It takes the place of a hierarchy that a measure uses.

        >>> frame = pd.DataFrame({"Day": pd.to_datetime(["2026-01-31", "2026-02-01"]), "x": [1, 2]})
        >>> table = session.read_pandas(frame, table_name="Sales")
        >>> cube = session.create_cube(table)
        >>> cube.create_date_hierarchy(
        ...     "Date", column=table["Day"], levels={"Year": "y", "Month": "M"}
        ... )
        >>> list(cube.hierarchies["Date"])
        ['Year', 'Month']
        """
        self.hierarchies.update({name: date_levels(column, levels)})

    def __repr__(self) -> str:
        """Return its dimensions and measures."""
        return self._overview().text()

    def _repr_html_(self) -> str:
        return self._overview().html()

    def _overview(self) -> Grid:
        try:
            return cube_grid(self.model)
        except SessionClosed:
            return Grid(f"{self._name}: session closed", (), [])
        except CubeNotFound:
            return Grid(f"{self._name}: deleted", (), [])
