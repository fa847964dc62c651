"""What can be set about a session: frozen values, checked when made, with units and defaults.

>>> SessionConfig(port=70000)
Traceback (most recent call last):
...
atomlite.errors.InvalidConfiguration: port is 70000. It must be from 0 to 65535; 0 takes a free one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

from atomlite.errors import InvalidConfiguration

_MEMORY = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B|%)", re.IGNORECASE)
_PATH = re.compile(r"/[^?#{} ]*")
_ORIGIN = re.compile(
    r"\*|[a-z][a-z0-9+.-]*://([^\s/?#@:\[\]]+|\[[0-9a-f:.]+\])(:\d+)?/?", re.IGNORECASE
)
_BARE_NAME = re.compile(r"\*|[^\s/?#@:\[\]]+|\[?[0-9a-f]*:[0-9a-f:.]+\]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What the values of a field have in common.

    Args:
        expected: The same in words, after "It must be".
        holds: Whether a value is one of them.
    """

    expected: str
    holds: Callable[[object], bool]

    def check(self, owner: object, name: str) -> None:
        """Raise `InvalidConfiguration` when the value of a field is none of them."""
        value = getattr(owner, name)
        if not self.holds(value):
            raise InvalidConfiguration(name, value, self.expected)


def _check(owner: object, rules: Mapping[str, _Rule]) -> None:
    for name, rule in rules.items():
        rule.check(owner, name)


def _whole(least: int, most: float = math.inf) -> Callable[[object], bool]:
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and least <= v <= most


def _is_number(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value)  # type: ignore[arg-type] # a number, as just seen


