from __future__ import annotations

import datetime as dt
import decimal
import random
import threading
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Literal

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import (
    ColumnNotFound,
    DeadlineExceeded,
    InvalidArgument,
    InvalidCursor,
    InvalidJoin,
    InvalidSearch,
    ResultTooLarge,
    TableNotFound,
    TransactionMisused,
    WrongType,
)
from atomlite.expressions.columns import Column
from atomlite.http.json_text import json_bytes
from atomlite.tables.search import planning
from atomlite.tables.search.reading import Reader
from atomlite.tables.search.values import (
    MOST_ROWS,
    Aggregate,
    AggregateFunction,
    JoinedTable,
    Search,
)
from atomlite.types import View


@pytest.fixture
def sales(session: al.Session) -> al.Table:
    """Give a table joined to two others, to one of them twice over."""
    shops = session.read_pandas(
        pd.DataFrame({"id": [1, 2], "city": ["Oslo", "Rome"], "hidden": ["x", "y"]}),
        keys={"id"},
        table_name="Shops",
    )
    sales = session.read_pandas(
        pd.DataFrame(
            {"k": range(6), "shop": [1, 2, 1, 3, 2, 1], "old": [2, 2, 1, 1, 1, 9], "n": range(6)}
        ),
        keys={"k"},
        table_name="Sales",
    )
    sales.join(shops, sales["shop"] == shops["id"])
    return sales


@pytest.fixture
def joined(sales: al.Table) -> JoinedTable:
    """Give the join to the shops."""
    return JoinedTable("place", sales.links[0])


FORMS: tuple[Literal["values", "arrow"], ...] = ("values", "arrow")


def _values(table: al.Table, search: Search, view: View = View()) -> list[tuple[object, ...]]:  # noqa: B008 -- a value
    with table.reading(view) as reader:
        rows = reader.page(search, form="values").rows
    assert isinstance(rows, list)
    return rows


def _statements(trace: al.Trace) -> list[str]:
    return [str(s.attributes["db.query.text"]) for s in trace.spans if "SELECT" in s.name]


# ---- joins ---------------------------------------------------------------------------------------


def test_a_left_join_keeps_rows_without_a_partner(sales: al.Table, joined: JoinedTable) -> None:
    """An inner one does not; the count agrees."""
    city = Column("place", "city", pa.string())
    search = Search((sales["k"], city), limit=9, joins=(joined,))
    assert _values(sales, search)[2:4] == [(2, "Oslo"), (3, None)]
    inner = replace(search, joins=(replace(joined, kind="inner"),))
    assert [row[0] for row in _values(sales, inner)] == [0, 1, 2, 4, 5]
    with sales.reading() as reader:
        assert reader.page(search, count="exact").total == 6
        assert reader.page(inner, count="exact").total == 5
        names = reader.table(search).column_names
    assert names == ["k", "place.city"]


def test_the_target_tables_own_columns_mean_the_one_relationship(
    session: al.Session, sales: al.Table, joined: JoinedTable
) -> None:
    """With two relationships to it, the condition must say which."""
    oslo = session.tables["Shops"]["city"] == "Oslo"
    search = Search((sales["k"],), filter=oslo, ordered=True, joins=(joined,))
    assert _values(sales, search) == [(0,), (2,), (5,)]
    old = JoinedTable("before", replace(joined.link, pairs=(("old", "id"),)))
    with pytest.raises(InvalidArgument, match=r'"place".*"before"'):
        _values(sales, replace(search, joins=(joined, old)))
    both = (Column("before", "city", pa.string()) == "Oslo") & (
        Column("place", "city", pa.string()) == "Oslo"
    )
    assert _values(sales, replace(search, joins=(joined, old), filter=both)) == [(2,)]


def test_a_link_must_start_here_and_reach_one_row(
    session: al.Session, sales: al.Table, joined: JoinedTable
) -> None:
    """Else rows would come twice, or belong to another table."""
    loose = session.read_pandas(pd.DataFrame({"id": [1, 1]}), table_name="Loose")
    sales.join(loose, sales["shop"] == loose["id"])
    link = next(link for link in sales.links if link.target == "Loose")
    assert sales.joined(link).name == "Loose"
    with pytest.raises(InvalidJoin, match="several rows"):
        _values(sales, Search(joins=(JoinedTable("loose", link),)))
    with pytest.raises(InvalidJoin, match="start from"):
        _values(loose, Search(joins=(joined,)))
    with pytest.raises(InvalidJoin, match="name of its own"):
        _values(sales, Search(joins=(replace(joined, name="Sales"),)))
    del session.tables["Shops"]
    with pytest.raises(TableNotFound):
        _values(sales, Search(joins=(joined,)))


