from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import (
    ColumnNotFound,
    ConditionMisused,
    InvalidArgument,
    QueryFailed,
    TableNotFound,
    WrongType,
)
from atomlite.expressions.columns import Column
from atomlite.tables.catalogs import Catalog, TableState
from atomlite.tables.schemas import table_schema
from atomlite.tables.search.planning import plan
from atomlite.tables.search.values import Search
from atomlite.types import EVERYTHING, Version, View

_HOSTILE = 'x\'; DROP TABLE "T"; --'


@pytest.fixture
def table(session: al.Session) -> al.Table:
    """Give a table with a key, nulls, large numbers and text that wants to be SQL."""
    frame = pd.DataFrame(
        {
            "k": [3, 1, 2],
            "n": pd.array([None, 2**62, 5], "Int64"),
            "s": ["é", _HOSTILE, "100%"],
            "f": [1.0, 0.5, None],
        }
    )
    return session.read_pandas(frame, keys={"k"}, table_name="T")


def _keys(table: al.Table, **options: object) -> list[int]:
    return [int(key) for key in table.query("k", **options)["k"]]  # type: ignore[arg-type]


def test_a_table_tells_what_it_is(table: al.Table) -> None:
    """Without a query; it iterates over its columns, and is never false."""
    assert (table.name, table.columns, table.keys) == ("T", ("k", "n", "s", "f"), ("k",))
    assert list(table) == ["k", "n", "s", "f"]
    assert len(table) == 4
    assert "s" in table
    assert "S" not in table
    assert table.data_types["s"] == pa.string()
    assert table.row_count == 3
    assert table._ipython_key_completions_() == ["k", "n", "s", "f"]
    assert table
    with pytest.raises(ColumnNotFound, match='Did you mean "s"'):
        table["ss"]


def test_the_head_is_indexed_and_ordered_by_the_keys(table: al.Table) -> None:
    """Without keys, by the order of loading."""
    assert table.head(2).index.tolist() == [1, 2]
    assert table.head(2).index.name == "k"
    assert table.query(limit=np.int64(1)).shape == (1, 4)  # type: ignore[arg-type]
    assert table.head(0).shape == (0, 3)


@pytest.mark.parametrize("n", [-1, 2.5, "5", None, 2**63])
def test_a_number_of_rows_is_a_whole_number(table: al.Table, n: int) -> None:
    """From 0, and not beyond 64 bits."""
    if n is not None:
        with pytest.raises(InvalidArgument, match="limit"):
            table.query(limit=n)
    with pytest.raises(InvalidArgument, match=r"^n is"):
        table.head(n)
    with pytest.raises(InvalidArgument, match="offset"):
        table.query(offset=n)


def test_a_query_takes_columns_conditions_and_an_order(table: al.Table) -> None:
    """Ties follow the keys; nulls are last."""
    assert table.query(table["s"], "k", filter=table["k"] == 3).to_dict("list") == {
        "s": ["é"],
        "k": [3],
    }
    assert _keys(table, order_by="n") == [2, 1, 3]
    assert _keys(table, order_by=table["n"].desc()) == [1, 2, 3]
    assert _keys(table, order_by=[table["n"].desc(nulls="first"), "k"]) == [3, 1, 2]
    assert _keys(table, order_by=-table["k"]) == [3, 2, 1]
    assert _keys(table, order_by=(table["k"] % 2).asc()) == [2, 1, 3]
    assert _keys(table, offset=1) == [2, 3]
    assert _keys(table, offset=1, limit=1) == [2]
    assert _keys(table, limit=0) == []
    assert _keys(table, offset=10) == []


@pytest.mark.parametrize("order_by", [5, None, {"k"}])
def test_an_order_is_a_column_or_several(table: al.Table, order_by: str) -> None:
    """A set has no order to give."""
    with pytest.raises(InvalidArgument, match="order_by"):
        table.query(order_by=order_by)


