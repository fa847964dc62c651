"""The facts behind one cell, and their values made into its number once more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from atomlite.cubes.checking.aggregating import aggregated
from atomlite.cubes.checking.along import HANDLERS as ALONG
from atomlite.cubes.checking.comparing import same
from atomlite.cubes.checking.evaluating import Evaluator
from atomlite.cubes.checking.facts import Facts
from atomlite.cubes.checking.orders import value_key
from atomlite.cubes.checking.places import Path, Place, conjuncts, is_about_levels
from atomlite.cubes.checking.signals import NotChecked, Undecided
from atomlite.cubes.joins import join_tree
from atomlite.cubes.references import columns_behind
from atomlite.data_types.storage import from_storage
from atomlite.errors import DataMovedWarning, InvalidQuery
from atomlite.expressions.columns import Column, Operand
from atomlite.measures.nodes import Aggregation, Named, inputs
from atomlite.tables.frames import to_frame
from atomlite.tables.notices import warn_caller
from atomlite.types import EVERYTHING

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.cubes.model import CubeModel
    from atomlite.cubes.running import Answer
    from atomlite.engine.snapshots import Snapshot
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.measures.nodes import MeasureExpression
    from atomlite.tables.catalogs import Catalog


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """Where the facts of a cell are found.

    Args:
        answer: The result that has the cell.
        coordinates: The member of each level of the cell.
    """

    answer: Answer
    coordinates: dict[LevelKey, object]

    @property
    def filters(self) -> tuple[Condition, ...]:
        """The conditions about levels that hold for its facts."""
        found = conjuncts(self.answer.query.filter)
        return tuple(condition for condition in found if is_about_levels(condition))

    @property
    def place(self) -> Place:
        """The cell, as the second way has it."""
        paths: dict[HierarchyKey, Path] = {}
        for key, member in self.coordinates.items():
            paths[key.owner] = (*paths.get(key.owner, ()), member)
        return Place(tuple(sorted(paths.items())), self.filters)

    @property
    def hidden(self) -> str | None:
        """Why its facts cannot be told; ``None`` where they can."""
        query, axis = self.answer.query, self.answer.plan.axis
        if self.answer.view is not EVERYTHING:
            return "Its facts are not for this reader."
        if query.totals == "visible" and len(self.coordinates) < len(axis):
            return 'It is a total of the visible cells alone (totals="visible").'
        return None

    def count(self) -> int | None:
        """Return the number of its facts now; ``None`` where they cannot be told."""
        if self.hidden is not None:
            return None
        with self.answer.store.read() as snapshot:
            evaluator = self.evaluator(snapshot)
            return evaluator.facts.count(evaluator.conditions(self.place))

    def evaluator(self, snapshot: Snapshot[Catalog]) -> Evaluator:
        """Return what evaluates measures of its cube at an instant."""
        facts = Facts(self.answer.model, snapshot.state, snapshot.rows)
        return Evaluator(self.answer.model, facts, ALONG)

    def moved(self, catalog: Catalog) -> bool:
        """Return whether a table that the result was made from is another one now."""
        before = self.answer.catalog
        return any(
            name not in catalog.tables
            or catalog.tables[name].version != before.tables[name].version
            for name in self.answer.plan.tables
        )


def rows_behind(behind: Behind, measure: str, value: object, limit: int) -> pd.DataFrame:
    """Return the facts of a cell, with what adding them up gave; see `Cell.rows`."""
    if behind.hidden is not None:
        raise InvalidQuery(
            f"The facts of this cell cannot be shown. {behind.hidden}",
            hint="Look into a cell of the deepest level.",
        )
    model = behind.answer.model
    with behind.answer.store.read() as snapshot:
        catalog = snapshot.state
        moved = behind.moved(catalog)
        evaluator = behind.evaluator(snapshot)
        leaves = list(_leaves(Named(measure), model, set()))
        columns = _columns(behind, leaves, model, catalog)
        operands = [
            each for node in leaves for each in (node.operand, node.other) if each is not None
        ]
        conditions = evaluator.conditions(behind.place)
        statement = evaluator.facts.listed([*columns.values(), *operands], conditions, limit + 1)
        found = snapshot.arrow(statement)
        whole = found.num_rows <= limit
        kept = found.slice(0, limit)
        if whole:
            check, agrees = _added_up(behind, measure, value, kept, leaves, len(columns), evaluator)
        else:
            count = evaluator.facts.count(conditions)
            check, agrees = f"{limit:,} of {count:,} facts are shown: not added up.", None
    arrays = [
        from_storage(array, column.data_type)
        for array, column in zip(kept.columns, columns.values(), strict=False)
    ]
    frame = to_frame(pa.Table.from_arrays(arrays, names=list(columns)))
    frame.attrs = {"value": value, "check": check, "agrees": agrees, "moved": moved}
    if moved:
        message = f"The data changed since the result was made; these are the facts of now. {check}"
        warn_caller([DataMovedWarning(message)])
    elif agrees is False:
        warn_caller([UserWarning(check)])
    return frame


def _leaves(node: MeasureExpression, model: CubeModel, seen: set[str]) -> Iterator[Aggregation]:
    """Return the aggregates of facts that a measure is calculated from."""
    if isinstance(node, Aggregation):
        yield node
    elif isinstance(node, Named) and node.name not in seen:
        seen.add(node.name)
        yield from _leaves(model.measures[node.name].expression, model, seen)
    for each in inputs(node):
        yield from _leaves(each, model, seen)


def _operands(node: Aggregation) -> list[Operand]:
    return [each for each in (node.operand, node.other) if each is not None]


def _columns(
    behind: Behind, leaves: Sequence[Aggregation], model: CubeModel, catalog: Catalog
) -> dict[str, Column]:
    """Return the columns to show: all of the facts, and those of joined tables that are used."""
    tree = join_tree(model.fact, catalog)
    schema = catalog.table(model.fact).schema
    found = {c.name: Column(model.fact, c.name, c.data_type) for c in schema.columns}
    used: list[Operand] = [model.level(key).operand for key in behind.coordinates]
    used += [each for node in leaves for each in _operands(node)]
    for operand in used:
        for column in columns_behind(operand, model):
            if column.table != model.fact and not tree.is_many(column.table):
                found[f"{column.table}.{column.name}"] = column
    return found


def _added_up(
    behind: Behind,
    measure: str,
    value: object,
    rows: pa.Table,
    leaves: Sequence[Aggregation],
    skipped: int,
    evaluator: Evaluator,
) -> tuple[str, bool | None]:
    """Return what adding up the rows gave, as a sentence, and whether it is the cell's value."""
    values: dict[int, object] = {}
    position = skipped
    tree = join_tree(behind.answer.model.fact, behind.answer.catalog)
    for node in leaves:
        operands = _operands(node)
        columns = [rows.column(position + index).to_pylist() for index in range(len(operands))]
        position += len(operands)
        tables = {c.table for each in operands for c in columns_behind(each, behind.answer.model)}
        if node.per == "partner" or any(tree.is_many(table) for table in tables):
            return f"`{node}` is not made of facts: not added up.", None
        values[id(node)] = _leaf(node, columns, rows.num_rows)
    adding = _Adding(behind.answer.model, evaluator.facts, values)
    try:
        second = adding.value(Named(measure), behind.place)
    except NotChecked as reason:
        return f"{reason} looks at more than these facts: not added up.", None
    except Undecided:
        return "It hangs on the last digit of a float: not added up.", None
    if same(value, second, adding.greatest):
        return f"{rows.num_rows:,} facts give {second!r}, the value of the cell.", True
    return f"{rows.num_rows:,} facts give {second!r}, and the cell has {value!r}.", False


def _leaf(node: Aggregation, columns: list[list[Any]], count: int) -> object:
    """Return an aggregate of the values of rows; without rows, ``None``."""
    if not columns:
        return count or None
    if node.other is not None:
        pairs = [pair for pair in zip(*columns, strict=True) if None not in pair]
        if not pairs:
            return None
        if node.function == "sum_product":
            return aggregated("sum", [left * right for left, right in pairs], node.options)
        chosen = min if node.function == "first" else max
        return chosen(pairs, key=lambda pair: (value_key(pair[1]), value_key(pair[0])))[0]
    values = [value for value in columns[0] if value is not None]
    if not values:
        return 0 if node.function in {"count", "count_distinct"} and count else None
    return aggregated(node.function, values, node.options)


class _Adding(Evaluator):
    """Evaluates a measure from what its facts gave, and from nothing else."""

    def __init__(self, model: CubeModel, facts: Facts, values: dict[int, object]) -> None:
        super().__init__(model, facts, {})
        self._values = values

    def leaf(self, node: Aggregation, place: Place) -> object:  # noqa: ARG002 -- this one's alone
        """Return what the rows of the cell gave."""
        return self._values[id(node)]
