"""The columns of one endpoint, as clients see them, for the tables as they are now.

`Scope` is made from names and schemas, and checks all names. Everything that reads a request looks
columns up here, so no text of a client ever becomes an identifier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.data_types.storage import is_nested
from atomlite.errors import AtomliteError, InvalidEndpoint, did_you_mean, names_listed
from atomlite.expressions.columns import Column
from atomlite.search.casing import Names
from atomlite.search.joins import ColumnOverride, Join
from atomlite.search.operators import operators_of
from atomlite.search.rows import RowShape
from atomlite.search.values import Kind, kind_of
from atomlite.tables.links import link
from atomlite.tables.search.values import JoinedTable

if TYPE_CHECKING:
    from atomlite.tables.links import Link
    from atomlite.tables.schemas import ColumnSchema, TableSchema


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A column as an endpoint offers it.

    Args:
        path: Its name inside: ``"name"``, or ``"company.name"``.
        shown: Its name outside.
        column: What conditions are made with.
        kind: How its values are read.
        can_be_null: Whether a row may be without a value; always so in a joined table.
        operators: The operators that clients may use, in lower case.
        values: The only values to compare with; ``None`` for any.
        outer: Outside name of the object that holds it in a row; empty for an own column.
        inner: Its key there, or in the row itself.
    """

    path: str
    shown: str
    column: Column
    kind: Kind
    can_be_null: bool
    operators: tuple[str, ...]
    values: frozenset[object] | None
    outer: str
    inner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnNames:
    """The columns that an endpoint offers, by name, as they were written when it was built.

    Args:
        readable: Columns of a row; a relationship alone stands for the columns of its join.
        sortable: Columns to sort by.
        searchable: Columns to find rows by.
        default_sort: The column to sort by when a client does not say.
        joins: The tables beside the endpoint's own.
        overrides: What is said about single columns.
        extra_operators: Operators beyond those of the contract.
    """

    readable: tuple[str, ...]
    sortable: tuple[str, ...]
    searchable: tuple[str, ...]
    default_sort: str
    joins: tuple[Join, ...] = ()
    overrides: Mapping[str, ColumnOverride]
    extra_operators: tuple[str, ...] = ()


