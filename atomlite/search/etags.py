"""Tags of answers, by which a client asks whether what it has still holds.

>>> tag = weak_tag("endpoint", ("SELECT 1", 7))
>>> is_known(f'"other", {tag}', tag), is_known('"other"', tag), is_known("*", tag)
(True, False, True)
"""

from __future__ import annotations

from atomlite.search.cursors import fingerprint

SAFE_METHODS = frozenset({"GET", "HEAD", "QUERY"})
"""Methods whose answers a client may keep and ask about."""


def weak_tag(*parts: object) -> str:
    """Return the tag of an answer that depends on nothing but the parts."""
    return f'W/"{fingerprint(*parts)}"'


def is_known(if_none_match: str | None, tag: str) -> bool:
    """Return whether a client has the answer of a tag; tags are compared as weak ones."""
    if not if_none_match:
        return False
    given = [each.strip().removeprefix("W/") for each in if_none_match.split(",")]
    return "*" in given or tag.removeprefix("W/") in given
