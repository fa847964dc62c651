"""Tables of aggregates kept in step with the facts.

After each commit, tables of aggregates whose sources have changed are made anew, in a transaction
of their own. Until then, and where that fails, queries read the facts: what a table was made from
is part of the catalog, so each reader knows whether it is right at its own instant.

Thread rules: an `AggregateKeeper` is safe from any thread.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from atomlite.cubes.model import AggregateModel
from atomlite.cubes.planning.partials import definition, tables_read
from atomlite.errors import AggregateNotRefreshedWarning, AtomliteError
from atomlite.sql import Statement
from atomlite.tables.catalogs import Catalog, Derived
from atomlite.tables.definitions import aggregate_of, create_aggregate, drop_aggregate
from atomlite.tables.notices import warn_caller

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel
    from atomlite.engine.snapshots import Store, Transaction
    from atomlite.telemetry.tracing import Tracing


_SEPARATOR = "#"

_recent: deque[tuple[CubeModel, Catalog, tuple[str, ...]]] = deque(maxlen=16)
"""The answers of `current` that were given last; it is asked for each new query."""


def current(model: CubeModel, catalog: Catalog) -> tuple[str, ...]:
    """Return the names of a cube's tables of aggregates that are right at one instant. Pure.

    Args:
        model: The cube.
        catalog: The tables at that instant; of a data transaction, none is right.
    """
    if not model.aggregates:
        return ()
    for known, at, names in tuple(_recent):
        if known is model and at is catalog:
            return names
    found = tuple(
        aggregate.name
        for aggregate in model.aggregates
        if aggregate.name in catalog.derived and outdated(aggregate, model, catalog) is None
    )
    _recent.append((model, catalog, found))
    return found


def outdated(aggregate: AggregateModel, model: CubeModel, catalog: Catalog) -> str | None:
    """Return why a table of aggregates is not right at one instant; ``None`` where it is. Pure."""
    try:
        wanted = wanted_now(aggregate, model, catalog)[1]
    except AtomliteError as error:
        return error.message
    kept = catalog.derived.get(aggregate.name)
    if kept is None:
        return "It has not been made yet."
    return None if _same(kept, wanted) else "The data or the cube has changed since it was made."


def wanted_now(
    aggregate: AggregateModel, model: CubeModel, catalog: Catalog
) -> tuple[Statement, Derived]:
    """Return the query whose rows it is to hold now, and what says so.

    Raises:
        AtomliteError: It cannot be made any more: a table, column or measure has gone.
    """
    statement = definition(aggregate, model, catalog)
    text = repr((statement.text, statement.parameters))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    tables = sorted(tables_read(aggregate, model, catalog))
    return statement, Derived(digest, tuple((n, catalog.table(n).version) for n in tables))


def stored_name(cube: str, name: str) -> str:
    """Return the name of a table in the engine, which ignores case; no two have the same one."""
    digest = hashlib.sha256(json.dumps([cube, name]).encode()).hexdigest()[:12]
    return f"{cube}.{name}{_SEPARATOR}{digest}"


def shown(aggregate: AggregateModel) -> str:
    """Return the name of a table of aggregates with that of its cube, for readers.

    >>> shown(AggregateModel(stored_name("Sales", "by #"), (), ()))
    'Sales.by #'
    """
    return aggregate.name.rpartition(_SEPARATOR)[0]


def own_name(stored: str, cube: str) -> str:
    """Return the name of a table of aggregates in its cube.

    >>> own_name(stored_name("Sales", "by #"), "Sales")
    'by #'
    """
    return stored.rpartition(_SEPARATOR)[0].removeprefix(f"{cube}.")


class AggregateKeeper:
    """Makes and removes the tables of aggregates of a session's cubes.

    Args:
        store: The tables.
        tracing: Records what is done.
        models: Gives the cubes as they are now.
    """

    def __init__(
        self,
        store: Store[Catalog],
        tracing: Tracing,
        models: Callable[[], Iterable[CubeModel]],
    ) -> None:
        self._store = store
        self._tracing = tracing
        self._models = models

    def refresh(self) -> None:
        """Make what is missing or out of date, and remove what no cube has any more.

        It never raises for what became of an aggregate: a failure is a warning, and queries read
        the facts. Inside a data transaction it does nothing; the commit calls it again.
        """
        if self._store.transaction is not None:
            return
        for aggregate, model in self._outdated():
            try:
                self._make(aggregate, model)
            except AtomliteError as error:
                message = (
                    f'The aggregate table "{shown(aggregate)}" was not refreshed, so queries of '
                    f'"{model.name}" read the facts: {error.message}'
                )
                warn_caller([AggregateNotRefreshedWarning(message)])
        self._remove_unknown()

    def make(self, aggregate: AggregateModel, model: CubeModel) -> None:
        """Make one table of aggregates now; inside a data transaction, its commit does.

        Raises:
            AtomliteError: It cannot be made.
        """
        if self._store.transaction is None:
            self._make(aggregate, model)

    def _outdated(self) -> list[tuple[AggregateModel, CubeModel]]:
        """Return what can be made and is not right, each with its cube."""
        catalog = self._store.state
        found = []
        for model in self._models():
            for aggregate in model.aggregates:
                try:
                    wanted = wanted_now(aggregate, model, catalog)[1]
                except AtomliteError:  # a column or table has gone: the listing says so
                    continue
                if not _same(catalog.derived.get(aggregate.name), wanted):
                    found.append((aggregate, model))
        return found

    def _make(self, aggregate: AggregateModel, model: CubeModel) -> None:
        with (
            self._tracing.span("Cube.aggregate", {"atomlite.aggregate": aggregate.name}),
            self._store.write() as transaction,
        ):
            catalog = transaction.state
            statement, wanted = wanted_now(aggregate, model, catalog)
            if _same(catalog.derived.get(aggregate.name), wanted):
                return  # another thread was first
            self._remove(aggregate.name, transaction)
            transaction.change(create_aggregate(aggregate.name, statement))
            count = f"SELECT count(*) FROM {aggregate_of(aggregate.name)}"  # noqa: S608 -- quoted
            ((rows,),) = transaction.rows(Statement(count, table=aggregate.name))
            made = replace(wanted, row_count=int(str(rows)))
            transaction.state = transaction.state.with_derived(aggregate.name, made)

    def _remove_unknown(self) -> None:
        """Remove what no cube has; cubes name a table before it is made."""
        there = tuple(self._store.state.derived)
        known = {aggregate.name for model in self._models() for aggregate in model.aggregates}
        gone = [name for name in there if name not in known]
        if gone:
            with self._store.write() as transaction:
                for name in gone:
                    self._remove(name, transaction)

    @staticmethod
    def _remove(name: str, transaction: Transaction[Catalog]) -> None:
        if name in transaction.state.derived:
            transaction.change(drop_aggregate(name))
            transaction.state = transaction.state.with_derived(name, None)


def _same(kept: Derived | None, wanted: Derived) -> bool:
    return kept is not None and replace(kept, row_count=0) == wanted
