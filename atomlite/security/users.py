"""Who asks.

>>> User("ada", roles={"analyst"}).roles
frozenset({'analyst'})
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["ANONYMOUS", "User"]


class User:
    """The user that a request comes from; given to every callback.

    Args:
        name: Unique name; ``"anonymous"`` for a session without authentication.
        roles: Names of the roles that the user has.
    """

    __slots__ = ("name", "roles")

    def __init__(self, name: str, *, roles: Iterable[str] = ()) -> None:
        self.name = name
        self.roles = frozenset(roles)

    def __repr__(self) -> str:
        """Return the constructor call."""
        return f"User({self.name!r}, roles={set(self.roles) or set()!r})"


ANONYMOUS = User("anonymous")
"""The user of a session without authentication."""
