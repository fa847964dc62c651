"""What became of a load."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atomlite.display.facts import fact_table

if TYPE_CHECKING:
    from atomlite.types import JsonValue


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """One row that does not fit its table.

    Args:
        row: Position in the data, from 0; for CSV text that is not well formed, see ``line``.
        column: The column that does not fit; ``None`` when it is the row as a whole.
        reason: One sentence.
        value: The value as text; ``None`` for null.
        line: Line of the CSV file, from 1, when the row could not be split into columns;
            line breaks inside of quotes do not count.
    """

    row: int | None
    column: str | None
    reason: str
    value: str | None = None
    line: int | None = None

    def as_json(self) -> dict[str, JsonValue]:
        """Return the row for a report or the details of an error."""
        return {
            "row": self.row,
            "line": self.line,
            "column": self.column,
            "reason": self.reason,
            "value": self.value,
        }

    def __str__(self) -> str:
        """Return place and reason, as in an error message."""
        place = f"Line {self.line}" if self.row is None else f"Row {self.row:,}"
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What became of the rows of one load; the rows add up.

    ``rows_in = inserted + updated + superseded + rejected``.

    Args:
        table: Name of the table.
        rows_in: Rows that the data had.
        inserted: Rows that are new.
        updated: Rows that replaced a row with the same key.
        superseded: Rows that a later row of the same load replaced.
        rejected: Rows that do not fit and were left out.
        rejected_rows: Their positions in the data, from 0, in order; CSV lines that could not be
            split are not among them.
        samples: The first of them with reasons; see ``limits.rejected_samples``.
        data_types: Type of each column of the table, as text.
        new_columns: Columns of the data that the table lacks; they were left out.
        missing_columns: Columns of the table that the data lacks; null or their default.
        converted_columns: Columns whose type changed on the way, with the type in the data;
            ``object`` for Python objects of no one type.
        version_before: Number of the session's data version before.
        version_after: The same, after; inside a data transaction, what its commit will give.
        seconds: Duration in seconds.
    """

    table: str
    rows_in: int
    inserted: int
    updated: int
    superseded: int
    rejected: int
    rejected_rows: Sequence[int] = field(default_factory=lambda: array("q"))
    samples: tuple[RejectedRow, ...] = ()
    data_types: dict[str, str] = field(default_factory=dict)
    new_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    converted_columns: dict[str, str] = field(default_factory=dict)
    version_before: int = 0
    version_after: int = 0
    seconds: float = 0.0

    @property
    def facts(self) -> list[tuple[str, str]]:
        """Label and text of each line; lines that say nothing are left out."""
        facts = [
            ("rows in", f"{self.rows_in:,}"),
            ("inserted", f"{self.inserted:,}"),
            ("updated", f"{self.updated:,}"),
        ]
        if self.superseded:
            facts.append(("superseded by a later row", f"{self.superseded:,}"))
        facts.append(("rejected", f"{self.rejected:,}"))
        facts += [("", str(sample)) for sample in self.samples]
        more = self.rejected - len(self.samples)
        if self.samples and more:
            facts.append(("", f"and {more:,} more"))
        if self.new_columns:
            facts.append(("columns left out", ", ".join(self.new_columns)))
        if self.missing_columns:
            label = "columns missing, now null or default"
            facts.append((label, ", ".join(self.missing_columns)))
        facts += [
            ("converted", f"{name}: {found} to {self.data_types[name]}")
            for name, found in self.converted_columns.items()
        ]
        facts.append(("types", ", ".join(f"{n} {t}" for n, t in self.data_types.items())))
        facts.append(("data version", f"{self.version_before} to {self.version_after}"))
        facts.append(("seconds", f"{self.seconds:.3f}"))
        return facts

    def as_json(self) -> dict[str, JsonValue]:
        """Return the report for an HTTP answer or the details of an error."""
        return {
            "table": self.table,
            "rows_in": self.rows_in,
            "inserted": self.inserted,
            "updated": self.updated,
            "superseded": self.superseded,
            "rejected": self.rejected,
            "rejected_rows": list(self.rejected_rows),
            "samples": [sample.as_json() for sample in self.samples],
            "data_types": dict(self.data_types),
            "new_columns": list(self.new_columns),
            "missing_columns": list(self.missing_columns),
            "converted_columns": dict(self.converted_columns),
            "version_before": self.version_before,
            "version_after": self.version_after,
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        """Return one line per fact."""
        lines = [f"{label}: {text}" if label else f"  {text}" for label, text in self.facts]
        return "\n".join([f"Load into {self.table}", *lines])

    def __repr__(self) -> str:
        """Return the text form: a report is read, not rebuilt."""
        return str(self)

    def _repr_html_(self) -> str:
        return fact_table(f"Load into {self.table}", self.facts)
