"""Media types, and the choice between them by what a client accepts.

>>> choose([JSON, CSV], "text/csv;q=0.9, application/json;q=0.5")
'text/csv'
>>> choose([JSON], None), choose([JSON], "image/*")
('application/json', None)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

JSON = "application/json"
NDJSON = "application/x-ndjson"
CSV = "text/csv"
ARROW_STREAM = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
EVENT_STREAM = "text/event-stream"
FORM = "multipart/form-data"
TEXT = "text/plain"
BYTES = "application/octet-stream"

TABULAR = (JSON, CSV, ARROW_STREAM, PARQUET, NDJSON)
"""The forms of a frame, the default first."""

_COMPRESSED = ("image/", "video/", "audio/", "font/woff", "application/zip", "application/gzip")


def essence(content_type: str) -> str:
    """Return a media type in lower case, without parameters.

    >>> essence("Application/JSON; charset=utf-8")
    'application/json'
    """
    return content_type.partition(";")[0].strip().lower()


def with_charset(media_type: str) -> str:
    """Return a textual media type with the charset that atomlite writes.

    >>> with_charset("text/csv"), with_charset("application/json")
    ('text/csv; charset=utf-8', 'application/json')
    """
    textual = media_type.startswith("text/") and "charset=" not in media_type
    return f"{media_type}; charset=utf-8" if textual else media_type


def is_json(media_type: str) -> bool:
    """Return whether a body of this type is JSON, ``application/problem+json`` included."""
    return media_type == JSON or (
        media_type.startswith("application/") and media_type.endswith("+json")
    )


@lru_cache(maxsize=256)
def _weights(header: str) -> tuple[tuple[str, float], ...]:
    found = []
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            if key.strip() == "q":
                weight = _weight(value.strip())
        if name:
            found.append((name, weight))
    return tuple(found)


def _weight(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return min(value, 1.0) if value > 0 else 0.0  # NaN compares as false


def _weight_of(media_type: str, weights: Iterable[tuple[str, float]]) -> float:
    """Return the weight of the most particular range that the type falls in."""
    ranges = {media_type: 3, media_type.partition("/")[0] + "/*": 2, "*/*": 1}
    best, weight = 0, 0.0
    for name, q in weights:
        if ranges.get(name, 0) > best:
            best, weight = ranges[name], q
    return weight


def choose(available: Sequence[str], accept: str | None) -> str | None:
    """Return the media type that the client likes best, the first of equals; ``None``: none does.

    Args:
        available: Media types without parameters, the preferred first.
        accept: The ``Accept`` header; ``None`` or empty accepts everything.
    """
    if not accept or accept == "*/*":
        return available[0]
    weights = _weights(accept)
    best = max(available, key=lambda media_type: _weight_of(media_type, weights))
    return best if _weight_of(best, weights) > 0 else None


def names(accept: str | None, media_type: str) -> bool:
    """Return whether a client asks for a media type by its full name.

    >>> names("text/event-stream", EVENT_STREAM), names("*/*", EVENT_STREAM)
    (True, False)
    """
    return any(name == media_type and q > 0 for name, q in _weights(accept or ""))


def accepts_gzip(header: str | None) -> bool:
    """Return whether a client reads gzip, by its ``Accept-Encoding`` header.

    >>> accepts_gzip("br, gzip;q=0.5"), accepts_gzip("gzip;q=0"), accepts_gzip("*")
    (True, False, True)
    """
    if not header:
        return False
    weights = dict(_weights(header))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def is_compressible(media_type: str) -> bool:
    """Return whether gzip can make a body of this type much smaller.

    >>> is_compressible("text/csv"), is_compressible("image/png")
    (True, False)
    """
    return not media_type.startswith(_COMPRESSED) and media_type != PARQUET
