"""A function of the user's, answered in the envelope.

>>> hello = Callable(lambda name: {"hello": name}, url="hello/:name")
>>> _ = session.mount(hello)
>>> session.client.http_client.get("proxy/hello/ada").json()["data"]
{'hello': 'ada'}
"""

from __future__ import annotations

from collections import abc
from collections.abc import Mapping, Sequence

from atomlite.errors import InvalidEndpoint, NotAcceptable, did_you_mean, names_listed
from atomlite.expressions.conditions import Condition
from atomlite.http import frames
from atomlite.http.json_text import json_bytes
from atomlite.http.media_types import JSON, choose
from atomlite.http.responses import Response
from atomlite.search.casing import Casing
from atomlite.search.endpoint import EnvelopeEndpoint, HeaderTexts, Shared
from atomlite.search.injection import Call, Injected, Offer, constantly
from atomlite.search.operations import call_operations, schema_from
from atomlite.search.rows import Model
from atomlite.search.schemas import JsonObject, closed, value_schema
from atomlite.search.security_headers import SecurityHeader
from atomlite.search.settings import check_table, listed
from atomlite.tables.table import Table
from atomlite.types import JsonValue, Method


class Callable(EnvelopeEndpoint):
    """An endpoint that answers what a function returns; `Session.mount` serves it.

    Args:
        function: Gets what its parameters name: ``request``, ``user``, ``session``,
            ``query_parameters``, ``headers``, ``body`` (the JSON object), ``routing_data``,
            ``utcnow`` and each parameter of the route. What it returns is ``data``: a value, or a
            frame as a list of its rows. Keys of mappings get the outside casing, on every level. A
            `Response` goes out as it is, with the headers of the endpoint.
        url: As in `AdvancedSearch`, like all parameters that follow.
        table: The table that the rows are like, for the documentation.
        readable_column_names: Keys of a row that are shown, in this order, of each row or mapping
            that the function returns; none given: all of them.
        output_map: Makes the object of a row, in place of that.
        request_methods: The methods that it answers; others are 404.
        response_headers: Headers as ``"key: value"``; or functions that return lists of them.
        internal_casing: Casing of the keys that the function returns.
        external_casing: Casing of everything that clients see.
        output_schema: What ``data`` looks like, for the documentation.
        security_headers: `Hsts`, `Cors`, `Csp`, `CacheControl`.
        description: Text for the documentation.
        authentication: Returns a user, a name, or True; anything falsy answers 401.
        authorization: Returns True, or anything falsy for an answer 403.

    Raises:
        InvalidEndpoint: A parameter cannot work; its message says which, and what is known.
    """

    def __init__(  # noqa: PLR0913 -- the contract's parameters
        self,
        function: abc.Callable[..., object],
        /,
        *,
        url: str = "",
        table: Table | None = None,
        readable_column_names: Sequence[str] = (),
        output_map: abc.Callable[..., object] | None = None,
        request_methods: Sequence[str] = ("GET",),
        response_headers: HeaderTexts = (),
        internal_casing: Casing = "snake_case",
        external_casing: Casing = "snake_case",
        output_schema: object = None,
        security_headers: Sequence[SecurityHeader] = (),
        description: str = "",
        authentication: abc.Callable[..., object] | None = None,
        authorization: abc.Callable[..., object] | None = None,
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
            )
        )
        self._function = Injected(function, "the function", self.offered)
        schema_from(output_schema)
        if table is not None:
            check_table(table)
        self._table = table
        self._shown = listed("readable_column_names", readable_column_names)
        if table is not None:
            for name in self._shown:
                if name not in table.schema.by_name:
                    raise InvalidEndpoint(
                        f'readable_column_names: "{name}" is no column of "{table.name}". '
                        f"Columns: {names_listed(table.schema.names, limit=30)}.",
                        hint=did_you_mean(name, table.schema.names),
                    )
        self._output_schema = output_schema
        self._output_map = (
            None
            if output_map is None
            else Injected(output_map, "output_map", (*self.offered, "model"), first=True)
        )

    @property
    def output_schema(self) -> object:
        """What ``data`` looks like: as was said, or as the columns of the table do."""
        if self._output_schema is not None or self._table is None or self._output_map is not None:
            return self._output_schema
        schema = self._table.schema
        row: JsonObject = closed(
            {
                self.names.column(name): value_schema(
                    schema.column(name).data_type, nullable=schema.column(name).nullable
                )
                for name in self._shown or schema.names
            }
        )
        return {"anyOf": [row, {"type": "array", "items": row}]}

    def answer(self, call: Call, offer: Offer, condition: Condition | None) -> Response:
        """Return what the function returns."""
        if condition is not None:
            raise InvalidEndpoint(
                "authorization returned a condition, and this endpoint has no rows.",
                hint="Return True or False.",
            )
        found = self._function(offer)
        if isinstance(found, Response):
            return found
        accept = call.request.headers.get("accept")
        if choose([JSON], accept) is None:
            raise NotAcceptable(accept or "", [JSON])
        data = self.names.keys(self._of_rows(found, offer))
        return Response(json_bytes(self.envelope.success(data, {})), media_type=JSON)

    def _of_rows(self, found: object, offer: Offer) -> object:
        """Return what a function returned, each row of it as the endpoint shows rows."""
        if found is None or not (self._shown or self._output_map):
            return found
        if isinstance(found, Mapping):
            return self._row(found, offer)
        if frames.is_frame(found):
            return [self._row(row, offer) for batch in frames.batches(found) for row in batch]
        if isinstance(found, list | tuple):
            return [self._row(row, offer) for row in found]
        raise _no_row(found)

    def _row(self, row: object, offer: Offer) -> object:
        if not isinstance(row, Mapping):
            raise _no_row(row)
        if self._output_map is not None:
            model = Model(row)
            return self._output_map({**offer, "model": constantly(model)}, model)
        missing = [name for name in self._shown if name not in row]
        if missing:
            raise InvalidEndpoint(
                f"The function returned a row without {names_listed(missing)}, which "
                "readable_column_names shows.",
                hint="Return it, or leave it out there.",
            )
        return {name: row[name] for name in self._shown}

    def operations(self) -> Mapping[Method, JsonValue]:
        """Return the OpenAPI operation object of each method."""
        return call_operations(self)


def _no_row(found: object) -> InvalidEndpoint:
    return InvalidEndpoint(
        f"The function returned {type(found).__name__} where a row was expected.",
        hint="Return mappings or a frame, or leave out readable_column_names and output_map.",
    )
