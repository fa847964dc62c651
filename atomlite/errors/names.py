"""Errors of names, types and conditions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from atomlite.errors.root import AtomliteError, did_you_mean, names_listed, shortened

if TYPE_CHECKING:
    from atomlite.types import JsonValue


_CONDITIONS = (
    "Write `(a) & (b)`, `(a) | (b)`, `~(a)` instead of `and`, `or`, `not`, "
    "`x.between(low, high)` instead of `low <= x <= high`, and `x.isin(...)` instead of "
    "`x in [...]`."
)


class TableNotFound(AtomliteError, KeyError):
    """No table has this name."""

    code = "table_not_found"
    http_status = 404

    def __init__(self, name: object, *, known: Sequence[str]) -> None:
        tables = f"Tables: {names_listed(known)}." if known else "There are no tables yet."
        super().__init__(
            f'No table named "{shortened(name)}". {tables}',
            hint=did_you_mean(name, known),
            details={"table": shortened(name), "tables": list(known)},
        )


class TableExists(AtomliteError, ValueError):
    """A table of this name exists and was not to be replaced."""

    code = "table_exists"
    http_status = 409

    def __init__(self, name: str, row_count: int) -> None:
        super().__init__(
            f'A table named "{name}" exists, with {row_count:,} rows.',
            hint=f'Delete it with `del session.tables["{name}"]`, choose another name, '
            'or pass if_exists="replace".',
            details={"table": name},
        )


class ColumnNotFound(AtomliteError, KeyError):
    """No column has this name."""

    code = "unknown_column"
    http_status = 400

    def __init__(self, name: object, *, table: str, known: Sequence[str]) -> None:
        super().__init__(
            f'No column named "{shortened(name)}" in "{table}". Columns: {names_listed(known)}.',
            hint=did_you_mean(name, known),
            details={"column": shortened(name), "table": table, "columns": list(known)},
        )


class InvalidName(AtomliteError, ValueError):
    """A name cannot be used."""

    code = "invalid_name"
    http_status = 400

    def __init__(self, what: str, name: object, reason: str) -> None:
        super().__init__(f"{what} {name!r} cannot be used: {reason}", details={"name": str(name)})


class UnknownDataType(AtomliteError, ValueError):
    """A data type is not one that a table can store."""

    code = "unknown_data_type"
    http_status = 400

    def __init__(self, data_type: object, hint: str, *, column: str | None = None) -> None:
        where = f'Column "{column}": ' if column is not None else ""
        super().__init__(
            f"{where}data type {data_type} cannot be stored.",
            hint=hint,
            details={"data_type": str(data_type), "column": column},
        )


class WrongType(AtomliteError, TypeError):
    """A value or operator does not fit the type of a column."""

    shows_values = True
    code = "wrong_type"
    http_status = 400

    def __init__(
        self, message: str, *, hint: str = "", details: Mapping[str, JsonValue] | None = None
    ) -> None:
        super().__init__(message, hint=hint, details=details)


class ConditionMisused(AtomliteError, TypeError):
    """A condition was used where Python wants True or False."""

    shows_values = True
    code = "condition_misused"
    http_status = 400

    def __init__(
        self,
        what: str,
        found: str = "describes rows, or facts of a cube; it is neither true nor false.",
        *,
        hint: str = _CONDITIONS,
    ) -> None:
        super().__init__(f"{what} {found}", hint=hint)


class InvalidArgument(AtomliteError, ValueError):
    """An argument is out of its range."""

    shows_values = True
    code = "invalid_argument"
    http_status = 400

    def __init__(self, name: str, found: object, expected: str) -> None:
        shown = repr(found)
        if "\n" in shown:  # of a table or a frame, which are no part of a sentence
            shown = f"of type {type(found).__name__}"
        super().__init__(
            f"{name} is {shown}.", hint=f"It must be {expected}.", details={"argument": name}
        )


class InvalidJoin(AtomliteError, ValueError):
    """Two tables cannot be linked this way."""

    code = "invalid_join"
    http_status = 400

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
