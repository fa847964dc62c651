"""Running queries of cubes: one instant of the data, one plan, one result.

Each query runs in a snapshot of its own, or in the data transaction that it is asked from. Results
are kept by what they were made from: text and values of the statements, and the versions of the
tables that they read; never those of a data transaction.

Thread rules: a `Runner` is safe from any thread. An `Execution` belongs to one thread and one call
of `Runner.at_one_instant`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

import pyarrow as pa

from atomlite.cubes.advice import slow_advice, too_large
from atomlite.cubes.budgets import Budget
from atomlite.cubes.oversize import cells_crossed, too_many_cells
from atomlite.cubes.planned import Planner
from atomlite.cubes.results.explaining import Explanation, explained
from atomlite.cubes.results.forms import arrow_result, raw_result
from atomlite.cubes.results.pretty import CubeResult, pretty_result
from atomlite.cubes.stages import called
from atomlite.data_types.storage import from_storage
from atomlite.errors import ResultTooLarge
from atomlite.measures.arguments import chosen
from atomlite.sql import Statement
from atomlite.types import EVERYTHING, Version, View

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.config import Limits
    from atomlite.cubes.model import CubeModel
    from atomlite.cubes.planning.plan import Plan, PlannedColumn, Stage
    from atomlite.cubes.query import Query
    from atomlite.engine.snapshots import Snapshot, Store
    from atomlite.errors import TooManyCells
    from atomlite.tables.catalogs import Catalog
    from atomlite.telemetry.tracing import Tracing

__all__ = ["Answer", "CubeResult", "Execution", "Mode", "Runner"]

Mode: TypeAlias = Literal["pretty", "raw", "arrow"]
"""The form of a result; see `Cube.query`."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """A result, and all that it came from.

    Args:
        query: What was asked.
        plan: How it was answered.
        table: The levels, the depth and the measures, in the types of the plan.
        catalog: The tables at the instant that was read.
        view: What the reader may see.
        runner: Runs more queries of the same model.
    """

    query: Query
    plan: Plan
    table: pa.Table
    catalog: Catalog
    view: View
    runner: Runner

    @property
    def model(self) -> CubeModel:
        """The cube as it was."""
        model: CubeModel = self.plan.model
        return model

    @property
    def version(self) -> Version:
        """The version of the data when the tables that were read last changed."""
        return version_read(self.plan, self.catalog)

    @property
    def store(self) -> Store[Catalog]:
        """The tables as they are now."""
        return self.runner.store

    @property
    def tracing(self) -> Tracing:
        """Where queries are recorded."""
        return self.runner.tracing

    def ask(self, query: Query) -> Answer:
        """Return the answer to another query of the same model, on the data as it is now."""
        return self.runner.answer(query, self.model, self.view)


def version_read(plan: Plan, catalog: Catalog) -> Version:
    """Return the version of the data when the tables that a plan reads last changed."""
    newest = max(catalog.table(name).version for name in plan.tables)
    return Version(catalog.version.epoch, newest)


class Execution:
    """One query at one instant, planned and ready to run.

    Args:
        runner: Whose limits and cache hold.
        query: What is asked.
        model: The cube.
        snapshot: The instant.
        view: What the reader may see.

    Attributes:
        plan: How it is answered.
        key: What says all about its table; ``None`` where nothing may be kept.
    """

    __slots__ = ("_budget", "_runner", "_snapshot", "_view", "key", "plan", "query")

    def __init__(
        self,
        runner: Runner,
        query: Query,
        model: CubeModel,
        snapshot: Snapshot[Catalog],
        view: View,
    ) -> None:
        self._runner = runner
        self._snapshot = snapshot
        self._view = view
        self.query = query
        self._budget = Budget(runner.seconds)
        with runner.tracing.span("plan"), self._budget.held():
            planned = runner.planner.planned(query, model, snapshot, view, self._budget.limit())
        self.plan = planned.plan
        self.key = planned.key
        self._budget.advice = partial(slow_advice, self.plan, snapshot.state)

    @property
    def catalog(self) -> Catalog:
        """The tables at the instant that is read."""
        return self._snapshot.state

    def table(self, *, fresh: bool = False) -> pa.Table:
        """Return levels, depth and measures, from the cache where they are there.

        Args:
            fresh: Whether to run it all the same.

        Raises:
            TooManyCells: There are more cells than ``limits.cube_cells``.
            DeadlineExceeded: It took longer than ``limits.cube_seconds``.
            MeasureFailed: A Python measure raised.
            ResultTooLarge: A sum is larger than its type can hold.
        """
        cache = self._runner.store.cache
        if self.key is not None and not fresh:
            kept = cache.table(self.key)
            if kept is not None:
                return kept
        self._check_crossing()
        with self._with_stages():
            found = self._limited(self.plan.statement)
        table = typed(found, self.plan.columns)
        if self.key is not None:
            cache.put(self.key, table)
        return table

    def engine_plan(self) -> str:
        """Run the statement and return what the engine did, as text; its time is its own."""
        self._budget.begin()
        statement = self.plan.statement
        analyzed = replace(
            statement, text=f"EXPLAIN ANALYZE {statement.text}", operation="EXPLAIN ANALYZE"
        )
        with self._with_stages(), self._budget.held():
            rows = self._snapshot.rows(analyzed, self._budget.limit())
        return "\n".join(str(text) for _, text in rows)

    def answer(self, table: pa.Table) -> Answer:
        """Return its table with all that it came from."""
        return Answer(self.query, self.plan, table, self.catalog, self._view, self._runner)

    @contextlib.contextmanager
    def _with_stages(self) -> Iterator[None]:
        """Run the Python measures, and let the statements of a block read what they made."""
        with contextlib.ExitStack() as stack:
            for stage in self.plan.stages:
                found = self._limited(stage.statement, stage)
                span = self._runner.tracing.span("measure", {"atomlite.measure": stage.measure})
                with span:
                    made = called(stage, found, self._budget.check)
                stack.enter_context(self._snapshot.registered(stage.name, made))
            yield

    def _limited(self, statement: Statement, stage: Stage | None = None) -> pa.Table:
        """Return the rows of a statement, or say what would have fewer."""
        most = self._runner.most_cells
        try:
            with self._budget.held():
                found = self._snapshot.arrow(statement, self._budget.limit(), most=most)
        except ResultTooLarge as error:
            raise too_large(self.plan) from error
        if found.num_rows > most:
            raise self._too_many(stage=stage)
        return found

    def _check_crossing(self) -> None:
        """Count the cells of a query with empty rows before they are made."""
        if not self.query.include_empty_rows:
            return
        with self._budget.held():
            found = cells_crossed(self.plan, self._snapshot, self._view, self._budget.limit())
        if found > self._runner.most_cells:
            raise self._too_many(found=found)

    def _too_many(self, *, found: int | None = None, stage: Stage | None = None) -> TooManyCells:
        return too_many_cells(
            self.plan,
            self._snapshot,
            self._view,
            most=self._runner.most_cells,
            seconds=self._budget.for_counting(),
            found=found,
            stage=stage,
        )


class Runner:
    """Runs the queries of a session's cubes.

    Args:
        store: The tables.
        tracing: Records what is done.
        limits: Those of the session.
    """

    def __init__(self, store: Store[Catalog], tracing: Tracing, limits: Limits) -> None:
        self.store = store
        self.tracing = tracing
        self.planner = Planner()
        self.most_cells = limits.cube_cells
        self.seconds = limits.cube_seconds

    def at_one_instant(
        self,
        query: Query,
        model: CubeModel,
        make: Callable[[Execution], _T],
        view: View = EVERYTHING,
    ) -> _T:
        """Return what a function makes of a query at one instant; it may need no rows.

        As `Store.at_one_instant`, it may be called a second time when the data changed before its
        first row was read.
        """
        return self.store.at_one_instant(
            lambda snapshot: make(Execution(self, query, model, snapshot, view))
        )

    def answer(self, query: Query, model: CubeModel, view: View = EVERYTHING) -> Answer:
        """Return the answer to a query; raises as `query`."""
        return self.at_one_instant(
            query, model, lambda execution: execution.answer(execution.table()), view
        )

    def query(
        self,
        query: Query,
        model: CubeModel,
        *,
        mode: Mode = "pretty",
        explain: bool = False,
        view: View = EVERYTHING,
    ) -> CubeResult | pd.DataFrame | pa.Table | Explanation:
        """Return the result of a query in a form.

        Args:
            query: What is asked; for ``"pretty"`` its rows are to come in order.
            model: The cube.
            mode: The form.
            explain: Whether to return how it was answered instead.
            view: What the reader may see.

        Raises:
            InvalidArgument: There is no such mode.
            AtomliteError: As `Cube.query`.
        """
        chosen("mode", mode, Mode)
        with self.tracing.span("Cube.query", {"atomlite.cube": model.name}):
            if explain:
                return self._explained(query, model, mode, view)
            answer = self.answer(query, model, view)
            with self.tracing.span("shape"):
                return _shaped(answer, mode)

    def _explained(self, query: Query, model: CubeModel, mode: Mode, view: View) -> Explanation:
        began = perf_counter()

        def explanation(execution: Execution) -> Explanation:
            planned = perf_counter()
            table = execution.table(fresh=True)
            ran = perf_counter()
            _shaped(execution.answer(table), mode)
            seconds = (planned - began, ran - planned, perf_counter() - ran)
            return explained(execution.plan, table.num_rows, seconds, execution.engine_plan())

        return self.at_one_instant(query, model, explanation, view)


def typed(found: pa.Table, columns: tuple[PlannedColumn, ...]) -> pa.Table:
    """Return what the engine found, with the names and types of a plan."""
    arrays = [
        from_storage(array, column.data_type)
        for array, column in zip(found.columns, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, names=[column.name for column in columns])


def _shaped(answer: Answer, mode: Mode) -> CubeResult | pd.DataFrame | pa.Table:
    if mode == "arrow":
        return arrow_result(answer)
    return pretty_result(answer) if mode == "pretty" else raw_result(answer)
