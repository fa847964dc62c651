"""Any sequence of changes leaves the tables as a plain Python model says."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import atomlite as al
from atomlite.errors import RowsRejected

if TYPE_CHECKING:
    import pyarrow as pa

_NAMES = ("keyed", "two keys", "plain")
_KEYS = {"keyed": ("a",), "two keys": ("a", "b"), "plain": ()}
_TYPES = {"a": "int64", "b": "string", "c": "float64"}

_Row = tuple[int, str | None, float | None]
_integers = st.integers(-3, 3)
_texts = st.sampled_from(["x", "y", ""])
_numbers = st.none() | st.integers(-4, 4).map(lambda n: n / 2)
_rows = st.lists(st.tuples(_integers, _texts, _numbers), max_size=8)


@dataclass
class _Model:
    """A table as a list of rows in the order of loading; of a key, only the last row."""

    keys: tuple[str, ...]
    rows: list[_Row] = field(default_factory=list)

    def key(self, row: _Row) -> tuple[object, ...]:
        return row[: len(self.keys)]

    def load(self, rows: list[_Row]) -> None:
        if not self.keys:
            self.rows = self.rows + rows
            return
        merged = {self.key(row): row for row in self.rows}
        merged.update({self.key(row): row for row in rows})
        self.rows = list(merged.values())

    def drop(self, low: int) -> int:
        kept = [row for row in self.rows if not row[0] < low]
        dropped = len(self.rows) - len(kept)
        self.rows = kept
        return dropped

    def ordered(self) -> list[_Row]:
        return sorted(self.rows, key=self.key) if self.keys else self.rows


_Tables = dict[str, _Model]


def _frame(rows: list[_Row]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "a": pd.array([row[0] for row in rows], dtype="int64"),
            "b": pd.array([row[1] for row in rows], dtype="string"),
            "c": pd.array([row[2] for row in rows], dtype="Float64"),
        }
    )


def _as_rows(table: pa.Table) -> list[_Row]:
    return list(zip(*(table[name].to_pylist() for name in _TYPES), strict=True))


class _Undo(Exception):
    """Rolls a transaction back."""


class TablesMachine(RuleBasedStateMachine):
    """Changes tables and the model alike."""

    session: al.Session

    def __init__(self) -> None:
        super().__init__()
        self.model: _Tables = {}
        self.outside: list[_Tables] = []
        self.blocks: list[AbstractContextManager[None]] = []
        self.version = self.session.version.number
        for name in list(self.session.tables):
            del self.session.tables[name]

    def _copy(self) -> _Tables:
        return {name: _Model(table.keys, list(table.rows)) for name, table in self.model.items()}

    @rule(name=st.sampled_from(_NAMES))
    def create(self, name: str) -> None:
        """Make a table, in the place of the one of its name."""
        self.session.create_table(name, data_types=_TYPES, keys=set(_KEYS[name]))
        self.model.pop(name, None)
        self.model[name] = _Model(_KEYS[name])

    @rule(name=st.sampled_from(_NAMES), rows=_rows)
    def read(self, name: str, rows: list[_Row]) -> None:
        """Make a table from data."""
        self.session.read_pandas(
            _frame(rows), table_name=name, keys=set(_KEYS[name]), data_types=_TYPES
        )
        self.model.pop(name, None)
        self.model[name] = _Model(_KEYS[name])
        self.model[name].load(rows)

    @precondition(lambda self: self.model)
    @rule(data=st.data(), rows=_rows)
    def load(self, data: st.DataObject, rows: list[_Row]) -> None:
        """Load rows; the report adds up."""
        name = data.draw(st.sampled_from(list(self.model)))
        model = self.model[name]
        before = {model.key(row) for row in model.rows}
        report = self.session.tables[name].load(_frame(rows))
        model.load(rows)
        assert report.rows_in == len(rows)
        assert report.rows_in == report.inserted + report.updated + report.superseded
        came = {model.key(row) for row in rows}
        if model.keys:
            assert (report.inserted, report.updated) == (len(came - before), len(came & before))

    @precondition(lambda self: self.model)
    @rule(data=st.data(), row=st.tuples(_integers, _texts, _numbers))
    def add(self, data: st.DataObject, row: _Row) -> None:
        """Add one row with ``+=``."""
        name = data.draw(st.sampled_from(list(self.model)))
        self.session.tables[name] += row
        self.model[name].load([row])

    @precondition(lambda self: self.model)
    @rule(data=st.data(), low=_integers)
    def drop(self, data: st.DataObject, low: int) -> None:
        """Delete rows by a condition."""
        name = data.draw(st.sampled_from(list(self.model)))
        table = self.session.tables[name]
        assert table.drop(table["a"] < low) == self.model[name].drop(low)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        """Remove a table."""
        name = data.draw(st.sampled_from(list(self.model)))
        del self.session.tables[name]
        del self.model[name]

    @precondition(lambda self: self.model and not self.blocks)
    @rule(data=st.data(), rows=_rows)
    def load_what_does_not_fit(self, data: st.DataObject, rows: list[_Row]) -> None:
        """A load that is refused changes nothing, whatever fits."""
        name = data.draw(st.sampled_from(list(self.model)))
        frame = _frame(rows).astype({"a": "string"})
        wrong = pd.DataFrame({"a": ["no number"], "b": ["x"], "c": [0.5]})
        frame = pd.concat([wrong.astype(frame.dtypes.to_dict()), frame])
        with pytest.raises(RowsRejected):
            self.session.tables[name].load(frame)

    @precondition(lambda self: len(self.blocks) < 3)
    @rule()
    def begin(self) -> None:
        """Begin a transaction, or a part of the one that is open."""
        block = self.session.tables.data_transaction()
        block.__enter__()
        self.blocks.append(block)
        self.outside.append(self._copy())

    @precondition(lambda self: self.blocks)
    @rule()
    def end(self) -> None:
        """End the innermost block well."""
        self.blocks.pop().__exit__(None, None, None)
        self.outside.pop()

    @precondition(lambda self: self.blocks)
    @rule()
    def undo(self) -> None:
        """Let an exception leave all blocks."""
        error = _Undo()
        while self.blocks:
            assert not self.blocks.pop().__exit__(_Undo, error, None)
            self.model = self.outside.pop()

    @invariant()
    def looks_like_the_model(self) -> None:
        """Every way to look at the tables shows the rows of the model."""
        assert list(self.session.tables) == list(self.model)
        for name, model in self.model.items():
            table = self.session.tables[name]
            rows = model.ordered()
            assert table.row_count == len(rows)
            assert _as_rows(table.to_arrow()) == rows
            head = table.head(3).reset_index(drop=not model.keys)
            assert head["a"].tolist() == [row[0] for row in rows[:3]]
            missing = table["c"].isnull()  # noqa: PD003 -- a column of our own
            found = table.query("a", "b", filter=(table["a"] >= 0) & missing, order_by="a")
            expected = sorted(row[0] for row in rows if row[0] >= 0 and row[2] is None)
            assert found["a"].tolist() == expected

    @invariant()
    def versions_grow(self) -> None:
        """The data version never falls but with a transaction that is undone."""
        if not self.blocks:
            number = self.session.version.number
            assert number >= self.version
            self.version = number

    def teardown(self) -> None:
        """Undo what is open."""
        if self.blocks:
            self.undo()


@pytest.mark.parametrize("in_a_file", [False, True])
def test_any_sequence_of_changes(in_a_file: bool, tmp_path: object) -> None:
    """Loads, upserts, drops, definitions, transactions and their undoing, in any order."""
    config = al.SessionConfig(database=f"{tmp_path}/data.db" if in_a_file else None)
    with al.Session.start(config) as session, warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", al.LoadWarning
        )  # of repeated keys, which are drawn on purpose
        machine = type("Machine", (TablesMachine,), {"session": session})
        steps = settings(max_examples=8, stateful_step_count=15, deadline=None)
        run_state_machine_as_test(machine, settings=steps)
        kept = {name: table.to_arrow() for name, table in session.tables.items()}
        version = session.version
    if in_a_file:
        with al.Session.start(config) as session:
            assert {name: table.to_arrow() for name, table in session.tables.items()} == kept
            assert session.version == version
