from __future__ import annotations

import math

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from atomlite.expressions.columns import Nulls
from atomlite.tables.search.narrowing import Kept, sufficient
from atomlite.tables.search.ordering import SortKey


def _key(nulls: Nulls = "last", data_type: pa.DataType | None = None) -> SortKey:
    return SortKey("x", (), data_type or pa.string(), nulls=nulls)


def test_equal_values_at_the_end_of_the_page_are_not_enough() -> None:
    """Others of the same value may come before them by the next key."""
    kept = Kept(2, 4)
    assert not sufficient(_key(), (9, 9), ["a", "b", "b", "b"], kept)
    assert sufficient(_key(), (9, 9), ["a", "b", "b", "c"], kept)
    assert sufficient(_key(), (9, 9), ["a", "b", "c", "c"], kept)


def test_zero_and_its_opposite_are_equal() -> None:
    """As in the engine's order; NaN is equal to itself."""
    numbers = _key(data_type=pa.float64())
    assert not sufficient(numbers, (9, 9), ["-1.0", "-0.0", "0.0"], Kept(2, 3))
    assert not sufficient(numbers, (9, 9), ["1.0", "nan", "nan"], Kept(2, 3))
    assert sufficient(numbers, (9, 9), ["1.0", "2.0", "nan"], Kept(2, 3))


def test_rows_without_a_value_may_belong_to_the_page() -> None:
    """First they do; last they do when there are too few others."""
    assert not sufficient(_key("first"), (9, 8), ["a", "b", "c"], Kept(2, 3))
    assert not sufficient(_key(), (9, 1), ["a"], Kept(2, 3))
    assert sufficient(_key(), (9, 2), ["a", "b"], Kept(2, 3))
    assert sufficient(_key("first"), (2, 2), ["a", "b"], Kept(3, 5))


_VALUES = st.sampled_from([None, math.nan, -0.0, 0.0, 1.0, 2.0, 3.0])


@given(
    values=st.lists(_VALUES, max_size=12),
    wanted=st.integers(1, 6),
    more=st.integers(0, 4),
    first=st.booleans(),
)
def test_where_it_says_so_any_choice_among_equals_holds_the_page(
    values: list[float | None], wanted: int, more: int, first: bool
) -> None:
    """Whichever of equal values were kept, those of the page are among them."""
    rank = {repr(v): n for n, v in enumerate((-0.0, 1.0, 2.0, 3.0, math.nan), 1)} | {"0.0": 1}
    present = sorted((v for v in values if v is not None), key=lambda v: rank[repr(v)])
    kept = Kept(wanted, wanted + more)
    texts = [repr(v) for v in present[: kept.number]]
    key = _key("first" if first else "last", pa.float64())
    if sufficient(key, (len(values), len(present)), texts, kept):
        nulls = [0 if first else 9] * (len(values) - len(present))
        page = sorted([*nulls, *(rank[repr(v)] for v in present)])[:wanted]
        # A row is surely kept when fewer than `number` rows have its value or a smaller one.
        sure = [r for r in page if sum(rank[repr(v)] <= r for v in present) <= kept.number]
        assert len(sure) == len(page)
        assert 0 not in page
        assert page.count(9) == 0
