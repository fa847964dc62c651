from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import cast

import httpx
import pytest

from atomlite.config import Limits
from atomlite.engine.cancellation import current_operation
from atomlite.errors import (
    AtomliteError,
    EndpointNotFound,
    HttpError,
    InvalidArgument,
    InvalidCursor,
    InvalidRoute,
    InvalidSearch,
    NotAuthenticated,
    NotAuthorized,
    OperationCancelled,
    SessionClosed,
    WrongType,
)
from atomlite.http.contracts import Contract
from atomlite.http.headers import Headers
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.session import Session
from atomlite.types import JsonValue, Method
from tests.server.serving import Serve, Served, eventually

EVIL = "https://evil.example"
APP = "https://app.example"


def _told(request: Request) -> object:
    return {
        "method": request.method,
        "body": request.raw_body.decode("latin-1"),
        "parsed": request.body,
        "parameters": dict(request.path_parameters),
    }


@dataclass
class Fake:
    """A contract that tells what came, in an envelope that names it."""

    route: str = "sales/search"
    methods: tuple[Method, ...] = ("GET", "POST", "QUERY")
    hides_methods: bool = True
    origins: tuple[str, ...] = ()
    name: str = "fake"
    answer: Callable[[Request], object] = _told
    granted: Response | None = None
    headers: dict[str, str] = field(default_factory=dict)
    refused: list[AtomliteError] = field(default_factory=list)

    def respond(self, request: Request, _user: object, _session: object, /) -> object:
        """Return what the test wants."""
        return self.answer(request)

    def refuse(self, error: AtomliteError, *, status: int, trace_id: str | None) -> Response:
        """Return an envelope."""
        self.refused.append(error)
        body = {"from": self.name, "code": error.code, "message": str(error), "trace": trace_id}
        return Response(body, status=status, headers=self.headers)

    def preflight(self, headers: Headers) -> Response | None:
        """Return what the test wants, with the header that was asked for."""
        if self.granted is None:
            return None
        asked = headers.get("access-control-request-headers", "")
        return Response(headers={**dict(self.granted.header_pairs), "X-Asked": asked})

    def operations(self) -> Mapping[Method, JsonValue]:
        """Return nothing to document."""
        return {}


def _mount(served: Served, **options: object) -> Fake:
    contract = Fake(**options)  # type: ignore[arg-type]
    served.server.endpoints.mount(contract)
    return contract


def _custom(served: Served, route: str, method: Method = "GET") -> None:
    served.endpoint(route, method)(lambda *_: "custom")


def _raw(served: Served, method: str, path: str, *lines: str) -> tuple[int, dict[str, object]]:
    """Return status and JSON body of a request whose line goes out as it is."""
    head = [f"{method} {path} HTTP/1.1", "Connection: close", *(lines or ("Host: localhost",))]
    answer = served.raw("\r\n".join([*head, "", ""]).encode("latin-1"))
    head_sent, _, body = answer.partition(b"\r\n\r\n")
    return int(head_sent.split()[1]), json.loads(body) if body else {}


# ---- what answers ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST", "QUERY"])
@pytest.mark.parametrize("content", [b'{"a": ', iter([b'{"a"', b": "])], ids=["length", "chunked"])
def test_contract_gets_the_body_as_it_came(
    served: Served, method: str, content: bytes | Iterator[bytes]
) -> None:
    """Each method brings its body, on GET too, of known length or not; nobody parses it."""
    if not isinstance(content, bytes):
        content = iter([b'{"a"', b": "])
    _mount(served)
    answer = served.http.request(
        method, "proxy/sales/search", content=content, headers={"Content-Type": "text/odd"}
    )
    assert answer.json() == {"method": method, "body": '{"a": ', "parsed": None, "parameters": {}}


@pytest.mark.parametrize(
    "path",
    [
        "/proxy/sales/search",
        "/proxy/sales/search/",
        "/proxy/sales/search///",
        "/proxy//sales/search",
        "/proxy///sales/search//",
        "/proxy/s%61les/search",
    ],
)
def test_slashes_around_a_mounted_path_are_ignored(served: Served, path: str) -> None:
    """One or many, before or after; a callback's path is still taken to the letter."""
    _mount(served)
    _custom(served, "plain")
    assert _raw(served, "GET", path)[0] == 200
    assert _raw(served, "HEAD", path)[0] == 200
    assert _raw(served, "OPTIONS", path)[0] == 204
    assert served.http.get("proxy/plain").json() == "custom"
    for odd in ("/proxy/plain/", "/proxy//plain"):
        assert _raw(served, "GET", odd)[0] == 404


