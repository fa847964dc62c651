"""A table that clients search by a JSON body: conditions, sorts, pages, and more.

>>> people = session.read_pandas(
...     pd.DataFrame({"id": [1, 2, 3], "name": ["Ada", "Bob", "Cyd"], "age": [36, 7, 52]}),
...     keys={"id"},
...     table_name="people",
... )
>>> _ = session.mount(
...     AdvancedSearch(
...         table=people,
...         url="people",
...         readable_column_names=["id", "name"],
...         sortable_column_names=["name", "age"],
...         searchable_column_names=["name", "age"],
...         default_sort_column_name="name",
...     )
... )
>>> asked = {"where": [{"column": "age", "operator": ">", "value": 10}], "limit": 1}
>>> answer = session.client.http_client.post("proxy/people", json=asked).json()
>>> answer["data"], answer["pagination"]["number_results"]
([{'id': 1, 'name': 'Ada'}], 2)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from atomlite.errors import InvalidSearch
from atomlite.search.body import expected_keys, kind_in_json
from atomlite.search.casing import Casing
from atomlite.search.conditions import Limits, WhereReading
from atomlite.search.endpoint import HeaderTexts, Shared
from atomlite.search.fields import Scope
from atomlite.search.injection import Call
from atomlite.search.joins import ColumnOverride, Join
from atomlite.search.operations import search_operations
from atomlite.search.operators import DEFAULT_EXTRA
from atomlite.search.options import Groups, read_columns, read_count, read_groups
from atomlite.search.paging import query_values, read_limit, read_start, whole_number
from atomlite.search.searching import TableEndpoint
from atomlite.search.security_headers import SecurityHeader
from atomlite.search.settings import Listing, Where, column_names, is_descending
from atomlite.search.sorting import read_sort
from atomlite.search.wanted import Wanted
from atomlite.tables.table import Table
from atomlite.types import JsonValue, Method

_CONTRACT_KEYS = ("sort", "limit", "where", "start")
_MORE_KEYS = ("paging", "cursor", "count", "facets", "aggregates", "group_by")


class AdvancedSearch(TableEndpoint):
    r"""An endpoint that searches a table; `Session.mount` serves it.

    Clients send a JSON object: ``{"where": [{"column", "operator", "value"}], "sort": [{"column",
    "direction"}], "limit": 50, "start": 0}``. The answer has the five keys ``status``, ``error``,
    ``data``, ``pagination`` and ``input_errors``.

    Args:
        table: The table.
        url: Route below ``/proxy/``; parameters as ``{name}`` or ``:name``. A parameter with the
            name of a column filters by it.
        readable_column_names: Columns of the answer, in order; ``"company"`` for an object of a
            joined table, ``"company.name"`` for one column in it.
        sortable_column_names: Columns to sort by.
        searchable_column_names: Columns for ``where``.
        default_sort_column_name: The column to sort by when a client does not say. Ties follow the
            keys of the table. Null is the lowest value.
        default_sort_direction: ``"ASC"`` or ``"DESC"``.
        default_limit: Rows of a page when a client does not say.
        maximum_limit: Most rows of a page, which also caps the default; 0 for any number, as much
            as the deadline of a call lets through.
        where: Conditions that all rows must meet; or functions that return one.
        joins: Tables whose columns can be shown, searched and sorted by.
        request_methods: The methods that it answers; others are 404.
        response_headers: Headers as ``"key: value"``; or functions that return lists of them.
        output_map: Makes the object of a row from a model of all columns.
        output_schema: What such an object looks like, for the documentation.
        column_overrides: What this endpoint says about columns, by name.
        internal_casing: Casing of the names of the columns.
        external_casing: Casing of everything that clients see: keys of requests and answers, and
            names of columns; names that only the inside knows are refused.
        security_headers: `Hsts`, `Cors`, `Csp`, `CacheControl`.
        description: Text for the documentation.
        authentication: Returns a user, a name, or True; anything falsy answers 401.
        authorization: Returns True, a condition for all rows, or anything falsy for an answer 403.
        extra_operators: Operators beyond the contract's thirteen: ``"between"``, ``"contains"``,
            ``"starts with"`` (literal text, upper and lower case alike), and ``"not in"``, which is
            left out by default since the contract refuses it.
        facet_limit: Most values of one facet.
        facet_seconds: Time limit of one facet.
        most_conditions: Most entries of ``where``, nested ones included.
        most_values: Most values of all lists in ``where``, together.
        most_facets: Most columns of ``facets``.
        most_aggregates: Most entries of ``aggregates``, and of ``group_by``.

    Functions get what their parameters name: ``request``, ``user``, ``session``,
    ``query_parameters``, ``headers``, ``body``, ``routing_data``, ``utcnow``, each parameter of the
    route; and ``output_map`` the ``model`` as its first parameter.

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
        searchable_column_names: Sequence[str],
        default_sort_column_name: str,
        default_sort_direction: str = "ASC",
        default_limit: int = 50,
        maximum_limit: int = 200,
        where: Where = (),
        joins: Sequence[Join] = (),
        request_methods: Sequence[str] = ("GET", "POST", "QUERY"),
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
        extra_operators: Sequence[str] = DEFAULT_EXTRA,
        facet_limit: int = 20,
        facet_seconds: float = 1.0,
        most_conditions: int = 100,
        most_values: int = 2_000,
        most_facets: int = 20,
        most_aggregates: int = 20,
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
                    searchable=searchable_column_names,
                    default_sort=default_sort_column_name,
                    joins=joins,
                    overrides=column_overrides,
                    extra_operators=extra_operators,
                ),
                descending=is_descending(default_sort_direction),
                default_limit=default_limit,
                maximum_limit=maximum_limit,
                where=where,
                output_map=output_map,
                output_schema=output_schema,
                facet_limit=facet_limit,
                facet_seconds=facet_seconds,
                limits=Limits(most_conditions, most_values, most_facets, most_aggregates),
            ),
        )
        words = self.names.word
        self._keys = tuple(words(key) for key in (*_CONTRACT_KEYS, *_MORE_KEYS))

    def read(self, call: Call, scope: Scope) -> Wanted:
        """Return what a request asks; raises `InvalidSearch` for what it may not ask."""
        names, listing = self.names, self.listing
        word = names.word
        body = call.body
        start = self._start(call, body)
        expected_keys(body, self._keys, what="request parameter in the request body")
        limit = read_limit(body, names, default=listing.limit, maximum=listing.maximum_limit)
        groups = self._groups(body, scope)
        sortable = scope.sort_columns if groups is None else groups.sortable()
        order_by = read_sort(body.get(word("sort"), []), sortable, names)
        reading = WhereReading(scope.searchable, names, listing.limits)
        condition = reading.read(body.get(word("where"), []))
        count = read_count(body.get(word("count"), "exact"), names)
        facets = read_columns(
            "facets",
            body.get(word("facets"), []),
            scope.readable,
            names,
            most=listing.limits.most_facets,
        )
        by_cursor, cursor = self._cursor(body, groups)
        if facets and listing.output_map is not None:
            raise InvalidSearch(
                f"'{word('facets')}' are not offered here: rows have a form of their own."
            )
        if by_cursor and word("start") in call.request.query_parameters:
            raise InvalidSearch(f"'{word('start')}' does not go with paging by cursor.")
        return Wanted(
            filter=condition,
            order_by=order_by,
            limit=limit,
            start=start,
            by_cursor=by_cursor,
            cursor=cursor,
            count=count,
            facets=facets,
            groups=groups,
            whole_pagination=reading.nested or reading.meets_null or self._asks_more(body),
            ignored=reading.all_ignored,
        )

    def operations(self) -> Mapping[Method, JsonValue]:
        """Return the OpenAPI operation object of each method."""
        return search_operations(self)

    def _start(self, call: Call, body: Mapping[str, object]) -> int:
        key = self.names.word("start")
        given = query_values(call.request.query_parameters, [key])
        if key not in given:
            return read_start(body, self.names)
        if key in body:
            raise InvalidSearch(
                f"Ambiguous pagination: '{key}' is in the request body and in the query.",
                hint="Send one of them.",
            )
        return read_start({key: whole_number(key, given[key])}, self.names)

    def _groups(self, body: Mapping[str, object], scope: Scope) -> Groups | None:
        aggregates, group_by = self.names.word("aggregates"), self.names.word("group_by")
        if aggregates not in body and group_by not in body:
            return None
        if self.listing.output_map is not None:
            raise InvalidSearch(
                f"'{aggregates}' and '{group_by}' are not offered here: "
                "rows have a form of their own."
            )
        most = self.listing.limits.most_aggregates
        return read_groups(
            body.get(aggregates, []), body.get(group_by, []), scope.readable, self.names, most=most
        )

    def _cursor(self, body: Mapping[str, object], groups: Groups | None) -> tuple[bool, str | None]:
        paging, cursor, start = map(self.names.word, ("paging", "cursor", "start"))
        if paging not in body:
            if cursor in body:
                raise InvalidSearch(f"'{cursor}' needs '{paging}': \"cursor\" beside it.")
            return False, None
        if body[paging] != "cursor":
            raise InvalidSearch(f"'{paging}' must be \"cursor\"; leave it out for '{start}'.")
        if groups is not None:
            raise InvalidSearch(f"'{paging}' by cursor does not go with groups; use '{start}'.")
        if start in body:
            raise InvalidSearch(f"'{start}' does not go with '{paging}' by cursor.")
        token = body.get(cursor)
        if cursor in body and not isinstance(token, str):
            raise InvalidSearch(f"'{cursor}' must be a string, not {kind_in_json(token)}.")
        return True, token if isinstance(token, str) else None

    def _asks_more(self, body: Mapping[str, object]) -> bool:
        """Return whether a request uses what the contract does not have."""
        words = self.names.word
        nulls = words("nulls")
        sorts = body.get(words("sort"), [])
        return any(words(key) in body for key in _MORE_KEYS) or (
            isinstance(sorts, list) and any(nulls in entry for entry in sorts)
        )
