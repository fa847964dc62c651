"""The HTTP client of a session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from atomlite.engine.cancellation import current_operation, inside_operation
from atomlite.errors import CalledFromEventLoop, SessionClosed
from atomlite.http.headers import INNER_KEY
from atomlite.telemetry.tracing import Tracing

if TYPE_CHECKING:
    import httpx

_MARGIN_SECONDS = 5.0


class Client:
    """Calls a session over HTTP, as any other program would, within the caller's trace.

    A callback whose request has ended can call no more: each call raises why it was stopped.

    Args:
        url: URL of the session, ``base_path`` included.
        tracing: Gives each request the headers of the current trace.
        callback_seconds: The session's limit; a call waits a little longer than that.
        is_async_callback: Whether the caller is an ``async def`` callback of the session, all of
            which a blocking call would stop.
        inner_key: What tells the server that a callback calls, which must not wait behind callbacks
            that wait for it.
    """

    def __init__(
        self,
        url: str,
        *,
        tracing: Tracing,
        callback_seconds: float,
        is_async_callback: Callable[[], bool],
        inner_key: str,
    ) -> None:
        self.url = url.rstrip("/") + "/"
        self._tracing = tracing
        self._seconds = callback_seconds + _MARGIN_SECONDS
        self._is_async_callback = is_async_callback
        self._inner_key = inner_key
        self._making = threading.Lock()
        self._http_client: httpx.Client | None = None
        self._closed = False

    @property
    def http_client(self) -> httpx.Client:
        """An `httpx.Client` whose paths begin at the session: ``get("proxy/tables/Sales/count")``.

        The same one each time, since making one takes 30 ms. Safe from any thread. It ignores the
        proxies that the environment names, and closes with the session.

        Raises:
            SessionClosed: The session was closed.
        """
        with self._making:
            if self._closed:
                raise SessionClosed
            if self._http_client is None:
                import httpx  # noqa: PLC0415 -- not every session calls itself

                self._http_client = httpx.Client(
                    base_url=self.url,
                    event_hooks={"request": [self._before]},
                    # A callback that calls the session keeps its own connection meanwhile, so a
                    # bound on connections would be a bound on how deep calls may go.
                    limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
                    timeout=self._seconds,
                    trust_env=False,
                )
            return self._http_client

    def _before(self, request: httpx.Request) -> None:
        current_operation().check()
        if self._is_async_callback():
            raise CalledFromEventLoop("session.client.http_client")
        if inside_operation():
            request.headers[INNER_KEY] = self._inner_key
        self._tracing.inject(request.headers)

    def close(self) -> None:
        """Close the connections; idempotent."""
        with self._making:
            self._closed = True
            if self._http_client is not None:
                self._http_client.close()

    def __repr__(self) -> str:
        """Return the URL."""
        return f"<Client of {self.url}>"
