"""A table as a list for grids: one address that sorts, matches, searches and pages."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from operator import and_
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.errors import (
    AtomliteError,
    InvalidEndpoint,
    InvalidSearch,
    TableNotFound,
)
from atomlite.expressions.conditions import Condition
from atomlite.http import media_types
from atomlite.http.json_text import json_bytes
from atomlite.http.responses import Response
from atomlite.search.delivery import chosen_form, delivered, headed, written
from atomlite.search.endpoint import EnvelopeEndpoint, HeaderTexts, Shared
from atomlite.search.fields import holds_bytes
from atomlite.search.grid_fields import GridFields
from atomlite.search.grid_operations import operation
from atomlite.search.grid_request import (
    FAILED,
    MAXIMUM_LIMIT,
    PARAMETERS,
    DbGridRequest,
    Translator,
)
from atomlite.search.injection import Call, Offer
from atomlite.search.searching import blaming_configuration
from atomlite.search.security_headers import SecurityHeader
from atomlite.search.settings import Filters, Where
from atomlite.tables.search.values import Search
from atomlite.tables.table import Table
from atomlite.types import JsonValue, Method

if TYPE_CHECKING:
    from atomlite.tables.search.reading import Reader

_MOST_NAMED = 20
_LONGEST_NAME = 60


class DbGrid(EnvelopeEndpoint):
    r"""An endpoint that lists a table for a grid: ``?sort=name,age:desc&match=level:3&limit=20``.

    It takes the parameters of `DbGridRequest` and answers
    ``{"success": true, "data": {"total": 2, "items": [...]}}``, or, with ``Accept``, the items
    alone as CSV, NDJSON, Arrow or Parquet, their total in the header ``Atomlite-Number-Results``.
    What is wrong answers 400 with ``{"success": false, "error": {"message", "formError"}}``.
    Parameters that mean nothing here, and bodies, are passed over, and named in the header
    ``Atomlite-Ignored``.

    Args:
        table: The table.
        url: Path below ``/proxy/``; may have ``{parameters}``, which functions can ask for.
        search_fields: Fields of text that ``search`` looks through; none: it does nothing.
        fields: Column by public name, or names of columns; ``None`` for all columns.
        list_limit: Rows of a page when the client does not say, at most ``maximum_limit``; 0 or
            less is ``maximum_limit``.
        maximum_limit: Most rows of a page, 1 or more.
        use_camel_case: Whether rows have their keys in camelCase, and clients may write names so.
        translator: Turns the texts of parameter errors into another language: a callable, or an
            object with a method ``translate``.
        where: Conditions that all rows must meet, or functions that return one or None.
        authentication: Function that says who asks; None or False is answered by 401.
        authorization: Function that says whether the user may; False is answered by 403, and a
            condition restricts the rows.
        security_headers: `Hsts`, `Cors`, `Csp` and `CacheControl` of all answers.
        response_headers: ``"key: value"`` texts, or functions that return such.
        description: For the documentation.

    Raises:
        InvalidEndpoint: Something cannot work with the table as it is.

    >>> frame = pd.DataFrame({"id": [1, 2, 3], "name": ["Ann", "bob", "Bo"]})
    >>> table = session.read_pandas(frame, keys={"id"}, table_name="People")
    >>> grid = session.mount(al.DbGrid(table=table, url="people", search_fields=["name"]))
    >>> http = session.client.http_client
    >>> http.get("proxy/people?search=BO&sort=name:desc&limit=1").json()
    {'success': True, 'data': {'total': 2, 'items': [{'id': 2, 'name': 'bob'}]}}
    >>> http.get("proxy/people?limit=ten").json()["error"]
    {'message': 'request failed', 'formError': {'limit': {'numeric': 'only digits allowed'}}}
    """

    def __init__(  # noqa: PLR0913 -- one for each thing that can be said, all by name
        self,
        *,
        table: Table,
        url: str,
        search_fields: Sequence[str] = (),
        fields: Mapping[str, str] | Sequence[str] | None = None,
        list_limit: int = 100,
        maximum_limit: int = MAXIMUM_LIMIT,
        use_camel_case: bool = False,
        translator: Callable[[str], str] | Translator | None = None,
        where: Where = (),
        authentication: Callable[..., object] | None = None,
        authorization: Callable[..., object] | None = None,
        security_headers: Sequence[SecurityHeader] = (),
        response_headers: HeaderTexts = (),
        description: str = "",
    ) -> None:
        super().__init__(
            Shared(
                url=url,
                request_methods=("GET",),
                response_headers=response_headers,
                internal_casing="snake_case",
                external_casing="snake_case",
                security_headers=security_headers,
                description=description,
                authentication=authentication,
                authorization=authorization,
            )
        )
        if type(list_limit) is not int:
            raise InvalidEndpoint(f"list_limit is {list_limit!r}.", hint="Give an integer.")
        self._table = table
        self._search_fields = search_fields
        self._fields = fields
        self._list_limit = list_limit
        self._maximum_limit = maximum_limit
        self._camel = use_camel_case
        self._translator = translator
        self._filters = Filters(where, self.offered)
        self._token = secrets.token_hex(8)
        request = self._request()
        request.is_valid({})
        request.dbgrid_parameters(0, search_fields)
        _check_writable(request.fields)
        with blaming_configuration(), table.reading() as reader:
            fixed = self._filters.fixed
            reader.key(Search(filter=reduce(and_, fixed) if fixed else None))

    @property
    def subject(self) -> str:
        """The name of the table."""
        return self._table.name

    @property
    def hides_methods(self) -> bool:
        """False: a method that it does not answer is 405, with ``Allow``."""
        return False

    def answer(self, call: Call, offer: Offer, condition: Condition | None) -> Response:
        """Return the rows that a request asks for."""
        grid = self._request()
        parameters = call.request.query_parameters
        if not grid.is_valid(parameters):
            raise InvalidSearch(FAILED, details={"formError": grid.errors})
        conditions = self._filters.conditions(offer)
        if condition is not None:
            conditions.append(condition)
        only = reduce(and_, conditions) if conditions else None
        search = grid.search(self._list_limit, self._search_fields, only=only)
        form = chosen_form(call.request.headers.get("accept"), media_types.TABULAR)
        ignored = self._ignored(call)

        def answered(reader: Reader) -> Response:
            def key() -> tuple[object, ...] | None:
                if self.headers_vary:
                    return None
                return self._token, reader.key(search), form, call.user.name

            make = partial(_body, grid, reader, search, form, call)
            return delivered(call, reader, form, ignored=ignored, key=key, make=make)

        with blaming_configuration():
            return self._table.at_one_instant(answered)

    def refusal(self, error: AtomliteError, *, status: int, note: str) -> object:  # noqa: ARG002 -- the envelope of grids has no status
        """Return the body that tells of an error, in the form of a grid's errors."""
        said: dict[str, object] = {"message": f"{error}{note}"}
        if "formError" in error.details:
            said = {"message": error.message, "formError": error.details["formError"]}
        return {"success": False, "error": said}

    def operations(self) -> Mapping[Method, JsonValue]:
        """Return the OpenAPI operation of GET."""
        return {
            "GET": operation(
                self._request().fields,
                self._table.schema,
                description=self.description,
                searched=self._search_fields,
                list_limit=self._list_limit,
                maximum_limit=self._maximum_limit,
                access=self.access,
                tagged=not self.headers_vary,
            )
        }

    def _request(self) -> DbGridRequest:
        try:
            return DbGridRequest(
                self._table,
                self._translator,
                self._camel,
                fields=self._fields,
                maximum_limit=self._maximum_limit,
            )
        except TableNotFound as error:
            raise InvalidEndpoint(f"The endpoint has lost its table. {error.message}") from error

    def _ignored(self, call: Call) -> list[str]:
        """Return what a request says to no effect: names of parameters, and "body"."""
        parameters = call.request.query_parameters
        names = [
            name
            for name in parameters
            if name not in PARAMETERS
            or len(parameters.get_all(name)) > 1
            or (name == "search" and parameters[name] and not self._search_fields)
        ]
        if call.request.raw_body:
            names.append("body")
        shown = [name[:_LONGEST_NAME] for name in names[:_MOST_NAMED]]
        more = len(names) - len(shown)
        return [*shown, f"and {more} more"] if more else shown


def _check_writable(fields: GridFields) -> None:
    """Refuse columns that JSON cannot hold."""
    for name, column in fields.by_column.items():
        if holds_bytes(column.data_type):
            raise InvalidEndpoint(
                f'Field "{fields.names[name]}" is {column.data_type}, which has no form in JSON.',
                hint="Leave it out: fields=[...] names the columns to show.",
            )


def _body(grid: DbGridRequest, reader: Reader, search: Search, form: str, call: Call) -> bytes:
    """Return the answer in a form; others than JSON have the total in a header."""
    if form == media_types.JSON:
        page = reader.page(search, count="exact", form="values")
        data = {"total": page.total, "items": grid.items(page)}
        return json_bytes({"success": True, "data": data})
    page = reader.page(search, count="exact")
    assert isinstance(page.rows, pa.Table), "The page was read as Arrow."  # noqa: S101 -- for the type checker
    frame = page.rows.rename_columns(list(grid.fields.keys))
    return headed({"Atomlite-Number-Results": str(page.total)}, written(frame, form, call))