@pytest.mark.parametrize("path", ["/proxy//sales//search", "/proxy/Sales/search", "/proxy/search"])
def test_paths_in_between_are_compared_exactly(served: Served, path: str) -> None:
    """A slash too many in the middle, capitals and parts of the route are other paths."""
    _mount(served)
    assert _raw(served, "GET", path)[0] == 404


def test_empty_route_is_the_root_of_the_endpoints(served: Served) -> None:
    """It answers with and without a slash, beside the index of the session itself."""
    _mount(served, route="")
    for path in ("/proxy", "/proxy/", "/proxy//"):
        assert _raw(served, "POST", path)[0] == 200
    assert served.last_trace().route == "/proxy/"
    assert "POST /proxy/" in served.http.get("").json()["answers"]
    assert repr(served.server.endpoints["POST", ""]) == "POST /  3 calls, 0 errors"
    assert "<td style" in served.server.endpoints._repr_html_()
    del served.server.endpoints["/"]
    assert _raw(served, "POST", "/proxy/")[0] == 404


def test_parameters_are_decoded_and_not_empty(served: Served) -> None:
    """Percent-encoding as for callbacks, an encoded slash included; an empty part is no part."""
    _mount(served, route="by/{company}/{year:int}")

    def parameters(path: str) -> object:
        return served.http.get(path).json().get("parameters")

    assert parameters("proxy/by/Caf%C3%A9%2F%20Ol%C3%A9/7/") == {"company": "Café/ Olé", "year": 7}
    for path in ("/proxy/by//7", "/proxy/by/a/", "/proxy/by/a/x"):
        status, body = _raw(served, "GET", path)
        assert (status, body["from"]) == (404, "fake")


def test_base_path_comes_before_mounted_routes(serve: Serve) -> None:
    """With a base path, contracts answer below it, and nobody beside it."""
    served = serve(base_path="/data")
    _mount(served)
    assert served.http.get("proxy/sales/search/").json()["method"] == "GET"
    assert served.http.get("proxy/nope").json()["from"] == "fake"
    assert "error" in _raw(served, "GET", "/proxy/sales/search")[1]


def test_callback_of_another_method_shares_the_route(served: Served) -> None:
    """A contract that reads and a callback that writes live on one path."""
    _mount(served, methods=("POST",))
    _custom(served, "sales/search", "DELETE")
    assert served.http.delete("proxy/sales/search").json() == "custom"
    assert served.http.post("proxy/sales/search").json()["method"] == "POST"
    assert served.http.options("proxy/sales/search").headers["Allow"] == "DELETE, OPTIONS, POST"


def test_more_particular_route_wins_over_a_contract(served: Served) -> None:
    """A contract with parameters stands behind literal routes, whoever has them."""
    _mount(served, route="{a}/{b}", name="wide")
    _mount(served, route="sales/{b}", name="narrow", methods=("POST",))
    _custom(served, "sales/count")
    assert served.http.get("proxy/sales/count").json() == "custom"
    assert served.http.post("proxy/sales/count").json()["parameters"] == {"b": "count"}
    assert served.http.get("proxy/sales/x").json()["parameters"] == {"a": "sales", "b": "x"}
    assert "error" in served.http.delete("proxy/sales/count").json(), "The callback's own 405."
    assert served.http.delete("proxy/sales/x").json()["from"] == "narrow"


# ---- mounting ----------------------------------------------------------------------------------


def test_mounting_again_replaces_all_methods(served: Served) -> None:
    """What the contract before answered is gone, what a callback answers stays."""
    _mount(served)
    _custom(served, "sales/search", "PUT")
    _custom(served, "sales/search", "PATCH")
    _mount(served, route="/sales/search/", methods=("POST", "PATCH"), name="second")
    endpoints = served.server.endpoints
    assert sorted(endpoints) == [(m, "sales/search") for m in ("PATCH", "POST", "PUT")]
    status, body = _raw(served, "GET", "/proxy/sales/search")
    assert (status, body["from"]) == (404, "second")
    _custom(served, "sales/search", "POST")
    assert served.http.post("proxy/sales/search").json() == "custom"
    assert served.http.patch("proxy/sales/search").json()["method"] == "PATCH"


def test_requests_in_flight_end_on_the_contract_they_began_with(served: Served) -> None:
    """To mount again takes nothing from a request that is being answered."""
    began, go = threading.Event(), threading.Event()

    def wait(_request: Request) -> object:
        began.set()
        assert go.wait(10)
        raise InvalidSearch("Odd.", hint="")

    _mount(served, answer=wait, name="old")
    seen: list[object] = []
    client = threading.Thread(
        target=lambda: seen.append(served.http.get("proxy/sales/search").json()["from"])
    )
    client.start()
    assert began.wait(10)
    _mount(served, name="new")
    go.set()
    client.join()
    assert seen == ["old"]
    assert served.http.get("proxy/sales/nope").json()["from"] == "new"


