"""From rows of values to the objects that clients see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from atomlite.expressions.columns import Column

if TYPE_CHECKING:
    from atomlite.search.fields import Field


class RowShape:
    """How a tuple of values becomes an object; columns of one joined table become one inside it.

    Args:
        fields: Columns in order, those of one joined table together.
        results: Names of further values, after those of the columns.
    """

    __slots__ = ("_nested", "_plan", "columns", "keys")

    def __init__(self, fields: Sequence[Field], results: Sequence[str] = ()) -> None:
        self.columns: tuple[Column, ...] = tuple(field.column for field in fields)
        self.keys = (*(field.shown for field in fields), *results)
        plan: dict[str, list[tuple[str, int]]] = {}
        for position, field in enumerate(fields):
            plan.setdefault(field.outer or field.inner, []).append((field.inner, position))
        for position, name in enumerate(results, len(fields)):
            plan[name] = [(name, position)]
        nested = {field.outer for field in fields if field.outer}
        self._nested = bool(nested)
        self._plan: tuple[tuple[str, int, tuple[str, ...], int], ...] = tuple(
            (
                key,
                inner[0][1],
                tuple(name for name, _ in inner) if key in nested else (),
                inner[-1][1] + 1,
            )
            for key, inner in plan.items()
        )

    def shaped(self, rows: Iterable[tuple[object, ...]]) -> list[dict[str, object]]:
        """Return the rows as objects."""
        if not self._nested:
            keys = self.keys
            return [dict(zip(keys, row, strict=True)) for row in rows]
        plan = self._plan
        return [
            {
                key: dict(zip(names, row[start:end], strict=True)) if names else row[start]
                for key, start, names, end in plan
            }
            for row in rows
        ]


class Model:
    """One row as an ``output_map`` function sees it: all columns, as attributes and as items.

    A joined table is a model of its own: ``model.company.name``. Names are those of the tables.

    >>> model = Model({"name": "Ada", "company": Model({"name": "Analytical"})})
    >>> model.name, model["company"].name
    ('Ada', 'Analytical')
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getattr__(self, name: str) -> object:
        """Return the value of a column whose name Python can write."""
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(
                f'"{name}" is no column; columns: {", ".join(self._values)}.'
            ) from None

    def __getitem__(self, name: str) -> object:
        """Return the value of a column."""
        return self._values[name]

    def __dir__(self) -> list[str]:
        """Return the names of columns and joined tables."""
        return list(self._values)

    def __repr__(self) -> str:
        """Return the values."""
        return f"Model({dict(self._values)!r})"


class ModelShape:
    """How a tuple of the values of all columns becomes a `Model`.

    Args:
        fields: Columns by table: the endpoint's own under the empty text, joined ones under the
            name of their relationship.
    """

    __slots__ = ("_names", "columns")

    def __init__(self, fields: Mapping[str, Mapping[str, Field]]) -> None:
        self._names = {table: tuple(columns) for table, columns in fields.items()}
        self.columns = tuple(field.column for each in fields.values() for field in each.values())

    def models(self, rows: Iterable[tuple[object, ...]]) -> Iterator[Model]:
        """Yield the rows as models."""
        for row in rows:
            values: dict[str, object] = {}
            start = 0
            for table, names in self._names.items():
                part = dict(zip(names, row[start : start + len(names)], strict=True))
                start += len(names)
                if table:
                    values[table] = Model(part)
                else:
                    values.update(part)
            yield Model(values)
