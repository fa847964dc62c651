"""Rows into a table: all of them or none, with a report.

Without keys rows are appended, each with its row number. With keys an empty table is filled first
and looked through for equal keys after; rows for a table that has some replace those with their
keys. Everything runs inside one transaction of the caller.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from atomlite.data_types.storage import storable
from atomlite.display.progress import Progress, progress
from atomlite.engine.cancellation import current_operation
from atomlite.errors import LoadWarning, RowsRejected
from atomlite.tables import upserts
from atomlite.tables.definitions import rows_of
from atomlite.tables.distinct import known_distinct
from atomlite.tables.fitting import Matching, Misfits, fit, match_columns
from atomlite.tables.reports import LoadReport
from atomlite.tables.schemas import ROW_NUMBER

if TYPE_CHECKING:
    from atomlite.engine.snapshots import Transaction
    from atomlite.tables.catalogs import Catalog, TableState
    from atomlite.tables.sources.source import Source
    from atomlite.types import ErrorHandling


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load.

    Args:
        error_handling: What to do with rows that do not fit.
        rejected_samples: See `Limits`.
    """

    error_handling: ErrorHandling
    rejected_samples: int


@dataclass(frozen=True, slots=True)
class _Outcome:
    inserted: int
    updated: int


def load(
    transaction: Transaction[Catalog], table: str, source: Source, options: LoadOptions
) -> LoadReport:
    """Load a source and stage the new state of its table in the transaction.

    Raises:
        UnexpectedColumns: The columns do not match.
        RowsRejected: Rows do not fit and the load is to fail then.
    """
    started = time.perf_counter()
    state = transaction.state.table(table)
    matching = match_columns(state.schema, list(source.data_types), options.error_handling)
    misfits = Misfits(options.rejected_samples)
    misfits.add_unsplit(source.unsplit)
    counter = _Counter()
    with progress(f"Loading {state.schema.name}", source.row_count) as shown:
        fitted = _fitted(source, state, misfits, counter, options, shown)
        if not state.schema.keys:
            outcome = _append(transaction, state, fitted)
        elif state.row_count == 0 and upserts.can_keep_last(state.schema):
            outcome = _fill(transaction, state, fitted, shown)
        else:
            outcome = _replace(transaction, state, fitted, shown)
        shown.step("")
    rows_in = counter.rows + misfits.unsplit
    report = _report(state, source, matching, misfits, outcome, rows_in)
    version = transaction.before.version.number
    report = replace(
        report,
        version_before=version,
        version_after=version + 1,
        seconds=time.perf_counter() - started,
    )
    _publish(transaction, state, outcome, report)
    if misfits.count:
        _complain(transaction, report, options)
    return report


@dataclass(slots=True)
class _Counter:
    rows: int = 0


def _fitted(
    source: Source,
    state: TableState,
    misfits: Misfits,
    counter: _Counter,
    options: LoadOptions,
    shown: Progress,
) -> Iterator[pa.Table]:
    """Yield the rows that fit, slice by slice; raise after the last when the load must fail."""
    operation = current_operation()
    for rows, count in source.slices():
        operation.check()
        yield fit(rows, count, state.schema, counter.rows, misfits)
        counter.rows += count
        shown(count)
    if misfits.count and options.error_handling == "fail":
        rows_in = counter.rows + misfits.unsplit
        raise RowsRejected(
            state.schema.name,
            rows_in=rows_in,
            rejected=misfits.count,
            reasons=[str(sample) for sample in misfits.samples],
            details={
                "table": state.schema.name,
                "rows_in": rows_in,
                "rejected": misfits.count,
                "samples": [sample.as_json() for sample in misfits.samples],
            },
        )


def _append(
    transaction: Transaction[Catalog], state: TableState, slices: Iterator[pa.Table]
) -> _Outcome:
    inserted = 0
    for rows in slices:
        first = state.next_row + inserted
        numbers = pa.array(np.arange(first, first + rows.num_rows, dtype=np.int64))
        inserted += _append_slice(transaction, state, rows.append_column(ROW_NUMBER, numbers))
    return _Outcome(inserted, 0)


