from __future__ import annotations

import pytest

from atomlite.errors import TableNotFound
from atomlite.tables.catalogs import Catalog, TableState
from atomlite.tables.links import Link
from atomlite.tables.schemas import table_schema
from atomlite.types import Version


def _state(name: str, rows: int = 0) -> TableState:
    return TableState(table_schema(name, {"a": "int64"}), rows)


def _catalog(*names: str) -> Catalog:
    catalog = Catalog(Version("e", 0))
    for name in names:
        catalog = catalog.with_table(_state(name, 2))
    return catalog


def test_a_catalog_is_a_value_that_changes_never() -> None:
    """Readers keep the one they have while writers make the next."""
    before = _catalog("A")
    after = before.with_table(_state("B"))
    assert list(before.tables) == ["A"]
    assert list(after.tables) == ["A", "B"]


def test_a_table_that_is_not_there_is_told_with_those_that_are() -> None:
    """The error lists the tables, also for what is no name at all."""
    with pytest.raises(TableNotFound, match='Did you mean "Sales"'):
        _catalog("Sales").table("Sale")
    with pytest.raises(TableNotFound):
        _catalog().table(["A"])


def test_a_removed_table_takes_its_links_along() -> None:
    """No link has an end that is not there."""
    catalog = _catalog("A", "B", "C")
    for ends in (("A", "B"), ("B", "C"), ("A", "C")):
        catalog = catalog.with_link(Link(*ends, (("a", "a"),)))
    assert catalog.without_table("B").links == (Link("A", "C", (("a", "a"),)),)


def test_a_link_takes_the_place_of_one_between_the_same_tables() -> None:
    """Two tables are joined in one way."""
    catalog = _catalog("A", "B").with_link(Link("A", "B", (("a", "a"),)))
    assert catalog.with_link(Link("A", "B", (("a", "b"),))).links == (
        Link("A", "B", (("a", "b"),)),
    )


def test_rows_are_counted_over_all_tables() -> None:
    """The engine compresses by this number."""
    assert _catalog("A", "B").total_rows() == 4


def test_names_are_the_same_when_case_is_ignored() -> None:
    """Also in scripts other than the Latin one."""
    assert _catalog("STRASSE").same_name("Straße") == "STRASSE"
    assert _catalog("A").same_name("B") is None
