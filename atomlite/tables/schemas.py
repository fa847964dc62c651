"""What a table looks like: its columns, their types and defaults, and its keys.

>>> schema = table_schema("Sales", {"Day": "date", "Quantity": "int64"}, keys={"Day"})
>>> schema.names, schema.keys, schema.ordering
(('Day', 'Quantity'), ('Day',), ('Day',))
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property

import pyarrow as pa  # noqa: TC002 -- Sphinx reads annotations at run time

from atomlite.data_types.names import parse_data_type
from atomlite.data_types.storage import is_nested
from atomlite.errors import ColumnNotFound, InvalidArgument, InvalidName
from atomlite.tables.conversions import convert_objects

ROW_NUMBER = "_row_number"
"""Hidden column of a table without keys: the order in which its rows came, from 0."""


@dataclass(frozen=True, slots=True)
class ColumnSchema:
    """One column.

    Args:
        name: Unique in its table, also when case is ignored.
        data_type: The Arrow type of its values.
        default: What a load puts in place of null; ``None`` keeps null.
        nullable: Whether null may be stored; False for keys.
    """

    name: str
    data_type: pa.DataType
    default: object = None
    nullable: bool = True


@dataclass(frozen=True)
class TableSchema:
    """One table.

    Args:
        name: Unique in its session, also when case is ignored.
        columns: In order; at least one.
        keys: Names of the columns that tell rows apart, in the order in which rows sort; may be
            empty.
    """

    name: str
    columns: tuple[ColumnSchema, ...]
    keys: tuple[str, ...] = ()

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the columns, in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def by_name(self) -> Mapping[str, ColumnSchema]:
        """The columns by name."""
        return {column.name: column for column in self.columns}

    @cached_property
    def data_types(self) -> Mapping[str, pa.DataType]:
        """The data types by column name, in order."""
        return {column.name: column.data_type for column in self.columns}

    @property
    def ordering(self) -> tuple[str, ...]:
        """The columns that put all rows in one order: the keys, or the hidden row number."""
        return self.keys or (ROW_NUMBER,)

    def column(self, name: object) -> ColumnSchema:
        """Return the column of this name.

        Raises:
            ColumnNotFound: There is none.
        """
        if isinstance(name, str) and name in self.by_name:
            return self.by_name[name]
        raise ColumnNotFound(name, table=self.name, known=self.names)


def table_schema(
    name: str,
    data_types: Mapping[str, object],
    *,
    keys: Collection[str] = (),
    default_values: Mapping[str, object] | None = None,
) -> TableSchema:
    """Return a checked schema.

    Args:
        name: Name of the table.
        data_types: Data type by column name, in the order of the columns; see `parse_data_type`.
        keys: Key columns; a set follows the order of the columns, a sequence keeps its own.
        default_values: Value by column name that replaces null.

    Raises:
        InvalidName: A name is empty, taken twice when case is ignored, or reserved.
        InvalidArgument: Keys or defaults that do not fit the columns.
        UnknownDataType: A data type that no column can have.
    """
    _check_names("Table name", [name])
    if not data_types:
        raise InvalidArgument("data_types", dict(data_types), "a mapping with at least one column")
    checked_columns(data_types)
    key_names = _ordered_keys(name, tuple(data_types), keys)
    defaults = dict(default_values or {})
    for column in defaults:
        if column not in data_types:
            raise ColumnNotFound(column, table=name, known=list(data_types))
        if column in key_names:
            raise InvalidArgument(
                "default_values", column, "without key columns; a key is never null"
            )
    columns = []
    for column, written in data_types.items():
        data_type = parse_data_type(written, column=column)
        columns.append(
            ColumnSchema(
                column,
                data_type,
                _default(column, defaults.get(column), data_type),
                nullable=column not in key_names,
            )
        )
        if column in key_names and is_nested(data_type):
            raise InvalidArgument("keys", column, f"columns of plain values; this is {data_type}")
    return TableSchema(name, tuple(columns), key_names)


def checked_columns(names: Iterable[str]) -> list[str]:
    """Return the names, or raise `InvalidName` when one cannot be that of a column."""
    listed = list(names)
    _check_names("Column name", listed)
    return listed


def _check_names(what: str, names: Sequence[object]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if not isinstance(name, str) or not name or not _writable(name):
            reason = "it must be text of one character or more, of valid Unicode, without NUL."
            raise InvalidName(what, name, reason)
        if name.casefold() in seen:
            reason = f"it differs from {seen[name.casefold()]!r} only in case; rename one of them."
            raise InvalidName(what, name, reason)
        if name.casefold() == ROW_NUMBER:
            raise InvalidName(what, name, "it is reserved; rename it.")
        seen[name.casefold()] = name


def _writable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return "\x00" not in name


def _ordered_keys(table: str, columns: tuple[str, ...], keys: Collection[str]) -> tuple[str, ...]:
    given: object = keys
    if isinstance(given, str):
        raise InvalidArgument("keys", given, f"a collection of names: {{{given!r}}}")
    if not isinstance(given, Collection):
        raise InvalidArgument("keys", given, "a collection of names, empty for none")
    for key in keys:
        if key not in columns:
            raise ColumnNotFound(key, table=table, known=columns)
    if isinstance(keys, AbstractSet):
        return tuple(column for column in columns if column in keys)
    if len(set(keys)) < len(keys):
        raise InvalidArgument("keys", list(keys), "names without repetition")
    return tuple(keys)


def _default(column: str, value: object, data_type: pa.DataType) -> object:
    converted, misfits = convert_objects([value], data_type)
    if misfits:
        expected = f'a value of type {data_type} for column "{column}"'
        raise InvalidArgument("default_values", value, expected)
    default: object = converted[0].as_py()
    return default
