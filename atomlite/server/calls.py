"""One request on its way from dispatch to answer."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from time import perf_counter

from atomlite.engine.cancellation import Operation
from atomlite.http.contracts import Contract
from atomlite.http.endpoints import Endpoint
from atomlite.http.routes import PathValue
from atomlite.server.exchanges import Exchange
from atomlite.server.origins import Target
from atomlite.server.outlets import Outlet
from atomlite.telemetry.requests import RequestSpan


class Call:
    """A request, who answers it, and what stops it.

    Exactly one of those who may end it does so: the thread that ran its callback, the deadline, the
    client that left, or the session that closes. Who wins `claim` answers.

    Args:
        exchange: The way back to the client.
        span: The recording of the request.
        target: Where the client sent it.
        path: As sent.
        query: As sent.
    """

    __slots__ = (
        "_unclaimed",
        "abandoned",
        "began",
        "callback_began",
        "callback_ended",
        "contract",
        "endpoint",
        "exchange",
        "operation",
        "outlet",
        "path",
        "path_parameters",
        "query",
        "route",
        "running",
        "span",
        "target",
    )

    def __init__(
        self, exchange: Exchange, span: RequestSpan, target: Target, path: str, query: str
    ) -> None:
        self._unclaimed = threading.Lock()
        self.began = perf_counter()
        self.callback_began = 0.0
        self.callback_ended = 0.0
        self.exchange = exchange
        self.span = span
        self.target = target
        self.path = path
        self.query = query
        self.operation = Operation()
        self.route = ""
        self.endpoint: Endpoint | None = None
        self.contract: Contract | None = None
        self.path_parameters: Mapping[str, PathValue] = {}
        self.outlet: Outlet | None = None
        self.running = False
        self.abandoned = False

    @property
    def callback_seconds(self) -> float:
        """How long the callback has run, up to now where it has not returned; 0 before it began."""
        if not self.callback_began:
            return 0.0
        return (self.callback_ended or perf_counter()) - self.callback_began

    def claim(self) -> bool:
        """Return whether the caller is the first, and so the one who answers; from any thread."""
        return self._unclaimed.acquire(blocking=False)
