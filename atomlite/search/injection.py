"""Calling the functions that users give an endpoint: each gets what its parameters name.

>>> greet = Injected(
...     lambda name, utcnow: f"{name} {utcnow.year > 2000}", "greet", {"name", "utcnow"}
... )
>>> greet({"name": lambda: "Ada", "utcnow": lambda: dt.datetime.now(dt.UTC)})
'Ada True'
>>> Injected(lambda nme: None, "greet", {"name"})
Traceback (most recent call last):
...
atomlite.errors.InvalidEndpoint: greet asks for "nme", which nobody provides. It can have
"name". Did you mean "name"?
"""

from __future__ import annotations

import datetime as dt
import inspect
from collections.abc import Callable, Collection, Mapping

from atomlite.errors import BodyTypeUnsupported, InvalidEndpoint, did_you_mean, names_listed
from atomlite.http.requests import Request
from atomlite.search.body import read_object
from atomlite.search.mistakes import described
from atomlite.security.users import User

CALL_NAMES = (
    *("request", "user", "session", "query_parameters", "headers", "body"),
    *("routing_data", "utcnow"),
)
"""What every function of an endpoint can ask for, besides the parameters of its route."""

Offer = Mapping[str, Callable[[], object]]


class Injected:
    """A user's function, with the names of the parameters that it takes.

    Args:
        function: Called with values by the names of its parameters; not ``async``.
        role: What the endpoint calls it, for messages.
        offered: Names that it may ask for.
        first: Whether its first parameter gets a value of its own, whatever it is called.

    Raises:
        InvalidEndpoint: It is no such function, or asks for a name that nobody provides.
    """

    __slots__ = ("_by_name", "_by_place", "_function", "_takes_first")

    def __init__(
        self, function: object, role: str, offered: Collection[str], *, first: bool = False
    ) -> None:
        if not callable(function) or inspect.iscoroutinefunction(function):
            waits = callable(function)
            raise InvalidEndpoint(
                f"{role} is {described(function)}.",
                hint="It must be a plain function"
                + (": write `def` in place of `async def`." if waits else "."),
            )
        self._function = function
        parameters = _parameters(function, role)
        self._takes_first = first and bool(parameters)
        if self._takes_first:
            parameters = parameters[1:]
        self._by_place: list[str] = []
        self._by_name: list[str] = []
        for parameter in parameters:
            if parameter.name in offered:
                place = parameter.kind == parameter.POSITIONAL_ONLY
                (self._by_place if place else self._by_name).append(parameter.name)
            elif parameter.default is parameter.empty:
                raise InvalidEndpoint(
                    f'{role} asks for "{parameter.name}", which nobody provides. '
                    f"It can have {names_listed(offered, limit=20)}.",
                    hint=did_you_mean(parameter.name, list(offered)),
                )

    def __call__(self, offer: Offer, *first: object) -> object:
        """Return the result of the function; ``first`` is the value of its first parameter."""
        taken = first if self._takes_first else ()
        values = {name: offer[name]() for name in self._by_name}
        return self._function(*taken, *(offer[name]() for name in self._by_place), **values)


def _parameters(function: Callable[..., object], role: str) -> list[inspect.Parameter]:
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        raise InvalidEndpoint(
            f"{role} does not tell its parameters.", hint="Wrap it in a function of your own."
        ) from None
    collecting = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [parameter for parameter in parameters if parameter.kind not in collecting]


class Call:
    """One request, as the functions of an endpoint see it."""

    __slots__ = ("_body", "request", "session", "user")

    def __init__(self, request: Request, user: User, session: object) -> None:
        self.request = request
        self.user = user
        self.session = session
        self._body: dict[str, object] | None = None

    @property
    def body(self) -> dict[str, object]:
        """The JSON object of the body, empty without one.

        Raises:
            InvalidSearch: It is something else.
            BodyTypeUnsupported: It is compressed.
        """
        if self._body is None:
            encoding = self.request.headers.get("content-encoding", "")
            if self.request.raw_body and encoding.lower() not in {"", "identity"}:
                hint = "Leave out `Content-Encoding`; bodies are read as they are sent."
                raise BodyTypeUnsupported(encoding, "application/json", hint=hint)
            self._body = read_object(self.request.raw_body)
        return self._body

    @property
    def routing(self) -> dict[str, str]:
        """The parameters of the route, as text."""
        return {name: str(value) for name, value in self.request.path_parameters.items()}

    def offer(self) -> dict[str, Callable[[], object]]:
        """Return what functions can ask for, each made when it is asked for."""
        request = self.request
        routed = {name: constantly(value) for name, value in request.path_parameters.items()}
        return {
            "request": lambda: request,
            "user": lambda: self.user,
            "session": lambda: self.session,
            "query_parameters": lambda: request.query_parameters,
            "headers": lambda: request.headers,
            "body": lambda: self.body,
            "routing_data": lambda: dict(request.path_parameters),
            "utcnow": lambda: dt.datetime.now(dt.UTC),
            **routed,
        }


def constantly(value: object) -> Callable[[], object]:
    """Return what always gives one value."""
    return lambda: value
