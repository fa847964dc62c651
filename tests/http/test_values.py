from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from subprocess import run
from typing import cast

import pandas as pd
import pyarrow as pa
import pytest

from atomlite.errors import (
    AnswerNotSerializable,
    BodyTypeUnsupported,
    EndpointNotFound,
    InvalidArgument,
    InvalidRequest,
    InvalidRoute,
)
from atomlite.http import frame_forms, media_types
from atomlite.http.answers import answer_for
from atomlite.http.endpoints import BodyForm, Endpoints
from atomlite.http.headers import Headers, check_header
from atomlite.http.json_text import json_bytes
from atomlite.http.parameters import QueryParameters
from atomlite.http.requests import Request
from atomlite.http.responses import Response, ServerSentEvent
from atomlite.http.uploads import Upload, read_form
from atomlite.types import Method


def _nothing(_request: object, _user: object, _session: object, /) -> None: ...


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "application/json"),
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        ("text/*", "text/csv"),
        ("text/*;q=0.5, application/json;q=0.4", "text/csv"),
        ("text/csv;q=0, */*", "application/json"),
        ("application/json;q=0, */*;q=0.1", "text/csv"),
        ("TEXT/CSV", "text/csv"),
        ("text/csv;header=present;q=0.9", "text/csv"),
        ("text/csv;q=nonsense", None),
        ("text/csv;q=-1", None),
        ("text/csv;q=nan", None),
        ("image/png", None),
        ("application/json;q=0", None),
        (",,;", None),
    ],
)
def test_clients_choose_the_form(accept: str | None, chosen: str | None) -> None:
    """The most particular range that fits a type gives its weight, and the highest wins."""
    assert media_types.choose(["application/json", "text/csv"], accept) == chosen


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("GZIP;Q=0.1", True),
        ("br", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=0, *", False),
        ("identity", False),
    ],
)
def test_gzip_is_for_those_who_read_it(header: str | None, accepted: bool) -> None:
    """A weight of 0 is a no, and a star stands for all that is not named."""
    assert media_types.accepts_gzip(header) is accepted


def test_headers_ignore_case_and_keep_all_values() -> None:
    """A header is found in any case, and one that was sent twice has both values."""
    headers = Headers([("Accept", "a"), ("ACCEPT", "b"), ("X", "1")])
    assert headers["accept"] == "a, b"
    assert headers.get_all("Accept") == ["a", "b"]
    assert headers.get_all("none") == []
    assert "aCCept" in headers
    assert cast("str", 1) not in headers
    assert dict(headers) == {"accept": "a, b", "x": "1"}
    assert len(headers) == 2
    assert repr(headers) == "Headers({'accept': 'a, b', 'x': '1'})"
    with pytest.raises(KeyError):
        headers["none"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("X\r\nSet-Cookie", "a"), ("X Y", "a"), ("", "a"), ("X", "a\nb"), ("X", "a\0"), ("X", "日")],
)
def test_headers_that_could_split_an_answer_are_refused(name: str, value: str) -> None:
    """No line break or control character gets into a head."""
    with pytest.raises(InvalidArgument):
        check_header(name, value)
    with pytest.raises(InvalidArgument):
        Response(headers={name: value})


@pytest.mark.parametrize(
    "arguments",
    [
        {"status": 100},
        {"status": 600},
        {"headers": {"Content-Length": "3"}},
        {"headers": {"transfer-encoding": "chunked"}},
        {"media_type": "text/plain\r\nX: 1"},
    ],
)
def test_responses_that_cannot_be_sent_are_refused(arguments: dict[str, object]) -> None:
    """A status that is none, and headers that frame the message, are errors where they are made."""
    with pytest.raises(InvalidArgument):
        Response(**arguments)  # type: ignore[arg-type]


def test_events_cannot_be_split() -> None:
    """A line break in data starts a line of data, and in a name it is refused."""
    assert ServerSentEvent("a\r\nb\rc\n").encoded() == b"data: a\ndata: b\ndata: c\ndata: \n\n"
    assert ServerSentEvent().encoded() == b"data: \n\n"
    for field in ("event", "id"):
        with pytest.raises(InvalidArgument):
            ServerSentEvent("", **{field: "a\nb"})  # type: ignore[arg-type]


def test_query_is_a_mapping_to_first_values() -> None:
    """Repeated parameters keep their order, empty ones their place, plus signs are spaces."""
    query = QueryParameters("b=1&a=x+y&b=2&c=&d&%C3%B8=%F0%9F%98%80")
    assert dict(query) == {"b": "1", "a": "x y", "c": "", "d": "", "ø": "😀"}
    assert query.get_all("b") == ["1", "2"]
    assert query.get_all("z") == []
    assert len(query) == 5
    assert repr(QueryParameters("a=1")) == "QueryParameters({'a': ['1']})"
    with pytest.raises(InvalidRequest):
        QueryParameters("a=%")


