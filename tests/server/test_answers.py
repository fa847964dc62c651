from __future__ import annotations

import gzip
import io
import json
import time
from collections.abc import Iterator
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from atomlite.config import Limits
from atomlite.errors import (
    AtomliteError,
    ColumnNotFound,
    DeadlineExceeded,
    HttpError,
    InvalidArgument,
    InvalidJson,
    OutOfMemory,
    QueryFailed,
    RowsRejected,
    SessionClosed,
    SourceNotFound,
    TableNotFound,
    UnexpectedColumns,
    WrongType,
)
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.security.users import ANONYMOUS
from tests.server.serving import Serve, Served


def test_callback_receives_request_user_and_session(served: Served) -> None:
    """All three arguments are what their names say, and typed path parameters are converted."""
    seen: list[object] = []

    @served.endpoint("tables/{name}/rows/{id:int}", "POST")
    def keep(request: Request, user: object, session: object, /) -> None:
        seen.extend([request, user, session])

    answer = served.http.post(
        "proxy/tables/My%20sales%2F2024/rows/7?x=1&x=2", json=[1], headers={"X-Tag": "a"}
    )
    request = seen[0]
    assert isinstance(request, Request)
    assert answer.json() is None
    assert request.path_parameters == {"name": "My sales/2024", "id": 7}
    assert request.query_parameters.get_all("x") == ["1", "2"]
    assert (request.method, request.body, request.raw_body) == ("POST", [1], b"[1]")
    assert (request.headers["x-tag"], request.content_type) == ("a", "application/json")
    assert request.url == f"{served.url}proxy/tables/My%20sales%2F2024/rows/7?x=1&x=2"
    assert request.client_address == "127.0.0.1"
    assert seen[1:] == [ANONYMOUS, served.session]


def test_nothing_is_null_and_values_are_json(served: Served) -> None:
    """A callback that returns nothing answers null, and long numbers keep their digits."""
    values = {"nothing": None, "long": 2**70, "decimal": Decimal("1.10")}

    @served.endpoint("values/{name}")
    def value(request: Request, _user: object, _session: object, /) -> object:
        return values[str(request.path_parameters["name"])]

    assert served.http.get("proxy/values/nothing").content == b"null"
    assert served.http.get("proxy/values/long").content == b"1180591620717411303424"
    assert served.http.get("proxy/values/decimal").content == b'"1.10"'