def test_conditions_meet_the_values_that_are_there(table: al.Table) -> None:
    """Comparisons with null hold for no row; NumPy's scalars are numbers; text is never SQL."""
    k, n, s = table["k"], table["n"], table["s"]
    assert sorted(_keys(table, filter=n > 0)) == [1, 2]
    assert _keys(table, filter=n.isnull()) == [3]  # noqa: PD003 -- no pandas
    assert _keys(table, filter=~(n == 5) & (k < 3)) == [1]
    assert sorted(_keys(table, filter=(k == np.int64(1)) | (k > np.float32(2.5)))) == [1, 3]
    assert sorted(_keys(table, filter=k.isin(np.array([1, 2])))) == [1, 2]
    assert sorted(_keys(table, filter=k.isin(pd.Series([3])))) == [3]
    assert sorted(_keys(table, filter=k.between(2, 3))) == [2, 3]
    assert _keys(table, filter=s == _HOSTILE) == [1]
    assert _keys(table, filter=s.like("100\\%")) == [2]
    assert _keys(table, filter=s.isin("\x00", "' OR 1=1 --", "é")) == [3]
    assert _keys(table, filter=k / 0 > 1) == []
    assert table.row_count == 3


def test_misused_conditions_say_what_to_write(table: al.Table) -> None:
    """`and`, chained comparisons, text and truth values in the place of conditions."""
    k = table["k"]
    with pytest.raises(ConditionMisused):
        _ = k > 1 and k < 3
    with pytest.raises(ConditionMisused):
        _ = 1 < k < 3
    for wrong in ("k > 1", True, np.array([True])):
        with pytest.raises(WrongType, match="condition"):
            table.query(filter=wrong)  # type: ignore[arg-type]
        with pytest.raises(WrongType, match="condition"):
            table.drop(wrong)  # type: ignore[arg-type]
    with pytest.raises(WrongType, match='"k" is int64'):
        _ = k > "ten"


def test_overflow_is_an_error_and_no_wrap(table: al.Table) -> None:
    """Sums and products of 64-bit integers that are too large stop the query, or the drop."""
    n = table["n"]
    for large in (n * 4, n * n, n + n):
        with pytest.raises(QueryFailed, match="Overflow"):
            table.query(filter=large > 1)
    with pytest.raises(QueryFailed, match="Overflow"):
        table.drop(n * n > 1)
    assert table.row_count == 3


def test_columns_of_other_tables_are_refused(session: al.Session, table: al.Table) -> None:
    """In conditions, orders and lists of columns."""
    other = session.create_table("U", data_types={"k": "int64"})
    with pytest.raises(InvalidArgument, match='about columns of "T"'):
        table.query(filter=other["k"] > 1)
    with pytest.raises(InvalidArgument, match='about columns of "T"'):
        table.query(order_by=other["k"])
    with pytest.raises(InvalidArgument, match='about columns of "T"'):
        table.drop(other["k"] > 1)
    with pytest.raises(InvalidArgument, match='a column of "T"'):
        table.query(other["k"])
    with pytest.raises(ColumnNotFound):
        table.query("z")


def test_columns_of_an_older_table_of_the_same_name_are_refused(session: al.Session) -> None:
    """A cell that made the table again gave the column another type, or took it away."""
    table = session.create_table("T", data_types={"a": "int64", "b": "int64"})
    old_a, old_b = table["a"], table["b"]
    session.create_table("T", data_types={"a": "string"})
    with pytest.raises(InvalidArgument, match="as it is now, string"):
        table.query(filter=old_a > 5)
    with pytest.raises(ColumnNotFound):
        table.drop(old_b > 5)


