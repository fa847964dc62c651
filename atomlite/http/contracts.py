"""What a ready-made endpoint is to the server that carries it.

An ordinary callback answers one method and speaks in the errors of the session. A contract answers
several, and has an envelope of its own for everything that can go wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from atomlite.errors import AtomliteError, InvalidArgument
from atomlite.http.headers import Headers
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.types import METHODS, JsonValue, Method


class Contract(Protocol):
    """An endpoint that `Session.mount` takes.

    `respond` runs on a worker and may take its time. All the rest is asked on the server's loop,
    for whatever request and from any thread, and must answer at once.
    """

    @property
    def route(self) -> str:
        """Route template; slashes around it are ignored; the empty one is ``/proxy/`` itself."""

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that it answers; HEAD follows GET."""

    @property
    def hides_methods(self) -> bool:
        """Whether a method that it does not answer is 404, rather than 405 with ``Allow``."""

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins whose pages may call it, besides those of the session; ``"*"`` for all."""

    def respond(self, request: Request, user: object, session: object, /) -> object:
        """Return the answer to a request whose body is not read yet.

        Errors that tell a client what to do keep their status; any other is 500. A large answer
        goes out compressed, its ``ETag`` as a weak one, so compare ``If-None-Match`` weakly.
        """

    def refuse(self, error: AtomliteError, *, status: int, trace_id: str | None) -> Response:
        """Return the answer that tells of an error in the endpoint's own envelope.

        The headers of the error, such as ``Allow``, are added where the answer does not have them.
        """

    def preflight(self, headers: Headers) -> Response | None:
        """Return the answer to OPTIONS; ``None`` leaves it to the server."""

    def operations(self) -> Mapping[Method, JsonValue]:
        """Return the OpenAPI operation object of each method."""


_CALLED = ("respond", "refuse", "preflight", "operations")
_ASKED = ("route", "methods", "hides_methods", "origins")


def check_contract(contract: object) -> None:
    """Refuse what is no contract, before a request meets it.

    Raises:
        InvalidArgument: It lacks a part, or names a method that no endpoint can have.

    >>> check_contract("sales/search")
    Traceback (most recent call last):
    ...
    atomlite.errors.InvalidArgument: contract is 'sales/search'. It must be ...
    """
    if isinstance(contract, type):
        raise InvalidArgument("contract", contract, f"an object: call `{contract.__name__}(...)`")
    lacking = [name for name in _CALLED if not callable(getattr(contract, name, None))]
    lacking += [name for name in _ASKED if not hasattr(contract, name)]
    if lacking:
        expected = (
            "what can be mounted: `AdvancedSearch(table=..., ...)` for a table, `Callable(...)` "
            "for a function"
        )
        if len(lacking) < len(_CALLED) + len(_ASKED):
            expected += f", or a contract of your own, which also needs {', '.join(lacking)}"
        raise InvalidArgument("contract", contract, expected)
    route, methods = getattr(contract, "route", None), getattr(contract, "methods", None)
    if not isinstance(route, str):
        raise InvalidArgument("contract.route", route, "text")
    if not isinstance(methods, tuple) or not methods or any(m not in METHODS for m in methods):
        raise InvalidArgument("contract.methods", methods, f"some of {', '.join(METHODS)}")
