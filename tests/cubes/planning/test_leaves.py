"""Each aggregate function beside plain Python."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import atomlite as al

EXAMPLES = settings(max_examples=max(20, settings().max_examples // 10))
INTEGERS = st.lists(st.none() | st.integers(-50, 50), max_size=8)
PAIRS = st.lists(
    st.tuples(st.none() | st.integers(-3, 3), st.none() | st.integers(-2, 2)), max_size=8
)


@pytest.fixture(scope="module")
def one_session() -> Any:  # noqa: ANN401 -- a generator fixture
    """Start one session for all drawn values."""
    with al.Session.start() as session:
        yield session


def value_of(session: al.Session, measure: Any, rows: Any, kind: pa.DataType) -> Any:  # noqa: ANN401
    """Return what a measure is for all rows of a table with the columns x and y."""
    columns = {"x": [x for x, _ in rows], "y": [y for _, y in rows]}
    data = pa.table({name: pa.array(values, kind) for name, values in columns.items()})
    table = session.read_arrow(data, table_name="T")
    cube = session.create_cube(table, mode="manual")
    cube.measures["v"] = measure(table["x"], table["y"])
    (value,) = cube.query("v", mode="arrow")["v"].to_pylist()
    return value


def quantile(values: Sequence[float], q: float, mode: str, interpolation: str) -> float:
    """Return a quantile as its definition has it."""
    n = len(values)
    at = {"simple": q * n, "centered": q * n + 0.5, "exc": q * (n + 1), "inc": q * (n - 1) + 1}
    place = max(1.0, min(float(n), at[mode]))
    low, high = values[math.floor(place) - 1], values[math.ceil(place) - 1]
    found = {
        "lower": low,
        "higher": high,
        "midpoint": (low + high) / 2,
        "linear": low + (high - low) * (place - math.floor(place)),
        "nearest": values[round(place) - 1],
    }
    return found[interpolation]


EXPECTED: dict[str, Callable[[list[int]], Any]] = {
    "sum": lambda v: sum(v) if v else None,
    "mean": lambda v: statistics.fmean(v) if v else None,
    "min": lambda v: min(v, default=None),
    "max": lambda v: max(v, default=None),
    "median": lambda v: float(statistics.median(v)) if v else None,
    "prod": lambda v: float(math.prod(v)) if v else None,
    "count": len,
    "count_distinct": lambda v: len(set(v)),
    "distinct": lambda v: sorted(set(v)) or None,
    "long": lambda v: sum(x for x in v if x > 0) if v else None,
    "short": lambda v: sum(x for x in v if x < 0) if v else None,
    "single_value": lambda v: v[0] if len(set(v)) == 1 else None,
    "square_sum": lambda v: sum(x * x for x in v) if v else None,
    "std": lambda v: statistics.stdev(v) if len(v) > 1 else None,
    "var": lambda v: float(statistics.variance(v)) if len(v) > 1 else None,
}


@pytest.mark.parametrize("function", EXPECTED)
@given(values=INTEGERS)
@EXAMPLES
def test_nulls_are_passed_over(one_session: al.Session, function: str, values: list[Any]) -> None:
    """A value is made of those that are there; without any row there is none, counts too."""
    made = getattr(al.agg, function)
    found = value_of(
        one_session, lambda x, _: made(x), [(value, None) for value in values], pa.int64()
    )

    there = [value for value in values if value is not None]
    expected = EXPECTED[function](there) if values else None
    assert found == (pytest.approx(expected) if isinstance(expected, float) else expected)


@given(
    values=st.lists(st.integers(-20, 20), min_size=1, max_size=9),
    q=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0]),
    mode=st.sampled_from(["simple", "centered", "inc", "exc"]),
    interpolation=st.sampled_from(["linear", "higher", "lower", "nearest", "midpoint"]),
)
@example(values=[1, 2, 3, 4], q=0.5, mode="inc", interpolation="nearest")
@EXAMPLES
def test_quantiles(
    one_session: al.Session,
    values: list[int],
    q: float,
    mode: Any,  # noqa: ANN401 -- one of some texts
    interpolation: Any,  # noqa: ANN401 -- as above
) -> None:
    """Each mode says where the quantile lies, each interpolation what there is between values."""
    found = value_of(
        one_session,
        lambda x, _: al.agg.quantile(x, q, mode=mode, interpolation=interpolation),
        [(value, None) for value in values],
        pa.int64(),
    )

    assert found == pytest.approx(quantile(sorted(values), q, mode, interpolation))


@given(rows=PAIRS)
@EXAMPLES
def test_first_and_last_follow_another_column(
    one_session: al.Session, rows: list[tuple[Any, Any]]
) -> None:
    """Of rows with equal places, the first takes the smallest value and the last the greatest."""
    found = [
        value_of(one_session, lambda x, y: al.agg.first(x, by=y), rows, pa.int64()),
        value_of(one_session, lambda x, y: al.agg.last(x, by=y), rows, pa.int64()),
    ]

    there = sorted((y, x) for x, y in rows if x is not None and y is not None)
    assert found == ([there[0][1], there[-1][1]] if there else [None, None])


@given(rows=PAIRS)
@EXAMPLES
def test_sum_product(one_session: al.Session, rows: list[tuple[Any, Any]]) -> None:
    """A product with null is none."""
    found = value_of(one_session, al.agg.sum_product, rows, pa.int64())

    there = [x * y for x, y in rows if x is not None and y is not None]
    assert found == (sum(there) if there else None)


@pytest.mark.parametrize("spread", [al.agg.std, al.agg.var])
@pytest.mark.parametrize("mode", ["sample", "population"])
@pytest.mark.parametrize("value", [math.nan, math.inf, 3.0])
def test_the_spread_of_one_value(session: al.Session, spread: Any, mode: Any, value: float) -> None:  # noqa: ANN401
    """It is none of a sample; of all it is 0, unless the value has no distance to itself."""
    found = value_of(session, lambda x, _: spread(x, mode=mode), [(value, None)], pa.float64())

    if mode == "sample":
        assert found is None
    else:
        assert found == pytest.approx(0.0 if value == 3.0 else math.nan, nan_ok=True)


def test_sums_of_decimals_are_exact(session: al.Session) -> None:
    """They have more digits than doubles."""
    rows = [(Decimal("12345678901234.56"), None)] * 3
    kind = pa.decimal128(16, 2)

    assert value_of(session, lambda x, _: al.agg.sum(x), rows, kind) == Decimal("37037036703703.68")
    assert value_of(session, lambda x, _: al.agg.median(x), rows, kind) == 12345678901234.56
    assert value_of(session, lambda x, _: al.agg.mean(x), rows, kind) == 12345678901234.56


def test_the_mean_of_the_widest_decimals(session: al.Session) -> None:
    """Their sum has no decimal; the mean has a double."""
    rows = [(Decimal("9" * 38), None)] * 3

    found = value_of(session, lambda x, _: al.agg.mean(x), rows, pa.decimal128(38, 0))

    assert found == pytest.approx(1e38)


def test_a_sum_beyond_64_bits_is_refused(session: al.Session) -> None:
    """It never wraps."""
    with pytest.raises(al.errors.ResultTooLarge):
        value_of(session, lambda x, _: al.agg.sum(x), [(2**62, None)] * 2, pa.int64())
