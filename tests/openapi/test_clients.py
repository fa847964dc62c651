"""A client that a generator makes from the document talks to the session that it came from."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import atomlite as al
from tests.openapi.serving import mount_searches, serving


@pytest.fixture(scope="module")
def served() -> Iterator[al.Session]:
    """Give a session with endpoints, a search and a grid."""
    with serving() as session:
        mount_searches(session)
        yield session


@pytest.fixture(scope="module")
def generated(served: al.Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Generate a client, and give the name of its package."""
    folder = tmp_path_factory.mktemp("client")
    document = folder / "openapi.json"
    document.write_text(json.dumps(served.client.http_client.get("openapi.json").json()))
    config = folder / "config.yaml"
    config.write_text("post_hooks: []\n")
    made = subprocess.run(
        [
            *(Path(sys.executable).with_name("openapi-python-client"), "generate"),
            *("--path", document, "--config", config, "--fail-on-warning"),
            *("--meta", "none", "--output-path", folder / "atomlite_client"),
        ],
        check=False,
        capture_output=True,
        text=True,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield "atomlite_client"
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.startswith("atomlite_client")]:
        del sys.modules[name]


@pytest.fixture
def ask(served: al.Session, generated: str) -> Callable[..., Any]:
    """Give a function that calls an operation of the client, and returns its whole answer."""

    def ask(tag: str, operation: str, **arguments: object) -> Any:  # noqa: ANN401 -- generated
        client = importlib.import_module(f"{generated}.client").Client(base_url=served.url)
        module = importlib.import_module(f"{generated}.api.{tag}.{operation}")
        with client:
            return module.sync_detailed(client=client, **arguments)

    return ask


@pytest.fixture
def models(generated: str) -> Any:  # noqa: ANN401 -- generated
    """Give the classes of the client."""
    return importlib.import_module(f"{generated}.models")


def test_it_gets_a_table(ask: Callable[..., Any], models: Any) -> None:  # noqa: ANN401 -- generated
    """What the session answers becomes objects."""
    table = ask("session", "get_table", name="people").parsed

    assert isinstance(table, models.Table)
    assert (table.name, table.row_count, table.keys) == ("people", 30, ["id"])
    assert [column.name for column in table.columns] == ["id", "name", "age", "born", "company_id"]


def test_it_reads_an_error(ask: Callable[..., Any], models: Any) -> None:  # noqa: ANN401 -- generated
    """A refusal becomes an object, too."""
    answer = ask("session", "get_table", name="nowhere")

    assert answer.status_code == 404
    assert isinstance(answer.parsed, models.Error)
    assert answer.parsed.error.code == "table_not_found"


def test_it_creates_a_typed_order(ask: Callable[..., Any], models: Any) -> None:  # noqa: ANN401 -- generated
    """The classes of a callback are classes of the client."""
    order = models.NewOrder(lines=[models.Line(item="pen", units=2), models.Line("ink", 3)])
    answer = ask("endpoints", "post_orders", body=order)

    assert isinstance(answer.parsed, models.Order)
    assert answer.parsed.units == 5


def test_it_is_refused_by_field(ask: Callable[..., Any], models: Any) -> None:  # noqa: ANN401 -- generated
    """A body that does not fit answers the documented error."""
    answer = ask("endpoints", "post_orders", body=models.NewOrder(lines=[models.Line("a", "1")]))

    assert answer.status_code == 400
    assert isinstance(answer.parsed, models.Error)
    assert answer.parsed.error.code == "invalid_body"


def test_it_lists_a_grid(ask: Callable[..., Any]) -> None:
    """A grid answers its rows as objects."""
    page = ask("searches", "get_people_grid", limit=3, search="PERSON 1").parsed

    assert page.data.total == len([number for number in range(30) if number % 7 == 1])
    assert [item.name for item in page.data.items] == ["person 1"] * 3


def test_it_lists_a_search(ask: Callable[..., Any], generated: str) -> None:
    """A search takes its body as an object, and answers rows with their company inside."""
    operation = importlib.import_module(f"{generated}.api.searches.post_people_search")
    body: Any = next(
        kind for name, kind in vars(operation).items() if isinstance(kind, type) and "Body" in name
    )
    wanted = {
        "where": [{"column": "age", "operator": "=", "value": 22}],
        "sort": [{"column": "name", "direction": "desc"}],
        "limit": 2,
    }
    found = ask("searches", "post_people_search", body=body.from_dict(wanted)).parsed

    expected = sorted((f"person {number % 7}" for number in range(2, 30, 5)), reverse=True)
    assert [row.name for row in found.data] == expected[:2]
    assert found.pagination.number_results == len(expected)
    assert all(hasattr(row.company, "name") for row in found.data)


def test_it_queries_a_cube(
    served: al.Session,
    ask: Callable[..., Any],
    models: Any,  # noqa: ANN401 -- generated
) -> None:
    """Its conditions are classes, and its rows come with what the columns mean."""
    served.create_cube("people")
    name = ["people", "name", "name"]
    among = models.CubeFilterOperator("in")
    test = models.CubeFilter(level=name, operator=among, values=["person 1", "person 2"])
    body = models.QueryCubeBody(
        measures=["contributors.COUNT"], levels=[name], filter_=models.CubeFilter(and_=[test])
    )
    answer = ask("cubes", "query_cube", name="people", body=body).parsed

    assert answer.columns == ["name", "_depth", "contributors.COUNT"]
    assert answer.measures[0].additivity.kind.value == "additive"
    assert answer.rows == [["person 1", 1, 5], ["person 2", 1, 4]]
