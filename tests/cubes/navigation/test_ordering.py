"""The order of members, beside Python's own sort."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atomlite.cubes.model import ColumnOrder, CustomOrder, LevelOrder, NaturalOrder
from atomlite.cubes.query import Query
from atomlite.expressions.columns import Column
from atomlite.measures.coordinates import HierarchyKey
from atomlite.measures.nodes import Aggregation, Total
from tests.cubes.navigation.cubes import FACTS, Cube

_TEXT = st.text(st.sampled_from("ab/:0 19ä🙂\0\n"), max_size=6) | st.text(max_size=4)


def _members(data_type: pa.DataType, values: list[Any], order: LevelOrder) -> list[Any]:
    rows = [{"member": value, "by": number % 3} for number, value in enumerate(values)]
    columns = {"member": data_type, "by": pa.int64()}
    cube = Cube(columns, rows, {"Members": ("member",)}, orders={"member": order})
    try:
        query = Query(("m",), (cube.level("member").key,))
        return [line.members[0] for line in cube.found(query, m=Aggregation("count"))]
    finally:
        cube.close()


def _natural(text: str) -> tuple[list[tuple[int, int]], str]:
    runs = re.findall(r"[0-9]+|[^0-9]", text)
    return [
        (48, int(run)) if run.isascii() and run.isdigit() else (ord(run), 0) for run in runs
    ], text


@settings(max_examples=max(20, settings().max_examples // 10), deadline=None)
@given(texts=st.lists(_TEXT, unique=True, max_size=12))
def test_digits_in_text_count_as_numbers(texts: list[str]) -> None:
    """All else goes by code points, and equal numbers by their text."""
    found = _members(pa.string(), [*texts, None], NaturalOrder())

    assert found == [*sorted(texts, key=_natural), None]


def test_numbers_in_text_may_be_long() -> None:
    """Longer than any integer of the engine."""
    texts = ["n" + "9" * 40, "n1" + "0" * 40, "n" + "0" * 50 + "5", "n5", "n12", "n1" + "0" * 9]

    found = _members(pa.string(), texts, NaturalOrder())

    assert found == sorted(texts, key=_natural)


@pytest.mark.parametrize(
    ("data_type", "values"),
    [
        (pa.string(), ["Item 2", "Item 10", "item"]),
        (pa.int64(), [-5, 0, 3]),
        (pa.float64(), [-0.5, 2.0, float("inf")]),
        (pa.bool_(), [False, True]),
        (pa.date32(), [date(1969, 1, 1), date(2024, 2, 29)]),
    ],
)
def test_null_is_last_in_both_directions(data_type: pa.DataType, values: list[Any]) -> None:
    """It is no value that could be greatest or smallest."""
    shuffled = [None, *values[1:], values[0]]

    assert _members(data_type, shuffled, NaturalOrder()) == [*values, None]
    assert _members(data_type, shuffled, NaturalOrder(ascending=False)) == [*values[::-1], None]


def test_listed_members_come_first() -> None:
    """Then the others in natural order; what no member is, or is listed again, changes nothing."""
    order = CustomOrder(("c", "nobody", "a 10", None, "c"))

    found = _members(pa.string(), ["a 9", None, "b", "c", "a 10"], order)

    assert found == ["c", "a 10", "a 9", "b", None]


def test_listed_numbers_need_not_fit_the_column() -> None:
    """2.5 is no member of a column of integers."""
    order = CustomOrder((2.5, 3, 10**30))

    assert _members(pa.int8(), [1, 2, 3], order) == [3, 1, 2]


@pytest.mark.parametrize(
    ("ascending", "expected"), [(True, ["d", "a", "b", "c"]), (False, ["c", "b", "a", "d"])]
)
def test_members_follow_the_smallest_value_of_a_column(
    ascending: bool, expected: list[str]
) -> None:
    """Equal ones follow in natural order, whichever the direction."""
    order = ColumnOrder(Column(FACTS, "by", pa.int64()), ascending=ascending)

    found = _members(pa.string(), ["d", "b", "c"], order)

    assert found == [member for member in expected if member != "a"]
    assert _members(pa.string(), ["z 10", "y", "x", "z 9"], order) == (
        ["z 9", "z 10", "y", "x"] if ascending else ["x", "y", "z 9", "z 10"]
    )


def test_equal_numbers_in_text_are_in_the_order_of_their_text() -> None:
    """Zeros before a number do not count, but for this."""
    texts = [f"{tail}{'0' * zeros}7" for tail in ("", "n", "m") for zeros in range(20)]

    for given_texts in (texts, texts[::-1], texts[1::2] + texts[::2]):
        assert _members(pa.string(), given_texts, NaturalOrder()) == sorted(texts, key=_natural)


def test_the_first_member_of_a_level_in_the_order_of_a_column() -> None:
    """A slicing hierarchy that is not asked for stays there, beside its own total."""
    columns = {"price": pa.int64(), "amount": pa.int64()}
    rows = [
        {"price": price, "amount": amount}
        for price, amount in [(1, 5), (1, 9), (2, 7), (2, 8), (None, 1)]
    ]
    by_amount = ColumnOrder(Column(FACTS, "amount", pa.int64()), ascending=False)
    cube = Cube(
        columns, rows, {"Price": ("price",)}, orders={"price": by_amount}, slicing=["Price"]
    )
    amount = Aggregation("sum", cube.column("amount"))
    query = Query(("count", "total"), ())
    try:
        measures = {
            "count": Aggregation("count"),
            "total": Total(amount, (HierarchyKey("D", "Price"),)),
        }
        (line,) = cube.found(query, **measures)
        assert line.values == (2, 15)
        assert not cube.wrong(query, **measures)
    finally:
        cube.close()
