"""CSV files, read by a second engine that may open files and knows none of the session's tables.

Nothing about the text is guessed but the separator and the types: the first line has the names,
every other line is a row, ``"`` quotes. All of it is read before any row is handed out, so a type
is found from all values and not from the first ones.
"""

# ruff: noqa: S608 -- names come quoted, values as parameters

from __future__ import annotations

import codecs
import csv
import glob
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

import duckdb
import pyarrow as pa

from atomlite.engine.cancellation import current_operation
from atomlite.engine.faults import describe, translate
from atomlite.engine.interrupts import interruptible
from atomlite.errors import InvalidArgument, OperationCancelled, UnreadableSource
from atomlite.sql import quote

_T = TypeVar("_T")
_HEAD_BYTES = 1024 * 1024
_BLOCK_BYTES = 4 * 1024 * 1024
_LONGEST_LINE_BYTES = 16_000_000
_SEPARATORS = (",", ";", "\t", "|")
_PACKED = (".bz2", ".br", ".lz4", ".xz", ".zip")
_ENCODINGS = {
    "utf-8": "utf-8",
    "utf-8-sig": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16",
    "iso8859-1": "latin-1",
}
"""The encodings that the engine reads, by Python's name."""

_BATCH_ROWS = 131_072

_PATTERNS: dict[str, tuple[str, pa.DataType]] = {
    "BOOLEAN": (r"(?i)true|false", pa.bool_()),
    "BIGINT": (r"-?(0|[1-9]\d*)", pa.int64()),
    "DECIMAL(38, 0)": (r"-?(0|[1-9]\d*)", pa.decimal128(38, 0)),
    "DOUBLE": (r"(?i)[-+]?((0|[1-9]\d*)(\.\d*)?|\.\d+)(e[-+]?\d+)?|nan|[-+]?inf", pa.float64()),
    "DATE": (r"\d{4}-\d{2}-\d{2}", pa.date32()),
    "TIME": (r"\d{2}:\d{2}:\d{2}(\.\d{1,6})?", pa.time64("us")),
    "TIMESTAMP": (r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?", pa.timestamp("us")),
    "TIMESTAMPTZ": (
        r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[-+]\d{2}(:?\d{2})?)",
        pa.timestamp("us", "UTC"),
    ),
}
"""What all values of a column must look like to be read as a type; the first that fits is taken."""


def _all_fit(column: str, sql: str) -> str:
    """Return the test that all values of a column, but for nulls, can be read as a type."""
    value = f"try_cast({column} AS {sql})"
    fits = f"regexp_full_match({column}, ?) AND {value} IS NOT NULL"
    if sql == "DOUBLE":  # a number that is too large would be infinite
        fits += f" AND (NOT isinf({value}) OR {column} ILIKE '%inf')"
    return f"coalesce(bool_and({fits}) FILTER (WHERE {column} IS NOT NULL), true)"


@dataclass(frozen=True, slots=True, kw_only=True)
class CsvOptions:
    """How to read CSV text.

    Args:
        separator: One character between fields; ``None`` takes the one of comma, semicolon, tab and
            bar that the first line has most of.
        encoding: ``"utf-8"``, ``"utf-16"`` or ``"latin-1"``.
    """

    separator: str | None = None
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        """Refuse what the engine cannot read."""
        mark = self.separator
        if mark is not None and (len(mark) != 1 or mark in '"\r\n'):
            raise InvalidArgument("separator", mark, "one character, not a quote or a line break")
        try:
            encoding = _ENCODINGS[codecs.lookup(self.encoding).name]
        except LookupError:
            expected = '"utf-8", "utf-16" or "latin-1"'
            raise InvalidArgument("encoding", self.encoding, expected) from None
        object.__setattr__(self, "encoding", encoding)


def _check_lines(file: str) -> None:
    """Refuse a file with a line that the engine would pass over without a word.

    From 2 MB on the engine rejects a line and says so; one that fills its buffers is lost.
    """
    since = 0
    with pa.input_stream(file, compression="detect") as stream:
        while block := stream.read(_BLOCK_BYTES):
            end = max(block.rfind(b"\n"), block.rfind(b"\r"))
            first = end if end < 0 else min(at for at in map(block.find, (b"\n", b"\r")) if at >= 0)
            if since + (len(block) if end < 0 else first) > _LONGEST_LINE_BYTES:
                raise UnreadableSource(
                    f'"{file}"',
                    f"it has a line of more than {_LONGEST_LINE_BYTES:,} bytes.",
                    hint="Check the line breaks and the quotes.",
                )
            since = since + len(block) if end < 0 else len(block) - end - 1


