from __future__ import annotations

from textwrap import dedent

from atomlite.display.styles import TRACE_STYLE
from atomlite.display.trees import Row, html_tree, text_tree


def _row(depth: int, name: str, *, note: str = "", error: str = "") -> Row:
    return Row(depth=depth, name=name, scope="s", start=0.25, duration=0.5, note=note, error=error)


def _drawn(*rows: Row) -> str:
    return "\n".join(line.split("   5")[0].rstrip() for line in text_tree(rows).splitlines())


def test_lines_join_parents_children_and_siblings() -> None:
    """Rule: a branch is drawn through to the last sibling and not beyond it."""
    assert _drawn(
        _row(0, "a"),
        _row(1, "b"),
        _row(2, "c"),
        _row(3, "d"),
        _row(2, "e"),
        _row(1, "f"),
        _row(2, "g"),
        _row(0, "h"),
        _row(1, "i"),
    ) == dedent(
        """\
        a
        ├── b
        │   ├── c
        │   │   └── d
        │   └── e
        └── f
            └── g
        h
        └── i"""
    )


def test_a_note_stands_below_its_line_within_the_branches() -> None:
    """Rule: SQL below a line belongs to it, and the lines of the tree go on beside it."""
    assert _drawn(
        _row(0, "a"),
        _row(1, "b", note="SELECT\n  1"),
        _row(2, "c", note="last child"),
        _row(1, "d", note="last"),
    ) == dedent(
        """\
        a
        ├── b
        │   │   SELECT 1
        │   └── c
        │       last child
        └── d
            last"""
    )


def test_durations_stand_in_one_column() -> None:
    """Rule: durations are milliseconds, aligned whatever the depth."""
    lines = text_tree([_row(0, "a"), _row(1, "a longer name")]).splitlines()
    assert len({line.index("500.00 ms  [s]") for line in lines}) == 1


def test_errors_and_long_texts_take_one_line() -> None:
    """Rule: a text with breaks or of any length cannot break the tree."""
    (line,) = text_tree([_row(0, "a\nb", error="ValueError: " + "x" * 500)]).splitlines()
    assert line.startswith("a b  ")
    assert "✗ ValueError: xxx" in line
    assert line.endswith("…")


def test_a_deep_tree_is_drawn() -> None:
    """Rule: depth is not bounded by Python's stack."""
    rows = [_row(depth, "x") for depth in range(3_000)]
    assert len(text_tree(rows).splitlines()) == 3_000


def test_no_lines_make_no_text() -> None:
    """Rule: nothing is drawn of nothing, and HTML says so."""
    assert text_tree([]) == ""
    assert "0 spans" in html_tree([], title="nothing")


def test_bars_stand_where_and_as_long_as_the_work_was() -> None:
    """Rule: a bar is placed by start and duration within the whole."""
    rows = [
        Row(depth=0, name="a", scope="s", start=0.0, duration=2.0),
        Row(depth=1, name="b", scope="t", start=0.5, duration=1.0),
    ]
    html = html_tree(rows, title="t")
    assert "left:0.00%;width:100.00%" in html
    assert "left:25.00%;width:50.00%" in html


def test_bars_stay_within_their_track() -> None:
    """Rule: clocks that go back and work of no time are drawn inside the picture."""
    rows = [
        Row(depth=0, name="a", scope="s", start=0.0, duration=1.0),
        Row(depth=1, name="back", scope="s", start=-1.0, duration=-0.5),
        Row(depth=1, name="end", scope="s", start=1.0, duration=0.0),
    ]
    html = html_tree(rows, title="t")
    assert "left:0.00%;width:0.50%" in html
    assert "left:99.50%;width:0.50%" in html
    assert "left:0.00%;width:100.00%" in html_tree(
        [Row(depth=0, name="a", scope="s", start=0.0, duration=0.0)], title="t"
    )


def test_failed_lines_are_marked_and_counted() -> None:
    """Rule: errors are red, and the folded tree says how many there are."""
    html = html_tree([_row(0, "a"), _row(1, "b", error="ValueError: x")], title="t")
    assert html.count('<details class="al-trace-row al-trace-bad">') == 1
    assert "1 failed" in html
    assert "failed" not in html_tree([_row(0, "a")], title="t")


def test_a_large_tree_is_cut_and_says_so() -> None:
    """Rule: a notebook is not filled by one output."""
    html = html_tree([_row(0, "a")] * 503, title="t", remark="Some were dropped.")
    assert html.count('class="al-trace-row"') == 500
    assert "3 more spans are not drawn here" in html
    assert "Some were dropped." in html


def test_details_are_behind_each_line() -> None:
    """Rule: attributes show when a line is opened."""
    row = Row(depth=0, name="a", scope="s", start=0, duration=1, details=[("key", "<value>")])
    html = html_tree([row], title="t")
    assert "<th>key</th><td><pre>&lt;value&gt;</pre></td>" in html


def test_tracebacks_keep_their_lines() -> None:
    """Rule: a value of several lines is neither wrapped nor aligned by the page."""
    row = Row(
        depth=0, name="a", scope="s", start=0, duration=1, details=[("t", "one\n  two"), ("u", "v")]
    )
    html = html_tree([row], title="t")
    assert '<pre class="al-trace-lines">one\n  two</pre>' in html
    assert "<pre>v</pre>" in html
    assert ".al-trace pre.al-trace-lines{white-space:pre!important}" in TRACE_STYLE
    assert "text-align:left!important" in TRACE_STYLE


def test_a_line_shows_that_it_opens() -> None:
    """Rule: a triangle stands before each line, turned down when it is open."""
    assert '.al-trace-name::before{content:"▸ "' in TRACE_STYLE
    assert '.al-trace-row[open]>summary .al-trace-name::before{content:"▾ "' in TRACE_STYLE
