"""Running callbacks: plain ones on worker threads, ``async`` ones on a loop of their own.

Neither kind runs on the loop of the connections, so one that blocks, computes or hangs holds up no
other request, and its deadline is kept.
"""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, ExitStack
from contextvars import Context, ContextVar
from functools import partial
from http import HTTPStatus
from time import perf_counter
from typing import Protocol, TypeGuard

from atomlite.errors import (
    AnswerNotSerializable,
    AtomliteError,
    BodyTypeUnsupported,
    DeadlineExceeded,
    HttpError,
    InternalError,
    InvalidJson,
    InvalidRequest,
    InvalidSearch,
    NotAcceptable,
    NotAuthenticated,
    NotAuthorized,
    OperationCancelled,
    OutOfMemory,
    RowsRejected,
    ServerBusy,
    ServerDraining,
    SessionClosed,
    TableNotFound,
    UnexpectedColumns,
)
from atomlite.http.answers import Answer, answer_for
from atomlite.http.endpoints import Endpoint
from atomlite.http.json_text import parse_json
from atomlite.http.media_types import FORM, JSON, essence, is_json
from atomlite.http.requests import Request
from atomlite.http.streams import StreamForm, form_of
from atomlite.http.uploads import Upload, read_form
from atomlite.security.users import User
from atomlite.server.access import user_of
from atomlite.server.calls import Call
from atomlite.server.event_loops import LoopThread
from atomlite.server.outlets import Outlet
from atomlite.server.refusals import error_answer, log_failure
from atomlite.server.served import ServedSession
from atomlite.server.workers import WorkerExecutor, Workers
from atomlite.telemetry.scopes import SERVER
from atomlite.telemetry.tracing import Tracing

_running_in: ContextVar[Callbacks | None] = ContextVar("atomlite_callbacks", default=None)
_NOTHING = object()

_SPOKEN = (
    HttpError,
    # What is wrong with the request, or with what its client accepts.
    *(InvalidRequest, InvalidJson, BodyTypeUnsupported, NotAcceptable, AnswerNotSerializable),
    *(InvalidSearch, NotAuthenticated, NotAuthorized),
    # What a client can act on, since it named the table or sent the rows.
    *(TableNotFound, RowsRejected, UnexpectedColumns),
    # The state of the session.
    *(DeadlineExceeded, OperationCancelled, OutOfMemory, ServerBusy, ServerDraining, SessionClosed),
)
"""Errors of a callback that its client is told of; any other is the callback's own mistake."""


class Replies(Protocol):
    """Takes the answers of calls; from any thread."""

    def whole(self, call: Call, answer: Answer, error: BaseException | None) -> None:
        """Send an answer that is ready, unless the call has ended already."""

    def begin(self, call: Call, answer: Answer) -> Outlet | None:
        """Send the head of a streamed answer; ``None`` when nobody waits for its parts."""

    def end(self, call: Call, error: BaseException | None) -> None:
        """End a streamed answer, in a way that shows the error if there was one."""


