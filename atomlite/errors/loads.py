"""Errors and warnings of data on its way into a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from atomlite.errors.root import AtomliteError

if TYPE_CHECKING:
    from atomlite.types import JsonValue


class UnsupportedData(AtomliteError, TypeError):
    """The data has a shape that no table can hold."""

    shows_values = True
    code = "unsupported_data"
    http_status = 422

    def __init__(
        self, message: str, *, hint: str = "", details: Mapping[str, JsonValue] | None = None
    ) -> None:
        super().__init__(message, hint=hint, details=details)


class UnreadableSource(AtomliteError, ValueError):
    """A file or query cannot be read as a table."""

    code = "unreadable_source"
    http_status = 422

    def __init__(self, source: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"Cannot read {source}: {reason}", hint=hint, details={"source": source})


class SourceNotFound(AtomliteError, FileNotFoundError):
    """No file is at this path, or no file matches this pattern."""

    code = "source_not_found"
    http_status = 404

    def __init__(self, path: str) -> None:
        super().__init__(
            f'No file at "{path}".',
            hint="Check the path; it is relative to the working directory of the process.",
            details={"path": path},
        )


class RowsRejected(AtomliteError, ValueError):
    """Rows of a load do not fit the table, and the load was to fail then.

    Args:
        table: Name of the table; nothing was loaded.
        rows_in: Number of rows of the load.
        rejected: Number of rows that do not fit.
        reasons: The first of them, one sentence each.
        details: Numbers and samples, as in the JSON form of a load report.
    """

    shows_values = True
    code = "rows_rejected"
    http_status = 422

    def __init__(
        self,
        table: str,
        *,
        rows_in: int,
        rejected: int,
        reasons: Sequence[str],
        details: Mapping[str, JsonValue] | None = None,
    ) -> None:
        verb = "does" if rejected == 1 else "do"
        found = " ".join(reasons[:3])
        super().__init__(
            f'{rejected:,} of {rows_in:,} rows {verb} not fit "{table}"; '
            f"nothing was loaded. {found}",
            hint=f'Pass error_handling="skip" to load the other {rows_in - rejected:,}.'
            if rejected < rows_in
            else "Compare the data with `table.data_types` and `table.keys`.",
            details=details,
        )


class UnexpectedColumns(AtomliteError, ValueError):
    """A load brings columns that the table lacks, or lacks columns that the table needs."""

    code = "unexpected_columns"
    http_status = 422

    def __init__(
        self, message: str, *, hint: str, details: Mapping[str, JsonValue] | None = None
    ) -> None:
        super().__init__(message, hint=hint, details=details)


class LoadWarning(UserWarning):
    """Rows of a load were left out, as ``error_handling="warn"`` asks for.

    Also: of the data that made a table, rows were replaced by later rows with the same key.
    """


class TableReplacedWarning(UserWarning):
    """A table that came with the database file was replaced by a new one of its name."""


class LinkDroppedWarning(UserWarning):
    """A join was removed, because a table was replaced by one that lacks its columns."""


class TransactionMisused(AtomliteError, RuntimeError):
    """Something cannot be done inside, or outside, a data transaction."""

    code = "transaction_misused"
    http_status = 409