def test_every_answer_names_data_version_date_and_timing(served: Served) -> None:
    """Answers carry the version of the data, when they were made, and how long that took."""
    headers = served.http.get("health/live").headers
    assert headers["Atomlite-Data-Version"] == "small.3"
    assert headers["Date"].endswith("GMT")
    assert headers["Server-Timing"].startswith("total;dur=")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_response_sets_status_headers_and_media_type(served: Served) -> None:
    """A Response says more than its body, and its headers win over the server's."""

    @served.endpoint("made", "POST")
    def made(*_: object) -> Response:
        cookies = (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Cache-Control", "max-age=9"))
        return Response("<p>", status=201, headers=cookies, media_type="text/html")

    answer = served.http.post("proxy/made")
    assert (answer.status_code, answer.text) == (201, "<p>")
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers.get_list("Set-Cookie") == ["a=1", "b=2"]
    assert answer.headers.get_list("Cache-Control") == ["max-age=9"]


def test_response_carries_whatever_a_callback_can_return(served: Served) -> None:
    """The body of a Response is a value, a frame or a stream, in the form that it names."""
    bodies = {
        "value": Response({"a": 1}, media_type="application/problem+json"),
        "text": Response("a"),
        "frame": Response(pd.DataFrame({"a": [1]}), media_type="text/csv; header=present"),
        "chosen": Response(pd.DataFrame({"a": [1]})),
        "stream": Response(iter([{"a": 1}])),
        "events": Response(iter(["a"]), media_type="text/event-stream"),
    }

    @served.endpoint("bodies/{name}")
    def body(request: Request, _user: object, _session: object, /) -> Response:
        return bodies[str(request.path_parameters["name"])]

    def get(name: str) -> tuple[str, str]:
        answer = served.http.get(f"proxy/bodies/{name}", headers={"Accept": "application/*"})
        return answer.headers["Content-Type"], answer.text

    assert get("value") == ("application/problem+json", '{"a":1}')
    assert get("text") == ("application/json", '"a"')
    assert get("frame") == ("text/csv; header=present; charset=utf-8", '"a"\n1\n')
    assert get("chosen") == ("application/json", '[{"a":1}]')
    assert get("stream") == ("application/x-ndjson", '{"a":1}\n')
    assert get("events") == ("text/event-stream; charset=utf-8", "data: a\n\n")


def test_empty_responses_have_no_body(served: Served) -> None:
    """A Response without a body is empty rather than null; 204 has not even a length."""

    @served.endpoint("empty/{status:int}")
    def empty(request: Request, _user: object, _session: object, /) -> Response:
        return Response(status=int(str(request.path_parameters["status"])))

    created, nothing = served.http.get("proxy/empty/201"), served.http.get("proxy/empty/204")
    assert (created.content, created.headers["Content-Length"]) == (b"", "0")
    assert nothing.content == b""
    assert "Content-Length" not in nothing.headers
    assert served.http.get("proxy/empty/201").status_code == 201, "The connection is in step."


FRAME = pd.DataFrame({"city": ["Oslo", None], "rows": [1, 2]})


@pytest.mark.parametrize("frame", [FRAME, pa.Table.from_pandas(FRAME)])
def test_frames_come_in_the_form_that_is_accepted(served: Served, frame: object) -> None:
    """A frame is JSON records by default, and CSV, NDJSON, Arrow or Parquet when asked for."""

    @served.endpoint("frame")
    def send(*_: object) -> object:
        return frame

    def get(accept: str) -> bytes:
        answer = served.http.get("proxy/frame", headers={"Accept": accept})
        assert answer.status_code == 200, answer.text
        assert answer.headers["Vary"].split(", ")[0] == "Accept"
        assert answer.headers["Content-Type"].startswith(accept.replace("*/*", "application/json"))
        return answer.content

    records = [{"city": "Oslo", "rows": 1}, {"city": None, "rows": 2}]
    assert json.loads(get("*/*")) == records
    assert [json.loads(line) for line in get("application/x-ndjson").splitlines()] == records
    assert get("text/csv") == b'"city","rows"\n"Oslo",1\n,2\n'
    stream = pa.ipc.open_stream(get("application/vnd.apache.arrow.stream"))
    assert stream.read_all().to_pylist() == records
    parquet = get("application/vnd.apache.parquet")
    assert pq.read_table(io.BytesIO(parquet)).to_pylist() == records


def test_reader_is_streamed(served: Served) -> None:
    """A frame that is read once goes out batch by batch, in whichever form."""
    batches = 40

    @served.endpoint("reader")
    def send(*_: object) -> pa.RecordBatchReader:
        batch = pa.record_batch({"n": list(range(1000))})
        return pa.RecordBatchReader.from_batches(batch.schema, iter([batch] * batches))

    for accept in ("application/json", "application/vnd.apache.arrow.stream", "text/csv"):
        answer = served.http.get("proxy/reader", headers={"Accept": accept})
        assert answer.headers["Transfer-Encoding"] == "chunked"
        if accept == "application/json":
            assert [row["n"] for row in answer.json()] == list(range(1000)) * batches
    parquet = served.http.get("proxy/reader", headers={"Accept": "application/vnd.apache.parquet"})
    assert pq.read_table(io.BytesIO(parquet.content)).num_rows == 1000 * batches


def test_what_the_client_does_not_accept_is_406(served: Served) -> None:
    """An answer without an acceptable form says which forms there are, as JSON all the same."""

    @served.endpoint("value")
    def value(*_: object) -> int:
        return 1

    @served.endpoint("frame")
    def frame(*_: object) -> pd.DataFrame:
        return FRAME

    for path, available in (("value", 1), ("frame", 5)):
        answer = served.http.get(f"proxy/{path}", headers={"Accept": "image/png"})
        assert answer.status_code == 406
        assert len(answer.json()["error"]["details"]["available"]) == available


def test_large_answers_are_compressed_where_accepted(served: Served) -> None:
    """From 1 KiB on an answer varies by Accept-Encoding, and is gzip for those who read it."""

    @served.endpoint("text/{length:int}")
    def text(request: Request, _user: object, _session: object, /) -> str:
        return "x" * int(str(request.path_parameters["length"]))

    small = served.http.get("proxy/text/10", headers={"Accept-Encoding": "gzip"})
    plain = served.http.get("proxy/text/5000", headers={"Accept-Encoding": "identity"})
    packed = served.http.get("proxy/text/5000", headers={"Accept-Encoding": "br;q=1, gzip;q=0.5"})
    assert "Content-Encoding" not in small.headers
    assert "Vary" not in small.headers
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) < 200
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert plain.json() == packed.json() == "x" * 5000


