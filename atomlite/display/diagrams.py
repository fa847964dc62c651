"""Tables and their links as a Mermaid entity-relationship diagram.

JupyterLab and Notebook 7 draw it: they know the media type ``text/vnd.mermaid``. Elsewhere, as in
VS Code and pages of nbconvert, an SVG picture shows, and in terminals the text. The picture is not
HTML or Markdown, because JupyterLab would prefer those to Mermaid (ranks 50 and 60 to 61; SVG: 80).
Syntax: https://mermaid.js.org/syntax/entityRelationshipDiagram.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from atomlite.display.pictures import Box, picture

DrawnTable: TypeAlias = "tuple[str, Sequence[tuple[str, str, bool]]]"
"""Name of a table; name, type and whether it is a key, of each column."""

DrawnLink: TypeAlias = "tuple[str, str, Sequence[tuple[str, str]], bool]"
"""Source, target, pairs of columns, and whether a row finds one partner at most."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """A diagram in Mermaid's language.

    Args:
        code: The text that Mermaid draws.
        svg: The picture for pages that cannot draw it; empty for none.
    """

    code: str
    svg: str = ""

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    def __repr__(self) -> str:
        """Return the code: where nothing draws, it can be read."""
        return self.code

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        bundle = {"text/vnd.mermaid": self.code, "text/plain": self.code}
        return {**bundle, "image/svg+xml": self.svg} if self.svg else bundle


def table_diagram(tables: Sequence[DrawnTable], links: Sequence[DrawnLink]) -> Diagram:
    """Return the diagram of tables and links.

    >>> print(table_diagram([("Sales", [("Shop", "int64", True)])], []))
    erDiagram
      "Sales" {
        int64 Shop PK
      }
    """
    lines = ["erDiagram"]
    for name, columns in tables:
        lines.append(f"  {_quoted(name)} {{")
        for column, data_type, is_key in columns:
            word, comment = _word(column), ""
            if word != column:
                comment = f" {_quoted(column)}"
            lines.append(f"    {_word(data_type)} {word}{' PK' if is_key else ''}{comment}")
        lines.append("  }")
    sentences = []
    for source, target, pairs, one_row in links:
        ends = "}o--o|" if one_row else "}o--o{"
        label = ", ".join(
            ours if ours == theirs else f"{ours} = {theirs}" for ours, theirs in pairs
        )
        sentences.append(f"{source} → {target}: {label}")
        lines.append(f"  {_quoted(source)} {ends} {_quoted(target)} : {_quoted(label)}")
    return Diagram("\n".join(lines), picture([_box(table) for table in tables], sentences))


def _box(table: DrawnTable) -> Box:
    """Return the name of a table, and its columns with types in line."""
    name, columns = table
    names = max((len(column) for column, _, _ in columns), default=0)
    types = max((len(data_type) for _, data_type, _ in columns), default=0)
    return name, [
        f"{column:<{names}}  {data_type:<{types}}{'  PK' if is_key else ''}"
        for column, data_type, is_key in columns
    ]


def _quoted(text: str) -> str:
    """Return text as a Mermaid string; what the name of an entity cannot have is replaced."""
    shown = re.sub(r"[\x00-\x1f\\%]+", " ", text.replace('"', "'")).strip()
    return f'"{shown or "_"}"'


def _word(text: str) -> str:
    """Return text as one Mermaid word."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    return word if word and not word[0].isdigit() else f"c_{word}".rstrip("_")