def test_a_join_that_nobody_reads_is_left_out(
    session: al.Session, sales: al.Table, joined: JoinedTable
) -> None:
    """It costs nothing; an inner one decides about rows."""
    with session.trace() as trace, sales.reading() as reader:
        reader.page(Search(joins=(joined,)))
        reader.page(Search(joins=(replace(joined, kind="inner"),)))
    left, inner = _statements(trace)
    assert "JOIN" not in left
    assert "INNER JOIN" in inner


def test_a_view_restricts_the_joined_side_alone(sales: al.Table, joined: JoinedTable) -> None:
    """Its hidden rows are no partners, its hidden columns do not exist."""
    city = Column("place", "city", pa.string())
    rome = View(condition=Column("Shops", "city", pa.string()) == "Rome")
    search = Search((sales["k"], city), ordered=True, joins=(joined,))
    seen = _values(sales, search, View(joined={"Shops": rome}))
    assert seen == [(0, None), (1, "Rome"), (2, None), (3, None), (4, "Rome"), (5, None)]
    column = Column("place", "hidden", pa.string())
    hidden = View(joined={"place": View(hidden_columns=frozenset({"hidden"}))})
    for reached in (
        Search((column,), joins=(joined,)),
        Search(filter=column == "x", joins=(joined,)),
        Search(order_by=(column.asc(),), joins=(joined,)),
        Search(group_by=(column,), joins=(joined,)),
        Search(aggregates=(Aggregate("m", "max", column),), joins=(joined,)),
    ):
        _values(sales, reached)
        with pytest.raises(ColumnNotFound) as caught:
            _values(sales, reached, hidden)
        assert "hidden" not in str(caught.value.details["columns"])
    with sales.reading(hidden) as reader, pytest.raises(ColumnNotFound):
        reader.facet(Search(joins=(joined,)), column, limit=1, seconds=9)
    foreign = View(joined={"place": View(condition=sales["k"] == 1)})
    with pytest.raises(InvalidArgument, match="view"):
        _values(sales, search, foreign)


def test_a_view_hides_how_many_rows_there_are(sales: al.Table) -> None:
    """Also where the number of all rows is known without a query."""
    with sales.reading(View(condition=sales["n"] < 2)) as reader:
        page = reader.page(Search(limit=1), count="exact")
        capped = reader.page(Search(limit=1), count=2)
    assert (page.total, page.more) == (2, True)
    assert (capped.total, capped.more_than) == (2, False)


def test_errors_do_not_name_what_a_view_hides(session: al.Session, sales: al.Table) -> None:
    """Neither the columns of its condition, nor keys."""
    gone = Column("Sales", "gone", pa.int64()) == 1
    with pytest.raises(InvalidArgument, match="column that is gone") as caught:
        _values(sales, Search(), View(gone, hidden_columns=frozenset({"old", "gone"})))
    assert "old" not in f"{caught.value} {caught.value.details}"
    assert '"gone"' not in str(caught.value)
    target = session.read_pandas(
        pd.DataFrame({"shop": [1], "secret": [2]}), keys={"shop", "secret"}, table_name="Pairs"
    )
    sales.join(target, sales["shop"] == target["shop"])
    link = next(link for link in sales.links if link.target == "Pairs")
    search = Search(joins=(JoinedTable("pair", link),))
    with pytest.raises(InvalidJoin, match=r'all keys of "Pairs": "shop", "secret"\.'):
        _values(sales, search)
    hidden = View(joined={"pair": View(hidden_columns=frozenset({"secret"}))})
    with pytest.raises(InvalidJoin, match=r'Map all keys of "Pairs"\.') as raised:
        _values(sales, search, hidden)
    assert "secret" not in str(raised.value)


