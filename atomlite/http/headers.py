"""Header names without regard to case, and the head of an answer as bytes.

>>> Headers([("Content-Type", "text/csv"), ("X-Tag", "a"), ("x-tag", "b")])["x-TAG"]
'a, b'
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus

from atomlite.errors import InvalidArgument

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_FRAMING = frozenset({"connection", "content-length", "date", "transfer-encoding"})
_REASONS = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus}


class Headers(Mapping[str, str]):
    """Headers of a request: a mapping whose keys are compared without case.

    A header that was sent more than once has its values joined by a comma; `get_all` tells them
    apart.
    """

    __slots__ = ("_values",)

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name.lower(), []).append(value)

    def __getitem__(self, name: str) -> str:
        """Return the value of a header."""
        return ", ".join(self._values[name.lower()])

    def __contains__(self, name: object) -> bool:
        """Return whether the header was sent."""
        return isinstance(name, str) and name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names, in lower case, as first sent."""
        return iter(self._values)

    def __len__(self) -> int:
        """Return the number of different names."""
        return len(self._values)

    def get_all(self, name: str) -> list[str]:
        """Return each value of a header, in the order sent; empty when it was not."""
        return list(self._values.get(name.lower(), ()))

    def __repr__(self) -> str:
        """Return the pairs."""
        return f"Headers({dict(self)!r})"


def check_header(name: str, value: str) -> None:
    r"""Refuse what could end a header early, or the message.

    Raises:
        InvalidArgument: The name is not a token, or one that frames the message; or the value has
            control characters, or characters outside of Latin-1.

    >>> check_header("X-Note", "a\r\nSet-Cookie: b")
    Traceback (most recent call last):
    ...
    atomlite.errors.InvalidArgument: header "X-Note" is 'a\r\nSet-Cookie: b'. It must be ...
    """
    if not _NAME.fullmatch(name):
        raise InvalidArgument("header name", name, "a token such as X-Request-Id")
    if name.lower() in _FRAMING:
        raise InvalidArgument("header name", name, "none of those that the server sets itself")
    if not fits_header(value):
        raise InvalidArgument(f'header "{name}"', value, "one line of Latin-1 text")


def fits_header(value: str) -> bool:
    r"""Return whether a header can carry a value: one line of Latin-1 text.

    >>> fits_header("ü"), fits_header("€"), fits_header("a\nb")
    (True, False, False)
    """
    return bool(_VALUE.fullmatch(value))


INNER_KEY = "Atomlite-Inner-Call"
"""Header of a call that a callback makes to its own session; holds that session's secret."""


def head_bytes(status: int, headers: Iterable[tuple[str, str]]) -> bytes:
    r"""Return status line and headers as they go over the wire.

    Names and values are taken as they are; what users chose goes through `check_header` before.

    >>> head_bytes(204, [("Allow", "GET")])
    b'HTTP/1.1 204 No Content\r\nAllow: GET\r\n\r\n'
    """
    line = _REASONS.get(status) or f"HTTP/1.1 {status} Unknown\r\n"
    fields = "".join([f"{name}: {value}\r\n" for name, value in headers])
    return f"{line}{fields}\r\n".encode("latin-1")
