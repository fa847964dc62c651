"""What every session answers, besides the endpoints of its user."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from urllib.parse import urlsplit

from atomlite.http.endpoints import Callback, Endpoint, Endpoints
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.http.routes import Route, RouteTable
from atomlite.security.users import User
from atomlite.server.documentation import asset, page
from atomlite.server.served import ServedSession
from atomlite.types import JsonValue

LIVE = "health/live"
"""The route that answers even while the server is about to end."""

HEALTH = (LIVE, "health/ready")
"""Routes that answer whatever else the server is busy with."""


INDEX = "index"
"""The route that also answers the root: what there is to ask for."""

_OPENAPI = "openapi.json"

CUBE_QUERY = "api/cubes/{name}/query"
"""The route that answers queries of cubes."""


def own_endpoints(endpoints: Endpoints) -> RouteTable[Endpoint]:
    """Return the table of them.

    Args:
        endpoints: Those of the user, for the index and the OpenAPI document.
    """

    def index(_request: Request, _user: User, session: ServedSession, /) -> JsonValue:
        asked: list[JsonValue] = [f"GET /{'' if route == INDEX else route}" for route in callbacks]
        asked.append(f"POST /{CUBE_QUERY}")
        asked += [f"{method} /proxy/{route}" for method, route in endpoints]
        return {"versions": session.describe_version(), "answers": asked}

    def openapi(request: Request, _user: User, _session: ServedSession, /) -> JsonValue:
        from atomlite.openapi.documents import document  # noqa: PLC0415 -- sessions start sooner

        # A path, so that it holds by whatever host the client has come.
        base = urlsplit(request.url).path.removesuffix(_OPENAPI).rstrip("/")
        version = installed_version("atomlite")
        return document(endpoints.values(), version=version, server=base or "/")

    callbacks: dict[str, Callback] = {
        INDEX: index,
        _OPENAPI: openapi,
        "docs": page,
        "docs/{file}": asset,
        LIVE: _live,
        "health/ready": _ready,
        "api/version": _version,
        "api/tables": _tables,
        "api/tables/{name}": _table,
        "api/cubes": _cubes,
        "api/cubes/{name}": _cube,
    }
    own = [
        Endpoint(callback, method="GET", route=Route(route), speaks=True)
        for route, callback in callbacks.items()
    ]
    own.append(Endpoint(_cube_query, method="POST", route=Route(CUBE_QUERY), speaks=True))
    return RouteTable((each.method, Route(each.route), each) for each in own)


def _live(_request: Request, _user: User, _session: ServedSession, /) -> JsonValue:
    return {"status": "live"}


def _ready(_request: Request, _user: User, _session: ServedSession, /) -> JsonValue:
    return {"status": "ready"}


def _version(_request: Request, _user: User, session: ServedSession, /) -> JsonValue:
    return session.describe_version()


def _tables(_request: Request, _user: User, session: ServedSession, /) -> JsonValue:
    return list(session.describe_tables())


def _table(request: Request, _user: User, session: ServedSession, /) -> JsonValue:
    return session.describe_table(str(request.path_parameters["name"]))


def _cubes(_request: Request, _user: User, session: ServedSession, /) -> JsonValue:
    return list(session.describe_cubes())


def _cube(request: Request, _user: User, session: ServedSession, /) -> JsonValue:
    return session.describe_cube(str(request.path_parameters["name"]))


def _cube_query(request: Request, _user: User, session: ServedSession, /) -> Response:
    return session.answer_cube(str(request.path_parameters["name"]), request)
