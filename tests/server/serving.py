"""A server over the smallest session that can be served, and ways to talk to it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import httpx

from atomlite.config import SessionConfig, TracingConfig
from atomlite.errors import CubeNotFound, TableNotFound
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.server.server import Server
from atomlite.telemetry.trace import Trace
from atomlite.telemetry.tracing import Tracing
from atomlite.types import JsonValue, Method, Version

CallbackT = TypeVar("CallbackT", bound=Callable[..., object])


@dataclass
class SmallSession:
    """A session with row counts instead of tables."""

    rows: dict[str, int] = field(default_factory=dict)
    version: Version = field(default_factory=lambda: Version("small", 3))

    def describe_version(self) -> JsonValue:
        """Return the version of the data alone."""
        return {"data": str(self.version)}

    def describe_tables(self) -> list[JsonValue]:
        """Return all tables."""
        return [self.describe_table(name) for name in self.rows]

    def describe_table(self, name: str) -> JsonValue:
        """Return name and row count."""
        if name not in self.rows:
            raise TableNotFound(name, known=list(self.rows))
        return {"name": name, "row_count": self.rows[name]}

    def describe_cubes(self) -> list[JsonValue]:
        """Return none: there are no cubes."""
        return []

    def describe_cube(self, name: str) -> JsonValue:
        """Refuse: there are no cubes."""
        raise CubeNotFound(name, known=[])

    def answer_cube(self, name: str, _request: Request) -> Response:
        """Refuse: there are no cubes."""
        raise CubeNotFound(name, known=[])


class Served:
    """A running server, and ways to talk to it."""

    def __init__(self, config: SessionConfig) -> None:
        self.session = SmallSession({"Sales": 2})
        self.tracing = Tracing(TracingConfig(), version="0")
        self.server = Server(config, self.tracing, self.session)
        base = config.base_path.strip("/")
        self.url = f"http://127.0.0.1:{self.server.port}/" + (f"{base}/" if base else "")
        self.http = httpx.Client(base_url=self.url, trust_env=False, timeout=20)

    def endpoint(
        self, route: str, method: Method = "GET", **options: str
    ) -> Callable[[CallbackT], CallbackT]:
        """Register a callback, as the session's decorator does."""

        def register(callback: CallbackT) -> CallbackT:
            self.server.endpoints.register(callback, route=route, method=method, **options)  # type: ignore[arg-type]
            return callback

        return register

    def connect(self) -> socket.socket:
        """Return a raw connection."""
        return socket.create_connection(("127.0.0.1", self.server.port), timeout=20)

    def raw(self, request: bytes) -> bytes:
        """Send bytes, and return all bytes of the answer, up to the end of the connection."""
        with self.connect() as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def last_trace(self) -> Trace:
        """Return the last trace; it is there before its answer is."""
        return self.tracing.traces[-1]

    def close(self) -> None:
        """Close at once."""
        self.http.close()
        self.server.close(drain_seconds=0)
        self.tracing.close()


Serve = Callable[..., Served]


def eventually(condition: Callable[[], bool], *, seconds: float = 5.0) -> None:
    """Wait until something holds that other threads bring about; fail when it does not."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not come to pass in time."
        time.sleep(0.005)