def test_rows_that_a_view_hides_are_not_deleted(session: al.Session, sales: al.Table) -> None:
    """And hidden columns are none that rows can be chosen by."""
    with sales.reading() as reader:
        catalog = reader.catalog
    view = View(condition=sales["n"] < 3, hidden_columns=frozenset({"old"}))
    statement = planning.plan_drop(sales["shop"] == 1, "Sales", catalog, view)
    assert statement.parameters == (1, 3)
    assert statement.text.startswith("DELETE FROM ")
    text, parameters = statement.text.replace("DELETE", "SELECT k", 1), statement.parameters
    rows = session.sql(text.replace("?", "{}").format(*parameters)).to_numpy().tolist()
    assert rows == [[0], [2]]
    with pytest.raises(ColumnNotFound) as caught:
        planning.plan_drop(sales["old"] == 1, "Sales", catalog, view)
    assert caught.value.details["columns"] == ["k", "shop", "n"]
    whole = planning.plan_drop(None, "Sales", catalog, View())
    assert "WHERE" not in whole.text


def test_a_column_may_be_called_like_what_the_engine_calls_its_own(session: al.Session) -> None:
    """Rows are then found without the engine's ids, and names of tables are no names of columns."""
    frame = pd.DataFrame({"rowid": ["b", "a", "c"], "t0": [1, 2, 3], "k": ["x", "y", "z"]})
    table = session.read_pandas(frame, keys={"k"}, table_name="T")
    names = session.read_pandas(
        pd.DataFrame({"t1": ["a", "b"], "n": [5, 6]}), keys={"t1"}, table_name="Names"
    )
    table.join(names, table["rowid"] == names["t1"])
    number = Column("Names", "n", pa.int64())
    search = Search(
        (table["t0"], number),
        order_by=(table["rowid"].asc(),),
        limit=2,
        joins=(JoinedTable("Names", table.links[0]),),
    )
    assert _values(table, search) == [(2, 5), (1, 6)]


# ---- pages ---------------------------------------------------------------------------------------


def test_nothing_is_counted_unless_asked_for(sales: al.Table) -> None:
    """Whether more follows is known all the same."""
    with sales.reading() as reader:
        page = reader.page(Search(limit=5))
        last = reader.page(Search(limit=5, offset=1))
        whole = reader.page(Search(), count="exact")
    assert (page.total, page.more_than, page.more, page.last) == (None, False, True, None)
    assert not last.more
    assert (whole.total, whole.more) == (6, False)


@pytest.mark.parametrize(
    ("most", "total", "more_than"), [(0, 0, True), (2, 2, True), (3, 3, False)]
)
def test_counting_stops_where_it_is_told_to(
    sales: al.Table, most: int, total: int, more_than: bool
) -> None:
    """With a filter, and without one, where the number is known anyway."""
    with sales.reading() as reader:
        page = reader.page(Search(filter=sales["n"] < 3, limit=1), count=most)
        known = reader.page(Search(limit=1), count=most)
    assert (page.total, page.more_than) == (total, more_than)
    assert (known.total, known.more_than) == (most, True)


def test_an_offset_beyond_the_rows_leaves_the_count(sales: al.Table) -> None:
    """Though no row is there to carry it."""
    with sales.reading() as reader:
        for form in FORMS:
            search = Search(filter=sales["n"] < 3, offset=5, limit=5)
            page = reader.page(search, count="exact", form=form, with_last=True)
            assert (page.total, page.more, page.last) == (3, False, None)
            none = reader.page(replace(search, limit=0, offset=0), count="exact", form=form)
            assert (none.total, none.more, len(none.rows)) == (3, True, 0)


def test_the_greatest_limit_is_allowed(sales: al.Table) -> None:
    """One row more than it is never asked of the engine."""
    assert len(_values(sales, Search(limit=MOST_ROWS))) == 6
    assert _values(sales, Search(limit=MOST_ROWS, offset=MOST_ROWS)) == []