def test_drop_deletes_what_the_condition_means(session: al.Session, table: al.Table) -> None:
    """A drop of nothing changes no version; without a condition all rows go."""
    version = session.version
    assert table.drop(table["k"] > 100) == 0
    assert session.version == version
    assert table.drop(table["n"] == 5) == 1
    assert (table.row_count, table.version) == (2, version.number + 1)
    assert table.drop() == 2
    assert (table.row_count, table.head().shape) == (0, (0, 3))
    table += (1, None, None, None)
    assert table.row_count == 1


def test_text_and_html_show_names_and_types(session: al.Session, table: al.Table) -> None:
    """Names are escaped in HTML."""
    assert repr(table).splitlines() == [
        "T: 3 rows",
        "  column  type",
        "  k       int64   key",
        "  n       int64",
        "  s       string",
        "  f       double",
    ]
    odd = session.read_pandas(pd.DataFrame({"<b>": [1]}), table_name="<i>")
    assert repr(odd).startswith("<i>: 1 row\n")
    assert "<b>&lt;i&gt;: 1 row</b>" in odd._repr_html_()
    assert "&lt;b&gt;" in odd._repr_html_()


def test_a_deleted_table_is_not_found(session: al.Session, table: al.Table) -> None:
    """Until one of its name is there again; the object is the table of that name."""
    del session.tables["T"]
    with pytest.raises(TableNotFound):
        _ = table.row_count
    with pytest.raises(TableNotFound):
        table.load(pd.DataFrame({"k": [1]}))
    session.create_table("T", data_types={"x": "int64"})
    assert table.columns == ("x",)
    table += (1,)
    assert session.tables["T"].row_count == 1


def test_a_view_hides_rows_and_columns() -> None:
    """What a reader may not see does not exist, not even in the words of an error."""
    schema = table_schema("T", {"a": "int64", "secret": "int64"})
    catalog = Catalog(Version("e", 1), {"T": TableState(schema)})
    shown, column = (Column("T", name, pa.int64()) for name in schema.names)
    view = View(hidden_columns=frozenset({"secret"}))
    for search in (Search((column,)), Search((shown,), filter=column > 1)):
        plan(search, "T", catalog, EVERYTHING)
        with pytest.raises(ColumnNotFound, match='Columns: "a"') as caught:
            plan(search, "T", catalog, view)
        assert "secret" not in str(caught.value.details["columns"])
    restricted = plan(Search((shown,)), "T", catalog, View(condition=column > 1)).page()
    assert restricted.text.endswith('WHERE ("secret" > CAST(? AS BIGINT))')


def test_a_deleted_table_still_has_a_text_form(session: al.Session) -> None:
    """Showing a variable in a notebook must not raise because its table is gone."""
    table = session.create_table("Gone", data_types={"a": "int64"})
    del session.tables["Gone"]
    assert repr(table) == "Gone: deleted"


def test_conditions_and_lists_are_not_names(table: al.Table) -> None:
    """Whoever thinks of pandas learns where they belong."""
    for given in (table["k"] > 1, ["k"]):
        expected = "one by one" if isinstance(given, list) else "filter="
        with pytest.raises(InvalidArgument, match=expected):
            table.query(given)  # type: ignore[arg-type] # wrong on purpose
        with pytest.raises(InvalidArgument, match=expected):
            table[given]  # type: ignore[index] # wrong on purpose


def test_arguments_have_the_names_of_the_documentation(
    session: al.Session, table: al.Table
) -> None:
    """`condition`, `target` and `mapping`."""
    other = session.create_table("Other", data_types={"k": "int64"})
    other.join(target=table, mapping={"k": "k"})
    assert "Other" in str(session.tables.schema)
    count = table.row_count
    assert table.drop(condition=table["k"] == 1) == count - table.row_count == 1


def test_a_table_of_a_closed_session_can_be_shown() -> None:
    """A traceback or a debugger may show it at any time."""
    with al.Session.start() as session:
        table = session.create_table("Sales", data_types={"a": "int64"})
    assert repr(table) == "Sales: session closed"
    assert "session closed" in table._repr_html_()