class Callbacks:
    """Runs the callbacks of one session.

    Args:
        session: Given to each callback.
        tracing: Records them.
        replies: Takes their answers.
        loop: The thread of the connections, which no callback runs on.
        name: Name of the threads.
    """

    def __init__(
        self,
        session: ServedSession,
        tracing: Tracing,
        replies: Replies,
        *,
        loop: LoopThread,
        name: str,
    ) -> None:
        self._session = session
        self._tracing = tracing
        self._replies = replies
        self._name = name
        self._workers = Workers(loop, f"{name}-worker")
        self._loop_thread: LoopThread | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, call: Call, endpoint: Endpoint) -> None:
        """Run the callback of a call, soon; on the loop of the connections."""
        if endpoint.is_async:
            self._async_loop().call(self._start_task, call, endpoint)
        else:
            self._workers.submit_soon(partial(self.run, call, endpoint))

    def runs_here(self) -> bool:
        """Return whether the caller is one of these callbacks."""
        return _running_in.get() is self

    def runs_on_loop(self) -> bool:
        """Return whether the caller is an ``async def`` callback, with others beside it."""
        loop = self._loop_thread
        return loop is not None and threading.current_thread() is loop.thread

    def stop(self, timeout: float) -> None:
        """Let the threads go; those that a callback holds end with it, or with the process."""
        self._workers.stop()
        if self._loop_thread is not None:
            self._loop_thread.stop(timeout)

    def _async_loop(self) -> LoopThread:
        if self._loop_thread is None:
            self._loop_thread = LoopThread(f"{self._name}-async")
            # What callbacks hand to `asyncio.to_thread` runs on daemon threads without bound, too.
            self._loop_thread.loop.set_default_executor(WorkerExecutor(self._workers))
        return self._loop_thread

    # ---- plain callbacks -----------------------------------------------------------------------

    def run(self, call: Call, endpoint: Endpoint) -> None:
        """Run a callback on this thread, and see to its answer."""
        _running_in.set(self)
        answer: Answer | None = None
        failure: BaseException | None = None
        try:
            with call.span.active(), call.operation.active():
                request, user = self._admit(call, endpoint)
                with self._tracing.span("Execute user callback", scope=SERVER):
                    call.callback_began = perf_counter()
                    value = endpoint.callback(request, user, self._session)
                    if inspect.isawaitable(value):
                        value = self._awaited(call, value)
                    value = endpoint.declared.outgoing(value)
                    answer = answer_for(value, call.exchange.header("Accept"))
                    call.callback_ended = perf_counter()
                    if answer.items is not None:
                        self._stream(call, answer)
        except BaseException as error:  # noqa: BLE001 -- a worker outlives whatever a callback raises
            failure = error
        self._finish(call, answer, failure)

    def _awaited(self, call: Call, value: Awaitable[object]) -> object:
        """Return the result of an awaitable; it runs on the loop for such, in the same context."""

        async def result() -> object:
            return await value

        future = asyncio.run_coroutine_threadsafe(result(), self._async_loop().loop)
        with call.operation.interruptible(_once(future.cancel)):
            return future.result()

    def _stream(self, call: Call, answer: Answer) -> None:
        items = answer.items
        if isinstance(items, AsyncIterator):
            self._awaited(call, self._stream_async(call, answer, items))
            return
        assert items is not None  # noqa: S101 -- the caller looked
        with ExitStack() as stack:
            stack.callback(getattr(items, "close", _nothing_to_close))
            first = next(items, _NOTHING)
            form = self._form(call, answer, first)
            outlet = self._replies.begin(call, answer)
            if outlet is None:
                return
            if first is not _NOTHING:
                outlet.put(form.encode(first))
            for item in items:
                outlet.put(form.encode(item))

    # ---- async callbacks -----------------------------------------------------------------------

    def _start_task(self, call: Call, endpoint: Endpoint) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(self._run_async(call, endpoint), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_async(self, call: Call, endpoint: Endpoint) -> None:
        _running_in.set(self)
        answer: Answer | None = None
        failure: BaseException | None = None
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- this is a coroutine
        interrupt = _once(partial(self._async_loop().call, task.cancel))
        try:
            with (
                call.span.active(),
                call.operation.active(),
                call.operation.interruptible(interrupt),
            ):
                request, user = self._admit(call, endpoint)
                with self._tracing.span("Execute user callback", scope=SERVER):
                    call.callback_began = perf_counter()
                    value = endpoint.callback(request, user, self._session)
                    if inspect.isawaitable(value):
                        value = await value
                    value = endpoint.declared.outgoing(value)
                    answer = answer_for(value, call.exchange.header("Accept"))
                    call.callback_ended = perf_counter()
                    if isinstance(answer.items, AsyncIterator):
                        await self._stream_async(call, answer, answer.items)
                    elif answer.items is not None:
                        await asyncio.to_thread(self._stream, call, answer)
        except BaseException as error:  # noqa: BLE001 -- as in `run`
            failure = error
        self._finish(call, answer, failure)

    async def _stream_async(self, call: Call, answer: Answer, items: AsyncIterator[object]) -> None:
        async with AsyncExitStack() as stack:
            if isinstance(items, AsyncGenerator):
                stack.push_async_callback(items.aclose)
            first = await anext(items, _NOTHING)
            form = self._form(call, answer, first)
            outlet = self._replies.begin(call, answer)
            if outlet is None:
                return
            if first is not _NOTHING:
                await outlet.put_async(form.encode(first))
            async for item in items:
                await outlet.put_async(form.encode(item))

    # ---- both ----------------------------------------------------------------------------------

    def _admit(self, call: Call, endpoint: Endpoint) -> tuple[Request[object], User]:
        """Return what the callback gets, or raise why it does not get to run."""
        call.operation.check()
        exchange = call.exchange
        with self._tracing.span("Validate authorization", scope=SERVER):
            user = user_of(exchange.headers)
        raw_body = exchange.body
        body: object = None
        files: tuple[Upload, ...] = ()
        if raw_body and endpoint.body != "raw":
            content_type = exchange.header("Content-Type") or ""
            if encoding := exchange.header("Content-Encoding"):
                raise BodyTypeUnsupported(f"{content_type}, encoded as {encoding}", JSON)
            if endpoint.body == "files":
                files = read_form(content_type, raw_body)
            elif content_type and not is_json(essence(content_type)):
                raise BodyTypeUnsupported(content_type, JSON, hint=_hint_for(content_type))
            elif endpoint.declared.body is not None:
                body = endpoint.declared.body.read(raw_body)
            else:
                body = parse_json(raw_body)
        elif endpoint.declared.body is not None:
            body = endpoint.declared.body.read(raw_body)
        request = Request(
            exchange.method,
            scheme=call.target.scheme,
            host=call.target.host,
            path=call.path,
            query=call.query,
            client_address=call.target.client_address,
            header_pairs=exchange.headers.get_all(),
            path_parameters=call.path_parameters,
            raw_body=raw_body,
            body=body,
            files=files,
        )
        return request, user

    def _form(self, call: Call, answer: Answer, first: object) -> StreamForm:
        form = form_of(
            None if first is _NOTHING else first,
            accept=call.exchange.header("Accept"),
            media_type=answer.media_type,
        )
        answer.media_type = form.media_type
        return form

    def _finish(self, call: Call, answer: Answer | None, failure: BaseException | None) -> None:
        if failure is not None:
            shown = failure if _is_told(failure, call.endpoint) else InternalError()
            answer = error_answer(call, shown)
            log_failure(call, failure, answer.status)
        if call.outlet is not None:
            self._replies.end(call, failure)
        elif answer is not None:
            self._replies.whole(call, answer, failure)


def _is_told(failure: BaseException, endpoint: Endpoint | None) -> TypeGuard[AtomliteError]:
    """Return whether a client hears of an error itself, rather than that there was one."""
    if endpoint is None or not endpoint.speaks or not isinstance(failure, AtomliteError):
        return isinstance(failure, _SPOKEN)
    return failure.http_status < HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(failure, _SPOKEN)


def _hint_for(content_type: str) -> str:
    return 'Register the endpoint with body="files".' if essence(content_type) == FORM else ""


def _nothing_to_close() -> None:
    """Stand for the ``close`` of an iterator that has none."""


def _once(cancel: Callable[[], object]) -> Callable[[], None]:
    """Return an interrupt that cancels the first time only.

    Interrupts are repeated until the work ends, since the engine may miss one; a coroutine that is
    cancelled again and again could not even clean up.
    """
    asked = threading.Event()

    def interrupt() -> None:
        if not asked.is_set():
            asked.set()
            cancel()

    return interrupt
