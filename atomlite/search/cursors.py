"""Tokens that stand for the place after a page, which clients can neither read into nor change.

>>> cursors = Cursors()
>>> token = cursors.token("search", ("Ada", "7"), "version 1")
>>> cursors.place(token, "search")
Place(last=('Ada', '7'), version='version 1')
>>> cursors.place(token, "another search")
Traceback (most recent call last):
...
atomlite.errors.InvalidCursor: This cursor belongs to another search or user. ...
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from atomlite.errors import InvalidCursor
from atomlite.search.sealing import Seal

_START_AGAIN = 'Ask for the first page again, with "paging" and without a cursor.'


@dataclass(frozen=True, slots=True)
class Place:
    """Where the next page begins.

    Args:
        last: Values of the sort keys and tie-breakers of the last row before it.
        version: What says at which state of its tables the first page was read.
    """

    last: tuple[str | None, ...]
    version: str


class Cursors:
    """Makes and reads the tokens of one endpoint; a new key each time the endpoint is built."""

    __slots__ = ("_seal",)

    def __init__(self) -> None:
        self._seal = Seal()

    def token(self, search: str, last: tuple[str | None, ...], version: str) -> str:
        """Return the token of a place, bound to a fingerprint of search and user."""
        payload = json.dumps([search, last, version]).encode()
        return base64.urlsafe_b64encode(self._seal.sealed(payload)).decode().rstrip("=")

    def place(self, token: str, search: str) -> Place:
        """Return the place of a token.

        Raises:
            InvalidCursor: It was changed, comes from elsewhere, or belongs to another search.
        """
        try:
            padded = token.encode("ascii") + b"=" * (-len(token) % 4)
            sealed = base64.b64decode(padded, altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error):
            raise _unknown() from None
        canonical = base64.urlsafe_b64encode(sealed).decode().rstrip("=") == token
        payload = self._seal.opened(sealed) if canonical else None
        if payload is None:
            raise _unknown()
        bound_to, last, version = json.loads(payload)
        if bound_to != search:
            raise InvalidCursor(
                "This cursor belongs to another search or user.",
                hint=f"Send the same where and sort as before. {_START_AGAIN}",
            )
        return Place(tuple(last), version)


def fingerprint(*parts: object) -> str:
    """Return a short text that differs for different parts.

    >>> fingerprint("a", 1) == fingerprint("a", 1), fingerprint("a", 1) == fingerprint("a", 2)
    (True, False)
    """
    return hashlib.blake2b(
        repr(parts).encode("utf-8", "backslashreplace"), digest_size=16
    ).hexdigest()


def _unknown() -> InvalidCursor:
    return InvalidCursor(
        "This cursor was changed, or comes from an endpoint that was built anew.",
        hint=_START_AGAIN,
    )
