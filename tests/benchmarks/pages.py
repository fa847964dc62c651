"""The searches that are compared, as each product is asked for them, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.benchmarks.asking import Ask
from tests.benchmarks.orders import PRIORITIES
from tests.benchmarks.people import FIRST_NAMES

PAGE = 50
_GOLDEN = 0.618_033_988_749_895  # Its multiples modulo 1 all differ, evenly spread.
_SPELLINGS = (str.lower, str.upper, str.title, str.swapcase)
ORDER_COLUMNS = ("o_orderkey", "o_clerk", "o_totalprice", "o_orderdate", "o_orderpriority")


@dataclass(frozen=True, slots=True)
class Answer:
    """A page as any product gives it: how many rows match, if it says so, and the rows."""

    total: int | None
    rows: Sequence[Mapping[str, object]]

    def difference(self, other: Answer, sort: str, key: str) -> str:
        """Return how another answer to the same search differs, or an empty text.

        Not everybody breaks ties, so the rows that share the first or the last sort value of a page
        may be any of those that have it.
        """
        if self.total != other.total:
            return f"total {self.total} and {other.total}"
        values, others = ([row[sort] for row in answer.rows] for answer in (self, other))
        if values != others or len(values) != PAGE:
            return f"sort values {values[:3]}... and {others[:3]}..."
        cut = {values[0], values[-1]}
        sure, other_sure = (
            {row[key] for row in answer.rows if row[sort] not in cut} for answer in (self, other)
        )
        return f"keys {sure ^ other_sure}" if sure != other_sure else ""


def _near(number: int, least: float, width: float) -> float:
    return least + number * _GOLDEN % 1 * width


def people_values(number: int) -> tuple[int, float]:
    """Return the level and the score below which a search looks; they match 4 % of the people."""
    return 1 + number % 5, _near(number, 19.5, 1)


def people_search(target: str, number: int) -> list[Ask]:
    """Ask an AdvancedSearch, ours or that of clear-skies, for people by name."""
    level, score = people_values(number)
    where = [
        {"column": "level", "operator": "=", "value": level},
        {"column": "score", "operator": "<", "value": score},
    ]
    sort = [{"column": "name", "direction": "asc"}]
    return [Ask("POST", target, {"where": where, "sort": sort, "limit": PAGE})]


def grid_search(target: str, number: int) -> list[Ask]:
    """Ask a DbGrid, ours or that of pokie: 2 % of the people, by a part of the name, by name."""
    name = FIRST_NAMES[number // 5 % len(FIRST_NAMES)]
    spelled = _SPELLINGS[number // 50 % len(_SPELLINGS)](name[-3:])
    query = f"match=level:{1 + number % 5}&search={spelled}&sort=name&limit={PAGE}"
    return [Ask("GET", f"{target}?{query}&offset={number // 200}")]


def orders_search(target: str, number: int, *, total: bool, sort: bool = True) -> list[Ask]:
    """Ask our AdvancedSearch: 4 % of the orders, by clerk."""
    where = [
        {"column": "o_orderpriority", "operator": "=", "value": PRIORITIES[number % 5]},
        {"column": "o_totalprice", "operator": "<", "value": _near(number, 64_000, 2_000)},
    ]
    body: dict[str, object] = {"where": where, "limit": PAGE}
    if sort:
        names = ("o_clerk", "o_orderkey")
        body["sort"] = [{"column": name, "direction": "asc"} for name in names]
    if not total:
        body["count"] = "none"
    return [Ask("POST", target, body)]


def datap_search(target: str, number: int, *, total: bool, sort: bool = True) -> list[Ask]:
    """Ask datap-rs for the same; a total takes a second request there."""
    predicates = [
        {"col": "o_orderpriority", "op": "eq", "val": PRIORITIES[number % 5]},
        {"col": "o_totalprice", "op": "lt", "val": _near(number, 64_000, 2_000)},
    ]
    page: dict[str, object] = {"columns": ORDER_COLUMNS, "predicates": predicates}
    page |= {"page": 1, "page_size": PAGE}
    if sort:
        page["order_by"] = [{"col": name} for name in ("o_clerk", "o_orderkey")]
    asks = [Ask("POST", f"{target}/query", page)]
    return [*asks, Ask("POST", f"{target}/count", {"predicates": predicates})] if total else asks


def search_answer(bodies: Sequence[object]) -> Answer:
    """Read the envelope of AdvancedSearch."""
    body = _mapping(bodies[0])
    return _answer(_mapping(body["pagination"])["number_results"], body["data"])


def grid_answer(bodies: Sequence[object]) -> Answer:
    """Read the envelope of DbGrid."""
    data = _mapping(_mapping(bodies[0])["data"])
    return _answer(data["total"], data["items"])


def datap_answer(bodies: Sequence[object]) -> Answer:
    """Read a page of datap-rs and, if it was asked for, the count."""
    total = _mapping(bodies[1])["count"] if len(bodies) > 1 else None
    return _answer(total, _mapping(bodies[0])["data"])


def _answer(total: object, rows: object) -> Answer:
    assert total is None or isinstance(total, int)
    assert isinstance(rows, list)
    return Answer(total, rows)


def _mapping(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value
