"""From what a callback returned to what the client receives.

>>> answer_for({"rows": 3}, accept="application/json").body
b'{"rows":3}'
>>> answer_for(None, accept=None).body
b'null'
"""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field

from atomlite.errors import AtomliteError, HttpError, NotAcceptable, error_body
from atomlite.http import frame_forms, frames, media_types
from atomlite.http.headers import check_header
from atomlite.http.json_text import json_bytes
from atomlite.http.responses import Response

_SMALLEST_COMPRESSED = 1024
_COMPRESSION_LEVEL = 5  # level 9 is three times slower, for one percent of size
_PLAIN = frozenset({bool, dict, float, int, list, str, type(None)})
_NOT_MODIFIED = 304
_WITHOUT_BODY = frozenset({204, 205, _NOT_MODIFIED})


@dataclass(slots=True)
class Answer:
    """What goes out: either a body that is ready, or items that are streamed.

    Args:
        body: The body; empty when ``items`` has it.
        media_type: Its ``Content-Type``; ``None`` when there is no body.
        status: HTTP status.
        headers: More headers.
        varies: Request headers that the form depends on, for ``Vary``.
        items: What a streamed answer consists of, not encoded yet; see `streams.form_of`.
    """

    body: bytes
    media_type: str | None = media_types.JSON
    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    varies: list[str] = field(default_factory=list)
    items: Iterator[object] | AsyncIterator[object] | None = None

    def compressed(self, accept_encoding: str | None) -> Answer:
        """Return this answer, its body in gzip where that pays and the client reads it."""
        if self.status == _NOT_MODIFIED:
            self.varies.append("Accept-Encoding")  # what it stands for may have
        if (
            len(self.body) < _SMALLEST_COMPRESSED
            or self.media_type is None
            or not media_types.is_compressible(self.media_type)
            or any(name.lower() == "content-encoding" for name, _ in self.headers)
        ):
            return self
        self.varies.append("Accept-Encoding")
        if media_types.accepts_gzip(accept_encoding):
            self.body = gzip.compress(self.body, _COMPRESSION_LEVEL, mtime=0)
            self.headers = [*map(_weak, self.headers), ("Content-Encoding", "gzip")]
        return self


def _weak(header: tuple[str, str]) -> tuple[str, str]:
    """Return a header; an ``ETag`` as a weak one, since other bytes have the strong one."""
    name, value = header
    return (name, f"W/{value}") if name.lower() == "etag" and value[:1] == '"' else header


def answer_for(value: object, accept: str | None) -> Answer:
    """Return the answer that says a value.

    Args:
        value: What a callback returned.
        accept: The client's ``Accept`` header.

    Raises:
        AnswerNotSerializable: The value has no form.
        NotAcceptable: It has forms, but none that the client accepts.
    """
    if type(value) not in _PLAIN:
        if isinstance(value, Response):
            return _answer_for_response(value, accept)
        if frames.is_frame(value):
            return _answer_for_frame(value, accept, None)
        if isinstance(value, (Iterator, AsyncIterator)):
            return _streamed(value, None)
    answer = Answer(json_bytes(value))
    if accept and media_types.choose([media_types.JSON], accept) is None:
        raise NotAcceptable(accept, [media_types.JSON])
    return answer


def _answer_for_response(response: Response, accept: str | None) -> Answer:
    answer = _answer_for_body(response.body, accept, response.media_type)
    answer.status = response.status
    answer.headers = response.header_pairs
    if response.status in _WITHOUT_BODY:
        answer.body, answer.media_type = b"", None
    return answer


def _answer_for_body(body: object, accept: str | None, media_type: str | None) -> Answer:
    if body is None:
        return Answer(b"", None)
    if isinstance(body, (bytes, bytearray, memoryview)):
        return Answer(bytes(body), media_type or media_types.BYTES)
    if frames.is_frame(body):
        return _answer_for_frame(body, accept, media_type)
    if isinstance(body, (Iterator, AsyncIterator)):
        return _streamed(body, media_type)
    if isinstance(body, str) and media_type is not None:
        return Answer(body.encode(), media_types.with_charset(media_type))
    answer = answer_for(body, accept if media_type is None else None)
    answer.media_type = media_type or answer.media_type
    return answer


def _answer_for_frame(frame: object, accept: str | None, media_type: str | None) -> Answer:
    form = media_types.essence(media_type or "")
    varies = [] if media_type else ["Accept"]
    if form not in media_types.TABULAR:
        chosen = media_types.choose(media_types.TABULAR, accept)
        if chosen is None:
            raise NotAcceptable(accept or "", media_types.TABULAR)
        form = chosen
    parts = frame_forms.parts(frame, form)
    media_type = media_types.with_charset(media_type or form)
    if frames.is_read_once(frame):
        return Answer(b"", media_type, items=parts, varies=varies)
    return Answer(b"".join(parts), media_type, varies=varies)


def _streamed(items: Iterator[object] | AsyncIterator[object], media_type: str | None) -> Answer:
    return Answer(b"", media_type, items=items, varies=[] if media_type else ["Accept"])


def answer_for_error(error: AtomliteError, trace_id: str | None) -> Answer:
    """Return the answer that tells a client of an error; always JSON, in the shape of all errors.

    Raises:
        InvalidArgument: The headers of an `HttpError` could not be sent safely.
        AnswerNotSerializable: Its details have no JSON form.

    >>> answer_for_error(HttpError(409, "taken", "The name is taken."), None).status
    409
    """
    status = error.status if isinstance(error, HttpError) else error.http_status
    headers: Mapping[str, str] = getattr(error, "headers", {})
    for name, value in headers.items():
        check_header(name, value)
    body = json_bytes(error_body(error, status=status, trace_id=trace_id))
    return Answer(body, status=status, headers=list(headers.items()))