def test_values_are_written_as_frames_are(session: al.Session) -> None:
    """JSON of a page in either form is the same, for every kind of column."""
    moment = dt.datetime(2026, 1, 31, 12, 30, 15, 123456, tzinfo=dt.UTC)
    naive = moment.replace(tzinfo=None)
    columns: dict[str, tuple[pa.DataType, object]] = {
        "truth": (pa.bool_(), True),
        "small": (pa.int8(), -3),
        "large": (pa.uint64(), 2**64 - 1),
        "single": (pa.float32(), 0.1),
        "double": (pa.float64(), float("nan")),
        "exact": (pa.decimal128(10, 2), Decimal("1.10")),
        "text": (pa.string(), 'é"\n'),
        "day": (pa.date32(), dt.date(2024, 2, 29)),
        "clock": (pa.time32("s"), dt.time(1, 2, 3)),
        "micros": (pa.time64("us"), dt.time(1, 2, 3, 450)),
        "nanos": (pa.time64("ns"), dt.time(1, 2, 3, 450)),
        "seconds": (pa.timestamp("s"), naive.replace(microsecond=0)),
        "moment": (pa.timestamp("us"), naive),
        "fine": (pa.timestamp("ns"), naive),
        "zoned": (pa.timestamp("us", "Europe/Paris"), moment),
        "span": (pa.duration("ms"), dt.timedelta(days=1, milliseconds=5)),
        "list": (pa.list_(pa.int64()), [1, None]),
        "struct": (pa.struct([("a", pa.string())]), {"a": "b"}),
    }
    table = session.create_table("T", data_types={n: kind for n, (kind, _) in columns.items()})
    types = pa.schema([(name, kind) for name, (kind, _) in columns.items()])
    empty: dict[str, object] = dict.fromkeys(columns)
    table.load(pa.Table.from_pylist([{n: v for n, (_, v) in columns.items()}, empty], schema=types))
    for name in columns:
        with table.reading() as reader:
            search = Search((table[name],), ordered=True)
            rows = reader.page(search, form="values").rows
            frame = reader.page(search, form="arrow").rows
        assert isinstance(rows, list)
        assert json_bytes([{name: row[0]} for row in rows]) == json_bytes(frame), name


def test_dates_beyond_those_of_python_are_text(session: al.Session) -> None:
    """They must not fail where others are answered."""
    table = session.create_table("T", data_types={"d": pa.date32()})
    table.load(pa.table({"d": pa.array([3_000_000], pa.int32()).cast(pa.date32())}))
    assert _values(table, Search()) == [("10183-09-21",)]


@pytest.mark.parametrize(
    ("order", "limit", "statements"),
    [
        ("name", 60, ["arg_max", "unnest"]),  # a few names, then nothing but their rows
        ("few", 60, ["arg_max", "IN (SELECT rowid"]),  # too many rows of one name
        ("k", 60, ["count(*)", "IN (SELECT rowid"]),  # in the order of the rows themselves
        ("n", 60, ["WITH m"]),  # wide columns, of the rows of the page alone
        ("n", 600, ["WITH m"]),
        ("n", None, ["count(*)", "SELECT"]),
    ],
)
def test_large_tables_are_read_twice_rather_than_whole(
    session: al.Session,
    monkeypatch: pytest.MonkeyPatch,
    order: str,
    limit: int | None,
    statements: list[str],
) -> None:
    """Which way is taken, and that each finds the same."""
    monkeypatch.setattr(planning, "MANY_ROWS", 1_000)
    rows = [
        (k * 37 % 1_999, f"n{k % 700}", "ab"[k % 2], k % 300, "text" * 5, "more", "most", str(k))
        for k in range(1_999)
    ]
    names = ["k", "name", "few", "n", "t", "u", "v", "w"]
    frame = pd.DataFrame(rows, columns=names)
    frame["k"] = frame["k"].astype(str) if order != "n" else frame["k"]
    table = session.read_pandas(frame, keys={"k"}, table_name="T")
    search = Search(filter=table["n"] < 200, order_by=(table[order].desc(),), limit=limit, offset=5)
    with session.trace() as trace, table.reading() as reader:
        page = reader.page(search, count="exact", form="values")

    wanted = [row for row in frame.itertuples(index=False, name=None) if row[3] < 200]
    wanted.sort(key=lambda row: row[0])
    wanted.sort(key=lambda row: row[names.index(order)], reverse=True)
    assert page.rows == wanted[5 : None if limit is None else 5 + limit]
    assert page.total == len(wanted)
    ran = _statements(trace)
    assert len(ran) == len(statements)
    assert all(part in text for part, text in zip(statements, ran, strict=True)), ran


