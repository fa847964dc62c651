"""Aliases and small value types that every layer shares.

Nothing here does anything: a reader of any signature can look its words up on this page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from atomlite.expressions.conditions import Condition

JsonValue: TypeAlias = (
    "None | bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue]"
)
"""What JSON can hold, recursively."""

ErrorHandling: TypeAlias = Literal["fail", "warn", "skip"]
"""What a load does with rows that do not fit: refuse all, or leave them out, warning or not."""

Method: TypeAlias = Literal["DELETE", "GET", "PATCH", "POST", "PUT", "QUERY"]
"""The HTTP methods that an endpoint can be registered for; HEAD and OPTIONS follow from them."""

METHODS: tuple[Method, ...] = ("DELETE", "GET", "PATCH", "POST", "PUT", "QUERY")


@dataclass(frozen=True, slots=True)
class Version:
    """A point in the life of a session's data.

    Args:
        epoch: Text that differs between two in-memory sessions and stays with a database file.
        number: Integer from 0; grows by one with each committed write.
    """

    epoch: str
    number: int

    def __str__(self) -> str:
        """Return ``epoch.number``, the form that answers carry."""
        return f"{self.epoch}.{self.number}"


@dataclass(frozen=True, slots=True)
class View:
    """What one reader may see of a table; a search is planned for one.

    The default sees everything. Restrictions arrive with security, as values passed down.

    Args:
        condition: Rows for which it holds are visible; ``None`` shows all rows.
        hidden_columns: Names of columns that do not exist for this reader.
        joined: Views of the tables that a search joins, by the name of the table or of the
            relationship; those not named are seen whole. A row that its view hides is no partner.
    """

    condition: Condition | None = None
    hidden_columns: frozenset[str] = field(default_factory=frozenset)
    joined: Mapping[str, View] = field(default_factory=dict)


EVERYTHING = View()
"""The view of a reader without restrictions."""
