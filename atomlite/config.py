"""What can be set about a session: frozen values, checked when made, with units and defaults.

>>> SessionConfig(port=70000)
Traceback (most recent call last):
...
atomlite.errors.InvalidConfiguration: port is 70000. It must be from 0 to 65535; 0 takes a free one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from atomlite.errors import InvalidConfiguration

_MOST_THREADS = 1024
_MEMORY = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B|%)", re.IGNORECASE)


def _positive(owner: object, *names: str) -> None:
    for name in names:
        value = getattr(owner, name)
        if not value > 0:
            raise InvalidConfiguration(name, value, "greater than 0")


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

    def __post_init__(self) -> None:
        """Refuse values out of range."""
        _positive(
            self,
            "body_bytes",
            "header_bytes",
            "callback_seconds",
            "stream_idle_seconds",
            "connection_idle_seconds",
            "concurrent_callbacks",
            "queued_requests",
        )
        if self.query_seconds is not None:
            _positive(self, "query_seconds")
        for name in ("drain_seconds", "rejected_samples"):
            if getattr(self, name) < 0:
                raise InvalidConfiguration(name, getattr(self, name), "0 or more")


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
        _positive(self, "kept_traces", "kept_spans")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """How a session listens, stores and limits.

    Args:
        host: Address to listen on. Default ``"127.0.0.1"``: this machine only.
        port: TCP port from 1 to 65535; 0 (default) takes a free one.
        base_path: Path under which everything is served, for a proxy that keeps it. Default
            ``"/"``.
        allowed_hosts: Names that the ``Host`` header may have, without port; ``"*"`` allows all.
            Default: the names of this machine's loopback and ``host`` itself. Others answer 403
            (DNS rebinding).
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
        if not 0 <= self.port <= 65535:  # noqa: PLR2004 -- the range of TCP ports
            raise InvalidConfiguration("port", self.port, "from 0 to 65535; 0 takes a free one")
        if not self.base_path.startswith("/") or any(c in self.base_path for c in "?#{} "):
            raise InvalidConfiguration(
                "base_path", self.base_path, 'a path such as "/" or "/analytics"'
            )
        if self.memory_limit is not None and not _MEMORY.fullmatch(self.memory_limit):
            raise InvalidConfiguration(
                "memory_limit", self.memory_limit, 'a size such as "4GB", "512MiB" or "60%"'
            )
        if self.threads is not None:
            _positive(self, "threads")
            if self.threads > _MOST_THREADS:
                raise InvalidConfiguration("threads", self.threads, f"at most {_MOST_THREADS}")
        for name in ("allowed_hosts", "trusted_proxies", "cors_origins"):
            if isinstance(getattr(self, name), str):
                raise InvalidConfiguration(
                    name, getattr(self, name), "a sequence of texts, not one text"
                )
