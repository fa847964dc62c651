"""The operation object of an endpoint that is a function, read from the function itself."""

from __future__ import annotations

import inspect
import typing
from collections.abc import AsyncIterable, Iterable, Iterator
from typing import Any, cast

from atomlite.errors import InvalidEndpoint
from atomlite.http import media_types
from atomlite.http.annotations import schema_of, type_name
from atomlite.http.declarations import UNKNOWN, Declarations
from atomlite.http.endpoints import Endpoint
from atomlite.http.responses import ServerSentEvent
from atomlite.openapi.components import JsonObject, failures, json_answer

_ANYTHING: JsonObject = {}
_ROWS: JsonObject = {"type": "array", "items": {"type": "object"}}
_STREAMED = {
    bytes: media_types.BYTES,
    str: media_types.TEXT,
    ServerSentEvent: media_types.EVENT_STREAM,
}
_STREAMS = (AsyncIterable, Iterator)
_WITH_BODY = {"PATCH", "POST", "PUT", "QUERY"}


def operation_of(endpoint: Endpoint) -> JsonObject:
    """Return the operation object of an endpoint, but for its id and the parameters of its path."""
    title, text = _described(endpoint)
    operation: JsonObject = {"tags": ["Endpoints"], "summary": title}
    if text:
        operation["description"] = text
    body = _body(endpoint)
    if body is not None:
        operation["requestBody"] = body
    refusals = ["400", "406", "413", "415"] if body is not None else ["400", "406"]
    operation["responses"] = {
        **_answers(endpoint.declared),
        **failures(*refusals, "4XX", "5XX"),
    }
    return operation


def _described(endpoint: Endpoint) -> tuple[str, str]:
    """Return the first line of a callback's docstring, and the rest; its name without one."""
    callback = cast("Any", endpoint.callback)
    written = callback if inspect.isroutine(callback) else type(callback).__call__
    text = inspect.cleandoc(getattr(written, "__doc__", None) or "")
    title, _, rest = text.partition("\n")
    name = getattr(callback, "__name__", type(callback).__name__)
    return title or name.strip("_").replace("_", " ").capitalize(), rest.strip()


def _body(endpoint: Endpoint) -> JsonObject | None:
    """Return the request body object; ``None`` for an endpoint that reads none, as far as known."""
    declared = endpoint.declared.body
    if declared is not None:
        return {
            "required": not declared.takes_null(),
            "content": {media_types.JSON: {"schema": declared.schema("validation")}},
        }
    if endpoint.method not in _WITH_BODY:
        return None
    if endpoint.body == "files":
        return {"content": {media_types.FORM: {"schema": {"type": "object"}}}}
    if endpoint.body == "raw":
        return {"content": {"*/*": {"schema": _ANYTHING}}}
    return {"content": {media_types.JSON: {"schema": _ANYTHING}}}


def _answers(declared: Declarations) -> JsonObject:
    """Return the response objects of what a callback returns."""
    if declared.answer is UNKNOWN:
        found: JsonObject = {"200": {"description": "What the endpoint answers."}}
    else:
        found = {"200": _answer(declared)}
    if declared.responds:
        found["default"] = {"description": "Any other answer that the endpoint makes itself."}
    return found


def _answer(declared: Declarations) -> JsonObject:
    annotation = declared.answer
    kind = typing.get_origin(annotation) or annotation
    shown = f"`{type_name(annotation)}`"
    if _is_frame(kind):
        content: JsonObject = {form: {"schema": _ANYTHING} for form in media_types.TABULAR}
        content[media_types.JSON] = {"schema": _ROWS}
        return {"description": "Rows, in the form that `Accept` asks for.", "content": content}
    if kind is Iterable or (isinstance(kind, type) and issubclass(kind, _STREAMS)):
        return _stream(annotation)
    if declared.answers is not None:
        return json_answer(shown, declared.answers.schema("serialization"))
    try:
        schema: JsonObject = schema_of(annotation, "serialization")
    except InvalidEndpoint:  # such as a class that only the callback's own code knows
        schema = _ANYTHING
    return json_answer(shown, schema)


def _is_frame(kind: object) -> bool:
    """Return whether instances of a class are frames; see `frames.is_frame`."""
    return isinstance(kind, type) and any(
        hasattr(kind, name) for name in ("__arrow_c_stream__", "to_arrow")
    )


def _stream(annotation: object) -> JsonObject:
    item = next(iter(typing.get_args(annotation)), object)
    form = _STREAMED.get(item, media_types.NDJSON)
    if form == media_types.NDJSON and item in (object, Any):
        return {"description": "A stream, whose first item decides its form."}
    return {"description": "A stream of items.", "content": {form: {"schema": _ANYTHING}}}
