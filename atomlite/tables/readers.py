"""The ways into a session for data: each makes a table.

Importing this imports neither pandas nor pyarrow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from atomlite.tables.creation import Creation
    from atomlite.tables.sources.databases import DatabaseConnection
    from atomlite.tables.sources.paths import Paths
    from atomlite.tables.table import Table
    from atomlite.tables.writing import IfExists
    from atomlite.types import ErrorHandling


class TableReaders:
    """The methods of a session that make tables."""

    _creation: Creation

    def create_table(
        self,
        name: str,
        *,
        data_types: Mapping[str, object],
        keys: Collection[str] = (),
        default_values: Mapping[str, object] | None = None,
        if_exists: IfExists = "replace",
    ) -> Table:
        """Create an empty table.

        Args:
            name: Name of the table.
            data_types: Type of each column, in order: an Arrow type, its name (``"int64"``,
                ``"timestamp[us, tz=UTC]"``), a usual name (``"INT"``, ``"LocalDate"``) or a Python
                type.
            keys: Columns that tell rows apart; a set follows the order of the columns. A row whose
                key exists replaces the old one. Without keys, rows accumulate.
            default_values: What replaces null, by column; keys have none.
            if_exists: ``"replace"`` (default; cells run again) puts it in the place of a table of
                the same name; ``"fail"`` raises.

        Raises:
            TableExists: There is one, and ``if_exists`` is ``"fail"``.
            InvalidName, InvalidArgument, UnknownDataType, ColumnNotFound: See their messages.

        >>> session.create_table("Sales", data_types={"day": "date", "sold": "int64"}, keys={"day"})
        Sales: 0 rows
          column  type
          day     date32[day]  key
          sold    int64
        """
        return self._creation.empty(
            name, data_types, keys=keys, default_values=default_values, if_exists=if_exists
        )

    def read_pandas(
        self,
        dataframe: pd.DataFrame,
        /,
        *,
        table_name: str,
        keys: Collection[str] = (),
        data_types: Mapping[str, object] | None = None,
        default_values: Mapping[str, object] | None = None,
        error_handling: ErrorHandling = "fail",
        if_exists: IfExists = "replace",
    ) -> Table:
        """Create a table from a DataFrame.

        Named indexes become columns, the levels of column names are joined with ``_``; NaN, NaT and
        None are null.

        Args:
            dataframe: The rows.
            table_name: Name of the table.
            keys: As in `create_table`.
            data_types: Types of some columns, where the DataFrame's own do not fit.
            default_values: As in `create_table`.
            error_handling: As in `Table.load`; `Table.last_load` tells what was left out.
            if_exists: As in `create_table`.

        Raises:
            UnsupportedData: It has no columns, two of one name, or a column of mixed objects.
            RowsRejected: A row has a null key, or does not fit ``data_types``.

        >>> session.read_pandas(pd.DataFrame({"a": [1]}), table_name="T").row_count
        1
        """
        return self._creation.from_pandas(
            dataframe,
            table_name,
            data_types=data_types,
            keys=keys,
            default_values=default_values,
            error_handling=error_handling,
            if_exists=if_exists,
        )

    def read_arrow(
        self,
        data: object,
        /,
        *,
        table_name: str,
        keys: Collection[str] = (),
        data_types: Mapping[str, object] | None = None,
        default_values: Mapping[str, object] | None = None,
        error_handling: ErrorHandling = "fail",
        if_exists: IfExists = "replace",
    ) -> Table:
        """Create a table from Arrow data: pyarrow, polars, DuckDB, anything with an Arrow C stream.

        The arguments are those of `read_pandas`.

        >>> import pyarrow as pa
        >>> session.read_arrow(pa.table({"a": [1]}), table_name="T").row_count
        1
        """
        return self._creation.from_arrow(
            data,
            table_name,
            data_types=data_types,
            keys=keys,
            default_values=default_values,
            error_handling=error_handling,
            if_exists=if_exists,
        )

    def read_csv(
        self,
        path: Paths,
        /,
        *,
        table_name: str | None = None,
        keys: Collection[str] = (),
        separator: str | None = None,
        encoding: str = "utf-8",
        data_types: Mapping[str, object] | None = None,
        default_values: Mapping[str, object] | None = None,
        error_handling: ErrorHandling = "fail",
        if_exists: IfExists = "replace",
    ) -> Table:
        """Create a table from CSV files; ``.gz`` and ``.zst`` are unpacked.

        The first line has the names, an empty field is null. A column has the type that all of its
        values share; numbers that begin with a zero are text.

        Args:
            path: A path, a pattern with ``*``, or several.
            table_name: Name of the table; ``None`` takes the file's, without its endings.
            keys: As in `create_table`.
            separator: One character; ``None`` takes the one of ``,`` ``;`` tab ``|`` that the first
                line has most of.
            encoding: ``"utf-8"``, ``"utf-16"`` or ``"latin-1"``.
            data_types: Types of some columns.
            default_values: As in `create_table`.
            error_handling: As in `Table.load`; lines that cannot be split into columns count too.
            if_exists: As in `create_table`.

        Raises:
            SourceNotFound: No file is there.
            UnreadableSource: A file is no CSV, or the files have different columns.
            RowsRejected: A row does not fit.
        """
        from atomlite.engine.files import CsvOptions  # noqa: PLC0415 -- it imports pyarrow

        return self._creation.from_csv(
            path,
            table_name,
            CsvOptions(separator=separator, encoding=encoding),
            data_types=data_types,
            keys=keys,
            default_values=default_values,
            error_handling=error_handling,
            if_exists=if_exists,
        )

    def read_parquet(
        self,
        path: Paths,
        /,
        *,
        table_name: str | None = None,
        keys: Collection[str] = (),
        data_types: Mapping[str, object] | None = None,
        default_values: Mapping[str, object] | None = None,
        error_handling: ErrorHandling = "fail",
        if_exists: IfExists = "replace",
    ) -> Table:
        """Create a table from Parquet files of the same columns.

        Args:
            path: A path, a pattern with ``*``, or several.
            table_name: Name of the table; ``None`` takes the file's, without its ending.
            keys: As in `create_table`.
            data_types: Types of some columns, where the files' own do not fit.
            default_values: As in `create_table`.
            error_handling: As in `Table.load`; `Table.last_load` tells what was left out.
            if_exists: As in `create_table`.

        Raises:
            SourceNotFound: No file is there.
            UnreadableSource: A file is no Parquet, or its columns differ from those of the first.
        """
        return self._creation.from_parquet(
            path,
            table_name,
            data_types=data_types,
            keys=keys,
            default_values=default_values,
            error_handling=error_handling,
            if_exists=if_exists,
        )

    def read_sql(
        self,
        query: str,
        connection: DatabaseConnection,
        /,
        *,
        table_name: str,
        parameters: Sequence[object] | None = None,
        keys: Collection[str] = (),
        data_types: Mapping[str, object] | None = None,
        default_values: Mapping[str, object] | None = None,
        error_handling: ErrorHandling = "fail",
        if_exists: IfExists = "replace",
    ) -> Table:
        """Create a table from a query to another database.

        Args:
            query: SQL of that database.
            connection: An open DB-API 2.0 or ADBC connection; it stays open.
            table_name: Name of the table.
            parameters: Values to bind, in the placeholder style of its driver.
            keys: As in `create_table`.
            data_types: Types of some columns.
            default_values: As in `create_table`.
            error_handling: As in `Table.load`; `Table.last_load` tells what was left out.
            if_exists: As in `create_table`.

        Raises:
            UnreadableSource: That database refused the query.

        >>> import sqlite3
        >>> other = sqlite3.connect(":memory:")
        >>> session.read_sql("SELECT ? AS a", other, parameters=[1], table_name="T").row_count
        1
        >>> other.close()
        """
        return self._creation.from_query(
            query,
            connection,
            table_name,
            parameters,
            data_types=data_types,
            keys=keys,
            default_values=default_values,
            error_handling=error_handling,
            if_exists=if_exists,
        )
