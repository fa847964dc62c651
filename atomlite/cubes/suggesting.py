"""What to write for a name that is not there, but could be: a column makes a level or a measure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from atomlite.cubes.building import can_be_level
from atomlite.cubes.joins import join_tree
from atomlite.cubes.names import hierarchies_named
from atomlite.errors import AtomliteError, LevelNotFound, MeasureNotFound
from atomlite.expressions.conditions import text_of

if TYPE_CHECKING:
    from atomlite.cubes.model import CubeModel
    from atomlite.tables.catalogs import Catalog
    from atomlite.tables.schemas import TableSchema

_FUNCTIONS = {"SUM": "sum", "MEAN": "mean"}
"""What creates the measures that a cube begins with, by the end of their names."""


@contextmanager
def suggesting(model: CubeModel, catalog: Catalog) -> Iterator[None]:
    """Add to an error about an unknown name what would make it one.

    Args:
        model: The cube.
        catalog: The tables.
    """
    try:
        yield
    except (LevelNotFound, MeasureNotFound) as error:
        if isinstance(error.name, str) and not hierarchies_named(error.name, model):
            try:
                tree = join_tree(model.fact, catalog)
            except AtomliteError:  # queries say so
                raise error from None
            schemas = [catalog.table(name).schema for name in tree.tables]
            kind = _level if isinstance(error, LevelNotFound) else _measure
            error.hint = kind(error.name, schemas, model.fact) or error.hint
        raise


def _level(name: str, schemas: list[TableSchema], fact: str) -> str:
    """Return how a column of that name becomes a level; nothing where there is none."""
    del fact
    for schema in schemas:
        column = schema.by_name.get(name)
        if column is not None and can_be_level(column.data_type):
            shown = text_of(name)
            return (
                f"It is a column of {text_of(schema.name)}; make a level of it: "
                f"`cube.hierarchies[{shown}] = [session.tables[{text_of(schema.name)}][{shown}]]`."
            )
    return ""


def _measure(name: str, schemas: list[TableSchema], fact: str) -> str:
    """Return how a column makes a measure of that name; nothing where there is no such column."""
    own, _, ending = name.rpartition(".")
    for schema in schemas:
        if ending in _FUNCTIONS and own in schema.by_name:
            per = "" if schema.name == fact else ', per="partner"'
            why = (
                ""
                if schema.name == fact
                else ', a joined table, so it must be said how often a row counts: per="partner" '
                'once, per="fact" for each of its facts'
            )
            made = (
                f"al.agg.{_FUNCTIONS[ending]}"
                f"(session.tables[{text_of(schema.name)}][{text_of(own)}]{per})"
            )
            return f"{text_of(own)} is a column of {text_of(schema.name)}{why}. Write `{made}`."
    return ""
