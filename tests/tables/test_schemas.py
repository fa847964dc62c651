from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from atomlite.errors import ColumnNotFound, InvalidArgument, InvalidName, UnknownDataType
from atomlite.tables.schemas import ROW_NUMBER, table_schema

_COLUMNS = {"Year": "int16", "Month": "int8", "Quantity": "int64"}


def test_a_set_of_keys_follows_the_order_of_the_columns() -> None:
    """Sets have no order of their own; a list of keys keeps the order that it was written in."""
    assert table_schema("T", _COLUMNS, keys={"Month", "Year"}).keys == ("Year", "Month")
    assert table_schema("T", _COLUMNS, keys=["Month", "Year"]).keys == ("Month", "Year")


def test_rows_without_keys_are_ordered_by_their_number() -> None:
    """Every table has one order for all its rows."""
    assert table_schema("T", _COLUMNS).ordering == (ROW_NUMBER,)
    assert table_schema("T", _COLUMNS, keys=["Year"]).ordering == ("Year",)


@pytest.mark.parametrize(
    "name", ["", "\x00", "a\x00b", "\ud800", None, 5, ROW_NUMBER, ROW_NUMBER.upper()]
)
def test_a_name_that_cannot_be_used_is_refused(name: str) -> None:
    """Names are text that can be written; the hidden column keeps its own."""
    with pytest.raises(InvalidName):
        table_schema("T", {name: "int64"})
    with pytest.raises(InvalidName):
        table_schema(name, _COLUMNS)


def test_names_that_differ_only_in_case_are_refused() -> None:
    """The engine cannot tell such columns apart."""
    with pytest.raises(InvalidName, match="only in case"):
        table_schema("T", {"a": "int64", "A": "int64"})


@pytest.mark.parametrize("keys", ["Year", None, 5])
def test_keys_that_are_no_collection_are_refused(keys: object) -> None:
    """A lone text would be taken for a collection of letters."""
    with pytest.raises(InvalidArgument, match="collection of names"):
        table_schema("T", _COLUMNS, keys=keys)  # type: ignore[arg-type]


def test_keys_must_be_columns_of_plain_values_each_named_once() -> None:
    """A key tells rows apart, which lists and unknown columns cannot."""
    with pytest.raises(ColumnNotFound):
        table_schema("T", _COLUMNS, keys=["Day"])
    with pytest.raises(InvalidArgument, match="without repetition"):
        table_schema("T", _COLUMNS, keys=["Year", "Year"])
    with pytest.raises(InvalidArgument, match="plain values"):
        table_schema("T", {"a": "list<int64>"}, keys=["a"])


def test_a_table_has_a_column() -> None:
    """A table without columns has no rows to speak of."""
    with pytest.raises(InvalidArgument, match="at least one column"):
        table_schema("T", {})


def test_an_unknown_type_names_its_column() -> None:
    """Among many columns the reader must know which one is meant."""
    with pytest.raises(UnknownDataType, match='Column "a"'):
        table_schema("T", {"a": "strng"})


@pytest.mark.parametrize(
    ("data_type", "value", "kept"),
    [
        ("int64", 5, 5),
        ("int64", "5", 5),
        ("decimal(10,2)", 1.5, Decimal("1.50")),
        ("date", dt.datetime(2026, 1, 1), dt.date(2026, 1, 1)),  # noqa: DTZ001 -- a midnight
        ("list<int64>", [1], [1]),
        ("string", None, None),
    ],
)
def test_a_default_value_is_converted_as_a_load_would(
    data_type: str, value: object, kept: object
) -> None:
    """A default is one more value that comes in."""
    schema = table_schema("T", {"a": data_type}, default_values={"a": value})
    assert schema.column("a").default == kept


@pytest.mark.parametrize(
    ("data_type", "value"),
    [
        ("int64", 2.5),
        ("int64", True),
        ("int8", 300),
        ("date", dt.datetime(2026, 1, 1, 3)),  # noqa: DTZ001 -- without zone on purpose
        ("timestamptz", dt.datetime(2026, 1, 1)),  # noqa: DTZ001
        ("decimal(10,2)", Decimal("1.234")),
        ("string", 5),
        ("string", "\ud800"),
    ],
)
def test_a_default_value_that_would_change_is_refused(data_type: str, value: object) -> None:
    """What is put in the place of null is what was written, or an error."""
    with pytest.raises(InvalidArgument, match="default_values"):
        table_schema("T", {"a": data_type}, default_values={"a": value})


def test_defaults_belong_to_columns_that_can_be_null() -> None:
    """A key is never null, and a column must be there."""
    with pytest.raises(InvalidArgument, match="never null"):
        table_schema("T", _COLUMNS, keys=["Year"], default_values={"Year": 1})
    with pytest.raises(ColumnNotFound):
        table_schema("T", _COLUMNS, default_values={"Day": 1})


def test_a_column_is_found_by_its_exact_name() -> None:
    """Lookups do not ignore case, and say what there is."""
    schema = table_schema("T", _COLUMNS)
    assert schema.column("Year").data_type == pa.int16()
    with pytest.raises(ColumnNotFound, match='Did you mean "Year"'):
        schema.column("year")
    with pytest.raises(ColumnNotFound):
        schema.column(["Year"])
