from __future__ import annotations

from datetime import date
from urllib.parse import quote
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomlite.errors import InvalidRequest, InvalidRoute
from atomlite.http.routes import PathValue, Route, RouteTable, path_segments


def _table(*routes: str) -> RouteTable[str]:
    return RouteTable(("GET", Route(route), route) for route in routes)


def _find(table: RouteTable[str], path: str) -> tuple[str, dict[str, PathValue]] | None:
    return table.find("GET", path_segments(path))


@pytest.mark.parametrize(
    ("path", "route", "value"),
    [
        ("/a/literal", "a/literal", None),
        ("/a/2024-02-29", "a/{x:date}", date(2024, 2, 29)),
        ("/a/2023-02-29", "a/{x}", "2023-02-29"),
        (f"/a/{UUID(int=7)}", "a/{x:uuid}", UUID(int=7)),
        ("/a/-7", "a/{x:int}", -7),
        ("/a/007", "a/{x:int}", 7),
        ("/a/7.5", "a/{x:float}", 7.5),
        ("/a/1e3", "a/{x:float}", 1000.0),
        ("/a/1e999", "a/{x}", "1e999"),
        ("/a/nan", "a/{x}", "nan"),
        ("/a/٣", "a/{x}", "٣"),
        ("/a/one", "a/{x}", "one"),
        ("/a/b/c%2Fd", "a/{x:path}", "b/c/d"),
    ],
)
def test_most_particular_route_wins(path: str, route: str, value: PathValue | None) -> None:
    """Literals win over types, types over text, text over the rest; order of adding is nothing."""
    routes = ["a/{x:path}", "a/{x}", "a/{x:float}", "a/{x:int}", "a/{x:uuid}", "a/{x:date}"]
    for table in (_table(*routes, "a/literal"), _table("a/literal", *reversed(routes))):
        encoded = path.encode().decode("latin-1")
        assert _find(table, encoded) == (route, {} if value is None else {"x": value})


def test_search_comes_back_from_a_dead_end() -> None:
    """A literal that leads nowhere does not hide the parameter beside it."""
    table = _table("a/b/c", "a/{x}/d", "{y}/b/e")
    assert _find(table, "/a/b/d") == ("a/{x}/d", {"x": "b"})
    assert _find(table, "/a/b/e") == ("{y}/b/e", {"y": "a"})
    assert _find(table, "/a/b/f") is None


@pytest.mark.parametrize("path", ["/", "/a", "/a/", "//a/b", "/a/b/", "/a//b", "/A/b"])
def test_segments_are_compared_exactly(path: str) -> None:
    """Empty segments, a slash at the end and capitals make a path another one."""
    assert _find(_table("a/{x}", "a/{x:path}", "b"), path) is None or path == "/a/b/"


def test_rest_takes_no_empty_segment() -> None:
    """A path that ends with a slash, or has two in a row, is not the rest of anything."""
    table = _table("files/{rest:path}")
    assert _find(table, "/files/a/b") == ("files/{rest:path}", {"rest": "a/b"})
    assert _find(table, "/files/a//b") is None
    assert _find(table, "/files/") is None
    assert _find(table, "/files") is None


def test_method_is_part_of_the_search() -> None:
    """A route that does not answer the method does not hide one that does."""
    table = RouteTable(
        [("GET", Route("a/b"), 1), ("POST", Route("a/{x}"), 2), ("PUT", Route("{r:path}"), 3)]
    )
    assert table.find("POST", ["a", "b"]) == (2, {"x": "b"})
    assert table.find("PUT", ["a", "b"]) == (3, {"r": "a/b"})
    assert table.find("DELETE", ["a", "b"]) is None
    assert table.methods(["a", "b"]) == ["GET", "POST", "PUT"]
    assert table.methods([""]) == []


@pytest.mark.parametrize(
    ("route", "reason"),
    [
        ("", "empty"),
        ("a//b", "empty"),
        ("a/{}", "not a name"),
        ("a/{1x}", "not a name"),
        ("a/{x:money}", "uuid, date, int, float, str, path"),
        ("a/{x}/{x}", "same name"),
        ("{x:path}/a", "last"),
        ("a/v{x}", "neither text nor a parameter"),
        ("a/{x", "neither text nor a parameter"),
        ("a/b?c", "neither text nor a parameter"),
        ("a/%41", "neither text nor a parameter"),
        ("a/../b", "neither text nor a parameter"),
    ],
)
def test_malformed_routes_are_refused(route: str, reason: str) -> None:
    """The error says what is wrong with the template."""
    with pytest.raises(InvalidRoute, match=reason):
        Route(route)


def test_root_is_a_route_for_who_asks_for_it() -> None:
    """No segment at all is a path of its own, which matches no other."""
    root = Route("//", root=True)
    assert (root.text, root.segments, root.shared(["a"])) == ("", (), 0)
    table = RouteTable([("GET", root, "root"), ("GET", Route("{x}", root=True), "one")])
    assert table.find("GET", []) == ("root", {})
    assert table.find("GET", ["a"]) == ("one", {"x": "a"})
    assert table.find("GET", [""]) is None
    with pytest.raises(InvalidRoute, match="empty"):
        Route("a//b", root=True)


def test_nearest_is_the_most_particular_match_of_any_method() -> None:
    """Who answers a path at all is found before its methods are."""
    table = RouteTable(
        [
            ("PUT", Route("{r:path}"), 3),
            ("POST", Route("a/{x}"), 2),
            ("GET", Route("a/{y}"), 4),
            ("GET", Route("a/b"), 1),
        ]
    )
    assert table.nearest(["a", "b"]) == [1]
    assert table.nearest(["a", "c"]) == [2, 4]
    assert table.nearest(["c"]) == [3]
    assert table.nearest([]) == []


@pytest.mark.parametrize(
    ("path", "count"),
    [
        ("", 0),
        ("b/a", 0),
        ("a", 1),
        ("a/x/b", 1),
        ("a/7", 2),
        ("a/7/b", 3),
        ("a/7/b/c/d", 5),
        ("a/7/b/", 3),
    ],
)
def test_shared_counts_whole_segments_from_the_beginning(path: str, count: int) -> None:
    """A parameter counts where its type fits, the rest takes all; it stops at what differs."""
    assert Route("a/{id:int}/b/{rest:path}").shared(path.split("/")) == count


def test_routes_that_match_the_same_paths_are_refused() -> None:
    """Two names for one thing would make the answer depend on the order of adding."""
    with pytest.raises(InvalidRoute, match=r'GET "a/\{x\}" matches the same paths'):
        _table("a/{x}", "a/{y}")
    with pytest.raises(InvalidRoute, match="same paths"):
        _table("a/{x:path}", "a/{y:path}")
    assert len(_table("a/{x}", "a/{y:int}", "a/{z:path}").methods(["a", "1"])) == 1


@pytest.mark.parametrize("path", ["/a%", "/%2", "/%zz/b", "/%ff", "/%c3%28", "/\xff"])
def test_malformed_paths_are_refused(path: str) -> None:
    """Broken percent-encoding, and bytes that are not UTF-8, are errors rather than guesses."""
    with pytest.raises(InvalidRequest):
        path_segments(path)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1))
def test_any_text_comes_through_a_path(texts: list[str]) -> None:
    """Whatever a client encodes, slashes and all, comes out of its parameter as it went in."""
    names = [f"p{number}" for number in range(len(texts))]
    table = _table("/".join(f"{{{name}}}" for name in names))
    path = "".join(f"/{quote(text, safe='')}" for text in texts)
    found = _find(table, path)
    assert found is not None
    assert list(found[1].values()) == texts
