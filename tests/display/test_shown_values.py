from __future__ import annotations

import io
import re
import sys
from xml.etree import ElementTree as ET

import pytest

from atomlite.display.diagrams import Diagram, table_diagram
from atomlite.display.facts import fact_table
from atomlite.display.grids import Grid
from atomlite.display.links import WebLink
from atomlite.display.pictures import picture
from atomlite.display.progress import progress
from atomlite.http.endpoints import Endpoints

_ENTITY = re.compile(r'  "[^"%\r\n\v\b\\]+" \{')
_ATTRIBUTE = re.compile(r'    [A-Za-z_]\w* [A-Za-z_]\w*( PK)?( "[^"\n]*")?')
_LINK = re.compile(r'  "[^"%\r\n\v\b\\]+" \}o--o[|{] "[^"%\r\n\v\b\\]+" : "[^"\n]*"')
_ODD = ['a"b', "50%", "back\\slash", "line\nbreak", "1st", "é😀", "--", "{", "x y", "PK"]


@pytest.mark.parametrize("name", _ODD)
def test_a_diagram_is_well_formed_whatever_the_names(name: str) -> None:
    """Its lines are those of Mermaid's grammar; odd names stay readable beside the safe ones."""
    code = table_diagram(
        [(name, [(name, "list<item: int64>", True), ("plain", "int64", False)])],
        [(name, "T", [(name, "x"), ("same", "same")], True), ("T", name, [("a", "a")], False)],
    ).code.splitlines()
    assert code[0] == "erDiagram"
    assert _ENTITY.fullmatch(code[1])
    assert _ATTRIBUTE.fullmatch(code[2])
    assert code[3:5] == ["    int64 plain", "  }"]
    assert all(_LINK.fullmatch(line) for line in code[5:])


def test_a_name_of_nothing_but_what_mermaid_lacks_is_shown_as_a_line() -> None:
    """An empty name would be an error of syntax."""
    assert table_diagram([("%\\", [("a", "int64", False)])], []).code.splitlines()[1] == '  "_" {'


def test_a_diagram_is_drawn_where_it_can_be() -> None:
    """And is text elsewhere."""
    diagram = Diagram("erDiagram")
    assert str(diagram) == repr(diagram) == "erDiagram"
    assert diagram._repr_mimebundle_(include=None) == {
        "text/vnd.mermaid": "erDiagram",
        "text/plain": "erDiagram",
    }


def test_a_page_that_cannot_draw_mermaid_shows_a_picture() -> None:
    """Rule: an SVG of tables, columns, keys and links; JupyterLab ranks HTML above Mermaid."""
    bundle = table_diagram(
        [("Sales & <co>", [("Shop\x00", "string", True), ("n", "int64", False)]), ("T", [])],
        [("Sales & <co>", "T", [("Shop", "Name")], True)],
    )._repr_mimebundle_()
    assert set(bundle) == {"text/vnd.mermaid", "image/svg+xml", "text/plain"}
    texts = [each.text for each in ET.fromstring(bundle["image/svg+xml"]) if each.text]  # noqa: S314 -- our own
    assert texts == [
        "Sales & <co>",
        "Shop   string  PK",
        "n      int64 ",
        "T",
        "Sales & <co> → T: Shop = Name",
    ]


def test_a_picture_of_many_tables_goes_down_and_not_to_the_right() -> None:
    """Rule: boxes fill rows."""
    svg = picture([("T" * 40, [])] * 10, [])
    assert int(ET.fromstring(svg).attrib["width"]) <= 940  # noqa: S314 -- our own
    assert svg.count("<rect") == 11


@pytest.mark.parametrize(
    "html",
    [
        Grid("t", ("a",), [("b",)]).html(),
        fact_table("t", [("a", "b")]),
        Endpoints()._repr_html_(),
    ],
)
def test_no_cell_takes_the_alignment_of_the_page(html: str) -> None:
    """Rule: JupyterLab aligns cells to the right; every cell of ours says otherwise."""
    cells = re.findall(r"<(?:td|th|caption)\b[^>]*>", html)
    assert cells
    assert all("text-align:left" in cell for cell in cells)


def test_a_grid_without_rows_is_its_title() -> None:
    """As text and as HTML."""
    empty = Grid("<no>", ("a",), [])
    assert empty.text() == "<no>"
    assert "<thead>" not in empty.html()
    assert "&lt;no&gt;" in empty.html()


def test_html_is_escaped() -> None:
    """Names and values may hold anything."""
    assert "<script>" not in Grid("<script>", ("<script>",), [("<script>",)]).html()
    assert "<script>" not in fact_table("<script>", [("<script>", "<script>")])
    assert "<script>" not in WebLink('http://x/"><script>')._repr_html_()


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_long_work_shows_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short work shows nothing: the bar comes after a while."""
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress("Loading Sales", 4) as advance:
        advance(2)
    assert terminal.getvalue() == ""
    monkeypatch.setattr("atomlite.display.progress._DELAY_SECONDS", 0)
    with progress("Loading Sales", 4) as advance:
        advance(2)
        advance(2)
    assert "Loading Sales" in terminal.getvalue()
    assert "4.00/4.00" in terminal.getvalue()


def test_nothing_is_shown_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log file is no place for a bar."""
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    output = io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    monkeypatch.setattr("atomlite.display.progress._DELAY_SECONDS", 0)
    with progress("Loading", None) as advance:
        advance(1)
    assert output.getvalue() == ""