class CsvReader:
    """The rows of CSV files of one shape; close it after the last of them."""

    def __init__(self, files: Sequence[str], options: CsvOptions) -> None:
        self._files = list(files)
        self._shown = f'"{files[0]}"' + (f" and {len(files) - 1} more" if len(files) > 1 else "")
        self._options = options
        self.separator, self.names = self._header()
        for file in self._files:
            _check_lines(file)
        self._spill = tempfile.TemporaryDirectory(prefix="atomlite-csv-")
        self._connection = duckdb.connect(config={"temp_directory": self._spill.name})
        self._connection.execute("SET python_enable_replacements = false")
        self._connection.execute("SET GLOBAL TimeZone = 'UTC'")

    def _header(self) -> tuple[str, list[str]]:
        headers = [self._header_of(file) for file in self._files]
        for file, header in zip(self._files, headers, strict=True):
            if header != headers[0]:
                raise UnreadableSource(
                    f'"{file}"',
                    f"its first line names the columns {header[1]} with {header[0]!r} between "
                    f"them, that of the first file {headers[0][1]} with {headers[0][0]!r}.",
                    hint="Load the files one by one.",
                )
        return headers[0]

    def _header_of(self, file: str) -> tuple[str, list[str]]:
        if file.lower().endswith(_PACKED):
            raise UnreadableSource(
                f'"{file}"', "its compression is not known.", hint="Unpack it, or use gzip."
            )
        try:
            with pa.input_stream(file, compression="detect") as stream:
                head = stream.read(_HEAD_BYTES).decode(self._options.encoding, errors="ignore")
        except (OSError, LookupError, pa.ArrowInvalid) as error:
            raise UnreadableSource(f'"{file}"', str(error)) from error
        lines = head.removeprefix("\ufeff").splitlines(keepends=True)
        if not lines:
            raise UnreadableSource(
                f'"{file}"', "it is empty.", hint="The first line must name the columns."
            )
        separator = self._options.separator
        if separator is None:
            separator = max(_SEPARATORS, key=lines[0].count)
        return separator, next(csv.reader(lines, delimiter=separator))

    def read(self) -> int:
        """Read all files and return the number of rows that could be split into columns.

        Raises:
            UnreadableSource: The files cannot be read at all.
        """
        text = (
            "CREATE TABLE read_rows AS SELECT * FROM read_csv(?, auto_detect = false, "
            "header = true, skip = 0, delim = ?, quote = '\"', escape = '\"', columns = ?, "
            "encoding = ?, store_rejects = true, strict_mode = true, hive_partitioning = false)"
        )
        columns = dict.fromkeys(self.names, "VARCHAR")
        paths = [glob.escape(file) for file in self._files]
        values = [paths, self.separator, columns, self._options.encoding]
        try:
            self._run(lambda: self._connection.execute(text, values).fetchall())
            rows = self._run(
                lambda: self._connection.execute("SELECT count(*) FROM read_rows").fetchall()
            )
        except duckdb.Error as error:
            fault = translate(error)
            if isinstance(fault, OperationCancelled):
                current_operation().check()
                raise fault from error
            hint = "Check its quotes, its encoding, and that all of its lines end alike."
            raise UnreadableSource(self._shown, describe(error), hint=hint) from error
        return int(rows[0][0])

    def types(self) -> dict[str, pa.DataType]:
        """Return the type that all values of a column have; text where they share no other."""
        tests = [_all_fit(quote(name), sql) for name in self.names for sql in _PATTERNS]
        counts = [f"count({quote(name)})" for name in self.names]
        patterns = [pattern for pattern, _ in _PATTERNS.values()] * len(self.names)
        statement = f"SELECT {', '.join(tests + counts)} FROM read_rows"
        row = self._run(lambda: self._connection.execute(statement, patterns).fetchall())[0]
        found = {}
        width = len(_PATTERNS)
        for position, name in enumerate(self.names):
            fits = row[position * width : (position + 1) * width]
            filled = row[len(tests) + position] > 0
            kinds = [kind for (_, kind), fit in zip(_PATTERNS.values(), fits, strict=True) if fit]
            found[name] = kinds[0] if kinds and filled else pa.string()
        return found

    def batches(self, types: Mapping[str, pa.DataType]) -> Iterator[pa.RecordBatch]:
        """Return the rows; columns of ``types`` converted, the others as text."""
        sql = {kind: name for name, (_, kind) in _PATTERNS.items()}
        columns = [
            f"CAST({quote(name)} AS {sql[types[name]]}) AS {quote(name)}"
            if types.get(name) in sql
            else quote(name)
            for name in self.names
        ]
        query = f"SELECT {', '.join(columns)} FROM read_rows"
        with closing(self._connection.cursor()) as cursor:
            yield from cursor.sql(query).to_arrow_reader(_BATCH_ROWS)

    def rejects(self) -> list[tuple[str, int, str, str]]:
        """Return file, line number, reason and text of each line that has not all the columns."""
        rows = self._connection.execute(
            "SELECT any_value(file_path), line, any_value(error_message), any_value(csv_line) "
            "FROM reject_errors JOIN reject_scans USING (scan_id, file_id) "
            "GROUP BY file_id, line ORDER BY file_id, line"
        ).fetchall()
        return [(str(file), int(line), str(reason), str(text)) for file, line, reason, text in rows]

    def close(self) -> None:
        """Give the memory and the disk space back. Idempotent."""
        self._connection.close()
        self._spill.cleanup()

    def _run(self, call: Callable[[], _T]) -> _T:
        raw = self._connection
        with current_operation().interruptible(raw.interrupt):
            return interruptible(call, raw.interrupt)
