"""Mistakes in the parameters of an endpoint are found when it is built."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import InvalidEndpoint
from tests.search.conftest import Build, ask, ids


def other_table(session: al.Session) -> al.Table:
    """Return a table without keys, which no join can reach one row of."""
    return session.read_pandas(pd.DataFrame({"id": ["c1"]}), table_name="loose")


async def waits() -> bool:
    """Stand for a function that an endpoint does not call."""
    return True


MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "table": ({"table": "people"}, "table is 'people'"),
    "readable": ({"readable_column_names": ["naem"]}, 'readable.*"naem".*Did you mean "name"'),
    "readable text": ({"readable_column_names": "name"}, "readable.*a list of names"),
    "readable empty": ({"readable_column_names": []}, "readable_column_names is empty"),
    "readable twice": ({"readable_column_names": ["id", "id"]}, '"id" twice'),
    "sortable": ({"sortable_column_names": ["nope"]}, "sortable_column_names"),
    "searchable": ({"searchable_column_names": ["x.name"]}, 'searchable.*"x.name"'),
    "joined column": ({"searchable_column_names": ["company.nope"]}, "company.nope"),
    "relationship to sort by": ({"sortable_column_names": ["company"]}, '"company"'),
    "default sort": ({"default_sort_column_name": "nope"}, "default_sort_column_name"),
    "default sort null": ({"default_sort_column_name": None}, "default_sort_column_name"),
    "direction": ({"default_sort_direction": "up"}, "default_sort_direction"),
    "default limit": ({"default_limit": 0}, "default_limit is 0"),
    "maximum limit": ({"maximum_limit": -1}, "maximum_limit is -1"),
    "limit text": ({"default_limit": "5"}, "default_limit"),
    "facet limit": ({"facet_limit": 0}, "facet_limit"),
    "facet seconds": ({"facet_seconds": 0}, "facet_seconds"),
    "conditions": ({"most_conditions": 0}, "most_conditions"),
    "values": ({"most_values": 1.5}, "most_values"),
    "where text": ({"where": "age > 5"}, "where is"),
    "where entry": ({"where": ["age > 5"]}, "where has 'age > 5'.*condition such as"),
    "where bare": ({"where": al.Column("T", "age", pa.int8()) > 4}, "where is `.*must be a list"),
    "description": ({"description": 5}, "description is 5"),
    "facet seconds inf": ({"facet_seconds": float("inf")}, "facet_seconds is inf.*86,400"),
    "facet seconds nan": ({"facet_seconds": float("nan")}, "facet_seconds is nan"),
    "facet seconds far": ({"facet_seconds": 1e300}, "facet_seconds is 1e[+]300"),
    "security bare": ({"security_headers": al.Hsts()}, "security_headers is of type Hsts.*list"),
    "default sort list": ({"default_sort_column_name": "tags"}, '"tags" is list<'),
    "table of a frame": ({"table": pd.DataFrame({"a": [1]})}, "table is of type DataFrame[.]"),
    "joins of a frame": ({"joins": [pd.DataFrame()]}, r"joins is \[of type DataFrame\]"),
    "joins number": ({"joins": 5}, "joins is 5"),
    "where function": ({"where": [lambda agee: agee]}, 'where asks for "agee"'),
    "joins": ({"joins": ["company"]}, "joins is"),
    "methods": ({"request_methods": ["GETT"]}, 'GETT.*Did you mean "GET"'),
    "methods head": ({"request_methods": ["HEAD"]}, "HEAD follows GET"),
    "methods text": ({"request_methods": "GET"}, "request_methods is"),
    "methods none": ({"request_methods": []}, "request_methods is"),
    "url": ({"url": "a/{b"}, "neither text nor a parameter"),
    "url number": ({"url": 5}, "url is 5"),
    "url twice": ({"url": "{a}/:a"}, "two parameters"),
    "url taken": ({"url": ":user"}, '"user" has the name'),
    "header": ({"response_headers": ["x-a"]}, "key: value"),
    "header text": ({"response_headers": "x-a: 1"}, "a list"),
    "header split": ({"response_headers": ["x-a: 1\r\nx-b: 2"]}, "response_headers"),
    "header framing": ({"response_headers": ["content-length: 1"]}, "response_headers"),
    "header function": ({"response_headers": lambda nope: nope}, '"nope"'),
    "output map": ({"output_map": "x"}, "output_map is 'x'"),
    "output map name": ({"output_map": lambda _model, nope: nope}, '"nope"'),
    "output map async": ({"output_map": waits}, "plain function"),
    "output schema": ({"output_schema": 5}, "5|annotation"),
    "override": ({"column_overrides": {"nope": al.ColumnOverride()}}, "column_overrides"),
    "override kind": ({"column_overrides": {"age": 5}}, "column_overrides"),
    "override value": (
        {"column_overrides": {"age": al.ColumnOverride(values=["x"])}},
        "an integer",
    ),
    "override list": (
        {"column_overrides": {"tags": al.ColumnOverride(values=[["x"]])}},
        "cannot be compared",
    ),
    "casing": ({"external_casing": "kebab-case"}, "external_casing"),
    "internal casing": ({"internal_casing": "x"}, "internal_casing"),
    "security": ({"security_headers": ["hsts"]}, "security_headers has 'hsts'"),
    "security letters": ({"security_headers": [al.Csp(img_src="€")]}, "Latin-1"),
    "security twice": ({"security_headers": [al.Hsts(), al.Hsts()]}, "two of Hsts"),
    "authentication": ({"authentication": 5}, "authentication is 5"),
    "authentication async": ({"authentication": waits}, "an async function.*async def"),
    "authorization": ({"authorization": lambda x: x}, 'authorization asks for "x"'),
    "no signature": ({"authentication": dict}, "parameters|asks for"),
    "operators": ({"extra_operators": ["nott in"]}, 'Did you mean "not in"'),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_when_the_endpoint_is_built(build: Build, mistake: str) -> None:
    """Its message says which parameter, and what is known."""
    parameters, reason = MISTAKES[mistake]
    with pytest.raises(InvalidEndpoint, match=f"(?s){reason}"):
        build(**parameters)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: al.Hsts(max_age=-1), "age"),
        (lambda: al.Cors(origin="*", credentials=True), "credentials"),
        (lambda: al.Cors(origin=["*", "https://a.b"]), "all origins"),
        (lambda: al.Cors(origin=""), "origin"),
        (lambda: al.Cors(origin=[]), "origin"),
        (lambda: al.Cors(origin="*", max_age=True), "age"),
        (lambda: al.Csp(defalt_src="self"), 'Did you mean "default_src"'),
        (lambda: al.Csp(img_src="self; script-src *"), "own name"),
        (lambda: al.CacheControl(max_age=-5), "age"),
        (al.SecretBearer, "no secret"),
        (lambda: al.SecretBearer(5), "secret is of type int"),  # type: ignore[arg-type]
        (lambda: al.ColumnOverride(values="12"), "values is '12'"),
        (lambda: al.SecretBearer(secret="a", environment_key="B"), "two"),  # noqa: S106 -- no secret
        (lambda: al.SecretBearer(secret=""), "secret is empty"),
        (lambda: al.SecretBearer(environment_key="ATOMLITE_TEST_UNSET"), "ATOMLITE_TEST_UNSET"),
    ],
)
def test_a_part_that_cannot_work_is_refused(make: Callable[[], object], reason: str) -> None:
    """Before an endpoint takes it."""
    with pytest.raises(InvalidEndpoint, match=re.compile(reason)):
        make()


def test_joins_reach_one_row_each(serving: al.Session, build: Build) -> None:
    """And have names of their own, that no column has."""
    people, companies = serving.tables["people"], serving.tables["companies"]
    mapping = {"company_id": "id"}

    def joining(*joins: al.Join) -> al.AdvancedSearch:
        return build(joins=joins, sortable_column_names=[], searchable_column_names=[])

    for joins, reason in (
        ([al.Join(other_table(serving), name="company", mapping=mapping)], "several partners"),
        ([al.Join(companies, name="company", mapping={"nope": "id"})], '"nope"'),
        ([al.Join(companies, name="company", mapping={"age": "id"})], "never match"),
        ([al.Join(companies, name="company", mapping={"company_id": "name"})], "keys are"),
        ([al.Join(companies, name="company", mapping={})], "no columns"),
        ([al.Join(companies, name="name", mapping=mapping)], "name of a column"),
        ([al.Join(companies, name="company", mapping=mapping)] * 2, "Two joins"),
        ([al.Join(people, name="company", mapping={"id": "id"})], "itself"),
        ([al.Join(companies, name="company", columns=["nope"], mapping=mapping)], '"company.nope"'),
    ):
        with pytest.raises(InvalidEndpoint, match=reason):
            joining(*joins)
    for parameters in (
        {"table": None},
        {"table": companies, "name": "a.b"},
        {"table": companies, "kind": "outer"},
        {"table": companies, "columns": "id"},
        {"table": companies, "columns": 5},
    ):
        with pytest.raises(InvalidEndpoint, match="Join"):
            al.Join(**parameters)


def test_a_join_takes_the_link_between_the_tables(session: al.Session) -> None:
    """And none that nobody made, though both have a key of one name."""
    shops = session.read_pandas(
        pd.DataFrame({"shop": [1], "city": ["Lyon"]}), keys={"shop"}, table_name="shops"
    )
    sales = session.read_pandas(
        pd.DataFrame({"id": [1, 2], "shop": [1, 5], "other": [7, 1]}),
        keys={"id"},
        table_name="sales",
    )

    def cities() -> list[object]:
        search = al.AdvancedSearch(
            table=sales,
            joins=[al.Join(shops)],
            readable_column_names=["id", "shops.city"],
            sortable_column_names=[],
            searchable_column_names=[],
            default_sort_column_name="id",
        )
        return [row["shops"]["city"] for row in ask(search)["data"]]

    with pytest.raises(InvalidEndpoint, match=r'no link to "shops".*sales\.join\(.*mapping'):
        cities()
    sales.join(shops)
    assert cities() == ["Lyon", None]
    sales.join(shops, sales["other"] == shops["shop"])
    assert cities() == [None, "Lyon"]


def test_an_inner_join_leaves_rows_without_partner_out(serving: al.Session, build: Build) -> None:
    """In the rows and in the total, also when none of its columns is asked for."""
    companies = serving.tables["companies"]
    join = al.Join(companies, name="company", mapping={"company_id": "id"}, kind="inner")
    search = build(
        joins=[join], readable_column_names=["id", "company_id"], searchable_column_names=[]
    )
    answer = ask(search, {"limit": 200})

    assert {row["company_id"] for row in answer["data"]} == {"c1", "c2", "c3"}
    assert answer["pagination"]["number_results"] == len(answer["data"]) < 60


def test_names_that_become_one_outside_are_refused(session: al.Session) -> None:
    """A request could not tell them apart."""
    frame = pd.DataFrame({"id": [1], "unit_price": [1], "unitPrice": [2]})
    table = session.read_pandas(frame, keys={"id"}, table_name="t")
    with pytest.raises(InvalidEndpoint, match='both become "unitPrice"'):
        al.AdvancedSearch(
            table=table,
            readable_column_names=["unit_price", "unitPrice"],
            sortable_column_names=[],
            searchable_column_names=[],
            default_sort_column_name="id",
            external_casing="camelCase",
        )


def test_a_column_can_be_named_alone_and_with_its_table(build: Build) -> None:
    """It is shown once."""
    search = build(readable_column_names=["company.name", "id", "company"])

    assert list(ask(search, {"limit": 1})["data"][0]) == ["company", "id"]
    assert list(ask(search, {"limit": 1})["data"][0]["company"]) == ["name", "id"]


def test_bytes_cannot_be_shown(session: al.Session) -> None:
    """JSON has no form for them; they can be searched for null."""
    table = session.create_table("t", data_types={"id": "int64", "b": "binary"}, keys={"id"})
    table.load(pd.DataFrame({"id": [1, 2], "b": [b"x", None]}))

    def built(*readable: str) -> al.AdvancedSearch:
        return al.AdvancedSearch(
            table=table,
            readable_column_names=readable,
            sortable_column_names=[],
            searchable_column_names=["b"],
            default_sort_column_name="id",
        )

    with pytest.raises(InvalidEndpoint, match='"b" is binary'):
        built("id", "b")
    assert ids(ask(built("id"), {"where": [{"column": "b", "operator": "is null"}]})) == [2]


def test_conditions_about_other_tables_are_refused(build: Build, serving: al.Session) -> None:
    """When the endpoint is built, not at the first request."""
    other = other_table(serving)
    with pytest.raises(InvalidEndpoint, match="does not fit its tables"):
        build(where=[other["id"] == "c1"])
    companies = serving.tables["companies"]
    found = ask(build(where=[companies["name"] == "Acme"]), {"limit": 200})
    assert {row["company"]["name"] for row in found["data"]} == {"Acme"}


def test_limits_of_one_request_can_be_chosen(build: Build) -> None:
    """Each is a parameter."""
    search = build(most_conditions=1, most_values=1, most_facets=1, most_aggregates=1)
    one = {"column": "id", "operator": "in", "value": [1]}

    assert ids(ask(search, {"where": [one], "facets": ["name"]})) == [1]
    for body in (
        {"where": [one, one]},
        {"where": [{**one, "value": [1, 2]}]},
        {"facets": ["id", "name"]},
        {"group_by": ["id", "name"]},
    ):
        with pytest.raises(al.AtomliteError, match="more than 1"):
            ask(search, body)
