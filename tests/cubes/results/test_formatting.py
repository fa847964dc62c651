from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atomlite.cubes.results.formatting import check_formatter, digits_after_point, formatted

MOMENT = dt.datetime(2026, 1, 31, 8, 5, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "formatter", "text"),
    [
        (None, None, ""),
        (None, ",.2f", ""),
        (1234567, None, "1,234,567"),
        (1234.5, None, "1,234.50"),
        (0.0, None, "0.00"),
        (-0.0, None, "0.00"),
        (0.0034, None, "0.0034"),
        (-1.3e-9, None, "-1.3e-09"),
        (1.5e300, None, "1.5e+300"),
        (math.nan, None, "nan"),
        (math.inf, None, "inf"),
        (Decimal("1234.500"), None, "1,234.500"),
        (True, None, "True"),
        ("Paris", None, "Paris"),
        ([1234, None], None, "[1,234, None]"),
        (dt.date(2026, 1, 31), None, "2026-01-31"),
        (MOMENT, None, "2026-01-31 08:05:09+00:00"),
        (1234.5, ",.1f", "1,234.5"),
        (7, "05d", "00007"),
        (0.256, ".0%", "26%"),
        ("Paris", ",.1f", "Paris"),
        (dt.date(2026, 1, 31), ",.1f", "2026-01-31"),
        (1234.5, "DOUBLE[#,##0.00]", "1,234.50"),
        (0.5, "DOUBLE[#.##]", ".5"),
        (0, "DOUBLE[#.##]", "0"),
        (1234.567, "DOUBLE[0.0#]", "1234.57"),
        (0.256, "DOUBLE[0.0%]", "25.6%"),
        (12, "DOUBLE[$ #,##0.00]", "$ 12.00"),
        (-12.5, "DOUBLE[#,##0.0;(#,##0.0)]", "(12.5)"),
        (-0.001, "DOUBLE[0.00]", "0.00"),
        (2.5, "DOUBLE[0]", "3"),
        (Decimal("2.675"), "DOUBLE[0.00]", "2.68"),
        (math.nan, "DOUBLE[0.00]", "nan"),
        (7, "DOUBLE[000.0]", "007.0"),
        (1234567, "INT[#,###]", "1,234,567"),
        (-1234567, "INT[#,###]", "-1,234,567"),
        ("Paris", "INT[#,###]", "Paris"),
        (1e308, "INT[#]", f"1{'0' * 308}"),
        (MOMENT, "DATE[yyyy-MM-dd HH:mm:ss]", "2026-01-31 08:05:09"),
        (MOMENT, "DATE[d/M/yy 'at' H.m]", "31/1/26 at 8.5"),
        (dt.date(987, 1, 2), "DATE[yyyy]", "0987"),
        ("Paris", "DATE[yyyy]", "Paris"),
    ],
)
def test_a_value_is_shown_as_its_formatter_says(
    value: object, formatter: str | None, text: str
) -> None:
    """Numbers, dates and texts, with and without a formatter, fitting or not."""
    assert formatted(value, formatter) == text


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ([1.0, 0.0082, 0.09], ["1.0000", "0.0082", "0.0900"]),
        ([0.0027, -0.00048, 4.9e-05], ["0.002700", "-0.000480", "0.000049"]),
        ([1234.5, 0.0, 12.126], ["1,234.50", "0.00", "12.13"]),
        ([1.5, 1.1e-17], ["1.50", "1.1e-17"]),
        ([0.004, 1.1e-17, 1.5e300, math.nan], ["0.0040", "1.1e-17", "1.5e+300", "nan"]),
        ([0.004, None, 3, "x"], ["0.0040", "", "3", "x"]),
        ([Decimal("0.001"), 2.5], ["0.001", "2.50"]),
        ([], []),
    ],
)
def test_doubles_of_a_column_have_the_same_digits(values: list[object], texts: list[str]) -> None:
    """As many as the smallest needs; what is next to nothing has a power of ten of its own."""
    digits = digits_after_point(values)

    assert [formatted(value, None, digits) for value in values] == texts


@pytest.mark.parametrize(
    "formatter", [",.2f", "d", ".0%", ">10", "DOUBLE[#,##0.00]", "INT[0]", "DATE[EEE d MMMM]"]
)
def test_a_formatter_is_accepted(formatter: str) -> None:
    """Specifications of Python and the three patterns."""
    check_formatter(formatter)


@pytest.mark.parametrize(
    ("formatter", "reason"),
    [
        ("?!", "neither a format specification"),
        ("1000000000d", "width or precision above 100"),
        ("%Y-%m", "write DATE"),
        ("DOUBLE[]", "no pattern of digits"),
        ("DOUBLE[abc]", "no pattern of digits"),
        (f"DOUBLE[{'#' * 101}]", "more than 100"),
        ("INT[0.0]", "after the point"),
        ("INT[0;x]", "no pattern of digits"),
        ("DATE[]", "1 to 100 characters"),
        ("DATE[yyyy-QQ]", '"QQ" means nothing'),
        ("DATE[MMMMM]", '"MMMMM" means nothing'),
        ("DATE['open]", "means nothing"),
    ],
)
def test_what_is_no_formatter_is_refused_with_the_reason(formatter: str, reason: str) -> None:
    """Width is bounded, so that no formatter can fill the memory."""
    with pytest.raises(ValueError, match=r".") as refused:
        check_formatter(formatter)

    assert reason in str(refused.value)


@given(st.integers(-(10**18), 10**18))
def test_an_integer_pattern_loses_no_digit(number: int) -> None:
    """What is shown reads back as the number."""
    assert int(formatted(number, "INT[#,##0]").replace(",", "")) == number


@given(st.floats(-1e12, 1e12))
def test_a_double_pattern_rounds_to_its_digits(number: float) -> None:
    """What is shown is at most half a unit of the last digit away, by exact arithmetic."""
    text = formatted(number, "DOUBLE[0.00]")

    assert abs(Decimal(text) - Decimal(repr(number))) <= Decimal("0.005")


@given(st.text(max_size=30))
def test_any_text_is_a_formatter_or_refused(text: str) -> None:
    """Nothing but `ValueError` comes out, and what is accepted shows any value."""
    try:
        check_formatter(text)
    except ValueError:
        return
    for value in (1, -1.5, Decimal("0.1"), "x", MOMENT, MOMENT.date(), True, [1]):
        assert isinstance(formatted(value, text), str)