class Scope:
    """All that an endpoint offers of its tables, checked against their schemas.

    Args:
        names: What was configured.
        casing: How names look outside.
        schema: The endpoint's table.
        joined: The schemas of the joined tables, in the order of the joins.
        links: The links that start from the endpoint's table.

    Raises:
        InvalidEndpoint: A name that the tables lack, a join that does not reach one row, two names
            that become one outside.
    """

    def __init__(
        self,
        names: ColumnNames,
        casing: Names,
        schema: TableSchema,
        joined: Sequence[TableSchema],
        links: Sequence[Link],
    ) -> None:
        self.schema = schema
        self.schemas = (schema, *joined)
        self.links = tuple(links)
        self._names = names
        self._casing = casing
        self._joined = {j.relationship: s for j, s in zip(names.joins, joined, strict=True)}
        self.joins = tuple(
            self._joined_table(join, target)
            for join, target in zip(names.joins, joined, strict=True)
        )
        self._fields: dict[str, Field] = {}
        for path in names.overrides:
            self._field("column_overrides", path)
        self.rows = self._rows()
        self.sortable = self._listed("sortable_column_names", names.sortable)
        self.searchable = self._listed("searchable_column_names", names.searchable)
        self.readable = {field.shown: field for field in self.rows}
        self.default_sort = self._field("default_sort_column_name", names.default_sort)
        if is_nested(self.default_sort.column.data_type):
            raise InvalidEndpoint(
                f'default_sort_column_name: "{self.default_sort.path}" is '
                f"{self.default_sort.column.data_type}, by which no page can follow another.",
                hint="Name a column of plain values.",
            )
        self.sort_columns = {shown: field.column for shown, field in self.sortable.items()}
        self.shape = RowShape(self.rows)
        _refuse_twins(list(self._fields.values()))
        self._refuse_bytes()

    def holds(self, schemas: Sequence[TableSchema], links: Sequence[Link]) -> bool:
        """Return whether the tables are still those that this was made for."""
        same = all(
            now is then or now == then for now, then in zip(schemas, self.schemas, strict=True)
        )
        return same and tuple(links) == self.links

    def own_field(self, name: str) -> Field | None:
        """Return the column of the endpoint's own table of this inside name, if there is one."""
        return self._field("url", name) if name in self.schema.by_name else None

    def all_fields(self) -> dict[str, dict[str, Field]]:
        """Return every column of the tables, by relationship (own: the empty text) and name."""
        own = {name: self._field("columns", name) for name in self.schema.names}
        joined = {
            relationship: {
                name: self._field("columns", f"{relationship}.{name}") for name in schema.names
            }
            for relationship, schema in self._joined.items()
        }
        return {"": own, **joined}

    def _refuse_bytes(self) -> None:
        for field in self.rows:
            if holds_bytes(field.column.data_type):
                raise InvalidEndpoint(
                    f'readable_column_names: "{field.path}" is {field.column.data_type}, '
                    "which has no form in JSON.",
                    hint="Leave it out.",
                )

    def _joined_table(self, join: Join, target: TableSchema) -> JoinedTable:
        name = join.relationship
        if name in self.schema.by_name:
            raise InvalidEndpoint(
                f'The join "{name}" has the name of a column of "{self.schema.name}".',
                hint="Give it another one: Join(..., name=...).",
            )
        if [other.relationship for other in self._names.joins].count(name) > 1:
            raise InvalidEndpoint(f'Two joins have the name "{name}".', hint="Rename one of them.")
        made = next((found for found in self.links if found.target == target.name), None)
        if join.mapping is None and made is None:
            own, other = self.schema.name, target.name
            raise InvalidEndpoint(
                f'Join "{name}": "{own}" has no link to "{other}".',
                hint=f'Link them, {own}.join({other}, {own}["..."] == {other}["..."]), or give the '
                'join a mapping: {"own column": "joined column"}.',
            )
        try:
            found = link(self.schema, target, join.mapping) if join.mapping is not None else made
            assert found is not None  # noqa: S101 -- one of the two was given
        except AtomliteError as error:
            raise InvalidEndpoint(f'Join "{name}": {error.message}', hint=error.hint) from error
        if not found.reaches_one_row(target):
            keys = names_listed(target.keys) if target.keys else "none"
            raise InvalidEndpoint(
                f'The join "{name}" could give a row several partners in "{target.name}", '
                f"whose keys are {keys}.",
                hint="Map all keys of the joined table.",
            )
        return JoinedTable(name, found, join.kind)

    def _listed(self, role: str, paths: Sequence[str]) -> dict[str, Field]:
        fields = [self._field(role, path) for path in paths]
        return {field.shown: field for field in fields}

    def _rows(self) -> tuple[Field, ...]:
        """Return the columns of a row in order; those of one relationship come together."""
        rows: dict[str, list[Field]] = {}
        for path in self._names.readable:
            fields = [self._field("readable_column_names", each) for each in self._meant(path)]
            for field in fields:
                known = rows.setdefault(field.outer or field.shown, [])
                if field not in known:
                    known.append(field)
        return tuple(field for fields in rows.values() for field in fields)

    def _meant(self, path: str) -> Sequence[str]:
        """Return the columns that a readable name stands for."""
        if path in self.schema.by_name or path not in self._joined:
            return [path]
        join = next(join for join in self._names.joins if join.relationship == path)
        shown = self._joined[path].names if join.columns is None else join.columns
        return [f"{path}.{name}" for name in shown]

    def _field(self, role: str, path: object) -> Field:
        if isinstance(path, str) and path in self._fields:
            return self._fields[path]
        relationship, column = self._found(role, path)
        assert isinstance(path, str)  # noqa: S101 -- it was found
        kind = kind_of(column.data_type)
        override = self._names.overrides.get(path)
        values = None if override is None else _typed(override, kind, path)
        joined = relationship in self._joined
        outer = self._casing.column(relationship) if joined else ""
        inner = self._casing.column(column.name)
        field = Field(
            path,
            f"{outer}.{inner}" if joined else inner,
            Column(relationship, column.name, column.data_type),
            kind,
            joined or (column.nullable and column.default is None),
            operators_of(kind, self._names.extra_operators),
            values,
            outer,
            inner,
        )
        self._fields[path] = field
        return field

    def _found(self, role: str, path: object) -> tuple[str, ColumnSchema]:
        if isinstance(path, str):
            if path in self.schema.by_name:
                return self.schema.name, self.schema.by_name[path]
            relationship, _, name = path.partition(".")
            target = self._joined.get(relationship)
            if target is not None and name in target.by_name:
                return relationship, target.by_name[name]
        known = [
            *self.schema.names,
            *(f"{key}.{name}" for key, target in self._joined.items() for name in target.names),
        ]
        raise InvalidEndpoint(
            f'{role}: "{path}" is no column of "{self.schema.name}" or its joins. '
            f"Columns: {names_listed(known, limit=30)}.",
            hint=did_you_mean(path, known),
            details={"parameter": role, "column": str(path), "columns": list(known)},
        )


def _typed(override: ColumnOverride, kind: Kind, path: str) -> frozenset[object] | None:
    if override.values is None:
        return None
    try:
        return frozenset(kind.read(value) for value in override.values)
    except (TypeError, ValueError) as error:
        raise InvalidEndpoint(
            f'column_overrides["{path}"]: values is {override.values!r}; {error}.',
            hint="Write them as in JSON.",
        ) from None


def holds_bytes(data_type: pa.DataType) -> bool:
    """Return whether values of a type are or contain bytes.

    >>> holds_bytes(pa.list_(pa.binary())), holds_bytes(pa.string())
    (True, False)
    """
    fields = [data_type.field(index) for index in range(data_type.num_fields)]
    return pa.types.is_binary(data_type) or any(holds_bytes(field.type) for field in fields)


def _refuse_twins(fields: Sequence[Field]) -> None:
    seen: dict[str, str] = {}
    named = [(field.shown, field.path) for field in fields]
    named += [(field.outer, field.path.partition(".")[0]) for field in fields if field.outer]
    for shown, path in named:
        other = seen.setdefault(shown, path)
        if other != path:
            raise InvalidEndpoint(
                f'The columns "{other}" and "{path}" both become "{shown}" outside.',
                hint="Rename one of them, or choose another external_casing.",
            )