# ---- keysets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after", [(), ("1",), ("1", "2", "3"), ("x", "1"), ("1", "x"), ("1", 2), ("\ud800", "1")]
)
def test_values_that_fit_no_row_are_refused(sales: al.Table, after: tuple[str, ...]) -> None:
    """Before the engine meets them."""
    search = Search(order_by=(sales["n"].asc(),), limit=1, after=after)
    with sales.reading() as reader, pytest.raises(InvalidCursor):
        reader.page(search)
    assert len(_values(sales, replace(search, after=("1", "1")))) == 1


def test_lists_are_no_place_to_go_on_from(session: al.Session) -> None:
    """They have no comparisons; by offset they can be paged."""
    table = session.create_table("T", data_types={"tags": pa.list_(pa.string())})
    table.load(pa.table({"tags": [["b"], ["a"]]}))
    search = Search(order_by=(table["tags"].asc(),), limit=1)
    assert _values(table, search) == [(["a"],)]
    with table.reading() as reader, pytest.raises(InvalidSearch, match="list"):
        reader.page(search, with_last=True)
    with table.reading() as reader, pytest.raises(InvalidSearch, match="list"):
        reader.page(replace(search, after=("a", "1")))


@pytest.fixture
def busy(session: al.Session) -> Iterator[al.Table]:
    """Give a table of 3,000 rows, of which a thread adds, removes and changes the odd ones."""
    frame = pd.DataFrame({"k": range(3_000), "g": [k * 7 % 50 for k in range(3_000)]})
    table = session.read_pandas(frame, keys={"k"}, table_name="Busy")
    stop = threading.Event()

    def change() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            odd = range(turn % 200 * 2 + 1, 3_000, 200)
            table.load(pd.DataFrame({"k": odd, "g": [(k + turn) % 50 for k in odd]}))
            table.drop(table["k"].isin(list(odd)[::2]))

    thread = threading.Thread(target=change)
    thread.start()
    yield table
    stop.set()
    thread.join()


@pytest.mark.parametrize("down", [False, True])
def test_rows_that_stay_come_once_while_others_come_and_go(busy: al.Table, down: bool) -> None:
    """Page after page by the last row, each of another instant."""
    order = busy["g"].desc() if down else busy["g"].asc()
    search = Search((busy["k"], busy["g"]), order_by=(order,), limit=100)
    found: list[tuple[object, ...]] = []
    versions = set()
    while True:
        with busy.reading() as reader:
            versions.add(reader.version.number)
            page = reader.page(search, form="values", with_last=True)
        assert isinstance(page.rows, list)
        found += page.rows
        if not page.more:
            break
        search = replace(search, after=page.last)

    stayed = [(k, k * 7 % 50) for k in range(0, 3_000, 2)]
    even = [row for row in found if int(str(row[0])) % 2 == 0]
    assert even == sorted(stayed, key=lambda row: (-row[1] if down else row[1], row[0]))
    assert len(versions) > 1


# ---- groups --------------------------------------------------------------------------------------


def test_sums_of_integers_are_exact(session: al.Session) -> None:
    """Beyond 64 bits, too; a sum of durations beyond them is an error."""
    table = session.create_table("T", data_types={"n": "uint64", "d": pa.duration("ns")})
    table.load(pa.table({"n": pa.array([2**64 - 1] * 3, pa.uint64()), "d": [None, None, None]}))
    total = Search(aggregates=(Aggregate("s", "sum", table["n"]),))
    assert _values(table, total) == [(3 * (2**64 - 1),)]
    with table.reading() as reader:
        assert reader.table(total)["s"].to_pylist() == [Decimal(3 * (2**64 - 1))]
        assert reader.page(total, count="exact").total == 1
    table.load(pa.table({"n": [None, None], "d": pa.array([2**62] * 2, pa.duration("ns"))}))
    with pytest.raises(InvalidSearch, match=r'entry #1 .* "d" \(duration\[ns\]\)'):
        _values(table, Search(aggregates=(Aggregate("s", "sum", table["d"]),)))


def test_no_rows_are_one_group_when_nothing_groups_them(sales: al.Table) -> None:
    """With a count of 0 and no other values; by groups they are none."""
    aggregates = (Aggregate("n", "count"), Aggregate("s", "sum", sales["n"]))
    nothing = sales["n"] > 99
    assert _values(sales, Search(filter=nothing, aggregates=aggregates)) == [(0, None)]
    grouped = Search(filter=nothing, group_by=(sales["shop"],), aggregates=aggregates, limit=5)
    with sales.reading() as reader:
        page = reader.page(grouped, count="exact", form="values")
        capped = reader.page(replace(grouped, filter=None), count=1, form="values")
    assert (page.rows, page.total) == ([], 0)
    assert (capped.total, capped.more_than) == (1, True)


