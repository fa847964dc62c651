"""What is known without a query: pages and programs ask for it in loops, so it costs nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
import pytest

import atomlite as al


@pytest.fixture(scope="module")
def session() -> Iterator[al.Session]:
    """Give a session with a table of two rows."""
    with al.Session.start() as session:
        frame = pd.DataFrame({"day": [1, 2], "sold": [5, 7]})
        session.read_pandas(frame, keys={"day"}, table_name="Sales")
        yield session


def _statements(session: al.Session, call: Callable[[], object]) -> list[str]:
    with session.trace("call") as trace:
        call()
    return [span.name for span in trace.spans if span.scope == "atomlite.engine"]


def test_the_engine_is_asked_for_rows(session: al.Session) -> None:
    """The check below can fail: a query does leave a span of the engine."""
    assert _statements(session, session.tables["Sales"].head) == ["SELECT Sales"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda session: session.tables["Sales"].row_count,
        lambda session: session.tables["Sales"].columns,
        lambda session: session.tables["Sales"].keys,
        lambda session: session.tables["Sales"].data_types,
        lambda session: list(session.tables),
        lambda session: repr(session.tables),
        lambda session: repr(session.tables["Sales"]),
        lambda session: session.tables.schema,
        lambda session: session.version,
        lambda session: session.client.http_client.get("api/tables").raise_for_status(),
        lambda session: session.client.http_client.get("api/tables/Sales").raise_for_status(),
    ],
)
def test_counts_and_definitions_need_no_query(
    session: al.Session, ask: Callable[[al.Session], object]
) -> None:
    """Row counts, names, types, keys, the schema and the version live in Python."""
    assert _statements(session, lambda: ask(session)) == []
