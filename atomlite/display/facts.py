"""Labels and values as a small table."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def fact_table(title: str, facts: Sequence[tuple[str, str]]) -> str:
    """Return an HTML table with a title and one row per fact.

    >>> "<th" in fact_table("Load", [("rows in", "2")])
    True
    """
    head = "text-align:left;font-weight:normal;opacity:0.7;padding:1px 12px 1px 0"
    rows = "".join(
        f'<tr><th style="{head}">{escape(label)}</th>'
        f'<td style="text-align:left">{escape(text)}</td></tr>'
        for label, text in facts
    )
    caption = f'<caption style="text-align:left"><b>{escape(title)}</b></caption>'
    return f"<table>{caption}{rows}</table>"
