"""Single rows, as tuples or mappings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from atomlite.errors import InvalidArgument, names_listed
from atomlite.tables.fitting import Slice, unknown_columns
from atomlite.tables.schemas import TableSchema
from atomlite.tables.sources.source import Source


def row_source(row: Mapping[str, object] | Sequence[object], schema: TableSchema) -> Source:
    """Return a source with one row.

    Args:
        row: Values in the order of the columns, all of them; or values by column name, in which
            columns without a value get their default or null.
        schema: The table's.

    Raises:
        InvalidArgument: A tuple of another length.
        UnexpectedColumns: A name that no column has.
    """
    given: object = row
    if isinstance(given, Mapping):
        values = dict(given)
        unknown = [str(name) for name in values if name not in schema.by_name]
        if unknown:
            raise unknown_columns(schema, unknown)
    elif isinstance(given, Sequence) and not isinstance(given, str | bytes):
        if len(given) != len(schema.columns):
            expected = f"a tuple of {len(schema.columns)} values: {names_listed(schema.names)}"
            raise InvalidArgument("row", row, expected)
        values = dict(zip(schema.names, given, strict=True))
    else:
        raise InvalidArgument("row", row, "a tuple of values, or a mapping from names to values")

    def slices() -> Iterator[tuple[Slice, int]]:
        yield {name: [value] for name, value in values.items()}, 1

    types = {name: schema.by_name[name].data_type for name in values}
    return Source("row", types, slices, 1)