def test_request_shows_what_it_is() -> None:
    """A request in a notebook's cell names its method and URL."""
    request = Request("GET", host="localhost:1", path="/proxy/a", query="b=1")
    assert repr(request) == "<Request GET http://localhost:1/proxy/a?b=1>"
    assert request.content_type == ""
    assert request.headers is request.headers
    assert request.query_parameters is request.query_parameters


FORM = b"""--x\r
Content-Disposition: form-data; name="a"\r
\r
one\r
--x\r
Content-Disposition: form-data; name="f"; filename="a \\"b\\".bin"\r
Content-Type: image/png\r
\r
\x00\r\n\xff\r
--x--\r
epilogue"""


def test_forms_are_read_exactly() -> None:
    """Names with quotes and contents with line breaks come out as they were."""
    parts = read_form('multipart/form-data; boundary="x"', b"preamble\r\n" + FORM)
    assert parts == (
        Upload("a", None, "text/plain", b"one"),
        Upload("f", 'a "b".bin', "image/png", b"\x00\r\n\xff"),
    )
    assert parts[0].text == "one"
    assert parts[1].text == "\x00\r\n�"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", FORM),
        ("multipart/form-data; boundary=y", FORM),
        ("multipart/form-data; boundary=x", FORM.partition(b"--x--")[0]),
        ("multipart/form-data; boundary=x", b"--x\r\nno head\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nA: b\r\n\r\nno name\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nA: " + b"b" * 20_000 + b"\r\n\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b"--x\r\nA: b\r\n\r\n\r\n" * 1_001 + b"--x--"),
    ],
)
def test_malformed_forms_are_refused(content_type: str, body: bytes) -> None:
    """A form that does not end, or has parts without names, is an error rather than a guess."""
    with pytest.raises(InvalidRequest):
        read_form(content_type, body)


def test_other_bodies_are_no_forms() -> None:
    """A body of another type is told which type a form has."""
    with pytest.raises(BodyTypeUnsupported, match="multipart/form-data"):
        read_form("application/json", b"{}")


def test_index_with_names_comes_as_columns() -> None:
    """Index levels with names are columns, others are left out, and column levels are joined."""
    index = pd.MultiIndex.from_tuples([(1, "a")], names=["year", None])
    frame = pd.DataFrame({("x", "sum"): [3]}, index=index)
    assert json_bytes(frame) == b'[{"year":1,"x_sum":3}]'
    assert json_bytes(pd.DataFrame({"x": [3]}, index=[9])) == b'[{"x":3}]'
    table = b"".join(frame_forms.parts(frame, media_types.CSV))
    assert table == b'"year","x_sum"\n1,3\n'


@pytest.mark.parametrize("frame", [pd.DataFrame(), pa.table({}), pd.DataFrame({"a": []})])
def test_empty_frames_have_every_form(frame: object) -> None:
    """A frame without rows is an empty list, and a file without rows."""
    assert json_bytes(frame) == b"[]"
    for media_type in media_types.TABULAR:
        assert isinstance(b"".join(frame_forms.parts(frame, media_type)), bytes)
    assert b"".join(frame_forms.parts(frame, media_types.JSON)) == b"[]"


def test_frames_without_a_form_say_so() -> None:
    """Mixed columns are fine as JSON and no Arrow; lists are no CSV; bytes are no JSON."""
    mixed = pd.DataFrame({"a": [1, "x"]})
    assert json_bytes(mixed) == b'[{"a":1},{"a":"x"}]'
    for frame, media_type in (
        (mixed, media_types.PARQUET),
        (pa.table({"a": [[1, 2]]}), media_types.CSV),
        (pa.table({"a": [b"x"]}), media_types.JSON),
    ):
        with pytest.raises(AnswerNotSerializable):
            list(frame_forms.parts(frame, media_type))


def test_nanoseconds_survive_in_records() -> None:
    """Times finer than Python's come as text with all digits."""
    table = pa.table({"t": pa.array([1], pa.time64("ns")), "s": pa.array([1], pa.timestamp("ns"))})
    assert json_bytes(table) == (
        b'[{"t":"00:00:00.000000001","s":"1970-01-01T00:00:00.000000001"}]'
    )


def test_endpoints_are_found_by_method_and_route() -> None:
    """The registry is a mapping; a route alone deletes all of its methods."""
    endpoints = Endpoints()
    methods: list[Method] = ["GET", "POST"]
    for method in methods:
        endpoints.register(_nothing, method=method, route="/a/{x}/")
    endpoints.register(_nothing, method="GET", route="b")
    assert list(endpoints) == [("GET", "a/{x}"), ("POST", "a/{x}"), ("GET", "b")]
    assert ("GET", "b") in endpoints
    assert endpoints["GET", "/b"].route == "b"
    del endpoints["GET", "b"]
    assert len(endpoints) == 2
    del endpoints["/a/{x}"]
    assert not endpoints
    with pytest.raises(EndpointNotFound, match="There are none yet"):
        del endpoints["a/{x}"]


