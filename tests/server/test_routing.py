from __future__ import annotations

from collections.abc import Mapping

from hypothesis import assume, given
from hypothesis import strategies as st

from atomlite.errors import AtomliteError, EndpointNotFound, InvalidRequest, InvalidRoute
from atomlite.http.endpoints import Endpoints
from atomlite.http.headers import Headers
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.http.routes import RouteTable
from atomlite.server.routing import Routing
from atomlite.types import JsonValue, Method


class Named:
    """A contract for GET that is told from others by its route."""

    def __init__(self, route: str) -> None:
        self.route = route
        self.methods: tuple[Method, ...] = ("GET",)
        self.hides_methods = True
        self.origins: tuple[str, ...] = ()

    def respond(self, request: Request, user: object, session: object, /) -> object:
        """Return what came."""
        return [request, user, session]

    def refuse(self, error: AtomliteError, *, status: int, trace_id: str | None) -> Response:
        """Return nothing but a status."""
        return Response([str(error), trace_id], status=status)

    def preflight(self, headers: Headers) -> Response | None:
        """Leave it to the server, whatever is asked."""
        return Response() if "never" in headers else None

    def operations(self) -> Mapping[Method, JsonValue]:
        """Return nothing to document."""
        return {}


_PART = st.sampled_from(["a", "b", "{x}", "{n:int}"])
_ROUTES = st.lists(st.lists(_PART, max_size=3).map(tuple), max_size=5, unique=True)
_PATH = st.lists(st.sampled_from(["a", "b", "7", "", "%61", "%zz"]), max_size=5).map("/".join)


def _route(parts: tuple[str, ...]) -> str:
    """Return a template whose parameters have names of their own."""
    named = (part.replace("{", "{" + "p" * at) for at, part in enumerate(parts))
    return "/".join(named)


def _fits(part: str, given: str) -> bool:
    if part == "{x}":
        return given != ""
    return given == "7" if part == "{n:int}" else given == part


def _beginning(parts: tuple[str, ...], given: list[str]) -> int:
    """Return how many segments fit, one after the other."""
    fitting = [_fits(part, text) for part, text in zip(parts, given, strict=False)]
    return (*fitting, False).index(False)


@given(mounted=_ROUTES, callbacks=_ROUTES, path=_PATH)
def test_nearest_contract_speaks_as_counted_by_hand(
    mounted: list[tuple[str, ...]], callbacks: list[tuple[str, ...]], path: str
) -> None:
    """Where nothing answers, the longest beginning decides; ties go to callbacks, then the first.

    The expectation compares each route with the path by itself, without the table of routes.
    """
    endpoints = Endpoints()
    callbacks = [route for route in callbacks if route and route not in mounted]
    try:
        for route in mounted:
            endpoints.mount(Named(_route(route)))
        for route in callbacks:
            endpoints.register(lambda *_: None, method="GET", route=_route(route))
    except InvalidRoute:  # two templates that match the same paths
        assume(condition=False)
    routing = Routing("", endpoints, RouteTable())
    literal = "%zz" in path
    given = path.strip("/").split("/") if path.strip("/") else []
    given = given if literal else [text.replace("%61", "a") for text in given]

    speaker = routing.speaker("GET", f"/proxy/{path}")

    answering = [route for route in mounted if len(route) == _beginning(route, given) == len(given)]
    try:
        found = routing.find("GET", f"/proxy/{path}")
    except EndpointNotFound:
        assert not answering
    except InvalidRequest:
        assert literal
    else:
        assert speaker is found.endpoint.contract
        return
    if answering:  # a path that cannot be decoded fits parameters all the same
        assert speaker is not None
        return
    if literal and any(len(route) == _beginning(route, given) == len(given) for route in callbacks):
        return
    longest = max((_beginning(route, given) for route in mounted), default=-1)
    nearest = [_route(route) for route in mounted if _beginning(route, given) == longest]
    beaten = any(_beginning(route, given) >= longest for route in callbacks)
    assert getattr(speaker, "route", None) == (nearest[0] if nearest and not beaten else None)


@given(st.text(max_size=30))
def test_no_path_is_too_odd_to_find_who_speaks(path: str) -> None:
    """Whatever comes, there is someone to tell that it is wrong."""
    endpoints = Endpoints()
    endpoints.mount(Named(""))
    routing = Routing("/base/", endpoints, RouteTable())
    for odd in (path, f"/{path}", f"/base/{path}", f"/base/proxy{path}", f"/base/proxy/{path}"):
        speaker = routing.speaker("GET", odd)
        assert speaker is None or odd.startswith("/base/proxy")
    assert routing.speaker("GET", f"/base/proxy/{path}") is not None
