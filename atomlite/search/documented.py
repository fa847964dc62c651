"""What the OpenAPI operations of searches and of grids have in common.

>>> sorted(headers_of("ETag")["ETag"])
['description', 'schema']
"""

from __future__ import annotations

from collections.abc import Iterable

from atomlite.http import media_types
from atomlite.search.authentication import Access
from atomlite.search.schemas import JsonObject
from atomlite.types import JsonValue

_TEXT: JsonObject = {"type": "string"}
_HEADERS = {
    "Vary": "`Accept`, since that decides the form.",
    "ETag": "Tag of the answer, for `If-None-Match`.",
    "Cache-Control": "With `ETag`: keep the answer, and ask with the tag before using it again.",
    "Atomlite-Ignored": "JSON list of what the request said to no effect.",
    "Atomlite-Number-Results": "How many rows match, where the body has rows alone.",
    "Atomlite-Next-Page": "The next page as JSON, where the body has rows alone.",
    "Atomlite-Version-Moved": "Whether the data changed since the first page, where the body has "
    "rows alone and pages follow by cursor.",
}
TAG_HEADERS = ("ETag", "Cache-Control")
"""The headers of an answer that a client may keep."""

IF_NONE_MATCH: JsonObject = {
    "name": "If-None-Match",
    "in": "header",
    "description": "The `ETag` of the answer that the client has.",
    "schema": _TEXT,
}
_FORMS: dict[str, JsonObject] = {
    media_types.CSV: {**_TEXT, "description": "The rows; the first line has the names."},
    media_types.NDJSON: {**_TEXT, "description": "The rows, each a line of JSON."},
    media_types.ARROW_STREAM: {"description": "The rows as a stream of Arrow record batches."},
    media_types.PARQUET: {"description": "The rows as a Parquet file."},
}


def headers_of(*names: str) -> JsonObject:
    """Return the header objects of an answer, with ``Vary``, by name."""
    return {name: {"description": _HEADERS[name], "schema": _TEXT} for name in ("Vary", *names)}


def tabular(forms: Iterable[str]) -> JsonObject:
    """Return the contents of answers that have rows alone, by media type; JSON is left out."""
    return {form: {"schema": _FORMS[form]} for form in forms if form in _FORMS}


def secured(operation: JsonObject, access: Access) -> JsonObject:
    """Return an operation that says how to prove who asks, where that is needed."""
    if not access.authenticates:
        return operation
    bearer = access.bearer
    if bearer is None:
        return _with_note(operation, "A function of the endpoint decides who may ask; else 401.")
    prefix = bearer.header_prefix
    if prefix.lower() == "bearer ":
        return operation | {"security": [{"BearerSecret": []}]}
    before = f"`{prefix}` and the secret" if prefix else "the secret alone"
    noted = _with_note(operation, f"The header `Authorization` is {before}.")
    return noted | {"security": [{"Secret": []}]}


def _with_note(operation: JsonObject, note: str) -> JsonObject:
    text: JsonValue = f"{operation.get('description', '')} {note}".strip()
    return operation | {"description": text}
