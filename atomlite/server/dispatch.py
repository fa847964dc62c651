"""From a request that has come to the callback that answers it, and back; on the loop's thread."""

from __future__ import annotations

import secrets
from contextlib import suppress
from contextvars import Context
from functools import partial
from http import HTTPStatus

from atomlite.config import SessionConfig
from atomlite.errors import (
    AtomliteError,
    BodyTooLarge,
    DeadlineExceeded,
    OperationCancelled,
    RowsRejected,
    ServerBusy,
    ServerDraining,
    TableNotFound,
    UnexpectedColumns,
)
from atomlite.http.answers import Answer
from atomlite.http.endpoints import Endpoint, Endpoints
from atomlite.http.headers import INNER_KEY
from atomlite.server.callbacks import Callbacks
from atomlite.server.calls import Call
from atomlite.server.deadlines import Deadlines
from atomlite.server.event_loops import LoopThread
from atomlite.server.exchanges import Exchange
from atomlite.server.heads import Heads
from atomlite.server.origins import Origins, host_and_port
from atomlite.server.outlets import Outlet
from atomlite.server.own_endpoints import HEALTH, LIVE, own_endpoints
from atomlite.server.refusals import error_answer, preflight_answer
from atomlite.server.routing import Routing
from atomlite.server.served import ServedSession
from atomlite.telemetry.tracing import Tracing

_INNER_SHARE = 4
"""How many times `concurrent_callbacks` may run when callbacks call the session themselves."""

_LONGEST_FAILURE = 300
_DATA_REFUSED = (RowsRejected, TableNotFound, UnexpectedColumns)
"""What an endpoint tells of as its last error, though its client is to blame."""

_CLIENT_GONE = 499
"""Status in the trace of a request whose client left before its answer, as nginx has it."""


