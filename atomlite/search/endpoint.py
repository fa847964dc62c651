"""What all ready-made endpoints share: route, access, headers, errors.

`AdvancedSearch`, `List` and `Callable` answer in the contract's envelope; `DbGrid` shares all but
that, and writes errors in a form of its own. Each says how it answers a request that was let in.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from atomlite.errors import (
    AtomliteError,
    InvalidEndpoint,
    InvalidRoute,
    InvalidSearch,
    did_you_mean,
    names_listed,
)
from atomlite.expressions.conditions import Condition
from atomlite.http.headers import Headers, check_header, fits_header
from atomlite.http.json_text import json_bytes
from atomlite.http.media_types import JSON
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.http.routes import Route
from atomlite.search.authentication import Access
from atomlite.search.casing import Casing, Names
from atomlite.search.envelope import Envelope, error_text
from atomlite.search.injection import CALL_NAMES, Call, Injected, Offer
from atomlite.search.mistakes import described
from atomlite.search.security_headers import SecurityHeader, SecurityHeaders
from atomlite.security.users import User
from atomlite.types import METHODS, JsonValue, Method

HeaderTexts: TypeAlias = (
    "Sequence[str | Callable[..., Sequence[str]]] | Callable[..., Sequence[str]]"
)
"""Headers as ``"key: value"``, or functions that return such."""

_PREFLIGHT_TYPE = "application/json; charset=UTF-8"
_ASKED_HEADERS = ("content-type", "accept", "if-none-match", "traceparent")
"""Request headers that the endpoint reads, so that a page may send them."""
_UNAUTHORIZED = 401
_FIRST_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Shared:
    """The parameters that every endpoint has, as they were given."""

    url: str
    request_methods: Sequence[str]
    response_headers: HeaderTexts
    internal_casing: Casing
    external_casing: Casing
    security_headers: Sequence[SecurityHeader]
    description: str
    authentication: Callable[..., object] | None
    authorization: Callable[..., object] | None


class EnvelopeEndpoint(ABC):
    """An endpoint that answers in the contract's envelope, unless a child has another one.

    Args:
        shared: The parameters that every endpoint has.

    Raises:
        InvalidEndpoint: One of them cannot work.
    """

    def __init__(self, shared: Shared) -> None:
        self.names = Names(shared.internal_casing, shared.external_casing)
        self.envelope = Envelope(self.names)
        if not isinstance(shared.description, str):
            raise InvalidEndpoint(
                f"description is {described(shared.description)}.", hint="It must be text."
            )
        self.description = shared.description
        self._route, self.routed = parsed_url(shared.url)
        self._methods = checked_methods(shared.request_methods)
        self.offered = (*CALL_NAMES, *self.routed)
        self.access = Access(shared.authentication, shared.authorization, self.offered)
        self._security = SecurityHeaders(shared.security_headers)
        self._headers = ResponseHeaders(shared.response_headers, self.offered)

    @property
    def route(self) -> str:
        """The route template; empty for ``/proxy/`` itself."""
        return self._route

    @property
    def methods(self) -> tuple[Method, ...]:
        """The methods that it answers; HEAD follows GET."""
        return self._methods

    @property
    def hides_methods(self) -> bool:
        """True: a method that it does not answer is 404, as in the contract."""
        return True

    @property
    def origins(self) -> tuple[str, ...]:
        """Origins whose pages may use it."""
        return self._security.origins

    @property
    def headers_vary(self) -> bool:
        """Whether functions make some of the headers."""
        return self._headers.are_made

    @property
    def subject(self) -> str:
        """The name of the table that it is about; empty for none."""
        return ""

    def __repr__(self) -> str:
        """Return what it is, where it is mounted, and the methods that it answers."""
        about = f' of "{self.subject}"' if self.subject else ""
        return f"{type(self).__name__}{about} at /proxy/{self._route} ({', '.join(self._methods)})"

    def respond(self, request: Request, user: object, session: object, /) -> object:
        """Return the answer to a request."""
        call = Call(request, cast("User", user), session)
        offer = call.offer()
        try:
            call.user = self.access.user(offer, call.user)
            condition = self.access.condition(offer)
            answer = self.answer(call, offer, condition)
        except AtomliteError as error:
            # The server has the error written by `refuse`, which knows no request.
            made = self._headers_for(request, offer)
            if not made:
                raise
            raise _with_headers(error, made) from error
        return self._dressed(answer, self._headers_for(request, offer))

    @abstractmethod
    def answer(self, call: Call, offer: Offer, condition: Condition | None) -> Response:
        """Return the answer to a request that was let in.

        Args:
            call: The request and its user.
            offer: What functions of the endpoint can ask for.
            condition: What rows must meet for this user.
        """

    @abstractmethod
    def operations(self) -> Mapping[Method, JsonValue]:
        """Return the OpenAPI operation object of each method."""

    def refuse(self, error: AtomliteError, *, status: int, trace_id: str | None) -> Response:
        """Return the answer that tells of an error, in the envelope."""
        pairs = self._security.headers(None)
        pairs += self._headers.fixed
        known: Mapping[str, str] = getattr(error, "headers", {})
        pairs += known.items()
        if status == _UNAUTHORIZED:
            pairs.append(self.access.challenge)
        note = ""
        if trace_id is not None:
            pairs.append(("Atomlite-Trace-Id", trace_id))
            if status >= _FIRST_SERVER_ERROR:
                note = f" Trace id: {trace_id}."
        body = self.refusal(error, status=status, note=note)
        varies = (("Vary", "Accept"),)
        answer = Response(json_bytes(body), status=status, headers=varies, media_type=JSON)
        return self._dressed(answer, pairs)

    def refusal(self, error: AtomliteError, *, status: int, note: str) -> object:
        """Return the body that tells of an error, with a note after the text for people."""
        return self.envelope.refusal(error_text(error, status=status) + note, status=status)

    def preflight(self, headers: Headers) -> Response | None:
        """Return the answer to OPTIONS: methods, headers and origins that pages may use."""
        asked = [
            name.strip() for name in headers.get("access-control-request-headers", "").split(",")
        ]
        allowed = ["Authorization"] if self.access.authenticates else []
        allowed += self._security.request_headers
        lower = {name.lower() for name in allowed}
        allowed += [
            name for name in asked if name.lower() in _ASKED_HEADERS and name.lower() not in lower
        ]
        pairs = [("Access-Control-Allow-Methods", ", ".join(self._methods))]
        if not self.hides_methods:
            served = [*self._methods, *(["HEAD"] if "GET" in self._methods else []), "OPTIONS"]
            pairs.append(("Allow", ", ".join(served)))
        if allowed:
            pairs.append(("Access-Control-Allow-Headers", ", ".join(allowed)))
        pairs += self._security.preflight(headers.get("origin"))
        if not self._security.origins:
            pairs.append(("Access-Control-Max-Age", "5"))
        return Response(b"", headers=tuple(pairs), media_type=_PREFLIGHT_TYPE)

    def _headers_for(self, request: Request, offer: Offer) -> list[tuple[str, str]]:
        return self._security.headers(request.headers.get("origin")) + self._headers.made(offer)

    def _dressed(self, answer: Response, more: Sequence[tuple[str, str]]) -> Response:
        """Return an answer with more headers; the later of one name replaces, but for Vary."""
        if not more:
            return answer
        pairs: dict[str, tuple[str, str]] = {}
        media_type = answer.media_type
        for name, value in (*answer.header_pairs, *more):
            key = name.lower()
            if key == "content-type":
                media_type = value if answer.media_type is not None else None
            elif key == "vary" and key in pairs:
                if value not in pairs[key][1].split(", "):
                    pairs[key] = (name, f"{pairs[key][1]}, {value}")
            else:
                pairs[key] = (name, value)
        return Response(answer.body, answer.status, tuple(pairs.values()), media_type)


class ResponseHeaders:
    """The headers that a user gives every answer.

    A function that puts what a client sent into a header encodes it first, as with
    ``urllib.parse.quote``: what no header can carry answers 400.

    Args:
        given: Texts ``"key: value"``, or functions that return lists of them.
        offered: Names that functions may ask for.

    Raises:
        InvalidEndpoint: A text is no header, or a function asks for what nobody provides.
    """

    __slots__ = ("_functions", "fixed")

    def __init__(self, given: HeaderTexts, offered: Collection[str]) -> None:
        listed = [given] if callable(given) else given
        if isinstance(listed, str):
            raise InvalidEndpoint(
                f"response_headers is {given!r}.", hint='It must be a list of "key: value".'
            )
        self.fixed: list[tuple[str, str]] = []
        self._functions: list[Injected] = []
        for each in listed:
            if callable(each):
                self._functions.append(Injected(each, "response_headers", offered))
            else:
                self.fixed.append(_header(each))

    @property
    def are_made(self) -> bool:
        """Whether functions make some of them."""
        return bool(self._functions)

    def made(self, offer: Offer) -> list[tuple[str, str]]:
        """Return all headers of one answer."""
        pairs = list(self.fixed)
        for function in self._functions:
            texts = function(offer)
            if isinstance(texts, str) or not isinstance(texts, Sequence):
                raise InvalidEndpoint(
                    f"response_headers returned {texts!r}.", hint='Return a list of "key: value".'
                )
            for text in texts:
                name, _, value = text.partition(":") if isinstance(text, str) else ("", "", "")
                if not fits_header(value.strip()):
                    raise InvalidSearch(
                        f'The header "{name.strip()}" cannot carry what this request puts there.',
                        hint="Send one line of Latin-1 text where the endpoint repeats it.",
                    )
                pairs.append(_header(text))
        return pairs


def _with_headers(error: AtomliteError, pairs: Sequence[tuple[str, str]]) -> AtomliteError:
    """Return the same error with more headers; the one given may be raised by other requests too.

    It is made without its constructor, whose parameters are not known here.
    """
    known: Mapping[str, str] = getattr(error, "headers", {})
    made = type(error).__new__(type(error), *error.args)
    made.__dict__.update(error.__dict__, headers={**dict(pairs), **known})
    return made.with_traceback(error.__traceback__)


def _header(text: object) -> tuple[str, str]:
    name, colon, value = text.partition(":") if isinstance(text, str) else ("", "", "")
    pair = (name.strip(), value.strip())
    try:
        check_header(*pair)
    except AtomliteError as error:
        raise InvalidEndpoint(f"response_headers: {error.message}", hint=error.hint) from None
    if not colon:
        raise InvalidEndpoint(f"response_headers has {text!r}.", hint='Write "key: value".')
    return pair


def parsed_url(url: object) -> tuple[str, tuple[str, ...]]:
    """Return the route of a url, with all parameters in braces, and the names of its parameters.

    Raises:
        InvalidEndpoint: It is not well formed, or a parameter has a name that is taken.

    >>> parsed_url("/hello/:first_name/{last_name}")
    ('hello/{first_name}/{last_name}', ('first_name', 'last_name'))
    """
    if not isinstance(url, str):
        raise InvalidEndpoint(f"url is {url!r}.", hint="It must be text.")
    parts = url.strip("/").split("/")
    text = "/".join(f"{{{part[1:]}}}" if part.startswith(":") else part for part in parts)
    if not text:
        return "", ()
    try:
        route = Route(text)
    except InvalidRoute as error:
        raise InvalidEndpoint(error.message, hint=error.hint, details=error.details) from None
    taken = [name for name in route.parameters if name in CALL_NAMES]
    if taken:
        raise InvalidEndpoint(
            f"url: the parameter {names_listed(taken)} has the name of something else that "
            "functions can ask for.",
            hint="Rename it.",
        )
    return route.text, route.parameters


def checked_methods(methods: Sequence[str]) -> tuple[Method, ...]:
    """Return the methods of an endpoint.

    Raises:
        InvalidEndpoint: There are none, or one that no endpoint answers.
    """
    given: object = methods
    if isinstance(given, str) or not isinstance(given, Sequence) or not given:
        raise InvalidEndpoint(
            f"request_methods is {given!r}.", hint='It must be a list as ["GET"].'
        )
    for method in methods:
        if method not in METHODS:
            raise InvalidEndpoint(
                f"request_methods has {method!r}. Methods: {names_listed(METHODS)}.",
                hint=did_you_mean(method, METHODS) or "HEAD follows GET, and OPTIONS all.",
            )
    return cast("tuple[Method, ...]", tuple(dict.fromkeys(methods)))