def test_one_rule_reads_all_keys() -> None:
    """Slashes around a route do not count; a route alone stands for all of its methods."""
    endpoints = Endpoints()
    methods: list[Method] = ["GET", "POST"]
    for method in methods:
        endpoints.register(_nothing, method=method, route="a")
    endpoints.register(_nothing, method="GET", route="v")
    assert endpoints["v"] is endpoints["/v/"] is endpoints["GET", "/v"]
    keys: list[object] = ["v", "/a", ("GET", "/v/")]
    assert all(key in endpoints for key in keys)
    absent: object
    for absent in ("w", ("POST", "v"), ("GET",), 7):
        assert absent not in endpoints
        with pytest.raises(EndpointNotFound):
            endpoints[cast("str", absent)]
        with pytest.raises(EndpointNotFound):
            del endpoints[cast("str", absent)]
    with pytest.raises(EndpointNotFound, match=r'several methods: GET, POST. .*\["GET", "a"\]'):
        endpoints["a"]
    assert endpoints._ipython_key_completions_() == ["a", "v", *endpoints]


@pytest.mark.parametrize("route", ["proxy/a", "/proxy/a"])
def test_route_without_the_prefix_is_asked_for(route: str) -> None:
    """Who writes the path of the request is told what to write instead."""
    with pytest.raises(InvalidRoute, match='Write "a"'):
        Endpoints().register(_nothing, method="GET", route=route)


def test_tables_answer_their_rows() -> None:
    """What has columns and becomes Arrow is a frame, whatever it iterates over."""

    class Table:
        columns = ("n",)

        def __iter__(self) -> Iterator[str]:
            return iter(self.columns)

        def to_arrow(self) -> pa.Table:
            return pa.table({"n": [1, 2]})

    assert answer_for(Table(), None).body == b'[{"n":1},{"n":2}]'
    assert answer_for(Table(), "text/csv").body == b'"n"\n1\n2\n'
    assert answer_for({"rows": Table()}, None).body == b'{"rows":[{"n":1},{"n":2}]}'


def test_unknown_endpoint_suggests_a_known_one() -> None:
    """A slip of the pen is told what there is."""
    endpoints = Endpoints()
    endpoints.register(_nothing, method="GET", route="tables/count")
    with pytest.raises(EndpointNotFound, match=r'Did you mean "GET tables/count"\?'):
        endpoints["GET", "tables/cuont"]


@pytest.mark.parametrize(
    ("method", "body", "callback"),
    [("FETCH", "json", _nothing), ("GET", "xml", _nothing), ("GET", "json", lambda _request: None)],
)
def test_endpoints_that_cannot_work_are_refused(method: str, body: str, callback: object) -> None:
    """Unknown methods and bodies, and callbacks of another shape, are told in the cell."""
    assert callable(callback)
    with pytest.raises(InvalidArgument):
        Endpoints().register(
            callback, method=cast("Method", method), route="a", body=cast("BodyForm", body)
        )


def test_failed_registration_changes_nothing() -> None:
    """A route that is refused leaves the table as it was."""
    endpoints = Endpoints()
    endpoints.register(_nothing, method="GET", route="a/{x}")
    with pytest.raises(InvalidRoute):
        endpoints.register(_nothing, method="GET", route="a/{y}")
    assert list(endpoints) == [("GET", "a/{x}")]
    assert endpoints.table.find("GET", ["a", "1"]) is not None


def test_functions_without_a_signature_are_taken_at_their_word() -> None:
    """Some functions written in C tell no signature; they may be callbacks."""
    with pytest.raises(ValueError, match="signature"):
        inspect.signature(max)
    Endpoints().register(max, method="GET", route="largest")


def test_overview_escapes_what_users_wrote() -> None:
    """The table of a notebook shows routes, counts and errors, and runs nothing."""
    endpoints = Endpoints()
    endpoints.register(_nothing, method="GET", route="a")
    endpoint = endpoints["GET", "a"]
    endpoint.calls, endpoint.errors, endpoint.last_error = 2, 1, "ValueError: <script>"
    assert repr(endpoints) == (
        "1 endpoint\n  GET a  2 calls, 1 error, the last: ValueError: <script>"
    )
    html = endpoints._repr_html_()
    assert re.findall("<td[^>]*>([^<]*)</td>", html)[:4] == ["GET", "a", "2", "1"]
    assert "<script>" not in html


def test_data_libraries_are_not_loaded_for_plain_answers() -> None:
    """Until a frame comes, neither pandas nor pyarrow nor httpx is imported."""
    program = """
import sys
import atomlite.http.answers, atomlite.http.endpoints, atomlite.server.server, atomlite.client
from atomlite.http.answers import answer_for
assert answer_for({"a": [1, {2}]}, None).body == b'{"a":[1,[2]]}'
assert not {"pandas", "pyarrow", "numpy", "httpx"} & set(sys.modules), sorted(sys.modules)
"""
    run([sys.executable, "-c", program], check=True, timeout=60)