def test_a_route_alone_unmounts_all_methods(served: Served) -> None:
    """`del endpoints[route]` takes the contract away, and its envelope."""
    _mount(served)
    endpoints = served.server.endpoints
    served.http.get("proxy/sales/search")
    assert repr(endpoints["GET", "sales/search"]) == "GET sales/search  1 call, 0 errors"
    assert len(endpoints) == 3
    del endpoints["sales/search"]
    assert len(endpoints) == 0
    assert "error" in served.http.get("proxy/sales/search").json()
    with pytest.raises(EndpointNotFound):
        del endpoints["sales/search"]


@pytest.mark.parametrize(
    ("thing", "reason"),
    [
        ("sales/search", r"what can be mounted: `AdvancedSearch\(.*Callable\([^,]*$"),
        (
            SimpleNamespace(respond=print),
            "a contract of your own, which also needs refuse, preflight, operations",
        ),
        (Fake, r"call `Fake\(\.\.\.\)`"),
        (Fake(methods=()), "some of DELETE, GET"),
        (Fake(methods=("HEAD",)), "some of DELETE, GET"),  # type: ignore[arg-type]
        (Fake(methods=["GET"]), "some of DELETE, GET"),  # type: ignore[arg-type]
        (Fake(methods=({},)), "some of DELETE, GET"),  # type: ignore[arg-type]
        (Fake(route=7), "text"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_contract_is_refused(served: Served, thing: object, reason: str) -> None:
    """A slip is told in the cell, before any request."""
    with pytest.raises(InvalidArgument, match=reason):
        served.server.endpoints.mount(cast("Contract", thing))
    assert len(served.server.endpoints) == 0


@pytest.mark.parametrize("route", ["proxy/a", "a//b", "a/{x", "same/{y}"])
def test_malformed_routes_mount_nothing(served: Served, route: str) -> None:
    """Routes follow the rules of all routes, and a refused one changes nothing."""
    _custom(served, "same/{x}")
    _mount(served)
    before = dict(served.server.endpoints)
    with pytest.raises(InvalidRoute):
        _mount(served, route=route)
    assert dict(served.server.endpoints) == before


# ---- what nothing answers ----------------------------------------------------------------------


@pytest.mark.parametrize("method", ["DELETE", "PUT", "TRACE", "CONNECT", "BREW", "get", "Post"])
def test_method_that_is_not_served_is_404_or_405(served: Served, method: str) -> None:
    """Hidden, it is as if the path were none; else 405 says which methods there are."""
    _mount(served)
    _mount(served, route="grid", methods=("GET",), hides_methods=False, name="grid")
    status, body = _raw(served, method, "/proxy/sales/search")
    assert (status, body["from"], body["code"]) == (404, "fake", "endpoint_not_found")
    answer = served.http.request(method, "proxy/grid") if method.isupper() else None
    if answer is not None:
        assert (answer.status_code, answer.json()["from"]) == (405, "grid")
        assert answer.json()["code"] == "method_not_allowed"
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_head_needs_get(served: Served) -> None:
    """A contract without GET does not answer HEAD."""
    _mount(served, methods=("POST",))
    assert served.http.head("proxy/sales/search").status_code == 404
    _mount(served, methods=("POST",), hides_methods=False)
    head = served.http.head("proxy/sales/search")
    assert (head.status_code, head.headers["Allow"], head.content) == (405, "OPTIONS, POST", b"")


@pytest.mark.parametrize(
    ("path", "speaker"),
    [
        ("proxy/sales/searhc", "search"),
        ("proxy/sales/search/more/and/more", "search"),
        ("proxy/sales/2024/rows", "by year"),
        ("proxy/sales/20x4/rows", "search"),
        ("proxy/sales", "search"),
        ("proxy/stock/nope", "stock"),
        ("proxy/nope", "search"),
        ("proxy/", "search"),
        ("proxy/%zz", "search"),
        ("proxy/stock/%ff", "stock"),
        ("proxy/files/a//b", "files"),
        ("nope", None),
        ("proxyy/sales/search", None),
        ("%zz", None),
    ],
)
def test_nearest_contract_tells_that_nothing_answers(
    served: Served, path: str, speaker: str | None
) -> None:
    """The most segments in common decide, and the first mounted among equals."""
    _mount(served, name="search")
    _mount(served, route="sales/{year:int}/search", name="by year")
    _mount(served, route="stock", name="stock")
    _mount(served, route="files/{rest:path}", name="files")
    status, body = _raw(served, "GET", f"/{path}")
    assert status == (400 if "%" in path else 404)
    assert body.get("from") == speaker


@pytest.mark.parametrize(
    ("path", "speaker"),
    [
        ("proxy/nope", None),
        ("proxy/sales", None),
        ("proxy/sales/search/x", "fake"),
        ("proxy/sales/count/x", None),
        ("proxy/sales/%zz", None),
    ],
)
def test_callbacks_as_near_speak_in_the_usual_form(
    served: Served, path: str, speaker: str | None
) -> None:
    """Beside callbacks, a contract speaks only where it is nearer than all of them."""
    _mount(served)
    _custom(served, "sales/count")
    assert _raw(served, "GET", f"/{path}")[1].get("from") == speaker


def test_hint_names_mounted_routes(served: Served) -> None:
    """Who asks for what is near a contract and nearer a callback is told of the contract."""
    _mount(served, route="sales/search")
    _mount(served, route="")
    _custom(served, "sales/count/{x}")
    hint = served.http.get("proxy/slaes/search").json()["error"]["hint"]
    assert hint == 'Did you mean "/proxy/sales/search"?'


def test_hint_never_names_the_root(serve: Serve) -> None:
    """A path beside the base path is like nothing; the empty route is not what was meant."""
    served = serve(base_path="/data")
    _mount(served, route="")
    assert _raw(served, "GET", "/nope")[1]["error"] == {
        "code": "endpoint_not_found",
        "message": "Nothing answers /nope.",
        "hint": "",
        "details": {},
    }


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/proxy/by/%00", 200),
        ("/proxy/by/" + "x" * 50_000, 200),
        ("/proxy/by/%", 400),
        ("/proxy/by/%2", 400),
        ("/proxy/by/%C3%28", 400),
        ("/proxy/by/\xff", 400),
        ("/proxy/by/..%2f..", 200),
        ("/proxy/by/../by/a", 404),
        ("/proxy/by/a#b", 200),
        ("/proxy" + "/a" * 20_000, 404),
        ("/proxy" + "/" * 40_000, 404),
        ("/proxy" + "/" * 20_000 + "by/a" + "/" * 20_000, 200),
    ],
)
def test_hostile_paths_are_answered(served: Served, path: str, status: int) -> None:
    """Long, broken and climbing paths answer in time, in the envelope, and never 500."""
    _mount(served, route="by/{name}")
    began = time.monotonic()
    for method in ("GET", "POST", "PUT", "OPTIONS"):
        answered, body = _raw(served, method, path)
        expected = {"PUT": 404, "OPTIONS": 204}.get(method, 200) if status == 200 else status
        assert answered == expected
        assert expected < 300 or body["from"] == "fake"
    assert time.monotonic() - began < 5


# ---- errors in the envelope --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (InvalidSearch("Odd.", hint=""), 400, "invalid_search"),
        (InvalidCursor("Odd.", hint=""), 400, "invalid_cursor"),
        (NotAuthenticated("Odd."), 401, "not_authenticated"),
        (NotAuthorized("Odd."), 403, "not_authorized"),
        (HttpError(418, "teapot", "Odd.", headers={"X-Tea": "green"}), 418, "teapot"),
        (WrongType("A secret."), 500, "internal_error"),
        (RuntimeError("A secret."), 500, "internal_error"),
        (SystemExit("A secret."), 500, "internal_error"),
    ],
)
def test_errors_of_a_contract_come_in_its_envelope(
    served: Served, error: BaseException, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What a client can act on keeps its status; the rest is 500, told to the log alone."""

    def fail(_request: Request) -> object:
        raise error

    _mount(served, answer=fail, headers={"Content-Security-Policy": "default-src 'self'"})
    answer = served.http.post("proxy/sales/search")
    assert answer.status_code == status
    assert (answer.json()["from"], answer.json()["code"]) == ("fake", code)
    assert answer.json()["trace"] == served.last_trace().trace_id
    assert answer.headers["Content-Security-Policy"] == "default-src 'self'"
    assert answer.headers.get("X-Tea") == ("green" if status == 418 else None)
    assert "secret" not in answer.text
    assert ("secret" in caplog.text) == (status == 500)
    assert served.server.endpoints["POST", "sales/search"].errors == (status == 500)


def test_errors_of_searches_keep_their_status_in_callbacks(served: Served) -> None:
    """A callback that uses a grid's parameters need not translate what they raise."""

    @served.endpoint("grid")
    def grid(*_: object) -> None:
        raise InvalidSearch('"sort" names no column.', hint="Sort by one of these.")

    answer = served.http.get("proxy/grid")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_search")


def test_headers_of_an_answer_win_over_those_of_the_error(served: Served) -> None:
    """What `refuse` sets itself is not sent twice."""
    _mount(served, methods=("GET",), hides_methods=False, headers={"allow": "GET"})
    assert served.http.post("proxy/sales/search").headers.get_list("Allow") == ["GET"]


def test_body_over_the_limit_is_413_in_the_envelope(serve: Serve) -> None:
    """Whose body is refused is found before it is; with an announced length and without."""
    served = serve(limits=Limits(body_bytes=100))
    _mount(served)
    _custom(served, "sales/search", "PUT")
    post = partial(served.http.post, "proxy/sales/search")
    for answer in (post(content=b"1" * 101), post(content=iter([b"1" * 60] * 2))):
        assert (answer.status_code, answer.json()["from"]) == (413, "fake")
        assert served.last_trace().route == "/proxy/sales/search"
    elsewhere = [
        served.http.put("proxy/sales/search", content=b"1" * 101),
        served.http.post("nope", content=b"1" * 101),
        post(content=b"1" * 101, headers={"Host": "evil.example"}),
    ]
    for answer in elsewhere:
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "body_too_large")
    answer = served.http.request("OPTIONS", "proxy/sales/search", content=b"1" * 101)
    assert (answer.status_code, answer.json()["from"]) == (413, "fake")


