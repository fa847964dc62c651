"""Tables for searches: people and the companies that some of them work for."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

import atomlite as al
from atomlite.http.requests import Request
from atomlite.http.responses import Response
from atomlite.search.endpoint import EnvelopeEndpoint
from atomlite.security.users import ANONYMOUS

COMPANIES: list[dict[str, Any]] = [
    {"id": "c1", "name": "Acme", "rating": 2.5, "founded": dt.date(1990, 1, 1)},
    {"id": "c2", "name": "Über GmbH", "rating": None, "founded": dt.date(2001, 5, 6)},
    {"id": "c3", "name": None, "rating": 4.0, "founded": None},
]
NAMES = ["Ada", "ada", "Émile", "émile", "Bob%", "bob_b", "Ünal", "李雷", "Z\\z", ""]


def people() -> list[dict[str, Any]]:
    """Return 60 people, always the same, with nulls and ties."""
    chance = random.Random(7)  # noqa: S311 -- the same each time
    rows: list[dict[str, Any]] = []
    for number in range(60):
        moment = dt.datetime(2024, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number * 7)
        rows.append(
            {
                "id": number,
                "name": chance.choice(NAMES),
                "nickname": chance.choice([None, "x", "Y", "None"]),
                "age": chance.choice([None, 7, 36, 36, 52]),
                "score": chance.choice([None, 0.5, 1.5, 99.25]),
                "pay": chance.choice([None, Decimal("10.10"), Decimal("10.20")]),
                "active": chance.choice([None, True, False]),
                "born": chance.choice([None, dt.date(1990, 2, 28), dt.date(2000, 2, 29)]),
                "seen": chance.choice([None, moment]),
                "clock": moment.replace(tzinfo=None),
                "tags": chance.choice([None, ["a"], ["a", "b"]]),
                "status": chance.choice(["new", "old"]),
                "company_id": chance.choice([None, "c1", "c2", "c3", "gone"]),
            }
        )
    return rows


TYPES = {
    "id": "int64",
    "name": "string",
    "nickname": "string",
    "age": "int32",
    "score": "float64",
    "pay": "decimal(10, 2)",
    "active": "bool",
    "born": "date32",
    "seen": "timestamp[us, tz=UTC]",
    "clock": "timestamp[us]",
    "tags": "list<string>",
    "status": "string",
    "company_id": "string",
}
COLUMNS = list(TYPES)
JOINED = ["company.name", "company.rating", "company.founded"]


def load_people(session: al.Session) -> tuple[al.Table, al.Table]:
    """Load both tables."""
    companies = session.create_table(
        "companies",
        data_types={"id": "string", "name": "string", "rating": "float64", "founded": "date32"},
        keys={"id"},
    )
    companies.load(pd.DataFrame(COMPANIES, dtype=object))
    table = session.create_table(
        "people", data_types=TYPES, keys={"id"}, default_values={"name": "", "status": ""}
    )
    table.load(pd.DataFrame(people(), dtype=object))
    return table, companies


@pytest.fixture(scope="module")
def serving() -> Iterator[al.Session]:
    """Give a module a session with both tables."""
    with al.Session.start() as session:
        load_people(session)
        yield session


Build = Callable[..., al.AdvancedSearch]


@pytest.fixture
def build(serving: al.Session) -> Build:
    """Give a test a search over all columns, but for what it asks otherwise."""

    def built(**other: Any) -> al.AdvancedSearch:  # noqa: ANN401 -- any parameter of the endpoint
        given: dict[str, Any] = {
            "table": serving.tables["people"],
            "readable_column_names": ["id", "name", "age", "company"],
            "sortable_column_names": [*COLUMNS, *JOINED],
            "searchable_column_names": [*COLUMNS, *JOINED],
            "default_sort_column_name": "id",
            "joins": [
                al.Join(
                    serving.tables["companies"],
                    name="company",
                    columns=["id", "name"],
                    mapping={"company_id": "id"},
                )
            ],
        }
        return al.AdvancedSearch(**{**given, **other})

    return built


def respond(
    endpoint: EnvelopeEndpoint,
    body: object = None,
    method: str = "POST",
    *,
    query: str = "",
    headers: dict[str, str] | None = None,
    path_parameters: dict[str, Any] | None = None,
) -> Response:
    """Return the answer of an endpoint without a server; errors are raised."""
    answer = endpoint.respond(
        Request(
            method,
            query=query,
            header_pairs=(headers or {}).items(),
            path_parameters=path_parameters or {},
            raw_body=b"" if body is None else json.dumps(body).encode(),
        ),
        ANONYMOUS,
        None,
    )
    assert isinstance(answer, Response)
    return answer


def ask(endpoint: EnvelopeEndpoint, body: object = None, **more: Any) -> Any:  # noqa: ANN401 -- JSON
    """Return the JSON that an endpoint answers."""
    content = respond(endpoint, body, **more).body
    assert isinstance(content, bytes)
    return json.loads(content)


def ids(answer: Any) -> list[int]:  # noqa: ANN401 -- JSON
    """Return the ids of the rows of an answer."""
    return [row["id"] for row in answer["data"]]
