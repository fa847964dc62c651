"""The endpoints of a session: what answers which method and route.

>>> endpoints = Endpoints()
>>> def count(request, user, session, /):
...     return 3
>>> endpoints.register(count, method="GET", route="tables/{name}/count")
>>> endpoints
1 endpoint
  GET tables/{name}/count  0 calls, 0 errors
>>> del endpoints["tables/{name}/count"]
>>> len(endpoints)
0
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import Literal, TypeAlias, get_args

from atomlite.errors import EndpointNotFound, InvalidArgument, did_you_mean, names_listed
from atomlite.http.routes import Route, RouteTable
from atomlite.types import METHODS, Method

BodyForm: TypeAlias = Literal["json", "files", "raw"]
"""How an endpoint reads the body of a request: as JSON, as a form with files, or not at all."""

Callback: TypeAlias = Callable[..., object]
"""A function of request, user and session."""


class Endpoint:
    """One method of one route, and what became of its calls.

    The counts are exact for calls that have ended; any thread may read them.
    """

    __slots__ = (
        "body",
        "callback",
        "calls",
        "errors",
        "is_async",
        "last_error",
        "method",
        "route",
    )

    def __init__(
        self, callback: Callback, *, method: Method, route: Route, body: BodyForm = "json"
    ) -> None:
        self.callback = callback
        self.is_async = any(
            inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each)
            for each in (callback, getattr(callback, "__call__", None))  # noqa: B004
        )
        self.method = method
        self.route = route.text
        self.body: BodyForm = body
        self.calls = 0
        self.errors = 0
        self.last_error: str | None = None

    def __repr__(self) -> str:
        """Return method, route and counts."""
        calls = f"{self.calls:,} call{'' if self.calls == 1 else 's'}"
        errors = f"{self.errors:,} error{'' if self.errors == 1 else 's'}"
        last = f", the last: {self.last_error}" if self.last_error else ""
        return f"{self.method} {self.route}  {calls}, {errors}{last}"


class Endpoints(Mapping[tuple[Method, str], Endpoint]):
    """Endpoints by method and route.

    Safe from any thread. A change replaces the table as a whole: requests that are being answered
    end with the endpoint that they began with.
    """

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._endpoints: dict[tuple[Method, str], Endpoint] = {}
        self.table: RouteTable[Endpoint] = RouteTable()

    def register(
        self, callback: Callback, *, method: Method, route: str, body: BodyForm = "json"
    ) -> None:
        """Let a callback answer a method of a route, in place of any that did.

        Args:
            callback: Called with request, user and session; plain or ``async``, a generator or not.
            method: In capitals; HEAD and OPTIONS follow from it.
            route: Template; see `atomlite.http.routes.Route`.
            body: ``"json"`` gives the callback a parsed body and refuses others; ``"files"`` reads
                forms; ``"raw"`` leaves the body to the callback.

        Raises:
            InvalidRoute: The route is not well formed, or matches the same paths as another.
            InvalidArgument: The method or body is none of those, or the callback does not take
                three arguments.
        """
        if method not in METHODS:
            raise InvalidArgument("method", method, f"one of {', '.join(METHODS)}")
        if body not in get_args(BodyForm):
            raise InvalidArgument("body", body, f"one of {', '.join(get_args(BodyForm))}")
        _check_takes_three(callback)
        parsed = Route(route)
        endpoint = Endpoint(callback, method=method, route=parsed, body=body)
        with self._changing:
            self._replace({**self._endpoints, (method, parsed.text): endpoint})

    def __delitem__(self, key: tuple[Method, str] | str) -> None:
        """Take an endpoint away; a route alone stands for all of its methods."""
        with self._changing:
            if isinstance(key, str):
                gone = {found for found in self._endpoints if found[1] == key.strip("/")}
            else:
                gone = {(key[0], key[1].strip("/"))} & self._endpoints.keys()
            if not gone:
                raise self._not_found(key)
            kept = {each: value for each, value in self._endpoints.items() if each not in gone}
            self._replace(kept)

    def _replace(self, endpoints: dict[tuple[Method, str], Endpoint]) -> None:
        self.table = RouteTable((key[0], Route(key[1]), value) for key, value in endpoints.items())
        self._endpoints = endpoints

    def __getitem__(self, key: tuple[Method, str]) -> Endpoint:
        """Return the endpoint of a method and route."""
        try:
            return self._endpoints[key[0], key[1].strip("/")]
        except KeyError:
            raise self._not_found(key) from None

    def __contains__(self, key: object) -> bool:
        """Return whether there is an endpoint for a method and route."""
        return key in self._endpoints

    def __iter__(self) -> Iterator[tuple[Method, str]]:
        """Iterate over methods and routes, in the order registered."""
        return iter(self._endpoints)

    def __len__(self) -> int:
        """Return the number of endpoints."""
        return len(self._endpoints)

    def _not_found(self, key: tuple[Method, str] | str) -> EndpointNotFound:
        known = [f"{method} {route}" for method, route in self._endpoints]
        sought = key if isinstance(key, str) else f"{key[0]} {key[1]}"
        endpoints = f"Endpoints: {names_listed(known)}." if known else "There are none yet."
        return EndpointNotFound(
            f'No endpoint "{sought}". {endpoints}', hint=did_you_mean(sought, known)
        )

    def __repr__(self) -> str:
        """Return one line for each endpoint."""
        count = f"{len(self)} endpoint{'' if len(self) == 1 else 's'}"
        return "\n".join([count, *(f"  {endpoint!r}" for endpoint in self.values())])

    def _repr_html_(self) -> str:
        cells = [
            (e.method, e.route, f"{e.calls:,}", f"{e.errors:,}", e.last_error or "")
            for e in self.values()
        ]
        rows = "".join(
            f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in cells
        )
        titles = "".join(
            f"<th>{title}</th>" for title in ("Method", "Route", "Calls", "Errors", "Last error")
        )
        return f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"


def _check_takes_three(callback: Callback) -> None:
    try:
        signature = inspect.signature(callback)
    except ValueError:  # some functions written in C tell no signature
        return
    try:
        signature.bind(None, None, None)
    except TypeError:
        raise InvalidArgument(
            "callback", callback, "a function of three arguments: (request, user, session, /)"
        ) from None
