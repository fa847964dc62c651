from __future__ import annotations

import bz2
import datetime as dt
import gzip
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import (
    ColumnNotFound,
    InvalidArgument,
    InvalidName,
    LoadWarning,
    RowsRejected,
    SourceNotFound,
    UnreadableSource,
    UnsupportedData,
)


class Reader:
    """Writes a file, reads it."""

    def __init__(self, session: al.Session, folder: Path) -> None:
        self.session = session
        self.folder = folder

    def write(self, content: str | bytes, name: str = "data.csv") -> Path:
        """Write a file and return its path."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def read(self, content: str | bytes, **options: Any) -> dict[str, list[object]]:  # noqa: ANN401
        """Read a text as table "C" and return its columns."""
        table = self.session.read_csv(self.write(content), table_name="C", **options)
        return table.to_arrow().to_pydict()

    def types(self) -> dict[str, str]:
        """Return the types that were found."""
        return {name: str(kind) for name, kind in self.session.tables["C"].data_types.items()}


@pytest.fixture
def csv(session: al.Session, tmp_path: Path) -> Reader:
    """Give a reader of files in an empty folder."""
    return Reader(session, tmp_path)


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_the_first_line_has_most_of(csv: Reader, mark: str) -> None:
    """A separator inside of quotes does no harm."""
    assert csv.read(f'a{mark}b\n1{mark}"x{mark}y"\n') == {"a": [1], "b": [f"x{mark}y"]}


def test_a_separator_can_be_named(csv: Reader) -> None:
    """Any one character but those that have another meaning."""
    assert csv.read("a,b:c\n1,2:3\n", separator=":") == {"a,b": ["1,2"], "c": [3]}
    for mark in ("||", "", '"', "\n"):
        with pytest.raises(InvalidArgument, match="separator"):
            csv.read("a\n1\n", separator=mark)


def test_a_type_is_one_that_all_values_have(csv: Reader) -> None:
    """Truth values, numbers, dates, times, timestamps with and without zone, else text."""
    read = csv.read(
        "b,i,f,d,t,ts,tz,s\n"
        "true,1,1.5,2020-01-01,10:00:00,2020-01-01T10:00:00,2020-01-01 10:00:00Z,x\n"
        "FALSE,-2,1e3,2020-12-31,10:00:00.5,2020-01-01 10:00,2020-01-01 10:00:00+02:00,1\n"
        ",,,,,,,\n"
    )
    assert csv.types() == {
        "b": "bool",
        "i": "int64",
        "f": "double",
        "d": "date32[day]",
        "t": "time64[us]",
        "ts": "timestamp[us]",
        "tz": "timestamp[us, tz=UTC]",
        "s": "string",
    }
    assert read["tz"][1] == dt.datetime(2020, 1, 1, 8, tzinfo=dt.UTC)
    assert read["t"][1] == dt.time(10, 0, 0, 500_000)
    assert {column[2] for column in read.values()} == {None}


@pytest.mark.parametrize(
    "value",
    ["01234", "2020-02-30", " 1", "2020-01-01 10:00:00.123456789", "1,5", "infinity", "+1x"],
)
def test_what_would_change_as_a_number_or_date_is_text(csv: Reader, value: str) -> None:
    """Postal codes keep their zeros, timestamps their nanoseconds."""
    assert csv.read(f'a\n"{value}"\n') == {"a": [value]}


def test_whole_numbers_of_many_digits_keep_them_all(csv: Reader) -> None:
    """Beyond 64 bits they are decimals, not floats."""
    assert csv.read("a\n9223372036854775808\n1\n") == {"a": [Decimal(2**63), Decimal(1)]}


def test_a_number_too_large_for_a_float_is_text(csv: Reader) -> None:
    """It is not infinite; the word for infinity is."""
    assert csv.read("a\n1e400\n1\n") == {"a": ["1e400", "1"]}
    assert csv.read("a\ninf\n-inf\n1.5\n") == {"a": [float("inf"), float("-inf"), 1.5]}


def test_a_type_that_changes_late_is_found(csv: Reader) -> None:
    """All values are looked at, not the first ones."""
    read = csv.read("a\n" + "1\n" * 50_000 + "x\n")
    assert (len(read["a"]), read["a"][0], read["a"][-1]) == (50_001, "1", "x")


def test_quotes_hold_separators_line_breaks_and_quotes(csv: Reader) -> None:
    """A doubled quote is a quote; an empty field is null, in quotes or not."""
    assert csv.read('a,b\n"x,""y""\nz",1\n"",2\n,3\n') == {
        "a": ['x,"y"\nz', None, None],
        "b": [1, 2, 3],
    }


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_in_any_way(csv: Reader, end: str) -> None:
    """With and without an end of the last line; lines without anything are no rows."""
    assert csv.read(end.join(["a,b", "1,2", "", "3,4"])) == {"a": [1, 3], "b": [2, 4]}


@pytest.mark.parametrize(
    ("encoding", "content"),
    [
        ("utf-8", "\ufeffé,b\n1,ü\n".encode()),
        ("UTF8", "é,b\n1,ü\n".encode()),
        ("latin-1", "é,b\n1,ü\n".encode("latin-1")),
        ("utf-16", "é,b\n1,ü\n".encode("utf-16")),
    ],
)
def test_encodings_are_read(csv: Reader, encoding: str, content: bytes) -> None:
    """A byte order mark is no part of a name."""
    assert csv.read(content, encoding=encoding) == {"é": [1], "b": ["ü"]}


def test_another_encoding_is_an_error(csv: Reader) -> None:
    """Unknown ones at once, wrong ones at the lines that have it."""
    for encoding in ("foo", "ascii", "cp1252"):
        with pytest.raises(InvalidArgument, match="encoding"):
            csv.read("a\n1\n", encoding=encoding)
    with pytest.raises(RowsRejected, match=r"Line 2: .*utf-8"):
        csv.read("a\né\n".encode("latin-1"))


def test_lines_that_cannot_be_split_are_told_by_number(csv: Reader) -> None:
    """Too few fields, too many, a quote without end; the others can be loaded."""
    text = "a,b\n1,2\n3\n4,5,6\n7,8\n"
    with pytest.raises(RowsRejected) as caught:
        csv.read(text)
    assert str(caught.value).startswith(
        '2 of 4 rows do not fit "C"; nothing was loaded. Line 3: Expected Number of Columns: 2'
    )
    assert list(csv.session.tables) == []
    assert csv.read(text, error_handling="skip") == {"a": [1, 7], "b": [2, 8]}
    with pytest.raises(RowsRejected, match=r"Line 2: .*unterminated quote"):
        csv.read('a,b\n1,"x\n2,y\n')


def test_of_several_files_the_one_with_the_bad_line_is_named(csv: Reader) -> None:
    """A line number alone says little."""
    files = [csv.write("a,b\n1,2\n", "1.csv"), csv.write("a,b\n3\n", "2.csv")]
    with pytest.raises(RowsRejected, match=r'Line 2: .* in ".*2\.csv"'):
        csv.session.read_csv(files)


def test_values_of_a_declared_type_are_rejected_one_by_one(csv: Reader) -> None:
    """They come as text and are converted as in any load."""
    text = "a,b,t\n1,x,12:30:00\nn/a,y,12:30:00\n"
    types = {"a": "int64", "t": "time"}
    with pytest.raises(RowsRejected, match=r'Row 1: "a" is int64, got "n/a"'):
        csv.read(text, data_types=types)
    assert csv.read(text, data_types=types, error_handling="skip") == {
        "a": [1],
        "b": ["x"],
        "t": [dt.time(12, 30)],
    }
    with pytest.raises(ColumnNotFound):
        csv.read(text, data_types={"z": "int64"})


def test_keys_of_a_file_are_keys(csv: Reader) -> None:
    """Duplicates, and nulls, as in any load."""
    text = "k,v\n1,a\n1,b\n,c\n"
    with pytest.raises(RowsRejected, match='Row 2: "k" is a key and null'):
        csv.read(text, keys={"k"})
    with pytest.warns(LoadWarning, match="1 of 3 rows was replaced"):
        rows = csv.read(text, keys={"k"}, error_handling="skip")
    assert rows == {"k": [1], "v": ["b"]}


def test_a_file_without_rows_is_a_table_without_rows(csv: Reader) -> None:
    """A file without anything is none."""
    assert csv.read("a,b\n") == {"a": [], "b": []}
    with pytest.raises(UnreadableSource, match="empty"):
        csv.read("")


def test_names_that_cannot_be_used_are_refused(csv: Reader) -> None:
    """Empty ones, equal ones, equal ones but for case."""
    with pytest.raises(InvalidName):
        csv.read("a,,b\n1,2,3\n")
    with pytest.raises(InvalidName, match="only in case"):
        csv.read("a,A\n1,2\n")
    with pytest.raises(UnsupportedData, match="Two columns"):
        csv.read("a,a\n1,2\n")


def test_packed_files_are_unpacked(csv: Reader) -> None:
    """Gzip and Zstandard are known; the name of the table has no ending."""
    path = csv.write(gzip.compress(b"a\n1\n"), "flights.csv.gz")
    assert csv.session.read_csv(path).name == "flights"
    zst = csv.folder / "z.csv.zst"
    with pa.CompressedOutputStream(str(zst), "zstd") as stream:
        stream.write(b"a\n1\n")
    assert csv.session.read_csv(zst).row_count == 1
    with pytest.raises(UnreadableSource, match="compression"):
        csv.session.read_csv(csv.write(bz2.compress(b"a\n1\n"), "x.csv.bz2"))
    with pytest.raises(UnreadableSource):
        csv.session.read_csv(csv.write("no gzip", "y.csv.gz"))


def test_patterns_lists_and_iterators_are_read_in_order(csv: Reader) -> None:
    """Files of a pattern by name, others as they are given."""
    for number in (2, 1, 3):
        csv.write(f"a\n{number}\n", f"part{number}.csv")
    pattern = str(csv.folder / "part?.csv")
    assert csv.session.read_csv(pattern).to_arrow().column("a").to_pylist() == [1, 2, 3]
    given = (csv.folder / f"part{number}.csv" for number in (3, 1))
    table = csv.session.read_csv(given)
    assert (table.name, table.to_arrow().column("a").to_pylist()) == ("part3", [3, 1])
    for missing in ("/no/such.csv", str(csv.folder), str(csv.folder / "*.tsv")):
        with pytest.raises(SourceNotFound):
            csv.session.read_csv(missing)
    with pytest.raises(SourceNotFound):
        csv.session.read_csv([])


def test_a_file_name_is_no_pattern(csv: Reader) -> None:
    """A file with brackets in its name is read, not one that they would match."""
    csv.write("a\n1\n", "we1.csv")
    path = csv.write("a\n2\n", "we[1].csv")
    assert csv.session.read_csv(path, table_name="T").to_arrow().column("a").to_pylist() == [2]


def test_folder_names_are_no_columns(csv: Reader) -> None:
    """What a file says holds, not where it lies."""
    csv.write("year,v\n1,2\n", "year=2020/x.csv")
    csv.write("year,v\n3,4\n", "year=2021/x.csv")
    table = csv.session.read_csv(str(csv.folder / "**/*.csv"), table_name="T")
    assert table.to_arrow().column("year").to_pylist() == [1, 3]


def test_files_of_different_shape_are_refused(csv: Reader) -> None:
    """Other columns, another order, another separator."""
    first = csv.write("a,b\n1,2\n", "1.csv")
    for other in ("b,a\n1,2\n", "a;b\n1;2\n", "a\n1\n"):
        with pytest.raises(UnreadableSource, match="first line"):
            csv.session.read_csv([first, csv.write(other, "2.csv")])


def test_a_file_that_cannot_be_read_says_what_to_check(csv: Reader) -> None:
    """Lines that end in different ways stop the engine."""
    with pytest.raises(UnreadableSource, match="end alike"):
        csv.read("a,b\r\n1,2\n3,4\r\n")


def test_a_failed_read_leaves_the_older_table(csv: Reader) -> None:
    """A cell that is run again with a broken file changes nothing."""
    csv.read("a\n1\n")
    version = csv.session.version
    with pytest.raises(RowsRejected):
        csv.read("a\nx\n", data_types={"a": "int64"})
    assert csv.session.tables["C"].to_arrow().to_pydict() == {"a": [1]}
    assert csv.session.version == version


@pytest.mark.parametrize("size", [17_000_000, 40_000_000])
@pytest.mark.parametrize("after", ["", "last,3\n"])
def test_a_line_beyond_all_bounds_is_no_lost_row(
    session: al.Session, tmp_path: Path, size: int, after: str
) -> None:
    """The engine passes over a line that fills its buffers; the file is refused instead."""
    path = tmp_path / "long.csv"
    path.write_text("name,n\nfirst,1\n" + "x" * size + ",2\n" + after)
    with pytest.raises(UnreadableSource, match="a line of more than 16,000,000 bytes"):
        session.read_csv(path, table_name="Long")
