"""Changes to the tables: each one atomic, visible to readers at once and whole."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

from atomlite.errors import (
    InvalidArgument,
    InvalidJoin,
    InvalidName,
    LinkDroppedWarning,
    LoadWarning,
    TableExists,
    TableReplacedWarning,
)
from atomlite.tables import definitions
from atomlite.tables.catalogs import Catalog, TableState
from atomlite.tables.links import Link, checked, link
from atomlite.tables.loading import LoadOptions, load
from atomlite.tables.notices import warn_caller
from atomlite.tables.search.planning import plan_drop
from atomlite.types import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from atomlite.config import Limits
    from atomlite.engine.snapshots import Store, Transaction
    from atomlite.expressions.conditions import Condition
    from atomlite.tables.reports import LoadReport
    from atomlite.tables.schemas import TableSchema
    from atomlite.tables.sources.source import Source
    from atomlite.types import ErrorHandling

IfExists: TypeAlias = Literal["replace", "fail"]
"""What to do with a table of the same name: put the new one in its place, or raise."""

_ERROR_HANDLING = ("fail", "warn", "skip")


class Writer:
    """The one way to change tables.

    Args:
        store: Rows and catalog.
        limits: Bounds of the session.
        persistent: Whether the data version must be kept in the database.

    Attributes:
        after_commit: Called after each commit that changed something, in a transaction of nobody.
    """

    def __init__(self, store: Store[Catalog], limits: Limits, *, persistent: bool) -> None:
        self.store = store
        self._limits = limits
        self._persistent = persistent
        self.after_commit: list[Callable[[], None]] = []

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Transaction[Catalog]]:
        """Make all changes of the block one; inside another transaction, a part of it.

        Warnings about them come after the commit, so that none of them can undo it.
        """
        outermost = self.store.transaction is None
        with self.store.write() as transaction:
            yield transaction
            if outermost and self._persistent and transaction.state is not transaction.before:
                number = transaction.state.version.number
                transaction.change(definitions.write_version(number))
        if outermost:
            self.store.compress(self.store.state.total_rows())
            if transaction.state is not transaction.before:
                for listener in self.after_commit:
                    listener()
            warn_caller(transaction.notices)

    def create(self, schema: TableSchema, if_exists: IfExists) -> None:
        """Create an empty table, in the place of one of the same name or not.

        Raises:
            TableExists: There is one, and ``if_exists`` is ``"fail"``.
            InvalidName: The name of another table differs only in case.
        """
        if if_exists not in ("replace", "fail"):
            raise InvalidArgument("if_exists", if_exists, '"replace" or "fail"')
        with self.transaction() as transaction:
            catalog = transaction.state
            same = catalog.same_name(schema.name)
            if same is not None and same != schema.name:
                reason = f"a table named {same!r} exists, and only case tells them apart."
                raise InvalidName("Table name", schema.name, reason)
            if same is not None:
                self._remove_for_replacement(transaction, schema, if_exists)
            for statement in definitions.create(schema):
                transaction.change(statement)
            version = transaction.before.version.number + 1
            new = TableState(schema, version=version)
            links = catalog.links
            transaction.state = transaction.state.at_version(version).with_table(new)
            self._keep_links(transaction, links)

    @staticmethod
    def _remove_for_replacement(
        transaction: Transaction[Catalog], schema: TableSchema, if_exists: IfExists
    ) -> None:
        old = transaction.state.table(schema.name)
        if if_exists == "fail":
            raise TableExists(schema.name, old.row_count)
        if old.restored:
            message = (
                f'"{schema.name}" came with the database file, with {old.row_count:,} rows, and '
                'was replaced. Pass if_exists="fail" to keep such tables.'
            )
            transaction.notices.append(TableReplacedWarning(message))
        for statement in definitions.drop(schema.name):
            transaction.change(statement)
        transaction.state = transaction.state.without_table(schema.name)

    @staticmethod
    def _keep_links(transaction: Transaction[Catalog], links: tuple[Link, ...]) -> None:
        """Put the links of a replaced table back, where its columns still allow."""
        catalog = transaction.state
        for known in links:
            if known not in catalog.links:
                try:
                    ends = catalog.table(known.source).schema, catalog.table(known.target).schema
                    catalog = catalog.with_link(checked(known, *ends))
                except (KeyError, InvalidJoin) as error:
                    message = (
                        f'The join of "{known.source}" to "{known.target}" was removed: {error}'
                    )
                    transaction.notices.append(LinkDroppedWarning(message))
        if catalog.links != links:
            for statement in definitions.write_links(catalog.links):
                transaction.change(statement)
        transaction.state = catalog

    def delete(self, name: str) -> None:
        """Remove a table, its rows and its links.

        Raises:
            TableNotFound: There is none of this name.
        """
        with self.transaction() as transaction:
            catalog = transaction.state
            catalog.table(name)
            for statement in definitions.drop(name):
                transaction.change(statement)
            version = transaction.before.version.number + 1
            transaction.state = catalog.without_table(name).at_version(version)
            if transaction.state.links != catalog.links:
                for statement in definitions.write_links(transaction.state.links):
                    transaction.change(statement)

    def load(
        self, name: str, source: Source, error_handling: ErrorHandling, *, first: bool = False
    ) -> LoadReport:
        """Load rows into a table; see `loading.load`.

        Args:
            name: Name of the table.
            source: The rows.
            error_handling: What to do with rows that do not fit.
            first: Whether the data makes the table; rows with equal keys are a surprise then.
        """
        if error_handling not in _ERROR_HANDLING:
            raise InvalidArgument("error_handling", error_handling, '"fail", "warn" or "skip"')
        options = LoadOptions(error_handling, self._limits.rejected_samples)
        with self.transaction() as transaction:
            report = load(transaction, name, source, options)
            if first and report.superseded:
                verb = "was" if report.superseded == 1 else "were"
                message = (
                    f"{report.superseded:,} of {report.rows_in:,} rows {verb} replaced by a later "
                    f'row with the same key in "{name}"; are the keys complete?'
                )
                transaction.notices.append(LoadWarning(message))
            return report

    def drop_rows(self, name: str, condition: Condition | None) -> int:
        """Delete the rows for which a condition holds and return their number."""
        with self.transaction() as transaction:
            catalog = transaction.state
            state = catalog.table(name)
            count = transaction.change(plan_drop(condition, name, catalog, EVERYTHING))
            if count:
                version = transaction.before.version.number + 1
                changed = replace(state, row_count=state.row_count - count, version=version)
                transaction.state = catalog.at_version(version).with_table(changed)
                transaction.changed_rows += count
            return count

    def join(self, source: str, target: str, mapping: Condition | Mapping[str, str] | None) -> Link:
        """Link two tables; see `links.link`."""
        with self.transaction() as transaction:
            catalog = transaction.state
            new = link(catalog.table(source).schema, catalog.table(target).schema, mapping)
            version = transaction.before.version.number + 1
            transaction.state = catalog.with_link(new).at_version(version)
            for statement in definitions.write_links(transaction.state.links):
                transaction.change(statement)
            return new
