from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import InvalidName, RowsRejected, UnknownDataType, UnsupportedData


def _read(session: al.Session, frame: pd.DataFrame, **types: object) -> al.Table:
    return session.read_pandas(frame, table_name="T", data_types=types)


def test_odd_frames_load_or_say_what_to_do(session: al.Session) -> None:
    """The 31 frames that itables tests itself with: none raises an error without a name or hint."""
    samples = pytest.importorskip("itables.sample_pandas_dfs")
    frames: dict[str, pd.DataFrame] = samples.get_dict_of_test_dfs()
    refused = set()
    for name, frame in frames.items():
        try:
            table = _read(session, frame)
        except UnsupportedData as error:
            refused.add((name, bool(error.hint)))
        else:
            assert table.row_count == len(frame)
            assert len(table.head(3)) == min(3, len(frame))
    assert len(frames) == 31
    without_columns = {"empty", "no_columns", "no_columns_one_row"}
    assert refused == {(name, True) for name in without_columns | {"object", "duplicated_columns"}}


def test_a_frame_comes_back_as_it_was(session: al.Session) -> None:
    """Types with a place for null keep it; the others are the same."""
    frame = pd.DataFrame(
        {
            "i8": np.array([1, 2], "int8"),
            "u64": np.array([1, 2**64 - 1], "uint64"),
            "Int": pd.array([1, None], "Int64"),
            "b": pd.array([True, None], "boolean"),
            "f32": np.array([0.5, np.nan], "float32"),
            "s": ["x", None],
            "ts": np.array([1, "NaT"], "datetime64[ns]"),
            "sec": np.array(["0001-01-01", "9999-12-31"], "datetime64[s]"),
            "tz": pd.DatetimeIndex(["2026-01-01", "NaT"], tz="Europe/Paris"),
            "td": np.array([1, "NaT"], "timedelta64[ns]"),
        }
    )
    table = _read(session, frame)
    pd.testing.assert_frame_equal(table.query(), frame)
    pd.testing.assert_frame_equal(table.head(), frame)
    assert str(table.data_types["tz"]) == "timestamp[us, tz=Europe/Paris]"


def test_python_objects_come_back_as_they_were(session: al.Session) -> None:
    """Decimals, dates, times and bytes are objects in pandas."""
    values = {
        "d": [Decimal("1.50"), None],
        "date": [dt.date(2026, 1, 1), None],
        "time": [dt.time(1, 2, 3, 4), None],
        "raw": [b"\xff", None],
        "flag": [True, None],
        "aware": [dt.datetime(2026, 1, 1, tzinfo=dt.UTC), None],
    }
    frame = pd.DataFrame({name: pd.Series(data, dtype=object) for name, data in values.items()})
    table = _read(session, frame)
    assert table.to_arrow().to_pydict() == values


def test_categories_are_their_values(session: al.Session) -> None:
    """Of text and numbers, with nulls."""
    frame = pd.DataFrame(
        {
            "text": pd.Categorical(["a", None, "a"]),
            "number": pd.Categorical([1, None, 2]),
        }
    )
    table = _read(session, frame)
    assert table.to_arrow().column("text").to_pylist() == ["a", None, "a"]
    assert table.to_arrow().column("number").to_pylist() == [1, None, 2]
    with pytest.raises(UnsupportedData, match="mixes values"):
        _read(session, pd.DataFrame({"a": pd.Categorical([1, "x"])}))


def test_named_indexes_become_columns_and_levels_are_joined(session: al.Session) -> None:
    """An index without a name is a numbering and is left out."""
    frame = pd.DataFrame(
        [[1, 2]],
        index=pd.MultiIndex.from_tuples([(5, 6)], names=["year", None]),
        columns=pd.MultiIndex.from_tuples([("a", ""), ("a", "b")]),
    )
    assert _read(session, frame).columns == ("year", "a", "a_b")
    assert _read(session, pd.DataFrame({1: [1]}, index=["x"])).columns == ("1",)


def test_names_that_collide_are_refused(session: al.Session) -> None:
    """Nobody could tell which is which."""
    for frame in (
        pd.DataFrame({"a": [1]}, index=pd.Index([1], name="a")),
        pd.DataFrame({1: [1], "1": [2]}),
    ):
        with pytest.raises(UnsupportedData, match="Two columns"):
            _read(session, frame)
    with pytest.raises(InvalidName, match="only in case"):
        _read(session, pd.DataFrame({"a": [1], "A": [1]}))
    with pytest.raises(InvalidName):
        _read(session, pd.DataFrame({"": [1]}))


@pytest.mark.parametrize(
    "values",
    [
        [dt.datetime(2026, 1, 1), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)],  # noqa: DTZ001
        [dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 1)],  # noqa: DTZ001
        [dt.date(2026, 1, 1), dt.datetime(2026, 1, 1, 5)],  # noqa: DTZ001
        [dt.time(1, tzinfo=dt.UTC)],
        [b"x", "x"],
        ["x", b"x"],
        [1, "x"],
        [2**53 + 1, 0.5],
        [pd.Timestamp(1)],
        [2**70],
        ["\ud800"],
        [object()],
    ],
)
def test_objects_that_would_change_need_a_type(session: al.Session, values: list[object]) -> None:
    """Arrow alone would cut a time, move an instant, or make bytes of text."""
    with pytest.raises(UnsupportedData, match='"a" mixes values') as caught:
        _read(session, pd.DataFrame({"a": pd.Series(values, dtype=object)}))
    assert caught.value.hint


