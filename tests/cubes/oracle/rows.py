"""Rows of tables, their partners in joined ones, and what operands are worth there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from atomlite.cubes.model import CubeModel
from atomlite.expressions.columns import Calculation, Column, Constant
from atomlite.expressions.derived import Choice, DatePart, Function
from atomlite.measures.coordinates import LevelOperand
from atomlite.tables.catalogs import Catalog
from atomlite.tables.links import Link
from tests.cubes.oracle.conditions import holds, operands_in
from tests.cubes.oracle.functions import called, part_of
from tests.cubes.oracle.values import Value, calculated, clean

Row: TypeAlias = Mapping[str, Value]


@dataclass(frozen=True)
class Assignment:
    """A fact with one partner in each joined table, or none.

    Args:
        rows: Position of the row by table; ``None`` where there is no partner.
        values: The row by table, for those that have one.
    """

    rows: Mapping[str, int | None]
    values: Mapping[str, Row]


class World:
    """The tables, as lists of rows, and the links between them.

    Args:
        tables: Rows by name of the table.
        catalog: Says how the tables are joined, and what their keys are.
    """

    def __init__(self, tables: Mapping[str, Sequence[Row]], catalog: Catalog) -> None:
        self.tables = {
            name: [{key: clean(value) for key, value in row.items()} for row in rows]
            for name, rows in tables.items()
        }
        self.catalog = catalog

    def keys_of(self, table: str) -> tuple[str, ...]:
        """Return the names of the key columns of a table."""
        return self.catalog.tables[table].schema.keys

    def facts(self, model: CubeModel) -> list[list[Assignment]]:
        """Return the assignments of each fact of a cube."""
        links = list(self._links_from(model.fact))
        found = []
        for position, row in enumerate(self.tables[model.fact]):
            assignments = [Assignment({model.fact: position}, {model.fact: row})]
            for link in links:
                assignments = [each for old in assignments for each in self._followed(old, link)]
            if _in_cube(assignments[0], model):
                found.append(assignments)
        return found

    def _links_from(self, table: str) -> Iterator[Link]:
        for link in self.catalog.links:
            if link.source == table:
                yield link
                yield from self._links_from(link.target)

    def _followed(self, assignment: Assignment, link: Link) -> list[Assignment]:
        ours = assignment.values.get(link.source)
        partners = [
            Assignment(
                {**assignment.rows, link.target: position},
                {**assignment.values, link.target: row},
            )
            for position, row in enumerate(self.tables[link.target])
            if ours is not None
            and all(
                ours[mine] is not None and ours[mine] == row[theirs] for mine, theirs in link.pairs
            )
        ]
        return partners or [
            Assignment({**assignment.rows, link.target: None}, assignment.values),
        ]


def _in_cube(assignment: Assignment, model: CubeModel) -> bool:
    condition = model.filter
    return condition is None or bool(
        holds(condition, lambda operand: worth(operand, assignment, model))
    )


def worth(  # noqa: PLR0911 -- one case for each kind of operand
    operand: object, assignment: Assignment, model: CubeModel
) -> Value:
    """Return the value of an operand for an assignment."""
    match operand:
        case LevelOperand():
            return worth(model.level(operand.key).operand, assignment, model)
        case Column():
            row = assignment.values.get(operand.table)
            return None if row is None else row[operand.name]
        case Constant():
            return operand.value
        case Calculation():
            left, right = (worth(side, assignment, model) for side in (operand.left, operand.right))
            return clean(calculated(left, operand.operator, right))
        case DatePart():
            return part_of(worth(operand.operand, assignment, model), operand.pattern)
        case Function():
            return clean(
                called(operand.name, [worth(each, assignment, model) for each in operand.arguments])
            )
        case Choice():
            return _chosen(operand, assignment, model)
    raise AssertionError(f"The oracle does not know {type(operand).__name__}.")


def _chosen(operand: Choice, assignment: Assignment, model: CubeModel) -> Value:
    for condition, value in operand.cases:
        if holds(condition, lambda each: worth(each, assignment, model)):
            return worth(value, assignment, model)
    return worth(operand.otherwise, assignment, model)


def tables_of(  # noqa: PLR0911 -- one case for each kind of operand
    operand: object, model: CubeModel
) -> frozenset[str]:
    """Return the names of the tables whose columns an operand reads."""
    match operand:
        case LevelOperand():
            return tables_of(model.level(operand.key).operand, model)
        case Column():
            return frozenset({operand.table})
        case Constant():
            return frozenset()
        case Calculation():
            return tables_of(operand.left, model) | tables_of(operand.right, model)
        case DatePart():
            return tables_of(operand.operand, model)
        case Function():
            return _all_of(operand.arguments, model)
        case Choice():
            asked = [each for condition, _ in operand.cases for each in operands_in(condition)]
            values = [value for _, value in operand.cases]
            return _all_of([*asked, *values, operand.otherwise], model)
    raise AssertionError(f"The oracle does not know {type(operand).__name__}.")


def _all_of(operands: Iterable[object], model: CubeModel) -> frozenset[str]:
    return frozenset[str]().union(*(tables_of(each, model) for each in operands))
