from __future__ import annotations

import pytest

import atomlite as al
from atomlite.errors import QueryFailed, RowsRejected
from atomlite.sql import without_literals


def _all_text(trace: al.Trace) -> str:
    return "".join(str(span) for span in trace.spans) + str(trace) + trace._repr_html_()


def test_a_rejected_value_enters_no_span(session: al.Session) -> None:
    """The caller sees the value that does not fit; a span, which is exported, says the code."""
    table = session.create_table("T", data_types={"card": "int64"})
    with session.trace() as trace, pytest.raises(RowsRejected, match="4111-SECRET"):
        table += ("4111-SECRET",)

    assert "SECRET" not in _all_text(trace)
    assert "rows_rejected" in _all_text(trace)
    assert "Traceback" in _all_text(trace)


def _fail_because_of(session: al.Session, query: str) -> None:
    try:
        session.sql(query)
    except QueryFailed as error:
        raise ValueError("mine") from error


def test_a_value_that_caused_another_error_enters_no_span(session: al.Session) -> None:
    """What a program raises from such an error is recorded; the cause keeps its values."""
    query = "SELECT CAST('" + "secret".upper() + "' AS INTEGER)"  # else the source would show it
    with session.trace() as trace, pytest.raises(ValueError, match="mine"), session.trace("inner"):
        _fail_because_of(session, query)

    assert "SECRET" not in _all_text(trace)
    assert "ValueError: mine" in _all_text(trace)


def test_an_error_without_values_is_recorded_as_it_is(session: al.Session) -> None:
    """Names of tables and columns are no data."""
    table = session.create_table("Gone", data_types={"a": "int64"})
    del session.tables["Gone"]
    with session.trace() as trace, pytest.raises(KeyError):
        table.head()

    assert "No table named" in str([span.error for span in trace.spans])


def test_constants_of_typed_sql_enter_no_span(session: al.Session) -> None:
    """The text of `Session.sql` is recorded with its shape alone."""
    with session.trace() as trace:
        session.sql("SELECT 'TOP SECRET' AS a, 4711 AS b")

    assert "SECRET" not in _all_text(trace)
    assert "4711" not in _all_text(trace)
    assert "SELECT ? AS a, ? AS b" in _all_text(trace)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT 'it''s'", "SELECT ?"),
        ("SELECT $$a'b$$", "SELECT ?"),
        ("SELECT $q$a'b$q$", "SELECT ?"),
        ('SELECT "5\'s" FROM t1 WHERE a=1.5e3', 'SELECT "5\'s" FROM t1 WHERE a=?'),
        ("SELECT a -- 'x\nFROM t /* 'y */ LIMIT 5", "SELECT a \nFROM t  LIMIT ?"),
    ],
)
def test_constants_are_found_in_every_form(text: str, shown: str) -> None:
    """Quoted names stay, constants and comments go."""
    assert without_literals(text) == shown
