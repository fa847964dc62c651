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

from atomlite.errors import (
    EndpointNotFound,
    InvalidArgument,
    InvalidEndpoint,
    InvalidRoute,
    did_you_mean,
    names_listed,
)
from atomlite.http.contracts import Contract, check_contract
from atomlite.http.declarations import UNDECLARED, Declarations, declarations_of
from atomlite.http.routes import Route, RouteTable
from atomlite.types import METHODS, Method

BodyForm: TypeAlias = Literal["json", "files", "raw"]
"""How an endpoint reads the body of a request: as JSON, as a form with files, or not at all."""

Callback: TypeAlias = Callable[..., object]
"""A function of request, user and session."""


class Endpoint:
    """One method of one route, and what became of its calls.

    One that speaks tells its client of every error of the package that the client can act on; the
    callback of a user tells of those alone that only its client can have caused.

    The counts are exact for calls that have ended; any thread may read them.
    """

    __slots__ = (
        "body",
        "callback",
        "calls",
        "contract",
        "declared",
        "errors",
        "is_async",
        "last_error",
        "method",
        "route",
        "speaks",
        "template",
    )

    def __init__(
        self,
        callback: Callback,
        *,
        method: Method,
        route: Route,
        body: BodyForm = "json",
        contract: Contract | None = None,
        declared: Declarations = UNDECLARED,
        speaks: bool = False,
    ) -> None:
        self.callback = callback
        self.is_async = any(
            inspect.iscoroutinefunction(each) or inspect.isasyncgenfunction(each)
            for each in (callback, getattr(callback, "__call__", None))  # noqa: B004 -- its kind
        )
        self.method = method
        self.template = route
        self.route = route.text
        self.body: BodyForm = body
        self.contract = contract
        self.declared = declared
        self.speaks = speaks
        self.calls = 0
        self.errors = 0
        self.last_error: str | None = None

    def __repr__(self) -> str:
        """Return method, route and counts."""
        calls = f"{self.calls:,} call{'' if self.calls == 1 else 's'}"
        errors = f"{self.errors:,} error{'' if self.errors == 1 else 's'}"
        last = f", the last: {self.last_error}" if self.last_error else ""
        return f"{self.method} {self.route or '/'}  {calls}, {errors}{last}"


