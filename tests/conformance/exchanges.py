"""Requests of cases over HTTP, exactly as they are written, and what came back."""

from __future__ import annotations

import contextlib
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

PREFIX = "/proxy"


@dataclass(frozen=True)
class Received:
    """An answer: JSON where it is some, else its text."""

    status: int
    headers: dict[str, str]
    body: object


def send(request: Mapping[str, Any], port: int) -> Received:
    """Send a request to the path below ``/proxy`` that it names.

    The client does not normalise paths; only characters that no request line can hold are
    percent-encoded.
    """
    unknown = set(request) - {
        *("method", "path", "query", "headers", "body", "body_raw", "body_raw_hex"),
    }
    assert not unknown, f"The request has unknown keys: {unknown}."
    target = quote(PREFIX + request["path"], safe="/%:'()*!$&+,;=@~[]|")
    if request.get("query"):
        target += "?" + quote(request["query"], safe="/%:'()*!$&+,;=@~?[]|")
    headers = dict(request.get("headers") or {})
    given = {name.lower(): value.lower() for name, value in headers.items()}
    content = _content(request)
    chunked = given.get("transfer-encoding") == "chunked"
    if content is not None and not chunked and "content-length" not in given:
        headers["Content-Length"] = str(len(content))
    with contextlib.closing(
        http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    ) as connection:
        connection.putrequest(request["method"], target, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(content, encode_chunked=chunked)
        response = connection.getresponse()
        text = response.read()
        received = dict(response.getheaders())
    return Received(response.status, received, _parsed(text))


def _content(request: Mapping[str, Any]) -> bytes | None:
    if request.get("body_raw_hex") is not None:
        return bytes.fromhex(request["body_raw_hex"])
    if request.get("body_raw") is not None:
        return str(request["body_raw"]).encode()
    if request.get("body") is not None:
        return json.dumps(request["body"]).encode()
    return None


def _parsed(text: bytes) -> object:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text.decode("utf-8", "replace")


def without_prefix(received: Received) -> Received:
    """Return an answer whose documented paths, where it has some, are those of the case."""
    body = received.body
    if not isinstance(body, dict) or not isinstance(body.get("paths"), dict):
        return received
    paths = {path.removeprefix(PREFIX): methods for path, methods in body["paths"].items()}
    return Received(received.status, received.headers, body | {"paths": paths})
