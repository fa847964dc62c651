from __future__ import annotations

import pandas as pd
import pytest

import atomlite as al
from atomlite.errors import ColumnNotFound, InvalidJoin, LinkDroppedWarning


@pytest.fixture
def tables(session: al.Session) -> tuple[al.Table, al.Table]:
    """Give sales and the shops they were made in."""
    sales = session.create_table(
        "Sales", data_types={"shop": "int64", "day": "date", "city": "string", "x": "double"}
    )
    shops = session.create_table(
        "Shops",
        data_types={"shop": "int32", "number": "int16", "city": "string"},
        keys={"shop"},
    )
    return sales, shops


def _links(session: al.Session) -> list[str]:
    return [line.strip() for line in str(session.tables.schema).splitlines() if "o--o" in line]


def test_without_a_mapping_the_keys_of_the_target_are_joined(
    session: al.Session, tables: tuple[al.Table, al.Table]
) -> None:
    """The columns have the same names in both tables; a row then finds one partner at most."""
    tables[0].join(tables[1])
    assert _links(session) == ['"Sales" }o--o| "Shops" : "shop"']


def test_a_mapping_is_a_condition_or_names(
    session: al.Session, tables: tuple[al.Table, al.Table]
) -> None:
    """Both ways say the same; the last one holds; the sides of `==` may be swapped."""
    sales, shops = tables
    sales.join(shops, {"shop": "number"})
    assert _links(session) == ['"Sales" }o--o{ "Shops" : "shop = number"']
    sales.join(shops, (shops["shop"] == sales["shop"]) & (sales["city"] == shops["city"]))
    assert _links(session) == ['"Sales" }o--o| "Shops" : "shop, city"']


def test_a_mapping_that_does_not_fit_is_refused(tables: tuple[al.Table, al.Table]) -> None:
    """Every mistake has its sentence."""
    sales, shops = tables
    with pytest.raises(InvalidJoin, match="itself"):
        sales.join(sales)
    with pytest.raises(InvalidJoin, match="no keys"):
        shops.join(sales)
    with pytest.raises(InvalidJoin, match="no columns"):
        sales.join(shops, {})
    with pytest.raises(InvalidJoin, match="never match"):
        sales.join(shops, {"day": "shop"})
    with pytest.raises(InvalidJoin, match="does not say"):
        sales.join(shops, sales["shop"] > shops["shop"])
    with pytest.raises(InvalidJoin, match="does not say"):
        sales.join(shops, sales["shop"] == 1)
    with pytest.raises(InvalidJoin, match="mapping is 'shop'"):
        sales.join(shops, "shop")  # type: ignore[arg-type]
    with pytest.raises(ColumnNotFound):
        sales.join(shops, {"shp": "shop"})


def test_the_source_must_have_the_keys_of_the_target(session: al.Session) -> None:
    """Else a mapping has to say what matches."""
    one = session.create_table("One", data_types={"a": "int64"})
    two = session.create_table("Two", data_types={"b": "int64"}, keys={"b"})
    with pytest.raises(InvalidJoin, match='no column named "b"'):
        one.join(two)


def test_the_target_is_a_table_of_the_same_session(session: al.Session) -> None:
    """A table of another session, or a name, would be looked up in the wrong place."""
    here = session.create_table("One", data_types={"a": "int64"})
    session.create_table("Two", data_types={"a": "int64"}, keys={"a"})
    with al.Session.start() as other:
        elsewhere = other.create_table("Two", data_types={"a": "int64"}, keys={"a"})
        with pytest.raises(InvalidJoin, match="this session"):
            here.join(elsewhere)
    with pytest.raises(InvalidJoin, match="this session"):
        here.join("Two")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("int8", "decimal(10,2)"), ("time32[s]", "time64[ns]"), ("timestamp[s]", "timestamp[ns]")],
)
def test_types_of_one_kind_match(session: al.Session, ours: str, theirs: str) -> None:
    """The engine compares them without loss."""
    one = session.create_table("One", data_types={"a": ours})
    one.join(session.create_table("Two", data_types={"a": theirs}, keys={"a"}))
    assert len(_links(session)) == 1


def test_a_replaced_table_keeps_its_links_with_all_their_columns(session: al.Session) -> None:
    """Cells run again; a source column that is joined to two target columns stays so."""
    one = session.create_table("One", data_types={"a": "int64"})
    two = session.create_table("Two", data_types={"x": "int64", "y": "int64"})
    one.join(two, (one["a"] == two["x"]) & (one["a"] == two["y"]))
    before = _links(session)
    session.read_pandas(pd.DataFrame({"x": [1], "y": [2]}), table_name="Two")
    assert _links(session) == before == ['"One" }o--o{ "Two" : "a = x, a = y"']


def test_a_link_whose_columns_are_gone_is_removed_with_a_warning(session: al.Session) -> None:
    """The reader learns that searches across it will no longer work, and why."""
    one = session.create_table("One", data_types={"a": "int64"})
    one.join(session.create_table("Two", data_types={"a": "int64"}, keys={"a"}))
    with pytest.warns(LinkDroppedWarning, match='"One" to "Two" was removed: No column named "a"'):
        session.create_table("Two", data_types={"b": "int64"})
    assert _links(session) == []


def test_a_link_whose_types_no_longer_match_is_removed_with_a_warning(session: al.Session) -> None:
    """Numbers and text never match."""
    one = session.create_table("One", data_types={"a": "int64"})
    one.join(session.create_table("Two", data_types={"a": "int64"}, keys={"a"}))
    with pytest.warns(LinkDroppedWarning, match="never match"):
        session.create_table("One", data_types={"a": "string"})
    assert _links(session) == []
