"""SQL text whose values are numbered, so that its parts can be put together in any order. Pure.

>>> binder = Binder()
>>> binder.bind(5), binder.bind("a"), binder.bind(5)
('$1', '$2', '$1')
>>> binder.numbered('"odd?" = ? AND b > ?', ("a", 7))
'"odd?" = $2 AND b > $3'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from atomlite.data_types.values import parameter, placeholder
from atomlite.expressions.rendering import Expression, render

if TYPE_CHECKING:
    import pyarrow as pa

    from atomlite.expressions.columns import Reference

_MARK = re.compile(r"""("(?:[^"]|"")*"|'(?:[^']|'')*')|\?""")


class Binder:
    """The values of a statement; equal ones of the same class are one parameter."""

    def __init__(self) -> None:
        self.values: list[object] = []
        self._known: dict[tuple[str, str], str] = {}

    def bind(self, value: object) -> str:
        """Return the mark of a value."""
        key = type(value).__name__, repr(value)
        mark = self._known.get(key)
        if mark is None:
            self.values.append(value)
            mark = self._known[key] = f"${len(self.values)}"
        return mark

    def typed(self, value: object, data_type: pa.DataType) -> str:
        """Return the SQL of a value of a type; raises `WrongType` where it does not fit."""
        bound = parameter(value, data_type)
        return placeholder(data_type).replace("?", self.bind(bound))

    def numbered(self, text: str, values: Iterable[object]) -> str:
        """Return text with a mark in the place of each ``?``."""
        waiting = iter(values)
        return _MARK.sub(lambda match: match[1] or self.bind(next(waiting)), text)

    def rendered(self, expression: Expression, name: Callable[[Reference], str]) -> str:
        """Return the SQL of an expression; ``name`` gives that of columns and levels."""
        return self.numbered(*render(expression, name))
