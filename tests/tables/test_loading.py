from __future__ import annotations

import datetime as dt
import io
import sys
import warnings
from collections.abc import Iterator

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import (
    InvalidArgument,
    LoadWarning,
    QueryFailed,
    RowsRejected,
    UnexpectedColumns,
    UnsupportedData,
)
from atomlite.tables.sources import frames, source
from atomlite.types import ErrorHandling


@pytest.fixture
def keyed(session: al.Session) -> al.Table:
    """Give a table with a composite key and three rows."""
    frame = pd.DataFrame({"year": [2021, 2021, 2022], "shop": ["a", "b", "a"], "sold": [1, 2, 3]})
    return session.read_pandas(frame, keys={"year", "shop"}, table_name="Sales")


def _rows(table: al.Table) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in table.to_arrow().to_pylist()]


def test_a_row_whose_key_exists_replaces_the_whole_row(session: al.Session) -> None:
    """What the new row does not say is null, not what was there before."""
    table = session.create_table(
        "T", data_types={"k": "int64", "a": "string", "b": "string"}, keys={"k"}
    )
    table += (1, "old", "old")
    report = table.load(pd.DataFrame({"k": [1, 2], "a": ["new", "new"]}))
    assert _rows(table) == [(1, "new", None), (2, "new", None)]
    assert (report.inserted, report.updated, report.missing_columns) == (1, 1, ("b",))


@pytest.mark.parametrize("slice_rows", [1, 2, 100])
@pytest.mark.parametrize("columns", [["k", "v"], ["k", "rowid"], ["k", "_row_position"]])
@pytest.mark.parametrize("kind", ["int64", "string"])
def test_of_rows_with_one_key_the_last_wins(
    session: al.Session,
    monkeypatch: pytest.MonkeyPatch,
    slice_rows: int,
    columns: list[str],
    kind: str,
) -> None:
    """On the first load and on later ones, across slices, whatever the other columns are called."""
    monkeypatch.setattr(source, "SLICE_ROWS", slice_rows)
    monkeypatch.setattr(frames, "SLICE_ROWS", slice_rows)
    first = pd.DataFrame({"k": ["1", "2", "1", "3", "1"], "v": [9, 8, 7, 6, 1]})
    first.columns = pd.Index(columns)
    with pytest.warns(LoadWarning, match='^2 of 5 rows were replaced .* same key in "T"'):
        table = session.read_pandas(first, keys={"k"}, data_types={"k": kind}, table_name="T")
    values = {str(key): value for key, value in _rows(table)}
    assert values == {"1": 1, "2": 8, "3": 6}
    more = pa.table({columns[0]: ["2", "4", "2", "4"], columns[1]: [9, 9, 1, 1]})
    report = table.load(more)
    values = {str(key): value for key, value in _rows(table)}
    assert values == {"1": 1, "2": 1, "3": 6, "4": 1}
    assert (report.rows_in, report.inserted, report.updated, report.superseded) == (4, 1, 1, 2)
    assert table.row_count == 4 == session.sql("SELECT count(*) AS n FROM T")["n"][0]


def test_an_upsert_of_no_rows_changes_nothing(keyed: al.Table) -> None:
    """A frame without rows is a load like any other."""
    report = keyed.load(pd.DataFrame({"year": [], "shop": []}))
    assert (report.rows_in, report.inserted, keyed.row_count) == (0, 0, 3)


