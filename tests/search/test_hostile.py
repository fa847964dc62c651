"""What clients send to take time, memory or a failure from the server."""

from __future__ import annotations

import json
import time
import tracemalloc
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

import atomlite as al
from atomlite.errors import InvalidSearch
from atomlite.search.body import read_object
from tests.search.conftest import Build, ask

LONG = "x" * 300_000


def test_a_key_that_comes_twice_is_found_in_the_time_of_one_look() -> None:
    """However many others there are."""
    keys = [f'"k{number}":0' for number in range(100_000)]
    body = f"{{{','.join([*keys, keys[-1]])}}}".encode()
    start = time.thread_time()
    with pytest.raises(InvalidSearch, match='"k99999" twice'):
        read_object(body)
    assert time.thread_time() - start < 3


@pytest.mark.parametrize(
    "body",
    [
        {LONG: 1},
        {"where": [{"column": LONG, "operator": "=", "value": 1}]},
        {"where": [{"column": "name", "operator": LONG, "value": 1}]},
        {"where": [{"and": [{}], LONG: 1}]},
        {"sort": [{"column": LONG, "direction": "asc"}]},
        {"sort": [{"column": "id", "direction": LONG}]},
        {"sort": [{"column": "id", "direction": "asc", LONG: 1}]},
        {"sort": [{"column": "id", "direction": "asc", "nulls": LONG}]},
        {"count": LONG},
        {"paging": LONG},
        {"paging": "cursor", "cursor": LONG},
        {"facets": [LONG]},
        {"group_by": [LONG]},
        {"aggregates": [{"function": LONG}]},
        {"aggregates": [{"function": "sum", "column": LONG}]},
        {"aggregates": [{"function": "count", "name": LONG}]},
        {"aggregates": [{"function": "count", LONG: 1}]},
    ],
    ids=lambda body: json.dumps(body).replace(LONG, "LONG"),
)
def test_an_error_does_not_repeat_what_is_long(build: Build, body: dict[str, Any]) -> None:
    """It shows the beginning, and is written at once."""
    endpoint = build()
    start = time.thread_time()
    with pytest.raises(InvalidSearch) as caught:
        ask(endpoint, body)
    assert time.thread_time() - start < 1
    assert len(str(caught.value)) + len(json.dumps(caught.value.details)) < 2_000


def test_a_key_twice_is_named_in_short() -> None:
    """As all other keys."""
    with pytest.raises(InvalidSearch) as caught:
        read_object(f'{{"{LONG}": 1, "{LONG}": 2}}'.encode())
    assert len(str(caught.value)) < 400


def test_large_values_do_not_fill_the_memory(build: Build) -> None:
    """Finished results are kept under keys that are small, whatever was asked."""
    endpoint = build()

    def asked(number: int) -> None:
        where = {"column": "name", "operator": "=", "value": f"{number}{LONG}"}
        assert ask(endpoint, {"where": [where]})["data"] == []

    for number in range(3):
        asked(number)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(3, 63):
            asked(number)
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert taken < 10 * len(LONG)


@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson", "text/csv"])
def test_sums_of_the_largest_decimals_are_refused_or_exact(accept: str) -> None:
    """Never a failure of the server, nor a number that is not the sum."""
    kind = pa.decimal128(38, 2)
    nines = Decimal("9" * 36 + ".99")
    with al.Session.start() as session:
        table = session.create_table("wide", data_types={"id": "int64", "d": kind}, keys={"id"})
        table.load(pa.table({"id": range(300), "d": pa.array([nines] * 300, kind)}))
        endpoint = al.AdvancedSearch(
            table=table,
            readable_column_names=["id", "d"],
            searchable_column_names=["id"],
            sortable_column_names=["id"],
            default_sort_column_name="id",
        )
        total = [{"column": "d", "function": "count"}, {"column": "d", "function": "sum"}]
        with pytest.raises(InvalidSearch, match=r'entry #2 of the aggregates, the sum of "d"'):
            ask(endpoint, {"aggregates": total}, headers={"accept": accept})
        mean = ask(endpoint, {"aggregates": [{"column": "d", "function": "mean"}]})
        one = [{"column": "id", "operator": "=", "value": 7}]
        alone = ask(endpoint, {"aggregates": total[1:], "where": one})
    assert mean["data"] == [{"d_mean": 1e36}]
    assert alone["data"] == [{"d_sum": str(nines)}]


def test_a_name_that_nothing_has_is_shown_in_short(build: Build) -> None:
    """Also by errors of tables, which an endpoint of the user's own may let through."""
    table = build().listing.table
    with pytest.raises(al.errors.ColumnNotFound) as caught:
        table[LONG]
    assert len(str(caught.value)) < 500
    assert len(json.dumps(caught.value.details)) < 1_000
    with pytest.raises(al.errors.TableNotFound) as missing:
        raise al.errors.TableNotFound(LONG, known=["people"])
    assert len(f"{missing.value}{missing.value.details}") < 500
