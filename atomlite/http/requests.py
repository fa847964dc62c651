"""The request that a callback receives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Generic

from atomlite.http.headers import Headers
from atomlite.http.parameters import QueryParameters
from atomlite.http.routes import PathValue
from atomlite.http.uploads import Upload
from atomlite.types import JsonValue

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    BodyT = TypeVar("BodyT", default=JsonValue)
else:
    from typing import TypeVar

    BodyT = TypeVar("BodyT")

_NO_PARAMETERS: Mapping[str, PathValue] = MappingProxyType({})


class Request(Generic[BodyT]):
    """A request as its callback sees it; never changed.

    What costs time to read is read when it is asked for, once. A callback that annotates its
    request as ``Request[NewOrder]`` receives its body as a ``NewOrder``, checked.

    Args:
        method: In capitals. A HEAD request comes to the callback of GET as ``"HEAD"``.
        scheme: ``"http"``, or ``"https"`` behind a trusted proxy.
        host: Name and port as the client sees them.
        path: As sent, percent-encoded, ``base_path`` included.
        query: As sent, without the question mark.
        client_address: Address of the client; behind a trusted proxy, what the proxy names.
        header_pairs: Headers in the order sent.
        path_parameters: The parameters of the route, decoded and typed.
        raw_body: The body as sent, after transfer decoding.
        body: The JSON value of the body, or an instance of the type that the callback declares;
            ``None`` without one, or where no JSON is read.
        files: The parts of a form, for an endpoint that asks for files.

    >>> request = Request("GET", host="localhost:8080", path="/proxy/a", query="x=1&x=2")
    >>> request.url, request.query_parameters.get_all("x")
    ('http://localhost:8080/proxy/a?x=1&x=2', ['1', '2'])
    """

    __slots__ = (
        "_header_pairs",
        "_headers",
        "_host",
        "_path",
        "_query",
        "_query_parameters",
        "_scheme",
        "body",
        "client_address",
        "files",
        "method",
        "path_parameters",
        "raw_body",
    )

    def __init__(  # noqa: PLR0913 -- one for each part of a request, all by name
        self,
        method: str,
        *,
        scheme: str = "http",
        host: str = "localhost",
        path: str = "/",
        query: str = "",
        client_address: str = "127.0.0.1",
        header_pairs: Iterable[tuple[str, str]] = (),
        path_parameters: Mapping[str, PathValue] = _NO_PARAMETERS,
        raw_body: bytes = b"",
        body: BodyT = None,  # type: ignore[assignment] # where there is none
        files: tuple[Upload, ...] = (),
    ) -> None:
        self.method = method
        self._scheme = scheme
        self._host = host
        self._path = path
        self._query = query
        self.client_address = client_address
        self._header_pairs = header_pairs
        self.path_parameters = path_parameters
        self.raw_body = raw_body
        self.body = body
        self.files = files
        self._headers: Headers | None = None
        self._query_parameters: QueryParameters | None = None

    @property
    def url(self) -> str:
        """The whole URL, as the client sees it, percent-encoded."""
        query = f"?{self._query}" if self._query else ""
        return f"{self._scheme}://{self._host}{self._path}{query}"

    @property
    def headers(self) -> Headers:
        """The headers; names are compared without case."""
        if self._headers is None:
            self._headers = Headers(self._header_pairs)
        return self._headers

    @property
    def query_parameters(self) -> QueryParameters:
        """The query; raises `InvalidRequest`, which answers 400, when it is not well formed."""
        if self._query_parameters is None:
            self._query_parameters = QueryParameters(self._query)
        return self._query_parameters

    @property
    def content_type(self) -> str:
        """The ``Content-Type`` header, with its parameters; empty when there is none."""
        return self.headers.get("content-type", "")

    def __repr__(self) -> str:
        """Return method and URL."""
        return f"<Request {self.method} {self.url}>"
