"""A bare engine with one cube: answers of plans beside those of the oracle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from atomlite.cubes.model import CubeModel, HierarchyModel, LevelModel, LevelOrder, MeasureModel
from atomlite.cubes.planning.plan import plan
from atomlite.cubes.query import Query
from atomlite.data_types.storage import from_storage, sql_type, to_storage
from atomlite.expressions.columns import Column
from atomlite.expressions.conditions import Condition
from atomlite.measures.additivity import Additivity
from atomlite.measures.coordinates import HierarchyKey, LevelKey, LevelOperand
from atomlite.measures.data_types import data_type_of
from atomlite.measures.nodes import MeasureExpression
from atomlite.sql import quote
from atomlite.tables.catalogs import Catalog, TableState
from atomlite.tables.schemas import table_schema
from atomlite.types import Version
from tests.cubes.oracle.comparing import differences, lines_of
from tests.cubes.oracle.queries import Line, answer
from tests.cubes.oracle.rows import World

Row = Mapping[str, Any]

FACTS = "Facts"


class Cube:
    """A cube over one fact table, and other tables to look values up in.

    Args:
        columns: Types of the facts' columns.
        rows: The facts.
        hierarchies: Columns of the levels from the top, by name of the hierarchy.
        orders: Of levels, by name of the column.
        slicing: Names of slicing hierarchies.
        tables: Types of columns, the first of which is the key, and rows of other tables.
    """

    def __init__(
        self,
        columns: Mapping[str, pa.DataType],
        rows: Sequence[Row],
        hierarchies: Mapping[str, Sequence[str]],
        *,
        orders: Mapping[str, LevelOrder] | None = None,
        slicing: Sequence[str] = (),
        tables: Mapping[str, tuple[Mapping[str, pa.DataType], Sequence[Row]]] | None = None,
    ) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("CREATE SCHEMA _atomlite_rows; SET TimeZone = 'UTC'")
        self.columns = columns
        given = {FACTS: (columns, rows), **(tables or {})}
        states = {}
        for name, (types, values) in given.items():
            self._keep(name, types, values)
            keys = set() if name == FACTS else {next(iter(types))}
            states[name] = TableState(table_schema(name, dict(types), keys=keys))
        self.catalog = Catalog(Version("", 1), states)
        self.world = World({name: values for name, (_, values) in given.items()}, self.catalog)
        made = [
            _hierarchy(name, levels, columns, orders or {}, slicing=name in slicing)
            for name, levels in hierarchies.items()
        ]
        self.model = CubeModel("Cube", FACTS, hierarchies={each.key: each for each in made})

    def close(self) -> None:
        """End the engine."""
        self._connection.close()

    def _keep(self, name: str, types: Mapping[str, pa.DataType], rows: Sequence[Row]) -> None:
        defined = ", ".join(f"{quote(key)} {sql_type(kind)}" for key, kind in types.items())
        self._connection.execute(f"CREATE TABLE _atomlite_rows.{quote(name)} ({defined})")
        stored: dict[str, Any] = {
            key: to_storage(pa.chunked_array([pa.array([row[key] for row in rows], kind)]), kind)
            for key, kind in types.items()
        }
        self._connection.register("incoming", pa.table(stored))
        self._connection.execute(
            f"INSERT INTO _atomlite_rows.{quote(name)} SELECT * FROM incoming"  # noqa: S608
        )
        self._connection.unregister("incoming")

    def level(self, column: str) -> LevelOperand:
        """Return the level that a column makes."""
        found = [
            level.reference
            for hierarchy in self.model.hierarchies.values()
            for level in hierarchy.levels
            if level.key.name == column
        ]
        return found[0]

    def column(self, name: str) -> Column:
        """Return a column of the facts."""
        return Column(FACTS, name, self.columns[name])

    def measured(self, **measures: MeasureExpression) -> CubeModel:
        """Return the cube with measures."""
        known: dict[str, MeasureModel] = {}
        for name, node in measures.items():
            data_type = data_type_of(node, known)
            known[name] = MeasureModel(name, node, data_type, Additivity("non-additive", ()))
        model = self.model
        return CubeModel(model.name, FACTS, hierarchies=model.hierarchies, measures=known)

    def found(self, query: Query, **measures: MeasureExpression) -> list[Line]:
        """Return the rows that the engine gives."""
        made = plan(query, self.measured(**measures), self.catalog)
        statement = made.statement
        table = self._connection.sql(
            statement.text, params=list(statement.parameters)
        ).to_arrow_table()
        columns = [
            from_storage(table.column(index), column.data_type)
            for index, column in enumerate(made.columns)
        ]
        answered = pa.table(columns, [column.name for column in made.columns])
        return lines_of(answered, len(made.axis))

    def wrong(self, query: Query, **measures: MeasureExpression) -> list[str]:
        """Return how the rows differ from those of the oracle."""
        expected = answer(query, self.measured(**measures), self.world)
        return differences(self.found(query, **measures), expected)

    def values(
        self,
        node: MeasureExpression,
        *columns: str,
        totals: bool = False,
        condition: Condition | None = None,
    ) -> dict[Any, Any]:
        """Return a measure by member, or by members where levels are several.

        A total has as many members as it has levels; those of one level alone are a tuple, too,
        where totals are asked for.
        """
        query = Query(
            ("m",),
            tuple(self.level(name).key for name in columns),
            condition,
            include_totals=totals,
        )
        lines = self.found(query, m=node)
        single = len(columns) == 1 and not totals
        return {
            line.members[0] if single else line.members[: line.depth]: line.values[0]
            for line in lines
        }


def _hierarchy(
    name: str,
    levels: Sequence[str],
    columns: Mapping[str, pa.DataType],
    orders: Mapping[str, LevelOrder],
    *,
    slicing: bool,
) -> HierarchyModel:
    key = HierarchyKey("D", name)
    made = []
    for column in levels:
        operand = Column(FACTS, column, columns[column])
        model = LevelModel(LevelKey("D", name, column), operand, columns[column])
        order = orders.get(column, model.order)
        made.append(LevelModel(model.key, operand, model.data_type, order))
    return HierarchyModel(key, tuple(made), slicing=slicing)
