"""``/docs``: a page that shows ``/openapi.json``, from files of this package alone."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

from atomlite.errors import EndpointNotFound, HttpError, names_listed
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.openapi.pages import ASSETS, PAGE
from atomlite.security.users import User
from atomlite.server.served import ServedSession

_HEADERS = {
    # The page calls this session alone, and no other page shows it in a frame.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # a cache asks again each time, and mostly hears 304
}


def page(request: Request, _user: User, _session: ServedSession, /) -> Response:
    """Answer the page."""
    return _file(request, PAGE, "text/html")


def asset(request: Request, _user: User, _session: ServedSession, /) -> Response:
    """Answer a file that the page needs."""
    name = str(request.path_parameters["file"])
    if name not in ASSETS:
        raise HttpError(
            404,
            EndpointNotFound.code,
            f'The documentation has no file "{name[:100]}".',
            hint=f"It has {names_listed(ASSETS)}.",
        )
    return _file(request, name, ASSETS[name])


def _file(request: Request, name: str, media_type: str) -> Response:
    content, tag = _read(name)
    headers = {**_HEADERS, "ETag": tag}
    if tag in [each.strip() for each in request.headers.get("If-None-Match", "").split(",")]:
        return Response(status=304, headers=headers)
    return Response(content, headers=headers, media_type=f"{media_type}; charset=utf-8")


@cache
def _read(name: str) -> tuple[bytes, str]:
    """Return a file and its tag; a weak one, since the file may go out compressed."""
    content = (files("atomlite.openapi") / "assets" / name).read_bytes()
    return content, f'W/"{hashlib.sha256(content).hexdigest()[:32]}"'
