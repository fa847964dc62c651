"""No request finds an answer that the document does not describe."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import atomlite as al
from tests.openapi.serving import mount_searches, serving

MOUNTED = "/proxy/people/search"
"""The search answers 404 to a method that it does not serve, as its contract has it."""

SETTINGS = f"""
[checks]
enabled = true

[[operations]]
include-path = "{MOUNTED}"
checks.unsupported_method.enabled = false
"""


@pytest.fixture(scope="module")
def served() -> Iterator[al.Session]:
    """Give a session with endpoints, a search and a grid."""
    with serving() as session:
        mount_searches(session)
        yield session


def check(session: al.Session, folder: Path, *, examples: int, only: str = "") -> tuple[int, str]:
    """Ask a session whatever its document allows, and what it does not.

    Returns:
        The number of requests, and what was found; empty for nothing.
    """
    settings = folder / "schemathesis.toml"
    settings.write_text(SETTINGS)
    ran = subprocess.run(
        [
            *(Path(sys.executable).with_name("st"), "--config-file", settings),
            *("run", f"{session.url}/openapi.json"),
            *("--max-examples", str(examples), "--generation-deterministic", "--no-color"),
            *(("--include-path", only) if only else ()),
        ],
        check=False,
        capture_output=True,
        cwd=folder,
        text=True,
        timeout=280,
    )
    asked = re.search(r"([\d,]+) generated", ran.stdout)
    assert asked, ran.stdout + ran.stderr
    return int(asked[1].replace(",", "")), ran.stdout if ran.returncode else ""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_answer_is_described(served: al.Session, tmp_path: Path) -> None:
    """No undocumented status, type, header or body, and no failure of the server."""
    asked, found = check(served, tmp_path, examples=10)

    assert not found, found
    assert asked > 300


@pytest.mark.usefixtures("caplog")
def test_an_answer_that_is_not_described_is_found(session: al.Session, tmp_path: Path) -> None:
    """The test above can fail: a callback that lies about its answer is caught."""

    @session.endpoint("liar/{n:int}")
    def liar(request: al.Request, _user: al.User, _session: al.Session, /) -> int:
        return "text"  # type: ignore[return-value] # that is the lie

    _, found = check(session, tmp_path, examples=5, only="/proxy/liar/{n}")

    assert "Response violates schema" in found