def test_deadline_is_504_in_the_envelope_and_stops_the_work(serve: Serve) -> None:
    """The work of a contract is cancelled as that of a callback is."""
    served = serve(limits=Limits(callback_seconds=0.2))
    stopped = threading.Event()

    def hang(_request: Request) -> object:
        try:
            while True:
                current_operation().check()
                time.sleep(0.005)
        finally:
            stopped.set()

    _mount(served, answer=hang)
    answer = served.http.post("proxy/sales/search")
    assert (answer.status_code, answer.json()["from"]) == (504, "fake")
    assert answer.json()["code"] == "deadline_exceeded"
    assert stopped.wait(5)


def test_work_ends_when_the_client_leaves(served: Served) -> None:
    """Nobody searches for a client that is gone."""
    began = threading.Event()
    ended: list[BaseException] = []

    def hang(_request: Request) -> object:
        began.set()
        try:
            while True:
                current_operation().check()
                time.sleep(0.005)
        except OperationCancelled as error:
            ended.append(error)
            raise

    _mount(served, answer=hang)
    with served.connect() as connection:
        connection.sendall(b"GET /proxy/sales/search HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert began.wait(10)
    eventually(lambda: bool(ended))
    assert served.http.get("proxy/nope").json()["from"] == "fake"


def test_full_queue_is_503_in_the_envelope(serve: Serve) -> None:
    """A busy server tells so in the words of the contract, with the time to wait."""
    served = serve(limits=Limits(concurrent_callbacks=1, queued_requests=1))
    began, go = threading.Event(), threading.Event()

    def wait(_request: Request) -> object:
        began.set()
        return go.wait(10)

    _mount(served, answer=wait)
    with httpx.Client(base_url=served.url, trust_env=False, timeout=20) as other:
        clients = [
            threading.Thread(target=partial(client.get, "proxy/sales/search"))
            for client in (served.http, other)
        ]
        for client in clients:
            client.start()
        assert began.wait(10)
        dispatcher = served.server._dispatcher
        eventually(lambda: len(dispatcher._waiting) == 1)
        status, body = _raw(served, "POST", "/proxy/sales/search")
        assert (status, body["from"], body["code"]) == (503, "fake", "server_busy")
        go.set()
        for client in clients:
            client.join()


def test_closing_session_is_503_in_the_envelope(served: Served) -> None:
    """While it drains, each path is refused by whoever answers it."""
    contract = _mount(served)
    _custom(served, "count")
    connection = httpx.Client(base_url=served.url, trust_env=False)
    served.server._dispatcher.draining = True
    for method, path, speaker in (
        ("POST", "proxy/sales/search", "fake"),
        ("DELETE", "proxy/sales/search", "fake"),
        ("OPTIONS", "proxy/sales/search", "fake"),
        ("GET", "proxy/count", None),
        ("GET", "api/tables", None),
    ):
        answer = connection.request(method, path)
        assert (answer.status_code, answer.json().get("from")) == (503, speaker)
    assert {error.code for error in contract.refused} == {"server_draining"}
    connection.close()


@pytest.mark.parametrize(
    "broken", [RuntimeError("odd"), SystemExit(), "text", Response(iter("ab"))]
)
def test_contract_that_cannot_refuse_leaves_it_to_the_session(
    served: Served, broken: object, caplog: pytest.LogCaptureFixture
) -> None:
    """An envelope that fails is replaced by the usual form, with the status of the first error."""

    class Broken(Fake):
        def refuse(self, error: AtomliteError, *, status: int, trace_id: str | None) -> Response:
            del error, status, trace_id
            if isinstance(broken, BaseException):
                raise broken
            return cast("Response", broken)

    served.server.endpoints.mount(Broken())
    answer = served.http.delete("proxy/sales/search")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "endpoint_not_found")
    assert "`refuse` of the contract at /proxy/sales/search failed" in caplog.text
    assert served.http.post("proxy/sales/search").status_code == 200