def test_a_declared_type_takes_mixed_objects_one_by_one(session: al.Session) -> None:
    """Each value fits or is rejected by itself."""
    frame = pd.DataFrame({"a": pd.Series([1, "2", 2.5, None], dtype=object)})
    with pytest.raises(RowsRejected, match=r"Row 2: .*2\.5"):
        _read(session, frame, a="int64")
    assert _read(session, frame, a="double").to_arrow().column("a").to_pylist() == [1, 2, 2.5, None]


def test_what_arrow_cannot_read_is_a_named_error(session: al.Session) -> None:
    """Complex numbers, sparse columns, periods."""
    with pytest.raises(UnsupportedData, match="complex"):
        _read(session, pd.DataFrame({"a": [1j]}))
    with pytest.raises(UnsupportedData, match=r"(?i)sparse"):
        _read(session, pd.DataFrame({"a": pd.arrays.SparseArray([1, 0])}))
    with pytest.raises(UnknownDataType, match="period"):
        _read(session, pd.DataFrame({"a": pd.period_range("2026", periods=1, freq="M")}))


def test_a_subclass_is_a_frame_and_a_series_is_not(session: al.Session) -> None:
    """Geographic frames, for one, are subclasses."""

    class Frame(pd.DataFrame):
        """A frame with methods of its own."""

    frame = Frame({"a": [1]}, index=pd.Index([5], name="k"))
    table = _read(session, frame)
    assert table.columns == ("k", "a")
    assert table.load(frame).inserted == 1
    with pytest.raises(UnsupportedData, match="Series is not a pandas DataFrame"):
        session.read_pandas(pd.Series([1]), table_name="T")  # type: ignore[arg-type]


def test_the_frame_is_not_changed(session: al.Session) -> None:
    """Reading is reading."""
    frame = pd.DataFrame({"a": [1, 2]}, index=pd.Index([1, 2], name="k"))
    before = frame.copy()
    _read(session, frame)
    pd.testing.assert_frame_equal(frame, before)


def test_an_instant_beyond_python_in_its_zone_is_in_utc(session: al.Session) -> None:
    """Python's last second is in the next year in Paris; pandas cannot show that."""
    last = pa.array([253_402_300_799, 0], pa.timestamp("s", "Europe/Paris"))
    table = session.read_arrow(pa.table({"at": last, "units": [1, 2]}), table_name="Far")
    cube = session.create_cube(table)

    shown = table.query()["at"]
    assert str(shown.dtype) == "datetime64[s, UTC]"
    assert sorted(map(str, shown)) == ["1970-01-01 00:00:00+00:00", "9999-12-31 23:59:59+00:00"]
    for totals in (False, True):
        text = str(cube.query("units.SUM", levels=["at"], include_totals=totals))
        assert "9999-12-31 23:59:59+00:00" in text
    query = {"measures": ["units.SUM"], "levels": ["at"]}
    answer = session.client.http_client.post("api/cubes/Far/query", json=query)
    assert [row[0] for row in answer.json()["rows"]] == [
        "1970-01-01T01:00:00+01:00",
        "9999-12-31T23:59:59+00:00",
    ]


def test_far_dates_and_short_times_can_be_shown(session: al.Session) -> None:
    """Python has no such dates and times; pandas and Arrow have."""
    data = pa.table(
        {
            "far": pa.array([4_000_000, None], pa.date32()),
            "time": pa.array([1, None], pa.time64("ns")),
        }
    )
    table = session.read_arrow(data, table_name="T")
    assert table.to_arrow().equals(data)
    shown = table.query()
    assert str(shown["far"][0]) == "12921-08-18 00:00:00"
    assert shown["far"].isna().tolist() == [False, True]
    assert str(shown["time"].dtype) == "time64[ns][pyarrow]"


def test_a_column_asked_for_twice_comes_twice(session: al.Session) -> None:
    """As in SQL; nothing is lost on the way to the DataFrame."""
    table = _read(session, pd.DataFrame({"a": [1], "b": [2]}))
    assert list(table.query("a", "b", "a").columns) == ["a", "b", "a"]
    assert session.sql("SELECT 1 AS a, 2 AS a").iloc[0].tolist() == [1, 2]


@pytest.mark.parametrize("values", [pd.interval_range(0, 3), pd.cut([1, 2, 3], 2)])
def test_intervals_are_refused_with_a_hint(session: al.Session, values: object) -> None:
    """Their two ends alone would not say which of them are closed."""
    frame = pd.DataFrame({"bin": values})
    with pytest.raises(UnsupportedData, match=r'"bin" holds intervals.*astype\(str\)'):
        _read(session, frame)
    with pytest.raises(UnsupportedData, match='"bin" holds intervals'):
        session.read_arrow(pa.Table.from_pandas(frame), table_name="T")
