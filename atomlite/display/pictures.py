"""Tables and their links as an SVG picture, for pages that cannot draw Mermaid.

The picture needs nothing from outside, and the colours of its own background.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TypeAlias

Box: TypeAlias = "tuple[str, Sequence[str]]"
"""Title and lines of a box."""

_LETTER = 7.25  # pixels that a letter of the font takes, at most
_LINE = 18
_GAP = 20
_WIDEST = 900


def picture(boxes: Sequence[Box], sentences: Sequence[str]) -> str:
    """Return boxes, side by side in rows, above sentences; all texts are escaped.

    >>> picture([("Sales", ["Shop  string  PK"])], []).count("<rect")
    2
    """
    parts: list[str] = []
    x = y = widest = _GAP
    bottom = y
    for title, lines in boxes:
        width = _width([title, *lines])
        height = (len(lines) + 1) * _LINE + 10
        if x > _GAP and x + width > _WIDEST:
            x, y = _GAP, bottom + _GAP
        parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="4" fill="#f4f6f9" '
            'stroke="#8a93a0"/>'
        )
        parts.append(_text(x + 10, y + _LINE, title, bold=True))
        parts += [_text(x + 10, y + _LINE * (i + 2), line) for i, line in enumerate(lines)]
        bottom = max(bottom, y + height)
        x += width + _GAP
        widest = max(widest, x)
    for sentence in sentences:
        bottom += _LINE + 4
        parts.append(_text(_GAP, bottom, sentence))
        widest = max(widest, _GAP + _width([sentence]))
    height = bottom + _GAP
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{widest}" height="{height}" '
        f'viewBox="0 0 {widest} {height}" font-family="ui-monospace,monospace" font-size="12" '
        'fill="#1f2933" xml:space="preserve"><rect width="100%" height="100%" fill="#fff"/>'
        f"{''.join(parts)}</svg>"
    )


def _width(texts: Sequence[str]) -> int:
    return int(max(len(text) for text in texts) * _LETTER) + 20


def _text(x: int, y: int, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return f'<text x="{x}" y="{y}"{weight} style="white-space:pre">{escape(shown)}</text>'
