from __future__ import annotations

from atomlite.display.overviews import Line, html_overview, text_overview

_GOOD = Line("12:00:00.000", "GET /a", "200", 0.001, 1)
_BAD = Line("12:00:01.000", "GET /<long>", "500", 0.004, 4, failed=True)


def test_lines_are_aligned_and_failures_marked() -> None:
    """Rule: one line each, in columns."""
    assert text_overview([_GOOD, _BAD], kept=1_000).splitlines() == [
        "2 traces, newest last; at most 1,000 are kept.",
        "12:00:00.000  GET /a       200       1.00 ms       1 span",
        "12:00:01.000  GET /<long>  500       4.00 ms      4 spans  ✗",
    ]


def test_an_empty_list_says_so() -> None:
    """Rule: nothing is said of nothing."""
    assert text_overview([], kept=5) == "No traces yet; at most 5 are kept."
    assert "No traces yet; at most 5 are kept." in html_overview([], kept=5)


def test_bars_compare_durations() -> None:
    """Rule: the longest is the whole width, a failure is red, and all is escaped."""
    html = html_overview([_GOOD, _BAD], kept=5)
    assert "width:25.00%" in html
    assert "width:100.00%" in html
    assert html.count('<tr class="al-trace-row al-trace-bad">') == 1
    assert "GET /&lt;long&gt;" in html
