"""A session with what a document has to describe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import NotRequired, TypedDict
from uuid import UUID

import pandas as pd
from pydantic import BaseModel, Field

import atomlite as al


@dataclass
class Line:
    """One line of an order."""

    item: str
    units: int


@dataclass
class NewOrder:
    """What a client sends."""

    lines: list[Line]
    day: date | None = None


class Order(TypedDict):
    """What it gets."""

    id: int
    units: int
    day: NotRequired[date]


class Label(BaseModel):
    """A text of bounded length."""

    text: str = Field(min_length=1, max_length=20)
    copies: int = Field(default=1, ge=1, le=9)


@contextmanager
def serving(config: al.SessionConfig | None = None) -> Iterator[al.Session]:
    """Give a session with two linked tables and three endpoints."""
    with al.Session.start(config) as session:
        companies = session.read_pandas(
            pd.DataFrame({"id": ["c1", "c2"], "name": ["Ada & Co", "Zoë"]}),
            keys=["id"],
            table_name="companies",
        )
        people = session.read_pandas(
            pd.DataFrame(
                {
                    "id": [f"p{number}" for number in range(30)],
                    "name": [f"person {number % 7}" for number in range(30)],
                    "age": [20 + number % 5 for number in range(30)],
                    "born": pd.to_datetime(["2000-02-29"] * 30).date,
                    "company_id": ["c1", "c2", None] * 10,
                }
            ),
            keys=["id"],
            table_name="people",
        )
        people.join(companies, {"company_id": "id"})
        add_endpoints(session)
        yield session


def add_endpoints(session: al.Session) -> None:
    """Register the three endpoints."""

    @session.endpoint("orders", method="POST")
    def create_order(
        request: al.Request[NewOrder], _user: al.User, _session: al.Session, /
    ) -> Order:
        """Create an order.

        Its units are those of all its lines.
        """
        order: Order = {"id": 1, "units": sum(line.units for line in request.body.lines)}
        if request.body.day is not None:
            order["day"] = request.body.day
        return order

    @session.endpoint("labels/{key:uuid}", method="PUT")
    async def put_label(
        request: al.Request[Label], _user: al.User, _session: al.Session, /
    ) -> list[Label]:
        assert isinstance(request.path_parameters["key"], UUID)
        return [request.body] * request.body.copies

    @session.endpoint("people/{age:int}/names")
    def names(request: al.Request, _user: al.User, session: al.Session, /) -> pd.DataFrame:
        people = session.tables["people"]
        age = request.path_parameters["age"]
        return people.query(people["name"], filter=people["age"] == age)


def mount_searches(session: al.Session) -> None:
    """Mount a search over the two linked tables, and a grid."""
    people, companies = session.tables["people"], session.tables["companies"]
    session.mount(
        al.AdvancedSearch(
            table=people,
            url="people/search",
            readable_column_names=["id", "name", "age", "born", "company"],
            sortable_column_names=["name", "age", "company.name"],
            searchable_column_names=["id", "name", "age", "born", "company.name"],
            default_sort_column_name="name",
            joins=[al.Join(companies, name="company")],
            # That conditions are counted on all levels together, no schema can say.
            most_conditions=1000,
        )
    )
    session.mount(al.DbGrid(table=people, url="people/grid", search_fields=["name"], list_limit=10))
