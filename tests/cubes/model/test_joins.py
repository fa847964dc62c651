"""Which tables a cube reads, and which joins it refuses."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomlite.cubes.joins import join_tree
from atomlite.errors import InvalidModel, TableNotFound
from atomlite.tables.catalogs import Catalog, TableState
from atomlite.tables.links import Link
from atomlite.tables.schemas import table_schema
from atomlite.types import Version


def _catalog(*links: tuple[str, str], keyed: str = "") -> Catalog:
    """Return tables of one letter with the columns ``k`` and ``x``; those in ``keyed`` by ``k``."""
    catalog = Catalog(Version("e", 0))
    for name in sorted({end for link in links for end in link} | {"A"}):
        keys = {"k"} if name in keyed else set()
        schema = table_schema(name, {"k": "int64", "x": "int64"}, keys=keys)
        catalog = catalog.with_table(TableState(schema))
    for source, target in links:
        catalog = catalog.with_link(Link(source, target, (("x", "k"),)))
    return catalog


def test_links_are_followed_from_the_fact_table_on() -> None:
    """Tables of a snowflake come after the tables that lead to them; others are not in."""
    tree = join_tree("A", _catalog(("B", "D"), ("A", "B"), ("A", "C"), ("E", "A"), ("E", "F")))
    assert tree.tables == ("A", "B", "C", "D")
    assert [side.table for side in tree.path("D")] == ["B", "D"]
    assert tree.path("A") == ()
    assert tree.side("E") is None


def test_what_lies_behind_a_link_to_many_rows_is_many() -> None:
    """Also where the later link itself finds one row at most."""
    tree = join_tree("A", _catalog(("A", "B"), ("B", "C"), ("A", "D"), keyed="CD"))
    assert {side.table: side.many for side in tree.sides} == {"B": True, "C": True, "D": False}
    assert tree.is_many("C")
    assert not tree.is_many("A")


def test_a_table_that_two_ways_lead_to_is_refused() -> None:
    """The message names both ways, and what to do."""
    with pytest.raises(InvalidModel) as caught:
        join_tree("A", _catalog(("A", "B"), ("A", "C"), ("B", "D"), ("C", "D")))
    assert str(caught.value) == (
        'The joins from "A" reach "D" in two ways: "A" -> "B" -> "D" and "A" -> "C" -> "D". '
        'Load "D" a second time under another name, and join that one in one of the two ways.'
    )


@pytest.mark.parametrize("way", ["AB", "ABC", "BCD"])
def test_joins_that_come_back_are_refused(way: str) -> None:
    """To the fact table, or to another one; the circle is shown."""
    circle = [*pairwise(way), (way[-1], way[0])]
    links = circle if way[0] == "A" else [("A", way[0]), *circle]
    with pytest.raises(InvalidModel, match=f'come back to "{way[0]}"'):
        join_tree("A", _catalog(*links))


def test_there_must_be_a_fact_table() -> None:
    """As anywhere else."""
    with pytest.raises(TableNotFound, match="Z"):
        join_tree("Z", _catalog(("A", "B")))


@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.sampled_from("ABCDE")), max_size=8))
def test_a_tree_has_each_reachable_table_once_or_none(links: list[tuple[str, str]]) -> None:
    """Counting the ways by hand says the same: one to each table, or a refusal."""
    links = list(dict.fromkeys(link for link in links if link[0] != link[1]))
    ways = {"A": 1}
    waiting: list[tuple[str, ...]] = [("A",)]
    for way in waiting:
        for source, target in links:
            if source == way[-1]:
                ways[target] = ways.get(target, 0) + 1
                if target not in way:
                    waiting.append((*way, target))
    catalog = _catalog(*links)
    if max(ways.values()) == 1:
        tree = join_tree("A", catalog)
        assert set(tree.tables) == set(ways)
        assert len(tree.tables) == len(ways)
        places = {table: place for place, table in enumerate(tree.tables)}
        assert all(places[side.parent] < places[side.table] for side in tree.sides)
    else:
        with pytest.raises(InvalidModel):
            join_tree("A", catalog)
