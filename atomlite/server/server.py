"""The HTTP server of a session, in threads of its own."""

from __future__ import annotations

import asyncio
import threading

from atomlite.config import SessionConfig
from atomlite.engine.cancellation import current_operation
from atomlite.errors import ClosedFromWithin
from atomlite.http.endpoints import Endpoints
from atomlite.server.connections import Connections
from atomlite.server.dispatch import Dispatcher
from atomlite.server.event_loops import LoopThread
from atomlite.server.listening import listening_sockets
from atomlite.server.origins import Origins
from atomlite.server.served import ServedSession
from atomlite.telemetry.tracing import Tracing

_STEP_SECONDS = 0.005
_GRACE_SECONDS = 0.5


class Server:
    """Listens and answers, from the moment it is made until `close`.

    Whatever loop the program runs, as a notebook does, is left alone.

    Args:
        config: Where to listen, and the limits.
        tracing: Records the requests.
        session: What is served; callbacks receive it.

    Raises:
        PortInUse: Another program listens on the port.
        AddressUnavailable: The host is no address of this machine, or the port is not allowed.
        InvalidConfiguration: A trusted proxy is neither an address nor a network.
    """

    def __init__(self, config: SessionConfig, tracing: Tracing, session: ServedSession) -> None:
        origins = Origins(config)
        self._sockets = listening_sockets(config.host, config.port)
        self.port: int = self._sockets[0].getsockname()[1]
        self.endpoints = Endpoints(check=lambda: current_operation().check())
        self._drain_seconds = config.limits.drain_seconds
        self._closing = threading.Lock()
        self._closed = False
        name = f"atomlite-{self.port}"
        self._loop = LoopThread(name)
        self._dispatcher = Dispatcher(
            config,
            session=session,
            endpoints=self.endpoints,
            tracing=tracing,
            loop=self._loop,
            origins=origins,
            name=name,
        )
        asyncio.run_coroutine_threadsafe(self._listen(config), self._loop.loop).result()

    async def _listen(self, config: SessionConfig) -> None:
        self._connections = Connections(config.limits, self._dispatcher)
        self._connections.accept(self._sockets)

    def close(self, *, drain_seconds: float | None = None) -> None:
        """Stop listening, wait for the requests in flight, and end; the port is free then.

        New requests on connections that are open already answer 503. Requests that are not
        answered in time are stopped. A callback that does not stop by then is left to itself, on a
        daemon thread. Idempotent; from any thread but those of callbacks.

        Args:
            drain_seconds: Seconds to wait; ``None`` for ``limits.drain_seconds``.

        Raises:
            ClosedFromWithin: A callback called this, and would wait for itself.
        """
        inside = threading.current_thread() is self._loop.thread
        if inside or self._dispatcher.callbacks.runs_here():
            raise ClosedFromWithin
        with self._closing:
            if self._closed:
                return
            self._closed = True
            seconds = self._drain_seconds if drain_seconds is None else drain_seconds
            asyncio.run_coroutine_threadsafe(self._drain(seconds), self._loop.loop).result()
            self._dispatcher.callbacks.stop(_GRACE_SECONDS)
            self._loop.stop(_GRACE_SECONDS)

    @property
    def inner_key(self) -> str:
        """What tells a call of a callback to its own session from others; a secret."""
        return self._dispatcher.inner_key

    def is_async_callback(self) -> bool:
        """Return whether the caller is an ``async def`` callback, which must not block."""
        return self._dispatcher.callbacks.runs_on_loop()

    async def _drain(self, seconds: float) -> None:
        self._dispatcher.draining = True
        self._connections.stop_accepting()
        await self._quiet(seconds)
        self._dispatcher.stop_all()
        await self._quiet(_GRACE_SECONDS)
        await self._connections.close_all()

    async def _quiet(self, seconds: float) -> None:
        """Wait until nothing is in flight, at most so many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._busy() and loop.time() < end:  # noqa: ASYNC110 -- an event costs each request
            await asyncio.sleep(_STEP_SECONDS)

    def _busy(self) -> bool:
        return self._dispatcher.in_flight > 0 or len(self._connections.stalling) > 0

    def close_in_child(self) -> None:
        """Let go of the sockets that a forked child inherited; the parent goes on undisturbed."""
        self._connections.close_in_child()