def test_functions_that_do_not_fit_are_refused(session: al.Session, sales: al.Table) -> None:
    """By name and column, before any data is touched."""
    city = session.tables["Shops"]["city"]
    shops = session.tables["Shops"]
    for aggregate, error in (
        (Aggregate("x", "sum", city), WrongType),
        (Aggregate("x", "mean", city), WrongType),
        (Aggregate("x", "median", city), InvalidArgument),  # type: ignore[arg-type] # the mistake
        (Aggregate("x", "sum"), InvalidArgument),
        (Aggregate("x", "max", sales["k"]), InvalidArgument),
    ):
        with pytest.raises(error):
            _values(shops, Search(aggregates=(aggregate,)))
    lists = session.create_table("L", data_types={"l": pa.list_(pa.int64())})
    for search in (
        Search(group_by=(lists["l"],)),
        Search(aggregates=(Aggregate("x", "min", lists["l"]),)),
    ):
        with pytest.raises(WrongType, match="list"):
            _values(lists, search)
    assert _values(lists, Search(aggregates=(Aggregate("x", "count", lists["l"]),))) == [(0,)]
    with lists.reading() as reader, pytest.raises(WrongType, match="list"):
        reader.facet(Search(), lists["l"], limit=1, seconds=1)


def test_groups_are_sorted_by_what_they_show(sales: al.Table) -> None:
    """Other columns have no one value in a group."""
    search = Search(group_by=(sales["shop"],), aggregates=(Aggregate("n", "count"),))
    count = Column("", "n", pa.int64())
    assert _values(sales, replace(search, order_by=(count.desc(),))) == [(1, 3), (2, 2), (3, 1)]
    for order in (sales["n"].asc(), (sales["shop"] + 1).asc()):
        with pytest.raises(InvalidArgument, match="order_by"):
            _values(sales, replace(search, order_by=(order,)))


# ---- facets, keys and the cache ------------------------------------------------------------------


@pytest.fixture
def large(session: al.Session) -> al.Table:
    """Give a table whose values take long to count."""
    numbers = pa.array(range(1_000_000), pa.int64())
    return session.read_arrow(
        pa.table({"t": numbers.cast(pa.string()), "n": numbers}), table_name="Large"
    )


def test_a_facet_has_a_time_limit_of_its_own(large: al.Table) -> None:
    """After it the reader goes on, and says whether the data had moved."""
    with large.reading() as reader:
        before = reader.version
        with pytest.raises(DeadlineExceeded, match=r'facet of "t".*facet_seconds'):
            reader.facet(Search(), large["t"], limit=1, seconds=0.001)
        assert (reader.version, reader.moved) == (before, False)
        assert reader.page(Search(limit=1), count="exact").total == 1_000_000
        large += ("x", 1)
        with pytest.raises(DeadlineExceeded):
            reader.facet(Search(), large["t"], limit=1, seconds=0.001)
        assert reader.moved
        assert reader.version.number == before.number + 1
        assert reader.page(Search(limit=1), count="exact").total == 1_000_001
        reader.cached("key", lambda: b"mixed")
        assert reader.cached("key", lambda: b"again") == b"again"


def test_a_facet_that_takes_too_long_undoes_a_transaction(
    session: al.Session, large: al.Table
) -> None:
    """As every statement that fails inside of one does."""

    def count_too_long() -> None:
        nonlocal large
        with session.tables.data_transaction():
            large += ("x", 1)
            with large.reading() as reader, pytest.raises(DeadlineExceeded):
                reader.facet(Search(), large["t"], limit=1, seconds=0.001)

    with pytest.raises(TransactionMisused):
        count_too_long()
    assert large.row_count == 1_000_000


