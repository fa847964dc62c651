from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atomlite.errors import InvalidConfiguration
from atomlite.http.requests import Request
from tests.server.serving import Serve, Served

if TYPE_CHECKING:
    import httpx


def _where(served: Served) -> None:
    @served.endpoint("where", "POST")
    @served.endpoint("where")
    def where(request: Request, _user: object, _session: object, /) -> list[str]:
        return [request.url, request.client_address]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8080", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:1", 200),
        ("localhost.", 200),
        ("evil.example", 403),
        ("localhost.evil.example", 403),
        ("localhost:x", 403),
        ("", 403),
    ],
)
def test_only_own_hosts_are_served(served: Served, host: str, status: int) -> None:
    """A name that an attacker points at this machine is refused (DNS rebinding)."""
    answer = served.http.get("health/live", headers={"Host": host})
    assert answer.status_code == status
    if status != 200:
        assert answer.json()["error"]["code"] == "host_not_allowed"


def test_allowed_hosts_add_to_the_default(serve: Serve) -> None:
    """Names that are given are served beside this machine's, and no others; a star allows all."""
    served = serve(allowed_hosts=["data.example"])
    assert served.http.get("health/live", headers={"Host": "data.example"}).status_code == 200
    assert served.http.get("health/live").status_code == 200
    assert served.http.get("health/live", headers={"Host": "evil.example"}).status_code == 403
    anyone = serve(allowed_hosts=["*"])
    assert anyone.http.get("health/live", headers={"Host": "any.example"}).status_code == 200


@pytest.mark.parametrize(
    "head", [b"", b"Host: localhost\r\nHost: localhost\r\n", b"Host: localhost\r\nHOST: evil\r\n"]
)
def test_exactly_one_host_is_needed(served: Served, head: bytes) -> None:
    """A request without a host, or with two, is 400."""
    answer = served.raw(b"GET /health/live HTTP/1.1\r\n" + head + b"Connection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"invalid_request" in answer


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://evil.example", 403),
        ("null", 403),
        ("https://app.example", 200),
        ("HTTPS://APP.EXAMPLE", 200),
        ("own", 200),
        (None, 200),
    ],
)
def test_other_origins_cannot_post(serve: Serve, origin: str | None, status: int) -> None:
    """A page of another site cannot change anything; one's own and the allowed ones can."""
    served = serve(cors_origins=["https://app.example"])
    _where(served)
    own = served.url.rstrip("/")
    headers = {} if origin is None else {"Origin": own if origin == "own" else origin}
    answer = served.http.post("proxy/where", headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "origin_not_allowed"
    assert served.http.get("proxy/where", headers=headers).status_code == 200


def test_allowed_origins_may_read(serve: Serve) -> None:
    """Browsers hear that pages of allowed origins may read answers, and others may not."""
    served = serve(cors_origins=["https://app.example"])
    _where(served)

    def get(origin: str) -> httpx.Headers:
        return served.http.get("proxy/where", headers={"Origin": origin}).headers

    assert get("https://app.example")["Access-Control-Allow-Origin"] == "https://app.example"
    assert "Access-Control-Allow-Origin" not in get("https://evil.example")
    assert get("https://app.example")["Vary"] == "Origin"


def test_preflight_is_answered_for_allowed_origins(serve: Serve) -> None:
    """Before it posts JSON from another origin, a browser asks whether it may."""
    served = serve(cors_origins=["https://app.example"])
    _where(served)
    asked = {
        "Origin": "https://app.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    granted = served.http.options("proxy/where", headers=asked)
    assert granted.status_code == 204
    assert granted.headers["Access-Control-Allow-Origin"] == "https://app.example"
    assert "POST" in granted.headers["Access-Control-Allow-Methods"]
    assert granted.headers["Access-Control-Allow-Headers"] == "content-type"
    refused = served.http.options("proxy/where", headers={**asked, "Origin": "https://e.example"})
    assert "Access-Control-Allow-Methods" not in refused.headers


def test_star_allows_every_origin(serve: Serve) -> None:
    """With a star, pages of any origin may call."""
    served = serve(cors_origins=["*"])
    _where(served)
    answer = served.http.post("proxy/where", headers={"Origin": "https://any.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://any.example"


FORWARDED = {
    "X-Forwarded-For": "203.0.113.9, 198.51.100.1, 10.1.1.1",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "data.example",
}


def test_forwarded_headers_of_strangers_are_ignored(served: Served) -> None:
    """Without a trusted proxy, a client cannot choose its address or host."""
    _where(served)
    url, address = served.http.get("proxy/where", headers=FORWARDED).json()
    assert (url, address) == (f"{served.url}proxy/where", "127.0.0.1")


def test_forwarded_headers_of_trusted_proxies_are_believed(serve: Serve) -> None:
    """The last address that is no trusted proxy is the client; scheme and host are the proxy's."""
    served = serve(
        trusted_proxies=["127.0.0.1", "10.0.0.0/8"], allowed_hosts=["data.example", "127.0.0.1"]
    )
    _where(served)
    assert served.http.get("proxy/where", headers=FORWARDED).json() == [
        "https://data.example/proxy/where",
        "198.51.100.1",
    ]
    own = {**FORWARDED, "Origin": "https://data.example"}
    assert served.http.post("proxy/where", headers=own).status_code == 200
    odd = {"X-Forwarded-For": "nonsense", "X-Forwarded-Proto": "gopher"}
    assert served.http.get("proxy/where", headers=odd).json() == [
        f"{served.url}proxy/where",
        "nonsense",
    ]
    assert served.http.get("proxy/where").json()[1] == "127.0.0.1"


def test_trusted_proxy_must_be_an_address(serve: Serve) -> None:
    """A name is no address."""
    with pytest.raises(InvalidConfiguration, match=r"10\.0\.0\.0/8"):
        serve(trusted_proxies=["proxy.example"])
