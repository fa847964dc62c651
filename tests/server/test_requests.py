from __future__ import annotations

import json
import time

import pytest

from atomlite.config import Limits
from atomlite.http.requests import Request
from tests.server.serving import Serve, Served, eventually


def echo(served: Served) -> list[Request]:
    """Register an endpoint for POST that keeps what comes."""
    seen: list[Request] = []

    @served.endpoint("echo", "POST")
    def keep(request: Request, _user: object, _session: object, /) -> object:
        seen.append(request)
        return request.body

    return seen


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b'{"a": 1}', "application/json", 200, None),
        (b'{"a": 1}', None, 200, None),
        (b'{"a": 1}', "application/vnd.api+json; charset=utf-8", 200, None),
        (b'{"a": }', "application/json", 400, "invalid_json"),
        (b"\xff", "application/json", 400, "invalid_json"),
        (b"[" * 100_000, "application/json", 400, "invalid_json"),
        (b"[" * 5_000 + b"1" * 19, "application/json", 400, "invalid_json"),
        (b"1" * 5_000, "application/json", 400, "invalid_json"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "body_type_unsupported"),
        (b"", "text/plain", 200, None),
    ],
)
def test_bodies_are_json(
    served: Served, body: bytes, content_type: str | None, status: int, code: str | None
) -> None:
    """A body is JSON, by its type or without one; other types are 415, broken JSON is 400."""
    seen = echo(served)
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = served.http.post("proxy/echo", content=body, headers=headers)
    assert answer.status_code == status
    if code is None:
        assert [request.raw_body for request in seen] == [body]
    else:
        assert answer.json()["error"]["code"] == code
        assert not seen


def test_bad_json_says_where(served: Served) -> None:
    """The error of a body names line and column."""
    echo(served)
    answer = served.http.post("proxy/echo", content=b'{"a": 1,\n  oops}')
    assert answer.json()["error"]["details"] == {"line": 2, "column": 3}


def test_encoded_body_is_refused(served: Served) -> None:
    """A body with a Content-Encoding is refused rather than misread."""
    echo(served)
    answer = served.http.post("proxy/echo", content=b"1", headers={"Content-Encoding": "gzip"})
    assert answer.status_code == 415


def test_floats_beside_long_integers_are_read(served: Served) -> None:
    """A body with long integers may hold any other number."""
    echo(served)
    body = b"[12345678901234567890123, 1.5e3]"
    assert served.http.post("proxy/echo", content=body).json() == [12345678901234567890123, 1500.0]


def test_long_integers_of_a_body_keep_their_digits(served: Served) -> None:
    """Integers beyond 64 bits come and go exactly."""
    echo(served)
    number = 10**30 + 7
    assert served.http.post("proxy/echo", content=str(number).encode()).text == str(number)


def test_raw_endpoints_read_the_body_themselves(served: Served) -> None:
    """With body="raw" any body comes through as bytes."""

    @served.endpoint("raw", "PUT", body="raw")
    def raw(request: Request, _user: object, _session: object, /) -> list[object]:
        return [request.raw_body.decode(), request.content_type, request.body]

    answer = served.http.put("proxy/raw", content=b"a,b", headers={"Content-Type": "text/csv"})
    assert answer.json() == ["a,b", "text/csv", None]


def test_forms_come_as_files(served: Served) -> None:
    """With body="files" the parts of a form come with names, types and bytes; JSON is 415."""

    @served.endpoint("upload", "POST", body="files")
    def upload(request: Request, _user: object, _session: object, /) -> list[object]:
        return [[f.name, f.filename, f.content_type, len(f.content)] for f in request.files]

    files = {"data": ("møte.csv", b"a,b\r\n--x\r\n", "text/csv")}
    answer = served.http.post("proxy/upload", data={"note": "hei"}, files=files)
    assert answer.json() == [
        ["note", None, "text/plain", 3],
        ["data", "møte.csv", "text/csv", 10],
    ]
    assert served.http.post("proxy/upload", json=[]).status_code == 415


def test_body_over_the_limit_is_413_before_it_is_read(serve: Serve) -> None:
    """By its announced length a body is refused at once, and the client hears why."""
    served = serve(limits=Limits(body_bytes=1000))
    seen = echo(served)
    with served.connect() as connection:
        connection.sendall(
            b"POST /proxy/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1001\r\n"
            b"Expect: 100-continue\r\n\r\n"
        )
        head = connection.recv(65536)
    assert head.startswith(b"HTTP/1.1 413 "), "No part of the body was sent."
    assert b"100 (Continue)" not in head
    answer = served.http.post("proxy/echo", content=b"1" * 5_000_000)
    assert answer.status_code == 413
    assert answer.headers["Connection"] == "close"
    assert answer.json()["error"]["details"] == {"limit": 1000}
    assert served.http.post("proxy/echo", content=b"1" * 1000).status_code == 200
    assert len(seen) == 1


