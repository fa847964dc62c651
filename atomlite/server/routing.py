"""From a method and a path to what answers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from atomlite.errors import EndpointNotFound, MethodNotAllowed
from atomlite.http.endpoints import Endpoint, Endpoints
from atomlite.http.routes import REST, PathValue, Route, RouteTable, Segment, path_segments
from atomlite.server.own_endpoints import INDEX
from atomlite.types import METHODS

_PROXY = "proxy"
_SHOWN_PATH = 200
_PATHS_KNOWN = 1024
_ROUTES_COMPARED = 200
_ALIKE = 0.6
_ARTICLES = {"int": "an"}


class Found(NamedTuple):
    """What answers a request.

    Args:
        route: Template of the whole path, for the trace.
        endpoint: What answers.
        parameters: Those of the path, typed.
    """

    route: str
    endpoint: Endpoint
    parameters: Mapping[str, PathValue]


class Routing:
    """The routes of one session; for the loop's thread only.

    Most paths are asked for again and again: the last thousand are found without a search.

    Args:
        base_path: Path before all of them.
        endpoints: Those of the user, served below ``/proxy/``.
        own: Those of every session.
    """

    def __init__(self, base_path: str, endpoints: Endpoints, own: RouteTable[Endpoint]) -> None:
        self.base = f"/{base_path.strip('/')}/" if base_path.strip("/") else "/"
        self._endpoints = endpoints
        self._own = own
        self._known: dict[tuple[str, str], Found] = {}
        self._known_of = endpoints.table

    def find(self, method: str, path: str) -> Found:
        """Return what answers a request; HEAD is answered by what answers GET.

        Args:
            method: Any but OPTIONS.
            path: As sent, without the query.

        Raises:
            InvalidRequest: The path is not well formed.
            EndpointNotFound: Nothing answers the path.
            MethodNotAllowed: What answers it does not answer this method.
        """
        if self._known_of is not self._endpoints.table:
            self._known_of, self._known = self._endpoints.table, {}
        known = self._known.get((method, path))
        if known is None:
            table, segments, prefix = self._table(path)
            found = table.find("GET" if method == "HEAD" else method, segments)
            if found is None:
                raise MethodNotAllowed(method, path[:_SHOWN_PATH], allowed=self.methods(path))
            endpoint, parameters = found
            known = Found(f"{prefix}{endpoint.route}", endpoint, MappingProxyType(parameters))
            if len(self._known) >= _PATHS_KNOWN:
                self._known.clear()
            self._known[method, path] = known
        return known

    def methods(self, path: str) -> list[str]:
        """Return the methods that a path answers, HEAD and OPTIONS included.

        Args:
            path: As sent; ``"*"`` stands for the whole server.

        Raises:
            InvalidRequest: The path is not well formed.
            EndpointNotFound: Nothing answers the path.
        """
        if path == "*":
            return sorted([*METHODS, "HEAD", "OPTIONS"])
        table, segments, _ = self._table(path)
        methods = table.methods(segments)
        if not methods:
            shown = path[:_SHOWN_PATH]
            raise EndpointNotFound(f"Nothing answers {shown}.", hint=self._hint(segments))
        return sorted({*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))

    def _table(self, path: str) -> tuple[RouteTable[Endpoint], Sequence[str], str]:
        if not path.startswith(self.base):
            return RouteTable(), [], ""
        segments = path_segments(path[len(self.base) - 1 :])
        if segments[0] == _PROXY:
            return self._endpoints.table, segments[1:], f"{self.base}{_PROXY}/"
        if segments == [""]:
            return self._own, [INDEX], self.base
        return self._own, segments, self.base

    def _hint(self, segments: Sequence[str]) -> str:
        """Return the route that was probably meant, or what keeps a parameter from matching it."""
        asked = list(segments)
        without_slash = asked[:-1] if asked[-1:] == [""] else asked
        best, nearest = "", _ALIKE
        for _, route in islice(self._endpoints, _ROUTES_COMPARED):
            parts = Route(route).segments
            given = _aligned(parts, asked) or _aligned(parts, without_slash)
            if given is None or (likeness := _likeness(parts, given)) < nearest:
                continue
            unfit = [
                f"{part.text} must be {_ARTICLES.get(part.type, 'a')} {part.type}"
                if text
                else f"{part.text} is empty"
                for part, text in zip(parts, given, strict=True)
                if part.type is not None and not part.fits(text)
            ]
            template = f'"{self.base}{_PROXY}/{route}"'
            best = f"In {template}, {', '.join(unfit)}." if unfit else f"Did you mean {template}?"
            nearest = likeness
        return best


def _aligned(parts: Sequence[Segment], asked: list[str]) -> list[str] | None:
    """Return one text for each part of a route; ``None`` when the path is shorter or longer."""
    if parts[-1].type == REST and len(asked) >= len(parts):
        before = len(parts) - 1
        return [*asked[:before], "/".join(asked[before:])]
    return asked if len(asked) == len(parts) else None


def _likeness(parts: Sequence[Segment], given: Sequence[str]) -> float:
    """Return how much the literal part is like its text that is least so, from 0 to 1."""
    pairs = [(part.text, text) for part, text in zip(parts, given, strict=True) if not part.type]
    return min(
        (SequenceMatcher(None, text[:_SHOWN_PATH], literal).ratio() for literal, text in pairs),
        default=1.0,
    )
