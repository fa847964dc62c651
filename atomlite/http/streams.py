r"""The form of a streamed answer, which its first item decides.

- Bytes and text go out as they are.
- `ServerSentEvent` objects are events, and so is anything for a client that asks for
  ``text/event-stream``.
- Everything else is NDJSON: one JSON text a line.

>>> form = form_of({"rows": 1}, accept=None, media_type=None)
>>> form.media_type, form.encode({"rows": 2})
('application/x-ndjson', b'{"rows":2}\n')
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from atomlite.errors import AnswerNotSerializable, NotAcceptable
from atomlite.http import media_types
from atomlite.http.json_text import json_bytes
from atomlite.http.responses import ServerSentEvent


@dataclass(frozen=True, slots=True)
class StreamForm:
    """How the items of a stream become bytes.

    Args:
        media_type: The ``Content-Type``.
        encode: Returns the bytes of one item; raises `AnswerNotSerializable` when it has none.
    """

    media_type: str
    encode: Callable[[object], bytes]


def form_of(first: object, *, accept: str | None, media_type: str | None) -> StreamForm:
    """Return the form of a stream.

    Args:
        first: Its first item; ``None`` for a stream without any.
        accept: The client's ``Accept`` header.
        media_type: What the callback asked for, if it did.

    Raises:
        NotAcceptable: The client does not accept this form.
    """
    if media_type is not None:
        kind = media_types.essence(media_type)
        return StreamForm(media_types.with_charset(media_type), _ENCODERS.get(kind, _as_it_is))
    if isinstance(first, (bytes, bytearray, memoryview)):
        form = media_types.BYTES
    elif isinstance(first, ServerSentEvent) or media_types.names(accept, media_types.EVENT_STREAM):
        form = media_types.EVENT_STREAM
    elif isinstance(first, str):
        form = media_types.TEXT
    else:
        form = media_types.NDJSON
    if media_types.choose([form], accept) is None:
        raise NotAcceptable(accept or "", [form])
    return StreamForm(media_types.with_charset(form), _ENCODERS.get(form, _as_it_is))


def _as_it_is(item: object) -> bytes:
    if isinstance(item, str):
        return item.encode()
    if isinstance(item, (bytes, bytearray, memoryview)):
        return bytes(item)
    raise AnswerNotSerializable(
        f"A stream of text or bytes yielded an item of type {type(item).__qualname__}.",
        hint="Yield items of one kind, or name the form: `Response(items, media_type=...)`.",
    )


def _as_line(item: object) -> bytes:
    # Bytes are parts of a frame, or lines that the callback made itself.
    return bytes(item) if isinstance(item, bytes) else json_bytes(item) + b"\n"


def _as_event(item: object) -> bytes:
    return (item if isinstance(item, ServerSentEvent) else ServerSentEvent(item)).encoded()


_ENCODERS: dict[str, Callable[[object], bytes]] = {
    media_types.NDJSON: _as_line,
    media_types.EVENT_STREAM: _as_event,
}
