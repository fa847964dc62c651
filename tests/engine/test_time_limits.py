from __future__ import annotations

import contextlib

import pytest

from atomlite.engine.cursors import TimeLimit
from atomlite.engine.database import Database
from atomlite.errors import DeadlineExceeded
from atomlite.sql import Statement
from atomlite.telemetry.tracing import Tracing

_ENDLESS = Statement("SELECT count(*) FROM range(1000000000000) AS a(i) WHERE i % 7 = 3")


@pytest.mark.parametrize(
    ("general", "own", "named"),
    [(None, 0.05, "of its own"), (0.05, 60, "query_seconds"), (60, 0.05, "of its own")],
)
def test_the_shorter_of_two_limits_holds(
    tracing: Tracing, general: float | None, own: float, named: str
) -> None:
    """And the error names the one to raise; then the cursor can be used again."""
    database = Database(None, tracing=tracing, query_seconds=general)
    limit = TimeLimit(own, "This", "a limit of its own")
    with contextlib.closing(database), contextlib.closing(database.cursor()) as cursor:
        for run in (cursor.rows, cursor.arrow):
            with pytest.raises(DeadlineExceeded, match=named) as caught:
                run(_ENDLESS, limit)
            assert caught.value.details["seconds"] == 0.05
        assert cursor.rows(Statement("SELECT 1"), limit) == [(1,)]


def test_without_any_limit_nothing_stops(database: Database) -> None:
    """Two limits of none are none."""
    none = TimeLimit(None, "This", "nothing")
    with contextlib.closing(database.cursor()) as cursor:
        assert cursor.rows(Statement("SELECT 1"), none) == [(1,)]
