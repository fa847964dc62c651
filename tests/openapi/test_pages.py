"""``/docs``: a page from files of the package alone, which a browser may keep."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import atomlite as al
from atomlite.openapi.pages import ASSETS
from tests.openapi.serving import serving

FOLDER = Path(al.__file__).parent / "openapi" / "assets"


def test_the_page_and_all_its_files_are_served(session: al.Session) -> None:
    """Each has its media type, and every address in the page leads to one, relative to it."""
    http = session.client.http_client
    page = http.get("docs")

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    addresses = re.findall(r'(?:href|src)="([^"]*)"', page.text)
    assert {"docs/swagger-ui-bundle.js", "docs/page.js", "openapi.json"} <= set(addresses)
    for address in addresses:
        assert address == "data:," or http.get(address).status_code == 200
    for name, kind in ASSETS.items():
        answer = http.get(f"docs/{name}")
        assert answer.content == (FOLDER / name).read_bytes()
        assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"


def test_nothing_of_the_page_is_inline_or_from_elsewhere(session: al.Session) -> None:
    """A strict policy allows the session's own files alone."""
    page = session.client.http_client.get("docs")
    policy = page.headers["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert not re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|<style|style=|https?://", page.text)


@pytest.mark.parametrize("path", ["docs", "docs/page.js", "docs/swagger-ui-bundle.js"])
def test_a_browser_keeps_the_files(session: al.Session, path: str) -> None:
    """The tag of a file answers 304, without a body, for as long as it holds."""
    http = session.client.http_client
    tag = http.get(path).headers["ETag"]
    again = http.get(path, headers={"If-None-Match": f'"other", {tag}'})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert http.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_there_are_no_other_files(session: al.Session) -> None:
    """The names are a list; no path leads out of the folder."""
    http = session.client.http_client
    for name in ("index.html", "nope", "..%2F__init__.py", "%2e%2e", "LICENSE"):
        answer = http.get(f"docs/{name}")
        assert answer.status_code == 404
        assert answer.json()["error"]["code"] == "endpoint_not_found"


def test_the_page_works_under_a_base_path() -> None:
    """Its addresses are relative."""
    with serving(al.SessionConfig(base_path="/analytics")) as session:
        http = session.client.http_client
        assert http.get("docs").status_code == 200
        assert http.get("docs/page.js").status_code == 200
        answers = http.get("").json()["answers"]
        assert {"GET /", "GET /docs"} <= set(answers)
        assert "GET /index" not in answers
        assert http.get("index").json()["answers"] == answers


def test_the_licences_of_the_files_come_with_them() -> None:
    """Swagger UI is under the Apache License 2.0, and carries the notices of what it contains."""
    assert "Apache License" in (FOLDER / "LICENSE").read_text()
    assert "SmartBear" in (FOLDER / "NOTICE").read_text()
    assert "MIT" in (FOLDER / "swagger-ui-bundle.js.LICENSE.txt").read_text()