def _text(pattern: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda v: isinstance(v, str) and bool(pattern.fullmatch(v))


def _optional(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda v: v is None or holds(v)


def _several(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    kinds = (Sequence, AbstractSet)
    return lambda v: isinstance(v, kinds) and not isinstance(v, str | bytes) and all(map(holds, v))


def _is_path(value: object) -> bool:
    return isinstance(value, str | Path) and str(value) not in ("", ".")


_COUNT = _Rule("a whole number greater than 0", _whole(1))
_SECONDS = _Rule("a number of seconds greater than 0", lambda v: _is_number(v) and v > 0)  # type: ignore[operator] # a number
_LIMITS = {
    "body_bytes": _COUNT,
    "header_bytes": _COUNT,
    "callback_seconds": _SECONDS,
    "query_seconds": _Rule(f"{_SECONDS.expected}, or None for no limit", _optional(_SECONDS.holds)),
    "stream_idle_seconds": _SECONDS,
    "connection_idle_seconds": _SECONDS,
    "concurrent_callbacks": _COUNT,
    "queued_requests": _COUNT,
    "drain_seconds": _Rule("a number of seconds, 0 or more", lambda v: _is_number(v) and v >= 0),  # type: ignore[operator] # a number
    "rejected_samples": _Rule("a whole number, 0 or more", _whole(0)),
    "cache_bytes": _Rule("a whole number, 0 or more", _whole(0)),
    "cube_seconds": _Rule(f"{_SECONDS.expected}, or None for no limit", _optional(_SECONDS.holds)),
    "cube_cells": _COUNT,
}
_TRACING = {
    "enabled": _Rule("True or False", lambda v: isinstance(v, bool)),
    "kept_traces": _COUNT,
    "kept_spans": _COUNT,
    "service_name": _Rule("a text, not empty", lambda v: isinstance(v, str) and bool(v)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds that are on by default, so that one caller cannot take the session from the others.

    Args:
        body_bytes: Largest request body, in bytes. Default 64 MiB. Larger bodies answer 413.
        header_bytes: Largest request head, in bytes. Default 64 KiB. Larger heads close the
            connection with 431.
        callback_seconds: Seconds from the request to the answer of a callback, or to the first part
            of a streamed one. Default 30. Then the request answers 504 and its queries are stopped.
        query_seconds: Seconds that one query from Python may take; ``None`` (default) for no limit.
            Within a callback, ``callback_seconds`` holds too.
        stream_idle_seconds: Seconds that a streamed answer may wait for its client to read. Default
            60. Then the connection is closed.
        connection_idle_seconds: Seconds that a connection may wait for its next request. Default
            300.
        concurrent_callbacks: Callbacks that run at once. Default 256. A request above it waits in
            the queue.
        queued_requests: Requests that wait for a callback thread. Default 1,024. More answer 503.
        drain_seconds: Seconds that ``close()`` waits for requests in flight. Default 5.
        rejected_samples: Rejected rows that a load report shows. Default 10.
        cache_bytes: Memory for finished results of searches over HTTP and of cube queries, in
            bytes. Default 64 MiB; 0 keeps none. The least recently used leave first.
        cube_seconds: Seconds that the engine may take for one query of a cube; ``None`` for no
            limit. Default 30.
        cube_cells: Cells, which are rows of a result, that one query of a cube may have. Default
            1,000,000. The error for more says what would fit.
    """

    body_bytes: int = 64 * 1024 * 1024
    header_bytes: int = 64 * 1024
    callback_seconds: float = 30.0
    query_seconds: float | None = None
    stream_idle_seconds: float = 60.0
    connection_idle_seconds: float = 300.0
    concurrent_callbacks: int = 256
    queued_requests: int = 1024
    drain_seconds: float = 5.0
    rejected_samples: int = 10
    cache_bytes: int = 64 * 1024 * 1024
    cube_seconds: float | None = 30.0
    cube_cells: int = 1_000_000

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        _check(self, _LIMITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingConfig:
    """What the session records of its own work.

    Args:
        enabled: Whether spans are recorded. Default True. The variable ``OTEL_SDK_DISABLED`` wins
            over it.
        kept_traces: Traces that ``session.traces`` keeps; older ones leave. Default 200.
        kept_spans: Spans that one kept trace may have; the rest are counted. Default 1,000.
        service_name: ``service.name`` of the resource when no provider of the user exists. Default
            ``"atomlite"``; ``OTEL_SERVICE_NAME`` wins over it.
    """

    enabled: bool = True
    kept_traces: int = 200
    kept_spans: int = 1000
    service_name: str = "atomlite"

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        _check(self, _TRACING)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """How a session listens, stores and limits.

    Args:
        host: Address to listen on. Default ``"127.0.0.1"``: this machine only.
        port: TCP port from 1 to 65535; 0 (default) takes a free one.
        base_path: Path under which everything is served, for a proxy that keeps it. Default
            ``"/"``.
        allowed_hosts: Names that the ``Host`` header may have, without port, besides the names of
            this machine's loopback and ``host`` itself; ``"*"`` allows all. Default: none. Others
            answer 403 (DNS rebinding).
        trusted_proxies: Addresses or networks (``"10.0.0.0/8"``) whose ``X-Forwarded-*`` headers
            are believed. Default: none.
        cors_origins: Origins (``"https://app.example"``) that a browser may call from; ``"*"``
            allows all. Default: none but the session's own.
        database: Path of the database file, created when missing; ``None`` (default) keeps data in
            memory.
        memory_limit: Memory of the engine, as ``"4GB"`` or ``"60%"``. Default: 80 % of the
            machine's.
        threads: Threads of the engine, from 1 to 1,024. Default: one per core.
        limits: See `Limits`.
        tracing: See `TracingConfig`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    base_path: str = "/"
    allowed_hosts: Sequence[str] = ()
    trusted_proxies: Sequence[str] = ()
    cors_origins: Sequence[str] = ()
    database: str | Path | None = None
    memory_limit: str | None = None
    threads: int | None = None
    limits: Limits = field(default_factory=Limits)
    tracing: TracingConfig = field(default_factory=TracingConfig)

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        _check(self, _SESSION)


_SESSION = {
    "host": _Rule("an address or a host name, as text", lambda v: isinstance(v, str)),
    "port": _Rule("from 0 to 65535; 0 takes a free one", _whole(0, 65535)),
    "base_path": _Rule('a path such as "/" or "/analytics"', _text(_PATH)),
    "allowed_hosts": _Rule(
        'a sequence of names without scheme and port, such as "app.example", or "*"',
        _several(_text(_BARE_NAME)),
    ),
    "trusted_proxies": _Rule(
        "a sequence of texts, not one text", _several(lambda v: isinstance(v, str))
    ),
    "cors_origins": _Rule(
        'a sequence of origins such as "https://app.example" or "http://localhost:3000", or "*"',
        _several(_text(_ORIGIN)),
    ),
    "database": _Rule("the path of a file, or None for memory", _optional(_is_path)),
    "memory_limit": _Rule('a size such as "4GB", "512MiB" or "60%"', _optional(_text(_MEMORY))),
    "threads": _Rule("a whole number from 1 to 1,024", _optional(_whole(1, 1024))),
    "limits": _Rule("made by `Limits`", lambda v: isinstance(v, Limits)),
    "tracing": _Rule("made by `TracingConfig`", lambda v: isinstance(v, TracingConfig)),
}
