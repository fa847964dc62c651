"""What a callback can return to say more than a value says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from atomlite.errors import InvalidArgument
from atomlite.http.headers import check_header
from atomlite.http.json_text import json_bytes


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with a status, headers or a media type of its own.

    Args:
        body: Anything that a callback can return; bytes go out as they are, and so does text when
            ``media_type`` is given. ``None`` (default) is an empty body.
        status: HTTP status from 200 to 599. Default 200.
        headers: More headers; they replace what the server would send, but for those that frame the
            message. A sequence of pairs can give a name twice, as for cookies.
        media_type: The ``Content-Type``. Default: by the body and the client's ``Accept``.

    Raises:
        InvalidArgument: The status is no status, or a header could not be sent safely.

    >>> Response({"id": 7}, status=201, headers={"Location": "/things/7"}).status
    201
    """

    body: object = None
    status: int = 200
    headers: Mapping[str, str] | tuple[tuple[str, str], ...] = field(default_factory=dict)
    media_type: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be sent."""
        if not 200 <= self.status <= 599:  # noqa: PLR2004 -- final answers, RFC 9110 section 15
            raise InvalidArgument("status", self.status, "an HTTP status from 200 to 599")
        for name, value in self.header_pairs:
            check_header(name, value)
        if self.media_type is not None:
            check_header("Content-Type", self.media_type)

    @property
    def header_pairs(self) -> list[tuple[str, str]]:
        """The headers as pairs."""
        pairs = self.headers.items() if isinstance(self.headers, Mapping) else self.headers
        return list(pairs)


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    r"""One event of a stream that a browser reads with ``EventSource``.

    Args:
        data: Text as it is; anything else as JSON.
        event: Name of the event; ``None`` is the browser's ``"message"``.
        id: What the browser sends as ``Last-Event-ID`` when it connects again.
        retry: Milliseconds that the browser waits before it does.

    >>> ServerSentEvent({"rows": 3}, event="loaded").encoded()
    b'event: loaded\ndata: {"rows":3}\n\n'
    """

    data: object = ""
    event: str | None = None
    id: str | None = None
    retry: int | None = None

    def __post_init__(self) -> None:
        """Refuse names that would end the line that they stand on."""
        for name in ("event", "id"):
            value = getattr(self, name)
            if value is not None and any(character in value for character in "\r\n\0"):
                raise InvalidArgument(name, value, "one line of text")

    def encoded(self) -> bytes:
        """Return the event as it goes over the wire."""
        text = self.data if isinstance(self.data, str) else json_bytes(self.data).decode()
        fields = [("event", self.event), ("id", self.id), ("retry", self.retry)]
        lines = [f"{name}: {value}" for name, value in fields if value is not None]
        # The standard ends a line at any of CR LF, LF and CR, and at nothing else.
        data = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        lines += [f"data: {line}" for line in data]
        return ("\n".join(lines) + "\n\n").encode()
