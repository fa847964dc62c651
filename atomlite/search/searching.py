"""Answering a request for rows: the same for every endpoint that shows a table.

What differs between endpoints is how they read a request; from `Wanted` on there is one way.
"""

from __future__ import annotations

import secrets
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from atomlite.errors import (
    ColumnNotFound,
    InvalidArgument,
    InvalidEndpoint,
    InvalidJoin,
    TableNotFound,
    WrongType,
)
from atomlite.expressions.conditions import Condition
from atomlite.http.responses import Response
from atomlite.search.answers import Answering
from atomlite.search.cursors import Cursors, fingerprint
from atomlite.search.endpoint import EnvelopeEndpoint, Shared
from atomlite.search.fields import Scope
from atomlite.search.injection import Call, Injected, Offer
from atomlite.search.operations import schema_from
from atomlite.search.settings import Filters, Listing
from atomlite.search.wanted import Wanted
from atomlite.tables.search.bindings import exact
from atomlite.tables.search.values import Search

if TYPE_CHECKING:
    from atomlite.tables.catalogs import Catalog
    from atomlite.tables.links import Link
    from atomlite.tables.search.reading import Reader

_CONFIGURED = (ColumnNotFound, InvalidArgument, InvalidJoin, TableNotFound, WrongType)
"""Errors of conditions and joins, which only an endpoint's own configuration can cause."""


class TableEndpoint(EnvelopeEndpoint):
    """An endpoint that shows rows of a table.

    It holds the tables by name, and looks at their columns again when they have changed: a cell
    that creates a table anew does not break the endpoint, unless columns are gone.

    Args:
        shared: The parameters that every endpoint has.
        listing: The table, its columns and limits.

    Raises:
        InvalidEndpoint: Some parameter cannot work with the tables as they are.
    """

    def __init__(self, shared: Shared, listing: Listing) -> None:
        super().__init__(shared)
        self.listing = listing
        self._filters = Filters(listing.where, self.offered)
        mapped = listing.output_map
        self._output_map = (
            None
            if mapped is None
            else Injected(mapped, "output_map", (*self.offered, "model"), first=True)
        )
        schema_from(listing.output_schema)
        self.cursors = Cursors()
        self.token = secrets.token_hex(8)
        self._scope = self._made(None)
        with blaming_configuration(), listing.table.reading() as reader:
            fixed = self._filters.fixed
            filtered = reduce(and_, fixed) if fixed else None
            reader.key(Search(filter=filtered, joins=self._scope.joins))

    @property
    def subject(self) -> str:
        """The name of the table."""
        return self.listing.table.name

    @property
    def scope(self) -> Scope:
        """The columns of the endpoint, for the tables as they are now."""
        names = self.listing.names
        try:
            schemas = [self.listing.table.schema, *(join.table.schema for join in names.joins)]
            if not self._scope.holds(schemas, self.listing.table.links):
                self._scope = self._made(None)
        except TableNotFound as error:
            raise InvalidEndpoint(f"The endpoint has lost a table. {error.message}") from error
        return self._scope

    def _made(self, catalog: Catalog | None) -> Scope:
        """Return the columns for the tables of a catalog, or as they are now."""
        listing = self.listing
        tables = [listing.table, *(join.table for join in listing.names.joins)]
        if catalog is None:
            schemas, links = [table.schema for table in tables], listing.table.links
        else:
            schemas = [catalog.table(table.name).schema for table in tables]
            links = _links_of(catalog, listing.table.name)
        return Scope(listing.names, self.names, schemas[0], schemas[1:], links)

    @abstractmethod
    def read(self, call: Call, scope: Scope) -> Wanted:
        """Return what a request asks; raises `InvalidSearch` for what it may not ask."""

    def answer(self, call: Call, offer: Offer, condition: Condition | None) -> Response:
        """Return the rows that a request asks for."""
        scope = self.scope
        wanted = self.read(call, scope)

        def answered(reader: Reader) -> Response:
            now = self._at(reader.catalog, scope)
            asked = wanted if now is scope else self.read(call, now)
            return self._answering(call, offer, condition, reader, now, asked).response()

        with blaming_configuration():
            return self.listing.table.at_one_instant(answered)

    def _at(self, catalog: Catalog, scope: Scope) -> Scope:
        """Return the columns for the tables of a catalog: those given, where they still hold."""
        tables = [self.listing.table.name, *(j.table.name for j in self.listing.names.joins)]
        schemas = [catalog.table(name).schema for name in tables]
        return scope if scope.holds(schemas, _links_of(catalog, tables[0])) else self._made(catalog)

    def _answering(
        self,
        call: Call,
        offer: Offer,
        condition: Condition | None,
        reader: Reader,
        scope: Scope,
        wanted: Wanted,
    ) -> Answering:
        conditions = self._conditions(call, offer, scope, condition)
        if wanted.filter is not None:
            conditions.append(wanted.filter)
        return Answering(
            endpoint=self,
            reader=reader,
            scope=scope,
            wanted=wanted,
            filter=reduce(and_, conditions) if conditions else None,
            call=call,
            offer=offer,
            output_map=self._output_map,
            bound_to=self._bound_to(call, condition, wanted) if wanted.by_cursor else "",
        )

    def _bound_to(self, call: Call, condition: Condition | None, wanted: Wanted) -> str:
        """Return what a cursor belongs to.

        That are the conditions of the client and of the authorization, down to the last value, the
        order, the user and the route. The endpoint's own conditions are asked anew for each page,
        as they may depend on the time.
        """
        return fingerprint(
            call.user.name,
            sorted(call.routing.items()),
            exact(condition),
            exact(wanted.filter),
            exact(*wanted.order_by),
        )

    def _conditions(
        self, call: Call, offer: Offer, scope: Scope, condition: Condition | None
    ) -> list[Condition]:
        """Return what rows must meet before the client's own conditions."""
        found = self._filters.conditions(offer)
        if condition is not None:
            found.append(condition)
        for name, text in call.routing.items():
            field = scope.own_field(name)
            if field is not None:
                try:
                    found.append(field.column == field.kind.read_text(text))
                except ValueError:  # no row has what is no value of the column
                    found.append(field.column.isin())
        return found


def _links_of(catalog: Catalog, name: str) -> tuple[Link, ...]:
    return tuple(link for link in catalog.links if link.source == name)


@contextmanager
def blaming_configuration() -> Iterator[None]:
    """Turn what only a configuration can cause into an error that says so."""
    try:
        yield
    except _CONFIGURED as error:
        raise InvalidEndpoint(
            f"The endpoint does not fit its tables: {error.message}", hint=error.hint
        ) from error
