"""What an endpoint says about tables beside its own, and about single columns.

>>> Join(None, name="company")
Traceback (most recent call last):
...
atomlite.errors.InvalidEndpoint: Join: table is None. It must be a table of a session.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from atomlite.errors import InvalidEndpoint
from atomlite.expressions.conditions import Condition
from atomlite.search.mistakes import described
from atomlite.tables.table import Table


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """A table whose columns an endpoint shows as a nested object, and can search and sort by.

    Args:
        table: The table joined; each row finds one partner in it at most.
        name: Name of the nested object, before the point in ``"company.name"``; ``None`` takes the
            name of the table.
        columns: Columns of the object when the name alone is readable; ``None`` for all.
        mapping: Joined column by own column, or ``own["a"] == joined["b"]``; ``None`` takes the
            link that `Table.join` made. Without either no endpoint can be built. A link made later
            in place of the first holds from then on.
        kind: ``"left"`` keeps rows without a partner, which show an object of nulls; ``"inner"``
            leaves them out.

    Raises:
        InvalidEndpoint: The table is none, or the kind is neither.
    """

    table: Table
    name: str | None = None
    columns: Sequence[str] | None = None
    mapping: Condition | Mapping[str, str] | None = None
    kind: Literal["left", "inner"] = "left"

    def __post_init__(self) -> None:
        """Refuse what no join can be made of."""
        given: object = self.table
        if not isinstance(given, Table):
            raise InvalidEndpoint(
                f"Join: table is {described(given)}.", hint="It must be a table of a session."
            )
        name: object = self.name
        if name is not None and (not isinstance(name, str) or not name or "." in name):
            raise InvalidEndpoint(
                f"Join: name is {name!r}.", hint="It must be a text without a point."
            )
        if self.kind not in {"left", "inner"}:
            raise InvalidEndpoint(
                f"Join: kind is {self.kind!r}.", hint='It must be "left" or "inner".'
            )
        columns: object = self.columns
        if columns is not None and (isinstance(columns, str) or not isinstance(columns, Sequence)):
            raise InvalidEndpoint(
                f"Join: columns is {described(columns)}.", hint="It must be a list of names."
            )

    @property
    def relationship(self) -> str:
        """The name of the nested object."""
        return self.table.name if self.name is None else self.name


@dataclass(frozen=True, slots=True)
class ColumnOverride:
    """What one endpoint says about a column, beyond what its table does.

    Args:
        values: The only values that clients may compare with; patterns stay free. ``None`` for any.

    Raises:
        InvalidEndpoint: The values are no list.

    >>> ColumnOverride(values=["active", "left"]).values
    ['active', 'left']
    """

    values: Sequence[object] | None = None

    def __post_init__(self) -> None:
        """Refuse what is no list; a text would be one of its letters."""
        given: object = self.values
        if given is not None and (isinstance(given, str) or not isinstance(given, Sequence)):
            raise InvalidEndpoint(
                f"ColumnOverride: values is {described(given)}.", hint="It must be a list."
            )
