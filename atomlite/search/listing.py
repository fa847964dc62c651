"""A table that clients page through by query parameters, without a search.

>>> people = session.read_pandas(
...     pd.DataFrame({"id": [1, 2], "name": ["Ada", "Bob"]}), keys={"id"}, table_name="people"
... )
>>> _ = session.mount(
...     List(
...         table=people,
...         url="people",
...         readable_column_names=["name"],
...         sortable_column_names=["name"],
...         default_sort_column_name="name",
...     )
... )
>>> answer = session.client.http_client.get("proxy/people?direction=desc&limit=1").json()
>>> answer["data"], answer["pagination"]["next_page"]
([{'name': 'Bob'}], {'start': 1})
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from atomlite.errors import InvalidSearch
from atomlite.search.casing import Casing
from atomlite.search.conditions import Limits
from atomlite.search.endpoint import HeaderTexts, Shared
from atomlite.search.fields import Scope
from atomlite.search.injection import Call
from atomlite.search.joins import ColumnOverride, Join
from atomlite.search.operations import list_operations
from atomlite.search.paging import query_values, read_limit, read_start, whole_number
from atomlite.search.searching import TableEndpoint
from atomlite.search.security_headers import SecurityHeader
from atomlite.search.settings import Listing, Where, column_names, is_descending
from atomlite.search.sorting import lowest_first, read_sort
from atomlite.search.wanted import Wanted
from atomlite.tables.table import Table
from atomlite.types import JsonValue, Method

_KEYS = ("start", "limit", "sort", "direction")


class List(TableEndpoint):
    """An endpoint that lists a table; `Session.mount` serves it.

    Clients send the query parameters ``start``, ``limit``, ``sort`` (a column) and ``direction``
    (``asc`` or ``desc``), and get the envelope of `AdvancedSearch`.

    Args:
        table: The table.
        url: As in `AdvancedSearch`, like all parameters that follow.
        readable_column_names: Columns of the answer.
        sortable_column_names: Columns to sort by.
        default_sort_column_name: The column to sort by when a client does not say.
        default_sort_direction: ``"ASC"`` or ``"DESC"``.
        default_limit: Rows of a page when a client does not say.
        maximum_limit: Most rows of a page, which also caps the default; 0 for any number.
        where: Conditions that all rows must meet; or functions that return one.
        joins: Tables whose columns can be shown and sorted by.
        request_methods: The methods that it answers; others are 404.
        response_headers: Headers as ``"key: value"``; or functions that return lists of them.
        output_map: Makes the object of a row from a model of all columns.
        output_schema: What such an object looks like, for the documentation.
        column_overrides: What this endpoint says about columns, by name.
        internal_casing: Casing of the names of the columns.
        external_casing: Casing of everything that clients see.
        security_headers: `Hsts`, `Cors`, `Csp`, `CacheControl`.
        description: Text for the documentation.
        authentication: Returns a user, a name, or True; anything falsy answers 401.
        authorization: Returns True, a condition for all rows, or anything falsy for an answer 403.

    Raises:
        InvalidEndpoint: A parameter cannot work; its message says which, and what is known.
    """

    def __init__(  # noqa: PLR0913 -- the contract's parameters
        self,
        *,
        table: Table,
        url: str = "",
        readable_column_names: Sequence[str],
        sortable_column_names: Sequence[str],
        default_sort_column_name: str,
        default_sort_direction: str = "ASC",
        default_limit: int = 50,
        maximum_limit: int = 200,
        where: Where = (),
        joins: Sequence[Join] = (),
        request_methods: Sequence[str] = ("GET",),
        response_headers: HeaderTexts = (),
        output_map: Callable[..., object] | None = None,
        output_schema: object = None,
        column_overrides: Mapping[str, ColumnOverride] | None = None,
        internal_casing: Casing = "snake_case",
        external_casing: Casing = "snake_case",
        security_headers: Sequence[SecurityHeader] = (),
        description: str = "",
        authentication: Callable[..., object] | None = None,
        authorization: Callable[..., object] | None = None,
    ) -> None:
        super().__init__(
            Shared(
                url=url,
                request_methods=request_methods,
                response_headers=response_headers,
                internal_casing=internal_casing,
                external_casing=external_casing,
                security_headers=security_headers,
                description=description,
                authentication=authentication,
                authorization=authorization,
            ),
            Listing(
                table=table,
                names=column_names(
                    readable=readable_column_names,
                    sortable=sortable_column_names,
                    searchable=(),
                    default_sort=default_sort_column_name,
                    joins=joins,
                    overrides=column_overrides,
                    extra_operators=(),
                ),
                descending=is_descending(default_sort_direction),
                default_limit=default_limit,
                maximum_limit=maximum_limit,
                where=where,
                output_map=output_map,
                output_schema=output_schema,
                facet_limit=1,
                facet_seconds=1.0,
                limits=Limits(),
            ),
        )

    def read(self, call: Call, scope: Scope) -> Wanted:
        """Return what a request asks; raises `InvalidSearch` for what it may not ask."""
        if call.request.raw_body:
            raise InvalidSearch(
                "This endpoint reads no request body.", hint="Send query parameters."
            )
        names, listing = self.names, self.listing
        start, limit, sort, direction = map(names.word, _KEYS)
        given = query_values(call.request.query_parameters, (start, limit, sort, direction))
        numbers = {key: whole_number(key, given[key]) for key in (start, limit) if key in given}
        ordering = lowest_first(scope.default_sort.column, descending=listing.descending)
        if sort in given or direction in given:
            sortable = scope.sort_columns
            column = given.get(sort)
            if column is None:
                column = scope.default_sort.shown
                sortable = {column: scope.default_sort.column}
            entry = {
                names.word("column"): column,
                names.word("direction"): given.get(direction, "ASC"),
            }
            (ordering,) = read_sort([entry], sortable, names)
        return Wanted(
            limit=read_limit(numbers, names, default=listing.limit, maximum=listing.maximum_limit),
            start=read_start(numbers, names),
            order_by=(ordering,),
        )

    def operations(self) -> Mapping[Method, JsonValue]:
        """Return the OpenAPI operation object of each method."""
        return list_operations(self)
