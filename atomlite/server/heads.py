"""The heads of answers: what every answer of a session carries."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from email.utils import formatdate

from atomlite.http.answers import Answer
from atomlite.http.headers import head_bytes
from atomlite.server.calls import Call
from atomlite.server.origins import Origins
from atomlite.server.served import ServedSession
from atomlite.types import Version

_EXPOSED = "Atomlite-Data-Version, Atomlite-Ignored, Content-Disposition, ETag, Server-Timing"


class Heads:
    """Makes the heads of one session's answers; from any thread.

    Args:
        session: Tells the version of the data.
        origins: Tell which pages may read answers.
    """

    def __init__(self, session: ServedSession, origins: Origins) -> None:
        self._session = session
        self._origins = origins
        self._cached: tuple[int, Version | None, tuple[tuple[str, str], ...]] = (0, None, ())

    def whole(self, call: Call, answer: Answer, *, close: bool) -> bytes:
        """Return head and body of an answer that is ready."""
        length = ("Content-Length", str(len(answer.body)))
        # 204 and 304 have no length, not even 0: RFC 9110 section 8.6. Nor has a stream, for HEAD.
        without = answer.status in {204, 304} or answer.items is not None
        head = self._head(call, answer, [] if without else [length], close=close)
        return head if call.exchange.method == "HEAD" else head + answer.body

    def streamed(self, call: Call, answer: Answer) -> bytes:
        """Return the head of an answer whose parts follow."""
        chunked = call.exchange.takes_chunks
        framing = [("Transfer-Encoding", "chunked")] if chunked else []
        return self._head(call, answer, framing, close=not chunked)

    def _head(
        self, call: Call, answer: Answer, framing: list[tuple[str, str]], *, close: bool
    ) -> bytes:
        total = (time.perf_counter() - call.began) * 1000
        callback = call.callback_seconds * 1000
        timing = f"total;dur={total:.2f}, callback;dur={callback:.2f}"
        pairs = [*self._common(), ("Server-Timing", timing)]
        if answer.media_type is not None:
            pairs.append(("Content-Type", answer.media_type))
        varies = answer.varies
        own: set[str] = set()
        if answer.headers:
            own = {name.lower() for name, _ in answer.headers}
            pairs = [pair for pair in pairs if pair[0].lower() not in own]
            pairs += [pair for pair in answer.headers if pair[0].lower() != "vary"]
            if "vary" in own:
                varies = [*_listed(answer.headers, "vary"), *varies]
        more = () if call.contract is None else call.contract.origins
        # An answer that grants for itself is left as it is, whoever asked for it.
        if (more or self._origins.grants) and "access-control-allow-origin" not in own:
            varies = [*varies, "Origin"]
            pairs += self._grant(call, more)
        if varies:
            pairs.append(("Vary", _joined(varies)))
        if close or not call.exchange.keeps_alive:
            pairs.append(("Connection", "close"))
        elif call.exchange.version == "HTTP/1.0":
            pairs.append(("Connection", "keep-alive"))
        return head_bytes(answer.status, pairs + framing)

    def _common(self) -> tuple[tuple[str, str], ...]:
        """Return what is the same for all answers of a second."""
        now, version = int(time.time()), self._session.version
        second, of, pairs = self._cached
        if second != now or of is not version:
            pairs = (
                ("Date", formatdate(now, usegmt=True)),
                ("Atomlite-Data-Version", str(version)),
                ("X-Content-Type-Options", "nosniff"),
                ("Cache-Control", "no-store"),
            )
            # What two threads can do to each other is to write the same second twice.
            self._cached = (now, version, pairs)
        return pairs

    def _grant(self, call: Call, more: Sequence[str]) -> list[tuple[str, str]]:
        origin = call.exchange.header("Origin")
        if origin is None or not self._origins.allows(origin, more):
            return []
        return [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", _EXPOSED),
        ]


def _listed(headers: Iterable[tuple[str, str]], sought: str) -> list[str]:
    """Return the values of a header that is a list, in whatever lines it was given."""
    values = [value for name, value in headers if name.lower() == sought]
    return [each.strip() for value in values for each in value.split(",")]


def _joined(names: Iterable[str]) -> str:
    """Return names as a list, each once, whatever its case."""
    return ", ".join({name.lower(): name for name in names}.values())
