from __future__ import annotations

import atomlite as al


def test_values_are_counted_and_not_shown(cube: al.Cube) -> None:
    """As what is bound to the statement, in text and in HTML."""
    cities = cube.levels["City"].isin("Paris", "Rome")
    explanation = cube.query("Price.SUM", levels="City", filter=cities, explain=True)

    assert "\nBound values: 2 (not shown)\n" in repr(explanation)
    assert "Bound values" in explanation._repr_html_()
    assert "\nCells:        2\n" in repr(explanation)


def test_without_values_there_is_no_line_about_them(cube: al.Cube) -> None:
    """Zero of them would read as a mistake."""
    explanation = cube.query("Price.SUM", levels="City", explain=True)

    assert explanation.parameters == ()
    assert "values" not in repr(explanation).partition("SELECT")[0].lower()
    assert "Bound values" not in explanation._repr_html_()


def test_an_aggregate_table_goes_by_its_own_name(cube: al.Cube) -> None:
    """Not by the one that the engine has for it."""
    cube.aggregates.add(levels=["City"], measures=["Price.SUM"], name="by #city")
    explanation = cube.query("Price.SUM", levels="City", explain=True)

    assert explanation.source == "by #city"
    assert "Source: by #city\n" in repr(explanation)
