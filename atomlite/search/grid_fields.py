"""The public fields of a grid: the names that clients use, and the columns behind them.

>>> from atomlite.tables.schemas import table_schema
>>> schema = table_schema("Users", {"id": "int64", "user_name": "string"}, keys=["id"])
>>> fields = grid_fields(schema, None, camel=True)
>>> fields.columns["userName"], fields.keys
('user_name', ('id', 'userName'))
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from atomlite.errors import InvalidEndpoint, did_you_mean, names_listed
from atomlite.expressions.columns import Column
from atomlite.search.casing import Names
from atomlite.search.grid_values import Reader, reader_of
from atomlite.tables.schemas import TableSchema

_UNSAYABLE = re.compile(r"[:|,]|^\s|\s$")
"""What a name cannot hold where parameters separate names with it or trim it away."""

_CAMEL = Names("snake_case", "camelCase")
_TITLE = Names("snake_case", "TitleCase")
_MOST_KNOWN = 64
_known: dict[tuple[object, ...], tuple[TableSchema, GridFields]] = {}


@dataclass(frozen=True, slots=True)
class GridFields:
    """The fields of one grid over one schema; made by `grid_fields`.

    Args:
        table: Name of the table.
        columns: Column by each name that a client may write, in order.
        keys: The key of each field in a row, in order.
        names: Public name by column, in the order of the rows.
        readers: What reads a value of a column from text; ``None`` where only null can be matched.
        by_column: The columns as operands.
        folded: The names that a client may write, without regard to case.
    """

    table: str
    columns: Mapping[str, str]
    keys: tuple[str, ...]
    names: Mapping[str, str]
    readers: Mapping[str, Reader | None]
    by_column: Mapping[str, Column]
    folded: frozenset[str]
    _searched: dict[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)

    def is_like_a_field(self, name: str) -> bool:
        """Return whether a name is that of a field but for blanks around it and case."""
        return name.strip().casefold() in self.folded

    def searched(self, fields: Sequence[str]) -> tuple[str, ...]:
        """Return the columns of the fields that a text is searched in.

        Args:
            fields: Public names, or names of columns that are public fields under another name.

        Raises:
            InvalidEndpoint: One is no field, or its column is no text.
        """
        if isinstance(fields, str):
            raise InvalidEndpoint(
                f"The search fields are text, {fields!r}.", hint=f"Give a list: [{fields!r}]."
            )
        try:
            key = tuple(fields)
            found = self._searched.get(key)
        except TypeError:
            raise InvalidEndpoint(
                f"The search fields are {fields!r}.", hint="Give a list of names."
            ) from None
        if found is None:
            found = tuple(dict.fromkeys(self._searched_column(name) for name in key))
            if len(self._searched) >= _MOST_KNOWN:
                self._searched.clear()
            self._searched[key] = found
        return found

    def _searched_column(self, name: str) -> str:
        column = self.columns.get(name, name if name in self.names else None)
        if column is None:
            known = list(self.names.values())
            raise InvalidEndpoint(
                f'Search field {name!r} is no field of "{self.table}". '
                f"Fields: {names_listed(known)}.",
                hint=did_you_mean(name, known),
            )
        data_type = self.by_column[column].data_type
        if not pa.types.is_string(data_type):
            raise InvalidEndpoint(
                f'Search field "{name}" is {data_type}; only text can be searched.',
                hint="Leave it out, or store the column as text.",
            )
        return column


def grid_fields(
    schema: TableSchema, fields: Mapping[str, str] | Sequence[str] | None, *, camel: bool
) -> GridFields:
    """Return the fields of a grid; the same object for the same arguments.

    Args:
        schema: The table.
        fields: Column by public name, or the names of columns; ``None`` for all columns.
        camel: Whether names may be written in camelCase, and rows have them so.

    Raises:
        InvalidEndpoint: A column that the table lacks, two names that cannot be told apart, or a
            name that no parameter could say.
    """
    given: tuple[object, ...] | None
    try:
        if fields is None:
            given = None
        elif isinstance(fields, Mapping):
            given = tuple(fields.items())
        else:
            given = tuple(fields)
        key = (id(schema), camel, given)
        found = _known.get(key)
    except TypeError:  # no list, or of things that are no names
        raise InvalidEndpoint(
            f"The fields are {fields!r}.",
            hint="Give a list of column names, or a dict of columns by public name.",
        ) from None
    # The entry holds its schema, so the id is that of no other one.
    if found is not None and found[0] is schema:
        return found[1]
    made = _made(schema, fields, camel=camel)
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    _known[key] = schema, made
    return made


def _made(
    schema: TableSchema, fields: Mapping[str, str] | Sequence[str] | None, *, camel: bool
) -> GridFields:
    public = _public(schema, fields)
    shown = {name: _CAMEL.column(name) if camel else name for name in public}
    _check_apart(shown)
    columns = dict(public)
    if camel:
        for name, key in shown.items():
            for alias in (key, _TITLE.column(name)):
                columns.setdefault(alias, public[name])
    types = {column: schema.column(column).data_type for column in public.values()}
    return GridFields(
        schema.name,
        columns,
        tuple(shown.values()),
        {column: name for name, column in public.items()},
        {column: reader_of(data_type) for column, data_type in types.items()},
        {name: Column(schema.name, name, data_type) for name, data_type in types.items()},
        frozenset(name.casefold() for name in columns),
    )


def _public(
    schema: TableSchema, fields: Mapping[str, str] | Sequence[str] | None
) -> dict[str, str]:
    """Return the checked column by public name."""
    if fields is None:
        public = {name: name for name in schema.names}
    elif isinstance(fields, str):
        raise InvalidEndpoint(
            f"The fields are text, {fields!r}.", hint=f"Give a list: [{fields!r}]."
        )
    elif isinstance(fields, Mapping):
        public = dict(fields)
    else:
        public = {name: name for name in fields}
        if len(public) < len(fields):
            raise InvalidEndpoint("A field is given twice.", hint="Name each column once.")
    if not public:
        raise InvalidEndpoint("A grid needs a field.", hint="Name one column or more.")
    behind: dict[str, str] = {}
    for name, column in public.items():
        if column not in schema.by_name:
            raise InvalidEndpoint(
                f'Field {name!r}: "{schema.name}" has no column {column!r}. '
                f"Columns: {names_listed(schema.names)}.",
                hint=did_you_mean(column, schema.names),
            )
        if not _is_sayable(name):
            raise InvalidEndpoint(
                f"Field {name!r} cannot be named in a request: `:`, `|` and `,` separate names, "
                "and blanks around them are trimmed.",
                hint=f'Give the column another public name: fields={{"name": {column!r}, ...}}.',
            )
        if column in behind:
            raise InvalidEndpoint(
                f'Fields "{behind[column]}" and "{name}" are the same column "{column}".',
                hint="Give each column one public name.",
            )
        behind[column] = name
    return public


def _is_sayable(name: object) -> bool:
    return isinstance(name, str) and name != "" and _UNSAYABLE.search(name) is None


def _check_apart(shown: Mapping[str, str]) -> None:
    """Refuse two fields that camelCase makes one."""
    taken: dict[str, str] = {}
    for name, key in shown.items():
        other = taken.setdefault(key, name)
        if other != name:
            raise InvalidEndpoint(
                f'Fields "{other}" and "{name}" are both "{key}" in camelCase.',
                hint='Rename one of them with fields={"name": "column", ...}.',
            )