def test_what_is_compressed_already_is_left_alone(served: Served) -> None:
    """Images, and bodies with an encoding of their own, are not compressed again."""
    packed = gzip.compress(b"y" * 5000)

    @served.endpoint("image")
    def image(*_: object) -> Response:
        return Response(bytes(5000), media_type="image/png")

    @served.endpoint("packed")
    def own(*_: object) -> Response:
        return Response(
            packed + bytes(0), headers={"Content-Encoding": "gzip"}, media_type="text/plain"
        )

    assert "Content-Encoding" not in served.http.get("proxy/image").headers
    assert served.http.get("proxy/packed").text == "y" * 5000


def test_head_is_get_without_the_body(served: Served) -> None:
    """HEAD has the head of GET, its length included, and nothing after it."""

    @served.endpoint("text")
    def text(*_: object) -> str:
        return "x" * 2000

    @served.endpoint("stream")
    def stream(*_: object) -> Iterator[str]:
        yield "x"

    get = served.http.get("proxy/text", headers={"Accept-Encoding": "identity"})
    head = served.http.head("proxy/text", headers={"Accept-Encoding": "identity"})
    assert head.content == b""
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == "2002"
    assert served.http.head("proxy/stream").headers["Content-Type"].startswith("text/plain")
    assert served.http.head("health/live").status_code == 200
    assert served.http.head("proxy/nothing").status_code == 404


def test_options_names_the_methods(served: Served) -> None:
    """OPTIONS answers 204 and what the path answers, without calling anything."""

    @served.endpoint("thing", "PUT")
    @served.endpoint("thing")
    def thing(*_: object) -> None:
        pytest.fail("It was called.")

    answer = served.http.options("proxy/thing")
    assert (answer.status_code, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS, PUT")
    whole = served.raw(b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert b"Allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, QUERY" in whole
    assert served.http.options("proxy/nothing").status_code == 404


def test_http_error_answers_what_it_says(served: Served) -> None:
    """Status, code, message, hint, details and headers of an HttpError reach the client."""

    @served.endpoint("closed")
    def closed(*_: object) -> None:
        raise HttpError(
            409,
            "month_closed",
            "The month is closed.",
            hint="Reopen it.",
            details={"month": 3},
            headers={"Retry-After": "60"},
        )

    answer = served.http.get("proxy/closed")
    body = answer.json()
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "60")
    assert body["error"] == {
        "code": "month_closed",
        "message": "The month is closed.",
        "hint": "Reopen it.",
        "details": {"month": 3},
    }
    assert body["status"] == 409
    assert body["trace_id"] == served.last_trace().trace_id


def test_error_of_the_session_keeps_its_status_and_code(served: Served) -> None:
    """What a session call raises inside a callback is the client's answer."""

    @served.endpoint("tables/{name}/count")
    def count(request: Request, _user: object, session: object, /) -> object:
        return session.describe_table(request.path_parameters["name"])  # type: ignore[attr-defined]

    answer = served.http.get("proxy/tables/Sale/count")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "table_not_found"
    assert answer.json()["error"]["hint"] == 'Did you mean "Sales"?'


@pytest.mark.parametrize(
    "error",
    [
        ColumnNotFound("secret", table="Sales", known=["Price"]),
        InvalidArgument("secret", 1, "2"),
        QueryFailed("secret"),
        SourceNotFound("secret.csv"),
        WrongType("secret"),
    ],
    ids=lambda error: error.code,
)
def test_error_that_is_the_endpoints_mistake_says_nothing(
    served: Served, error: AtomliteError, caplog: pytest.LogCaptureFixture
) -> None:
    """What its author did wrong is no news for the client, though the error has a status."""

    @served.endpoint("wrong")
    def wrong(*_: object) -> None:
        raise error

    answer = served.http.get("proxy/wrong")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert answer.json()["trace_id"] == served.last_trace().trace_id
    assert "secret" not in answer.text
    assert "Traceback" in caplog.text
    endpoint = served.server.endpoints["wrong"]
    assert endpoint.errors == 1
    assert endpoint.last_error is not None
    assert "secret" in endpoint.last_error


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (RowsRejected("Sales", rows_in=2, rejected=1, reasons=["Row 1."]), 422),
        (UnexpectedColumns("Odd.", hint=""), 422),
        (TableNotFound("Sale", known=[]), 404),
        (DeadlineExceeded("The query", 1, "limits.query_seconds"), 504),
        (OutOfMemory("full"), 507),
        (SessionClosed(), 503),
        (InvalidJson("odd"), 400),
    ],
    ids=lambda value: getattr(value, "code", ""),
)
def test_error_that_a_client_can_act_on_speaks(
    served: Served, error: AtomliteError, status: int
) -> None:
    """Few errors of atomlite leave a callback with their status; refused data is seen, too."""

    @served.endpoint("refused")
    def refused(*_: object) -> None:
        raise error

    answer = served.http.get("proxy/refused")
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == error.code
    endpoint = served.server.endpoints["refused"]
    assert endpoint.errors == (status >= 500)
    assert (endpoint.last_error is None) == (status == 400)


