from __future__ import annotations

import datetime as dt
from decimal import Decimal

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import UnknownDataType, UnsupportedData

_DATA = pa.table({"a": [1, None], "b": ["x", "y"], "c": [[1], None]})


def test_whatever_speaks_arrow_loads(session: al.Session) -> None:
    """Tables, batches, readers, chunked structs, relations of the engine itself."""
    other = duckdb.connect()
    for data in (
        _DATA,
        _DATA.to_batches()[0],
        _DATA.to_reader(),
        pa.Table.to_struct_array(_DATA),
        pa.concat_tables([_DATA.slice(0, 1), _DATA.slice(1)]),
        other.from_arrow(_DATA),
    ):
        assert session.read_arrow(data, table_name="T").to_arrow().to_pylist() == _DATA.to_pylist()
        session.tables["T"].load(_DATA)
        assert session.tables["T"].row_count == 4
    other.close()


def test_polars_frames_load(session: al.Session) -> None:
    """With their categories, enumerations, decimals, times and durations."""
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "cat": pl.Series(["x", None], dtype=pl.Categorical),
            "enum": pl.Series(["x", "y"], dtype=pl.Enum(["x", "y"])),
            "dec": [Decimal("1.50"), None],
            "time": [dt.time(1), None],
            "span": [dt.timedelta(1), None],
            "list": [[1], []],
        }
    )
    table = session.read_arrow(frame, table_name="T")
    assert table.to_arrow().to_pylist() == frame.to_dicts()
    assert table.load(frame).inserted == 2
    with pytest.raises(UnsupportedData, match="LazyFrame is not Arrow data"):
        session.read_arrow(frame.lazy(), table_name="T")


def test_a_frame_of_pandas_is_read_as_one(session: al.Session) -> None:
    """Its numbering of rows is not data."""
    frame = pd.DataFrame({"a": [1]}, index=["x"])
    assert session.read_arrow(frame, table_name="T").columns == ("a",)


@pytest.mark.parametrize(
    "data", [[1], {"a": [1]}, None, pa.array([1]), pa.chunked_array([[1]]), "x"]
)
def test_other_things_are_no_arrow_data(session: al.Session, data: object) -> None:
    """The error says what to use."""
    with pytest.raises(UnsupportedData, match="is not Arrow data"):
        session.read_arrow(data, table_name="T")


def test_columns_must_be_there_and_be_told_apart(session: al.Session) -> None:
    """By names, of types that a table can have."""
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    for data in (twice, twice.to_reader()):
        with pytest.raises(UnsupportedData, match="Two columns"):
            session.read_arrow(data, table_name="T")
    with pytest.raises(UnsupportedData, match="no columns"):
        session.read_arrow(pa.table({}), table_name="T")
    spans = pa.array([(1, 2, 3)], pa.month_day_nano_interval())
    with pytest.raises(UnknownDataType, match='Column "a"'):
        session.read_arrow(pa.table({"a": spans}), table_name="T")


def test_declared_types_hold_for_arrow_data_too(session: al.Session) -> None:
    """Values are converted as in a load."""
    table = session.read_arrow(
        pa.table({"a": ["1", "2"]}), table_name="T", data_types={"a": "int8"}
    )
    assert table.data_types == {"a": pa.int8()}
    with pytest.raises(al.errors.ColumnNotFound):
        session.read_arrow(_DATA, table_name="T", data_types={"z": "int8"})


def test_large_batches_are_gathered_by_rows_and_bytes(
    session: al.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever is reached first ends a slice."""
    from atomlite.tables.sources import source  # noqa: PLC0415 -- to be patched

    monkeypatch.setattr(source, "SLICE_BYTES", 8)
    reader = pa.Table.from_batches([pa.record_batch({"a": [i]}) for i in range(5)]).to_reader(1)
    assert session.read_arrow(reader, table_name="T").to_arrow().column("a").to_pylist() == list(
        range(5)
    )


def test_python_objects_of_polars_are_refused(session: al.Session) -> None:
    """Their Arrow stream holds addresses in memory; they must not become values."""
    objects = pl.DataFrame({"a": pl.Series([object()], dtype=pl.Object)})
    with pytest.raises(UnsupportedData, match='polars columns "a"'):
        session.read_arrow(objects, table_name="T")
