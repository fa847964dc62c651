"""Route templates, and the table that finds what answers a path.

>>> table = RouteTable([("GET", Route("tables/{name}/rows/{id:int}"), "row")])
>>> table.find("GET", path_segments("/tables/My%20sales%2F2024/rows/7"))
('row', {'name': 'My sales/2024', 'id': 7})
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from math import isfinite
from typing import Generic, NamedTuple, TypeAlias, TypeVar
from urllib.parse import unquote_to_bytes
from uuid import UUID

from atomlite.errors import InvalidRequest, InvalidRoute

PathValue: TypeAlias = str | int | float | UUID | date
"""What a path parameter can be."""

_PARAMETER = re.compile(r"\{(?P<name>[^{}:]*)(?::(?P<type>[^{}]*))?\}")
_BROKEN_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_INTEGER = re.compile(r"-?[0-9]{1,4000}")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

T = TypeVar("T")


def _integer(text: str) -> int | None:
    return int(text) if _INTEGER.fullmatch(text) else None


def _number(text: str) -> float | None:
    value = float(text) if _NUMBER.fullmatch(text) else float("nan")
    return value if isfinite(value) else None


def _uuid(text: str) -> UUID | None:
    return UUID(text) if _UUID.fullmatch(text) else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:  # the 30th of February
        return None


def _text(text: str) -> str | None:
    return text or None


_READERS: dict[str, Callable[[str], PathValue | None]] = {
    "uuid": _uuid,
    "date": _date,
    "int": _integer,
    "float": _number,
    "str": _text,
}
"""How each type reads a segment, the most particular first: the order in which they are tried."""

REST = "path"
"""The type of a parameter that takes all segments that are left."""


class Segment(NamedTuple):
    """One part of a route: a literal text, or a parameter (with a type)."""

    text: str
    type: str | None = None

    def fits(self, given: str) -> bool:
        """Return whether a decoded part of a path is what stands here."""
        if self.type is None:
            return given == self.text
        return bool(given) if self.type == REST else _READERS[self.type](given) is not None


class Route:
    """A route template: literal segments and parameters in braces.

    A parameter takes one segment, percent-decoded, an encoded slash included. ``{id:int}`` takes
    only integers; ``float``, ``uuid`` and ``date`` (ISO 8601) work alike; ``{rest:path}``, at the
    end, takes one segment or more.

    Args:
        text: Segments separated by slashes; slashes around it are ignored.
        root: Whether an empty text is the root itself; else it is not well formed.

    Raises:
        InvalidRoute: It is not well formed; the message says where.

    >>> Route("/days/{day:date}/").parameters
    ('day',)
    """

    __slots__ = ("parameters", "segments", "text")

    def __init__(self, text: str, *, root: bool = False) -> None:
        self.text = text.strip("/")
        parts = self.text.split("/") if self.text or not root else []
        self.segments = tuple(self._segment(part) for part in parts)
        self.parameters = tuple(text for text, kind in self.segments if kind is not None)
        if len(set(self.parameters)) < len(self.parameters):
            raise InvalidRoute(text, "two parameters have the same name")
        if any(kind == REST for _, kind in self.segments[:-1]):
            raise InvalidRoute(text, f"only the last parameter can have the type {REST}")

    def _segment(self, part: str) -> Segment:
        parameter = _PARAMETER.fullmatch(part)
        if parameter is None:
            if not part:
                raise InvalidRoute(self.text, "a segment is empty")
            if any(character in part for character in "{}?#%") or part in {".", ".."}:
                raise InvalidRoute(
                    self.text, f'the segment "{part}" is neither text nor a parameter'
                )
            return Segment(part)
        name, kind = parameter["name"], parameter["type"] or "str"
        if not name.isidentifier():
            raise InvalidRoute(self.text, f'"{name}" is not a name that Python can use')
        if kind != REST and kind not in _READERS:
            known = ", ".join([*_READERS, REST])
            raise InvalidRoute(self.text, f'"{kind}" is not one of the types {known}')
        return Segment(name, kind)

    def shared(self, segments: Sequence[str]) -> int:
        """Return how many segments at the beginning of a path fit this route.

        >>> Route("sales/{year:int}/search").shared(["sales", "2024", "list"])
        2
        """
        count = 0
        for part, given in zip(self.segments, segments, strict=False):
            if not part.fits(given):
                break
            if part.type == REST:
                return len(segments)
            count += 1
        return count


class _Node(Generic[T]):
    """What can follow the segments read so far."""

    __slots__ = ("answers", "literals", "parameters", "rest")

    def __init__(self) -> None:
        self.literals: dict[str, _Node[T]] = {}
        self.parameters: dict[str, _Node[T]] = {}
        self.rest: dict[str, tuple[Route, T]] = {}
        self.answers: dict[str, tuple[Route, T]] = {}


class RouteTable(Generic[T]):
    """Routes with what answers them; never changed, so any thread may read one.

    Literal segments win over parameters, and parameters of a more particular type over others.
    The time to find a path does not grow with the number of routes.

    Args:
        entries: Method, route and what answers it.

    Raises:
        InvalidRoute: Two routes of one method match the same paths.
    """

    def __init__(self, entries: Iterable[tuple[str, Route, T]] = ()) -> None:
        self._root: _Node[T] = _Node()
        for method, route, answer in entries:
            self._add(method, route, answer)

    def _add(self, method: str, route: Route, answer: T) -> None:
        node = self._root
        target = None
        for text, kind in route.segments:
            if kind is None:
                node = node.literals.setdefault(text, _Node())
            elif kind == REST:
                target = node.rest
            else:
                child = node.parameters.setdefault(kind, _Node())
                known = node.parameters
                node.parameters = {kind: known[kind] for kind in _READERS if kind in known}
                node = child
        target = node.answers if target is None else target
        if method in target:
            other = target[method][0].text
            raise InvalidRoute(
                route.text, f'{method} "{other}" matches the same paths; delete that one first'
            )
        target[method] = (route, answer)

    def find(self, method: str, segments: Sequence[str]) -> tuple[T, dict[str, PathValue]] | None:
        """Return what answers the path, with its parameters; ``None`` when nothing does."""
        found = _first(self._root, method, segments, 0, ())
        if found is None:
            return None
        (route, answer), values = found
        return answer, dict(zip(route.parameters, values, strict=True))

    def methods(self, segments: Sequence[str]) -> list[str]:
        """Return the methods that the path answers, sorted; empty when the path is unknown."""
        return sorted({method for found in _matches(self._root, segments, 0) for method in found})

    def nearest(self, segments: Sequence[str]) -> list[T]:
        """Return what answers the path for any method, by the most particular of its routes."""
        found = next(_matches(self._root, segments, 0), {})
        return [answer for _, answer in found.values()]


_Values: TypeAlias = tuple[PathValue, ...]


def _first(
    node: _Node[T], method: str, segments: Sequence[str], index: int, values: _Values
) -> tuple[tuple[Route, T], _Values] | None:
    """Return the first match below a node that answers the method, with the values on the way."""
    if index == len(segments):
        answer = node.answers.get(method)
        return None if answer is None else (answer, values)
    segment = segments[index]
    if (literal := node.literals.get(segment)) is not None:
        found = _first(literal, method, segments, index + 1, values)
        if found is not None:
            return found
    for kind, child in node.parameters.items():
        value = _READERS[kind](segment)
        if value is not None:
            found = _first(child, method, segments, index + 1, (*values, value))
            if found is not None:
                return found
    if (rest := node.rest.get(method)) is not None and all(segments[index:]):
        return rest, (*values, "/".join(segments[index:]))
    return None


def _matches(
    node: _Node[T], segments: Sequence[str], index: int
) -> Iterator[dict[str, tuple[Route, T]]]:
    """Yield what answers by method at each match below a node, the most particular first."""
    if index == len(segments):
        if node.answers:
            yield node.answers
        return
    segment = segments[index]
    if (literal := node.literals.get(segment)) is not None:
        yield from _matches(literal, segments, index + 1)
    for kind, child in node.parameters.items():
        if _READERS[kind](segment) is not None:
            yield from _matches(child, segments, index + 1)
    if node.rest and all(segments[index:]):
        yield node.rest


def path_segments(path: str) -> list[str]:
    """Return the decoded segments of a request path; an encoded slash stays inside its segment.

    Args:
        path: As sent, from its first slash, without the query.

    Raises:
        InvalidRequest: A percent sign is not followed by two hexadecimal digits, or the text is not
            UTF-8.

    >>> path_segments("/a/b%2Fc/")
    ['a', 'b/c', '']
    """
    if "%" not in path and path.isascii():
        return path[1:].split("/")
    if _BROKEN_PERCENT.search(path):
        raise InvalidRequest(
            "The path has a percent sign without two hexadecimal digits.",
            hint="Write a percent sign as %25.",
        )
    try:
        return [unquote_to_bytes(part.encode("latin-1")).decode() for part in path[1:].split("/")]
    except UnicodeError:
        raise InvalidRequest(
            "The path is not UTF-8.", hint="Percent-encode its UTF-8 bytes."
        ) from None
