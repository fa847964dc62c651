"""Who may use an endpoint: the functions that decide it, and the one for a shared secret.

>>> bearer = SecretBearer(secret="s3cret", header_prefix="Bearer ")
>>> bearer(Headers([("Authorization", "bearer s3cret")])), bearer(Headers([]))
(True, False)
>>> bearer
SecretBearer(header_prefix='Bearer ')
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Collection

from atomlite.errors import InvalidEndpoint, NotAuthenticated, NotAuthorized
from atomlite.expressions.conditions import Condition
from atomlite.http.headers import Headers
from atomlite.search.injection import Injected, Offer
from atomlite.security.users import User

_TRUE_TYPES = frozenset({"bool", "bool_"})
"""Names of the types of a truth, in Python and in numpy, which is not imported for this."""


class SecretBearer:
    """Lets in whoever sends one secret in the header ``Authorization``.

    Args:
        secret: The secret.
        environment_key: Name of the environment variable that holds it, in place of ``secret``; it
            is read once, now.
        header_prefix: What stands before the secret in the header, such as ``"Bearer "``; compared
            without case. Default: nothing, as in the contract, so the header is the bare secret.

    Raises:
        InvalidEndpoint: There is no secret, or two.
    """

    __slots__ = ("_secret", "header_prefix")

    def __init__(
        self,
        secret: str | None = None,
        *,
        environment_key: str | None = None,
        header_prefix: str = "",
    ) -> None:
        for name, given in (
            ("secret", secret),
            ("environment_key", environment_key),
            ("header_prefix", header_prefix),
        ):
            value: object = given
            if value is not None and not isinstance(value, str):  # never shown: it may be a secret
                raise InvalidEndpoint(
                    f"SecretBearer: {name} is of type {type(value).__name__}.",
                    hint="It must be text.",
                )
        if (secret is None) == (environment_key is None):
            raise InvalidEndpoint(
                "SecretBearer has no secret, or two.", hint="Give either secret or environment_key."
            )
        found = secret if environment_key is None else os.environ.get(environment_key)
        if not found:
            where = "secret" if environment_key is None else f"variable {environment_key}"
            raise InvalidEndpoint(f"SecretBearer: the {where} is empty or not set.", hint="Set it.")
        self._secret = found.encode()
        self.header_prefix = header_prefix

    def __call__(self, headers: Headers) -> bool:
        """Return whether the request carries the secret, in a time that tells nothing of it."""
        given = headers.get("authorization", "")
        prefix = given[: len(self.header_prefix)]
        right_prefix = prefix.lower() == self.header_prefix.lower()
        sent = given[len(self.header_prefix) :].encode("latin-1", "replace")
        return hmac.compare_digest(sent, self._secret) and right_prefix

    @property
    def scheme(self) -> str:
        """What an answer 401 asks for: ``Bearer`` where that is the prefix, else ``Secret``."""
        return "Bearer" if self.header_prefix.strip().lower() == "bearer" else "Secret"

    def __repr__(self) -> str:
        """Return the constructor call without the secret."""
        return f"SecretBearer(header_prefix={self.header_prefix!r})"


class Access:
    """The two questions that an endpoint asks before it looks at a request.

    Args:
        authentication: Returns a `User`, the name of one, or True; anything falsy for nobody.
        authorization: Returns True for yes, anything falsy for no, or a condition that the rows
            must meet as well.
        offered: Names that both can ask for.

    Raises:
        InvalidEndpoint: One of them is no function, or asks for what nobody provides.
    """

    __slots__ = ("_authentication", "_authorization", "bearer", "challenge")

    def __init__(
        self,
        authentication: Callable[..., object] | None,
        authorization: Callable[..., object] | None,
        offered: Collection[str],
    ) -> None:
        self._authentication = (
            None if authentication is None else Injected(authentication, "authentication", offered)
        )
        scheme = authentication.scheme if isinstance(authentication, SecretBearer) else "Bearer"
        self.challenge = ("WWW-Authenticate", scheme)
        self.bearer = authentication if isinstance(authentication, SecretBearer) else None
        self._authorization = (
            None if authorization is None else Injected(authorization, "authorization", offered)
        )

    @property
    def authenticates(self) -> bool:
        """Whether requests must say who sends them."""
        return self._authentication is not None

    def user(self, offer: Offer, user: User) -> User:
        """Return who asks; the user of the session for an answer True.

        Raises:
            NotAuthenticated: Nobody that the endpoint knows.
        """
        if self._authentication is None:
            return user
        found = self._authentication(offer)
        if isinstance(found, User):
            return found
        if isinstance(found, str) and found:
            return User(found)
        passes = _truth(found)
        if passes is None:
            raise InvalidEndpoint(
                f"authentication returned {found!r}.",
                hint="Return a User, its name, True or False.",
            )
        if not passes:
            raise NotAuthenticated("Not Authenticated")
        return user

    def condition(self, offer: Offer) -> Condition | None:
        """Return what rows must meet for this user; ``None`` for all.

        Raises:
            NotAuthorized: The user may not use the endpoint at all.
        """
        if self._authorization is None:
            return None
        found = self._authorization(offer)
        if isinstance(found, Condition):
            return found
        passes = _truth(found)
        if passes is None:
            raise InvalidEndpoint(
                f"authorization returned {found!r}.", hint="Return True, False or a condition."
            )
        if not passes:
            raise NotAuthorized("Not Authorized")
        return None


def _truth(found: object) -> bool | None:
    """Return whether an answer is yes or no, also one of numpy; ``None`` for what is neither."""
    try:
        if not found:
            return False
    except (TypeError, ValueError):  # of arrays and frames
        return None
    return True if found is True or type(found).__name__ in _TRUE_TYPES else None
