"""A titled grid of texts, for the notebook and the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Grid:
    """Texts in rows under headers.

    >>> print(Grid("Sales: 2 rows", ("column", "type"), [("Day", "date32[day]")]).text())
    Sales: 2 rows
      column  type
      Day     date32[day]
    """

    title: str
    headers: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        """Return the grid with columns of equal width."""
        if not self.rows:
            return self.title
        lines = [self.headers, *self.rows]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.headers))]
        texts = [
            "  " + "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip()
            for line in lines
        ]
        return "\n".join([self.title, *texts])

    def html(self) -> str:
        """Return the grid as an HTML table; all texts are escaped."""
        head = "".join(f'<th style="text-align:left">{escape(h)}</th>' for h in self.headers)
        body = "".join(
            "<tr>"
            + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row)
            + "</tr>"
            for row in self.rows
        )
        caption = f'<caption style="text-align:left"><b>{escape(self.title)}</b></caption>'
        if not self.rows:
            return f"<table>{caption}</table>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
