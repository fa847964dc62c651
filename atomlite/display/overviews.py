"""Lists of timed work, one line each, as text and HTML.

>>> print(text_overview([Line("12:00:00.000", "GET /count", "200", 0.0123, 4)], kept=200))
1 trace, newest last; at most 200 are kept.
12:00:00.000  GET /count  200      12.30 ms      4 spans
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from atomlite.display.styles import TRACE_STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Line", "html_overview", "text_overview"]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an overview.

    Args:
        began: When it began, as text.
        name: What was done.
        status: How it was answered; empty when nobody asked.
        duration: Seconds.
        spans: Number of its parts, above 0.
        failed: Whether one of them failed.
    """

    began: str
    name: str
    status: str
    duration: float
    spans: int
    failed: bool = False


def _headline(lines: Sequence[Line], kept: int) -> str:
    if not lines:
        return f"No traces yet; at most {kept:,} are kept."
    return f"{_counted(len(lines), 'trace')}, newest last; at most {kept:,} are kept."


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def text_overview(lines: Sequence[Line], *, kept: int) -> str:
    """Return a headline, then one line each."""
    width = max((len(line.name) for line in lines), default=0)
    texts = [_headline(lines, kept)]
    for line in lines:
        duration, spans = f"{line.duration * 1e3:9.2f} ms", _counted(line.spans, "span")
        texts.append(
            f"{line.began}  {line.name:<{width}}  {line.status:<3}  {duration}  {spans:>11}"
            + ("  ✗" if line.failed else "")
        )
    return "\n".join(texts)


def html_overview(lines: Sequence[Line], *, kept: int) -> str:
    """Return a foldable table; bars compare durations; all texts are escaped."""
    longest = max((line.duration for line in lines), default=0.0) or 1.0
    rows = "".join(_html_line(line, line.duration / longest * 100) for line in lines)
    headline = escape(_headline(lines, kept))
    return (
        f'{TRACE_STYLE}<details class="al-trace" open><summary>{headline}</summary>'
        f"<table>{rows}</table></details>"
    )


def _html_line(line: Line, width: float) -> str:
    bad = ' class="al-trace-bad"' if line.failed else ""
    row = "al-trace-row al-trace-bad" if line.failed else "al-trace-row"
    return (
        f'<tr class="{row}"><td class="al-trace-dim">{escape(line.began)}</td>'
        f"<td{bad}>{escape(line.name)}</td>"
        f"<td{bad}>{escape(line.status)}</td>"
        f'<td style="min-width:12em"><span class="al-trace-track" style="display:block">'
        f'<i class="al-trace-c2" style="left:0;width:{max(width, 0.5):.2f}%"></i></span></td>'
        f'<td class="al-trace-num">{line.duration * 1e3:.2f} ms</td>'
        f'<td class="al-trace-num">{_counted(line.spans, "span")}</td></tr>'
    )
