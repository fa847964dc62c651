"""What clients hear when something goes wrong, in the words of whoever answers them.

The session tells of errors in one shape. A contract has an envelope of its own; should it fail to
make one, the session's shape stands in, and the log says why.
"""

from __future__ import annotations

import logging
from http.client import INTERNAL_SERVER_ERROR

from atomlite.errors import AnswerNotSerializable, AtomliteError, HttpError, InternalError
from atomlite.http.answers import Answer, answer_for, answer_for_error
from atomlite.http.contracts import Contract
from atomlite.http.headers import Headers, check_header
from atomlite.http.responses import Response
from atomlite.server.calls import Call

_log = logging.getLogger("atomlite.server")


def error_answer(call: Call, error: AtomliteError) -> Answer:
    """Return the answer that tells the client of an error."""
    if call.contract is not None:
        try:
            return _refusal(call.contract, error, call.span.trace_id)
        except BaseException as failure:  # noqa: BLE001 -- the client is answered whatever it is
            _log_broken(call, "refuse", failure)
    try:
        return answer_for_error(error, call.span.trace_id)
    except AtomliteError as unfit:  # details or headers of the user's own error
        reason = AnswerNotSerializable(f"The error of the endpoint cannot be sent. {unfit}")
        return answer_for_error(reason, call.span.trace_id)


def preflight_answer(call: Call) -> Answer | None:
    """Return a contract's answer to OPTIONS; ``None`` where the server's own will do.

    Raises:
        InternalError: The contract failed; the log says why.
    """
    if call.contract is None:
        return None
    try:
        response = call.contract.preflight(Headers(call.exchange.headers.get_all()))
        return None if response is None else _whole(response)
    except BaseException as failure:  # noqa: BLE001 -- as in `error_answer`
        _log_broken(call, "preflight", failure)
        raise InternalError from None


def log_failure(call: Call, failure: BaseException, status: int) -> None:
    """Log what the client is not told, and nothing of a call that was stopped from outside."""
    chosen = isinstance(failure, HttpError) and failure.status == status
    if status == INTERNAL_SERVER_ERROR and not chosen and call.operation.reason is None:
        method, trace_id = call.exchange.method, call.span.trace_id
        _log.error("%s %s failed (trace %s)", method, call.path, trace_id, exc_info=failure)


def _refusal(contract: Contract, error: AtomliteError, trace_id: str | None) -> Answer:
    status = error.status if isinstance(error, HttpError) else error.http_status
    answer = _whole(contract.refuse(error, status=status, trace_id=trace_id))
    own = {name.lower() for name, _ in answer.headers}
    for name, value in getattr(error, "headers", {}).items():
        if name.lower() not in own:
            check_header(name, value)
            answer.headers.append((name, value))
    return answer


def _whole(response: object) -> Answer:
    """Return the answer that a response is; whatever the client accepts, as errors are."""
    answer = answer_for(response, None) if isinstance(response, Response) else None
    if answer is None or answer.items is not None:
        message = f"a `Response` with a body that is ready was expected, not {response!r:.200}"
        raise TypeError(message)
    return answer


def _log_broken(call: Call, part: str, failure: BaseException) -> None:
    trace_id = call.span.trace_id
    _log.error(
        "`%s` of the contract at %s failed (trace %s)", part, call.path, trace_id, exc_info=failure
    )
