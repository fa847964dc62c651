"""What every test, doctest and documented example stands on.

Hypothesis draws 1,000 examples with ``CI=true`` and 50 without; ``HYPOTHESIS_PROFILE`` names
another profile (``long`` draws 10,000, ``debug`` draws 10 and shows them). Tests that ask an engine
for each example draw a share of that.
"""

from __future__ import annotations

import doctest
import logging
import os
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Verbosity, settings
from sybil import Sybil
from sybil.parsers.myst import PythonCodeBlockParser

import atomlite as al

settings.register_profile(
    "ci",
    max_examples=1000,
    deadline=None,
    derandomize=True,  # a run that fails can be had again
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("long", max_examples=10_000, deadline=None)
settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("debug", max_examples=10, deadline=None, verbosity=Verbosity.verbose)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") == "true" else "dev")
)


@pytest.fixture
def session() -> Iterator[al.Session]:
    """Give a test a session of its own."""
    with al.Session.start() as session:
        yield session


@pytest.fixture(autouse=True)
def _doctest_names(
    request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]
) -> Iterator[None]:
    """Let doctests use ``al``, ``pd`` and, where they say it, a fresh ``session``."""
    if not isinstance(request.node, pytest.DoctestItem):
        yield
        return
    doctest_namespace.update(al=al, pd=pd)
    examples = request.node.dtest.examples
    if any(re.search(r"\bsession\b", example.source) for example in examples):
        doctest_namespace["session"] = request.getfixturevalue("session")
    yield
    doctest_namespace.clear()


class _Alarms(logging.Handler):
    """Keeps the lines that nobody should have caused."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.name}: {self.format(record)}")


@pytest.fixture(autouse=True)
def _silence(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that logs a warning or worse, unless it looks at the lines through ``caplog``."""
    alarms = _Alarms()
    loggers = [logging.getLogger(name) for name in ("asyncio", "atomlite", "tornado")]
    for logger in loggers:
        logger.addHandler(alarms)
    yield
    for logger in loggers:
        logger.removeHandler(alarms)
    if alarms.lines and "caplog" not in request.fixturenames:
        pytest.fail("Unexpected log lines:\n" + "\n".join(alarms.lines))


def _end_document(namespace: dict[str, Any]) -> None:
    """Close the session that a document started."""
    if "session" in namespace:
        namespace["session"].close()


# The Python blocks of a document share their names, as the cells of a notebook do.
pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    ],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    teardown=_end_document,
).pytest()
