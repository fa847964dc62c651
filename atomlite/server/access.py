"""Who asks: the seam where authentication arrives."""

from __future__ import annotations

from collections.abc import Mapping

from atomlite.security.users import ANONYMOUS, User


def user_of(headers: Mapping[str, str]) -> User:  # noqa: ARG001 -- nothing in them tells a user yet
    """Return the user that a request comes from.

    Args:
        headers: Those of the request.

    >>> user_of({}).name
    'anonymous'
    """
    return ANONYMOUS
