"""How the rows of one table find their partners in another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.errors import InvalidJoin, names_listed
from atomlite.expressions.columns import Column
from atomlite.expressions.conditions import And, Condition, OperandComparison

if TYPE_CHECKING:
    from atomlite.tables.schemas import TableSchema

_WRITE = 'Write source.join(target, source["a"] == target["b"]), several joined with `&`.'


@dataclass(frozen=True, slots=True)
class Link:
    """A join of a source table to a target table.

    Args:
        source: Name of the table whose rows look for a partner.
        target: Name of the table that has the partners.
        pairs: Column of the source and column of the target that must be equal, one or more.
    """

    source: str
    target: str
    pairs: tuple[tuple[str, str], ...]

    def reaches_one_row(self, target: TableSchema) -> bool:
        """Return whether a row finds one partner at most: all keys of the target are mapped."""
        return bool(target.keys) and set(target.keys) <= {column for _, column in self.pairs}


def link(
    source: TableSchema,
    target: TableSchema,
    mapping: Condition | Mapping[str, str] | None,
) -> Link:
    """Return a checked link.

    Args:
        source: The table that the link starts from.
        target: The table that it leads to.
        mapping: ``source["a"] == target["b"]``, several joined with ``&``; or target column by
            source column; or ``None`` for the target's keys under the same names.

    Raises:
        InvalidJoin: No mapping can be found, it names other tables, or types do not compare.
        ColumnNotFound: It names a column that a table lacks.
    """
    if source.name == target.name:
        raise InvalidJoin(
            f'"{source.name}" cannot be joined to itself.',
            hint="Load it a second time under another name and join the two.",
        )
    if mapping is None:
        pairs = _by_keys(source, target)
    elif isinstance(mapping, Condition):
        pairs = _by_condition(source, target, mapping)
    elif isinstance(mapping, Mapping):
        pairs = tuple(mapping.items())
    else:
        raise InvalidJoin(f"The mapping is {mapping!r}.", hint=_WRITE)
    return checked(Link(source.name, target.name, pairs), source, target)


def checked(link: Link, source: TableSchema, target: TableSchema) -> Link:
    """Return a link whose columns are there and compare; raises as `link`."""
    if not link.pairs:
        raise InvalidJoin("The mapping names no columns.", hint="Name one pair or more.")
    for source_column, target_column in link.pairs:
        ours = source.column(source_column).data_type
        theirs = target.column(target_column).data_type
        if _kind(ours) != _kind(theirs):
            raise InvalidJoin(
                f'"{source.name}"."{source_column}" is {ours} and '
                f'"{target.name}"."{target_column}" is {theirs}; they never match.',
                hint="Load one of them with the type of the other.",
            )
    return link


def _by_keys(source: TableSchema, target: TableSchema) -> tuple[tuple[str, str], ...]:
    missing = [key for key in target.keys if key not in source.by_name]
    if not target.keys:
        raise InvalidJoin(
            f'"{target.name}" has no keys to join to.',
            hint=_WRITE,
        )
    if missing:
        raise InvalidJoin(
            f'"{source.name}" has no column named {names_listed(missing)}, '
            f'a key of "{target.name}".',
            hint=_WRITE,
        )
    return tuple((key, key) for key in target.keys)


def _by_condition(
    source: TableSchema, target: TableSchema, condition: Condition
) -> tuple[tuple[str, str], ...]:
    parts = condition.conditions if isinstance(condition, And) else (condition,)
    pairs = []
    for part in parts:
        ends: dict[str, str] = {}
        if isinstance(part, OperandComparison) and part.operator == "==":
            sides = (part.left, part.right)
            ends = {side.table: side.name for side in sides if isinstance(side, Column)}
        if set(ends) != {source.name, target.name}:
            raise InvalidJoin(
                f'{part!r} does not say which columns of "{source.name}" and "{target.name}" '
                "are equal.",
                hint=_WRITE,
            )
        pairs.append((ends[source.name], ends[target.name]))
    return tuple(pairs)


def _kind(data_type: pa.DataType) -> str:
    """Return what must be the same for two values to be able to match."""
    if pa.types.is_integer(data_type) or pa.types.is_decimal(data_type):
        return "number"
    if pa.types.is_timestamp(data_type):
        return "timestamp with zone" if data_type.tz else "timestamp"
    return "time" if pa.types.is_time(data_type) else str(data_type)
