r"""How rows go out, whatever endpoint they are of: their form, their tag, and what is kept of them.

Tags are compared before any row is read.

>>> chosen_form("text/csv, application/json;q=0.5", media_types.TABULAR)
'text/csv'
>>> headed({"Atomlite-Number-Results": "1"}, b"a\n1\n")
b'{"Atomlite-Number-Results": "1"}\na\n1\n'
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from atomlite.errors import AnswerNotSerializable, NotAcceptable
from atomlite.http import frame_forms, media_types
from atomlite.http.responses import Response
from atomlite.search.etags import SAFE_METHODS, is_known, weak_tag
from atomlite.search.injection import Call

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.tables.search.reading import Reader

MAPPED_FORMS = (media_types.JSON, media_types.NDJSON)
"""The forms of rows that a function has made."""

_KEPT = ("Cache-Control", "private, no-cache")
_NOT_WHOLE = ("Cache-Control", "no-store")


class _NotWhole(Exception):
    """A body without a part of what was asked for."""

    def __init__(self, body: bytes) -> None:
        super().__init__()
        self.body = body


def not_whole(body: bytes) -> Exception:
    """Return what carries a body without a part of what was asked for past tag and cache."""
    return _NotWhole(body)


def chosen_form(accept: str | None, forms: Sequence[str]) -> str:
    """Return the form that a client prefers.

    Raises:
        NotAcceptable: It accepts none of them.
    """
    form = media_types.choose(forms, accept)
    if form is None:
        raise NotAcceptable(accept or "", forms)
    return form


def delivered(
    call: Call,
    reader: Reader,
    form: str,
    *,
    ignored: Sequence[str],
    key: Callable[[], tuple[object, ...] | None],
    make: Callable[[], bytes],
) -> Response:
    """Return the answer, or 304 when the client has it.

    Args:
        call: The request.
        reader: The instant of the data that is read.
        form: The form of the body.
        ignored: What the request said to no effect.
        key: Returns all that the body depends on; ``None`` when functions of the user make some
            of the answer.
        make: Makes the body, in other forms than JSON as `headed` does; may raise what
            `not_whole` returns.
    """
    pairs = [("Vary", "Accept")]
    if ignored:
        # JSON escapes what a header cannot carry.
        pairs.append(("Atomlite-Ignored", json.dumps(list(ignored))))
    safe = call.request.method in SAFE_METHODS
    whole = key() if safe or reader.caches else None
    tagged: list[tuple[str, str]] = []
    if safe and whole is not None:
        tag = weak_tag(*whole)
        tagged = [("ETag", tag), _KEPT]
        if is_known(call.request.headers.get("if-none-match"), tag):
            return Response(None, 304, (*pairs, *tagged))
    try:
        body = make() if whole is None else reader.cached(whole, make)
    except _NotWhole as made:
        body, tagged = made.body, [_NOT_WHOLE]
    pairs += [_NOT_WHOLE] if reader.moved else tagged
    if form != media_types.JSON:
        facts, _, body = body.partition(b"\n")
        pairs += json.loads(facts).items()
    return Response(body, headers=tuple(pairs), media_type=media_types.with_charset(form))


def headed(facts: Mapping[str, str], rows: bytes) -> bytes:
    """Return rows alone behind a line that has the headers of their answer: one thing to keep."""
    return json.dumps(facts).encode() + b"\n" + rows


def written(frame: pa.Table, form: str, call: Call) -> bytes:
    """Return a frame in a form other than JSON.

    Raises:
        NotAcceptable: The form has no place for a column.
    """
    try:
        return b"".join(frame_forms.parts(frame, form))
    except AnswerNotSerializable as error:
        accept = call.request.headers.get("accept", form)
        others = [each for each in media_types.TABULAR if each != form]
        reason = error.message.partition(": ")[2]
        lacking = [
            f'"{field.name}" ({field.type})'
            for field in frame.schema
            if form not in frame_forms.forms_of([field.type])
        ]
        if lacking:
            reason = f"{form} has no place for {', '.join(lacking)}"
        raise NotAcceptable(accept, others, reason=reason) from error
