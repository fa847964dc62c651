"""A server of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from atomlite.config import Limits, SessionConfig
from tests.server.serving import Serve, Served


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts a server; its arguments are those of `SessionConfig`."""
    with ExitStack() as stack:

        def start(*, limits: Limits | None = None, **options: object) -> Served:
            config = SessionConfig(limits=limits or Limits(), **options)  # type: ignore[arg-type]
            served = Served(config)
            stack.callback(served.close)
            return served

        yield start


@pytest.fixture
def served(serve: Serve) -> Served:
    """Return a server with the default configuration."""
    return serve()
