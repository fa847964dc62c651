"""Tables and their links as a Mermaid entity-relationship diagram.

Notebooks draw it (JupyterLab and Notebook 7 know the media type ``text/vnd.mermaid``); elsewhere
its text shows. Syntax: https://mermaid.js.org/syntax/entityRelationshipDiagram.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

DrawnTable: TypeAlias = "tuple[str, Sequence[tuple[str, str, bool]]]"
"""Name of a table; name, type and whether it is a key, of each column."""

DrawnLink: TypeAlias = "tuple[str, str, Sequence[tuple[str, str]], bool]"
"""Source, target, pairs of columns, and whether a row finds one partner at most."""


@dataclass(frozen=True, slots=True)
class Diagram:
    """A diagram in Mermaid's language.

    Args:
        code: The text that Mermaid draws.
    """

    code: str

    def __str__(self) -> str:
        """Return the code."""
        return self.code

    def __repr__(self) -> str:
        """Return the code: where nothing draws, it can be read."""
        return self.code

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/vnd.mermaid": self.code, "text/plain": self.code}


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
    for source, target, pairs, one_row in links:
        ends = "}o--o|" if one_row else "}o--o{"
        label = ", ".join(
            ours if ours == theirs else f"{ours} = {theirs}" for ours, theirs in pairs
        )
        lines.append(f"  {_quoted(source)} {ends} {_quoted(target)} : {_quoted(label)}")
    return Diagram("\n".join(lines))


def _quoted(text: str) -> str:
    """Return text as a Mermaid string; what the name of an entity cannot have is replaced."""
    shown = re.sub(r"[\x00-\x1f\\%]+", " ", text.replace('"', "'")).strip()
    return f'"{shown or "_"}"'


def _word(text: str) -> str:
    """Return text as one Mermaid word."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_")
    return word if word and not word[0].isdigit() else f"c_{word}".rstrip("_")