class Dispatcher:
    """Takes requests, decides what becomes of them, and ends each exactly once.

    Methods run on the loop of the connections, but for those of `Replies`, which any thread calls.

    Args:
        config: Limits, hosts, origins and paths.
        session: What is served.
        endpoints: Those of its user.
        tracing: Records each request.
        loop: The thread of the connections.
    """

    def __init__(
        self,
        config: SessionConfig,
        *,
        session: ServedSession,
        endpoints: Endpoints,
        tracing: Tracing,
        loop: LoopThread,
        origins: Origins,
        name: str,
    ) -> None:
        self._limits = config.limits
        self._tracing = tracing
        self._loop = loop
        self._origins = origins
        self._heads = Heads(session, origins)
        own = own_endpoints(endpoints)
        self._routing = Routing(config.base_path, endpoints, own)
        self._health = {f"{self._routing.base}{route}" for route in HEALTH}
        self._live = f"{self._routing.base}{LIVE}"
        self.callbacks = Callbacks(session, tracing, self, loop=loop, name=name)
        self._deadlines: Deadlines[Call] = Deadlines(
            loop.loop, self._limits.callback_seconds, self._expired
        )
        self._calls: set[Call] = set()
        self._waiting: dict[Call, Endpoint] = {}
        self._running = 0
        self._abandoned = 0
        self.draining = False
        self.inner_key = secrets.token_hex(16)
        """What a call of a callback to its own session carries; no other client knows it."""

    @property
    def in_flight(self) -> int:
        """The number of requests that have come and are not answered."""
        return len(self._calls)

    # ---- in ------------------------------------------------------------------------------------

    def received(self, exchange: Exchange) -> None:
        """Answer a request that has come whole."""
        call = self._open(exchange)
        try:
            if exchange.method == "OPTIONS":
                self.whole(call, self._preflight(call), None)
            else:
                self._start(call, self._endpoint(call))
        except AtomliteError as error:
            self.whole(call, error_answer(call, error), error)

    def refuse_body(self, exchange: Exchange) -> None:
        """Answer a request whose body is too large, without its body."""
        call = self._open(exchange)
        with suppress(AtomliteError):  # whatever else is wrong: this notes who tells of errors
            self._endpoint(call)
        error = BodyTooLarge(self._limits.body_bytes)
        self.whole(call, error_answer(call, error), error)

    def _endpoint(self, call: Call) -> Endpoint:
        """Return what answers a call, or raise why nothing does; note who tells of errors."""
        exchange = call.exchange
        self._origins.check_host(exchange.headers, call.target)
        try:
            if self.draining and call.path != self._live:
                raise ServerDraining
            found = self._routing.find(exchange.method, call.path)
        except AtomliteError:
            call.contract = self._routing.speaker(exchange.method, call.path)
            raise
        call.route, endpoint, call.path_parameters = found
        call.endpoint, call.contract = endpoint, endpoint.contract
        call.span.route(call.route)
        more = () if call.contract is None else call.contract.origins
        self._origins.check_origin(exchange.method, exchange.headers, call.target, more)
        return endpoint

    def _preflight(self, call: Call) -> Answer:
        """Return the answer to OPTIONS, of whatever answers the method that it asks about."""
        headers = call.exchange.headers
        self._origins.check_host(headers, call.target)
        asked = headers.get("Access-Control-Request-Method", "")
        call.contract = self._routing.speaker(asked, call.path)
        if self.draining:
            raise ServerDraining
        allowed = self._routing.methods(call.path)
        answer = preflight_answer(call)
        if answer is None:
            more = () if call.contract is None else call.contract.origins
            granted = self._origins.preflight(headers, allowed, more)
            granted = [("Allow", ", ".join(allowed)), *granted]
            answer = Answer(b"", None, status=HTTPStatus.NO_CONTENT, headers=granted)
        return answer

    def _open(self, exchange: Exchange) -> Call:
        path, _, query = exchange.target.partition("?")
        authority = ""
        if "://" in path and not path.startswith("/"):  # as clients write it for a proxy
            authority, slash, rest = path.partition("://")[2].partition("/")
            path = f"/{rest}" if slash else "/"
        headers = exchange.headers
        target = self._origins.target(exchange.client_address, headers, authority)
        name, port = host_and_port(target.host)
        span = self._tracing.request(
            method=exchange.method,
            scheme=target.scheme,
            path=path,
            query=query,
            server_address=name,
            server_port=port or (443 if target.scheme == "https" else 80),
            client_address=target.client_address,
            user_agent=exchange.header("User-Agent"),
            headers=headers,
            protocol_version=exchange.version.removeprefix("HTTP/"),
        )
        call = Call(exchange, span, target, path, query)
        self._calls.add(call)
        exchange.on_gone = partial(self._gone, call)
        return call

    def _start(self, call: Call, endpoint: Endpoint) -> None:
        endpoint.calls += 1
        if call.route in self._health:
            Context().run(self.callbacks.run, call, endpoint)
            return
        limit = self._limits.concurrent_callbacks
        self._deadlines.begin(call)
        if self._running < limit and self._abandoned < limit:
            self._run(call, endpoint)
        elif call.exchange.header(INNER_KEY) == self.inner_key:
            # It must not wait in the queue: what runs may wait for it.
            if self._running >= _INNER_SHARE * limit:
                raise ServerBusy(self._running)
            self._run(call, endpoint)
        elif len(self._waiting) < self._limits.queued_requests:
            self._waiting[call] = endpoint
        else:
            raise ServerBusy(len(self._waiting))

    def _run(self, call: Call, endpoint: Endpoint) -> None:
        call.running = True
        self._running += 1
        self.callbacks.start(call, endpoint)

    def _run_waiting(self) -> None:
        limit = self._limits.concurrent_callbacks
        while self._waiting and self._running < limit and self._abandoned < limit:
            call, endpoint = next(iter(self._waiting.items()))
            del self._waiting[call]
            self._run(call, endpoint)

    # ---- out, from any thread ------------------------------------------------------------------

    def whole(self, call: Call, answer: Answer, error: BaseException | None) -> None:
        """Send an answer that is ready, unless the call has ended already."""
        if call.claim():
            self._answer(call, answer, error)
        else:
            self._loop.call(self._returned, call)

    def _answer(self, call: Call, answer: Answer, error: BaseException | None) -> None:
        close = self.draining
        answer = answer.compressed(call.exchange.header("Accept-Encoding"))
        data = self._heads.whole(call, answer, close=close)
        call.span.finish(answer.status, error=error)
        self._loop.call(
            self._send, call, data, close, answer.status, _failure(answer.status, error)
        )

    def begin(self, call: Call, answer: Answer) -> Outlet | None:
        """Send the head of a streamed answer; ``None`` when nobody waits for its parts."""
        if call.exchange.method == "HEAD":
            return None
        head = self._heads.streamed(call, answer)
        outlet = Outlet(self._loop, call.exchange)
        call.outlet = outlet
        if not call.claim():
            call.outlet = None
            return None
        self._loop.call(self._begin, call, head)
        return outlet

    def end(self, call: Call, error: BaseException | None) -> None:
        """End a streamed answer, in a way that shows the error if there was one."""
        assert call.outlet is not None  # noqa: S101 -- it has begun
        status: int = HTTPStatus.OK
        if error is not None:
            gone = call.operation.reason is not None
            status = _CLIENT_GONE if gone else HTTPStatus.INTERNAL_SERVER_ERROR
        call.span.finish(status, error=error)
        call.outlet.end(failed=error is not None)
        self._loop.call(self._end, call, status, _failure(status, error))

    # ---- ends, on the loop ---------------------------------------------------------------------

    def _send(self, call: Call, data: bytes, close: bool, status: int, failure: str | None) -> None:
        self._end(call, status, failure)
        call.exchange.send(data, close=close)

    def _begin(self, call: Call, head: bytes) -> None:
        self._deadlines.end(
            call
        )  # it is for the first part; the others may take as long as they like
        call.exchange.write(head)

    def _end(self, call: Call, status: int, failure: str | None) -> None:
        self._calls.discard(call)
        self._deadlines.end(call)
        if failure is not None and call.endpoint is not None:
            call.endpoint.errors += status >= HTTPStatus.INTERNAL_SERVER_ERROR
            call.endpoint.last_error = failure
        if call.running:
            call.running = False
            self._running -= 1
            self._run_waiting()

    def _expired(self, call: Call) -> None:
        seconds = self._limits.callback_seconds
        self._stop(call, DeadlineExceeded("The request", seconds, "limits.callback_seconds"))

    def _gone(self, call: Call) -> None:
        error = OperationCancelled("The client left before the answer.")
        if call.claim():
            self._abandon(call, error)
            call.span.finish(_CLIENT_GONE, error=error)
            self._end(call, _CLIENT_GONE, None)
        else:
            call.operation.cancel(error)
            if call.outlet is not None:
                call.outlet.close()

    def stop_all(self) -> None:
        """Stop what is still in flight, because the session closes."""
        for call in list(self._calls):
            self._stop(call, OperationCancelled("The session was closed."))

    def _stop(self, call: Call, error: AtomliteError) -> None:
        if call.claim():
            self._abandon(call, error)
            self._answer(call, error_answer(call, error), error)
        else:
            call.operation.cancel(error)
            if call.outlet is not None:
                call.outlet.close()

    def _abandon(self, call: Call, error: AtomliteError) -> None:
        """Stop the work for a call whose answer will not be its callback's."""
        self._waiting.pop(call, None)
        if call.running:
            call.running = False
            call.abandoned = True
            self._running -= 1
            self._abandoned += 1
        call.operation.cancel(error)

    def _returned(self, call: Call) -> None:
        """Note that a callback has ended whose call had ended before."""
        if call.abandoned:
            call.abandoned = False
            self._abandoned -= 1
            self._run_waiting()


def _failure(status: int, error: BaseException | None) -> str | None:
    """Return what an endpoint tells of its last error; ``None`` when there was none."""
    if error is None:
        return None
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, _DATA_REFUSED):
        return None
    return f"{type(error).__name__}: {error}"[:_LONGEST_FAILURE]
