from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

import atomlite as al
from atomlite.errors import SourceNotFound, UnreadableSource, UnsupportedData

_Read = Callable[..., al.Table]


@pytest.fixture
def read(session: al.Session, tmp_path: Path) -> _Read:
    """Give a function that writes Arrow tables to one file each and reads them all."""

    def read(*tables: pa.Table, **options: object) -> al.Table:
        for number, table in enumerate(tables):
            parquet.write_table(table, tmp_path / f"part{number}.parquet")
        pattern = str(tmp_path / "*.parquet")
        return session.read_parquet(pattern, table_name="T", **options)  # type: ignore[arg-type]

    return read


def _values(table: al.Table) -> list[object]:
    return list(table.to_arrow().column("a").to_pylist())


def test_files_of_a_pattern_are_read_in_order(read: _Read) -> None:
    """Columns are matched by name."""
    table = read(pa.table({"a": [1], "b": [2]}), pa.table({"b": [3], "a": [4]}))
    assert table.to_arrow().to_pydict() == {"a": [1, 4], "b": [2, 3]}


def test_the_table_is_named_after_the_file(session: al.Session, tmp_path: Path) -> None:
    """Unless it is given a name."""
    parquet.write_table(pa.table({"a": [1]}), tmp_path / "flights.parquet")
    assert session.read_parquet(tmp_path / "flights.parquet").name == "flights"


@pytest.mark.parametrize(
    ("first", "second", "data_type", "values"),
    [
        (pa.array([1], pa.int32()), pa.array([2**40]), "int64", [1, 2**40]),
        (pa.array([1]), pa.array([0.5]), "double", [1.0, 0.5]),
        (pa.nulls(1), pa.array([1]), "int64", [None, 1]),
        (pa.array(["x"]).dictionary_encode(), pa.array(["y"]), "string", ["x", "y"]),
        (
            pa.array([{"x": 1}]),
            pa.array([{"x": 2, "y": 1}]),
            "struct<x: int64, y: int64>",
            [{"x": 1, "y": None}, {"x": 2, "y": 1}],
        ),
    ],
)
def test_of_two_types_the_wider_holds(
    read: _Read,
    first: pa.Array[Any],
    second: pa.Array[Any],
    data_type: str,
    values: list[object],
) -> None:
    """Encodings do not matter."""
    table = read(pa.table({"a": first}), pa.table({"a": second}))
    assert str(table.data_types["a"]) == data_type
    assert _values(table) == values


def test_types_that_do_not_go_together_are_refused(read: _Read) -> None:
    """At once, or when a value shows it."""
    with pytest.raises(UnreadableSource, match="do not go together"):
        read(pa.table({"a": [1]}), pa.table({"a": ["x"]}))
    with pytest.raises(UnreadableSource, match=f'"a" holds {2**64 - 1}'):
        read(pa.table({"a": pa.array([2**64 - 1], pa.uint64())}), pa.table({"a": [-1]}))


def test_files_of_other_columns_are_refused(read: _Read) -> None:
    """The differing columns are named."""
    with pytest.raises(UnreadableSource, match=r'part1\.parquet".*"b"'):
        read(pa.table({"a": [1]}), pa.table({"a": [1], "b": [1]}))


def test_columns_are_there_and_told_apart(read: _Read) -> None:
    """A name with a dot is a name."""
    twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(UnsupportedData, match="Two columns"):
        read(twice)
    with pytest.raises(UnsupportedData, match="no columns"):
        read(pa.table({}))
    table = read(pa.table({"a.b": [1], "a": pa.array([{"b": 5}])}))
    assert table.to_arrow().to_pylist() == [{"a.b": 1, "a": {"b": 5}}]


def test_a_damaged_file_is_a_named_error(session: al.Session, tmp_path: Path) -> None:
    """In its end, in its middle, or empty."""
    path = tmp_path / "x.parquet"
    parquet.write_table(pa.table({"a": list(range(100_000))}), path)
    whole = path.read_bytes()
    for content in (b"", b"PAR1 nonsense", whole[:100] + b"\xff" * 50_000 + whole[50_100:]):
        path.write_bytes(content)
        with pytest.raises(UnreadableSource, match=r"x\.parquet"):
            session.read_parquet(path)
    assert list(session.tables) == []
    with pytest.raises(SourceNotFound):
        session.read_parquet(tmp_path / "no.parquet")


def test_declared_types_and_keys_hold(read: _Read) -> None:
    """As for all other sources."""
    table = read(pa.table({"a": [2, 1], "b": ["1", "2"]}), keys={"a"}, data_types={"b": "int8"})
    assert table.to_arrow().to_pylist() == [{"a": 1, "b": 2}, {"a": 2, "b": 1}]


def test_a_file_packed_once_more_is_refused_with_a_hint(
    session: al.Session, tmp_path: Path
) -> None:
    """Parquet packs its own columns; the error does not doubt that it is one."""
    plain = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"a": [1]}), plain)
    packed = tmp_path / "a.parquet.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    with pytest.raises(UnreadableSource, match=r"not read from gzip.*Unpack it first"):
        session.read_parquet(packed, table_name="T")


def test_intervals_are_refused(session: al.Session, tmp_path: Path) -> None:
    """Also where pandas wrote them."""
    path = tmp_path / "i.parquet"
    pd.DataFrame({"i": pd.interval_range(0, 2)}).to_parquet(path)
    with pytest.raises(UnsupportedData, match='"i" holds intervals'):
        session.read_parquet(path, table_name="T")
