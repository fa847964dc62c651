"""Trees of timed work as text and HTML.

>>> print(
...     text_tree(
...         [
...             Row(depth=0, name="GET /count", scope="server", start=0.0, duration=0.0123),
...             Row(
...                 depth=1,
...                 name="SELECT Sales",
...                 scope="engine",
...                 start=0.001,
...                 duration=0.002,
...                 note="SELECT count(*)",
...             ),
...         ]
...     )
... )
GET /count             12.30 ms  [server]
└── SELECT Sales        2.00 ms  [engine]
    SELECT count(*)
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from atomlite.display.styles import TRACE_STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Row", "html_tree", "text_tree"]

_NOTE_WIDTH = 120
_HTML_ROWS = 500
_COLOURS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a tree; a tree is a sequence of lines, each before its children.

    Args:
        depth: 0 for a root; at most one more than the depth of the line before.
        name: What was done.
        scope: Who did it.
        start: Seconds from the start of the first line.
        duration: Seconds.
        error: Why it failed; empty when it did not.
        note: One more line below, as the SQL that ran; empty for none.
        details: What HTML shows when the line is opened: names and values.
    """

    depth: int
    name: str
    scope: str
    start: float
    duration: float
    error: str = ""
    note: str = ""
    details: Sequence[tuple[str, str]] = ()


def text_tree(rows: Sequence[Row]) -> str:
    """Return the tree drawn with lines, durations in milliseconds in one column."""
    prefixes = _prefixes([row.depth for row in rows])
    heads = [head + _one_line(row.name) for row, (head, _) in zip(rows, prefixes, strict=True)]
    width = max((len(head) for head in heads), default=0)
    lines: list[str] = []
    for row, head, (_, below) in zip(rows, heads, prefixes, strict=True):
        error = f"  ✗ {_one_line(row.error)}" if row.error else ""
        lines.append(f"{head:<{width}}  {row.duration * 1e3:9.2f} ms  [{row.scope}]{error}")
        if row.note:
            lines.append(below + _one_line(row.note))
    return "\n".join(lines)


def _prefixes(depths: Sequence[int]) -> list[tuple[str, str]]:
    """Return for each line what stands before its name and before the line below it.

    Read from the end, because a branch is drawn through only where a sibling follows.
    """
    prefixes: list[tuple[str, str]] = []
    follows: list[bool] = []  # by depth: whether a sibling at this depth follows
    deeper = -1  # depth of the line after this one
    for depth in reversed(depths):
        del follows[depth + 1 :]
        follows += [False] * (depth + 1 - len(follows))
        through = "".join("│   " if follows[level] else "    " for level in range(1, depth))
        corner = ("├── " if follows[depth] else "└── ") if depth else ""
        beside = ("│   " if follows[depth] else "    ") if depth else ""
        inner = "│   " if deeper > depth else ""
        prefixes.append((through + corner, through + beside + inner))
        follows[depth] = True
        deeper = depth
    return prefixes[::-1]


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _NOTE_WIDTH else line[: _NOTE_WIDTH - 1] + "…"


def html_tree(rows: Sequence[Row], *, title: str, remark: str = "") -> str:
    """Return the tree as one piece of HTML that needs nothing from outside; all texts are escaped.

    Args:
        rows: The lines; above 500 the rest is counted, not shown.
        title: Headline, shown also when the tree is folded.
        remark: A sentence below the tree; empty for none.
    """
    total = max([0.0, *(row.start + row.duration for row in rows)])
    colours = {
        scope: index % _COLOURS for index, scope in enumerate(sorted({row.scope for row in rows}))
    }
    failed = sum(1 for row in rows if row.error)
    counts = f"{total * 1e3:.2f} ms · {len(rows)} span{'' if len(rows) == 1 else 's'}"
    errors = f' <b class="al-trace-bad">· {failed} failed</b>' if failed else ""
    hidden = len(rows) - _HTML_ROWS
    remarks = [remark] if remark else []
    if hidden > 0:
        remarks.append(f"{hidden:,} more spans are not drawn here; `print(trace)` shows all.")
    return (
        f'{TRACE_STYLE}<details class="al-trace" open><summary><b>{escape(title)}</b>'
        f'<span class="al-trace-dim"> {counts}</span>{errors}</summary>'
        + "".join(_html_row(row, total, colours[row.scope]) for row in rows[:_HTML_ROWS])
        + "".join(f'<p class="al-trace-dim">{escape(line)}</p>' for line in remarks)
        + "</details>"
    )


def _html_row(row: Row, total: float, colour: int) -> str:
    # Clocks are set back and parts outlive the whole: bars stay within their track.
    left = min(max(row.start / total, 0.0), 0.995) * 100 if total else 0.0
    width = min(max(row.duration / total * 100, 0.5), 100 - left) if total else 100.0
    place, name = f"left:{left:.2f}%;width:{width:.2f}%", escape(row.name)
    bad = " al-trace-bad" if row.error else ""
    error = (
        f' <span class="al-trace-bad">{escape(_one_line(row.error))}</span>' if row.error else ""
    )
    details = "".join(
        f"<tr><th>{escape(key)}</th><td>{_html_value(value)}</td></tr>"
        for key, value in [("scope", row.scope), *row.details]
    )
    return (
        f'<details class="al-trace-row{bad}"><summary>'
        f'<span class="al-trace-name" style="padding-left:{row.depth * 1.1:.1f}em" title="{name}">'
        f'{name}{error} <span class="al-trace-dim">{escape(row.scope)}</span></span>'
        f'<span class="al-trace-track"><i class="al-trace-c{colour}" style="{place}"></i></span>'
        f'<span class="al-trace-time">{row.duration * 1e3:.2f} ms</span></summary>'
        f"<table>{details}</table></details>"
    )


def _html_value(text: str) -> str:
    """Return a text as it is; one of several lines, as a traceback, is not wrapped."""
    lines = ' class="al-trace-lines"' if "\n" in text.strip() else ""
    return f"<pre{lines}>{escape(text)}</pre>"
