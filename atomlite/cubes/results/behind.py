"""The facts behind one cell, and their values made into its number once more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa

from atomlite.cubes.checking.comparing import same
from atomlite.cubes.checking.elsewhere import HANDLERS as ELSEWHERE
from atomlite.cubes.checking.evaluating import Evaluator
from atomlite.cubes.checking.facts import Facts
from atomlite.cubes.checking.places import Path, Place, conjuncts, is_about_levels
from atomlite.cubes.checking.signals import NotChecked, Undecided
from atomlite.cubes.joins import join_tree
from atomlite.cubes.references import columns_behind
from atomlite.cubes.results.traces import Trace, each_once, traced
from atomlite.data_types.storage import from_storage
from atomlite.errors import DataMovedWarning, InvalidQuery, RowsLeftOutWarning
from atomlite.expressions.columns import Column, Operand
from atomlite.measures.nodes import Aggregation, Filtered, Lookup, Named
from atomlite.tables.frames import to_frame
from atomlite.tables.notices import warn_caller
from atomlite.types import EVERYTHING

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.cubes.checking.evaluating import Handlers
    from atomlite.cubes.model import CubeModel
    from atomlite.cubes.running import Answer
    from atomlite.engine.snapshots import Snapshot
    from atomlite.expressions.conditions import Condition
    from atomlite.measures.coordinates import HierarchyKey, LevelKey
    from atomlite.tables.catalogs import Catalog


_HANDLERS: Handlers = {kind: ELSEWHERE[kind] for kind in (Filtered, Lookup)}
"""How measures are evaluated that look at nothing but the facts of the cell, and single rows."""


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """Where the facts of a cell are found.

    Args:
        answer: The result that has the cell.
        measure: Name of the measure.
        coordinates: The member of each level of the cell.
    """

    answer: Answer
    measure: str
    coordinates: dict[LevelKey, object]

    @property
    def trace(self) -> Trace:
        """What the measure is calculated from."""
        return traced(self.measure, self.answer.model)

    @property
    def filters(self) -> tuple[Condition, ...]:
        """The conditions about levels that hold for its facts: of the query and of the measure."""
        asked = filter(is_about_levels, conjuncts(self.answer.query.filter))
        return each_once(chain(asked, self.trace.conditions))

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
        return Evaluator(self.answer.model, facts, _HANDLERS)

    def moved(self, catalog: Catalog) -> bool:
        """Return whether a table that the result was made from is another one now."""
        before = self.answer.catalog
        return any(
            name not in catalog.tables
            or catalog.tables[name].version != before.tables[name].version
            for name in self.answer.plan.tables
        )


def rows_behind(behind: Behind, value: object, limit: int | None) -> pd.DataFrame:
    """Return the facts of a cell, with what adding them up gave; see `Cell.rows`."""
    if behind.hidden is not None:
        raise InvalidQuery(
            f"The facts of this cell cannot be shown. {behind.hidden}",
            hint="Look into a cell of the deepest level.",
        )
    with behind.answer.store.read() as snapshot:
        moved = behind.moved(snapshot.state)
        evaluator = behind.evaluator(snapshot)
        columns = _columns(behind, snapshot.state)
        conditions = evaluator.conditions(behind.place)
        statement = evaluator.facts.listed([*columns.values()], conditions, limit)
        count = evaluator.facts.count(conditions)
        found = snapshot.arrow(statement)
        check, agrees = _added_up(behind, value, count, evaluator, snapshot.state)
    arrays = [
        from_storage(array, column.data_type)
        for array, column in zip(found.columns, columns.values(), strict=True)
    ]
    frame = to_frame(pa.Table.from_arrays(arrays, names=list(columns)))
    others = behind.trace.others
    if others:
        warn_caller([RowsLeftOutWarning(others)])
    frame.attrs = {"value": value, "check": check, "agrees": agrees, "moved": moved}
    if len(frame) < count:
        shown = f"{len(frame):,} of {count:,} facts are shown"
        message = f"{shown}; `rows(limit={_enough(count)})` shows all."
        warn_caller([RowsLeftOutWarning(message)])
    if moved:
        message = f"The data changed since the result was made; these are the facts of now. {check}"
        warn_caller([DataMovedWarning(message)])
    elif agrees is False:
        warn_caller([UserWarning(check)])
    return frame


def _enough(count: int) -> int:
    """Return a round number that is no smaller.

    >>> _enough(4301), _enough(7)
    (5000, 7)
    """
    unit: int = 10 ** (len(str(count)) - 1)
    return -(-count // unit) * unit


def _columns(behind: Behind, catalog: Catalog) -> dict[str, Column]:
    """Return the columns to show: all of the facts, and those of joined tables that are used."""
    model, trace = behind.answer.model, behind.trace
    tree = join_tree(model.fact, catalog)
    schema = catalog.table(model.fact).schema
    found = {c.name: Column(model.fact, c.name, c.data_type) for c in schema.columns}
    used: list[object] = [model.level(key).operand for key in behind.coordinates]
    used += [each for node in trace.leaves for each in _operands(node)]
    for value in (*used, *trace.conditions):
        for column in columns_behind(value, model):
            if column.table != model.fact and not tree.is_many(column.table):
                found[f"{column.table}.{column.name}"] = column
    return found


def _operands(node: Aggregation) -> list[Operand]:
    return [each for each in (node.operand, node.other) if each is not None]


def _added_up(
    behind: Behind, value: object, count: int, evaluator: Evaluator, catalog: Catalog
) -> tuple[str, bool | None]:
    """Return what adding up all facts gave, as a sentence, and whether it is the cell's value."""
    trace = behind.trace
    other = trace.hindrance or _not_of_facts(trace.leaves, behind.answer.model, catalog)
    if other:
        return f"{other}: not added up.", None
    try:
        second = evaluator.value(Named(behind.measure), behind.place)
    except NotChecked as reason:
        return f"There is no second way for {reason}: not added up.", None
    except Undecided:
        return "It hangs on the last digit of a float: not added up.", None
    some = ", of which `al.filter` takes a part," if trace.partial else ""
    facts = f"1 fact{some} gives" if count == 1 else f"{count:,} facts{some} give"
    if same(value, second, evaluator.greatest):
        return f"{facts} {second!r}, the value of the cell.", True
    return f"{facts} {second!r}, and the cell has {value!r}.", False


def _not_of_facts(leaves: Sequence[Aggregation], model: CubeModel, catalog: Catalog) -> str:
    """Return which aggregate is one of rows of a joined table, as the subject of a sentence."""
    tree = join_tree(model.fact, catalog)
    for node in leaves:
        tables = {c.table for each in _operands(node) for c in columns_behind(each, model)}
        if node.per == "partner" or any(tree.is_many(table) for table in tables):
            return f"`{node}` is not made of facts"
    return ""