def test_keyless_rows_accumulate_in_the_order_of_their_coming(
    session: al.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Equal rows are different rows; slices and drops do not disturb the order."""
    monkeypatch.setattr(frames, "SLICE_ROWS", 2)
    table = session.read_pandas(pd.DataFrame({"a": [3, 1, 2]}), table_name="T")
    table.drop(table["a"] == 1)
    table.load(pd.DataFrame({"a": [0, 3]}))
    assert _rows(table) == [(3,), (2,), (0,), (3,)]


def test_a_load_that_fails_leaves_the_table_as_it_was(keyed: al.Table) -> None:
    """All or none, and the version does not move."""
    before = (_rows(keyed), keyed.version, keyed.row_count)
    bad = pd.DataFrame({"year": [2021, None], "shop": ["a", "b"], "sold": [100, 2]})
    with pytest.raises(RowsRejected) as caught:
        keyed.load(bad)
    assert (_rows(keyed), keyed.version, keyed.row_count) == before
    assert str(caught.value) == (
        '1 of 2 rows does not fit "Sales"; nothing was loaded. Row 1: "year" is a key and null. '
        'Pass error_handling="skip" to load the other 1.'
    )
    assert caught.value.details["samples"] == [
        {
            "row": 1,
            "line": None,
            "column": "year",
            "reason": '"year" is a key and null.',
            "value": None,
        }
    ]


def test_skip_loads_the_rows_that_fit(keyed: al.Table) -> None:
    """The report says which were left out, and its numbers add up."""
    frame = pd.DataFrame(
        {
            "year": ["2021", "x", "2023", "2023", None],
            "shop": ["a", "a", "a", "a", "a"],
            "sold": ["10", "20", "n/a", "40", "50"],
        }
    )
    report = keyed.load(frame, error_handling="skip")
    assert _rows(keyed) == [(2021, "a", 10), (2021, "b", 2), (2022, "a", 3), (2023, "a", 40)]
    assert (report.inserted, report.updated, report.superseded, report.rejected) == (1, 1, 0, 3)
    assert list(report.rejected_rows) == [1, 2, 4]
    assert [str(sample) for sample in report.samples] == [
        'Row 1: "year" is int64, got "x".',
        'Row 2: "sold" is int64, got "n/a".',
        'Row 4: "year" is a key and null.',
    ]
    assert set(report.converted_columns) == {"year", "sold"}
    assert report.rows_in == report.inserted + report.updated + report.superseded + report.rejected


def test_warn_loads_the_rows_that_fit_and_says_so(keyed: al.Table) -> None:
    """One warning for the load, not one for each row."""
    frame = pd.DataFrame({"year": [2024, 2025], "shop": ["a", None], "sold": [1, 2]})
    with pytest.warns(
        LoadWarning, match=r'1 of 2 rows does not fit "Sales" and was left out. Row 1'
    ):
        assert keyed.load(frame, error_handling="warn").inserted == 1


def test_samples_are_limited_and_the_count_is_not() -> None:
    """A million wrong rows fill no memory with sentences."""
    config = al.SessionConfig(limits=al.Limits(rejected_samples=2))
    with al.Session.start(config) as session:
        table = session.create_table("T", data_types={"a": "int64"})
        report = table.load(pd.DataFrame({"a": ["x"] * 5}), error_handling="skip")
        assert (report.rejected, len(report.samples), len(report.rejected_rows)) == (5, 2, 5)
        assert "Row 0" in repr(report)
        assert "<table>" in report._repr_html_()


@pytest.mark.parametrize("error_handling", ["fail", "warn", "skip"])
def test_a_missing_key_column_is_always_an_error(keyed: al.Table, error_handling: str) -> None:
    """No row of such data could fit."""
    with pytest.raises(UnexpectedColumns, match='lacks "shop"'):
        keyed.load(pd.DataFrame({"year": [1]}), error_handling=error_handling)  # type: ignore[arg-type]


def test_new_columns_fail_or_are_left_out(keyed: al.Table) -> None:
    """The report names them."""
    frame = pd.DataFrame({"year": [2024], "shop": ["a"], "sold": [1], "extra": [1]})
    with pytest.raises(UnexpectedColumns, match='no column named "extra"'):
        keyed.load(frame)
    report = keyed.load(frame, error_handling="skip")
    assert (report.new_columns, report.inserted) == (("extra",), 1)
    assert "columns left out: extra" in str(report)


def test_data_without_any_known_column_is_an_error(session: al.Session) -> None:
    """Rows of nulls alone are a mistake."""
    table = session.create_table("T", data_types={"a": "int64"})
    with pytest.raises(UnexpectedColumns):
        table.load(pd.DataFrame({"b": [1]}), error_handling="skip")


def test_defaults_take_the_place_of_null_and_of_missing_columns(session: al.Session) -> None:
    """Also for lists and structs, and in rows."""
    table = session.create_table(
        "T",
        data_types={"k": "int64", "n": "int64", "l": "list<int64>", "s": "struct<x:int64>"},
        keys={"k"},
        default_values={"n": 7, "l": [1], "s": {"x": 5}},
    )
    table.load(pd.DataFrame({"k": [1, 2], "n": [None, 3]}))
    table += {"k": 3}
    assert _rows(table) == [(1, 7, [1], {"x": 5}), (2, 3, [1], {"x": 5}), (3, 7, [1], {"x": 5})]
    assert table.default_values == {"n": 7, "l": [1], "s": {"x": 5}}


def test_a_default_that_is_put_in_does_not_hide_a_misfit(session: al.Session) -> None:
    """Text that is no number is rejected, not replaced."""
    table = session.create_table("T", data_types={"a": "int64"}, default_values={"a": 0})
    report = table.load(pd.DataFrame({"a": ["x", None, "2"]}), error_handling="skip")
    assert (report.rejected, _rows(table)) == (1, [(0,), (2,)])


def test_far_dates_that_do_not_fit_are_told_as_text(session: al.Session) -> None:
    """Python has no classes for them, Arrow writes them."""
    table = session.create_table("T", data_types={"a": "timestamp[ns]", "b": "time"})
    data = pa.table({"a": pa.array([4_000_000], pa.date32()), "b": pa.array([1], pa.time64("ns"))})
    with pytest.raises(RowsRejected, match="12921-08-18"):
        table.load(data)


def test_a_long_or_broken_value_is_told_in_short(session: al.Session) -> None:
    """Messages stay readable, and can be sent as JSON."""
    table = session.create_table("T", data_types={"a": "int64"})
    with pytest.raises(RowsRejected, match="…") as caught:
        table.load(pd.DataFrame({"a": ["x" * 1000]}))
    assert len(str(caught.value)) < 250
    with pytest.raises(RowsRejected, match=r"ud800"):
        table += ("\ud800",)
    str(caught.value).encode()


def test_text_that_is_no_unicode_is_a_named_error(session: al.Session) -> None:
    """Only Arrow data can carry it; the table is as before and can be used."""
    table = session.create_table("T", data_types={"a": "string"})
    broken = pa.table({"a": pa.array([b"\xff"]).view(pa.string())})
    with pytest.raises(QueryFailed, match=r"(?i)unicode"):
        table.load(broken)
    table += ("fine",)
    assert table.row_count == 1


@pytest.mark.parametrize("data", [[(1,)], {"a": [1]}, None, 5, pd.Series([1], name="a").to_list()])
def test_other_objects_are_no_data(session: al.Session, data: object) -> None:
    """The error says what to pass."""
    table = session.create_table("T", data_types={"a": "int64"})
    with pytest.raises(UnsupportedData, match="cannot be loaded"):
        table.load(data)


def test_an_unknown_way_of_handling_errors_is_refused(session: al.Session) -> None:
    """Also on the first load, and then there is no table."""
    table = session.create_table("T", data_types={"a": "int64"})
    with pytest.raises(InvalidArgument, match="error_handling"):
        table.load(pd.DataFrame({"a": [1]}), error_handling="ignore")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="error_handling"):
        session.read_pandas(
            pd.DataFrame({"a": [1]}),
            table_name="U",
            error_handling="ignore",  # type: ignore[arg-type]
        )
    assert list(session.tables) == ["T"]


def test_a_stream_that_fails_half_way_loads_nothing(
    session: al.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also after slices of it went in."""
    monkeypatch.setattr(source, "SLICE_ROWS", 1)

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch({"a": [1]})
        yield pa.record_batch({"a": [2]})
        message = "the line is cut"
        raise ValueError(message)

    table = session.create_table("T", data_types={"a": "int64"})
    reader = pa.RecordBatchReader.from_batches(pa.schema({"a": pa.int64()}), batches())
    with pytest.raises(al.AtomliteError, match="the line is cut"):
        table.load(reader)
    assert (table.row_count, table.to_arrow().num_rows, table.version) == (0, 0, 1)


def test_the_report_tells_versions_types_and_time(session: al.Session) -> None:
    """What happened is there for people and for programs."""
    table = session.create_table("T", data_types={"a": "date"})
    report = table.load(pd.DataFrame({"a": ["2026-01-01", None]}))
    assert (report.version_before, report.version_after, table.version) == (1, 2, 2)
    assert report.data_types == {"a": "date32[day]"}
    assert report.as_json()["rows_in"] == 2
    assert report.as_json()["seconds"] == report.seconds
    assert report.seconds > 0
    assert _rows(table) == [(dt.date(2026, 1, 1),), (None,)]


def test_the_report_of_a_new_table_can_be_read(session: al.Session) -> None:
    """`read_pandas` returns the table; what was left out is told by `last_load`."""
    frame = pd.DataFrame({"a": ["1", "n/a", "3"]})
    table = session.read_pandas(
        frame, data_types={"a": "int64"}, error_handling="skip", table_name="Reported"
    )
    first = table.last_load
    assert first is not None
    assert (first.inserted, first.rejected, list(first.rejected_rows)) == (2, 1, [1])

    report = table.load(pd.DataFrame({"a": [4]}))
    assert table.last_load is report
    with pytest.raises(RowsRejected):
        table.load(frame)
    assert table.last_load is report


def test_a_table_without_loads_has_no_report(session: al.Session) -> None:
    """Before the first load there is nothing to tell."""
    assert session.create_table("Unloaded", data_types={"a": "int64"}).last_load is None


@pytest.mark.parametrize("error_handling", ["fail", "skip"])
def test_unknown_columns_are_all_named_with_the_likeliest(
    session: al.Session, error_handling: ErrorHandling
) -> None:
    """The details have the names for programs."""
    table = session.create_table("T", data_types={"price": "int64", "day": "date"})
    with pytest.raises(
        UnexpectedColumns, match=r'no columns named "pricee", "x".*mean "price"'
    ) as e:
        table.load(pd.DataFrame({"pricee": [1], "x": [2]}), error_handling=error_handling)
    assert e.value.details["new_columns"] == ["pricee", "x"]
    assert e.value.details["columns"] == ["price", "day"]
    with pytest.raises(UnexpectedColumns, match=r'no column named "dya".*mean "day"'):
        table += {"dya": "2026-01-01"}


def test_missing_keys_are_all_named_with_the_likeliest(keyed: al.Table) -> None:
    """What looks like a key may be one."""
    with pytest.raises(UnexpectedColumns, match=r'"year", "shop", keys of.*mean "years"') as caught:
        keyed.load(pd.DataFrame({"years": [1], "sold": [1]}))
    assert caught.value.details["missing_columns"] == ["year", "shop"]


def test_the_report_says_what_it_does_not_show(session: al.Session) -> None:
    """Samples are a few; the positions are all there."""
    table = session.create_table("T", data_types={"a": "int64", "b": "int64"})
    report = table.load(pd.DataFrame({"a": ["x"] * 50}), error_handling="skip")
    assert "  and 40 more" in str(report).split("\n")
    assert "columns missing, now null or default: b" in str(report)
    assert report.as_json()["rejected_rows"] == list(range(50))
    assert "more" not in str(table.load(pd.DataFrame({"a": ["x"]}), error_handling="skip"))


def test_converted_columns_of_objects_are_reported(session: al.Session) -> None:
    """Values of several kinds have no one type to name."""
    table = session.create_table("T", data_types={"a": "int64"})
    report = table.load(pd.DataFrame({"a": [1, "2"]}, dtype=object))
    assert report.converted_columns == {"a": "object"}
    assert "converted: a: object to int64" in str(report)


def test_only_the_data_that_makes_a_table_is_suspected_of_lacking_keys(
    session: al.Session,
) -> None:
    """Later loads replace rows on purpose."""
    frame = pd.DataFrame({"k": [1, 1], "v": [1, 2]})
    with pytest.warns(LoadWarning, match=r"1 of 2 rows was replaced .*are the keys complete\?"):
        table = session.read_pandas(frame, keys={"k"}, table_name="T")
    assert table.load(frame).superseded == 1


@pytest.mark.filterwarnings("error")
def test_a_warning_that_is_an_error_undoes_nothing(keyed: al.Table) -> None:
    """It says that rows were left out, so the others are there."""
    frame = pd.DataFrame({"year": [2024, 2025], "shop": ["a", None], "sold": [1, 2]})
    with pytest.raises(LoadWarning, match="left out"):
        keyed.load(frame, error_handling="warn")
    assert (2024, "a", 1) in _rows(keyed)


def test_warnings_come_after_the_transaction_and_name_the_line(
    session: al.Session, keyed: al.Table
) -> None:
    """Nothing is said of a load that is undone."""
    frame = pd.DataFrame({"year": [2024, 2025], "shop": ["a", None], "sold": [1, 2]})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(ZeroDivisionError), session.tables.data_transaction():
            raise ZeroDivisionError(keyed.load(frame, error_handling="warn"))
        assert caught == []
        with session.tables.data_transaction():
            keyed.load(frame, error_handling="warn")
            assert caught == []
        keyed.load(frame, error_handling="warn")
        session.read_pandas(frame.assign(year=1, shop="a"), keys=["shop"], table_name="U")
    assert [warning.filename for warning in caught] == [__file__] * 3


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_of_a_keyed_load_says_what_the_engine_does(
    session: al.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading is the smaller part of it; the bar ends with the last step."""
    monkeypatch.setattr("atomlite.display.progress._DELAY_SECONDS", 0)
    monkeypatch.setattr(frames, "SLICE_ROWS", 2)
    first, more = _Terminal(), _Terminal()
    frame = pd.DataFrame({"k": ["1", "1", "2"], "v": [1, 2, 3]})
    monkeypatch.setattr(sys, "stderr", first)
    with pytest.warns(LoadWarning):
        table = session.read_pandas(frame, keys={"k"}, table_name="T")
    steps = ("looking for equal keys", "keeping the last row of each key")
    assert all(f"Loading T, {step}" in first.getvalue() for step in steps)
    monkeypatch.setattr(sys, "stderr", more)
    table.load(frame)
    assert "Loading T, staging rows" in more.getvalue()
    steps = ("looking for equal keys", "replacing rows")
    assert all(f"Loading T, {step}" in more.getvalue() for step in steps)
    assert "Loading T: 100%" in more.getvalue().split("\r")[-1]


def test_a_step_with_many_rows_shows_the_bar_at_once(
    session: al.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A step that takes long, after rows that were read at once, is not silent."""
    monkeypatch.setattr("atomlite.display.progress._DELAY_SECONDS", 60)
    table = session.create_table("T", data_types={"k": "int64"}, keys={"k"})
    table.load(pd.DataFrame({"k": [1, 2]}))
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    table.load(pd.DataFrame({"k": [2, 3]}))
    assert terminal.getvalue() == ""
    monkeypatch.setattr("atomlite.display.progress._MANY_ROWS", 2)
    table.load(pd.DataFrame({"k": [2, 3]}))
    assert "Loading T, replacing rows" in terminal.getvalue()
