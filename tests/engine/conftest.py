from __future__ import annotations

from collections.abc import Iterator

import pytest

from atomlite.config import TracingConfig
from atomlite.engine.database import Database
from atomlite.telemetry.tracing import Tracing


@pytest.fixture
def tracing() -> Iterator[Tracing]:
    """Give a recorder of its own."""
    tracing = Tracing(TracingConfig(), version="0")
    yield tracing
    tracing.close()


@pytest.fixture
def database(tracing: Tracing) -> Iterator[Database]:
    """Give a database in memory."""
    database = Database(None, tracing=tracing)
    yield database
    database.close()
