"""What two other systems answered, case by case.

The folder of cases is the one that ``ATOMLITE_CONFORMANCE`` names, or ``../shared/conformance``.
A machine without it skips; with ``CI=true`` the test fails, so that it cannot vanish.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest

import atomlite as al
from atomlite.errors import InvalidEndpoint, InvalidRoute
from atomlite.search import injection
from tests.conformance import datasets, endpoints
from tests.conformance.exchanges import send, without_prefix
from tests.conformance.folder import Case, conformance_folder
from tests.conformance.rulings import overruled

FOLDER = conformance_folder()
CASES = FOLDER.cases if FOLDER.is_there else {}
KINDS = {"documented", "observed", "observed-but-questionable"}


def test_the_folder_is_there() -> None:
    """Without cases nothing is proved."""
    if not FOLDER.is_there:
        reason = f"The folder {FOLDER.path} is missing."
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)

    assert CASES


class Stage:
    """Sessions with the data sets, and in each the endpoint of the case that runs."""

    def __init__(self) -> None:
        self._sessions: dict[tuple[str, bool], tuple[al.Session, datasets.Data | None]] = {}
        self._inline = 0

    def data(self, name: str, config: Case) -> tuple[al.Session, datasets.Data]:
        """Return the session and the tables of a case."""
        zoned = "record" not in config  # the one system stores instants, the other clock readings
        if (name, zoned) not in self._sessions:
            session = al.Session.start()
            data = None
            if name != "inline":
                data = datasets.load(FOLDER.dataset(name), session, zoned=zoned)
            self._sessions[name, zoned] = session, data
        session, loaded = self._sessions[name, zoned]
        if loaded is None:
            self._inline += 1
            loaded = datasets.Data({})
            if "rows" in config:
                loaded = datasets.load_rows(config["rows"], session, f"rows_{self._inline}")
        return session, loaded

    def close(self) -> None:
        """End all sessions."""
        for session, _ in self._sessions.values():
            session.close()


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    """Give all cases the same sessions."""
    stage = Stage()
    yield stage
    stage.close()


def test_every_case_has_a_kind_that_can_be_checked() -> None:
    """A case of another kind would pass without a look."""
    assert {case["kind"] for case in CASES.values()} <= KINDS


@pytest.mark.parametrize("name", CASES or ["none"])
def test_case(name: str, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint of the case's configuration gives the answer that the case demands."""
    if not CASES:
        pytest.skip("There are no cases.")
    case = CASES[name]
    config = case["config"]
    session, data = stage.data(case["dataset"], config)
    if "utcnow" in config:
        _stop_clock(config["utcnow"], monkeypatch)

    build = endpoints.grid if "record" in config else endpoints.search
    try:
        contract = session.mount(build(config, data))
    except (InvalidEndpoint, InvalidRoute) as error:
        if FOLDER.comparing.compare(case, FOLDER.comparing.CONFIG_ERROR, {}, None):
            raise
        assert str(error)  # noqa: PT017 -- which errors are right depends on the case
        return
    with _unmounting(contract.route, session), _documented(config, session):
        received = without_prefix(send(case["request"], session.port))

    answer = (received.status, received.headers, received.body)
    problems = FOLDER.comparing.compare(case, *answer)
    if problems and overruled(case, FOLDER) != case:
        problems = FOLDER.comparing.compare(overruled(case, FOLDER), *answer)
    assert not problems, f"{problems}\n{case['request']}\n{str(received)[:2000]}"


PARAMETERS = [
    name
    for name, case in CASES.items()
    if case.get("parameters") and case["kind"] in {"documented", "observed"}
]


@pytest.mark.parametrize("name", PARAMETERS or ["none"])
def test_parameters_of_a_grid(name: str, stage: Stage) -> None:
    """`DbGridRequest` alone reads the parameters as the other system did."""
    if not PARAMETERS:
        pytest.skip("There are no cases with parameters.")
    case = CASES[name]
    config = case["config"]
    _, data = stage.data(case["dataset"], config)
    given: dict[str, str] = {}
    for key, value in parse_qsl(case["request"]["query"], keep_blank_values=True):
        given.setdefault(key, value)
    request = al.DbGridRequest(**endpoints.grid_arguments(config, data))

    made: dict[str, Any] = {"valid": request.is_valid(given)}
    if made["valid"]:
        made["parameters"] = request.dbgrid_parameters(
            config["list_limit"], config["search_fields"]
        )
    else:
        made["errors"] = request.errors

    assert made == case["parameters"]


@contextmanager
def _unmounting(route: str, session: al.Session) -> Iterator[None]:
    """Leave no endpoint to the cases that follow."""
    try:
        yield
    finally:
        del session.endpoints[route]


@contextmanager
def _documented(config: Case, session: al.Session) -> Iterator[None]:
    """Put beside an endpoint what documents it, where its configuration asks for that."""
    if not config.get("group"):
        yield
        return
    session.endpoint("schema", method="GET")(_document)
    with _unmounting("schema", session):
        yield


def _document(_request: object, _user: object, session: Any, /) -> object:  # noqa: ANN401
    return session.openapi()


def _stop_clock(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = dt.datetime.fromisoformat(text)
    clock = SimpleNamespace(now=now.astimezone)
    monkeypatch.setattr(injection, "dt", SimpleNamespace(datetime=clock, UTC=dt.UTC))
