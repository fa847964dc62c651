"""Periods of ISO 8601."""

from __future__ import annotations

import pytest

from atomlite.errors import InvalidArgument
from atomlite.measures.periods import Period, parse_period


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("P1Y", Period(12, 0, 0)),
        ("-P1Y2M", Period(-14, 0, 0)),
        ("+P3M", Period(3, 0, 0)),
        ("P1W2D", Period(0, 9, 0)),
        ("-P1DT2H", Period(0, -1, -7_200_000_000)),
        ("PT1M1.5S", Period(0, 0, 61_500_000)),
        ("PT0S", Period(0, 0, 0)),
    ],
)
def test_periods(text: str, expected: Period) -> None:
    """A sign in front turns the whole around."""
    assert parse_period(text) == expected


@pytest.mark.parametrize(
    "text",
    ["", "P", "PT", "1M", "P1H", "PT1Y", "P-1M", "P1.5D", "P1M1Y", "p1m", "P1DT", "P1M ", 1, None],
)
def test_what_is_no_period(text: object) -> None:
    """The error shows what one looks like."""
    with pytest.raises(InvalidArgument, match="P1M"):
        parse_period(text)


@pytest.mark.parametrize(("text", "sign"), [("P1M", 1), ("-PT1S", -1), ("P0D", 0)])
def test_the_sign_of_a_period(text: str, sign: int) -> None:
    """Ahead, back, or neither."""
    assert parse_period(text).sign == sign