def _fill(
    transaction: Transaction[Catalog],
    state: TableState,
    slices: Iterator[pa.Table],
    shown: Progress,
) -> _Outcome:
    inserted = 0
    distinct = known_distinct(state.schema.keys)
    for rows in slices:
        distinct.add(rows)
        inserted += _append_slice(transaction, state, rows)
    if not distinct.certain():
        shown.step("looking for equal keys")
        relation = rows_of(state.schema.name)
        keys = transaction.rows(upserts.count_distinct(state.schema, relation))[0][0]
        if keys != inserted:
            shown.step("keeping the last row of each key")
            inserted -= transaction.change(upserts.keep_last(state.schema))
    return _Outcome(inserted, 0)


def _append_slice(transaction: Transaction[Catalog], state: TableState, rows: pa.Table) -> int:
    if rows.num_rows == 0:
        return 0
    transaction.register(upserts.STAGED, rows)
    count = transaction.change(upserts.append(state.schema))
    transaction.unregister(upserts.STAGED)  # after a failure the transaction only ends
    return count


def _replace(
    transaction: Transaction[Catalog],
    state: TableState,
    slices: Iterator[pa.Table],
    shown: Progress,
) -> _Outcome:
    positioned = _positioned(slices)
    first = next(positioned, None)
    if first is None:
        return _Outcome(0, 0)
    second = next(positioned, None)
    transaction.register(upserts.STAGED, first)
    if second is None:
        outcome = _replace_from(transaction, state, upserts.STAGED, first.num_rows, shown)
    else:
        rows = first.num_rows
        shown.step("staging rows")
        transaction.change(upserts.stage())
        for more in itertools.chain([second], positioned):
            transaction.register(upserts.STAGED, more)
            rows += transaction.change(upserts.stage_more())
        outcome = _replace_from(transaction, state, upserts.STAGED_ALL, rows, shown)
        transaction.change(upserts.unstage())
    transaction.unregister(upserts.STAGED)  # after a failure the transaction only ends
    return outcome


def _positioned(slices: Iterator[pa.Table]) -> Iterator[pa.Table]:
    position = 0
    for rows in slices:
        if rows.num_rows:
            numbers = np.arange(position, position + rows.num_rows, dtype=np.int64)
            yield rows.append_column(upserts.POSITION, pa.array(numbers))
            position += rows.num_rows


def _replace_from(
    transaction: Transaction[Catalog], state: TableState, relation: str, rows: int, shown: Progress
) -> _Outcome:
    keys = 1
    if rows > 1:
        shown.step("looking for equal keys")
        found = transaction.rows(upserts.count_distinct(state.schema, relation))[0][0]
        keys = found if isinstance(found, int) else rows
    shown.step("replacing rows")
    updated = transaction.change(upserts.delete_matching(state.schema, relation))
    transaction.change(upserts.insert_last(state.schema, relation, repeated=keys < rows))
    return _Outcome(keys - updated, updated)


def _report(
    state: TableState,
    source: Source,
    matching: Matching,
    misfits: Misfits,
    outcome: _Outcome,
    rows_in: int,
) -> LoadReport:
    changed = outcome.inserted + outcome.updated
    types = state.schema.data_types
    return LoadReport(
        table=state.schema.name,
        rows_in=rows_in,
        inserted=outcome.inserted,
        updated=outcome.updated,
        superseded=rows_in - misfits.count - changed,
        rejected=misfits.count,
        rejected_rows=misfits.rows,
        samples=tuple(misfits.samples),
        data_types={name: str(data_type) for name, data_type in types.items()},
        new_columns=matching.new,
        missing_columns=matching.missing,
        converted_columns={
            name: "object" if name in source.mixed else str(found)
            for name, found in source.data_types.items()
            if name in types and (name in source.mixed or storable(found) != types[name])
        },
    )


def _publish(
    transaction: Transaction[Catalog], state: TableState, outcome: _Outcome, report: LoadReport
) -> None:
    transaction.state = transaction.state.at_version(report.version_after).with_table(
        replace(
            state,
            row_count=state.row_count + outcome.inserted,
            next_row=state.next_row + outcome.inserted,
            version=report.version_after,
            last_load=report,
        )
    )
    transaction.changed_rows += outcome.inserted + outcome.updated


def _complain(transaction: Transaction[Catalog], report: LoadReport, options: LoadOptions) -> None:
    if options.error_handling == "warn":
        reasons = " ".join(str(sample) for sample in report.samples[:3])
        verb, left = ("does", "was") if report.rejected == 1 else ("do", "were")
        message = (
            f'{report.rejected:,} of {report.rows_in:,} rows {verb} not fit "{report.table}" and '
            f"{left} left out. {reasons}"
        )
        transaction.notices.append(LoadWarning(message))