class Endpoints(Mapping[tuple[Method, str], Endpoint]):
    """Endpoints by method and route.

    Safe from any thread. A change replaces the table as a whole: requests that are being answered
    end with the endpoint that they began with.

    Args:
        check: Called before each change; raises when the caller may not change anything any more.
    """

    def __init__(self, check: Callable[[], None] = lambda: None) -> None:
        self._check = check
        self._changing = threading.Lock()
        self._endpoints: dict[tuple[Method, str], Endpoint] = {}
        self.table: RouteTable[Endpoint] = RouteTable()
        """All of them, by the path that each answers."""
        self.mounted: RouteTable[Endpoint] = RouteTable()
        """Those of contracts alone: they answer with slashes around the path, too."""

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
            InvalidRoute: The route is not well formed, begins with ``proxy/``, or matches the same
                paths as another.
            InvalidArgument: The method or body is none of those, or the callback does not take
                three arguments.
            InvalidEndpoint: An annotation names what does not exist, or a type that no JSON is read
                as; or a body that is not read as JSON has a type.
        """
        self._check()
        if method not in METHODS:
            raise InvalidArgument("method", method, f"one of {', '.join(METHODS)}")
        if body not in get_args(BodyForm):
            raise InvalidArgument("body", body, f"one of {', '.join(get_args(BodyForm))}")
        _check_takes_three(callback)
        _check_prefix(route)
        parsed = Route(route)
        declared = declarations_of(callback)
        if declared.body is not None and body != "json":
            raise InvalidEndpoint(
                f'The callback declares a body of type {declared.body.name}, but body="{body}" '
                "leaves the body unread.",
                hint='Leave `body="json"`, or annotate the request as `Request`.',
            )
        endpoint = Endpoint(callback, method=method, route=parsed, body=body, declared=declared)
        with self._changing:
            self._replace({**self._endpoints, (method, parsed.text): endpoint})

    def mount(self, contract: Contract) -> None:
        """Let a contract answer its methods of its route.

        It takes the place of the contract that was mounted on the same route, of all its methods,
        and of callbacks for the methods that it answers itself.

        Args:
            contract: A search, a grid, or anything else of the shape of `Contract`.

        Raises:
            InvalidArgument: It lacks a part of a contract.
            InvalidRoute: As for `register`; but an empty route is ``/proxy/`` itself.
        """
        self._check()
        check_contract(contract)
        _check_prefix(contract.route)
        route = Route(contract.route, root=True)
        mounted = {
            (method, route.text): Endpoint(
                contract.respond, method=method, route=route, body="raw", contract=contract
            )
            for method in contract.methods
        }
        with self._changing:
            kept = {
                key: endpoint
                for key, endpoint in self._endpoints.items()
                if endpoint.contract is None or endpoint.route != route.text
            }
            self._replace({**kept, **mounted})

    def __delitem__(self, key: tuple[Method, str] | str) -> None:
        """Take an endpoint away; a route alone stands for all of its methods."""
        self._check()
        with self._changing:
            gone = self._matching(key)
            if not gone:
                raise self._not_found(key)
            kept = {each: value for each, value in self._endpoints.items() if each not in gone}
            self._replace(kept)

    def _replace(self, endpoints: dict[tuple[Method, str], Endpoint]) -> None:
        entries = [(each.method, each.template, each) for each in endpoints.values()]
        table = RouteTable(entries)
        # The table last: what was found before it is remembered until it changes.
        self.mounted = RouteTable(entry for entry in entries if entry[2].contract is not None)
        self.table = table
        self._endpoints = endpoints

    def __getitem__(self, key: tuple[Method, str] | str) -> Endpoint:
        """Return the endpoint of a method and route; a route with one method needs no method.

        Raises:
            EndpointNotFound: There is none, or the route alone stands for several.
        """
        endpoints = self._endpoints
        found = self._matching(key)
        if not found:
            raise self._not_found(key)
        if len(found) > 1:
            methods = ", ".join(method for method, _ in found)
            raise EndpointNotFound(
                f'The route "{key}" has several methods: {methods}.',
                hint=f'Name one: `endpoints["{found[0][0]}", "{found[0][1]}"]`.',
            )
        return endpoints[found[0]]

    def __contains__(self, key: object) -> bool:
        """Return whether there is an endpoint for a method and route, or for a route alone."""
        return bool(self._matching(key))

    def _matching(self, key: object) -> list[tuple[Method, str]]:
        """Return the endpoints that a key stands for; slashes around its route are ignored."""
        match key:
            case str():
                return [found for found in self._endpoints if found[1] == key.strip("/")]
            case (str(method), str(route)):
                sought = (method, route.strip("/"))
                return [found for found in self._endpoints if found == sought]
        return []

    def _ipython_key_completions_(self) -> list[str | tuple[Method, str]]:
        routes = dict.fromkeys(route for _, route in self._endpoints)
        return [*routes, *self._endpoints]

    def __iter__(self) -> Iterator[tuple[Method, str]]:
        """Iterate over methods and routes, in the order registered."""
        return iter(self._endpoints)

    def __len__(self) -> int:
        """Return the number of endpoints."""
        return len(self._endpoints)

    def _not_found(self, key: object) -> EndpointNotFound:
        known = [f"{method} {route}" for method, route in self._endpoints]
        sought = " ".join(map(str, key)) if isinstance(key, tuple) else str(key)
        endpoints = f"Endpoints: {names_listed(known)}." if known else "There are none yet."
        return EndpointNotFound(
            f'No endpoint "{sought}". {endpoints}', hint=did_you_mean(sought, known)
        )

    def __repr__(self) -> str:
        """Return one line for each endpoint."""
        count = f"{len(self)} endpoint{'' if len(self) == 1 else 's'}"
        return "\n".join([count, *(f"  {endpoint!r}" for endpoint in self.values())])

    def _repr_html_(self) -> str:
        left = 'style="text-align:left"'  # JupyterLab aligns cells to the right
        cells = [
            (e.method, e.route or "/", f"{e.calls:,}", f"{e.errors:,}", e.last_error or "")
            for e in self.values()
        ]
        rows = "".join(
            f"<tr>{''.join(f'<td {left}>{escape(cell)}</td>' for cell in row)}</tr>"
            for row in cells
        )
        titles = "".join(
            f"<th {left}>{title}</th>"
            for title in ("Method", "Route", "Calls", "Errors", "Last error")
        )
        return f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"


def _check_prefix(route: str) -> None:
    if (rest := route.lstrip("/")).startswith("proxy/"):
        raise InvalidRoute(
            route,
            'every route is served under "/proxy/" as it is',
            hint=f'Write "{rest.removeprefix("proxy/")}".',
        )


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