def test_equal_searches_of_equal_data_have_equal_keys(
    session: al.Session, sales: al.Table, joined: JoinedTable
) -> None:
    """Whatever changes the rows changes the key; changes elsewhere do not."""

    def key(search: Search, view: View = View()) -> tuple[object, ...]:  # noqa: B008 -- a value
        with sales.reading(view) as reader:
            return reader.key(search)

    city = Column("place", "city", pa.string())
    search = Search((sales["k"], city), filter=sales["n"].isin(range(30)), joins=(joined,))
    first = key(search)
    assert hash(first) == hash(key(search))
    assert first == key(search)
    others = [
        key(replace(search, filter=sales["n"] > 1)),
        key(replace(search, filter=sales["n"] > 2)),
        key(replace(search, limit=1)),
        key(search, View(condition=sales["n"] > 1)),
        key(search, View(joined={"place": View(condition=city == "Oslo")})),
    ]
    session.read_pandas(pd.DataFrame({"a": [1]}), table_name="Elsewhere")
    assert key(search) == first
    session.tables["Shops"] += (9, "Bonn", "z")
    others.append(key(search))
    sales += (9, 9, 9, 9)
    others.append(key(search))
    assert len({first, *others}) == 8


def test_keys_are_short_whatever_the_values(session: al.Session) -> None:
    """A client that sends large values cannot fill the memory with them."""
    table = session.read_pandas(pd.DataFrame({"name": ["a"]}), table_name="T")
    kept = []
    for number in range(50):
        with table.reading() as reader:
            long = Search(filter=table["name"] == f"{number}" + "x" * 200_000, limit=1)
            key = reader.key(long)
            reader.cached(key, lambda: b"[]")
        kept.append(key)
    assert len(set(kept)) == 50
    assert all(len(repr(key)) < 300 for key in kept)


def test_a_hidden_partner_makes_another_key(sales: al.Table, joined: JoinedTable) -> None:
    """Also where the page does not read the joined table: the facets beside it may."""
    search = Search((sales["k"],), joins=(joined,))
    keys = set()
    for city in (None, "Oslo", "Rome"):
        condition = None if city is None else Column("Shops", "city", pa.string()) == city
        with sales.reading(View(joined={"place": View(condition=condition)})) as reader:
            keys.add(reader.key(search))
    assert len(keys) == 3


def test_versions_are_those_of_the_tables_that_are_read(
    session: al.Session, sales: al.Table, joined: JoinedTable
) -> None:
    """A load elsewhere moves nothing."""

    def versions() -> tuple[str, str]:
        with sales.reading() as reader:
            return reader.versions(Search()), reader.versions(Search(limit=3, joins=(joined,)))

    alone, both = versions()
    session.read_pandas(pd.DataFrame({"a": [1]}), table_name="Elsewhere")
    assert versions() == (alone, both)
    session.tables["Shops"] += (9, "Bonn", "z")
    assert versions()[0] == alone
    assert versions()[1] != both
    sales += (9, 9, 9, 9)
    assert versions()[0] != alone


def test_what_is_not_committed_is_never_found_again(session: al.Session, sales: al.Table) -> None:
    """Its version may become that of other rows."""
    with session.tables.data_transaction():
        sales += (9, 9, 9, 9)
        with sales.reading() as reader:
            assert reader.key(Search()) != reader.key(Search())


def test_results_are_made_once(session: al.Session, sales: al.Table) -> None:
    """Until the data changes."""
    made: list[int] = []

    def ask() -> bytes:
        with sales.reading() as reader:

            def make() -> bytes:
                made.append(1)
                return str(reader.page(Search(), count="exact").total).encode()

            return reader.cached((reader.key(Search()), "total"), make)

    assert [ask(), ask()] == [b"6", b"6"]
    assert len(made) == 1
    sales += (9, 9, 9, 9)
    assert ask() == b"7"
    assert len(made) == 2
    assert session.version.number > 0


def test_a_load_before_the_first_page_moves_key_and_page_together(
    session: al.Session, sales: al.Table
) -> None:
    """What is kept under a key belongs to the data of that key."""
    search, keys = Search((sales["k"],)), []

    def ask(*, loads: bool) -> bytes:
        def answered(reader: Reader) -> bytes:
            key = reader.key(search)
            keys.append(key)
            if loads and len(keys) == 1:
                thread = threading.Thread(target=lambda: sales.load(_more(sales)))
                thread.start()
                thread.join()
            return reader.cached(
                key, lambda: str(reader.page(search, count="exact").total).encode()
            )

        return sales.at_one_instant(answered)

    assert ask(loads=True) == b"7"
    assert len(keys) == 2
    assert keys[0] != keys[1]
    cache = session._store.cache
    assert cache.get(keys[0]) is None
    assert cache.get(keys[1]) == b"7"
    assert ask(loads=False) == b"7"
    assert keys[2] == keys[1]