@pytest.mark.usefixtures("caplog")
def test_time_of_a_callback_is_told_when_it_fails(serve: Serve) -> None:
    """`Server-Timing` counts what a failed callback, and one that hangs, took."""
    served = serve(limits=Limits(callback_seconds=0.2))

    @served.endpoint("fails")
    def fails(*_: object) -> None:
        time.sleep(0.1)
        raise RuntimeError

    @served.endpoint("hangs")
    def hangs(*_: object) -> None:
        time.sleep(0.4)

    for path, least in (("fails", 100), ("hangs", 150)):
        timing = served.http.get(f"proxy/{path}").headers["Server-Timing"]
        assert float(timing.rpartition("callback;dur=")[2]) >= least
    timing = served.http.get("nowhere").headers["Server-Timing"]
    assert timing.endswith("callback;dur=0.00")


def test_other_errors_are_500_without_internals(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """The client learns a trace id; type, text and traceback stay in the log and the trace."""

    @served.endpoint("broken")
    def broken(*_: object) -> None:
        message = "secret of the house"
        raise RuntimeError(message)

    answer = served.http.get("proxy/broken")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "internal_error"
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    trace = served.last_trace()
    assert answer.json()["trace_id"] == trace.trace_id
    assert "secret of the house" in str(trace)
    assert f"trace {trace.trace_id}" in caplog.text
    assert "secret of the house" in caplog.text
    endpoint = served.server.endpoints["GET", "broken"]
    assert (endpoint.calls, endpoint.errors) == (1, 1)
    assert endpoint.last_error == "RuntimeError: secret of the house"


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt(), GeneratorExit()])
def test_not_even_exit_ends_a_worker(
    served: Served, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """A callback that raises what is no Exception answers 500, and the server goes on."""

    @served.endpoint("exit")
    def leave(*_: object) -> None:
        raise error

    assert served.http.get("proxy/exit").status_code == 500
    assert served.http.get("health/live").status_code == 200
    assert "failed" in caplog.text


def test_value_without_json_form_names_its_place(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """The error says where in the answer the value is."""

    @served.endpoint("odd")
    def odd(*_: object) -> object:
        return {"rows": [1, {"file": b"bytes"}]}

    answer = served.http.get("proxy/odd")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "answer_not_serializable"
    assert answer.json()["error"]["details"]["path"] == "answer['rows'][1]['file']"
    assert "JSON form" in caplog.text


def test_error_that_cannot_be_sent_is_an_error_itself(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Details without a JSON form, and headers with a line break, answer 500 and say so."""

    @served.endpoint("details")
    def details(*_: object) -> None:
        raise HttpError(400, "odd", "Odd.", details={"file": b"bytes"})

    @served.endpoint("headers")
    def headers(*_: object) -> None:
        raise HttpError(400, "odd", "Odd.", headers={"X-Odd": "a\r\nSet-Cookie: b"})

    @served.endpoint("framing")
    def framing(*_: object) -> None:
        raise HttpError(400, "odd", "Odd.", headers={"Content-Length": "1"})

    for path in ("details", "headers", "framing"):
        answer = served.http.get(f"proxy/{path}")
        assert answer.status_code == 500
        assert "Set-Cookie" not in answer.headers
        assert answer.json()["error"]["code"] == "answer_not_serializable"
    assert caplog.records


def test_large_answer_arrives_whole(served: Served) -> None:
    """An answer of many slices comes as it was made."""
    body = bytes(range(256)) * 40_000

    @served.endpoint("large")
    def large(*_: object) -> Response:
        return Response(body)

    assert served.http.get("proxy/large", headers={"Accept-Encoding": "identity"}).content == body


@pytest.mark.parametrize("accept", ["application/json", "text/csv", "application/x-ndjson"])
def test_a_frame_with_two_columns_of_one_name_is_refused(
    served: Served, accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One of the two would be lost, or the form would fail on its own words."""

    @served.endpoint("twice")
    def twice(*_: object) -> pd.DataFrame:
        return pd.DataFrame([[1, 2]], columns=["a", "a"])

    answer = served.http.get("proxy/twice", headers={"Accept": accept})
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "answer_not_serializable")
    assert "two columns have one name" in caplog.text
