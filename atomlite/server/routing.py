"""From a method and a path to what answers them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import islice
from types import MappingProxyType
from typing import NamedTuple

from atomlite.errors import EndpointNotFound, InvalidRequest, MethodNotAllowed
from atomlite.http.contracts import Contract
from atomlite.http.endpoints import Endpoint, Endpoints
from atomlite.http.routes import REST, PathValue, RouteTable, Segment, path_segments
from atomlite.server.own_endpoints import INDEX
from atomlite.types import METHODS

_PROXY = "proxy"
_SHOWN_PATH = 200
_SHOWN_METHOD = 20
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
            EndpointNotFound: Nothing answers the path, or a contract that does hides its methods.
            MethodNotAllowed: What answers it does not answer this method.
        """
        if self._known_of is not self._endpoints.table:
            self._known_of, self._known = self._endpoints.table, {}
        known = self._known.get((method, path))
        if known is None:
            table, segments, prefix = self._table(path)
            found = self._found(table, "GET" if method == "HEAD" else method, segments)
            if found is None:
                raise self._unanswered(method, path)
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
        methods = set(table.methods(segments))
        if table is self._endpoints.table:
            methods |= set(self._endpoints.mounted.methods(_inner(segments)))
        if not methods:
            shown = path[:_SHOWN_PATH]
            raise EndpointNotFound(f"Nothing answers {shown}.", hint=self._hint(segments))
        return sorted({*methods, "OPTIONS"} | ({"HEAD"} if "GET" in methods else set()))

    def speaker(self, method: str, path: str) -> Contract | None:
        """Return the contract that tells of what went wrong with a request, in its envelope.

        What answers the request speaks; else what answers its path for other methods; else the
        contract whose route has the most segments in common with the path, as long as no callback's
        has as many. It never fails, however odd the path.

        Args:
            method: Of the request; of the one that a preflight asks for.
            path: As sent.

        Returns:
            ``None`` where the session itself speaks.
        """
        try:
            table, segments, _ = self._table(path)
        except InvalidRequest:  # it still has a beginning
            segments = path[len(self.base) :].split("/")
            table = self._endpoints.table if segments.pop(0) == _PROXY else self._own
        if table is not self._endpoints.table:
            return None
        found = self._found(table, "GET" if method == "HEAD" else method, segments)
        if found is not None:
            return found[0].contract
        inner = _inner(segments)
        if nearest := table.nearest(segments) or self._endpoints.mounted.nearest(inner):
            return next((each.contract for each in nearest if each.contract is not None), None)
        return self._neighbour(inner)

    def _neighbour(self, inner: Sequence[str]) -> Contract | None:
        """Return the contract nearest to a path that nothing answers, unless a callback is."""
        best, speaker, callbacks = -1, None, -1
        for endpoint in self._endpoints.values():
            shared = endpoint.template.shared(inner)
            if endpoint.contract is None:
                callbacks = max(callbacks, shared)
            elif shared > best:
                best, speaker = shared, endpoint.contract
        return speaker if best > callbacks else None

    def _found(
        self, table: RouteTable[Endpoint], method: str, segments: Sequence[str]
    ) -> tuple[Endpoint, dict[str, PathValue]] | None:
        """Return what answers a path; slashes around that of a contract make no difference."""
        found = table.find(method, segments)
        if found is None and table is self._endpoints.table:
            return self._endpoints.mounted.find(method, _inner(segments))
        return found

    def _unanswered(self, method: str, path: str) -> EndpointNotFound | MethodNotAllowed:
        allowed = self.methods(path)
        shown = path[:_SHOWN_PATH]
        speaker = self.speaker(method, path)
        if speaker is not None and speaker.hides_methods:
            return EndpointNotFound(
                f"Nothing answers {method[:_SHOWN_METHOD]} {shown}.",
                hint="Check the method, too: OPTIONS names those of a path.",
            )
        return MethodNotAllowed(method[:_SHOWN_METHOD], shown, allowed=allowed)

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
        for endpoint in islice(self._endpoints.values(), _ROUTES_COMPARED):
            parts = endpoint.template.segments
            given = _aligned(parts, asked) or _aligned(parts, without_slash)
            if not parts or given is None or (likeness := _likeness(parts, given)) < nearest:
                continue
            unfit = [
                f"{part.text} must be {_ARTICLES.get(part.type, 'a')} {part.type}"
                if text
                else f"{part.text} is empty"
                for part, text in zip(parts, given, strict=True)
                if part.type is not None and not part.fits(text)
            ]
            template = f'"{self.base}{_PROXY}/{endpoint.route}"'
            best = f"In {template}, {', '.join(unfit)}." if unfit else f"Did you mean {template}?"
            nearest = likeness
        return best


def _inner(segments: Sequence[str]) -> Sequence[str]:
    """Return the segments without the empty ones at either end."""
    begin, end = 0, len(segments)
    while begin < end and not segments[begin]:
        begin += 1
    while end > begin and not segments[end - 1]:
        end -= 1
    return segments[begin:end]


def _aligned(parts: Sequence[Segment], asked: list[str]) -> list[str] | None:
    """Return one text for each part of a route; ``None`` when the path is shorter or longer."""
    if parts and parts[-1].type == REST and len(asked) >= len(parts):
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
