"""What a function of values is: a rule for its type, and a rule for its SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atomlite.data_types.numbers import is_number
from atomlite.expressions.calculating import as_type, once

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Given:
    """A call of a function.

    Args:
        options: The fixed options of its name, as text.
        types: Logical types of the arguments.
        texts: SQL of the arguments; none while only the type is asked for.
    """

    options: tuple[str, ...]
    types: tuple[pa.DataType, ...]
    texts: tuple[str, ...] = ()

    def numbers(self, count: int = 1) -> bool:
        """Return whether there are this many arguments, all of them numbers."""
        return len(self.types) == count and all(map(is_number, self.types))

    def cast(self, data_type: pa.DataType, position: int = 0) -> str:
        """Return the SQL of an argument as a type."""
        return as_type(self.texts[position], self.types[position], data_type)

    def once(self, body: Callable[..., str]) -> str:
        """Return SQL that may repeat the arguments; see `calculating.once`."""
        return once(self.texts, body)


@dataclass(frozen=True, slots=True)
class Signature:
    """A function.

    Args:
        data_type: Gives the type of the result, ``None`` for arguments that do not fit.
        sql: Gives the SQL of arguments that fit.
        needs: What the arguments must be, for messages.
    """

    data_type: Callable[[Given], pa.DataType | None]
    sql: Callable[[Given], str]
    needs: str
