"""What a cube has without being told: a hierarchy or measures for each column.

A single-level hierarchy for each key, each column that a link starts from and each column that is
no number; sum and mean for each other number of the fact table; the number of facts. Columns of
lists, structs, maps and bytes have neither.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from atomlite.cubes.model import ROW_COUNT, CubeModel, HierarchyModel, LevelModel
from atomlite.data_types.numbers import is_number
from atomlite.data_types.storage import is_nested
from atomlite.expressions.columns import Column
from atomlite.measures.coordinates import HierarchyKey, LevelKey
from atomlite.measures.nodes import AggregateName, Aggregation, MeasureExpression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from atomlite.cubes.joins import JoinTree
    from atomlite.tables.catalogs import Catalog

Mode = Literal["auto", "no_measures", "manual"]
"""What a cube makes of the columns of its tables; see `Session.create_cube`."""

Role = Literal["level", "measure"]
"""What a column is taken for."""

Offers = frozenset[tuple[str, str, Role]]
"""Table, column and role of what was taken into a cube once; deleted, it does not come back."""

_AUTOMATIC: tuple[tuple[str, AggregateName], ...] = (("SUM", "sum"), ("MEAN", "mean"))


def role_of(column: Column, tree: JoinTree, catalog: Catalog) -> Role | None:
    """Return what a column of the tree is taken for; ``None`` for nothing."""
    if not can_be_level(column.data_type):
        return None
    if not is_number(column.data_type):
        return "level"
    if column.name in catalog.table(column.table).schema.keys or tree.mapped(column):
        return "level"
    return "measure" if column.table == tree.fact else None


def can_be_level(data_type: pa.DataType) -> bool:
    """Return whether values of a type can be members.

    >>> can_be_level(pa.string()), can_be_level(pa.list_(pa.int8()))
    (True, False)
    """
    return not is_nested(data_type) and not pa.types.is_binary(data_type)


def with_offers(
    model: CubeModel, known: Offers, tree: JoinTree, catalog: Catalog
) -> tuple[CubeModel, dict[str, MeasureExpression], Offers]:
    """Return a model with what columns that it has not met offer it.

    Args:
        model: The cube.
        known: What it was offered before.
        tree: Its tables.
        catalog: Their columns.

    Returns:
        The model with new hierarchies; the expressions of new measures; all offers by now.
    """
    hierarchies: dict[HierarchyKey, HierarchyModel] = {}
    measures: dict[str, MeasureExpression] = {}
    offers: set[tuple[str, str, Role]] = set()
    for column, role in _roles(tree, catalog):
        offer = (column.table, column.name, role)
        offers.add(offer)
        if offer in known:
            continue
        if role == "level" and model.mode != "manual":
            hierarchy = single_level(column)
            if hierarchy.key not in model.hierarchies:
                hierarchies[hierarchy.key] = hierarchy
        elif role == "measure" and model.mode == "auto":
            measures |= automatic_measures(column, model.measures)
    extended = replace(model, hierarchies={**model.hierarchies, **hierarchies})
    return (extended if hierarchies else model), measures, known | offers


def single_level(column: Column) -> HierarchyModel:
    """Return the hierarchy of one level that a column makes; its dimension is the table."""
    key = LevelKey(column.table, column.name, column.name)
    return HierarchyModel(key.owner, (LevelModel(key, column, column.data_type),))


def automatic_measures(column: Column, taken: Mapping[str, object]) -> dict[str, MeasureExpression]:
    """Return sum and mean of a column, by names that are not taken."""
    return {
        f"{column.name}.{suffix}": Aggregation(function, column)
        for suffix, function in _AUTOMATIC
        if f"{column.name}.{suffix}" not in taken
    }


def row_count() -> dict[str, MeasureExpression]:
    """Return the measure that every cube has."""
    return {ROW_COUNT: Aggregation("count")}


def _roles(tree: JoinTree, catalog: Catalog) -> Iterator[tuple[Column, Role]]:
    for table in tree.tables:
        for found in catalog.table(table).schema.columns:
            column = Column(table, found.name, found.data_type)
            role = role_of(column, tree, catalog)
            if role is not None:
                yield column, role
