"""SQL text and its values, kept apart.

The only place that quotes a name. A `Statement` is a value: planners build it, the engine runs it,
and the text that a trace shows is the text that ran.

>>> quote('a "b" c')
'"a ""b"" c"'
>>> Statement("SELECT ?", (1,)).text
'SELECT ?'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One SQL statement with the values for its ``?`` placeholders, in order.

    Args:
        text: SQL in which every value is a ``?``; safe to log and to trace.
        parameters: The values; never part of a log line or a span.
        operation: The SQL verb, for span names (``SELECT``, ``INSERT``, ...).
        table: The table it is about, for span names; empty when there is none.
        shown: The text for spans, where ``text`` holds values that a person wrote into it.
    """

    text: str
    parameters: tuple[object, ...] = ()
    operation: str = "SELECT"
    table: str = ""
    shown: str | None = None

    @property
    def summary(self) -> str:
        """The low-cardinality name of the statement, as in OpenTelemetry's ``db.query.summary``."""
        return f"{self.operation} {self.table}".rstrip()


_LITERAL = re.compile(
    r"""("(?:[^"]|"")*")              # a quoted name stays
      | [eExX]?'(?:[^']|'')*'         # text
      | \$(\w*)\$.*?\$\2\$            # text between dollars
      | (--[^\n]*|/\*.*?\*/)          # a comment goes
      | (?<![\w.])\d[\w.]*""",
    re.VERBOSE | re.DOTALL,
)


def without_literals(text: str) -> str:
    """Return SQL text with ``?`` in the place of each constant, and without comments.

    >>> without_literals("SELECT a1 FROM t WHERE name = 'it''s' AND n > 4.5 -- mine")
    'SELECT a1 FROM t WHERE name = ? AND n > ?'
    """
    shown = _LITERAL.sub(lambda match: match[1] or ("" if match[3] else "?"), text)
    return shown.strip()


def quote(name: str) -> str:
    """Return ``name`` as an SQL identifier.

    >>> quote("order")
    '"order"'
    """
    return '"' + name.replace('"', '""') + '"'


def quote_all(names: Sequence[str]) -> str:
    """Return a comma separated list of identifiers.

    >>> quote_all(["a", "b c"])
    '"a", "b c"'
    """
    return ", ".join(quote(name) for name in names)
