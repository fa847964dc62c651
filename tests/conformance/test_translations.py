"""The translation of configurations: what it understands, and that it fails by name otherwise."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import atomlite as al
from tests.conformance import datasets, endpoints, examples
from tests.conformance.exchanges import Received, without_prefix
from tests.conformance.folder import Folder
from tests.conformance.rulings import overruled
from tests.conformance.texts import condition, join

DATASET: dict[str, Any] = {
    "schema": {
        "shops": {
            "primary_key": "id",
            "columns": {
                "id": {"type": "string", "null": False},
                "name": {"type": "string", "null": False},
            },
        },
        "sales": {
            "primary_key": "id",
            "columns": {
                "id": {"type": "integer", "null": False},
                "item": {"type": "select", "values": ["pen", "ink"], "null": True},
                "price": {"type": "float", "null": True},
                "paid": {"type": "boolean", "null": True},
                "day": {"type": "date", "null": True},
                "at": {"type": "datetime", "null": True},
                "shop_id": {"type": "belongs_to", "table": "shops", "null": True},
            },
        },
    },
    "tables": {
        "shops": [{"id": "s1", "name": "Oslo"}, {"id": "s2", "name": "Lyon"}],
        "sales": [
            {
                "id": number,
                "item": item,
                "price": price,
                "paid": paid,
                "day": "2026-01-31",
                "at": "2026-01-31 12:30:00",
                "shop_id": shop,
            }
            for number, item, price, paid, shop in (
                (1, "pen", 1.5, True, "s1"),
                (2, "ink", 3.0, False, "s2"),
                (3, None, None, None, None),
            )
        ],
    },
}


@pytest.fixture(scope="module")
def data() -> Iterator[datasets.Data]:
    """Give the tables of a small data set."""
    with al.Session.start() as session:
        yield datasets.load(DATASET, session, zoned=True)


def test_a_schema_becomes_tables(data: datasets.Data) -> None:
    """Types, keys, parents and choices."""
    sales = data.tables["sales"]

    assert data.main == "sales"
    assert sales.keys == ("id",)
    assert {name: str(kind) for name, kind in sales.data_types.items()} == {
        "id": "int64",
        "item": "string",
        "price": "double",
        "paid": "bool",
        "day": "date32[day]",
        "at": "timestamp[us, tz=UTC]",
        "shop_id": "string",
    }
    assert data.parents["sales"] == [
        datasets.Parent("shop", "shop_id", "shops", "id", ("id", "name"))
    ]
    assert data.choices["sales"] == {"item": ["pen", "ink"]}
    assert data.tables["shops"].schema.column("name").default == ""


def test_columns_of_an_unknown_type_fail_by_name(session: al.Session) -> None:
    """They are not left out."""
    columns = {"id": {"type": "money", "null": False}}
    schema = {"t": {"primary_key": "id", "columns": columns}}

    with pytest.raises(AssertionError, match="money"):
        datasets.load({"schema": schema, "tables": {"t": []}}, session, zoned=False)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("price>1.5", [2]),
        ("price >= 1.5", [1, 2]),
        ("price<2", [1]),
        ("price <= 1.5", [1]),
        ("item='pen'", [1]),
        ("item==pen", [1]),
        ("item <=> pen", [1]),
        ("item != 'pen'", [2]),
        ("item<>pen", [2]),
        ("paid=1", [1]),
        ("paid = false", [2]),
        ("day=2026-01-31", [1, 2, 3]),
        ("at>'2026-01-31 12:00:00'", [1, 2, 3]),
        ("item in ('pen', 'ink')", [1, 2]),
        ("id IN (2,3)", [2, 3]),
        ("item like 'P%'", [1]),
        ("item is null", [3]),
        ("shop_id IS NOT NULL", [1, 2]),
        ("sales.id=2", [2]),
    ],
)
def test_texts_become_conditions(data: datasets.Data, text: str, ids: list[int]) -> None:
    """Every operator, typed by the column."""
    sales = data.tables["sales"]

    found = sales.query("id", filter=condition(text, data, "sales"), order_by="id")

    assert found["id"].tolist() == ids


@pytest.mark.parametrize(
    "text", ["price", "price ~ 3", "nobody.price>3", "item is null 3", "id in 3"]
)
def test_texts_that_are_not_understood_fail(data: datasets.Data, text: str) -> None:
    """A condition is never left out."""
    with pytest.raises(AssertionError):
        condition(text, data, "sales")


@pytest.mark.parametrize(
    ("text", "kind", "alias"),
    [
        ("INNER JOIN shops ON shops.id=sales.shop_id", "inner", "shops"),
        ("join shops on sales.shop_id = shops.id", "inner", "shops"),
        ("LEFT JOIN shops ON shops.id=sales.shop_id", "left", "shops"),
        ("LEFT OUTER JOIN shops AS s ON s.id=sales.shop_id", "left", "s"),
        ("INNER JOIN shops s ON sales.shop_id=s.id", "inner", "s"),
    ],
)
def test_texts_become_joins(text: str, kind: str, alias: str) -> None:
    """Either side first, with an alias or without."""
    found = join(text, "sales")

    assert (found.table, found.alias, found.kind) == ("shops", alias, kind)
    assert (found.column, found.key) == ("shop_id", "id")


@pytest.mark.parametrize(
    "text", ["CROSS JOIN shops", "JOIN shops ON shops.id>sales.shop_id", "JOIN a ON b.x=c.y"]
)
def test_joins_that_are_not_understood_fail(text: str) -> None:
    """A join is never left out."""
    with pytest.raises(AssertionError):
        join(text, "sales")


CONFIG = {
    "endpoint": "AdvancedSearch",
    "readable_column_names": ["id", "shop"],
    "sortable_column_names": ["id"],
    "searchable_column_names": ["id"],
    "default_sort_column_name": "id",
}


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"endpoint": "Tree"}, "Tree"),
        ({"novelty": 1}, "novelty"),
        ({"authorization": {"callable": "nobody"}}, "nobody"),
        ({"authorization": {"function": "team_gate"}}, "function"),
        ({"output_map": {"callable": "nobody"}}, "nobody"),
        ({"response_headers": {"callable": "nobody"}}, "nobody"),
        ({"endpoint": "Callable", "returns": "{'a': b}"}, "'a': b"),
        ({"security_headers": [{"csp2": {}}]}, "csp2"),
        ({"where": ["id ~ 3"]}, "id ~ 3"),
        ({"joins": "CROSS JOIN shops"}, "CROSS"),
    ],
)
def test_what_is_unknown_fails_by_name(
    data: datasets.Data, more: dict[str, Any], named: str
) -> None:
    """A case never passes because a part of it was left out."""
    with pytest.raises(AssertionError, match=named):
        endpoints.search(CONFIG | more, data)


def test_an_unknown_key_of_a_grid_fails_by_name(data: datasets.Data) -> None:
    """As for searches."""
    config = {"record": "sales", "search_fields": [], "list_limit": 1, "camel_case": False}

    assert endpoints.grid(config, data).route == "sales"
    with pytest.raises(AssertionError, match="novelty"):
        endpoints.grid(config | {"novelty": 1}, data)


def test_an_inner_join_along_a_parent_leaves_rows_out(data: datasets.Data) -> None:
    """One join is made of the data set's parent and the configuration's text."""
    config = CONFIG | {"joins": "INNER JOIN shops ON shops.id=sales.shop_id"}

    search = endpoints.search(config, data)
    answer: Any = search.respond(al.Request("GET"), al.User("ann"), None)

    assert [row["id"] for row in json.loads(answer.body)["data"]] == [1, 2]


def test_the_age_of_an_example_is_in_whole_years() -> None:
    """The day of the birthday itself counts."""

    class Person:
        id, name = 1, "Ann"
        dob = dt.date(2000, 6, 1)

    def age(day: str) -> object:
        return examples.age_and_special(Person, dt.datetime.fromisoformat(day), "ANN")

    assert age("2025-05-31") == {"id": 1, "name": "Ann", "age": 24, "is_special": True}
    assert age("2025-06-01") == {"id": 1, "name": "Ann", "age": 25, "is_special": True}


def test_documented_paths_lose_the_prefix() -> None:
    """Other answers stay as they are."""
    document = Received(200, {}, {"paths": {"/proxy/a": 1, "/docs": 2}})
    rows = Received(200, {}, [{"paths": 1}])

    assert without_prefix(document).body == {"paths": {"/a": 1, "/docs": 2}}
    assert without_prefix(rows) is rows


def written(folder: Path, *cases: dict[str, Any]) -> Folder:
    """Return a folder of cases."""
    (folder / "datasets").mkdir(exist_ok=True)
    (folder / "datasets" / "small.json").write_text(json.dumps(DATASET))
    (folder / "some.json").write_text(json.dumps(cases))
    return Folder(folder)


def test_rulings_change_what_they_are_about_alone(tmp_path: Path) -> None:
    """Null booleans and keys of nested rows, in whole bodies that were observed."""
    row = {"Id": 3, "Paid": False, "Shop": {"id": None, "shop_name": None}}
    case = {
        "id": "x",
        "kind": "observed",
        "dataset": "small",
        "config": {"external_casing": "TitleCase"},
        "expected": {"status": 200, "body": {"Data": [row, {"Id": 2, "Paid": False}]}},
    }

    folder = written(tmp_path, case)
    changed = overruled(case, folder)
    unchanged = overruled(case | {"kind": "documented"}, folder)

    assert changed["expected"]["body"]["Data"] == [
        {"Id": 3, "Paid": None, "Shop": {"Id": None, "ShopName": None}},
        {"Id": 2, "Paid": False},
    ]
    assert unchanged["expected"] == case["expected"]


def test_a_folder_tells_its_cases_by_file(tmp_path: Path) -> None:
    """Files that are no list of cases are none; two cases of one id are a mistake."""
    folder = written(tmp_path, {"id": "a"}, {"id": "b"})
    (tmp_path / "other.json").write_text('{"not": "cases"}')
    assert list(folder.cases) == ["some/a", "some/b"]

    with pytest.raises(AssertionError, match="some/a"):
        written(tmp_path, {"id": "a"}, {"id": "a"}).cases  # noqa: B018 -- it is made when asked for