def _more(sales: al.Table) -> pd.DataFrame:
    return pd.DataFrame({name: [9] for name in sales.columns})


# ---- sums that pass what a decimal can hold ------------------------------------------------------

_NINES = Decimal("9" * 36 + ".99")


def _exactly(table: al.Table, function: AggregateFunction) -> object:
    search = Search(aggregates=(Aggregate("r", "count"), Aggregate("d_r", function, table["d"])))
    return _values(table, search)[0][1]


@pytest.mark.parametrize("form", FORMS)
def test_a_sum_that_no_decimal_can_hold_is_refused(
    session: al.Session, form: Literal["values", "arrow"]
) -> None:
    """It names the entry and the column; it is neither another number nor a failure."""
    table = session.create_table("T", data_types={"d": pa.decimal128(38, 2)})
    frame = pa.table({"d": pa.array([_NINES] * 300, pa.decimal128(38, 2))})
    table.load(frame)
    large = Aggregate("d_sum", "sum", table["d"])
    search = Search(aggregates=(Aggregate("n", "count"), large))
    with table.reading() as reader, pytest.raises(InvalidSearch) as caught:
        reader.page(search, form=form, count="exact")
    assert 'entry #2 of the aggregates, the sum of "d" (decimal128(38, 2))' in str(caught.value)
    with table.reading() as reader, pytest.raises(InvalidSearch, match="entry #2"):
        reader.table(search)


def test_a_wide_decimal_that_fits_has_an_exact_sum(session: al.Session) -> None:
    """To the last digit, and so has its mean, as far as a double can tell."""
    table = session.create_table("T", data_types={"d": pa.decimal128(38, 2)})
    assert (_exactly(table, "sum"), _exactly(table, "mean")) == (None, None)
    texts = ["-" + "3" * 36 + ".33", "-0.10", "7.25", None]
    values = [_NINES, _NINES.copy_negate(), *(None if t is None else Decimal(t) for t in texts)]
    table.load(pa.table({"d": pa.array(values, pa.decimal128(38, 2))}))
    with decimal.localcontext(prec=80):
        total = sum((value for value in values if value is not None), Decimal())
        mean = float(total / 5)
    assert _exactly(table, "sum") == total
    assert _exactly(table, "mean") == pytest.approx(mean, rel=1e-15)


@pytest.mark.parametrize(("precision", "scale"), [(38, 0), (38, 2), (38, 38), (37, 18), (38, 19)])
def test_the_mean_of_wide_decimals_is_that_of_python(
    session: al.Session, precision: int, scale: int
) -> None:
    """Though their sum is more than the engine can hold; in groups, and with either sign."""
    chance = random.Random(precision * 100 + scale)  # noqa: S311 -- the same in each run
    kind = pa.decimal128(precision, scale)
    table = session.create_table("T", data_types={"g": "int64", "d": kind})
    most = 10**precision - 1
    with decimal.localcontext(prec=80):
        rows = [
            (number % 3, Decimal(chance.randint(-most if number % 3 else 0, most)).scaleb(-scale))
            for number in range(400)
        ]
        means = []
        for group in range(3):
            members = [value for which, value in rows if which == group]
            means.append((group, float(sum(members, Decimal()) / len(members))))
        groups, values = pa.array([g for g, _ in rows]), pa.array([d for _, d in rows], kind)
        table.load(pa.table({"g": groups, "d": values}))
    mean = Aggregate("m", "mean", table["d"])
    found = _values(table, Search(group_by=(table["g"],), aggregates=(mean,), ordered=True))
    assert [row[0] for row in found] == [0, 1, 2]
    assert [row[1] for row in found] == pytest.approx([m for _, m in means], rel=1e-14)


def test_other_numbers_that_are_too_large_are_not_blamed_on_sums(session: al.Session) -> None:
    """A calculation of a condition has an error of its own."""
    frame = pd.DataFrame({"i": [2**62]})
    table = session.read_pandas(frame, table_name="T")
    search = Search(filter=table["i"] * table["i"] > 0, aggregates=(Aggregate("n", "count"),))
    with table.reading() as reader, pytest.raises(ResultTooLarge, match="Overflow"):
        reader.page(search)