def test_chunked_body_over_the_limit_is_413(serve: Serve) -> None:
    """A body of unknown length is refused when it has grown too large."""
    served = serve(limits=Limits(body_bytes=1000))
    seen = echo(served)
    answer = served.http.post("proxy/echo", content=iter([b"1" * 600] * 1000))
    assert answer.status_code == 413
    assert not seen
    assert served.http.post("proxy/echo", content=iter([b"1"] * 10)).json() == 1_111_111_111


def test_head_over_the_limit_is_431(serve: Serve) -> None:
    """A head that is too large ends the connection with 431."""
    served = serve(limits=Limits(header_bytes=2000))
    request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 3000
    answer = served.raw(request)
    assert answer.startswith(b"HTTP/1.1 431 ")
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (body["status"], body["error"]["code"]) == (431, "head_too_large")
    assert served.http.get("health/live").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, "endpoint_not_found"),
        ("GET", "/proxy", 404, "endpoint_not_found"),
        ("GET", "/proxy/echo/", 404, "endpoint_not_found"),
        ("GET", "/proxy/numbers/ten", 404, "endpoint_not_found"),
        ("GET", "/proxy/echo", 405, "method_not_allowed"),
        ("DELETE", "/api/tables", 405, "method_not_allowed"),
        ("TRACE", "/proxy/echo", 405, "method_not_allowed"),
        ("BREW", "/proxy/echo", 405, "method_not_allowed"),
        ("GET", "/proxy/echo%zz", 400, "invalid_request"),
        ("GET", "/proxy/echo%ff", 400, "invalid_request"),
        ("GET", "/api/tables/Sale", 404, "table_not_found"),
        ("GET", "/" + "a/" * 20_000, 404, "endpoint_not_found"),
    ],
)
def test_what_nothing_answers_has_the_shape_of_all_errors(
    served: Served, method: str, path: str, status: int, code: str
) -> None:
    """Unknown paths, wrong methods and malformed paths answer JSON in the one error shape."""
    echo(served)

    @served.endpoint("numbers/{number:int}")
    def number(*_: object) -> None: ...

    request = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    head, _, body = served.raw(request.encode()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    answer = json.loads(body)
    assert answer["error"]["code"] == code
    assert answer["status"] == status
    assert set(answer["error"]) == {"code", "message", "hint", "details"}


def test_wrong_method_says_which_are_right(served: Served) -> None:
    """405 names the methods in Allow."""
    echo(served)
    answer = served.http.get("proxy/echo")
    assert answer.headers["Allow"] == "OPTIONS, POST"


def test_unknown_path_suggests_a_known_one(served: Served) -> None:
    """A path with a slip of the pen is told the right one."""

    @served.endpoint("tables/{name}/count")
    def count(*_: object) -> None: ...

    hint = served.http.get("proxy/tables/Sales/cuont").json()["error"]["hint"]
    assert hint == 'Did you mean "/proxy/tables/{name}/count"?'


def test_malformed_query_is_400(served: Served) -> None:
    """A query that is not well formed answers 400 when the callback asks for it."""

    @served.endpoint("query")
    def query(request: Request, _user: object, _session: object, /) -> dict[str, str]:
        return dict(request.query_parameters)

    assert served.http.get("proxy/query?a=%C3%B8&b").json() == {"a": "ø", "b": ""}
    assert served.http.get("proxy/query?a=%zz").status_code == 400
    assert served.http.get("proxy/query?a=%ff").status_code == 400


def test_any_number_of_paths_is_found(served: Served) -> None:
    """Paths that were found before are remembered, but not for ever, and not beyond a change."""

    @served.endpoint("numbers/{number:int}")
    def number(request: Request, _user: object, _session: object, /) -> object:
        return request.path_parameters["number"]

    known = served.server._dispatcher._routing._known
    for value in range(1_100):
        assert served.http.get(f"proxy/numbers/{value}").json() == value
        known = served.server._dispatcher._routing._known
        assert len(known) <= 1024
    assert len(known) < 100, "It has begun anew."


def test_base_path_comes_before_everything(serve: Serve) -> None:
    """With a base path nothing answers beside it, and the trace names the whole route."""
    served = serve(base_path="/analytics/")
    echo(served)
    assert served.http.post("proxy/echo", json=1).json() == 1
    assert served.last_trace().route == "/analytics/proxy/echo"
    assert served.http.get(f"http://127.0.0.1:{served.server.port}/health/live").status_code == 404
    assert served.http.get("health/live").json() == {"status": "live"}


def test_absolute_request_line_is_understood(served: Served) -> None:
    """The whole URL in the request line works, and its host is the one that counts."""
    line = b"GET http://localhost:1/api/version HTTP/1.1\r\n"
    end = b"Host: localhost\r\nConnection: close\r\n\r\n"
    assert served.raw(line + end).endswith(b'{"data":"small.3"}')
    assert b" 403 " in served.raw(line.replace(b"localhost", b"evil.example") + end)


def test_pipelined_requests_are_answered_in_order(served: Served) -> None:
    """Requests sent without waiting are answered one by one, in the order sent."""
    echo(served)
    one = b"POST /proxy/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
    stream = b"".join(one + b"\r\n%d" % n for n in range(5)) + one + b"Connection: close\r\n\r\n5"
    answers = served.raw(stream)
    bodies = [part.partition(b"\r\n\r\n")[2][:1] for part in answers.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [b"0", b"1", b"2", b"3", b"4", b"5"]


def test_http_1_0_is_served(served: Served) -> None:
    """A client of HTTP/1.0 gets its answer and the connection's end, or keeps it if it asks."""
    closed = served.raw(b"GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert b"Connection: close" in closed
    with served.connect() as connection:
        for _ in range(2):
            connection.sendall(
                b"GET /health/live HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"
            )
            assert b"Connection: keep-alive" in connection.recv(65536)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1, 2\r\n\r\n1",
        (
            b"POST /proxy/echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
        ),
        b"GET /health/live HTTP/1.1\r\nHost : localhost\r\n\r\n",
    ],
)
def test_ambiguous_messages_are_refused(served: Served, request_bytes: bytes) -> None:
    """What two readers could read in two ways answers 400 and ends the connection."""
    answer = served.raw(request_bytes)
    assert answer.startswith(b"HTTP/1.1 400 ")
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert (body["status"], body["error"]["code"]) == (400, "invalid_request")


def test_idle_connection_is_closed(serve: Serve) -> None:
    """A connection that waits too long for its next request, or trickles it, is closed."""
    served = serve(limits=Limits(connection_idle_seconds=0.2))
    with served.connect() as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: local")
        assert connection.recv(1) == b""
    with served.connect() as connection:
        connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert connection.recv(1) == b""
    eventually(lambda: not served.server._connections._open)


def test_own_endpoints_tell_of_health_version_and_tables(served: Served) -> None:
    """Every session answers for itself, and records those requests as any other."""
    assert served.http.get("health/live").json() == {"status": "live"}
    assert served.http.get("health/ready").json() == {"status": "ready"}
    assert served.http.get("api/version").json() == {"data": "small.3"}
    assert served.http.get("api/tables").json() == [{"name": "Sales", "row_count": 2}]
    assert served.http.get("api/tables/Sales").json() == {"name": "Sales", "row_count": 2}
    assert served.last_trace().route == "/api/tables/{name}"


def test_trace_of_a_request_shows_access_and_callback(served: Served) -> None:
    """The spans of a request nest as the seed's, and a caller's trace goes on."""
    echo(served)
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    served.http.post("proxy/echo", json=1, headers={"traceparent": parent})
    trace = served.last_trace()
    assert trace.trace_id == "0af7651916cd43dd8448eb211c80319c"
    names = {span.name for span in trace.spans}
    assert names == {"POST /proxy/echo", "Validate authorization", "Execute user callback"}


_HEAD = b"POST /proxy/echo HTTP/1.1\r\nHost: localhost\r\n"


@pytest.mark.parametrize(
    "request_bytes",
    [
        _HEAD + b"Content-Length: 1001\r\n\r\n" + b"1" * 1001,
        _HEAD + b"Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + b"1" * 1001 + b"\r\n0\r\n\r\n",
    ],
    ids=["length", "chunked"],
)
def test_refusal_arrives_though_the_body_came_with_the_head(
    serve: Serve, request_bytes: bytes
) -> None:
    """The connection closes after the 413, however soon the body has come."""
    served = serve(limits=Limits(body_bytes=1000))
    began = time.monotonic()
    for _ in range(5):
        answer = served.raw(request_bytes)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"body_too_large" in answer
    assert time.monotonic() - began < 2, "Nothing is awaited once the body has come."


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("proxy/echo/a/x", 'In "/proxy/echo/{id:int}/x", id must be an int.'),
        ("proxy/days/monday", 'In "/proxy/days/{day:date}", day must be a date.'),
        ("proxy/ehco/7/x", 'Did you mean "/proxy/echo/{id:int}/x"?'),
        ("echo/7/x", 'Did you mean "/proxy/echo/{id:int}/x"?'),
        ("proxy/files/", 'In "/proxy/files/{rest:path}", rest is empty.'),
        ("proxy/flies/a/b", 'Did you mean "/proxy/files/{rest:path}"?'),
        ("proxy/m/", 'Did you mean "/proxy/m"?'),
        ("proxy/nope", ""),
        ("proxy/", ""),
        ("nope", ""),
    ],
)
def test_hint_is_another_route_or_what_does_not_fit(served: Served, path: str, hint: str) -> None:
    """A hint never names the path that failed, and nothing that is far from it."""
    for route in ("echo/{id:int}/x", "days/{day:date}", "files/{rest:path}", "m"):
        served.endpoint(route)(lambda *_: None)
    assert served.http.get(path).json()["error"]["hint"] == hint


def test_form_sent_to_a_json_endpoint_is_told_how_to_read_it(served: Served) -> None:
    """The author of the endpoint learns the word that makes it read forms."""
    echo(served)
    answer = served.http.post("proxy/echo", files={"file": b"1"})
    assert answer.status_code == 415
    assert 'body="files"' in answer.json()["error"]["hint"]