def test_error_headers_that_cannot_be_sent_are_not(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """No header of an error ends the head early."""

    def fail(_request: Request) -> object:
        raise HttpError(400, "odd", "Odd.", headers={"X-Odd": "a\r\nSet-Cookie: b"})

    _mount(served, answer=fail)
    answer = served.http.get("proxy/sales/search")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "answer_not_serializable")
    assert "Set-Cookie" not in answer.headers
    assert caplog.records


# ---- preflight ---------------------------------------------------------------------------------


def test_contract_answers_its_preflight(served: Served) -> None:
    """200, empty, with its own headers; the server's own 204 where it has none."""
    granted = Response(headers={"Access-Control-Allow-Methods": "POST", "Content-Type": "a/b"})
    _mount(served, granted=granted)
    _mount(served, route="grid", name="grid")
    answer = served.http.options(
        "proxy/sales/search/", headers={"Access-Control-Request-Headers": "x-a"}
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Content-Length"] == "0"
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert (answer.headers["X-Asked"], answer.headers["Content-Type"]) == ("x-a", "a/b")
    own = served.http.options("proxy/grid")
    assert (own.status_code, own.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, POST, QUERY")


def test_preflight_for_a_callback_on_the_route_is_the_servers(served: Served) -> None:
    """Who answers the method that a page asks about answers the question, too."""
    _mount(served, granted=Response())
    _custom(served, "sales/search", "PUT")

    def asks(method: str) -> int:
        headers = {"Access-Control-Request-Method": method}
        return served.http.options("proxy/sales/search", headers=headers).status_code

    assert [asks("POST"), asks("PUT"), asks("DELETE")] == [200, 204, 200]


def test_preflight_of_an_unknown_path_is_404(served: Served) -> None:
    """In the envelope of the nearest contract; of a foreign host 403, in the usual form."""
    _mount(served, granted=Response())
    answer = served.http.options("proxy/sales/searhc")
    assert (answer.status_code, answer.json()["from"]) == (404, "fake")
    answer = served.http.options("proxy/sales/search", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "host_not_allowed")


def test_preflight_that_fails_is_500_in_the_envelope(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """The connection and the server go on."""

    class Broken(Fake):
        def preflight(self, headers: Headers) -> Response | None:
            raise RuntimeError(f"A secret of {len(headers)}.")

    served.server.endpoints.mount(Broken())
    answer = served.http.options("proxy/sales/search")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "secret" not in answer.text
    assert "A secret" in caplog.text
    assert served.http.get("proxy/sales/search").status_code == 200


# ---- origins -----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "QUERY"])
@pytest.mark.parametrize(
    ("origin", "status"), [(APP, 200), (APP.upper(), 200), (EVIL, 403), ("null", 403), ("own", 200)]
)
def test_contract_allows_origins_for_its_route(
    served: Served, method: str, origin: str, status: int
) -> None:
    """Its pages may call it, and read the answer; they may not call what is beside it."""
    _mount(served, origins=(f"{APP}/",))
    _custom(served, "sales/search", "PUT")
    own = served.url.rstrip("/")
    headers = {"Origin": own if origin == "own" else origin}
    answer = served.http.request(method, "proxy/sales/search", headers=headers)
    assert answer.status_code == status
    assert answer.headers["Vary"] == "Origin"
    if status == 403:
        assert (answer.json()["from"], answer.json()["code"]) == ("fake", "origin_not_allowed")
        assert "Access-Control-Allow-Origin" not in answer.headers
    elif origin != "own":
        assert answer.headers["Access-Control-Allow-Origin"] == headers["Origin"]
        assert "Atomlite-Ignored" in answer.headers["Access-Control-Expose-Headers"]
        beside = served.http.put("proxy/sales/search", headers=headers)
        assert (beside.status_code, beside.json()["error"]["code"]) == (403, "origin_not_allowed")
        assert "Access-Control-Allow-Origin" not in beside.headers


@pytest.mark.parametrize("origin", [EVIL, "null"])
def test_star_lets_every_origin_call_a_contract(served: Served, origin: str) -> None:
    """As far as its route goes, and no further."""
    _mount(served, origins=("*",))
    _mount(served, route="other")
    answer = served.http.post("proxy/sales/search", headers={"Origin": origin})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert served.http.post("proxy/other", headers={"Origin": origin}).status_code == 403


def test_origins_of_the_session_may_call_contracts(serve: Serve) -> None:
    """What the session allows everywhere, it allows here; preflights say so."""
    served = serve(cors_origins=[APP])
    _mount(served, origins=("https://second.example",))
    for origin, status in ((APP, 200), ("https://second.example", 200), (EVIL, 403)):
        answer = served.http.post("proxy/sales/search", headers={"Origin": origin})
        assert answer.status_code == status
        asked = {"Origin": origin, "Access-Control-Request-Method": "QUERY"}
        granted = served.http.options("proxy/sales/search", headers=asked).headers
        assert granted.get("Access-Control-Allow-Origin") == (origin if status == 200 else None)
        assert ("QUERY" in granted.get("Access-Control-Allow-Methods", "")) == (status == 200)


def test_contract_that_grants_for_itself_is_left_alone(serve: Serve) -> None:
    """An answer with an origin of its own gets no second one, and nothing that goes with it."""
    served = serve(cors_origins=[APP])
    own = Response("x", headers={"access-control-allow-origin": "*", "Vary": "Accept, origin"})
    _mount(served, origins=("*",), answer=lambda _: own)
    answer = served.http.post("proxy/sales/search", headers={"Origin": APP})
    assert answer.headers.get_list("Access-Control-Allow-Origin") == ["*"]
    assert "Access-Control-Expose-Headers" not in answer.headers
    assert answer.headers.get_list("Vary") == ["Accept, origin"]


@pytest.mark.parametrize(
    "hosts", [("Host: evil.example",), ("Host: localhost", "Host: evil.example"), ("X-None: 1",)]
)
@pytest.mark.parametrize("method", ["GET", "POST", "QUERY", "OPTIONS", "BREW"])
def test_a_contract_for_all_origins_has_its_host_checked(
    served: Served, method: str, hosts: tuple[str, ...]
) -> None:
    """A name that an attacker points at this machine is refused, whatever the contract allows."""
    calls: list[Request] = []
    _mount(served, origins=("*",), answer=calls.append, granted=Response())
    lines = [*hosts, "Origin: http://evil.example"]
    status, body = _raw(served, method, "/proxy/sales/search", *lines)
    assert status == (403 if len(hosts) == 1 and "evil" in hosts[0] else 400)
    assert "error" in body, "The usual form: nobody learns what is mounted."
    assert not calls


def test_query_is_no_safe_method(served: Served) -> None:
    """A callback may answer QUERY with its body; pages of other origins may not send it."""

    @served.endpoint("ask", "QUERY")
    def ask(request: Request, _user: object, _session: object, /) -> object:
        return [request.method, request.body]

    answer = served.http.request("QUERY", "proxy/ask", json={"a": 1})
    assert answer.json() == ["QUERY", {"a": 1}]
    refused = served.http.request("QUERY", "proxy/ask", json=1, headers={"Origin": EVIL})
    assert refused.json()["error"]["code"] == "origin_not_allowed"
    assert "QUERY /proxy/ask" in {span.name for span in served.last_trace().spans}
    assert served.http.get("proxy/ask").headers["Allow"] == "OPTIONS, QUERY"


# ---- answers -----------------------------------------------------------------------------------


def test_head_mirrors_get(served: Served) -> None:
    """Status and headers of GET, its length included, and no body."""
    page = Response(b"x" * 3000, headers={"ETag": '"7"', "Cache-Control": "private"})
    _mount(served, answer=lambda _: page)
    get = served.http.get("proxy/sales/search", headers={"Accept-Encoding": "identity"})
    head = served.http.head("proxy/sales/search", headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content) == (200, b"")
    differ = {"date", "server-timing"}
    assert {n: v for n, v in head.headers.items() if n not in differ} == {
        n: v for n, v in get.headers.items() if n not in differ
    }
    assert head.headers["Content-Length"] == "3000"
    assert head.headers["ETag"] == '"7"'
    assert head.headers["Cache-Control"] == "private"


def test_304_keeps_what_a_cache_needs(served: Served) -> None:
    """No body, no length and no type; ETag, Vary and Cache-Control as given."""
    headers = {"ETag": 'W/"7"', "Vary": "Accept", "Cache-Control": "private, no-cache"}
    _mount(served, answer=lambda _: Response({"rows": 1}, status=304, headers=headers))
    for method in ("GET", "HEAD"):
        answer = served.http.request(method, "proxy/sales/search")
        assert (answer.status_code, answer.content) == (304, b"")
        assert not {"content-length", "content-type", "transfer-encoding"} & set(answer.headers)
        sent = {**headers, "Vary": "Accept, Accept-Encoding"}
        assert {name: answer.headers[name] for name in sent} == sent
        assert answer.headers["Atomlite-Data-Version"] == "small.3"
    assert served.http.get("proxy/nope").status_code == 404, "The connection is in step."


@pytest.mark.parametrize(
    ("etag", "packed", "sent"),
    [('"7"', True, 'W/"7"'), ('W/"7"', True, 'W/"7"'), ('"7"', False, '"7"')],
)
def test_etag_of_a_compressed_answer_is_weak(
    served: Served, etag: str, packed: bool, sent: str
) -> None:
    """A strong one would say that the bytes are those of the plain answer."""
    page = Response("x" * 3000, headers={"etag": etag}, media_type="text/csv")
    _mount(served, answer=lambda _: page)
    for _ in range(2):
        coding = {"Accept-Encoding": "gzip" if packed else "identity"}
        answer = served.http.get("proxy/sales/search", headers=coding)
        assert answer.headers.get_list("ETag") == [sent]
        assert answer.text == "x" * 3000


def test_large_answers_vary_once(serve: Serve) -> None:
    """What the contract and the server say an answer depends on comes in one list."""
    served = serve(cors_origins=[APP])
    page = Response("x" * 3000, headers={"Vary": "Accept, accept-encoding"}, media_type="text/csv")
    _mount(served, answer=lambda _: page)
    answer = served.http.get("proxy/sales/search")
    assert answer.headers.get_list("Vary") == ["Accept, Accept-Encoding, Origin"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.text == "x" * 3000


def test_contract_may_stream(served: Served) -> None:
    """Rows in parts, as NDJSON or Arrow, go out as they come; HEAD gets the head alone."""
    _mount(served, answer=lambda _: Response(iter([{"a": 1}, {"a": 2}])))
    answer = served.http.get("proxy/sales/search")
    assert answer.headers["Transfer-Encoding"] == "chunked"
    assert answer.text == '{"a":1}\n{"a":2}\n'
    head = served.http.head("proxy/sales/search")
    assert (head.status_code, head.headers["Content-Type"]) == (200, "application/x-ndjson")


def test_contracts_are_traced_and_timed_as_callbacks_are(served: Served) -> None:
    """Route template, span names and `Server-Timing` are those of every endpoint."""
    _mount(served, route="by/{name}")
    answer = served.http.request("QUERY", "proxy/by/me/")
    trace = served.last_trace()
    assert trace.route == "/proxy/by/{name}"
    names = {span.name for span in trace.spans}
    assert names == {"QUERY /proxy/by/{name}", "Validate authorization", "Execute user callback"}
    assert ", callback;dur=" in answer.headers["Server-Timing"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_contract_may_answer_without_a_thread_of_its_own(served: Served) -> None:
    """`respond` may be a coroutine function, as a callback may."""

    class Coroutine(Fake):
        async def respond(self, request: Request, _user: object, _session: object, /) -> object:
            if request.method == "POST":
                raise InvalidSearch("Odd.", hint="")
            return "later"

    served.server.endpoints.mount(Coroutine())
    assert served.http.get("proxy/sales/search").json() == "later"
    assert served.http.post("proxy/sales/search").json()["from"] == "fake"


def test_session_mounts_contracts(session: Session) -> None:
    """`Session.mount` returns what it mounted; nothing is mounted once the session is closed."""
    contract = Fake(answer=lambda request: Response(request.raw_body.upper(), media_type="a/b"))
    assert session.mount(contract) is contract
    http = session.client.http_client
    assert http.request("QUERY", "proxy/sales/search/", content=b"a").content == b"A"
    assert list(session.endpoints) == [(method, "sales/search") for method in contract.methods]
    del session.endpoints["sales/search"]
    assert http.get("proxy/sales/search").json()["error"]["code"] == "endpoint_not_found"
    with pytest.raises(InvalidArgument, match="what can be mounted"):
        session.mount(session)  # type: ignore[type-var]
    session.close()
    with pytest.raises(SessionClosed):
        session.mount(contract)
